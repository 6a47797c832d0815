//! Formats names, numbers and untrusted text for people to read.

use std::fmt::{self, Display, Write};
use std::time::Duration;

use indicatif::DecimalBytes;

/// Returns `text` with escapes in place of everything that a terminal acts on, line ends included.
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            // Harmless, and common in file names.
            '\\' | '\'' | '"' => f.write_char(c),
            _ => c.escape_debug().try_for_each(|c| f.write_char(c)),
        })
    }
}

/// Returns two hexadecimal digits for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns a throughput, such as `1.03 GB/s`.
pub(crate) fn throughput(bytes: u64, time: Duration) -> String {
    let nanoseconds = time.as_nanos().max(1);
    let per_second = u128::from(bytes) * 1_000_000_000 / nanoseconds;
    format!("{}/s", DecimalBytes(u64::try_from(per_second).unwrap_or(u64::MAX)))
}
