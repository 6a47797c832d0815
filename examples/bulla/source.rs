//! The bytes that a command reads.

use std::fs::{File, Metadata};
use std::io::{self, Cursor, IsTerminal, Read};
use std::path::{Path, PathBuf};

use crate::args::is_standard_stream;
use crate::descriptor;
use crate::failure::Failure;
use crate::file_id::FileId;
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
    Stdin(standard::Input),
}

/// A source, and what is known about it before it is read.
pub(crate) struct Opened {
    pub(crate) source: Source,
    /// Its name in messages.
    pub(crate) name: String,
    pub(crate) id: Option<FileId>,
    /// The length in bytes of a named regular file.
    pub(crate) len: Option<u64>,
}

impl Source {
    /// Opens `path`, or standard input for `-`.
    pub(crate) fn open(path: &Path) -> Result<Opened, Failure> {
        if is_standard_stream(path) {
            let source = Self::of(Stream::Stdin(standard::input()?));
            let id = FileId::of_stream(&io::stdin());
            return Ok(Opened { source, name: standard::INPUT.into(), id, len: None });
        }
        let name = path.display().to_string();
        if descriptor::is_closed(path) {
            return Err(Failure::new(name, standard::NOTHING_TO_READ));
        }
        let open = || {
            let file = File::open(path)?;
            let metadata = file.metadata()?;
            if metadata.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { Ok((file, metadata)) }
        };
        let (file, metadata) = open().map_err(|error| Failure::io(&name, &error))?;
        let len = metadata.is_file().then_some(metadata.len());
        Ok(Opened { source: Self::of(Stream::File(file)), name, id: FileId::of(&metadata), len })
    }

    fn of(stream: Stream) -> Self {
        Self { stream, position: 0, ahead: Cursor::default() }
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
            Stream::Stdin(stdin) => stdin.metadata().ok(),
            #[cfg(not(unix))]
            Stream::Stdin(_) => None,
        };
        metadata.filter(Metadata::is_file).as_ref().map(FileState::of)
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

/// Refuses to read two things from standard input.
pub(crate) fn check_standard_input<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), Failure> {
    if paths.into_iter().filter(|path| is_standard_stream(path)).count() > 1 {
        return Err(Failure::new(standard::INPUT, "only one file can be read from it: name the others"));
    }
    Ok(())
}
