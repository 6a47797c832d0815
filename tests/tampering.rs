//! No damaged envelope opens, and no byte is released that did not verify.

#[path = "common/support.rs"]
mod support;

use std::io::Read;
use std::sync::LazyLock;

use bulla::error::{HeaderErrorKind, OpenError};
use bulla::{Header, Limits, OpenedHeader, Opener, Sealer};
use proptest::prelude::*;
use support::{
    CHUNK, NoRsa, RSA_2048, RSA_3072, SplitMix64, header_len, open_by_writing, open_error, pattern, read_in_pieces,
};

/// Three chunks and a bit.
const LEN: usize = 2 * CHUNK + 100;

static PLAINTEXT: LazyLock<Vec<u8>> = LazyLock::new(|| pattern(LEN));
static KEY: LazyLock<NoRsa> = LazyLock::new(NoRsa::default);
static ENVELOPE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    Sealer::new(&*KEY).metadata(b"m").aad(b"aad").start_with_rng(&mut SplitMix64(1)).unwrap().seal(&PLAINTEXT).unwrap()
});

#[test]
fn every_altered_byte_of_a_body_is_noticed_at_its_chunk() {
    let (header, body) = split();
    let mut altered = body.to_vec();
    for offset in 0..body.len() {
        altered[offset] ^= 1 << (offset % 8);
        let (released, error) = read(&header, &altered);
        let expected = match offset.checked_sub(56).map(|offset| offset / 16400) {
            None => OpenError::WrongAssociatedData,
            Some(2) => OpenError::LastChunkAltered { index: 2 },
            Some(index) => OpenError::ChunkAltered { index: index as u64 },
        };
        assert_eq!(error, Some(expected.clone()), "byte {offset}");
        let good = offset.saturating_sub(56) / 16400 * CHUNK;
        assert!(released == PLAINTEXT[..good], "byte {offset}");
        altered[offset] = body[offset];
    }
}

#[test]
fn truncation_is_an_error_at_every_length() {
    let (header, body) = split();
    for len in 0..body.len() {
        let (released, error) = read(&header, &body[..len]);
        let last = len.saturating_sub(56) % 16400;
        let index = (len.saturating_sub(56) / 16400) as u64;
        let expected = if len < 56 || last < 16 { OpenError::Truncated } else { OpenError::LastChunkAltered { index } };
        assert_eq!(error, Some(expected), "{len} bytes");
        assert!(released == PLAINTEXT[..index as usize * CHUNK], "{len} bytes");
    }
}

#[test]
fn extension_is_an_error() {
    let (header, body) = split();
    for extra in [1, 15, 16, 17, 16283, 16284, 16285, 16400, 40_000] {
        let extended = [body, &vec![0; extra]].concat();
        let (released, error) = read(&header, &extended);
        // From 16284 more bytes on, the last chunk of 116 bytes is taken for a full one.
        let expected = match extra {
            ..16284 => OpenError::LastChunkAltered { index: 2 },
            _ => OpenError::ChunkAltered { index: 2 },
        };
        assert_eq!(error, Some(expected), "{extra} bytes");
        assert!(released == PLAINTEXT[..2 * CHUNK]);
    }
}

#[test]
fn every_altered_bit_of_a_header_is_noticed() {
    let recipient = RSA_2048.recipient();
    let envelope = Sealer::new(&recipient).metadata(b"m").seal(b"hello").unwrap();
    let opener = Opener::new(&*RSA_2048);
    assert!(opener.open(&envelope).is_ok());
    let mut altered = envelope.clone();
    for offset in 0..header_len(&envelope) {
        for bit in 0..8 {
            altered[offset] ^= 1 << bit;
            let error = opener.open(&altered).expect_err("an altered header must not open");
            assert!(
                matches!(
                    error,
                    OpenError::Header(_)
                        | OpenError::NotAuthentic
                        | OpenError::NoMatchingRecord
                        | OpenError::Truncated
                        | OpenError::LimitExceeded(_)
                ),
                "byte {offset} bit {bit}: {error:?}"
            );
            let streamed = opener.wrap_input(&altered[..]).expect_err("nor as a stream");
            assert_eq!(open_error(&streamed), error);
            if bit == offset % 8 {
                let (released, end) = open_by_writing(&opener, &altered, &[1000]);
                assert_eq!((released, open_error(&end.unwrap_err())), (Vec::new(), error));
            }
            altered[offset] = envelope[offset];
        }
    }
}

