//! Streams that misbehave as real ones may.

use std::io::{self, Read, Write};
use std::iter;

use arbitrary::Arbitrary;

/// What a stream does at one call.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Fails first, once.
    pub fault: Option<Fault>,
    /// Moves at most one byte more than this.
    pub len: u16,
}

/// An error after which a call may be made again.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Interrupted,
    WouldBlock,
}

/// Plays steps again and again.
pub(crate) struct Script<'a> {
    steps: &'a [Step],
    next: usize,
    failed: bool,
    /// Whether the stream is one that never reports `WouldBlock`.
    pub(crate) blocking: bool,
}

impl<'a> Script<'a> {
    pub(crate) fn new(steps: &'a [Step]) -> Self {
        Self { steps, next: 0, failed: false, blocking: false }
    }

    /// How many of `len` bytes the stream moves now.
    pub(crate) fn play(&mut self, len: usize) -> io::Result<usize> {
        let Some(step) = self.steps.get(self.next) else { return Ok(len) };
        if let Some(fault) = step.fault
            && !self.failed
        {
            self.failed = true;
            return match fault {
                Fault::WouldBlock if !self.blocking => Err(io::ErrorKind::WouldBlock.into()),
                _ => Err(io::ErrorKind::Interrupted.into()),
            };
        }
        self.failed = false;
        self.next = (self.next + 1) % self.steps.len();
        Ok(len.min(usize::from(step.len) + 1))
    }
}

/// Gives `rest` in pieces. Must not be read after its end: a terminal would ask for more.
pub struct Source<'a> {
    rest: &'a [u8],
    script: Script<'a>,
    ended: bool,
}

impl<'a> Source<'a> {
    pub fn new(input: &'a [u8], steps: &'a [Step]) -> Self {
        Self { rest: input, script: Script::new(steps), ended: false }
    }

    pub fn blocking(mut self) -> Self {
        self.script.blocking = true;
        self
    }
}

impl Read for Source<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        assert!(!self.ended, "read after the end");
        assert!(!output.is_empty(), "read into nothing, where 0 would mean the end");
        let len = self.script.play(output.len().min(self.rest.len()))?;
        let (given, rest) = self.rest.split_at(len);
        output[..len].copy_from_slice(given);
        self.rest = rest;
        self.ended = len == 0;
        Ok(len)
    }
}

/// Takes bytes in pieces.
pub struct Sink<'a> {
    pub taken: Vec<u8>,
    pub(crate) script: Script<'a>,
    breaks_at: Option<usize>,
}

impl<'a> Sink<'a> {
    pub fn new(steps: &'a [Step]) -> Self {
        Self { taken: Vec::new(), script: Script::new(steps), breaks_at: None }
    }

    /// Fails for good, but only once, when it has taken `len` bytes or more.
    pub fn breaking_at(mut self, len: usize) -> Self {
        self.breaks_at = Some(len);
        self
    }
}

impl Write for Sink<'_> {
    fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        assert!(!input.is_empty(), "wrote nothing, where 0 would mean that nothing can be written");
        if self.breaks_at.is_some_and(|at| self.taken.len() >= at) {
            self.breaks_at = None;
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let len = self.script.play(input.len())?;
        self.taken.extend_from_slice(&input[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.script.play(0).map(|_| ())
    }
}

/// `sizes` again and again, with a large one after each round, so that every loop over them comes
/// to an end.
pub fn endless(sizes: &[u16]) -> impl Iterator<Item = usize> {
    // Up to 192 KiB: more than the batches of eight chunks in which the adapters work.
    let sizes = sizes.iter().map(|size| 3 * usize::from(*size));
    sizes.chain(iter::once(40_000)).cycle()
}

/// Writes everything in sizes of [`endless`], and finishes.
pub(crate) fn write_all<W: Write>(
    writer: &mut W,
    sizes: &[u16],
    input: &[u8],
    finish: fn(&mut W) -> io::Result<()>,
) -> io::Result<()> {
    let mut rest = input;
    for size in endless(sizes) {
        if rest.is_empty() {
            break;
        }
        let size = size.min(rest.len());
        // Odd sizes make a flush as well.
        let result = if size % 2 == 1 { retryable(writer.flush()).map(|_| ()) } else { Ok(()) };
        if let Some(len) = result.and_then(|()| retryable(writer.write(&rest[..size])))? {
            rest = &rest[len..];
        }
    }
    while retryable(finish(writer))?.is_none() {}
    Ok(())
}

/// `None` where the same call can be made again.
pub(crate) fn retryable<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        // A flush passes `Interrupted` on.
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => Ok(None),
        other => other.map(Some),
    }
}

/// Reads in sizes of [`endless`] up to the end, and looks behind what was read.
pub(crate) fn loop_reads(
    sizes: &[u16],
    mut read: impl FnMut(&mut [u8]) -> io::Result<usize>,
    mut take: impl FnMut(&[u8]),
) -> io::Result<()> {
    let [untouched, wiped] = [UNTOUCHED, 0].map(|byte| [byte; CHUNK_LEN]);
    let mut buffer = vec![UNTOUCHED; 3 * usize::from(u16::MAX)];
    for size in endless(sizes) {
        let output = &mut buffer[..size];
        let result = read(output);
        let len = *result.as_ref().unwrap_or(&0);
        // A chunk that did not verify was not written, or was wiped.
        let behind = &output[len..output.len().min(len + CHUNK_LEN)];
        assert!(behind == &untouched[..behind.len()] || behind == &wiped[..behind.len()]);
        take(&output[..len]);
        output.fill(UNTOUCHED);
        match result {
            Ok(0) if size > 0 => break,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What output is filled with, to see what was written to it.
pub(crate) const UNTOUCHED: u8 = 0xA5;

const CHUNK_LEN: usize = bulla::body::BodySealer::CHUNK_LEN;
