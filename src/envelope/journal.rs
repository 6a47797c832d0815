//! What is known of the parts that were sealed.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use super::sealed_part::{ENTRY_LEN, HeaderName, SealedPart};
use crate::crypto::sha512;
use crate::error::{JournalError, SealError};
use crate::format::{COMMITMENT_LEN, MANIFEST_ENTRY_LEN, MAX_PARTS, MAX_PLAINTEXT_LEN};
use crate::limits::{Limit, LimitExceeded, Limits};
use crate::num::to_u64;

/// What whoever writes the manifest of an object knows of its parts (SPEC §5.7).
///
/// [`Sealer::start_parts`](crate::Sealer::start_parts) begins it. It belongs to one header, byte
/// for byte, and to the associated data, and says which attempt at each part counts. Write it to a
/// file as often as you like, to resume after a crash. What is missing in it is sealed again.
///
/// # Security
///
/// It holds no secret: lengths and commitments stand in the clear in the sealed parts, and of the
/// associated data it has a digest under the content key. But whoever can change it decides which
/// attempt at a part belongs to the object. So keep it with the sealer, and do not fill it from
/// what storage returns. An older copy of it allows a second manifest.
#[derive(PartialEq, Eq)]
pub struct Journal {
    header: HeaderName,
    /// What tells the associated data from others, for whoever has the content key.
    aad: [u8; COMMITMENT_LEN],
    /// Length and commitment by index.
    parts: BTreeMap<u64, (u64, [u8; COMMITMENT_LEN])>,
    /// The digest of the entries of the manifest, once there is one.
    manifest: Option<[u8; 64]>,
}

impl Journal {
    pub(super) fn new(header: HeaderName, aad: [u8; COMMITMENT_LEN]) -> Self {
        Self { header, aad, parts: BTreeMap::new(), manifest: None }
    }

    /// Takes note of a part. Call it once the sealed bytes are where they are to stay. The same
    /// report may come several times.
    ///
    /// # Errors
    ///
    /// The journal is then unchanged:
    ///
    /// * [`SealError::OtherHeader`] if the part belongs to another object;
    /// * [`SealError::OtherAttempt`] if another attempt at the same part was noted before: only one
    ///   of them can be what is stored. [`replace`](Self::replace) takes the new one;
    /// * [`SealError::EmptyPart`] and [`SealError::LimitExceeded`] if no sealer makes such a part;
    /// * [`SealError::SecondManifest`] if the manifest was sealed, without this part.
    pub fn record(&mut self, part: SealedPart) -> Result<(), SealError> {
        self.check_part(&part)?;
        match self.parts.get(&part.index()) {
            Some(noted) if *noted != (part.len(), *part.commitment()) => {
                Err(SealError::OtherAttempt { index: part.index() })
            }
            _ => self.replace(part),
        }
    }

    /// Takes note of a part in the place of an earlier attempt, whose bytes are not stored any
    /// more.
    ///
    /// # Errors
    ///
    /// Those of [`record`](Self::record), but for [`SealError::OtherAttempt`].
    pub fn replace(&mut self, part: SealedPart) -> Result<(), SealError> {
        self.check_part(&part)?;
        self.parts.insert(part.index(), (part.len(), *part.commitment()));
        Ok(())
    }

    /// Refuses what is no part of this object, or comes too late.
    fn check_part(&self, part: &SealedPart) -> Result<(), SealError> {
        if !part.is_of(&self.header) {
            return Err(SealError::OtherHeader);
        }
        if part.len() == 0 {
            return Err(SealError::EmptyPart);
        }
        if part.index() >= MAX_PARTS {
            return Err(exceeded(Limit::Parts, MAX_PARTS));
        }
        let entry = (part.len(), *part.commitment());
        if self.manifest.is_some() && self.parts.get(&part.index()) != Some(&entry) {
            return Err(SealError::SecondManifest);
        }
        Ok(())
    }

