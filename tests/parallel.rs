//! Several threads change nothing but the time it takes.
#![cfg(feature = "parallel")]

#[path = "common/support.rs"]
mod support;

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bulla::error::OpenError;
use bulla::{Header, Limits, OpenReaderAt, Opener, ReadAt, Sealer};
use proptest::collection::vec;
use proptest::prelude::*;
use support::streams::{Break, Breaks, Fails, Faulty, Step};
use support::{
    CHUNK, NoRsa, SplitMix64, insist, open_by_writing, open_error, pattern, read_in_pieces, write_in_pieces,
};

/// Twice of what adapters collect for each thread, once a stream has proved long enough.
const BATCH: usize = 64 * CHUNK;

/// Chunks that one thread works on alone, with the backend that needs most of them.
const ALONE: usize = 64;

#[test]
fn threads_do_not_change_the_bytes_at_any_boundary() {
    in_pool(4, || {
        let key = NoRsa::default();
        for len in [0, 1, CHUNK, BATCH, 2 * BATCH - 1, 2 * BATCH, 2 * BATCH + 1, 4 * BATCH + CHUNK, 9 * BATCH + 77] {
            let plaintext = pattern(len);
            let expected = Sealer::new(&key).start_with_rng(&mut SplitMix64(1)).unwrap().seal(&plaintext).unwrap();
            for threads in [0, 1, 2, 3, 100] {
                let sealer = Sealer::new(&key).threads(threads);
                assert!(sealer.start_with_rng(&mut SplitMix64(1)).unwrap().seal(&plaintext).unwrap() == expected);
                for sizes in [&[100_000][..], &[3 * BATCH, 5], &[usize::MAX]] {
                    let mut writer = sealer.start_with_rng(&mut SplitMix64(1)).unwrap().wrap_output(Vec::new());
                    write_in_pieces(&mut writer, &plaintext, sizes).unwrap();
                    assert!(writer.finish().unwrap() == expected, "{len} bytes, {threads} threads");
                    let reader = sealer.start_with_rng(&mut SplitMix64(1)).unwrap().wrap_input(&plaintext[..]);
                    let sizes: Vec<_> = sizes.iter().map(|size| *size.min(&10_000_000)).collect();
                    let (envelope, end) = read_in_pieces(reader, &sizes);
                    assert!(end.is_ok() && envelope == expected, "{len} bytes, {threads} threads");

                    let opener = Opener::new(&key).threads(threads);
                    let (released, end) = read_in_pieces(opener.wrap_input(&expected[..]).unwrap(), &sizes);
                    assert!(end.is_ok() && released == plaintext, "{len} bytes, {threads} threads");
                    let (released, end) = open_by_writing(&opener, &expected, &sizes);
                    assert!(end.is_ok() && released == plaintext, "{len} bytes, {threads} threads");
                }
                assert!(Opener::new(&key).threads(threads).open(&expected).unwrap() == plaintext);
                let mut data = plaintext.clone();
                data.reserve(1000 + len / 1000);
                sealer.start_with_rng(&mut SplitMix64(1)).unwrap().seal_in_place(&mut data).unwrap();
                assert!(data == expected);
                Opener::new(&key).threads(threads).open_in_place(&mut data).unwrap();
                assert!(data == plaintext);
            }
        }
    });
}

#[test]
fn a_pool_of_one_thread_does_not_deadlock() {
    for threads in [0, 1, 2, 8] {
        in_pool(1, || {
            let key = NoRsa::default();
            let plaintext = pattern(5 * BATCH);
            let sealed = Sealer::new(&key).threads(threads).seal(&plaintext).unwrap();
            assert!(Opener::new(&key).threads(threads).open(&sealed).unwrap() == plaintext);
        });
    }
}

#[test]
fn a_pool_whose_threads_all_seal_does_not_deadlock() {
    in_pool(3, || {
        rayon::scope(|scope| {
            for _ in 0..12 {
                scope.spawn(|_| {
                    let key = NoRsa::default();
                    let plaintext = pattern(3 * BATCH);
                    let sealed = Sealer::new(&key).threads(0).seal(&plaintext).unwrap();
                    assert!(Opener::new(&key).threads(0).open(&sealed).unwrap() == plaintext);
                });
            }
        });
    });
}

