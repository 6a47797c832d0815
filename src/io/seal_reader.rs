//! Pull-based sealing.

use alloc::vec::Vec;
use core::fmt;
use std::io::{self, Read};

use super::pending::Pending;
use super::poison::Poison;
use super::window::Window;
use crate::chunk::{BodySealer, ToSeal};
use crate::format::{CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::threads::{PIECE, Threads};

/// Reads from an inner reader and yields the envelope.
///
/// From [`Sealer::wrap_input`](crate::Sealer::wrap_input). Reads of 16400 bytes and more are sealed straight into the
/// caller's slice. With one thread it holds about 80 KiB at most, whatever the length of the plaintext. The envelope is complete when
/// [`read`](Read::read) returns 0.
///
/// After an error other than `Interrupted` and `WouldBlock` every later call fails. After `WouldBlock` nothing is lost: make
/// the same call again.
pub struct SealReader<R> {
    inner: R,
    /// `None` once the last chunk was sealed.
    body_sealer: Option<BodySealer>,
    window: Window<CHUNK_LEN>,
    /// Header and sealed chunks that the caller has not taken yet.
    pending: Pending,
    poison: Poison,
}

impl<R: Read> SealReader<R> {
    /// `start` are the bytes before the first chunk.
    pub(super) fn new(start: Vec<u8>, body_sealer: BodySealer, inner: R) -> Self {
        Self {
            pending: Pending::new(start),
            window: Window::new(body_sealer.threads()),
            body_sealer: Some(body_sealer),
            inner,
            poison: Poison::default(),
        }
    }

    /// The inner reader.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    fn advance(&mut self, output: &mut [u8]) -> io::Result<usize> {
        while self.pending.is_empty() {
            let Some(body_sealer) = &mut self.body_sealer else { return Ok(0) };
            self.window.fill(&mut self.inner, CHUNK_LEN)?;
            let available = self.window.available_units();
            let (direct, _) = output.as_chunks_mut::<SEALED_CHUNK_LEN>();
            if available > 0 && direct.len() >= body_sealer.threads().least_direct() {
                let pieces = self.window.pieces(&mut self.inner, direct.len()).zip(direct.chunks_mut(PIECE));
                let count = body_sealer.seal_pieces(pieces.map(ToSeal::to_front))?;
                self.window.consume(count * CHUNK_LEN);
                return Ok(count * SEALED_CHUNK_LEN);
            }
            if available > 0 {
                let count = if body_sealer.threads() == Threads::ONE { 1 } else { body_sealer.threads().batch() };
                let (sealed, _) = self.pending.fill(count * SEALED_CHUNK_LEN).as_chunks_mut();
                let pieces = self.window.pieces(&mut self.inner, count).zip(sealed.chunks_mut(PIECE));
                let count = body_sealer.seal_pieces(pieces.map(ToSeal::to_front))?;
                self.pending.shorten(count * SEALED_CHUNK_LEN);
                self.window.consume(count * CHUNK_LEN);
            } else if let Some(body_sealer) = self.body_sealer.take() {
                let last = self.window.unused();
                body_sealer.seal_last(last, self.pending.fill(last.len() + TAG_LEN))?;
            }
        }
        self.pending.read_to(output)
    }
}

impl<R: Read> Read for SealReader<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if output.is_empty() {
            return self.poison.check().map(|()| 0);
        }
        self.poison.enter()?;
        let result = self.advance(output);
        self.poison.leave(result)
    }
}

impl<R: fmt::Debug> fmt::Debug for SealReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealReader").field("inner", &self.inner).finish_non_exhaustive()
    }
}
