//! Opening what is written piece by piece: when the header opens, what is passed on, and how it
//! ends.

#[path = "common/support.rs"]
mod support;

use std::io::{self, Write};

use bulla::error::OpenError;
use bulla::{Header, Limits, OpenWriter, Opener, Sealer};
use support::{CHUNK, NoRsa, RSA_2048, SEALED_CHUNK, header_len, open_error, pattern, seal};

#[test]
fn the_header_is_there_once_it_was_written_and_has_verified() {
    let key = NoRsa::default();
    let envelope = Sealer::new(&key).metadata(b"m").seal(b"hello").unwrap();
    let header = header_len(&envelope);
    let mut writer = Opener::new(&key).wrap_output(Vec::new());
    for byte in &envelope[..header - 1] {
        writer.write_all(&[*byte]).unwrap();
        assert!(writer.opened_header().is_none());
    }
    writer.write_all(&envelope[header - 1..header]).unwrap();
    assert_eq!(writer.opened_header().unwrap().metadata(), Some(&b"m"[..]));
    assert_eq!(writer.opened_header().unwrap().header().as_bytes(), &envelope[..header]);
    writer.write_all(&envelope[header..]).unwrap();
    writer.try_finish().unwrap();
    assert_eq!(writer.opened_header().unwrap().metadata(), Some(&b"m"[..]));
    assert_eq!(writer.into_inner(), b"hello");
}

#[test]
fn a_header_that_does_not_verify_is_never_there() {
    let key = NoRsa::default();
    let mut envelope = seal(b"hello");
    let header = header_len(&envelope);
    envelope[header - 1] ^= 1;
    let mut writer = Opener::new(&key).wrap_output(Vec::new());
    let error = writer.write_all(&envelope[..header]).unwrap_err();
    assert_eq!(open_error(&error), OpenError::NotAuthentic);
    assert!(writer.opened_header().is_none());
}

#[test]
fn a_flaw_is_reported_by_the_write_that_completes_what_shows_it() {
    let key = NoRsa::default();
    let envelope = seal(&pattern(CHUNK));
    let header = header_len(&envelope);
    let altered = |at: usize| {
        let mut altered = envelope.clone();
        altered[at] ^= 1;
        altered
    };
    let first_chunk = header + 56;
    for (input, complete, expected) in [
        (altered(0), 20, None),
        (altered(header - 1), header, Some(OpenError::NotAuthentic)),
        (altered(header), header + 56, Some(OpenError::WrongAssociatedData)),
        (altered(first_chunk), first_chunk + SEALED_CHUNK, Some(OpenError::ChunkAltered { index: 0 })),
    ] {
        let mut writer = Opener::new(&key).wrap_output(Vec::new());
        let written = input.iter().position(|byte| writer.write_all(&[*byte]).is_err());
        assert_eq!(written, Some(complete - 1), "{expected:?}");
        let again = open_error(&writer.write_all(b"more").unwrap_err());
        match expected {
            Some(expected) => assert_eq!(again, expected),
            None => assert!(matches!(again, OpenError::Header(_))),
        }
        assert_eq!(open_error(&writer.flush().unwrap_err()), again);
        assert_eq!(open_error(finish_error(writer).error()), again);
    }
}

#[test]
fn what_ends_too_early_says_so() {
    let key = NoRsa::default();
    let envelope = seal(b"hello");
    let header = header_len(&envelope);
    for len in [0, 1, 8, 19, 20, 21, header - 1, header, header + 1, header + 55, header + 56, header + 56 + 15] {
        let mut writer = Opener::new(&key).wrap_output(Vec::new());
        writer.write_all(&envelope[..len]).unwrap();
        let error = finish_error(writer);
        assert_eq!(open_error(error.error()), OpenError::Truncated, "{len} bytes");
        assert_eq!(error.error().kind(), io::ErrorKind::UnexpectedEof);
        assert!(error.into_writer().get_ref().is_empty());
    }
    // A header alone, of an envelope whose body is elsewhere, is truncated as well.
    let (header, _) = Sealer::new(&key).start().unwrap().into_parts();
    let mut writer = Opener::new(&key).wrap_output(Vec::new());
    writer.write_all(header.as_bytes()).unwrap();
    assert!(writer.opened_header().is_some());
    assert_eq!(open_error(finish_error(writer).error()), OpenError::Truncated);
}

#[test]
fn garbage_is_refused_with_the_error_of_a_reader() {
    let key = NoRsa::default();
    let cut_magic = &seal(b"")[..5];
    for garbage in
        [&b"x"[..], b"hello, this is some text", &[0; 100_000], include_bytes!("keys/rsa2048.pem"), cut_magic]
    {
        let expected = open_error(&Opener::new(&key).wrap_input(garbage).unwrap_err());
        for size in [1, 7, 100_000] {
            let mut writer = Opener::new(&key).wrap_output(Vec::new());
            let result = garbage.chunks(size).try_for_each(|piece| writer.write_all(piece));
            let error = result.and_then(|()| writer.try_finish()).unwrap_err();
            assert_eq!(open_error(&error), expected);
            assert!(writer.get_ref().is_empty());
        }
    }
}

#[test]
fn flush_passes_on_every_full_chunk_and_no_short_one() {
    let key = NoRsa::default();
    let plaintext = pattern(3 * CHUNK + 1);
    let envelope = seal(&plaintext);
    let body = header_len(&envelope) + 56;
    for (len, passed_on) in [
        (body, 0),
        (body + SEALED_CHUNK - 1, 0),
        (body + SEALED_CHUNK, CHUNK),
        (body + 2 * SEALED_CHUNK + 1, 2 * CHUNK),
        (envelope.len(), 3 * CHUNK),
    ] {
        for size in [1000, 1 << 20] {
            let mut writer = Opener::new(&key).wrap_output(Vec::new());
            envelope[..len].chunks(size).for_each(|piece| writer.write_all(piece).unwrap());
            writer.flush().unwrap();
            assert!(writer.get_ref()[..] == plaintext[..passed_on], "{len} bytes");
            // A flush is not the end.
            writer.write_all(&envelope[len..]).unwrap();
            assert!(writer.finish().unwrap() == plaintext);
        }
    }
}

