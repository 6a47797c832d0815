//! Sealing and opening without RSA.

use bulla::error::{UnwrapError, WrapError};
use bulla::header::Record;
use bulla::keys::{ContentKey, KeyId, WrappedKey};
use bulla::rand_core::CryptoRng;
use bulla::{Identity, Recipient};

/// Recipient and identity without RSA: the content key stands in the record for all to see.
pub(crate) struct Keyless(pub(crate) KeyId);

impl Keyless {
    pub(crate) fn new(name: u8) -> Self {
        Self(KeyId::from_bytes([name; 32]))
    }
}

impl Recipient for Keyless {
    fn key_id(&self) -> Option<KeyId> {
        Some(self.0)
    }

    fn wrap_key(&self, key: &ContentKey, _: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
        // As long as with RSA-3072.
        Ok(WrappedKey::rsa_oaep_sha256(key.expose().repeat(12)))
    }
}

impl Identity for Keyless {
    fn may_open(&self, record: &Record<'_>) -> bool {
        record.record_type() == Record::RSA_OAEP_SHA256 && record.key_id().is_none_or(|id| id == self.0)
    }

    fn public_key_id(&self) -> Option<KeyId> {
        Some(self.0)
    }

    fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
        let key = record.wrapped_key().and_then(|wrapped| wrapped.first_chunk());
        Ok(key.map(|key| ContentKey::from_bytes(*key)))
    }
}
