//! The header: one canonical encoding, checked whole before a value exists.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::lookalike;
use super::reader::Reader;
use crate::error::{HeaderError, HeaderErrorKind};
use crate::key_id::KeyId;
use crate::limits::{Limit, Limits};
use crate::suite::{
    CRITICAL, FIELD_METADATA, HEADER_TAG_LEN, KEY_ID_LEN, LAYOUT_SINGLE, MAGIC, MAX_FIELDS_LEN, MAX_RECORD_LEN,
    MAX_RECORDS, MAX_RECORDS_LEN, MAX_WRAPPED_KEY_LEN, MIN_WRAPPED_KEY_LEN, PREFIX_LEN, RECORD_PADDING,
    RECORD_RSA_OAEP_SHA256, SUITE, VERSION,
};

/// A well-formed header in its one canonical encoding (SPEC §3).
///
/// Well-formed says nothing about authentic: until [`Header::open`](crate::Header::open) succeeded, everything in it may
/// have been made up by anyone.
///
/// # Examples
///
/// Look at an envelope without a key:
///
/// ```
/// use bulla::{Header, Limits};
/// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// # let sealed = bulla::Encryptor::new(&identity.recipient()).metadata(b"text/plain").encrypt(b"hello")?;
///
/// let (header, body) = Header::split(&sealed, &Limits::default())?;
/// assert_eq!(header.unverified_metadata(), Some(&b"text/plain"[..]));
/// assert_eq!(header.records().len(), 1);
/// assert_eq!(body.len(), 56 + 5 + 16);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    bytes: Vec<u8>,
    fields: Range<usize>,
    metadata: Option<Range<usize>>,
    records: Vec<RecordSpan>,
}

impl Header {
    /// Bytes from which [`Header::len_from_prefix`] tells the length of the whole header.
    pub const PREFIX_LEN: usize = PREFIX_LEN;

    /// Length in bytes of the whole header, from its first 20 bytes.
    ///
    /// # Errors
    ///
    /// [`HeaderError`] where the prefix is not one that this release and `limits` admit.
    pub fn len_from_prefix(prefix: &[u8; PREFIX_LEN], limits: &Limits) -> Result<usize, HeaderError> {
        Lengths::read(&mut Reader::new(prefix), limits).map(|lengths| lengths.header)
    }

    /// Parses exactly one header.
    ///
    /// Allocates in proportion to `input`, never to a number inside it.
    ///
    /// # Errors
    ///
    /// [`HeaderError`] with kind and offset where `input` is not the canonical encoding of a header within `limits`.
    pub fn parse(input: &[u8], limits: &Limits) -> Result<Self, HeaderError> {
        Self::from_bytes(input.to_vec(), limits)
    }

    /// Parses the header at the start of `envelope` and gives back what follows it: the body.
    ///
    /// # Errors
    ///
    /// As [`Header::parse`], and kind `Truncated` where `envelope` ends within the header.
    pub fn split<'a>(envelope: &'a [u8], limits: &Limits) -> Result<(Self, &'a [u8]), HeaderError> {
        let len = Lengths::read(&mut Reader::new(envelope), limits)?.header;
        let Some((header, body)) = envelope.split_at_checked(len) else {
            return Err(HeaderError::new(HeaderErrorKind::Truncated, envelope.len()));
        };
        Ok((Self::parse(header, limits)?, body))
    }

    /// The header's encoding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The records: who can open the envelope, as far as it tells. **Unverified.**
    #[must_use]
    pub fn records(&self) -> Records<'_> {
        Records { bytes: &self.bytes, spans: self.records.iter() }
    }

    /// The public metadata. **Unverified**: see [`OpenedHeader::metadata`](crate::OpenedHeader::metadata).
    #[must_use]
    pub fn unverified_metadata(&self) -> Option<&[u8]> {
        self.metadata.clone().map(|range| &self.bytes[range])
    }

    /// Version of the format. **Unverified.**
    #[must_use]
    pub fn version(&self) -> u8 {
        VERSION
    }

    /// Cryptographic suite (SPEC §9.1). **Unverified.**
    #[must_use]
    pub fn suite(&self) -> u8 {
        SUITE
    }

    /// Layout of the body (SPEC §9.2). **Unverified.**
    #[must_use]
    pub fn layout(&self) -> u8 {
        LAYOUT_SINGLE
    }

    /// Parses a header that the caller owns; the same checks hold for what is read and for what is written.
    pub(crate) fn from_bytes(bytes: Vec<u8>, limits: &Limits) -> Result<Self, HeaderError> {
        let mut reader = Reader::new(&bytes);
        let lengths = Lengths::read(&mut reader, limits)?;

        let fields_start = reader.offset();
        let metadata = parse_fields(reader.section(lengths.fields)?, limits)?;
        let fields = fields_start..reader.offset();
        let records = parse_records(reader.section(lengths.records)?, limits)?;

        reader.bytes(HEADER_TAG_LEN)?;
        if !reader.is_empty() {
            return Err(HeaderError::new(HeaderErrorKind::TrailingBytes, reader.offset()));
        }
        Ok(Self { fields, metadata, records, bytes })
    }

    /// What the tag is computed over: everything before it (SPEC §4.2).
    pub(crate) fn tagged(&self) -> &[u8] {
        &self.bytes[..self.bytes.len() - HEADER_TAG_LEN]
    }

    pub(crate) fn tag(&self) -> &[u8] {
        &self.bytes[self.bytes.len() - HEADER_TAG_LEN..]
    }

    pub(crate) fn set_tag(&mut self, tag: &[u8; HEADER_TAG_LEN]) {
        let start = self.bytes.len() - HEADER_TAG_LEN;
        self.bytes[start..].copy_from_slice(tag);
    }

    /// What the body is bound to: the prefix without the length of the records, and the fields (SPEC §4.3).
    pub(crate) fn preamble(&self) -> [&[u8]; 2] {
        [&self.bytes[..PREAMBLE_PREFIX_LEN], &self.bytes[self.fields.clone()]]
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header")
            .field("len", &self.bytes.len())
            .field("metadata", &self.unverified_metadata())
            .field("records", &self.records())
            .finish_non_exhaustive()
    }
}

