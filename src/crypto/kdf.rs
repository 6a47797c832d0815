//! HKDF-Expand (RFC 5869 §2.3) over the backend's HMAC.
//!
//! Written out because the usual crates refuse a pseudorandom key shorter than the hash, and the
//! format's keys have 32 bytes.

use super::HmacKey;
use crate::secret::Secret;

/// Fills `output`, of at most 255 × 64 bytes, from the pseudorandom key `prk` and `info`.
pub(crate) fn hkdf_expand_sha512(prk: &HmacKey, info: &[u8], output: &mut [u8]) {
    debug_assert!(output.len() <= 255 * 64, "the block counter is one byte");
    let mut block = Secret::<64>::zero();
    for (counter, part) in (1..=u8::MAX).zip(output.chunks_mut(64)) {
        let previous: &[u8] = if counter == 1 { &[] } else { block.expose() };
        let mut next = Secret::zero();
        prk.sign(&[previous, info, &[counter]], next.expose_mut());
        part.copy_from_slice(&next.expose()[..part.len()]);
        block = next;
    }
}
