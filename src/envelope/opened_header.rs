//! A verified header: what opens the body that belongs to it.

use alloc::vec::Vec;
use core::fmt;

use crate::buffer::{Buffer, wipe};
use crate::chunk::{BodyOpener, RangeOpener, ToOpen, plaintext_len};
use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::limits::{Limit, Limits};
use crate::schedule::{BodyKeys, HeaderDigest};
use crate::secret::ContentKey;
use crate::threads::Threads;
use crate::wire::Header;

/// A header whose tag verified, ready to open its body.
///
/// From [`Opener::open_header`](crate::Opener::open_header), or from [`Header::open`] where the caller unwrapped the content key itself.
pub struct OpenedHeader {
    metadata: Option<Vec<u8>>,
    body_keys: BodyKeys,
    limits: Limits,
    threads: Threads,
}

impl OpenedHeader {
    pub(super) fn new(header: &Header, content_key: &ContentKey, aad: &[u8]) -> Self {
        Self {
            metadata: header.unverified_metadata().map(<[u8]>::to_vec),
            body_keys: BodyKeys::new(content_key, header, aad),
            limits: Limits::default(),
            threads: Threads::ONE,
        }
    }

    /// Bounds the length of the plaintext; the other limits have done their work.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Opens the body with at most `count` threads: the calling one, and others of the `rayon` pool that is current where the work
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

    pub(super) fn with_threads(mut self, threads: Threads) -> Self {
        self.threads = threads;
        self
    }

    /// The public metadata, authenticated: it is what some holder of the content key put there.
    #[must_use]
    pub fn metadata(&self) -> Option<&[u8]> {
        self.metadata.as_deref()
    }

    #[cfg(feature = "std")]
    pub(crate) fn chunk_threads(&self) -> Threads {
        self.threads
    }

    /// Checks that the body which starts with the 56 bytes of `prefix` belongs to this header and to the associated data.
    ///
    /// # Errors
    ///
    /// [`OpenError::WrongAssociatedData`].
    pub fn body_opener(&self, prefix: &[u8; BODY_HEAD_LEN]) -> Result<BodyOpener, OpenError> {
        BodyOpener::new(&self.body_keys.input_key, &self.body_keys.context, prefix, &self.limits)
            .map(|body_opener| body_opener.with_threads(self.threads))
    }

    /// As [`opener`](Self::opener), for opening at any place rather than in order.
    ///
    /// # Errors
    ///
    /// [`OpenError::WrongAssociatedData`].
    pub fn range_opener(&self, prefix: &[u8; BODY_HEAD_LEN]) -> Result<RangeOpener, OpenError> {
        RangeOpener::new(&self.body_keys.input_key, &self.body_keys.context, prefix, &self.limits)
            .map(|body_opener| body_opener.with_threads(self.threads))
    }

    /// Opens a body in memory: all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; no plaintext is released.
    pub fn open(&self, body: &[u8]) -> Result<Vec<u8>, OpenError> {
        let (prefix, sealed) = body.split_first_chunk().ok_or(OpenError::Truncated)?;
        let mut body_opener = self.body_opener(prefix)?;
        let (sealed_chunks, sealed_last) = sealed.as_chunks::<SEALED_CHUNK_LEN>();
        let plaintext_len = self.plaintext_len(sealed)?;

        // Wiped where opening fails on the way.
        let mut plaintext = Buffer::new(plaintext_len);
        let (chunks, last) = plaintext.using(plaintext_len).split_at_mut(sealed_chunks.len() * CHUNK_LEN);
        let (chunks, _) = chunks.as_chunks_mut::<CHUNK_LEN>();
        body_opener.open_pieces(ToOpen::divide(sealed_chunks, chunks));
        body_opener.open_last(sealed_last, last)?;
        Ok(plaintext.into_vec())
    }

