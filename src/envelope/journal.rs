//! What is known of the parts that were sealed.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use crate::crypto::sha512;
use crate::error::{JournalError, SealError};
use crate::format::{BODY_HEAD_LEN, COMMITMENT_LEN, MANIFEST_ENTRY_LEN, MAX_PARTS, MAX_PLAINTEXT_LEN, SALT_LEN};
use crate::limits::{Limit, LimitExceeded};
use crate::num::to_u64;
use crate::wire::Header;

/// A part that was sealed: which one, how long, and by which attempt.
///
/// Put it into the [`Journal`] once the sealed bytes are where they are to stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedPart {
    pub(super) index: u64,
    pub(super) len: u64,
    pub(super) commitment: [u8; COMMITMENT_LEN],
}

impl SealedPart {
    pub(crate) fn new(index: u64, len: u64, head: &[u8; BODY_HEAD_LEN]) -> Self {
        Self { index, len, commitment: *head[SALT_LEN..].first_chunk().expect("32 of 56 bytes") }
    }

    #[cfg(feature = "std")]
    pub(crate) fn add(&mut self, len: u64) {
        self.len += len;
    }

    /// Returns the number of the part, counted from zero.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Returns the length of its plaintext in bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a part is never empty")]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Returns the part as 48 bytes, for a worker to report it: index, length and commitment.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(&self.index.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.len.to_be_bytes());
        bytes[16..].copy_from_slice(&self.commitment);
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) has written.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let (mut index, mut len, mut commitment) = ([0; 8], [0; 8], [0; COMMITMENT_LEN]);
        index.copy_from_slice(&bytes[..8]);
        len.copy_from_slice(&bytes[8..16]);
        commitment.copy_from_slice(&bytes[16..]);
        Self { index: u64::from_be_bytes(index), len: u64::from_be_bytes(len), commitment }
    }

    /// Length in bytes of [`to_bytes`](Self::to_bytes).
    pub const BYTES: usize = 8 + MANIFEST_ENTRY_LEN;
}

/// What whoever writes the manifest of an object knows of its parts (SPEC §5.7).
///
/// It belongs to one header, byte for byte, and says which attempt at each part counts. Write it to
/// a file as often as you like, to resume after a crash. What is missing in it is sealed again.
///
/// # Security
///
/// It holds no secret: lengths and commitments stand in the clear in the sealed parts. But whoever
/// can change it decides which attempt at a part belongs to the object. So keep it with the sealer,
/// and do not fill it from what storage returns.
#[derive(Clone, PartialEq, Eq)]
pub struct Journal {
    header: [u8; 64],
    /// Length and commitment by index.
    parts: BTreeMap<u64, (u64, [u8; COMMITMENT_LEN])>,
    /// The digest of the entries of the manifest, once there is one.
    manifest: Option<[u8; 64]>,
}

impl Journal {
    pub(super) fn new(header: &Header) -> Self {
        Self { header: digest_of(header), parts: BTreeMap::new(), manifest: None }
    }

    /// Takes note of a part. A later attempt at the same part takes the place of an earlier one:
    /// the bytes in storage must be those of the last that was noted.
    pub fn record(&mut self, part: SealedPart) {
        self.parts.insert(part.index, (part.len, part.commitment));
    }

    /// Returns whether the part with this number was noted.
    #[must_use]
    pub fn contains(&self, index: u64) -> bool {
        self.parts.contains_key(&index)
    }

    /// Returns how many parts were noted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Returns whether no part was noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Returns the journal as bytes, of a fixed order: the same journal gives the same bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&self.header);
        bytes.extend_from_slice(&self.manifest.unwrap_or([0; 64]));
        for (index, (len, commitment)) in &self.parts {
            let part = SealedPart { index: *index, len: *len, commitment: *commitment };
            bytes.extend_from_slice(&part.to_bytes());
        }
        let digest = sha512(&[&bytes]);
        bytes.extend_from_slice(&digest[..CHECK_LEN]);
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) has written.
    ///
    /// # Errors
    ///
    /// [`JournalError`] if the bytes are no journal, were cut, or were damaged. A checksum finds
    /// accidents, and no attacks.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, JournalError> {
        let (content, check) = bytes.split_last_chunk::<CHECK_LEN>().ok_or(JournalError)?;
        if sha512(&[content])[..CHECK_LEN] != check[..] {
            return Err(JournalError);
        }
        let content = content.strip_prefix(MAGIC).ok_or(JournalError)?;
        let (header, content) = content.split_first_chunk::<64>().ok_or(JournalError)?;
        let (manifest, content) = content.split_first_chunk::<64>().ok_or(JournalError)?;
        let (parts, []) = content.as_chunks::<{ SealedPart::BYTES }>() else { return Err(JournalError) };
        let manifest = (*manifest != [0; 64]).then_some(*manifest);
        let mut journal = Self { header: *header, parts: BTreeMap::new(), manifest };
        parts.iter().for_each(|part| journal.record(SealedPart::from_bytes(part)));
        Ok(journal)
    }

    pub(super) fn is_of(&self, header: &Header) -> bool {
        self.header == digest_of(header)
    }

    /// Returns the plaintext of the manifest, and takes note that there is one.
    pub(super) fn finish(&mut self) -> Result<Vec<u8>, SealError> {
        let exceeded = |limit, max| SealError::LimitExceeded(LimitExceeded { limit, max });
        if to_u64(self.parts.len()) > MAX_PARTS {
            return Err(exceeded(Limit::Parts, MAX_PARTS));
        }
        let mut entries = Vec::with_capacity(self.parts.len() * MANIFEST_ENTRY_LEN);
        let mut total = 0_u64;
        for ((index, (len, commitment)), expected) in self.parts.iter().zip(0_u64..) {
            if *index != expected {
                return Err(SealError::MissingPart { index: expected });
            }
            // Nobody could open the manifest (SPEC §5.7).
            if *len == 0 {
                return Err(SealError::EmptyPart);
            }
            total = total.saturating_add(*len);
            entries.extend_from_slice(&len.to_be_bytes());
            entries.extend_from_slice(commitment);
        }
        if total > MAX_PLAINTEXT_LEN {
            return Err(exceeded(Limit::PlaintextLen, MAX_PLAINTEXT_LEN));
        }
        // SPEC §5.7: never two manifests with different entries.
        let digest = sha512(&[&entries]);
        if self.manifest.is_some_and(|earlier| earlier != digest) {
            return Err(SealError::SecondManifest);
        }
        self.manifest = Some(digest);
        Ok(entries)
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}

fn digest_of(header: &Header) -> [u8; 64] {
    sha512(&[header.as_bytes()])
}

const MAGIC: &[u8] = b"bulla journal 1\n";

/// Length in bytes of the checksum at the end.
const CHECK_LEN: usize = 32;
