//! Builders, keys and headers as the values of a program: kept, mixed, compared, converted.

#[path = "common/support.rs"]
mod support;

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Cursor, Read, Write};
use std::sync::Arc;

use bulla::body::body_range;
use bulla::error::{
    HeaderError, HeaderErrorKind, KeyError, KeyErrorKind, OpenError, RewrapError, SealError, UnwrapError, WrapError,
};
use bulla::keys::{ContentKey, KeyId, WrappedKey};
use bulla::rand_core::CryptoRng;
use bulla::{
    Header, Identity, Limits, Opener, Recipient, RemoteIdentity, Rewrapper, RsaIdentity, RsaRecipient, Sealer,
};
use proptest::prelude::*;
use support::{CHUNK, LENGTHS, NoRsa, RSA_2048, RSA_3072, RSA_4096, SplitMix64, pattern, seal};

#[test]
fn a_service_keeps_its_sealer_and_opener() {
    struct Service {
        sealer: Sealer<'static>,
        opener: Opener<'static>,
    }
    impl Service {
        fn new(tenant: &str) -> Self {
            let aad = format!("tenant/{tenant}").into_bytes();
            Self {
                sealer: Sealer::new(RSA_2048.recipient()).metadata(Cow::Borrowed(&b"text/plain"[..])).aad(aad.clone()),
                opener: Opener::new(RSA_2048.clone()).aad(Cow::Owned(aad)),
            }
        }
    }
    let [one, other] = ["one", "other"].map(Service::new);
    let sealed = std::thread::spawn(move || one.sealer.seal(b"hello").map(|sealed| (sealed, one.opener)));
    let (sealed, opener) = sealed.join().unwrap().unwrap();
    assert_eq!(opener.open(&sealed).unwrap(), b"hello");
    assert_eq!(other.opener.open(&sealed), Err(OpenError::WrongAssociatedData));
    assert_eq!(other.opener.clone().aad(b"tenant/one").open(&sealed).unwrap(), b"hello");
}

#[test]
fn recipients_and_identities_of_different_types_stand_together() {
    let recipients: Vec<Box<dyn Recipient>> = vec![
        Box::new(RSA_2048.recipient()),
        Box::new(RSA_3072.recipient().anonymous()),
        Box::new(support::Named::new(7)),
    ];
    let sealed = Sealer::with_recipients(recipients).unwrap().seal(b"hello").unwrap();
    let (header, _) = Header::split(&sealed, &Limits::default()).unwrap();
    assert_eq!(header.records().len(), 3);

    let remote = RemoteIdentity::new(RSA_3072.recipient(), |wrapped: &[u8]| RSA_3072.unwrap_bytes(wrapped));
    let strangers = || -> Vec<Arc<dyn Identity>> { vec![Arc::new(RSA_4096.clone())] };
    assert_eq!(Opener::with_identities(strangers()).open(&sealed), Err(OpenError::NoMatchingRecord));
    let friends: [Box<dyn Identity>; 3] =
        [Box::new(RSA_2048.clone()), Box::new(remote), Box::new(support::Named::new(7))];
    for friend in friends {
        let opener = Opener::with_identities(strangers()).identity(&*friend);
        assert_eq!(opener.open(&sealed).unwrap(), b"hello");
    }
}

#[test]
fn nobody_is_no_recipient() {
    let nobody: [RsaRecipient; 0] = [];
    assert_eq!(Sealer::with_recipients(nobody).err(), Some(SealError::NoRecipients));
    let nobody: [RsaIdentity; 0] = [];
    assert_eq!(Opener::with_identities(nobody).open(&seal(b"hello")), Err(OpenError::NoMatchingRecord));
}

