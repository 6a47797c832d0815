//! Opening a body.

use super::{Chunks, no_inputs, to_u64};
use crate::buffer::wipe;
use crate::crypto::constant_time_eq;
use crate::error::DecryptError;
use crate::limits::Limits;
use crate::secret::Secret;
use crate::suite::{BODY_PREFIX_LEN, CHUNK_LEN, SALT_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::threads::Threads;

/// Opens one body, chunk by chunk, in order.
///
/// This is the engine without I/O beneath `DecryptReader`. It comes from
/// [`OpenedHeader::opener`](crate::OpenedHeader::opener), which has checked the commitment. Collect 16400 bytes, or less where
/// the input ends and not where a read was short; give it every full chunk, and then, with
/// [`open_last`](Self::open_last), whatever remains.
///
/// # Examples
///
/// ```
/// use bulla::{DecryptError, Decryptor, Header, Limits, Sealer};
///
/// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// # let envelope = bulla::seal(&identity.recipient(), &[7; 40_000])?;
/// let (header, body) = Header::split(&envelope, &Limits::default())?;
/// let (prefix, sealed) = body.split_first_chunk().ok_or(DecryptError::Truncated)?;
/// let mut opener = Decryptor::new(&identity).open_header(&header)?.opener(prefix)?;
///
/// let mut plaintext = Vec::new();
/// let (chunks, last) = sealed.as_chunks();
/// for sealed in chunks {
///     let mut chunk = [0; Sealer::CHUNK_LEN];
///     opener.open_chunk(sealed, &mut chunk)?;
///     plaintext.extend_from_slice(&chunk);
/// }
/// let mut chunk = vec![0; last.len().saturating_sub(Sealer::TAG_LEN)];
/// opener.open_last(last, &mut chunk)?;
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
pub struct Opener {
    chunks: Chunks,
    next: u64,
    failed: Option<DecryptError>,
    threads: Threads,
}

impl Opener {
    /// Checks the commitment in `prefix`.
    pub(crate) fn new(
        input_key: &Secret<32>,
        context: &[u8],
        prefix: &[u8; BODY_PREFIX_LEN],
        limits: &Limits,
    ) -> Result<Self, DecryptError> {
        let (salt, commitment) = prefix.split_first_chunk::<SALT_LEN>().expect("24 of 56 bytes");
        let (chunks, expected) = Chunks::derive(input_key, context, salt, limits);
        if !constant_time_eq(commitment, &expected) {
            return Err(DecryptError::WrongContext);
        }
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
    pub(crate) fn check(&self) -> Result<(), DecryptError> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    /// Opens the next full chunk. On failure `output` holds no plaintext of this chunk.
    ///
    /// # Errors
    ///
    /// [`DecryptError::ChunkAltered`] and [`DecryptError::LimitExceeded`].
    pub fn open_chunk(
        &mut self,
        sealed: &[u8; SEALED_CHUNK_LEN],
        output: &mut [u8; CHUNK_LEN],
    ) -> Result<(), DecryptError> {
        self.advance(|chunks, index| chunks.open_at(index, sealed, output))
    }

    /// Opens the next full chunks, as many as there are, up to the first that does not open. Returns how many did; where that
    /// is not all of them, the next call fails with the reason. What follows them in `output` holds no plaintext.
    pub(crate) fn open_chunks(&mut self, sealed: &[[u8; SEALED_CHUNK_LEN]], output: &mut [[u8; CHUNK_LEN]]) -> usize {
        debug_assert_eq!(sealed.len(), output.len());
        self.open_batch(sealed, output, |chunks, index, sealed, chunk| chunks.open_at(index, sealed, chunk))
    }

    /// As [`open_chunks`](Self::open_chunks), where they stand: the plaintext replaces the first 16384 bytes of each.
    pub(crate) fn open_chunks_in_place(&mut self, sealed: &mut [[u8; SEALED_CHUNK_LEN]]) -> usize {
        self.open_batch(&no_inputs(sealed.len()), sealed, |chunks, index, (), chunk| {
            chunks.open_in_place_at(index, chunk)
        })
    }

    fn open_batch<I: Sync, O: Send + AsMut<[u8]>>(
        &mut self,
        inputs: &[I],
        outputs: &mut [O],
        open: impl Fn(&Chunks, u64, &I, &mut O) -> Result<(), DecryptError> + Sync,
    ) -> usize {
        if self.failed.is_some() {
            return 0;
        }
        let Self { chunks, next, threads, .. } = &*self;
        let first = *next;
        let failure = threads.first_failure(inputs, outputs, |index, input, output| {
            open(chunks, first + to_u64(index), input, output).is_ok()
        });
        let opened = failure.unwrap_or(inputs.len());
        self.next += to_u64(opened);
        if let Some(index) = failure {
            // Other threads may have opened chunks behind it.
            outputs[index..].iter_mut().for_each(|output| wipe(output.as_mut()));
            let index = self.next;
            let limit = self.chunks.nonce(index, CHUNK_LEN).err().map(DecryptError::from);
            self.failed = Some(limit.unwrap_or(DecryptError::ChunkAltered { index }));
        }
        opened
    }

    /// Opens the last chunk. Success means that the body is complete. On failure `output` holds no plaintext of this chunk.
    ///
    /// # Errors
    ///
    /// [`DecryptError::Truncated`] where `sealed` is shorter than 16 bytes: the input ended at, or just after, the end of a
    /// full chunk. [`DecryptError::LastChunkAltered`] and [`DecryptError::LimitExceeded`].
    ///
    /// # Panics
    ///
    /// Where `sealed` has 16 bytes or more and `output` is not shorter by exactly 16.
    pub fn open_last(mut self, sealed: &[u8], output: &mut [u8]) -> Result<(), DecryptError> {
        self.advance(|chunks, index| {
            check_last_len(index, sealed.len())?;
            assert_eq!(output.len() + TAG_LEN, sealed.len(), "the output is shorter by the tag");
            chunks.open_at(index, sealed, output).map_err(as_last)
        })
    }

    /// Opens the last chunk where it stands and returns its plaintext.
    pub(crate) fn open_last_in_place(mut self, sealed: &mut [u8]) -> Result<&[u8], DecryptError> {
        self.advance(|chunks, index| {
            check_last_len(index, sealed.len())?;
            chunks.open_in_place_at(index, sealed).map_err(as_last)
        })?;
        Ok(&sealed[..sealed.len() - TAG_LEN])
    }

    fn advance(&mut self, open: impl FnOnce(&Chunks, u64) -> Result<(), DecryptError>) -> Result<(), DecryptError> {
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
fn check_last_len(index: u64, len: usize) -> Result<(), DecryptError> {
    match len {
        0..TAG_LEN => Err(DecryptError::Truncated),
        TAG_LEN..SEALED_CHUNK_LEN => Ok(()),
        _ => Err(DecryptError::LastChunkAltered { index }),
    }
}

fn as_last(error: DecryptError) -> DecryptError {
    match error {
        DecryptError::ChunkAltered { index } => DecryptError::LastChunkAltered { index },
        other => other,
    }
}
