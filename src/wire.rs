//! Parsing and encoding headers, without any cryptography (SPEC §3).

mod encode;
mod fields;
mod header;
mod item;
mod lookalike;
mod parse;
mod private;
mod reader;
mod record;
mod record_type;
#[cfg(test)]
mod tests;

pub(crate) use self::encode::{encode, encode_fields};
pub(crate) use self::fields::Fields;
pub use self::header::Header;
pub(crate) use self::item::Item;
pub(crate) use self::private::{PrivateDraft, PrivateItems, PrivateTooLong, SenderItem};
pub use self::record::{Record, Records};
