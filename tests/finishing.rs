//! The end of a stream: readers that are not read to it, and writers that cannot get to it.

#[path = "common/support.rs"]
mod support;

use std::error::Error;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use bulla::error::{FinishError, OpenError, SealError};
use bulla::{Header, Limits, OpenReader, Opener, Sealer};
use support::streams::{Fails, Faulty, Full, Step};
use support::{CHUNK, NoRsa, SEALED_CHUNK, header_len, open_error, opener_with_threads, pattern, read_in_pieces, seal};

#[test]
fn finish_fails_if_what_was_not_read_is_damaged() {
    let key = NoRsa::default();
    for (name, envelope, error) in damaged() {
        for threads in [1, 3] {
            for read in [0, 1, 100, CHUNK, 2 * CHUNK] {
                let mut reader = opener_with_threads(&key, threads).wrap_input(&envelope[..]).unwrap();
                let mut seen = vec![0; read];
                // A consumer that stops at a length of its own is content.
                reader.read_exact(&mut seen).unwrap();
                assert!(seen == plaintext()[..read]);
                assert_eq!(open_error(&reader.finish().unwrap_err()), error, "{name}, {read} bytes read");
            }
        }
    }
}

#[test]
fn expect_end_fails_at_an_end_that_is_damaged() {
    let key = NoRsa::default();
    for (name, envelope, error) in damaged() {
        let mut reader = Opener::new(&key).wrap_input(&envelope[..]).unwrap();
        reader.read_exact(&mut vec![0; 2 * CHUNK]).unwrap();
        assert_eq!(open_error(&reader.expect_end().unwrap_err()), error, "{name}");
    }
}

#[test]
fn finish_gives_back_the_inner_reader_of_an_intact_envelope() {
    let key = NoRsa::default();
    for len in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 10 * CHUNK + 5] {
        let envelope = seal(&pattern(len));
        for threads in [1, 3] {
            for read in [0, 1, len / 2, len] {
                let mut reader = opener_with_threads(&key, threads).wrap_input(Cursor::new(&envelope)).unwrap();
                reader.read_exact(&mut vec![0; read.min(len)]).unwrap();
                let inner = reader.finish().unwrap();
                assert_eq!(inner.position(), envelope.len() as u64, "{read} of {len}");
            }
        }
    }
}

#[test]
fn expect_end_refuses_plaintext_that_is_left() {
    let key = NoRsa::default();
    for len in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
        let envelope = seal(&pattern(len));
        let reader_after = |read: usize| {
            let mut reader = Opener::new(&key).wrap_input(Cursor::new(&envelope)).unwrap();
            reader.read_exact(&mut vec![0; read]).unwrap();
            reader
        };
        assert_eq!(reader_after(len).expect_end().unwrap().position(), envelope.len() as u64);
        if let Some(less) = len.checked_sub(1) {
            for read in [0, less / 2, less] {
                let error = reader_after(read).expect_end().unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::InvalidData);
                assert!(error.to_string().contains("plaintext is left"), "{error}");
                assert_eq!(OpenError::from_io(&error), None, "nothing is wrong with the envelope");
            }
        }
    }
}

#[test]
fn a_length_prefixed_format_is_complete_only_if_its_envelope_is() {
    // A length, so many bytes, and nothing after them.
    fn parse(mut reader: OpenReader<&[u8]>) -> io::Result<Vec<u8>> {
        let mut len = [0; 8];
        reader.read_exact(&mut len)?;
        let mut content = vec![0; u64::from_be_bytes(len) as usize];
        reader.read_exact(&mut content)?;
        reader.expect_end()?;
        Ok(content)
    }
    let key = NoRsa::default();
    // The content ends with the second chunk, and the third is empty.
    let content = pattern(2 * CHUNK - 8);
    let envelope = seal(&[&(content.len() as u64).to_be_bytes()[..], &content].concat());
    let parse = |envelope: &[u8]| parse(Opener::new(&key).wrap_input(envelope)?);
    assert!(parse(&envelope).unwrap() == content);
    let without_the_last = &envelope[..envelope.len() - 16];
    assert_eq!(open_error(&parse(without_the_last).unwrap_err()), OpenError::Truncated);
    let extended = [&envelope[..], b"x"].concat();
    assert_eq!(open_error(&parse(&extended).unwrap_err()), OpenError::LastChunkAltered { index: 2 });
}

