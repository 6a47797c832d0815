//! Header and body in different places.

#[path = "common/support.rs"]
mod support;

use std::io::{Read, Write};

use bulla::{DecryptError, Decryptor, Encryptor, Header, HeaderErrorKind, LimitExceeded, Limits, Sealer};
use support::{CHUNK, LENGTHS, NoRsa, Scripted, decrypt_error, pattern, write_in_pieces};

#[test]
fn header_and_body_make_the_envelope() {
    let key = NoRsa::default();
    for len in LENGTHS {
        let plaintext = pattern(len);
        let encryptor = Encryptor::new(&key).metadata(b"m").aad(b"aad");
        let envelope = encryptor.encrypt_with_rng(&plaintext, &mut Scripted(1)).unwrap();
        let start = || encryptor.start_with_rng(&mut Scripted(1)).unwrap();

        let (header, sealer) = start();
        let body = sealer.encrypt(&plaintext).unwrap();
        assert!([header.as_bytes(), &body].concat() == envelope);

        let mut writer = start().1.wrap_output(Vec::new());
        write_in_pieces(&mut writer, &plaintext, &[1000, 40_000]).unwrap();
        assert!(writer.finish().unwrap() == body);

        let mut read = Vec::new();
        start().1.wrap_input(&plaintext[..]).read_to_end(&mut read).unwrap();
        assert!(read == body);

        let decryptor = Decryptor::new(&key).aad(b"aad");
        assert!(decryptor.open_header(&header).unwrap().decrypt(&body).unwrap() == plaintext);
        read.clear();
        decryptor.open_header(&header).unwrap().wrap_input(&body[..]).read_to_end(&mut read).unwrap();
        assert!(read == plaintext);
    }
}

#[test]
fn a_header_does_not_open_the_body_of_another() {
    let key = NoRsa::default();
    let (header, _) = Encryptor::new(&key).start().unwrap();
    let (_, sealer) = Encryptor::new(&key).start().unwrap();
    let body = sealer.encrypt(b"hello").unwrap();
    // The identity remembers nothing: the content key comes from the header.
    let error = Decryptor::new(&key).open_header(&header).unwrap().decrypt(&body).unwrap_err();
    assert_eq!(error, DecryptError::WrongContext);
}

#[test]
fn a_detached_header_ends_where_its_bytes_end() {
    let key = NoRsa::default();
    let (header, _) = Encryptor::new(&key).start().unwrap();
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
    let (header, sealer) = Encryptor::new(&key).start().unwrap();
    let mut body = Vec::new();
    let mut writer = sealer.wrap_output(&mut body);
    writer.write_all(&pattern(2 * CHUNK)).unwrap();
    writer.flush().unwrap();
    drop(writer);
    let mut plaintext = Vec::new();
    let opened = Decryptor::new(&key).open_header(&header).unwrap();
    let error = opened.wrap_input(&body[..]).read_to_end(&mut plaintext).unwrap_err();
    assert_eq!(decrypt_error(&error), DecryptError::Truncated);
}

#[test]
fn the_plaintext_limit_holds() {
    let key = NoRsa::default();
    let limits = Limits::default().with_plaintext_len(10);
    let start = || Encryptor::new(&key).limits(limits).start().unwrap().1;
    assert!(start().encrypt(&[7; 10]).is_ok());
    let error = start().encrypt(&[7; 11]).unwrap_err();
    assert!(matches!(error, bulla::EncryptError::LimitExceeded(LimitExceeded { max: 10, .. })), "{error:?}");
}

#[test]
#[should_panic(expected = "no chunk has been sealed yet")]
fn a_sealer_in_use_does_not_start_a_body() {
    let key = NoRsa::default();
    let (_, mut sealer) = Encryptor::new(&key).start().unwrap();
    sealer.seal_chunk(&[0; CHUNK], &mut [0; Sealer::SEALED_CHUNK_LEN]).unwrap();
    let _ = sealer.wrap_output(Vec::new());
}

#[test]
fn the_length_of_the_payload_follows_from_that_of_the_envelope() {
    let key = NoRsa::default();
    for len in LENGTHS {
        let envelope = Encryptor::new(&key).encrypt(&pattern(len)).unwrap();
        let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
        assert_eq!(header.unverified_plaintext_len(envelope.len() as u64), Ok(len as u64));
        assert_eq!(bulla::sealed_len(len as u64), Some(body.len() as u64));
        assert_eq!(header.unverified_plaintext_len(header.body_offset() + 71), Err(DecryptError::Truncated));
        assert_eq!(header.unverified_plaintext_len(0), Err(DecryptError::Truncated));
    }
}
