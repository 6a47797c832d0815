//! Public keys that verify.

use alloc::boxed::Box;
use alloc::sync::Arc;

use crate::format::SignatureAlgorithm;
use crate::key_id::KeyId;

/// A public key that verifies signatures.
///
/// [`RsaVerifier`](crate::RsaVerifier) and the others in [`senders`](crate::senders) are what is
/// needed as a rule.
pub trait Verifier: Send + Sync {
    /// Returns the algorithm, which is the same at each call. A signature of another one is not
    /// shown to [`verify`](Self::verify).
    fn algorithm(&self) -> SignatureAlgorithm;

    /// Returns the id of the key, which is the same at each call: SHA-256 of its canonical
    /// SubjectPublicKeyInfo (SPEC §4.5).
    fn key_id(&self) -> KeyId;

    /// Returns the length of its signatures in bytes, which is the same at each call: 64, or that
    /// of the modulus for RSA.
    fn signature_len(&self) -> usize;

    /// Returns whether `signature` is one of this key over `message`. Returns `false` for whatever
    /// is wrong with it, its length included.
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool;
}

macro_rules! delegate {
    ($($pointer:ty),*) => {$(
        impl<T: Verifier + ?Sized> Verifier for $pointer {
            fn algorithm(&self) -> SignatureAlgorithm {
                (**self).algorithm()
            }

            fn key_id(&self) -> KeyId {
                (**self).key_id()
            }

            fn signature_len(&self) -> usize {
                (**self).signature_len()
            }

            fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
                (**self).verify(message, signature)
            }
        }
    )*};
}

delegate!(&T, Box<T>, Arc<T>);
