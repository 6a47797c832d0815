//! The bytes that a command reads.

use std::fs::{self, File};
use std::io::{self, Cursor, IsTerminal, Read, StdinLock};

/// A file or standard input. Counts the bytes that were read.
pub(crate) struct Source {
    stream: Stream,
    position: u64,
    /// Bytes to read before the rest of the stream.
    ahead: Cursor<Vec<u8>>,
}

enum Stream {
    File(File),
    Stdin(StdinLock<'static>),
}

impl Source {
    pub(crate) fn file(file: File) -> Self {
        Self { stream: Stream::File(file), position: 0, ahead: Cursor::default() }
    }

    /// Returns `None` if there is no standard input.
    pub(crate) fn stdin() -> Option<Self> {
        let stdin = io::stdin().lock();
        (!was_closed(&stdin)).then(|| Self { stream: Stream::Stdin(stdin), position: 0, ahead: Cursor::default() })
    }

    /// Puts `bytes` before the rest of the stream. They do not count as read from it.
    pub(crate) fn prepend(&mut self, bytes: Vec<u8>) {
        self.ahead = Cursor::new(bytes);
    }

    /// Returns the first `len` bytes of the stream, or fewer if it ends before. Reading returns
    /// them again.
    pub(crate) fn peek(&mut self, len: u64) -> io::Result<Vec<u8>> {
        let mut start = Vec::new();
        self.take(len).read_to_end(&mut start)?;
        self.prepend(start.clone());
        Ok(start)
    }

    /// Returns the number of bytes read so far.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    pub(crate) fn is_terminal(&self) -> bool {
        match &self.stream {
            Stream::File(file) => file.is_terminal(),
            Stream::Stdin(stdin) => stdin.is_terminal(),
        }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ahead = self.ahead.read(buffer)?;
        if ahead > 0 {
            return Ok(ahead);
        }
        let len = match &mut self.stream {
            Stream::File(file) => file.read(buffer),
            Stream::Stdin(stdin) => stdin.read(buffer),
        }?;
        self.position += u64::try_from(len).unwrap_or(u64::MAX);
        Ok(len)
    }
}

/// Returns whether there was no standard input when the program started. The runtime then puts the
/// null device in its place, which would look like an empty file. But the runtime opens it for
/// reading and writing, and a user who asks for the null device opens it for reading only.
#[cfg(unix)]
fn was_closed(stdin: &StdinLock<'_>) -> bool {
    use std::io::Write;
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt;

    let Ok(mut file) = stdin.as_fd().try_clone_to_owned().map(File::from) else { return false };
    let is_null = match (file.metadata(), fs::metadata(NULL_DEVICE)) {
        (Ok(file), Ok(null)) => file.file_type() == null.file_type() && file.rdev() == null.rdev(),
        _ => false,
    };
    // Writes nothing: the system only says whether it could.
    is_null && file.write(&[]).is_ok()
}

#[cfg(not(unix))]
fn was_closed(_: &StdinLock<'_>) -> bool {
    false
}

#[cfg(unix)]
const NULL_DEVICE: &str = "/dev/null";