#[test]
fn after_a_seek_finish_verifies_what_is_ahead() {
    let key = NoRsa::default();
    let plaintext = plaintext();
    let mut envelope = seal(&plaintext);
    // Damage in the first chunk, which was passed over.
    let body = header_len(&envelope) + 56;
    envelope[body] ^= 1;
    for position in [CHUNK, CHUNK + 1, 2 * CHUNK, plaintext.len() - 1, plaintext.len(), plaintext.len() + 9] {
        let reader = || {
            let mut reader = Opener::new(&key).wrap_input(Cursor::new(&envelope)).unwrap();
            reader.seek(SeekFrom::Start(position as u64)).unwrap();
            reader
        };
        assert!(reader().finish().is_ok(), "from {position}");
        assert_eq!(reader().expect_end().is_ok(), position >= plaintext.len());
    }
    let mut reader = Opener::new(&key).wrap_input(Cursor::new(&envelope)).unwrap();
    reader.seek(SeekFrom::Start(CHUNK as u64)).unwrap();
    reader.rewind().unwrap();
    assert_eq!(open_error(&reader.finish().unwrap_err()), OpenError::ChunkAltered { index: 0 });
}

#[test]
fn finish_reports_a_failed_read_again() {
    let key = NoRsa::default();
    let (_, envelope, error) = damaged().remove(1);
    let mut reader = Opener::new(&key).wrap_input(&envelope[..]).unwrap();
    reader.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(open_error(&reader.finish().unwrap_err()), error);
}

#[test]
fn finish_passes_on_an_error_of_the_input() {
    let key = NoRsa::default();
    let envelope = seal(&plaintext());
    for kind in [io::ErrorKind::ConnectionReset, io::ErrorKind::WouldBlock] {
        let input = (&envelope[..envelope.len() - 100]).chain(Fails(kind));
        let reader = Opener::new(&key).wrap_input(input).unwrap();
        assert_eq!(reader.finish().err().unwrap().kind(), kind);
    }
}

#[test]
fn a_reader_that_blocks_can_be_finished_once_it_was_read_to_its_end() {
    let key = NoRsa::default();
    let envelope = seal(&plaintext());
    let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
    let input = Faulty::new(body, vec![Step::Short(5000), Step::WouldBlock]);
    let mut reader = Opener::new(&key).open_header(&header).unwrap().wrap_input(input);
    let (seen, end) = read_in_pieces(&mut reader, &[1000]);
    assert!(end.is_ok() && seen == plaintext());
    // The input is not asked again: it would panic.
    assert!(reader.finish().unwrap().ended);
}

#[test]
fn finish_verifies_within_the_limit() {
    let key = NoRsa::default();
    let envelope = seal(&plaintext());
    let limits = Limits::default().with_plaintext_len(2 * CHUNK as u64);
    let reader = Opener::new(&key).limits(limits).wrap_input(&envelope[..]).unwrap();
    assert!(matches!(open_error(&reader.finish().unwrap_err()), OpenError::LimitExceeded(_)));
}

#[test]
fn a_writer_whose_output_blocks_comes_back_and_can_be_finished() {
    let key = NoRsa::default();
    let plaintext = pattern(3 * CHUNK + 5);
    let output = || Faulty::new(Vec::new(), vec![Step::Short(10_000), Step::WouldBlock]);

    let mut writer = Sealer::new(&key).wrap_output(output()).unwrap();
    support::write_in_pieces(&mut writer, &plaintext, &[CHUNK]).unwrap();
    let (envelope, blocked) = finish(writer, |writer| writer.finish());
    assert!(blocked > 0);
    assert!(bulla::open(&key, &envelope.inner).unwrap() == plaintext);

    let mut writer = Opener::new(&key).wrap_output(output());
    support::write_in_pieces(&mut writer, &envelope.inner, &[SEALED_CHUNK]).unwrap();
    let (opened, blocked) = finish(writer, |writer| writer.finish());
    assert!(blocked > 0);
    assert!(opened.inner == plaintext);

    #[cfg(feature = "armor")]
    {
        let mut writer = bulla::armor::ArmorWriter::new(output());
        support::write_in_pieces(&mut writer, &plaintext, &[CHUNK]).unwrap();
        let (text, blocked) = finish(writer, |writer| writer.finish());
        assert!(blocked > 0);
        assert!(bulla::armor::decode(&text.inner).unwrap() == plaintext);
    }
}

/// Finishes a writer as often as it blocks, and counts how often that was.
fn finish<T, W>(mut writer: T, finish: impl Fn(T) -> Result<W, FinishError<T>>) -> (W, usize) {
    let mut blocked = 0;
    loop {
        match finish(writer) {
            Ok(inner) => return (inner, blocked),
            Err(error) => {
                assert_eq!(error.error().kind(), io::ErrorKind::WouldBlock);
                blocked += 1;
                writer = error.into_writer();
            }
        }
    }
}

