//! A file that appears whole or not at all.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// What shall become the content of a file. Dropped before [`commit`](Self::commit), it leaves nothing behind.
pub(crate) struct Replacement {
    temporary: NamedTempFile,
    path: PathBuf,
    /// The file that is in its place now.
    existing: Option<Metadata>,
}

impl Replacement {
    /// Makes a file in the directory of `path`: on the same file system, so that it can be renamed.
    pub(crate) fn begin(path: PathBuf, existing: Option<Metadata>) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".bulla-").suffix(".tmp");
        #[cfg(unix)]
        {
            use std::fs::Permissions;
            use std::os::unix::fs::PermissionsExt;
            // Never open to more people than the file in its place, not even for a moment. The umask applies.
            let mode = existing.as_ref().map_or(0o666, |existing| existing.permissions().mode() & 0o777);
            builder.permissions(Permissions::from_mode(mode));
        }
        let temporary = builder.tempfile_in(directory_of(&path))?;
        Ok(Self { temporary, path, existing })
    }

    /// Where to write the content.
    pub(crate) fn file(&mut self) -> &mut File {
        self.temporary.as_file_mut()
    }

    /// Gives it the permissions of the file that is in its place now, and brings it to the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let file = self.temporary.as_file();
        if let Some(existing) = &self.existing {
            #[cfg(unix)]
            {
                use std::os::unix::fs::{MetadataExt, fchown};
                // Only an administrator can give a file away; everyone else's stays their own.
                let _ = fchown(file, Some(existing.uid()), Some(existing.gid()));
            }
            file.set_permissions(existing.permissions())?;
        }
        file.sync_all()
    }

    /// Puts the content in its place once it has reached the disk, with the permissions of the file that was there.
    pub(crate) fn commit(self) -> io::Result<()> {
        self.sync()?;
        let Self { temporary, path, .. } = self;
        temporary.persist(&path).map_err(|error| error.error)?;
        // The content is safe by now; not every file system can sync the name as well.
        if let Ok(directory) = File::open(directory_of(&path)) {
            let _ = directory.sync_all();
        }
        Ok(())
    }
}

/// The directory that the last part of `path` is in.
pub(crate) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
