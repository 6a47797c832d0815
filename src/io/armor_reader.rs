//! Pull-based decoding of the text form.

use alloc::vec::Vec;
use core::fmt;
use std::io::{self, Read};

use super::guarded::{Guarded, Pull};
use super::pending::Pending;
use super::window::{Reading, Window};
use crate::text::{CONTENT_LINE, Decoder};

/// Reads the text form of an envelope (SPEC §14) from an inner reader and yields the envelope.
///
/// It holds about 65 KiB at most, however long the text and its lines are, and needs no further
/// buffering. It yields the content of well-formed lines only. [`read`](Read::read) returns 0 only
/// after the end line and the end of the input, so a text that was cut never looks complete.
///
/// White space may stand around the text: spaces, tabs, CR and LF, up to 1024 bytes before the
/// first line, a byte order mark of UTF-8 among them, and any number after the end line. Anything
/// else is an error that says what it is. If the first line is wrong, it is reported after up to
/// 17 KiB of the input.
///
/// After `WouldBlock` nothing is lost: make the same call again. Any other error is final. An
/// [`ArmorError`](crate::error::ArmorError) is reported inside a [`std::io::Error`], even by an
/// [`OpenReader`](crate::OpenReader) that reads from this reader;
/// [`ArmorError::from_io`](crate::error::ArmorError::from_io) gets it out.
///
/// # Security
///
/// The text form proves nothing. Only opening the envelope does.
///
/// # Examples
///
/// ```
/// use std::io::Read;
/// use bulla::Opener;
/// use bulla::armor::ArmorReader;
///
/// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// # let text = bulla::armor::encode(&bulla::seal(&identity.recipient(), b"hello")?);
/// let envelope = ArmorReader::new(text.as_bytes());
/// let mut reader = Opener::new(&identity).wrap_input(envelope)?;
/// let mut plaintext = String::new();
/// reader.read_to_string(&mut plaintext)?;
/// assert_eq!(plaintext, "hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ArmorReader<R>(Guarded<Core<R>>);

struct Core<R> {
    inner: R,
    window: Window<TEXT_LEN>,
    decoder: Decoder,
    /// A line can hold more content than the caller's slice has room for. The rest waits here.
    pending: Pending,
}

impl<R: Read> ArmorReader<R> {
    /// Creates a reader. Does no I/O yet.
    #[must_use]
    pub fn new(inner: R) -> Self {
        let (window, decoder) = (Window::default(), Decoder::default());
        Self(Guarded::new(Core { inner, window, decoder, pending: Pending::new(Vec::new()) }))
    }
}

impl<R> ArmorReader<R> {
    /// Returns the inner reader.
    pub fn get_ref(&self) -> &R {
        &self.0.core.inner
    }

    /// Returns the inner reader. Bytes that you read from it directly are missing from the text.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.0.core.inner
    }

    /// Returns the inner reader. Bytes that this reader has buffered are lost, unless the text was
    /// read to its end.
    pub fn into_inner(self) -> R {
        self.0.core.inner
    }
}

impl<R: Read> Pull for Core<R> {
    fn pull(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let mut line = [0; CONTENT_LINE];
        while self.pending.is_empty() {
            let ended = self.window.ended();
            let text = self.window.unused();
            let text_len = text.len();
            let direct = output.len() >= CONTENT_LINE;
            let done = self.decoder.decode(text, ended, if direct { &mut *output } else { &mut line })?;
            self.window.consume(done.consumed);
            if done.written > 0 && direct {
                return Ok(done.written);
            }
            self.pending.fill(done.written).copy_from_slice(&line[..done.written]);
            if done.consumed == 0 {
                if ended {
                    return Ok(0);
                }
                self.window.fill(&mut self.inner, text_len + 1, Reading::ALONE)?;
            }
        }
        self.pending.read_to(output)
    }
}

impl<R: Read> Read for ArmorReader<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        self.0.read(output)
    }
}

impl<R: fmt::Debug> fmt::Debug for ArmorReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArmorReader").field("inner", self.get_ref()).finish_non_exhaustive()
    }
}

/// Unit of the buffer for text, in bytes. It holds one at first, and grows to four.
const TEXT_LEN: usize = 16384;
