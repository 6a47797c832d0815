//! Calls of the caller's streams: they are retried if interrupted, and their results are checked.

use std::io::{self, Read};

/// Reads at least one byte, or sets `ended` if there is none.
pub(super) fn read_some(input: &mut impl Read, output: &mut [u8], ended: &mut bool) -> io::Result<usize> {
    let len = retry(|| input.read(output))?;
    *ended = len == 0;
    believe_read(len, output.len())
}

/// Fills `output` until it is full or the input ends, and returns how many bytes were read. `read`
/// is given the part of `output` to fill, and the offset of that part.
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

/// Repeats a call for as long as it fails with `Interrupted`.
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
