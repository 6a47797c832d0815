//! Reading at offsets and opening fetched ranges: the bytes of the plaintext, for few bytes of the
//! envelope.

#[path = "common/support.rs"]
mod support;

use std::fs::File;
use std::io::Write;

use bulla::body::{RangeOpener, body_len, body_range};
use bulla::error::OpenError;
use bulla::{Header, Limits, OpenReaderAt, Opener, Sealer};
use proptest::prelude::*;
use support::model::Opaque;
use support::streams::Counting;
use support::{CHUNK, NoRsa, SEALED_CHUNK, boundary_lengths, numbered, open_error, opener_with_threads, pattern, seal};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_range_opener_returns_that_part_of_the_plaintext(
        len in boundary_lengths(),
        start in 0..4 * CHUNK as u64,
        range_len in 0..3 * CHUNK as u64,
        threads in 1..3usize,
        surplus in 0..2 * SEALED_CHUNK,
    ) {
        let plaintext = pattern(len);
        let envelope = seal(&plaintext);
        let (body_opener, body) = range_opener(&envelope, threads);
        let range = start..start + range_len;
        let fetched = body_range(range.clone()).unwrap_or_default();
        prop_assert_eq!(fetched.is_empty(), range.is_empty());
        let fetch = |range: std::ops::Range<u64>, surplus: usize| {
            let end = (range.end as usize + surplus).min(body.len());
            &body[(range.start as usize).min(end)..end]
        };
        let opened = body_opener.open_range(range.clone(), fetch(fetched.clone(), 0));
        if range.is_empty() {
            prop_assert_eq!(opened, Ok(vec![]));
        } else if start as usize / CHUNK > len / CHUNK {
            prop_assert_eq!(opened, Err(OpenError::Truncated));
        } else {
            let expected = &plaintext[(start as usize).min(len)..(range.end as usize).min(len)];
            prop_assert!(opened.as_deref() == Ok(expected));
            prop_assert_eq!(body_opener.open_range(range.clone(), fetch(fetched.clone(), surplus)), opened);

            // Any change shows, and so does any cut.
            let sealed = fetch(fetched, 0);
            let mut altered = sealed.to_vec();
            altered[start as usize % sealed.len()] ^= 1;
            prop_assert!(body_opener.open_range(range.clone(), &altered).is_err());
            prop_assert!(body_opener.open_range(range, &sealed[..surplus % sealed.len()]).is_err());
        }
    }
}

#[test]
fn the_last_chunk_verifies_the_length_and_no_other_does() {
    for len in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
        let envelope = seal(&pattern(len));
        let (body_opener, body) = range_opener(&envelope, 1);
        let sealed_len = body.len() as u64;
        assert_eq!(body_len(len as u64), Some(sealed_len));
        let offset = RangeOpener::last_chunk_offset(sealed_len).unwrap();
        let last = &body[offset as usize..];
        assert_eq!(body_opener.verify_len(sealed_len, last), Ok(len as u64));

        assert_eq!(body_opener.verify_len(sealed_len + 1, last), Err(OpenError::Truncated));
        assert_eq!(body_opener.verify_len(sealed_len - 1, last), Err(OpenError::Truncated));
        // A longer body with the same last chunk, moved.
        let index = len as u64 / CHUNK as u64 + 1;
        assert_eq!(
            body_opener.verify_len(sealed_len + SEALED_CHUNK as u64, last),
            Err(OpenError::LastChunkAltered { index })
        );
        let mut altered = last.to_vec();
        altered[last.len() - 1] ^= 1;
        let index = index - 1;
        assert_eq!(body_opener.verify_len(sealed_len, &altered), Err(OpenError::LastChunkAltered { index }));
    }
}

#[test]
fn a_range_beyond_the_longest_plaintext_proves_no_end() {
    let envelope = seal(b"hello");
    let (body_opener, _) = range_opener(&envelope, 1);
    for start in [(1 << 52) - 1, 1 << 52, u64::MAX - 10] {
        assert_eq!(body_opener.open_range(start..start + 10, b""), Err(OpenError::Truncated));
        assert_eq!(body_opener.open_range(start..start, b""), Ok(vec![]));
    }
}

#[test]
fn an_envelope_within_an_envelope_is_read_anywhere() {
    let key = NoRsa::default();
    let plaintext = pattern(100_000);
    let twice = seal(&seal(&plaintext));
    let opener = Opener::new(&key);
    let reader = opener.wrap_input_at(opener.wrap_input_at(&twice[..]).unwrap()).unwrap();
    let mut seen = vec![0; 40_000];
    reader.read_exact_at(&mut seen, 33_333).unwrap();
    assert!(seen == plaintext[33_333..73_333]);
    assert_eq!(reader.len().unwrap(), 100_000);
}

