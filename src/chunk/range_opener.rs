//! Opening a body at any place.

use alloc::vec::Vec;
use core::ops::Range;

use super::body_opener::{as_last, check_last_len};
use super::piece::ToOpen;
use super::{Chunks, ciphertext_range, plaintext_len, to_u64};
use crate::buffer::{Buffer, wipe};
use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, MAX_PLAINTEXT_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::limits::Limits;
use crate::secret::Secret;
use crate::threads::Threads;

/// Opens any range of one body, from bytes that the caller fetched.
///
/// This is the engine without I/O beneath `OpenReaderAt`, for object stores and other places where reading is a request.
/// It comes from [`OpenedHeader::range_opener`](crate::OpenedHeader::range_opener), which has checked the commitment. Several
/// threads can use it at the same time.
///
/// # Security
///
/// Every byte that it gives out is authentic and stands where it was sealed (SPEC §5.4). That says nothing about the rest of
/// the body, and the length that a store reports is a claim: [`verify_len`](Self::verify_len) checks it.
///
/// # Examples
///
/// ```
/// use bulla::{OpenError, Opener, Header, Limits, ciphertext_range};
///
/// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// # let envelope = bulla::seal(&identity.recipient(), &[7; 100_000])?;
/// // The first request: the header and the 56 bytes behind it.
/// let (header, body) = Header::split(&envelope, &Limits::default())?;
/// let prefix = body.first_chunk().ok_or(OpenError::Truncated)?;
/// let body_opener = Opener::new(&identity).open_header(&header)?.range_opener(prefix)?;
///
/// // Then one request for each range. Offsets count from the start of the body.
/// let fetch = |range: std::ops::Range<u64>| &body[range.start as usize..(range.end as usize).min(body.len())];
/// let plaintext = body_opener.open_range(50_000..50_100, fetch(ciphertext_range(50_000..50_100)))?;
/// assert_eq!(plaintext, [7; 100]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RangeOpener {
    chunks: Chunks,
    threads: Threads,
}

impl RangeOpener {
    /// Checks the commitment in `prefix`.
    pub(crate) fn new(
        input_key: &Secret<32>,
        context: &[u8],
        prefix: &[u8; BODY_HEAD_LEN],
        limits: &Limits,
    ) -> Result<Self, OpenError> {
        let chunks = Chunks::committed(input_key, context, prefix, limits)?;
        Ok(Self { chunks, threads: Threads::ONE })
    }

    pub(crate) fn with_threads(mut self, threads: Threads) -> Self {
        self.threads = threads;
        self
    }

    #[cfg(feature = "std")]
    pub(crate) fn threads(&self) -> Threads {
        self.threads
    }

    /// Opens the plaintext in `range` from `sealed`: the bytes of the body in [`ciphertext_range`]`(range)`, or fewer where
    /// the body ends.
    ///
    /// The result is shorter than `range` only where `sealed` holds the last chunk, and so the end of the plaintext, which has
    /// then been verified. Further bytes of `sealed` are not looked at.
    ///
    /// # Errors
    ///
    /// [`OpenError::ChunkAltered`] and [`OpenError::LastChunkAltered`]; [`OpenError::Truncated`] where `sealed` ends
    /// before `range` does, and not with a last chunk: the body was cut, fewer bytes were fetched, or the range starts in a
    /// chunk behind the last one, or behind the longest plaintext there can be. [`OpenError::LimitExceeded`]. No plaintext
    /// is released.
    pub fn open_range(&self, range: Range<u64>, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let fetched = ciphertext_range(range.clone());
        let wanted = usize::try_from(fetched.end - fetched.start).unwrap_or(usize::MAX);
        if wanted == 0 && !range.is_empty() {
            // Behind all that a body can hold: no chunk could show that the plaintext ends before.
            return Err(OpenError::Truncated);
        }
        let sealed = &sealed[..wanted.min(sealed.len())];
        let first = range.start.min(MAX_PLAINTEXT_LEN) / to_u64(CHUNK_LEN);

        let (full, last) = sealed.as_chunks::<SEALED_CHUNK_LEN>();
        let complete = sealed.len() == wanted;
        let len = full.len() * CHUNK_LEN + last.len().saturating_sub(TAG_LEN);
        // Wiped where opening fails on the way.
        let mut plaintext = Buffer::new(len);
        let (chunks, last_chunk) = plaintext.using(len).split_at_mut(full.len() * CHUNK_LEN);
        self.open_full(first, full, chunks.as_chunks_mut().0)?;
        if !complete {
            self.open_last(first + to_u64(full.len()), last, last_chunk)?;
        }

        let mut plaintext = plaintext.into_vec();
        let base = first * to_u64(CHUNK_LEN);
        let within = |position: u64| usize::try_from(position.saturating_sub(base)).unwrap_or(usize::MAX).min(len);
        let (start, end) = (within(range.start), within(range.end.max(range.start)));
        plaintext.copy_within(start..end, 0);
        wipe(&mut plaintext[end - start..]);
        plaintext.truncate(end - start);
        Ok(plaintext)
    }

