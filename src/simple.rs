//! One recipient, one identity, everything in memory.

use alloc::vec::Vec;

use crate::envelope::{Opener, Sealer};
use crate::error::{OpenError, SealError};
use crate::recipient::{Identity, Recipient};

/// Seals `plaintext` to `recipient`. For everything else there is [`Sealer`].
///
/// # Errors
///
/// [`SealError`]; nothing was sealed.
///
/// # Examples
///
/// ```
/// use bulla::RsaIdentity;
///
/// let identity = RsaIdentity::from_pem(include_str!("../tests/keys/rsa3072.pem"))?;
/// let sealed = bulla::seal(identity.recipient(), b"hello")?;
/// assert_eq!(bulla::open(&identity, &sealed)?, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn seal(recipient: impl Recipient, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
    Sealer::new(recipient).seal(plaintext)
}

/// Opens `envelope` with `identity`: all of it or nothing. For everything else there is [`Opener`].
///
/// # Errors
///
/// [`OpenError`]; no plaintext is released.
pub fn open(identity: impl Identity, envelope: &[u8]) -> Result<Vec<u8>, OpenError> {
    Opener::new(identity).open(envelope)
}
