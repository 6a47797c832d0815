//! The standard streams, and how to notice that one is missing.

#[cfg(unix)]
use std::fs::File;
use std::io::{self, Write};
#[cfg(unix)]
use std::sync::atomic::Ordering;

use crate::failure::Failure;

/// Standard output without the buffer and the tolerance of [`io::Stdout`], which takes a descriptor
/// that cannot be written for one that swallows everything.
#[cfg(unix)]
pub(crate) type Output = File;
#[cfg(not(unix))]
pub(crate) type Output = io::Stdout;

/// Standard input without the buffer of [`io::Stdin`], which nobody wipes, and without its
/// tolerance.
#[cfg(unix)]
pub(crate) type Input = File;
#[cfg(not(unix))]
pub(crate) type Input = io::Stdin;

/// Returns standard input, or says why there is none.
#[cfg(unix)]
pub(crate) fn input() -> Result<Input, Failure> {
    if was_closed(0) {
        return Err(Failure::new(INPUT, NOTHING_TO_READ));
    }
    stream(0).map_err(|error| Failure::io(INPUT, &error))
}

#[cfg(not(unix))]
pub(crate) fn input() -> Result<Input, Failure> {
    Ok(io::stdin())
}

/// Returns standard output, or says why there is none.
#[cfg(unix)]
pub(crate) fn output() -> Result<Output, Failure> {
    stream(1).and_then(writable).map_err(|error| Failure::io(OUTPUT, &error))
}

#[cfg(not(unix))]
pub(crate) fn output() -> Result<Output, Failure> {
    Ok(io::stdout())
}

/// Writes all of a report to standard output.
pub(crate) fn print(report: &str) -> Result<(), Failure> {
    let mut output = output()?;
    let written = output.write_all(report.as_bytes()).and_then(|()| output.flush());
    written.map_err(|error| Failure::io(OUTPUT, &error))
}

/// Returns a duplicate of the standard stream with this number, 0 to 2.
///
/// # Errors
///
/// If there was none when the program started, or it cannot be duplicated.
#[cfg(unix)]
pub(crate) fn stream(number: i32) -> io::Result<File> {
    use std::os::fd::AsFd;
    if was_closed(number) {
        return Err(io::Error::other("is closed: there is nowhere to write"));
    }
    let duplicate = match number {
        0 => io::stdin().as_fd().try_clone_to_owned(),
        1 => io::stdout().as_fd().try_clone_to_owned(),
        _ => io::stderr().as_fd().try_clone_to_owned(),
    };
    duplicate.map(File::from)
}

/// Returns `file` if it is open for writing.
#[cfg(unix)]
pub(crate) fn writable(file: File) -> io::Result<File> {
    use rustix::fs::{OFlags, fcntl_getfl};
    if fcntl_getfl(&file)? & OFlags::RWMODE == OFlags::RDONLY {
        return Err(io::Error::other("is open for reading only: there is nowhere to write"));
    }
    Ok(file)
}

/// Returns whether there was no standard stream with this number when the program started.
#[cfg(unix)]
pub(crate) fn was_closed(number: i32) -> bool {
    let was_closed = match number {
        0 => &at_start::INPUT_CLOSED,
        1 => &at_start::OUTPUT_CLOSED,
        _ => &at_start::ERROR_CLOSED,
    };
    was_closed.load(Ordering::Relaxed)
}

#[cfg(not(unix))]
pub(crate) fn was_closed(_: i32) -> bool {
    false
}

/// What the standard streams were before the runtime put the null device in the place of closed
/// ones. There it would look like an empty file, and like one that takes everything. Nothing tells
/// it from the null device that a parent process gave us on purpose, so this looks earlier.
#[cfg(unix)]
mod at_start {
    use std::sync::atomic::{AtomicBool, Ordering};

    use rustix::fd::BorrowedFd;
    use rustix::stdio::{stderr, stdin, stdout};

    pub(super) static INPUT_CLOSED: AtomicBool = AtomicBool::new(false);
    pub(super) static OUTPUT_CLOSED: AtomicBool = AtomicBool::new(false);
    pub(super) static ERROR_CLOSED: AtomicBool = AtomicBool::new(false);

    // Runs before the runtime does, so it uses nothing of it: three system calls.
    ctor::declarative::ctor! {
        #[ctor(unsafe)]
        fn look() {
            let look = |stream: BorrowedFd<'_>| rustix::io::fcntl_getfd(stream).is_err();
            INPUT_CLOSED.store(look(stdin()), Ordering::Relaxed);
            OUTPUT_CLOSED.store(look(stdout()), Ordering::Relaxed);
            ERROR_CLOSED.store(look(stderr()), Ordering::Relaxed);
        }
    }
}

// Their names in messages.
pub(crate) const INPUT: &str = "standard input";
pub(crate) const OUTPUT: &str = "standard output";

/// Why a stream that was closed when the program started cannot be read.
pub(crate) const NOTHING_TO_READ: &str = "is closed: there is nothing to read";
