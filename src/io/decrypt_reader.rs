//! Pull-based opening.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::mem;
use core::ops::Range;
use std::io::{self, Read};

use super::poison::Poison;
use super::window::Window;
use crate::chunk::Opener;
use crate::error::DecryptError;
use crate::message::OpenedHeader;
use crate::suite::{BODY_PREFIX_LEN, CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};

/// Reads an envelope's body from an inner reader and yields the plaintext, each chunk as it verifies.
///
/// From [`Decryptor::wrap_input`](crate::Decryptor::wrap_input). Reads of 16 KiB and more are opened straight into the
/// caller's slice. Holds about 130 KiB at most, whatever the length of the payload.
///
/// After `WouldBlock` nothing is lost: make the same call again.
///
/// # Security
///
/// Every byte that it yields is authentic and stands where it was sealed, but **the plaintext is complete only when
/// [`read`](Read::read) has returned 0**. Before that, a cut or altered rest may still follow: do not act finally on what was
/// read so far. After an error other than `Interrupted` and `WouldBlock` every later call fails with the same error.
pub struct DecryptReader<R> {
    inner: R,
    metadata: Option<Vec<u8>>,
    stage: Stage,
    /// Sealed bytes, the chunk at the front perhaps opened in place.
    window: Window<SEALED_CHUNK_LEN>,
    /// Where in the window plaintext waits for the caller.
    plaintext: Range<usize>,
    poison: Poison,
}

enum Stage {
    /// Salt and commitment come next.
    Start(Box<OpenedHeader>),
    /// A chunk comes next.
    Body(Box<Opener>),
    /// The last chunk was opened, or opening failed and the stream is poisoned.
    End,
}

impl<R: Read> DecryptReader<R> {
    pub(super) fn new(header: OpenedHeader, inner: R) -> Self {
        Self {
            inner,
            metadata: header.metadata().map(<[u8]>::to_vec),
            stage: Stage::Start(Box::new(header)),
            window: Window::new(),
            plaintext: 0..0,
            poison: Poison::default(),
        }
    }

    /// Reads salt and commitment, unless that was done.
    pub(super) fn start(&mut self) -> io::Result<()> {
        let Stage::Start(header) = &self.stage else { return Ok(()) };
        self.window.fill(&mut self.inner, BODY_PREFIX_LEN)?;
        let prefix = self.window.unused().first_chunk().ok_or(DecryptError::Truncated)?;
        self.stage = Stage::Body(Box::new(header.opener(prefix)?));
        self.window.consume(BODY_PREFIX_LEN);
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
            let Stage::Body(opener) = &mut self.stage else { return Ok(0) };
            self.window.fill(&mut self.inner, SEALED_CHUNK_LEN)?;

            let (chunks, _) = output.as_chunks_mut();
            if self.window.units().is_empty() {
                self.open_last()?;
            } else if chunks.is_empty() {
                let (sealed, _) = self.window.unused().as_chunks_mut();
                self.plaintext = 0..opener.open_chunk_in_place(&mut sealed[0])?.len();
            } else {
                let (opened, result) = open_chunks(opener, self.window.units(), chunks);
                self.window.consume(opened * SEALED_CHUNK_LEN);
                // Chunks before the first bad one are released; the opener repeats its error at the next call.
                return if opened == 0 { result.map(|()| 0) } else { Ok(opened * CHUNK_LEN) };
            }
        }
        Ok(self.take_plaintext(output))
    }

    /// The input has ended: what is left must be the last chunk.
    fn open_last(&mut self) -> Result<(), DecryptError> {
        if let Stage::Body(opener) = mem::replace(&mut self.stage, Stage::End) {
            self.plaintext = 0..opener.open_last_in_place(self.window.unused())?.len();
        }
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

impl<R: Read> Read for DecryptReader<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        self.poison.check()?;
        if output.is_empty() {
            return Ok(0);
        }
        let result = self.advance(output);
        self.poison.watch(result)
    }
}

impl<R: fmt::Debug> fmt::Debug for DecryptReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptReader")
            .field("inner", &self.inner)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}

/// Opens as many chunks as there are on both sides, up to the first bad one, and tells how many opened.
fn open_chunks(
    opener: &mut Opener,
    sealed: &[[u8; SEALED_CHUNK_LEN]],
    output: &mut [[u8; CHUNK_LEN]],
) -> (usize, io::Result<()>) {
    let mut opened = 0;
    for (sealed, chunk) in sealed.iter().zip(output) {
        if let Err(error) = opener.open_chunk(sealed, chunk) {
            return (opened, Err(error.into()));
        }
        opened += 1;
    }
    (opened, Ok(()))
}
