//! Opens an envelope whose metadata says which associated data it must be opened with.

use std::error::Error;

use bulla::keys::KeySize;
use bulla::{Header, Limits, Opener, RsaIdentity, Sealer};

/// What this program knows of an invoice, from its own books and not from the envelope.
fn expected(number: &[u8]) -> Option<&'static [u8]> {
    (number == b"invoice/42").then_some(b"Miller & Sons, 1,200.00")
}

fn main() -> Result<(), Box<dyn Error>> {
    let identity = RsaIdentity::generate(KeySize::Rsa3072)?;
    let sealer = Sealer::new(identity.recipient());
    let sealer = sealer.metadata(b"invoice/42").aad(b"Miller & Sons, 1,200.00");
    let envelope = sealer.seal(b"paid")?;

    let (header, body) = Header::split(&envelope, &Limits::default())?;
    // Not `header.unverified_metadata()`, which anyone may have made up.
    let opened = Opener::new(identity).open_header(&header)?;
    let aad = opened.metadata().and_then(expected).ok_or("unknown invoice")?;
    assert_eq!(opened.aad(aad).open(body)?, b"paid");
    Ok(())
}
