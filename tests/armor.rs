//! The text form: strict, canonical, and the same however it is read and written.
#![cfg(feature = "armor")]

#[path = "common/support.rs"]
mod support;

use std::error::Error;
use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::iter;
use std::process::{Command, Stdio};

use bulla::ArmorErrorKind as Kind;
use bulla::{ArmorError, ArmorReader, ArmorWriter, HeaderErrorKind, Lookalike, OpenError, Opener, Sealer};
use bulla::{armor, dearmor, is_armored};
use proptest::collection::vec;
use proptest::prelude::*;
use support::{Faulty, NoRsa, Step, insist, open_error, pattern, read_in_pieces, write_in_pieces};

const BEGIN: &str = "-----BEGIN BULLA ENVELOPE-----\n";
const END: &str = "-----END BULLA ENVELOPE-----\n";

/// What the writer encodes and the reader asks for at once.
const COLLECTED: usize = 256 * 48;
const TEXT_LEN: usize = 16384;

#[test]
fn the_text_is_that_of_rfc_4648_and_7468_at_every_length() {
    for len in lengths() {
        assert!(armor(&pattern(len)) == expected(&pattern(len)), "{len} bytes");
    }
}

#[test]
fn the_oracle_of_these_tests_is_that_of_openssl() {
    for len in [1, 2, 3, 46, 47, 48, 49, 96, 97, 10_000] {
        let content = pattern(len);
        let base64 = String::from_utf8(openssl_base64(&content)).unwrap();
        assert_eq!(expected(&content), format!("{BEGIN}{base64}{END}"), "{len} bytes");
    }
}

