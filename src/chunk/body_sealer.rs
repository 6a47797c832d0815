//! Sealing a body.

use alloc::vec;
use alloc::vec::Vec;

use super::piece::ToSeal;
use super::{Chunks, sealed_len, to_u64};
use crate::error::SealError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, SALT_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::limits::{Limit, LimitExceeded, Limits};
use crate::secret::Secret;
use crate::threads::Threads;

/// Seals one body, chunk by chunk, each position exactly once.
///
/// This is the engine without I/O beneath `SealWriter`, for callers who move the bytes
/// themselves. It comes from [`Sealer::start`](crate::Sealer::start) together with the header. Write the header,
/// [`prefix`](Self::prefix), every full chunk of 16384 bytes, and then [`seal_last`](Self::seal_last), always, with
/// whatever remains, even nothing.
///
/// # Examples
///
/// ```
/// use bulla::{Sealer, RsaIdentity, BodySealer};
/// # let identity = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
///
/// let plaintext = vec![7; 40_000];
/// let (header, mut body_sealer) = Sealer::new(&identity.recipient()).start()?;
///
/// let mut envelope = [header.as_bytes(), body_sealer.prefix()].concat();
/// let (chunks, last) = plaintext.as_chunks();
/// for chunk in chunks {
///     let mut sealed = [0; BodySealer::SEALED_CHUNK_LEN];
///     body_sealer.seal_chunk(chunk, &mut sealed)?;
///     envelope.extend_from_slice(&sealed);
/// }
/// let mut sealed = vec![0; last.len() + BodySealer::TAG_LEN];
/// body_sealer.seal_last(last, &mut sealed)?;
/// envelope.extend_from_slice(&sealed);
///
/// assert_eq!(bulla::open(&identity, &envelope)?, plaintext);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct BodySealer {
    chunks: Chunks,
    prefix: [u8; BODY_HEAD_LEN],
    next: u64,
    threads: Threads,
}

impl BodySealer {
    /// Length in bytes of [`prefix`](Self::prefix): salt and commitment.
    pub const PREFIX_LEN: usize = BODY_HEAD_LEN;

    /// Length in bytes of the plaintext of every chunk but the last, which is shorter.
    pub const CHUNK_LEN: usize = CHUNK_LEN;

    /// Length in bytes of every sealed chunk but the last, which is shorter.
    pub const SEALED_CHUNK_LEN: usize = SEALED_CHUNK_LEN;

    /// Bytes by which a sealed chunk is longer than its plaintext.
    pub const TAG_LEN: usize = TAG_LEN;

    pub(crate) fn new(input_key: &Secret<32>, context: &[u8], salt: &[u8; SALT_LEN], limits: &Limits) -> Self {
        let (chunks, commitment) = Chunks::derive(input_key, context, salt, limits);
        let mut prefix = [0; BODY_HEAD_LEN];
        prefix[..SALT_LEN].copy_from_slice(salt);
        prefix[SALT_LEN..].copy_from_slice(&commitment);
        Self { chunks, prefix, next: 0, threads: Threads::ONE }
    }

    pub(crate) fn with_threads(mut self, threads: Threads) -> Self {
        self.threads = threads;
        self
    }

    #[cfg(feature = "std")]
    pub(crate) fn threads(&self) -> Threads {
        self.threads
    }

    /// The first 56 bytes of the body.
    #[must_use]
    pub fn prefix(&self) -> &[u8; BODY_HEAD_LEN] {
        &self.prefix
    }

    /// Seals the next full chunk.
    ///
    /// # Errors
    ///
    /// [`SealError::LimitExceeded`] where the plaintext grows longer than the limit; nothing was sealed.
    pub fn seal_chunk(
        &mut self,
        plaintext: &[u8; CHUNK_LEN],
        output: &mut [u8; SEALED_CHUNK_LEN],
    ) -> Result<(), SealError> {
        self.chunks.seal_at(self.next, plaintext, output)?;
        self.next += 1;
        Ok(())
    }

