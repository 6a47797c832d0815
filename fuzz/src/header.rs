//! `Header::parse` against a second parser, and the ways to read a header against each other.

use std::collections::BTreeSet;
use std::io::Cursor;

use bulla::error::{HeaderError, HeaderErrorKind, Limit, OpenError};
use bulla::keys::KeyId;
use bulla::{Header, Limits};

/// Everything that [`check`] can return.
pub const OUTCOMES: [&str; 24] = [
    "accepted",
    "accepted within small limits",
    "duplicate key id",
    "empty metadata",
    "fields too long",
    "item overrun",
    "key id length",
    "no records",
    "not an envelope",
    "not ascending",
    "private section length",
    "record too long",
    "records too long",
    "reserved not zero",
    "too many records",
    "trailing bytes",
    "truncated",
    "type zero",
    "unknown critical field",
    "unknown critical record",
    "unsupported layout",
    "unsupported suite",
    "unsupported version",
    "wrapped key length",
];

/// Parses `input` in every way there is and tells what came of it.
pub fn check(input: &[u8]) -> &'static str {
    check_streams(input);

    let expected = parse(input);
    let result = Header::parse(input, &format_maxima());
    assert_eq!(result.is_ok(), expected.is_some(), "{result:?}");
    let (Ok(header), Some(expected)) = (&result, expected) else { return name(result.unwrap_err().kind()) };

    check_accessors(header, &expected, input);
    check_reading(header, input);
    check_limits(header, &expected, &Limits::default());
    match check_limits(header, &expected, &small_limits()) {
        true => "accepted within small limits",
        false => "accepted",
    }
}

/// An envelope in memory and the same as a stream give the same header, or refuse it for the same
/// reason.
fn check_streams(input: &[u8]) {
    for limits in [Limits::default(), small_limits()] {
        let mut stream = Cursor::new(input);
        let read = Header::read_from(&mut stream, &limits).map_err(|error| error.downcast::<OpenError>().unwrap());
        match Header::split(input, &limits) {
            Ok((header, body)) => {
                assert_eq!([header.as_bytes(), body].concat(), input);
                assert_eq!(stream.position(), u64::try_from(header.as_bytes().len()).unwrap());
                assert_eq!(read, Ok(header));
            }
            Err(error) => assert_eq!(read, Err(OpenError::from(error))),
        }
    }
}

/// What the header tells of itself is what stands in `input`, and encodes to `input` again.
fn check_accessors(header: &Header, expected: &Parsed<'_>, input: &[u8]) {
    assert_eq!(header.as_bytes(), input);
    assert_eq!((header.version().code(), header.suite().code(), header.layout().code()), (1, 1, input[10]));
    assert_eq!(header.unverified_metadata(), expected.metadata());
    assert_eq!(header.has_private_section(), expected.fields.iter().any(|(field_type, _)| *field_type == 2));
    assert_eq!(header.records().len(), expected.records.len());
    assert!(!format!("{header:?}").is_empty());

    let mut records = Vec::new();
    for (record, (record_type, value)) in header.records().zip(&expected.records) {
        assert_eq!((record.record_type(), record.value()), (*record_type, *value));
        let parts = (*record_type == 1).then(|| parse_rsa_oaep(value).unwrap());
        assert_eq!(record.key_id().map(|id| *id.as_bytes()), parts.and_then(|(id, _)| id));
        assert_eq!(record.wrapped_key(), parts.map(|(_, wrapped)| wrapped));
        records.push((record.record_type(), record.value()));
    }

    // What the library tells is all there is, unless there are fields that it does not know.
    let metadata: Vec<_> = header.unverified_metadata().map(|value| (1, value)).into_iter().collect();
    let unknown_fields = expected.fields.iter().any(|(field_type, _)| *field_type != 1);
    let fields = if unknown_fields { &expected.fields } else { &metadata };
    let mut encoded = encode(fields, &records, &input[input.len() - 32..]);
    encoded[10] = header.layout().code();
    assert_eq!(encoded, input);
}