#[test]
fn a_failure_within_a_batch_releases_the_chunks_before_it_and_is_not_the_end() {
    in_pool(2, || {
        let key = NoRsa::default();
        let plaintext = pattern(4 * BATCH + 5);
        let envelope = Sealer::new(&key).seal(&plaintext).unwrap();
        let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
        for chunks in [0, 1, 5, ALONE, ALONE + 1, ALONE + 3, ALONE + 20, ALONE + 33, ALONE + 140] {
            for sizes in [&[40_000][..], &[4 * BATCH]] {
                let opened = header.open(key.content_key()).unwrap().threads(2);
                let input = failing(body, 56 + chunks * 16400 + 100);
                let mut reader = opened.wrap_input(input);
                let (released, end) = read_in_pieces(&mut reader, sizes);
                assert_eq!(end.unwrap_err().kind(), io::ErrorKind::TimedOut);
                assert!(released == plaintext[..chunks * CHUNK], "{} bytes of {chunks} chunks", released.len());

                // Another seek, another try.
                reader.seek(SeekFrom::Start(released.len() as u64)).unwrap();
                let (rest, end) = read_in_pieces(&mut reader, sizes);
                assert!(end.is_ok() && rest == plaintext[released.len()..]);

                let input = failing(&plaintext, chunks * CHUNK + 100);
                // Also where the failure waits behind what was read before.
                let opened = header.open(key.content_key()).unwrap().threads(2);
                let mut reader = opened.wrap_input(failing(body, 56 + (ALONE + 40) * 16400 + 100));
                reader.read_exact(&mut vec![0; ALONE * CHUNK]).unwrap();
                let read = reader.read(&mut vec![0; sizes[0]]).unwrap();
                assert!(read > 0);
                let behind = (ALONE + 50) * CHUNK;
                reader.seek(SeekFrom::Start(behind as u64)).unwrap();
                let (rest, end) = read_in_pieces(&mut reader, sizes);
                assert!(end.is_ok() && rest == plaintext[behind..]);

                let other = NoRsa::default();
                let reader = Sealer::new(&other).threads(2).wrap_input(input).unwrap();
                let (_, end) = read_in_pieces(reader, sizes);
                assert_eq!(end.unwrap_err().kind(), io::ErrorKind::TimedOut);
            }
        }
    });
}

#[test]
fn an_input_that_panics_ends_the_stream() {
    in_pool(2, || {
        let key = NoRsa::default();
        let plaintext = pattern(3 * BATCH + 5);
        let envelope = Sealer::new(&key).start_with_rng(&mut SplitMix64(1)).unwrap().seal(&plaintext).unwrap();
        for threads in [1, 2] {
            for size in [1000, 4 * BATCH] {
                let sealer = Sealer::new(&key).threads(threads);
                let input = panicking(&plaintext, (ALONE + 20) * CHUNK);
                check_panicking(sealer.start_with_rng(&mut SplitMix64(1)).unwrap().wrap_input(input), size, &envelope);
                let input = panicking(&envelope, (ALONE + 20) * 16400);
                check_panicking(Opener::new(&key).threads(threads).wrap_input(input).unwrap(), size, &plaintext);
            }
        }
    });
}

/// What was read before is right, and nothing more can be read.
fn check_panicking(mut reader: impl Read, size: usize, expected: &[u8]) {
    let mut seen = Vec::new();
    loop {
        let mut output = vec![0; size];
        match catch_unwind(AssertUnwindSafe(|| reader.read(&mut output))) {
            Ok(read) => seen.extend_from_slice(&output[..read.unwrap()]),
            Err(_) => break,
        }
    }
    assert!(expected.starts_with(&seen));
    for _ in 0..2 {
        assert!(reader.read(&mut [0]).unwrap_err().to_string().contains("panicked"));
    }
}

#[test]
fn readers_over_readers_in_the_same_pool_do_not_deadlock() {
    for threads in [1, 2, 3] {
        in_pool(threads, || {
            let key = NoRsa::default();
            let plaintext = pattern(5 * BATCH + 5);
            let sealing = Sealer::new(&key).threads(0).wrap_input(&plaintext[..]).unwrap();
            let (twice, end) =
                read_in_pieces(Sealer::new(&key).threads(0).wrap_input(sealing).unwrap(), &[7 * BATCH, 99]);
            assert!(end.is_ok());
            let opener = Opener::new(&key).threads(0);
            let opening = opener.wrap_input(opener.wrap_input(&twice[..]).unwrap()).unwrap();
            let (opened, end) = read_in_pieces(opening, &[7 * BATCH, 99]);
            assert!(end.is_ok() && opened == plaintext);
        });
    }
}

#[test]
fn chunks_after_a_bad_one_leave_nothing_in_the_callers_slice() {
    in_pool(4, || {
        let key = NoRsa::default();
        let plaintext = vec![7; 4 * BATCH];
        let envelope = Sealer::new(&key).seal(&plaintext).unwrap();
        let body = support::header_len(&envelope) + 56;
        for bad in [0, 1, 3, 5, 7, 31, 60, 64, 65, 70, 95, 130, 255] {
            let mut altered = envelope.clone();
            altered[body + bad * 16400] ^= 1;
            let mut output = vec![0; plaintext.len()];
            let mut reader = Opener::new(&key).threads(4).wrap_input(&altered[..]).unwrap();
            let mut released = 0;
            while let Ok(len) = reader.read(&mut output[released..]) {
                released += len;
            }
            assert_eq!(released, bad * CHUNK);
            assert!(output[released..].iter().all(|byte| *byte == 0), "chunk {bad}");
        }
    });
}