#[test]
fn the_plaintext_limit_holds_for_every_position() {
    let key = NoRsa::default();
    let envelope = seal(&pattern(50_000));
    let limits = Limits::default().with_plaintext_len(40_000);
    let reader = Opener::new(&key).limits(limits).wrap_input_at(&envelope[..]).unwrap();
    let mut seen = vec![0; CHUNK];
    reader.read_exact_at(&mut seen, 0).unwrap();
    for result in [reader.read_exact_at(&mut seen, 2 * CHUNK as u64), reader.len().map(|_| ())] {
        assert!(matches!(open_error(&result.unwrap_err()), OpenError::LimitExceeded(_)));
    }
}

#[test]
fn reading_takes_no_more_chunks_than_necessary() {
    let key = NoRsa::default();
    let envelope = seal(&pattern(20 * CHUNK + 5));
    let reader = Opener::new(&key).wrap_input_at(Counting::new(&envelope[..])).unwrap();
    let opening = reader.get_ref().count();
    assert_eq!(opening, support::header_len(&envelope) as u64 + 56);

    for (offset, len) in
        [(0, 1), (16_000, 1000), (5 * CHUNK, CHUNK), (5 * CHUNK + 1, CHUNK), (7, 5 * CHUNK), (0, 20 * CHUNK)]
    {
        let before = reader.get_ref().count();
        reader.read_exact_at(&mut vec![0; len], offset as u64).unwrap();
        let taken = reader.get_ref().count() - before;
        let chunks = taken.div_ceil(SEALED_CHUNK as u64);
        assert!(chunks <= len.div_ceil(CHUNK) as u64 + 1, "{chunks} chunks for {len} bytes at {offset}");
    }

    // One after the other: the chunk is opened once.
    let before = reader.get_ref().count();
    for offset in 0..1000 {
        reader.read_exact_at(&mut [0; 16], 9 * CHUNK as u64 + offset * 16).unwrap();
    }
    assert_eq!(reader.get_ref().count() - before, SEALED_CHUNK as u64);
}

#[test]
fn a_cached_chunk_is_not_mistaken_for_another() {
    let key = NoRsa::default();
    let plaintext = numbered(20 * CHUNK);
    let envelope = seal(&plaintext);
    let reader = Opener::new(&key).wrap_input_at(Opaque(&envelope)).unwrap();
    for (offset, len) in [(0, 8 * CHUNK), (9 * CHUNK, 5), (0, 8 * CHUNK), (9 * CHUNK, 5), (9 * CHUNK + 7, 2 * CHUNK)] {
        let mut seen = vec![99; len];
        reader.read_exact_at(&mut seen, offset as u64).unwrap();
        assert!(seen == plaintext[offset..offset + len], "{len} bytes at {offset}");
    }
}

#[test]
fn reading_past_the_end_fetches_the_last_chunk_twice_at_most() {
    let key = NoRsa::default();
    let envelope = Sealer::new(&key).seal(&pattern(30_000)).unwrap();
    let reader = Opener::new(&key).wrap_input_at(Counting::new(Opaque(&envelope))).unwrap();
    let before = reader.get_ref().count();
    assert_eq!(reader.read_at(&mut vec![0; 2 * CHUNK], 0).unwrap(), 30_000);
    let last_len = 30_000 - CHUNK + 16;
    // Together with the first chunk, and then by itself.
    assert_eq!(reader.get_ref().count() - before, (SEALED_CHUNK + 2 * last_len) as u64);
}

#[test]
fn several_threads_read_the_same_file() {
    let key = NoRsa::default();
    let plaintext = pattern(40 * CHUNK + 5);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&seal(&plaintext)).unwrap();
    let reader: OpenReaderAt<File> = Opener::new(&key).wrap_input_at(file).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (reader, plaintext) = (&reader, &plaintext);
            scope.spawn(move || {
                for round in 0..50 {
                    let offset = (thread * 7919 + round * 104_729) % (plaintext.len() - 5000);
                    let mut seen = vec![0; 5000];
                    reader.read_exact_at(&mut seen, offset as u64).unwrap();
                    assert!(seen == plaintext[offset..offset + 5000]);
                }
            });
        }
    });
}

fn range_opener(envelope: &[u8], threads: usize) -> (RangeOpener, &[u8]) {
    let (header, body) = Header::split(envelope, &Limits::default()).unwrap();
    let opened = opener_with_threads(&NoRsa::default(), threads).open_header(&header).unwrap();
    (opened.range_opener(body.first_chunk().unwrap()).unwrap(), body)
}
