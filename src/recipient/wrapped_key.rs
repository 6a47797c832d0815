//! A wrapped content key.

use alloc::vec::Vec;

use crate::format::RECORD_RSA_OAEP_SHA256;
use crate::key_id::KeyId;
use crate::wire::Item;

/// A content key wrapped for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    record_type: u16,
    ciphertext: Vec<u8>,
}

impl WrappedKey {
    /// Takes an RSA-OAEP ciphertext. It must be exactly as long as the modulus: 256 to 1024 bytes
    /// (SPEC §3.4).
    #[must_use]
    pub fn rsa_oaep_sha256(ciphertext: Vec<u8>) -> Self {
        Self { record_type: RECORD_RSA_OAEP_SHA256, ciphertext }
    }

    /// Returns the ciphertext.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.ciphertext
    }

    pub(super) fn into_item(self, key_id: Option<KeyId>) -> Item {
        Item::wrapped_key(self.record_type, key_id, &self.ciphertext)
    }
}
