//! Push-based sealing.

use core::fmt;
use std::io::{self, Write};

use super::block_writer::{BlockWriter, Blocks};
use super::pending::Pending;
use crate::chunk::{BodySealer, ToSeal};
use crate::envelope::{Sealer, Sealing};
use crate::error::{FinishError, SealError};
use crate::format::{CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};

/// Seals what is written to it and writes the envelope to an inner writer.
///
/// From [`Sealer::wrap_output`](crate::Sealer::wrap_output). Writes of 16 KiB and more (with
/// several threads: of a whole batch and more) are sealed straight from the caller's slice; no
/// further buffering is needed. With one thread it holds about 80 KiB at most, whatever the length
/// of the plaintext.
///
/// **Call [`finish`](Self::finish).** A writer that is dropped instead leaves an envelope that does
/// not open: it is [`Truncated`](crate::error::OpenError::Truncated), or its last chunk was cut
/// where the inner writer failed. An aborted write never looks like a complete one.
///
/// [`flush`](Write::flush) seals and passes on every full chunk, but not a partial one: only the
/// last chunk may be short.
///
/// After an error other than `Interrupted` and `WouldBlock` every later call fails. After
/// `WouldBlock` nothing is lost: make the same call again.
///
/// To push the envelope on in an asynchronous program, seal to a `Vec<u8>` and drain that through
/// [`get_mut`](Self::get_mut) after each write.
pub struct SealWriter<W: Write>(BlockWriter<W, ToChunks>);

impl Sealer<'_> {
    /// Seals what is written to the returned [`SealWriter`] and writes the envelope to `output`.
    ///
    /// Does no I/O yet, but all public-key operations. **Call [`SealWriter::finish`]**: without it
    /// the envelope stays incomplete and does not open.
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
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
    /// let mut writer = bulla::Sealer::new(identity.recipient()).wrap_output(Vec::new())?;
    /// writer.write_all(b"hello, ")?;
    /// writer.write_all(b"world")?;
    /// let sealed = writer.finish()?;
    /// assert_eq!(bulla::open(&identity, &sealed)?, b"hello, world");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn wrap_output<W: Write>(&self, output: W) -> Result<SealWriter<W>, SealError> {
        Ok(self.start()?.wrap_output(output))
    }
}

impl Sealing {
    /// Seals what is written to the returned [`SealWriter`] and writes the envelope to `output`.
    ///
    /// Does no I/O yet. **Call [`SealWriter::finish`]**: without it the envelope stays incomplete
    /// and does not open.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    #[must_use]
    pub fn wrap_output<W: Write>(self, output: W) -> SealWriter<W> {
        let (header, body) = self.into_parts();
        let start = [header.as_bytes(), body.head()].concat();
        SealWriter(BlockWriter::new(output, ToChunks(Some(body)), Pending::new(start)))
    }
}

impl BodySealer {
    /// Seals what is written to the returned [`SealWriter`] and writes the body alone to `output`:
    /// the header goes elsewhere.
    ///
    /// Does no I/O yet. **Call [`SealWriter::finish`]**: without it the body stays incomplete and
    /// does not open.
    ///
    /// # Panics
    ///
    /// If a chunk has been sealed before.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::{Read, Write};
    /// use bulla::{Opener, Sealer};
    ///
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
    /// let (header, body) = Sealer::new(identity.recipient()).start()?.into_parts();
    /// let mut writer = body.wrap_output(Vec::new());
    /// writer.write_all(b"hello")?;
    /// let body = writer.finish()?;
    ///
    /// let mut plaintext = String::new();
    /// Opener::new(&identity)
    ///     .open_header(&header)?
    ///     .wrap_input(&body[..])
    ///     .read_to_string(&mut plaintext)?;
    /// assert_eq!(plaintext, "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    #[must_use]
    pub fn wrap_output<W: Write>(self, output: W) -> SealWriter<W> {
        self.assert_fresh();
        let start = Pending::new(self.head().to_vec());
        SealWriter(BlockWriter::new(output, ToChunks(Some(self)), start))
    }
}

impl<W: Write> SealWriter<W> {
    /// Seals the last chunk, writes everything that is left, flushes the inner writer and gives it
    /// back.
    ///
    /// # Errors
    ///
    /// [`FinishError`] with this writer and the error of the inner one, or with a [`SealError`]
    /// inside a [`std::io::Error`]. The envelope is then incomplete. After `WouldBlock` the writer
    /// can be finished later.
    pub fn finish(mut self) -> Result<W, FinishError<Self>> {
        match self.try_finish() {
            Ok(()) => Ok(self.into_inner()),
            Err(error) => Err(FinishError::new(self, error)),
        }
    }

    /// As [`finish`](Self::finish), and leaves the writer where it is. Once it succeeded, further
    /// calls only flush and writes fail.
    ///
    /// # Errors
    ///
    /// The error of the inner writer, or [`SealError`] inside a [`std::io::Error`]. After
    /// `WouldBlock`, call again.
    pub fn try_finish(&mut self) -> io::Result<()> {
        self.0.try_finish()
    }

    /// The inner writer.
    pub fn get_ref(&self) -> &W {
        self.0.get_ref()
    }

    /// The inner writer. Writing to it directly corrupts the envelope.
    pub fn get_mut(&mut self) -> &mut W {
        self.0.get_mut()
    }

    /// Gives up and returns the inner writer. What it has is no complete envelope, unless this
    /// writer was [finished](Self::try_finish).
    pub fn into_inner(self) -> W {
        self.0.into_inner()
    }
}

impl<W: Write> Write for SealWriter<W> {
    fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        self.0.write(input)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write + fmt::Debug> fmt::Debug for SealWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealWriter").field("inner", self.get_ref()).finish_non_exhaustive()
    }
}

/// Plaintext to sealed chunks. `None` once the last chunk was sealed.
struct ToChunks(Option<BodySealer>);

impl Blocks for ToChunks {
    fn collected(&self) -> usize {
        self.0.as_ref().map_or(CHUNK_LEN, |body| body.next_work().collected() * CHUNK_LEN)
    }

    fn turn(&mut self, input: &[u8], output: &mut Pending) -> io::Result<usize> {
        let body = self.0.as_mut().ok_or_else(finished)?;
        let work = body.next_work();
        let (chunks, _) = input.as_chunks();
        let chunks = &chunks[..chunks.len().min(work.batch())];
        let (sealed_chunks, _) = output.fill(chunks.len() * SEALED_CHUNK_LEN).as_chunks_mut();
        body.seal_pieces(work, ToSeal::divide(chunks, sealed_chunks)).map_err(SealError::from)?;
        Ok(chunks.len() * CHUNK_LEN)
    }

    fn end(&mut self, rest: &[u8], output: &mut Pending) -> io::Result<()> {
        let body = self.0.take().ok_or_else(finished)?;
        body.seal_last(rest, output.fill(rest.len() + TAG_LEN))?;
        Ok(())
    }
}

fn finished() -> io::Error {
    io::Error::other("the last chunk was sealed before")
}
