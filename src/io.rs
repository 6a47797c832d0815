//! `std::io` adapters: thin, over the core without I/O.
//!
//! All of them follow the same rules. `Interrupted` is retried. `WouldBlock` reaches the caller, loses nothing, and the same
//! call can be made again. Every other error of a stream is final: it is poisoned and each later call fails too, unless a seek
//! moves it elsewhere. Reading at a position has no state to spoil: each call stands for itself.

#[cfg(feature = "armor")]
mod armor_reader;
#[cfg(feature = "armor")]
mod armor_writer;
mod open_reader;
mod open_reader_at;
mod pending;
mod poison;
mod read_at;
mod read_header;
mod rewrap;
mod seal_reader;
mod seal_writer;
mod window;

use alloc::vec::Vec;
use std::io::{self, Read, Write};

use rand_core::CryptoRng;

#[cfg(feature = "armor")]
pub use self::armor_reader::ArmorReader;
#[cfg(feature = "armor")]
pub use self::armor_writer::ArmorWriter;
pub use self::open_reader::OpenReader;
pub use self::open_reader_at::OpenReaderAt;
pub use self::read_at::ReadAt;
pub use self::seal_reader::SealReader;
pub use self::seal_writer::SealWriter;
use crate::chunk::BodySealer;
use crate::envelope::{OpenedHeader, Opener, Sealer};
use crate::error::SealError;
use crate::wire::Header;

impl Sealer<'_> {
    /// Seals what is written to the returned [`SealWriter`] and writes the envelope to `output`.
    ///
    /// Does no I/O yet. **Call [`SealWriter::finish`]**: without it the envelope stays incomplete and does not open.
    ///
    /// # Errors
    ///
    /// [`SealError`]; nothing was written.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Write;
    ///
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../tests/keys/rsa2048.pem"))?;
    /// let mut writer = bulla::Sealer::new(&identity.recipient()).wrap_output(Vec::new())?;
    /// writer.write_all(b"hello, ")?;
    /// writer.write_all(b"world")?;
    /// let sealed = writer.finish()?;
    /// assert_eq!(bulla::open(&identity, &sealed)?, b"hello, world");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wrap_output<W: Write>(&self, output: W) -> Result<SealWriter<W>, SealError> {
        self.start()
            .map(|(header, body_sealer)| SealWriter::new(start_of_envelope(&header, &body_sealer), body_sealer, output))
    }

    /// As [`wrap_output`](Self::wrap_output), with randomness from `rng`.
    ///
    /// # Errors
    ///
    /// [`SealError`]; nothing was written.
    pub fn wrap_output_with_rng<W: Write>(
        &self,
        output: W,
        rng: &mut dyn CryptoRng,
    ) -> Result<SealWriter<W>, SealError> {
        self.start_with_rng(rng)
            .map(|(header, body_sealer)| SealWriter::new(start_of_envelope(&header, &body_sealer), body_sealer, output))
    }

    /// Seals what is read from `input`; the envelope is read from the returned [`SealReader`].
    ///
    /// Does no I/O yet.
    ///
    /// # Errors
    ///
    /// [`SealError`]; nothing was read.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Read;
    ///
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../tests/keys/rsa2048.pem"))?;
    /// let mut sealed = Vec::new();
    /// bulla::Sealer::new(&identity.recipient()).wrap_input(&b"hello"[..])?.read_to_end(&mut sealed)?;
    /// assert_eq!(bulla::open(&identity, &sealed)?, b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wrap_input<R: Read>(&self, input: R) -> Result<SealReader<R>, SealError> {
        self.start()
            .map(|(header, body_sealer)| SealReader::new(start_of_envelope(&header, &body_sealer), body_sealer, input))
    }

    /// As [`wrap_input`](Self::wrap_input), with randomness from `rng`.
    ///
    /// # Errors
    ///
    /// [`SealError`]; nothing was read.
    pub fn wrap_input_with_rng<R: Read>(&self, input: R, rng: &mut dyn CryptoRng) -> Result<SealReader<R>, SealError> {
        self.start_with_rng(rng)
            .map(|(header, body_sealer)| SealReader::new(start_of_envelope(&header, &body_sealer), body_sealer, input))
    }
}

