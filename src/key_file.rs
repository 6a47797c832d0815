//! Reading and writing key files, in the shapes in which people have them. This code is above the
//! backends, so that both take the same keys and refuse the others with the same words.
//!
//! A file is recognised from the outside in: other encodings of text, PEM blocks (`pem`), lines of
//! OpenSSH (`ssh`), bare base64, binary files, and then the structure of the DER (`der`), which can
//! be `damaged`. What is no key that can be read, or no key for the `purpose`, becomes an error
//! that says what it is, with the `command` that mends it. What is one must pass the `policy`.

mod algorithm;
mod asn1;
#[cfg(feature = "x509")]
mod certificate;
mod command;
mod damaged;
mod der;
#[cfg(feature = "encrypted-keys")]
mod encrypted;
mod pem;
mod policy;
mod purpose;
mod recognise;
mod rsa_key;
mod ssh;

use alloc::string::String;
use alloc::vec::Vec;

use pkcs1::{RsaPrivateKeyRef, RsaPublicKeyRef, UintRef};
use pkcs8::LineEnding;
#[cfg(feature = "encrypted-keys")]
use rand_core::Rng;
use zeroize::Zeroizing;

#[cfg(feature = "x509")]
pub(crate) use self::certificate::CertificateFile;
use self::command::{Half, Wanted, with_command};
use self::der::{KeyDer, PrivateDer, PublicDer};
#[cfg(feature = "encrypted-keys")]
use self::encrypted::EncryptedKey;
use self::pem::Block;
pub(crate) use self::purpose::{Family, Purpose};
#[cfg(feature = "encrypted-keys")]
use crate::crypto::SystemRng;
use crate::error::{DerDamage, KeyError, KeyErrorKind, KeyFormat, KeyPart};
#[cfg(feature = "encrypted-keys")]
use crate::limits::Limits;

/// A public key that has passed the policy, in its canonical encoding.
pub(crate) struct PublicKeyFile {
    /// `SubjectPublicKeyInfo`, for RSA with algorithm `rsaEncryption` and parameters NULL.
    pub(crate) spki: Vec<u8>,
    pub(crate) family: Family,
    /// Length of an RSA modulus in bits. A ciphertext or signature has the same length, rounded up
    /// to whole bytes.
    pub(crate) modulus_bits: usize,
}

impl PublicKeyFile {
    /// Reads a key in any shape that is read.
    pub(crate) fn from_file(file: &[u8], purpose: Purpose) -> Result<Self, KeyError> {
        if asn1::is_der(file) { Self::from_der(file, purpose) } else { Self::from_text(file, purpose) }
    }

    /// Reads PEM, a line of OpenSSH, or bare base64.
    pub(crate) fn from_text(text: &[u8], purpose: Purpose) -> Result<Self, KeyError> {
        let wanted = Wanted { half: Half::Public, purpose };
        match find(text, wanted).map_err(|kind| with_command(public_only(kind), wanted, false))? {
            Found::Der { der, in_pem } => {
                Self::from_key_der(&der, purpose).map_err(|kind| in_text(kind, wanted, in_pem))
            }
            Found::Ssh(key) => Self::from_components(&key.modulus, &key.exponent),
        }
    }

    /// Reads a `SubjectPublicKeyInfo` or a PKCS#1 `RSAPublicKey`.
    pub(crate) fn from_der(der: &[u8], purpose: Purpose) -> Result<Self, KeyError> {
        let wanted = Wanted { half: Half::Public, purpose };
        Self::from_key_der(der, purpose).map_err(|kind| with_command(kind, wanted, true))
    }

    /// Takes modulus and exponent of an RSA key as big-endian bytes.
    pub(crate) fn from_components(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        Self::from_numbers(modulus, exponent).map_err(KeyError::from)
    }

    pub(crate) fn to_pem(&self) -> String {
        encode_pem("PUBLIC KEY", &self.spki)
    }