#[test]
fn long_ranges_are_read_in_full_and_stop_at_a_bad_chunk() {
    in_pool(4, || {
        let key = NoRsa::default();
        let plaintext = pattern(4 * BATCH + 99);
        let envelope = Sealer::new(&key).seal(&plaintext).unwrap();
        let reader = Opener::new(&key).threads(4).wrap_input_at(&envelope[..]).unwrap();
        for (offset, len) in [(0, 4 * BATCH + 99), (5, 4 * BATCH), (CHUNK, 3 * BATCH), (BATCH - 1, 2 * BATCH + 2)] {
            let mut seen = vec![0; len];
            assert_eq!(reader.read_at(&mut seen, offset as u64).unwrap(), len);
            assert!(seen == plaintext[offset..offset + len]);
        }
        let body = support::header_len(&envelope) + 56;
        for bad in [0, 1, 3, 5, 7, 31, 60, 64, 65, 70, 95, 130, 255] {
            let mut altered = envelope.clone();
            altered[body + bad * 16400] ^= 1;
            let file = tempfile::tempfile().unwrap();
            (&file).write_all(&altered).unwrap();
            check(&Opener::new(&key).threads(4).wrap_input_at(&altered[..]).unwrap(), bad, &plaintext);
            check(&Opener::new(&key).threads(4).wrap_input_at(file).unwrap(), bad, &plaintext);
        }
    });

    fn check(reader: &OpenReaderAt<impl ReadAt>, bad: usize, plaintext: &[u8]) {
        let mut seen = vec![0; plaintext.len()];
        let read = reader.read_at(&mut seen, 0).unwrap_or(0);
        assert_eq!(read, bad * CHUNK);
        assert!(seen[..read] == plaintext[..read]);
        assert!(seen[read..].iter().all(|byte| *byte == 0), "chunk {bad}");
        let error = reader.read_at(&mut seen, read as u64).unwrap_err();
        assert_eq!(open_error(&error), OpenError::ChunkAltered { index: bad as u64 });
    }
}

#[test]
fn flush_passes_on_every_full_chunk() {
    in_pool(2, || {
        let key = NoRsa::default();
        let mut writer = Sealer::new(&key).threads(2).wrap_output(Vec::new()).unwrap();
        writer.write_all(&pattern(3 * CHUNK + 1)).unwrap();
        writer.flush().unwrap();
        let header = support::header_len(writer.get_ref());
        assert_eq!(writer.get_ref().len(), header + 56 + 3 * 16400);
        writer.write_all(&pattern(2 * CHUNK)).unwrap();
        let sealed = writer.finish().unwrap();
        assert!(bulla::open(&key, &sealed).unwrap() == [pattern(3 * CHUNK + 1), pattern(2 * CHUNK)].concat());

        let mut writer = Opener::new(&key).threads(2).wrap_output(Vec::new());
        writer.write_all(&sealed[..header + 56 + 3 * 16400 + 1]).unwrap();
        writer.flush().unwrap();
        assert!(writer.get_ref()[..] == pattern(3 * CHUNK));
        writer.write_all(&sealed[header + 56 + 3 * 16400 + 1..]).unwrap();
        assert_eq!(writer.finish().unwrap().len(), 5 * CHUNK + 1);
    });
}