#[test]
fn an_unfinished_writer_gives_its_error_and_its_output() {
    let key = NoRsa::default();
    let envelope = seal(&pattern(100));
    let sealing = || Sealer::new(&key).wrap_output(Full::after(40)).unwrap();
    check(sealing().finish(), sealing().finish(), |writer| writer.into_inner().bytes.len());
    let opening = || {
        let mut writer = Opener::new(&key).wrap_output(Full::after(40));
        writer.write_all(&envelope).unwrap();
        writer
    };
    check(opening().finish(), opening().finish(), |writer| writer.into_inner().bytes.len());
    #[cfg(feature = "armor")]
    {
        let writer = || bulla::armor::ArmorWriter::new(Full::after(40));
        check(writer().finish(), writer().finish(), |writer| writer.into_inner().bytes.len());
    }

    fn check<T, W>(one: Result<W, FinishError<T>>, other: Result<W, FinishError<T>>, written: impl Fn(T) -> usize) {
        let [one, other] = [one, other].map(|result| result.err().unwrap());
        assert_eq!(one.error().kind(), io::ErrorKind::StorageFull);
        assert_eq!(one.to_string(), one.error().to_string());
        let (error, writer) = one.into_parts();
        assert_eq!((error.kind(), written(writer)), (io::ErrorKind::StorageFull, 40));
        assert_eq!(written(other.into_writer()), 40);
    }
}

#[test]
fn the_question_mark_turns_an_unfinished_writer_into_its_error() {
    fn open(key: &NoRsa, envelope: &[u8]) -> io::Result<Vec<u8>> {
        let mut writer = Opener::new(key).wrap_output(Vec::new());
        writer.write_all(envelope)?;
        Ok(writer.finish()?)
    }
    let key = NoRsa::default();
    let envelope = seal(b"hello");
    assert_eq!(open(&key, &envelope).unwrap(), b"hello");
    let error = open(&key, &envelope[..envelope.len() - 6]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(error.downcast::<OpenError>().unwrap(), OpenError::Truncated);

    fn seal_to(output: impl Write) -> io::Result<()> {
        let limits = Limits::default().with_plaintext_len(3);
        let mut writer = Sealer::new(NoRsa::default()).limits(limits).wrap_output(output)?;
        writer.write_all(b"hello")?;
        writer.finish()?;
        Ok(())
    }
    let error = seal_to(Vec::new()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert!(matches!(SealError::from_io(&error), Some(SealError::LimitExceeded(_))));
}

#[test]
fn the_source_of_an_unfinished_writer_is_that_of_its_error() {
    struct FailsBecause;
    impl Write for FailsBecause {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other(OpenError::Unwrap(bulla::error::UnwrapError::new("the cause"))))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let error = Sealer::new(NoRsa::default()).wrap_output(FailsBecause).unwrap().finish().err().unwrap();
    assert_eq!(error.error().source().unwrap().to_string(), "the cause");
    assert_eq!(io::Error::from(error).source().unwrap().to_string(), "the cause");
}

/// Two full chunks and a short one.
fn plaintext() -> Vec<u8> {
    pattern(2 * CHUNK + 100)
}

/// Envelopes of the same plaintext whose last chunk is damaged, and how that shows.
fn damaged() -> Vec<(&'static str, Vec<u8>, OpenError)> {
    let envelope = seal(&plaintext());
    let mut flipped = envelope.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let last = header_len(&envelope) + 56 + 2 * SEALED_CHUNK;
    vec![
        ("cut", envelope[..envelope.len() - 1].to_vec(), OpenError::LastChunkAltered { index: 2 }),
        ("flipped", flipped, OpenError::LastChunkAltered { index: 2 }),
        ("missing", envelope[..last].to_vec(), OpenError::Truncated),
        ("cut within the tag", envelope[..last + 15].to_vec(), OpenError::Truncated),
        ("extended", [&envelope[..], b"x"].concat(), OpenError::LastChunkAltered { index: 2 }),
        ("extended by a chunk", [&envelope[..], &[0; SEALED_CHUNK]].concat(), OpenError::ChunkAltered { index: 2 }),
    ]
}

#[test]
fn the_question_mark_keeps_the_cause_and_drops_a_writer_that_borrows() {
    fn open(key: &NoRsa, cut: &[u8], output: &mut Vec<u8>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let mut writer = Opener::new(key).wrap_output(output);
        writer.write_all(cut)?;
        writer.finish()?;
        Ok(())
    }
    let key = NoRsa::default();
    let envelope = Sealer::new(&key).seal(b"hello").unwrap();
    let error = open(&key, &envelope[..envelope.len() - 1], &mut Vec::new()).unwrap_err();
    let error = error.downcast_ref::<io::Error>().unwrap();
    assert_eq!(OpenError::from_io(error), Some(&OpenError::LastChunkAltered { index: 0 }));
}
