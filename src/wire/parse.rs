//! Parsing a header: every rule of SPEC §3. Headers that are written are checked here too.

use alloc::vec::Vec;

use super::lookalike;
use super::reader::Reader;
use super::record::{RecordSpan, WrappedKeySpan};
use super::record_type::{Content, MixingClass, RecordType};
use crate::error::{HeaderError, HeaderErrorKind};
use crate::format::{
    CRITICAL, KEY_ID_LEN, Layout, MAGIC, MAX_FIELDS_LEN, MAX_RECORD_LEN, MAX_RECORDS, MAX_RECORDS_LEN, RECORD_PADDING,
    Suite, Version,
};
use crate::key_id::KeyId;
use crate::limits::{Limit, Limits};
use crate::num::to_u64;

/// The content of a prefix that is within the maxima of the format and the limits (SPEC §3.1).
pub(super) struct Prefix {
    pub(super) version: Version,
    pub(super) suite: Suite,
    pub(super) layout: Layout,
    pub(super) fields_len: usize,
    pub(super) records_len: usize,
    pub(super) header_len: usize,
}

impl Prefix {
    pub(super) fn read(reader: &mut Reader<'_>, limits: &Limits) -> Result<Self, HeaderError> {
        let fault = |offset, kind| HeaderError::new(kind, offset);

        let magic = reader.rest();
        if !lookalike::could_be_envelope(magic) {
            return Err(fault(0, HeaderErrorKind::NotAnEnvelope(lookalike::guess(magic))));
        }
        reader.bytes(MAGIC.len())?;
        let code = reader.u8()?;
        let version = Version::from_code(code).ok_or_else(|| fault(8, HeaderErrorKind::UnsupportedVersion(code)))?;
        let code = reader.u8()?;
        let suite = Suite::from_code(code).ok_or_else(|| fault(9, HeaderErrorKind::UnsupportedSuite(code)))?;
        let code = reader.u8()?;
        let layout = Layout::from_code(code).ok_or_else(|| fault(10, HeaderErrorKind::UnsupportedLayout(code)))?;
        if reader.u8()? != 0 {
            return Err(fault(11, HeaderErrorKind::ReservedNotZero));
        }
        let fields = reader.u32()?;
        if fields > MAX_FIELDS_LEN {
            return Err(fault(12, HeaderErrorKind::FieldsTooLong));
        }
        let records = reader.u32()?;
        if records > MAX_RECORDS_LEN {
            return Err(fault(16, HeaderErrorKind::RecordsTooLong));
        }
        // At most 52 + 2^20 + 2^22, which fits in 32 bits.
        let header = HEADER_OVERHEAD + fields + records;
        if let Err(error) = limits.check(Limit::HeaderLen, header.into()) {
            return Err(fault(12, HeaderErrorKind::LimitExceeded(error)));
        }
        let to_usize = |len: u32| usize::try_from(len).expect("at most 2^23: fits a usize of 32 bits");
        Ok(Self {
            version,
            suite,
            layout,
            fields_len: to_usize(fields),
            records_len: to_usize(records),
            header_len: to_usize(header),
        })
    }
}

pub(super) fn parse_records(mut section: Reader<'_>, limits: &Limits) -> Result<Vec<RecordSpan>, HeaderError> {
    let section_start = section.offset();
    let mut spans: Vec<RecordSpan> = Vec::new();
    let mut previous: Option<(u16, &[u8])> = None;
    let mut class: Option<MixingClass> = None;
    while !section.is_empty() {
        let start = section.offset();
        let fault = |kind| HeaderError::new(kind, start);
        if spans.len() == MAX_RECORDS {
            return Err(fault(HeaderErrorKind::TooManyRecords));
        }
        let checked = limits.check(Limit::Records, to_u64(spans.len() + 1));
        checked.map_err(|error| fault(HeaderErrorKind::LimitExceeded(error)))?;

        let record_type = section.item_type()?;
        let len = section.item_len()?;
        if len > MAX_RECORD_LEN {
            return Err(fault(HeaderErrorKind::RecordTooLong));
        }
        let value_start = section.offset();
        let value = section.bytes(len)?;

        if previous.is_some_and(|previous| previous >= (record_type, value)) {
            return Err(fault(HeaderErrorKind::NotAscending));
        }
        previous = Some((record_type, value));

        let known = RecordType::of(record_type);
        if known.is_none() && record_type & CRITICAL != 0 {
            return Err(fault(HeaderErrorKind::UnknownCriticalRecord(record_type)));
        }
        let mut span = RecordSpan { record_type, value: value_start..section.offset(), wrapped: None };
        if let Some(RecordType { content: Content::WrappedKey { lens, class: own_class }, .. }) = known {
            let (key_id, wrapped_key) = parse_wrapped_key(value).map_err(|kind| HeaderError::new(kind, value_start))?;
            if !lens.contains(&wrapped_key.len()) {
                return Err(HeaderError::new(HeaderErrorKind::WrappedKeyLength, value_start));
            }
            if *class.get_or_insert(*own_class) != *own_class {
                return Err(fault(HeaderErrorKind::MixedClasses));
            }
            // Records are in ascending order, so equal key ids are adjacent.
            let twin = spans.last().filter(|last| last.record_type == record_type).and_then(RecordSpan::key_id);
            if let Some(id) = key_id
                && twin == key_id
            {
                return Err(fault(HeaderErrorKind::DuplicateKeyId(id)));
            }
            let range = section.offset() - wrapped_key.len()..section.offset();
            span.wrapped = Some(WrappedKeySpan { key_id, range });
        }
        spans.push(span);
    }
    if spans.iter().all(|span| span.record_type == RECORD_PADDING) {
        return Err(HeaderError::new(HeaderErrorKind::NoRecords, section_start));
    }
    Ok(spans)
}

/// Splits the value of a record into key id and wrapped key (SPEC §3.4).
fn parse_wrapped_key(value: &[u8]) -> Result<(Option<KeyId>, &[u8]), HeaderErrorKind> {
    match value.split_first() {
        Some((0, wrapped_key)) => Ok((None, wrapped_key)),
        Some((&KEY_ID_LEN, rest)) => {
            let (id, wrapped_key) = rest.split_first_chunk().ok_or(HeaderErrorKind::KeyIdLength)?;
            Ok((Some(KeyId::from_bytes(*id)), wrapped_key))
        }
        _ => Err(HeaderErrorKind::KeyIdLength),
    }
}

/// Length in bytes of prefix and tag.
const HEADER_OVERHEAD: u32 = 52;
