//! Seals a file to another file, in constant memory whatever its size.

use std::error::Error;
use std::fs::{self, File};
use std::io;

use bulla::keys::KeySize;
use bulla::{RsaIdentity, RsaRecipient, Sealer};

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let identity = RsaIdentity::generate(KeySize::Rsa3072)?;
    let [key, plain, sealed] = ["key", "plain", "sealed"].map(|name| dir.path().join(name));
    fs::write(&key, identity.recipient().to_pem())?;
    fs::write(&plain, "line\n".repeat(20_000))?;

    let recipient = RsaRecipient::from_pem(fs::read(&key)?)?;
    let mut input = File::open(&plain)?;
    let output = File::create_new(&sealed)?;
    let mut writer = Sealer::new(recipient).wrap_output(output)?;
    io::copy(&mut input, &mut writer)?;
    // Without `finish` the last chunk is missing, and the envelope does not open.
    writer.finish()?.sync_all()?;

    assert_eq!(bulla::open(&identity, &fs::read(&sealed)?)?, fs::read(&plain)?);
    Ok(())
}
