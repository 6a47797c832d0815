//! Opening a body at any place.

use alloc::vec::Vec;
use core::ops::Range;

use super::body_opener::{as_last, check_last_len};
use super::cipher::ChunkCipher;
use super::lengths::locate;
use super::piece::ToOpen;
use super::work::Work;
use super::{body_range, plaintext_len};
use crate::buffer::{Buffer, wipe};
use crate::crypto::HmacKey;
use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::num::{clamp_to_usize, to_u64};

/// Opens any range of one body, from bytes that the caller fetched.
///
/// This is the engine without I/O below [`OpenReaderAt`](crate::OpenReaderAt), for object stores
/// and other places where reading is a request.
/// [`OpenedHeader::range_opener`](crate::OpenedHeader::range_opener) makes it and checks the
/// commitment. Several threads can use it at the same time.
///
/// # Security
///
/// Every byte that it releases is authentic and at the position where it was sealed (SPEC §5.4).
/// That says nothing about the rest of the body, and the length that a store reports is a claim:
/// [`verify_len`](Self::verify_len) checks it.
///
/// # Examples
///
/// ```
/// use bulla::error::OpenError;
/// use bulla::{Header, Limits, Opener};
///
/// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// # let envelope = bulla::seal(identity.recipient(), &[7; 100_000])?;
/// # let fetch = |range: std::ops::Range<u64>| {
/// #     &envelope[range.start as usize..(range.end as usize).min(envelope.len())]
/// # };
/// // The first request: enough for most headers and the head of the body.
/// let start = fetch(0..16384);
/// let (header, body) = Header::split(start, &Limits::default())?;
/// let head = body.first_chunk().ok_or(OpenError::Truncated)?;
/// let opener = Opener::new(&identity).open_header(&header)?.range_opener(head)?;
///
/// // Then one request for each range that is not empty.
/// let wanted = 50_000..50_100;
/// if let Some(range) = header.envelope_range(wanted.clone()) {
///     assert_eq!(opener.open_range(wanted, fetch(range))?, [7; 100]);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RangeOpener {
    cipher: ChunkCipher,
}

impl RangeOpener {
    /// Checks the commitment in `head`.
    pub(crate) fn new(
        input_key: &HmacKey,
        context: &[u8],
        head: &[u8; BODY_HEAD_LEN],
        work: Work,
    ) -> Result<Self, OpenError> {
        Ok(Self { cipher: ChunkCipher::committed(input_key, context, head, work)? })
    }

    /// Opens the plaintext in `range` from `sealed`: the bytes of the body in
    /// [`body_range`]`(range)`, or fewer if the body ends.
    ///
    /// The result is shorter than `range` only if `sealed` holds the last chunk, and so the end of
    /// the plaintext, which has then been verified. Further bytes of `sealed` are not looked at. An
    /// empty range gives an empty result, without a look at anything.
    ///
    /// # Errors
    ///
    /// [`OpenError::ChunkAltered`] and [`OpenError::LastChunkAltered`]; [`OpenError::Truncated`] if
    /// `sealed` ends before `range` does, and not with a last chunk: the body was cut, fewer bytes
    /// were fetched, or the range starts in a chunk after the last one, or beyond the longest
    /// plaintext there can be. [`OpenError::LimitExceeded`]. No plaintext is released.
    pub fn open_range(&self, range: Range<u64>, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        // Behind all that a body can hold no chunk could show that the plaintext ends before.
        let fetched = body_range(range.clone()).ok_or(OpenError::Truncated)?;
        let wanted = clamp_to_usize(fetched.end - fetched.start);
        let sealed = &sealed[..wanted.min(sealed.len())];
        let (first, _) = locate(range.start);

        let (full, last) = sealed.as_chunks::<SEALED_CHUNK_LEN>();
        let complete = sealed.len() == wanted;
        let len = full.len() * CHUNK_LEN + last.len().saturating_sub(TAG_LEN);
        // Wiped if opening fails on the way.
        let mut plaintext = Buffer::new(len);
        let (chunks, last_chunk) = plaintext.using(len).split_at_mut(full.len() * CHUNK_LEN);
        self.open_full(first, full, chunks.as_chunks_mut().0)?;
        if !complete {
            self.open_last(first + to_u64(full.len()), last, last_chunk)?;
        }

        let mut plaintext = plaintext.into_vec();
        let base = first * to_u64(CHUNK_LEN);
        let within = |position: u64| clamp_to_usize(position.saturating_sub(base)).min(len);
        let (start, end) = (within(range.start), within(range.end));
        plaintext.copy_within(start..end, 0);
        wipe(&mut plaintext[end - start..]);
        plaintext.truncate(end - start);
        Ok(plaintext)
    }

    /// Checks with the last chunk that a body of `body_len` bytes ends there, and returns the
    /// length in bytes of its plaintext. `last` are the bytes of the body from
    /// [`last_chunk_offset`](Self::last_chunk_offset) to its end.
    ///
    /// # Errors
    ///
    /// [`OpenError::Truncated`] if no body has this length, or `last` is not as long as follows
    /// from it; [`OpenError::LastChunkAltered`] if the body was cut, extended or altered;
    /// [`OpenError::LimitExceeded`].
    pub fn verify_len(&self, body_len: u64, last: &[u8]) -> Result<u64, OpenError> {
        let len = plaintext_len(body_len)?;
        if to_u64(last.len()) != body_len - Self::last_chunk_offset(body_len)? {
            return Err(OpenError::Truncated);
        }
        let mut plaintext = Buffer::new(last.len() - TAG_LEN);
        let (index, _) = locate(len);
        self.open_last(index, last, plaintext.using(last.len() - TAG_LEN))?;
        Ok(len)
    }