#[test]
fn rotating_twice_leaves_the_same_recipients_as_rotating_once() {
    let old = Sealer::new(RSA_2048.recipient()).recipient(RSA_3072.recipient().anonymous()).seal(b"hello").unwrap();
    let new = [RSA_3072.recipient(), RSA_4096.recipient()];
    let rotate = Rewrapper::new().keep_only([]).add_recipients(&new);
    let keys = Opener::with_identities([&*RSA_2048, &*RSA_3072]);
    let mut envelope = old;
    for round in 1..=3 {
        let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
        let header = rotate.rewrap(&keys.open_header(&header).unwrap()).unwrap();
        let mut expected = [RSA_3072.key_id(), RSA_4096.key_id()];
        expected.sort();
        let ids: Vec<_> = header.records().map(|record| record.key_id().unwrap()).collect();
        assert_eq!(ids, expected, "round {round}");
        envelope = [header.as_bytes(), body].concat();
        assert_eq!(bulla::open(&*RSA_2048, &envelope), Err(OpenError::NoMatchingRecord));
        assert_eq!(bulla::open(&*RSA_4096, &envelope).unwrap(), b"hello");
    }
}

#[test]
fn recipients_added_together_are_those_added_one_by_one() {
    let key = NoRsa::default();
    let (header, _) = Sealer::new(&key).start().unwrap().into_parts();
    let opened = header.open(key.content_key()).unwrap();
    let added = [3, 1, 2].map(support::Named::new);
    let rewrap = |changes: Rewrapper<'_>| changes.rewrap_with_rng(&opened, &mut SplitMix64(1)).unwrap();
    let together = rewrap(Rewrapper::new().add_recipients(&added));
    let [a, b, c] = &added;
    assert_eq!(together, rewrap(Rewrapper::new().add_recipient(a).add_recipient(b).add_recipient(c)));
    assert_eq!(together.records().len(), 4);
}

#[test]
fn recipients_are_equal_if_key_and_anonymity_are() {
    let again: RsaRecipient = include_str!("keys/rsa2048.pub.pem").parse().unwrap();
    let all = [RSA_2048.recipient(), RSA_2048.recipient().anonymous(), RSA_3072.recipient()];
    assert_eq!(again, all[0]);
    assert_eq!(again.clone().anonymous(), all[1]);
    for (at, one) in all.iter().enumerate() {
        assert!(all.iter().enumerate().all(|(index, other)| (one == other) == (at == index)));
    }
    let hasher = RandomState::new();
    assert_eq!(hasher.hash_one(&again), hasher.hash_one(&all[0]));
    assert_ne!(hasher.hash_one(&all[0]), hasher.hash_one(&all[1]));
    assert_eq!(HashSet::from(all).len(), 3);
}

#[test]
fn keys_are_parsed_from_pem_text() {
    let identity: RsaIdentity = include_str!("keys/rsa2048.pem").parse().unwrap();
    let recipient: RsaRecipient = include_str!("keys/rsa2048.pub.pem").parse().unwrap();
    assert_eq!(identity.recipient(), recipient);
    assert_eq!(
        include_str!("keys/rsa2048.pub.pem").parse::<RsaIdentity>().unwrap_err().kind(),
        &KeyErrorKind::PublicKey
    );
    assert_eq!(include_str!("keys/rsa2048.pem").parse::<RsaRecipient>().unwrap_err().kind(), &KeyErrorKind::PrivateKey);
    assert_eq!("".parse::<RsaRecipient>().unwrap_err().kind(), &KeyErrorKind::Empty);
}

#[test]
fn bits_are_those_of_the_modulus() {
    let keys = [&*RSA_2048, &*RSA_3072, &*RSA_4096];
    assert_eq!(keys.map(|key| key.recipient().bits()), [2048, 3072, 4096]);
    assert_eq!(keys.map(|key| key.recipient().anonymous().bits()), [2048, 3072, 4096]);
    // Not a multiple of eight.
    let mut modulus = [0xFF; 257];
    modulus[0] = 1;
    assert_eq!(RsaRecipient::from_components(&modulus, &[1, 0, 1]).unwrap().bits(), 2049);
}

