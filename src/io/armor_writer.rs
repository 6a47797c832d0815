//! Push-based encoding of the text form.

use core::fmt;
use std::io::{self, Write};

use super::block_writer::{BlockWriter, Blocks};
use super::pending::Pending;
use crate::error::FinishError;
use crate::text::{CONTENT_LINE, TEXT_LINE, encode_lines, first_line, last_lines};

/// Encodes the envelope that is written to it, and writes the text form (SPEC §14) to an inner
/// writer.
///
/// It passes on about 16 KiB of text at a time, holds about 30 KiB, and needs no further buffering.
///
/// **Call [`finish`](Self::finish).** If the writer is dropped instead, the text has no end line,
/// and reading it fails with [`Truncated`](crate::error::ArmorErrorKind::Truncated).
///
/// [`flush`](Write::flush) passes on every full line, but not a partial one, because only the last
/// line may be short.
///
/// After `WouldBlock` nothing is lost: make the same call again. After any other error, every later
/// call fails.
///
/// # Examples
///
/// ```
/// use std::io::Write;
/// use bulla::Sealer;
/// use bulla::armor::{self, ArmorWriter};
///
/// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// let text = ArmorWriter::new(Vec::new());
/// let mut writer = Sealer::new(identity.recipient()).wrap_output(text)?;
/// writer.write_all(b"hello")?;
/// let text = writer.finish()?.finish()?; // the envelope, then its text form
/// assert!(text.starts_with(b"-----BEGIN BULLA ENVELOPE-----\n"));
/// assert_eq!(bulla::open(&identity, &armor::decode(&text)?)?, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ArmorWriter<W: Write>(BlockWriter<W, ToLines>);

impl<W: Write> ArmorWriter<W> {
    /// Creates a writer. Does no I/O yet.
    #[must_use]
    pub fn new(inner: W) -> Self {
        Self(BlockWriter::new(inner, ToLines, Pending::new(first_line())))
    }

    /// Writes everything that is left and the end line, flushes the inner writer and returns it.
    ///
    /// # Errors
    ///
    /// [`FinishError`], which holds this writer, if the inner writer fails. The text is then
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
    /// Any error of the inner writer. After `WouldBlock`, call again.
    pub fn try_finish(&mut self) -> io::Result<()> {
        self.0.try_finish()
    }

    /// Returns the inner writer.
    pub fn get_ref(&self) -> &W {
        self.0.get_ref()
    }

    /// Returns the inner writer. Writing to it directly corrupts the text.
    pub fn get_mut(&mut self) -> &mut W {
        self.0.get_mut()
    }

    /// Returns the inner writer. The text in it is incomplete, unless this writer was
    /// [finished](Self::try_finish).
    pub fn into_inner(self) -> W {
        self.0.into_inner()
    }
}

impl<W: Write> Write for ArmorWriter<W> {
    fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        self.0.write(input)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write + fmt::Debug> fmt::Debug for ArmorWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArmorWriter").field("inner", self.get_ref()).finish_non_exhaustive()
    }
}

/// Turns content into lines of text.
struct ToLines;

impl Blocks for ToLines {
    fn collected(&self) -> usize {
        COLLECTED
    }

    fn turn(&mut self, input: &[u8], output: &mut Pending) -> io::Result<usize> {
        let (lines, _) = input[..input.len().min(COLLECTED)].as_chunks();
        encode_lines(lines, output.fill(lines.len() * TEXT_LINE).as_chunks_mut().0);
        Ok(lines.len() * CONTENT_LINE)
    }

    fn end(&mut self, rest: &[u8], output: &mut Pending) -> io::Result<()> {
        *output = Pending::new(last_lines(rest));
        Ok(())
    }
}

/// Bytes of content to encode at a time: 256 lines.
const COLLECTED: usize = 256 * CONTENT_LINE;
