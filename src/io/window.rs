//! Input that was read but not used yet.

use alloc::vec;
use alloc::vec::Vec;
use std::io::{self, Read};

use zeroize::Zeroizing;

use super::BATCH;

/// Buffers an input in units of at most `UNIT` bytes: room for one at first, and for a [`BATCH`] once one was not enough.
/// Wiped when dropped.
pub(super) struct Window<const UNIT: usize> {
    bytes: Zeroizing<Vec<u8>>,
    start: usize,
    end: usize,
    /// The input has ended: it is not asked again.
    ended: bool,
}

impl<const UNIT: usize> Window<UNIT> {
    pub(super) fn new() -> Self {
        Self { bytes: Zeroizing::new(Vec::new()), start: 0, end: 0, ended: false }
    }

    /// Reads until there are `len` bytes, at most `UNIT`, or the input has ended. Asks no more often than that takes.
    pub(super) fn fill(&mut self, input: &mut impl Read, len: usize) -> io::Result<()> {
        debug_assert!(len <= UNIT, "a unit fits the buffer");
        while self.end - self.start < len && !self.ended {
            self.make_room(len);
            match input.read(&mut self.bytes[self.end..]) {
                Ok(0) => self.ended = true,
                Ok(len) => self.end += len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What was read and not consumed.
    pub(super) fn unused(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.end]
    }

    /// The whole units in it.
    pub(super) fn units(&self) -> &[[u8; UNIT]] {
        self.bytes[self.start..self.end].as_chunks().0
    }

    pub(super) fn consume(&mut self, len: usize) {
        self.start += len;
    }

    /// Makes place for `len` bytes from `start` on.
    fn make_room(&mut self, len: usize) {
        if self.start == self.end {
            let wanted = if self.end == 0 { UNIT } else { UNIT * BATCH };
            if self.bytes.len() < wanted {
                self.bytes = Zeroizing::new(vec![0; wanted]);
            }
            self.start = 0;
            self.end = 0;
        } else if self.start + len > self.bytes.len() {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
    }
}
