//! A text that is refused is named for what was done to it.
#![cfg(feature = "armor")]

#[path = "common/support.rs"]
mod support;

use bulla::armor::ArmorReader;
use bulla::error::{ArmorError, ArmorErrorKind as Kind};
use bulla::{Sealer, armor};
use support::armor_text::{BEGIN, END, armor_error, crlf, decode, described};
use support::streams::{Faulty, Step};
use support::{NoRsa, pattern, read_in_pieces};

#[test]
fn what_mail_programs_do_to_a_text_is_named_with_the_first_wrong_line() {
    let text = five_lines();
    let every_line =
        |before: &str, after: &str| -> String { text.lines().map(|line| format!("{before}{line}{after}\n")).collect() };
    let base64: String = text.lines().skip(1).take(3).collect();
    let broken_after = |len: usize| -> String {
        let lines = base64.as_bytes().chunks(len).map(|line| str::from_utf8(line).unwrap().to_owned() + "\n");
        [BEGIN.to_owned()].into_iter().chain(lines).chain([END.to_owned()]).collect()
    };
    for (sent, kind, line) in [
        // Before the text and after it.
        (format!("Dear Alice,\n\n{text}"), Kind::LeadingText, 1),
        (format!("Subject: hello\nMIME-Version: 1.0\n\n{text}"), Kind::LeadingText, 1),
        (format!("```\n{text}```\n"), Kind::LeadingText, 1),
        (format!("{text}```\n"), Kind::TrailingData, 6),
        (format!("{text}\n-- \nAlice\n"), Kind::TrailingData, 7),
        (format!("{text}\n\n{text}"), Kind::SecondText, 8),
        (format!("{}, Alice", text.trim_end()), Kind::TrailingData, 5),
        // Lines.
        (every_line("> ", ""), Kind::Quoted, 1),
        (every_line(">>", ""), Kind::Quoted, 1),
        (every_line("| ", ""), Kind::Quoted, 1),
        (every_line("    ", ""), Kind::Indented, 2),
        (every_line("\t", ""), Kind::Indented, 2),
        (every_line("", " "), Kind::TrailingSpace, 1),
        (every_line("", "\t"), Kind::TrailingSpace, 1),
        (every_line("", "\n"), Kind::EmptyLine, 2),
        (every_line("", "\\"), Kind::JoinedLines, 1),
        (text.replace('\n', " "), Kind::JoinedLines, 1),
        (text.replace('\n', ""), Kind::JoinedLines, 1),
        (text.replace('\n', "\\n"), Kind::JoinedLines, 1),
        (format!("{BEGIN}{base64}\n{END}"), Kind::JoinedLines, 2),
        (broken_after(60), Kind::LineLength, 2),
        (broken_after(72), Kind::LineLength, 2),
        (broken_after(76), Kind::LineLength, 2),
        // Characters.
        (text.replace("-----", "\u{2014}"), Kind::Dashes, 1),
        (text.replace("-----", "\u{2013}\u{2013}-"), Kind::Dashes, 1),
        (text.replace("-----", "----"), Kind::Dashes, 1),
        (text.replace("-----", "------"), Kind::Dashes, 1),
        (text.replace("-----", "- - - - -"), Kind::Dashes, 1),
        (text.replace("-----", ""), Kind::Dashes, 1),
        (every_line("\u{a0}", ""), Kind::NoBreakSpace, 1),
        (every_line("", "\u{a0}"), Kind::NoBreakSpace, 1),
        (format!("{text}\u{a0}\n"), Kind::NoBreakSpace, 6),
        (every_line("", "<br>"), Kind::Html, 1),
        (format!("<pre>\n{text}</pre>\n"), Kind::Html, 1),
        (every_line("&gt; ", ""), Kind::Html, 1),
        (every_line("&nbsp;", ""), Kind::Html, 1),
        // The transfer encoding changes padding alone; here with the line ends as well.
        (text.replace('=', "=3D"), Kind::QuotedPrintable, 4),
        (text.replace('=', "=3D").replace('\n', "=0A=\n"), Kind::QuotedPrintable, 1),
        (every_line("", "=20"), Kind::QuotedPrintable, 1),
    ] {
        for (sent, ends) in [(crlf(&sent), "CRLF"), (sent, "LF")] {
            assert_eq!(described(fault(sent.as_bytes())), (kind, line), "{ends}: {sent}");
        }
    }
}

#[test]
fn utf_16_is_named() {
    let text = five_lines();
    for text in [&text, &format!("\u{feff}{text}"), &format!("\n{text}")] {
        let units: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for sent in [little, big] {
            let error = fault(&sent);
            // In UTF-16, big-endian, a blank line begins with a zero byte, which is no white space.
            let blank = sent.starts_with(b"\0\n");
            assert_eq!(error.kind(), if blank { Kind::NotArmored } else { Kind::Utf16 }, "{sent:?}");
        }
    }
}

