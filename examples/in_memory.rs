//! Seals and opens many messages in memory with two buffers that are used again.
//!
//! Each envelope costs one RSA operation to seal and one to open. For small messages, see
//! `labelled`.

use std::error::Error;

use bulla::keys::KeySize;
use bulla::{Opener, RsaIdentity, Sealer};

fn main() -> Result<(), Box<dyn Error>> {
    let identity = RsaIdentity::generate(KeySize::Rsa3072)?;
    let sealer = Sealer::new(identity.recipient());
    let opener = Opener::new(identity);

    let (mut envelope, mut plaintext) = (Vec::new(), Vec::new());
    for number in 0..10_u8 {
        let message = [number; 50_000];
        // The number is bound to the envelope: no message can take the place of another.
        sealer.clone().aad(vec![number]).seal_into(&message, &mut envelope)?;
        opener.clone().aad(vec![number]).open_into(&envelope, &mut plaintext)?;
        assert_eq!(plaintext, message);
    }
    Ok(())
}
