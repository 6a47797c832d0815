//! Several inputs as one.

use alloc::vec::Vec;
use std::io;

use super::read_at::ReadAt;
use crate::num::clamp_to_usize;

/// Several inputs, one behind the other, as one: header, parts and manifest that are objects of
/// their own.
#[derive(Debug)]
pub struct Joined<R> {
    /// Each with the offset at which it ends.
    inputs: Vec<(R, u64)>,
}

impl<R: ReadAt> Joined<R> {
    /// Joins `inputs` in this order: the header, the parts, and what
    /// [`SealedManifest::file_end`](crate::parts::SealedManifest::file_end) returns. Asks each for
    /// its length.
    ///
    /// # Errors
    ///
    /// Any error of an input.
    pub fn new(inputs: impl IntoIterator<Item = R>) -> io::Result<Self> {
        let mut end = 0_u64;
        let mut joined = Vec::new();
        for input in inputs {
            end = end.checked_add(input.size()?).ok_or_else(|| io::Error::other("the inputs are longer than 2^64"))?;
            joined.push((input, end));
        }
        Ok(Self { inputs: joined })
    }
}

impl<R: ReadAt> ReadAt for Joined<R> {
    fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        let index = self.inputs.partition_point(|(_, end)| *end <= offset);
        let Some((input, end)) = self.inputs.get(index) else { return Ok(0) };
        let start = if index == 0 { 0 } else { self.inputs[index - 1].1 };
        let len = output.len().min(clamp_to_usize(end - offset));
        match input.read_at(&mut output[..len], offset - start)? {
            0 if len > 0 => Err(io::Error::other("an input is shorter than it said")),
            len => Ok(len),
        }
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.inputs.last().map_or(0, |(_, end)| *end))
    }
}
