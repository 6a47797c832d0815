//! Looks at an OUT before anything is read or written.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf, is_separator};

use crate::args::is_standard_stream;
use crate::descriptor::{self, Target};
use crate::failure::Failure;
use crate::file_id::FileId;
use crate::file_state::FileState;
use crate::output::Output;
use crate::permissions::Content;
use crate::replacement::{Replacement, directory_of};
use crate::standard;
use crate::stored_name::StoredName;

/// An OUT that has been looked at, but not touched yet.
pub(crate) struct Destination {
    name: String,
    /// Its name in the help.
    role: &'static str,
    kind: Kind,
    id: Option<FileId>,
}

enum Kind {
    /// Standard output, or another stream that is already open.
    Open(standard::Output),
    /// A device or a named pipe, which is written directly.
    Special(PathBuf),
    /// A regular file, which may not exist yet.
    File { path: PathBuf, existing: Option<Metadata> },
}

impl Destination {
    /// Finds out what `path` is (`-` is standard output). Refuses what is no place for a file.
    pub(crate) fn find(path: &Path) -> Result<Self, Failure> {
        let role = "OUT";
        if is_standard_stream(path) {
            let id = FileId::of_stream(&io::stdout());
            return Ok(Self { name: standard::OUTPUT.into(), role, kind: Kind::Open(standard::output()?), id });
        }
        let name = path.display().to_string();
        let fail = |error| Failure::io(&name, &error);

        if path.to_string_lossy().ends_with(is_separator) {
            return Err(Failure::new(&name, "is a name for a directory: name a file"));
        }
        let path = match descriptor::follow(path).map_err(fail)? {
            Target::Path(path) => path,
            #[cfg(unix)]
            Target::Descriptor(path) => {
                let kind = open_again(&name, &path)?;
                let id = fs::metadata(&path).ok().as_ref().and_then(FileId::of);
                return Ok(Self { name, role, kind, id });
            }
            #[cfg(not(unix))]
            Target::Descriptor(path) => path,
        };
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { name, role, kind: Kind::File { path, existing: None }, id: None });
            }
            Err(error) => return Err(fail(error)),
        };
        if metadata.is_dir() {
            return Err(fail(io::ErrorKind::IsADirectory.into()));
        }
        if !metadata.is_file() {
            return Ok(Self { name, role, kind: Kind::Special(path), id: None });
        }
        let id = FileId::of(&metadata);
        Ok(Self { name, role, kind: Kind::File { path, existing: Some(metadata) }, id })
    }

    /// Does what [`find`](Self::find) does, for a header that is kept apart from its body. It must
    /// be a regular file.
    pub(crate) fn find_header(path: &Path) -> Result<Self, Failure> {
        let header = Self { role: "FILE", ..Self::find(path)? };
        match header.kind {
            Kind::File { .. } => Ok(header),
            _ => Err(Failure::new(header.name, "not a regular file: the header has to be kept")),
        }
    }

    /// Looks for a file in `folder` itself, under a name that somebody else has chosen. So there
    /// must be a regular file, or nothing: a symbolic link is not followed, wherever it leads.
    pub(crate) fn find_in(folder: &Path, stored: &StoredName) -> Result<Self, Failure> {
        let path = folder.join(stored.as_str());
        let name = path.display().to_string();
        let (existing, id) = match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_file() => {
                let id = FileId::of(&metadata);
                (Some(metadata), id)
            }
            Ok(_) => {
                return Err(Failure::new(
                    name,
                    "is there, and no regular file: give OUT in the place of --restore-name",
                ));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => (None, None),
            Err(error) => return Err(Failure::io(name, &error)),
        };
        Ok(Self { name, role: "FOLDER", kind: Kind::File { path, existing }, id })
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

    /// Returns whether this is the regular file `id`, which can stay as it is until a new one takes
    /// its place.
    pub(crate) fn is_file(&self, id: Option<FileId>) -> bool {
        matches!(self.kind, Kind::File { .. }) && self.id.is_some() && self.id == id
    }

    /// Makes sure, as far as that can be known, that this can be written. `force` allows to replace
    /// a file.
    pub(crate) fn prepare(self, content: Content, force: bool) -> Result<Prepared, Failure> {
        let Self { name, role, kind, .. } = self;
        let way = match kind {
            Kind::Open(stream) => Way::Open(stream),
            Kind::Special(path) => {
                #[cfg(unix)]
                rustix::fs::access(&path, rustix::fs::Access::WRITE_OK)
                    .map_err(|error| Failure::io(&name, &error.into()))?;
                Way::Special(path)
            }
            Kind::File { path, existing: None } => Way::New(Replacement::new(&name, path, content)?),
            Kind::File { path, existing: Some(old) } if force => {
                Way::New(Replacement::over(&name, path, FileState::of(&old), content)?)
            }
            Kind::File { .. } => {
                let reason = format_args!("already exists: choose another {role}, or replace it with --force");
                return Err(Failure::new(name, reason));
            }
        };
        Ok(Prepared { name, way })
    }

    /// Does what [`prepare`](Self::prepare) does, for a file that is read and changed.
    pub(crate) fn prepare_in_place(self) -> Result<Prepared, Failure> {
        match self {
            Self { name, kind: Kind::File { path, existing: Some(_) }, .. } => {
                Ok(Prepared { way: Way::New(Replacement::in_place(&name, path)?), name })
            }
            other => other.prepare(Content::Public, false),
        }
    }
}

/// Where a command can begin to write once it has something.
pub(crate) struct Prepared {
    name: String,
    way: Way,
}

enum Way {
    Open(standard::Output),
    Special(PathBuf),
    New(Replacement),
}

impl Prepared {
    /// Begins to write. With a named pipe, waits for its reader.
    pub(crate) fn begin(self) -> Result<Output, Failure> {
        let Self { name, way } = self;
        match way {
            Way::Open(stream) => Ok(Output::stream(name, stream)),
            Way::Special(path) => match File::options().write(true).open(path) {
                Ok(file) => Ok(Output::file(name, file)),
                Err(error) => Err(Failure::io(name, &error)),
            },
            Way::New(replacement) => Ok(Output::replacement(name, replacement)),
        }
    }
}

/// Returns the stream behind `path`, the name of a descriptor.
#[cfg(unix)]
fn open_again(name: &str, path: &Path) -> Result<Kind, Failure> {
    let fail = |error| Failure::io(name, &error);
    match descriptor::duplicate(path).map_err(fail)? {
        Some(file) => standard::writable(file).map(Kind::Open).map_err(fail),
        // Pipes and terminals have no position to get wrong.
        None if !path.is_file() => Ok(Kind::Special(path.into())),
        None => Err(Failure::new(name, "a file that another program has open: name the file itself, or -")),
    }
}
