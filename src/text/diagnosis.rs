//! Names what mail programs and people did to a text that the decoder has refused.
//!
//! Nothing here decides whether a text is accepted. What is looked at starts with the wrong line
//! and has a fixed length, so the name does not depend on how the text was cut into pieces.

use super::lines::{BASE64_LINE, BEGIN, BYTE_ORDER_MARK, END, Stage, is_base64};
use crate::error::{ArmorError, ArmorErrorKind, ArmorLabel};

/// Names an error in the line that `text` starts with. Returns `None` if that takes more text, and
/// there is more.
pub(super) fn name(error: ArmorError, stage: Stage, text: &[u8], ended: bool) -> Option<ArmorError> {
    if matches!(error.kind(), ArmorErrorKind::Truncated | ArmorErrorKind::LeadingSpace) {
        return Some(error);
    }
    let is_start = stage == Stage::Begin && !text.starts_with(BEGIN);
    let excerpt_len = if is_start { START_LEN } else { LINE_LEN };
    let excerpt = &text[..text.len().min(excerpt_len)];
    let line = excerpt.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if !ended && excerpt.len() < excerpt_len && (is_start || line.len() == excerpt.len()) {
        return None;
    }
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let kind = match stage {
        Stage::Begin if is_start => of_start(line, excerpt),
        Stage::Begin => Some(of_first_line(&line[BEGIN.len()..])),
        Stage::Content => of_line(line, error.kind()),
        Stage::End => of_rest(line),
    };
    let kind = kind.unwrap_or(error.kind());
    let label = if kind == ArmorErrorKind::OtherLabel { label(line).and_then(ArmorLabel::new) } else { None };
    Some(ArmorError::new(kind, error.line()).with_label(label))
}

/// Names what stands in place of the first line.
fn of_start(line: &[u8], excerpt: &[u8]) -> Option<ArmorErrorKind> {
    let is_other = label(line).is_some() && !line.starts_with(END);
    Some(if excerpt.starts_with(b"\x89BUL") {
        ArmorErrorKind::Binary
    } else if UTF_16.iter().any(|start| excerpt.starts_with(start)) {
        ArmorErrorKind::Utf16
    } else if has_other_dashes(line) {
        ArmorErrorKind::Dashes
    } else if is_other && !contains(&excerpt[line.len()..], BEGIN_LABEL) {
        ArmorErrorKind::OtherLabel
    } else if !contains(excerpt, BEGIN_LABEL) {
        return None;
    } else if is_quoted(line) {
        ArmorErrorKind::Quoted
    } else if matches!(line, [b'<' | b'&', ..]) {
        ArmorErrorKind::Html
    } else if starts_with_invisible(line) {
        ArmorErrorKind::NoBreakSpace
    } else {
        ArmorErrorKind::LeadingText
    })
}

/// Names what follows the first line within the same line.
fn of_first_line(rest: &[u8]) -> ArmorErrorKind {
    if rest.iter().all(is_blank) {
        ArmorErrorKind::TrailingSpace
    } else if rest.starts_with(b"\r") {
        ArmorErrorKind::LineEnd
    } else if rest.starts_with(b"=") {
        ArmorErrorKind::QuotedPrintable
    } else if matches!(rest, [b'<' | b'&', ..]) {
        ArmorErrorKind::Html
    } else if starts_with_invisible(rest) {
        ArmorErrorKind::NoBreakSpace
    } else if DASHES.iter().any(|dash| rest.starts_with(dash)) {
        ArmorErrorKind::Dashes
    } else {
        ArmorErrorKind::JoinedLines
    }
}

/// Names what a line is that should be base64 or the end line, and breaks the rule `broken`.
fn of_line(line: &[u8], broken: ArmorErrorKind) -> Option<ArmorErrorKind> {
    let indent = line.iter().take_while(|byte| is_blank(byte)).count();
    Some(if indent == line.len() {
        ArmorErrorKind::EmptyLine
    } else if is_quoted(&line[indent..]) {
        ArmorErrorKind::Quoted
    } else if indent > 0 {
        ArmorErrorKind::Indented
    } else if line.starts_with(BEGIN) {
        ArmorErrorKind::SecondText
    } else if has_other_dashes(line) {
        ArmorErrorKind::Dashes
    } else if label(line).is_some() {
        ArmorErrorKind::OtherLabel
    } else if line.iter().any(|byte| matches!(byte, b'<' | b'&')) {
        ArmorErrorKind::Html
    } else if INVISIBLE.iter().any(|space| contains(line, space)) {
        ArmorErrorKind::NoBreakSpace
    } else if line.contains(&b'\r') {
        ArmorErrorKind::LineEnd
    } else if is_quoted_printable(line) {
        ArmorErrorKind::QuotedPrintable
    } else if line.last().is_some_and(is_blank) {
        ArmorErrorKind::TrailingSpace
    } else if is_joined(line, broken) {
        ArmorErrorKind::JoinedLines
    } else {
        return None;
    })
}

