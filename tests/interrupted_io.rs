//! Streams that are short, block, are interrupted, or fail.

#[path = "common/support.rs"]
mod support;

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bulla::error::{Limit, LimitExceeded, OpenError, SealError};
use bulla::{Header, Limits, Opener, Sealer};
use proptest::collection::vec;
use proptest::prelude::*;
use support::streams::{Boasts, Fails, Faulty, Full, Step, Untouchable};
use support::{
    CHUNK, NoRsa, SplitMix64, insist, open_by_writing, open_error, pattern, read_in_pieces, write_in_pieces,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_writer_loses_nothing_on_an_output_that_is_short_or_blocks(
        len in 0..100_000usize,
        sizes in vec(1..60_000usize, 1..6),
        script in script(),
    ) {
        let key = NoRsa::default();
        let plaintext = pattern(len);
        let expected = Sealer::new(&key).start_with_rng(&mut SplitMix64(1)).unwrap().seal(&plaintext).unwrap();

        let output = Faulty::new(Vec::new(), script);
        let mut writer = Sealer::new(&key).start_with_rng(&mut SplitMix64(1)).unwrap().wrap_output(output);
        write_in_pieces(&mut writer, &plaintext, &sizes).unwrap();
        insist(|| writer.flush()).unwrap();
        insist(|| writer.try_finish()).unwrap();
        insist(|| writer.try_finish()).unwrap();
        prop_assert!(writer.get_ref().inner == expected);
    }

    #[test]
    fn a_sealing_reader_loses_nothing_on_an_input_that_is_short_or_blocks(
        len in 0..100_000usize,
        sizes in vec(1..60_000usize, 1..6),
        script in script(),
    ) {
        let key = NoRsa::default();
        let plaintext = pattern(len);
        let expected = Sealer::new(&key).start_with_rng(&mut SplitMix64(1)).unwrap().seal(&plaintext).unwrap();

        let input = Faulty::new(&plaintext[..], script);
        let reader = Sealer::new(&key).start_with_rng(&mut SplitMix64(1)).unwrap().wrap_input(input);
        let (envelope, end) = read_in_pieces(reader, &sizes);
        end.unwrap();
        prop_assert!(envelope == expected);
    }

    #[test]
    fn an_opening_reader_loses_nothing_on_an_input_that_is_short_or_blocks(
        len in 0..100_000usize,
        sizes in vec(1..60_000usize, 1..6),
        script in script(),
    ) {
        let key = NoRsa::default();
        let plaintext = pattern(len);
        let envelope = Sealer::new(&key).seal(&plaintext).unwrap();
        let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();

        let opened = header.open(key.content_key()).unwrap();
        let (released, end) = read_in_pieces(opened.wrap_input(Faulty::new(body, script)), &sizes);
        end.unwrap();
        prop_assert!(released == plaintext);
    }

    #[test]
    fn an_opening_writer_loses_nothing_on_an_output_that_is_short_or_blocks(
        len in 0..100_000usize,
        sizes in vec(1..60_000usize, 1..6),
        script in script(),
    ) {
        let key = NoRsa::default();
        let plaintext = pattern(len);
        let envelope = Sealer::new(&key).seal(&plaintext).unwrap();

        let mut writer = Opener::new(&key).wrap_output(Faulty::new(Vec::new(), script));
        write_in_pieces(&mut writer, &envelope, &sizes).unwrap();
        insist(|| writer.flush()).unwrap();
        insist(|| writer.try_finish()).unwrap();
        insist(|| writer.try_finish()).unwrap();
        prop_assert!(writer.get_ref().inner == plaintext);
    }

    #[test]
    fn an_opening_writer_that_fails_at_any_byte_leaves_a_prefix_of_the_plaintext(
        len in 0..100_000usize,
        room in 0..100_000usize,
        sizes in vec(1..60_000usize, 1..6),
    ) {
        let key = NoRsa::default();
        let plaintext = pattern(len);
        let envelope = Sealer::new(&key).seal(&plaintext).unwrap();

        let mut writer = Opener::new(&key).wrap_output(Full::after(room));
        let result = write_in_pieces(&mut writer, &envelope, &sizes).and_then(|()| writer.try_finish());
        prop_assert_eq!(result.is_ok(), room >= len);
        prop_assert!(writer.get_ref().bytes == plaintext[..room.min(len)]);
        if let Err(error) = result {
            prop_assert_eq!(error.kind(), io::ErrorKind::StorageFull);
            for error in [writer.write(b"more").unwrap_err(), writer.flush().unwrap_err(), writer.try_finish().unwrap_err()] {
                prop_assert_eq!(error.kind(), io::ErrorKind::StorageFull);
            }
            prop_assert_eq!(writer.get_ref().bytes.len(), room);
        }
    }

    #[test]
    fn a_writer_that_fails_at_any_byte_leaves_a_prefix_of_the_right_bytes(
        len in 0..100_000usize,
        room in 0..100_000usize,
        sizes in vec(1..60_000usize, 1..6),
    ) {
        let key = NoRsa::default();
        let plaintext = pattern(len);
        let expected = Sealer::new(&key).start_with_rng(&mut SplitMix64(1)).unwrap().seal(&plaintext).unwrap();

        let output = Full::after(room);
        let mut writer = Sealer::new(&key).start_with_rng(&mut SplitMix64(1)).unwrap().wrap_output(output);
        let result = write_in_pieces(&mut writer, &plaintext, &sizes).and_then(|()| writer.try_finish());
        prop_assert_eq!(result.is_ok(), room >= expected.len());
        prop_assert!(expected.starts_with(&writer.get_ref().bytes));
        prop_assert_eq!(writer.get_ref().bytes.len(), room.min(expected.len()));
        if let Err(error) = result {
            prop_assert_eq!(error.kind(), io::ErrorKind::StorageFull);
            for error in [writer.write(b"more").unwrap_err(), writer.flush().unwrap_err(), writer.try_finish().unwrap_err()] {
                prop_assert_eq!(error.kind(), io::ErrorKind::StorageFull);
            }
            prop_assert_eq!(writer.get_ref().bytes.len(), room);
        }
    }
}

