//! Of which lines the text form is made, and how they are written.

use alloc::vec::Vec;

use base64ct::{Base64, Encoding};

/// How far a text was decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// The first line comes next, perhaps after white space.
    #[default]
    Begin,
    /// Content or the end line comes next.
    Content,
    /// Only white space may follow.
    End,
}

/// Returns the first line with its line end.
pub(crate) fn first_line() -> Vec<u8> {
    [BEGIN, b"\n"].concat()
}

/// Encodes content that fills whole lines. Both slices must have the same length.
pub(crate) fn encode_lines(content: &[[u8; CONTENT_LINE]], text: &mut [[u8; TEXT_LINE]]) {
    // Many lines at once, because base64ct is then twice as fast as line by line.
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

/// Returns a line that holds `rest`, unless that is empty, and the end line. `rest` must be shorter
/// than the content of a full line.
pub(crate) fn last_lines(rest: &[u8]) -> Vec<u8> {
    let mut base64 = [0; BASE64_LINE];
    let base64 = Base64::encode(rest, &mut base64).expect("what is left fits a line");
    let end = if rest.is_empty() { &b""[..] } else { b"\n" };
    [base64.as_bytes(), end, END, b"\n"].concat()
}

/// Returns how many bytes stand before the first line of `text`: a byte order mark of UTF-8, and
/// white space. Counts no further than to one more than may stand there.
pub(super) fn space_before(text: &[u8]) -> usize {
    let text = &text[..text.len().min(SPACE_BEFORE + 1)];
    let mark = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    mark + white_space(&text[mark..])
}

/// Returns how many bytes of white space `text` starts with.
pub(super) fn white_space(text: &[u8]) -> usize {
    text.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count()
}

pub(super) fn is_base64(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// Bytes of content in a full line.
pub(crate) const CONTENT_LINE: usize = 48;

/// Bytes of text in a full line, with its line end.
pub(crate) const TEXT_LINE: usize = BASE64_LINE + 1;

/// Characters of a full line.
pub(super) const BASE64_LINE: usize = 64;

/// Lines that are encoded and decoded together.
pub(super) const BATCH: usize = 64;

pub(super) const BEGIN: &[u8] = b"-----BEGIN BULLA ENVELOPE-----";
pub(super) const END: &[u8] = b"-----END BULLA ENVELOPE-----";

pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Most bytes that may stand before the first line.
pub(super) const SPACE_BEFORE: usize = 1024;
