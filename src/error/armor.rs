//! What can be wrong with the text form of an envelope.

use core::error::Error;
use core::fmt;

/// A text that is not the text form of an envelope (SPEC §14): what is wrong, and in which line.
///
/// The reader reports it inside a [`std::io::Error`] (`Truncated` as `UnexpectedEof`, all others as
/// `InvalidData`); [`from_io`](Self::from_io) gets it out again. It reveals nothing but what the
/// text itself shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArmorError {
    kind: ArmorErrorKind,
    line: u64,
}

impl ArmorError {
    pub(crate) const fn new(kind: ArmorErrorKind, line: u64) -> Self {
        Self { kind, line }
    }

    /// Returns what is wrong.
    #[must_use]
    pub const fn kind(&self) -> ArmorErrorKind {
        self.kind
    }

    /// Returns the number of the wrong line, counted from one.
    #[must_use]
    pub const fn line(&self) -> u64 {
        self.line
    }
}

impl fmt::Display for ArmorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            // These concern the whole text: a line number would only distract.
            ArmorErrorKind::NotArmored | ArmorErrorKind::Truncated => self.kind.fmt(f),
            kind => write!(f, "malformed text form of an envelope at line {}: {kind}", self.line),
        }
    }
}

impl Error for ArmorError {}

/// The kinds of [`ArmorError`]. All but `Truncated` are final: the same text is never accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArmorErrorKind {
    /// The first line is not `-----BEGIN BULLA ENVELOPE-----`. To find out in advance, call
    /// [`is_armored`](crate::armor::is_armored).
    NotArmored,
    /// A line ends in LF and the first line in CRLF, or the other way round.
    LineEnd,
    /// A line is empty, is longer than 64 characters, or has a length that is not a multiple of 4;
    /// or it is shorter than 64 characters, but not the last one before the end line.
    LineLength,
    /// A character is not base64, such as white space.
    Character,
    /// There are more than two `=`, or one is not at the end of the last line before the end line.
    Padding,
    /// The unused bits of the last character before the padding are not zero.
    UnusedBits,
    /// A line starts with `-`, but is not the end line.
    EndLine,
    /// Something follows the end line, even if it is only an empty line.
    TrailingData,
    /// The text ends before the end of its end line. Fetching the rest and reading again can help.
    Truncated,
}

impl fmt::Display for ArmorErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotArmored => "not the text form of a bulla envelope: its first line is missing",
            Self::LineEnd => "line end differs from that of the first line",
            Self::LineLength => "line is not 64 characters long",
            Self::Character => "character that is not base64",
            Self::Padding => "padding in the wrong place",
            Self::UnusedBits => "unused bits are not zero",
            Self::EndLine => "neither base64 nor the end line",
            Self::TrailingData => "data after the end line",
            Self::Truncated => "truncated: the text ended before its end line",
        })
    }
}
