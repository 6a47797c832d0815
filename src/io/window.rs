//! Input that was read but not used yet.

use std::io::{self, Read};

use crate::buffer::Buffer;
use crate::threads::Threads;

/// Buffers an input in units of `UNIT` bytes: room for one at first, and for a batch once one was not enough. Wiped when
/// dropped.
pub(super) struct Window<const UNIT: usize> {
    bytes: Buffer,
    start: usize,
    end: usize,
    /// The input has ended: it is not asked again.
    ended: bool,
    /// An error of the input that came after bytes that were not used yet.
    deferred: Option<io::Error>,
    threads: Threads,
}

impl<const UNIT: usize> Window<UNIT> {
    pub(super) fn new(threads: Threads) -> Self {
        Self { bytes: Buffer::default(), start: 0, end: 0, ended: false, deferred: None, threads }
    }

    /// Reads what is worth working on: one unit for one thread, so that nothing waits, and a batch for several, unless the
    /// input ends or would block.
    pub(super) fn fill_units(&mut self, input: &mut impl Read) -> io::Result<()> {
        self.fill(input, UNIT)?;
        if self.threads == Threads::ONE {
            return Ok(());
        }
        if let Err(error) = self.fill(input, UNIT * self.threads.batch())
            && error.kind() != io::ErrorKind::WouldBlock
        {
            // What was read before comes first, as with one thread.
            self.deferred = Some(error);
        }
        Ok(())
    }

    /// Reads until there are `len` bytes, at most a batch, or the input has ended. Asks no more often than that takes.
    pub(super) fn fill(&mut self, input: &mut impl Read, len: usize) -> io::Result<()> {
        while self.end - self.start < len && !self.ended {
            if let Some(error) = self.deferred.take() {
                return Err(error);
            }
            self.make_room(len);
            let capacity = self.bytes.len();
            match input.read(&mut self.bytes.using(capacity)[self.end..]) {
                Ok(0) => self.ended = true,
                Ok(len) if len <= capacity - self.end => self.end += len,
                Ok(_) => return Err(io::Error::other("the inner reader claims to have read more than was asked for")),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What was read and not consumed.
    pub(super) fn unused(&mut self) -> &mut [u8] {
        &mut self.bytes.using(self.end)[self.start..]
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
        let used = self.end - self.start;
        if self.start + len <= self.bytes.len() && used > 0 {
            return;
        }
        let wanted = if self.end == 0 && len <= UNIT { UNIT } else { UNIT * self.threads.batch() };
        if self.bytes.len() < wanted && (used == 0 || len > self.bytes.len()) {
            self.bytes.grow(wanted, self.start..self.end);
        } else {
            self.bytes.using(self.end).copy_within(self.start.., 0);
        }
        self.start = 0;
        self.end = used;
    }
}
