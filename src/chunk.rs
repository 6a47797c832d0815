//! The body: one Cobblestone-256 message, without I/O (SPEC §5).
//!
//! Nothing here knows of headers or recipients. The public types keep the position of the next
//! chunk; the cipher below them is told it.
//!
//! Sizes, from small to large: a *chunk* is 16384 bytes of plaintext, sealed 16400. A *piece* is
//! the few chunks that one thread takes at once. A *batch* is what an adapter collects before it
//! works on it. A *window* (in `io`) is the memory in which input waits.

mod body_opener;
mod body_sealer;
mod cipher;
mod lengths;
mod piece;
mod range_opener;
#[cfg(test)]
mod tests;
mod work;

pub use self::body_opener::BodyOpener;
pub use self::body_sealer::BodySealer;
pub use self::lengths::{body_len, body_range, plaintext_len};
#[cfg(feature = "std")]
pub(crate) use self::lengths::{chunk_offset, locate};
pub(crate) use self::piece::{ToOpen, ToSeal};
pub use self::range_opener::RangeOpener;
#[cfg(feature = "std")]
pub(crate) use self::work::PIECE;
pub(crate) use self::work::Work;
