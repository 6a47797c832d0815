//! Opening a body in order.

use super::cipher::ChunkCipher;
use super::piece::ToOpen;
use super::work::Work;
use crate::crypto::HmacKey;
use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};
#[cfg(feature = "std")]
use crate::num::to_u64;

/// Opens one body, chunk by chunk, in order.
///
/// This is the engine without I/O below [`OpenReader`](crate::OpenReader).
/// [`OpenedHeader::body_opener`](crate::OpenedHeader::body_opener) makes it and checks the
/// commitment. Collect 16400 bytes, or fewer if the input has ended (a short read is not the end).
/// Give it every full chunk, and then, with [`open_last`](Self::open_last), whatever remains.
///
/// # Examples
///
/// ```
/// use bulla::body::BodySealer;
/// use bulla::error::OpenError;
/// use bulla::{Header, Limits, Opener};
///
/// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// # let envelope = bulla::seal(identity.recipient(), &[7; 40_000])?;
/// let (header, body) = Header::split(&envelope, &Limits::default())?;
/// let (head, sealed) = body.split_first_chunk().ok_or(OpenError::Truncated)?;
/// let mut body = Opener::new(&identity).open_header(&header)?.body_opener(head)?;
///
/// let mut plaintext = Vec::new();
/// let (chunks, last) = sealed.as_chunks();
/// for sealed in chunks {
///     let mut chunk = [0; BodySealer::CHUNK_LEN];
///     body.open_chunk(sealed, &mut chunk)?;
///     plaintext.extend_from_slice(&chunk);
/// }
/// let mut chunk = vec![0; last.len().saturating_sub(BodySealer::TAG_LEN)];
/// body.open_last(last, &mut chunk)?;
/// plaintext.extend_from_slice(&chunk);
/// assert_eq!(plaintext, [7; 40_000]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
///
/// A body is complete only when [`open_last`](Self::open_last) succeeded. After a failure every
/// later call fails with the same error.
#[derive(Debug)]
pub struct BodyOpener {
    cipher: ChunkCipher,
    next: u64,
    /// Where opening in order began: at the first chunk, or where it was moved to.
    #[cfg(feature = "std")]
    first: u64,
    failed: Option<OpenError>,
}

impl BodyOpener {
    /// Length in bytes of the head of a body: salt and commitment.
    pub const HEAD_LEN: usize = BODY_HEAD_LEN;

    /// Checks the commitment in `head`.
    pub(crate) fn new(
        input_key: &HmacKey,
        context: &[u8],
        head: &[u8; BODY_HEAD_LEN],
        work: Work,
    ) -> Result<Self, OpenError> {
        Ok(Self {
            cipher: ChunkCipher::committed(input_key, context, head, work)?,
            next: 0,
            #[cfg(feature = "std")]
            first: 0,
            failed: None,
        })
    }

    /// Opens the next full chunk. On failure `output` holds no plaintext of this chunk.
    ///
    /// # Errors
    ///
    /// [`OpenError::ChunkAltered`] and [`OpenError::LimitExceeded`].
    pub fn open_chunk(
        &mut self,
        sealed: &[u8; SEALED_CHUNK_LEN],
        output: &mut [u8; CHUNK_LEN],
    ) -> Result<(), OpenError> {
        self.advance(|cipher, index| cipher.open(index, sealed, output))
    }

    /// Opens the last chunk. Success means that the body is complete. On failure `output` holds no
    /// plaintext of this chunk.
    ///
    /// # Errors
    ///
    /// [`OpenError::Truncated`] if `sealed` is shorter than 16 bytes: the input ended at, or just
    /// after, the end of a full chunk. [`OpenError::LastChunkAltered`] and
    /// [`OpenError::LimitExceeded`].
    ///
    /// # Panics
    ///
    /// If `sealed` has 16 bytes or more and `output` is not shorter by exactly 16.
    pub fn open_last(mut self, sealed: &[u8], output: &mut [u8]) -> Result<(), OpenError> {
        self.advance(|cipher, index| {
            check_last_len(index, sealed.len())?;
            assert_eq!(output.len() + TAG_LEN, sealed.len(), "the output is shorter by the tag");
            cipher.open(index, sealed, output).map_err(as_last)
        })
    }

    /// Opens the next full chunks, piece by piece, up to the first that does not open. If that is
    /// not all of them, the next call fails with the reason.
    pub(crate) fn open_pieces<'a>(&mut self, work: Work, pieces: impl IntoIterator<Item = ToOpen<'a>>) -> Opened {
        if self.failed.is_some() {
            return Opened { chunks: 0, touched: 0 };
        }
        let first = self.next;
        let mut next = first;
        let cipher = &self.cipher;
        let opened = work.threads().try_each(ToOpen::number(pieces, &mut next), |(start, piece)| {
            piece.try_each(
                start,
                |index, chunk| cipher.open_in_place(index, chunk),
                |index, sealed, chunk| cipher.open(index, sealed, chunk),
            )
        });
        self.next = next;
        if let Err((index, error)) = opened {
            self.next = index;
            self.failed = Some(error);
        }
        let count = |end: u64| usize::try_from(end - first).expect("not more than there were in memory");
        Opened { chunks: count(self.next), touched: count(next) }
    }

    /// Opens the last chunk in place and returns the length of its plaintext.
    pub(crate) fn open_last_in_place(&mut self, sealed: &mut [u8]) -> Result<usize, OpenError> {
        self.advance(|cipher, index| {
            check_last_len(index, sealed.len())?;
            cipher.open_in_place(index, sealed).map_err(as_last)
        })?;
        Ok(sealed.len() - TAG_LEN)
    }

    /// Fails if the body has failed before.
    pub(crate) fn check(&self) -> Result<(), OpenError> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn advance(&mut self, open: impl FnOnce(&ChunkCipher, u64) -> Result<(), OpenError>) -> Result<(), OpenError> {
        self.check()?;
        let opened = open(&self.cipher, self.next);
        match &opened {
            Ok(()) => self.next += 1,
            Err(error) => self.failed = Some(error.clone()),
        }
        opened
    }
}

#[cfg(feature = "std")]
impl BodyOpener {
    /// Where in the plaintext the next chunk starts.
    pub(crate) fn position(&self) -> u64 {
        self.next * to_u64(CHUNK_LEN)
    }

    /// The work on the next chunks of a stream.
    pub(crate) fn next_work(&self) -> Work {
        self.cipher.work().after(self.next - self.first)
    }

    /// Goes on with chunk `index`, whatever happened before.
    pub(crate) fn move_to(&mut self, index: u64) {
        self.next = index;
        self.first = index;
        self.failed = None;
    }
}

/// How far full chunks were opened.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "std"), expect(dead_code, reason = "only adapters release a part"))]
pub(crate) struct Opened {
    /// Chunks before the first that did not open: their plaintext may be released.
    pub(crate) chunks: usize,
    /// Chunks that were processed. The outputs after the first failure may hold plaintext that must
    /// not be released: the caller wipes it.
    pub(crate) touched: usize,
}

/// SPEC §5.3: the last chunk is shorter than the others, and one that cannot hold a tag was cut.
pub(super) fn check_last_len(index: u64, len: usize) -> Result<(), OpenError> {
    match len {
        0..TAG_LEN => Err(OpenError::Truncated),
        TAG_LEN..SEALED_CHUNK_LEN => Ok(()),
        _ => Err(OpenError::LastChunkAltered { index }),
    }
}

pub(super) fn as_last(error: OpenError) -> OpenError {
    match error {
        OpenError::ChunkAltered { index } => OpenError::LastChunkAltered { index },
        other => other,
    }
}
