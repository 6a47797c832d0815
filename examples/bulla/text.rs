//! Names, numbers and strangers' text for people to read.

use std::fmt::{self, Display, Write};
use std::time::Duration;

use indicatif::DecimalBytes;

/// Text with all that a terminal would act on, line ends included, written as escapes.
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            // Harmless, and common in the names of files.
            '\\' | '\'' | '"' => f.write_char(c),
            _ => c.escape_debug().try_for_each(|c| f.write_char(c)),
        })
    }
}

/// Bytes as two hexadecimal digits each.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How fast `bytes` went by, such as `1.03 GB/s`.
pub(crate) fn throughput(bytes: u64, time: Duration) -> String {
    let nanoseconds = time.as_nanos().max(1);
    let per_second = u128::from(bytes) * 1_000_000_000 / nanoseconds;
    format!("{}/s", DecimalBytes(u64::try_from(per_second).unwrap_or(u64::MAX)))
}
