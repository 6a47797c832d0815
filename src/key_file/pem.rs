//! Finds the PEM block that is meant and decodes it, by the lax grammar of RFC 7468 §3.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use base64ct::{Base64Unpadded, Encoding};
use zeroize::Zeroizing;

use crate::error::{KeyErrorKind, KeyFormat, PemDamage};

/// One block of a PEM text.
pub(super) struct Block<'a> {
    pub(super) label: &'a str,
    text: &'a [u8],
    /// Where in the text what stands between the markers begins.
    start: usize,
    /// What stands between the markers.
    body: &'a [u8],
    /// Label after END, if there is an END.
    end_label: Option<&'a str>,
}

impl<'a> Block<'a> {
    /// Finds all blocks. Only they must be ASCII; the text around them may be anything.
    pub(super) fn find_all(text: &'a [u8]) -> Vec<Self> {
        let mut blocks = Vec::new();
        let mut from = 0;
        while let Some((_, start, label)) = marker(text, from, BEGIN) {
            let next = marker(text, start, BEGIN).map_or(text.len(), |(next, ..)| next);
            let end = marker(&text[..next], start, END);
            let (body_end, after, end_label) = match end {
                Some((end, after, label)) => (end, after, Some(label)),
                None => (next, next, None),
            };
            blocks.push(Self { label, text, start, body: &text[start..body_end], end_label });
            from = after;
        }
        blocks
    }

    /// Returns the bytes that the block encodes.
    pub(super) fn decode(&self) -> Result<Zeroizing<Vec<u8>>, KeyErrorKind> {
        match self.end_label {
            None => return Err(KeyErrorKind::Pem(PemDamage::NoEnd)),
            Some(label) if label != self.label => return Err(KeyErrorKind::Pem(PemDamage::LabelMismatch)),
            Some(_) => {}
        }
        if contains(self.body, b"Proc-Type:") && contains(self.body, b"ENCRYPTED") {
            // Of `openssl rsa -traditional`: the form of RFC 1421, which RFC 7468 abolished.
            return Err(KeyErrorKind::Encrypted);
        }
        decode_base64(self.body).map_err(|fault| self.describe(&fault))
    }

    /// Says what the text is instead, if a character is none of base64.
    fn describe(&self, fault: &Base64Fault) -> KeyErrorKind {
        let Base64Fault::Character(index) = *fault else { return KeyErrorKind::Pem(PemDamage::Base64) };
        let rest = &self.body[index..];
        if rest.starts_with(b"\\n") || rest.starts_with(b"\\r") {
            return KeyErrorKind::Format(KeyFormat::EscapedLineEnds);
        }
        let line_start = self.body[..index].iter().rposition(|&byte| is_line_end(byte)).map_or(0, |end| end + 1);
        let line_end = rest.iter().position(|&byte| is_line_end(byte)).map_or(self.body.len(), |len| index + len);
        let line = &self.body[line_start..line_end];
        if trim(line).starts_with(b">") {
            return KeyErrorKind::Pem(PemDamage::Quoted);
        }
        if contains(line, b": ") {
            return KeyErrorKind::Pem(PemDamage::Headers);
        }
        let character = first_character(rest);
        let line = line_at(self.text, self.start + index);
        KeyErrorKind::Pem(PemDamage::Character { character, line })
    }
}

