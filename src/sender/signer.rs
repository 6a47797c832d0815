//! Private keys that sign.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::error::SignError;
use crate::format::SignatureAlgorithm;
use crate::key_id::KeyId;

/// A private key that signs, in memory or in a device.
///
/// [`RsaSigner`](crate::RsaSigner) and the others in [`senders`](crate::senders) are keys in
/// memory. For a key in a device or service, use [`RemoteSigner`](crate::RemoteSigner). Implement
/// this trait only if neither fits.
///
/// Put a handle that is `Send` but not `Sync` into a `Mutex`. Handles of PKCS#11 and TPM libraries
/// are examples.
pub trait Signer: Send + Sync {
    /// Returns the algorithm, which is the same at each call.
    fn algorithm(&self) -> SignatureAlgorithm;

    /// Returns the id of the public key, which is the same at each call: what
    /// [`Verifier::key_id`](crate::Verifier::key_id) of that key returns.
    fn key_id(&self) -> KeyId;

    /// Returns the length of its signatures in bytes, which is the same at each call: 64, or that
    /// of the modulus for RSA.
    fn signature_len(&self) -> usize;

    /// Signs `message`, which is shorter than 4096 bytes. The result has the form that
    /// [`SignatureAlgorithm`] describes.
    ///
    /// # Errors
    ///
    /// [`SignError`] if the device failed for its own reasons. Sealing then ends with this error.
    ///
    /// # Security
    ///
    /// Verify what a device signed before you return it: a signature with a fault in it can give
    /// the private key away.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

macro_rules! delegate {
    ($($pointer:ty),*) => {$(
        impl<T: Signer + ?Sized> Signer for $pointer {
            fn algorithm(&self) -> SignatureAlgorithm {
                (**self).algorithm()
            }

            fn key_id(&self) -> KeyId {
                (**self).key_id()
            }

            fn signature_len(&self) -> usize {
                (**self).signature_len()
            }

            fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
                (**self).sign(message)
            }
        }
    )*};
}

delegate!(&T, Box<T>, Arc<T>);
