//! Seeking in an envelope does what seeking in its plaintext does.

#[path = "common/support.rs"]
mod support;

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use bulla::error::OpenError;
use bulla::{Header, Limits, Opener};
use proptest::collection::vec;
use proptest::prelude::*;
use support::model::read_up_to;
use support::{CHUNK, NoRsa, SEALED_CHUNK, boundary_lengths, open_error, opener_with_threads, pattern, seal};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn seeking_and_reading_does_what_a_cursor_does(
        len in boundary_lengths(),
        script in vec(operation(), 1..20),
        threads in 1..4usize,
    ) {
        let plaintext = pattern(len);
        let envelope = seal(&plaintext);
        let mut cursor = Cursor::new(&plaintext);
        let key = NoRsa::default();
        let mut reader = opener_with_threads(&key, threads).wrap_input(Cursor::new(&envelope)).unwrap();
        for operation in script {
            match operation {
                Operation::Read(len) => {
                    let (mut expected, mut seen) = (vec![0; len], vec![0; len]);
                    let filled = fill(&mut cursor, &mut expected).unwrap();
                    prop_assert_eq!(fill(&mut reader, &mut seen).unwrap(), filled);
                    prop_assert!(seen == expected);
                }
                Operation::Seek(target) => match (cursor.seek(target), reader.seek(target)) {
                    (Ok(expected), Ok(position)) => prop_assert_eq!(position, expected),
                    (Err(expected), Err(error)) => prop_assert_eq!(error.kind(), expected.kind()),
                    (expected, seen) => prop_assert!(false, "{:?} instead of {:?}", seen, expected),
                },
                Operation::Len => prop_assert_eq!(reader.len().unwrap(), len as u64),
            }
            prop_assert_eq!(reader.stream_position().unwrap(), cursor.position());
        }
    }
}

#[test]
fn seeking_to_before_the_start_is_invalid_and_changes_nothing() {
    let key = NoRsa::default();
    let envelope = seal(&pattern(40_000));
    let mut reader = Opener::new(&key).wrap_input(Cursor::new(&envelope)).unwrap();
    let mut start = [0; 10];
    reader.read_exact(&mut start).unwrap();
    for target in [SeekFrom::Current(-11), SeekFrom::End(-40_001), SeekFrom::Current(i64::MIN)] {
        assert_eq!(reader.seek(target).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(reader.stream_position().unwrap(), 10);
    }
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).unwrap();
    assert!([&start[..], &rest].concat() == pattern(40_000));
}

#[test]
fn positions_far_beyond_the_end_read_as_nothing() {
    let key = NoRsa::default();
    let envelope = seal(&pattern(40_000));
    let mut reader = Opener::new(&key).wrap_input(Cursor::new(&envelope)).unwrap();
    let reader_at = Opener::new(&key).wrap_input_at(&envelope[..]).unwrap();
    for position in [40_000, 40_001, 1 << 40, (1 << 52) - 1, 1 << 52, 1 << 62, u64::MAX - 1, u64::MAX] {
        assert_eq!(reader.seek(SeekFrom::Start(position)).unwrap(), position);
        assert_eq!(reader.read(&mut [0; 9]).unwrap(), 0);
        assert_eq!(reader.stream_position().unwrap(), position);
        assert_eq!(reader_at.read_at(&mut [0; 9], position).unwrap(), 0);
        assert_eq!(reader_at.read_at(&mut vec![0; 3 * CHUNK], position).unwrap(), 0);
    }
    assert_eq!(reader.seek(SeekFrom::Current(1)).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    assert_eq!(reader.seek(SeekFrom::End(-1)).unwrap(), 39_999);
    assert_eq!(reader.read(&mut [0; 9]).unwrap(), 1);
}

#[test]
fn a_bad_chunk_fails_but_the_chunks_after_it_can_be_read() {
    let key = NoRsa::default();
    let plaintext = pattern(5 * CHUNK);
    let mut envelope = seal(&plaintext);
    let body = support::header_len(&envelope);
    envelope[body + 56 + 2 * SEALED_CHUNK] ^= 1;
    let mut reader = Opener::new(&key).wrap_input(Cursor::new(&envelope)).unwrap();

    let mut seen = Vec::new();
    let error = reader.read_to_end(&mut seen).unwrap_err();
    assert_eq!(open_error(&error), OpenError::ChunkAltered { index: 2 });
    assert!(seen == plaintext[..2 * CHUNK]);
    assert!(reader.read(&mut [0; 1]).is_err(), "the error stays");

    reader.seek(SeekFrom::Start(3 * CHUNK as u64)).unwrap();
    seen.clear();
    reader.read_to_end(&mut seen).unwrap();
    assert!(seen == plaintext[3 * CHUNK..]);
}

#[test]
fn an_envelope_within_a_file_is_read_from_where_it_starts() {
    let key = NoRsa::default();
    let plaintext = pattern(50_000);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"something else").unwrap();
    file.write_all(&seal(&plaintext)).unwrap();
    file.seek(SeekFrom::Start(14)).unwrap();

    let mut reader = Opener::new(&key).wrap_input(&file).unwrap();
    assert_eq!(reader.seek(SeekFrom::End(-10_000)).unwrap(), 40_000);
    let mut seen = Vec::new();
    reader.read_to_end(&mut seen).unwrap();
    assert!(seen == plaintext[40_000..]);
    reader.rewind().unwrap();
    seen.clear();
    reader.read_to_end(&mut seen).unwrap();
    assert!(seen == plaintext);
}

