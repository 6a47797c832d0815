//! Positions in a body: arithmetic on lengths and offsets, without any key (SPEC §5.3).

use core::ops::Range;

use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, MAX_PLAINTEXT_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::limits::{Limit, LimitExceeded};
use crate::num::{clamp_to_usize, to_u64};

/// Length in bytes of the body that holds `plaintext_len` bytes, or `None` above the format's
/// maximum of 2^52 − 1 (SPEC §8).
///
/// The envelope is longer by its header: see [`Header::envelope_len`](crate::Header::envelope_len).
///
/// # Examples
///
/// ```
/// assert_eq!(bulla::body::body_len(0), Some(56 + 16));
/// assert_eq!(bulla::body::body_len(16384), Some(56 + 16384 + 16 + 16));
/// assert_eq!(bulla::body::body_len(1 << 52), None);
/// ```
#[must_use]
pub fn body_len(plaintext_len: u64) -> Option<u64> {
    if plaintext_len > MAX_PLAINTEXT_LEN {
        return None;
    }
    let chunks = plaintext_len / to_u64(CHUNK_LEN) + 1;
    Some(to_u64(BODY_HEAD_LEN) + plaintext_len + chunks * to_u64(TAG_LEN))
}

/// Length in bytes of the plaintext in a body of `body_len` bytes: the inverse of [`body_len`].
///
/// # Errors
///
/// [`OpenError::Truncated`] for a length that no body has, and [`OpenError::LimitExceeded`] above
/// the format's maximum.
///
/// # Security
///
/// The result is only as trustworthy as the length it follows from: anyone may have cut or
/// extended a file. [`RangeOpener::verify_len`](crate::body::RangeOpener::verify_len) verifies it.
///
/// # Examples
///
/// ```
/// use bulla::body::plaintext_len;
/// use bulla::error::OpenError;
///
/// assert_eq!(plaintext_len(56 + 16), Ok(0));
/// assert_eq!(plaintext_len(56 + 16400 + 16), Ok(16384));
/// // No last chunk, or none that could hold a tag.
/// assert_eq!(plaintext_len(56 + 16400), Err(OpenError::Truncated));
/// assert_eq!(plaintext_len(56 + 16400 + 15), Err(OpenError::Truncated));
/// ```
pub fn plaintext_len(body_len: u64) -> Result<u64, OpenError> {
    let chunks_len = body_len.checked_sub(to_u64(BODY_HEAD_LEN)).ok_or(OpenError::Truncated)?;
    let last_len = (chunks_len % to_u64(SEALED_CHUNK_LEN)).checked_sub(to_u64(TAG_LEN)).ok_or(OpenError::Truncated)?;
    let len = chunks_len / to_u64(SEALED_CHUNK_LEN) * to_u64(CHUNK_LEN) + last_len;
    if len > MAX_PLAINTEXT_LEN {
        return Err(LimitExceeded { limit: Limit::PlaintextLen, max: MAX_PLAINTEXT_LEN }.into());
    }
    Ok(len)
}

/// The bytes of a body that hold the chunks of `plaintext_range`: what to fetch for
/// [`RangeOpener::open_range`](crate::body::RangeOpener::open_range). `None` if there is nothing to
/// fetch: the range is empty, or lies beyond the format's maximum of 2^52 − 1.
///
/// Both ranges are offsets in bytes, from the start of the plaintext and from the start of the
/// body; [`Header::envelope_range`](crate::Header::envelope_range) counts from the start of the
/// envelope. The result may reach past the end of the body, since the last chunk is shorter:
/// fetch what is there.
///
/// # Examples
///
/// ```
/// use bulla::body::body_range;
///
/// // Bytes 20,000 to 40,000 are in the second and third chunk.
/// assert_eq!(body_range(20_000..40_000), Some(56 + 16400..56 + 3 * 16400));
/// assert_eq!(body_range(7..7), None);
/// ```
#[must_use]
pub fn body_range(plaintext_range: Range<u64>) -> Option<Range<u64>> {
    let end = plaintext_range.end.min(MAX_PLAINTEXT_LEN);
    let (first, _) = locate(plaintext_range.start);
    (plaintext_range.start < end).then(|| chunk_offset(first)..chunk_offset(end.div_ceil(to_u64(CHUNK_LEN))))
}

/// The chunk that holds the plaintext at `position`, and where in the chunk that is (SPEC §5.4).
pub(crate) fn locate(position: u64) -> (u64, usize) {
    (position / to_u64(CHUNK_LEN), clamp_to_usize(position % to_u64(CHUNK_LEN)))
}

/// Returns the offset of chunk `index`, which is at most 2^38, in the body.
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
                Ok(len) => assert!(possible && body_len(len) == Some(sealed), "{sealed}"),
                Err(error) => assert!(!possible && error == OpenError::Truncated, "{sealed}"),
            }
        }
    }

    #[test]
    fn the_longest_body_is_admitted_and_longer_ones_are_not() {
        let longest = body_len(MAX_PLAINTEXT_LEN).unwrap();
        assert_eq!(longest, 56 + ((1 << 52) - 1) + (1 << 42));
        assert_eq!(plaintext_len(longest), Ok(MAX_PLAINTEXT_LEN));
        assert_eq!(body_len(MAX_PLAINTEXT_LEN + 1), None);
        let too_long = LimitExceeded { limit: Limit::PlaintextLen, max: MAX_PLAINTEXT_LEN };
        assert_eq!(plaintext_len(longest + 1 + 16), Err(too_long.into()));
        assert_eq!(plaintext_len(u64::MAX), Err(too_long.into()));
    }

    proptest! {
        #[test]
        fn a_range_covers_the_chunks_of_its_bytes_and_no_other(start in 0u64..1 << 53, len in 0u64..100_000) {
            let (from, to) = (start.min(MAX_PLAINTEXT_LEN), (start + len).min(MAX_PLAINTEXT_LEN));
            let chunks: Vec<u64> = (from / 16384..=to / 16384).filter(|index| from < to && index * 16384 < to).collect();
            let expected = chunks.first().zip(chunks.last()).map(|(first, last)| 56 + first * 16400..56 + (last + 1) * 16400);
            prop_assert_eq!(body_range(start..start + len), expected);
        }
    }

    use alloc::vec::Vec;
}
