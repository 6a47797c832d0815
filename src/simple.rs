//! Sealing and opening in memory, with one recipient or one identity.

use alloc::vec::Vec;

use crate::envelope::{Opener, Sealer};
use crate::error::{OpenError, SealError};
use crate::recipient::{Identity, Recipient};

/// Seals `plaintext` to one recipient, in memory. For anything else, use [`Sealer`].
///
/// # Errors
///
/// [`SealError`] if the envelope cannot be sealed. Nothing is sealed.
///
/// # Examples
///
/// ```
/// use bulla::RsaIdentity;
///
/// let pem = include_str!("../tests/keys/rsa3072.pem");
/// let identity = RsaIdentity::from_pem(pem)?;
/// let sealed = bulla::seal(identity.recipient(), b"hello")?;
/// assert_eq!(bulla::open(&identity, &sealed)?, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn seal(recipient: impl Recipient, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
    Sealer::new(recipient).seal(plaintext)
}

/// Opens `envelope` with one identity, in memory, all or nothing. For anything else, use
/// [`Opener`].
///
/// # Errors
///
/// [`OpenError`] if the envelope cannot be opened. No plaintext is released.
pub fn open(identity: impl Identity, envelope: &[u8]) -> Result<Vec<u8>, OpenError> {
    Opener::new(identity).open(envelope)
}
