//! Push-based sealing.

use alloc::vec::Vec;
use core::fmt;
use std::io::{self, Write};

use super::pending::Pending;
use super::poison::Poison;
use super::retry;
use crate::buffer::Buffer;
use crate::chunk::{BodySealer, ToSeal};
use crate::format::{CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::threads::Threads;

/// Seals what is written to it and writes the envelope to an inner writer.
///
/// From [`Sealer::wrap_output`](crate::Sealer::wrap_output). Writes of 16 KiB and more (with several threads: of a whole
/// batch and more) are sealed straight from the caller's slice; no further buffering is needed. With one thread it holds about
/// 80 KiB at most, whatever the length of the plaintext.
///
/// **Call [`finish`](Self::finish).** A writer that is dropped instead leaves an envelope that does not open: it is
/// [`Truncated`](crate::OpenError::Truncated), or its last chunk was cut where the inner writer failed. An aborted write
/// never looks like a complete one.
///
/// [`flush`](Write::flush) seals and passes on every full chunk, but not a partial one: only the last chunk may be short.
///
/// After an error other than `Interrupted` and `WouldBlock` every later call fails. After `WouldBlock` nothing is lost: make
/// the same call again.
pub struct SealWriter<W: Write> {
    inner: W,
    /// `None` once the last chunk was sealed.
    body_sealer: Option<BodySealer>,
    /// Plaintext that was not sealed yet, always shorter than [`collected`].
    partial: Buffer,
    partial_len: usize,
    /// Header and sealed chunks that the inner writer has not taken yet.
    pending: Pending,
    poison: Poison,
}

impl<W: Write> SealWriter<W> {
    /// `start` are the bytes before the first chunk.
    pub(super) fn new(start: Vec<u8>, body_sealer: BodySealer, inner: W) -> Self {
        Self {
            pending: Pending::new(start),
            partial: Buffer::default(),
            partial_len: 0,
            body_sealer: Some(body_sealer),
            inner,
            poison: Poison::default(),
        }
    }

    /// Seals the last chunk, writes everything that is left, flushes the inner writer and gives it back.
    ///
    /// # Errors
    ///
    /// The error of the inner writer, or [`SealError`](crate::SealError) inside a [`std::io::Error`]. The envelope is
    /// then incomplete. Use [`try_finish`](Self::try_finish) where the inner writer can report `WouldBlock`.
    pub fn finish(mut self) -> io::Result<W> {
        self.try_finish()?;
        Ok(self.inner)
    }

    /// As [`finish`](Self::finish), but can be called again after `WouldBlock`. Once it succeeded, further calls only flush
    /// and writes fail.
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish).
    pub fn try_finish(&mut self) -> io::Result<()> {
        self.guard(|writer| {
            writer.drain_full_chunks()?;
            writer.seal_last()?;
            writer.drain()?;
            writer.flush_inner()
        })
    }

    /// The inner writer.
    pub fn get_ref(&self) -> &W {
        &self.inner
    }

    /// The inner writer. Writing to it directly corrupts the envelope.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// Seals what of `input` fills chunks, keeps what does not, and tells how much it took. Nothing must be pending.
    fn take(&mut self, input: &[u8]) -> io::Result<usize> {
        let body_sealer =
            self.body_sealer.as_mut().expect("nothing is taken once the last chunk was sealed: checked in write");
        let collected = collected(body_sealer.threads());
        if self.partial_len == 0 && input.len() >= collected {
            let (chunks, _) = input.as_chunks();
            let chunks = &chunks[..chunks.len().min(body_sealer.threads().batch())];
            seal_chunks(body_sealer, chunks, &mut self.pending)?;
            return Ok(chunks.len() * CHUNK_LEN);
        }
        if self.partial_len == self.partial.len() {
            let len = if self.partial_len == 0 { CHUNK_LEN } else { collected };
            self.partial.grow(len, 0..self.partial_len);
        }
        let taken = input.len().min(self.partial.len() - self.partial_len);
        let end = self.partial_len + taken;
        self.partial.using(end)[self.partial_len..].copy_from_slice(&input[..taken]);
        self.partial_len = end;
        if self.partial_len == collected {
            self.seal_partial()?;
        }
        Ok(taken)
    }

    /// Seals the full chunks of what was collected. Nothing must be pending.
    fn seal_partial(&mut self) -> io::Result<()> {
        let (chunks, _) = self.partial[..self.partial_len].as_chunks();
        if let Some(body_sealer) = &mut self.body_sealer
            && !chunks.is_empty()
        {
            let sealed = chunks.len() * CHUNK_LEN;
            seal_chunks(body_sealer, chunks, &mut self.pending)?;
            self.partial.using(self.partial_len).copy_within(sealed.., 0);
            self.partial_len -= sealed;
        }
        Ok(())
    }

    fn seal_last(&mut self) -> io::Result<()> {
        if let Some(body_sealer) = self.body_sealer.take() {
            body_sealer.seal_last(&self.partial[..self.partial_len], self.pending.fill(self.partial_len + TAG_LEN))?;
        }
        Ok(())
    }

    /// Passes on every full chunk.
    fn drain_full_chunks(&mut self) -> io::Result<()> {
        self.drain()?;
        self.seal_partial()?;
        self.drain()
    }

    fn flush_inner(&mut self) -> io::Result<()> {
        retry(|| self.inner.flush())
    }

    fn drain(&mut self) -> io::Result<()> {
        self.pending.write_to(&mut self.inner)
    }

    fn guard<T>(&mut self, call: impl FnOnce(&mut Self) -> io::Result<T>) -> io::Result<T> {
        self.poison.enter()?;
        let result = call(self);
        self.poison.leave(result)
    }
}

impl<W: Write> Write for SealWriter<W> {
    fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        self.poison.check()?;
        if self.body_sealer.is_none() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "written to after it was finished"));
        }
        self.guard(|writer| {
            // Nothing is taken before what it seals to has a place to wait.
            writer.drain()?;
            let taken = writer.take(input)?;
            match writer.drain() {
                // What was taken is safe: the next call drains it.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(taken),
                drained => drained.map(|()| taken),
            }
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.guard(|writer| {
            writer.drain_full_chunks()?;
            writer.flush_inner()
        })
    }
}

impl<W: Write + fmt::Debug> fmt::Debug for SealWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealWriter").field("inner", &self.inner).finish_non_exhaustive()
    }
}

/// Bytes of plaintext that are collected before they are sealed.
fn collected(threads: Threads) -> usize {
    if threads == Threads::ONE { CHUNK_LEN } else { threads.batch() * CHUNK_LEN }
}

fn seal_chunks(body_sealer: &mut BodySealer, chunks: &[[u8; CHUNK_LEN]], pending: &mut Pending) -> io::Result<()> {
    let (sealed_chunks, _) = pending.fill(chunks.len() * SEALED_CHUNK_LEN).as_chunks_mut();
    body_sealer.seal_pieces(ToSeal::divide(chunks, sealed_chunks))?;
    Ok(())
}
