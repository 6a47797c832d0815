//! The text form is strict and canonical.
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
use support::armor_text::{BEGIN, END, crlf, decode, described, expected, lengths};
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
fn a_text_is_read_back_at_every_length_and_with_both_line_ends() {
    for len in lengths() {
        let content = pattern(len);
        let text = expected(&content);
        for text in [&text, &crlf(&text)] {
            for text in [text, text.trim_end()] {
                assert!(decode(text.as_bytes()).unwrap() == content, "{len} bytes");
            }
        }
    }
}

#[test]
fn every_changed_byte_is_refused_or_makes_the_one_text_of_other_content() {
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
fn a_cut_text_is_truncated_unless_only_its_last_line_end_is_missing() {
    for len in [0, 1, 47, 48, 49, 96, 150] {
        let text = armor::encode(&pattern(len));
        for (text, line_end) in [(crlf(&text), 2), (text, 1)] {
            for cut in 0..text.len() {
                let prefix = &text[..cut];
                let line = 1 + prefix.matches('\n').count() as u64;
                let result = decode(prefix.as_bytes());
                if cut == text.len() - line_end {
                    assert_eq!(result.unwrap(), pattern(len));
                } else {
                    assert_eq!(described(result.unwrap_err()), (Kind::Truncated, line), "{prefix:?}");
                }
            }
        }
    }
}

#[test]
fn every_fault_is_named_with_its_line() {
    let full = "A".repeat(64);
    let padded = format!("{}=", "A".repeat(63));
    for (lines, kind, line) in [
        // The first line.
        (&["", "-----BEGIN BULLA ENVELOPE-----", END][..], Kind::NotArmored, 1),
        (&[" -----BEGIN BULLA ENVELOPE-----", END], Kind::NotArmored, 1),
        (&["\u{feff}-----BEGIN BULLA ENVELOPE-----", END], Kind::NotArmored, 1),
        (&["-----BEGIN BULLA ENVELOPE----- ", END], Kind::NotArmored, 1),
        (&["-----BEGIN BULLA ENVELOPE-----AAAA", END], Kind::NotArmored, 1),
        (&["-----BEGIN bulla ENVELOPE-----", END], Kind::NotArmored, 1),
        (&["-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----"], Kind::NotArmored, 1),
        (&["hello"], Kind::NotArmored, 1),
        (&[END], Kind::NotArmored, 1),
        (&[&full, &full], Kind::NotArmored, 1),
        // Lines of another length.
        (&[BEGIN, "", END], Kind::LineLength, 2),
        (&[BEGIN, &full, "", &full, END], Kind::LineLength, 3),
        (&[BEGIN, &full, "", END], Kind::LineLength, 3),
        (&[BEGIN, "AAAA", "", END], Kind::LineLength, 3),
        (&[BEGIN, "A", END], Kind::LineLength, 2),
        (&[BEGIN, "AA", END], Kind::LineLength, 2),
        (&[BEGIN, "AAA", END], Kind::LineLength, 2),
        (&[BEGIN, "AAAAA", END], Kind::LineLength, 2),
        (&[BEGIN, &full, "AAAAA", END], Kind::LineLength, 3),
        (&[BEGIN, &full[1..], END], Kind::LineLength, 2),
        (&[BEGIN, &full[4..], &full, END], Kind::LineLength, 2),
        (&[BEGIN, &full[4..], &full[4..], END], Kind::LineLength, 2),
        (&[BEGIN, "AA==", "AAAA", END], Kind::LineLength, 2),
        (&[BEGIN, &full, &format!("{full}A"), END], Kind::LineLength, 3),
        (&[BEGIN, &full, &format!("{full}AAAA"), END], Kind::LineLength, 3),
        (&[BEGIN, &full, &full.repeat(1000), END], Kind::LineLength, 3),
        (&[BEGIN, &format!("{full} "), END], Kind::LineLength, 2),
        (&[BEGIN, "AAAA ", END], Kind::LineLength, 2),
        (&[BEGIN, "AAAA", "BBBB", END], Kind::LineLength, 2),
        // Characters.
        (&[BEGIN, " AAA", END], Kind::Character, 2),
        (&[BEGIN, "AA\tA", END], Kind::Character, 2),
        (&[BEGIN, "AA A", END], Kind::Character, 2),
        (&[BEGIN, "AA\rA", END], Kind::Character, 2),
        (&[BEGIN, "AA\0A", END], Kind::Character, 2),
        (&[BEGIN, "AA-_", END], Kind::Character, 2),
        (&[BEGIN, "AA\u{e9}", END], Kind::Character, 2),
        (&[BEGIN, "Version: 1.0", END], Kind::Character, 2),
        (&[BEGIN, &full, &full.replacen('A', "!", 1), &full, END], Kind::Character, 3),
        // Padding.
        (&[BEGIN, "A===", END], Kind::Padding, 2),
        (&[BEGIN, "====", END], Kind::Padding, 2),
        (&[BEGIN, "A=AA", END], Kind::Padding, 2),
        (&[BEGIN, "AA=A", END], Kind::Padding, 2),
        (&[BEGIN, "AA==AAAA", END], Kind::Padding, 2),
        (&[BEGIN, "AAAA====", END], Kind::Padding, 2),
        (&[BEGIN, &padded, &full, END], Kind::Padding, 2),
        (&[BEGIN, &full, &padded, "AAAA", END], Kind::Padding, 3),
        (&[BEGIN, "AB==", END], Kind::UnusedBits, 2),
        (&[BEGIN, "A/==", END], Kind::UnusedBits, 2),
        (&[BEGIN, "AAB=", END], Kind::UnusedBits, 2),
        (&[BEGIN, &full, "AAAAAAD=", END], Kind::UnusedBits, 3),
        // The end.
        (&[BEGIN, "-----END BULLA ENVELOPE---- "], Kind::EndLine, 2),
        (&[BEGIN, "-----END BULLA ENVELOPE----- "], Kind::EndLine, 2),
        (&[BEGIN, "-----END BULLA ENVELOPE-----AAAA"], Kind::EndLine, 2),
        (&[BEGIN, "AAAA", "-----END PGP MESSAGE-----"], Kind::EndLine, 3),
        (&[BEGIN, &full, "-----END PGP MESSAGE-----"], Kind::EndLine, 3),
        (&[BEGIN, &full, &"-".repeat(100)], Kind::EndLine, 3),
        (&[BEGIN, BEGIN, END], Kind::EndLine, 2),
        (&[BEGIN, END, ""], Kind::TrailingData, 3),
        (&[BEGIN, END, " "], Kind::TrailingData, 3),
        (&[BEGIN, END, END], Kind::TrailingData, 3),
        (&[BEGIN, &full, "AA==", END, BEGIN, END], Kind::TrailingData, 5),
    ] {
        let text: String = lines.iter().map(|line| format!("{}\n", line.trim_end_matches('\n'))).collect();
        for text in [crlf(&text), text] {
            assert_eq!(described(decode(text.as_bytes()).unwrap_err()), (kind, line), "{text:?}");
        }
    }
}

#[test]
fn every_line_must_end_as_the_first_one_does() {
    let text = armor::encode(&pattern(100));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 5);
    for odd in 1..lines.len() {
        for (usual, other) in [("\n", "\r\n"), ("\r\n", "\n")] {
            let text: String =
                lines.iter().enumerate().flat_map(|(i, line)| [*line, if i == odd { other } else { usual }]).collect();
            assert_eq!(described(decode(text.as_bytes()).unwrap_err()), (Kind::LineEnd, odd as u64 + 1), "{text:?}");
        }
    }
    for text in [text.replace('\n', "\r"), text.replace('\n', "\r\r\n"), text.replace('\n', "\n\r")] {
        assert!(decode(text.as_bytes()).is_err(), "{text:?}");
    }
}

