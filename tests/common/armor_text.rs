//! The text form, computed without the library, and its errors in short.

use std::{io, iter};

use bulla::armor;
use bulla::armor::ArmorReader;
use bulla::error::ArmorError;
use bulla::error::ArmorErrorKind as Kind;

use super::read_in_pieces;

pub const BEGIN: &str = "-----BEGIN BULLA ENVELOPE-----\n";
pub const END: &str = "-----END BULLA ENVELOPE-----\n";

/// What the writer encodes at once.
pub const COLLECTED: usize = 256 * 48;

/// What the reader asks for at once.
pub const TEXT_LEN: usize = 16384;

/// Lengths around those of lines, and of what the writer and the reader handle at once.
pub fn lengths() -> impl Iterator<Item = usize> {
    let around = |middle: usize| middle - 2..=middle + 2;
    let batch = 64 * 48;
    let read = (TEXT_LEN - 31) / 65 * 48;
    let boundaries = [batch, COLLECTED, read, COLLECTED + 48, 2 * COLLECTED, 3 * COLLECTED + batch, 100_000];
    (0..=200).chain(boundaries.into_iter().flat_map(around)).chain(around(4 * read))
}

/// The text form, without the library: from the alphabet of RFC 4648 and the line length of RFC
/// 7468.
pub fn expected(content: &[u8]) -> String {
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let base64: Vec<char> = content
        .chunks(3)
        .flat_map(|bytes| {
            let bits = bytes.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - bytes.len()));
            let digits = (0..=bytes.len()).map(|i| alphabet[bits >> (18 - 6 * i) & 63]);
            digits.chain(iter::repeat('=')).take(4).collect::<Vec<_>>()
        })
        .collect();
    let lines = base64.chunks(64).map(|line| line.iter().collect::<String>() + "\n");
    iter::once(BEGIN.into()).chain(lines).chain([END.into()]).collect()
}

pub fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

/// White space of every kind that may stand before the text, and after it.
pub const SPACE_BEFORE: &str = "\u{feff} \t\r\n\n\r \n";
pub const SPACE_AFTER: &str = "\t \n\n\r\n \r";

/// Decodes in memory and as streams of several kinds, which must agree.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, ArmorError> {
    let result = armor::decode(text);
    for sizes in [&[usize::from(u16::MAX)][..], &[47], &[48, 1]] {
        let (released, end) = read_in_pieces(ArmorReader::new(text), sizes);
        assert_eq!(end.map(|()| released).map_err(|error| armor_error(&error)), result, "by {sizes:?}");
    }
    result
}

pub fn described(error: ArmorError) -> (Kind, u64) {
    (error.kind(), error.line())
}

pub fn armor_error(error: &io::Error) -> ArmorError {
    *ArmorError::from_io(error).unwrap_or_else(|| panic!("an error of the text form: {error}"))
}
