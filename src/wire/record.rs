//! The records of a parsed header.

use core::fmt;
use core::ops::Range;

use crate::format::RECORD_RSA_OAEP_SHA256;
use crate::key_id::KeyId;

/// One record of a header: a content key wrapped for one recipient, or a type that this release
/// does not know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    record_type: u16,
    value: &'a [u8],
    wrapped: Option<(Option<KeyId>, &'a [u8])>,
}

impl<'a> Record<'a> {
    /// The type of a record that wraps the content key with RSA-OAEP and SHA-256 (SPEC §9.5).
    pub const RSA_OAEP_SHA256: u16 = RECORD_RSA_OAEP_SHA256;

    /// Returns the type of the record, as registered in SPEC §9.5.
    #[must_use]
    pub fn record_type(&self) -> u16 {
        self.record_type
    }

    /// Returns the whole value, whatever the type.
    #[must_use]
    pub fn value(&self) -> &'a [u8] {
        self.value
    }

    /// Returns the id of the key that the record is for. `None` for anonymous records, padding and
    /// unknown types.
    #[must_use]
    pub fn key_id(&self) -> Option<KeyId> {
        self.wrapped?.0
    }

    /// Returns the wrapped content key. With RSA it is as long as the modulus. `None` for padding
    /// and unknown types.
    #[must_use]
    pub fn wrapped_key(&self) -> Option<&'a [u8]> {
        self.wrapped.map(|(_, wrapped_key)| wrapped_key)
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("record_type", &format_args!("{:#06x}", self.record_type))
            .field("key_id", &self.key_id())
            .field("len", &self.value.len())
            .finish()
    }
}

/// The records of a [`Header`](crate::Header), in their canonical order.
#[derive(Clone)]
pub struct Records<'a> {
    bytes: &'a [u8],
    spans: core::slice::Iter<'a, RecordSpan>,
}

impl<'a> Records<'a> {
    pub(super) fn new(bytes: &'a [u8], spans: &'a [RecordSpan]) -> Self {
        Self { bytes, spans: spans.iter() }
    }
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

/// Where a record is in the header.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct RecordSpan {
    pub(super) record_type: u16,
    pub(super) value: Range<usize>,
    /// `Some` in records that hold the content key.
    pub(super) wrapped: Option<WrappedKeySpan>,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct WrappedKeySpan {
    pub(super) key_id: Option<KeyId>,
    pub(super) range: Range<usize>,
}

impl RecordSpan {
    pub(super) fn key_id(&self) -> Option<KeyId> {
        self.wrapped.as_ref()?.key_id
    }

    fn record<'a>(&self, bytes: &'a [u8]) -> Record<'a> {
        Record {
            record_type: self.record_type,
            value: &bytes[self.value.clone()],
            wrapped: self.wrapped.as_ref().map(|wrapped| (wrapped.key_id, &bytes[wrapped.range.clone()])),
        }
    }
}
