//! Looks at an OUT before anything is written.

use std::fs::{self, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::args::is_standard_stream;
use crate::failure::Failure;
use crate::file_id::FileId;
use crate::output::Output;
use crate::replacement::{Replacement, directory_of};

/// An OUT that has been looked at, but not touched yet.
pub(crate) struct Destination {
    name: String,
    /// Its name in the help.
    role: &'static str,
    kind: Kind,
    id: Option<FileId>,
}

enum Kind {
    Stdout,
    /// A device or a named pipe, which is written directly.
    Special(PathBuf),
    /// A regular file, which may not exist yet.
    File {
        path: PathBuf,
        existing: Option<Metadata>,
    },
}

impl Destination {
    /// Finds out what `path` is (`-` is standard output). Refuses anything that cannot be written.
    pub(crate) fn resolve(path: &Path) -> Result<Self, Failure> {
        let role = "OUT";
        if is_standard_stream(path) {
            let id = FileId::of_stream(&io::stdout());
            return Ok(Self { name: STANDARD_OUTPUT.into(), role, kind: Kind::Stdout, id });
        }
        let name = path.display().to_string();
        let fail = |error| Failure::io(&name, &error);

        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let path = follow_links(path).map_err(fail)?;
                if !directory_of(&path).is_dir() {
                    return Err(Failure::new(name, "the directory to write it to does not exist"));
                }
                return Ok(Self { name, role, kind: Kind::File { path, existing: None }, id: None });
            }
            Err(error) => return Err(fail(error)),
        };
        if metadata.is_dir() {
            return Err(fail(io::ErrorKind::IsADirectory.into()));
        }
        if !metadata.is_file() {
            return Ok(Self { name, role, kind: Kind::Special(path.into()), id: None });
        }
        // Replacing a file by renaming works even if it is read-only. So check that it is not.
        OpenOptions::new().write(true).open(path).map_err(fail)?;
        let id = FileId::of(&metadata);
        let path = follow_links(path).map_err(fail)?;
        Ok(Self { name, role, kind: Kind::File { path, existing: Some(metadata) }, id })
    }

    /// Does what [`resolve`](Self::resolve) does, for a header that is kept apart from its body. It
    /// must be a regular file.
    pub(crate) fn resolve_header(path: &Path) -> Result<Self, Failure> {
        let header = Self { role: "FILE", ..Self::resolve(path)? };
        if !header.is_replaced() {
            return Err(Failure::new(header.name, "not a regular file: the header has to be kept"));
        }
        Ok(header)
    }

    /// Refuses to write to the file `id`, which is also read. `other` says what it is read as.
    pub(crate) fn check_is_not(&self, id: Option<FileId>, other: &str) -> Result<(), Failure> {
        if self.id.is_some() && self.id == id { Err(self.is_also(other)) } else { Ok(()) }
    }

    /// Refuses to write two things to one file, whether it exists or not.
    pub(crate) fn check_differs(&self, other: &Self) -> Result<(), Failure> {
        self.check_is_not(other.id, other.role)?;
        if self.place().is_some() && self.place() == other.place() { Err(self.is_also(other.role)) } else { Ok(()) }
    }

    fn is_also(&self, other: &str) -> Failure {
        let role = self.role;
        Failure::new(&self.name, format_args!("this is {other} as well, choose another {role}"))
    }

    /// Returns the canonical path of a regular file.
    fn place(&self) -> Option<PathBuf> {
        let Kind::File { path, .. } = &self.kind else { return None };
        Some(fs::canonicalize(directory_of(path)).ok()?.join(path.file_name()?))
    }

    /// Returns whether this is a regular file, which stays as it is until a new one takes its
    /// place.
    pub(crate) fn is_replaced(&self) -> bool {
        matches!(self.kind, Kind::File { .. })
    }

    /// Begins to write.
    pub(crate) fn create(self) -> Result<Output, Failure> {
        let Self { name, kind, .. } = self;
        match kind {
            Kind::Stdout => Ok(Output::stdout(name)),
            Kind::Special(path) => match OpenOptions::new().write(true).open(path) {
                Ok(file) => Ok(Output::file(name, file)),
                Err(error) => Err(Failure::io(name, &error)),
            },
            Kind::File { path, existing } => match Replacement::begin(path, existing) {
                Ok(replacement) => Ok(Output::replacement(name, replacement)),
                // The file itself may be writable, so say what was not.
                Err(error) => Err(Failure::io(format_args!("{name}: making a file beside it"), &error)),
            },
        }
    }
}

/// Follows symbolic links from `path`. The last one may lead nowhere.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => path = directory_of(&path).join(fs::read_link(&path)?),
            _ => return Ok(path),
        }
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

/// The number that Linux follows.
const MAX_LINKS: usize = 40;

const STANDARD_OUTPUT: &str = "standard output";
