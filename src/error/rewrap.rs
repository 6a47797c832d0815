//! Why recipients could not be changed.

use core::error::Error;
use core::fmt;

use super::{OpenError, SealError};
use crate::key_id::KeyId;

/// Why the recipients of an envelope could not be changed. Nothing was made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RewrapError {
    /// The header could not be opened.
    Open(OpenError),
    /// The new header could not be made: a recipient failed, there are too many, or
    /// [nobody would be left](SealError::NoRecipients).
    Seal(SealError),
    /// A key to be removed, or to be kept, is not named by any record. The caller's mistake.
    NotARecipient(KeyId),
    /// A recipient is to be removed, but there are this many records that are anonymous or of unknown type: they may be for the
    /// same key. The caller decides: [`keep_unidentified`](crate::Rewrapper::keep_unidentified) or
    /// [`keep_only`](crate::Rewrapper::keep_only).
    UnidentifiedRecords(usize),
}

impl fmt::Display for RewrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => error.fmt(f),
            Self::Seal(SealError::NoRecipients) => f.write_str("no recipient would be left"),
            Self::Seal(error) => error.fmt(f),
            Self::NotARecipient(id) => write!(f, "no record names the key {id}"),
            Self::UnidentifiedRecords(count) => {
                write!(f, "{count} records are anonymous or of unknown type and may be for the key to be removed")
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

#[cfg(feature = "std")]
mod io {
    use std::io;

    use super::RewrapError;

    impl RewrapError {
        /// The error of this library inside one of [`Rewrapper::copy`](crate::Rewrapper::copy), or `None` where a stream failed.
        #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
        #[must_use]
        pub fn from_io(error: &io::Error) -> Option<&Self> {
            error.get_ref()?.downcast_ref()
        }
    }

    impl From<RewrapError> for io::Error {
        fn from(error: RewrapError) -> Self {
            let kind = match &error {
                RewrapError::Open(error) => Self::from(error.clone()).kind(),
                RewrapError::Seal(error) => Self::from(error.clone()).kind(),
                _ => io::ErrorKind::InvalidInput,
            };
            Self::new(kind, error)
        }
    }
}
