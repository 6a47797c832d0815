//! The header: one canonical encoding, checked whole before a value exists.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::parse::{Lengths, parse_fields, parse_records};
use super::reader::Reader;
use super::record::{RecordSpan, Records};
use crate::error::{HeaderError, HeaderErrorKind};
use crate::format::{HEADER_TAG_LEN, LAYOUT_SINGLE, PREFIX_LEN, SUITE, VERSION};
use crate::limits::Limits;

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

    /// Offset in bytes at which the body starts in an envelope, which is the length of the header.
    #[must_use]
    pub fn body_offset(&self) -> u64 {
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)
    }

    /// The records: who can open the envelope, as far as it tells. **Unverified.**
    #[must_use]
    pub fn records(&self) -> Records<'_> {
        Records::new(&self.bytes, &self.records)
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

/// The part of the prefix that the body is bound to: all but the length of the records.
const PREAMBLE_PREFIX_LEN: usize = 16;
