//! The text form of an envelope. It needs the feature `armor` of the library.

#[cfg(not(feature = "armor"))]
use crate::failure::Failure;

/// Returns whether a file that starts with these bytes is read as text: the text form of an
/// envelope, or something near to it, such as a quoted one, one in a mail, or one in UTF-16. What
/// reads it then says what is wrong.
pub(crate) fn is_text(start: &[u8]) -> bool {
    let ascii: Vec<u8> = start.iter().copied().filter(|byte| *byte != 0).collect();
    !is_binary(start) && ascii.windows(LABEL.len()).any(|window| window == LABEL)
}

/// Returns whether a file starts like an envelope in binary form, of which no byte more is needed.
pub(crate) fn is_binary(start: &[u8]) -> bool {
    start.first() == Some(&0x89)
}

/// Says that the text form of `name` can be neither read nor written.
#[cfg(not(feature = "armor"))]
pub(crate) fn not_built(name: &str) -> Failure {
    Failure::new(name, "the text form needs a program built with --features armor")
}

/// Number of bytes that show whether a file is read as text. The text form begins within 1024 bytes
/// (SPEC §14), but the header of a mail may stand before it.
pub(crate) const START_LEN: u64 = 16384;

/// What the first line holds even if its hyphens were changed.
const LABEL: &[u8] = b"BEGIN BULLA ENVELOPE";