/// Names what follows the end line.
fn of_rest(line: &[u8]) -> Option<ArmorErrorKind> {
    if line.starts_with(BEGIN) {
        Some(ArmorErrorKind::SecondText)
    } else if starts_with_invisible(line) {
        Some(ArmorErrorKind::NoBreakSpace)
    } else {
        None
    }
}

/// Returns the label of a first line or an end line, of whatever kind it is. Its dashes may be cut.
fn label(line: &[u8]) -> Option<&[u8]> {
    let label = line.strip_prefix(b"-----BEGIN ").or_else(|| line.strip_prefix(b"-----END "))?;
    Some(&label[..label.windows(2).position(|pair| pair == b"--").unwrap_or(label.len())])
}

/// Returns whether a line names this format, but not between five hyphens on each side.
fn has_other_dashes(line: &[u8]) -> bool {
    let mut label = line;
    while let Some(rest) = DASHES.iter().find_map(|dash| label.strip_prefix(*dash)) {
        label = rest.trim_ascii_start();
    }
    let rest = label.strip_prefix(BEGIN_LABEL).or_else(|| label.strip_prefix(END_LABEL));
    let is_whole_label = |rest: &[u8]| !rest.trim_ascii_start().first().is_some_and(u8::is_ascii_alphanumeric);
    rest.is_some_and(is_whole_label) && !line.starts_with(BEGIN) && !line.starts_with(END)
}

/// Returns whether a line holds octets such as `=3D` or `=C2=A0`, or is broken by a `=`.
///
/// Padding that lost a character leaves three more than a multiple of four: that is no broken line.
fn is_quoted_printable(line: &[u8]) -> bool {
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
    let octet = line.windows(3).any(|octet| matches!(*octet, [b'=', b'0'..=b'9', low] if is_hex(low)));
    let octets = line.windows(4).any(|octet| matches!(*octet, [b'=', high, low, b'='] if is_hex(high) && is_hex(low)));
    let is_broken = matches!(line, [.., last, b'='] if is_base64(last));
    octet || octets || is_broken && (line.len() > BASE64_LINE || matches!(line.len() % 4, 1 | 2))
}

/// Returns whether a line holds several: with the end line, with a blank between them, or as one
/// that is twice too long.
fn is_joined(line: &[u8], broken: ArmorErrorKind) -> bool {
    contains(line, END)
        || line.get(BASE64_LINE).is_some_and(is_blank)
        || broken == ArmorErrorKind::LineLength && line.len() == LINE_LEN
}

fn is_quoted(line: &[u8]) -> bool {
    matches!(line, [b'>' | b'|', ..])
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn starts_with_invisible(text: &[u8]) -> bool {
    INVISIBLE.iter().any(|space| text.starts_with(space))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Bytes among which the first line is looked for if another one comes first. The header of a mail
/// is seldom longer.
const START_LEN: usize = 16384;

/// Bytes of a line that are looked at. A line as long holds two full ones.
const LINE_LEN: usize = 2 * BASE64_LINE;

const BEGIN_LABEL: &[u8] = b"BEGIN BULLA ENVELOPE";
const END_LABEL: &[u8] = b"END BULLA ENVELOPE";

/// Byte order marks of UTF-16, and the first hyphen without one.
const UTF_16: [&[u8]; 4] = [b"\xFF\xFE", b"\xFE\xFF", b"-\0", b"\0-"];

/// The hyphen, and what typography makes of it: U+2010 to U+2015, and the minus sign.
const DASHES: [&[u8]; 8] = [
    b"-",
    b"\xE2\x80\x90",
    b"\xE2\x80\x91",
    b"\xE2\x80\x92",
    b"\xE2\x80\x93",
    b"\xE2\x80\x94",
    b"\xE2\x80\x95",
    b"\xE2\x88\x92",
];

/// No-break space, narrow no-break space, space of no width, and a byte order mark in the midst.
const INVISIBLE: [&[u8]; 4] = [b"\xC2\xA0", b"\xE2\x80\xAF", b"\xE2\x80\x8B", BYTE_ORDER_MARK];
