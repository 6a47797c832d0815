//! One encoding for each header, a named error with an offset for everything else, and nothing
//! large for a small input.

#[path = "common/support.rs"]
mod support;

use std::io::{Cursor, Read};

use HeaderErrorKind as Kind;
use bulla::error::{HeaderErrorKind, Limit, Lookalike, OpenError, SealError};
use bulla::keys::KeyId;
use bulla::{Header, Limits, Opener, Sealer};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use support::streams::Counting;
use support::{NoRsa, RSA_2048, open_by_writing, open_error};

#[test]
fn a_well_formed_header_is_read_back() {
    let bytes = raw(&[(1, b"meta"), (0x7000, b"private")], &[named(1), named(2), (0x0002, vec![5; 9])]);
    let header = Header::parse(&bytes, &Limits::default()).unwrap();
    assert_eq!(header.unverified_metadata(), Some(&b"meta"[..]));
    assert_eq!((header.version().code(), header.suite().code(), header.layout().code()), (1, 1, 1));
    assert_eq!(header.as_bytes(), bytes);
    let records: Vec<_> = header.records().map(|record| (record.record_type(), record.key_id())).collect();
    assert_eq!(records, [(1, Some(id(1))), (1, Some(id(2))), (2, None)]);
    assert_eq!(header.records().last().unwrap().value(), [5; 9]);
    assert_eq!(header.records().last().unwrap().wrapped_key(), None);
}

#[test]
fn an_unknown_critical_item_is_named_and_not_called_malformed() {
    let header = raw(&[(0x8001, b"")], &[named(1)]);
    let error = Header::parse(&header, &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "unknown critical field 0x8001 at byte 20");
}

