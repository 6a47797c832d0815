//! Keys of whichever algorithm a file has.

use alloc::vec::Vec;
use core::str::FromStr;

#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
use super::ed25519::{Ed25519Signer, Ed25519Verifier};
#[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
use super::p256::{P256Signer, P256Verifier};
use super::rsa::{RsaSigner, RsaVerifier};
use super::signer::Signer;
use super::verifier::Verifier;
use crate::error::{KeyError, SignError};
use crate::format::SignatureAlgorithm;
use crate::key_file::{Family, PrivateKeyFile, PublicKeyFile, Purpose};
use crate::key_id::KeyId;
#[cfg(feature = "encrypted-keys")]
use crate::limits::Limits;

/// A public key that verifies signatures, of the algorithm that its file says. Cheap to clone.
///
/// An algorithm without its type in this build (features `p256` and `ed25519`, or `aws-lc-rs` for
/// both) is an error that names it.
///
/// # Examples
///
/// ```
/// use bulla::Verifier;
/// use bulla::senders::{AnyVerifier, SignatureAlgorithm};
///
/// let file = include_bytes!("../../tests/keys/rsa2048.pub.pem");
/// let sender = AnyVerifier::from_key_file(file)?;
/// assert_eq!(sender.algorithm(), SignatureAlgorithm::RsaPssSha256);
/// # Ok::<(), bulla::error::KeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AnyVerifier {
    /// An RSA key, for RSASSA-PSS.
    Rsa(RsaVerifier),
    /// A P-256 key, for ECDSA.
    #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "aws-lc-rs", feature = "p256"))))]
    P256(P256Verifier),
    /// An Ed25519 key.
    #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "aws-lc-rs", feature = "ed25519"))))]
    Ed25519(Ed25519Verifier),
}

impl AnyVerifier {
    /// Reads a key from the bytes of a file, in any of the shapes that `from_key_file` of one of
    /// the types reads.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if this is no such key, or if it breaks the rules of its type. It says what the
    /// file is instead and, if there is one, which command makes a key file of it.
    pub fn from_key_file(file: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::from_file(PublicKeyFile::from_file(file.as_ref(), PURPOSE)?)
    }

    /// Reads a key from text, as [`from_key_file`](Self::from_key_file) does, but not from DER.
    ///
    /// # Errors
    ///
    /// The errors of [`from_key_file`](Self::from_key_file).
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::from_file(PublicKeyFile::from_text(pem.as_ref(), PURPOSE)?)
    }

    /// Reads a SubjectPublicKeyInfo (RFC 5280) or a PKCS#1 RSAPublicKey (RFC 8017) from DER.
    ///
    /// # Errors
    ///
    /// The errors of [`from_key_file`](Self::from_key_file).
    pub fn from_der(der: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::from_file(PublicKeyFile::from_der(der.as_ref(), PURPOSE)?)
    }

    fn from_file(file: PublicKeyFile) -> Result<Self, KeyError> {
        match file.family {
            Family::Rsa => RsaVerifier::from_file(file).map(Self::Rsa),
            #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
            Family::P256 => P256Verifier::from_file(file).map(Self::P256),
            #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
            Family::Ed25519 => Ed25519Verifier::from_file(file).map(Self::Ed25519),
        }
    }

    fn key(&self) -> &dyn Verifier {
        match self {
            Self::Rsa(key) => key,
            #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
            Self::P256(key) => key,
            #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
            Self::Ed25519(key) => key,
        }
    }
}

impl Verifier for AnyVerifier {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.key().algorithm()
    }

    fn key_id(&self) -> KeyId {
        self.key().key_id()
    }

    fn signature_len(&self) -> usize {
        self.key().signature_len()
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key().verify(message, signature)
    }
}

/// From text, as [`from_pem`](AnyVerifier::from_pem).
impl FromStr for AnyVerifier {
    type Err = KeyError;

    fn from_str(pem: &str) -> Result<Self, KeyError> {
        Self::from_pem(pem)
    }
}

