//! Random access where the inner reader has it (SPEC §5.4).

use std::io::{self, Read, Seek, SeekFrom};

use super::{OpenReader, Stage};
use crate::chunk::{chunk_offset, plaintext_len};
use crate::error::OpenError;
use crate::format::{CHUNK_LEN, MAX_PLAINTEXT_LEN, SEALED_CHUNK_LEN};
use crate::io::poison::Poison;
use crate::io::retry;

impl<R: Read + Seek> OpenReader<R> {
    /// Length in bytes of the plaintext. The first call opens the last chunk to verify it. The position stays.
    ///
    /// # Errors
    ///
    /// A [`OpenError`] inside a [`std::io::Error`], to be downcast, or the error of the inner reader.
    /// Where that cannot be moved back, reads fail until a seek succeeds.
    pub fn len(&mut self) -> io::Result<u64> {
        if let Some(len) = self.len {
            return Ok(len);
        }
        self.body_start()?;
        let before = self.poison.lose();
        let verified = self.verify_len();
        self.move_back()?;
        self.poison = before;
        verified
    }

    /// Whether the plaintext is empty. The first call opens the last chunk to verify it. The position stays.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    pub fn is_empty(&mut self) -> io::Result<bool> {
        self.len().map(|len| len == 0)
    }

    /// Where the body starts in the inner reader. Reads salt and commitment, unless that was done.
    fn body_start(&mut self) -> io::Result<u64> {
        self.start()?;
        if let Some(start) = self.body_start {
            return Ok(start);
        }
        let start = retry(|| self.inner.stream_position())?.checked_sub(self.window.read());
        let start = start.ok_or_else(|| io::Error::other("the inner reader was moved"))?;
        self.body_start = Some(start);
        Ok(start)
    }

    /// Length of the plaintext, if the inner reader tells the truth about its own.
    fn claimed_len(&mut self) -> io::Result<Result<u64, OpenError>> {
        let start = self.body_start()?;
        let end = retry(|| self.inner.seek(SeekFrom::End(0)))?;
        Ok(plaintext_len(end.saturating_sub(start)))
    }

    /// Opens the last chunk, and leaves the stream there.
    fn verify_len(&mut self) -> io::Result<u64> {
        let len = self.claimed_len()??;
        self.move_to(len / to_u64(CHUNK_LEN) * to_u64(CHUNK_LEN))?;
        self.window.fill(&mut self.inner, SEALED_CHUNK_LEN)?;
        self.open_last()?;
        // What has verified, which is not what was claimed where the input has grown.
        Ok(self.len.unwrap_or(len))
    }

    /// Makes `target` the position. Where the input claims to end before, that is verified.
    fn go_to(&mut self, target: u64) -> io::Result<()> {
        if self.claimed_len()?.is_ok_and(|len| target >= len) {
            let len = match self.len {
                Some(len) => len,
                None => self.verify_len()?,
            };
            if target >= len {
                self.move_to_end();
                return Ok(());
            }
        }
        self.move_to(target)
    }

    /// Makes the chunk that holds the plaintext at `target` the next one. The number of the chunk follows from `target` alone,
    /// never from a length that was claimed.
    fn move_to(&mut self, target: u64) -> io::Result<()> {
        // No chunk has the number 2^38: opening refuses it.
        let index = (target / to_u64(CHUNK_LEN)).min(MAX_PLAINTEXT_LEN / to_u64(CHUNK_LEN) + 1);
        let offset = self.body_start()?.checked_add(chunk_offset(index));
        let offset = offset.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "offset beyond 2^64"))?;
        retry(|| self.inner.seek(SeekFrom::Start(offset)))?;
        self.clear();
        self.skip = usize::try_from(target % to_u64(CHUNK_LEN)).unwrap_or_default();
        if let Stage::Body(body_opener) = &mut self.stage {
            body_opener.move_to(index);
        }
        Ok(())
    }

    /// To the position that there was.
    fn move_back(&mut self) -> io::Result<()> {
        if self.len.is_some_and(|len| self.position >= len) {
            self.move_to_end();
            return Ok(());
        }
        self.move_to(self.position)
    }

    /// The position is at or behind the end, which has verified.
    fn move_to_end(&mut self) {
        self.clear();
        self.at_end = true;
    }

    fn clear(&mut self) {
        self.window.clear();
        self.opened = 0;
        self.plaintext = 0..0;
        self.skip = 0;
        self.at_end = false;
    }

    /// Whether `target` stands in the chunk that is being read; if so, that is all there is to do.
    fn move_within_chunk(&mut self, target: u64) -> bool {
        if self.plaintext.is_empty() || self.poison.check().is_err() {
            return false;
        }
        let start = self.position - to_u64(self.plaintext.start);
        let within = target.checked_sub(start).and_then(|within| usize::try_from(within).ok());
        let Some(within) = within.filter(|within| *within < self.plaintext.end) else { return false };
        self.plaintext.start = within;
        self.position = target;
        true
    }
}

/// Positions count the bytes of the plaintext.
///
/// A seek costs the opening of one chunk at the next read; within the chunk that is being read it costs nothing. Seeking from
/// the end, to the end, or beyond it opens the last chunk first, to verify that the plaintext ends there; a position beyond
/// the end is allowed and reads as nothing. A seek that fails leaves the position as it was; where the inner reader cannot be
/// moved back, reads fail until a seek succeeds. One that succeeds makes a reader usable again that has failed: chunks after a
/// bad one can be read.
///
/// # Security
///
/// What is read after a seek is authentic and stands where it was sealed. That the plaintext is complete is known only to
/// whoever reads all of it, to its end.
impl<R: Read + Seek> Seek for OpenReader<R> {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        let target = match target {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.len()?.checked_add_signed(by),
        };
        let target =
            target.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek to before 0 or beyond 2^64"))?;
        if self.move_within_chunk(target) {
            return Ok(target);
        }
        self.body_start()?;
        let before = self.poison.lose();
        if let Err(error) = self.go_to(target) {
            if self.move_back().is_ok() {
                self.poison = before;
            }
            return Err(error);
        }
        self.poison = Poison::default();
        self.position = target;
        Ok(target)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        Ok(self.position)
    }
}

fn to_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