#[test]
fn every_flaw_has_its_error_and_offset() {
    let good = raw(&[(1, b"meta")], &[named(1)]);
    let edit = |offset: usize, bytes: &[u8]| {
        let mut edited = good.clone();
        edited[offset..offset + bytes.len()].copy_from_slice(bytes);
        edited
    };
    let long = |len: usize| (2, vec![0; len]);
    let many = |count: u16| (0..count).map(|n| (2, n.to_be_bytes().to_vec())).collect::<Vec<_>>();
    // Fields start at byte 20; the records of `good` at 30.
    for (name, bytes, kind, offset) in [
        ("magic", edit(0, b"X"), Kind::NotAnEnvelope(Lookalike::Unknown), 0),
        ("version", edit(8, &[2]), Kind::UnsupportedVersion(2), 8),
        ("suite", edit(9, &[0]), Kind::UnsupportedSuite(0), 9),
        ("layout 0", edit(10, &[0]), Kind::UnsupportedLayout(0), 10),
        ("no layout", edit(10, &[5]), Kind::UnsupportedLayout(5), 10),
        ("reserved byte", edit(11, &[1]), Kind::ReservedNotZero, 11),
        ("fields", edit(12, &[0, 0x10, 0, 1]), Kind::FieldsTooLong, 12),
        ("records", edit(16, &[0, 0x40, 0, 1]), Kind::RecordsTooLong, 16),
        ("trailing", [&good[..], b"x"].concat(), Kind::TrailingBytes, good.len()),
        ("cut", good[..good.len() - 1].to_vec(), Kind::Truncated, good.len() - 1),
        ("field overrun", edit(22, &[0, 0, 0, 5]), Kind::ItemOverrun, 26),
        ("field underrun", edit(22, &[0, 0, 0, 3]), Kind::ItemOverrun, 29),
        ("field type 0", edit(20, &[0, 0]), Kind::TypeZero, 20),
        ("field order", raw_unsorted(&[(3, b"b"), (1, b"a")], &[named(1)]), Kind::NotAscending, 27),
        ("field twice", raw_unsorted(&[(1, b"a"), (1, b"b")], &[named(1)]), Kind::NotAscending, 27),
        ("empty metadata", raw(&[(1, b"")], &[named(1)]), Kind::EmptyMetadata, 20),
        ("short private section", raw(&[(2, &[0; 45])], &[named(1)]), Kind::PrivateSectionLength, 20),
        ("long private section", raw(&[(2, &[0; 65_577])], &[named(1)]), Kind::PrivateSectionLength, 20),
        ("critical field", raw(&[(0x8002, b"")], &[named(1)]), Kind::UnknownCriticalField(0x8002), 20),
        ("hiding of the length", raw(&[(0x8001, b"")], &[named(1)]), Kind::UnknownCriticalField(0x8001), 20),
        ("record type 0", edit(30, &[0, 0]), Kind::TypeZero, 30),
        ("record overrun", edit(32, &[0, 0, 1, 0x22]), Kind::ItemOverrun, 36),
        ("record order", raw_unsorted(&[], &[named(2), named(1)]), Kind::NotAscending, 315),
        ("record twice", raw_unsorted(&[], &[named(1), named(1)]), Kind::NotAscending, 315),
        ("critical record", raw(&[], &[named(1), (0x8001, vec![])]), Kind::UnknownCriticalRecord(0x8001), 315),
        ("no records", raw(&[], &[]), Kind::NoRecords, 20),
        ("only padding", raw(&[], &[(0x7FFF, vec![0; 8]), (0x7FFF, vec![1; 8])]), Kind::NoRecords, 20),
        ("too many", raw(&[], &many(1025)), Kind::TooManyRecords, 20 + 1024 * 8),
        ("too long", raw(&[], &[long(16385)]), Kind::RecordTooLong, 20),
        ("empty record", raw(&[], &[(1, vec![])]), Kind::KeyIdLength, 26),
        ("key id of 31", raw(&[], &[(1, [&[31][..], &[7; 300]].concat())]), Kind::KeyIdLength, 26),
        ("key id cut", raw(&[], &[(1, [&[32][..], &[7; 31]].concat())]), Kind::KeyIdLength, 26),
        ("short key", raw(&[], &[wrapped(Some(1), 255)]), Kind::WrappedKeyLength, 26),
        ("long key", raw(&[], &[wrapped(None, 1025)]), Kind::WrappedKeyLength, 26),
        ("same key id", raw(&[], &[wrapped(Some(1), 256), wrapped(Some(1), 257)]), Kind::DuplicateKeyId(id(1)), 315),
    ] {
        let error = Header::parse(&bytes, &Limits::default()).expect_err(name);
        assert_eq!((error.kind(), error.offset()), (kind, offset), "{name}");
    }
    assert!(Header::parse(&good, &Limits::default()).is_ok());
}

#[test]
fn a_cut_header_is_truncated_whatever_it_holds() {
    // A field that reaches beyond its section, and a record of a critical type.
    let mut flawed = raw(&[(1, b"meta")], &[named(1), (0x8001, vec![])]);
    flawed[25] += 1;
    let kind = |input: &[u8]| Header::parse(input, &Limits::default()).unwrap_err().kind();
    assert_eq!(kind(&flawed), Kind::ItemOverrun);
    for len in 20..flawed.len() {
        assert_eq!(kind(&flawed[..len]), Kind::Truncated, "{len} bytes");
        assert_eq!(Header::split(&flawed[..len], &Limits::default()).unwrap_err().kind(), Kind::Truncated);
        let streamed = Header::read_from(&mut &flawed[..len], &Limits::default()).unwrap_err();
        assert_eq!(open_error(&streamed), OpenError::Truncated);
        let (_, written) = open_by_writing(&Opener::new(NoRsa::default()), &flawed[..len], &[9]);
        assert_eq!(open_error(&written.unwrap_err()), OpenError::Truncated);
    }
}

