//! The bytes that a command reads.

use std::fs::{self, File};
use std::io::{self, Cursor, IsTerminal, Read, StdinLock};

use crate::file_state::FileState;
use crate::standard;

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
        (!standard::was_closed(0)).then(|| Self { stream: Stream::Stdin(stdin), position: 0, ahead: Cursor::default() })
    }

    /// Returns the first `len` bytes of the stream, or fewer if it ends before. Reading returns
    /// them again.
    pub(crate) fn peek(&mut self, len: u64) -> io::Result<Vec<u8>> {
        let mut start = Vec::new();
        self.take(len).read_to_end(&mut start)?;
        self.ahead = Cursor::new(start.clone());
        Ok(start)
    }

    /// Returns the number of bytes read so far.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Returns the state of a regular file, or `None` for anything else.
    pub(crate) fn state(&self) -> Option<FileState> {
        let metadata = match &self.stream {
            Stream::File(file) => file.metadata().ok(),
            #[cfg(unix)]
            Stream::Stdin(stdin) => {
                use std::os::fd::AsFd;
                stdin.as_fd().try_clone_to_owned().and_then(|owned| File::from(owned).metadata()).ok()
            }
            #[cfg(not(unix))]
            Stream::Stdin(_) => None,
        };
        metadata.filter(fs::Metadata::is_file).as_ref().map(FileState::of)
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
