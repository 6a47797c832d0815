//! The text form is the same however it is read and written, and faults show in time.
#![cfg(feature = "armor")]

#[path = "common/support.rs"]
mod support;

use std::io::{self, Read, Write};

use bulla::armor::{ArmorReader, ArmorWriter};
use bulla::error::ArmorErrorKind as Kind;
use bulla::{Opener, Sealer, armor};
use proptest::collection::vec;
use proptest::prelude::*;
use support::armor_text::{BEGIN, COLLECTED, END, TEXT_LEN, armor_error, crlf, decode, described, expected, lengths};
use support::streams::{Boasts, Counting, Fails, Faulty, Step, Untouchable};
use support::{NoRsa, insist, pattern, read_in_pieces, write_in_pieces};

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
        (String::new(), b'\n', Kind::LeadingSpace, 1025),
        (String::new(), b'\r', Kind::LeadingSpace, 1),
        (format!("hello\n{BEGIN}{END}"), b'A', Kind::LeadingText, 1),
        (BEGIN.into(), b'A', Kind::JoinedLines, 2),
        (BEGIN.into(), b'=', Kind::JoinedLines, 2),
        (BEGIN.into(), b'\r', Kind::LineEnd, 2),
        (BEGIN.into(), b'\n', Kind::EmptyLine, 2),
        (BEGIN.into(), b' ', Kind::EmptyLine, 2),
        (BEGIN.into(), b'-', Kind::EndLine, 2),
        (BEGIN.replace('\n', "\r\n"), b'A', Kind::JoinedLines, 2),
        (format!("{BEGIN}{full}\nAAAA\n"), b'A', Kind::JoinedLines, 4),
        (format!("{BEGIN}{END}"), b'A', Kind::TrailingData, 3),
    ] {
        for size in [1, 1000, 100_000] {
            let mut counted = Counting::new(start.as_bytes().chain(io::repeat(filler)));
            let (_, end) = read_in_pieces(ArmorReader::new(&mut counted), &[size]);
            assert_eq!(described(armor_error(&end.unwrap_err())), (kind, line), "{start:?}, then {filler}");
            assert!(counted.count() <= (start.len() + 4 * TEXT_LEN) as u64, "{} bytes", counted.count());
        }
    }
}

#[test]
fn white_space_after_the_text_is_read_to_its_end_and_counted() {
    let text = armor::encode(&pattern(100));
    for (rest, kind, line) in [(&b"x"[..], Kind::TrailingData, 3), (BEGIN.as_bytes(), Kind::SecondText, 3)] {
        let space = io::repeat(b'\n').take(3_000_000);
        let mut counted = Counting::new(text.as_bytes().chain(space).chain(rest));
        let (content, end) = read_in_pieces(ArmorReader::new(&mut counted), &[1000]);
        assert_eq!(described(armor_error(&end.unwrap_err())), (kind, line + 3 + 3_000_000));
        assert!(content == pattern(100) && counted.count() > 3_000_000);
    }
}

#[test]
fn a_line_is_released_as_soon_as_it_has_arrived() {
    let text = armor::encode(&pattern(480));
    let start = &text.as_bytes()[..BEGIN.len() + 65];
    let broken = start.chain(Fails(io::ErrorKind::TimedOut));
    let mut content = [0; 48];
    ArmorReader::new(broken).read_exact(&mut content).unwrap();
    assert_eq!(content[..], pattern(48));
}

