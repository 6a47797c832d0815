//! What can go wrong, and who caused it.

#[cfg(feature = "armor")]
mod armor;
mod header;
mod key;
mod rewrap;

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::error::Error;
use core::fmt;

#[cfg(feature = "armor")]
pub use self::armor::{ArmorError, ArmorErrorKind};
pub use self::header::{HeaderError, HeaderErrorKind, Lookalike};
pub use self::key::KeyError;
pub use self::rewrap::RewrapError;
use crate::key_id::KeyId;
use crate::limits::LimitExceeded;

/// Why an envelope could not be sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealError {
    /// The recipient set was empty. The caller's mistake: such an envelope could never be opened.
    NoRecipients,
    /// Two recipients have the same key id. The caller's mistake: list each key once.
    DuplicateRecipient(KeyId),
    /// A recipient or the metadata does not fit the format, as the kind says. The caller's or a custom [`Recipient`]'s
    /// mistake.
    ///
    /// [`Recipient`]: crate::Recipient
    Header(HeaderError),
    /// A bound of the caller's [`Limits`](crate::Limits), or the format's maximum of 4 PiB − 1 bytes, was exceeded.
    LimitExceeded(LimitExceeded),
    /// A recipient could not wrap the content key. Whether a retry helps depends on the cause inside.
    Wrap(WrapError),
    /// The operating system gave no randomness. Nothing was sealed; a retry may help.
    Randomness,
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecipients => f.write_str("no recipients: nobody could open the envelope"),
            Self::DuplicateRecipient(id) => write!(f, "two recipients have the key id {id}"),
            Self::Header(error) => write!(f, "header cannot be written: {}", error.kind()),
            Self::LimitExceeded(error) => error.fmt(f),
            Self::Wrap(error) => error.fmt(f),
            Self::Randomness => f.write_str("the operating system gave no randomness"),
        }
    }
}

impl Error for SealError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Wrap(error) => error.source(),
            _ => None,
        }
    }
}

impl From<HeaderError> for SealError {
    fn from(error: HeaderError) -> Self {
        match error.kind() {
            HeaderErrorKind::LimitExceeded(limit) => Self::LimitExceeded(limit),
            HeaderErrorKind::DuplicateKeyId(id) => Self::DuplicateRecipient(id),
            _ => Self::Header(error),
        }
    }
}

impl From<LimitExceeded> for SealError {
    fn from(error: LimitExceeded) -> Self {
        Self::LimitExceeded(error)
    }
}

impl From<WrapError> for SealError {
    fn from(error: WrapError) -> Self {
        Self::Wrap(error)
    }
}

/// Why an envelope could not be opened.
///
/// The `std::io` adapters report it inside a `std::io::Error` (`Truncated` as `UnexpectedEof`, all others as
/// `InvalidData`); `OpenError::from_io` gets it out again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// The header is malformed, not a header at all, or of a version, suite or layout that this release does not know.
    /// Caused by whoever made or damaged the file.
    Header(HeaderError),
    /// No record is meant for the given identities. The caller has the wrong key, or was not a recipient.
    ///
    /// Decided on public key ids alone. It still tells which keys the caller holds: do not relay it to strangers.
    NoMatchingRecord,
    /// A record was meant for an identity, but the header did not authenticate: the header was altered, or, for anonymous
    /// records, the key is the wrong one.
    ///
    /// One value for every cryptographic cause, reached by the same work: RSA padding, length of the unwrapped key, header
    /// tag.
    NotAuthentic,
    /// The header is authentic, but the body does not belong to it under the given associated data: the caller gave other
    /// associated data than the sealer, or the first 56 bytes of the body were altered.
    WrongAssociatedData,
    /// The input ended before the envelope was complete. Fetching the rest and opening again can help.
    Truncated,
    /// The chunk with this index, which is not the last one, is not authentic: it was altered, moved, or the input was cut
    /// or extended around it. Everything released before it is authentic.
    ChunkAltered {
        /// Number of the chunk, from zero; it holds the plaintext from `index` × 16384 on.
        index: u64,
    },
    /// The last chunk, with this index, is not authentic: the input was cut, extended or altered there. By length alone
    /// these cannot be told apart, and most cut inputs end like this: `Truncated` is certain only where fewer than 16 bytes
    /// of a chunk remain. Fetching the input again can help.
    LastChunkAltered {
        /// Number of the chunk, from zero; it holds the plaintext from `index` × 16384 on.
        index: u64,
    },
    /// A bound of the caller's [`Limits`](crate::Limits), or the format's maximum length, was exceeded.
    LimitExceeded(LimitExceeded),
    /// A device or service that holds a private key failed for its own reasons; nothing was learned about the envelope.
    /// Whether a retry helps depends on the cause inside.
    Unwrap(UnwrapError),
    /// The operating system gave no randomness. Nothing was opened; a retry may help.
    Randomness,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(error) => error.fmt(f),
            Self::NoMatchingRecord => f.write_str("nothing in the envelope is addressed to the given keys"),
            Self::NotAuthentic => f.write_str("wrong key, or the header was altered"),
            Self::WrongAssociatedData => {
                f.write_str("other associated data than when sealing, or the start of the body was altered")
            }
            Self::Truncated => f.write_str("truncated: the input ended before the envelope was complete"),
            Self::ChunkAltered { index } => write!(f, "chunk {index} was altered"),
            Self::LastChunkAltered { index } => {
                write!(f, "the last chunk ({index}) was cut, extended or altered")
            }
            Self::LimitExceeded(error) => error.fmt(f),
            Self::Unwrap(error) => error.fmt(f),
            Self::Randomness => f.write_str("the operating system gave no randomness"),
        }
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unwrap(error) => error.source(),
            _ => None,
        }
    }
}