/// One record of a header: a content key wrapped for one recipient, or a type that this release does not know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    record_type: u16,
    value: &'a [u8],
    key_id: Option<KeyId>,
    wrapped_key: Option<&'a [u8]>,
}

impl<'a> Record<'a> {
    /// Type of an RSA-OAEP-SHA-256 record (SPEC §9.5).
    pub const RSA_OAEP_SHA256: u16 = RECORD_RSA_OAEP_SHA256;

    /// The type of the record, as registered in SPEC §9.5.
    #[must_use]
    pub fn record_type(&self) -> u16 {
        self.record_type
    }

    /// The whole value, whatever the type.
    #[must_use]
    pub fn value(&self) -> &'a [u8] {
        self.value
    }

    /// The id of the key that the record is meant for; `None` for anonymous records and unknown types.
    #[must_use]
    pub fn key_id(&self) -> Option<KeyId> {
        self.key_id
    }

    /// The wrapped content key, as long as the modulus of the RSA key; `None` for unknown types.
    #[must_use]
    pub fn wrapped_key(&self) -> Option<&'a [u8]> {
        self.wrapped_key
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("record_type", &format_args!("{:#06x}", self.record_type))
            .field("key_id", &self.key_id)
            .field("len", &self.value.len())
            .finish()
    }
}

/// The records of a [`Header`], in their canonical order.
#[derive(Clone)]
pub struct Records<'a> {
    bytes: &'a [u8],
    spans: core::slice::Iter<'a, RecordSpan>,
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.spans.next().map(|span| span.record(self.bytes))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.spans.size_hint()
    }
}

impl ExactSizeIterator for Records<'_> {}

impl fmt::Debug for Records<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// A field or record to be written.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Item {
    pub(crate) item_type: u16,
    pub(crate) value: Vec<u8>,
}

impl Item {
    /// The value of an RSA-OAEP record: length of the key id, key id, wrapped key (SPEC §3.4).
    pub(crate) fn wrapped_key(record_type: u16, key_id: Option<KeyId>, wrapped_key: &[u8]) -> Self {
        let mut value = Vec::with_capacity(1 + usize::from(KEY_ID_LEN) + wrapped_key.len());
        match key_id {
            Some(id) => {
                value.push(KEY_ID_LEN);
                value.extend_from_slice(id.as_bytes());
            }
            None => value.push(0),
        }
        value.extend_from_slice(wrapped_key);
        Self { item_type: record_type, value }
    }
}

