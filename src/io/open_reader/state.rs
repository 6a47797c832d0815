//! The state of an [`OpenReader`](super::OpenReader), and reading in order.

use alloc::boxed::Box;
use core::mem;
use core::ops::Range;
use std::io::{self, Read, Seek, SeekFrom};

use crate::buffer::Unreleased;
use crate::chunk::{BodyOpener, PIECE, ToOpen, chunk_offset, locate, plaintext_len};
use crate::envelope::OpenedHeader;
use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, MAX_PLAINTEXT_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::io::calls::retry;
use crate::io::guarded::Pull;
use crate::io::window::{Reading, Window};
use crate::num::to_u64;

pub(super) struct State<R> {
    inner: R,
    header: Box<OpenedHeader>,
    /// `None` until the head of the body has been read.
    body: Option<Box<BodyOpener>>,
    /// Sealed bytes. Chunks at the front may have been opened in place.
    window: Window<SEALED_CHUNK_LEN>,
    /// Chunks are opened a batch at a time, but yielded one by one. This many full chunks at the
    /// front of the window were opened in place and have not been yielded.
    opened: usize,
    /// The caller's slice may be shorter than a chunk. This is where in the window the rest of the
    /// chunk's plaintext waits.
    plaintext: Range<usize>,
    /// A seek may lead into the middle of a chunk. This many bytes of the next chunk are then
    /// skipped.
    skip: usize,
    /// The last chunk was opened. No chunk follows.
    at_end: bool,
    /// Position in the plaintext.
    position: u64,
    /// Length of the plaintext. `None` until the last chunk has verified.
    len: Option<u64>,
    /// Where the body starts in the inner reader. We need it to seek, but cannot ask for the
    /// position at the start, because not every reader can seek. So the first seek asks, and
    /// subtracts the number of bytes read so far.
    body_start: Option<u64>,
}

impl<R> State<R> {
    pub(super) fn new(header: OpenedHeader, inner: R) -> Self {
        Self {
            inner,
            body: None,
            window: Window::default(),
            header: Box::new(header),
            opened: 0,
            plaintext: 0..0,
            skip: 0,
            at_end: false,
            position: 0,
            len: None,
            body_start: None,
        }
    }

    pub(super) fn header(&self) -> &OpenedHeader {
        &self.header
    }

    pub(super) fn get_ref(&self) -> &R {
        &self.inner
    }

    pub(super) fn get_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    pub(super) fn into_inner(self) -> R {
        self.inner
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Returns the length of the plaintext, or `None` until the last chunk has verified.
    pub(super) fn verified_len(&self) -> Option<u64> {
        self.len
    }
}

impl<R: Read> State<R> {
    /// Reads the head of the body, unless that was done.
    pub(super) fn start(&mut self) -> io::Result<&mut BodyOpener> {
        self.parts().map(|(body, ..)| body)
    }

    /// Returns what opens the body, after reading its head if need be, and what the body is read
    /// with.
    fn parts(&mut self) -> io::Result<(&mut BodyOpener, &mut Window<SEALED_CHUNK_LEN>, &mut R)> {
        let body = match self.body.take() {
            Some(body) => body,
            None => {
                self.window.fill(&mut self.inner, BODY_HEAD_LEN, Reading::ALONE)?;
                let head = self.window.unused().first_chunk().ok_or(OpenError::Truncated)?;
                let body = self.header.body_opener(head)?;
                self.window.consume(BODY_HEAD_LEN);
                Box::new(body)
            }
        };
        Ok((self.body.insert(body), &mut self.window, &mut self.inner))
    }

    /// Opens and drops the rest of the plaintext, chunk by chunk.
    pub(super) fn skip_to_end(&mut self) -> io::Result<()> {
        while self.advance(&mut [])?.is_some() {
            self.position += to_u64(self.plaintext.len());
            self.plaintext.start = self.plaintext.end;
            self.drop_used_up();
        }
        Ok(())
    }

    /// Opens chunks straight into `output` and returns the length of their plaintext; or opens them
    /// in place, lets the plaintext wait in the window, and returns 0. Returns `None` at the end.
    fn advance(&mut self, output: &mut [u8]) -> io::Result<Option<usize>> {
        while self.plaintext.is_empty() {
            if self.at_end {
                return Ok(None);
            }
            if self.opened > 0 {
                self.opened -= 1;
                self.plaintext = mem::take(&mut self.skip)..CHUNK_LEN;
                break;
            }
            let skip = self.skip;
            let (body, window, inner) = self.parts()?;
            // All chunks before a bad one have been yielded. Report its error now, before the input
            // can report another.
            body.check()?;
            let work = body.next_work();
            window.fill(inner, SEALED_CHUNK_LEN, work.into())?;
            let (direct, _) = output.as_chunks_mut::<CHUNK_LEN>();
            if window.available_units() == 0 {
                self.open_last()?;
            } else if skip == 0 && direct.len() >= work.least_direct() {
                let count = direct.len();
                // Wiped if the inner reader panics, because other threads may have written
                // plaintext to it.
                let mut direct = Unreleased::new(direct.as_flattened_mut());
                let (chunks, _) = direct.bytes().as_chunks_mut();
                let pieces = window.pieces(inner, count, work.into()).zip(chunks.chunks_mut(PIECE));
                let opened = body.open_pieces(work, pieces.map(ToOpen::pair));
                direct.release(opened.chunks * CHUNK_LEN, opened.touched * CHUNK_LEN);
                if opened.chunks > 0 {
                    window.consume(opened.chunks * SEALED_CHUNK_LEN);
                    return Ok(Some(opened.chunks * CHUNK_LEN));
                }
            } else {
                let pieces = window.pieces(inner, work.collected(), work.into());
                self.opened = body.open_pieces(work, pieces.map(ToOpen::InPlace)).chunks;
            }
        }
        Ok(Some(0))
    }

