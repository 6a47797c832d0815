//! Streams that misbehave, lie, or watch what is done to them.

use std::cell::Cell;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use bulla::ReadAt;

/// Moves few bytes at a time, blocks and is interrupted, by a cyclic script. Loses nothing.
///
/// A reader must not read it again after its end, or read into nothing: `0` would then not mean the
/// end.
pub struct Faulty<T> {
    pub inner: T,
    /// Whether a read has told the end.
    pub ended: bool,
    script: Vec<Step>,
    next: usize,
}

#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Moves at most this many bytes, and at least one.
    Short(usize),
    WouldBlock,
    Interrupted,
}

impl<T> Faulty<T> {
    pub fn new(inner: T, script: Vec<Step>) -> Self {
        Self { inner, ended: false, script, next: 0 }
    }

    fn step(&mut self, len: usize) -> io::Result<usize> {
        let step = self.script.get(self.next % self.script.len().max(1)).copied().unwrap_or(Step::Short(usize::MAX));
        self.next += 1;
        match step {
            Step::Short(max) => Ok(len.min(max.max(1))),
            Step::WouldBlock => Err(io::ErrorKind::WouldBlock.into()),
            Step::Interrupted => Err(io::ErrorKind::Interrupted.into()),
        }
    }
}

impl<T: Read> Read for Faulty<T> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        assert!(!self.ended, "read after the end");
        assert!(!output.is_empty(), "read into nothing");
        let len = self.step(output.len())?;
        let read = self.inner.read(&mut output[..len])?;
        self.ended = read == 0;
        Ok(read)
    }
}

impl<T: Write> Write for Faulty<T> {
    fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        let len = self.step(input.len())?;
        self.inner.write(&input[..len])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.step(1)?;
        self.inner.flush()
    }
}

/// Fails at every read, with "unplugged". Chain it to a slice for an input that fails after some
/// bytes.
pub struct Fails(pub io::ErrorKind);

impl Read for Fails {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::new(self.0, "unplugged"))
    }
}

/// Fails once where a [`Break`] says so, and works before and after.
pub struct Breaks<R> {
    inner: R,
    position: u64,
    /// What goes wrong next. Each happens once.
    pub next: Cell<Break>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Break {
    /// A read at or behind this position fails with `TimedOut`.
    pub read: Option<u64>,
    /// As `read`, but with a panic.
    pub panic: Option<u64>,
    /// The seek with this number from now on, counted from zero, fails with this.
    pub seek: Option<(u32, io::ErrorKind)>,
}

impl Break {
    /// Whether all that was to go wrong has done so.
    pub fn is_over(&self) -> bool {
        self.read.is_none() && self.panic.is_none() && self.seek.is_none()
    }
}

impl<R> Breaks<R> {
    pub fn new(inner: R, next: Break) -> Self {
        Self { inner, position: 0, next: Cell::new(next) }
    }
}

impl<R: Read> Read for Breaks<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let next = self.next.get();
        if next.panic.is_some_and(|at| self.position >= at) {
            self.next.set(Break { panic: None, ..next });
            panic!("broken on purpose");
        }
        if next.read.is_some_and(|at| self.position >= at) {
            self.next.set(Break { read: None, ..next });
            return Err(io::ErrorKind::TimedOut.into());
        }
        // Exactly up to where it breaks.
        let room = next.read.into_iter().chain(next.panic).map(|at| at - self.position).min().unwrap_or(u64::MAX);
        let len = output.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        let read = self.inner.read(&mut output[..len])?;
        self.position += read as u64;
        Ok(read)
    }
}

impl<R: Seek> Seek for Breaks<R> {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        let next = self.next.get();
        if let Some((number, kind)) = next.seek {
            let left = number.checked_sub(1).map(|number| (number, kind));
            self.next.set(Break { seek: left, ..next });
            if left.is_none() {
                return Err(kind.into());
            }
        }
        self.position = self.inner.seek(target)?;
        Ok(self.position)
    }
}

/// An output with room for this many bytes, and then an error for good.
pub struct Full {
    pub bytes: Vec<u8>,
    room: usize,
}

impl Full {
    pub fn after(room: usize) -> Self {
        Self { bytes: Vec::new(), room }
    }
}

impl Write for Full {
    fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        let len = input.len().min(self.room - self.bytes.len());
        if len == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(&input[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Claims to have moved more bytes than it was given room for.
#[derive(Clone, Copy)]
pub struct Boasts;

impl Read for Boasts {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        Ok(output.len() + 1)
    }
}

impl Write for Boasts {
    fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        Ok(input.len() + 1)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ReadAt for Boasts {
    fn read_at(&self, _: &mut [u8], _: u64) -> io::Result<usize> {
        Ok(usize::MAX)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(u64::MAX)
    }
}

/// Holds all its bytes, but claims to end at `end`.
pub struct ClaimsEnd<R> {
    pub inner: R,
    pub end: u64,
}

impl<R: Read> Read for ClaimsEnd<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        self.inner.read(output)
    }
}

impl<R: Seek> Seek for ClaimsEnd<R> {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        match target {
            SeekFrom::End(by) => self.inner.seek(SeekFrom::Start(self.end.checked_add_signed(by).unwrap())),
            target => self.inner.seek(target),
        }
    }
}

impl<R: ReadAt> ReadAt for ClaimsEnd<R> {
    fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        self.inner.read_at(output, offset)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.end)
    }
}

/// Must not be called.
pub struct Untouchable;

impl Read for Untouchable {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        panic!("read from")
    }
}

impl Write for Untouchable {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        panic!("written to")
    }

    fn flush(&mut self) -> io::Result<()> {
        panic!("flushed")
    }
}

/// Counts the bytes that are read.
pub struct Counting<R> {
    inner: R,
    count: AtomicU64,
}

impl<R> Counting<R> {
    pub fn new(inner: R) -> Self {
        Self { inner, count: AtomicU64::new(0) }
    }

    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    fn add(&self, len: usize) -> usize {
        self.count.fetch_add(len as u64, Ordering::Relaxed);
        len
    }
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let len = self.inner.read(output)?;
        Ok(self.add(len))
    }
}

impl<R: ReadAt> ReadAt for Counting<R> {
    fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        let len = self.inner.read_at(output, offset)?;
        Ok(self.add(len))
    }

    fn size(&self) -> io::Result<u64> {
        self.inner.size()
    }
}
