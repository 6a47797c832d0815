//! Who can open an envelope: wrapping and unwrapping the content key.

mod key_file;
mod rsa;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rand_core::CryptoRng;

pub use self::rsa::{RsaIdentity, RsaRecipient};
use crate::error::{UnwrapError, WrapError};
use crate::key_id::KeyId;
use crate::secret::ContentKey;
use crate::suite::RECORD_RSA_OAEP_SHA256;
use crate::wire::{Item, Record};

/// Someone an envelope can be sealed to: a public key.
///
/// Implement it for keys that this library does not hold itself. The library composes the record from
/// [`key_id`](Self::key_id) and the wrapped key.
pub trait Recipient: Send + Sync {
    /// The public name of the key, or `None` to leave it out of the envelope (an anonymous recipient).
    fn key_id(&self) -> Option<KeyId>;

    /// Wraps `key` with RSA-OAEP, SHA-256, MGF1 with SHA-256 and an empty label (SPEC §3.4).
    ///
    /// # Errors
    ///
    /// [`WrapError`] with the cause; the envelope is not made.
    ///
    /// # Security
    ///
    /// Nothing derived from `key` or `rng` may leave the implementation except as the result: when the operating system
    /// fails to give randomness, `rng` yields zeros and the library discards the result.
    fn wrap_key(&self, key: &ContentKey, rng: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError>;
}

/// Someone who can open envelopes: a private key, here or in a device.
///
/// A handle that is `Send` but not `Sync`, as those of PKCS#11 and TPM libraries are, goes into a `Mutex`.
pub trait Identity: Send + Sync {
    /// Whether the private key named `id` is held here. Decides on public data alone.
    fn holds(&self, id: &KeyId) -> bool;

    /// Unwraps the content key from `record`.
    ///
    /// `Ok(None)` where it did not open, for any cryptographic reason: padding, a wrong key, a wrong length, another type.
    /// The library calls it only for records that [`may_open`](Self::may_open) admits.
    ///
    /// # Errors
    ///
    /// [`UnwrapError`] where the device failed for its own reasons and nothing was learned. Opening stops.
    ///
    /// # Security
    ///
    /// The reason for `Ok(None)` must not show in anything an attacker can observe, time included.
    fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError>;

    /// Whether it makes sense to spend a private-key operation on `record`. Decides on public data alone.
    ///
    /// The provided method admits RSA-OAEP records that name a key [held](Self::holds) here or none.
    fn may_open(&self, record: &Record<'_>) -> bool {
        record.record_type() == Record::RSA_OAEP_SHA256 && record.key_id().is_none_or(|id| self.holds(&id))
    }
}

/// A content key wrapped for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    record_type: u16,
    ciphertext: Vec<u8>,
}

impl WrappedKey {
    /// An RSA-OAEP ciphertext, exactly as long as the modulus: 256 to 1024 bytes.
    #[must_use]
    pub fn rsa_oaep_sha256(ciphertext: Vec<u8>) -> Self {
        Self { record_type: RECORD_RSA_OAEP_SHA256, ciphertext }
    }

    pub(crate) fn into_item(self, key_id: Option<KeyId>) -> Item {
        Item::wrapped_key(self.record_type, key_id, &self.ciphertext)
    }
}

macro_rules! delegate {
    ($($pointer:ty),*) => {$(
        impl<T: Recipient + ?Sized> Recipient for $pointer {
            fn key_id(&self) -> Option<KeyId> {
                (**self).key_id()
            }

            fn wrap_key(&self, key: &ContentKey, rng: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
                (**self).wrap_key(key, rng)
            }
        }

        impl<T: Identity + ?Sized> Identity for $pointer {
            fn holds(&self, id: &KeyId) -> bool {
                (**self).holds(id)
            }

            fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
                (**self).unwrap_key(record)
            }

            fn may_open(&self, record: &Record<'_>) -> bool {
                (**self).may_open(record)
            }
        }
    )*};
}

delegate!(&T, Box<T>, Arc<T>);
