//! A manifest that has verified, and the parts that it names.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::opened_header::{ExpectedPart, OpenedHeader};
use crate::chunk::{body_len, plaintext_len};
use crate::error::OpenError;
use crate::format::{COMMITMENT_LEN, MANIFEST_ENTRY_LEN, MAX_PARTS, MAX_PLAINTEXT_LEN};
use crate::limits::{Limit, Limits};
use crate::num::to_u64;
use crate::schedule::Place;

/// The verified list of the parts of an object: how long each is, where it stands, and which
/// attempt at it counts (SPEC §5.7).
///
/// Returned by [`OpenedHeader::open_manifest`].
#[derive(Clone)]
pub struct Manifest {
    header: OpenedHeader,
    parts: Vec<Part>,
    len: u64,
    sealed_len: u64,
}

#[derive(Clone)]
struct Part {
    /// Where its plaintext starts in the payload.
    start: u64,
    len: u64,
    /// Where it starts behind the header, if all parts follow each other.
    sealed_start: u64,
    commitment: [u8; COMMITMENT_LEN],
}

impl OpenedHeader {
    /// Opens a manifest that was kept apart, and checks it. In a file,
    /// [`Opener::open_parts_at`](crate::Opener::open_parts_at) finds it.
    ///
    /// # Errors
    ///
    /// [`OpenError::OtherLayout`], the errors of [`open`](Self::open), [`OpenError::LimitExceeded`]
    /// if there are more parts than [`Limits::parts`], and [`OpenError::MalformedManifest`].
    pub fn open_manifest(&self, manifest: &[u8]) -> Result<Manifest, OpenError> {
        let limits = self.limits_in_use();
        // The manifest is short, whatever the payload may be.
        let opener = self.clone().at(Place::Manifest).limits(limits.with_plaintext_len(MAX_PLAINTEXT_LEN));
        // SPEC §6.4: no length is judged before the commitment was found equal.
        opener.body_opener(manifest.first_chunk().ok_or(OpenError::Truncated)?)?;
        check_manifest_len(&limits, to_u64(manifest.len()))?;
        let entries = opener.open(manifest)?;
        let (entries, []) = entries.as_chunks::<MANIFEST_ENTRY_LEN>() else {
            return Err(OpenError::MalformedManifest);
        };
        let mut parts = Vec::with_capacity(entries.len());
        let (mut start, mut sealed_start) = (0_u64, 0_u64);
        for entry in entries {
            let (mut len, mut commitment) = ([0; 8], [0; COMMITMENT_LEN]);
            len.copy_from_slice(&entry[..8]);
            commitment.copy_from_slice(&entry[8..]);
            let len = u64::from_be_bytes(len);
            let end = start.checked_add(len).filter(|end| len > 0 && *end <= MAX_PLAINTEXT_LEN);
            let end = end.ok_or(OpenError::MalformedManifest)?;
            parts.push(Part { start, len, sealed_start, commitment });
            start = end;
            // At most 2^20 parts, each less than 2^53 bytes long.
            sealed_start += body_len(len).ok_or(OpenError::MalformedManifest)?;
        }
        limits.check(Limit::PlaintextLen, start)?;
        Ok(Manifest { header: self.clone(), parts, len: start, sealed_len: sealed_start })
    }
}

/// Refuses a manifest of `len` sealed bytes if it lists more parts than there may be, before
/// anything is allocated for it (SPEC §5.7).
pub(crate) fn check_manifest_len(limits: &Limits, len: u64) -> Result<(), OpenError> {
    let parts = plaintext_len(len)? / to_u64(MANIFEST_ENTRY_LEN);
    if parts > MAX_PARTS {
        return Err(OpenError::MalformedManifest);
    }
    Ok(limits.check(Limit::Parts, parts)?)
}

impl Manifest {
    /// Returns the length of the payload in bytes. It is verified.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a length in bytes, and no collection")]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Returns the number of parts.
    #[must_use]
    pub fn part_count(&self) -> u64 {
        to_u64(self.parts.len())
    }

    /// Returns the header as it was opened, with its [sender](OpenedHeader::sender) and its
    /// [private metadata](OpenedHeader::private_metadata).
    #[must_use]
    pub fn opened_header(&self) -> &OpenedHeader {
        &self.header
    }

    /// Returns the public metadata of the object. It is authentic.
    #[must_use]
    pub fn metadata(&self) -> Option<&[u8]> {
        self.header.metadata()
    }

    /// Returns which bytes of the payload are in the part with this number, or `None` if there is
    /// no such part.
    #[must_use]
    pub fn range(&self, index: u64) -> Option<Range<u64>> {
        let part = self.get(index)?;
        Some(part.start..part.start + part.len)
    }

    /// Returns which bytes behind the header the sealed part with this number has in a file, or
    /// `None` if there is no such part. Kept apart, the part is as long.
    #[must_use]
    pub fn sealed_range(&self, index: u64) -> Option<Range<u64>> {
        let part = self.get(index)?;
        Some(part.sealed_start..part.sealed_start + body_len(part.len)?)
    }

    /// Returns the number of the part that holds the byte of the payload at `offset`, or `None` if
    /// the payload ends before.
    #[must_use]
    pub fn part_at(&self, offset: u64) -> Option<u64> {
        // The parts are in order, and none is empty.
        (offset < self.len).then(|| to_u64(self.parts.partition_point(|part| part.start <= offset) - 1))
    }

    /// Returns what opens the part with this number, in all the ways in which a body opens, or
    /// `None` if there is no such part. It opens that part alone, and only the attempt that the
    /// manifest names.
    ///
    /// # Errors
    ///
    /// What it opens fails with [`OpenError::ForeignPart`] if it is another part, another attempt,
    /// or longer than the manifest says, and with [`OpenError::Truncated`] if it is shorter.
    #[must_use]
    pub fn part(&self, index: u64) -> Option<OpenedHeader> {
        let Part { len, commitment, .. } = *self.get(index)?;
        Some(self.header.clone().at_part(ExpectedPart { index, len, commitment }))
    }

    /// Returns the length in bytes of all sealed parts together.
    #[must_use]
    pub fn sealed_len(&self) -> u64 {
        self.sealed_len
    }

    fn get(&self, index: u64) -> Option<&Part> {
        self.parts.get(usize::try_from(index).ok()?)
    }
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manifest").field("parts", &self.parts.len()).field("len", &self.len).finish_non_exhaustive()
    }
}
