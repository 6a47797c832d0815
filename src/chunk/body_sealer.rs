//! Sealing a body.

use alloc::vec;
use alloc::vec::Vec;

use super::body_len;
use super::cipher::ChunkCipher;
use super::piece::ToSeal;
use super::work::Work;
use crate::crypto::HmacKey;
use crate::error::SealError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, SALT_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::limits::LimitExceeded;
use crate::num::to_u64;

/// Seals one body, chunk by chunk, each position exactly once.
///
/// This is the engine without I/O below [`SealWriter`](crate::SealWriter), for callers who move the
/// bytes themselves. [`Sealing::into_parts`](crate::Sealing::into_parts) gives it together with the
/// header. Write [`head`](Self::head), every full chunk of 16384 bytes, and then, always, the last
/// chunk with whatever remains, even if that is nothing.
///
/// # Examples
///
/// ```
/// use bulla::body::BodySealer;
/// use bulla::{RsaIdentity, Sealer};
/// # let identity = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
///
/// let plaintext = vec![7; 40_000];
/// let sealer = Sealer::new(identity.recipient());
/// let (header, mut body) = sealer.start()?.into_parts();
///
/// let mut envelope = [header.as_bytes(), body.head()].concat();
/// let (chunks, last) = plaintext.as_chunks();
/// for chunk in chunks {
///     let mut sealed = [0; BodySealer::SEALED_CHUNK_LEN];
///     body.seal_chunk(chunk, &mut sealed)?;
///     envelope.extend_from_slice(&sealed);
/// }
/// let mut sealed = vec![0; last.len() + BodySealer::TAG_LEN];
/// body.seal_last(last, &mut sealed)?;
/// envelope.extend_from_slice(&sealed);
///
/// assert_eq!(bulla::open(&identity, &envelope)?, plaintext);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct BodySealer {
    cipher: ChunkCipher,
    head: [u8; BODY_HEAD_LEN],
    next: u64,
}

impl BodySealer {
    /// Length in bytes of [`head`](Self::head): salt and commitment.
    pub const HEAD_LEN: usize = BODY_HEAD_LEN;

    /// Length in bytes of the plaintext of every chunk but the last, which is shorter.
    pub const CHUNK_LEN: usize = CHUNK_LEN;

    /// Length in bytes of every sealed chunk but the last, which is shorter.
    pub const SEALED_CHUNK_LEN: usize = SEALED_CHUNK_LEN;

    /// Bytes by which a sealed chunk is longer than its plaintext.
    pub const TAG_LEN: usize = TAG_LEN;

    pub(crate) fn new(input_key: &HmacKey, context: &[u8], salt: &[u8; SALT_LEN], work: Work) -> Self {
        let (cipher, commitment) = ChunkCipher::derive(input_key, context, salt, work);
        let mut head = [0; BODY_HEAD_LEN];
        head[..SALT_LEN].copy_from_slice(salt);
        head[SALT_LEN..].copy_from_slice(&commitment);
        Self { cipher, head, next: 0 }
    }

    /// The first 56 bytes of the body: salt and commitment.
    #[must_use]
    pub fn head(&self) -> &[u8; BODY_HEAD_LEN] {
        &self.head
    }

    /// Seals the next full chunk.
    ///
    /// # Errors
    ///
    /// [`SealError::LimitExceeded`] if the plaintext grows longer than the limit; nothing was
    /// sealed.
    pub fn seal_chunk(
        &mut self,
        plaintext: &[u8; CHUNK_LEN],
        output: &mut [u8; SEALED_CHUNK_LEN],
    ) -> Result<(), SealError> {
        self.cipher.seal(self.next, plaintext, output)?;
        self.next += 1;
        Ok(())
    }

