//! Calls of the caller's streams: retried if interrupted, and not believed.

use std::io::{self, Read};

/// Reads at least one byte, unless the input has ended.
pub(super) fn read_some(input: &mut impl Read, output: &mut [u8], ended: &mut bool) -> io::Result<usize> {
    let len = retry(|| input.read(output))?;
    *ended = len == 0;
    believe_read(len, output.len())
}

/// Fills `output`, or as much of it as there is before the input ends, and returns how much.
/// `read` reads to the slice that it is given, which stands at the offset in `output`.
pub(super) fn read_full(
    output: &mut [u8],
    mut read: impl FnMut(&mut [u8], usize) -> io::Result<usize>,
) -> io::Result<usize> {
    let mut filled = 0;
    while filled < output.len() {
        let rest = &mut output[filled..];
        match retry(|| read(rest, filled))? {
            0 => break,
            len => filled += believe_read(len, rest.len())?,
        }
    }
    Ok(filled)
}

/// Makes a call again while it is interrupted.
pub(super) fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn believe_read(len: usize, asked: usize) -> io::Result<usize> {
    if len > asked {
        return Err(io::Error::other("the inner reader claims to have read more than was asked for"));
    }
    Ok(len)
}
