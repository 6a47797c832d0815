//! Keeps the header in one file and the body in another.

use std::error::Error;
use std::fs::{self, File};
use std::io::{Read, Write};

use bulla::keys::KeySize;
use bulla::{Header, Limits, Opener, RsaIdentity, Sealer};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let header_path = folder.path().join("header");
    let body_path = folder.path().join("body");
    let identity = RsaIdentity::generate(KeySize::Rsa3072)?;

    let (header, body) = Sealer::new(identity.recipient()).start()?.into_parts();
    fs::write(&header_path, header.as_bytes())?; // without it nobody can open the body
    let mut writer = body.wrap_output(File::create_new(&body_path)?);
    writer.write_all(b"hello")?;
    writer.finish()?.sync_all()?;

    let header = Header::parse(&fs::read(&header_path)?, &Limits::default())?;
    let opened = Opener::new(identity).open_header(&header)?;
    let mut reader = opened.wrap_input(File::open(&body_path)?);
    let mut plaintext = String::new();
    reader.read_to_string(&mut plaintext)?; // to its end: the whole body has verified
    assert_eq!(plaintext, "hello");
    Ok(())
}