#[test]
fn an_identity_unwraps_as_a_key_service_does() {
    let key = ContentKey::from_bytes([9; 32]);
    let wrapped = RSA_2048.recipient().wrap_key(&key, &mut SplitMix64(1)).unwrap();
    assert_eq!(wrapped.as_bytes().len(), 256);
    assert_eq!(RSA_2048.unwrap_bytes(wrapped.as_bytes()).unwrap().unwrap().expose(), &[9; 32]);
    assert!(RSA_3072.unwrap_bytes(wrapped.as_bytes()).unwrap().is_none());
    let mut altered = wrapped.as_bytes().to_vec();
    altered[100] ^= 1;
    for refused in [&altered[..], &[], &altered[1..], &[0xFF; 256], &[0; 256]] {
        assert!(RSA_2048.unwrap_bytes(refused).unwrap().is_none());
    }
    assert_eq!(WrappedKey::rsa_oaep_sha256(vec![1, 2, 3]).as_bytes(), [1, 2, 3]);
}

#[test]
fn a_header_from_a_vector_is_the_one_that_is_parsed() {
    let envelope = Sealer::new(NoRsa::default()).metadata(b"m").seal(b"hello").unwrap();
    let (header, _) = Header::split(&envelope, &Limits::default()).unwrap();
    let bytes = header.as_bytes().to_vec();
    let place = bytes.as_ptr();
    let taken = Header::from_vec(bytes, &Limits::default()).unwrap();
    assert_eq!((&taken, taken.as_bytes().as_ptr()), (&header, place));
    assert_eq!((taken.version().code(), taken.suite().code(), taken.layout().code()), (1, 1, 1));
    let bytes = header.as_bytes();
    let flawed = [&bytes[..19], &bytes[..bytes.len() - 1], &[bytes, b"x"].concat(), b"hello", b""].map(<[u8]>::to_vec);
    for flawed in flawed {
        let parsed = Header::parse(&flawed, &Limits::default());
        assert!(parsed.is_err());
        assert_eq!(Header::from_vec(flawed, &Limits::default()), parsed);
    }
}

#[test]
fn the_length_of_an_envelope_is_known_up_front() {
    let key = NoRsa::default();
    for len in LENGTHS {
        let sealing = Sealer::new(&key).metadata(b"some").start().unwrap();
        let expected = sealing.header().envelope_len(len as u64);
        let envelope = sealing.seal(&pattern(len)).unwrap();
        assert_eq!(expected, Some(envelope.len() as u64));
        let (header, _) = Header::split(&envelope, &Limits::default()).unwrap();
        assert_eq!(header.unverified_plaintext_len(envelope.len() as u64), Ok(len as u64));
    }
    let (header, _) = Sealer::new(&key).start().unwrap().into_parts();
    let longest = (1 << 52) - 1;
    // 2^38 chunks, each with a tag.
    assert_eq!(header.envelope_len(longest), Some(header.body_offset() + 56 + longest + 16 * (1 << 38)));
    assert_eq!(header.envelope_len(1 << 52), None);
    assert_eq!(header.envelope_len(u64::MAX), None);
}

