//! What the writers have in common: they work on blocks.

use std::io::{self, Write};

use super::calls::retry;
use super::guarded::Guarded;
use super::pending::Pending;
use crate::buffer::Buffer;

/// Collects what is written until it fills blocks, turns the blocks into something else, and writes
/// that to an inner writer.
pub(super) struct BlockWriter<W, B>(Guarded<Core<W, B>>);

/// What to turn the written bytes into.
pub(super) trait Blocks {
    /// Returns how many bytes to collect before a call of [`turn`](Self::turn): one block or
    /// several, at least 1 byte.
    fn collected(&self) -> usize;

    /// Turns full blocks at the front of `input`, fills `output` with the result, and returns how
    /// many bytes of `input` that took. May return 0 even if there are
    /// [`collected`](Self::collected) bytes, but must then ask for more from now on.
    fn turn(&mut self, input: &[u8], output: &mut Pending) -> io::Result<usize>;

    /// Turns `rest` into the end. `rest` may be empty, and is always shorter than
    /// [`collected`](Self::collected) bytes.
    fn end(&mut self, rest: &[u8], output: &mut Pending) -> io::Result<()>;
}

struct Core<W, B> {
    inner: W,
    blocks: B,
    /// [`Blocks::end`] was called: nothing may follow.
    ended: bool,
    /// A write may end within a block. This holds what was written and not turned yet, always less
    /// than [`Blocks::collected`] bytes.
    partial: Buffer,
    partial_len: usize,
    /// The inner writer may block. This holds what it has not taken yet.
    pending: Pending,
}

impl<W, B> BlockWriter<W, B> {
    /// Creates a writer that writes `start` first.
    pub(super) fn new(inner: W, blocks: B, start: Pending) -> Self {
        let partial = Buffer::default();
        Self(Guarded::new(Core { inner, blocks, ended: false, partial, partial_len: 0, pending: start }))
    }

    pub(super) fn get_ref(&self) -> &W {
        &self.0.core.inner
    }

    pub(super) fn get_mut(&mut self) -> &mut W {
        &mut self.0.core.inner
    }

    pub(super) fn into_inner(self) -> W {
        self.0.core.inner
    }

    pub(super) fn blocks(&self) -> &B {
        &self.0.core.blocks
    }
}

impl<W: Write, B: Blocks> BlockWriter<W, B> {
    pub(super) fn try_finish(&mut self) -> io::Result<()> {
        self.0.call(|core| {
            if !core.ended {
                core.drain_full_blocks()?;
                core.blocks.end(&core.partial[..core.partial_len], &mut core.pending)?;
                core.ended = true;
            }
            core.drain()?;
            core.flush_inner()
        })
    }
}

impl<W: Write, B: Blocks> Write for BlockWriter<W, B> {
    fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        self.0.poison.check()?;
        if self.0.core.ended {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "write to a finished writer"));
        }
        self.0.call(|core| {
            // Drain first: `take` needs an empty `pending`.
            core.drain()?;
            let taken = core.take(input)?;
            match core.drain() {
                // The input that was taken is safe: the next call drains it.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(taken),
                drained => drained.map(|()| taken),
            }
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.call(|core| {
            if !core.ended {
                core.drain_full_blocks()?;
            }
            core.drain()?;
            core.flush_inner()
        })
    }
}

impl<W: Write, B: Blocks> Core<W, B> {
    /// Takes bytes from the front of `input`, turns those that fill blocks, keeps the rest, and
    /// returns how many it took. `pending` must be empty.
    fn take(&mut self, input: &[u8]) -> io::Result<usize> {
        let collected = self.blocks.collected();
        if self.partial_len == 0 && input.len() >= collected {
            // Straight from the caller's slice: going through `partial` would only add a copy.
            let turned = self.blocks.turn(input, &mut self.pending)?;
            if turned > 0 {
                return Ok(turned);
            }
        }
        let collected = self.blocks.collected();
        if self.partial_len == self.partial.len() {
            // A header can claim any length. So the buffer grows with what was really written, by
            // doubling.
            let len = collected.min((2 * self.partial_len).max(LEAST_ROOM));
            self.partial.grow(len, 0..self.partial_len);
        }
        let taken = input.len().min(self.partial.len().min(collected) - self.partial_len);
        let end = self.partial_len + taken;
        self.partial.using(end)[self.partial_len..].copy_from_slice(&input[..taken]);
        self.partial_len = end;
        if self.partial_len == collected {
            self.turn_partial()?;
        }
        Ok(taken)
    }

    /// Turns the full blocks in `partial`. `pending` must be empty.
    fn turn_partial(&mut self) -> io::Result<()> {
        let turned = self.blocks.turn(&self.partial[..self.partial_len], &mut self.pending)?;
        self.partial.using(self.partial_len).copy_within(turned.., 0);
        self.partial_len -= turned;
        if self.partial_len == 0 && self.blocks.collected() < self.partial.len() {
            // What came before was longer, a header for example.
            self.partial = Buffer::default();
        }
        Ok(())
    }

    /// Writes out every full block.
    fn drain_full_blocks(&mut self) -> io::Result<()> {
        self.drain()?;
        self.turn_partial()?;
        self.drain()
    }

    fn drain(&mut self) -> io::Result<()> {
        self.pending.write_to(&mut self.inner)
    }

    fn flush_inner(&mut self) -> io::Result<()> {
        retry(|| self.inner.flush())
    }
}

/// Length in bytes of the first buffer, before doubling starts.
const LEAST_ROOM: usize = 16400;
