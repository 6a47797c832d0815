//! The one derivation from the content key (SPEC §4.1).

use crate::crypto::{HmacKey, hkdf_expand_sha512};
use crate::format::{Suite, Version};
use crate::secret::{ContentKey, Secret};

/// A content key, ready for derivations: HMAC takes it in once, whatever is derived.
pub(super) struct Prk(HmacKey);

impl Prk {
    pub(super) fn new(key: &ContentKey) -> Self {
        Self(HmacKey::new(key.expose()))
    }

    /// `HKDF-Expand-SHA-512(key, info(label, N), N)`.
    pub(super) fn derive<const N: usize>(&self, label: &[u8]) -> Secret<N> {
        self.derive_bound(label, &[])
    }

    /// `HKDF-Expand-SHA-512(key, info(label, N) || bound, N)`.
    pub(super) fn derive_bound<const N: usize>(&self, label: &[u8], bound: &[u8]) -> Secret<N> {
        let len = u16::try_from(N).expect("derived keys have at most 64 bytes").to_be_bytes();
        let mut output = Secret::zero();
        hkdf_expand_sha512(&self.0, &[INFO_PREFIX, &len, label, bound], output.expose_mut());
        output
    }
}

/// SPEC §4.1: info(label, L) = "bulla" 00 "key" 00 || version || suite || u16(L) || label.
const INFO_PREFIX: &[u8] =
    &[b'b', b'u', b'l', b'l', b'a', 0, b'k', b'e', b'y', 0, Version::V1.code(), Suite::HmacSha512Cobblestone256.code()];
