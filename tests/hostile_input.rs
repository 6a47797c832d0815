//! Envelopes that are damaged, and inputs that lie or fail: what is read is authentic and in its
//! place, or an error.

#[path = "common/support.rs"]
mod support;

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use bulla::error::OpenError;
use bulla::{Header, Limits, OpenReader, Opener};
use proptest::collection::vec;
use proptest::prelude::*;
use support::model::{Damage, Model, Opaque, read_up_to};
use support::streams::{Boasts, Break, Breaks, ClaimsEnd};
use support::{CHUNK, NoRsa, SEALED_CHUNK, boundary_lengths, numbered, open_error, opener_with_threads, pattern, seal};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn damage_is_noticed_where_it_is_and_nowhere_else(
        len in boundary_lengths(),
        damage in vec(damage(), 0..3),
        script in vec((0..4 * CHUNK as u64, 0..3 * CHUNK), 1..12),
        threads in 1..4usize,
    ) {
        let plaintext = pattern(len);
        let envelope = seal(&plaintext);
        let model = Model::new(plaintext, envelope, &damage);
        let key = NoRsa::default();
        let mut reader = opener_with_threads(&key, threads).wrap_input(Cursor::new(&model.envelope)).unwrap();
        let in_memory = opener_with_threads(&key, threads).wrap_input_at(&model.envelope[..]).unwrap();
        let elsewhere = opener_with_threads(&key, threads).wrap_input_at(Opaque(&model.envelope)).unwrap();
        prop_assert_eq!(in_memory.len().map_err(|error| open_error(&error)), model.end.clone());
        prop_assert_eq!(elsewhere.len().map_err(|error| open_error(&error)), model.end.clone());
        let positional: [ReadsAt<'_>; 2] =
            [&|output, offset| in_memory.read_at(output, offset), &|output, offset| elsewhere.read_at(output, offset)];
        prop_assert_eq!(reader.len().map_err(|error| open_error(&error)), model.end.clone());

        for (position, len) in script {
            let (expected, end) = model.read(position, len);

            let mut seen = vec![0; len];
            match reader.seek(SeekFrom::Start(position)) {
                Ok(_) => {
                    let (read, error) = read_up_to(&mut reader, &mut seen);
                    prop_assert!(seen[..read] == expected[..], "{} bytes at {position} instead of {}", read, expected.len());
                    prop_assert_eq!(error.map_err(|error| open_error(&error)), end.clone());
                    prop_assert!(seen[read..].iter().all(|byte| *byte == 0));
                }
                // Only where a position is at or behind the end, and the end does not verify.
                Err(error) => {
                    // Not `end`: a read of no bytes, which would follow, has nothing to report.
                    prop_assert_eq!(Err(open_error(&error)), model.end.clone());
                    prop_assert!(expected.is_empty() && model.claims_to_end_before(position));
                }
            }

            for read_at in positional {
                let mut seen = vec![0; len];
                match read_at(&mut seen, position) {
                    Ok(read) => {
                        prop_assert!(seen[..read] == expected[..]);
                        prop_assert!(seen[read..].iter().all(|byte| *byte == 0));
                        let rest = read_at(&mut vec![0; len - read], position + read as u64);
                        let rest = rest.map(|len| assert_eq!(len, 0)).map_err(|error| open_error(&error));
                        prop_assert_eq!(rest, end.clone());
                    }
                    Err(error) => {
                        prop_assert!(expected.is_empty());
                        prop_assert_eq!(Err(open_error(&error)), end.clone());
                    }
                }
            }
        }
    }
}

#[test]
fn an_input_that_lies_about_its_length_is_not_believed() {
    let key = NoRsa::default();
    let envelope = seal(&pattern(3 * CHUNK + 500));
    for missing in [1, 100, SEALED_CHUNK as u64, 2 * SEALED_CHUNK as u64 - 1] {
        // What verifies is the truth, whatever was claimed.
        let end = envelope.len() as u64 - missing;
        let len = 3 * CHUNK as u64 + 500;
        let reader = Opener::new(&key).wrap_input_at(ClaimsEnd { inner: &envelope[..], end }).unwrap();
        assert!(reader.len().ok().is_none_or(|told| told == len), "{missing} bytes fewer");
        assert_eq!(reader.read_at(&mut [0; 1], len - 1).unwrap(), 1);
        let mut reader = Opener::new(&key).wrap_input(ClaimsEnd { inner: Cursor::new(&envelope), end }).unwrap();
        assert!(reader.len().ok().is_none_or(|told| told == len), "{missing} bytes fewer");
        assert!(reader.seek(SeekFrom::End(0)).ok().is_none_or(|told| told == len), "{missing} bytes fewer");
        reader.rewind().unwrap();
        if reader.seek(SeekFrom::Start(len - 1)).is_ok() {
            assert_eq!(reader.read(&mut [0; 9]).unwrap(), 1);
        }
        reader.rewind().unwrap();
        let mut all = Vec::new();
        reader.read_to_end(&mut all).unwrap();
        assert!(all == pattern(3 * CHUNK + 500), "reading on is not disturbed");
    }
}

