//! RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes (RFC 8017 §8.1).

use alloc::vec::Vec;

use pkcs8::DecodePublicKey;
use rsa::{PrivateKey, PublicKey};
use sha2::Sha256;

use super::rsa_key;
use crate::crypto::{KeyRejected, NotSigned, SigningKey, VerifyingKey};

/// An RSA public key.
pub(crate) struct PssPublicKey(PublicKey);

impl VerifyingKey for PssPublicKey {
    fn from_spki(der: &[u8]) -> Result<Self, KeyRejected> {
        PublicKey::from_public_key_der(der).map(Self).map_err(|_| KeyRejected)
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        // Admits no other salt than one as long as the hash.
        self.0.pss_verify::<Sha256>(message, signature).is_ok()
    }
}

/// An RSA private key.
pub(crate) struct PssPrivateKey(PrivateKey);

impl SigningKey for PssPrivateKey {
    type Public = PssPublicKey;

    fn from_pkcs8(der: &[u8]) -> Result<Self, KeyRejected> {
        rsa_key::from_pkcs8(der).map(Self)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, NotSigned> {
        // Blinded, and with a salt, both from the generator given here.
        let signature = self.0.pss_sign_with_rng::<Sha256, _>(&mut getrandom::SysRng, message);
        signature.map_err(|error| match error {
            rsa::Error::Rng => NotSigned::Randomness,
            _ => NotSigned::Failed,
        })
    }
}
