//! Whole envelopes, without I/O: the only module that sees header, recipients, schedule and chunks together.

mod decryptor;
mod encryptor;
mod opened_header;
mod rewrapper;

pub use self::decryptor::Decryptor;
pub use self::encryptor::Encryptor;
pub use self::opened_header::OpenedHeader;
pub use self::rewrapper::Rewrapper;