proptest! {
    #[test]
    fn the_range_of_an_envelope_is_that_of_its_body_behind_the_header(
        start in prop_oneof![0..200_000u64, (1u64 << 52) - 100_000..(1 << 52) + 10, any::<u64>()],
        len in prop_oneof![Just(0u64), 0..200_000u64, any::<u64>()],
    ) {
        let (header, _) = Sealer::new(NoRsa::default()).start().unwrap().into_parts();
        let range = start..start.saturating_add(len);
        let seen = header.envelope_range(range.clone());
        prop_assert_eq!(seen.is_none(), range.is_empty() || start >= (1 << 52) - 1);
        let offset = header.body_offset();
        prop_assert_eq!(&seen.clone().map(|seen| seen.start - offset..seen.end - offset), &body_range(range.clone()));
        if let Some(seen) = seen {
            // From whole chunks: those with the first byte and the last.
            prop_assert_eq!(seen.start, offset + 56 + start / 16384 * 16400);
            let last = (range.end - 1).min((1 << 52) - 2);
            prop_assert_eq!(seen.end, offset + 56 + (last / 16384 + 1) * 16400);
        }
    }

    #[test]
    fn what_is_in_the_range_of_an_envelope_is_enough(start in 0..60_000usize, len in 1..60_000usize) {
        let key = NoRsa::default();
        let plaintext = pattern(3 * CHUNK + 5);
        let envelope = seal(&plaintext);
        let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
        let opener = Opener::new(&key).open_header(&header).unwrap().range_opener(body.first_chunk().unwrap()).unwrap();
        let range = start as u64..(start + len) as u64;
        let at = header.envelope_range(range.clone()).unwrap();
        let within = |at: u64| (at as usize).min(envelope.len());
        let opened = opener.open_range(range, &envelope[within(at.start)..within(at.end)]);
        let within = |at: usize| at.min(plaintext.len());
        match opened {
            Ok(opened) => prop_assert!(opened == plaintext[within(start)..within(start + len)]),
            // Only in a chunk that does not exist.
            Err(error) => prop_assert!(error == OpenError::Truncated && start >= 4 * CHUNK, "{error:?}"),
        }
    }
}

#[test]
fn errors_become_those_of_streams_with_their_kind_and_come_out_again() {
    let header = |bytes: &[u8]| Header::parse(bytes, &Limits::default()).unwrap_err();
    let cases: [(HeaderError, io::ErrorKind, OpenError); 2] = [
        (header(b""), io::ErrorKind::UnexpectedEof, OpenError::Truncated),
        (header(&[0; 30]), io::ErrorKind::InvalidData, OpenError::Header(header(&[0; 30]))),
    ];
    for (error, kind, expected) in cases {
        let error = io::Error::from(error);
        assert_eq!((error.kind(), OpenError::from_io(&error)), (kind, Some(&expected)));
        assert_eq!(error.downcast::<OpenError>().unwrap(), expected);
    }
    for (error, kind) in [
        (KeyError::from(KeyErrorKind::Empty), io::ErrorKind::InvalidData),
        (KeyErrorKind::Randomness.into(), io::ErrorKind::Other),
    ] {
        let inside = io::Error::from(error.clone());
        assert_eq!(inside.kind(), kind);
        assert_eq!(inside.downcast::<KeyError>().unwrap(), error);
    }
    let no_room = HeaderErrorKind::EmptyMetadata;
    let Err(SealError::Header(empty)) = Sealer::new(NoRsa::default()).metadata(b"").seal(b"") else { panic!("sealed") };
    assert_eq!(empty.kind(), no_room);
    for (error, kind) in [
        (SealError::NoRecipients, io::ErrorKind::InvalidInput),
        (SealError::Header(empty), io::ErrorKind::InvalidInput),
        (SealError::OutputTooShort { needed: 7 }, io::ErrorKind::InvalidInput),
        (SealError::Randomness, io::ErrorKind::Other),
        (SealError::Wrap(WrapError::new("pulled")), io::ErrorKind::Other),
    ] {
        let inside = io::Error::from(error.clone());
        assert_eq!((inside.kind(), SealError::from_io(&inside)), (kind, Some(&error)));
        assert_eq!((OpenError::from_io(&inside), RewrapError::from_io(&inside)), (None, None));
        let inside = io::Error::from(RewrapError::Seal(error.clone()));
        assert_eq!((inside.kind(), RewrapError::from_io(&inside)), (kind, Some(&RewrapError::Seal(error))));
    }
    assert_eq!(SealError::from_io(&io::Error::other("unplugged")), None);
}

