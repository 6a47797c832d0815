//! Wrapping and unwrapping the content key: who can open an envelope.

mod identity;
mod remote;
mod rsa;
mod wrap;
mod wrapped_key;

pub use self::identity::Identity;
pub use self::remote::RemoteIdentity;
pub use self::rsa::{RsaIdentity, RsaRecipient};
pub use self::wrap::Recipient;
pub(crate) use self::wrap::wrap_for_all;
pub use self::wrapped_key::WrappedKey;
