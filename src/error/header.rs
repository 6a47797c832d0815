//! What can be wrong with the bytes of a header.

use core::fmt;

use crate::key_id::KeyId;
use crate::limits::LimitExceeded;

/// A header that cannot be read or, when sealing, written: what is wrong, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderError {
    kind: HeaderErrorKind,
    offset: usize,
}

impl HeaderError {
    pub(crate) const fn new(kind: HeaderErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// Returns what is wrong.
    #[must_use]
    pub const fn kind(&self) -> HeaderErrorKind {
        self.kind
    }

    /// Returns the offset in bytes of the item that is wrong, from the start of the header.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            // These concern the whole file: an offset would only distract.
            HeaderErrorKind::NotAnEnvelope(_)
            | HeaderErrorKind::UnsupportedVersion(_)
            | HeaderErrorKind::UnsupportedSuite(_)
            | HeaderErrorKind::UnsupportedLayout(_)
            | HeaderErrorKind::LimitExceeded(_)
            | HeaderErrorKind::Truncated => self.kind.fmt(f),
            // Not malformed: sealed by something newer.
            kind @ (HeaderErrorKind::UnknownCriticalField(_) | HeaderErrorKind::UnknownCriticalRecord(_)) => {
                write!(f, "{kind} at byte {}", self.offset)
            }
            kind => write!(f, "malformed header at byte {}: {kind}", self.offset),
        }
    }
}

impl core::error::Error for HeaderError {}

/// The kinds of [`HeaderError`]. All but `LimitExceeded` and `Truncated` are final: this release
/// never accepts the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderErrorKind {
    /// The input is not a Bulla envelope: it does not start with the magic bytes. The value says
    /// what it looks like instead.
    NotAnEnvelope(Lookalike),
    /// The envelope has a version of the format that this release does not know.
    UnsupportedVersion(u8),
    /// The envelope has a cryptographic suite that this release does not know.
    UnsupportedSuite(u8),
    /// The envelope has a layout that this release does not know.
    UnsupportedLayout(u8),
    /// The input ends within the header.
    Truncated,
    /// There are bytes after the header, but only a header was expected.
    TrailingBytes,
    /// The reserved byte is not zero.
    ReservedNotZero,
    /// The fields are longer than the format's maximum of 2^20 bytes.
    FieldsTooLong,
    /// The records are longer than the format's maximum of 2^22 bytes.
    RecordsTooLong,
    /// A field or record reaches beyond the section that holds it.
    ItemOverrun,
    /// A field or record has the invalid type 0.
    TypeZero,
    /// A field or record does not come after its predecessor in the one canonical order.
    NotAscending,
    /// A field marked critical has a type that this release does not know.
    UnknownCriticalField(u16),
    /// A record marked critical has a type that this release does not know.
    UnknownCriticalRecord(u16),
    /// The metadata field is present but empty.
    EmptyMetadata,
    /// The private section is shorter than 46 bytes, which one item without a value has, or longer
    /// than 65,576 bytes.
    PrivateSectionLength,
    /// There is no record other than padding.
    NoRecords,
    /// There are more records than the format's maximum of 1024.
    TooManyRecords,
    /// The value of a record is longer than the format's maximum of 16 KiB.
    RecordTooLong,
    /// A key id is neither absent nor 32 bytes long.
    KeyIdLength,
    /// A wrapped key is not as long as an RSA modulus of 2048 to 8192 bits.
    WrappedKeyLength,
    /// Two records of the same type have the same key id.
    DuplicateKeyId(KeyId),
    /// Records of different mixing classes stand in one header (SPEC §9.5).
    MixedClasses,
    /// The header exceeds one of the caller's [`Limits`](crate::Limits).
    LimitExceeded(LimitExceeded),
}

impl fmt::Display for HeaderErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnEnvelope(lookalike) => write!(f, "not a bulla envelope{lookalike}"),
            Self::UnsupportedVersion(version) => {
                write!(f, "unsupported version {version} of the envelope format")
            }
            Self::UnsupportedSuite(suite) => {
                write!(f, "unsupported suite {suite} of the envelope format")
            }
            Self::UnsupportedLayout(layout) => {
                write!(f, "unsupported layout {layout} of the envelope format")
            }
            Self::Truncated => f.write_str("truncated: the input ended within the header"),
            Self::TrailingBytes => f.write_str("bytes after the end of the header"),
            Self::ReservedNotZero => f.write_str("reserved byte is not zero"),
            Self::FieldsTooLong => f.write_str("fields longer than 1048576 bytes"),
            Self::RecordsTooLong => f.write_str("records longer than 4194304 bytes"),
            Self::ItemOverrun => f.write_str("item reaches beyond its section"),
            Self::TypeZero => f.write_str("item of type 0"),
            Self::NotAscending => f.write_str("items not in ascending order"),
            Self::UnknownCriticalField(item_type) => write!(f, "unknown critical field {item_type:#06x}"),
            Self::UnknownCriticalRecord(item_type) => write!(f, "unknown critical record {item_type:#06x}"),
            Self::EmptyMetadata => f.write_str("metadata is empty"),
            Self::PrivateSectionLength => f.write_str("private section is not 46 to 65576 bytes long"),
            Self::NoRecords => f.write_str("no record other than padding"),
            Self::TooManyRecords => f.write_str("more than 1024 records"),
            Self::RecordTooLong => f.write_str("record longer than 16384 bytes"),
            Self::KeyIdLength => f.write_str("key id is not 32 bytes long"),
            Self::WrappedKeyLength => f.write_str("wrapped key is not 256 to 1024 bytes long"),
            Self::DuplicateKeyId(id) => write!(f, "two records with the key id {id}"),
            Self::MixedClasses => f.write_str("records of classes that must not be mixed"),
            Self::LimitExceeded(error) => error.fmt(f),
        }
    }
}

/// A guess from its first 20 bytes what an input is that is not an envelope. Use it only in
/// messages to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lookalike {
    /// Something unknown.
    Unknown,
    /// Text in PEM form, such as a key or a certificate.
    Pem,
    /// An age file, binary or armored.
    Age,
    /// The text form of an envelope (SPEC §14), perhaps quoted or indented. The feature `armor`
    /// reads it, or says what is wrong with it.
    Armor,
    /// A text in UTF-16 that begins with five hyphens, such as the text form as some programs on
    /// Windows save it.
    Utf16,
    /// An envelope in base64.
    Base64,
    /// An envelope that a transfer in text mode has damaged: it changed line ends or bytes above
    /// 0x7F.
    TextMode,
}

impl fmt::Display for Lookalike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "",
            Self::Pem => ": it looks like a PEM file, a key or a certificate",
            Self::Age => ": it looks like a file encrypted with age",
            Self::Armor => ": it looks like the text form of an envelope, decode it first",
            Self::Utf16 => ": it looks like text in UTF-16, save it as UTF-8",
            Self::Base64 => ": it looks like an envelope in base64, decode it first",
            Self::TextMode => ": it looks like an envelope damaged by a transfer in text mode",
        })
    }
}
