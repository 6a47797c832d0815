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
    /// Once salt and commitment have been read.
    body: Option<Box<BodyOpener>>,
    /// Sealed bytes, the first of them perhaps opened in place.
    window: Window<SEALED_CHUNK_LEN>,
    /// Chunks at the front of the window that were opened in place, the last of the body not
    /// counted.
    opened: usize,
    /// Where in the window plaintext of one chunk waits for the caller.
    plaintext: Range<usize>,
    /// Where in the next chunk reading goes on, after a seek.
    skip: usize,
    /// The last chunk was opened: no chunk comes next.
    at_end: bool,
    /// Position in the plaintext.
    position: u64,
    /// Length of the plaintext, once the last chunk has verified.
    len: Option<u64>,
    /// Where the body starts in the inner reader. It is asked for its position only once, and only
    /// if it can seek: the first seek subtracts what was read before.
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

    /// Length of the plaintext, once the last chunk has verified.
    pub(super) fn verified_len(&self) -> Option<u64> {
        self.len
    }
}

impl<R: Read> State<R> {
    /// Reads salt and commitment, unless that was done.
    pub(super) fn start(&mut self) -> io::Result<&mut BodyOpener> {
        self.parts().map(|(body, ..)| body)
    }

    /// What opens the body, after [`start`](Self::start), and what it is read with.
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

    /// Reads and drops what is left, chunk by chunk, up to the end of the plaintext.
    pub(super) fn skip_to_end(&mut self) -> io::Result<()> {
        while self.advance(&mut [])?.is_some() {
            self.position += to_u64(self.plaintext.len());
            self.plaintext.start = self.plaintext.end;
            self.drop_used_up();
        }
        Ok(())
    }

    /// Makes plaintext wait for the caller, or opens it straight into `output` and returns how
    /// much. `None` at the end.
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
            // The chunks before a bad one have been handed out: now its error is due, whatever the
            // input does.
            body.check()?;
            let work = body.next_work();
            window.fill(inner, SEALED_CHUNK_LEN, work.into())?;
            let (direct, _) = output.as_chunks_mut::<CHUNK_LEN>();
            if window.available_units() == 0 {
                self.open_last()?;
            } else if skip == 0 && direct.len() >= work.least_direct() {
                let count = direct.len();
                // Wiped if the inner reader panics: other threads may be at work on it.
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

    /// The input has ended: what is left must be the last chunk. Returns the length of the
    /// plaintext.
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

    /// Moves plaintext that was opened in place to `output`.
    fn take_plaintext(&mut self, output: &mut [u8]) -> usize {
        let plaintext = &self.window.unused()[self.plaintext.clone()];
        let len = plaintext.len().min(output.len());
        output[..len].copy_from_slice(&plaintext[..len]);
        self.plaintext.start += len;
        self.drop_used_up();
        len
    }

    /// Drops the chunk whose plaintext waited, once that is used up.
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

/// Moving about (SPEC §5.4).
impl<R: Read + Seek> State<R> {
    /// Where the body starts in the inner reader. Reads salt and commitment, unless that was done.
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

    /// Length of the plaintext, if the inner reader tells the truth about its own.
    fn claimed_len(&mut self) -> io::Result<Result<u64, OpenError>> {
        let start = self.body_start()?;
        let end = retry(|| self.inner.seek(SeekFrom::End(0)))?;
        Ok(plaintext_len(end.saturating_sub(start)))
    }

    /// Opens the last chunk, leaves the stream there, and returns the length that verified. That is
    /// not what was claimed if the input has grown.
    pub(super) fn verify_len(&mut self) -> io::Result<u64> {
        let (index, _) = locate(self.claimed_len()??);
        self.move_to(index * to_u64(CHUNK_LEN))?;
        self.window.fill(&mut self.inner, SEALED_CHUNK_LEN, Reading::ALONE)?;
        self.open_last()
    }

    /// Makes `target` the position. If the input claims to end before, that is verified.
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

    /// Makes the chunk that holds the plaintext at `target` the next one. The number of the chunk
    /// follows from `target` alone, never from a length that was claimed.
    fn move_to(&mut self, target: u64) -> io::Result<()> {
        let (index, within) = locate(target);
        // No chunk has the number 2^38: opening refuses it.
        let index = index.min(MAX_PLAINTEXT_LEN / to_u64(CHUNK_LEN) + 1);
        let offset = self.body_start()?.checked_add(chunk_offset(index));
        let offset = offset.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "offset beyond 2^64"))?;
        retry(|| self.inner.seek(SeekFrom::Start(offset)))?;
        self.clear();
        self.skip = within;
        self.start()?.move_to(index);
        Ok(())
    }

    /// To the position that there was.
    pub(super) fn move_back(&mut self) -> io::Result<()> {
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
