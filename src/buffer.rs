//! Memory for plaintext: wiped when dropped, and never left behind when it grows.

use alloc::vec;
use alloc::vec::Vec;
use core::mem;
use core::ops::Deref;
#[cfg(feature = "std")]
use core::ops::Range;

/// A slice of bytes, zero at first, that remembers how far it was ever used.
///
/// The usual wrappers wipe byte by byte, the whole capacity; for buffers of many chunks that costs
/// as much as sealing them.
#[derive(Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    used: usize,
}

impl Buffer {
    pub(crate) fn new(len: usize) -> Self {
        Self { bytes: vec![0; len], used: 0 }
    }

    /// The bytes up to `end`, to be written to.
    pub(crate) fn using(&mut self, end: usize) -> &mut [u8] {
        self.used = self.used.max(end);
        &mut self.bytes[..end]
    }

    /// Moves to a longer piece of memory, with `kept` at the front.
    #[cfg(feature = "std")]
    pub(crate) fn grow(&mut self, len: usize, kept: Range<usize>) {
        let mut longer = Self::new(len);
        longer.using(kept.len()).copy_from_slice(&self.bytes[kept]);
        *self = longer;
    }

    /// Gives up the memory, unwiped.
    pub(crate) fn into_vec(mut self) -> Vec<u8> {
        self.used = 0;
        mem::take(&mut self.bytes)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        wipe(&mut self.bytes[..self.used]);
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A caller's slice to which plaintext goes before it is known which part of it may be released:
/// wiped unless [`release`](Self::release) is reached, so that a panic in between leaves nothing.
pub(crate) struct Unreleased<'a>(&'a mut [u8]);

impl<'a> Unreleased<'a> {
    pub(crate) fn new(bytes: &'a mut [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&mut self) -> &mut [u8] {
        self.0
    }

    /// Leaves the first `len` bytes to the caller and wipes the rest, up to `touched`.
    pub(crate) fn release(mut self, len: usize, touched: usize) {
        wipe(&mut mem::take(&mut self.0)[len..touched]);
    }
}

impl Drop for Unreleased<'_> {
    fn drop(&mut self) {
        wipe(self.0);
    }
}

/// Overwrites with zeros, at the speed of any other copy, in a way that is not optimised away.
pub(crate) fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    zeroize::optimization_barrier(bytes);
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    #[test]
    fn growing_keeps_what_is_asked_for() {
        let mut buffer = Buffer::new(4);
        buffer.using(4).copy_from_slice(&[1, 2, 3, 4]);
        buffer.grow(6, 1..3);
        assert_eq!(buffer[..], [2, 3, 0, 0, 0, 0]);
        assert_eq!(buffer.into_vec(), [2, 3, 0, 0, 0, 0]);
    }
}