    /// Checks with the last chunk that a body of `body_len` bytes ends there, and returns the length in bytes of its plaintext.
    /// `last` are the bytes of the body from [`last_chunk_offset`](Self::last_chunk_offset) to its end.
    ///
    /// # Errors
    ///
    /// [`OpenError::Truncated`] where no body has this length, or `last` not that which follows from it;
    /// [`OpenError::LastChunkAltered`] where the body was cut, extended or altered; [`OpenError::LimitExceeded`].
    pub fn verify_len(&self, body_len: u64, last: &[u8]) -> Result<u64, OpenError> {
        let len = plaintext_len(body_len)?;
        if to_u64(last.len()) != body_len - Self::last_chunk_offset(body_len)? {
            return Err(OpenError::Truncated);
        }
        let mut plaintext = Buffer::new(last.len() - TAG_LEN);
        self.open_last(len / to_u64(CHUNK_LEN), last, plaintext.using(last.len() - TAG_LEN))?;
        Ok(len)
    }

    /// Offset in bytes of the last chunk in a body of `body_len` bytes.
    ///
    /// # Errors
    ///
    /// As [`plaintext_len`].
    pub fn last_chunk_offset(body_len: u64) -> Result<u64, OpenError> {
        plaintext_len(body_len).map(|len| super::chunk_offset(len / to_u64(CHUNK_LEN)))
    }

    /// Opens full chunks, of which the first is number `first`. On failure the output may hold plaintext.
    fn open_full(
        &self,
        first: u64,
        sealed: &[[u8; SEALED_CHUNK_LEN]],
        output: &mut [[u8; CHUNK_LEN]],
    ) -> Result<(), OpenError> {
        let mut next = first;
        match self.chunks.open_pieces(self.threads, ToOpen::number(ToOpen::divide(sealed, output), &mut next)) {
            None => Ok(()),
            Some(index) => Err(self.chunks.full_chunk_failure(index)),
        }
    }

    /// Opens the full chunk `index`.
    #[cfg(feature = "std")]
    pub(crate) fn open_chunk(
        &self,
        index: u64,
        sealed: &[u8; SEALED_CHUNK_LEN],
        output: &mut [u8; CHUNK_LEN],
    ) -> Result<(), OpenError> {
        self.chunks.open_at(index, sealed, output)
    }

    /// Opens chunk `index`, which is the last unless it is full, to the start of `output`, which has room for a full one. Returns
    /// the length of its plaintext.
    #[cfg(feature = "std")]
    pub(crate) fn open(&self, index: u64, sealed: &[u8], output: &mut [u8]) -> Result<usize, OpenError> {
        let output = &mut output[..sealed.len().saturating_sub(TAG_LEN)];
        if sealed.len() == SEALED_CHUNK_LEN {
            self.chunks.open_at(index, sealed, output)?;
        } else {
            self.open_last(index, sealed, output)?;
        }
        Ok(output.len())
    }

    /// Opens chunk `index`, which is the last unless it is full, where it stands. Returns the length of its plaintext.
    #[cfg(feature = "std")]
    pub(crate) fn open_in_place(&self, index: u64, sealed: &mut [u8]) -> Result<usize, OpenError> {
        if sealed.len() == SEALED_CHUNK_LEN {
            self.chunks.open_in_place_at(index, sealed)?;
        } else {
            check_last_len(index, sealed.len())?;
            self.chunks.open_in_place_at(index, sealed).map_err(as_last)?;
        }
        Ok(sealed.len() - TAG_LEN)
    }

    /// Opens chunk `index` as the last one; `output` is shorter than `sealed` by 16 bytes, or empty.
    pub(crate) fn open_last(&self, index: u64, sealed: &[u8], output: &mut [u8]) -> Result<(), OpenError> {
        check_last_len(index, sealed.len())?;
        self.chunks.open_at(index, sealed, output).map_err(as_last)
    }
}