/// The other ways to get at a header agree with `parse`.
fn check_reading(header: &Header, input: &[u8]) {
    let maxima = format_maxima();
    let prefix = input.first_chunk().unwrap();
    assert_eq!(Header::len_from_prefix(prefix, &maxima), Ok(input.len()));
    assert_eq!(Header::split(input, &maxima), Ok((header.clone(), &[][..])));

    let longer = [input, b"body"].concat();
    assert_eq!(Header::split(&longer, &maxima), Ok((header.clone(), &b"body"[..])));
    assert_eq!(kind(Header::parse(&longer, &maxima)), HeaderErrorKind::TrailingBytes);
    let mut stream = Cursor::new(&longer);
    assert_eq!(Header::read_from(&mut stream, &maxima).unwrap(), *header);
    assert_eq!(stream.position(), u64::try_from(input.len()).unwrap());

    // The tag, which may be anything, chooses where to cut.
    let choice = u16::from_be_bytes(*input[input.len() - 32..].first_chunk().unwrap());
    let cut = &input[..usize::from(choice) % input.len()];
    assert_eq!(kind(Header::parse(cut, &maxima)), HeaderErrorKind::Truncated);
    assert_eq!(kind(Header::split(cut, &maxima)), HeaderErrorKind::Truncated);
}

/// Limits refuse exactly what exceeds them. Returns whether the header is within them.
fn check_limits(header: &Header, expected: &Parsed<'_>, limits: &Limits) -> bool {
    let exceeded = |len: usize, max: u32| len > usize::try_from(max).unwrap();
    let header_len = exceeded(header.as_bytes().len(), limits.header_len());
    let metadata_len = expected.metadata().is_some_and(|metadata| exceeded(metadata.len(), limits.metadata_len()));
    let records = exceeded(expected.records.len(), limits.records());

    match Header::parse(header.as_bytes(), limits) {
        Ok(parsed) => assert!(parsed == *header && !header_len && !metadata_len && !records),
        Err(error) => match error.kind() {
            HeaderErrorKind::LimitExceeded(error) => match error.limit {
                Limit::HeaderLen => assert!(header_len),
                Limit::MetadataLen => assert!(metadata_len),
                Limit::Records => assert!(records),
                other => panic!("{other:?} is no limit of a header"),
            },
            other => panic!("{other:?} with limits, accepted without"),
        },
    }
    !header_len && !metadata_len && !records
}

/// A header as the second parser sees it.
struct Parsed<'a> {
    fields: Vec<(u16, &'a [u8])>,
    records: Vec<(u16, &'a [u8])>,
}

impl<'a> Parsed<'a> {
    fn metadata(&self) -> Option<&'a [u8]> {
        self.fields.iter().find(|(field_type, _)| *field_type == 1).map(|(_, value)| *value)
    }
}

/// SPEC §3 anew, without a look at the library: `None` for what a reader must refuse.
fn parse(input: &[u8]) -> Option<Parsed<'_>> {
    let [layout, 0, rest @ ..] = input.strip_prefix(b"\x89BUL\r\n\x1A\n\x01\x01")? else { return None };
    LAYOUTS.contains(layout).then_some(())?;
    let (fields_len, rest) = parse_u32(rest)?;
    let (records_len, rest) = parse_u32(rest)?;
    if fields_len > 1 << 20 || records_len > 1 << 22 {
        return None;
    }
    let (fields, rest) = rest.split_at_checked(fields_len)?;
    let (records, tag) = rest.split_at_checked(records_len)?;
    if tag.len() != 32 {
        return None;
    }

    let fields = parse_items(fields)?;
    let known_or_optional = fields.iter().all(|(field_type, _)| *field_type < 0x8000);
    let ascending = fields.is_sorted_by(|(a, _), (b, _)| a < b);
    let fitting = fields.iter().all(|(field_type, value)| match field_type {
        1 => !value.is_empty(),
        2 => (46..=65576).contains(&value.len()),
        _ => true,
    });
    if !known_or_optional || !ascending || !fitting {
        return None;
    }

    let records = parse_items(records)?;
    let known_or_optional = records.iter().all(|(record_type, _)| *record_type < 0x8000);
    let ascending = records.is_sorted_by(|a, b| a < b);
    let short = records.len() <= 1024 && records.iter().all(|(_, value)| value.len() <= 16384);
    let not_only_padding = records.iter().any(|(record_type, _)| *record_type != 0x7FFF);
    let mut key_ids = BTreeSet::new();
    let distinct = records.iter().filter(|(record_type, _)| *record_type == 1).all(|(_, value)| {
        parse_rsa_oaep(value).is_some_and(|(key_id, _)| key_id.is_none_or(|key_id| key_ids.insert(key_id)))
    });
    (known_or_optional && ascending && short && not_only_padding && distinct).then_some(Parsed { fields, records })
}