    fn from_numbers(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyErrorKind> {
        let uint = |bytes, part| UintRef::new(bytes).map_err(|_| DerDamage::Missing(part));
        let modulus = uint(modulus, KeyPart::Modulus)?;
        let public_exponent = uint(exponent, KeyPart::PublicExponent)?;
        Self::from_key(&RsaPublicKeyRef { modulus, public_exponent })
    }

    fn from_key_der(der: &[u8], purpose: Purpose) -> Result<Self, KeyErrorKind> {
        let wanted = Wanted { half: Half::Public, purpose };
        match KeyDer::decode(der, purpose).map_err(|kind| public_only(damaged::describe(kind, der, wanted)))? {
            KeyDer::Public(PublicDer::Rsa(key)) => Self::from_key(&key),
            KeyDer::Private(_) | KeyDer::Encrypted => Err(KeyErrorKind::PrivateKey),
        }
    }

    fn from_key(key: &RsaPublicKeyRef<'_>) -> Result<Self, KeyErrorKind> {
        policy::check_public(key)?;
        let spki = rsa_key::encode_public(key)?;
        Ok(Self { spki, family: Family::Rsa, modulus_bits: policy::bit_len(key.modulus) })
    }
}

/// A private key that has passed the policy, in its canonical encoding.
pub(crate) struct PrivateKeyFile {
    /// `PrivateKeyInfo` of version 0 without attributes.
    pub(crate) pkcs8: Zeroizing<Vec<u8>>,
    pub(crate) public: PublicKeyFile,
}

impl PrivateKeyFile {
    /// Reads a key in any shape that is read.
    pub(crate) fn from_file(file: &[u8], purpose: Purpose) -> Result<Self, KeyError> {
        Self::read(file, purpose, |der| Self::from_key_der(der, purpose))
    }

    /// Reads PEM or bare base64.
    pub(crate) fn from_text(text: &[u8], purpose: Purpose) -> Result<Self, KeyError> {
        Self::read_text(text, purpose, |der| Self::from_key_der(der, purpose))
    }

    /// Reads a PKCS#8 `PrivateKeyInfo` or a PKCS#1 `RSAPrivateKey`.
    pub(crate) fn from_der(der: &[u8], purpose: Purpose) -> Result<Self, KeyError> {
        Self::read_der(der, purpose, |der| Self::from_key_der(der, purpose))
    }

    /// Reads a key in any shape that is read, encrypted or not.
    #[cfg(feature = "encrypted-keys")]
    pub(crate) fn from_encrypted_file(
        file: &[u8],
        passphrase: &[u8],
        limits: &Limits,
        purpose: Purpose,
    ) -> Result<Self, KeyError> {
        let wanted = Wanted { half: Half::Private, purpose };
        let undecoded = |kind: KeyErrorKind, der: &[u8]| match damaged::describe(kind.clone(), der, wanted) {
            // That it is encrypted is no reason here.
            KeyErrorKind::Encrypted => kind,
            other => other,
        };
        Self::read(file, purpose, |der| match KeyDer::decode(der, purpose).map_err(|kind| undecoded(kind, der))? {
            KeyDer::Encrypted => {
                let decrypted = EncryptedKey::decode(der)?.decrypt(passphrase, limits)?;
                match KeyDer::decode(&decrypted, purpose)? {
                    KeyDer::Encrypted => Err(DerDamage::Structure.into()),
                    KeyDer::Private(_) | KeyDer::Public(_) => Self::from_key_der(&decrypted, purpose),
                }
            }
            KeyDer::Private(_) | KeyDer::Public(_) => Self::from_key_der(der, purpose),
        })
    }

    /// Encodes PKCS#8 DER as PEM.
    pub(crate) fn to_pem(pkcs8: &[u8]) -> Zeroizing<String> {
        encode_pem("PRIVATE KEY", pkcs8).into()
    }

    /// Encrypts PKCS#8 DER, and encodes it as PEM.
    #[cfg(feature = "encrypted-keys")]
    pub(crate) fn to_encrypted_pem(pkcs8: &[u8], passphrase: &[u8]) -> Result<String, KeyError> {
        if passphrase.is_empty() {
            return Err(KeyErrorKind::EmptyPassphrase.into());
        }
        let (mut salt, mut iv) = ([0; 16], [0; 16]);
        let mut rng = SystemRng::new();
        rng.fill_bytes(&mut salt);
        rng.fill_bytes(&mut iv);
        rng.check().map_err(|_| KeyErrorKind::Randomness)?;
        Ok(encode_pem("ENCRYPTED PRIVATE KEY", &encrypted::encrypt(pkcs8, passphrase, salt, iv)))
    }

    fn read(
        file: &[u8],
        purpose: Purpose,
        from_key_der: impl Fn(&[u8]) -> Result<Self, KeyErrorKind>,
    ) -> Result<Self, KeyError> {
        if asn1::is_der(file) {
            Self::read_der(file, purpose, from_key_der)
        } else {
            Self::read_text(file, purpose, from_key_der)
        }
    }

