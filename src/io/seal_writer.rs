//! Push-based sealing.

use core::fmt;
use std::io::{self, Write};

use super::block_writer::{BlockWriter, Blocks};
use super::pending::Pending;
use crate::chunk::{BodySealer, ToSeal};
use crate::envelope::{Sealer, Sealing};
use crate::error::{FinishError, SealError};
use crate::format::{CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};

/// Seals the plaintext that is written to it, and writes the envelope to an inner writer.
///
/// Returned by [`Sealer::wrap_output`](crate::Sealer::wrap_output). It needs no further buffering.
/// With one thread, writes of 16 KiB and more are sealed straight from the caller's slice, and the
/// writer holds the header and at most about 80 KiB, however long the plaintext is. With several
/// threads, writes of 512 KiB for each thread and more are sealed straight from the slice.
///
/// **Call [`finish`](Self::finish).** If the writer is dropped instead, the envelope does not open:
/// opening fails with [`Truncated`](crate::error::OpenError::Truncated) or, if the inner writer
/// failed within a chunk, with [`LastChunkAltered`](crate::error::OpenError::LastChunkAltered). An
/// aborted write never looks complete.
///
/// [`flush`](Write::flush) seals and passes on every full chunk, but not a partial one, because
/// only the last chunk may be short.
///
/// After `WouldBlock` nothing is lost: make the same call again. After any other error, every later
/// call fails.
///
/// In an asynchronous program, let the inner writer be a `Vec<u8>`, and drain it through
/// [`get_mut`](Self::get_mut) after each write.
pub struct SealWriter<W: Write>(BlockWriter<W, ToChunks>);

impl Sealer<'_> {
    /// Returns a [`SealWriter`] that seals the plaintext you write to it, and writes the envelope
    /// to `output`.
    ///
    /// Does all public-key operations, but no I/O yet. **Call [`SealWriter::finish`]**: without it
    /// the envelope is incomplete and does not open.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the header cannot be made. Nothing is written.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Write;
    ///
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
    /// let sealer = bulla::Sealer::new(identity.recipient());
    /// let mut writer = sealer.wrap_output(Vec::new())?;
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
    /// Returns a [`SealWriter`] that seals the plaintext you write to it, and writes the envelope
    /// to `output`.
    ///
    /// Does no I/O yet. **Call [`SealWriter::finish`]**: without it the envelope is incomplete and
    /// does not open.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    #[must_use]
    pub fn wrap_output<W: Write>(self, output: W) -> SealWriter<W> {
        let (header, body) = self.into_parts();
        let start = [header.as_bytes(), body.head()].concat();
        SealWriter(BlockWriter::new(output, ToChunks(Some(body)), Pending::new(start)))
    }
}

impl BodySealer {
    /// Returns a [`SealWriter`] that seals the plaintext you write to it, and writes the body to
    /// `output`, without the header.
    ///
    /// Does no I/O yet. **Call [`SealWriter::finish`]**: without it the body is incomplete and does
    /// not open.
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
    /// Seals the last chunk, writes everything that is left, flushes the inner writer and returns
    /// it.
    ///
    /// # Errors
    ///
    /// [`FinishError`], which holds this writer, if the inner writer fails or, with a [`SealError`]
    /// inside the [`std::io::Error`], if the plaintext is too long. The envelope is then
    /// incomplete. After `WouldBlock` you can finish the writer later.
    pub fn finish(mut self) -> Result<W, FinishError<Self>> {
        match self.try_finish() {
            Ok(()) => Ok(self.into_inner()),
            Err(error) => Err(FinishError::new(self, error)),
        }
    }

    /// Does what [`finish`](Self::finish) does, but does not consume the writer. After it has
    /// succeeded, calling it again only flushes, and writes fail.
    ///
    /// # Errors
    ///
    /// Any error of the inner writer, or [`SealError`] inside a [`std::io::Error`] if the plaintext
    /// is too long. After `WouldBlock`, call again.
    pub fn try_finish(&mut self) -> io::Result<()> {
        self.0.try_finish()
    }

    /// Returns the inner writer.
    pub fn get_ref(&self) -> &W {
        self.0.get_ref()
    }

    /// Returns the inner writer. Writing to it directly corrupts the envelope.
    pub fn get_mut(&mut self) -> &mut W {
        self.0.get_mut()
    }

    /// Returns the inner writer. The envelope in it is incomplete, unless this writer was
    /// [finished](Self::try_finish).
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

/// Turns plaintext into sealed chunks. `None` after the last chunk was sealed.
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
    io::Error::other("the last chunk was already sealed")
}