#[test]
fn an_envelope_in_binary_form_is_named() {
    let envelope = Sealer::new(NoRsa::default()).seal(b"hello").unwrap();
    assert_eq!(described(fault(&envelope)), (Kind::Binary, 1));
    assert_eq!(described(fault(&envelope[..4])), (Kind::Binary, 1));
}

#[test]
fn another_label_is_told() {
    for (text, label, line) in [
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", Some("CERTIFICATE"), 1),
        ("\n-----BEGIN RSA PRIVATE KEY-----\r\n", Some("RSA PRIVATE KEY"), 2),
        ("-----BEGIN AGE ENCRYPTED FILE-----\n", Some("AGE ENCRYPTED FILE"), 1),
        ("-----BEGIN bulla ENVELOPE-----\n", Some("bulla ENVELOPE"), 1),
        ("-----BEGIN BULLA ENVELOPE 2-----\nAAAA\n", Some("BULLA ENVELOPE 2"), 1),
        ("-----BEGIN BULLA ENVELOPE-----\nAAAA\n-----END PGP MESSAGE-----\n", Some("PGP MESSAGE"), 3),
        ("-----BEGIN ABCDEFGHIJKLMNOPQRSTUVWXYZ-01234-----\n", Some("ABCDEFGHIJKLMNOPQRSTUVWXYZ-01234"), 1),
        ("-----BEGIN ABCDEFGHIJKLMNOPQRSTUVWXYZ-012345-----\n", None, 1),
        ("-----BEGIN \u{1b}[31m-----\n", None, 1),
    ] {
        let error = fault(text.as_bytes());
        assert_eq!((described(error), error.label()), ((Kind::OtherLabel, line), label), "{text}");
        assert!(error.to_string().ends_with(label.unwrap_or("BULLA ENVELOPE")), "{error}");
    }
    // A block of another kind before the text is text before it.
    let text = format!("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{}", five_lines());
    assert_eq!(described(fault(text.as_bytes())), (Kind::LeadingText, 1));
}

#[test]
fn text_before_the_first_line_is_recognised_if_that_is_near() {
    let text = five_lines();
    // The label ends with the 16384th byte, or with the next one.
    for (len, kind) in [(2, Kind::LeadingText), (16_359, Kind::LeadingText), (16_360, Kind::NotArmored)] {
        for before in ["", "\n \n"] {
            let sent = [before, &"x".repeat(len - 1), "\n", &text].concat();
            let line = 1 + before.matches('\n').count() as u64;
            assert_eq!(described(fault(sent.as_bytes())), (kind, line), "{len} bytes");
        }
    }
}

