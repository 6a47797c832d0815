//! Signing and verifying: who sealed an envelope (SPEC §4.5).

mod any;
#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
mod ed25519;
mod key;
mod key_types;
#[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
mod p256;
mod remote;
mod rsa;
mod signer;
mod verifier;

pub use self::any::{AnySigner, AnyVerifier};
#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
pub use self::ed25519::{Ed25519Signer, Ed25519Verifier};
#[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
pub use self::p256::{P256Signer, P256Verifier};
pub use self::remote::RemoteSigner;
pub use self::rsa::{RsaSigner, RsaVerifier};
pub use self::signer::Signer;
pub use self::verifier::Verifier;
