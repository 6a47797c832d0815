//! Whole envelopes, without I/O. Only this module sees header, recipients, schedule and chunks
//! together.

#[cfg(feature = "std")]
mod caching_opener;
mod draft;
mod journal;
mod manifest;
mod message_sealer;
mod opened_header;
mod opener;
mod parts_sealer;
mod prepared;
#[cfg(feature = "std")]
mod renewing_sealer;
mod rewrapper;
mod salt;
mod sealed_part;
mod sealer;
mod sealing;
mod search;
mod senders;
mod session;

#[cfg(feature = "std")]
pub use self::caching_opener::CachingOpener;
pub use self::journal::Journal;
pub use self::manifest::Manifest;
#[cfg(feature = "std")]
pub(crate) use self::manifest::check_manifest_len;
pub use self::message_sealer::MessageSealer;
pub use self::opened_header::OpenedHeader;
pub use self::opener::Opener;
pub use self::parts_sealer::{PartSealer, PartsSealer, SealedManifest};
pub use self::prepared::Prepared;
#[cfg(feature = "std")]
pub use self::renewing_sealer::RenewingSealer;
pub use self::rewrapper::Rewrapper;
pub use self::sealed_part::SealedPart;
#[cfg(all(test, not(feature = "aws-lc-rs")))]
pub(crate) use self::sealer::Fresh;
pub use self::sealer::Sealer;
pub use self::sealing::Sealing;
pub use self::search::{Candidate, Search};
pub use self::senders::{Senders, VerifiedSender};
pub use self::session::{Answer, Initiator};
