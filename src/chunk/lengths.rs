//! Where things stand in a body: arithmetic on lengths and offsets, without any key (SPEC §5.3).

use core::ops::Range;

use super::to_u64;
use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, MAX_PLAINTEXT_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::limits::{Limit, LimitExceeded};

/// Length in bytes of the body that holds `plaintext_len` bytes, or `None` above the format's maximum of 2^52 − 1.
///
/// The envelope is longer by its header: [`Header::body_offset`](crate::Header::body_offset).
///
/// # Examples
///
/// ```
/// assert_eq!(bulla::sealed_len(0), Some(56 + 16));
/// assert_eq!(bulla::sealed_len(16384), Some(56 + 16384 + 16 + 16));
/// assert_eq!(bulla::sealed_len(1 << 52), None);
/// ```
#[must_use]
pub fn sealed_len(plaintext_len: u64) -> Option<u64> {
    if plaintext_len > MAX_PLAINTEXT_LEN {
        return None;
    }
    let chunks = plaintext_len / to_u64(CHUNK_LEN) + 1;
    Some(to_u64(BODY_HEAD_LEN) + plaintext_len + chunks * to_u64(TAG_LEN))
}

/// Length in bytes of the plaintext that a body of `sealed_len` bytes holds: the inverse of [`sealed_len`].
///
/// # Errors
///
/// [`OpenError::Truncated`] for a length that no body has, and [`OpenError::LimitExceeded`] above the format's maximum.
///
/// # Security
///
/// What follows from the length of a file is as trustworthy as that length: anyone may have cut or extended it. Verified
/// lengths come from [`RangeOpener::verify_len`](crate::RangeOpener::verify_len).
///
/// # Examples
///
/// ```
/// use bulla::OpenError;
///
/// assert_eq!(bulla::plaintext_len(56 + 16), Ok(0));
/// assert_eq!(bulla::plaintext_len(56 + 16400 + 16), Ok(16384));
/// // No last chunk, or none that could hold a tag.
/// assert_eq!(bulla::plaintext_len(56 + 16400), Err(OpenError::Truncated));
/// assert_eq!(bulla::plaintext_len(56 + 16400 + 15), Err(OpenError::Truncated));
/// ```
pub fn plaintext_len(sealed_len: u64) -> Result<u64, OpenError> {
    let chunks_len = sealed_len.checked_sub(to_u64(BODY_HEAD_LEN)).ok_or(OpenError::Truncated)?;
    let last_len = (chunks_len % to_u64(SEALED_CHUNK_LEN)).checked_sub(to_u64(TAG_LEN)).ok_or(OpenError::Truncated)?;
    let len = chunks_len / to_u64(SEALED_CHUNK_LEN) * to_u64(CHUNK_LEN) + last_len;
    if len > MAX_PLAINTEXT_LEN {
        return Err(LimitExceeded { limit: Limit::PlaintextLen, max: MAX_PLAINTEXT_LEN }.into());
    }
    Ok(len)
}

/// The bytes of a body in which the chunks stand that hold `plaintext_range`: what to fetch for
/// [`RangeOpener::open_range`](crate::RangeOpener::open_range).
///
/// Both ranges are offsets in bytes, from the start of the plaintext and from the start of the body. The result is empty
/// where `plaintext_range` is. It may reach beyond the end of the body, since the last chunk is shorter: fetch what there is.
/// Positions beyond the format's maximum of 2^52 − 1 are taken for it.
///
/// # Examples
///
/// ```
/// // Bytes 20,000 to 40,000 are in the second and third chunk.
/// assert_eq!(bulla::ciphertext_range(20_000..40_000), 56 + 16400..56 + 3 * 16400);
/// assert_eq!(bulla::ciphertext_range(7..7), 56..56);
/// ```
#[must_use]
pub fn ciphertext_range(plaintext_range: Range<u64>) -> Range<u64> {
    let start = plaintext_range.start.min(MAX_PLAINTEXT_LEN);
    let end = plaintext_range.end.min(MAX_PLAINTEXT_LEN);
    let first = start / to_u64(CHUNK_LEN);
    let behind = if start < end { end.div_ceil(to_u64(CHUNK_LEN)) } else { first };
    chunk_offset(first)..chunk_offset(behind)
}

/// Offset in the body at which chunk `index` stands, which is at most 2^38.
pub(crate) fn chunk_offset(index: u64) -> u64 {
    to_u64(BODY_HEAD_LEN) + index * to_u64(SEALED_CHUNK_LEN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_are_those_of_the_specification() {
        // SPEC §8: a body of b bytes has b ≥ 72 and (b − 56) mod 16400 ≥ 16.
        for sealed in 0..60_000 {
            let possible = sealed >= 72 && (sealed - 56) % 16400 >= 16;
            match plaintext_len(sealed) {
                Ok(len) => assert!(possible && sealed_len(len) == Some(sealed), "{sealed}"),
                Err(error) => assert!(!possible && error == OpenError::Truncated, "{sealed}"),
            }
        }
    }

    #[test]
    fn the_longest_body_is_admitted_and_longer_ones_are_not() {
        let longest = sealed_len(MAX_PLAINTEXT_LEN).unwrap();
        assert_eq!(longest, 56 + ((1 << 52) - 1) + (1 << 42));
        assert_eq!(plaintext_len(longest), Ok(MAX_PLAINTEXT_LEN));
        assert_eq!(sealed_len(MAX_PLAINTEXT_LEN + 1), None);
        let too_long = LimitExceeded { limit: Limit::PlaintextLen, max: MAX_PLAINTEXT_LEN };
        assert_eq!(plaintext_len(longest + 1 + 16), Err(too_long.into()));
        assert_eq!(plaintext_len(u64::MAX), Err(too_long.into()));
    }

    proptest! {
        #[test]
        fn a_range_covers_the_chunks_of_its_bytes_and_no_other(start in 0u64..1 << 53, len in 0u64..100_000) {
            let range = ciphertext_range(start..start + len);
            let (start, end) = (start.min(MAX_PLAINTEXT_LEN), (start + len).min(MAX_PLAINTEXT_LEN));
            let chunks: Vec<u64> = (start / 16384..=end / 16384)
                .filter(|index| start < end && index * 16384 < end)
                .collect();
            prop_assert_eq!((range.end - range.start) / 16400, u64::try_from(chunks.len()).unwrap());
            prop_assert_eq!(range.start, 56 + start / 16384 * 16400);
        }
    }

    use alloc::vec::Vec;
}
