//! Who may read and write the files that this program makes.

#[cfg(unix)]
use std::{
    fs::{File, Permissions},
    io,
    path::Path,
};

/// What a file holds, which decides about its permissions.
#[derive(Clone, Copy)]
pub(crate) enum Content {
    /// Plaintext or a private key, for its owner alone.
    Secret,
    /// An envelope, a part of one or a public key, for whom the umask allows.
    Public,
}

#[cfg(unix)]
impl Content {
    /// Returns the permissions of a new file in `directory` that holds this.
    pub(crate) fn permissions(self, directory: &Path) -> io::Result<Permissions> {
        use std::os::unix::fs::PermissionsExt;
        match self {
            Self::Secret => Ok(Permissions::from_mode(0o600)),
            Self::Public => of_new_file(directory),
        }
    }
}

/// Returns the permissions of a new file by trying. The umask is not the whole answer: where a
/// directory has a default access list, that takes its place.
#[cfg(unix)]
fn of_new_file(directory: &Path) -> io::Result<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    // A file without a name, on file systems that have such files.
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::TMPFILE.bits().cast_signed();
        let nameless = File::options().write(true).mode(0o666).custom_flags(flags).open(directory);
        if let Ok(file) = nameless {
            return Ok(file.metadata()?.permissions());
        }
    }
    let _not_left_behind = crate::cleanup::leftovers();
    let mut builder = tempfile::Builder::new();
    let file = builder.permissions(Permissions::from_mode(0o666)).tempfile_in(directory)?;
    Ok(file.as_file().metadata()?.permissions())
}

/// Gives `new` the owner, the group and the access list of `old`, and returns the permissions that
/// it still needs. They are without special bits, which were given to the old content.
///
/// # Errors
///
/// What could not be kept.
#[cfg(unix)]
pub(crate) fn keep(old: &File, new: &File) -> Result<Permissions, &'static str> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let [from, to] = [old.metadata().map_err(|_| "its mode")?, new.metadata().map_err(|_| "its mode")?];
    if from.uid() != to.uid() {
        fchown(new, Some(from.uid()), None).map_err(|_| "its owner")?;
    }
    if from.gid() != to.gid() {
        fchown(new, None, Some(from.gid())).map_err(|_| "its group")?;
    }
    #[cfg(target_os = "linux")]
    keep_access_list(old, new).map_err(|_| "its access list (ACL)")?;
    // The list has widened it. It is for its owner alone until it is complete.
    new.set_permissions(Permissions::from_mode(0o600)).map_err(|_| "its mode")?;
    Ok(Permissions::from_mode(from.mode() & 0o777))
}

#[cfg(target_os = "linux")]
fn keep_access_list(old: &File, new: &File) -> rustix::io::Result<()> {
    use rustix::fs::{XattrFlags, fgetxattr, fremovexattr, fsetxattr};
    use rustix::io::Errno;
    // No attribute is longer.
    let mut list = vec![0; 64 << 10];
    match fgetxattr(old, ACCESS_LIST, &mut list[..]) {
        Ok(len) => fsetxattr(new, ACCESS_LIST, &list[..len], XattrFlags::empty()),
        // It has none, but the new one may have got that of the directory.
        Err(Errno::NODATA | Errno::OPNOTSUPP) => match fremovexattr(new, ACCESS_LIST) {
            Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(()),
            removed => removed,
        },
        Err(error) => Err(error),
    }
}

#[cfg(target_os = "linux")]
const ACCESS_LIST: &str = "system.posix_acl_access";
