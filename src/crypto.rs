//! The primitives behind our own names. No other module names a backend; nothing here knows the
//! format.
//!
//! A backend is one module with the items re-exported below. Keys reach it as canonical DER that
//! has passed the import policy of `key_file`, so that no two backends admit different
//! keys. Where two backends are compiled, AWS-LC does the work and the tests hold the other against
//! it.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
mod ciphertext;
#[cfg(any(feature = "aws-lc-rs", feature = "p256", feature = "ed25519"))]
mod curve_key;
mod kdf;
mod key_size;
#[cfg(feature = "rustcrypto")]
#[cfg_attr(feature = "aws-lc-rs", allow(dead_code, reason = "the tests hold it against the backend in use"))]
mod oaep;
mod rng;
#[cfg(feature = "rustcrypto")]
#[cfg_attr(
    feature = "aws-lc-rs",
    allow(dead_code, unused_imports, reason = "the tests hold it against the backend in use")
)]
mod rustcrypto;
mod signature;

#[cfg(not(any(feature = "aws-lc-rs", feature = "rustcrypto")))]
compile_error!("bulla needs a cryptographic backend: enable the feature `rustcrypto` or `aws-lc-rs`");

#[cfg(feature = "aws-lc-rs")]
use self::aws_lc as backend;
pub(crate) use self::backend::{
    Aead, HmacKey, OaepPrivateKey, OaepPublicKey, PssPrivateKey, PssPublicKey, constant_time_eq, generate_pkcs8,
    sha256, sha512,
};
#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
pub(crate) use self::backend::{Ed25519PrivateKey, Ed25519PublicKey, ed25519_point, generate_ed25519};
#[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
pub(crate) use self::backend::{P256PrivateKey, P256PublicKey, generate_p256, p256_point};
pub(crate) use self::kdf::hkdf_expand_sha512;
pub use self::key_size::KeySize;
pub(crate) use self::rng::{RandomnessError, SystemRng};
#[cfg(all(feature = "rustcrypto", not(feature = "aws-lc-rs")))]
use self::rustcrypto as backend;
pub(crate) use self::signature::{NotSigned, SigningKey, VerifyingKey};

/// A chunk's tag did not verify. The output holds no plaintext.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TagMismatch;

/// The backend refused a key that the import policy let pass.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct KeyRejected;

#[cfg(test)]
mod tests;
