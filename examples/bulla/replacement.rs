//! A file that appears whole or not at all.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// The future content of a file. If it is dropped before [`commit`](Self::commit), it leaves
/// nothing behind.
pub(crate) struct Replacement {
    temporary: NamedTempFile,
    path: PathBuf,
    /// The file that it will replace, if there is one.
    existing: Option<Metadata>,
}

impl Replacement {
    /// Makes a temporary file in the directory of `path`. There it is on the same file system, so
    /// it can be renamed.
    pub(crate) fn begin(path: PathBuf, existing: Option<Metadata>) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".bulla-").suffix(".tmp");
        #[cfg(unix)]
        {
            use std::fs::Permissions;
            use std::os::unix::fs::PermissionsExt;
            // At no moment can more people open it than the file that it replaces. The umask
            // applies.
            let mode = existing.as_ref().map_or(0o666, |existing| existing.permissions().mode() & 0o777);
            builder.permissions(Permissions::from_mode(mode));
        }
        let temporary = builder.tempfile_in(directory_of(&path))?;
        Ok(Self { temporary, path, existing })
    }

    /// Returns the file to write the content to.
    pub(crate) fn file(&mut self) -> &mut File {
        self.temporary.as_file_mut()
    }

    /// Gives the content the permissions of the file that it replaces, and syncs it to the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let file = self.temporary.as_file();
        if let Some(existing) = &self.existing {
            #[cfg(unix)]
            {
                use std::os::unix::fs::{MetadataExt, fchown};
                // Only an administrator can give a file away. For everyone else, the file stays
                // their own.
                let _ = fchown(file, Some(existing.uid()), Some(existing.gid()));
            }
            file.set_permissions(existing.permissions())?;
        }
        file.sync_all()
    }

    /// Syncs the content, and then renames it to its place.
    pub(crate) fn commit(self) -> io::Result<()> {
        self.sync()?;
        let Self { temporary, path, .. } = self;
        temporary.persist(&path).map_err(|error| error.error)?;
        // The content is safe by now. The name is not, but not every file system can sync a
        // directory.
        if let Ok(directory) = File::open(directory_of(&path)) {
            let _ = directory.sync_all();
        }
        Ok(())
    }
}

/// Returns the directory that holds the last part of `path`.
pub(crate) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