    fn read_text(
        text: &[u8],
        purpose: Purpose,
        from_key_der: impl Fn(&[u8]) -> Result<Self, KeyErrorKind>,
    ) -> Result<Self, KeyError> {
        let wanted = Wanted { half: Half::Private, purpose };
        match find(text, wanted).map_err(|kind| with_command(encrypted_text(kind), wanted, false))? {
            Found::Der { der, in_pem } => from_key_der(&der).map_err(|kind| in_text(kind, wanted, in_pem)),
            Found::Ssh(_) => Err(KeyErrorKind::PublicKey.into()),
        }
    }

    fn read_der(
        der: &[u8],
        purpose: Purpose,
        from_key_der: impl Fn(&[u8]) -> Result<Self, KeyErrorKind>,
    ) -> Result<Self, KeyError> {
        from_key_der(der).map_err(|kind| with_command(kind, Wanted { half: Half::Private, purpose }, true))
    }

    fn from_key_der(der: &[u8], purpose: Purpose) -> Result<Self, KeyErrorKind> {
        let wanted = Wanted { half: Half::Private, purpose };
        match KeyDer::decode(der, purpose).map_err(|kind| damaged::describe(kind, der, wanted))? {
            KeyDer::Private(PrivateDer::Rsa(key)) => Self::from_key(&key),
            KeyDer::Public(_) => Err(KeyErrorKind::PublicKey),
            KeyDer::Encrypted => {
                // Said before anyone looks for the passphrase.
                #[cfg(feature = "encrypted-keys")]
                EncryptedKey::decode(der)?;
                Err(KeyErrorKind::Encrypted)
            }
        }
    }

    fn from_key(key: &RsaPrivateKeyRef<'_>) -> Result<Self, KeyErrorKind> {
        let public = PublicKeyFile::from_key(&key.public_key())?;
        policy::check_private(key)?;
        Ok(Self { pkcs8: rsa_key::encode_private(key)?, public })
    }
}

/// A key in a text.
enum Found {
    /// What a PEM block or bare base64 encodes.
    Der {
        der: Zeroizing<Vec<u8>>,
        in_pem: bool,
    },
    Ssh(ssh::Components),
}

/// Returns the error on what a text encodes. The commands for keys read PEM blocks, and those for
/// other formats want the label that belongs to them.
fn in_text(kind: KeyErrorKind, wanted: Wanted, in_pem: bool) -> KeyError {
    match kind {
        KeyErrorKind::Format(_) => kind.into(),
        kind if in_pem => with_command(kind, wanted, false),
        kind => kind.into(),
    }
}

/// An encrypted key is private, whatever is in it.
fn public_only(kind: KeyErrorKind) -> KeyErrorKind {
    match kind {
        KeyErrorKind::Encrypted => KeyErrorKind::PrivateKey,
        kind => kind,
    }
}

/// A PEM text that says itself that it is encrypted, and not only what it encodes, is in a form
/// that is not decrypted.
fn encrypted_text(kind: KeyErrorKind) -> KeyErrorKind {
    match kind {
        #[cfg(feature = "encrypted-keys")]
        KeyErrorKind::Encrypted => KeyErrorKind::UnsupportedEncryption("PEM with Proc-Type (RFC 1421)".into()),
        kind => kind,
    }
}

fn encode_pem(label: &'static str, der: &[u8]) -> String {
    pkcs8::der::pem::encode_string(label, LineEnding::LF, der).expect("a key of at most 8192 bits fits every PEM limit")
}

/// Finds the one key in a text that fits.
fn find(text: &[u8], wanted: Wanted) -> Result<Found, KeyErrorKind> {
    if asn1::is_der(text) {
        return Err(KeyErrorKind::Format(KeyFormat::Der));
    }
    if let Some(kind) = recognise::before_pem(text) {
        let is_public = wanted.half == Half::Private && recognise::is_public(&kind, text);
        return Err(if is_public { KeyErrorKind::PublicKey } else { kind });
    }
    let blocks = Block::find_all(text);
    if !blocks.is_empty() {
        return select(&blocks, wanted)?.decode().map(|der| Found::Der { der, in_pem: true });
    }
    if let Some(found) = ssh::read(text, wanted.purpose) {
        return found.map(Found::Ssh);
    }
    if let Some(kind) = recognise::by_start(text) {
        return Err(kind);
    }
    if let Some(damage) = pem::damaged_marker(text) {
        return Err(KeyErrorKind::Pem(damage));
    }
    if let Some(kind) = recognise::encoded(text) {
        return Err(kind);
    }
    match pem::decode_base64(pem::trim(text)) {
        Ok(bytes) if asn1::is_der(&bytes) => Ok(Found::Der { der: bytes, in_pem: false }),
        Ok(bytes) => ssh::read_blob(&bytes, wanted.purpose).unwrap_or(Err(KeyErrorKind::Unrecognised)).map(Found::Ssh),
        Err(_) => Err(KeyErrorKind::Unrecognised),
    }
}

/// Chooses the block that holds the half that is needed. The labels choose; what the block holds
/// decides the content.
fn select<'b, 'a>(blocks: &'b [Block<'a>], wanted: Wanted) -> Result<&'b Block<'a>, KeyErrorKind> {
    let labels: &[&str] = match wanted.half {
        Half::Public => &PUBLIC_LABELS,
        Half::Private => &PRIVATE_LABELS,
    };
    let mut fitting = blocks.iter().filter(|block| labels.contains(&block.label));
    match (fitting.next(), fitting.next()) {
        (Some(block), None) => return Ok(block),
        (Some(_), Some(_)) => return Err(KeyErrorKind::SeveralKeys(pem::labels(blocks))),
        (None, _) => {}
    }
    let is_key = |block: &&Block<'_>| PUBLIC_LABELS.contains(&block.label) || PRIVATE_LABELS.contains(&block.label);
    if let [block] = blocks {
        return if is_key(&block) { Ok(block) } else { Err(other_label(block, wanted.purpose)) };
    }
    // A key of another algorithm may stand beside its parameters, and a certificate beside a
    // private key.
    let certificate = blocks.iter().find(|block| CERTIFICATE_LABELS.contains(&block.label));
    match (wanted.half, certificate, blocks.iter().find(is_key)) {
        (Half::Public, Some(block), _) => Err(other_label(block, wanted.purpose)),
        (Half::Public, None, Some(_)) => Err(KeyErrorKind::PrivateKey),
        (Half::Private, None, Some(_)) => Err(KeyErrorKind::PublicKey),
        _ => {
            let mut others = blocks.iter().map(|block| other_label(block, wanted.purpose));
            let is_algorithm = |kind: &KeyErrorKind| {
                matches!(kind, KeyErrorKind::OtherAlgorithm(_) | KeyErrorKind::OtherSignatureAlgorithm { .. })
            };
            Err(others.find(is_algorithm).unwrap_or_else(|| KeyErrorKind::NoFittingBlock(pem::labels(blocks))))
        }
    }
}

