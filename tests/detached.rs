//! Header and body in different places.

#[path = "common/support.rs"]
mod support;

use std::io::{Read, Write};

use bulla::body::BodySealer;
use bulla::error::{HeaderErrorKind, LimitExceeded, OpenError};
use bulla::{Header, Limits, Opener, Sealer};
use support::{CHUNK, LENGTHS, NoRsa, SplitMix64, open_error, pattern, write_in_pieces};

#[test]
fn header_and_body_make_the_envelope() {
    let key = NoRsa::default();
    for len in LENGTHS {
        let plaintext = pattern(len);
        let sealer = Sealer::new(&key).metadata(b"m").aad(b"aad");
        let envelope = sealer.start_with_rng(&mut SplitMix64(1)).unwrap().seal(&plaintext).unwrap();
        let start = || sealer.start_with_rng(&mut SplitMix64(1)).unwrap().into_parts();

        let (header, body_sealer) = start();
        let body = body_sealer.seal(&plaintext).unwrap();
        assert!([header.as_bytes(), &body].concat() == envelope);

        let mut writer = start().1.wrap_output(Vec::new());
        write_in_pieces(&mut writer, &plaintext, &[1000, 40_000]).unwrap();
        assert!(writer.finish().unwrap() == body);

        let mut read = Vec::new();
        start().1.wrap_input(&plaintext[..]).read_to_end(&mut read).unwrap();
        assert!(read == body);

        let opener = Opener::new(&key).aad(b"aad");
        assert!(opener.open_header(&header).unwrap().open(&body).unwrap() == plaintext);
        read.clear();
        opener.open_header(&header).unwrap().wrap_input(&body[..]).read_to_end(&mut read).unwrap();
        assert!(read == plaintext);
    }
}

#[test]
fn a_header_does_not_open_the_body_of_another() {
    let key = NoRsa::default();
    let (header, _) = Sealer::new(&key).start().unwrap().into_parts();
    let (_, body_sealer) = Sealer::new(&key).start().unwrap().into_parts();
    let body = body_sealer.seal(b"hello").unwrap();
    // The identity remembers nothing: the content key comes from the header.
    let error = Opener::new(&key).open_header(&header).unwrap().open(&body).unwrap_err();
    assert_eq!(error, OpenError::WrongAssociatedData);
}

#[test]
fn a_detached_header_ends_where_its_bytes_end() {
    let key = NoRsa::default();
    let (header, _) = Sealer::new(&key).start().unwrap().into_parts();
    let bytes = header.as_bytes();
    assert_eq!(Header::parse(bytes, &Limits::default()).unwrap(), header);
    assert_eq!(header.body_offset(), bytes.len() as u64);
    let longer = [bytes, b"x"].concat();
    let error = Header::parse(&longer, &Limits::default()).unwrap_err();
    assert_eq!((error.kind(), error.offset()), (HeaderErrorKind::TrailingBytes, bytes.len()));
}

#[test]
fn a_body_that_was_not_finished_is_truncated() {
    let key = NoRsa::default();
    let (header, body_sealer) = Sealer::new(&key).start().unwrap().into_parts();
    let mut body = Vec::new();
    let mut writer = body_sealer.wrap_output(&mut body);
    writer.write_all(&pattern(2 * CHUNK)).unwrap();
    writer.flush().unwrap();
    drop(writer);
    let mut plaintext = Vec::new();
    let opened = Opener::new(&key).open_header(&header).unwrap();
    let error = opened.wrap_input(&body[..]).read_to_end(&mut plaintext).unwrap_err();
    assert_eq!(open_error(&error), OpenError::Truncated);
}

#[test]
fn the_plaintext_limit_holds() {
    let key = NoRsa::default();
    let limits = Limits::default().with_plaintext_len(10);
    let start = || Sealer::new(&key).limits(limits).start().unwrap().into_parts().1;
    assert!(start().seal(&[7; 10]).is_ok());
    let error = start().seal(&[7; 11]).unwrap_err();
    assert!(matches!(error, bulla::error::SealError::LimitExceeded(LimitExceeded { max: 10, .. })), "{error:?}");
}

#[test]
#[should_panic(expected = "no chunk has been sealed yet")]
fn a_sealer_in_use_does_not_start_a_body() {
    let key = NoRsa::default();
    let (_, mut body_sealer) = Sealer::new(&key).start().unwrap().into_parts();
    body_sealer.seal_chunk(&[0; CHUNK], &mut [0; BodySealer::SEALED_CHUNK_LEN]).unwrap();
    let _ = body_sealer.wrap_output(Vec::new());
}

#[test]
fn the_length_of_the_plaintext_follows_from_that_of_the_envelope() {
    let key = NoRsa::default();
    for len in LENGTHS {
        let envelope = Sealer::new(&key).seal(&pattern(len)).unwrap();
        let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
        assert_eq!(header.unverified_plaintext_len(envelope.len() as u64), Ok(len as u64));
        assert_eq!(bulla::body::body_len(len as u64), Some(body.len() as u64));
        assert_eq!(header.unverified_plaintext_len(header.body_offset() + 71), Err(OpenError::Truncated));
        assert_eq!(header.unverified_plaintext_len(0), Err(OpenError::Truncated));
    }
}
