//! The body: one Cobblestone-256 message, without I/O (SPEC §5).
//!
//! Nothing here knows of headers or recipients. The position of a chunk is explicit below the public types.

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroize;

use crate::crypto::{Aead, constant_time_eq, hkdf_expand_sha512};
use crate::error::{DecryptError, EncryptError};
use crate::limits::{Limit, LimitExceeded, Limits};
use crate::secret::Secret;
use crate::suite::{
    BODY_PREFIX_LEN, CHUNK_LEN, COMMITMENT_LEN, MAX_PLAINTEXT_LEN, SALT_LEN, SEALED_CHUNK_LEN, TAG_LEN,
};
use crate::threads::Threads;

/// Seals one body, chunk by chunk, each position exactly once.
///
/// This is the engine without I/O beneath [`EncryptWriter`](crate::EncryptWriter), for callers who move the bytes
/// themselves. It comes from [`Encryptor::start`](crate::Encryptor::start) together with the header. Write the header,
/// [`prefix`](Self::prefix), every full chunk of 16384 bytes, and then [`seal_last`](Self::seal_last), always, with
/// whatever remains, even nothing.
///
/// # Examples
///
/// ```
/// use bulla::{Encryptor, RsaIdentity, Sealer};
/// # let identity = RsaIdentity::from_pem(include_str!("../tests/keys/rsa2048.pem"))?;
///
/// let plaintext = vec![7; 40_000];
/// let (header, mut sealer) = Encryptor::new(&identity.recipient()).start()?;
///
/// let mut envelope = [header.as_bytes(), sealer.prefix()].concat();
/// let (chunks, last) = plaintext.as_chunks();
/// for chunk in chunks {
///     let mut sealed = [0; Sealer::SEALED_CHUNK_LEN];
///     sealer.seal_chunk(chunk, &mut sealed)?;
///     envelope.extend_from_slice(&sealed);
/// }
/// let mut sealed = vec![0; last.len() + Sealer::TAG_LEN];
/// sealer.seal_last(last, &mut sealed)?;
/// envelope.extend_from_slice(&sealed);
///
/// assert_eq!(bulla::open(&identity, &envelope)?, plaintext);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Sealer {
    chunks: Chunks,
    prefix: [u8; BODY_PREFIX_LEN],
    next: u64,
    threads: Threads,
}

impl Sealer {
    /// Length in bytes of [`prefix`](Self::prefix): salt and commitment.
    pub const PREFIX_LEN: usize = BODY_PREFIX_LEN;

    /// Length in bytes of the plaintext of every chunk but the last, which is shorter.
    pub const CHUNK_LEN: usize = CHUNK_LEN;

    /// Length in bytes of every sealed chunk but the last, which is shorter.
    pub const SEALED_CHUNK_LEN: usize = SEALED_CHUNK_LEN;

    /// Bytes by which a sealed chunk is longer than its plaintext.
    pub const TAG_LEN: usize = TAG_LEN;

    pub(crate) fn new(input_key: &Secret<32>, context: &[u8], salt: &[u8; SALT_LEN], limits: &Limits) -> Self {
        let (chunks, commitment) = Chunks::derive(input_key, context, salt, limits);
        let mut prefix = [0; BODY_PREFIX_LEN];
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
    pub fn prefix(&self) -> &[u8; BODY_PREFIX_LEN] {
        &self.prefix
    }

    /// Seals the next full chunk.
    ///
    /// # Errors
    ///
    /// [`EncryptError::LimitExceeded`] where the plaintext grows longer than the limit; nothing was sealed.
    pub fn seal_chunk(
        &mut self,
        plaintext: &[u8; CHUNK_LEN],
        output: &mut [u8; SEALED_CHUNK_LEN],
    ) -> Result<(), EncryptError> {
        self.chunks.seal_at(self.next, plaintext, output)?;
        self.next += 1;
        Ok(())
    }

    /// Seals the next full chunks, as many as there are.
    pub(crate) fn seal_chunks(
        &mut self,
        plaintext: &[[u8; CHUNK_LEN]],
        output: &mut [[u8; SEALED_CHUNK_LEN]],
    ) -> Result<(), EncryptError> {
        debug_assert_eq!(plaintext.len(), output.len());
        self.seal_batch(plaintext, output, |chunks, index, chunk, sealed| chunks.seal_at(index, chunk, sealed))
    }

    /// As [`seal_chunks`](Self::seal_chunks), where they stand: the plaintext is in the first 16384 bytes of each.
    pub(crate) fn seal_chunks_in_place(&mut self, chunks: &mut [[u8; SEALED_CHUNK_LEN]]) -> Result<(), EncryptError> {
        self.seal_batch(&no_inputs(chunks.len()), chunks, |chunks, index, (), chunk| {
            chunks.seal_in_place_at(index, chunk)
        })
    }

    fn seal_batch<I: Sync, O: Send>(
        &mut self,
        inputs: &[I],
        outputs: &mut [O],
        seal: impl Fn(&Chunks, u64, &I, &mut O) -> Result<(), LimitExceeded> + Sync,
    ) -> Result<(), EncryptError> {
        let Self { chunks, next: first, threads, .. } = &*self;
        let failure = threads.first_failure(inputs, outputs, |index, input, output| {
            seal(chunks, first + to_u64(index), input, output).is_ok()
        });
        if let Some(index) = failure {
            self.chunks.nonce(first + to_u64(index), CHUNK_LEN)?;
        }
        self.next += to_u64(inputs.len());
        Ok(())
    }

    /// Seals the last chunk, which may be empty, and so ends the body.
    ///
    /// # Errors
    ///
    /// [`EncryptError::LimitExceeded`] where the plaintext grows longer than the limit; nothing was sealed.
    ///
    /// # Panics
    ///
    /// Where `plaintext` is not shorter than [`CHUNK_LEN`](Self::CHUNK_LEN), or `output` not longer than `plaintext` by
    /// exactly [`TAG_LEN`](Self::TAG_LEN).
    pub fn seal_last(self, plaintext: &[u8], output: &mut [u8]) -> Result<(), EncryptError> {
        assert!(plaintext.len() < CHUNK_LEN, "the last chunk is shorter than the others");
        assert_eq!(output.len(), plaintext.len() + TAG_LEN, "the output has room for the tag");
        self.chunks.seal_at(self.next, plaintext, output)?;
        Ok(())
    }

    /// As [`seal_last`](Self::seal_last), where it stands: the plaintext is followed by room for the tag.
    pub(crate) fn seal_last_in_place(self, chunk: &mut [u8]) -> Result<(), EncryptError> {
        debug_assert!(chunk.len() < SEALED_CHUNK_LEN, "the last chunk is shorter than the others");
        self.chunks.seal_in_place_at(self.next, chunk)?;
        Ok(())
    }
}

/// Opens one body, chunk by chunk, in order.
///
/// This is the engine without I/O beneath [`DecryptReader`](crate::DecryptReader). It comes from
/// [`OpenedHeader::opener`](crate::OpenedHeader::opener), which has checked the commitment. Give it every sealed chunk of
/// 16400 bytes and then, with [`open_last`](Self::open_last), whatever remains.
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

