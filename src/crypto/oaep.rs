//! Decoding of a key that was padded with OAEP, with SHA-256 and an empty label (RFC 8017 §7.1.2,
//! step 3).
//!
//! Written out because `rsa` 0.10 does not look at the first byte, which must be zero: it would
//! take what AWS-LC refuses. As the length of the key is fixed, all other bytes but the seed are
//! fixed as well, and one comparison decides.

use alloc::vec;

use ctutils::CtEq;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::secret::ContentKey;

/// The key in `encoded`, which is as long as the modulus. Takes the same time whether there is one
/// or not.
///
/// What is in `encoded` afterwards is as secret as the key.
pub(super) fn decode(encoded: &mut [u8]) -> Option<ContentKey> {
    let (seed, data_block) = encoded.get_mut(1..)?.split_first_chunk_mut::<32>()?;
    unmask(seed, data_block);
    unmask(data_block, seed);
    // The sender chose it; nothing is to be compared with it.
    seed.zeroize();
    let (frame, key) = encoded.split_last_chunk::<32>()?;

    // 00 || seed || SHA-256 of the label || 00 … || 01 || key
    let mut expected = vec![0; frame.len()];
    expected.get_mut(33..65)?.copy_from_slice(&Sha256::digest(b""));
    *expected.last_mut()? = 1;
    let mut copy = ContentKey::zero();
    copy.expose_mut().copy_from_slice(key);
    bool::from(frame.ct_eq(&expected)).then_some(copy)
}

/// Combines `masked` with MGF1 (RFC 8017 §B.2.1) of `seed`.
fn unmask(masked: &mut [u8], seed: &[u8]) {
    for (counter, block) in (0_u32..).zip(masked.chunks_mut(32)) {
        let hash = Sha256::new().chain_update(seed).chain_update(counter.to_be_bytes());
        let mask = Zeroizing::new(<[u8; 32]>::from(hash.finalize()));
        block.iter_mut().zip(&*mask).for_each(|(byte, mask)| *byte ^= mask);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::tests::{oaep_frame, oaep_masked};

    #[test]
    fn every_bit_outside_of_seed_and_key_must_be_right() {
        let mut refused = 0;
        for bit in 0..256 * 8 {
            let mut frame = oaep_frame(&[0x3C; 32]);
            frame[bit / 8] ^= 1 << (bit % 8);
            let decoded = decode(&mut oaep_masked(&frame)).map(|key| key.expose().to_vec());
            let in_seed_or_key = (1..33).contains(&(bit / 8)) || bit / 8 >= 256 - 32;
            assert_eq!(decoded, in_seed_or_key.then(|| frame[256 - 32..].to_vec()), "bit {bit}");
            refused += u32::from(!in_seed_or_key);
        }
        assert_eq!(refused, 8 * (256 - 64));
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        for len in (0..=190).filter(|len| *len != 32) {
            assert!(decode(&mut oaep_masked(&oaep_frame(&vec![0x3C; len]))).is_none(), "{len} bytes");
        }
    }

    #[test]
    fn an_encoding_too_short_for_a_key_is_refused() {
        // RFC 8017 §7.1.1: 2 × 32 + 2 bytes are added.
        for len in 0..32 + 66 {
            assert!(decode(&mut vec![0; len]).is_none(), "{len} bytes");
        }
    }
}