    /// Seals the next full chunks, piece by piece, and returns how many there were.
    pub(crate) fn seal_pieces<'a>(&mut self, pieces: impl IntoIterator<Item = ToSeal<'a>>) -> Result<usize, SealError> {
        let first = self.next;
        let mut next = first;
        let chunks = &self.chunks;
        let failure = self.threads.first_failure(ToSeal::number(pieces, &mut next), |(start, piece)| {
            piece.first_failure(
                start,
                |index, chunk| chunks.seal_in_place_at(index, chunk),
                |index, chunk, sealed| chunks.seal_at(index, chunk, sealed),
            )
        });
        // Also where it failed: a position that was sealed is never used again.
        self.next = next;
        match failure.map(|index| self.chunks.nonce(index, CHUNK_LEN)) {
            Some(Err(error)) => Err(error.into()),
            _ => Ok(usize::try_from(next - first).expect("not more than there were in memory")),
        }
    }

    /// Seals the last chunk, which may be empty, and so ends the body.
    ///
    /// # Errors
    ///
    /// [`SealError::LimitExceeded`] where the plaintext grows longer than the limit; nothing was sealed.
    ///
    /// # Panics
    ///
    /// Where `plaintext` is not shorter than [`CHUNK_LEN`](Self::CHUNK_LEN), or `output` not longer than `plaintext` by
    /// exactly [`TAG_LEN`](Self::TAG_LEN).
    pub fn seal_last(self, plaintext: &[u8], output: &mut [u8]) -> Result<(), SealError> {
        assert!(plaintext.len() < CHUNK_LEN, "the last chunk is shorter than the others");
        assert_eq!(output.len(), plaintext.len() + TAG_LEN, "the output has room for the tag");
        self.chunks.seal_at(self.next, plaintext, output)?;
        Ok(())
    }

    /// Seals a whole plaintext in memory and returns the body, to be kept apart from the header.
    ///
    /// # Errors
    ///
    /// [`SealError::LimitExceeded`]; nothing was sealed.
    ///
    /// # Panics
    ///
    /// Where a chunk has been sealed already.
    ///
    /// # Examples
    ///
    /// ```
    /// use bulla::{Opener, Sealer, Header, Limits};
    ///
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
    /// let (header, body_sealer) = Sealer::new(&identity.recipient()).start()?;
    /// let body = body_sealer.seal(b"hello")?;
    ///
    /// let header = Header::parse(header.as_bytes(), &Limits::default())?; // as it comes back from elsewhere
    /// assert_eq!(Opener::new(&identity).open_header(&header)?.open(&body)?, b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn seal(self, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut body = vec![0; self.body_len(plaintext.len())?];
        self.seal_body(plaintext, &mut body)?;
        Ok(body)
    }

    /// Length in bytes of the body that holds `plaintext_len` bytes.
    pub(crate) fn body_len(&self, plaintext_len: usize) -> Result<usize, LimitExceeded> {
        let len = to_u64(plaintext_len);
        let max = self.chunks.max_plaintext_len;
        let body_len = if len > max { None } else { sealed_len(len) };
        let too_long = LimitExceeded { limit: Limit::PlaintextLen, max };
        body_len.and_then(|len| usize::try_from(len).ok()).ok_or(too_long)
    }

    /// Writes the whole body once, to exactly its length.
    pub(crate) fn seal_body(mut self, plaintext: &[u8], body: &mut [u8]) -> Result<(), SealError> {
        self.assert_fresh();
        let (prefix, sealed) = body.split_at_mut(BODY_HEAD_LEN);
        prefix.copy_from_slice(&self.prefix);
        let (chunks, last) = plaintext.as_chunks::<CHUNK_LEN>();
        let (sealed_chunks, sealed_last) = sealed.split_at_mut(chunks.len() * SEALED_CHUNK_LEN);
        self.seal_pieces(ToSeal::divide(chunks, sealed_chunks.as_chunks_mut().0))?;
        self.seal_last(last, sealed_last)
    }

    /// Seals any chunk, and any number of times: for tests of what cannot be sealed in full.
    #[cfg(all(test, feature = "std"))]
    pub(crate) fn seal_anywhere(&self, index: u64, plaintext: &[u8], output: &mut [u8]) {
        self.chunks.seal_at(index, plaintext, output).expect("within the limits");
    }

    /// Whatever makes a whole body starts with its first chunk.
    pub(crate) fn assert_fresh(&self) {
        assert_eq!(self.next, 0, "no chunk has been sealed yet");
    }

    /// As [`seal_last`](Self::seal_last), where it stands: the plaintext is followed by room for the tag.
    pub(crate) fn seal_last_in_place(self, chunk: &mut [u8]) -> Result<(), SealError> {
        debug_assert!(chunk.len() < SEALED_CHUNK_LEN, "the last chunk is shorter than the others");
        self.chunks.seal_in_place_at(self.next, chunk)?;
        Ok(())
    }
}
