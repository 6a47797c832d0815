//! Rotates keys: wraps the content key for new recipients and leaves the body as it is.

use std::error::Error;

use bulla::keys::KeySize;
use bulla::{Header, Limits, Opener, Rewrapper, RsaIdentity};

fn main() -> Result<(), Box<dyn Error>> {
    let old = RsaIdentity::generate(KeySize::Rsa3072)?;
    let new = RsaIdentity::generate(KeySize::Rsa3072)?;
    let envelope = bulla::seal(old.recipient(), &[7; 100_000])?;

    // Keep nobody, then add everyone. This drops anonymous records, and can be repeated.
    let changes = Rewrapper::new().keep_only([]).add_recipient(new.recipient());
    let (header, body) = Header::split(&envelope, &Limits::default())?;
    let changed = changes.rewrap(&Opener::new(&old).open_header(&header)?)?;
    let rotated = [changed.as_bytes(), body].concat();

    assert_eq!(bulla::open(&new, &rotated)?, [7; 100_000]);
    assert!(bulla::open(&old, &rotated).is_err());
    // This revokes nothing: the old key opens any copy of the old header, and the body.
    assert_eq!(bulla::open(&old, &envelope)?, [7; 100_000]);
    Ok(())
}