#[test]
fn every_fault_is_named_with_its_line() {
    let full = "A".repeat(64);
    let padded = format!("{}=", "A".repeat(63));
    for (lines, kind, line) in [
        // The first line.
        (&["hello"][..], Kind::NotArmored, 1),
        (&["", "hello"], Kind::NotArmored, 2),
        (&[END], Kind::NotArmored, 1),
        (&[&full, &full], Kind::NotArmored, 1),
        (&["-----BEGIN BULLA ENVELOPE-----AAAA", END], Kind::JoinedLines, 1),
        (&["-----BEGIN BULLA ENVELOPE----- AAAA -----END BULLA ENVELOPE-----"], Kind::JoinedLines, 1),
        (&["-----BEGIN BULLA ENVELOPE------", END], Kind::Dashes, 1),
        (&[" \u{feff}-----BEGIN BULLA ENVELOPE-----", END], Kind::NoBreakSpace, 1),
        // Lines of another length.
        (&[BEGIN, "A", END], Kind::LineLength, 2),
        (&[BEGIN, "AA", END], Kind::LineLength, 2),
        (&[BEGIN, "AAA", END], Kind::LineLength, 2),
        (&[BEGIN, "AA=", END], Kind::LineLength, 2),
        (&[BEGIN, "AAAAA", END], Kind::LineLength, 2),
        (&[BEGIN, &full, "AAAAA", END], Kind::LineLength, 3),
        (&[BEGIN, &full[1..], END], Kind::LineLength, 2),
        (&[BEGIN, &full[4..], &full, END], Kind::LineLength, 2),
        (&[BEGIN, "AA==", "AAAA", END], Kind::LineLength, 2),
        (&[BEGIN, &full, &format!("{full}A"), END], Kind::LineLength, 3),
        (&[BEGIN, &full, &format!("{full}{}", &full[1..]), END], Kind::LineLength, 3),
        (&[BEGIN, &full, &format!("{full}{full}"), END], Kind::JoinedLines, 3),
        (&[BEGIN, &full, &full.repeat(1000), END], Kind::JoinedLines, 3),
        (&[BEGIN, &format!("{full} {full}"), END], Kind::JoinedLines, 2),
        (&[BEGIN, &format!("{full} AAAA"), END], Kind::JoinedLines, 2),
        (&[BEGIN, "AAAA-----END BULLA ENVELOPE-----"], Kind::JoinedLines, 2),
        (&[BEGIN, "AAAA", "BBBB", END], Kind::LineLength, 2),
        // Empty lines.
        (&[BEGIN, "", END], Kind::EmptyLine, 2),
        (&[BEGIN, " \t", END], Kind::EmptyLine, 2),
        (&[BEGIN, &full, "", &full, END], Kind::EmptyLine, 3),
        (&[BEGIN, "AAAA", "", END], Kind::EmptyLine, 3),
        // What programs add to lines.
        (&[BEGIN, "> AAAA", END], Kind::Quoted, 2),
        (&[BEGIN, &full, " >AAAA", END], Kind::Quoted, 3),
        (&[BEGIN, &full, "\tAAA", END], Kind::Indented, 3),
        (&[BEGIN, &full, " -----END BULLA ENVELOPE-----"], Kind::Indented, 3),
        (&[BEGIN, "AAAA", " -----END BULLA ENVELOPE-----"], Kind::Indented, 3),
        (&[BEGIN, &format!("{full} "), END], Kind::TrailingSpace, 2),
        (&[BEGIN, &full, "AAAA\t\t", END], Kind::TrailingSpace, 3),
        (&[BEGIN, "AA\u{200b}AA", END], Kind::NoBreakSpace, 2),
        (&[BEGIN, "AAA\u{202f}", END], Kind::NoBreakSpace, 2),
        (&[BEGIN, "\u{feff}AAAA", END], Kind::NoBreakSpace, 2),
        (&[BEGIN, "AAAA<br>", END], Kind::Html, 2),
        (&[BEGIN, "&#43;AAA", END], Kind::Html, 2),
        (&[BEGIN, "AAAA=C2=A0", END], Kind::QuotedPrintable, 2),
        (&[BEGIN, &format!("{full}="), &full, END], Kind::QuotedPrintable, 2),
        (&[BEGIN, &format!("{}=", &full[4..]), "AAAA", END], Kind::QuotedPrintable, 2),
        (&[BEGIN, &format!("{}=", &full[3..]), "AAA", END], Kind::QuotedPrintable, 2),
        // Characters.
        (&[BEGIN, "AA\tA", END], Kind::Character, 2),
        (&[BEGIN, "AA A", END], Kind::Character, 2),
        (&[BEGIN, "AA\0A", END], Kind::Character, 2),
        (&[BEGIN, "AA-_", END], Kind::Character, 2),
        (&[BEGIN, "AA\u{e9}", END], Kind::Character, 2),
        (&[BEGIN, "AAAA", "AA A", END], Kind::Character, 3),
        (&[BEGIN, "Version: 1", END], Kind::Character, 2),
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
        (&[BEGIN, "-----END BULLA ENVELOPE---- "], Kind::Dashes, 2),
        (&[BEGIN, "AAAA", "\u{2014}END BULLA ENVELOPE\u{2014}"], Kind::Dashes, 3),
        (&[BEGIN, &full, &"-".repeat(100)], Kind::EndLine, 3),
        (&[BEGIN, &full, "-- ", "Alice"], Kind::TrailingSpace, 3),
        (&[BEGIN, &full, "--", "Alice"], Kind::EndLine, 3),
        (&[BEGIN, BEGIN, END], Kind::SecondText, 2),
        (&[BEGIN, "AAAA", BEGIN, END], Kind::SecondText, 3),
        (&[BEGIN, END, END], Kind::TrailingData, 3),
        (&[BEGIN, "-----END BULLA ENVELOPE-----AAAA"], Kind::TrailingData, 2),
        (&[BEGIN, "-----END BULLA ENVELOPE------"], Kind::TrailingData, 2),
        (&[BEGIN, "AA==", END, "", " -----BEGIN BULLA ENVELOPE-----", END], Kind::SecondText, 5),
    ] {
        let text: String = lines.iter().map(|line| format!("{}\n", line.trim_end_matches('\n'))).collect();
        for text in [crlf(&text), text] {
            assert_eq!(described(fault(text.as_bytes())), (kind, line), "{text:?}");
        }
    }
}

#[test]
fn a_message_does_not_repeat_the_text() {
    let secret = "c2VjcmV0";
    for lines in [[secret, BEGIN, END], [BEGIN, "c2VjcmV0!", END], [BEGIN, END, secret]] {
        let text = lines.map(|line| format!("{}\n", line.trim_end())).concat();
        let message = fault(text.as_bytes()).to_string();
        assert!(!message.contains(secret), "{message}");
    }
}

/// The error of a text, which is the same if the text arrives byte by byte.
fn fault(text: &[u8]) -> ArmorError {
    let error = decode(text).unwrap_err();
    let slow = Faulty::new(text, vec![Step::Short(1), Step::WouldBlock]);
    let (_, end) = read_in_pieces(ArmorReader::new(slow), &[100]);
    assert_eq!(armor_error(&end.unwrap_err()), error, "byte by byte");
    error
}

/// A text of five lines: two full ones of base64, and one of eight characters that ends in `==`.
fn five_lines() -> String {
    let text = armor::encode(&pattern(100));
    let lens: Vec<usize> = text.lines().map(str::len).collect();
    assert_eq!(lens, [30, 64, 64, 8, 28]);
    assert!(text.contains("==\n"));
    text
}
