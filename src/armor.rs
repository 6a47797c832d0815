//! The text form of an envelope (SPEC §14), without I/O.

mod decoder;

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use base64ct::{Base64, Encoding};

pub(crate) use self::decoder::Decoder;
use crate::error::ArmorError;

/// The text form of an envelope, or of any other bytes: for mail, chat, and wherever else only text passes.
///
/// A third longer than the envelope, and always the same for the same bytes (SPEC §14). For streams there is
/// [`ArmorWriter`](crate::ArmorWriter).
///
/// # Examples
///
/// ```
/// let text = bulla::armor(b"hello, bulla");
/// assert_eq!(text, "-----BEGIN BULLA ENVELOPE-----\naGVsbG8sIGJ1bGxh\n-----END BULLA ENVELOPE-----\n");
/// ```
#[expect(clippy::missing_panics_doc, reason = "base64 and the lines around it are text")]
#[must_use]
pub fn armor(envelope: &[u8]) -> String {
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
/// As strict as SPEC §14: nothing but the line ends can differ from what [`armor`] writes. For streams there is
/// [`ArmorReader`](crate::ArmorReader).
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
/// let text = bulla::armor(b"hello, bulla");
/// assert_eq!(bulla::dearmor(&text)?, b"hello, bulla");
/// # Ok::<(), bulla::ArmorError>(())
/// ```
pub fn dearmor(text: impl AsRef<[u8]>) -> Result<Vec<u8>, ArmorError> {
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
/// # let text = bulla::armor(&bulla::seal(&identity.recipient(), b"hello")?);
/// # let file = text.as_bytes();
/// let mut file = std::io::BufReader::new(file);
/// let envelope: Box<dyn Read> = match bulla::is_armored(file.fill_buf()?) {
///     true => Box::new(bulla::ArmorReader::new(file)),
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

/// The first line with its end.
pub(crate) fn first_line() -> Vec<u8> {
    [BEGIN, b"\n"].concat()
}

/// Encodes content that fills lines. There must be as many of one as of the other.
pub(crate) fn encode_lines(content: &[[u8; CONTENT_LINE]], text: &mut [[u8; TEXT_LINE]]) {
    // Many lines at once: base64ct works twice as fast as line by line.
    let mut base64 = [0; BATCH * BASE64_LINE];
    for (content, text) in content.chunks(BATCH).zip(text.chunks_mut(BATCH)) {
        let base64 = Base64::encode(content.as_flattened(), &mut base64).expect("a batch has room for its lines");
        for (base64, line) in base64.as_bytes().as_chunks::<BASE64_LINE>().0.iter().zip(text) {
            let (characters, end) = line.split_at_mut(BASE64_LINE);
            characters.copy_from_slice(base64);
            end.copy_from_slice(b"\n");
        }
    }
}

/// The line that holds `rest`, which is shorter than the content of a full one, unless it is empty; and the end line.
pub(crate) fn last_lines(rest: &[u8]) -> Vec<u8> {
    let mut base64 = [0; BASE64_LINE];
    let base64 = Base64::encode(rest, &mut base64).expect("what is left fits a line");
    let end = if rest.is_empty() { &b""[..] } else { b"\n" };
    [base64.as_bytes(), end, END, b"\n"].concat()
}

/// Bytes that a full line holds.
pub(crate) const CONTENT_LINE: usize = 48;

/// Bytes of a full line that is written, its end among them.
pub(crate) const TEXT_LINE: usize = BASE64_LINE + 1;

/// Characters of a full line.
const BASE64_LINE: usize = 64;

/// Lines that are encoded and decoded together.
const BATCH: usize = 64;

const BEGIN: &[u8] = b"-----BEGIN BULLA ENVELOPE-----";
const END: &[u8] = b"-----END BULLA ENVELOPE-----";