    /// Opens what is left of the input as the last chunk, and returns the length of the plaintext.
    fn open_last(&mut self) -> io::Result<u64> {
        let (body, window, _) = self.parts()?;
        let start = body.position();
        let last_len = body.open_last_in_place(window.unused())?;
        let len = start + to_u64(last_len);
        self.len = Some(len);
        self.plaintext = mem::take(&mut self.skip).min(last_len)..last_len;
        self.at_end = true;
        Ok(len)
    }

    /// Copies plaintext that waits in the window to `output`.
    fn take_plaintext(&mut self, output: &mut [u8]) -> usize {
        let plaintext = &self.window.unused()[self.plaintext.clone()];
        let len = plaintext.len().min(output.len());
        output[..len].copy_from_slice(&plaintext[..len]);
        self.plaintext.start += len;
        self.drop_used_up();
        len
    }

    /// Drops the chunk whose plaintext waited, if all of it was taken.
    fn drop_used_up(&mut self) {
        if self.plaintext.is_empty() {
            self.window.consume(self.plaintext.end + TAG_LEN);
        }
    }
}

impl<R: Read> Pull for State<R> {
    fn pull(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let len = match self.advance(output)? {
            None => 0,
            Some(0) => self.take_plaintext(output),
            Some(len) => len,
        };
        self.position += to_u64(len);
        Ok(len)
    }
}

/// Random access (SPEC §5.4).
impl<R: Read + Seek> State<R> {
    /// Returns where the body starts in the inner reader. Reads the head of the body, unless that
    /// was done.
    pub(super) fn body_start(&mut self) -> io::Result<u64> {
        self.start()?;
        if let Some(start) = self.body_start {
            return Ok(start);
        }
        let start = retry(|| self.inner.stream_position())?.checked_sub(self.window.bytes_read());
        let start = start.ok_or_else(|| io::Error::other("the inner reader was moved"))?;
        self.body_start = Some(start);
        Ok(start)
    }

    /// Returns the length of the plaintext that follows from the length of the inner reader. It is
    /// not verified.
    fn claimed_len(&mut self) -> io::Result<Result<u64, OpenError>> {
        let start = self.body_start()?;
        let end = retry(|| self.inner.seek(SeekFrom::End(0)))?;
        Ok(plaintext_len(end.saturating_sub(start)))
    }

    /// Moves to the last chunk, opens it, and returns the verified length of the plaintext. That
    /// can differ from the claimed length if the input has grown.
    pub(super) fn verify_len(&mut self) -> io::Result<u64> {
        let (index, _) = locate(self.claimed_len()??);
        self.move_to(index * to_u64(CHUNK_LEN))?;
        self.window.fill(&mut self.inner, SEALED_CHUNK_LEN, Reading::ALONE)?;
        self.open_last()
    }

    /// Makes `target` the position. If the input claims to end at or before it, verifies that.
    pub(super) fn go_to(&mut self, target: u64) -> io::Result<()> {
        if self.claimed_len()?.is_ok_and(|len| target >= len) {
            let len = match self.len {
                Some(len) => len,
                None => self.verify_len()?,
            };
            if target >= len {
                self.move_to_end();
                self.position = target;
                return Ok(());
            }
        }
        self.move_to(target)?;
        self.position = target;
        Ok(())
    }

    /// Makes the chunk with the plaintext at `target` the next one. Computes the number of the
    /// chunk from `target` alone, never from a claimed length.
    fn move_to(&mut self, target: u64) -> io::Result<()> {
        let (index, within) = locate(target);
        // No chunk has the number 2^38, so opening it fails.
        let index = index.min(MAX_PLAINTEXT_LEN / to_u64(CHUNK_LEN) + 1);
        let offset = self.body_start()?.checked_add(chunk_offset(index));
        let offset = offset.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "offset beyond 2^64"))?;
        retry(|| self.inner.seek(SeekFrom::Start(offset)))?;
        self.clear();
        self.skip = within;
        self.start()?.move_to(index);
        Ok(())
    }

    /// Moves the inner reader back to where `position` says.
    pub(super) fn move_back(&mut self) -> io::Result<()> {
        if self.len.is_some_and(|len| self.position >= len) {
            self.move_to_end();
            return Ok(());
        }
        self.move_to(self.position)
    }

    /// Makes reads return 0. The end of the plaintext must have verified.
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

    /// Makes `target` the position if it is within the chunk that is being read, and returns
    /// whether it is.
    pub(super) fn move_within_chunk(&mut self, target: u64) -> bool {
        if self.plaintext.is_empty() {
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
