//! Push-based opening.

use alloc::boxed::Box;
use core::fmt;
use std::io::{self, Write};

use super::block_writer::{BlockWriter, Blocks};
use super::pending::Pending;
use crate::buffer::wipe;
use crate::chunk::{BodyOpener, ToOpen};
use crate::envelope::{OpenedHeader, Opener};
use crate::error::{FinishError, OpenError};
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, PREFIX_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::wire::Header;

/// Opens the envelope that is written to it and writes the plaintext to an inner writer, each chunk
/// as it verifies.
///
/// From [`Opener::wrap_output`](crate::Opener::wrap_output). For programs that are given the
/// envelope piece by piece: an upload, an asynchronous stream (write to it, then drain a `Vec<u8>`
/// through [`get_mut`](Self::get_mut)). Beside the header it holds about 80 KiB at most with one
/// thread.
///
/// **Call [`finish`](Self::finish)**: the plaintext is complete only when that succeeded.
///
/// After an error other than `Interrupted` and `WouldBlock` every later call fails. After
/// `WouldBlock` nothing is lost: make the same call again.
///
/// # Security
///
/// Every byte that it passes on is authentic and stands where it was sealed. Before
/// [`finish`](Self::finish) has succeeded, a cut or altered rest may still follow.
pub struct OpenWriter<'a, W: Write>(BlockWriter<W, FromEnvelope<'a>>);

impl<'a> Opener<'a> {
    /// Opens the envelope that is written to the returned [`OpenWriter`] and writes the plaintext
    /// to `output`. **Call [`OpenWriter::finish`]**: only then the plaintext is known to be
    /// complete.
    ///
    /// The private-key operations happen in the call of [`write`](Write::write) that completes the
    /// header.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Write;
    ///
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
    /// # let sealed = bulla::seal(identity.recipient(), b"hello")?;
    /// let mut writer = bulla::Opener::new(identity).wrap_output(Vec::new());
    /// for piece in sealed.chunks(100) {
    ///     writer.write_all(piece)?;
    /// }
    /// assert_eq!(writer.finish()?, b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    #[must_use]
    pub fn wrap_output<W: Write>(&self, output: W) -> OpenWriter<'a, W> {
        let blocks = FromEnvelope { opener: self.clone(), header_len: None, header: None, body: None };
        OpenWriter(BlockWriter::new(output, blocks, Pending::secret()))
    }
}

impl<W: Write> OpenWriter<'_, W> {
    /// Opens the last chunk, writes everything that is left, flushes the inner writer and gives it
    /// back.
    ///
    /// # Errors
    ///
    /// [`FinishError`] with this writer and the error of the inner one, or with an [`OpenError`]
    /// inside a [`std::io::Error`]: the plaintext is not complete. After `WouldBlock` the writer
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
    /// The error of the inner writer, or [`OpenError`] inside a [`std::io::Error`]. After
    /// `WouldBlock`, call again.
    pub fn try_finish(&mut self) -> io::Result<()> {
        self.0.try_finish()
    }

    /// The header, once it was written and has verified.
    #[must_use]
    pub fn opened_header(&self) -> Option<&OpenedHeader> {
        self.0.blocks().header.as_deref()
    }

    /// The inner writer.
    pub fn get_ref(&self) -> &W {
        self.0.get_ref()
    }

    /// The inner writer.
    pub fn get_mut(&mut self) -> &mut W {
        self.0.get_mut()
    }

    /// Gives up and returns the inner writer. What it has is not known to be complete, unless this
    /// writer was [finished](Self::try_finish).
    pub fn into_inner(self) -> W {
        self.0.into_inner()
    }
}

impl<W: Write> Write for OpenWriter<'_, W> {
    fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        self.0.write(input)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write + fmt::Debug> fmt::Debug for OpenWriter<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenWriter").field("inner", self.get_ref()).finish_non_exhaustive()
    }
}

/// An envelope to plaintext: prefix, header, head of the body, then chunks.
struct FromEnvelope<'a> {
    opener: Opener<'a>,
    header_len: Option<usize>,
    header: Option<Box<OpenedHeader>>,
    body: Option<Box<BodyOpener>>,
}

impl FromEnvelope<'_> {
    /// Takes the next thing before the chunks and returns its length, or 0 if it has not arrived.
    fn take_start(&mut self, input: &[u8]) -> Result<usize, OpenError> {
        let limits = self.opener.limits_in_use();
        if let Some(header) = &self.header {
            let Some(head) = input.first_chunk() else { return Ok(0) };
            self.body = Some(Box::new(header.body_opener(head)?));
            return Ok(BODY_HEAD_LEN);
        }
        let len = match (self.header_len, input.first_chunk()) {
            (Some(len), _) => len,
            (None, Some(prefix)) => *self.header_len.insert(Header::len_from_prefix(prefix, limits)?),
            (None, None) => return Ok(0),
        };
        let Some(header) = input.get(..len) else { return Ok(0) };
        self.header = Some(Box::new(self.opener.open_header(&Header::parse(header, limits)?)?));
        Ok(len)
    }
}

impl Blocks for FromEnvelope<'_> {
    fn collected(&self) -> usize {
        match (&self.body, &self.header, self.header_len) {
            (Some(body), ..) => body.next_work().collected() * SEALED_CHUNK_LEN,
            (None, Some(_), _) => BODY_HEAD_LEN,
            (None, None, Some(len)) => len,
            (None, None, None) => PREFIX_LEN,
        }
    }

    fn turn(&mut self, input: &[u8], output: &mut Pending) -> io::Result<usize> {
        let Some(body) = &mut self.body else { return Ok(self.take_start(input)?) };
        body.check()?;
        let work = body.next_work();
        let (sealed, _) = input.as_chunks();
        let sealed = &sealed[..sealed.len().min(work.batch())];
        let (chunks, _) = output.fill(sealed.len() * CHUNK_LEN).as_chunks_mut();
        let opened = body.open_pieces(work, ToOpen::divide(sealed, chunks));
        wipe(chunks[opened.chunks..].as_flattened_mut());
        // The error is due once the chunks before it have been passed on.
        output.shorten(opened.chunks * CHUNK_LEN);
        if opened.chunks == 0 {
            body.check()?;
        }
        Ok(opened.chunks * SEALED_CHUNK_LEN)
    }

    fn end(&mut self, rest: &[u8], output: &mut Pending) -> io::Result<()> {
        let Some(body) = self.body.take() else {
            // Too short for what comes next: parsing says whether it was cut or never was an
            // envelope.
            let cut = self.header.is_none().then(|| Header::parse(rest, self.opener.limits_in_use()));
            return Err(cut.and_then(Result::err).map_or(OpenError::Truncated, OpenError::from).into());
        };
        body.open_last(rest, output.fill(rest.len().saturating_sub(TAG_LEN)))?;
        Ok(())
    }
}
