//! Pull-based opening.

mod seek;
mod state;

use core::fmt;
use std::io::{self, Read};

use self::state::State;
use super::guarded::Guarded;
use crate::envelope::{OpenedHeader, Opener};
use crate::wire::Header;

/// Reads an envelope's body from an inner reader and yields the plaintext, each chunk as it
/// verifies.
///
/// From [`Opener::wrap_input`](crate::Opener::wrap_input). Reads of 16 KiB and more are opened
/// straight into the caller's slice. With one thread it holds about 65 KiB at most, whatever the
/// length of the plaintext.
///
/// After `WouldBlock` nothing is lost: make the same call again. If the inner reader can
/// [`Seek`](std::io::Seek), so can this one.
///
/// # Security
///
/// Every byte that it yields is authentic and stands where it was sealed, but **the plaintext is
/// complete only when [`read`](Read::read) has returned 0**. Before that, a cut or altered rest may
/// still follow: do not act finally on what was read so far. After an error other than
/// `Interrupted` and `WouldBlock` every later read fails with the same error, until a seek
/// succeeds.
///
/// Many consumers stop before that: those of tar, zip and JSON at their own end marker, and
/// [`read_exact`](Read::read_exact) at the length it was given. Call [`finish`](Self::finish)
/// behind them, or [`expect_end`](Self::expect_end) if nothing may be left over.
pub struct OpenReader<R>(Guarded<State<R>>);

impl Opener<'_> {
    /// Reads the header and the start of the body from `input`, finds the content key, and opens
    /// the rest as it is read from the returned [`OpenReader`].
    ///
    /// A wrong key and wrong associated data are reported here, before anything is released. Up to
    /// 16 KiB are read behind the header. This costs the private-key operations.
    ///
    /// # Errors
    ///
    /// An [`OpenError`](crate::error::OpenError) inside a [`std::io::Error`]
    /// ([`from_io`](crate::error::OpenError::from_io) gets it out), or the error of `input`. Here
    /// `WouldBlock` is final; for non-blocking inputs there are [`Header::parse`] and
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
    /// Opens the body that `input` holds, from its first byte to its end, as it is read from the
    /// returned [`OpenReader`].
    ///
    /// Does no I/O yet: wrong associated data shows in the first read.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    #[must_use]
    pub fn wrap_input<R: Read>(self, input: R) -> OpenReader<R> {
        OpenReader(Guarded::new(State::new(self, input)))
    }
}

impl<R> OpenReader<R> {
    /// The public metadata of the header, authenticated.
    #[must_use]
    pub fn metadata(&self) -> Option<&[u8]> {
        self.0.core.header().metadata()
    }

    /// The inner reader.
    pub fn get_ref(&self) -> &R {
        self.0.core.get_ref()
    }

    /// The inner reader. Whoever reads from it or moves it makes the next read of this one fail.
    pub fn get_mut(&mut self) -> &mut R {
        self.0.core.get_mut()
    }

    /// Gives up and returns the inner reader, which was read further than what was yielded.
    pub fn into_inner(self) -> R {
        self.0.core.into_inner()
    }
}

impl<R: Read> OpenReader<R> {
    /// Reads on to the end of the plaintext, drops what is left of it, and gives back the inner
    /// reader. If this succeeds, all that was read before is known to be complete.
    ///
    /// # Errors
    ///
    /// As [`read`](Read::read). After `WouldBlock` the reader is lost: read to the end before.
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
    /// assert_eq!(OpenError::from_io(&error), Some(&OpenError::LastChunkAltered { index: 1 }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn finish(mut self) -> io::Result<R> {
        self.0.call(State::skip_to_end)?;
        Ok(self.into_inner())
    }

    /// Gives back the inner reader if the plaintext is complete and has been read to its end.
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish), and `InvalidData` if there is plaintext left.
    pub fn expect_end(mut self) -> io::Result<R> {
        match self.read(&mut [0])? {
            0 => Ok(self.into_inner()),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the plaintext goes on where its end was expected")),
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
