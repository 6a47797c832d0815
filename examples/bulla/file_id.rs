//! Recognises one file under two names.

use std::fs::Metadata;

/// The identity of a regular file, whatever its name.
#[cfg(unix)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId {
    device: u64,
    inode: u64,
}

#[cfg(unix)]
impl FileId {
    /// Returns `None` for anything but a regular file, because reading and writing one device is
    /// allowed.
    pub(crate) fn of(metadata: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        metadata.is_file().then(|| Self { device: metadata.dev(), inode: metadata.ino() })
    }

    /// Returns the file that the shell has connected to a standard stream, if any.
    pub(crate) fn of_stream(stream: &impl std::os::fd::AsFd) -> Option<Self> {
        let file = std::fs::File::from(stream.as_fd().try_clone_to_owned().ok()?);
        Self::of(&file.metadata().ok()?)
    }
}

/// On other systems the standard library cannot tell. Nothing is lost there either, because files
/// are replaced as a whole.
#[cfg(not(unix))]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileId {}

#[cfg(not(unix))]
impl FileId {
    pub(crate) fn of(_: &Metadata) -> Option<Self> {
        None
    }

    pub(crate) fn of_stream<T>(_: &T) -> Option<Self> {
        None
    }
}
