//! ECDSA with P-256 and SHA-256, signatures as r || s (FIPS 186-5).

use alloc::vec::Vec;

use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, ParsedPublicKey,
};
use zeroize::Zeroizing;

use crate::crypto::{KeyRejected, NotSigned, RandomnessError, SigningKey, VerifyingKey};

/// A P-256 public key.
pub(crate) struct P256PublicKey(ParsedPublicKey);

impl VerifyingKey for P256PublicKey {
    fn from_spki(der: &[u8]) -> Result<Self, KeyRejected> {
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, der).map(Self).map_err(|_| KeyRejected)
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

/// A P-256 private key.
pub(crate) struct P256PrivateKey(EcdsaKeyPair);

impl SigningKey for P256PrivateKey {
    type Public = P256PublicKey;

    fn from_pkcs8(der: &[u8]) -> Result<Self, KeyRejected> {
        key_pair(der).map(Self).ok_or(KeyRejected)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, NotSigned> {
        // The nonce is from AWS-LC's own generator, and not from the one given here.
        let signature = self.0.sign(&SystemRandom::new(), message);
        signature.map(|signature| signature.as_ref().to_vec()).map_err(|_| NotSigned::Failed)
    }
}

/// The uncompressed public point for a private number, or `None` if that is zero or not below the
/// order.
pub(crate) fn p256_point(scalar: &[u8; 32]) -> Option<[u8; 65]> {
    // An ECPrivateKey without its public key (RFC 5915 §3), for which AWS-LC computes it.
    let der = Zeroizing::new([&EC_PRIVATE_KEY[..], scalar, &PRIME256V1].concat());
    key_pair(&der)?.public_key().as_ref().try_into().ok()
}

/// Draws a private number.
pub(crate) fn generate_p256() -> Result<Zeroizing<[u8; 32]>, RandomnessError> {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| RandomnessError)?;
    let scalar: EcPrivateKeyBin<'_> = key.private_key().as_be_bytes().map_err(|_| RandomnessError)?;
    let mut copy = Zeroizing::new([0; 32]);
    copy.copy_from_slice(scalar.as_ref());
    Ok(copy)
}

/// Takes a PrivateKeyInfo or an ECPrivateKey.
fn key_pair(der: &[u8]) -> Option<EcdsaKeyPair> {
    EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der).ok()
}

/// A SEQUENCE of 49 bytes, version 1, and the head of an OCTET STRING of 32 bytes.
const EC_PRIVATE_KEY: [u8; 7] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
/// The name of the curve, in a part with the number 0.
const PRIME256V1: [u8; 12] = [0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
