//! The text form of an envelope (SPEC §14), without I/O.

mod decoder;
mod diagnosis;
mod lines;

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

pub(crate) use self::decoder::Decoder;
use self::lines::{BEGIN, SPACE_BEFORE, space_before};
pub(crate) use self::lines::{CONTENT_LINE, TEXT_LINE, encode_lines, first_line, last_lines};
use crate::error::ArmorError;

/// Encodes an envelope, or any other bytes, as text: for mail, chat, and other places that accept
/// only text.
///
/// The text is about a third longer than the envelope. The same bytes always give the same text
/// (SPEC §14). For streams, use [`ArmorWriter`](crate::armor::ArmorWriter).
///
/// # Examples
///
/// ```
/// let text = bulla::armor::encode(b"hello, bulla");
/// let lines: Vec<&str> = text.lines().collect();
/// assert_eq!(lines[0], "-----BEGIN BULLA ENVELOPE-----");
/// assert_eq!(lines[1], "aGVsbG8sIGJ1bGxh");
/// assert_eq!(lines[2], "-----END BULLA ENVELOPE-----");
/// ```
#[expect(clippy::missing_panics_doc, reason = "base64 and the lines around it are text")]
#[must_use]
pub fn encode(envelope: &[u8]) -> String {
    let (lines, rest) = envelope.as_chunks();
    let mut text = first_line();
    let start = text.len();
    text.resize(start + lines.len() * TEXT_LINE, 0);
    encode_lines(lines, text[start..].as_chunks_mut().0);
    text.extend(last_lines(rest));
    String::from_utf8(text).expect("base64 and the two lines around it are ASCII")
}

/// Decodes the text form of an envelope.
///
/// Accepts what [`encode`] writes, also with CRLF as the line end, and white space around it:
/// spaces, tabs, CR and LF, up to 1024 bytes before the first line and any number after the end
/// line. A byte order mark of UTF-8 may come first, and counts among the 1024 (SPEC §14). For
/// streams, use [`ArmorReader`](crate::armor::ArmorReader).
///
/// # Errors
///
/// [`ArmorError`] if `text` is not the text form of any bytes. It says what was done to it, as far
/// as that shows: quoted in a mail, say, or broken into other lines.
///
/// # Security
///
/// The text form proves nothing. Only opening the envelope does.
///
/// # Examples
///
/// ```
/// let text = bulla::armor::encode(b"hello, bulla");
/// assert_eq!(bulla::armor::decode(&text)?, b"hello, bulla");
/// # Ok::<(), bulla::error::ArmorError>(())
/// ```
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, ArmorError> {
    let mut text = text.as_ref();
    let mut content = vec![0; text.len() / 4 * 3 + CONTENT_LINE];
    let mut len = 0;
    let mut decoder = Decoder::default();
    loop {
        let done = decoder.decode(text, true, &mut content[len..])?;
        text = &text[done.consumed..];
        len += done.written;
        if done.consumed == 0 {
            content.truncate(len);
            return Ok(content);
        }
    }
}

/// Returns whether an input that starts with these bytes claims to be the text form of an envelope.
///
/// Looks at the first 30 bytes after white space of at most 1024 bytes, a byte order mark among
/// them. If they are not all there, returns `false`: with 1054 bytes, or all if there are fewer, it
/// is `true` for every text that a reader accepts.
///
/// # Examples
///
/// ```
/// use std::io::{BufRead, Read};
///
/// # let identity = bulla::RsaIdentity::from_pem(include_str!("../tests/keys/rsa2048.pem"))?;
/// # let text = bulla::armor::encode(&bulla::seal(&identity.recipient(), b"hello")?);
/// # let file = text.as_bytes();
/// let mut file = std::io::BufReader::new(file);
/// let envelope: Box<dyn Read> = match bulla::armor::is_armored(file.fill_buf()?) {
///     true => Box::new(bulla::armor::ArmorReader::new(file)),
///     false => Box::new(file),
/// };
/// let mut plaintext = String::new();
/// let mut reader = bulla::Opener::new(&identity).wrap_input(envelope)?;
/// reader.read_to_string(&mut plaintext)?;
/// assert_eq!(plaintext, "hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn is_armored(start: &[u8]) -> bool {
    let before = space_before(start);
    before <= SPACE_BEFORE && start[before..].starts_with(BEGIN)
}
