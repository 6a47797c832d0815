//! The one line that a failed command ends with.

use std::fmt::{self, Display};
use std::io;

use crate::text::Printable;

/// What is wrong, and with which file.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// `reason` is wrong with what is called `name`.
    pub(crate) fn new(name: impl Display, reason: impl Display) -> Self {
        Self(format!("{name}: {reason}"))
    }

    /// The system refused something to do with what is called `name`.
    pub(crate) fn io(name: impl Display, error: &io::Error) -> Self {
        Self::new(name, Words(error))
    }
}

impl Display for Failure {
    /// Always one line, whatever the names of the files.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printable(&self.0).fmt(f)
    }
}

/// An error of the system without its number, where there is a better word.
struct Words<'a>(&'a io::Error);

impl Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.kind() {
            io::ErrorKind::NotFound => "no such file or directory",
            io::ErrorKind::PermissionDenied => "permission denied",
            io::ErrorKind::AlreadyExists => "already exists",
            io::ErrorKind::IsADirectory => "is a directory",
            io::ErrorKind::NotADirectory => "a part of the path is not a directory",
            io::ErrorKind::BrokenPipe => "closed by its reader before everything was written",
            io::ErrorKind::StorageFull => "no space left on the device",
            io::ErrorKind::FileTooLarge => "file too large for the file system or the limit on file sizes",
            io::ErrorKind::QuotaExceeded => "disk quota exceeded",
            io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only",
            _ => return self.0.fmt(f),
        })
    }
}
