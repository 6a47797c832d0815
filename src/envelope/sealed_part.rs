//! What is known of one sealed part.

use crate::crypto::sha512;
use crate::format::{BODY_HEAD_LEN, COMMITMENT_LEN, MANIFEST_ENTRY_LEN, SALT_LEN};
use crate::wire::Header;

/// A part that was sealed: of which object, which one, how long, and by which attempt.
///
/// Put it into the [`Journal`](crate::parts::Journal) once the sealed bytes are where they are to
/// stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedPart {
    object: [u8; OBJECT_LEN],
    index: u64,
    len: u64,
    commitment: [u8; COMMITMENT_LEN],
}

impl SealedPart {
    pub(crate) fn new(header: &HeaderName, index: u64, len: u64, head: &[u8; BODY_HEAD_LEN]) -> Self {
        Self { object: header.object(), index, len, commitment: commitment_of(head) }
    }

    /// What a journal knows.
    pub(super) fn noted(header: &HeaderName, index: u64, len: u64, commitment: [u8; COMMITMENT_LEN]) -> Self {
        Self { object: header.object(), index, len, commitment }
    }

    pub(super) fn is_of(&self, header: &HeaderName) -> bool {
        self.object == header.object()
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

    /// Returns the commitment of this attempt, which stands in the sealed part from byte 24 to 56
    /// (SPEC §5.1). It differs for each attempt. If objects are named by it, no attempt takes
    /// the place of another.
    #[must_use]
    pub fn commitment(&self) -> &[u8; 32] {
        &self.commitment
    }

    /// Returns the part as 64 bytes, for a worker to report it: the start of the digest of the
    /// header, index, length and commitment.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::ENCODED_LEN] {
        let mut bytes = [0; Self::ENCODED_LEN];
        bytes[..OBJECT_LEN].copy_from_slice(&self.object);
        bytes[OBJECT_LEN..].copy_from_slice(&self.entry());
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) has written.
    /// [`Journal::record`](crate::parts::Journal::record) judges it.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::ENCODED_LEN]) -> Self {
        let (mut object, mut entry) = ([0; OBJECT_LEN], [0; ENTRY_LEN]);
        object.copy_from_slice(&bytes[..OBJECT_LEN]);
        entry.copy_from_slice(&bytes[OBJECT_LEN..]);
        Self::of_object(object, &entry)
    }

    /// Length in bytes of [`to_bytes`](Self::to_bytes).
    pub const ENCODED_LEN: usize = OBJECT_LEN + ENTRY_LEN;

    /// What the journal keeps: index, length and commitment.
    pub(super) fn entry(&self) -> [u8; ENTRY_LEN] {
        let mut bytes = [0; ENTRY_LEN];
        bytes[..8].copy_from_slice(&self.index.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.len.to_be_bytes());
        bytes[16..].copy_from_slice(&self.commitment);
        bytes
    }

    pub(super) fn from_entry(header: &HeaderName, entry: &[u8; ENTRY_LEN]) -> Self {
        Self::of_object(header.object(), entry)
    }

    fn of_object(object: [u8; OBJECT_LEN], entry: &[u8; ENTRY_LEN]) -> Self {
        let (mut index, mut len, mut commitment) = ([0; 8], [0; 8], [0; COMMITMENT_LEN]);
        index.copy_from_slice(&entry[..8]);
        len.copy_from_slice(&entry[8..16]);
        commitment.copy_from_slice(&entry[16..]);
        Self { object, index: u64::from_be_bytes(index), len: u64::from_be_bytes(len), commitment }
    }
}

/// The digest of a header, by which journals and reports know it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct HeaderName([u8; 64]);

impl HeaderName {
    pub(super) fn of(header: &Header) -> Self {
        Self(sha512(&[header.as_bytes()]))
    }

    pub(super) fn from_bytes(digest: [u8; 64]) -> Self {
        Self(digest)
    }

    pub(super) fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    fn object(&self) -> [u8; OBJECT_LEN] {
        *self.0.first_chunk().expect("16 of 64 bytes")
    }
}

/// The commitment in the head of a body.
pub(super) fn commitment_of(head: &[u8; BODY_HEAD_LEN]) -> [u8; COMMITMENT_LEN] {
    *head[SALT_LEN..].first_chunk().expect("32 of 56 bytes")
}

/// Length in bytes of what a report says of the header.
const OBJECT_LEN: usize = 16;

/// Length in bytes of what a journal says of a part.
pub(super) const ENTRY_LEN: usize = 8 + MANIFEST_ENTRY_LEN;
