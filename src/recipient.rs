//! Who can open an envelope: wrapping and unwrapping the content key.

mod key_file;
mod rsa;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rand_core::CryptoRng;

pub use self::rsa::{RsaIdentity, RsaRecipient};
use crate::error::{SealError, UnwrapError, WrapError};
use crate::format::RECORD_RSA_OAEP_SHA256;
use crate::key_id::KeyId;
use crate::secret::ContentKey;
use crate::wire::{Item, Record};

/// Someone an envelope can be sealed to: a public key.
///
/// Rarely to be implemented: for a key whose private half is elsewhere, its public half makes an [`RsaRecipient`]. The library
/// composes the record from [`key_id`](Self::key_id) and the wrapped key.
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
    /// `key` may go to the device or service that wraps it, and nowhere else. What is made with `rng` may leave only as the
    /// result: when the operating system stops giving randomness, `rng` becomes predictable and the library discards the
    /// result.
    fn wrap_key(&self, key: &ContentKey, rng: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError>;
}

/// Someone who can open envelopes: a private key, here or in a device.
///
/// A handle that is `Send` but not `Sync`, as those of PKCS#11 and TPM libraries are, goes into a `Mutex`.
///
/// # Examples
///
/// A key in a service, whose public half is known:
///
/// ```
/// use bulla::{ContentKey, Identity, KeyId, Record, RsaRecipient, UnwrapError};
///
/// struct ServiceKey {
///     id: KeyId,
///     modulus_len: usize,
///     client: Client,
/// }
///
/// impl Identity for ServiceKey {
///     fn holds(&self, id: &KeyId) -> bool {
///         *id == self.id
///     }
///
///     fn may_open(&self, record: &Record<'_>) -> bool {
///         // Each operation costs: try only those anonymous records that can be for this key.
///         let fits = record.wrapped_key().is_some_and(|wrapped| wrapped.len() == self.modulus_len);
///         fits && record.key_id().is_none_or(|id| self.holds(&id))
///     }
///
///     fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
///         let Some(wrapped) = record.wrapped_key() else { return Ok(None) };
///         // RSA-OAEP, SHA-256, MGF1 with SHA-256, no label.
///         match self.client.decrypt(wrapped) {
///             Ok(key) => Ok(ContentKey::from_slice(&key)),
///             Err(Refusal::InvalidCiphertext) => Ok(None),
///             Err(error) => Err(UnwrapError::new(error)),
///         }
///     }
/// }
/// # struct Client(bulla::RsaIdentity);
/// # impl Client {
/// #     fn decrypt(&self, wrapped: &[u8]) -> Result<Vec<u8>, Refusal> {
/// #         let _ = wrapped;
/// #         Err(Refusal::Offline)
/// #     }
/// # }
/// # #[derive(Debug)]
/// # enum Refusal { InvalidCiphertext, Offline }
/// # impl std::fmt::Display for Refusal {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("offline") }
/// # }
/// # impl std::error::Error for Refusal {}
/// # let pem = include_str!("../tests/keys/rsa2048.pem");
/// # let recipient: RsaRecipient = bulla::RsaIdentity::from_pem(pem)?.recipient();
/// # let key = ServiceKey {
/// #     id: recipient.key_id(), modulus_len: 256, client: Client(bulla::RsaIdentity::from_pem(pem)?),
/// # };
/// # let error = bulla::open(&key, &bulla::seal(&recipient, b"hello")?).unwrap_err();
/// # assert!(matches!(error, bulla::OpenError::Unwrap(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Identity: Send + Sync {
    /// Whether the private key named `id` is held here. Decides on public data alone.
    fn holds(&self, id: &KeyId) -> bool;

    /// Unwraps the content key from `record`.
    ///
    /// `Ok(None)` where it did not open, for any cryptographic reason: padding, a wrong key, another type, an unwrapped key
    /// that is not 32 bytes long.
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
    /// The provided method admits RSA-OAEP records that name a key [held](Self::holds) here or none. Override it to compare the
    /// length of the wrapped key with that of the modulus.
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

    fn into_item(self, key_id: Option<KeyId>) -> Item {
        Item::wrapped_key(self.record_type, key_id, &self.ciphertext)
    }
}

/// The records that wrap `key` for each recipient.
pub(crate) fn wrap_for_all(
    recipients: &[&dyn Recipient],
    key: &ContentKey,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<Item>, SealError> {
    // Before any public-key operation, not after a thousand of them.
    let mut ids: Vec<KeyId> = recipients.iter().filter_map(|recipient| recipient.key_id()).collect();
    ids.sort_unstable();
    if let Some(twins) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(SealError::DuplicateRecipient(twins[0]));
    }
    let wrap = |recipient: &&dyn Recipient| Ok(recipient.wrap_key(key, rng)?.into_item(recipient.key_id()));
    recipients.iter().map(wrap).collect()
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
