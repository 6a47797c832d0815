//! Public keys that envelopes are sealed to.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::wrapped_key::WrappedKey;
use crate::error::{SealError, WrapError};
use crate::key_id::KeyId;
use crate::secret::ContentKey;
use crate::wire::{Item, Record};

/// A public key that envelopes are sealed to.
///
/// Most callers need only [`RsaRecipient`](crate::RsaRecipient), even if the private key is in a
/// device or service. Implement this trait for other keys. The library makes the record from
/// [`key_id`](Self::key_id) and the wrapped key.
pub trait Recipient: Send + Sync {
    /// Returns the id of the key, or `None` to leave it out of the envelope (an anonymous
    /// recipient).
    fn key_id(&self) -> Option<KeyId>;

    /// Returns the id of the key, even if it is left out of the envelope: for the audience of a
    /// [signed](crate::Sealer::signer) header, which recipients alone can read (SPEC §4.5).
    ///
    /// The provided method returns [`key_id`](Self::key_id). Override it for anonymous recipients.
    fn public_key_id(&self) -> Option<KeyId> {
        self.key_id()
    }

    /// Wraps `key` for the holder of the private key. With an RSA key, use RSA-OAEP with SHA-256,
    /// MGF1 with SHA-256 and an empty label (SPEC §3.4).
    ///
    /// # Errors
    ///
    /// [`WrapError`] with the cause, if the key cannot be wrapped. No envelope is made.
    ///
    /// # Security
    ///
    /// Pass `key` to the device or service that wraps it, and nowhere else. Use the output of `rng`
    /// only to compute the result. If the operating system stops giving randomness, `rng` becomes
    /// predictable, and the library discards the result.
    fn wrap_key(&self, key: &ContentKey, rng: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError>;

    /// Returns whether the private key may open `record`. The answer must depend on public data
    /// alone (SPEC §6.2).
    ///
    /// The provided method accepts records that name this key. Override it if anonymous records may
    /// be for this key. [`RsaRecipient`](crate::RsaRecipient) also accepts anonymous records with a
    /// wrapped key as long as its modulus.
    fn may_open(&self, record: &Record<'_>) -> bool {
        record.key_id().is_some() && record.key_id() == self.key_id()
    }
}

/// Returns the records that wrap `key`, one for each recipient.
pub(crate) fn wrap_for_all(
    recipients: &[Arc<dyn Recipient + '_>],
    key: &ContentKey,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<Item>, SealError> {
    // Checked before any public-key operation, because there may be a thousand of them.
    let mut ids: Vec<KeyId> = recipients.iter().filter_map(|recipient| recipient.key_id()).collect();
    ids.sort_unstable();
    if let Some(twins) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(SealError::DuplicateRecipient(twins[0]));
    }
    let wrap = |recipient: &Arc<dyn Recipient + '_>| Ok(recipient.wrap_key(key, rng)?.into_item(recipient.key_id()));
    recipients.iter().map(wrap).collect()
}

macro_rules! delegate {
    ($($pointer:ty),*) => {$(
        impl<T: Recipient + ?Sized> Recipient for $pointer {
            fn key_id(&self) -> Option<KeyId> {
                (**self).key_id()
            }

            fn public_key_id(&self) -> Option<KeyId> {
                (**self).public_key_id()
            }

            fn wrap_key(&self, key: &ContentKey, rng: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
                (**self).wrap_key(key, rng)
            }

            fn may_open(&self, record: &Record<'_>) -> bool {
                (**self).may_open(record)
            }
        }
    )*};
}

delegate!(&T, Box<T>, Arc<T>);