/// Returns the labels of `blocks`.
pub(super) fn labels(blocks: &[Block<'_>]) -> Vec<String> {
    blocks.iter().map(|block| block.label.into()).collect()
}

/// Says what is wrong with the markers of a text in which there is no block.
pub(super) fn damaged_marker(text: &[u8]) -> Option<PemDamage> {
    if marker(text, 0, END).is_some() {
        return Some(PemDamage::NoBegin);
    }
    // With four hyphens, or with the dashes into which word processors turn hyphens.
    let has_line = |word: &[u8]| {
        text.split(|&byte| is_line_end(byte)).any(|line| {
            contains(line, word) && (line.starts_with(b"-") || !line.starts_with(word) && !is_text(line[0]))
        })
    };
    (has_line(b"BEGIN ") || has_line(b"END ")).then_some(PemDamage::Dashes)
}

/// Where base64 cannot be decoded.
pub(super) enum Base64Fault {
    /// The byte at this index is no character of base64, or stands behind the padding.
    Character(usize),
    /// Their number or the last one is wrong.
    Length,
}

/// Decodes base64 in lines of any length, with white space anywhere and with or without padding.
///
/// The decoding is without branches or table look-ups that depend on the characters.
pub(super) fn decode_base64(text: &[u8]) -> Result<Zeroizing<Vec<u8>>, Base64Fault> {
    let mut characters = Zeroizing::new(Vec::with_capacity(text.len()));
    characters.extend(text.iter().filter(|byte| !is_white_space(**byte)));
    let padding = characters.iter().rev().take_while(|byte| **byte == b'=').count();
    let len = characters.len();
    if padding > 2 || (padding > 0 && len % 4 != 0) {
        return Err(fault(text));
    }
    let unpadded = &characters[..len - padding];
    let mut decoded = Zeroizing::new(vec![0; unpadded.len() / 4 * 3 + 2]);
    match Base64Unpadded::decode(unpadded, &mut decoded) {
        Ok(bytes) => {
            let len = bytes.len();
            decoded.truncate(len);
            Ok(decoded)
        }
        Err(_) => Err(fault(text)),
    }
}

/// Finds what is wrong with a text that did not decode.
fn fault(text: &[u8]) -> Base64Fault {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    let content_len = text.iter().rposition(|&byte| !is_white_space(byte) && byte != b'=').map_or(0, |last| last + 1);
    let wrong = text[..content_len].iter().position(|&byte| !is_base64(byte) && !is_white_space(byte));
    wrong.map_or(Base64Fault::Length, Base64Fault::Character)
}

/// Finds the next complete marker from `from` on, such as `-----BEGIN PRIVATE KEY-----`. Returns
/// where it starts, where it ends, and its label.
fn marker<'a>(text: &'a [u8], from: usize, start: &[u8]) -> Option<(usize, usize, &'a str)> {
    let mut from = from;
    loop {
        let at = from + position(text.get(from..)?, start)?;
        let label = at + start.len();
        let window = &text[label..text.len().min(label + MAX_LABEL_LEN + DASHES.len())];
        let found = position(window, DASHES).and_then(|len| str::from_utf8(&window[..len]).ok());
        if let Some(name) = found
            && !name.is_empty()
            && name.trim() == name
            && name.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        {
            return Some((at, label + name.len() + DASHES.len(), name));
        }
        from = label;
    }
}

/// Returns whether `text` contains `part`.
pub(super) fn contains(text: &[u8], part: &[u8]) -> bool {
    position(text, part).is_some()
}

fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// Removes white space at both ends, and a byte order mark of UTF-8 at the start.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let start = text.iter().position(|&byte| !is_white_space(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|&byte| !is_white_space(byte)).map_or(start, |last| last + 1);
    &text[start..end]
}

/// White space of RFC 7468.
pub(super) fn is_white_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

fn is_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t')
}

/// Returns the number of the line that the byte at `index` is in, from 1.
fn line_at(text: &[u8], index: usize) -> usize {
    let before = &text[..index];
    let feeds = before.iter().filter(|byte| **byte == b'\n').count();
    // A carriage return alone ends a line, too.
    let returns = before.windows(2).filter(|pair| pair[0] == b'\r' && pair[1] != b'\n').count();
    1 + feeds + returns
}

fn first_character(text: &[u8]) -> char {
    let start = &text[..text.len().min(4)];
    start.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next()).unwrap_or(char::REPLACEMENT_CHARACTER)
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Longer than all labels in use.
const MAX_LABEL_LEN: usize = 64;
