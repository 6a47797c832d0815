//! Who opens an envelope.

use alloc::boxed::Box;
use alloc::sync::Arc;

use crate::error::UnwrapError;
use crate::secret::ContentKey;
use crate::wire::Record;

/// A private key that envelopes are opened with, in memory or in a device.
///
/// [`RsaIdentity`](crate::RsaIdentity) is one in memory. For a key in a device or service, use
/// [`RemoteIdentity`](crate::RemoteIdentity), or [`Search`](crate::Search) if the service is
/// asynchronous: both keep the rules of SPEC §6.2. Implement the trait for what neither fits.
///
/// A handle that is `Send` but not `Sync`, as those of PKCS#11 and TPM libraries are, goes into a
/// `Mutex`.
pub trait Identity: Send + Sync {
    /// Whether it makes sense to spend a private-key operation on `record`. Decides on public data
    /// alone; for an RSA key, [`RsaRecipient::may_open`](crate::Recipient::may_open) is the answer.
    fn may_open(&self, record: &Record<'_>) -> bool;

    /// Unwraps the content key from `record`.
    ///
    /// `Ok(None)` if it does not open, for any cryptographic reason: padding, a wrong key, another
    /// type, an unwrapped key that is not 32 bytes long. The library calls it only for records that
    /// [`may_open`](Self::may_open) admits.
    ///
    /// # Errors
    ///
    /// [`UnwrapError`] if the device failed for its own reasons and nothing was learned. Opening
    /// stops.
    ///
    /// # Security
    ///
    /// The reason for `Ok(None)` must not show in anything an attacker can observe, time included.
    fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError>;
}

macro_rules! delegate {
    ($($pointer:ty),*) => {$(
        impl<T: Identity + ?Sized> Identity for $pointer {
            fn may_open(&self, record: &Record<'_>) -> bool {
                (**self).may_open(record)
            }

            fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
                (**self).unwrap_key(record)
            }
        }
    )*};
}

delegate!(&T, Box<T>, Arc<T>);
