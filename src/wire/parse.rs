//! Bytes to header: every rule of SPEC §3, in one place for what is read and for what is written.

use alloc::vec::Vec;
use core::ops::Range;

use super::lookalike;
use super::reader::Reader;
use super::record::RecordSpan;
use crate::error::{HeaderError, HeaderErrorKind};
use crate::format::{
    CRITICAL, FIELD_METADATA, KEY_ID_LEN, LAYOUT_SINGLE, MAGIC, MAX_FIELDS_LEN, MAX_RECORD_LEN, MAX_RECORDS,
    MAX_RECORDS_LEN, MAX_WRAPPED_KEY_LEN, MIN_WRAPPED_KEY_LEN, RECORD_PADDING, RECORD_RSA_OAEP_SHA256, SUITE, VERSION,
};
use crate::key_id::KeyId;
use crate::limits::{Limit, Limits};

/// The lengths that the prefix announces, within the maxima of the format and the limits.
pub(super) struct Lengths {
    pub(super) fields: usize,
    pub(super) records: usize,
    pub(super) header: usize,
}

impl Lengths {
    pub(super) fn read(reader: &mut Reader<'_>, limits: &Limits) -> Result<Self, HeaderError> {
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

/// Returns where the metadata stands, if there is any.
pub(super) fn parse_fields(mut section: Reader<'_>, limits: &Limits) -> Result<Option<Range<usize>>, HeaderError> {
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

pub(super) fn parse_records(mut section: Reader<'_>, limits: &Limits) -> Result<Vec<RecordSpan>, HeaderError> {
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
