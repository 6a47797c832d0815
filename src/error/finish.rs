//! A writer that could not be finished.

use alloc::boxed::Box;
use core::error::Error;
use core::fmt;
use std::io;

/// An error of `finish`, with the writer that was not finished. After `WouldBlock` you can finish
/// the writer later; after any other error you can take its inner writer.
///
/// This type is not itself an [`Error`]: `?` turns it into the [`std::io::Error`] that it holds, in
/// functions that return [`std::io::Result`] and in those that return `Box<dyn Error>`, and drops
/// the writer. With another error type, write `finish().map_err(std::io::Error::from)?`.
pub struct FinishError<T>(Box<(io::Error, T)>);

impl<T> FinishError<T> {
    pub(crate) fn new(writer: T, error: io::Error) -> Self {
        Self(Box::new((error, writer)))
    }

    /// Returns what went wrong.
    pub fn error(&self) -> &io::Error {
        &self.0.0
    }

    /// Returns the writer that was not finished.
    pub fn into_writer(self) -> T {
        self.0.1
    }

    /// Returns what went wrong, and the writer that was not finished.
    pub fn into_parts(self) -> (io::Error, T) {
        *self.0
    }
}

impl<T> From<FinishError<T>> for io::Error {
    fn from(error: FinishError<T>) -> Self {
        error.0.0
    }
}

impl<T> fmt::Display for FinishError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error().fmt(f)
    }
}

impl<T> fmt::Debug for FinishError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FinishError").field("error", self.error()).finish_non_exhaustive()
    }
}

impl<T> From<FinishError<T>> for Box<dyn Error> {
    fn from(error: FinishError<T>) -> Self {
        io::Error::from(error).into()
    }
}

impl<T> From<FinishError<T>> for Box<dyn Error + Send + Sync> {
    fn from(error: FinishError<T>) -> Self {
        io::Error::from(error).into()
    }
}