#[test]
fn a_claimed_end_never_moves_plaintext() {
    let key = NoRsa::default();
    let envelope = seal(&numbered(10 * CHUNK + 5));
    let body = support::header_len(&envelope) as u64;
    for claimed in [0, 56, 57, 56 + 16, 56 + 3 * SEALED_CHUNK as u64, 56 + 3 * SEALED_CHUNK as u64 + 500] {
        for target in [7 * CHUNK as u64 + 100, 10 * CHUNK as u64, u64::MAX - 20] {
            let input = ClaimsEnd { inner: Cursor::new(&envelope), end: body + claimed };
            let mut reader = Opener::new(&key).wrap_input(input).unwrap();
            if reader.seek(SeekFrom::Start(target)).is_ok() {
                let mut seen = [99; 64];
                if let Ok(read) = reader.read(&mut seen) {
                    let expected = u8::try_from(target / CHUNK as u64).unwrap_or(99);
                    assert!(seen[..read].iter().all(|byte| *byte == expected), "claimed {claimed}, at {target}");
                    assert!(read > 0, "no end was verified");
                }
            }
        }
    }
}

#[test]
fn an_input_that_changes_its_length_never_moves_plaintext() {
    let key = NoRsa::default();
    let envelope = seal(&numbered(10 * CHUNK + 5));
    let body = support::header_len(&envelope);
    for (verified, len) in [
        (false, 3 * SEALED_CHUNK),
        (false, 3 * SEALED_CHUNK + 500),
        (true, 3 * SEALED_CHUNK),
        (true, 3 * SEALED_CHUNK + 500),
    ] {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&envelope).unwrap();
        file.rewind().unwrap();
        let mut reader = Opener::new(&key).wrap_input(file.try_clone().unwrap()).unwrap();
        if verified {
            reader.len().unwrap();
        }
        file.set_len((body + 56 + len) as u64).unwrap();
        let sought = reader.seek(SeekFrom::Start(7 * CHUNK as u64 + 100));
        file.set_len(0).unwrap();
        write_at_start(&file, &envelope);
        if sought.is_ok() {
            let mut seen = [99; 10];
            let read = reader.read(&mut seen).unwrap();
            assert!(read > 0 && seen[..read].iter().all(|byte| *byte == 7), "{seen:?}");
        }
    }
}

/// Without moving the position that both handles share.
fn write_at_start(file: &File, bytes: &[u8]) {
    let position = (&*file).stream_position().unwrap();
    (&*file).rewind().unwrap();
    (&*file).write_all(bytes).unwrap();
    (&*file).seek(SeekFrom::Start(position)).unwrap();
}

#[test]
fn a_failure_while_the_end_is_verified_does_not_disturb_reading() {
    let key = NoRsa::default();
    let plaintext = numbered(10 * CHUNK + 5);
    let envelope = seal(&plaintext);
    for (ask, seeks) in ASKS {
        let kinds = [io::ErrorKind::Other, io::ErrorKind::WouldBlock];
        let seeks = (0..seeks).flat_map(|number| kinds.map(|kind| Some((number, kind))));
        let seeks = seeks.map(|seek| Break { seek, ..Break::default() });
        let read = Break { read: Some(last_chunk(&envelope)), ..Break::default() };
        for next in seeks.chain([read]) {
            let mut reader = reader_behind_the_first_chunk(&key, &envelope);
            reader.get_ref().next.set(next);
            ask(&mut reader).unwrap_err();
            assert!(reader.get_ref().next.get().is_over(), "{next:?}");
            assert_eq!(reader.stream_position().unwrap(), CHUNK as u64);
            let mut rest = Vec::new();
            reader.read_to_end(&mut rest).unwrap();
            assert!(rest == plaintext[CHUNK..], "{next:?}");
        }
    }
}

#[test]
fn a_failure_before_the_first_read_does_not_disturb_reading() {
    let key = NoRsa::default();
    let plaintext = numbered(3 * CHUNK + 5);
    let envelope = seal(&plaintext);
    let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
    // Within the head of the body, and where the input is asked for its position.
    let breaks = [
        Break { read: Some(0), ..Break::default() },
        Break { read: Some(30), ..Break::default() },
        Break { seek: Some((0, io::ErrorKind::Other)), ..Break::default() },
    ];
    for (ask, _) in ASKS {
        for next in breaks {
            let opened = Opener::new(&key).open_header(&header).unwrap();
            let mut reader = opened.wrap_input(Breaks::new(Cursor::new(body), next));
            ask(&mut reader).unwrap_err();
            assert!(reader.get_ref().next.get().is_over(), "{next:?}");
            let mut all = Vec::new();
            reader.read_to_end(&mut all).unwrap();
            assert!(all == plaintext, "{next:?}");
        }
    }
}