/// Encodes a header with a tag of zeros, to be replaced.
///
/// # Errors
///
/// What [`Header::parse`] would say of the result.
pub(crate) fn encode(fields: &mut [Item], records: &mut [Item], limits: &Limits) -> Result<Header, HeaderError> {
    fields.sort_unstable();
    records.sort_unstable();
    let fields = encode_items(fields)?;
    let records = encode_items(records)?;

    let mut bytes = Vec::with_capacity(PREFIX_LEN + fields.len() + records.len() + HEADER_TAG_LEN);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&[VERSION, SUITE, LAYOUT_SINGLE, 0]);
    for section in [&fields, &records] {
        let len =
            u32::try_from(section.len()).map_err(|_| HeaderError::new(HeaderErrorKind::RecordsTooLong, bytes.len()))?;
        bytes.extend_from_slice(&len.to_be_bytes());
    }
    bytes.extend_from_slice(&fields);
    bytes.extend_from_slice(&records);
    bytes.extend_from_slice(&[0; HEADER_TAG_LEN]);
    Header::from_bytes(bytes, limits)
}

fn encode_items(items: &[Item]) -> Result<Vec<u8>, HeaderError> {
    let mut bytes = Vec::with_capacity(items.iter().map(|item| ITEM_OVERHEAD + item.value.len()).sum());
    for item in items {
        let len = u32::try_from(item.value.len())
            .map_err(|_| HeaderError::new(HeaderErrorKind::RecordTooLong, bytes.len()))?;
        bytes.extend_from_slice(&item.item_type.to_be_bytes());
        bytes.extend_from_slice(&len.to_be_bytes());
        bytes.extend_from_slice(&item.value);
    }
    Ok(bytes)
}

/// The lengths that the prefix announces, within the maxima of the format and the limits.
struct Lengths {
    fields: usize,
    records: usize,
    header: usize,
}

impl Lengths {
    fn read(reader: &mut Reader<'_>, limits: &Limits) -> Result<Self, HeaderError> {
        let at = |offset, kind| Err(HeaderError::new(kind, offset));

        let magic = reader.rest();
        if !lookalike::could_be_envelope(magic) {
            return at(0, HeaderErrorKind::NotAnEnvelope(lookalike::guess(magic)));
        }
        reader.bytes(MAGIC.len())?;
        let version = reader.u8()?;
        if version != VERSION {
            return at(8, HeaderErrorKind::UnsupportedVersion(version));
        }
        let suite = reader.u8()?;
        if suite != SUITE {
            return at(9, HeaderErrorKind::UnsupportedSuite(suite));
        }
        let layout = reader.u8()?;
        if layout != LAYOUT_SINGLE {
            return at(10, HeaderErrorKind::UnsupportedLayout(layout));
        }
        if reader.u8()? != 0 {
            return at(11, HeaderErrorKind::ReservedNotZero);
        }
        let fields = reader.u32()?;
        if fields > MAX_FIELDS_LEN {
            return at(12, HeaderErrorKind::FieldsTooLong);
        }
        let records = reader.u32()?;
        if records > MAX_RECORDS_LEN {
            return at(16, HeaderErrorKind::RecordsTooLong);
        }
        // At most 52 + 2^20 + 2^22: fits every integer type in question.
        let header = HEADER_OVERHEAD + fields + records;
        if let Err(error) = limits.check(Limit::HeaderLen, header.into()) {
            return at(12, HeaderErrorKind::LimitExceeded(error));
        }
        let to_usize = |len: u32| usize::try_from(len).expect("at most 2^23: fits a usize of 32 bits");
        Ok(Self { fields: to_usize(fields), records: to_usize(records), header: to_usize(header) })
    }
}

/// Where a record stands in the header.
#[derive(Clone, PartialEq, Eq)]
struct RecordSpan {
    record_type: u16,
    value: Range<usize>,
    key_id: Option<KeyId>,
    wrapped_key: Option<Range<usize>>,
}

impl RecordSpan {
    fn record<'a>(&self, bytes: &'a [u8]) -> Record<'a> {
        Record {
            record_type: self.record_type,
            value: &bytes[self.value.clone()],
            key_id: self.key_id,
            wrapped_key: self.wrapped_key.clone().map(|range| &bytes[range]),
        }
    }
}

/// Returns where the metadata stands, if there is any.
fn parse_fields(mut section: Reader<'_>, limits: &Limits) -> Result<Option<Range<usize>>, HeaderError> {
    let mut metadata = None;
    let mut previous = 0;
    while !section.is_empty() {
        let start = section.offset();
        let field_type = parse_type(&mut section)?;
        let len = parse_len(&mut section)?;
        let value_start = section.offset();
        section.bytes(len)?;

        if field_type <= previous {
            return Err(HeaderError::new(HeaderErrorKind::NotAscending, start));
        }
        previous = field_type;
        if field_type == FIELD_METADATA {
            if len == 0 {
                return Err(HeaderError::new(HeaderErrorKind::EmptyMetadata, start));
            }
            check_limit(limits, Limit::MetadataLen, len, start)?;
            metadata = Some(value_start..section.offset());
        } else if field_type & CRITICAL != 0 {
            return Err(HeaderError::new(HeaderErrorKind::UnknownCriticalField(field_type), start));
        }
    }
    Ok(metadata)
}

