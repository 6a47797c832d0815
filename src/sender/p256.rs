//! P-256 keys that sign with ECDSA.

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
use crate::crypto::{P256PrivateKey, P256PublicKey};
use crate::error::{KeyError, SignError};
use crate::format::SignatureAlgorithm;
use crate::key_file::{Family, PrivateKeyFile, PublicKeyFile, Purpose};
use crate::key_id::KeyId;
#[cfg(feature = "encrypted-keys")]
use crate::limits::Limits;
use crate::secret::{SecretDer, SecretPem};

verifier! {
    /// A P-256 public key that verifies signatures with ECDSA (FIPS 186-5) and SHA-256. A signature
    /// is r || s, 64 bytes. Cheap to clone.
    ///
    /// Most services and libraries return signatures in DER: take r and s out of it, without
    /// leading zero bytes, and fill each up to 32 bytes. If r || s verifies, so does r || n − s,
    /// and both are accepted: a signature identifies nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use bulla::senders::{P256Signer, P256Verifier};
    ///
    /// let signer = P256Signer::from_pem(include_str!("../../tests/keys/p256.pem"))?;
    /// let pem = include_str!("../../tests/keys/p256.pub.pem");
    /// assert_eq!(P256Verifier::from_pem(pem)?, signer.verifier());
    /// # Ok::<(), bulla::error::KeyError>(())
    /// ```
    P256Verifier(P256PublicKey): EcdsaP256Sha256, P256,
    /// Reads a key from the bytes of a file, in any of these shapes:
    ///
    /// * PEM with the label `PUBLIC KEY` (SubjectPublicKeyInfo, RFC 5480), as lax as
    ///   [`RsaRecipient::from_key_file`](crate::RsaRecipient::from_key_file) takes it;
    /// * the same structure in DER, or in base64 without the lines around it;
    /// * a line of OpenSSH: `ecdsa-sha2-nistp256 AAAA…`.
    ///
    /// The curve must be given by its name, and the point must be uncompressed.
    from_key_file,
    /// Reads a SubjectPublicKeyInfo (RFC 5480) from DER.
    from_der
}

signer! {
    /// A P-256 private key that signs with ECDSA. Cheap to clone.
    ///
    /// # Security
    ///
    /// Each signature has a nonce of its own, with fresh randomness of the operating system in it,
    /// and is verified before it leaves. The key is wiped from memory when its last clone is
    /// dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use bulla::senders::P256Signer;
    /// use bulla::{Signer, Verifier};
    ///
    /// let signer = P256Signer::generate()?;
    /// let signature = signer.sign(b"hello")?;
    /// assert_eq!(signature.len(), 64);
    /// assert!(signer.verifier().verify(b"hello", &signature));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    P256Signer(P256PrivateKey): P256Verifier,
    /// Reads a key from the bytes of a file, in any of these shapes:
    ///
    /// * PEM: `PRIVATE KEY` (PKCS#8, RFC 5958) or `EC PRIVATE KEY` (RFC 5915), as lax as
    ///   [`RsaIdentity::from_key_file`](crate::RsaIdentity::from_key_file) takes it;
    /// * the same structures in DER, or in base64 without the lines around it.
    ///
    /// The curve must be given by its name.
    from_key_file,
    /// Reads a PKCS#8 PrivateKeyInfo (RFC 5958) or an ECPrivateKey (RFC 5915) from DER. The key
    /// must not be encrypted.
    from_der
}

impl P256Signer {
    /// Generates a key.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Randomness`](crate::error::KeyErrorKind::Randomness) if the operating system
    /// gave no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        Self::from_file(PrivateKeyFile::generate_p256()?)
    }
}
