//! RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes (RFC 8017 §8.1).

use alloc::vec;
use alloc::vec::Vec;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PSS_2048_8192_SHA256, RSA_PSS_SHA256};

use crate::crypto::{KeyRejected, NotSigned, SigningKey, VerifyingKey};

/// An RSA public key.
pub(crate) struct PssPublicKey(ParsedPublicKey);

impl VerifyingKey for PssPublicKey {
    fn from_spki(der: &[u8]) -> Result<Self, KeyRejected> {
        ParsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, der).map(Self).map_err(|_| KeyRejected)
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        // Admits no other salt than one as long as the hash.
        self.0.verify_sig(message, signature).is_ok()
    }
}

/// An RSA private key.
pub(crate) struct PssPrivateKey(KeyPair);

impl SigningKey for PssPrivateKey {
    type Public = PssPublicKey;

    fn from_pkcs8(der: &[u8]) -> Result<Self, KeyRejected> {
        KeyPair::from_pkcs8(der).map(Self).map_err(|_| KeyRejected)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, NotSigned> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        // Blinded, and with a salt, both from AWS-LC's own generator, and not the one given here.
        let signed = self.0.sign(&RSA_PSS_SHA256, &SystemRandom::new(), message, &mut signature);
        signed.map(|()| signature).map_err(|_| NotSigned::Failed)
    }
}