#[test]
fn constructing_a_writer_or_reader_does_no_io() {
    let key = NoRsa::default();
    drop(Sealer::new(&key).wrap_output(Untouchable).unwrap());
    drop(Sealer::new(&key).wrap_input(Untouchable).unwrap());
    drop(Opener::new(&key).wrap_output(Untouchable));
    let (header, _) = Sealer::new(&key).start().unwrap().into_parts();
    drop(header.open(key.content_key()).unwrap().wrap_input(Untouchable));
}

#[test]
fn a_writer_dropped_before_finish_leaves_a_truncated_envelope() {
    let key = NoRsa::default();
    for len in [0, 1, CHUNK, 3 * CHUNK + 1] {
        let mut output = Vec::new();
        let mut writer = Sealer::new(&key).wrap_output(&mut output).unwrap();
        writer.write_all(&pattern(len)).unwrap();
        writer.flush().unwrap();
        drop(writer);
        assert_eq!(Opener::new(&key).open(&output), Err(OpenError::Truncated), "{len} bytes");
    }
}

#[test]
fn flush_passes_on_every_full_chunk_and_no_short_one() {
    let key = NoRsa::default();
    let mut writer = Sealer::new(&key).wrap_output(Vec::new()).unwrap();
    writer.write_all(&pattern(CHUNK + 1)).unwrap();
    writer.flush().unwrap();
    let header = support::header_len(writer.get_ref());
    assert_eq!(writer.get_ref().len(), header + 56 + 16400);
}

#[test]
fn finish_flushes_the_inner_writer() {
    let key = NoRsa::default();
    let writer = Sealer::new(&key).wrap_output(io::BufWriter::with_capacity(1 << 20, Vec::new())).unwrap();
    let inner = writer.finish().unwrap();
    assert!(inner.buffer().is_empty());
    assert_eq!(bulla::open(&key, inner.get_ref()).unwrap(), b"");

    let mut writer = Opener::new(&key).wrap_output(io::BufWriter::with_capacity(1 << 20, Vec::new()));
    writer.write_all(&Sealer::new(&key).seal(b"hello").unwrap()).unwrap();
    assert_eq!(writer.finish().unwrap().get_ref(), b"hello");
}

