//! The text form is strict and canonical, but for white space around it.
#![cfg(feature = "armor")]

#[path = "common/support.rs"]
mod support;

use std::io::Write;
use std::process::{Command, Stdio};

use bulla::armor::is_armored;
use bulla::error::ArmorErrorKind as Kind;
use bulla::error::{HeaderErrorKind, Lookalike, OpenError};
use bulla::{Opener, Sealer, armor};
use proptest::collection::vec;
use proptest::prelude::*;
use support::armor_text::{BEGIN, END, SPACE_AFTER, SPACE_BEFORE, crlf, decode, described, expected, lengths};
use support::{NoRsa, open_error, pattern};

#[test]
fn the_text_is_that_of_rfc_4648_and_7468_at_every_length() {
    for len in lengths() {
        assert!(armor::encode(&pattern(len)) == expected(&pattern(len)), "{len} bytes");
    }
}

#[test]
fn these_tests_expect_what_openssl_writes() {
    for len in [1, 2, 3, 46, 47, 48, 49, 96, 97, 10_000] {
        let content = pattern(len);
        let base64 = String::from_utf8(openssl_base64(&content)).unwrap();
        assert_eq!(expected(&content), format!("{BEGIN}{base64}{END}"), "{len} bytes");
    }
}

#[test]
fn a_text_is_read_back_at_every_length_with_both_line_ends_and_with_white_space_around_it() {
    for len in lengths() {
        let content = pattern(len);
        let text = expected(&content);
        for text in [&text, &crlf(&text)] {
            for text in [text, text.trim_end(), &[SPACE_BEFORE, text, SPACE_AFTER].concat()] {
                assert!(decode(text.as_bytes()).unwrap() == content, "{len} bytes");
            }
        }
    }
}

#[test]
fn every_changed_byte_is_refused_or_makes_the_one_text_of_other_content_or_is_the_last_line_end() {
    for len in [0, 10, 11, 12, 46, 47, 48, 49, 100] {
        let text = armor::encode(&pattern(len));
        let (mut accepted, mut refused) = (0, 0);
        for at in 0..text.len() {
            for value in 0..=255 {
                let mut altered = text.clone().into_bytes();
                if altered[at] == value {
                    continue;
                }
                altered[at] = value;
                match decode(&altered) {
                    Ok(content) if at == text.len() - 1 => {
                        assert!(content == pattern(len) && [b' ', b'\t', b'\r'].contains(&value), "{value}");
                    }
                    Ok(content) => {
                        assert!(armor::encode(&content).as_bytes() == altered, "byte {at} to {value}");
                        accepted += 1;
                    }
                    Err(_) => refused += 1,
                }
            }
        }
        assert!(refused > 255 * (text.len() - len * 4 / 3 - 4), "{refused} of {len} bytes");
        assert_eq!(accepted > 0, len > 0, "{len} bytes");
    }
}

#[test]
fn a_cut_text_is_truncated_unless_only_white_space_after_it_is_missing() {
    for len in [0, 1, 47, 48, 49, 96, 150] {
        let text = armor::encode(&pattern(len));
        let spaced = [SPACE_BEFORE, &text, SPACE_AFTER].concat();
        for (text, space) in [(crlf(&text), 2), (text, 1), (spaced, 1 + SPACE_AFTER.len())] {
            for cut in 0..=text.len() {
                let prefix = &text.as_bytes()[..cut];
                let line = 1 + prefix.iter().filter(|byte| **byte == b'\n').count() as u64;
                let result = decode(prefix);
                if cut >= text.len() - space {
                    assert_eq!(result.unwrap(), pattern(len));
                } else {
                    assert_eq!(described(result.unwrap_err()), (Kind::Truncated, line), "{prefix:?}");
                }
            }
        }
    }
}

#[test]
fn every_line_must_end_as_the_first_one_does() {
    let text = armor::encode(&pattern(100));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 5);
    for odd in 1..lines.len() - 1 {
        for (usual, other) in [("\n", "\r\n"), ("\r\n", "\n")] {
            let text: String =
                lines.iter().enumerate().flat_map(|(i, line)| [*line, if i == odd { other } else { usual }]).collect();
            assert_eq!(described(decode(text.as_bytes()).unwrap_err()), (Kind::LineEnd, odd as u64 + 1), "{text:?}");
        }
    }
}

#[test]
fn a_carriage_return_alone_ends_no_line() {
    let text = armor::encode(b"hello");
    for (text, line) in [
        (text.replace('\n', "\r"), 1),
        (text.replace('\n', "\r\r\n"), 1),
        (text.replacen('\n', "\r", 1), 1),
        (text.replace("\n-", "\r-"), 2),
        (text.replace("\n-", "\r\r\n-"), 2),
    ] {
        assert_eq!(described(decode(text.as_bytes()).unwrap_err()), (Kind::LineEnd, line), "{text:?}");
    }
    assert!(decode(text.replace('\n', "\n\r").as_bytes()).is_err());
}

