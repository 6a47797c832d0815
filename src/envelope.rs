//! Whole envelopes, without I/O. Only this module sees header, recipients, schedule and chunks
//! together.

mod opened_header;
mod opener;
mod rewrapper;
mod sealer;
mod sealing;
mod search;

pub use self::opened_header::OpenedHeader;
pub use self::opener::Opener;
pub use self::rewrapper::Rewrapper;
pub use self::sealer::Sealer;
pub use self::sealing::Sealing;
pub use self::search::{Candidate, Search};
