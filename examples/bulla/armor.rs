//! The text form of an envelope. It needs the feature `armor` of the library.

#[cfg(not(feature = "armor"))]
use crate::failure::Failure;

/// Returns whether a file that starts with these bytes is in text form.
#[cfg(feature = "armor")]
pub(crate) use bulla::armor::is_armored as is_text;

#[cfg(not(feature = "armor"))]
pub(crate) fn is_text(start: &[u8]) -> bool {
    start.starts_with(b"-----BEGIN BULLA ENVELOPE-----")
}

/// Says that the text form of `name` can be neither read nor written.
#[cfg(not(feature = "armor"))]
pub(crate) fn not_built(name: &str) -> Failure {
    Failure::new(name, "the text form needs a program built with --features armor")
}

/// Number of bytes that show whether a file is in text form: the first line without its line end.
pub(crate) const FIRST_LINE_LEN: u64 = 30;