/// A private key that signs, of the algorithm that its file says. Cheap to clone.
///
/// An algorithm without its type in this build is an error, as with [`AnyVerifier`].
///
/// # Examples
///
/// ```
/// use bulla::senders::AnySigner;
/// use bulla::{Signer, Verifier};
///
/// let file = include_bytes!("../../tests/keys/rsa2048.pem");
/// let signer = AnySigner::from_key_file(file)?;
/// let signature = signer.sign(b"hello")?;
/// assert!(signer.verifier().verify(b"hello", &signature));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AnySigner {
    /// An RSA key, for RSASSA-PSS.
    Rsa(RsaSigner),
    /// A P-256 key, for ECDSA.
    #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "aws-lc-rs", feature = "p256"))))]
    P256(P256Signer),
    /// An Ed25519 key.
    #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "aws-lc-rs", feature = "ed25519"))))]
    Ed25519(Ed25519Signer),
}

impl AnySigner {
    /// Reads a key from the bytes of a file, in any of the shapes that `from_key_file` of one of
    /// the types reads.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if this is no such key, if it is encrypted or contradicts itself, or if it
    /// breaks the rules of its type. It says what the file is instead and, if there is one, which
    /// command makes a key file of it.
    pub fn from_key_file(file: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::from_file(PrivateKeyFile::from_file(file.as_ref(), PURPOSE)?)
    }

    /// Reads a key from the bytes of a file, as [`from_key_file`](Self::from_key_file) does, and
    /// decrypts it with `passphrase`, as
    /// [`RsaIdentity::from_encrypted_key_file`](crate::RsaIdentity::from_encrypted_key_file) does.
    /// If it is not encrypted, the passphrase is not used.
    ///
    /// # Errors
    ///
    /// The errors of that function.
    ///
    /// # Security
    ///
    /// The derived key, and the memory that scrypt used, are not wiped: see
    /// [SECURITY.md](https://docs.rs/crate/bulla/latest/source/SECURITY.md). Wiping the passphrase
    /// is for the caller.
    #[cfg(feature = "encrypted-keys")]
    #[cfg_attr(docsrs, doc(cfg(feature = "encrypted-keys")))]
    pub fn from_encrypted_key_file(
        file: impl AsRef<[u8]>,
        passphrase: impl AsRef<[u8]>,
        limits: &Limits,
    ) -> Result<Self, KeyError> {
        let (file, passphrase) = (file.as_ref(), passphrase.as_ref());
        Self::from_file(PrivateKeyFile::from_encrypted_file(file, passphrase, limits, PURPOSE)?)
    }

    /// Reads a key from text, as [`from_key_file`](Self::from_key_file) does, but not from DER.
    ///
    /// # Errors
    ///
    /// The errors of [`from_key_file`](Self::from_key_file).
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::from_file(PrivateKeyFile::from_text(pem.as_ref(), PURPOSE)?)
    }

    /// Reads a key from DER, in any of the structures that `from_der` of one of the types reads.
    /// The key must not be encrypted.
    ///
    /// # Errors
    ///
    /// The errors of [`from_key_file`](Self::from_key_file).
    pub fn from_der(der: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::from_file(PrivateKeyFile::from_der(der.as_ref(), PURPOSE)?)
    }

    /// Returns the public key, to verify with.
    #[must_use]
    pub fn verifier(&self) -> AnyVerifier {
        match self {
            Self::Rsa(key) => AnyVerifier::Rsa(key.verifier()),
            #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
            Self::P256(key) => AnyVerifier::P256(key.verifier()),
            #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
            Self::Ed25519(key) => AnyVerifier::Ed25519(key.verifier()),
        }
    }

    fn from_file(file: PrivateKeyFile) -> Result<Self, KeyError> {
        match file.public.family {
            Family::Rsa => RsaSigner::from_file(file).map(Self::Rsa),
            #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
            Family::P256 => P256Signer::from_file(file).map(Self::P256),
            #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
            Family::Ed25519 => Ed25519Signer::from_file(file).map(Self::Ed25519),
        }
    }

    fn key(&self) -> &dyn Signer {
        match self {
            Self::Rsa(key) => key,
            #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
            Self::P256(key) => key,
            #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
            Self::Ed25519(key) => key,
        }
    }
}

impl Signer for AnySigner {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.key().algorithm()
    }

    fn key_id(&self) -> KeyId {
        self.key().key_id()
    }

    fn signature_len(&self) -> usize {
        self.key().signature_len()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.key().sign(message)
    }
}

/// From text, as [`from_pem`](AnySigner::from_pem).
impl FromStr for AnySigner {
    type Err = KeyError;

    fn from_str(pem: &str) -> Result<Self, KeyError> {
        Self::from_pem(pem)
    }
}

const PURPOSE: Purpose = Purpose::Signing(None);
