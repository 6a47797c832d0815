//! The one line that a failed command prints at its end.

use std::fmt::{self, Display};
use std::io::{self, Write};

use crate::text::Printable;

/// What is wrong, and with which file.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// Says that `reason` is wrong with `name`.
    pub(crate) fn new(name: impl Display, reason: impl Display) -> Self {
        Self(format!("{name}: {reason}"))
    }

    /// Says that the system refused an operation on `name`.
    pub(crate) fn io(name: impl Display, error: &io::Error) -> Self {
        Self::new(name, Words(error))
    }
}

impl Display for Failure {
    /// Always one line, whatever characters the names of files hold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printable(&self.0).fmt(f)
    }
}

/// Says something of `name` that is no failure, in one line on standard error.
pub(crate) fn note(name: impl Display, text: impl Display) {
    // What cannot be told is no reason to fail.
    let _ = io::stderr().write_all(format!("bulla: {}\n", Failure::new(name, text)).as_bytes());
}

/// Returns an error of the system in better words and without its number, if we have such words.
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
