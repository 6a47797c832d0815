//! What an OUT is, before anything is written.

use std::fs::{self, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::args::is_standard_stream;
use crate::failure::Failure;
use crate::file_id::FileId;
use crate::output::Output;
use crate::replacement::{Replacement, directory_of};

/// An OUT that was looked at but not touched yet.
pub(crate) struct Destination {
    name: String,
    kind: Kind,
    id: Option<FileId>,
}

enum Kind {
    Stdout,
    /// A device or a named pipe: written to where it is.
    Special(PathBuf),
    /// A regular file that is there or will be.
    File {
        path: PathBuf,
        existing: Option<Metadata>,
    },
}

impl Destination {
    /// Finds out what `path` is, `-` being standard output, and refuses what could not be written anyway.
    pub(crate) fn resolve(path: &Path) -> Result<Self, Failure> {
        if is_standard_stream(path) {
            let id = FileId::of_stream(&io::stdout());
            return Ok(Self { name: STANDARD_OUTPUT.into(), kind: Kind::Stdout, id });
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
                return Ok(Self { name, kind: Kind::File { path, existing: None }, id: None });
            }
            Err(error) => return Err(fail(error)),
        };
        if metadata.is_dir() {
            return Err(fail(io::ErrorKind::IsADirectory.into()));
        }
        if !metadata.is_file() {
            return Ok(Self { name, kind: Kind::Special(path.into()), id: None });
        }
        // Renaming would get around the protection of a file that is read-only.
        OpenOptions::new().write(true).open(path).map_err(fail)?;
        let id = FileId::of(&metadata);
        let path = follow_links(path).map_err(fail)?;
        Ok(Self { name, kind: Kind::File { path, existing: Some(metadata) }, id })
    }

    /// Refuses to write to a file that is read as well; `role` says as what.
    pub(crate) fn check_is_not(&self, id: Option<FileId>, role: &str) -> Result<(), Failure> {
        if self.id.is_some() && self.id == id {
            return Err(Failure::new(&self.name, format_args!("this is {role} as well, choose another OUT")));
        }
        Ok(())
    }

    /// Whether this is a regular file, which stays as it is until the new one takes its place.
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
                // The file itself may well be writable: says what was not.
                Err(error) => Err(Failure::io(format_args!("{name}: making a file beside it"), &error)),
            },
        }
    }
}

/// Where `path` leads through symbolic links, the last of which may lead nowhere.
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

/// As many as Linux follows.
const MAX_LINKS: usize = 40;

const STANDARD_OUTPUT: &str = "standard output";
