//! Errors of keys that are held elsewhere.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::error::Error;
use core::fmt;

/// A [`Recipient`](crate::Recipient) could not wrap a content key. [`source`](Error::source)
/// returns the cause.
///
/// Two values are equal if one is a clone of the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrapError(Cause);

impl WrapError {
    /// Creates the error from its cause, which must not contain secrets.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Cause(cause.into().into()))
    }
}

impl fmt::Display for WrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a recipient could not wrap the content key")
    }
}

impl Error for WrapError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0.0)
    }
}

/// An [`Identity`](crate::Identity) failed for its own reasons: the device is absent, the service
/// did not answer, access was denied. [`source`](Error::source) returns the cause.
///
/// If a ciphertext does not decrypt, that is `Ok(None)` and never this error. Two values are equal
/// if one is a clone of the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnwrapError(Cause);

impl UnwrapError {
    /// Creates the error from its cause, which must not contain secrets.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Cause(cause.into().into()))
    }
}

impl fmt::Display for UnwrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an identity could not unwrap the content key")
    }
}

impl Error for UnwrapError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0.0)
    }
}

/// A [`Signer`](crate::Signer) could not sign: the device is absent, access was denied, or what it
/// returned does not verify. [`source`](Error::source) returns the cause. Whether a retry can help,
/// the cause tells.
///
/// Two values are equal if one is a clone of the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignError(Cause);

impl SignError {
    /// Creates the error from its cause, which must not contain secrets.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Cause(cause.into().into()))
    }
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a signer could not sign")
    }
}

impl Error for SignError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0.0)
    }
}

/// A foreign error, which need not be `Clone` or `PartialEq`. Shared, so that ours can be both.
#[derive(Clone, Debug)]
struct Cause(Arc<dyn Error + Send + Sync>);

impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Cause {}