fn parse_records(mut section: Reader<'_>, limits: &Limits) -> Result<Vec<RecordSpan>, HeaderError> {
    let section_start = section.offset();
    let mut spans: Vec<RecordSpan> = Vec::new();
    let mut previous: Option<(u16, &[u8])> = None;
    while !section.is_empty() {
        let start = section.offset();
        if spans.len() == MAX_RECORDS {
            return Err(HeaderError::new(HeaderErrorKind::TooManyRecords, start));
        }
        check_limit(limits, Limit::Records, spans.len() + 1, start)?;

        let record_type = parse_type(&mut section)?;
        let len = parse_len(&mut section)?;
        if len > MAX_RECORD_LEN {
            return Err(HeaderError::new(HeaderErrorKind::RecordTooLong, start));
        }
        let value_start = section.offset();
        let value = section.bytes(len)?;

        if previous.is_some_and(|previous| previous >= (record_type, value)) {
            return Err(HeaderError::new(HeaderErrorKind::NotAscending, start));
        }
        previous = Some((record_type, value));

        let mut span =
            RecordSpan { record_type, value: value_start..section.offset(), key_id: None, wrapped_key: None };
        if record_type == RECORD_RSA_OAEP_SHA256 {
            let (key_id, wrapped_key) = parse_rsa_oaep(value).map_err(|kind| HeaderError::new(kind, value_start))?;
            // Ascending order puts equal key ids side by side.
            let twin = spans.last().filter(|last| last.record_type == record_type).and_then(|last| last.key_id);
            if let (Some(id), Some(twin)) = (key_id, twin)
                && id == twin
            {
                return Err(HeaderError::new(HeaderErrorKind::DuplicateKeyId(id), start));
            }
            span.key_id = key_id;
            span.wrapped_key = Some(section.offset() - wrapped_key.len()..section.offset());
        } else if record_type & CRITICAL != 0 {
            return Err(HeaderError::new(HeaderErrorKind::UnknownCriticalRecord(record_type), start));
        }
        spans.push(span);
    }
    if spans.iter().all(|span| span.record_type == RECORD_PADDING) {
        return Err(HeaderError::new(HeaderErrorKind::NoRecords, section_start));
    }
    Ok(spans)
}

fn parse_type(section: &mut Reader<'_>) -> Result<u16, HeaderError> {
    let start = section.offset();
    match section.u16()? {
        0 => Err(HeaderError::new(HeaderErrorKind::TypeZero, start)),
        item_type => Ok(item_type),
    }
}

fn parse_len(section: &mut Reader<'_>) -> Result<usize, HeaderError> {
    let start = section.offset();
    usize::try_from(section.u32()?).map_err(|_| HeaderError::new(HeaderErrorKind::ItemOverrun, start))
}

/// Splits the value of an RSA-OAEP record into key id and wrapped key.
fn parse_rsa_oaep(value: &[u8]) -> Result<(Option<KeyId>, &[u8]), HeaderErrorKind> {
    let (key_id, wrapped_key) = match value.split_first() {
        Some((0, wrapped_key)) => (None, wrapped_key),
        Some((&KEY_ID_LEN, rest)) => {
            let (id, wrapped_key) = rest.split_first_chunk().ok_or(HeaderErrorKind::KeyIdLength)?;
            (Some(KeyId::from_bytes(*id)), wrapped_key)
        }
        _ => return Err(HeaderErrorKind::KeyIdLength),
    };
    if !(MIN_WRAPPED_KEY_LEN..=MAX_WRAPPED_KEY_LEN).contains(&wrapped_key.len()) {
        return Err(HeaderErrorKind::WrappedKeyLength);
    }
    Ok((key_id, wrapped_key))
}

fn check_limit(limits: &Limits, limit: Limit, value: usize, offset: usize) -> Result<(), HeaderError> {
    let value = u64::try_from(value).unwrap_or(u64::MAX);
    limits.check(limit, value).map_err(|error| HeaderError::new(HeaderErrorKind::LimitExceeded(error), offset))
}

/// Prefix and tag.
const HEADER_OVERHEAD: u32 = 52;

/// The part of the prefix that the body is bound to: all but the length of the records.
const PREAMBLE_PREFIX_LEN: usize = 16;

/// Type and length of a field or record.
const ITEM_OVERHEAD: usize = 6;
