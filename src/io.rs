//! `std::io` adapters for the core, which does no I/O.
//!
//! All adapters follow the same rules for errors:
//!
//! * `Interrupted` is retried.
//! * `WouldBlock` is returned to the caller. Nothing is lost, and the same call can be made again.
//! * Any other error of reading or writing is final: each later call fails too, unless a seek moves
//!   a reader elsewhere.
//! * An error of `len` or `seek` is not final, and the position stays as it was.
//! * Reads at a position are independent of each other: an error of one does not affect the others.
//!   So a stream of parts, which reads at a position, can read again after an error.

#[cfg(feature = "armor")]
mod armor_reader;
#[cfg(feature = "armor")]
mod armor_writer;
mod block_writer;
mod calls;
mod guarded;
mod joined;
mod open_reader;
mod open_reader_at;
mod open_writer;
mod part_writer;
mod parts_reader;
mod pending;
mod poison;
mod read_at;
mod read_header;
mod rewrap;
mod scratch;
mod seal_reader;
mod seal_writer;
mod session;
mod session_reader;
mod session_writer;
mod window;

#[cfg(feature = "armor")]
pub use self::armor_reader::ArmorReader;
#[cfg(feature = "armor")]
pub use self::armor_writer::ArmorWriter;
pub use self::joined::Joined;
pub use self::open_reader::OpenReader;
pub use self::open_reader_at::OpenReaderAt;
pub use self::open_writer::OpenWriter;
pub use self::part_writer::PartWriter;
pub use self::parts_reader::{PartsReader, PartsReaderAt};
pub use self::read_at::ReadAt;
pub use self::seal_reader::SealReader;
pub use self::seal_writer::SealWriter;
pub use self::session_reader::{MessageReader, SessionReader};
pub use self::session_writer::{MessageWriter, SessionWriter};
