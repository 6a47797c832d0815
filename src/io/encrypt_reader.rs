//! Pull-based sealing.

use core::fmt;
use std::io::{self, Read};

use super::pending::Pending;
use super::poison::Poison;
use super::window::Window;
use crate::chunk::Sealer;
use crate::suite::{CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::wire::Header;

/// Reads from an inner reader and yields the envelope.
///
/// From [`Encryptor::wrap_input`](crate::Encryptor::wrap_input). Reads of 16400 bytes and more are sealed straight into the
/// caller's slice. Holds about 150 KiB at most, whatever the length of the payload. The envelope is complete when
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
    pub(super) fn new(header: &Header, sealer: Sealer, inner: R) -> Self {
        Self {
            pending: Pending::new([header.as_bytes(), sealer.prefix()].concat()),
            sealer: Some(sealer),
            inner,
            window: Window::new(),
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

            let chunks = self.window.units();
            let (sealed_chunks, _) = output.as_chunks_mut::<SEALED_CHUNK_LEN>();
            let direct = chunks.len().min(sealed_chunks.len());
            if direct > 0 {
                for (chunk, sealed) in chunks.iter().zip(sealed_chunks) {
                    sealer.seal_chunk(chunk, sealed)?;
                }
                self.window.consume(direct * CHUNK_LEN);
                return Ok(direct * SEALED_CHUNK_LEN);
            }
            if let Some(chunk) = chunks.first() {
                let (sealed, _) = self.pending.fill(SEALED_CHUNK_LEN).as_chunks_mut();
                sealer.seal_chunk(chunk, &mut sealed[0])?;
                self.window.consume(CHUNK_LEN);
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
        self.poison.check()?;
        if output.is_empty() {
            return Ok(0);
        }
        let result = self.advance(output);
        self.poison.watch(result)
    }
}

impl<R: fmt::Debug> fmt::Debug for EncryptReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptReader").field("inner", &self.inner).finish_non_exhaustive()
    }
}
