//! A file that appears whole or not at all.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cleanup;
use crate::failure::Failure;
use crate::file_state::FileState;
use crate::permissions::Content;

/// The future content of a file, which is its owner's alone until it is complete. If it is dropped
/// before it is [put in place](put_in_place), or a signal ends the program, it leaves nothing
/// behind.
pub(crate) struct Replacement {
    name: String,
    temporary: NamedTempFile,
    path: PathBuf,
    /// What is at `path` and will be replaced, unless it changes until then.
    old: Option<FileState>,
    /// Keeps other programs like this one from changing the old file.
    _lock: Option<File>,
    permissions: Option<Permissions>,
}

impl Replacement {
    /// Begins a file for `path`, where nothing is. `name` is its name in messages.
    pub(crate) fn new(name: &str, path: PathBuf, content: Content) -> Result<Self, Failure> {
        let directory = directory_of(&path);
        if !directory.is_dir() {
            return Err(Failure::new(name, "the directory to write it to does not exist"));
        }
        check_takes_names_back(name, directory)?;
        let begin = || {
            let temporary = temporary_in(directory)?;
            #[cfg(unix)]
            let permissions = Some(content.permissions(directory)?);
            #[cfg(not(unix))]
            let permissions = None;
            #[cfg(not(unix))]
            let _ = content;
            Ok((temporary, permissions))
        };
        let (temporary, permissions) = begin().map_err(|error: io::Error| match error.kind() {
            // Such as a descriptor that is not open.
            io::ErrorKind::NotFound => Failure::io(name, &error),
            _ => Failure::io(format_args!("{name}: no file can be made in its directory"), &error),
        })?;
        Ok(Self { name: name.into(), temporary, path, old: None, _lock: None, permissions })
    }

    /// Begins a new file that takes the place of `old`.
    pub(crate) fn over(name: &str, path: PathBuf, old: FileState, content: Content) -> Result<Self, Failure> {
        check_can_be_replaced(name, &path)?;
        Ok(Self { old: Some(old), ..Self::new(name, path, content)? })
    }

    /// Begins the changed form of the file at `path`, which keeps owner, group and permissions.
    /// Nobody else can do so at the same time.
    pub(crate) fn in_place(name: &str, path: PathBuf) -> Result<Self, Failure> {
        let open = || {
            // Replacing a file works even if it is read-only, so check that it is not.
            let file = File::options().read(true).write(true).open(&path)?;
            let state = FileState::of(&file.metadata()?);
            Ok((file, state))
        };
        let (file, state) = open().map_err(|error| Failure::io(name, &error))?;
        match file.try_lock() {
            Err(fs::TryLockError::WouldBlock) => {
                return Err(Failure::new(name, "is being changed by another rewrap: wait for its end, then try again"));
            }
            // Not every file system has locks. That the file is still the same is checked anyway.
            Ok(()) | Err(fs::TryLockError::Error(_)) => {}
        }
        let replacement = Self::over(name, path, state, Content::Secret)?;
        // The one that had the lock before may have replaced it.
        replacement.check_old()?;
        #[cfg(unix)]
        let permissions = crate::permissions::keep(&file, replacement.temporary.as_file()).map_err(|what| {
            Failure::new(name, format_args!("{what} could not be kept: choose another OUT, and replace it yourself"))
        })?;
        #[cfg(unix)]
        let replacement = Self { permissions: Some(permissions), ..replacement };
        Ok(Self { _lock: Some(file), ..replacement })
    }

    /// Returns the file to write the content to.
    pub(crate) fn file(&mut self) -> &mut File {
        self.temporary.as_file_mut()
    }

    /// Writes all of `content`.
    pub(crate) fn write(&mut self, content: &str) -> Result<(), Failure> {
        self.file().write_all(content.as_bytes()).map_err(|error| Failure::io(&self.name, &error))
    }

