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

/// Opens the envelope that is written to it, and writes the plaintext to an inner writer, each
/// chunk after it has verified.
///
/// Returned by [`Opener::wrap_output`](crate::Opener::wrap_output). Use it if your program receives
/// the envelope piece by piece, from an upload or an asynchronous stream. (For the latter, let the
/// inner writer be a `Vec<u8>`, and drain it through [`get_mut`](Self::get_mut) after each write.)
/// With one thread the writer holds at most about 80 KiB, and up to twice the length of
/// the header while that arrives.
///
/// **Call [`finish`](Self::finish)**: the plaintext is complete only if that succeeds.
///
/// After `WouldBlock` nothing is lost: make the same call again. After any other error, every later
/// call fails.
///
/// # Security
///
/// Every byte that the writer passes on is authentic and at the position where it was sealed. Until
/// [`finish`](Self::finish) has succeeded, the rest may turn out to be cut or altered.
pub struct OpenWriter<'a, W: Write>(BlockWriter<W, FromEnvelope<'a>>);

impl<'a> Opener<'a> {
    /// Returns an [`OpenWriter`] that opens the envelope you write to it, and writes the plaintext
    /// to `output`. **Call [`OpenWriter::finish`]**: only then is the plaintext known to be
    /// complete.
    ///
    /// Does no I/O yet. The call of [`write`](Write::write) that completes the header does the
    /// private-key operations.
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
        let start = Start::Sealed { opener: Box::new(self.clone()), header_len: None };
        let blocks = FromEnvelope { start, body: None };
        OpenWriter(BlockWriter::new(output, blocks, Pending::secret()))
    }
}

impl OpenedHeader {
    /// Opens the body that is written to the returned [`OpenWriter`], and writes the plaintext to
    /// `output`. **Call [`OpenWriter::finish`]**: only then is the plaintext known to be complete.
    ///
    /// For headers that are kept apart from the body, and for those that a
    /// [`Search`](crate::Search) opened.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    #[must_use]
    pub fn wrap_output<W: Write>(self, output: W) -> OpenWriter<'static, W> {
        let blocks = FromEnvelope { start: Start::Opened(Box::new(self)), body: None };
        OpenWriter(BlockWriter::new(output, blocks, Pending::secret()))
    }
}

impl<W: Write> OpenWriter<'_, W> {
    /// Opens the last chunk, writes everything that is left, flushes the inner writer and returns
    /// it.
    ///
    /// # Errors
    ///
    /// [`FinishError`], which holds this writer, if the inner writer fails or, with an
    /// [`OpenError`] inside the [`std::io::Error`], if the envelope cannot be opened. The plaintext
    /// is then incomplete. After `WouldBlock` you can finish the writer later.
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
    /// Any error of the inner writer, or [`OpenError`] inside a [`std::io::Error`] if the envelope
    /// cannot be opened. After `WouldBlock`, call again.
    pub fn try_finish(&mut self) -> io::Result<()> {
        self.0.try_finish()
    }

    /// Returns the header, or `None` until it was written and has verified.
    #[must_use]
    pub fn opened_header(&self) -> Option<&OpenedHeader> {
        match &self.0.blocks().start {
            Start::Opened(header) => Some(header),
            Start::Sealed { .. } => None,
        }
    }

    /// Returns the inner writer.
    pub fn get_ref(&self) -> &W {
        self.0.get_ref()
    }

    /// Returns the inner writer.
    pub fn get_mut(&mut self) -> &mut W {
        self.0.get_mut()
    }

    /// Returns the inner writer. The plaintext in it is not known to be complete, unless this
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

/// Turns an envelope, or a body alone, into plaintext.
struct FromEnvelope<'a> {
    start: Start<'a>,
    /// `None` until the head of the body has been written, and once the last chunk was opened.
    body: Option<Box<BodyOpener>>,
}

/// What comes before the chunks.
enum Start<'a> {
    /// The header comes next. Its length is known once the prefix is there.
    Sealed { opener: Box<Opener<'a>>, header_len: Option<usize> },
    /// The header has verified, and the head of the body comes next.
    Opened(Box<OpenedHeader>),
}

impl FromEnvelope<'_> {
    /// Takes the next part before the chunks and returns its length, or 0 if the part is not
    /// complete.
    fn take_start(&mut self, input: &[u8]) -> Result<usize, OpenError> {
        match &mut self.start {
            Start::Opened(header) => {
                let Some(head) = input.first_chunk() else { return Ok(0) };
                self.body = Some(Box::new(header.body_opener(head)?));
                Ok(BODY_HEAD_LEN)
            }
            Start::Sealed { opener, header_len } => {
                let limits = opener.limits_in_use();
                let len = match (*header_len, input.first_chunk()) {
                    (Some(len), _) => len,
                    (None, Some(prefix)) => *header_len.insert(Header::len_from_prefix(prefix, limits)?),
                    (None, None) => return Ok(0),
                };
                let Some(header) = input.get(..len) else { return Ok(0) };
                let opened = opener.open_header(&Header::parse(header, limits)?)?;
                self.start = Start::Opened(Box::new(opened));
                Ok(len)
            }
        }
    }
}

impl Blocks for FromEnvelope<'_> {
    fn collected(&self) -> usize {
        match (&self.body, &self.start) {
            (Some(body), _) => body.next_work().collected() * SEALED_CHUNK_LEN,
            (None, Start::Opened(_)) => BODY_HEAD_LEN,
            (None, Start::Sealed { header_len, .. }) => header_len.unwrap_or(PREFIX_LEN),
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
        // Chunks before a bad one are passed on first. The next call reports the error.
        output.shorten(opened.chunks * CHUNK_LEN);
        if opened.chunks == 0 {
            body.check()?;
        }
        Ok(opened.chunks * SEALED_CHUNK_LEN)
    }

    fn end(&mut self, rest: &[u8], output: &mut Pending) -> io::Result<()> {
        let Some(body) = self.body.take() else {
            return Err(self.cut(rest).into());
        };
        body.open_last(rest, output.fill(rest.len().saturating_sub(TAG_LEN)))?;
        Ok(())
    }
}

impl FromEnvelope<'_> {
    /// What is wrong with an input that ends with `rest`, before the chunks. Less than a prefix may
    /// never have been an envelope. After the prefix it was cut, whatever there is of the header
    /// (SPEC §3.1).
    fn cut(&self, rest: &[u8]) -> OpenError {
        match &self.start {
            Start::Sealed { opener, header_len: None } => {
                let parsed = Header::parse(rest, opener.limits_in_use());
                parsed.err().map_or(OpenError::Truncated, OpenError::from)
            }
            _ => OpenError::Truncated,
        }
    }
}
