//! What a signal must not leave behind: temporary files and directories.

#[cfg(unix)]
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The paths to remove if a signal ends the program. One that is no longer there does no harm: the
/// names are random.
///
/// Whoever holds this is not disturbed by a signal. So it is held where a path is made and noted,
/// and where several are renamed.
pub(crate) type Leftovers = MutexGuard<'static, Vec<PathBuf>>;

/// Waits until no signal is being handled, in which case the program ends meanwhile.
pub(crate) fn leftovers() -> Leftovers {
    static LEFTOVERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
    LEFTOVERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does what [`leftovers`] does, for one who is about to add to them.
#[cfg(unix)]
pub(crate) fn watched() -> io::Result<Leftovers> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    static STARTED: Mutex<bool> = Mutex::new(false);
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    if !*started {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !is_ignored(*signal)))?;
        std::thread::Builder::new().spawn(move || {
            if let Some(signal) = signals.forever().next() {
                // Held to the end: what is gone now cannot be renamed any more.
                let paths = leftovers();
                paths.iter().for_each(|path| remove(path));
                // The program ends as if there had been nothing to do.
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        })?;
        *started = true;
    }
    Ok(leftovers())
}

#[cfg(not(unix))]
pub(crate) fn watched() -> io::Result<Leftovers> {
    Ok(leftovers())
}

/// Returns whether whoever started the program has this signal ignored, as `nohup` does. It must
/// stay so, but nothing safe asks the system for it.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(unix)]
fn remove(path: &std::path::Path) {
    // Nobody is left to hear of an error.
    if fs::remove_file(path).is_err() {
        let _ = fs::remove_dir_all(path);
    }
}
