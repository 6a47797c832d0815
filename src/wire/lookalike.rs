//! Guesses what an input is if it does not start with the magic bytes.

use crate::error::Lookalike;
use crate::format::MAGIC;

/// Guesses from the first 20 bytes of an input that starts with `start`: a stream reads no more.
pub(super) fn guess(start: &[u8]) -> Lookalike {
    let start = &start[..start.len().min(20)];
    let is_text_form = (0..start.len()).any(|at| {
        let label = &start[at..];
        label.len() >= RECOGNISABLE && LABEL.starts_with(label)
    });
    if is_text_form {
        return Lookalike::Armor;
    }
    TABLE.iter().find(|(pattern, _)| start.starts_with(pattern)).map_or(Lookalike::Unknown, |(_, lookalike)| *lookalike)
}

/// Returns whether an input that starts with `start` can be an envelope, as far as its magic bytes
/// show.
pub(super) fn could_be_envelope(start: &[u8]) -> bool {
    start.iter().zip(MAGIC).all(|(byte, magic)| *byte == magic)
}

/// What the first line of the text form holds, whatever its dashes have become, and whatever a mail
/// program has put before them.
const LABEL: &[u8] = b"BEGIN BULLA ENVELOPE";

/// How much of the label shows that it is no other: `BEGIN B`.
const RECOGNISABLE: usize = 7;

const TABLE: &[(&[u8], Lookalike)] = &[
    (b"-----BEGIN AGE", Lookalike::Age),
    (b"-----BEGIN ", Lookalike::Pem),
    (b"age-encryption.org/", Lookalike::Age),
    (b"iUJVTA0KGgo", Lookalike::Base64),
    (b"\xFF\xFE-\0-\0-\0-\0-\0", Lookalike::Utf16),
    (b"\xFE\xFF\0-\0-\0-\0-\0-", Lookalike::Utf16),
    (b"-\0-\0-\0-\0-\0", Lookalike::Utf16),
    (b"\0-\0-\0-\0-\0-", Lookalike::Utf16),
    // CR LF became LF, or LF became CR LF.
    (b"\x89BUL\x0A", Lookalike::TextMode),
    (b"\x89BUL\x0D\x0D\x0A", Lookalike::TextMode),
    (b"\x89BUL\x0D\x0A\x1A\x0D", Lookalike::TextMode),
    // 0x89 was replaced (invalid UTF-8), taken for Latin-1, or lost its top bit.
    (b"\xEF\xBF\xBDBUL", Lookalike::TextMode),
    (b"\xC2\x89BUL", Lookalike::TextMode),
    (b"\x09BUL", Lookalike::TextMode),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_mistakes_are_recognised() {
        for (start, lookalike) in [
            (&b"-----BEGIN PRIVATE KEY-----\n"[..20], Lookalike::Pem),
            (b"-----BEGIN AGE ENCRYP", Lookalike::Age),
            (&b"-----BEGIN BULLA ENVELOPE-----\n"[..20], Lookalike::Armor),
            (b"-----BEGIN BULLA KEY", Lookalike::Pem),
            (b"\r\n\r\n-----BEGIN BULL", Lookalike::Armor),
            (b"\xEF\xBB\xBF-----BEGIN BULLA ", Lookalike::Armor),
            (b"> -----BEGIN BULLA EN", Lookalike::Armor),
            (b"\xE2\x80\x94BEGIN BULLA ENVELO", Lookalike::Armor),
            (b"        -----BEGIN B", Lookalike::Armor),
            (b"         -----BEGIN ", Lookalike::Unknown),
            (b"\xFF\xFE-\0-\0-\0-\0-\0B\0E\0G\0I\0", Lookalike::Utf16),
            (b"\xFE\xFF\0-\0-\0-\0-\0-\0B\0E\0G\0I", Lookalike::Utf16),
            (b"-\0-\0-\0-\0-\0B\0E\0G\0I\0N\0", Lookalike::Utf16),
            (b"\0-\0-\0-\0-\0-\0B\0E\0G\0I\0N", Lookalike::Utf16),
            (b"\xFF\xFEh\0e\0l\0l\0o\0", Lookalike::Unknown),
            (b"age-encryption.org/v", Lookalike::Age),
            (b"iUJVTA0KGgoBAQEAAAAA", Lookalike::Base64),
            (b"\x89BUL\n\x1A\n\x01\x01\x01", Lookalike::TextMode),
            (b"\xC2\x89BUL\r\n\x1A\n", Lookalike::TextMode),
            (b"PK\x03\x04", Lookalike::Unknown),
        ] {
            assert_eq!(guess(start), lookalike, "{start:?}");
        }
    }

    #[test]
    fn a_cut_magic_is_not_a_foreign_file() {
        for len in 0..=MAGIC.len() {
            assert!(could_be_envelope(&MAGIC[..len]));
        }
        assert!(!could_be_envelope(b"hello"));
    }
}
