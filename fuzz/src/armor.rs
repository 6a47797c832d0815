//! `armor::decode` and `ArmorReader` against a second decoder, `armor::encode` and `ArmorWriter`
//! against a second encoder.

use std::io::{Read, Write};

use bulla::armor::{self, ArmorReader, ArmorWriter, is_armored};
use bulla::error::{ArmorError, ArmorErrorKind};

use crate::io::{Fault, Sink, Source, Step};

/// Everything that [`check`] can return.
pub const OUTCOMES: [&str; 27] = [
    "accepted",
    "accepted, other line ends",
    "accepted, white space around",
    "binary",
    "character",
    "dashes",
    "empty line",
    "end line",
    "html",
    "indented",
    "joined lines",
    "leading space",
    "leading text",
    "line end",
    "line length",
    "no-break space",
    "not armored",
    "other label",
    "padding",
    "quoted",
    "quoted-printable",
    "second text",
    "trailing data",
    "trailing space",
    "truncated",
    "unused bits",
    "utf-16",
];

/// Decodes `input` in every way there is, encodes it as well, and tells what came of decoding.
pub fn check(input: &[u8]) -> &'static str {
    let steps = steps(input);
    check_encoding(input, &steps);

    let result = armor::decode(input);
    assert_eq!(result.as_ref().ok(), decode(input).as_ref(), "{result:?}");
    check_streams(input, &steps, &result);
    match result {
        Ok(content) => {
            assert!(is_armored(&input[..input.len().min(1054)]));
            let canonical = armor::encode(&content);
            let text = std::str::from_utf8(input).unwrap();
            let inner = text.trim_start_matches('\u{feff}').trim();
            assert_eq!(canonical.lines().collect::<Vec<_>>(), inner.lines().collect::<Vec<_>>());
            if canonical == text {
                "accepted"
            } else if canonical.trim() == text.trim() {
                "accepted, white space around"
            } else {
                "accepted, other line ends"
            }
        }
        Err(error) => {
            // It stands in a line that is there, or is about to be.
            let lines = 1 + input.iter().filter(|byte| **byte == b'\n').count();
            assert!((1..=u64::try_from(lines).unwrap()).contains(&error.line()), "{error:?}");
            assert!(error.label().is_none() || error.kind() == ArmorErrorKind::OtherLabel);
            let name = name(error.kind());
            let first_line_is_wrong =
                ["binary", "leading space", "leading text", "not armored", "utf-16"].contains(&name);
            assert!(!first_line_is_wrong || !is_armored(input), "{error:?}");
            name
        }
    }
}

/// Streams give the same content or the same error, again and again, and before it the same bytes
/// however they are read.
fn check_streams(input: &[u8], steps: &[Step], expected: &Result<Vec<u8>, ArmorError>) {
    let mut released = Vec::new();
    for size in [1, 47, 48, 5000, 100_000] {
        let mut reader = ArmorReader::new(Source::new(input, steps));
        let mut content = Vec::new();
        let mut buffer = vec![0; size];
        let end = loop {
            match reader.read(&mut buffer) {
                Ok(0) => break Ok(()),
                Ok(len) => content.extend_from_slice(&buffer[..len]),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => break Err(*ArmorError::from_io(&error).unwrap()),
            }
        };
        let again = reader.read(&mut buffer).map_err(|error| *ArmorError::from_io(&error).unwrap());
        assert_eq!(again, end.map(|()| 0));
        match expected {
            Ok(expected) => assert!(end.is_ok() && content == *expected),
            Err(error) => assert_eq!(end, Err(*error)),
        }
        assert!(size == 1 || content == released, "other bytes before the end, by {size}");
        released = content;
    }
}

/// Any bytes have a text form: the same from memory and from a stream, and it is that of the second
/// encoder.
fn check_encoding(content: &[u8], steps: &[Step]) {
    let text = armor::encode(content);
    assert_eq!(text, encode(content));
    assert_eq!(armor::decode(&text).as_deref(), Ok(content));

    let mut writer = ArmorWriter::new(Sink::new(steps));
    let mut rest = content;
    for step in steps.iter().cycle() {
        let piece = &rest[..rest.len().min(usize::from(step.len) + 1)];
        match writer.write(piece) {
            Ok(len) => rest = &rest[len..],
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
        }
        if rest.is_empty() {
            break;
        }
    }
    while let Err(error) = writer.try_finish() {
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    }
    assert_eq!(writer.get_ref().taken, text.as_bytes());
}

