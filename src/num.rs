//! The one place where lengths in memory and numbers of the format become each other.

/// A length in memory as a number of the format.
pub(crate) fn to_u64(len: usize) -> u64 {
    u64::try_from(len).expect("no platform has pointers of more than 64 bits")
}

/// A number of the format as a length in memory, or the longest there is.
pub(crate) fn clamp_to_usize(len: u64) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}
