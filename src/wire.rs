//! Bytes to header and back, without any cryptography (SPEC §3).

mod header;
mod lookalike;
mod reader;

pub use self::header::{Header, Record, Records};
pub(crate) use self::header::{Item, encode};
