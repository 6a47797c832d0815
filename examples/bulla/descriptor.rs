//! Names of files that are already open, such as `/dev/stdout`.
//!
//! Behind such a name may be any file, and the redirection that opened it decided how it is
//! written: `>>` appends. To replace or to reopen that file would be to ignore the decision.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::process::id;

use crate::replacement::directory_of;
#[cfg(unix)]
use crate::standard;

/// Where a path leads.
pub(crate) enum Target {
    /// To this path, which is no symbolic link. There may be nothing.
    Path(PathBuf),
    /// Through this name of a file descriptor.
    Descriptor(PathBuf),
}

/// Follows symbolic links from `path`. The last one may lead nowhere.
pub(crate) fn follow(path: &Path) -> io::Result<Target> {
    let mut path = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        let is_link = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink());
        if is_descriptor(&path, is_link) {
            return Ok(Target::Descriptor(path));
        }
        if !is_link {
            return Ok(Target::Path(path));
        }
        path = directory_of(&path).join(fs::read_link(&path)?);
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

/// Returns whether `path` itself names a descriptor. What counts is the file system, because a
/// directory of descriptors can be reached and mounted under any name.
///
/// The links of procfs are not those of other file systems: where they seem to lead is only a
/// description.
#[cfg(target_os = "linux")]
fn is_descriptor(path: &Path, is_link: bool) -> bool {
    let is_in_proc =
        || rustix::fs::statfs(directory_of(path)).is_ok_and(|fs| fs.f_type == rustix::fs::PROC_SUPER_MAGIC);
    // Directories (/proc/self, /proc/self/cwd) hold files like any other.
    is_link && !path.is_dir() && is_in_proc()
}

#[cfg(not(target_os = "linux"))]
fn is_descriptor(path: &Path, _: bool) -> bool {
    let directory = fs::canonicalize(directory_of(path));
    cfg!(unix) && directory.is_ok_and(|directory| directory == Path::new("/dev/fd")) && path.exists() && !path.is_dir()
}

/// Returns a duplicate of the descriptor that `name` names: what is written goes where the next
/// byte of the original would go. `Ok(None)` if it cannot be had.
#[cfg(unix)]
pub(crate) fn duplicate(name: &Path) -> io::Result<Option<fs::File>> {
    use std::os::unix::fs::MetadataExt;

    let target = fs::metadata(name)?;
    let file = match process_and_number(name) {
        Some((process, number @ 0..=2)) if process == id() => standard::stream(number)?,
        Some((process, number)) => match of_process(process, number) {
            Some(file) => file,
            None => return Ok(None),
        },
        None => return Ok(None),
    };
    let metadata = file.metadata()?;
    // Processes have other numbers in another namespace.
    let is_same = (metadata.dev(), metadata.ino()) == (target.dev(), target.ino());
    Ok(is_same.then_some(file))
}

/// Returns whether `path` leads to a standard stream that was closed when the program started.
pub(crate) fn is_closed(path: &Path) -> bool {
    #[cfg(unix)]
    if let Ok(Target::Descriptor(name)) = follow(path)
        && let Some((process, number @ 0..=2)) = process_and_number(&name)
    {
        return process == id() && standard::was_closed(number);
    }
    let _ = path;
    false
}

/// Returns whose descriptor `name` names, and its number.
#[cfg(unix)]
fn process_and_number(name: &Path) -> Option<(u32, i32)> {
    let number = name.file_name()?.to_str()?.parse().ok()?;
    // /proc/PID/fd or /proc/PID/task/TID/fd. The first thread has the number of its process.
    let directory = fs::canonicalize(directory_of(name)).ok()?;
    let process =
        if cfg!(target_os = "linux") { directory.parent()?.file_name()?.to_str()?.parse().ok()? } else { id() };
    Some((process, number))
}

#[cfg(target_os = "linux")]
fn of_process(process: u32, number: i32) -> Option<fs::File> {
    use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
    let process = pidfd_open(Pid::from_raw(process.cast_signed())?, PidfdFlags::empty()).ok()?;
    pidfd_getfd(process, number, PidfdGetfdFlags::empty()).ok().map(fs::File::from)
}

#[cfg(all(unix, not(target_os = "linux")))]
fn of_process(_: u32, _: i32) -> Option<fs::File> {
    None
}

/// The number that Linux follows.
const MAX_LINKS: usize = 40;
