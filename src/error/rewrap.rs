//! What can go wrong when recipients are changed.

use core::error::Error;
use core::fmt;

use super::open::OpenError;
use super::seal::SealError;
use crate::key_id::KeyId;

/// Why the recipients of an envelope cannot be changed. No new header was made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RewrapError {
    /// The header could not be opened.
    Open(OpenError),
    /// The new header could not be made: a recipient failed, there are too many, or [none would be
    /// left](SealError::NoRecipients).
    Seal(SealError),
    /// No record names this key, which is to be removed or kept. This is the caller's mistake.
    NotARecipient(KeyId),
    /// This key is to be both removed and added. This is the caller's mistake: to replace a record,
    /// add the recipient without removing it.
    AddedAndRemoved(KeyId),
    /// A recipient is to be removed, but this many records are anonymous or of unknown type and may
    /// be for the same recipient. Choose [`keep_unidentified`](crate::Rewrapper::keep_unidentified)
    /// to keep such records, or [`keep_only`](crate::Rewrapper::keep_only) to drop them.
    UnidentifiedRecords(usize),
}

impl fmt::Display for RewrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => error.fmt(f),
            Self::Seal(SealError::NoRecipients) => f.write_str("no recipient would be left"),
            Self::Seal(error) => error.fmt(f),
            Self::NotARecipient(id) => write!(f, "no record names the key {id}"),
            Self::AddedAndRemoved(id) => write!(f, "the key {id} is to be both removed and added"),
            Self::UnidentifiedRecords(count) => {
                write!(f, "the key to be removed may have other records: {count} anonymous or of unknown type")
            }
        }
    }
}

impl Error for RewrapError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Open(error) => error.source(),
            Self::Seal(error) => error.source(),
            _ => None,
        }
    }
}

impl From<OpenError> for RewrapError {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<SealError> for RewrapError {
    fn from(error: SealError) -> Self {
        Self::Seal(error)
    }
}