    /// Returns whether the part with this number was noted.
    #[must_use]
    pub fn contains(&self, index: u64) -> bool {
        self.parts.contains_key(&index)
    }

    /// Returns the parts that were noted, by their numbers.
    pub fn parts(&self) -> impl Iterator<Item = SealedPart> {
        let part = |(index, (len, commitment)): (&u64, &(u64, [u8; COMMITMENT_LEN]))| {
            SealedPart::noted(&self.header, *index, *len, *commitment)
        };
        self.parts.iter().map(part)
    }

    /// Returns how many parts were noted.
    #[must_use]
    pub fn part_count(&self) -> u64 {
        to_u64(self.parts.len())
    }

    /// Returns the journal as bytes, of a fixed order: the same journal gives the same bytes. They
    /// are 208 bytes long, and 48 bytes longer for each part.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(self.header.as_bytes());
        bytes.extend_from_slice(&self.aad);
        bytes.extend_from_slice(&self.manifest.unwrap_or([0; 64]));
        self.parts().for_each(|part| bytes.extend_from_slice(&part.entry()));
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
        let (aad, content) = content.split_first_chunk::<COMMITMENT_LEN>().ok_or(JournalError)?;
        let (manifest, content) = content.split_first_chunk::<64>().ok_or(JournalError)?;
        let (parts, []) = content.as_chunks::<ENTRY_LEN>() else { return Err(JournalError) };
        let mut journal = Self::new(HeaderName::from_bytes(*header), *aad);
        for entry in parts {
            let part = SealedPart::from_entry(&journal.header, entry);
            journal.record(part).map_err(|_| JournalError)?;
        }
        journal.manifest = (*manifest != [0; 64]).then_some(*manifest);
        Ok(journal)
    }

    /// Refuses another header, or the same one with other associated data.
    pub(super) fn check(&self, header: &HeaderName, aad: &[u8; COMMITMENT_LEN]) -> Result<(), SealError> {
        if self.header != *header {
            return Err(SealError::OtherHeader);
        }
        if self.aad != *aad { Err(SealError::OtherAssociatedData) } else { Ok(()) }
    }

    /// Returns the plaintext of the manifest of so many parts, and takes note that there is one,
    /// here and in `sealed`.
    pub(super) fn finish(
        &mut self,
        count: u64,
        limits: &Limits,
        sealed: &mut Option<[u8; 64]>,
    ) -> Result<Vec<u8>, SealError> {
        if count > MAX_PARTS {
            return Err(exceeded(Limit::Parts, MAX_PARTS));
        }
        limits.check(Limit::Parts, count)?;
        if let Some(index) = (0..count).find(|index| !self.contains(*index)) {
            return Err(SealError::MissingPart { index });
        }
        if let Some((index, _)) = self.parts.range(count..).next() {
            return Err(SealError::UnexpectedPart { index: *index });
        }
        let mut entries = Vec::with_capacity(self.parts.len() * MANIFEST_ENTRY_LEN);
        let mut total = 0_u64;
        for (len, commitment) in self.parts.values() {
            total = total.saturating_add(*len);
            entries.extend_from_slice(&len.to_be_bytes());
            entries.extend_from_slice(commitment);
        }
        if total > MAX_PLAINTEXT_LEN {
            return Err(exceeded(Limit::PlaintextLen, MAX_PLAINTEXT_LEN));
        }
        limits.check(Limit::PlaintextLen, total)?;
        // SPEC §5.7: never two manifests with different entries.
        let digest = sha512(&[&entries]);
        if [self.manifest, *sealed].into_iter().flatten().any(|earlier| earlier != digest) {
            return Err(SealError::SecondManifest);
        }
        self.manifest = Some(digest);
        *sealed = Some(digest);
        Ok(entries)
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}

fn exceeded(limit: Limit, max: u64) -> SealError {
    LimitExceeded { limit, max }.into()
}

const MAGIC: &[u8] = b"bulla journal 1\n";

/// Length in bytes of the checksum at the end.
const CHECK_LEN: usize = 32;
