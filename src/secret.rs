//! Secret bytes: wiped when dropped, never printed, compared or cloned.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zeroize::{Zeroize, Zeroizing};

/// The content key of one envelope: 32 bytes from which every other key is derived (SPEC §4).
///
/// You hold one only if you implement [`Recipient`](crate::Recipient) or
/// [`Identity`](crate::Identity), or unwrap keys yourself. It is wiped from memory when dropped.
///
/// # Security
///
/// Anyone who knows the content key can read the envelope and alter it unnoticed. A content key
/// must come from a cryptographically secure generator and must be used for one envelope only.
///
/// Moving a `ContentKey` leaves no copy of it behind.
pub struct ContentKey(
    // On the heap: what is moved on the stack leaves copies there, which then end up in whatever is
    // built on top of them.
    Box<Secret<32>>,
);

impl ContentKey {
    /// Creates a content key from the bytes that were unwrapped. To wipe the caller's copy is left
    /// to the caller.
    #[must_use]
    pub fn from_bytes(mut bytes: [u8; 32]) -> Self {
        let mut key = Self::zero();
        key.expose_mut().copy_from_slice(&bytes);
        bytes.zeroize();
        key
    }

    /// Zeros, to be filled in place.
    pub(crate) fn zero() -> Self {
        Self(Box::new(Secret::zero()))
    }

    pub(crate) fn expose_mut(&mut self) -> &mut [u8; 32] {
        self.0.expose_mut()
    }

    /// Copies the bytes that were unwrapped. Returns `None` unless there are 32. The original is
    /// not wiped: that is left to the caller.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; 32] = bytes.try_into().ok()?;
        let mut key = Self::zero();
        key.expose_mut().copy_from_slice(bytes);
        Some(key)
    }

    /// Returns the 32 bytes, to wrap them for a recipient.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentKey(redacted)")
    }
}

/// An unencrypted private key as PEM text. Wiped from memory when dropped.
pub struct SecretPem(Zeroizing<String>);

impl SecretPem {
    pub(crate) fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// Returns the text, with LF as the line end. Write it only to files that nobody but their
    /// owner can read.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretPem(redacted)")
    }
}

/// An unencrypted private key as DER. Wiped from memory when dropped.
pub struct SecretDer(Zeroizing<Vec<u8>>);

impl SecretDer {
    pub(crate) fn new(der: Zeroizing<Vec<u8>>) -> Self {
        Self(der)
    }

    /// Returns the bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretDer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDer(redacted)")
    }
}

/// A derived key of `N` bytes.
pub(crate) struct Secret<const N: usize>(Zeroizing<[u8; N]>);

impl<const N: usize> Secret<N> {
    pub(crate) fn new(bytes: [u8; N]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Creates a secret of zeros. Filling it in place leaves no copy of the secret on the stack.
    pub(crate) fn zero() -> Self {
        Self::new([0; N])
    }

    pub(crate) fn expose(&self) -> &[u8; N] {
        &self.0
    }

    pub(crate) fn expose_mut(&mut self) -> &mut [u8; N] {
        &mut self.0
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret<{N}>(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn debug_output_holds_no_key_bytes() {
        let key = ContentKey::from_bytes([0xA7; 32]);
        let text = format!("{key:?} {:?}", key.0);
        assert_eq!(text, "ContentKey(redacted) Secret<32>(redacted)");
    }
}
