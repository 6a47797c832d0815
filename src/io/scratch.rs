//! Memory for reads at a position, reused from one read to the next.

use alloc::vec::Vec;
use std::sync::{Mutex, PoisonError};

use crate::buffer::Buffer;

/// A pool with a [`Scratch`] for each thread that has read at the same time as others.
#[derive(Default)]
pub(super) struct ScratchPool(Mutex<Vec<Scratch>>);

impl ScratchPool {
    /// Takes a scratch from the pool, if possible one that holds chunk `index`.
    pub(super) fn take(&self, index: Option<u64>) -> Scratch {
        let mut scratches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = scratches.iter().position(|scratch| scratch.chunk.map(|(index, _)| index) == index);
        let place = place.or(scratches.len().checked_sub(1));
        place.map(|place| scratches.swap_remove(place)).unwrap_or_default()
    }

    pub(super) fn put_back(&self, scratch: Scratch) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
    }
}

/// Memory for one read. Wiped when dropped.
#[derive(Default)]
pub(super) struct Scratch {
    buffer: Buffer,
    /// Number and length in bytes of the chunk whose plaintext is at the front. `None` if there is
    /// none.
    chunk: Option<(u64, usize)>,
}

impl Scratch {
    /// Returns `len` bytes to write to. Forgets the chunk that was here.
    pub(super) fn room(&mut self, len: usize) -> &mut [u8] {
        self.chunk = None;
        if self.buffer.len() < len {
            self.buffer = Buffer::new(len);
        }
        self.buffer.using(len)
    }

    /// Records that the first `len` bytes are the plaintext of chunk `index`, and returns them.
    pub(super) fn keep(&mut self, index: u64, len: usize) -> &[u8] {
        self.chunk = Some((index, len));
        &self.buffer[..len]
    }

    /// Returns the plaintext of chunk `index`, if it is here.
    pub(super) fn chunk(&self, index: u64) -> Option<&[u8]> {
        let (_, len) = self.chunk.filter(|(own, _)| *own == index)?;
        Some(&self.buffer[..len])
    }
}
