//! The primitives behind our own names. No other module names a backend; nothing here knows the format.
//!
//! A backend is one module with the items re-exported below. Keys reach it as canonical DER that has passed the import
//! policy of [`crate::recipient`].

mod kdf;
mod rng;
#[cfg(feature = "rustcrypto")]
mod rustcrypto;

#[cfg(not(feature = "rustcrypto"))]
compile_error!("bulla needs a cryptographic backend: enable the feature `rustcrypto`");

pub(crate) use self::kdf::hkdf_expand_sha512;
pub(crate) use self::rng::{RandomnessError, SystemRng};
#[cfg(feature = "rustcrypto")]
pub(crate) use self::rustcrypto::{
    Aead, OaepPrivateKey, OaepPublicKey, constant_time_eq, generate_pkcs8, hmac_sha512, sha256, sha512,
};

/// A chunk's tag did not verify. The output holds no plaintext.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TagMismatch;

/// The backend refused a key that the import policy let pass: its numbers contradict each other.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct KeyRejected;

#[cfg(test)]
mod tests;
