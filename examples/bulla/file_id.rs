//! Recognising one file under two names.

use std::fs::Metadata;

/// A regular file, whatever it is called.
#[cfg(unix)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId {
    device: u64,
    inode: u64,
}

#[cfg(unix)]
impl FileId {
    /// `None` for anything but a regular file: to read and to write one device is all right.
    pub(crate) fn of(metadata: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        metadata.is_file().then(|| Self { device: metadata.dev(), inode: metadata.ino() })
    }

    /// The file that the shell connected to a standard stream, if it did.
    pub(crate) fn of_stream(stream: &impl std::os::fd::AsFd) -> Option<Self> {
        let file = std::fs::File::from(stream.as_fd().try_clone_to_owned().ok()?);
        Self::of(&file.metadata().ok()?)
    }
}

/// Elsewhere the standard library cannot tell. Files are replaced as a whole, so that nothing is lost there either.
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
