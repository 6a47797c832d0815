//! Conversion of this library's errors to and from `std::io::Error`.

use std::io;

#[cfg(feature = "armor")]
use super::armor::{ArmorError, ArmorErrorKind};
use super::header::HeaderError;
use super::journal::JournalError;
use super::key::{KeyError, KeyErrorKind};
use super::open::OpenError;
use super::rewrap::RewrapError;
use super::seal::SealError;

impl OpenError {
    /// Returns the [`OpenError`] inside an error of one of this library's adapters, or `None` if
    /// the inner stream failed. If the inner stream is itself a reader of this library, its error
    /// is returned as if it were that of the outer one.
    ///
    /// # Examples
    ///
    /// ```
    /// use bulla::Opener;
    /// use bulla::error::OpenError;
    ///
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
    /// let error = Opener::new(&identity).wrap_input(&b"hello"[..]).unwrap_err();
    /// match OpenError::from_io(&error) {
    ///     Some(OpenError::Header(error)) => println!("{error}"),
    ///     Some(error) => println!("it was sealed, but: {error}"),
    ///     None => println!("could not be read: {error}"),
    /// }
    /// # assert!(matches!(OpenError::from_io(&error), Some(OpenError::Header(_))));
    /// # Ok::<(), bulla::error::KeyError>(())
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    #[must_use]
    pub fn from_io(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl SealError {
    /// Returns the [`SealError`] inside an error of one of this library's adapters, or `None` if
    /// the inner stream failed.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    #[must_use]
    pub fn from_io(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl RewrapError {
    /// Returns the [`RewrapError`] inside an error of [`Rewrapper::copy`](crate::Rewrapper::copy),
    /// or `None` if a stream failed.
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
            SealError::Wrap(_) | SealError::Sign(_) | SealError::Randomness => io::ErrorKind::Other,
            _ => io::ErrorKind::InvalidInput,
        };
        Self::new(kind, error)
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

/// Converts by way of [`OpenError`].
impl From<HeaderError> for io::Error {
    fn from(error: HeaderError) -> Self {
        OpenError::from(error).into()
    }
}

impl From<KeyError> for io::Error {
    fn from(error: KeyError) -> Self {
        let kind = match error.kind() {
            KeyErrorKind::Randomness => io::ErrorKind::Other,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}

impl From<JournalError> for io::Error {
    fn from(error: JournalError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

#[cfg(feature = "armor")]
impl ArmorError {
    /// Returns the [`ArmorError`] inside an error of one of this library's adapters, or `None` if
    /// something else failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Read;
    /// use bulla::armor::ArmorReader;
    /// use bulla::error::{ArmorError, ArmorErrorKind};
    ///
    /// let mut reader = ArmorReader::new(&b"-----BEGIN BULLA ENVELOPE-----\nAAAA"[..]);
    /// let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
    /// let error = ArmorError::from_io(&error).expect("a slice cannot fail");
    /// assert_eq!((error.kind(), error.line()), (ArmorErrorKind::Truncated, 2));
    /// ```
    #[must_use]
    pub fn from_io(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

#[cfg(feature = "armor")]
impl From<ArmorError> for io::Error {
    fn from(error: ArmorError) -> Self {
        let kind = match error.kind() {
            ArmorErrorKind::Truncated => io::ErrorKind::UnexpectedEof,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}
