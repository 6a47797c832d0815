//! HKDF-Expand (RFC 5869 §2.3) over the backend's HMAC.
//!
//! Written out because the usual crates refuse a pseudorandom key shorter than the hash, and the
//! format's keys have 32 bytes.

use super::HmacKey;
use crate::buffer::Buffer;
use crate::secret::Secret;

/// Fills `output`, of at most 255 × 64 bytes, from the pseudorandom key `prk` and the concatenation
/// of `info`.
pub(crate) fn hkdf_expand_sha512(prk: &HmacKey, info: &[&[u8]], output: &mut [u8]) {
    debug_assert!(output.len() <= 255 * BLOCK, "the block counter is one byte");
    // The previous block, info, and the counter. Wiped when dropped.
    let len = BLOCK + info.iter().map(|part| part.len()).sum::<usize>() + 1;
    let mut input = Buffer::new(len);
    let input = input.using(len);
    let mut end = BLOCK;
    for part in info {
        input[end..end + part.len()].copy_from_slice(part);
        end += part.len();
    }
    let mut block = Secret::<BLOCK>::zero();
    for (counter, part) in (1..=u8::MAX).zip(output.chunks_mut(BLOCK)) {
        input[end] = counter;
        // There is no block before the first.
        let start = if counter == 1 { BLOCK } else { 0 };
        prk.sign(&input[start..], block.expose_mut());
        part.copy_from_slice(&block.expose()[..part.len()]);
        input[..BLOCK].copy_from_slice(block.expose());
    }
}

/// Length in bytes of the output of SHA-512.
const BLOCK: usize = 64;
