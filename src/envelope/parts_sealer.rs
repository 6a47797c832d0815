//! One header, and the parts and the manifest under it.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::journal::Journal;
use super::opened_header::OpenedHeader;
use super::salt::draw_salt;
use super::sealed_part::{HeaderName, SealedPart, commitment_of};
use crate::chunk::{BodySealer, Work};
use crate::error::SealError;
use crate::format::{COMMITMENT_LEN, Layout, MAX_PARTS, MAX_PLAINTEXT_LEN, SALT_LEN};
use crate::limits::{Limit, LimitExceeded, Limits};
use crate::num::to_u64;
use crate::schedule::{AssociatedData, BodyKeys, Keyed, Place};
use crate::secret::ContentKey;
use crate::threads::Threads;
use crate::wire::Header;

/// Seals the parts of one object in any order, and the manifest that puts them together (SPEC
/// §5.7).
///
/// [`Sealer::start_parts`](crate::Sealer::start_parts) makes one with a new header, and the
/// [`Journal`] of it. Other workers, and whoever resumes, get one from header and journal with
/// [`OpenedHeader::resume_parts`]: they are recipients, or were given the
/// [`content_key`](Self::content_key). Each worker reports what it has sealed as a [`SealedPart`].
/// Whoever keeps the journal takes note of the reports, and seals the manifest.
///
/// # Examples
///
/// ```
/// use bulla::{Opener, Sealer};
///
/// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// let (mut parts, mut journal) = Sealer::new(identity.recipient()).start_parts()?;
/// // In any order, by any worker.
/// let (second, report) = parts.part(1)?.seal(b"world")?;
/// journal.record(report)?;
/// let (first, report) = parts.part(0)?.seal(b"hello ")?;
/// journal.record(report)?;
/// let manifest = parts.finish(&mut journal, 2)?;
///
/// let header = parts.header().as_bytes();
/// let file = [header, &first, &second, &manifest.file_end()].concat();
/// let reader = Opener::new(&identity).open_parts_at(&file[..])?;
/// assert_eq!(reader.len(), 11);
/// let mut plaintext = [0; 7];
/// reader.read_exact_at(&mut plaintext, 4)?;
/// assert_eq!(&plaintext, b"o world");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
///
/// Workers have the content key: they can read all parts, and could write a manifest. If they are
/// recipients, drop their records at the end with a [`Rewrapper`](crate::Rewrapper).
pub struct PartsSealer {
    keyed: Arc<Keyed>,
    name: HeaderName,
    aad: AssociatedData,
    limits: Limits,
    threads: Threads,
    /// The digest of the entries of the manifest that was sealed here.
    manifest: Option<[u8; 64]>,
}

impl PartsSealer {
    pub(super) fn new(keyed: Arc<Keyed>, aad: AssociatedData, limits: &Limits, threads: Threads) -> Self {
        let name = HeaderName::of(keyed.header());
        Self { keyed, name, aad, limits: *limits, threads, manifest: None }
    }

    /// Returns the header, which comes first in a file.
    #[must_use]
    pub fn header(&self) -> &Header {
        self.keyed.header()
    }

    /// Returns the content key, for workers who are no recipients: [`Header::open`] takes it. Treat
    /// it like a private key for this object.
    #[must_use]
    pub fn content_key(&self) -> &ContentKey {
        self.keyed.key()
    }

    /// An empty journal for this header and the associated data.
    pub(super) fn journal(&self) -> Journal {
        Journal::new(self.name.clone(), self.aad_commitment())
    }

    /// Returns what seals one attempt at the part with this number, counted from zero.
    ///
    /// # Errors
    ///
    /// [`SealError::LimitExceeded`] if the number is not below [`Limits::parts`] and 2^20, and
    /// [`SealError::Randomness`].
    pub fn part(&self, index: u64) -> Result<PartSealer, SealError> {
        let max = MAX_PARTS.min(self.limits.parts().into());
        if index >= max {
            return Err(LimitExceeded { limit: Limit::Parts, max }.into());
        }
        Ok(PartSealer { index, name: self.name.clone(), body: self.body(Place::part(index))? })
    }