fn parse_items(mut section: &[u8]) -> Option<Vec<(u16, &[u8])>> {
    let mut items = Vec::new();
    while !section.is_empty() {
        let (item_type, rest) = section.split_first_chunk()?;
        let (len, rest) = parse_u32(rest)?;
        let (value, rest) = rest.split_at_checked(len)?;
        items.push((u16::from_be_bytes(*item_type), value));
        section = rest;
    }
    items.iter().all(|(item_type, _)| *item_type != 0).then_some(items)
}

fn parse_rsa_oaep(value: &[u8]) -> Option<(Option<[u8; 32]>, &[u8])> {
    let (key_id, wrapped) = match value.split_first()? {
        (0, wrapped) => (None, wrapped),
        (32, rest) => rest.split_first_chunk().map(|(key_id, wrapped)| (Some(*key_id), wrapped))?,
        _ => return None,
    };
    (256..=1024).contains(&wrapped.len()).then_some((key_id, wrapped))
}

fn parse_u32(input: &[u8]) -> Option<(usize, &[u8])> {
    let (bytes, rest) = input.split_first_chunk()?;
    Some((usize::try_from(u32::from_be_bytes(*bytes)).unwrap(), rest))
}

/// The encoding of items that are in order.
pub fn encode(fields: &[(u16, &[u8])], records: &[(u16, &[u8])], tag: &[u8]) -> Vec<u8> {
    let [fields, records] = [fields, records].map(encode_items);
    let lens = [&fields, &records].map(|section| u32::try_from(section.len()).unwrap().to_be_bytes());
    [b"\x89BUL\r\n\x1A\n\x01\x01\x01\x00", &lens.concat()[..], &fields, &records, tag].concat()
}

fn encode_items(items: &[(u16, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (item_type, value) in items {
        bytes.extend(item_type.to_be_bytes());
        bytes.extend(u32::try_from(value.len()).unwrap().to_be_bytes());
        bytes.extend(*value);
    }
    bytes
}

/// The value of an RSA-OAEP record.
pub fn rsa_oaep_value(key_id: Option<KeyId>, wrapped_key: &[u8]) -> Vec<u8> {
    match key_id {
        Some(key_id) => [&[32], &key_id.as_bytes()[..], wrapped_key].concat(),
        None => [&[0], wrapped_key].concat(),
    }
}

/// Nothing but the format decides.
fn format_maxima() -> Limits {
    Limits::default().with_header_len(u32::MAX).with_metadata_len(u32::MAX).with_records(u32::MAX)
}

fn small_limits() -> Limits {
    Limits::default().with_header_len(1000).with_metadata_len(16).with_records(2)
}

fn kind<T: std::fmt::Debug>(result: Result<T, HeaderError>) -> HeaderErrorKind {
    result.unwrap_err().kind()
}

fn name(kind: HeaderErrorKind) -> &'static str {
    match kind {
        HeaderErrorKind::NotAnEnvelope(_) => "not an envelope",
        HeaderErrorKind::UnsupportedVersion(_) => "unsupported version",
        HeaderErrorKind::UnsupportedSuite(_) => "unsupported suite",
        HeaderErrorKind::UnsupportedLayout(_) => "unsupported layout",
        HeaderErrorKind::Truncated => "truncated",
        HeaderErrorKind::TrailingBytes => "trailing bytes",
        HeaderErrorKind::ReservedNotZero => "reserved not zero",
        HeaderErrorKind::FieldsTooLong => "fields too long",
        HeaderErrorKind::RecordsTooLong => "records too long",
        HeaderErrorKind::ItemOverrun => "item overrun",
        HeaderErrorKind::TypeZero => "type zero",
        HeaderErrorKind::NotAscending => "not ascending",
        HeaderErrorKind::UnknownCriticalField(_) => "unknown critical field",
        HeaderErrorKind::UnknownCriticalRecord(_) => "unknown critical record",
        HeaderErrorKind::EmptyMetadata => "empty metadata",
        HeaderErrorKind::PrivateSectionLength => "private section length",
        HeaderErrorKind::NoRecords => "no records",
        HeaderErrorKind::TooManyRecords => "too many records",
        HeaderErrorKind::RecordTooLong => "record too long",
        HeaderErrorKind::KeyIdLength => "key id length",
        HeaderErrorKind::WrappedKeyLength => "wrapped key length",
        HeaderErrorKind::DuplicateKeyId(_) => "duplicate key id",
        other => panic!("{other:?} cannot happen here, or is new: name it"),
    }
}

/// The layouts of SPEC §9.2 that are not reserved.
const LAYOUTS: [u8; 4] = [1, 2, 3, 4];
