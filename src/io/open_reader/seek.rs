//! Random access if the inner reader has it (SPEC §5.4).

use std::io::{self, Read, Seek, SeekFrom};

use super::OpenReader;
use crate::io::poison::Poison;

impl<R: Read + Seek> OpenReader<R> {
    /// Length in bytes of the plaintext. The first call opens the last chunk to verify it. The
    /// position stays.
    ///
    /// # Errors
    ///
    /// An [`OpenError`](crate::error::OpenError) inside a [`std::io::Error`], or the error of the
    /// inner reader. Neither is final. If the inner reader cannot be moved back, reads fail until a
    /// seek succeeds.
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

    /// Whether the plaintext is empty. The first call opens the last chunk to verify it. The
    /// position stays.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    pub fn is_empty(&mut self) -> io::Result<bool> {
        self.len().map(|len| len == 0)
    }
}

/// Positions count the bytes of the plaintext.
///
/// A seek costs the opening of one chunk at the next read; within the chunk that is being read it
/// costs nothing. Seeking from the end, to the end, or beyond it opens the last chunk first, to
/// verify that the plaintext ends there; a position beyond the end is allowed and reads as nothing.
/// A seek that fails leaves the position as it was; if the inner reader cannot be moved back, reads
/// fail until a seek succeeds. One that succeeds makes a reader usable again that has failed:
/// chunks after a bad one can be read.
///
/// # Security
///
/// What is read after a seek is authentic and stands where it was sealed. That the plaintext is
/// complete is known only to whoever reads all of it, to its end.
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