#[test]
fn a_carriage_return_alone_does_not_end_the_text() {
    let text = armor::encode(b"hello");
    let cr = format!("{}\r", text.trim_end());
    assert_eq!(described(decode(cr.as_bytes()).unwrap_err()), (Kind::EndLine, 3));
    assert_eq!(described(decode(format!("{text}\r").as_bytes()).unwrap_err()), (Kind::TrailingData, 4));
    assert_eq!(described(decode(format!("{}\r", crlf(&text)).as_bytes()).unwrap_err()), (Kind::TrailingData, 4));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn every_accepted_text_is_canonical(
        lines in vec("[-A-Za-z0-9+/=\\r\\n ]{0,3}|[A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{2}[AQgw]=|[A-Za-z0-9+/]{4}", 0..5),
        windows in any::<bool>(),
    ) {
        let text: String = [BEGIN].into_iter().map(String::from)
            .chain(lines.iter().map(|line| format!("{line}\n")))
            .chain([END.into()]).collect();
        let text = if windows { crlf(&text) } else { text };
        if let Ok(content) = decode(text.as_bytes()) {
            let canonical = armor::encode(&content);
            prop_assert_eq!(if windows { crlf(&canonical) } else { canonical }, text);
        }
    }
}

#[test]
fn a_text_opened_without_the_reader_is_recognised() {
    let key = NoRsa::default();
    let text = armor::encode(&Sealer::new(&key).seal(b"hello").unwrap());
    let in_memory = Opener::new(&key).open(text.as_bytes()).unwrap_err();
    let streamed = open_error(&Opener::new(&key).wrap_input(text.as_bytes()).unwrap_err());
    for error in [in_memory, streamed] {
        assert!(error.to_string().contains("text form of an envelope"), "{error}");
        let OpenError::Header(error) = error else { panic!("{error}") };
        assert_eq!(error.kind(), HeaderErrorKind::NotAnEnvelope(Lookalike::Armor));
    }
}

#[test]
fn a_text_is_recognised_by_its_whole_first_line() {
    let text = armor::encode(&pattern(100));
    for len in 0..text.len() {
        assert_eq!(is_armored(&text.as_bytes()[..len]), len >= 30, "{len} bytes");
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
