//! Key files, and advice on those that cannot be used.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bulla::error::KeyError;
use bulla::{RsaIdentity, RsaRecipient};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::file_id::FileId;

/// A key and the file that it came from.
pub(crate) struct KeyFile<K> {
    pub(crate) key: K,
    pub(crate) name: String,
    pub(crate) file_id: Option<FileId>,
}

/// Reads the public keys to seal to.
pub(crate) fn recipients(paths: &[PathBuf]) -> Result<Vec<KeyFile<RsaRecipient>>, Failure> {
    let mut recipients: Vec<KeyFile<RsaRecipient>> = Vec::new();
    for path in paths {
        let recipient = read(path, parse_recipient, recipient_hint)?;
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

/// Reads the private keys to open with.
pub(crate) fn identities(paths: &[PathBuf]) -> Result<Vec<KeyFile<RsaIdentity>>, Failure> {
    paths.iter().map(|path| read(path, parse_identity, identity_hint)).collect()
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

fn parse_recipient(file: &[u8]) -> Result<RsaRecipient, KeyError> {
    if is_pem(file) { RsaRecipient::from_pem(file) } else { RsaRecipient::from_der(file) }
}

fn parse_identity(file: &[u8]) -> Result<RsaIdentity, KeyError> {
    if is_pem(file) { RsaIdentity::from_pem(file) } else { RsaIdentity::from_der(file) }
}

fn is_pem(file: &[u8]) -> bool {
    file.windows(PEM_BEGIN.len()).any(|window| window == PEM_BEGIN)
}

fn read<K>(
    path: &Path,
    parse: fn(&[u8]) -> Result<K, KeyError>,
    hint: fn(&Path, &[u8], &KeyError) -> Option<String>,
) -> Result<KeyFile<K>, Failure> {
    let name = path.display().to_string();
    let (bytes, file_id) = read_bounded(path).map_err(|error| Failure::io(&name, &error))?;
    if bytes.is_empty() {
        return Err(Failure::new(name, "is empty: a key is needed here"));
    }
    if bytes.len() > MAX_KEY_FILE_LEN {
        return Err(Failure::new(name, "larger than a key file can be (64 KiB)"));
    }
    let error = match parse(&bytes) {
        Ok(key) => return Ok(KeyFile { key, name, file_id }),
        Err(KeyError::MultiplePemBlocks) if is_elliptic_curve(&bytes) => KeyError::NotRsa { oid: EC_OID.into() },
        Err(error) => error,
    };
    Err(match hint(path, &bytes, &error) {
        Some(hint) => Failure::new(name, format_args!("{error}: {hint}")),
        None => Failure::new(name, error),
    })
}

/// Returns whether all PEM blocks are about an elliptic curve. ("openssl ecparam -genkey" writes
/// the parameters of the curve into the same file.)
fn is_elliptic_curve(file: &[u8]) -> bool {
    let count = |label: &[u8]| file.windows(label.len()).filter(|window| *window == label).count();
    count(PEM_BEGIN) == count(b"-----BEGIN EC ")
}

/// Reads a key file, but at most one byte more than the limit, because the file may be a device
/// without an end.
fn read_bounded(path: &Path) -> io::Result<(Zeroizing<Vec<u8>>, Option<FileId>)> {
    let file = File::open(path)?;
    let file_id = FileId::of(&file.metadata()?);
    let limit = MAX_KEY_FILE_LEN + 1;
    // Allocated in full at the start, because growing would leave parts of a private key in freed
    // memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit));
    file.take(u64::try_from(limit).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    Ok((bytes, file_id))
}

/// Advice on a file that should hold a public key.
fn recipient_hint(path: &Path, file: &[u8], error: &KeyError) -> Option<String> {
    match error {
        KeyError::PrivateKey => {
            let public = public_path(path);
            Some(if public.is_file() {
                format!("give {}", public.display())
            } else {
                "derive the public key with \"openssl pkey -in PRIVATE.pem -pubout -out PUBLIC.pem\"".into()
            })
        }
        KeyError::PemLabel(label) if label == "CERTIFICATE" => {
            Some("extract its key with \"openssl x509 -in CERTIFICATE.pem -noout -pubkey -out PUBLIC.pem\"".into())
        }
        KeyError::Malformed if file.starts_with(b"ssh-rsa ") => Some(OPENSSH_PUBLIC_HINT.into()),
        KeyError::PemLabel(label) if label == OPENSSH_LABEL => Some(OPENSSH_PUBLIC_HINT.into()),
        error => other_hint(error),
    }
}

/// Advice on a file that should hold a private key.
fn identity_hint(_: &Path, _: &[u8], error: &KeyError) -> Option<String> {
    match error {
        KeyError::PemLabel(label) if label == OPENSSH_LABEL => {
            Some("if it is an RSA key, convert a copy of it with \"ssh-keygen -p -N '' -m PKCS8 -f COPY\"".into())
        }
        KeyError::PublicKey => Some("the private half of NAME.pub.pem is NAME.pem".into()),
        KeyError::Encrypted => {
            Some("use \"openssl pkey -in ENCRYPTED.pem -out DECRYPTED.pem\", which asks for the password".into())
        }
        error => other_hint(error),
    }
}

fn other_hint(error: &KeyError) -> Option<String> {
    match error {
        KeyError::PssOnly => Some("it is for signing only".into()),
        KeyError::NotRsa { oid } => {
            OTHER_ALGORITHMS.iter().find(|(other, _)| other == oid).map(|(_, name)| (*name).into())
        }
        _ => None,
    }
}

/// A private key of 8192 bits needs a tenth of this.
const MAX_KEY_FILE_LEN: usize = 64 << 10;

const PEM_BEGIN: &[u8] = b"-----BEGIN ";

const OPENSSH_LABEL: &str = "OPENSSH PRIVATE KEY";
const OPENSSH_PUBLIC_HINT: &str = "if it is an RSA key, convert it with \"ssh-keygen -e -m PKCS8 -f KEY > PUBLIC.pem\"";

const EC_OID: &str = "1.2.840.10045.2.1";

/// Object identifiers of the keys that people may have instead of RSA keys.
const OTHER_ALGORITHMS: [(&str, &str); 4] = [
    (EC_OID, "an elliptic curve (EC) key"),
    ("1.3.101.110", "an X25519 key"),
    ("1.3.101.112", "an Ed25519 key"),
    ("1.2.840.10040.4.1", "a DSA key"),
];
