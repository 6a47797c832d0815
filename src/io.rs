//! `std::io` adapters over the core without I/O.
//!
//! All of them follow the same rules. `Interrupted` is retried. `WouldBlock` reaches the caller,
//! loses nothing, and the same call can be made again. Every other error of reading and writing is
//! final: each later call fails, too, unless a seek moves a reader elsewhere. An error of `len` or
//! `seek` is not: the position stays as it was. Reading at a position has no state to spoil: each
//! call stands for itself.

#[cfg(feature = "armor")]
mod armor_reader;
#[cfg(feature = "armor")]
mod armor_writer;
mod block_writer;
mod calls;
mod guarded;
mod open_reader;
mod open_reader_at;
mod open_writer;
mod pending;
mod poison;
mod read_at;
mod read_header;
mod rewrap;
mod scratch;
mod seal_reader;
mod seal_writer;
mod window;

#[cfg(feature = "armor")]
pub use self::armor_reader::ArmorReader;
#[cfg(feature = "armor")]
pub use self::armor_writer::ArmorWriter;
pub use self::open_reader::OpenReader;
pub use self::open_reader_at::OpenReaderAt;
pub use self::open_writer::OpenWriter;
pub use self::read_at::ReadAt;
pub use self::seal_reader::SealReader;
pub use self::seal_writer::SealWriter;
