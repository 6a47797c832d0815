//! A new header, and every way to seal its body.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::buffer::wipe;
use crate::chunk::{BodySealer, ToSeal};
use crate::error::SealError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, SEALED_CHUNK_LEN};
use crate::limits::LimitExceeded;
use crate::wire::Header;

/// A header, and one body to be sealed under it.
///
/// Returned by [`Sealer::start`](crate::Sealer::start), with a new header, and by
/// [`MessageSealer::start`](crate::MessageSealer::start). Every method that seals consumes the
/// value, because nothing is sealed twice with the same salt.
pub struct Sealing {
    header: Header,
    body: BodySealer,
}

impl Sealing {
    pub(super) fn new(header: Header, body: BodySealer) -> Self {
        Self { header, body }
    }

    /// Returns the header. [`Header::envelope_len`] gives the length of the whole envelope in
    /// advance.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Splits into header and body, for callers who store them apart or move the bytes themselves.
    #[must_use]
    pub fn into_parts(self) -> (Header, BodySealer) {
        (self.header, self.body)
    }

    /// Seals `plaintext` in memory.
    ///
    /// # Errors
    ///
    /// [`SealError::LimitExceeded`] if the plaintext is too long. Nothing is sealed.
    pub fn seal(self, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut envelope = Vec::new();
        self.seal_into(plaintext, &mut envelope)?;
        Ok(envelope)
    }

    /// Seals `plaintext` and replaces the content of `output` by the envelope. Reusing a vector is
    /// much faster than allocating one.
    ///
    /// # Errors
    ///
    /// [`SealError::LimitExceeded`] if the plaintext is too long. `output` is then unchanged.
    pub fn seal_into(self, plaintext: &[u8], output: &mut Vec<u8>) -> Result<(), SealError> {
        let len = self.len(plaintext)?;
        if output.capacity() < len {
            *output = vec![0; len];
        }
        // Zeroes only what was never used.
        output.resize(output.len().max(len), 0);
        output.truncate(len);
        self.seal_to_slice(plaintext, output)?;
        Ok(())
    }

    /// Seals `plaintext` into the front of `output` and returns the length of the envelope in
    /// bytes.
    ///
    /// # Errors
    ///
    /// [`SealError::OutputTooShort`] if the envelope does not fit, and [`SealError::LimitExceeded`]
    /// if the plaintext is too long. Nothing is sealed.
    pub fn seal_to_slice(self, plaintext: &[u8], output: &mut [u8]) -> Result<usize, SealError> {
        let len = self.len(plaintext)?;
        let output = output.get_mut(..len).ok_or(SealError::OutputTooShort { needed: len })?;
        let (header, body) = output.split_at_mut(self.header.as_bytes().len());
        header.copy_from_slice(self.header.as_bytes());
        self.body.seal_to(plaintext, body)?;
        Ok(len)
    }

    /// Replaces the plaintext in `data` by its envelope. Works in place if `data` has enough
    /// capacity. Otherwise it makes the envelope in new memory and wipes the old.
    ///
    /// # Errors
    ///
    /// [`SealError::LimitExceeded`] if the plaintext is too long. `data` is then unchanged.
    pub fn seal_in_place(mut self, data: &mut Vec<u8>) -> Result<(), SealError> {
        let plaintext_len = data.len();
        let envelope_len = self.len(data)?;
        if data.capacity() < envelope_len {
            let envelope = self.seal(data)?;
            wipe(data);
            *data = envelope;
            return Ok(());
        }

        data.resize(envelope_len, 0);
        let header_len = self.header.as_bytes().len();
        let start = header_len + BODY_HEAD_LEN;
        // Last chunk first, because each one moves up and would overwrite those after it.
        for index in (0..=plaintext_len / CHUNK_LEN).rev() {
            let from = index * CHUNK_LEN;
            data.copy_within(from..plaintext_len.min(from + CHUNK_LEN), start + index * SEALED_CHUNK_LEN);
        }
        let (header, body) = data.split_at_mut(header_len);
        header.copy_from_slice(self.header.as_bytes());
        let (head, sealed) = body.split_at_mut(BODY_HEAD_LEN);
        head.copy_from_slice(self.body.head());
        let (chunks, last) = sealed.split_at_mut(plaintext_len / CHUNK_LEN * SEALED_CHUNK_LEN);
        let (chunks, _) = chunks.as_chunks_mut();
        self.body.seal_pieces(self.body.work().on(chunks.len()), ToSeal::divide_in_place(chunks))?;
        self.body.seal_last_in_place(last)
    }

    /// Returns the length in bytes of the envelope, if the plaintext is within the limit.
    fn len(&self, plaintext: &[u8]) -> Result<usize, LimitExceeded> {
        let body_len = self.body.body_len(plaintext.len())?;
        self.header.as_bytes().len().checked_add(body_len).ok_or_else(|| self.body.work().too_long())
    }
}

impl fmt::Debug for Sealing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealing").field("header", &self.header).finish_non_exhaustive()
    }
}