#[test]
fn a_written_text_is_the_same_however_it_is_written() {
    for len in lengths() {
        let content = pattern(len);
        for sizes in [&[1][..], &[47, 2], &[48], &[1000], &[COLLECTED, 5], &[COLLECTED + 1], &[usize::MAX]] {
            if sizes == [1] && len > 1000 {
                continue;
            }
            let mut writer = ArmorWriter::new(Vec::new());
            write_in_pieces(&mut writer, &content, sizes).unwrap();
            assert!(writer.finish().unwrap() == expected(&content).as_bytes(), "{len} bytes by {sizes:?}");
        }
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
fn every_change_of_a_byte_is_refused_or_gives_the_one_text_of_other_content() {
    for len in [0, 10, 11, 12, 46, 47, 48, 49, 100] {
        let text = armor(&pattern(len));
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
                        assert!(armor(&content).as_bytes() == altered, "byte {at} to {value}");
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
fn every_truncation_is_one_but_the_loss_of_the_last_line_end() {
    for len in [0, 1, 47, 48, 49, 96, 150] {
        let text = armor(&pattern(len));
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
fn line_ends_are_those_of_the_first_line() {
    let text = armor(&pattern(100));
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
    let text = armor(b"hello");
    let cr = format!("{}\r", text.trim_end());
    assert_eq!(described(decode(cr.as_bytes()).unwrap_err()), (Kind::EndLine, 3));
    assert_eq!(described(decode(format!("{text}\r").as_bytes()).unwrap_err()), (Kind::TrailingData, 4));
    assert_eq!(described(decode(format!("{}\r", crlf(&text)).as_bytes()).unwrap_err()), (Kind::TrailingData, 4));
}

#[test]
fn a_short_line_is_not_released_unless_the_end_line_follows() {
    let full = "A".repeat(64);
    for (rest, released) in [("AAAA\nAAAA\n", 48), ("AAAA\n", 48), ("AAAA\n-----END\n", 48), ("AAAA\r\n", 48)] {
        let text = format!("{BEGIN}{full}\n{rest}");
        let (bytes, end) = read_in_pieces(ArmorReader::new(text.as_bytes()), &[1000]);
        assert!(end.is_err());
        assert_eq!(bytes, vec![0; released], "{text:?}");
    }
}

#[test]
fn an_endless_line_is_refused_after_a_bounded_number_of_bytes() {
    let full = "A".repeat(64);
    for (start, filler, kind, line) in [
        (String::new(), b'A', Kind::NotArmored, 1),
        (String::new(), b'-', Kind::NotArmored, 1),
        (String::new(), b'\n', Kind::NotArmored, 1),
        (BEGIN.into(), b'A', Kind::LineLength, 2),
        (BEGIN.into(), b'=', Kind::LineLength, 2),
        (BEGIN.into(), b'\r', Kind::LineLength, 2),
        (BEGIN.into(), b'\n', Kind::LineLength, 2),
        (BEGIN.into(), b'-', Kind::EndLine, 2),
        (BEGIN.replace('\n', "\r\n"), b'A', Kind::LineLength, 2),
        (format!("{BEGIN}{full}\nAAAA\n"), b'A', Kind::LineLength, 4),
        (format!("{BEGIN}{END}"), b'A', Kind::TrailingData, 3),
    ] {
        for size in [1, 1000, 100_000] {
            let mut counted = Counted { inner: start.as_bytes().chain(io::repeat(filler)), bytes: 0 };
            let (_, end) = read_in_pieces(ArmorReader::new(&mut counted), &[size]);
            assert_eq!(described(armor_error(&end.unwrap_err())), (kind, line), "{start:?}, then {filler}");
            assert!(counted.bytes <= start.len() + 4 * TEXT_LEN, "{} bytes", counted.bytes);
        }
    }
}

#[test]
fn a_line_is_yielded_as_soon_as_it_is_there() {
    let text = armor(&pattern(480));
    let start = &text.as_bytes()[..BEGIN.len() + 65];
    let broken = start.chain(Fails(io::ErrorKind::TimedOut));
    let mut content = [0; 48];
    ArmorReader::new(broken).read_exact(&mut content).unwrap();
    assert_eq!(content[..], pattern(48));
}

#[test]
fn the_end_is_told_only_after_that_of_the_input_which_is_not_read_again() {
    struct Once<'a>(&'a [u8], bool);
    impl Read for Once<'_> {
        fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
            assert!(!self.1, "read after its end");
            assert!(!output.is_empty(), "read into nothing");
            let len = self.0.read(output)?;
            self.1 = len == 0;
            Ok(len)
        }
    }
    for len in [0, 10, 48, 50_000] {
        let text = armor(&pattern(len));
        let mut reader = ArmorReader::new(Once(text.as_bytes(), false));
        let mut content = Vec::new();
        reader.read_to_end(&mut content).unwrap();
        assert!(content == pattern(len) && reader.get_ref().1);
        assert_eq!(reader.read(&mut [0; 10]).unwrap(), 0);
        assert_eq!(reader.read(&mut [0; 100]).unwrap(), 0);
    }
}

#[test]
fn reading_into_nothing_reads_nothing() {
    let mut reader = ArmorReader::new(Fails(io::ErrorKind::TimedOut));
    assert_eq!(reader.read(&mut []).unwrap(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_writer_loses_nothing_on_an_output_that_is_short_or_blocks(
        len in 0..60_000usize,
        sizes in vec(1..30_000usize, 1..6),
        flushed in any::<bool>(),
        script in script(),
    ) {
        let content = pattern(len);
        let mut writer = ArmorWriter::new(Faulty::new(Vec::new(), script));
        write_in_pieces(&mut writer, &content[..len / 2], &sizes).unwrap();
        if flushed {
            insist(|| writer.flush()).unwrap();
        }
        write_in_pieces(&mut writer, &content[len / 2..], &sizes).unwrap();
        insist(|| writer.try_finish()).unwrap();
        insist(|| writer.try_finish()).unwrap();
        prop_assert!(writer.get_ref().inner == expected(&content).as_bytes());
    }

    #[test]
    fn a_reader_loses_nothing_on_an_input_that_is_short_or_blocks(
        len in 0..60_000usize,
        sizes in vec(1..30_000usize, 1..6),
        windows in any::<bool>(),
        script in script(),
    ) {
        let content = pattern(len);
        let text = expected(&content);
        let text = if windows { crlf(&text) } else { text };
        let (released, end) = read_in_pieces(ArmorReader::new(Faulty::new(text.as_bytes(), script)), &sizes);
        end.unwrap();
        prop_assert!(released == content);
    }

    #[test]
    fn what_comes_before_a_fault_and_the_fault_do_not_depend_on_the_pieces(
        len in 1..30_000usize,
        at in any::<prop::sample::Index>(),
        byte in prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'='), Just(b'-'), Just(b' '), any::<u8>()],
        inserted in any::<bool>(),
        sizes in vec(1..30_000usize, 1..6),
        windows in any::<bool>(),
        script in script(),
    ) {
        let text = armor(&pattern(len));
        let mut text = if windows { crlf(&text) } else { text }.into_bytes();
        let at = at.index(text.len());
        text.splice(at..at + usize::from(!inserted), [byte]);

        let (released, end) = read_in_pieces(ArmorReader::new(&text[..]), &[usize::from(u16::MAX)]);
        let (again, end_again) = read_in_pieces(ArmorReader::new(Faulty::new(&text[..], script)), &sizes);
        prop_assert!(released == again);
        let [end, end_again] = [end, end_again].map(|end| end.map_err(|error| armor_error(&error)));
        prop_assert_eq!(end, end_again);
        prop_assert_eq!(dearmor(&text), end.map(|()| released.clone()));
        if let Err(error) = end && error.kind() != Kind::TrailingData {
            let lines = text.split(|byte| *byte == b'\n').take(usize::try_from(error.line()).unwrap() - 1).skip(1);
            let full = lines.filter(|line| line.trim_ascii_end().len() == 64 && !line.contains(&b'=')).count();
            prop_assert_eq!(released.len(), full * 48, "{}", error);
        }
    }

    #[test]
    fn what_is_accepted_has_one_text(
        lines in vec("[-A-Za-z0-9+/=\\r\\n ]{0,3}|[A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{2}[AQgw]=|[A-Za-z0-9+/]{4}", 0..5),
        windows in any::<bool>(),
    ) {
        let text: String = [BEGIN].into_iter().map(String::from)
            .chain(lines.iter().map(|line| format!("{line}\n")))
            .chain([END.into()]).collect();
        let text = if windows { crlf(&text) } else { text };
        if let Ok(content) = decode(text.as_bytes()) {
            let canonical = armor(&content);
            prop_assert_eq!(if windows { crlf(&canonical) } else { canonical }, text);
        }
    }

    #[test]
    fn a_writer_that_fails_at_any_byte_leaves_a_prefix_of_the_right_text(
        len in 0..60_000usize,
        room in 0..80_000usize,
        sizes in vec(1..30_000usize, 1..6),
    ) {
        let content = pattern(len);
        let text = expected(&content);
        let mut buffer = vec![0; room];
        let mut writer = ArmorWriter::new(&mut buffer[..]);
        let result = write_in_pieces(&mut writer, &content, &sizes).and_then(|()| writer.try_finish());
        let left = writer.get_ref().len();
        prop_assert_eq!(result.is_ok(), room >= text.len());
        prop_assert_eq!(room - left, room.min(text.len()));
        if result.is_err() {
            for error in [writer.write(b"x").unwrap_err(), writer.flush().unwrap_err(), writer.try_finish().unwrap_err()] {
                prop_assert_eq!(error.kind(), io::ErrorKind::WriteZero);
            }
        }
        prop_assert!(text.as_bytes().starts_with(&buffer[..room.min(text.len())]));
    }
}

#[test]
fn a_cut_text_ends_unexpectedly_as_a_cut_envelope_does() {
    let mut reader = ArmorReader::new(BEGIN.as_bytes());
    let error = reader.read(&mut [0; 100]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(described(armor_error(&error)).0, Kind::Truncated);
}

#[test]
fn an_error_is_repeated_by_every_later_call() {
    let text = format!("{BEGIN}{}\nAA A\n{END}", "A".repeat(64));
    let mut reader = ArmorReader::new(text.as_bytes());
    assert_eq!(reader.read(&mut [0; 100]).unwrap(), 48);
    for size in [1, 100, 100_000] {
        let error = reader.read(&mut vec![0; size]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert_eq!(described(armor_error(&error)), (Kind::Character, 3));
        assert!(error.to_string().contains("line 3"), "{error}");
    }
}

#[test]
fn an_error_comes_through_an_opening_reader_and_is_repeated_there() {
    let key = NoRsa::default();
    let mut text = armor(&Sealer::new(&key).seal(&pattern(100_000)).unwrap());
    let end = text.len() - END.len();
    text.insert(end, '\n');
    let mut reader = Opener::new(&key).wrap_input(ArmorReader::new(text.as_bytes())).unwrap();
    let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
    let expected = armor_error(&error);
    assert_eq!(expected.kind(), Kind::LineLength);
    assert_eq!(armor_error(&reader.read(&mut [0; 10]).unwrap_err()), expected);
}

#[test]
fn an_input_that_fails_poisons_the_reader() {
    let text = armor(&pattern(100));
    let mut reader = ArmorReader::new((&text.as_bytes()[..50]).chain(Fails(io::ErrorKind::ConnectionReset)));
    for _ in 0..3 {
        assert_eq!(reader.read(&mut [0; 100]).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }
}

#[test]
fn a_stream_that_claims_more_than_it_was_given_is_an_error_and_no_panic() {
    struct Boasts;
    impl Write for Boasts {
        fn write(&mut self, input: &[u8]) -> io::Result<usize> {
            Ok(input.len() + 1)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    impl Read for Boasts {
        fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
            Ok(output.len() + 1)
        }
    }
    assert!(ArmorWriter::new(Boasts).finish().is_err());
    assert!(ArmorReader::new(Boasts).read(&mut [0; 100]).is_err());
}

#[test]
fn making_a_writer_or_reader_does_no_io() {
    let mut room: [u8; 0] = [];
    drop(ArmorWriter::new(Untouchable));
    drop(ArmorReader::new(Untouchable));
    // And what is written to without room does fail.
    assert_eq!(ArmorWriter::new(&mut room[..]).finish().unwrap_err().kind(), io::ErrorKind::WriteZero);
}

#[test]
fn flush_passes_on_every_full_line_and_no_short_one() {
    let mut writer = ArmorWriter::new(io::BufWriter::with_capacity(1 << 20, Vec::new()));
    for (len, lines) in [(0, 0), (47, 0), (1, 1), (95, 2), (1, 3), (COLLECTED + 47, 259)] {
        writer.write_all(&vec![0; len]).unwrap();
        writer.flush().unwrap();
        assert_eq!(writer.get_ref().get_ref().len(), BEGIN.len() + 65 * lines, "{lines} lines");
    }
    let text = writer.finish().unwrap().into_inner().unwrap();
    assert_eq!(dearmor(&text).unwrap(), vec![0; 259 * 48 + 47]);
}

#[test]
fn a_writer_dropped_before_finish_leaves_a_truncated_text() {
    for len in [0, 1, 48, 100_000] {
        let mut text = Vec::new();
        let mut writer = ArmorWriter::new(&mut text);
        writer.write_all(&pattern(len)).unwrap();
        writer.flush().unwrap();
        drop(writer);
        assert_eq!(decode(&text).unwrap_err().kind(), Kind::Truncated, "{len} bytes");
    }
}

#[test]
fn finish_flushes_the_inner_writer() {
    let inner = ArmorWriter::new(io::BufWriter::with_capacity(1 << 20, Vec::new())).finish().unwrap();
    assert!(inner.buffer().is_empty());
    assert_eq!(inner.get_ref(), format!("{BEGIN}{END}").as_bytes());
}

#[test]
fn a_finished_writer_takes_no_more() {
    let mut writer = ArmorWriter::new(Vec::new());
    writer.try_finish().unwrap();
    for input in [&b"x"[..], b""] {
        assert_eq!(writer.write(input).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
    writer.flush().unwrap();
    writer.try_finish().unwrap();
    assert_eq!(writer.get_ref(), format!("{BEGIN}{END}").as_bytes());
}

#[test]
fn an_envelope_streams_through_the_text_form_both_ways() {
    let key = NoRsa::default();
    for len in support::LENGTHS {
        let mut writer = Sealer::new(&key).wrap_output(ArmorWriter::new(Vec::new())).unwrap();
        write_in_pieces(&mut writer, &pattern(len), &[10_000]).unwrap();
        let text = writer.finish().unwrap().finish().unwrap();
        assert_eq!(bulla::open(&key, &dearmor(&text).unwrap()).unwrap(), pattern(len));
        let reader = Opener::new(&key).wrap_input(ArmorReader::new(&text[..])).unwrap();
        let (plaintext, end) = read_in_pieces(reader, &[10_000]);
        end.unwrap();
        assert!(plaintext == pattern(len), "{len} bytes");
    }
}

#[test]
fn an_envelope_whose_text_was_cut_does_not_open() {
    let key = NoRsa::default();
    let text = armor(&Sealer::new(&key).seal(&pattern(20_000)).unwrap());
    let cuts = (0..text.len() - 1).step_by(61).chain(text.len() - 100..text.len() - 1);
    for cut in cuts {
        let opened = Opener::new(&key).wrap_input(ArmorReader::new(&text.as_bytes()[..cut]));
        let error = opened.and_then(|mut reader| reader.read_to_end(&mut Vec::new())).unwrap_err();
        assert_eq!(armor_error(&error).kind(), Kind::Truncated, "at {cut}");
    }
}

#[test]
fn a_text_opened_without_the_reader_is_recognised() {
    let key = NoRsa::default();
    let text = armor(&Sealer::new(&key).seal(b"hello").unwrap());
    let in_memory = Opener::new(&key).open(text.as_bytes()).unwrap_err();
    let streamed = open_error(&Opener::new(&key).wrap_input(text.as_bytes()).unwrap_err());
    for error in [in_memory, streamed] {
        assert!(error.to_string().contains("text form of an envelope"), "{error}");
        let OpenError::Header(error) = error else { panic!("{error}") };
        assert_eq!(error.kind(), HeaderErrorKind::NotAnEnvelope(Lookalike::Armor));
    }
}

#[test]
fn a_text_is_recognised_by_its_first_line_and_nothing_else_is() {
    let text = armor(&pattern(100));
    for len in 0..text.len() {
        assert_eq!(is_armored(&text.as_bytes()[..len]), len >= 30, "{len} bytes");
    }
    assert!(is_armored(crlf(&text).as_bytes()));
    assert!(!is_armored(text.to_lowercase().as_bytes()));
    assert!(!is_armored(&Sealer::new(&NoRsa::default()).seal(b"").unwrap()));
}

#[test]
fn the_types_can_be_sent_and_the_error_compared() {
    fn sent<T: Send + Sync + Unpin + Debug>() {}
    fn compared<T: Error + Clone + PartialEq + Send + Sync + 'static>() {}
    sent::<ArmorWriter<Vec<u8>>>();
    sent::<ArmorReader<io::Empty>>();
    compared::<ArmorError>();
}

/// Lengths around those of lines, and of what the writer and the reader handle at once.
fn lengths() -> impl Iterator<Item = usize> {
    let around = |middle: usize| middle - 2..=middle + 2;
    let batch = 64 * 48;
    let read = (TEXT_LEN - 31) / 65 * 48;
    let boundaries = [batch, COLLECTED, read, COLLECTED + 48, 2 * COLLECTED, 3 * COLLECTED + batch, 100_000];
    (0..=200).chain(boundaries.into_iter().flat_map(around)).chain(around(4 * read))
}

/// The text form, without the library: from the alphabet of RFC 4648 and the line length of RFC 7468.
fn expected(content: &[u8]) -> String {
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let base64: Vec<char> = content
        .chunks(3)
        .flat_map(|bytes| {
            let bits = bytes.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - bytes.len()));
            let digits = (0..=bytes.len()).map(|i| alphabet[bits >> (18 - 6 * i) & 63]);
            digits.chain(iter::repeat('=')).take(4).collect::<Vec<_>>()
        })
        .collect();
    let lines = base64.chunks(64).map(|line| line.iter().collect::<String>() + "\n");
    iter::once(BEGIN.into()).chain(lines).chain([END.into()]).collect()
}

fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

/// Decodes in memory and as streams of several kinds, which must agree.
fn decode(text: &[u8]) -> Result<Vec<u8>, ArmorError> {
    let result = dearmor(text);
    for sizes in [&[usize::from(u16::MAX)][..], &[47], &[48, 1]] {
        let (released, end) = read_in_pieces(ArmorReader::new(text), sizes);
        assert_eq!(end.map(|()| released).map_err(|error| armor_error(&error)), result, "by {sizes:?}");
    }
    result
}

fn described(error: ArmorError) -> (Kind, u64) {
    (error.kind(), error.line())
}

fn armor_error(error: &io::Error) -> ArmorError {
    *ArmorError::from_io(error).unwrap_or_else(|| panic!("an error of the text form: {error}"))
}

/// Steps of an inner stream that get somewhere in the end.
fn script() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (1..20_000usize).prop_map(Step::Short),
        (1..100usize).prop_map(Step::Short),
        Just(Step::WouldBlock),
        Just(Step::Interrupted),
    ];
    vec(step, 0..12).prop_map(|mut script| {
        script.push(Step::Short(10_000));
        script
    })
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

/// Fails at every call.
struct Fails(io::ErrorKind);

impl Read for Fails {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
}

/// Must not be called.
struct Untouchable;

impl Write for Untouchable {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        panic!("written to")
    }

    fn flush(&mut self) -> io::Result<()> {
        panic!("flushed")
    }
}

impl Read for Untouchable {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        panic!("read from")
    }
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    bytes: usize,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let len = self.inner.read(output)?;
        self.bytes += len;
        Ok(len)
    }
}