    /// Replaces the envelope in `data`, whose body starts at `body_start`, by its plaintext.
    pub(super) fn open_in_place(&self, data: &mut Vec<u8>, body_start: usize) -> Result<(), OpenError> {
        let (prefix, sealed) = data[body_start..].split_first_chunk_mut().ok_or(OpenError::Truncated)?;
        let mut body_opener = self.body_opener(prefix)?;
        let plaintext_len = self.plaintext_len(sealed)?;

        let (chunks, last) = sealed.as_chunks_mut::<SEALED_CHUNK_LEN>();
        let count = chunks.len();
        body_opener.open_pieces(ToOpen::divide_in_place(chunks));
        if let Err(error) = body_opener.open_last_in_place(last) {
            wipe(data);
            data.clear();
            return Err(error);
        }

        let start = body_start + BODY_HEAD_LEN;
        for index in 0..=count {
            let from = start + index * SEALED_CHUNK_LEN;
            let len = CHUNK_LEN.min(plaintext_len - index * CHUNK_LEN);
            data.copy_within(from..from + len, index * CHUNK_LEN);
        }
        wipe(&mut data[plaintext_len..]);
        data.truncate(plaintext_len);
        Ok(())
    }

    /// Length in bytes of what the sealed chunks hold, if that is within the limit.
    fn plaintext_len(&self, sealed: &[u8]) -> Result<usize, OpenError> {
        let (chunks, last) = sealed.as_chunks::<SEALED_CHUNK_LEN>();
        let len = chunks.len() * CHUNK_LEN + last.len().saturating_sub(TAG_LEN);
        self.limits.check(Limit::PlaintextLen, u64::try_from(len).unwrap_or(u64::MAX))?;
        Ok(len)
    }
}

impl fmt::Debug for OpenedHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedHeader").field("metadata", &self.metadata).finish_non_exhaustive()
    }
}

impl Header {
    /// Verifies the header with a content key that the caller unwrapped itself, from one of the [`records`](Self::records).
    ///
    /// The second step for callers whose key service is asynchronous, or is no [`Identity`](crate::Identity) for another reason. What
    /// [`Opener`](crate::Opener) does is then theirs to do (SPEC §6.2): try the records that name their key, then the anonymous ones with a
    /// wrapped key as long as their modulus; bound the number of attempts; go on to the next one when this fails; tell nobody
    /// which of unwrapping and this failed, and do this also with a random key where unwrapping failed, so that both take the
    /// same time. [`OpenedHeader::limits`] starts from the defaults.
    ///
    /// # Errors
    ///
    /// [`OpenError::NotAuthentic`]. A caller who reports it to others must report a failed unwrapping as the same.
    ///
    /// # Examples
    ///
    /// ```
    /// use bulla::{OpenError, Header, Identity, Limits};
    /// # let kms = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
    /// # let sealed = bulla::Sealer::new(&kms.recipient()).seal(b"hello")?;
    ///
    /// let (header, body) = Header::split(&sealed, &Limits::default())?;
    /// let record = header.records().find(|record| record.key_id() == Some(kms.key_id())).ok_or("not for us")?;
    /// let content_key = kms.unwrap_key(&record)?.ok_or(OpenError::NotAuthentic)?; // or ask a service, and await
    /// assert_eq!(header.open(&content_key, b"")?.open(body)?, b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(&self, content_key: &ContentKey, aad: &[u8]) -> Result<OpenedHeader, OpenError> {
        if !HeaderDigest::new(self).verify(content_key, self.tag()) {
            return Err(OpenError::NotAuthentic);
        }
        Ok(OpenedHeader::new(self, content_key, aad))
    }

    /// Length in bytes of the plaintext in an envelope of `envelope_len` bytes with this header. **Unverified**: anyone may have
    /// cut or extended it.
    ///
    /// # Errors
    ///
    /// [`OpenError::Truncated`] where no complete envelope has this length, and [`OpenError::LimitExceeded`] above the
    /// format's maximum.
    pub fn unverified_plaintext_len(&self, envelope_len: u64) -> Result<u64, OpenError> {
        plaintext_len(envelope_len.checked_sub(self.body_offset()).ok_or(OpenError::Truncated)?)
    }
}
