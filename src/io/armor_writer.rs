//! Push-based writing of the text form.

use core::fmt;
use std::io::{self, Write};

use super::pending::Pending;
use super::poison::Poison;
use super::retry;
use crate::armor::{CONTENT_LINE, TEXT_LINE, encode_lines, first_line, last_lines};
use crate::buffer::Buffer;

/// Writes the text form (SPEC §14) of what is written to it, an envelope, to an inner writer.
///
/// Passes on some 16 KiB at a time and holds about 30 KiB; no further buffering is needed.
///
/// **Call [`finish`](Self::finish).** A writer that is dropped instead leaves a text without an end line, which is
/// [`Truncated`](crate::ArmorErrorKind::Truncated).
///
/// [`flush`](Write::flush) passes on every full line, but not a partial one: only the last line may be short.
///
/// After an error other than `Interrupted` and `WouldBlock` every later call fails. After `WouldBlock` nothing is lost: make
/// the same call again.
///
/// # Examples
///
/// ```
/// use std::io::Write;
/// use bulla::{ArmorWriter, Sealer};
///
/// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// let mut writer = Sealer::new(&identity.recipient()).wrap_output(ArmorWriter::new(Vec::new()))?;
/// writer.write_all(b"hello")?;
/// let text = writer.finish()?.finish()?; // the envelope, then its text form
/// assert!(text.starts_with(b"-----BEGIN BULLA ENVELOPE-----\n"));
/// assert_eq!(bulla::open(&identity, &bulla::dearmor(&text)?)?, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ArmorWriter<W: Write> {
    inner: W,
    /// Content that was not encoded yet, always shorter than `COLLECTED`.
    partial: Buffer,
    partial_len: usize,
    finished: bool,
    /// Lines that the inner writer has not taken yet.
    pending: Pending,
    poison: Poison,
}

impl<W: Write> ArmorWriter<W> {
    /// Does no I/O yet.
    #[must_use]
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            partial: Buffer::default(),
            partial_len: 0,
            finished: false,
            pending: Pending::new(first_line()),
            poison: Poison::default(),
        }
    }

    /// Writes everything that is left and the end line, flushes the inner writer and gives it back.
    ///
    /// # Errors
    ///
    /// The error of the inner writer. The text is then incomplete. Use [`try_finish`](Self::try_finish) where the inner
    /// writer can report `WouldBlock`.
    pub fn finish(mut self) -> io::Result<W> {
        self.try_finish()?;
        Ok(self.inner)
    }

    /// As [`finish`](Self::finish), but can be called again after `WouldBlock`. Once it succeeded, further calls only flush
    /// and writes fail.
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish).
    pub fn try_finish(&mut self) -> io::Result<()> {
        self.guard(|writer| {
            writer.drain_full_lines()?;
            if !writer.finished {
                writer.pending = Pending::new(last_lines(&writer.partial[..writer.partial_len]));
                writer.finished = true;
            }
            writer.drain()?;
            writer.flush_inner()
        })
    }

    /// The inner writer.
    pub fn get_ref(&self) -> &W {
        &self.inner
    }

    /// Encodes what of `input` fills lines, keeps what does not, and tells how much it took. Nothing must be pending.
    fn take(&mut self, input: &[u8]) -> io::Result<usize> {
        if self.partial_len == 0 && input.len() >= COLLECTED {
            encode(&input[..COLLECTED], &mut self.pending);
            return Ok(COLLECTED);
        }
        if self.partial.is_empty() {
            self.partial = Buffer::new(COLLECTED);
        }
        let taken = input.len().min(COLLECTED - self.partial_len);
        let end = self.partial_len + taken;
        self.partial.using(end)[self.partial_len..].copy_from_slice(&input[..taken]);
        self.partial_len = end;
        if end == COLLECTED {
            self.encode_partial();
        }
        Ok(taken)
    }

    /// Encodes the full lines of what was collected. Nothing must be pending.
    fn encode_partial(&mut self) {
        let full = self.partial_len / CONTENT_LINE * CONTENT_LINE;
        encode(&self.partial[..full], &mut self.pending);
        self.partial.using(self.partial_len).copy_within(full.., 0);
        self.partial_len -= full;
    }

    /// Passes on every full line.
    fn drain_full_lines(&mut self) -> io::Result<()> {
        self.drain()?;
        self.encode_partial();
        self.drain()
    }

    fn flush_inner(&mut self) -> io::Result<()> {
        retry(|| self.inner.flush())
    }

    fn drain(&mut self) -> io::Result<()> {
        self.pending.write_to(&mut self.inner)
    }

    fn guard<T>(&mut self, call: impl FnOnce(&mut Self) -> io::Result<T>) -> io::Result<T> {
        self.poison.enter()?;
        let result = call(self);
        self.poison.leave(result)
    }
}

impl<W: Write> Write for ArmorWriter<W> {
    fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        self.poison.check()?;
        if self.finished {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "written to after it was finished"));
        }
        self.guard(|writer| {
            // Nothing is taken before what it is encoded to has a place to wait.
            writer.drain()?;
            let taken = writer.take(input)?;
            match writer.drain() {
                // What was taken is safe: the next call drains it.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(taken),
                drained => drained.map(|()| taken),
            }
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.guard(|writer| {
            writer.drain_full_lines()?;
            writer.flush_inner()
        })
    }
}

impl<W: Write + fmt::Debug> fmt::Debug for ArmorWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArmorWriter").field("inner", &self.inner).finish_non_exhaustive()
    }
}

/// Encodes what fills lines exactly.
fn encode(content: &[u8], pending: &mut Pending) {
    let (lines, _) = content.as_chunks();
    encode_lines(lines, pending.fill(lines.len() * TEXT_LINE).as_chunks_mut().0);
}

/// Bytes of content that are encoded together: 256 lines.
const COLLECTED: usize = 256 * CONTENT_LINE;