impl From<HeaderError> for OpenError {
    fn from(error: HeaderError) -> Self {
        match error.kind() {
            HeaderErrorKind::LimitExceeded(limit) => Self::LimitExceeded(limit),
            HeaderErrorKind::Truncated => Self::Truncated,
            _ => Self::Header(error),
        }
    }
}

impl From<LimitExceeded> for OpenError {
    fn from(error: LimitExceeded) -> Self {
        Self::LimitExceeded(error)
    }
}

impl From<UnwrapError> for OpenError {
    fn from(error: UnwrapError) -> Self {
        Self::Unwrap(error)
    }
}

/// A [`Recipient`](crate::Recipient) could not wrap a content key. The cause is the [`source`](Error::source).
///
/// Two values are equal when they share one cause: a clone equals its original.
#[derive(Clone, Debug)]
pub struct WrapError(Arc<dyn Error + Send + Sync>);

impl WrapError {
    /// Wraps the cause, which must not carry secrets.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into().into())
    }
}

impl fmt::Display for WrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a recipient could not wrap the content key")
    }
}

impl Error for WrapError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

impl PartialEq for WrapError {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for WrapError {}

/// An [`Identity`](crate::Identity) failed for its own reasons: the device is absent, the service did not answer, access
/// was denied. The cause is the [`source`](Error::source).
///
/// Never used for a ciphertext that did not decrypt: that is `Ok(None)`. Two values are equal when they share one cause: a
/// clone equals its original.
#[derive(Clone, Debug)]
pub struct UnwrapError(Arc<dyn Error + Send + Sync>);

impl UnwrapError {
    /// Wraps the cause, which must not carry secrets.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into().into())
    }
}

impl fmt::Display for UnwrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an identity could not unwrap the content key")
    }
}

impl Error for UnwrapError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

impl PartialEq for UnwrapError {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for UnwrapError {}

#[cfg(feature = "std")]
mod io {
    use std::io;

    use super::{OpenError, SealError};

    impl OpenError {
        /// The error of this library inside an error of one of its readers, or `None` where the inner stream failed.
        ///
        /// # Examples
        ///
        /// ```
        /// use bulla::{OpenError, Opener};
        ///
        /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../tests/keys/rsa2048.pem"))?;
        /// let error = Opener::new(&identity).wrap_input(&b"hello"[..]).unwrap_err();
        /// match OpenError::from_io(&error) {
        ///     Some(OpenError::Header(error)) => println!("{error}"),
        ///     Some(error) => println!("it was sealed, but: {error}"),
        ///     None => println!("could not be read: {error}"),
        /// }
        /// # assert!(matches!(OpenError::from_io(&error), Some(OpenError::Header(_))));
        /// # Ok::<(), bulla::KeyError>(())
        /// ```
        #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
        #[must_use]
        pub fn from_io(error: &io::Error) -> Option<&Self> {
            error.get_ref()?.downcast_ref()
        }
    }

    impl From<OpenError> for io::Error {
        fn from(error: OpenError) -> Self {
            let kind = match error {
                OpenError::Truncated => io::ErrorKind::UnexpectedEof,
                _ => io::ErrorKind::InvalidData,
            };
            Self::new(kind, error)
        }
    }

    impl From<SealError> for io::Error {
        fn from(error: SealError) -> Self {
            let kind = match error {
                SealError::Wrap(_) | SealError::Randomness => io::ErrorKind::Other,
                _ => io::ErrorKind::InvalidInput,
            };
            Self::new(kind, error)
        }
    }
}