    /// Offset in bytes of the last chunk in a body of `body_len` bytes.
    ///
    /// # Errors
    ///
    /// As [`plaintext_len`].
    pub fn last_chunk_offset(body_len: u64) -> Result<u64, OpenError> {
        plaintext_len(body_len).map(|len| super::lengths::chunk_offset(locate(len).0))
    }

    /// Opens full chunks, of which the first has the number `first`. On failure the output may hold
    /// plaintext.
    fn open_full(
        &self,
        first: u64,
        sealed: &[[u8; SEALED_CHUNK_LEN]],
        output: &mut [[u8; CHUNK_LEN]],
    ) -> Result<(), OpenError> {
        let count = output.len();
        let mut next = first;
        let pieces = ToOpen::number(ToOpen::divide(sealed, output), &mut next);
        let opened =
            self.cipher.work().on(count).threads().try_each(pieces, |(start, piece)| self.open_piece(start, piece));
        opened.map_err(|(_, error)| error)
    }

    fn open_piece(&self, start: u64, piece: ToOpen<'_>) -> Result<(), (u64, OpenError)> {
        piece.try_each(
            start,
            |index, chunk| self.cipher.open_in_place(index, chunk),
            |index, sealed, chunk| self.cipher.open(index, sealed, chunk),
        )
    }

    /// Opens chunk `index` as the last one; `output` is shorter than `sealed` by 16 bytes, or
    /// empty.
    fn open_last(&self, index: u64, sealed: &[u8], output: &mut [u8]) -> Result<(), OpenError> {
        check_last_len(index, sealed.len())?;
        self.cipher.open(index, sealed, output).map_err(as_last)
    }
}

#[cfg(feature = "std")]
impl RangeOpener {
    /// Opens full chunks from number `first` on to `output`, a piece at a time. `fetch` is called
    /// by each thread for its piece and hands the sealed bytes that stand there, as far as there
    /// are any, to the function that it is given.
    ///
    /// Returns how many chunks opened before the first that is not there, not full, or does not
    /// open. Errors are dropped: the caller retries that chunk alone and reports its error.
    pub(crate) fn open_pieces(
        &self,
        first: u64,
        output: &mut [[u8; CHUNK_LEN]],
        fetch: impl Fn(u64, usize, &mut dyn FnMut(&[u8])) + Sync,
    ) -> usize {
        let count = output.len();
        // Wiped if the caller's input panics, and after the first failure.
        let mut output = crate::buffer::Unreleased::new(output.as_flattened_mut());
        let pieces = (first..).step_by(super::PIECE).zip(output.bytes().as_chunks_mut().0.chunks_mut(super::PIECE));
        let work = self.cipher.work().on(count);
        let opened = work.threads().try_each(pieces, |(start, output)| {
            let mut opened = 0;
            fetch(start, output.len(), &mut |sealed| opened = self.open_first(start, sealed, output));
            if opened < output.len() { Err((start + to_u64(opened), ())) } else { Ok(()) }
        });
        let opened = opened.map_or_else(|(index, ())| clamp_to_usize(index - first), |()| count);
        let touched = if work.is_shared() { count } else { opened };
        output.release(opened * CHUNK_LEN, touched * CHUNK_LEN);
        opened
    }

    /// Opens the full chunks in `sealed` up to the first that does not open. Returns how many did.
    fn open_first(&self, first: u64, sealed: &[u8], output: &mut [[u8; CHUNK_LEN]]) -> usize {
        let (sealed, _) = sealed.as_chunks();
        let count = sealed.len().min(output.len());
        let piece = ToOpen::Into(&sealed[..count], &mut output[..count]);
        self.open_piece(first, piece).map_or_else(|(index, _)| clamp_to_usize(index - first), |()| count)
    }

    /// Opens chunk `index`, which is the last unless it is full, to the start of `output`, which
    /// has room for a full one. Returns the length of its plaintext.
    pub(crate) fn open(&self, index: u64, sealed: &[u8], output: &mut [u8]) -> Result<usize, OpenError> {
        let output = &mut output[..sealed.len().saturating_sub(TAG_LEN)];
        if sealed.len() == SEALED_CHUNK_LEN {
            self.cipher.open(index, sealed, output)?;
        } else {
            self.open_last(index, sealed, output)?;
        }
        Ok(output.len())
    }

    /// Opens chunk `index`, which is the last unless it is full, in place. Returns the
    /// length of its plaintext.
    pub(crate) fn open_in_place(&self, index: u64, sealed: &mut [u8]) -> Result<usize, OpenError> {
        if sealed.len() == SEALED_CHUNK_LEN {
            self.cipher.open_in_place(index, sealed)?;
        } else {
            check_last_len(index, sealed.len())?;
            self.cipher.open_in_place(index, sealed).map_err(as_last)?;
        }
        Ok(sealed.len() - TAG_LEN)
    }
}
