//! Reads a few bytes from the middle of a sealed file. Several threads can do so at once.

use std::error::Error;
use std::fs::{self, File};

use bulla::keys::KeySize;
use bulla::{Opener, RsaIdentity};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let identity = RsaIdentity::generate(KeySize::Rsa3072)?;
    let plaintext: Vec<u8> = (0..=255).cycle().take(1_000_000).collect();
    let path = folder.path().join("sealed");
    fs::write(&path, bulla::seal(identity.recipient(), &plaintext)?)?;

    let reader = Opener::new(identity).wrap_input_at(File::open(&path)?)?;
    let mut piece = [0; 100];
    reader.read_exact_at(&mut piece, 500_000)?;
    assert_eq!(piece, plaintext[500_000..500_100]);

    // What was read is authentic, but only `len` shows that the file was not cut behind it.
    assert_eq!(reader.len()?, 1_000_000);
    Ok(())
}
