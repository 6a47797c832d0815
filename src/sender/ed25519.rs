//! Ed25519 keys.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::FromStr;

use super::key::{PrivateKey, PublicKey};
use super::key_types::{signer, verifier};
use super::signer::Signer;
use super::verifier::Verifier;
use crate::crypto::{Ed25519PrivateKey, Ed25519PublicKey};
use crate::error::{KeyError, SignError};
use crate::format::SignatureAlgorithm;
use crate::key_file::{Family, PrivateKeyFile, PublicKeyFile, Purpose};
use crate::key_id::KeyId;
#[cfg(feature = "encrypted-keys")]
use crate::limits::Limits;
use crate::secret::{SecretDer, SecretPem};

verifier! {
    /// An Ed25519 public key that verifies signatures as of RFC 8032 §5.1.7, without the cofactor
    /// and with S below the order. A signature has 64 bytes. Cheap to clone.
    ///
    /// The public key must be a point of the curve in its only encoding, and not of small order.
    ///
    /// # Examples
    ///
    /// ```
    /// use bulla::senders::{Ed25519Signer, Ed25519Verifier};
    ///
    /// let signer = Ed25519Signer::generate()?;
    /// let pem = signer.verifier().to_pem();
    /// assert_eq!(Ed25519Verifier::from_pem(pem)?, signer.verifier());
    /// # Ok::<(), bulla::error::KeyError>(())
    /// ```
    Ed25519Verifier(Ed25519PublicKey): Ed25519, Ed25519,
    /// Reads a key from the bytes of a file, in any of these shapes:
    ///
    /// * PEM with the label `PUBLIC KEY` (SubjectPublicKeyInfo, RFC 8410), as lax as
    ///   [`RsaRecipient::from_key_file`](crate::RsaRecipient::from_key_file) takes it;
    /// * the same structure in DER, or in base64 without the lines around it;
    /// * a line of OpenSSH: `ssh-ed25519 AAAA…`.
    from_key_file,
    /// Reads a SubjectPublicKeyInfo (RFC 8410) from DER.
    from_der
}

signer! {
    /// An Ed25519 private key. Cheap to clone.
    ///
    /// # Security
    ///
    /// A signature is verified before it leaves: signing the same message twice is the same
    /// computation, and a fault in one of the two would give the key away. The key is wiped from
    /// memory when its last clone is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use bulla::senders::Ed25519Signer;
    /// use bulla::{Signer, Verifier};
    ///
    /// let signer = Ed25519Signer::generate()?;
    /// let signature = signer.sign(b"hello")?;
    /// assert_eq!(signature.len(), 64);
    /// assert!(signer.verifier().verify(b"hello", &signature));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Ed25519Signer(Ed25519PrivateKey): Ed25519Verifier,
    /// Reads a key from the bytes of a file, in any of these shapes:
    ///
    /// * PEM with the label `PRIVATE KEY` (PKCS#8, RFC 8410 and RFC 5958), as lax as
    ///   [`RsaIdentity::from_key_file`](crate::RsaIdentity::from_key_file) takes it;
    /// * the same structure in DER, or in base64 without the lines around it;
    /// * the private key file of OpenSSH (`OPENSSH PRIVATE KEY`), not encrypted.
    from_key_file,
    /// Reads a PKCS#8 PrivateKeyInfo (RFC 8410, version 1 or 2) from DER. The key must not be
    /// encrypted.
    from_der
}

impl Ed25519Signer {
    /// Generates a key.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Randomness`](crate::error::KeyErrorKind::Randomness) if the operating system
    /// gave no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        Self::from_file(PrivateKeyFile::generate_ed25519()?)
    }
}
