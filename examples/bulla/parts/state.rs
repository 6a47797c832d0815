//! What is on the disk while the parts are being sealed.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use bulla::parts::Journal;

use crate::failure::Failure;

/// The files beside OUT.
pub(super) struct Paths {
    pub(super) partial: PathBuf,
    pub(super) journal: PathBuf,
}

impl Paths {
    pub(super) fn of(output: &Path) -> Self {
        let with = |suffix: &str| {
            let mut name = output.file_name().unwrap_or_default().to_owned();
            name.push(suffix);
            output.with_file_name(name)
        };
        Self { partial: with(".partial"), journal: with(".journal") }
    }

    /// Makes sure that the names of the files are on the disk, where the system can do that.
    pub(super) fn sync_folder(&self) -> io::Result<()> {
        let folder = self.partial.parent().filter(|folder| !folder.as_os_str().is_empty());
        if cfg!(unix) { File::open(folder.unwrap_or(Path::new(".")))?.sync_all() } else { Ok(()) }
    }
}

/// What must be the same when sealing goes on, and what was sealed so far.
pub(super) struct State {
    /// Of which run this is: drawn when the work begins, and when it goes on.
    pub(super) run: u64,
    pub(super) part_len: u64,
    pub(super) input: OfInput,
    pub(super) journal: Journal,
    /// When a note was written last.
    pub(super) written: Option<Instant>,
}

/// What shows that IN is the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct OfInput {
    len: u64,
    /// When it was last changed, in nanoseconds.
    modified: u128,
}

impl OfInput {
    pub(super) fn look(input: &File) -> io::Result<Self> {
        let metadata = input.metadata()?;
        let modified = metadata.modified()?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
        Ok(Self { len: metadata.len(), modified })
    }
}

impl State {
    /// Reads what [`write`](Self::write) has written.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display();
        let bytes = fs::read(path).map_err(|error| Failure::io(&name, &error))?;
        let parse = || {
            let (fixed, journal) = bytes.split_first_chunk::<FIXED_LEN>()?;
            let (run, rest) = fixed.split_first_chunk()?;
            let (part_len, rest) = rest.split_first_chunk()?;
            let (input_len, modified) = rest.split_first_chunk()?;
            let state = Self {
                run: u64::from_be_bytes(*run),
                part_len: u64::from_be_bytes(*part_len),
                input: OfInput {
                    len: u64::from_be_bytes(*input_len),
                    modified: u128::from_be_bytes(*modified.first_chunk()?),
                },
                journal: Journal::from_bytes(journal).ok()?,
                written: None,
            };
            state.is_consistent().then_some(state)
        };
        parse().ok_or_else(|| Failure::new(name, "not a journal, or damaged: remove it, and begin anew"))
    }

    /// Writes the file if that is a while ago. All of it is written each time: what is lost in a
    /// crash is sealed again.
    pub(super) fn write_now_and_then(&mut self, path: &Path) -> Result<(), Failure> {
        if self.written.is_none_or(|written| written.elapsed() >= Duration::from_millis(200)) {
            self.write(path)?;
            self.written = Some(Instant::now());
        }
        Ok(())
    }

    /// Replaces the file at `path`, so that a crash leaves the old one or the new one.
    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        let write = || {
            // Always under the same name, so that a run which is killed leaves one at most.
            let new = path.with_extension("journal.new");
            let mut temporary = File::create(&new)?;
            temporary.write_all(&self.run.to_be_bytes())?;
            temporary.write_all(&self.part_len.to_be_bytes())?;
            temporary.write_all(&self.input.len.to_be_bytes())?;
            temporary.write_all(&self.input.modified.to_be_bytes())?;
            temporary.write_all(&self.journal.to_bytes())?;
            temporary.sync_all()?;
            fs::rename(new, path)
        };
        write().map_err(|error: io::Error| Failure::io(path.display(), &error))
    }

    /// Returns how many parts the input has.
    pub(super) fn parts(&self) -> u64 {
        self.input.len.div_ceil(self.part_len)
    }

    /// Returns the length in bytes of a part.
    pub(super) fn len_of(&self, index: u64) -> u64 {
        self.part_len.min(self.input.len - index * self.part_len)
    }

    /// The journal has a checksum, which does not cover the rest: whether the parts that it lists
    /// are as long as they must be does.
    fn is_consistent(&self) -> bool {
        let fits = |index, len| index < self.parts() && len == self.len_of(index);
        self.part_len > 0 && self.journal.parts().all(|part| fits(part.index(), part.len()))
    }
}

/// Says why a file cannot be locked.
pub(super) fn locked(result: Result<(), TryLockError>, name: impl std::fmt::Display) -> Result<(), Failure> {
    match result {
        Err(TryLockError::WouldBlock) => Err(Failure::new(name, "another run is at work on it: wait for its end")),
        // Not every file system has locks.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

/// Opens the unfinished file to write anywhere in it.
pub(super) fn open_partial(path: &Path) -> Result<File, Failure> {
    let file = OpenOptions::new().read(true).write(true).open(path);
    file.map_err(|error| Failure::io(path.display(), &error))
}

const FIXED_LEN: usize = 8 + 8 + 8 + 16;
