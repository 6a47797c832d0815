//! What makes a responder sure that a session is a new one.

use core::fmt;

use rand_core::Rng;

use crate::crypto::SystemRng;
use crate::error::OpenError;

/// 32 random bytes that a responder sends first, so that the session which answers them cannot be a
/// replay (SPEC §5.6).
///
/// Make one for each connection. It is used up when a header is opened.
#[derive(PartialEq, Eq)]
pub struct Challenge([u8; 32]);

impl Challenge {
    /// Length in bytes.
    pub const LEN: usize = 32;

    /// Draws a challenge.
    ///
    /// # Errors
    ///
    /// [`OpenError::Randomness`].
    pub fn new() -> Result<Self, OpenError> {
        let mut rng = SystemRng::new();
        let mut challenge = [0; Self::LEN];
        rng.fill_bytes(&mut challenge);
        rng.check()?;
        Ok(Self(challenge))
    }

    #[cfg(test)]
    pub(crate) fn of(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes to send. They are no secret.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Challenge")
    }
}