#[test]
fn a_reader_reads_to_the_end_of_its_input_and_not_again() {
    for len in [0, 10, 48, 50_000] {
        let text = armor::encode(&pattern(len));
        let mut reader = ArmorReader::new(Faulty::new(text.as_bytes(), Vec::new()));
        let mut content = Vec::new();
        reader.read_to_end(&mut content).unwrap();
        assert!(content == pattern(len) && reader.get_ref().ended);
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
    fn a_fault_and_the_bytes_before_it_do_not_depend_on_how_the_text_is_read(
        len in 1..30_000usize,
        at in any::<prop::sample::Index>(),
        bytes in prop_oneof![
            proptest::sample::select(&DAMAGE[..]).prop_map(|damage| damage.as_bytes().to_vec()),
            any::<u8>().prop_map(|byte| vec![byte]),
            vec(any::<u8>(), 1..200),
        ],
        inserted in any::<bool>(),
        sizes in vec(1..30_000usize, 1..6),
        windows in any::<bool>(),
        script in script(),
    ) {
        let text = armor::encode(&pattern(len));
        let mut text = if windows { crlf(&text) } else { text }.into_bytes();
        let at = at.index(text.len());
        text.splice(at..at + usize::from(!inserted), bytes);

        let (released, end) = read_in_pieces(ArmorReader::new(&text[..]), &[usize::from(u16::MAX)]);
        let (again, end_again) = read_in_pieces(ArmorReader::new(Faulty::new(&text[..], script)), &sizes);
        prop_assert!(released == again);
        let [end, end_again] = [end, end_again].map(|end| end.map_err(|error| armor_error(&error)));
        prop_assert_eq!(end, end_again);
        prop_assert_eq!(armor::decode(&text), end.map(|()| released.clone()));
        if let Err(error) = end && released.len() < len {
            let lines = text.split(|byte| *byte == b'\n').take(usize::try_from(error.line()).unwrap() - 1).skip(1);
            let full = lines.filter(|line| line.trim_ascii_end().len() == 64 && !line.contains(&b'=')).count();
            prop_assert_eq!(released.len(), full * 48, "{}", error);
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
fn a_cut_text_is_an_unexpected_end_of_file() {
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
fn an_opening_reader_passes_on_an_error_of_the_text_and_repeats_it() {
    let key = NoRsa::default();
    let mut text = armor::encode(&Sealer::new(&key).seal(&pattern(100_000)).unwrap());
    let end = text.len() - END.len();
    text.insert(end, '\n');
    let mut reader = Opener::new(&key).wrap_input(ArmorReader::new(text.as_bytes())).unwrap();
    let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
    let expected = armor_error(&error);
    assert_eq!(expected.kind(), Kind::EmptyLine);
    assert_eq!(armor_error(&reader.read(&mut [0; 10]).unwrap_err()), expected);
}

#[test]
fn an_input_that_fails_poisons_the_reader() {
    let text = armor::encode(&pattern(100));
    let mut reader = ArmorReader::new((&text.as_bytes()[..50]).chain(Fails(io::ErrorKind::ConnectionReset)));
    for _ in 0..3 {
        assert_eq!(reader.read(&mut [0; 100]).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }
}

#[test]
fn a_stream_that_claims_more_than_it_was_given_is_an_error_not_a_panic() {
    assert!(ArmorWriter::new(Boasts).finish().is_err());
    assert!(ArmorReader::new(Boasts).read(&mut [0; 100]).is_err());
}

#[test]
fn constructing_a_writer_or_reader_does_no_io() {
    let mut room: [u8; 0] = [];
    drop(ArmorWriter::new(Untouchable));
    drop(ArmorReader::new(Untouchable));
    // And what is written to without room does fail.
    assert_eq!(ArmorWriter::new(&mut room[..]).finish().unwrap_err().error().kind(), io::ErrorKind::WriteZero);
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
    assert_eq!(armor::decode(&text).unwrap(), vec![0; 259 * 48 + 47]);
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
        assert_eq!(bulla::open(&key, &armor::decode(&text).unwrap()).unwrap(), pattern(len));
        let reader = Opener::new(&key).wrap_input(ArmorReader::new(&text[..])).unwrap();
        let (plaintext, end) = read_in_pieces(reader, &[10_000]);
        end.unwrap();
        assert!(plaintext == pattern(len), "{len} bytes");
    }
}

#[test]
fn an_envelope_whose_text_was_cut_does_not_open() {
    let key = NoRsa::default();
    let text = armor::encode(&Sealer::new(&key).seal(&pattern(20_000)).unwrap());
    let cuts = (0..text.len() - 1).step_by(61).chain(text.len() - 100..text.len() - 1);
    for cut in cuts {
        let opened = Opener::new(&key).wrap_input(ArmorReader::new(&text.as_bytes()[..cut]));
        let error = opened.and_then(|mut reader| reader.read_to_end(&mut Vec::new())).unwrap_err();
        assert_eq!(armor_error(&error).kind(), Kind::Truncated, "at {cut}");
    }
}

/// What turns up in a text on its way.
const DAMAGE: [&str; 12] = ["\n", "\r", "=", "-", " ", "> ", "=3D", "<br>", "\u{a0}", "\u{feff}", "\u{2014}", BEGIN];

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
