//! Where keys of elliptic curves stand in their canonical encodings.

use pkcs8::PrivateKeyInfoRef;
#[cfg(all(feature = "rustcrypto", any(feature = "p256", feature = "ed25519")))]
use pkcs8::SubjectPublicKeyInfoRef;

use super::KeyRejected;

/// Returns the point in a SubjectPublicKeyInfo.
#[cfg(all(feature = "rustcrypto", any(feature = "p256", feature = "ed25519")))]
pub(super) fn public<const N: usize>(spki: &[u8]) -> Result<&[u8; N], KeyRejected> {
    let info = SubjectPublicKeyInfoRef::try_from(spki).map_err(|_| KeyRejected)?;
    info.subject_public_key.as_bytes().and_then(|point| point.try_into().ok()).ok_or(KeyRejected)
}

/// Returns the private number of a P-256 key in a PrivateKeyInfo.
#[cfg(all(feature = "rustcrypto", feature = "p256"))]
pub(super) fn scalar(pkcs8: &[u8]) -> Result<&[u8; 32], KeyRejected> {
    // RFC 5915 §3: a SEQUENCE of the version, the number in an OCTET STRING, and the public key.
    let info = PrivateKeyInfoRef::try_from(pkcs8).map_err(|_| KeyRejected)?;
    info.private_key.as_bytes().get(7..39).and_then(|scalar| scalar.try_into().ok()).ok_or(KeyRejected)
}

/// Returns the private seed of an Ed25519 key in a PrivateKeyInfo.
#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
pub(super) fn seed(pkcs8: &[u8]) -> Result<&[u8; 32], KeyRejected> {
    // RFC 8410 §7: an OCTET STRING.
    let info = PrivateKeyInfoRef::try_from(pkcs8).map_err(|_| KeyRejected)?;
    info.private_key.as_bytes().last_chunk().ok_or(KeyRejected)
}