#[test]
fn the_maxima_of_the_format_are_accepted() {
    let wide = Limits::default().with_header_len(u32::MAX).with_records(u32::MAX).with_metadata_len(u32::MAX);
    let many: Vec<_> = (0..1024u16).map(|n| (2, n.to_be_bytes().to_vec())).collect();
    let metadata = vec![7; (1 << 20) - 6];
    // 2^22 bytes of records: 255 of 16384 + 6 bytes and one that fills the rest.
    let mut longest: Vec<_> = (0..255).map(|n| (2, vec![n; 16384])).collect();
    longest.push((2, vec![0xFF; (1 << 22) - 255 * 16390 - 6]));
    for (name, bytes) in [
        ("records", raw(&[], &many)),
        ("record", raw(&[], &[(2, vec![0; 16384])])),
        ("fields", raw(&[(1, &metadata)], &[named(1)])),
        ("wrapped keys", raw(&[], &[wrapped(Some(1), 256), wrapped(Some(2), 1024)])),
        ("all records", raw(&[], &longest)),
    ] {
        let header = Header::parse(&bytes, &wide).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(header.as_bytes(), bytes);
    }
}

#[test]
fn the_same_anonymous_record_twice_is_refused() {
    let anonymous = |byte| (1, [&[0][..], &[byte; 256]].concat());
    assert!(Header::parse(&raw(&[], &[anonymous(1), anonymous(2)]), &Limits::default()).is_ok());
    let twice = raw_unsorted(&[], &[anonymous(1), anonymous(1)]);
    assert_eq!(Header::parse(&twice, &Limits::default()).unwrap_err().kind(), Kind::NotAscending);
}

#[test]
fn limits_are_exact_when_parsing_and_when_sealing() {
    let key = NoRsa::default();
    let other = RSA_2048.recipient();
    let sealer = Sealer::new(&key).recipient(&other).metadata(b"12345");
    let envelope = sealer.seal(b"").unwrap();
    let len = support::header_len(&envelope) as u32;
    for (limit, at, past) in [
        (Limit::HeaderLen, Limits::default().with_header_len(len), Limits::default().with_header_len(len - 1)),
        (Limit::Records, Limits::default().with_records(2), Limits::default().with_records(1)),
        (Limit::MetadataLen, Limits::default().with_metadata_len(5), Limits::default().with_metadata_len(4)),
    ] {
        assert!(Opener::new(&key).limits(at).open(&envelope).is_ok(), "{limit:?}");
        assert!(sealer.clone().limits(at).seal(b"").is_ok(), "{limit:?}");
        let opened = Opener::new(&key).limits(past).open(&envelope);
        assert!(matches!(opened, Err(OpenError::LimitExceeded(error)) if error.limit == limit), "{opened:?}");
        let streamed = Opener::new(&key).limits(past).wrap_input(&envelope[..]).unwrap_err();
        assert_eq!(opened, Err(open_error(&streamed)));
        let (_, written) = open_by_writing(&Opener::new(&key).limits(past), &envelope, &[50]);
        assert_eq!(opened, Err(open_error(&written.unwrap_err())));
        let sealed = sealer.clone().limits(past).seal(b"");
        assert!(matches!(sealed, Err(SealError::LimitExceeded(error)) if error.limit == limit), "{sealed:?}");
    }
}

#[test]
fn empty_metadata_cannot_be_sealed() {
    let Err(SealError::Header(error)) = Sealer::new(NoRsa::default()).metadata(b"").seal(b"") else {
        panic!("empty metadata was sealed");
    };
    assert_eq!(error.kind(), Kind::EmptyMetadata);
}

#[test]
fn sealing_to_more_recipients_than_the_format_admits_is_refused() {
    let recipient = Cheap;
    let limits = Limits::default().with_records(u32::MAX).with_header_len(u32::MAX);
    let sealed = |count| Sealer::with_recipients(vec![&recipient; count]).unwrap().limits(limits).seal(b"");
    assert!(sealed(1024).is_ok());
    let Err(SealError::Header(error)) = sealed(1025) else { panic!("1025 records were sealed") };
    assert_eq!(error.kind(), Kind::TooManyRecords);
}

