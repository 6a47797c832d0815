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
#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
mod ed25519_key;
#[cfg(feature = "encrypted-keys")]
mod encrypted;
mod find;
mod oid;
#[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
mod p256_key;
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
use self::find::{Found, find};
pub(crate) use self::purpose::{Family, Purpose};
use self::ssh::SshKey;
#[cfg(any(feature = "aws-lc-rs", feature = "p256", feature = "ed25519"))]
use crate::crypto;
#[cfg(feature = "encrypted-keys")]
use crate::crypto::SystemRng;
use crate::error::{DerDamage, KeyError, KeyErrorKind, KeyPart};
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
            #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
            Found::OpenSsh(_) => Err(KeyErrorKind::PrivateKey.into()),
            Found::Ssh(key) => Self::from_ssh(&key).map_err(KeyError::from),
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
        Self::from_rsa(&RsaPublicKeyRef { modulus, public_exponent })
    }

    fn from_key_der(der: &[u8], purpose: Purpose) -> Result<Self, KeyErrorKind> {
        let wanted = Wanted { half: Half::Public, purpose };
        match KeyDer::decode(der, purpose).map_err(|kind| public_only(damaged::describe(kind, der, wanted)))? {
            KeyDer::Public(PublicDer::Rsa(key)) => Self::from_rsa(&key),
            #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
            KeyDer::Public(PublicDer::P256(point)) => p256_key::check_point(point).map(Self::from_p256),
            #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
            KeyDer::Public(PublicDer::Ed25519(point)) => ed25519_key::check_point(point).map(Self::from_ed25519),
            KeyDer::Private(_) | KeyDer::Encrypted => Err(KeyErrorKind::PrivateKey),
        }
    }

    fn from_ssh(key: &SshKey) -> Result<Self, KeyErrorKind> {
        match key {
            SshKey::Rsa { modulus, exponent } => Self::from_numbers(modulus, exponent),
            #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
            SshKey::P256(point) => p256_key::check_point(point).map(Self::from_p256),
            #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
            SshKey::Ed25519(point) => ed25519_key::check_point(point).map(Self::from_ed25519),
        }
    }

    fn from_rsa(key: &RsaPublicKeyRef<'_>) -> Result<Self, KeyErrorKind> {
        policy::check_public(key)?;
        let spki = rsa_key::encode_public(key)?;
        Ok(Self { spki, family: Family::Rsa, modulus_bits: policy::bit_len(key.modulus) })
    }

    #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
    fn from_p256(point: [u8; 65]) -> Self {
        Self { spki: p256_key::encode_public(&point), family: Family::P256, modulus_bits: 0 }
    }

    #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
    fn from_ed25519(point: [u8; 32]) -> Self {
        Self { spki: ed25519_key::encode_public(&point), family: Family::Ed25519, modulus_bits: 0 }
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

    /// Generates a P-256 key.
    #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
    pub(crate) fn generate_p256() -> Result<Self, KeyError> {
        let scalar = crypto::generate_p256().map_err(|_| KeyErrorKind::Randomness)?;
        let point = crypto::p256_point(&scalar).ok_or(KeyErrorKind::Unusable)?;
        Ok(Self::from_p256(&scalar, point))
    }

    /// Generates an Ed25519 key.
    #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
    pub(crate) fn generate_ed25519() -> Result<Self, KeyError> {
        let seed = crypto::generate_ed25519().map_err(|_| KeyErrorKind::Randomness)?;
        let point = crypto::ed25519_point(&seed).ok_or(KeyErrorKind::Unusable)?;
        Ok(Self::from_ed25519(&seed, point))
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
            #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
            Found::OpenSsh(file) => {
                let key = ssh::ed25519_private(&file).ok_or(KeyErrorKind::Der(DerDamage::Structure))?;
                let (seed, point) = key.check()?;
                Ok(Self::from_ed25519(&seed, point))
            }
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
            KeyDer::Private(PrivateDer::Rsa(key)) => Self::from_rsa(&key),
            #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
            KeyDer::Private(PrivateDer::P256(key)) => {
                key.check().map(|(scalar, point)| Self::from_p256(&scalar, point))
            }
            #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
            KeyDer::Private(PrivateDer::Ed25519(key)) => {
                key.check().map(|(seed, point)| Self::from_ed25519(&seed, point))
            }
            KeyDer::Public(_) => Err(KeyErrorKind::PublicKey),
            KeyDer::Encrypted => {
                // Said before anyone looks for the passphrase.
                #[cfg(feature = "encrypted-keys")]
                EncryptedKey::decode(der)?;
                Err(KeyErrorKind::Encrypted)
            }
        }
    }

    fn from_rsa(key: &RsaPrivateKeyRef<'_>) -> Result<Self, KeyErrorKind> {
        let public = PublicKeyFile::from_rsa(&key.public_key())?;
        policy::check_private(key)?;
        Ok(Self { pkcs8: rsa_key::encode_private(key)?, public })
    }

    #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
    fn from_p256(scalar: &[u8; 32], point: [u8; 65]) -> Self {
        let pkcs8 = p256_key::encode_private(scalar, &point);
        Self { pkcs8, public: PublicKeyFile::from_p256(point) }
    }

    #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
    fn from_ed25519(seed: &[u8; 32], point: [u8; 32]) -> Self {
        let pkcs8 = ed25519_key::encode_private(seed);
        Self { pkcs8, public: PublicKeyFile::from_ed25519(point) }
    }
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