impl BodySealer {
    /// Seals what is written to the returned [`SealWriter`] and writes the body alone to `output`: the header goes
    /// elsewhere.
    ///
    /// Does no I/O yet. **Call [`SealWriter::finish`]**: without it the body stays incomplete and does not open.
    ///
    /// # Panics
    ///
    /// Where a chunk has been sealed already.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::{Read, Write};
    /// use bulla::{Opener, Sealer};
    ///
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../tests/keys/rsa2048.pem"))?;
    /// let (header, body_sealer) = Sealer::new(&identity.recipient()).start()?;
    /// let mut writer = body_sealer.wrap_output(Vec::new());
    /// writer.write_all(b"hello")?;
    /// let body = writer.finish()?;
    ///
    /// let mut plaintext = String::new();
    /// Opener::new(&identity).open_header(&header)?.wrap_input(&body[..]).read_to_string(&mut plaintext)?;
    /// assert_eq!(plaintext, "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn wrap_output<W: Write>(self, output: W) -> SealWriter<W> {
        self.assert_fresh();
        SealWriter::new(self.prefix().to_vec(), self, output)
    }

    /// Seals what is read from `input`; the body alone is read from the returned [`SealReader`].
    ///
    /// Does no I/O yet.
    ///
    /// # Panics
    ///
    /// Where a chunk has been sealed already.
    #[must_use]
    pub fn wrap_input<R: Read>(self, input: R) -> SealReader<R> {
        self.assert_fresh();
        SealReader::new(self.prefix().to_vec(), self, input)
    }
}

impl Opener<'_> {
    /// Reads the header and the first 56 bytes of the body from `input`, finds the content key, and opens the rest as it is
    /// read from the returned [`OpenReader`].
    ///
    /// A wrong key and wrong associated data are so reported here, before anything is released.
    ///
    /// # Errors
    ///
    /// A [`OpenError`](crate::OpenError) inside a [`std::io::Error`], to be downcast, or the error of `input`. Here
    /// `WouldBlock` is final; for non-blocking inputs there are [`Header::parse`] and [`OpenedHeader::wrap_input`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Read;
    ///
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../tests/keys/rsa2048.pem"))?;
    /// # let sealed = bulla::seal(&identity.recipient(), b"hello")?;
    /// let mut reader = bulla::Opener::new(&identity).wrap_input(&sealed[..])?;
    /// let mut plaintext = String::new();
    /// reader.read_to_string(&mut plaintext)?;
    /// assert_eq!(plaintext, "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wrap_input<R: Read>(&self, mut input: R) -> io::Result<OpenReader<R>> {
        let header = Header::read_from(&mut input, self.header_limits())?;
        let mut reader = self.open_header(&header)?.wrap_input(input);
        reader.start()?;
        Ok(reader)
    }
}

impl OpenedHeader {
    /// Opens the body that `input` holds, from its first byte to its end, as it is read from the returned
    /// [`OpenReader`].
    ///
    /// Does no I/O yet: wrong associated data show in the first read.
    #[must_use]
    pub fn wrap_input<R: Read>(self, input: R) -> OpenReader<R> {
        OpenReader::new(self, input)
    }
}

/// Everything before the first chunk.
fn start_of_envelope(header: &Header, body_sealer: &BodySealer) -> Vec<u8> {
    [header.as_bytes(), body_sealer.prefix()].concat()
}

/// Reads at least one byte, unless the input has ended, and retries what was interrupted.
fn read_some(input: &mut impl Read, output: &mut [u8], ended: &mut bool) -> io::Result<usize> {
    match retry(|| input.read(output))? {
        len if len <= output.len() => {
            *ended = len == 0;
            Ok(len)
        }
        _ => Err(io::Error::other("the inner reader claims to have read more than was asked for")),
    }
}

/// Makes a call again while it is interrupted.
fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