/// How the streams behave: by the last bytes, which in a text are of little meaning.
fn steps(input: &[u8]) -> Vec<Step> {
    let choices = input.iter().rev().take(4).map(|byte| match byte % 3 {
        0 => Step { fault: None, len: u16::from(*byte) },
        1 => Step { fault: Some(Fault::WouldBlock), len: 64 },
        _ => Step { fault: Some(Fault::Interrupted), len: u16::MAX },
    });
    choices.chain([Step { fault: None, len: 1000 }]).collect()
}

/// SPEC §14 anew, without a look at the library: `None` for what a reader must refuse.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let is_space = |c: char| " \t\r\n".contains(c);
    let started = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start_matches(is_space);
    if text.len() - started.len() > 1024 {
        return None;
    }
    let text = started.trim_end_matches(is_space);
    let end = if text.starts_with(&format!("{BEGIN}\r\n")) { "\r\n" } else { "\n" };
    let lines: Vec<_> = text.split(end).collect();
    let [BEGIN, lines @ .., END] = &lines[..] else { return None };
    let (last, full) = lines.split_last().unwrap_or((&"AAAA", &[]));
    if full.iter().any(|line| line.len() != 64 || line.contains('=')) || last.is_empty() || last.len() > 64 {
        return None;
    }
    let mut content = Vec::new();
    for group in lines.concat().as_bytes().chunks(4) {
        let padding = group.iter().rev().take_while(|byte| **byte == b'=').count();
        let mut bits = 0;
        for byte in &group[..group.len() - padding] {
            bits = bits << 6 | ALPHABET.iter().position(|character| character == byte)?;
        }
        let bits = u32::try_from(bits << (6 * padding)).ok()?;
        let [_, bytes @ ..] = bits.to_be_bytes();
        let (kept, unused) = bytes.split_at_checked(3_usize.checked_sub(padding)?)?;
        if group.len() != 4 || padding > 2 || unused.iter().any(|byte| *byte != 0) {
            return None;
        }
        content.extend(kept);
    }
    // Padding in the midst.
    (lines.concat().trim_end_matches('=').len() == lines.concat().replace('=', "").len()).then_some(content)
}

/// The text form of `content`, by the formulas of RFC 4648.
pub fn encode(content: &[u8]) -> String {
    let mut text = format!("{BEGIN}\n");
    for line in content.chunks(48) {
        for bytes in line.chunks(3) {
            let bits = bytes.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - bytes.len()));
            for i in 0..4 {
                text.push(if i <= bytes.len() { char::from(ALPHABET[bits >> (18 - 6 * i) & 63]) } else { '=' });
            }
        }
        text.push('\n');
    }
    text + END + "\n"
}

fn name(kind: ArmorErrorKind) -> &'static str {
    match kind {
        ArmorErrorKind::NotArmored => "not armored",
        ArmorErrorKind::Binary => "binary",
        ArmorErrorKind::Utf16 => "utf-16",
        ArmorErrorKind::LeadingSpace => "leading space",
        ArmorErrorKind::LeadingText => "leading text",
        ArmorErrorKind::OtherLabel => "other label",
        ArmorErrorKind::Dashes => "dashes",
        ArmorErrorKind::JoinedLines => "joined lines",
        ArmorErrorKind::LineEnd => "line end",
        ArmorErrorKind::LineLength => "line length",
        ArmorErrorKind::EmptyLine => "empty line",
        ArmorErrorKind::Quoted => "quoted",
        ArmorErrorKind::Indented => "indented",
        ArmorErrorKind::TrailingSpace => "trailing space",
        ArmorErrorKind::NoBreakSpace => "no-break space",
        ArmorErrorKind::Html => "html",
        ArmorErrorKind::QuotedPrintable => "quoted-printable",
        ArmorErrorKind::Character => "character",
        ArmorErrorKind::Padding => "padding",
        ArmorErrorKind::UnusedBits => "unused bits",
        ArmorErrorKind::EndLine => "end line",
        ArmorErrorKind::SecondText => "second text",
        ArmorErrorKind::TrailingData => "trailing data",
        ArmorErrorKind::Truncated => "truncated",
        other => panic!("{other:?} is new: name it"),
    }
}

const BEGIN: &str = "-----BEGIN BULLA ENVELOPE-----";
const END: &str = "-----END BULLA ENVELOPE-----";
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
