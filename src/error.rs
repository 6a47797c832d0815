//! What can go wrong, and who caused it.

#[cfg(feature = "armor")]
mod armor;
#[cfg(feature = "x509")]
mod certificate;
mod device;
#[cfg(feature = "std")]
mod finish;
mod header;
#[cfg(feature = "std")]
mod io;
mod journal;
mod key;
mod key_file;
mod open;
mod rewrap;
mod seal;

#[cfg(feature = "armor")]
pub(crate) use self::armor::ArmorLabel;
#[cfg(feature = "armor")]
#[cfg_attr(docsrs, doc(cfg(feature = "armor")))]
pub use self::armor::{ArmorError, ArmorErrorKind};
#[cfg(feature = "x509")]
#[cfg_attr(docsrs, doc(cfg(feature = "x509")))]
pub use self::certificate::CertificateConcern;
pub use self::device::{SignError, UnwrapError, WrapError};
#[cfg(feature = "std")]
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
pub use self::finish::FinishError;
pub use self::header::{HeaderError, HeaderErrorKind, Lookalike};
pub use self::journal::JournalError;
pub use self::key::{KeyError, KeyErrorKind};
pub use self::key_file::{DerDamage, KeyFormat, KeyPart, PemDamage};
pub use self::open::OpenError;
pub use self::rewrap::RewrapError;
pub use self::seal::SealError;
pub use crate::key_id::KeyIdParseError;
pub use crate::limits::{Limit, LimitExceeded};
