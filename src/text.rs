//! The text form of an envelope (SPEC §14), without I/O.

mod decoder;
mod lines;

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

pub(crate) use self::decoder::Decoder;
use self::lines::BEGIN;
pub(crate) use self::lines::{CONTENT_LINE, TEXT_LINE, encode_lines, first_line, last_lines};
use crate::error::ArmorError;

/// The text form of an envelope, or of any other bytes: for mail, chat, and wherever else only text
/// passes.
///
/// A third longer than the envelope, and always the same for the same bytes (SPEC §14). For streams
/// there is [`ArmorWriter`](crate::armor::ArmorWriter).
///
/// # Examples
///
/// ```
/// let text = bulla::armor::encode(b"hello, bulla");
/// assert_eq!(text, "-----BEGIN BULLA ENVELOPE-----\naGVsbG8sIGJ1bGxh\n-----END BULLA ENVELOPE-----\n");
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

/// The bytes of which `text` is the text form.
///
/// As strict as SPEC §14: nothing but the line ends can differ from what [`encode`] writes. For
/// streams there is [`ArmorReader`](crate::armor::ArmorReader).
///
/// # Errors
///
/// [`ArmorError`]: the text is not exactly the text form of something.
///
/// # Security
///
/// The text form proves nothing: only opening the envelope does.
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

/// Whether an input that starts with these bytes claims to be the text form of an envelope.
///
/// Looks at the first 30 bytes; for fewer the answer is no.
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
/// bulla::Opener::new(&identity).wrap_input(envelope)?.read_to_string(&mut plaintext)?;
/// assert_eq!(plaintext, "hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn is_armored(start: &[u8]) -> bool {
    start.starts_with(BEGIN)
}
