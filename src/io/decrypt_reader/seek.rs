//! Random access where the inner reader has it (SPEC §5.4).

use std::io::{self, Read, Seek, SeekFrom};

use super::{DecryptReader, Stage};
use crate::chunk::{chunk_offset, plaintext_len};
use crate::io::poison::Poison;
use crate::suite::{CHUNK_LEN, SEALED_CHUNK_LEN};

impl<R: Read + Seek> DecryptReader<R> {
    /// Length in bytes of the plaintext. The first call opens the last chunk to verify it. The position stays.
    ///
    /// # Errors
    ///
    /// A [`DecryptError`](crate::DecryptError) inside a [`std::io::Error`], to be downcast, or the error of the inner reader.
    pub fn len(&mut self) -> io::Result<u64> {
        if let Some(len) = self.len {
            return Ok(len);
        }
        self.begin()?;
        let verified = self.verify_len();
        // Back to where it was, so that a reader of a cut envelope can still read what is there.
        let position = self.position;
        self.go_to(position)?;
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

    /// Reads salt and commitment, unless that was done, and finds out where the body starts.
    fn begin(&mut self) -> io::Result<u64> {
        self.start()?;
        if let Some(start) = self.body_start {
            return Ok(start);
        }
        let start = self.inner.stream_position()?.checked_sub(self.window.read());
        let start = start.ok_or_else(|| io::Error::other("the inner reader was moved"))?;
        self.body_start = Some(start);
        Ok(start)
    }

    /// Opens the last chunk, and leaves the stream there.
    fn verify_len(&mut self) -> io::Result<u64> {
        let body_len = self.claimed_len()?;
        let len = plaintext_len(body_len)?;
        let index = len / to_u64(CHUNK_LEN);
        self.move_to_chunk(index, 0)?;
        self.window.fill(&mut self.inner, SEALED_CHUNK_LEN)?;
        self.open_last()?;
        Ok(self.len.unwrap_or(len))
    }

    /// Length of the body, as the inner reader tells it.
    fn claimed_len(&mut self) -> io::Result<u64> {
        let start = self.begin()?;
        Ok(self.inner.seek(SeekFrom::End(0))?.saturating_sub(start))
    }

    /// Makes `target` the position. Where the input claims to end before, that is verified.
    fn go_to(&mut self, target: u64) -> io::Result<()> {
        let body_len = self.claimed_len()?;
        if plaintext_len(body_len).is_ok_and(|len| target >= len) && target >= self.len_or_back(body_len)? {
            self.clear_plaintext();
            self.at_end = true;
            self.position = target;
            return Ok(());
        }
        self.reposition(target, body_len)
    }

    /// The verified length. Where it does not verify, the position is that of before.
    fn len_or_back(&mut self, body_len: u64) -> io::Result<u64> {
        if let Some(len) = self.len {
            return Ok(len);
        }
        let position = self.position;
        let verified = self.verify_len();
        if verified.is_err() {
            self.reposition(position, body_len)?;
        }
        verified
    }

    /// Goes to a position within a body of `body_len` bytes. Behind its full chunks reading will tell what is wrong there.
    fn reposition(&mut self, target: u64, body_len: u64) -> io::Result<()> {
        let full_chunks = body_len.saturating_sub(chunk_offset(0)) / to_u64(SEALED_CHUNK_LEN);
        let index = (target / to_u64(CHUNK_LEN)).min(full_chunks);
        self.move_to_chunk(index, usize::try_from(target % to_u64(CHUNK_LEN)).unwrap_or_default())?;
        self.position = target;
        Ok(())
    }

    fn move_to_chunk(&mut self, index: u64, skip: usize) -> io::Result<()> {
        let offset = self.begin()?.checked_add(chunk_offset(index));
        let offset = offset.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "offset beyond 2^64"))?;
        self.inner.seek(SeekFrom::Start(offset))?;
        self.clear_plaintext();
        self.skip = skip;
        if let Stage::Body(opener) = &mut self.stage {
            opener.move_to(index);
        }
        Ok(())
    }

    fn clear_plaintext(&mut self) {
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
/// the end is allowed and reads as nothing. A seek that fails leaves the position as it was, if the inner reader can be moved
/// back. One that succeeds makes a reader usable again that has failed: chunks after a bad one can be read.
///
/// # Security
///
/// What is read after a seek is authentic and stands where it was sealed. That the plaintext is complete is known only to
/// whoever reads all of it, to its end.
impl<R: Read + Seek> Seek for DecryptReader<R> {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        let target = match target {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.len()?.checked_add_signed(by),
        };
        let target =
            target.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek to before 0 or beyond 2^64"))?;
        if !self.move_within_chunk(target) {
            self.go_to(target)?;
            self.poison = Poison::default();
        }
        Ok(target)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        Ok(self.position)
    }
}

fn to_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
