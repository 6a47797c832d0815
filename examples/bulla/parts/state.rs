//! What is on the disk while the parts are being sealed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

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
}

/// What must be the same when sealing goes on, and what was sealed so far.
pub(super) struct State {
    pub(super) part_len: u64,
    pub(super) input_len: u64,
    /// When IN was last changed, in nanoseconds.
    pub(super) modified: u128,
    pub(super) journal: Journal,
}

impl State {
    pub(super) fn of_input(input: &File, part_len: u64, journal: Journal) -> io::Result<Self> {
        let metadata = input.metadata()?;
        let modified = metadata.modified()?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
        Ok(Self { part_len, input_len: metadata.len(), modified, journal })
    }

    /// Reads what [`write`](Self::write) has written.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display();
        let bytes = fs::read(path).map_err(|error| Failure::io(&name, &error))?;
        let parse = || {
            let (fixed, journal) = bytes.split_first_chunk::<FIXED_LEN>()?;
            let (part_len, rest) = fixed.split_first_chunk()?;
            let (input_len, modified) = rest.split_first_chunk()?;
            Some(Self {
                part_len: u64::from_be_bytes(*part_len),
                input_len: u64::from_be_bytes(*input_len),
                modified: u128::from_be_bytes(*modified.first_chunk()?),
                journal: Journal::from_bytes(journal).ok()?,
            })
        };
        parse().ok_or_else(|| Failure::new(name, "not a journal, or damaged: remove it, and begin anew"))
    }

    /// Replaces the file at `path`, so that a crash leaves the old one or the new one.
    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        let write = || {
            // Always under the same name, so that a run which is killed leaves one at most.
            let new = path.with_extension("journal.new");
            let mut temporary = File::create(&new)?;
            temporary.write_all(&self.part_len.to_be_bytes())?;
            temporary.write_all(&self.input_len.to_be_bytes())?;
            temporary.write_all(&self.modified.to_be_bytes())?;
            temporary.write_all(&self.journal.to_bytes())?;
            temporary.sync_all()?;
            fs::rename(new, path)
        };
        write().map_err(|error: io::Error| Failure::io(path.display(), &error))
    }

    /// Returns how many parts the input has.
    pub(super) fn parts(&self) -> u64 {
        self.input_len.div_ceil(self.part_len)
    }

    /// Returns the length in bytes of a part.
    pub(super) fn len_of(&self, index: u64) -> u64 {
        self.part_len.min(self.input_len - index * self.part_len)
    }
}

/// Opens the unfinished file to write anywhere in it.
pub(super) fn open_partial(path: &Path) -> Result<File, Failure> {
    let file = OpenOptions::new().read(true).write(true).open(path);
    file.map_err(|error| Failure::io(path.display(), &error))
}

const FIXED_LEN: usize = 8 + 8 + 16;
