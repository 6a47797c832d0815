//! The lines of the text form, written.

use alloc::vec::Vec;

use base64ct::{Base64, Encoding};

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

/// The line that holds `rest`, which is shorter than the content of a full one, unless it is empty;
/// and the end line.
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
pub(super) const BASE64_LINE: usize = 64;

/// Lines that are encoded and decoded together.
pub(super) const BATCH: usize = 64;

pub(super) const BEGIN: &[u8] = b"-----BEGIN BULLA ENVELOPE-----";
pub(super) const END: &[u8] = b"-----END BULLA ENVELOPE-----";
