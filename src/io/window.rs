//! Input that was read but not used yet.

use core::{iter, mem};
use std::io::{self, Read};

use super::calls::read_some;
use crate::buffer::Buffer;
use crate::chunk::{PIECE, Work};
use crate::num::to_u64;

/// Buffers an input in units of `UNIT` bytes: room for one at first, and for a batch once one was
/// not enough. Wiped when dropped.
#[derive(Default)]
pub(super) struct Window<const UNIT: usize> {
    bytes: Buffer,
    start: usize,
    end: usize,
    /// The input has ended: it is not asked again.
    ended: bool,
    /// An error of the input that came after bytes that were not used yet.
    deferred: Option<io::Error>,
    /// Total bytes read from the input.
    read: u64,
}

/// How much is read at once.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    /// Units that are buffered at most.
    batch: usize,
    /// Several threads work on what was read while more is read.
    shared: bool,
}

impl Reading {
    /// By one thread.
    pub(super) const ALONE: Self = Self { batch: 4, shared: false };
}

impl From<Work> for Reading {
    fn from(work: Work) -> Self {
        Self { batch: work.batch(), shared: work.is_shared() }
    }
}

impl<const UNIT: usize> Window<UNIT> {
    /// Reads until there are `len` bytes, or the input has ended. Makes no more reads than it
    /// needs. One thread takes what there is, up to a batch; several read the rest while they
    /// work.
    pub(super) fn fill(&mut self, input: &mut impl Read, len: usize, reading: Reading) -> io::Result<()> {
        while self.end - self.start < len && !self.ended {
            if let Some(error) = self.deferred.take() {
                return Err(error);
            }
            self.make_room(len, Reading::ALONE);
            let end = self.start + if reading.shared { len } else { reading.batch * UNIT };
            let end = end.min(self.bytes.len());
            let len = read_some(input, &mut self.bytes.using(end)[self.end..], &mut self.ended)?;
            self.end += len;
            self.read += to_u64(len);
        }
        Ok(())
    }

    /// Yields up to `max` units in pieces. One thread: only what is already buffered. Several: up
    /// to a batch, reading on demand until the input ends or blocks.
    pub(super) fn pieces<'a, R: Read>(
        &'a mut self,
        input: &'a mut R,
        max: usize,
        by: Reading,
    ) -> impl Iterator<Item = &'a mut [[u8; UNIT]]> {
        let mut left = max.min(by.batch);
        let mut reading = by.shared && self.deferred.is_none();
        if reading {
            self.make_room(left * UNIT, by);
        }
        let capacity = if reading { self.start + left * UNIT } else { self.end };
        let Self { bytes, start, end, ended, deferred, read, .. } = self;
        let mut rest = &mut bytes.using(capacity)[*start..];
        let mut filled = *end - *start;
        iter::from_fn(move || {
            let wanted = left.min(PIECE) * UNIT;
            while reading && filled < wanted && !*ended {
                match read_some(input, &mut rest[filled..wanted], ended) {
                    Ok(len) => {
                        filled += len;
                        *end += len;
                        *read += to_u64(len);
                    }
                    Err(error) => {
                        reading = false;
                        // What was read before comes first, as with one thread.
                        *deferred = (error.kind() != io::ErrorKind::WouldBlock).then_some(error);
                    }
                }
            }
            let len = filled.min(wanted) / UNIT * UNIT;
            let (piece, others) = mem::take(&mut rest).split_at_mut(len);
            rest = others;
            filled -= len;
            left -= len / UNIT;
            (len > 0).then_some(piece.as_chunks_mut().0)
        })
    }

    /// Whether the input has ended: what was not consumed is all there is.
    #[cfg(feature = "armor")]
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Whole units that were read and not consumed.
    pub(super) fn available_units(&self) -> usize {
        (self.end - self.start) / UNIT
    }

    /// What was read and not consumed.
    pub(super) fn unused(&mut self) -> &mut [u8] {
        &mut self.bytes.using(self.end)[self.start..]
    }

    /// Total bytes read from the input.
    pub(super) fn bytes_read(&self) -> u64 {
        self.read
    }

    /// Forgets what was read: the input was moved.
    pub(super) fn clear(&mut self) {
        self.start = 0;
        self.end = 0;
        self.ended = false;
        self.deferred = None;
    }

    pub(super) fn consume(&mut self, len: usize) {
        self.start += len;
    }

    /// Makes room for `len` bytes from `start` on.
    fn make_room(&mut self, len: usize, reading: Reading) {
        let used = self.end - self.start;
        if self.start + len <= self.bytes.len() && used > 0 {
            return;
        }
        let wanted = if self.end == 0 && len <= UNIT { UNIT } else { UNIT * reading.batch };
        if self.bytes.len() < wanted && (used == 0 || len > self.bytes.len()) {
            self.bytes.grow(wanted, self.start..self.end);
        } else {
            self.bytes.using(self.end).copy_within(self.start.., 0);
        }
        self.start = 0;
        self.end = used;
    }
}