    /// Seals the manifest of an object of `parts` parts, as `journal` lists them, and takes note of
    /// that in the journal: under one header there are no two manifests of different parts.
    ///
    /// `parts` comes from what was to be sealed. If it came from the journal, a report that was
    /// lost would make a shorter object. Write the journal to where it is kept **before** anybody
    /// gets the manifest. After a crash, call this again: the same parts give a manifest that is as
    /// good.
    ///
    /// # Errors
    ///
    /// * [`SealError::OtherHeader`] if the journal is that of another header, or of this one with
    ///   other recipients, and [`SealError::OtherAssociatedData`];
    /// * [`SealError::MissingPart`] and [`SealError::UnexpectedPart`] if the journal has not the
    ///   parts from 0 to `parts` − 1, and no others;
    /// * [`SealError::SecondManifest`] if there is a manifest already, of other parts;
    /// * [`SealError::LimitExceeded`] if a reader with the same limits would refuse the object;
    /// * [`SealError::Randomness`].
    pub fn finish(&mut self, journal: &mut Journal, parts: u64) -> Result<SealedManifest, SealError> {
        journal.check(&self.name, &self.aad_commitment())?;
        let body = self.body(Place::Manifest)?;
        // Kept here as well, against an older copy of the journal.
        let entries = journal.finish(parts, &self.limits, &mut self.manifest)?;
        Ok(SealedManifest(body.seal(&entries)?))
    }

    fn body(&self, place: Place) -> Result<BodySealer, SealError> {
        let salt = draw_salt()?;
        Ok(self.body_from(place, &salt))
    }

    /// Commits to the associated data under the content key: the commitment of a manifest with a
    /// salt of zeros, which is never sealed.
    fn aad_commitment(&self) -> [u8; COMMITMENT_LEN] {
        commitment_of(self.body_from(Place::Manifest, &[0; SALT_LEN]).head())
    }

    pub(crate) fn body_from(&self, place: Place, salt: &[u8; SALT_LEN]) -> BodySealer {
        let keys = BodyKeys::new(&self.keyed, &place, &self.aad);
        // The limit on the plaintext is for the payload (SPEC §5.7).
        let limits = match place {
            Place::Manifest => self.limits.with_plaintext_len(MAX_PLAINTEXT_LEN),
            _ => self.limits,
        };
        BodySealer::new(keys.input_key, keys.context(), salt, Work::new(&limits, self.threads))
    }
}

impl OpenedHeader {
    /// Returns what seals parts under this header, for a worker or for whoever resumes. `journal`
    /// is the one that was begun with the header, perhaps still empty. The associated data must be
    /// the same, too: see [`OpenedHeader::aad`].
    ///
    /// # Errors
    ///
    /// * [`SealError::OtherHeader`] if the header is not byte for byte that of the journal: if its
    ///   recipients were changed, nothing may be sealed under it any more, since who was removed
    ///   would read it. Also if the header is not for parts.
    /// * [`SealError::OtherAssociatedData`] if the parts were begun with other associated data.
    ///
    /// # Security
    ///
    /// Anyone can make a header and a journal for it, and then read what is sealed there. If others
    /// can write to where you keep them, [demand a sender](crate::Opener::senders).
    pub fn resume_parts(&self, journal: &Journal) -> Result<PartsSealer, SealError> {
        if self.header().layout() != Layout::Parts {
            return Err(SealError::OtherHeader);
        }
        let (keyed, aad, limits, threads) = self.to_parts();
        let sealer = PartsSealer::new(keyed, aad, &limits, threads);
        journal.check(&sealer.name, &sealer.aad_commitment())?;
        Ok(sealer)
    }
}

impl fmt::Debug for PartsSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartsSealer").field("header", self.header()).finish_non_exhaustive()
    }
}

/// Seals one attempt at one part.
pub struct PartSealer {
    index: u64,
    name: HeaderName,
    body: BodySealer,
}

impl fmt::Debug for PartSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartSealer").field("index", &self.index).finish_non_exhaustive()
    }
}

impl PartSealer {
    /// Seals the part in memory. Returns it, and what to report.
    ///
    /// # Errors
    ///
    /// [`SealError::EmptyPart`] and [`SealError::LimitExceeded`].
    pub fn seal(self, plaintext: &[u8]) -> Result<(Vec<u8>, SealedPart), SealError> {
        if plaintext.is_empty() {
            return Err(SealError::EmptyPart);
        }
        let report = SealedPart::new(&self.name, self.index, to_u64(plaintext.len()), self.body.head());
        Ok((self.body.seal(plaintext)?, report))
    }

    #[cfg(feature = "std")]
    pub(crate) fn into_parts(self) -> (SealedPart, BodySealer) {
        (SealedPart::new(&self.name, self.index, 0, self.body.head()), self.body)
    }
}

/// A manifest, sealed.
pub struct SealedManifest(Vec<u8>);

impl SealedManifest {
    /// Returns the bytes of the manifest, to be kept apart from the parts.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the bytes that follow the last part in a file: the manifest, and its length.
    #[must_use]
    pub fn file_end(&self) -> Vec<u8> {
        [&self.0[..], &to_u64(self.0.len()).to_be_bytes()].concat()
    }
}

impl fmt::Debug for SealedManifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedManifest({} bytes)", self.0.len())
    }
}
