//! Wrapping and unwrapping the content key: who can open an envelope.

#[cfg(feature = "x509")]
mod certificate;
mod identity;
mod remote;
mod rsa;
mod wrap;
mod wrapped_key;

#[cfg(feature = "x509")]
pub use self::certificate::Certificate;
pub use self::identity::Identity;
pub use self::remote::RemoteIdentity;
pub use self::rsa::{RsaIdentity, RsaRecipient};
pub use self::wrap::Recipient;
pub(crate) use self::wrap::wrap_for_all;
pub use self::wrapped_key::WrappedKey;
