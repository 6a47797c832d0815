//! The header. It has one canonical encoding, which is checked completely before a value exists.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::fields::FieldSpans;
use super::item::ITEM_OVERHEAD;
use super::parse::{Prefix, parse_records};
use super::reader::Reader;
use super::record::{RecordSpan, Records};
use crate::error::{HeaderError, HeaderErrorKind};
use crate::format::{HEADER_TAG_LEN, Layout, PREFIX_LEN, RECORD_PADDING, Suite, Version};
use crate::limits::Limits;
use crate::num::to_u64;

/// A well-formed header in its one canonical encoding (SPEC §3).
///
/// A well-formed header need not be authentic. Until it has been opened, anyone may have made up
/// everything in it.
///
/// # Examples
///
/// Look at an envelope without a key:
///
/// ```
/// use bulla::{Header, Limits};
/// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// # let sealed = bulla::Sealer::new(&identity.recipient()).metadata(b"text/plain").seal(b"hello")?;
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
    version: Version,
    suite: Suite,
    layout: Layout,
    /// Where the section of fields is.
    fields: Range<usize>,
    field_spans: FieldSpans,
    records: Vec<RecordSpan>,
}

impl Header {
    /// Length in bytes of the prefix, from which [`Header::len_from_prefix`] computes the length of
    /// the whole header.
    pub const PREFIX_LEN: usize = PREFIX_LEN;

    /// Returns the length in bytes of the whole header, given its first 20 bytes.
    ///
    /// # Errors
    ///
    /// [`HeaderError`] if this release or `limits` refuse the prefix.
    pub fn len_from_prefix(prefix: &[u8; PREFIX_LEN], limits: &Limits) -> Result<usize, HeaderError> {
        Prefix::read(&mut Reader::new(prefix), limits).map(|prefix| prefix.header_len)
    }

    /// Parses one header, which must be all of `input`.
    ///
    /// Allocates in proportion to the length of `input`, never to a number inside it.
    ///
    /// # Errors
    ///
    /// [`HeaderError`] if `input` is not the canonical encoding of a header within `limits`.
    pub fn parse(input: &[u8], limits: &Limits) -> Result<Self, HeaderError> {
        Self::from_vec(input.to_vec(), limits)
    }

    /// Parses the header at the start of `envelope`, and returns it and the body that follows.
    ///
    /// # Errors
    ///
    /// [`HeaderError`] if `envelope` does not start with the canonical encoding of a header within
    /// `limits`. The kind is `Truncated` if `envelope` ends within the header.
    pub fn split<'a>(envelope: &'a [u8], limits: &Limits) -> Result<(Self, &'a [u8]), HeaderError> {
        let len = Prefix::read(&mut Reader::new(envelope), limits)?.header_len;
        let Some((header, body)) = envelope.split_at_checked(len) else {
            return Err(HeaderError::new(HeaderErrorKind::Truncated, envelope.len()));
        };
        Ok((Self::parse(header, limits)?, body))
    }

    /// Returns the encoding of the header.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the offset in bytes at which the body starts in the envelope. It is the length of
    /// the header.
    #[must_use]
    pub fn body_offset(&self) -> u64 {
        to_u64(self.bytes.len())
    }

    /// Returns the records: who can open the envelope, as far as the header says. **Unverified.**
    #[must_use]
    pub fn records(&self) -> Records<'_> {
        Records::new(&self.bytes, &self.records)
    }

    /// Returns the public metadata. **Unverified**: for authentic metadata, see
    /// [`OpenedHeader::metadata`](crate::OpenedHeader::metadata).
    #[must_use]
    pub fn unverified_metadata(&self) -> Option<&[u8]> {
        self.field_spans.metadata.clone().map(|range| &self.bytes[range])
    }

    /// Returns whether there is a private section, which only recipients can read (SPEC §4.4).
    /// **Unverified.** Whether there is a sender in it cannot be seen from outside.
    #[must_use]
    pub fn has_private_section(&self) -> bool {
        self.field_spans.private.is_some()
    }

    /// The value of the private section.
    pub(crate) fn private_section(&self) -> Option<&[u8]> {
        self.field_spans.private.clone().map(|range| &self.bytes[range])
    }

    /// The encoding of all fields except the private section (SPEC §4.5).
    pub(crate) fn other_fields(&self) -> [&[u8]; 2] {
        let fields = self.fields.clone();
        let private = self.field_spans.private.clone();
        let item = private.map_or(fields.end..fields.end, |value| value.start - ITEM_OVERHEAD..value.end);
        [&self.bytes[fields.start..item.start], &self.bytes[item.end..fields.end]]
    }

    /// Returns the version of the format. **Unverified.**
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Returns the cryptographic suite (SPEC §9.1). **Unverified.**
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// Returns the layout of what follows the header (SPEC §9.2). **Unverified.**
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Returns whether this is the header of a session that can be answered: only if there is one
    /// recipient, the initiator knows who answers (SPEC §5.6).
    pub(crate) fn can_be_answered(&self) -> bool {
        let keys = self.records().filter(|record| record.record_type() != RECORD_PADDING);
        self.layout == Layout::Session && keys.count() == 1
    }

    /// Does what [`parse`](Self::parse) does, without copying the input.
    ///
    /// # Errors
    ///
    /// The errors of [`parse`](Self::parse).
    pub fn from_vec(bytes: Vec<u8>, limits: &Limits) -> Result<Self, HeaderError> {
        let mut reader = Reader::new(&bytes);
        let prefix = Prefix::read(&mut reader, limits)?;
        // SPEC §3.1: what ends here was cut, whatever there is of its fields and records.
        if bytes.len() < prefix.header_len {
            return Err(HeaderError::new(HeaderErrorKind::Truncated, bytes.len()));
        }

        let fields_start = reader.offset();
        let field_spans = FieldSpans::parse(reader.section(prefix.fields_len)?, limits)?;
        let fields = fields_start..reader.offset();
        let records = parse_records(reader.section(prefix.records_len)?, limits)?;

        reader.bytes(HEADER_TAG_LEN)?;
        if !reader.is_empty() {
            return Err(HeaderError::new(HeaderErrorKind::TrailingBytes, reader.offset()));
        }
        let Prefix { version, suite, layout, .. } = prefix;
        Ok(Self { version, suite, layout, fields, field_spans, records, bytes })
    }

    /// Returns the bytes that the tag covers: everything before it (SPEC §4.2).
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

    /// Returns the part of the header that the body is bound to: the prefix without the length of
    /// the records, and the fields (SPEC §4.3).
    pub(crate) fn preamble(&self) -> [&[u8]; 2] {
        [&self.bytes[..BOUND_PREFIX_LEN], &self.bytes[self.fields.clone()]]
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

/// Length in bytes of the part of the prefix that the body is bound to: all but the length of the
/// records.
const BOUND_PREFIX_LEN: usize = 16;