#[test]
fn a_failing_input_releases_the_same_chunks_as_with_one_thread() {
    in_pool(2, || {
        let key = NoRsa::default();
        let envelope = Sealer::new(&key).seal(&pattern(3 * BATCH)).unwrap();
        let cut = &envelope[..envelope.len() - BATCH];
        let fails = || cut.chain(Fails(io::ErrorKind::ConnectionReset));
        let (expected, _) = read_in_pieces(Opener::new(&key).wrap_input(fails()).unwrap(), &[40_000]);
        assert!(expected.len() > BATCH);
        for sizes in [&[40_000][..], &[4 * BATCH]] {
            let reader = Opener::new(&key).threads(2).wrap_input(fails()).unwrap();
            let (released, end) = read_in_pieces(reader, sizes);
            assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
            assert!(released == expected);
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn damage_gives_the_same_error_and_prefix_as_with_one_thread(
        at in vec(0.0..1.0f64, 1..4),
        cut in proptest::option::of(0.0..1.0f64),
        size in prop_oneof![Just(5000usize), Just(100_000), Just(3 * BATCH), Just(20 * BATCH)],
        threads in 2..5usize,
    ) {
        in_pool(4, || {
            let key = NoRsa::default();
            let envelope = Sealer::new(&key).seal(&pattern(5 * BATCH + 12_345)).unwrap();
            let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
            let mut altered = body.to_vec();
            for at in at {
                altered[(at * body.len() as f64) as usize] ^= 1;
            }
            if let Some(cut) = cut {
                altered.truncate((cut * body.len() as f64) as usize);
            }
            let open = |threads| header.open(key.content_key()).unwrap().threads(threads);
            let (expected, end) = read_in_pieces(open(1).wrap_input(&altered[..]), &[70_000]);
            let error = open_error(&end.unwrap_err());
            let (released, end) = read_in_pieces(open(threads).wrap_input(&altered[..]), &[size]);
            assert_eq!(open_error(&end.unwrap_err()), error);
            assert!(released == expected);
            assert_eq!(open(threads).open(&altered), Err(error.clone()));
            let envelope = [header.as_bytes(), &altered[..]].concat();
            let (released, end) = open_by_writing(&Opener::new(&key).threads(threads), &envelope, &[size]);
            assert_eq!(open_error(&end.unwrap_err()), error);
            assert!(released == expected);
        });
    }

    #[test]
    fn streams_that_are_short_or_block_lose_nothing(
        len in 0..5 * BATCH,
        sizes in vec(1..2 * BATCH, 1..4),
        script in vec(prop_oneof![(1..BATCH).prop_map(Step::Short), Just(Step::WouldBlock), Just(Step::Interrupted)], 0..8),
    ) {
        in_pool(3, || {
            let key = NoRsa::default();
            let script = [script, vec![Step::Short(200_000)]].concat();
            let plaintext = pattern(len);
            let expected = Sealer::new(&key).start_with_rng(&mut SplitMix64(1)).unwrap().seal(&plaintext).unwrap();
            let sealer = Sealer::new(&key).threads(3);

            let output = Faulty::new(Vec::new(), script.clone());
            let mut writer = sealer.start_with_rng(&mut SplitMix64(1)).unwrap().wrap_output(output);
            write_in_pieces(&mut writer, &plaintext, &sizes).unwrap();
            insist(|| writer.try_finish()).unwrap();
            assert!(writer.get_ref().inner == expected);

            let input = Faulty::new(&plaintext[..], script.clone());
            let reader = sealer.start_with_rng(&mut SplitMix64(1)).unwrap().wrap_input(input);
            let (envelope, end) = read_in_pieces(reader, &sizes);
            assert!(end.is_ok() && envelope == expected);

            let (header, body) = Header::split(&expected, &Limits::default()).unwrap();
            let opened = header.open(key.content_key()).unwrap().threads(3);
            let (released, end) = read_in_pieces(opened.wrap_input(Faulty::new(body, script.clone())), &sizes);
            assert!(end.is_ok() && released == plaintext);

            let mut writer = Opener::new(&key).threads(3).wrap_output(Faulty::new(Vec::new(), script));
            write_in_pieces(&mut writer, &expected, &sizes).unwrap();
            insist(|| writer.try_finish()).unwrap();
            assert!(writer.get_ref().inner == plaintext);
        });
    }
}

#[test]
fn threads_do_not_change_where_the_plaintext_limit_holds() {
    in_pool(2, || {
        let key = NoRsa::default();
        let envelope = Sealer::new(&key).seal(&pattern(3 * BATCH)).unwrap();
        let limits = Limits::default().with_plaintext_len(2 * BATCH as u64 + 5);
        let read = |threads| {
            let reader = Opener::new(&key).limits(limits).threads(threads).wrap_input(&envelope[..]).unwrap();
            let (released, end) = read_in_pieces(reader, &[4 * BATCH]);
            (released, open_error(&end.unwrap_err()))
        };
        let (released, error) = read(2);
        assert!(matches!(error, OpenError::LimitExceeded(_)), "{error:?}");
        assert!((released, error) == read(1));
        let (released, end) = open_by_writing(&Opener::new(&key).limits(limits).threads(2), &envelope, &[4 * BATCH]);
        assert!((released, open_error(&end.unwrap_err())) == read(1));
    });
}

fn failing(bytes: &[u8], at: usize) -> Breaks<Cursor<&[u8]>> {
    Breaks::new(Cursor::new(bytes), Break { read: Some(at as u64), ..Break::default() })
}

fn panicking(bytes: &[u8], at: usize) -> Breaks<Cursor<&[u8]>> {
    Breaks::new(Cursor::new(bytes), Break { panic: Some(at as u64), ..Break::default() })
}

fn in_pool(threads: usize, work: impl FnOnce() + Send) {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work);
}
