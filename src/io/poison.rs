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
    #[inline]
    pub(super) fn check(&self) -> io::Result<()> {
        self.0.as_ref().map_or(Ok(()), |cause| Err(cause.to_error()))
    }

    /// Begins a call, unless the stream has failed before. It counts as failed until
    /// [`leave`](Self::leave), so a panic in between is final.
    #[inline]
    pub(super) fn enter(&mut self) -> io::Result<()> {
        self.check()?;
        self.0 = Some(Cause::Entered);
        Ok(())
    }

    /// Ends a call: returns `result`, and remembers its error unless the same call can be made
    /// again.
    #[inline]
    pub(super) fn leave<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        self.0 = result.as_ref().err().and_then(Cause::unless_repeatable);
        result
    }

    /// Makes reads fail while the inner stream is being moved. Returns the state before.
    pub(super) fn lose(&mut self) -> Self {
        Self(self.0.replace(Cause::Lost))
    }
}

impl Cause {
    #[cold]
    fn to_error(&self) -> io::Error {
        match self {
            Self::Open(error) => error.clone().into(),
            Self::Seal(error) => error.clone().into(),
            #[cfg(feature = "armor")]
            Self::Armor(error) => (*error).into(),
            Self::Io { kind, message } => io::Error::new(*kind, alloc::format!("the stream failed earlier: {message}")),
            Self::Entered => io::Error::other("the inner stream panicked earlier"),
            Self::Lost => io::Error::other("the position was lost when a seek failed"),
        }
    }

    #[cold]
    fn unless_repeatable(error: &io::Error) -> Option<Self> {
        (!matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)).then(|| Self::of(error))
    }

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
