//! Encoding a header.

use alloc::vec::Vec;

use super::fields::Fields;
use super::header::Header;
use super::item::{ITEM_OVERHEAD, Item};
use crate::error::{HeaderError, HeaderErrorKind};
use crate::format::{HEADER_TAG_LEN, Layout, MAGIC, PREFIX_LEN, Suite, Version};
use crate::limits::Limits;

/// Encodes a header. Its tag is zero until [`Header::set_tag`].
///
/// # Errors
///
/// The error of [`Header::parse`], if it would refuse the result.
pub(crate) fn encode(
    layout: Layout,
    fields: Fields<'_>,
    records: &mut [Item],
    limits: &Limits,
) -> Result<Header, HeaderError> {
    let fields = encode_fields(fields)?;

    let mut prefix = Vec::with_capacity(PREFIX_LEN);
    prefix.extend_from_slice(&MAGIC);
    prefix.extend_from_slice(&[Version::V1.code(), Suite::HmacSha512Cobblestone256.code(), layout.code(), 0]);
    prefix.extend_from_slice(&encode_len(&fields, HeaderErrorKind::FieldsTooLong, prefix.len())?);
    assemble([&prefix, &fields], records, limits)
}

/// Encodes the section of fields.
pub(crate) fn encode_fields(fields: Fields<'_>) -> Result<Vec<u8>, HeaderError> {
    let mut items = fields.items();
    items.sort_unstable();
    encode_items(&items)
}

impl Header {
    /// Returns the same header with other records. Its tag is zero until [`Header::set_tag`].
    ///
    /// # Errors
    ///
    /// The error of [`Header::parse`], if it would refuse the result.
    pub(crate) fn with_records(&self, records: &mut [Item], limits: &Limits) -> Result<Self, HeaderError> {
        assemble(self.preamble(), records, limits)
    }
}

/// Assembles a header from its [preamble](Header::preamble) and its records.
fn assemble([prefix, fields]: [&[u8]; 2], records: &mut [Item], limits: &Limits) -> Result<Header, HeaderError> {
    records.sort_unstable();
    let records = encode_items(records)?;

    let mut bytes = Vec::with_capacity(PREFIX_LEN + fields.len() + records.len() + HEADER_TAG_LEN);
    bytes.extend_from_slice(prefix);
    bytes.extend_from_slice(&encode_len(&records, HeaderErrorKind::RecordsTooLong, bytes.len())?);
    bytes.extend_from_slice(fields);
    bytes.extend_from_slice(&records);
    bytes.extend_from_slice(&[0; HEADER_TAG_LEN]);
    Header::from_vec(bytes, limits)
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
