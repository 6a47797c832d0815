//! An error that a stream cannot recover from, and that every later call reports again.

use alloc::string::{String, ToString};
use std::io;

#[cfg(feature = "armor")]
use crate::error::ArmorError;
use crate::error::{OpenError, SealError};

/// The first fatal error of a stream, in a form that can be repeated.
#[derive(Debug, Default)]
pub(super) struct Poison(Option<Cause>);

#[derive(Debug)]
enum Cause {
    Open(OpenError),
    Seal(SealError),
    #[cfg(feature = "armor")]
    Armor(ArmorError),
    Io {
        kind: io::ErrorKind,
        message: String,
    },
    /// A call is in progress. If the next call finds this, the inner stream panicked.
    Entered,
    /// The inner stream was moved, but not moved back.
    Lost,
}

impl Poison {
    /// Returns the earlier error, if the stream has failed before.
    pub(super) fn check(&self) -> io::Result<()> {
        match &self.0 {
            None => Ok(()),
            Some(Cause::Open(error)) => Err(error.clone().into()),
            Some(Cause::Seal(error)) => Err(error.clone().into()),
            #[cfg(feature = "armor")]
            Some(Cause::Armor(error)) => Err((*error).into()),
            Some(Cause::Io { kind, message }) => {
                Err(io::Error::new(*kind, alloc::format!("the stream failed earlier: {message}")))
            }
            Some(Cause::Entered) => Err(io::Error::other("the inner stream panicked earlier")),
            Some(Cause::Lost) => Err(io::Error::other("the position was lost when a seek failed")),
        }
    }

    /// Begins a call, unless the stream has failed before. It counts as failed until
    /// [`leave`](Self::leave), so a panic in between is final.
    pub(super) fn enter(&mut self) -> io::Result<()> {
        self.check()?;
        self.0 = Some(Cause::Entered);
        Ok(())
    }

    /// Ends a call: returns `result`, and remembers its error unless the same call can be made
    /// again.
    pub(super) fn leave<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        self.0 = match &result {
            Err(error) if !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                Some(Cause::of(error))
            }
            _ => None,
        };
        result
    }

    /// Makes reads fail while the inner stream is being moved. Returns the state before.
    pub(super) fn lose(&mut self) -> Self {
        Self(self.0.replace(Cause::Lost))
    }
}

impl Cause {
    fn of(error: &io::Error) -> Self {
        if let Some(inner) = error.get_ref() {
            if let Some(error) = inner.downcast_ref::<OpenError>() {
                return Self::Open(error.clone());
            }
            if let Some(error) = inner.downcast_ref::<SealError>() {
                return Self::Seal(error.clone());
            }
            #[cfg(feature = "armor")]
            if let Some(error) = inner.downcast_ref::<ArmorError>() {
                return Self::Armor(*error);
            }
        }
        Self::Io { kind: error.kind(), message: error.to_string() }
    }
}
