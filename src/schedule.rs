//! The key schedule: from a content key to the header's tag and the body's keys (SPEC §4).
//!
//! The content key is only ever a key of HMAC-SHA-512, and every derivation from it is one call.

mod body;
mod derive;
mod header_digest;
mod keyed;
mod label;
mod private;
mod sender;
mod stream;

pub(crate) use self::body::{AssociatedData, BodyKeys, Place};
pub(crate) use self::header_digest::HeaderDigest;
pub(crate) use self::keyed::{Keyed, NewKey};
pub use self::label::Label;
pub(crate) use self::sender::ToSign;
pub(crate) use self::stream::{ChallengeDigest, StreamKeys};