#[test]
fn adapters_give_their_inner_streams() {
    let key = NoRsa::default();
    let envelope = seal(b"hello");

    let mut reader = Opener::new(&key).wrap_input(Cursor::new(&envelope)).unwrap();
    let read = reader.get_ref().position();
    assert_eq!((reader.get_mut().position(), reader.into_inner().position()), (read, read));

    let mut reader = Sealer::new(&key).wrap_input(Cursor::new(b"hello")).unwrap();
    reader.get_mut().set_position(3);
    let mut sealed = Vec::new();
    reader.read_to_end(&mut sealed).unwrap();
    assert_eq!(bulla::open(&key, &sealed).unwrap(), b"lo");
    assert_eq!((reader.get_ref().position(), reader.into_inner().position()), (5, 5));

    let reader = Opener::new(&key).wrap_input_at(&envelope).unwrap();
    assert!(std::ptr::eq(*reader.get_ref(), &envelope) && std::ptr::eq(reader.into_inner(), &envelope));

    let mut writer = Sealer::new(&key).wrap_output(b"before ".to_vec()).unwrap();
    writer.get_mut().extend_from_slice(b"it ");
    writer.try_finish().unwrap();
    assert!(writer.get_ref().starts_with(b"before it "));
    assert_eq!(bulla::open(&key, &writer.into_inner()[10..]).unwrap(), b"");

    let mut writer = Opener::new(&key).wrap_output(b"before ".to_vec());
    writer.get_mut().extend_from_slice(b"it ");
    writer.write_all(&envelope).unwrap();
    writer.try_finish().unwrap();
    assert_eq!(writer.get_ref(), b"before it hello");
    assert_eq!(writer.into_inner(), b"before it hello");
}

#[cfg(feature = "armor")]
#[test]
fn adapters_of_the_text_form_give_their_inner_streams() {
    use bulla::armor::{ArmorReader, ArmorWriter, decode, encode};
    let text = encode(b"hello");
    let skipped = [&b"mail\n"[..], text.as_bytes()].concat();
    let mut reader = ArmorReader::new(Cursor::new(&skipped));
    reader.get_mut().set_position(5);
    let mut content = Vec::new();
    reader.read_to_end(&mut content).unwrap();
    assert_eq!(content, b"hello");
    let end = skipped.len() as u64;
    assert_eq!((reader.get_ref().position(), reader.into_inner().position()), (end, end));

    let mut writer = ArmorWriter::new(Vec::new());
    writer.get_mut().extend_from_slice(b"mail\n");
    writer.write_all(b"hello").unwrap();
    writer.try_finish().unwrap();
    assert_eq!(writer.get_ref()[..5], *b"mail\n");
    assert_eq!(decode(&writer.into_inner()[5..]).unwrap(), b"hello");
}

#[test]
fn pointers_to_keys_are_keys() {
    struct Fails;
    impl Recipient for Fails {
        fn key_id(&self) -> Option<KeyId> {
            None
        }
        fn wrap_key(&self, _: &ContentKey, _: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
            Err(WrapError::new("pulled"))
        }
    }
    let failing: [Box<dyn Recipient>; 3] = [Box::new(&Fails), Box::new(Box::new(Fails)), Box::new(Arc::new(Fails))];
    for recipient in failing {
        assert!(matches!(bulla::seal(recipient, b""), Err(SealError::Wrap(_))));
    }
    let sealed = bulla::seal(RSA_2048.recipient(), b"").unwrap();
    let failing = || RemoteIdentity::new(RSA_2048.recipient(), |_: &[u8]| Err(UnwrapError::new("pulled")));
    let failing: [Box<dyn Identity>; 2] = [Box::new(Box::new(failing())), Box::new(Arc::new(failing()))];
    for identity in failing {
        assert!(matches!(bulla::open(identity, &sealed), Err(OpenError::Unwrap(_))));
    }
}
