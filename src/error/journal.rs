//! What can be wrong with a journal.

use core::fmt;

/// These bytes are no journal of parts, or were cut or damaged. Without the journal, seal the parts
/// anew under a new header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalError;

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the journal of an object in parts, or damaged")
    }
}

impl core::error::Error for JournalError {}
