//! The keys of one body, and sealing and opening a chunk at any position.

use super::work::Work;
use crate::crypto::{Aead, HmacKey, constant_time_eq, hkdf_expand_sha512};
use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, COMMITMENT_LEN, SALT_LEN, TAG_LEN};
use crate::limits::LimitExceeded;
use crate::num::to_u64;
use crate::secret::Secret;

pub(super) struct ChunkCipher {
    aead: Aead,
    base_nonce: Secret<12>,
    work: Work,
}

impl ChunkCipher {
    /// Keys and commitment (SPEC §5.1).
    pub(super) fn derive(
        input_key: &HmacKey,
        context: &[u8],
        salt: &[u8; SALT_LEN],
        work: Work,
    ) -> (Self, [u8; COMMITMENT_LEN]) {
        let mut derived = Secret::<76>::zero();
        hkdf_expand_sha512(input_key, &[COBBLESTONE_LABEL, salt, context], derived.expose_mut());
        let (key, rest) = derived.expose().split_first_chunk::<32>().expect("32 of 76 bytes");
        let (nonce, commitment) = rest.split_first_chunk::<12>().expect("12 of 44 bytes");
        let mut base_nonce = Secret::zero();
        base_nonce.expose_mut().copy_from_slice(nonce);
        let cipher = Self { aead: Aead::new(key), base_nonce, work };
        (cipher, *commitment.first_chunk().expect("the remaining 32 bytes"))
    }

    /// Keys for opening, once the commitment in `head` has been found equal.
    pub(super) fn committed(
        input_key: &HmacKey,
        context: &[u8],
        head: &[u8; BODY_HEAD_LEN],
        work: Work,
    ) -> Result<Self, OpenError> {
        let (salt, commitment) = head.split_first_chunk::<SALT_LEN>().expect("24 of 56 bytes");
        let (cipher, expected) = Self::derive(input_key, context, salt, work);
        if !constant_time_eq(commitment, &expected) {
            return Err(OpenError::WrongAssociatedData);
        }
        Ok(cipher)
    }

    pub(super) fn work(&self) -> Work {
        self.work
    }

    pub(super) fn seal(&self, index: u64, plaintext: &[u8], output: &mut [u8]) -> Result<(), LimitExceeded> {
        let nonce = self.nonce(index, plaintext.len())?;
        self.aead.seal(&nonce, &[], plaintext, output);
        Ok(())
    }

    pub(super) fn seal_in_place(&self, index: u64, chunk: &mut [u8]) -> Result<(), LimitExceeded> {
        let nonce = self.nonce(index, chunk.len() - TAG_LEN)?;
        self.aead.seal_in_place(&nonce, &[], chunk);
        Ok(())
    }

    pub(super) fn open(&self, index: u64, sealed: &[u8], output: &mut [u8]) -> Result<(), OpenError> {
        let nonce = self.nonce(index, output.len())?;
        self.work.check_chunk(index, output.len())?;
        self.aead.open(&nonce, &[], sealed, output).map_err(|_| OpenError::ChunkAltered { index })
    }

    pub(super) fn open_in_place(&self, index: u64, sealed: &mut [u8]) -> Result<(), OpenError> {
        let nonce = self.nonce(index, sealed.len() - TAG_LEN)?;
        self.work.check_chunk(index, sealed.len() - TAG_LEN)?;
        self.aead.open_in_place(&nonce, &[], sealed).map_err(|_| OpenError::ChunkAltered { index })
    }

    /// The nonce of chunk `index`: the base nonce XOR the index (SPEC §5.2). Refuses a chunk of
    /// `len` bytes that would end above the limit, so that the index stays below 2^38.
    pub(super) fn nonce(&self, index: u64, len: usize) -> Result<[u8; 12], LimitExceeded> {
        let end = index.checked_mul(to_u64(CHUNK_LEN)).and_then(|start| start.checked_add(to_u64(len)));
        self.work.check_len(end.ok_or_else(|| self.work.too_long())?)?;
        let mut nonce = *self.base_nonce.expose();
        for (byte, counter) in nonce[4..].iter_mut().zip(index.to_be_bytes()) {
            *byte ^= counter;
        }
        Ok(nonce)
    }
}

impl core::fmt::Debug for ChunkCipher {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ChunkCipher").finish_non_exhaustive()
    }
}

const COBBLESTONE_LABEL: &[u8] = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";
