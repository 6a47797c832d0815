//! Opening: find the content key, verify the header with it, then open the body.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use rand_core::Rng;

use super::opened_header::OpenedHeader;
use crate::crypto::SystemRng;
use crate::error::OpenError;
use crate::limits::{Limit, Limits};
use crate::recipient::Identity;
use crate::schedule::HeaderDigest;
use crate::secret::{ContentKey, Secret};
use crate::threads::Threads;
use crate::wire::{Header, Record};

/// Opens envelopes with one or more identities.
///
/// # Examples
///
/// ```
/// use bulla::{OpenError, Opener, Sealer, RsaIdentity};
///
/// let identity = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// let sealed = Sealer::new(&identity.recipient()).aad(b"invoice/42").seal(b"hello")?;
///
/// let opener = Opener::new(&identity);
/// assert_eq!(opener.clone().aad(b"invoice/42").open(&sealed)?, b"hello");
/// assert_eq!(opener.aad(b"invoice/43").open(&sealed), Err(OpenError::WrongAssociatedData));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Opener<'a> {
    identities: Vec<&'a dyn Identity>,
    aad: &'a [u8],
    limits: Limits,
    threads: Threads,
}

impl<'a> Opener<'a> {
    /// Opens with `identity`.
    #[must_use]
    pub fn new(identity: &'a dyn Identity) -> Self {
        Self { identities: vec![identity], aad: &[], limits: Limits::default(), threads: Threads::ONE }
    }

    /// Adds an identity, to be tried after those before it.
    #[must_use]
    pub fn identity(mut self, identity: &'a dyn Identity) -> Self {
        self.identities.push(identity);
        self
    }

    /// The associated data that the envelope was sealed with; absent is the same as empty.
    #[must_use]
    pub fn aad(mut self, aad: &'a [u8]) -> Self {
        self.aad = aad;
        self
    }

    /// Bounds on what a hostile envelope can cost.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Opens with at most `count` threads: the calling one, and others of the `rayon` pool that is current where the work
    /// is done. 0 stands for as many as the pool that is current now has, and there are never more. Default: 1.
    ///
    /// What is released, and with which error it ends, is the same whatever the number. A reader then collects 32 chunks
    /// (512 KiB) for each thread before it hands any out, or what there is where its input ends or would block. The input is
    /// read while the others work.
    ///
    /// As everywhere with `rayon`, a call waits until the pool has had time for it: do not hold a lock over it that other
    /// jobs of the pool take, and let no thread of the pool wait for the caller.
    #[cfg(feature = "parallel")]
    #[cfg_attr(docsrs, doc(cfg(feature = "parallel")))]
    #[must_use]
    pub fn threads(mut self, count: usize) -> Self {
        self.threads = Threads::new(count);
        self
    }

    /// Opens an envelope in memory: all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; no plaintext is released.
    pub fn open(&self, envelope: &[u8]) -> Result<Vec<u8>, OpenError> {
        let (header, body) = Header::split(envelope, &self.limits)?;
        self.open_header(&header)?.open(body)
    }

    /// Replaces the envelope in `data` by its plaintext: all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`OpenError`]. `data` then holds no plaintext: it is unchanged, or wiped and empty where opening failed within the
    /// body.
    pub fn open_in_place(&self, data: &mut Vec<u8>) -> Result<(), OpenError> {
        let (header, _) = Header::split(data, &self.limits)?;
        let header_len = header.as_bytes().len();
        self.open_header(&header)?.open_in_place(data, header_len)
    }

    /// Finds the content key of `header` and verifies the header with it.
    ///
    /// Tried are first the records that name a key of an identity, then the anonymous ones that an identity could hold the
    /// key of.
    ///
    /// # Errors
    ///
    /// [`OpenError::NoMatchingRecord`], [`OpenError::NotAuthentic`], [`OpenError::LimitExceeded`] where there are
    /// more candidates than [`Limits::private_key_operations`] and none of those tried was the right one,
    /// [`OpenError::Unwrap`] and [`OpenError::Randomness`].
    pub fn open_header(&self, header: &Header) -> Result<OpenedHeader, OpenError> {
        let content_key = self.find_key(header)?;
        Ok(OpenedHeader::new(header, &content_key, self.aad).limits(self.limits).with_threads(self.threads))
    }

    /// The content key under which `header` verifies (SPEC §6.2).
    pub(super) fn find_key(&self, header: &Header) -> Result<ContentKey, OpenError> {
        let identified = header.records().filter(|record| record.key_id().is_some());
        let anonymous = header.records().filter(|record| record.key_id().is_none());

        let digest = HeaderDigest::new(header);
        let mut operations = 0;
        for record in identified.chain(anonymous) {
            for identity in self.identities.iter().filter(|identity| identity.may_open(&record)) {
                operations += 1;
                self.limits.check(Limit::PrivateKeyOperations, operations)?;
                if let Some(content_key) = try_candidate(*identity, &record, &digest, header.tag())? {
                    return Ok(content_key);
                }
            }
        }
        Err(if operations == 0 { OpenError::NoMatchingRecord } else { OpenError::NotAuthentic })
    }

    #[cfg(feature = "std")]
    pub(crate) fn header_limits(&self) -> &Limits {
        &self.limits
    }
}

impl fmt::Debug for Opener<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener")
            .field("identities", &self.identities.len())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Spends one private-key operation on `record`. A key counts only where the header verifies under it.
///
/// The tag is computed even where unwrapping failed, under a random key drawn beforehand, so that both failures cost the
/// same work (SPEC §6.2).
fn try_candidate(
    identity: &dyn Identity,
    record: &Record<'_>,
    digest: &HeaderDigest,
    tag: &[u8],
) -> Result<Option<ContentKey>, OpenError> {
    let mut rng = SystemRng::new();
    let mut dummy = Secret::zero();
    rng.fill_bytes(dummy.expose_mut());
    rng.check().map_err(|_| OpenError::Randomness)?;

    let (content_key, unwrapped) = match identity.unwrap_key(record)? {
        Some(content_key) => (content_key, true),
        None => (dummy.into(), false),
    };
    let authentic = digest.verify(&content_key, tag);
    Ok((authentic & unwrapped).then_some(content_key))
}
