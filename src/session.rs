//! The streams of a session: messages in frames, in order, without I/O (SPEC §5.6).
//!
//! Nothing here knows of headers or recipients.

mod challenge;
mod cipher;
mod frame_opener;
mod frame_sealer;
mod shared;
#[cfg(test)]
mod tests;

pub use self::challenge::Challenge;
pub(crate) use self::cipher::StreamSecrets;
pub use self::frame_opener::{Frame, FrameOpener};
pub use self::frame_sealer::{FrameSealer, Piece};
pub(crate) use self::shared::Shared;