#[test]
fn flush_before_the_header_is_complete_changes_nothing() {
    let key = NoRsa::default();
    let envelope = seal(b"hello");
    let mut writer = Opener::new(&key).wrap_output(Vec::new());
    for byte in &envelope {
        writer.flush().unwrap();
        writer.write_all(&[*byte]).unwrap();
    }
    assert_eq!(writer.finish().unwrap(), b"hello");
}

#[test]
fn a_finished_writer_takes_no_more() {
    let key = NoRsa::default();
    let mut writer = Opener::new(&key).wrap_output(Vec::new());
    writer.write_all(&seal(b"hello")).unwrap();
    writer.try_finish().unwrap();
    for input in [&b"x"[..], b""] {
        assert_eq!(writer.write(input).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
    writer.flush().unwrap();
    writer.try_finish().unwrap();
    assert_eq!(writer.finish().unwrap(), b"hello");
}

#[test]
fn writing_nothing_does_nothing() {
    let key = NoRsa::default();
    let mut writer = Opener::new(&key).wrap_output(Vec::new());
    for piece in seal(b"hello").chunks(100) {
        assert_eq!(writer.write(b"").unwrap(), 0);
        writer.write_all(piece).unwrap();
    }
    assert_eq!(writer.finish().unwrap(), b"hello");
}

#[test]
fn the_last_chunk_is_passed_on_only_when_it_is_known_to_be_the_last() {
    let key = NoRsa::default();
    let envelope = seal(b"hello");
    let mut writer = Opener::new(&key).wrap_output(Vec::new());
    writer.write_all(&envelope).unwrap();
    writer.flush().unwrap();
    assert!(writer.get_ref().is_empty());
    writer.write_all(b"x").unwrap();
    let error = finish_error(writer);
    assert_eq!(open_error(error.error()), OpenError::LastChunkAltered { index: 0 });
    assert!(error.into_writer().into_inner().is_empty());
}

#[test]
fn the_plaintext_can_be_drained_after_each_write() {
    let key = NoRsa::default();
    let plaintext = pattern(10 * CHUNK + 5);
    let mut writer = Opener::new(&key).wrap_output(Vec::new());
    let mut drained = Vec::new();
    for piece in seal(&plaintext).chunks(10_000) {
        writer.write_all(piece).unwrap();
        assert!(writer.get_ref().len() <= CHUNK);
        drained.append(writer.get_mut());
    }
    drained.append(&mut writer.finish().unwrap());
    assert!(drained == plaintext);
}

#[test]
fn a_writer_keeps_an_opener_of_its_own() {
    // Associated data and limits are those of the opener, which is gone by then.
    let plaintext = pattern(CHUNK);
    let envelope = Sealer::new(RSA_2048.recipient()).aad(b"aad").seal(&plaintext).unwrap();
    let writer = |aad: &'static [u8], max: usize| -> OpenWriter<'static, Vec<u8>> {
        let limits = Limits::default().with_plaintext_len(max as u64);
        Opener::new(RSA_2048.clone()).aad(aad).limits(limits).wrap_output(Vec::new())
    };
    let open = |mut writer: OpenWriter<'static, Vec<u8>>| {
        writer.write_all(&envelope).map_err(|error| open_error(&error))?;
        writer.finish().map_err(|error| open_error(error.error()))
    };
    assert!(open(writer(b"aad", CHUNK)).unwrap() == plaintext);
    assert_eq!(open(writer(b"other", CHUNK)), Err(OpenError::WrongAssociatedData));
    assert!(matches!(open(writer(b"aad", CHUNK - 1)), Err(OpenError::LimitExceeded(_))));
}

fn finish_error<'a, W: Write>(writer: OpenWriter<'a, W>) -> bulla::error::FinishError<OpenWriter<'a, W>> {
    writer.finish().err().expect("cannot be finished")
}

#[test]
fn a_body_is_written_under_a_header_that_was_opened_elsewhere() {
    let key = NoRsa::default();
    let plaintext = pattern(3 * CHUNK + 77);
    let envelope = Sealer::new(&key).aad(b"aad").seal(&plaintext).unwrap();
    let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
    let open = || header.open(key.content_key()).unwrap();
    for size in [1, 56, 1000, 40_000, usize::MAX] {
        let mut writer = open().aad(b"aad").wrap_output(Vec::new());
        assert!(writer.opened_header().is_some());
        body.chunks(size.min(body.len())).for_each(|piece| writer.write_all(piece).unwrap());
        assert!(writer.finish().unwrap() == plaintext, "in pieces of {size}");
    }
    let mut writer = open().aad(b"another").wrap_output(Vec::new());
    let error = writer.write_all(body).unwrap_err();
    assert_eq!(OpenError::from_io(&error), Some(&OpenError::WrongAssociatedData));
    // The header is not part of it.
    assert!(open().aad(b"aad").wrap_output(Vec::new()).write_all(&envelope).is_err());
    for len in [0, 1, 55, 56, 71] {
        let mut writer = open().aad(b"aad").wrap_output(Vec::new());
        writer.write_all(&body[..len]).unwrap();
        let error = writer.try_finish().unwrap_err();
        assert_eq!(OpenError::from_io(&error), Some(&OpenError::Truncated), "{len} bytes");
    }
}
