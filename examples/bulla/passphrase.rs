//! Passphrases of private keys.

use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use crate::args::PassphraseArgs;
use crate::failure::Failure;
use crate::source::{Opened, Source};
use crate::text::Printable;

/// A passphrase, which is wiped when it is dropped.
pub(crate) type Passphrase = Zeroizing<Vec<u8>>;

/// Refuses passphrases if the library was built without them.
pub(crate) fn check_built(is_needed: bool) -> Result<(), Failure> {
    if is_needed && !cfg!(feature = "encrypted-keys") {
        return Err(Failure::new("passphrases", "they need a program built with --features encrypted-keys"));
    }
    Ok(())
}

/// Reads the passphrase file if one is given, and otherwise asks for the passphrase of `name`.
#[cfg(feature = "encrypted-keys")]
pub(crate) fn of_key(args: &PassphraseArgs, name: &str) -> Result<Passphrase, Failure> {
    match &args.passphrase_file {
        Some(path) => from_file(path),
        None => ask(&format!("Passphrase for {name}: "), name),
    }
}

/// Does what [`of_key`] does for a new key, and asks twice.
pub(crate) fn of_new_key(args: &PassphraseArgs, name: &str) -> Result<Passphrase, Failure> {
    let passphrase = match &args.passphrase_file {
        Some(path) => from_file(path)?,
        None => {
            let first = ask(&format!("New passphrase for {name}: "), name)?;
            if first != ask("The same again: ", name)? {
                return Err(Failure::new(name, "the two passphrases differ: nothing was written"));
            }
            first
        }
    };
    if passphrase.is_empty() {
        return Err(Failure::new(name, "the passphrase is empty: nothing was written"));
    }
    Ok(passphrase)
}

/// Reads the first line of a file, without its line end.
fn from_file(path: &Path) -> Result<Passphrase, Failure> {
    let Opened { source, name, .. } = Source::open(path)?;
    // Allocated in full at the start, because growing would leave a part in freed memory.
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_LEN + 2));
    let limit = u64::try_from(MAX_LEN + 1).unwrap_or(u64::MAX);
    source.take(limit).read_to_end(&mut line).map_err(|error| Failure::io(&name, &error))?;
    if line.len() > MAX_LEN {
        return Err(Failure::new(name, "longer than a passphrase can be (4 KiB)"));
    }
    let end = line.iter().position(|&byte| byte == b'\n').unwrap_or(line.len());
    if !line[end..].trim_ascii().is_empty() {
        return Err(Failure::new(name, "more than one line: a passphrase is the only line of its file"));
    }
    line.truncate(end);
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(line)
}

/// Asks on the terminal, where nothing of the answer is shown.
fn ask(prompt: &str, name: &str) -> Result<Passphrase, Failure> {
    match rpassword::prompt_password(Printable(prompt)) {
        Ok(answer) => Ok(Zeroizing::new(answer.into_bytes())),
        // Ctrl-D and Ctrl-C.
        Err(error) if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::Interrupted) => {
            Err(Failure::new(name, "no passphrase was given"))
        }
        Err(_) => {
            Err(Failure::new(name, "needs a passphrase, and there is no terminal to ask: give --passphrase-file"))
        }
    }
}

const MAX_LEN: usize = 4 << 10;
