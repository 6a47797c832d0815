//! Pull-based opening.

mod seek;
mod state;

use core::fmt;
use std::io::{self, Read};

use self::state::State;
use super::guarded::Guarded;
use crate::envelope::{OpenedHeader, Opener};
use crate::wire::Header;

/// Reads the body of an envelope from an inner reader and yields the plaintext, each chunk after it
/// has verified.
///
/// Returned by [`Opener::wrap_input`](crate::Opener::wrap_input). With one thread, reads of 16 KiB
/// and more are opened straight into the caller's slice, and the reader holds the header and at
/// most about 65 KiB, however long the plaintext is.
///
/// After `WouldBlock` nothing is lost: make the same call again. If the inner reader can
/// [`Seek`](std::io::Seek), so can this one.
///
/// # Security
///
/// Every byte that the reader yields is authentic and at the position where it was sealed, but
/// **the plaintext is complete only after [`read`](Read::read) has returned 0**. Until then, the
/// rest may turn out to be cut or altered: do nothing final with what you have read. After an error
/// other than `WouldBlock`, every later read fails with an error of the same kind, until a seek
/// succeeds.
///
/// Many consumers stop before the end: readers of tar, zip and JSON stop at their own end marker,
/// and [`read_exact`](Read::read_exact) at the length it was given. Call [`finish`](Self::finish)
/// after them, or [`expect_end`](Self::expect_end) if nothing may be left over. A consumer that
/// reads ahead, such as `BufReader`, may already have taken what is left over: check that its
/// buffer is empty first.
pub struct OpenReader<R>(Guarded<State<R>>);

impl Opener<'_> {
    /// Reads the header and the head of the body from `input`, finds the content key, and returns
    /// an [`OpenReader`] that opens the rest as you read.
    ///
    /// This costs the private-key operations. A wrong key or wrong associated data is reported
    /// here, before anything is released. Reads up to 16400 bytes past the header.
    ///
    /// # Errors
    ///
    /// [`OpenError`](crate::error::OpenError) inside a [`std::io::Error`] if the envelope cannot be
    /// opened ([`from_io`](crate::error::OpenError::from_io) gets it out), or any error of `input`.
    /// `WouldBlock` is final here: for non-blocking inputs, use [`Header::parse`] and
    /// [`OpenedHeader::wrap_input`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Read;
    ///
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
    /// # let sealed = bulla::seal(identity.recipient(), b"hello")?;
    /// let mut reader = bulla::Opener::new(&identity).wrap_input(&sealed[..])?;
    /// let mut plaintext = String::new();
    /// reader.read_to_string(&mut plaintext)?;
    /// assert_eq!(plaintext, "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn wrap_input<R: Read>(&self, mut input: R) -> io::Result<OpenReader<R>> {
        let header = Header::read_from(&mut input, self.limits_in_use())?;
        let mut reader = self.open_header(&header)?.wrap_input(input);
        reader.0.core.start()?;
        Ok(reader)
    }
}

impl OpenedHeader {
    /// Returns an [`OpenReader`] that opens the body in `input` as you read. The body starts at the
    /// current position of `input` and ends where `input` ends.
    ///
    /// Does no I/O yet. Wrong associated data is reported by the first read.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    #[must_use]
    pub fn wrap_input<R: Read>(self, input: R) -> OpenReader<R> {
        OpenReader(Guarded::new(State::new(self, input)))
    }
}

impl<R> OpenReader<R> {
    /// Returns the header as it was opened, with its [sender](OpenedHeader::sender) and its
    /// [private metadata](OpenedHeader::private_metadata).
    #[must_use]
    pub fn opened_header(&self) -> &OpenedHeader {
        self.0.core.header()
    }

    /// Returns the public metadata of the header. It is authentic.
    #[must_use]
    pub fn metadata(&self) -> Option<&[u8]> {
        self.0.core.header().metadata()
    }

    /// Returns the inner reader.
    pub fn get_ref(&self) -> &R {
        self.0.core.get_ref()
    }

    /// Returns the inner reader. If you read from it or move it, the next read of this reader
    /// fails.
    pub fn get_mut(&mut self) -> &mut R {
        self.0.core.get_mut()
    }

    /// Returns the inner reader. Bytes that this reader has buffered are lost.
    pub fn into_inner(self) -> R {
        self.0.core.into_inner()
    }
}

impl<R: Read> OpenReader<R> {
    /// Opens and drops the rest of the plaintext, and returns the inner reader. If this succeeds,
    /// the plaintext was complete, except for what you skipped by seeking.
    ///
    /// # Errors
    ///
    /// The errors of [`read`](Read::read). After `WouldBlock` the reader is lost: if that can
    /// happen, read to the end first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Read;
    /// use bulla::error::OpenError;
    ///
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
    /// let mut sealed = bulla::seal(identity.recipient(), &[7; 20_000])?;
    /// sealed.pop(); // cut on the way
    ///
    /// let mut reader = bulla::Opener::new(&identity).wrap_input(&sealed[..])?;
    /// reader.read_exact(&mut [0; 10_000])?; // the first chunk is there
    /// let error = reader.finish().unwrap_err();
    /// let altered = OpenError::LastChunkAltered { index: 1 };
    /// assert_eq!(OpenError::from_io(&error), Some(&altered));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn finish(mut self) -> io::Result<R> {
        self.0.call(State::skip_to_end)?;
        Ok(self.into_inner())
    }

    /// Returns the inner reader if the plaintext is complete and was read to its end. It says
    /// nothing about what you skipped by seeking.
    ///
    /// # Errors
    ///
    /// The errors of [`finish`](Self::finish), and `InvalidData` if plaintext is left.
    pub fn expect_end(mut self) -> io::Result<R> {
        match self.read(&mut [0])? {
            0 => Ok(self.into_inner()),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "plaintext is left after its expected end")),
        }
    }
}

impl<R: Read> Read for OpenReader<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        self.0.read(output)
    }
}

impl<R: fmt::Debug> fmt::Debug for OpenReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenReader")
            .field("inner", self.get_ref())
            .field("metadata", &self.metadata())
            .finish_non_exhaustive()
    }
}
