//! Ed25519 (RFC 8032 §5.1).

use alloc::vec::Vec;

use aws_lc_rs::encoding::{AsBigEndian, Curve25519SeedBin};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, ParsedPublicKey};
use zeroize::Zeroizing;

use crate::crypto::{KeyRejected, NotSigned, RandomnessError, SigningKey, VerifyingKey, curve_key};

/// An Ed25519 public key.
pub(crate) struct Ed25519PublicKey(ParsedPublicKey);

impl VerifyingKey for Ed25519PublicKey {
    fn from_spki(der: &[u8]) -> Result<Self, KeyRejected> {
        ParsedPublicKey::new(&ED25519, der).map(Self).map_err(|_| KeyRejected)
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

/// An Ed25519 private key.
pub(crate) struct Ed25519PrivateKey(Ed25519KeyPair);

impl SigningKey for Ed25519PrivateKey {
    type Public = Ed25519PublicKey;

    fn from_pkcs8(der: &[u8]) -> Result<Self, KeyRejected> {
        Ed25519KeyPair::from_seed_unchecked(curve_key::seed(der)?).map(Self).map_err(|_| KeyRejected)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, NotSigned> {
        self.0.try_sign(message).map(|signature| signature.as_ref().to_vec()).map_err(|_| NotSigned::Failed)
    }
}

/// The public point for a private seed.
pub(crate) fn ed25519_point(seed: &[u8; 32]) -> Option<[u8; 32]> {
    // Unchecked, since there is nothing yet to check it with.
    Ed25519KeyPair::from_seed_unchecked(seed).ok()?.public_key().as_ref().try_into().ok()
}

/// Draws a private seed.
pub(crate) fn generate_ed25519() -> Result<Zeroizing<[u8; 32]>, RandomnessError> {
    let key = Ed25519KeyPair::generate().map_err(|_| RandomnessError)?;
    let seed = key.seed().map_err(|_| RandomnessError)?;
    let seed: Curve25519SeedBin<'_> = seed.as_be_bytes().map_err(|_| RandomnessError)?;
    let mut copy = Zeroizing::new([0; 32]);
    copy.copy_from_slice(seed.as_ref());
    Ok(copy)
}
