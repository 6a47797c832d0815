//! Whole envelopes, without I/O: the only module that sees header, recipients, schedule and chunks together.

mod decryptor;
mod encryptor;

pub use self::decryptor::{Decryptor, OpenedHeader};
pub use self::encryptor::Encryptor;