#[test]
fn an_end_that_does_not_verify_does_not_disturb_reading() {
    let key = NoRsa::default();
    let plaintext = numbered(10 * CHUNK + 5);
    let mut envelope = seal(&plaintext);
    *envelope.last_mut().unwrap() ^= 1;
    for (ask, _) in ASKS {
        let mut reader = reader_behind_the_first_chunk(&key, &envelope);
        assert_eq!(open_error(&ask(&mut reader).unwrap_err()), OpenError::LastChunkAltered { index: 10 });
        assert_eq!(reader.stream_position().unwrap(), CHUNK as u64);
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap_err();
        assert!(rest == plaintext[CHUNK..10 * CHUNK]);
    }
}

#[test]
fn an_input_that_cannot_be_moved_back_is_not_read_until_a_seek_succeeds() {
    let key = NoRsa::default();
    let envelope = seal(&numbered(10 * CHUNK + 5));
    let read = Some(last_chunk(&envelope));
    for (ask, seeks) in ASKS {
        let next = Break { read, seek: Some((seeks, io::ErrorKind::Other)), ..Break::default() };
        let mut reader = reader_behind_the_first_chunk(&key, &envelope);
        reader.get_ref().next.set(next);
        ask(&mut reader).unwrap_err();
        assert!(reader.get_ref().next.get().is_over(), "{next:?}");
        for _ in 0..2 {
            assert!(reader.read(&mut [0; 9]).is_err(), "{next:?}");
        }
        reader.seek(SeekFrom::Start(5 * CHUNK as u64)).unwrap();
        let mut byte = [0];
        reader.read_exact(&mut byte).unwrap();
        assert_eq!(byte, [5]);
    }
}

#[test]
fn interrupted_seeks_are_retried() {
    let key = NoRsa::default();
    let envelope = seal(&numbered(3 * CHUNK));
    let (ask, seeks) = ASKS[0];
    for number in 0..=seeks {
        let mut reader = reader_behind_the_first_chunk(&key, &envelope);
        reader.get_ref().next.set(Break { seek: Some((number, io::ErrorKind::Interrupted)), ..Break::default() });
        assert_eq!(ask(&mut reader).unwrap(), 3 * CHUNK as u64);
        assert!(reader.get_ref().next.get().is_over(), "seek {number} did not happen");
    }
}

type Reader<'a> = OpenReader<Breaks<Cursor<&'a [u8]>>>;

/// Makes a reader verify the end.
type Ask = fn(&mut Reader<'_>) -> io::Result<u64>;

/// What makes a reader verify the end, and how many seeks of its input that takes before the one
/// that leads back. A seek to the end looks twice where the input ends.
const ASKS: [(Ask, u32); 2] = [(ask_for_the_length, 3), (seek_to_the_end, 4)];

fn ask_for_the_length(reader: &mut Reader<'_>) -> io::Result<u64> {
    reader.len()
}

fn seek_to_the_end(reader: &mut Reader<'_>) -> io::Result<u64> {
    reader.seek(SeekFrom::Start(10 * CHUNK as u64 + 5))
}

fn reader_behind_the_first_chunk<'a>(key: &NoRsa, envelope: &'a [u8]) -> Reader<'a> {
    let input = Breaks::new(Cursor::new(envelope), Break::default());
    let mut reader = Opener::new(key).wrap_input(input).unwrap();
    reader.read_exact(&mut vec![0; CHUNK]).unwrap();
    reader
}

/// Where the last chunk of five bytes starts.
fn last_chunk(envelope: &[u8]) -> u64 {
    envelope.len() as u64 - 21
}

#[test]
fn an_input_that_claims_too_much_is_an_error_not_a_panic() {
    assert!(Header::read_from(&mut Boasts, &Limits::default()).is_err());
    assert!(Opener::new(NoRsa::default()).wrap_input_at(Boasts).is_err());
}

type ReadsAt<'a> = &'a dyn Fn(&mut [u8], u64) -> io::Result<usize>;

fn damage() -> impl Strategy<Value = Damage> {
    let surplus = prop_oneof![1..40usize, Just(SEALED_CHUNK), Just(CHUNK), 0..2 * SEALED_CHUNK];
    prop_oneof![
        (any::<usize>(), 1..=255u8).prop_map(|(at, mask)| Damage::Flip { at, mask }),
        any::<usize>().prop_map(|len| Damage::Cut { len }),
        (0..4usize).prop_map(|chunks| Damage::Cut { len: chunks * SEALED_CHUNK }),
        (surplus, any::<u8>()).prop_map(|(len, byte)| Damage::Extend { len, byte }),
        any::<(usize, usize)>().prop_map(|(a, b)| Damage::Swap { a, b }),
    ]
}
