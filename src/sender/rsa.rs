//! RSA keys that sign with RSASSA-PSS.

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
use crate::crypto::{KeySize, PssPrivateKey, PssPublicKey, generate_pkcs8};
use crate::error::{KeyError, KeyErrorKind, SignError};
use crate::format::SignatureAlgorithm;
use crate::key_file::{Family, PrivateKeyFile, PublicKeyFile, Purpose};
use crate::key_id::KeyId;
#[cfg(feature = "encrypted-keys")]
use crate::limits::Limits;
use crate::secret::{SecretDer, SecretPem};

verifier! {
    /// An RSA public key that verifies signatures with RSASSA-PSS (RFC 8017 §8.1): SHA-256, MGF1
    /// with SHA-256, a salt of exactly 32 bytes. A signature is as long as the modulus: 256 to 1024
    /// bytes. Cheap to clone.
    ///
    /// The modulus must have 2048 to 8192 bits, and the public exponent must be odd, at least 65537
    /// and less than 2^33. A key marked id-RSASSA-PSS must not be restricted to other parameters
    /// than these. A key marked id-RSAES-OAEP is refused: a key opens envelopes or signs, and never
    /// both. An [`RsaRecipient`](crate::RsaRecipient) of the same key has the same id.
    ///
    /// # Examples
    ///
    /// ```
    /// use bulla::{RsaSigner, RsaVerifier, Signer, Verifier};
    ///
    /// let signer = RsaSigner::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
    /// let pem = include_str!("../../tests/keys/rsa2048.pub.pem");
    /// let verifier = RsaVerifier::from_pem(pem)?;
    /// let signature = signer.sign(b"hello")?;
    /// assert!(verifier.verify(b"hello", &signature));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    RsaVerifier(PssPublicKey): RsaPssSha256, Rsa,
    /// Reads a key from the bytes of a file, in any of the shapes that
    /// [`RsaRecipient::from_key_file`](crate::RsaRecipient::from_key_file) reads.
    from_key_file,
    /// Reads a SubjectPublicKeyInfo (RFC 5280) or a PKCS#1 RSAPublicKey (RFC 8017) from DER.
    from_der
}

impl RsaVerifier {
    /// Takes modulus and public exponent as big-endian bytes.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the key breaks the rules [above](Self).
    pub fn from_components(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        Self::from_file(PublicKeyFile::from_components(modulus, exponent)?)
    }

    /// Returns the length of the modulus in bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.shared.file.modulus_bits
    }
}

signer! {
    /// An RSA private key that signs with RSASSA-PSS. Cheap to clone.
    ///
    /// The rules for keys are those of [`RsaVerifier`]. The key must have two primes, neither of
    /// them shorter than a quarter of the modulus.
    ///
    /// # Security
    ///
    /// Signing is blinded, and a signature is verified before it leaves. The key is wiped from
    /// memory when its last clone is dropped. With the backend `rustcrypto`, copies of parts of it
    /// stay behind in freed memory: see
    /// [SECURITY.md](https://docs.rs/crate/bulla/latest/source/SECURITY.md).
    ///
    /// # Examples
    ///
    /// ```
    /// use bulla::keys::KeySize;
    /// use bulla::{RsaSigner, Signer, Verifier};
    ///
    /// let signer = RsaSigner::generate(KeySize::Rsa2048)?;
    /// let signature = signer.sign(b"hello")?;
    /// assert!(signer.verifier().verify(b"hello", &signature));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    RsaSigner(PssPrivateKey): RsaVerifier,
    /// Reads a key from the bytes of a file, in any of the shapes that
    /// [`RsaIdentity::from_key_file`](crate::RsaIdentity::from_key_file) reads.
    from_key_file,
    /// Reads a PKCS#8 PrivateKeyInfo (RFC 5958) or a PKCS#1 RSAPrivateKey (RFC 8017) from DER. The
    /// key must not be encrypted.
    from_der
}

impl RsaSigner {
    /// Generates a key with public exponent 65537.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Randomness`] if the operating system gave no randomness.
    pub fn generate(size: KeySize) -> Result<Self, KeyError> {
        let generated = generate_pkcs8(size).map_err(|_| KeyErrorKind::Randomness)?;
        Self::from_der(&*generated)
    }
}
