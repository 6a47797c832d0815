//! Salts of bodies and streams.

use rand_core::Rng;

use crate::crypto::{RandomnessError, SystemRng};
use crate::format::SALT_LEN;

/// Draws the salt of one body or stream.
pub(super) fn draw_salt() -> Result<[u8; SALT_LEN], RandomnessError> {
    let mut rng = SystemRng::new();
    let mut salt = [0; SALT_LEN];
    rng.fill_bytes(&mut salt);
    rng.check()?;
    Ok(salt)
}