    /// Syncs the content to the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.temporary.as_file().sync_all()
    }

    /// Fails if the path does not lead to the old file any more, or that has changed.
    fn check_old(&self) -> Result<(), Failure> {
        let now = fs::symlink_metadata(&self.path).ok().as_ref().map(FileState::of);
        match self.old {
            Some(_) if now != self.old => Err(changed_meanwhile(&self.name)),
            _ => Ok(()),
        }
    }

    fn finish(&self) -> Result<(), Failure> {
        let finish = || {
            let file = self.temporary.as_file();
            if let Some(permissions) = &self.permissions {
                file.set_permissions(permissions.clone())?;
            }
            file.sync_all()
        };
        finish().map_err(|error| Failure::io(&self.name, &error))
    }

    /// Renames the file, and returns its path if nothing had that before.
    fn rename(self) -> Result<Option<PathBuf>, Failure> {
        let Self { name, temporary, path, old, .. } = self;
        let renamed = match old {
            Some(_) => temporary.persist(&path),
            None => temporary.persist_noclobber(&path),
        };
        match renamed {
            Ok(_) => Ok(old.is_none().then_some(path)),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Failure::new(name, "appeared while this program was at work, and stays as it is: try again"))
            }
            Err(error) => Err(Failure::io(name, &error.error)),
        }
    }
}

/// Gives several complete files their names: all of them, or, as far as that is possible, none.
pub(crate) fn put_in_place(replacements: Vec<Replacement>) -> Result<(), Failure> {
    replacements.iter().try_for_each(Replacement::finish)?;
    let directories: Vec<_> = replacements.iter().map(|one| directory_of(&one.path).to_path_buf()).collect();

    let no_signal = cleanup::leftovers();
    replacements.iter().try_for_each(Replacement::check_old)?;
    let mut new = Vec::new();
    for replacement in replacements {
        match replacement.rename() {
            Ok(path) => new.extend(path),
            Err(failure) => {
                // An error here is ignored: the one that made these files useless is reported.
                new.iter().for_each(|path| drop(fs::remove_file(path)));
                return Err(failure);
            }
        }
    }
    drop(no_signal);

    for directory in directories {
        // The content is safe by now. The name is not, but not every file system can sync a
        // directory.
        let _ = File::open(directory).and_then(|directory| directory.sync_all());
    }
    Ok(())
}

/// Says that what was at OUT is not there any more, and that what is there now is not replaced.
pub(crate) fn changed_meanwhile(name: &str) -> Failure {
    Failure::new(name, "changed while this program was at work, and stays as it is: try again")
}

/// Returns the directory that holds the last part of `path`.
pub(crate) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a file for its owner alone. In the directory of its future name it is on the same file
/// system, so it can be renamed.
fn temporary_in(directory: &Path) -> io::Result<NamedTempFile> {
    let mut leftovers = cleanup::watched()?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".bulla-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600));
    let temporary = builder.tempfile_in(directory)?;
    leftovers.push(temporary.path().into());
    Ok(temporary)
}

/// Fails if no name could be removed from `directory` again. A new file could be made there, but
/// neither renamed nor removed.
fn check_takes_names_back(name: &str, directory: &Path) -> Result<(), Failure> {
    #[cfg(target_os = "linux")]
    if attributes(directory).contains(rustix::fs::StatxAttributes::APPEND) {
        return Err(Failure::new(name, "its directory is append-only: no file can be renamed there"));
    }
    let _ = (name, directory);
    Ok(())
}

/// Fails if the file at `path` could not be replaced by renaming another one.
fn check_can_be_replaced(name: &str, path: &Path) -> Result<(), Failure> {
    #[cfg(target_os = "linux")]
    if attributes(path).contains(rustix::fs::StatxAttributes::MOUNT_ROOT) {
        return Err(Failure::new(name, "cannot be replaced: it is a mount point; choose another OUT"));
    }
    // A file is no directory and is not removed as one. But before the system says so, it says
    // whether this user may remove the name at all.
    #[cfg(unix)]
    if fs::remove_dir(path).is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied) {
        let reason = "cannot be replaced: its directory is read-only, or the file is somebody else's in a sticky \
                      directory, or immutable";
        return Err(Failure::new(name, reason));
    }
    let _ = (name, path);
    Ok(())
}

#[cfg(target_os = "linux")]
fn attributes(path: &Path) -> rustix::fs::StatxAttributes {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    let found = statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty());
    found.map_or(StatxAttributes::empty(), |found| found.stx_attributes)
}
