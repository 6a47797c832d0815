//! Opening a body.

use super::Chunks;
use super::piece::ToOpen;
use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::limits::Limits;
use crate::secret::Secret;
use crate::threads::Threads;

/// Opens one body, chunk by chunk, in order.
///
/// This is the engine without I/O beneath `OpenReader`. It comes from
/// [`OpenedHeader::opener`](crate::OpenedHeader::opener), which has checked the commitment. Collect 16400 bytes, or less where
/// the input ends and not where a read was short; give it every full chunk, and then, with
/// [`open_last`](Self::open_last), whatever remains.
///
/// # Examples
///
/// ```
/// use bulla::{OpenError, Opener, Header, Limits, BodySealer};
///
/// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// # let envelope = bulla::seal(&identity.recipient(), &[7; 40_000])?;
/// let (header, body) = Header::split(&envelope, &Limits::default())?;
/// let (prefix, sealed) = body.split_first_chunk().ok_or(OpenError::Truncated)?;
/// let mut body_opener = Opener::new(&identity).open_header(&header)?.body_opener(prefix)?;
///
/// let mut plaintext = Vec::new();
/// let (chunks, last) = sealed.as_chunks();
/// for sealed in chunks {
///     let mut chunk = [0; BodySealer::CHUNK_LEN];
///     body_opener.open_chunk(sealed, &mut chunk)?;
///     plaintext.extend_from_slice(&chunk);
/// }
/// let mut chunk = vec![0; last.len().saturating_sub(BodySealer::TAG_LEN)];
/// body_opener.open_last(last, &mut chunk)?;
/// plaintext.extend_from_slice(&chunk);
/// assert_eq!(plaintext, [7; 40_000]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
///
/// A body is complete only when [`open_last`](Self::open_last) succeeded. After a failure every later call fails with the
/// same error.
#[derive(Debug)]
pub struct BodyOpener {
    chunks: Chunks,
    next: u64,
    failed: Option<OpenError>,
    threads: Threads,
}

impl BodyOpener {
    /// Checks the commitment in `prefix`.
    pub(crate) fn new(
        input_key: &Secret<32>,
        context: &[u8],
        prefix: &[u8; BODY_HEAD_LEN],
        limits: &Limits,
    ) -> Result<Self, OpenError> {
        let chunks = Chunks::committed(input_key, context, prefix, limits)?;
        Ok(Self { chunks, next: 0, failed: None, threads: Threads::ONE })
    }

    pub(crate) fn with_threads(mut self, threads: Threads) -> Self {
        self.threads = threads;
        self
    }

    #[cfg(feature = "std")]
    pub(crate) fn threads(&self) -> Threads {
        self.threads
    }

    /// Fails where the body has failed before.
    #[cfg(feature = "std")]
    pub(crate) fn check(&self) -> Result<(), OpenError> {
        self.failed.clone().map_or(Ok(()), Err)
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
        self.advance(|chunks, index| chunks.open_at(index, sealed, output))
    }

    /// Opens the next full chunks, piece by piece, up to the first that does not open. Returns how many did; where that is not
    /// all of them, the next call fails with the reason. What follows them in the outputs may be plaintext: the caller wipes
    /// it.
    pub(crate) fn open_pieces<'a>(&mut self, pieces: impl IntoIterator<Item = ToOpen<'a>>) -> usize {
        if self.failed.is_some() {
            return 0;
        }
        let first = self.next;
        let mut next = first;
        let failure = self.chunks.open_pieces(self.threads, ToOpen::number(pieces, &mut next));
        self.next = failure.unwrap_or(next);
        if let Some(index) = failure {
            self.failed = Some(self.chunks.full_chunk_failure(index));
        }
        usize::try_from(self.next - first).expect("not more than there were in memory")
    }

    /// Opens the last chunk. Success means that the body is complete. On failure `output` holds no plaintext of this chunk.
    ///
    /// # Errors
    ///
    /// [`OpenError::Truncated`] where `sealed` is shorter than 16 bytes: the input ended at, or just after, the end of a
    /// full chunk. [`OpenError::LastChunkAltered`] and [`OpenError::LimitExceeded`].
    ///
    /// # Panics
    ///
    /// Where `sealed` has 16 bytes or more and `output` is not shorter by exactly 16.
    pub fn open_last(mut self, sealed: &[u8], output: &mut [u8]) -> Result<(), OpenError> {
        self.advance(|chunks, index| {
            check_last_len(index, sealed.len())?;
            assert_eq!(output.len() + TAG_LEN, sealed.len(), "the output is shorter by the tag");
            chunks.open_at(index, sealed, output).map_err(as_last)
        })
    }

    /// Opens the last chunk where it stands and returns the length of its plaintext.
    pub(crate) fn open_last_in_place(&mut self, sealed: &mut [u8]) -> Result<usize, OpenError> {
        self.advance(|chunks, index| {
            check_last_len(index, sealed.len())?;
            chunks.open_in_place_at(index, sealed).map_err(as_last)
        })?;
        Ok(sealed.len() - TAG_LEN)
    }

    /// Where in the plaintext the next chunk starts.
    #[cfg(feature = "std")]
    pub(crate) fn position(&self) -> u64 {
        self.next * super::to_u64(CHUNK_LEN)
    }

    /// Goes on with chunk `index`, whatever happened before.
    #[cfg(feature = "std")]
    pub(crate) fn move_to(&mut self, index: u64) {
        self.next = index;
        self.failed = None;
    }

    fn advance(&mut self, open: impl FnOnce(&Chunks, u64) -> Result<(), OpenError>) -> Result<(), OpenError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        match open(&self.chunks, self.next) {
            Ok(()) => self.next += 1,
            Err(error) => self.failed = Some(error.clone()),
        }
        self.failed.clone().map_or(Ok(()), Err)
    }
}

/// SPEC §5.3: the last chunk is shorter than the others; what cannot hold a tag was cut.
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
