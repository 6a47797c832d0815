//! The fields of a header (SPEC §3.2, §9.4).

use alloc::vec::Vec;
use core::ops::Range;

use super::item::Item;
use super::reader::Reader;
use crate::error::{HeaderError, HeaderErrorKind};
use crate::format::{CRITICAL, FIELD_METADATA, FIELD_PRIVATE, MAX_PRIVATE_LEN, MIN_PRIVATE_LEN};
use crate::limits::{Limit, Limits};
use crate::num::to_u64;

/// The fields that a writer makes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fields<'a> {
    pub(crate) metadata: Option<&'a [u8]>,
    pub(crate) private: Option<&'a [u8]>,
}

impl Fields<'_> {
    pub(super) fn items(self) -> Vec<Item> {
        let item = |item_type, value: &[u8]| Item { item_type, value: value.to_vec() };
        let metadata = self.metadata.map(|value| item(FIELD_METADATA, value));
        metadata.into_iter().chain(self.private.map(|value| item(FIELD_PRIVATE, value))).collect()
    }
}

/// Where the values of the known fields are in a header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FieldSpans {
    pub(super) metadata: Option<Range<usize>>,
    pub(super) private: Option<Range<usize>>,
}

impl FieldSpans {
    pub(super) fn parse(mut section: Reader<'_>, limits: &Limits) -> Result<Self, HeaderError> {
        let mut spans = Self::default();
        let mut previous = 0;
        while !section.is_empty() {
            let start = section.offset();
            let fault = |kind| HeaderError::new(kind, start);
            let field_type = section.item_type()?;
            let len = section.item_len()?;
            let value_start = section.offset();
            section.bytes(len)?;
            let value = value_start..section.offset();

            if field_type <= previous {
                return Err(fault(HeaderErrorKind::NotAscending));
            }
            previous = field_type;
            match field_type {
                FIELD_METADATA => {
                    if value.is_empty() {
                        return Err(fault(HeaderErrorKind::EmptyMetadata));
                    }
                    let checked = limits.check(Limit::MetadataLen, to_u64(value.len()));
                    checked.map_err(|error| fault(HeaderErrorKind::LimitExceeded(error)))?;
                    spans.metadata = Some(value);
                }
                FIELD_PRIVATE => {
                    if !(MIN_PRIVATE_LEN..=MAX_PRIVATE_LEN).contains(&value.len()) {
                        return Err(fault(HeaderErrorKind::PrivateSectionLength));
                    }
                    spans.private = Some(value);
                }
                unknown if unknown & CRITICAL != 0 => {
                    return Err(fault(HeaderErrorKind::UnknownCriticalField(unknown)));
                }
                _ => {}
            }
        }
        Ok(spans)
    }
}
