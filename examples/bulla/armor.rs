//! The text form of an envelope, for which the library has to be built with the feature `armor`.

#[cfg(not(feature = "armor"))]
use crate::failure::Failure;

/// Whether a file that starts so is the text form of an envelope.
#[cfg(feature = "armor")]
pub(crate) use bulla::armor::is_armored as is_text;

#[cfg(not(feature = "armor"))]
pub(crate) fn is_text(start: &[u8]) -> bool {
    start.starts_with(b"-----BEGIN BULLA ENVELOPE-----")
}

/// What can be neither read nor written.
#[cfg(not(feature = "armor"))]
pub(crate) fn not_built(name: &str) -> Failure {
    Failure::new(name, "the text form needs a program built with --features armor")
}

/// Bytes that it takes to recognise it, the end of the line not counted.
pub(crate) const FIRST_LINE_LEN: u64 = 30;
