//! Private keys that open envelopes.

use alloc::boxed::Box;
use alloc::sync::Arc;

use crate::error::UnwrapError;
use crate::key_id::KeyId;
use crate::secret::ContentKey;
use crate::wire::Record;

/// A private key that opens envelopes, in memory or in a device.
///
/// [`RsaIdentity`](crate::RsaIdentity) is a key in memory. For a key in a device or service, use
/// [`RemoteIdentity`](crate::RemoteIdentity), or [`Search`](crate::Search) if the service is
/// asynchronous. Both keep the rules of SPEC §6.2. Implement this trait only if neither fits.
///
/// Put a handle that is `Send` but not `Sync` into a `Mutex`. Handles of PKCS#11 and TPM libraries
/// are examples.
pub trait Identity: Send + Sync {
    /// Returns whether to spend a private-key operation on `record`. The answer must depend on
    /// public data alone. For an RSA key, return the result of
    /// [`RsaRecipient::may_open`](crate::Recipient::may_open).
    fn may_open(&self, record: &Record<'_>) -> bool;

    /// Returns the id of the public key, which a reader needs that demands a
    /// [sender](crate::Opener::senders): the sender must have named it (SPEC §4.5).
    ///
    /// The provided method returns `None`. Then this key counts for no audience.
    fn public_key_id(&self) -> Option<KeyId> {
        None
    }

    /// Unwraps the content key from `record`.
    ///
    /// Returns `Ok(None)` if the record does not open for any cryptographic reason: padding, a
    /// wrong key, another type of record, an unwrapped key that is not 32 bytes long. The library
    /// calls this method only for records that [`may_open`](Self::may_open) accepts.
    ///
    /// # Errors
    ///
    /// [`UnwrapError`] if the device failed for its own reasons and nothing was learned about the
    /// record. Opening then ends with this error.
    ///
    /// # Security
    ///
    /// An attacker must not be able to observe the reason for `Ok(None)`, not even by timing.
    fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError>;
}

macro_rules! delegate {
    ($($pointer:ty),*) => {$(
        impl<T: Identity + ?Sized> Identity for $pointer {
            fn may_open(&self, record: &Record<'_>) -> bool {
                (**self).may_open(record)
            }

            fn public_key_id(&self) -> Option<KeyId> {
                (**self).public_key_id()
            }

            fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
                (**self).unwrap_key(record)
            }
        }
    )*};
}

delegate!(&T, Box<T>, Arc<T>);
