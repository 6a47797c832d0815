//! Opens a file to a new file, in constant memory: the whole plaintext, or no file.

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use bulla::keys::KeySize;
use bulla::{Opener, RsaIdentity};
use tempfile::NamedTempFile;

fn open_file(opener: &Opener<'_>, sealed: &Path, plain: &Path) -> io::Result<()> {
    let mut reader = opener.wrap_input(File::open(sealed)?)?;
    // Beside its place, so that it can take its name in one step. Removed if anything fails.
    let mut output = NamedTempFile::new_in(plain.parent().unwrap_or(Path::new(".")))?;
    io::copy(&mut reader, &mut output)?;
    reader.finish()?; // only now is the plaintext known to be complete
    output.as_file().sync_all()?;
    output.persist_noclobber(plain)?; // never over a file that is there already
    Ok(())
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
