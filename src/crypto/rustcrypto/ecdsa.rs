//! ECDSA with P-256 and SHA-256, signatures as r || s (FIPS 186-5).

use alloc::vec::Vec;

use p256::ecdsa::signature::{RandomizedSigner, Verifier};
use p256::ecdsa::{self, Signature};
use p256::elliptic_curve::Generate;
use zeroize::Zeroizing;

use crate::crypto::{KeyRejected, NotSigned, RandomnessError, SigningKey, VerifyingKey, curve_key};

/// A P-256 public key.
pub(crate) struct P256PublicKey(ecdsa::VerifyingKey);

impl VerifyingKey for P256PublicKey {
    fn from_spki(der: &[u8]) -> Result<Self, KeyRejected> {
        let point: &[u8; 65] = curve_key::public(der)?;
        ecdsa::VerifyingKey::from_sec1_bytes(point).map(Self).map_err(|_| KeyRejected)
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        // Refuses numbers that are zero, or not below the order.
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
    }
}

/// A P-256 private key.
pub(crate) struct P256PrivateKey(ecdsa::SigningKey);

impl SigningKey for P256PrivateKey {
    type Public = P256PublicKey;

    fn from_pkcs8(der: &[u8]) -> Result<Self, KeyRejected> {
        let scalar = curve_key::scalar(der)?;
        ecdsa::SigningKey::from_slice(scalar).map(Self).map_err(|_| KeyRejected)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, NotSigned> {
        // The nonce comes from key, message and fresh randomness (RFC 6979 §3.6). Without any of
        // the last, it would be as good, but a fault would show twice the same nonce.
        let signature: Result<Signature, _> = self.0.try_sign_with_rng(&mut getrandom::SysRng, message);
        signature.map(|signature| signature.to_bytes().to_vec()).map_err(|_| NotSigned::Randomness)
    }
}

/// The uncompressed public point for a private number, or `None` if that is zero or not below the
/// order.
pub(crate) fn p256_point(scalar: &[u8; 32]) -> Option<[u8; 65]> {
    let key = ecdsa::SigningKey::from_slice(scalar).ok()?;
    key.verifying_key().to_sec1_point(false).as_bytes().try_into().ok()
}

/// Draws a private number.
pub(crate) fn generate_p256() -> Result<Zeroizing<[u8; 32]>, RandomnessError> {
    let key = ecdsa::SigningKey::try_generate_from_rng(&mut getrandom::SysRng).map_err(|_| RandomnessError)?;
    Ok(Zeroizing::new(key.to_bytes().into()))
}
