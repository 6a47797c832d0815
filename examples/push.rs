//! Opens an envelope that arrives in pieces, as an upload or an asynchronous stream does.

use std::error::Error;
use std::io::Write;

use bulla::keys::KeySize;
use bulla::{Opener, RsaIdentity};

fn main() -> Result<(), Box<dyn Error>> {
    let identity = RsaIdentity::generate(KeySize::Rsa3072)?;
    let upload = bulla::seal(identity.recipient(), &[7; 100_000])?;
    let mut plaintext = Vec::new(); // stands for where the plaintext goes

    let mut writer = Opener::new(identity).wrap_output(Vec::new());
    for piece in upload.chunks(1500) {
        writer.write_all(piece)?; // one of these calls costs the private-key operation
        // Authentic, but not yet complete: do nothing with it that cannot be undone.
        plaintext.append(writer.get_mut());
    }
    plaintext.append(&mut writer.finish()?); // fails if the upload was cut

    assert_eq!(plaintext, [7; 100_000]);
    Ok(())
}
