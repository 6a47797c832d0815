//! Header to bytes.

use alloc::vec::Vec;

use super::header::Header;
use crate::error::{HeaderError, HeaderErrorKind};
use crate::format::{HEADER_TAG_LEN, KEY_ID_LEN, LAYOUT_SINGLE, MAGIC, PREFIX_LEN, SUITE, VERSION};
use crate::key_id::KeyId;
use crate::limits::Limits;

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
    let fields = encode_items(fields)?;

    let mut prefix = Vec::with_capacity(PREFIX_LEN);
    prefix.extend_from_slice(&MAGIC);
    prefix.extend_from_slice(&[VERSION, SUITE, LAYOUT_SINGLE, 0]);
    prefix.extend_from_slice(&encode_len(&fields, HeaderErrorKind::FieldsTooLong, prefix.len())?);
    assemble([&prefix, &fields], records, limits)
}

impl Header {
    /// The same header with other records and a tag of zeros, to be replaced.
    ///
    /// # Errors
    ///
    /// What [`Header::parse`] would say of the result.
    pub(crate) fn with_records(&self, records: &mut [Item], limits: &Limits) -> Result<Self, HeaderError> {
        assemble(self.preamble(), records, limits)
    }
}

/// `preamble` is the prefix without the length of the records, and the fields.
fn assemble([prefix, fields]: [&[u8]; 2], records: &mut [Item], limits: &Limits) -> Result<Header, HeaderError> {
    records.sort_unstable();
    let records = encode_items(records)?;

    let mut bytes = Vec::with_capacity(PREFIX_LEN + fields.len() + records.len() + HEADER_TAG_LEN);
    bytes.extend_from_slice(prefix);
    bytes.extend_from_slice(&encode_len(&records, HeaderErrorKind::RecordsTooLong, bytes.len())?);
    bytes.extend_from_slice(fields);
    bytes.extend_from_slice(&records);
    bytes.extend_from_slice(&[0; HEADER_TAG_LEN]);
    Header::from_bytes(bytes, limits)
}

fn encode_len(section: &[u8], too_long: HeaderErrorKind, offset: usize) -> Result<[u8; 4], HeaderError> {
    u32::try_from(section.len()).map(u32::to_be_bytes).map_err(|_| HeaderError::new(too_long, offset))
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

/// Type and length of a field or record.
const ITEM_OVERHEAD: usize = 6;