#[test]
fn reading_a_header_leaves_the_stream_at_the_body() {
    let envelope = Sealer::new(NoRsa::default()).seal(b"hello").unwrap();
    let mut stream = Cursor::new(&envelope);
    let header = Header::read_from(&mut stream, &Limits::default()).unwrap();
    assert_eq!(stream.position(), header.as_bytes().len() as u64);
}

#[test]
fn an_announced_length_costs_nothing_until_the_bytes_arrive() {
    // Announces 5 MiB, holds 20 bytes, and must not be read on for ever or allocated in advance.
    let mut prefix = raw(&[], &[named(1)])[..20].to_vec();
    prefix[12..20].copy_from_slice(&[0, 0x10, 0, 0, 0, 0x40, 0, 0]);
    let error = Header::read_from(&mut &prefix[..], &Limits::default()).unwrap_err();
    assert!(matches!(open_error(&error), OpenError::LimitExceeded(error) if error.limit == Limit::HeaderLen));

    let wide = Limits::default().with_header_len(u32::MAX);
    let error = Header::read_from(&mut &prefix[..], &wide).unwrap_err();
    assert_eq!(open_error(&error), OpenError::Truncated);
    let mut endless = Counting::new(prefix.chain(std::io::repeat(0)));
    assert!(Header::read_from(&mut endless, &Limits::default()).is_err());
    assert!(endless.count() <= 20);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_header_encoded_by_the_rules_is_accepted_and_read_back(
        metadata in proptest::option::of(vec(any::<u8>(), 1..50)),
        private in btree_map(0x7000..=0x7FFEu16, vec(any::<u8>(), 0..50), 0..4),
        named in btree_map(any::<u8>(), prop_oneof![256..260usize, 1020..=1024usize], 0..5),
        opaque in btree_set((prop_oneof![Just(2u16), 0x7000..=0x7FFFu16], vec(any::<u8>(), 0..50)), 0..5),
    ) {
        let mut fields: Vec<(u16, &[u8])> = private.iter().map(|(t, value)| (*t, &value[..])).collect();
        fields.extend(metadata.as_ref().map(|value| (1, &value[..])));
        let mut records: Vec<_> = named.iter().map(|(number, len)| wrapped(Some(*number), *len)).collect();
        records.extend(opaque);
        let bytes = raw(&fields, &records);
        let parsed = Header::parse(&bytes, &Limits::default());
        if records.iter().all(|(record_type, _)| *record_type == 0x7FFF) {
            prop_assert_eq!(parsed.unwrap_err().kind(), Kind::NoRecords);
        } else {
            let header = parsed.unwrap();
            records.sort();
            let read: Vec<_> = header.records().map(|record| (record.record_type(), record.value().to_vec())).collect();
            prop_assert_eq!(read, records);
            prop_assert_eq!(header.unverified_metadata(), metadata.as_deref());
        }
    }

    #[test]
    fn a_damaged_header_that_is_accepted_still_encodes_to_itself(
        edits in vec((0..650usize, any::<u8>()), 1..4),
        cut in 0..10usize,
    ) {
        let mut bytes = raw(&[(1, b"metadata"), (0x7001, b"")], &[named(1), named(2)]);
        for (at, value) in edits {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        bytes.truncate(bytes.len() - cut);
        if let Ok(header) = Header::parse(&bytes, &Limits::default()) {
            // Encoded again from what was understood. Unknown fields are not public, so they are
            // taken from the input.
            let fields = items(&bytes[20..20 + u32::from_be_bytes(bytes[12..16].try_into().unwrap()) as usize]);
            let known = fields.iter().find(|(field_type, _)| *field_type == 1).map(|(_, value)| *value);
            prop_assert_eq!(header.unverified_metadata(), known);
            let records: Vec<_> =
                header.records().map(|record| (record.record_type(), record.value().to_vec())).collect();
            let encoded = raw(&fields, &records);
            prop_assert_eq!(&encoded[..encoded.len() - 32], &bytes[..bytes.len() - 32]);
        }
    }

    #[test]
    fn arbitrary_bytes_are_never_more_than_an_error(bytes in vec(any::<u8>(), 0..200)) {
        let magic = [0x89, 0x42, 0x55, 0x4C, 0x0D, 0x0A, 0x1A, 0x0A, 1, 1, 1, 0];
        for input in [bytes.clone(), [&magic[..], &bytes].concat()] {
            let parsed = Header::parse(&input, &Limits::default());
            prop_assert!(parsed.is_err(), "an accepted header this short has no room for a key");
            let streamed = Header::read_from(&mut &input[..], &Limits::default());
            prop_assert!(streamed.is_err());
        }
    }
}

type RawRecord = (u16, Vec<u8>);

fn id(number: u8) -> KeyId {
    KeyId::from_bytes([number; 32])
}

fn named(number: u8) -> RawRecord {
    wrapped(Some(number), 256)
}

/// An RSA-OAEP record with a key id made of `number`, or none.
fn wrapped(number: Option<u8>, len: usize) -> RawRecord {
    let id = number.map_or(vec![0], |number| [&[32][..], &[number; 32]].concat());
    (1, [id, vec![0xAB; len]].concat())
}

/// Encodes a header by the rules, with a tag of zeros.
fn raw(fields: &[(u16, &[u8])], records: &[RawRecord]) -> Vec<u8> {
    let mut fields = fields.to_vec();
    fields.sort();
    let mut records = records.to_vec();
    records.sort();
    raw_unsorted(&fields, &records)
}

fn raw_unsorted(fields: &[(u16, &[u8])], records: &[RawRecord]) -> Vec<u8> {
    let item = |item_type: u16, value: &[u8]| {
        [&item_type.to_be_bytes()[..], &u32::try_from(value.len()).unwrap().to_be_bytes(), value].concat()
    };
    let fields: Vec<u8> = fields.iter().flat_map(|(field_type, value)| item(*field_type, value)).collect();
    let records: Vec<u8> = records.iter().flat_map(|(record_type, value)| item(*record_type, value)).collect();
    let len = |section: &[u8]| u32::try_from(section.len()).unwrap().to_be_bytes();
    let start = [0x89, 0x42, 0x55, 0x4C, 0x0D, 0x0A, 0x1A, 0x0A, 1, 1, 1, 0];
    [&start[..], &len(&fields), &len(&records), &fields, &records, &[0; 32]].concat()
}

/// Takes a well-formed section apart again.
fn items(mut section: &[u8]) -> Vec<(u16, &[u8])> {
    let mut items = Vec::new();
    while !section.is_empty() {
        let item_type = u16::from_be_bytes(section[..2].try_into().unwrap());
        let len = u32::from_be_bytes(section[2..6].try_into().unwrap()) as usize;
        items.push((item_type, &section[6..6 + len]));
        section = &section[6 + len..];
    }
    items
}

/// An anonymous recipient whose wrapped keys differ and cost nothing.
struct Cheap;

impl bulla::Recipient for Cheap {
    fn key_id(&self) -> Option<KeyId> {
        None
    }

    fn wrap_key(
        &self,
        _: &bulla::keys::ContentKey,
        rng: &mut dyn bulla::rand_core::CryptoRng,
    ) -> Result<bulla::keys::WrappedKey, bulla::error::WrapError> {
        let mut wrapped = vec![0; 256];
        bulla::rand_core::Rng::fill_bytes(rng, &mut wrapped);
        Ok(bulla::keys::WrappedKey::rsa_oaep_sha256(wrapped))
    }
}
