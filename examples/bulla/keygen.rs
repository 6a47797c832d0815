//! `bulla keygen`: makes two new files, or none.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bulla::RsaIdentity;

use crate::args::{KeygenArgs, is_standard_stream};
use crate::failure::Failure;
use crate::keys::public_path;
use crate::replacement::directory_of;
use crate::text::Printable;

pub(crate) fn run(args: &KeygenArgs) -> Result<(), Failure> {
    let private = &args.output;
    let public = public_path(private);
    if is_standard_stream(private) {
        return Err(Failure::new("standard output", "keygen writes two files: name the one for the private key"));
    }
    if private.to_string_lossy().ends_with(".pub.pem") {
        return Err(Failure::new(
            private.display(),
            "ends in .pub.pem, which is for public keys: choose another name for the private key",
        ));
    }
    // Checked before the work. Making the files checks again.
    if !directory_of(private).is_dir() {
        return Err(Failure::new(private.display(), "the directory to write it to does not exist"));
    }
    for path in [private, &public] {
        if path.symlink_metadata().is_ok() {
            return Err(never_overwritten(path));
        }
    }
    let identity = RsaIdentity::generate(args.bits.into()).map_err(|error| Failure::new("keygen", error))?;
    write_pair(&identity, private, &public)?;

    let report = format!(
        "private key  {}\npublic key   {}\nkey id       {}\n",
        Printable(&private.to_string_lossy()),
        Printable(&public.to_string_lossy()),
        identity.key_id()
    );
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(report.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|error| Failure::io("standard output", &error))
}

/// Writes both keys. If one cannot be written, neither file remains.
pub(crate) fn write_pair(identity: &RsaIdentity, private: &Path, public: &Path) -> Result<(), Failure> {
    // The private key first: otherwise, if the power fails in between, there is a public key whose
    // private half is lost.
    let private = NewFile::create(private, 0o600, identity.to_pem().expose())?;
    let public = NewFile::create(public, 0o666, &identity.recipient().to_pem())?;
    private.keep();
    public.keep();
    Ok(())
}

/// A file that this program made. It is removed if this is dropped before [`keep`](Self::keep).
struct NewFile {
    path: Option<PathBuf>,
}

impl NewFile {
    /// Makes a file that has the permissions `mode`, less the umask, from the start.
    fn create(path: &Path, mode: u32, content: &str) -> Result<Self, Failure> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
        #[cfg(not(unix))]
        let _ = mode;

        let file = options.open(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => never_overwritten(path),
            _ => Failure::io(path.display(), &error),
        })?;
        let created = Self { path: Some(path.into()) };
        write_synced(file, content).map_err(|error| Failure::io(path.display(), &error))?;
        Ok(created)
    }

    fn keep(mut self) {
        self.path = None;
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // An error here is ignored: the caller reports the one that made the file useless.
            let _ = fs::remove_file(path);
        }
    }
}

fn write_synced(mut file: File, content: &str) -> io::Result<()> {
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

fn never_overwritten(path: &Path) -> Failure {
    Failure::new(path.display(), "already exists; keys are never overwritten")
}
