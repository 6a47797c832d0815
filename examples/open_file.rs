//! Opens a file to a new file, in constant memory, and leaves no file behind if that fails.

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use bulla::keys::KeySize;
use bulla::{OpenReader, Opener, RsaIdentity};

fn open_file(opener: &Opener<'_>, sealed: &Path, plain: &Path) -> io::Result<()> {
    let reader = opener.wrap_input(File::open(sealed)?)?;
    let output = File::create_new(plain)?; // never over a file that is there already
    // A file that is left under this name is complete.
    copy(reader, output).inspect_err(|_| drop(fs::remove_file(plain)))
}

fn copy(mut reader: OpenReader<File>, mut output: File) -> io::Result<()> {
    io::copy(&mut reader, &mut output)?;
    reader.finish()?; // only now is the plaintext known to be complete
    output.sync_all()
}

fn main() -> Result<(), Box<dyn Error>> {
    let identity = RsaIdentity::generate(KeySize::Rsa3072)?;
    let envelope = bulla::seal(identity.recipient(), &[7; 100_000])?;
    let (opener, folder) = (Opener::new(identity), tempfile::tempdir()?);
    let (sealed, plain) = (folder.path().join("sealed"), folder.path().join("plain"));

    fs::write(&sealed, &envelope[..90_000])?; // cut on the way
    assert!(open_file(&opener, &sealed, &plain).is_err() && !plain.exists());
    fs::write(&sealed, &envelope)?;
    open_file(&opener, &sealed, &plain)?;
    assert_eq!(fs::read(&plain)?, [7; 100_000]);
    Ok(())
}
