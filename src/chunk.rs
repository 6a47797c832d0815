//! The body: one Cobblestone-256 message, without I/O (SPEC §5).
//!
//! Nothing here knows of headers or recipients. The position of a chunk is explicit below the public types.

mod body_opener;
mod body_sealer;
mod lengths;
mod piece;
mod range_opener;

pub use self::body_opener::BodyOpener;
pub use self::body_sealer::BodySealer;
pub(crate) use self::lengths::chunk_offset;
pub use self::lengths::{ciphertext_range, plaintext_len, sealed_len};
pub(crate) use self::piece::{ToOpen, ToSeal};
pub use self::range_opener::RangeOpener;
use crate::crypto::{Aead, constant_time_eq, hkdf_expand_sha512};
use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, COMMITMENT_LEN, MAX_PLAINTEXT_LEN, SALT_LEN, TAG_LEN};
use crate::limits::{Limit, LimitExceeded, Limits};
use crate::secret::Secret;
use crate::threads::Threads;

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

    /// Keys for opening, once the commitment in `prefix` has been checked.
    fn committed(
        input_key: &Secret<32>,
        context: &[u8],
        prefix: &[u8; BODY_HEAD_LEN],
        limits: &Limits,
    ) -> Result<Self, OpenError> {
        let (salt, commitment) = prefix.split_first_chunk::<SALT_LEN>().expect("24 of 56 bytes");
        let (chunks, expected) = Self::derive(input_key, context, salt, limits);
        if !constant_time_eq(commitment, &expected) {
            return Err(OpenError::WrongAssociatedData);
        }
        Ok(chunks)
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

    fn open_at(&self, index: u64, sealed: &[u8], output: &mut [u8]) -> Result<(), OpenError> {
        let nonce = self.nonce(index, output.len())?;
        self.aead.open(&nonce, sealed, output).map_err(|_| OpenError::ChunkAltered { index })
    }

    fn open_in_place_at(&self, index: u64, sealed: &mut [u8]) -> Result<(), OpenError> {
        let nonce = self.nonce(index, sealed.len() - TAG_LEN)?;
        self.aead.open_in_place(&nonce, sealed).map_err(|_| OpenError::ChunkAltered { index })
    }

    /// Opens full chunks and returns the number of the first that does not open, if there is one. Others behind it may have
    /// been opened.
    fn open_pieces<'a>(&self, threads: Threads, pieces: impl IntoIterator<Item = (u64, ToOpen<'a>)>) -> Option<u64> {
        threads.first_failure(pieces, |(start, piece)| {
            piece.first_failure(
                start,
                |index, chunk| self.open_in_place_at(index, chunk),
                |index, sealed, chunk| self.open_at(index, sealed, chunk),
            )
        })
    }

    /// Why the full chunk `index` did not open.
    fn full_chunk_failure(&self, index: u64) -> OpenError {
        let limit = self.nonce(index, CHUNK_LEN).err().map(OpenError::from);
        limit.unwrap_or(OpenError::ChunkAltered { index })
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

fn to_u64(len: usize) -> u64 {
    u64::try_from(len).expect("no supported platform has lengths beyond 64 bits")
}

const COBBLESTONE_LABEL: &[u8] = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";

#[cfg(test)]
mod tests;