#[test]
fn a_finished_writer_takes_no_more() {
    let key = NoRsa::default();
    let mut writer = Sealer::new(&key).wrap_output(Vec::new()).unwrap();
    writer.try_finish().unwrap();
    let len = writer.get_ref().len();
    for input in [&b"x"[..], b""] {
        assert_eq!(writer.write(input).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
    writer.flush().unwrap();
    writer.try_finish().unwrap();
    assert_eq!(writer.get_ref().len(), len);
}

#[test]
fn an_output_that_takes_nothing_is_write_zero_not_an_endless_loop() {
    let key = NoRsa::default();
    let mut nothing: [u8; 0] = [];
    let writer = Sealer::new(&key).wrap_output(&mut nothing[..]).unwrap();
    assert_eq!(writer.finish().unwrap_err().error().kind(), io::ErrorKind::WriteZero);
    let mut writer = Opener::new(&key).wrap_output(&mut nothing[..]);
    writer.write_all(&Sealer::new(&key).seal(b"hello").unwrap()).unwrap();
    assert_eq!(writer.finish().unwrap_err().error().kind(), io::ErrorKind::WriteZero);
}

#[test]
fn a_stream_that_claims_more_than_it_was_given_is_an_error_not_a_panic() {
    let key = NoRsa::default();
    assert!(Sealer::new(&key).wrap_output(Boasts).unwrap().finish().is_err());
    let mut writer = Opener::new(&key).wrap_output(Boasts);
    writer.write_all(&Sealer::new(&key).seal(b"hello").unwrap()).unwrap();
    assert!(writer.finish().is_err());
    let (_, end) = read_in_pieces(Sealer::new(&key).wrap_input(Boasts).unwrap(), &[1000]);
    assert!(end.is_err());
    let (header, _) = Sealer::new(&key).start().unwrap().into_parts();
    let (_, end) = read_in_pieces(header.open(key.content_key()).unwrap().wrap_input(Boasts), &[1000]);
    assert!(end.is_err());
}

#[test]
fn an_input_that_fails_poisons_the_readers() {
    let key = NoRsa::default();
    let envelope = Sealer::new(&key).seal(&pattern(2 * CHUNK)).unwrap();
    let cut = &envelope[..envelope.len() - 100];
    let plaintext = pattern(2 * CHUNK);
    let fails = || Fails(io::ErrorKind::ConnectionReset);
    let mut opening = Opener::new(&key).wrap_input(cut.chain(fails())).unwrap();
    let mut sealing = Sealer::new(&key).wrap_input(plaintext.chain(fails())).unwrap();
    for reader in [&mut opening as &mut dyn Read, &mut sealing] {
        let (_, end) = read_in_pieces(&mut *reader, &[1000]);
        assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        let again = reader.read(&mut [0; 1000]).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::ConnectionReset);
        assert!(again.to_string().contains("unplugged"), "{again}");
    }
}

#[test]
fn an_output_that_panics_ends_the_writers() {
    let key = NoRsa::default();
    let envelope = Sealer::new(&key).seal(&pattern(3 * CHUNK)).unwrap();
    let mut opening = Opener::new(&key).wrap_output(Untouchable);
    let mut sealing = Sealer::new(&key).wrap_output(Untouchable).unwrap();
    for writer in [&mut opening as &mut dyn Write, &mut sealing] {
        catch_unwind(AssertUnwindSafe(|| writer.write_all(&envelope))).unwrap_err();
        for error in [writer.write(&envelope).unwrap_err(), writer.flush().unwrap_err()] {
            assert!(error.to_string().contains("panicked"), "{error}");
        }
    }
    assert!(opening.try_finish().unwrap_err().to_string().contains("panicked"));
}

#[test]
fn a_chunk_is_released_as_soon_as_it_has_arrived() {
    let key = NoRsa::default();
    let envelope = Sealer::new(&key).seal(&pattern(5 * CHUNK)).unwrap();
    let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
    let nothing_more = Fails(io::ErrorKind::Other);
    let input = Faulty::new((&body[..56 + 16400]).chain(nothing_more), vec![Step::Short(4100)]);
    let mut reader = header.open(key.content_key()).unwrap().wrap_input(input);
    let mut plaintext = vec![0; CHUNK];
    reader.read_exact(&mut plaintext).unwrap();
    assert_eq!(plaintext, pattern(CHUNK));
}

#[test]
fn the_plaintext_limit_holds_in_streams_on_both_sides() {
    let key = NoRsa::default();
    let limit = |len: usize| Limits::default().with_plaintext_len(len as u64);
    for len in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
        let envelope = Sealer::new(&key).seal(&pattern(len)).unwrap();
        let opened = |limits| {
            let mut reader = Opener::new(&key).limits(limits).wrap_input(&envelope[..]).unwrap();
            let mut plaintext = Vec::new();
            reader.read_to_end(&mut plaintext).map(|_| plaintext)
        };
        let sealed = |limits| {
            let mut writer = Sealer::new(&key).limits(limits).wrap_output(Vec::new()).unwrap();
            writer.write_all(&pattern(len)).and_then(|()| writer.try_finish())
        };
        assert_eq!(opened(limit(len)).unwrap(), pattern(len));
        sealed(limit(len)).unwrap();
        if let Some(less) = len.checked_sub(1) {
            let (released, end) = open_by_writing(&Opener::new(&key).limits(limit(less)), &envelope, &[50_000]);
            assert!(released == pattern(less / CHUNK * CHUNK));
            for error in [opened(limit(less)).unwrap_err(), end.unwrap_err()] {
                assert!(
                    matches!(
                        open_error(&error),
                        OpenError::LimitExceeded(LimitExceeded { limit: Limit::PlaintextLen, .. })
                    ),
                    "{error}"
                );
            }
            let error = sealed(limit(less)).unwrap_err();
            let inner = error.get_ref().unwrap().downcast_ref::<SealError>();
            assert!(matches!(inner, Some(SealError::LimitExceeded(_))), "{error}");
        }
    }
}

/// Steps of an inner stream that get somewhere in the end.
fn script() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (1..50_000usize).prop_map(Step::Short),
        (1..10usize).prop_map(Step::Short),
        Just(Step::WouldBlock),
        Just(Step::Interrupted),
    ];
    vec(step, 0..12).prop_map(|mut script| {
        script.push(Step::Short(20_000));
        script
    })
}