#[test]
fn a_detached_body_is_read_anywhere() {
    let key = NoRsa::default();
    let plaintext = pattern(50_000);
    let envelope = seal(&plaintext);
    let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
    let open = || Opener::new(&key).open_header(&header).unwrap();

    let mut reader = open().wrap_input(Cursor::new(body));
    reader.seek(SeekFrom::Start(20_000)).unwrap();
    let mut seen = vec![0; 100];
    reader.read_exact(&mut seen).unwrap();
    assert!(seen == plaintext[20_000..20_100]);

    let reader = open().wrap_input_at(body, 0).unwrap();
    reader.read_exact_at(&mut seen, 49_900).unwrap();
    assert!(seen == plaintext[49_900..]);
    assert_eq!(reader.read_exact_at(&mut seen, 49_901).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn wrong_associated_data_is_an_error_before_anything_is_read() {
    let key = NoRsa::default();
    let envelope = seal(&pattern(50_000));
    let error = Opener::new(&key).aad(b"other").wrap_input_at(&envelope[..]).unwrap_err();
    assert_eq!(open_error(&error), OpenError::WrongAssociatedData);

    let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
    let opened = Opener::new(&key).aad(b"other").open_header(&header).unwrap();
    let mut reader = opened.wrap_input(Cursor::new(body));
    for _ in 0..2 {
        assert_eq!(open_error(&reader.seek(SeekFrom::Start(20_000)).unwrap_err()), OpenError::WrongAssociatedData);
        assert_eq!(open_error(&reader.read(&mut [0; 1]).unwrap_err()), OpenError::WrongAssociatedData);
    }
}

#[derive(Clone, Debug)]
enum Operation {
    Read(usize),
    Seek(SeekFrom),
    Len,
}

fn operation() -> impl Strategy<Value = Operation> {
    let far = 4 * CHUNK as i64;
    prop_oneof![
        4 => (0..2 * CHUNK).prop_map(Operation::Read),
        2 => (0..4 * CHUNK as u64).prop_map(|position| Operation::Seek(SeekFrom::Start(position))),
        2 => (-far..far).prop_map(|by| Operation::Seek(SeekFrom::Current(by))),
        1 => (-200..200i64).prop_map(|by| Operation::Seek(SeekFrom::Current(by))),
        2 => (-far..far / 4).prop_map(|by| Operation::Seek(SeekFrom::End(by))),
        1 => Just(Operation::Len),
    ]
}

fn fill(reader: &mut impl Read, output: &mut [u8]) -> io::Result<usize> {
    let (read, end) = read_up_to(reader, output);
    end.map(|()| read)
}
