//! Key files.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bulla::error::{KeyError, KeyErrorKind};
use bulla::senders::{AnySigner, AnyVerifier};
use bulla::{RsaIdentity, RsaRecipient};
use zeroize::Zeroizing;

use crate::args::{IdentityArgs, PassphraseArgs};
use crate::certificate::{self, PublicKey};
use crate::failure::{Failure, note};
use crate::file_id::FileId;
use crate::passphrase;
use crate::source::{Opened, Source};

/// A key and the file that it came from.
pub(crate) struct KeyFile<K> {
    pub(crate) key: K,
    pub(crate) name: String,
    pub(crate) file_id: Option<FileId>,
}

/// Reads the public keys to seal to. Refuses certificates that are not meant for this or for now,
/// unless `any_certificate`.
pub(crate) fn recipients(paths: &[PathBuf], any_certificate: bool) -> Result<Vec<KeyFile<RsaRecipient>>, Failure> {
    let mut recipients: Vec<KeyFile<RsaRecipient>> = Vec::new();
    for path in paths {
        let KeyFile { key: file, name, file_id } = read(path)?;
        let parsed = certificate::parse(&file).map_err(|error| refused(path, &name, &error))?;
        let PublicKey { key, choice, concern } = parsed;
        if let Some(concern) = concern.filter(|_| !any_certificate) {
            return Err(Failure::new(name, format_args!("{concern}; --any-certificate seals to it all the same")));
        }
        if let Some(choice) = choice {
            note(&name, choice);
        }
        let recipient = KeyFile { key, name, file_id };
        // With anonymous records, the library would not notice.
        if let Some(twin) = recipients.iter().find(|other| other.key.key_id() == recipient.key.key_id()) {
            let reason = format_args!("the same key as in {}: give each recipient only once", twin.name);
            return Err(Failure::new(recipient.name, reason));
        }
        recipients.push(recipient);
    }
    Ok(recipients)
}

/// Returns the keys themselves, `anonymous` or not.
pub(crate) fn named_or_not(files: Vec<KeyFile<RsaRecipient>>, anonymous: bool) -> Vec<RsaRecipient> {
    files.into_iter().map(|file| if anonymous { file.key.anonymous() } else { file.key }).collect()
}

/// Reads the private keys to open with, and decrypts those that are encrypted.
pub(crate) fn identities(args: &IdentityArgs) -> Result<Vec<KeyFile<RsaIdentity>>, Failure> {
    identities_at(&args.identities, &args.passphrase)
}

/// Does what [`identities`] does, with the files of keys and passphrases.
pub(crate) fn identities_at(
    paths: &[PathBuf],
    passphrase: &PassphraseArgs,
) -> Result<Vec<KeyFile<RsaIdentity>>, Failure> {
    paths.iter().map(|path| private(path, passphrase)).collect()
}

/// Reads the private key to sign with, and decrypts it if it is encrypted.
pub(crate) fn signer(path: &Path, passphrase: &PassphraseArgs) -> Result<KeyFile<AnySigner>, Failure> {
    private(path, passphrase)
}

/// Reads the public key of a sender.
pub(crate) fn sender(path: &Path) -> Result<KeyFile<AnyVerifier>, Failure> {
    let KeyFile { key: file, name, file_id } = read(path)?;
    let key = AnyVerifier::from_key_file(&file).map_err(|error| refused(path, &name, &error))?;
    Ok(KeyFile { key, name, file_id })
}

/// Describes the keys in messages: the id of the only key, or the number of keys.
pub(crate) fn describe(identities: &[KeyFile<RsaIdentity>]) -> String {
    match identities {
        [one] => format!("{} (key id {})", one.name, one.key.key_id()),
        several => format!("any of the {} keys given", several.len()),
    }
}

/// Returns where [`keygen`](crate::keygen) puts the public key that belongs to a private key.
pub(crate) fn public_path(private: &Path) -> PathBuf {
    let is_pem = private.extension().is_some_and(|extension| extension == "pem");
    let stem = if is_pem { private.file_stem() } else { private.file_name() };
    let mut name = stem.unwrap_or_default().to_owned();
    name.push(".pub.pem");
    private.with_file_name(name)
}

/// Private keys in files, which may be encrypted.
trait Private: Sized {
    fn from_key_file(file: &[u8]) -> Result<Self, KeyError>;

    #[cfg(feature = "encrypted-keys")]
    fn from_encrypted_key_file(file: &[u8], passphrase: &[u8]) -> Result<Self, KeyError>;
}

macro_rules! private {
    ($($key:ty),*) => {$(
        impl Private for $key {
            fn from_key_file(file: &[u8]) -> Result<Self, KeyError> {
                Self::from_key_file(file)
            }

            #[cfg(feature = "encrypted-keys")]
            fn from_encrypted_key_file(file: &[u8], passphrase: &[u8]) -> Result<Self, KeyError> {
                Self::from_encrypted_key_file(file, passphrase, &bulla::Limits::default())
            }
        }
    )*};
}

private!(RsaIdentity, AnySigner);

fn private<K: Private>(path: &Path, passphrase: &PassphraseArgs) -> Result<KeyFile<K>, Failure> {
    passphrase::check_built(passphrase.passphrase_file.is_some())?;
    let KeyFile { key: file, name, file_id } = read(path)?;
    let key = match K::from_key_file(&file) {
        #[cfg(feature = "encrypted-keys")]
        Err(error) if *error.kind() == KeyErrorKind::Encrypted => {
            let passphrase = passphrase::of_key(passphrase, &name)?;
            K::from_encrypted_key_file(&file, &passphrase)
        }
        key => key,
    };
    Ok(KeyFile { key: key.map_err(|error| refused(path, &name, &error))?, name, file_id })
}

/// Reads the bytes of a key file.
fn read(path: &Path) -> Result<KeyFile<Zeroizing<Vec<u8>>>, Failure> {
    let Opened { source, name, id: file_id, .. } = Source::open(path)?;
    let bytes = read_bounded(source).map_err(|error| Failure::io(&name, &error))?;
    if bytes.len() > MAX_KEY_FILE_LEN {
        return Err(Failure::new(name, "larger than a key file can be (64 KiB)"));
    }
    Ok(KeyFile { key: bytes, name, file_id })
}

/// Says why a file holds no key that can be used. Names the other half of a pair if it is there.
fn refused(path: &Path, name: &str, error: &KeyError) -> Failure {
    let public = public_path(path);
    match error.kind() {
        KeyErrorKind::PrivateKey if public.is_file() => {
            Failure::new(name, format_args!("{}: give {}", error.kind(), public.display()))
        }
        KeyErrorKind::PublicKey => {
            Failure::new(name, format_args!("{error}: the private half of NAME.pub.pem is NAME.pem"))
        }
        KeyErrorKind::PssOnly => Failure::new(name, format_args!("{error}: give it with --sign-with or --sender")),
        KeyErrorKind::OaepOnly => {
            Failure::new(name, format_args!("{error}: \"bulla keygen --signing\" makes a key that signs"))
        }
        _ => Failure::new(name, error),
    }
}

/// Reads a key file, but at most one byte more than the limit, because the file may be a device
/// without an end.
fn read_bounded(file: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let limit = MAX_KEY_FILE_LEN + 1;
    // Allocated in full at the start, because growing would leave parts of a private key in freed
    // memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit));
    file.take(u64::try_from(limit).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A private key of 8192 bits needs a tenth of this.
const MAX_KEY_FILE_LEN: usize = 64 << 10;
