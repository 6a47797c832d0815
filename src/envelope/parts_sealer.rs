//! One header, and the parts and the manifest under it.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rand_core::Rng;

use super::journal::{Journal, SealedPart};
use super::opened_header::OpenedHeader;
use crate::chunk::{BodySealer, Work};
use crate::crypto::SystemRng;
use crate::error::SealError;
use crate::format::{Layout, MAX_PARTS, SALT_LEN};
use crate::limits::{Limit, LimitExceeded};
use crate::num::to_u64;
use crate::schedule::{AssociatedData, BodyKeys, Keyed, Place};
use crate::secret::ContentKey;
use crate::wire::Header;

/// Seals the parts of one object in any order, and the manifest that puts them together (SPEC
/// §5.7).
///
/// [`Sealer::start_parts`](crate::Sealer::start_parts) makes one with a new header. Other workers,
/// and whoever resumes, get one from the header with [`OpenedHeader::resume_parts`]: they are
/// recipients, or were given the [`content_key`](Self::content_key). Each worker reports what it
/// has sealed as a [`SealedPart`], and one of them keeps the [`Journal`] and writes the manifest.
///
/// # Examples
///
/// ```
/// use bulla::{Opener, Sealer};
///
/// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// let parts = Sealer::new(identity.recipient()).start_parts()?;
/// let mut journal = parts.journal();
/// // In any order, by any worker.
/// let (second, report) = parts.part(1)?.seal(b"world")?;
/// journal.record(report);
/// let (first, report) = parts.part(0)?.seal(b"hello ")?;
/// journal.record(report);
/// let manifest = parts.finish(&mut journal)?;
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
    aad: AssociatedData,
    work: Work,
}

impl PartsSealer {
    pub(super) fn new(keyed: Arc<Keyed>, aad: AssociatedData, work: Work) -> Self {
        Self { keyed, aad, work }
    }

    /// Returns the header, which comes first in a file.
    #[must_use]
    pub fn header(&self) -> &Header {
        self.keyed.header()
    }

    /// Returns the content key, for workers who are no recipients: [`Header::open`] takes it. It
    /// can be copied out of here only, so treat it like a private key for this object.
    #[must_use]
    pub fn content_key(&self) -> &ContentKey {
        self.keyed.key()
    }

    /// Returns an empty journal for this header.
    #[must_use]
    pub fn journal(&self) -> Journal {
        Journal::new(self.header())
    }

    /// Returns what seals one attempt at the part with this number, counted from zero.
    ///
    /// # Errors
    ///
    /// [`SealError::LimitExceeded`] if the number is 2^20 or more, and [`SealError::Randomness`].
    pub fn part(&self, index: u64) -> Result<PartSealer, SealError> {
        if index >= MAX_PARTS {
            return Err(LimitExceeded { limit: Limit::Parts, max: MAX_PARTS }.into());
        }
        Ok(PartSealer { index, body: self.body(Place::part(index))? })
    }

    /// Seals the manifest of the parts that `journal` lists, and takes note of that in the journal:
    /// under one header there are no two manifests of different parts.
    ///
    /// # Errors
    ///
    /// * [`SealError::OtherHeader`] if the journal is that of another header, or of this one with
    ///   other recipients;
    /// * [`SealError::MissingPart`] if a part is missing before the last one that is there;
    /// * [`SealError::EmptyPart`] if a part was reported to have no plaintext, which no sealer does;
    /// * [`SealError::SecondManifest`] if there is a manifest already, of other parts;
    /// * [`SealError::LimitExceeded`] beyond the maxima of the format;
    /// * [`SealError::Randomness`].
    pub fn finish(&self, journal: &mut Journal) -> Result<SealedManifest, SealError> {
        if !journal.is_of(self.header()) {
            return Err(SealError::OtherHeader);
        }
        let body = self.body(Place::Manifest)?;
        Ok(SealedManifest(body.seal(&journal.finish()?)?))
    }

    fn body(&self, place: Place) -> Result<BodySealer, SealError> {
        let mut rng = SystemRng::new();
        let mut salt = [0; SALT_LEN];
        rng.fill_bytes(&mut salt);
        rng.check()?;
        Ok(self.body_from(place, &salt))
    }

    pub(crate) fn body_from(&self, place: Place, salt: &[u8; SALT_LEN]) -> BodySealer {
        let keys = BodyKeys::new(&self.keyed, &place, &self.aad);
        BodySealer::new(keys.input_key, keys.context(), salt, self.work)
    }
}

impl OpenedHeader {
    /// Returns what seals parts under this header, with its associated data, for a worker or for
    /// whoever resumes. `journal` is the one that was begun with the header, perhaps still empty.
    ///
    /// # Errors
    ///
    /// [`SealError::OtherHeader`] if the header is not byte for byte that of the journal: if its
    /// recipients were changed, nothing may be sealed under it any more, since who was removed
    /// would read it. Also if the header is not for parts.
    pub fn resume_parts(&self, journal: &Journal) -> Result<PartsSealer, SealError> {
        if self.header().layout() != Layout::Parts || !journal.is_of(self.header()) {
            return Err(SealError::OtherHeader);
        }
        let (keyed, aad, work) = self.to_parts();
        Ok(PartsSealer::new(keyed, aad, work))
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
        let report = SealedPart::new(self.index, to_u64(plaintext.len()), self.body.head());
        Ok((self.body.seal(plaintext)?, report))
    }

    #[cfg(feature = "std")]
    pub(crate) fn into_parts(self) -> (u64, BodySealer) {
        (self.index, self.body)
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