#[test]
fn a_truncated_header_is_truncated_at_every_length() {
    let envelope = &*ENVELOPE;
    for len in 0..header_len(envelope) {
        assert_eq!(Opener::new(&*KEY).open(&envelope[..len]), Err(OpenError::Truncated), "{len} bytes");
        let error = Opener::new(&*KEY).wrap_input(&envelope[..len]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
        let (released, end) = open_by_writing(&Opener::new(&*KEY), &envelope[..len], &[7]);
        assert_eq!((released, open_error(&end.unwrap_err())), (Vec::new(), OpenError::Truncated));
    }
}

#[test]
fn all_failures_to_unwrap_are_one_error() {
    let recipient = RSA_2048.recipient();
    let envelope = Sealer::new(&recipient).seal(b"hello").unwrap();
    let wrapped = 20 + 6 + 33;
    let damage: [(&str, Damage); 4] = [
        ("OAEP padding", |wrapped| wrapped[255] ^= 1),
        ("not below the modulus", |wrapped| wrapped.fill(0xFF)),
        ("zero", |wrapped| wrapped.fill(0)),
        ("one", |wrapped| {
            wrapped.fill(0);
            wrapped[255] = 1;
        }),
    ];
    for (name, damage) in damage {
        let mut altered = envelope.clone();
        damage(&mut altered[wrapped..wrapped + 256]);
        assert_eq!(Opener::new(&*RSA_2048).open(&altered), Err(OpenError::NotAuthentic), "{name}");
    }
    let mut altered = envelope.clone();
    altered[wrapped + 256] ^= 1;
    assert_eq!(Opener::new(&*RSA_2048).open(&altered), Err(OpenError::NotAuthentic), "tag");
}

#[test]
fn different_associated_data_is_reported_as_such() {
    for aad in [&b""[..], b"AAD", b"aad\0", b"aa"] {
        let opener = Opener::new(&*KEY).aad(aad);
        assert_eq!(opener.open(&ENVELOPE), Err(OpenError::WrongAssociatedData));
        assert_eq!(open_error(&opener.wrap_input(&ENVELOPE[..]).unwrap_err()), OpenError::WrongAssociatedData);
        let (released, end) = open_by_writing(&opener, &ENVELOPE, &[100]);
        assert_eq!((released, open_error(&end.unwrap_err())), (Vec::new(), OpenError::WrongAssociatedData));
    }
}

#[test]
fn a_body_does_not_open_under_another_header_of_the_same_key() {
    let one = NoRsa::default();
    let first =
        Sealer::new(&one).metadata(b"first").start_with_rng(&mut SplitMix64(1)).unwrap().seal(b"hello").unwrap();
    let second =
        Sealer::new(&one).metadata(b"other").start_with_rng(&mut SplitMix64(1)).unwrap().seal(b"hello").unwrap();
    let len = header_len(&first);
    let mixed = [&second[..len], &first[len..]].concat();
    assert_eq!(Opener::new(&one).open(&mixed), Err(OpenError::WrongAssociatedData));
}

#[test]
fn the_wrong_key_finds_no_matching_record_or_none_that_is_authentic() {
    let recipient = RSA_2048.recipient();
    let identified = Sealer::new(&recipient).seal(b"hello").unwrap();
    assert_eq!(Opener::new(&*RSA_3072).open(&identified), Err(OpenError::NoMatchingRecord));

    let other_key_of_the_same_size = bulla::RsaIdentity::generate(bulla::keys::KeySize::Rsa2048).unwrap();
    let anonymous = recipient.anonymous();
    let anonymous = Sealer::new(&anonymous).seal(b"hello").unwrap();
    assert_eq!(Opener::new(&other_key_of_the_same_size).open(&anonymous), Err(OpenError::NotAuthentic));
}

#[test]
fn a_failed_stream_stays_failed_with_the_same_error() {
    let (header, body) = split();
    let mut altered = body.to_vec();
    altered[56 + 16400] ^= 1;
    for size in [100, CHUNK, 10 * CHUNK] {
        let mut reader = open(&header).wrap_input(&altered[..]);
        let mut buffer = vec![0; size];
        let mut released = 0;
        let first = loop {
            match reader.read(&mut buffer) {
                Ok(len) => released += len,
                Err(error) => break open_error(&error),
            }
        };
        assert_eq!((released, &first), (CHUNK, &OpenError::ChunkAltered { index: 1 }));
        for _ in 0..3 {
            assert_eq!(open_error(&reader.read(&mut buffer).unwrap_err()), first);
        }
    }
}

#[test]
fn what_is_not_an_envelope_is_named() {
    for (input, text) in [
        (&b"hello, this is some text"[..], "not a bulla envelope"),
        (b"hi", "not a bulla envelope"),
        (include_bytes!("keys/rsa2048.pub.pem"), "not a bulla envelope"),
        (b"-----BEGIN PUBLIC KEY-----\n", "PEM"),
        (b"age-encryption.org/v1\n", "age"),
        (b"iUJVTA0KGgoBAQEAAAAAAAAA", "base64"),
        (b"\x89BUL\n\x1a\n\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "text mode"),
    ] {
        let error = Opener::new(&*RSA_2048).open(input).unwrap_err();
        let OpenError::Header(header) = &error else { panic!("{error:?}") };
        assert!(matches!(header.kind(), HeaderErrorKind::NotAnEnvelope(_)));
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(open_error(&Opener::new(&*RSA_2048).wrap_input(input).unwrap_err()), error);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn damage_anywhere_releases_only_whole_chunks_before_it(
        at in 0..LEN + 56 + 48,
        mask in 1..=255u8,
        cut in proptest::option::of(0..LEN + 56 + 48),
        sizes in proptest::collection::vec(1..70_000usize, 1..4),
    ) {
        let (header, body) = split();
        let mut altered = body.to_vec();
        altered[at] ^= mask;
        altered.truncate(cut.unwrap_or(usize::MAX));

        let (released, end) = read_in_pieces(open(&header).wrap_input(&altered[..]), &sizes);
        let streamed = open_error(&end.expect_err("a damaged body must not open"));
        prop_assert!(PLAINTEXT.starts_with(&released) && released.len() % CHUNK == 0);
        prop_assert_eq!(open(&header).open(&altered), Err(streamed.clone()));

        let envelope = [header.as_bytes(), &altered[..]].concat();
        let (passed_on, end) = open_by_writing(&Opener::new(&*KEY).aad(b"aad"), &envelope, &sizes);
        prop_assert!(passed_on == released);
        prop_assert_eq!(open_error(&end.unwrap_err()), streamed.clone());

        let mut data = envelope.clone();
        prop_assert_eq!(Opener::new(&*KEY).aad(b"aad").open_in_place(&mut data), Err(streamed));
        prop_assert!(data.is_empty() || data == envelope);
    }
}

type Damage = fn(&mut [u8]);

fn split() -> (Header, &'static [u8]) {
    Header::split(&ENVELOPE, &Limits::default()).unwrap()
}

fn open(header: &Header) -> OpenedHeader {
    header.open(KEY.content_key()).unwrap().aad(b"aad")
}

/// What a reader releases of `body`, and the error that ends it; a writer and the one-shot must
/// agree.
fn read(header: &Header, body: &[u8]) -> (Vec<u8>, Option<OpenError>) {
    let (released, end) = read_in_pieces(open(header).wrap_input(body), &[2 * CHUNK, 777]);
    let error = end.err().map(|error| open_error(&error));
    assert_eq!(open(header).open(body).err(), error);
    let envelope = [header.as_bytes(), body].concat();
    let (passed_on, end) = open_by_writing(&Opener::new(&*KEY).aad(b"aad"), &envelope, &[2 * CHUNK, 777]);
    assert!(passed_on == released);
    assert_eq!(end.err().map(|error| open_error(&error)), error);
    (released, error)
}
