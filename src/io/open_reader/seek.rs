//! Random access, if the inner reader can seek (SPEC §5.4).

use std::io::{self, Read, Seek, SeekFrom};

use super::OpenReader;
use crate::io::poison::Poison;

impl<R: Read + Seek> OpenReader<R> {
    /// Returns the length in bytes of the plaintext. The first call opens the last chunk to verify
    /// the length. Does not change the position.
    ///
    /// # Errors
    ///
    /// [`OpenError`](crate::error::OpenError) inside a [`std::io::Error`] if the last chunk cannot
    /// be opened, or any error of the inner reader. Neither is final. But if the inner reader
    /// cannot be moved back, reads fail until a seek succeeds.
    pub fn len(&mut self) -> io::Result<u64> {
        let Self(guarded) = self;
        if let Some(len) = guarded.core.verified_len() {
            return Ok(len);
        }
        guarded.core.body_start()?;
        let before = guarded.poison.lose();
        let verified = guarded.core.verify_len();
        guarded.core.move_back()?;
        guarded.poison = before;
        verified
    }

    /// Returns whether the plaintext is empty. The first call opens the last chunk to verify this.
    /// Does not change the position.
    ///
    /// # Errors
    ///
    /// The errors of [`len`](Self::len).
    pub fn is_empty(&mut self) -> io::Result<bool> {
        self.len().map(|len| len == 0)
    }
}

/// Positions count the bytes of the plaintext.
///
/// A seek makes the next read open one chunk. A seek within the chunk that is being read costs
/// nothing. Seeking from the end, to the end or beyond it first opens the last chunk, to verify
/// that the plaintext ends there. A position beyond the end is allowed: reads there return 0.
///
/// A seek that fails leaves the position as it was. But if the inner reader cannot be moved back,
/// reads fail until a seek succeeds. A seek that succeeds makes a failed reader usable again, so
/// you can read chunks after a bad one.
///
/// # Security
///
/// What you read after a seek is authentic and at the position where it was sealed. Only if you
/// read all of the plaintext, to its end, do you know that it is complete.
impl<R: Read + Seek> Seek for OpenReader<R> {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        let target = match target {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.0.core.position().checked_add_signed(by),
            SeekFrom::End(by) => self.len()?.checked_add_signed(by),
        };
        let target =
            target.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek to before 0 or beyond 2^64"))?;
        let Self(guarded) = self;
        if guarded.poison.check().is_ok() && guarded.core.move_within_chunk(target) {
            return Ok(target);
        }
        guarded.core.body_start()?;
        let before = guarded.poison.lose();
        if let Err(error) = guarded.core.go_to(target) {
            if guarded.core.move_back().is_ok() {
                guarded.poison = before;
            }
            return Err(error);
        }
        guarded.poison = Poison::default();
        Ok(target)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        Ok(self.0.core.position())
    }
}