    fn open_batch<I: Sync, O: Send + Zeroize>(
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
            outputs[index..].iter_mut().for_each(Zeroize::zeroize);
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

/// Length in bytes of the body that holds `plaintext_len` bytes, or `None` above the format's maximum.
pub(crate) fn sealed_len(plaintext_len: u64) -> Option<u64> {
    if plaintext_len > MAX_PLAINTEXT_LEN {
        return None;
    }
    let chunks = plaintext_len / to_u64(CHUNK_LEN) + 1;
    Some(to_u64(BODY_PREFIX_LEN) + plaintext_len + chunks * to_u64(TAG_LEN))
}

/// The keys of one body, and the work at any position.
struct Chunks {
    aead: Aead,
    base_nonce: Secret<12>,
    max_plaintext_len: u64,
}

impl Chunks {
    /// Keys and commitment (SPEC §5.1).
    fn derive(
        input_key: &Secret<32>,
        context: &[u8],
        salt: &[u8; SALT_LEN],
        limits: &Limits,
    ) -> (Self, [u8; COMMITMENT_LEN]) {
        let mut derived = Secret::<76>::zero();
        hkdf_expand_sha512(input_key.expose(), &[COBBLESTONE_LABEL, salt, context], derived.expose_mut());
        let (key, rest) = derived.expose().split_first_chunk::<32>().expect("32 of 76 bytes");
        let (nonce, commitment) = rest.split_first_chunk::<12>().expect("12 of 44 bytes");
        let mut base_nonce = Secret::zero();
        base_nonce.expose_mut().copy_from_slice(nonce);
        let chunks =
            Self { aead: Aead::new(key), base_nonce, max_plaintext_len: limits.plaintext_len().min(MAX_PLAINTEXT_LEN) };
        (chunks, *commitment.first_chunk().expect("the remaining 32 bytes"))
    }

    fn seal_at(&self, index: u64, plaintext: &[u8], output: &mut [u8]) -> Result<(), LimitExceeded> {
        let nonce = self.nonce(index, plaintext.len())?;
        self.aead.seal(&nonce, plaintext, output);
        Ok(())
    }

    fn seal_in_place_at(&self, index: u64, chunk: &mut [u8]) -> Result<(), LimitExceeded> {
        let nonce = self.nonce(index, chunk.len() - TAG_LEN)?;
        self.aead.seal_in_place(&nonce, chunk);
        Ok(())
    }

    fn open_at(&self, index: u64, sealed: &[u8], output: &mut [u8]) -> Result<(), DecryptError> {
        let nonce = self.nonce(index, output.len())?;
        self.aead.open(&nonce, sealed, output).map_err(|_| DecryptError::ChunkAltered { index })
    }

    fn open_in_place_at(&self, index: u64, sealed: &mut [u8]) -> Result<(), DecryptError> {
        let nonce = self.nonce(index, sealed.len() - TAG_LEN)?;
        self.aead.open_in_place(&nonce, sealed).map_err(|_| DecryptError::ChunkAltered { index })
    }

    /// The nonce of chunk `index`: the base nonce XOR the index (SPEC §5.2). Refuses a chunk of `len` bytes that would end
    /// above the limit, so that the index stays below 2^38.
    fn nonce(&self, index: u64, len: usize) -> Result<[u8; 12], LimitExceeded> {
        let end = index.checked_mul(to_u64(CHUNK_LEN)).and_then(|start| start.checked_add(to_u64(len)));
        if end.is_none_or(|end| end > self.max_plaintext_len) {
            return Err(LimitExceeded { limit: Limit::PlaintextLen, max: self.max_plaintext_len });
        }
        let mut nonce = *self.base_nonce.expose();
        for (byte, counter) in nonce[4..].iter_mut().zip(index.to_be_bytes()) {
            *byte ^= counter;
        }
        Ok(nonce)
    }
}

impl core::fmt::Debug for Chunks {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Chunks").finish_non_exhaustive()
    }
}

/// The inputs of work that is done in place. Takes no memory: the items have no size.
fn no_inputs(count: usize) -> Vec<()> {
    vec![(); count]
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

fn to_u64(len: usize) -> u64 {
    u64::try_from(len).expect("no supported platform has lengths beyond 64 bits")
}

const COBBLESTONE_LABEL: &[u8] = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";

#[cfg(test)]
mod tests;
