//! An error that a stream cannot recover from, to be reported again by every later call.

use alloc::string::{String, ToString};
use std::io;

use crate::error::{DecryptError, EncryptError};

/// The first fatal error of a stream, in a form that can be repeated.
#[derive(Debug, Default)]
pub(super) struct Poison(Option<Cause>);

#[derive(Debug)]
enum Cause {
    Decrypt(DecryptError),
    Encrypt(EncryptError),
    Io { kind: io::ErrorKind, message: String },
}

impl Poison {
    /// Fails where the stream has failed before.
    pub(super) fn check(&self) -> io::Result<()> {
        match &self.0 {
            None => Ok(()),
            Some(Cause::Decrypt(error)) => Err(error.clone().into()),
            Some(Cause::Encrypt(error)) => Err(error.clone().into()),
            Some(Cause::Io { kind, message }) => {
                Err(io::Error::new(*kind, alloc::format!("the stream failed earlier: {message}")))
            }
        }
    }

    /// Passes `result` on and remembers its error, unless the same call can be made again.
    pub(super) fn watch<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
        {
            let inner = error.get_ref();
            let decrypt = inner.and_then(|inner| inner.downcast_ref::<DecryptError>());
            let encrypt = inner.and_then(|inner| inner.downcast_ref::<EncryptError>());
            self.0 = Some(match (decrypt, encrypt) {
                (Some(error), _) => Cause::Decrypt(error.clone()),
                (_, Some(error)) => Cause::Encrypt(error.clone()),
                _ => Cause::Io { kind: error.kind(), message: error.to_string() },
            });
        }
        result
    }
}
