//! What every algorithm of signatures has in common.

use alloc::vec::Vec;

use super::KeyRejected;

/// A public key that verifies signatures.
pub(crate) trait VerifyingKey: Sized {
    /// Takes a SubjectPublicKeyInfo in the canonical encoding.
    fn from_spki(der: &[u8]) -> Result<Self, KeyRejected>;

    /// Returns whether `signature` is one of the key over `message`. The time that this takes may
    /// depend on all three, which are public.
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool;
}

/// A private key that signs.
pub(crate) trait SigningKey: Sized {
    /// The other half.
    type Public: VerifyingKey;

    /// Takes a PrivateKeyInfo in the canonical encoding.
    fn from_pkcs8(der: &[u8]) -> Result<Self, KeyRejected>;

    /// Signs `message`. A fault in the computation may show in the result: it must be verified
    /// before it is given away.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, NotSigned>;
}

/// The backend did not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotSigned {
    /// The operating system gave no randomness.
    #[cfg_attr(not(feature = "rustcrypto"), allow(dead_code, reason = "AWS-LC does not tell"))]
    Randomness,
    /// The key does not work, or there was a fault.
    Failed,
}

#[cfg(test)]
mod tests;