    /// Seals the last chunk, which may be empty, and so ends the body.
    ///
    /// # Errors
    ///
    /// [`SealError::LimitExceeded`] if the plaintext grows longer than the limit; nothing was
    /// sealed.
    ///
    /// # Panics
    ///
    /// If `plaintext` is not shorter than [`CHUNK_LEN`](Self::CHUNK_LEN), or `output` is not
    /// exactly [`TAG_LEN`](Self::TAG_LEN) longer than `plaintext`.
    pub fn seal_last(self, plaintext: &[u8], output: &mut [u8]) -> Result<(), SealError> {
        assert!(plaintext.len() < CHUNK_LEN, "the last chunk is shorter than the others");
        assert_eq!(output.len(), plaintext.len() + TAG_LEN, "the output has room for the tag");
        self.cipher.seal(self.next, plaintext, output)?;
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
    /// If a chunk has been sealed before.
    ///
    /// # Examples
    ///
    /// ```
    /// use bulla::{Header, Limits, Opener, Sealer};
    ///
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
    /// let (header, body) = Sealer::new(identity.recipient()).start()?.into_parts();
    /// let body = body.seal(b"hello")?;
    ///
    /// // As it comes back:
    /// let header = Header::parse(header.as_bytes(), &Limits::default())?;
    /// assert_eq!(Opener::new(&identity).open_header(&header)?.open(&body)?, b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn seal(self, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut body = vec![0; self.body_len(plaintext.len())?];
        self.seal_to(plaintext, &mut body)?;
        Ok(body)
    }

    /// Length in bytes of the body that holds `plaintext_len` bytes, if that is within the limit.
    pub(crate) fn body_len(&self, plaintext_len: usize) -> Result<usize, LimitExceeded> {
        let len = to_u64(plaintext_len);
        self.work().check_len(len)?;
        body_len(len).and_then(|len| usize::try_from(len).ok()).ok_or_else(|| self.work().too_long())
    }

    /// Writes the whole body once, to exactly its length.
    pub(crate) fn seal_to(mut self, plaintext: &[u8], body: &mut [u8]) -> Result<(), SealError> {
        self.assert_fresh();
        let (head, sealed) = body.split_at_mut(BODY_HEAD_LEN);
        head.copy_from_slice(&self.head);
        let (chunks, last) = plaintext.as_chunks::<CHUNK_LEN>();
        let (sealed_chunks, sealed_last) = sealed.split_at_mut(chunks.len() * SEALED_CHUNK_LEN);
        let work = self.cipher.work().on(chunks.len());
        self.seal_pieces(work, ToSeal::divide(chunks, sealed_chunks.as_chunks_mut().0))?;
        self.seal_last(last, sealed_last)
    }

    /// Seals the next full chunks, piece by piece, and returns how many there were.
    pub(crate) fn seal_pieces<'a>(
        &mut self,
        work: Work,
        pieces: impl IntoIterator<Item = ToSeal<'a>>,
    ) -> Result<usize, LimitExceeded> {
        let first = self.next;
        let mut next = first;
        let cipher = &self.cipher;
        let sealed = work.threads().try_each(ToSeal::number(pieces, &mut next), |(start, piece)| {
            piece.try_each(
                start,
                |index, chunk| cipher.seal_in_place(index, chunk),
                |index, chunk, sealed| cipher.seal(index, chunk, sealed),
            )
        });
        // Even if it failed: a position that was sealed is never used again.
        self.next = next;
        sealed.map_err(|(_, error)| error)?;
        Ok(usize::try_from(next - first).expect("not more than there were in memory"))
    }

    /// As [`seal_last`](Self::seal_last), in place: the plaintext is followed by room for the tag.
    pub(crate) fn seal_last_in_place(self, chunk: &mut [u8]) -> Result<(), SealError> {
        debug_assert!(chunk.len() < SEALED_CHUNK_LEN, "the last chunk is shorter than the others");
        self.cipher.seal_in_place(self.next, chunk)?;
        Ok(())
    }

    /// The work on the whole body.
    pub(crate) fn work(&self) -> Work {
        self.cipher.work()
    }

    /// The work on the next chunks of a stream.
    #[cfg(feature = "std")]
    pub(crate) fn next_work(&self) -> Work {
        self.cipher.work().after(self.next)
    }

    /// A whole body must start with its first chunk.
    pub(crate) fn assert_fresh(&self) {
        assert_eq!(self.next, 0, "no chunk has been sealed yet");
    }

    /// Seals any chunk, and any number of times: for tests of what cannot be sealed in full.
    #[cfg(all(test, feature = "std"))]
    pub(crate) fn seal_anywhere(&self, index: u64, plaintext: &[u8], output: &mut [u8]) {
        self.cipher.seal(index, plaintext, output).expect("within the limits");
    }
}
