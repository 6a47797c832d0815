//! Notices that a file has changed.

use std::fs::Metadata;
use std::time::SystemTime;

use crate::file_id::FileId;

/// A file at one moment, as far as the system keeps account of changes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileState {
    pub(crate) id: Option<FileId>,
    len: u64,
    modified: Option<SystemTime>,
    /// When content or attributes were last changed. Unlike `modified`, nobody can set this.
    changed: (i64, i64),
    /// Number of names.
    links: u64,
}

impl FileState {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let (changed, links) = {
            use std::os::unix::fs::MetadataExt;
            ((metadata.ctime(), metadata.ctime_nsec()), metadata.nlink())
        };
        #[cfg(not(unix))]
        let (changed, links) = ((0, 0), 1);
        Self { id: FileId::of(metadata), len: metadata.len(), modified: metadata.modified().ok(), changed, links }
    }

    /// Returns whether the same content was there `before`, as far as that can be told.
    pub(crate) fn has_content_of(&self, before: &Self) -> bool {
        // A name that was removed, or given to another file, does not change the content. Whoever
        // does that believes it is read already.
        let is_same_moment = self.changed == before.changed || self.links < before.links;
        is_same_moment && (self.id, self.len, self.modified) == (before.id, before.len, before.modified)
    }
}
