//! Pull-based opening.

mod seek;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::mem;
use core::ops::Range;
use std::io::{self, Read};

use super::poison::Poison;
use super::window::Window;
use crate::buffer::wipe;
use crate::chunk::{BodyOpener, ToOpen};
use crate::envelope::OpenedHeader;
use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::threads::{PIECE, Threads};

/// Reads an envelope's body from an inner reader and yields the plaintext, each chunk as it verifies.
///
/// From [`Opener::wrap_input`](crate::Opener::wrap_input). Reads of 16 KiB and more are opened straight into the
/// caller's slice. With one thread it holds about 65 KiB at most, whatever the length of the plaintext.
///
/// After `WouldBlock` nothing is lost: make the same call again. Where the inner reader can [`Seek`](std::io::Seek), so can
/// this one.
///
/// # Security
///
/// Every byte that it yields is authentic and stands where it was sealed, but **the plaintext is complete only when
/// [`read`](Read::read) has returned 0**. Before that, a cut or altered rest may still follow: do not act finally on what was
/// read so far. After an error other than `Interrupted` and `WouldBlock` every later read fails with the same error, until a
/// seek succeeds.
pub struct OpenReader<R> {
    inner: R,
    metadata: Option<Vec<u8>>,
    stage: Stage,
    /// Sealed bytes, the first of them perhaps opened in place.
    window: Window<SEALED_CHUNK_LEN>,
    /// Chunks at the front of the window that were opened in place, the last of the body not counted.
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
    /// Where the body starts in the inner reader, once that was asked for.
    body_start: Option<u64>,
    poison: Poison,
}

enum Stage {
    /// Salt and commitment come next.
    Start(Box<OpenedHeader>),
    /// A chunk comes next, unless the end was reached.
    Body(Box<BodyOpener>),
}

impl<R: Read> OpenReader<R> {
    pub(super) fn new(header: OpenedHeader, inner: R) -> Self {
        Self {
            inner,
            metadata: header.metadata().map(<[u8]>::to_vec),
            window: Window::new(header.chunk_threads()),
            stage: Stage::Start(Box::new(header)),
            opened: 0,
            plaintext: 0..0,
            skip: 0,
            at_end: false,
            position: 0,
            len: None,
            body_start: None,
            poison: Poison::default(),
        }
    }

    /// Reads salt and commitment, unless that was done.
    pub(super) fn start(&mut self) -> io::Result<()> {
        let Stage::Start(header) = &self.stage else { return Ok(()) };
        self.window.fill(&mut self.inner, BODY_HEAD_LEN)?;
        let prefix = self.window.unused().first_chunk().ok_or(OpenError::Truncated)?;
        self.stage = Stage::Body(Box::new(header.body_opener(prefix)?));
        self.window.consume(BODY_HEAD_LEN);
        Ok(())
    }

    /// The public metadata of the header, authenticated.
    #[must_use]
    pub fn metadata(&self) -> Option<&[u8]> {
        self.metadata.as_deref()
    }

    /// The inner reader.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    fn advance(&mut self, output: &mut [u8]) -> io::Result<usize> {
        self.start()?;
        while self.plaintext.is_empty() {
            let Stage::Body(body_opener) = &mut self.stage else { return Ok(0) };
            if self.at_end {
                return Ok(0);
            }
            if self.opened > 0 {
                self.opened -= 1;
                self.plaintext = mem::take(&mut self.skip)..CHUNK_LEN;
                break;
            }
            // The chunks before a bad one have been handed out: now its error is due, whatever the input does.
            body_opener.check()?;
            self.window.fill(&mut self.inner, SEALED_CHUNK_LEN)?;
            let (direct, _) = output.as_chunks_mut();
            if self.window.available_units() == 0 {
                self.open_last()?;
            } else if self.skip == 0 && direct.len() >= body_opener.threads().least_direct() {
                let pieces = self.window.pieces(&mut self.inner, direct.len()).zip(direct.chunks_mut(PIECE));
                let opened = body_opener.open_pieces(pieces.map(ToOpen::to_front));
                // Other threads may have opened chunks behind one that did not open.
                if body_opener.check().is_err() {
                    wipe(direct[opened..].as_flattened_mut());
                }
                if opened > 0 {
                    self.window.consume(opened * SEALED_CHUNK_LEN);
                    return Ok(opened * CHUNK_LEN);
                }
            } else {
                let batch = body_opener.threads().batch();
                // With one thread only what is wanted: what follows may go straight to the next caller's slice.
                let count = if body_opener.threads() == Threads::ONE { 1 } else { batch };
                self.opened = body_opener.open_pieces(self.window.pieces(&mut self.inner, count).map(ToOpen::InPlace));
            }
        }
        Ok(self.take_plaintext(output))
    }

    /// The input has ended: what is left must be the last chunk.
    fn open_last(&mut self) -> Result<(), OpenError> {
        let Stage::Body(body_opener) = &mut self.stage else { return Ok(()) };
        let start = body_opener.position();
        let len = body_opener.open_last_in_place(self.window.unused())?;
        self.len = Some(start + u64::try_from(len).unwrap_or_default());
        self.plaintext = mem::take(&mut self.skip).min(len)..len;
        self.at_end = true;
        Ok(())
    }

    /// Moves plaintext that was opened in place to `output`, and drops the chunk once it is used up.
    fn take_plaintext(&mut self, output: &mut [u8]) -> usize {
        let plaintext = &self.window.unused()[self.plaintext.clone()];
        let len = plaintext.len().min(output.len());
        output[..len].copy_from_slice(&plaintext[..len]);
        self.plaintext.start += len;
        if self.plaintext.is_empty() {
            self.window.consume(self.plaintext.end + TAG_LEN);
        }
        len
    }
}

impl<R: Read> Read for OpenReader<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if output.is_empty() {
            return self.poison.check().map(|()| 0);
        }
        self.poison.enter()?;
        let result = self.advance(output);
        let len = self.poison.leave(result)?;
        self.position += u64::try_from(len).unwrap_or_default();
        Ok(len)
    }
}

impl<R: fmt::Debug> fmt::Debug for OpenReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenReader")
            .field("inner", &self.inner)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}