/// Says what a block is whose label is not that of a key that is read.
fn other_label(block: &Block<'_>, purpose: Purpose) -> KeyErrorKind {
    let format = match block.label {
        "TRUSTED CERTIFICATE" => KeyFormat::TrustedCertificate,
        label if CERTIFICATE_LABELS.contains(&label) => KeyFormat::Certificate,
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => KeyFormat::CertificateRequest,
        "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => KeyFormat::Pkcs7,
        "X509 CRL" => KeyFormat::RevocationList,
        "TSS2 PRIVATE KEY" | "TSS2 KEY BLOB" => KeyFormat::Tpm,
        "PKCS#11 PROVIDER URI" => KeyFormat::Pkcs11,
        "BULLA ENVELOPE" => KeyFormat::Envelope,
        "PGP PUBLIC KEY BLOCK" | "PGP PRIVATE KEY BLOCK" => KeyFormat::OpenPgp,
        "SSH2 PUBLIC KEY" => KeyFormat::Ssh2Public,
        "OPENSSH PRIVATE KEY" => {
            let file = block.decode().unwrap_or_default();
            return match ssh::type_of_private(&file) {
                Some(other) if other != "ssh-rsa" => ssh::other_type(other, purpose),
                _ => KeyErrorKind::Format(KeyFormat::OpenSsh),
            };
        }
        "EC PRIVATE KEY" | "EC PARAMETERS" => return purpose.other_algorithm("elliptic curve (EC)".into()),
        "DSA PRIVATE KEY" | "DSA PARAMETERS" | "DSA PUBLIC KEY" => {
            return purpose.other_algorithm("DSA".into());
        }
        "DH PARAMETERS" | "X9.42 DH PARAMETERS" => return purpose.other_algorithm("Diffie-Hellman".into()),
        other => return KeyErrorKind::PemLabel(other.into()),
    };
    KeyErrorKind::Format(format)
}

const PUBLIC_LABELS: [&str; 2] = ["PUBLIC KEY", "RSA PUBLIC KEY"];
const PRIVATE_LABELS: [&str; 3] = ["PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"];
const CERTIFICATE_LABELS: [&str; 3] = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];
