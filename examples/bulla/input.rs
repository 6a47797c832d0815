//! Where a command reads from.

use std::fs::{self, File};
use std::io::{self, Cursor, IsTerminal, Read, StdinLock};
use std::path::Path;

use crate::args::is_standard_stream;
use crate::failure::Failure;
use crate::file_id::FileId;

/// A file or standard input, which counts what was read of it.
pub(crate) struct Input {
    source: Source,
    name: String,
    len: Option<u64>,
    id: Option<FileId>,
    position: u64,
    may_be_empty: bool,
    /// What comes before the rest of the source.
    ahead: Cursor<Vec<u8>>,
}

enum Source {
    File(File),
    Stdin(StdinLock<'static>),
}

impl Input {
    /// Opens `path`, or standard input for `-`.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        if is_standard_stream(path) {
            let stdin = io::stdin().lock();
            if was_closed(&stdin) {
                return Err(Failure::new(STANDARD_INPUT, "is closed, or the null device: there is nothing to read"));
            }
            let id = FileId::of_stream(&stdin);
            return Ok(Self {
                source: Source::Stdin(stdin),
                name: STANDARD_INPUT.into(),
                len: None,
                id,
                position: 0,
                may_be_empty: true,
                ahead: Cursor::default(),
            });
        }
        let name = path.display().to_string();
        let open = || {
            let file = File::open(path)?;
            let metadata = file.metadata()?;
            Ok((file, metadata))
        };
        let (file, metadata) = open().map_err(|error| Failure::io(&name, &error))?;
        if metadata.is_dir() {
            return Err(Failure::io(name, &io::ErrorKind::IsADirectory.into()));
        }
        Ok(Self {
            source: Source::File(file),
            name,
            len: metadata.is_file().then_some(metadata.len()),
            id: FileId::of(&metadata),
            position: 0,
            may_be_empty: true,
            ahead: Cursor::default(),
        })
    }

    /// As [`open`](Self::open), for an envelope: reading fails where there is nothing at all.
    pub(crate) fn open_envelope(path: &Path) -> Result<Self, Failure> {
        Ok(Self { may_be_empty: false, ..Self::open(path)? })
    }

    /// Lets `bytes` be read before what comes next. They do not count as read from here.
    pub(crate) fn prepend(&mut self, bytes: Vec<u8>) {
        self.ahead = Cursor::new(bytes);
    }

    /// What to call it in messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Length in bytes of a regular file, when it was opened.
    pub(crate) fn len(&self) -> Option<u64> {
        self.len
    }

    pub(crate) fn id(&self) -> Option<FileId> {
        self.id
    }

    /// Bytes read so far.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    pub(crate) fn is_terminal(&self) -> bool {
        match &self.source {
            Source::File(file) => file.is_terminal(),
            Source::Stdin(stdin) => stdin.is_terminal(),
        }
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ahead = self.ahead.read(buffer)?;
        if ahead > 0 {
            return Ok(ahead);
        }
        let len = match &mut self.source {
            Source::File(file) => file.read(buffer),
            Source::Stdin(stdin) => stdin.read(buffer),
        }?;
        if len == 0 && self.position == 0 && !self.may_be_empty && !buffer.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "is empty, not an envelope"));
        }
        self.position += u64::try_from(len).unwrap_or(u64::MAX);
        Ok(len)
    }
}

/// Whether there was no standard input when the program started. The runtime has then put the null device in its place, for
/// writing as well; otherwise that would be taken for an empty file. Who asks for the null device opens it for reading alone.
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
    // Nothing is written; the system only says whether it could be.
    is_null && file.write(&[]).is_ok()
}

#[cfg(not(unix))]
fn was_closed(_: &StdinLock<'_>) -> bool {
    false
}

const STANDARD_INPUT: &str = "standard input";

#[cfg(unix)]
const NULL_DEVICE: &str = "/dev/null";
