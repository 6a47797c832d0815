//! Ed25519 (RFC 8032 §5.1).

use alloc::vec::Vec;

use ed25519_dalek::{Signature, Signer, Verifier};
use zeroize::Zeroizing;

use crate::crypto::{KeyRejected, NotSigned, RandomnessError, SigningKey, SystemRng, VerifyingKey, curve_key};

/// An Ed25519 public key.
pub(crate) struct Ed25519PublicKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey for Ed25519PublicKey {
    fn from_spki(der: &[u8]) -> Result<Self, KeyRejected> {
        let point = curve_key::public(der)?;
        ed25519_dalek::VerifyingKey::from_bytes(point).map(Self).map_err(|_| KeyRejected)
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        // Without the cofactor, as AWS-LC does it. `verify_strict` would refuse points R of small
        // order, which AWS-LC does not.
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
    }
}

/// An Ed25519 private key.
pub(crate) struct Ed25519PrivateKey(ed25519_dalek::SigningKey);

impl SigningKey for Ed25519PrivateKey {
    type Public = Ed25519PublicKey;

    fn from_pkcs8(der: &[u8]) -> Result<Self, KeyRejected> {
        curve_key::seed(der).map(ed25519_dalek::SigningKey::from_bytes).map(Self)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, NotSigned> {
        Ok(self.0.sign(message).to_bytes().into())
    }
}

/// The public point for a private seed.
pub(crate) fn ed25519_point(seed: &[u8; 32]) -> Option<[u8; 32]> {
    Some(ed25519_dalek::SigningKey::from_bytes(seed).verifying_key().to_bytes())
}

/// Draws a private seed.
pub(crate) fn generate_ed25519() -> Result<Zeroizing<[u8; 32]>, RandomnessError> {
    let mut seed = Zeroizing::new([0; 32]);
    let mut rng = SystemRng::new();
    rand_core::Rng::fill_bytes(&mut rng, &mut *seed);
    rng.check().map(|()| seed)
}