#[test]
fn white_space_before_the_first_line_has_1024_bytes_at_most() {
    let text = armor::encode(&pattern(100));
    for (before, kind) in [
        (" ".repeat(1024), None),
        ("\n".repeat(1024), None),
        ("\u{feff}".to_owned() + &"\t".repeat(1021), None),
        (" ".repeat(1025), Some((Kind::LeadingSpace, 1))),
        ("\r\n".repeat(512) + " ", Some((Kind::LeadingSpace, 513))),
        ("\n".repeat(100_000), Some((Kind::LeadingSpace, 1025))),
        ("\u{feff}".to_owned() + &"\t".repeat(1022), Some((Kind::LeadingSpace, 1))),
    ] {
        let text = [&before, &text[..]].concat();
        assert_eq!(decode(text.as_bytes()).map_err(described).err(), kind, "{} bytes", before.len());
        assert_eq!(is_armored(text.as_bytes()), kind.is_none(), "{} bytes", before.len());
        assert_eq!(is_armored(&text.as_bytes()[..1054]), kind.is_none(), "{} bytes", before.len());
    }
}

#[test]
fn only_white_space_of_ascii_and_one_byte_order_mark_in_front_may_stand_around() {
    let text = armor::encode(&pattern(100));
    for other in ["\u{b}", "\u{c}", "\0", "\u{a0}", "\u{2003}", "\u{feff}\u{feff}", "\n\u{feff}", "."] {
        assert!(decode([other, &text].concat().as_bytes()).is_err(), "{other:?} before");
        assert!(!is_armored([other, &text].concat().as_bytes()), "{other:?} before");
        assert!(decode([&text, other].concat().as_bytes()).is_err(), "{other:?} after");
    }
    assert!(decode([&text, "\u{feff}"].concat().as_bytes()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn every_accepted_text_is_canonical_but_for_white_space_after_it(
        lines in vec("[-A-Za-z0-9+/=\\r\\n ]{0,3}|[A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{2}[AQgw]=|[A-Za-z0-9+/]{4}", 0..5),
        windows in any::<bool>(),
    ) {
        let text: String = [BEGIN].into_iter().map(String::from)
            .chain(lines.iter().map(|line| format!("{line}\n")))
            .chain([END.into()]).collect();
        let text = if windows { crlf(&text) } else { text };
        if let Ok(content) = decode(text.as_bytes()) {
            let canonical = armor::encode(&content);
            let canonical = if windows { crlf(&canonical) } else { canonical };
            prop_assert_eq!(canonical.trim_end(), text.trim_end_matches([' ', '\r', '\n']));
        }
    }
}

#[test]
fn a_text_opened_without_the_reader_is_recognised() {
    let key = NoRsa::default();
    let text = armor::encode(&Sealer::new(&key).seal(b"hello").unwrap());
    let wide: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (text, lookalike) in [
        (text.as_bytes(), Lookalike::Armor),
        (format!("\u{feff}\r\n{text}").as_bytes(), Lookalike::Armor),
        (text.replace("-----", "\u{2013}").as_bytes(), Lookalike::Armor),
        (format!("> {text}").as_bytes(), Lookalike::Armor),
        (&wide, Lookalike::Utf16),
    ] {
        let in_memory = Opener::new(&key).open(text).unwrap_err();
        let streamed = open_error(&Opener::new(&key).wrap_input(text).unwrap_err());
        for error in [in_memory, streamed] {
            let OpenError::Header(error) = error else { panic!("{error}") };
            assert_eq!(error.kind(), HeaderErrorKind::NotAnEnvelope(lookalike), "{text:?}");
        }
    }
}

#[test]
fn a_text_is_recognised_by_its_whole_first_line() {
    let text = armor::encode(&pattern(100));
    let spaced = [SPACE_BEFORE, &text].concat();
    for len in 0..text.len() {
        assert_eq!(is_armored(&text.as_bytes()[..len]), len >= 30, "{len} bytes");
        assert_eq!(is_armored(&spaced.as_bytes()[..len]), len >= 30 + SPACE_BEFORE.len(), "{len} bytes");
    }
    assert!(is_armored(crlf(&text).as_bytes()));
    assert!(!is_armored(text.to_lowercase().as_bytes()));
    assert!(!is_armored(&Sealer::new(NoRsa::default()).seal(b"").unwrap()));
}

/// What OpenSSL writes, which breaks lines after 64 characters.
fn openssl_base64(input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .arg("base64")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the tests of the text form need the openssl command");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout
}
