//! Bytes to header and back, without any cryptography (SPEC §3).

mod encode;
mod header;
mod lookalike;
mod parse;
mod reader;
mod record;

pub(crate) use self::encode::{Item, encode};
pub use self::header::Header;
pub use self::record::{Record, Records};
