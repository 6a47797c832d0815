//! Pull-based sealing.

use alloc::vec::Vec;
use core::fmt;
use std::io::{self, Read};

use super::pending::Pending;
use super::poison::Poison;
use super::window::Window;
use crate::chunk::{Sealer, ToSeal};
use crate::suite::{CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::threads::{PIECE, Threads};

/// Reads from an inner reader and yields the envelope.
///
/// From [`Encryptor::wrap_input`](crate::Encryptor::wrap_input). Reads of 16400 bytes and more are sealed straight into the
/// caller's slice. With one thread it holds about 80 KiB at most, whatever the length of the payload. The envelope is complete when
/// [`read`](Read::read) returns 0.
///
/// After an error other than `Interrupted` and `WouldBlock` every later call fails. After `WouldBlock` nothing is lost: make
/// the same call again.
pub struct EncryptReader<R> {
    inner: R,
    /// `None` once the last chunk was sealed.
    sealer: Option<Sealer>,
    window: Window<CHUNK_LEN>,
    /// Header and sealed chunks that the caller has not taken yet.
    pending: Pending,
    poison: Poison,
}

impl<R: Read> EncryptReader<R> {
    /// `start` are the bytes before the first chunk.
    pub(super) fn new(start: Vec<u8>, sealer: Sealer, inner: R) -> Self {
        Self {
            pending: Pending::new(start),
            window: Window::new(sealer.threads()),
            sealer: Some(sealer),
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
            let Some(sealer) = &mut self.sealer else { return Ok(0) };
            self.window.fill(&mut self.inner, CHUNK_LEN)?;
            let available = self.window.available_units();
            let (direct, _) = output.as_chunks_mut::<SEALED_CHUNK_LEN>();
            if available > 0 && direct.len() >= sealer.threads().least_direct() {
                let pieces = self.window.pieces(&mut self.inner, direct.len()).zip(direct.chunks_mut(PIECE));
                let count = sealer.seal_pieces(pieces.map(ToSeal::to_front))?;
                self.window.consume(count * CHUNK_LEN);
                return Ok(count * SEALED_CHUNK_LEN);
            }
            if available > 0 {
                let count = if sealer.threads() == Threads::ONE { 1 } else { sealer.threads().batch() };
                let (sealed, _) = self.pending.fill(count * SEALED_CHUNK_LEN).as_chunks_mut();
                let pieces = self.window.pieces(&mut self.inner, count).zip(sealed.chunks_mut(PIECE));
                let count = sealer.seal_pieces(pieces.map(ToSeal::to_front))?;
                self.pending.shorten(count * SEALED_CHUNK_LEN);
                self.window.consume(count * CHUNK_LEN);
            } else if let Some(sealer) = self.sealer.take() {
                let last = self.window.unused();
                sealer.seal_last(last, self.pending.fill(last.len() + TAG_LEN))?;
            }
        }
        self.pending.read_to(output)
    }
}

impl<R: Read> Read for EncryptReader<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if output.is_empty() {
            return self.poison.check().map(|()| 0);
        }
        self.poison.enter()?;
        let result = self.advance(output);
        self.poison.leave(result)
    }
}

impl<R: fmt::Debug> fmt::Debug for EncryptReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptReader").field("inner", &self.inner).finish_non_exhaustive()
    }
}
