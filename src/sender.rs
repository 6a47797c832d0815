//! Signing and verifying: who sealed an envelope (SPEC §4.5).

mod any;
mod key;
mod key_types;
mod remote;
mod rsa;
mod signer;
mod verifier;

pub use self::any::{AnySigner, AnyVerifier};
pub use self::remote::RemoteSigner;
pub use self::rsa::{RsaSigner, RsaVerifier};
pub use self::signer::Signer;
pub use self::verifier::Verifier;
