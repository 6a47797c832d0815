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
    label: Option<ArmorLabel>,
}

impl ArmorError {
    pub(crate) const fn new(kind: ArmorErrorKind, line: u64) -> Self {
        Self { kind, line, label: None }
    }

    pub(crate) const fn with_label(self, label: Option<ArmorLabel>) -> Self {
        Self { label, ..self }
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

    /// Returns the label that the text has in place of `BULLA ENVELOPE`, such as `CERTIFICATE`, if
    /// the kind is [`OtherLabel`](ArmorErrorKind::OtherLabel). It is printable ASCII of at most 32
    /// characters. `None` if it is anything else.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.label.as_ref().map(ArmorLabel::as_str)
    }
}

impl fmt::Display for ArmorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            // These concern the whole text: a line number would only distract.
            ArmorErrorKind::NotArmored | ArmorErrorKind::Binary | ArmorErrorKind::Utf16 | ArmorErrorKind::Truncated => {
                return self.kind.fmt(f);
            }
            kind => write!(f, "malformed text form of an envelope at line {}: {kind}", self.line)?,
        }
        self.label().map_or(Ok(()), |label| write!(f, ": {label}"))
    }
}

impl Error for ArmorError {}

/// A label that is short and printable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ArmorLabel {
    bytes: [u8; Self::MAX_LEN],
    len: usize,
}

impl ArmorLabel {
    /// Longer than all labels in use.
    const MAX_LEN: usize = 32;

    pub(crate) fn new(label: &[u8]) -> Option<Self> {
        let mut bytes = [0; Self::MAX_LEN];
        bytes.get_mut(..label.len())?.copy_from_slice(label);
        label.iter().all(|byte| matches!(byte, b' '..=b'~')).then_some(Self { bytes, len: label.len() })
    }

    fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..self.len]).expect("printable ASCII: checked in new")
    }
}

/// The kinds of [`ArmorError`]. All but `Truncated` are final: the same text is never accepted.
///
/// They say what mail programs, web pages and people did to the text, as far as its wrong line
/// shows. Only that it is refused is certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArmorErrorKind {
    /// The first line is not `-----BEGIN BULLA ENVELOPE-----`. To find out in advance, call
    /// [`is_armored`](crate::armor::is_armored).
    NotArmored,
    /// The input is an envelope in binary form. Open it without decoding it.
    Binary,
    /// The text is in UTF-16, as some programs on Windows write it.
    Utf16,
    /// More than 1024 bytes of white space stand before the first line.
    LeadingSpace,
    /// Something else stands before the first line, such as the header of a mail or a greeting.
    /// Recognised if the first line begins within the next 16384 bytes.
    LeadingText,
    /// A first line or end line has another label, such as that of a key or a certificate.
    /// [`ArmorError::label`] says which.
    OtherLabel,
    /// A first line or end line has not five hyphens on each side: one is lost or was added, or
    /// typography has made dashes of them.
    Dashes,
    /// Lines were joined to one.
    JoinedLines,
    /// A line ends in LF and the first line in CRLF, or the other way round; or it holds a CR
    /// alone.
    LineEnd,
    /// A line is longer than 64 characters, or has a length that is not a multiple of 4; or it is
    /// shorter than 64 characters, but not the last one before the end line. So it is if a program
    /// has broken the lines elsewhere.
    LineLength,
    /// A line between the first one and the end line is empty, or nothing but blanks.
    EmptyLine,
    /// A line begins with `>` or `|`, as in the answer to a mail.
    Quoted,
    /// A line after the first one begins with a blank.
    Indented,
    /// A line before the end line ends in a blank, as in a mail with `format=flowed`.
    TrailingSpace,
    /// There is a no-break space or a space of no width, as in text that is copied from a web page.
    NoBreakSpace,
    /// There is a tag or an entity of HTML, such as `<br>` or `&nbsp;`.
    Html,
    /// There is an octet in quoted-printable, such as `=3D`, or a `=` that breaks a line.
    QuotedPrintable,
    /// A character is not base64.
    Character,
    /// There are more than two `=`, or one is not at the end of the last line before the end line.
    Padding,
    /// The unused bits of the last character before the padding are not zero.
    UnusedBits,
    /// A line starts with `-`, but is not the end line.
    EndLine,
    /// A second text begins, after the first or before its end line.
    SecondText,
    /// Something other than white space follows the end line, such as a signature.
    TrailingData,
    /// The text ends before its end line does. Fetching the rest and reading again can help.
    Truncated,
}

impl fmt::Display for ArmorErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotArmored => "not the text form of a bulla envelope: its first line is missing",
            Self::Binary => "not the text form of a bulla envelope, but its binary form: do not decode it",
            Self::Utf16 => "not the text form of a bulla envelope, but a text in UTF-16: save it as UTF-8",
            Self::LeadingSpace => "more than 1024 bytes of white space before the first line: remove them",
            Self::LeadingText => "text before the first line: remove it",
            Self::OtherLabel => "another label than BULLA ENVELOPE",
            Self::Dashes => "not five hyphens on each side of the label: restore them",
            Self::JoinedLines => "lines joined to one: break them as they were",
            Self::LineEnd => "line end differs from that of the first line",
            Self::LineLength => "line is not 64 characters long: break the lines as they were",
            Self::EmptyLine => "empty line within the text: remove it",
            Self::Quoted => "quoting mark: remove it from every line",
            Self::Indented => "indented line: remove the blanks",
            Self::TrailingSpace => "blank at the end of the line: remove it",
            Self::NoBreakSpace => "no-break or invisible space: remove it",
            Self::Html => "tag or entity of HTML: copy the text as a browser shows it",
            Self::QuotedPrintable => "encoded in quoted-printable: decode that first",
            Self::Character => "character that is not base64",
            Self::Padding => "padding in the wrong place",
            Self::UnusedBits => "unused bits are not zero",
            Self::EndLine => "neither base64 nor the end line",
            Self::SecondText => "a second text begins: decode each on its own",
            Self::TrailingData => "text after the end line: remove it",
            Self::Truncated => "truncated: the text ended before its end line",
        })
    }
}
