//! Bytes that wait to be written or read.

use alloc::vec;
use alloc::vec::Vec;
use std::io::{self, Read, Write};

use super::calls::retry;
use crate::buffer::wipe;

/// A buffer that is filled all at once, and then emptied piece by piece.
pub(super) struct Pending {
    bytes: Vec<u8>,
    taken: usize,
    filled: usize,
    /// The bytes are plaintext: wiped when dropped or replaced.
    secret: bool,
}

impl Pending {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { filled: bytes.len(), taken: 0, bytes, secret: false }
    }

    /// Creates an empty buffer for plaintext.
    pub(super) fn secret() -> Self {
        Self { bytes: Vec::new(), taken: 0, filled: 0, secret: true }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.taken == self.filled
    }

    /// Makes `len` bytes pending and returns the slice to write them to. The buffer must be empty.
    pub(super) fn fill(&mut self, len: usize) -> &mut [u8] {
        debug_assert!(self.is_empty(), "filled before it was taken");
        if self.bytes.len() < len {
            self.wipe();
            self.bytes = vec![0; len];
        }
        self.taken = 0;
        self.filled = len;
        &mut self.bytes[..len]
    }

    /// Drops all but the first `len` bytes that were filled.
    pub(super) fn shorten(&mut self, len: usize) {
        self.filled = self.filled.min(len);
    }

    /// Writes everything to `output`. After an error, what was not written stays pending.
    pub(super) fn write_to(&mut self, output: &mut impl Write) -> io::Result<()> {
        while !self.is_empty() {
            match retry(|| output.write(&self.bytes[self.taken..self.filled]))? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                len if len <= self.filled - self.taken => self.taken += len,
                _ => return Err(io::Error::other("the inner writer claims to have written more than it was given")),
            }
        }
        Ok(())
    }

    /// Moves as many bytes as fit to `output`, and returns how many.
    pub(super) fn read_to(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let len = (&self.bytes[self.taken..self.filled]).read(output)?;
        self.taken += len;
        Ok(len)
    }

    fn wipe(&mut self) {
        if self.secret {
            wipe(&mut self.bytes);
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.wipe();
    }
}
