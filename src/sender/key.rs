//! What keys in memory do alike, whatever their algorithm.

use alloc::sync::Arc;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::crypto::{NotSigned, SigningKey, VerifyingKey, sha256};
use crate::error::{KeyError, KeyErrorKind, SignError};
use crate::key_file::{PrivateKeyFile, PublicKeyFile};
use crate::key_id::KeyId;

/// A public key, and its name.
pub(super) struct PublicKey<K> {
    key: K,
    pub(super) key_id: KeyId,
    pub(super) file: PublicKeyFile,
}

impl<K: VerifyingKey> PublicKey<K> {
    pub(super) fn new(file: PublicKeyFile) -> Result<Self, KeyError> {
        let key = K::from_spki(&file.spki).map_err(|_| KeyErrorKind::Unusable)?;
        Ok(Self { key, key_id: KeyId::from_bytes(sha256(&file.spki)), file })
    }

    /// The length of a signature in bytes.
    pub(super) fn signature_len(&self) -> usize {
        // Only RSA keys have a modulus.
        match self.file.modulus_bits {
            0 => 64,
            bits => bits.div_ceil(8),
        }
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify(message, signature)
    }
}

/// A private key, and its public half.
pub(super) struct PrivateKey<K: SigningKey> {
    key: K,
    pub(super) pkcs8: Zeroizing<Vec<u8>>,
    pub(super) public: Arc<PublicKey<K::Public>>,
}

impl<K: SigningKey> PrivateKey<K> {
    /// Tries the key: the policy does not test whether the numbers of an RSA key are prime, and a
    /// key with other factors may not sign.
    pub(super) fn new(file: PrivateKeyFile) -> Result<Self, KeyError> {
        let PrivateKeyFile { pkcs8, public } = file;
        let key = K::from_pkcs8(&pkcs8).map_err(|_| KeyErrorKind::Unusable)?;
        let key = Self { key, pkcs8, public: Arc::new(PublicKey::new(public)?) };
        match key.sign_and_verify(b"a key is tried before it is used") {
            Ok(_) => Ok(key),
            Err(NotSigned::Randomness) => Err(KeyErrorKind::Randomness.into()),
            Err(NotSigned::Failed) => Err(KeyErrorKind::Unusable.into()),
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.sign_and_verify(message).map_err(|failure| match failure {
            NotSigned::Randomness => SignError::new("the operating system gave no randomness"),
            NotSigned::Failed => SignError::new("there was a fault in the computation of the signature"),
        })
    }

    /// A signature with a fault in it can give the private key away: with RSA and the Chinese
    /// remainder theorem (Boneh, DeMillo, Lipton 1997), and with Ed25519, which signs the same
    /// message in the same way twice. So it is verified before it leaves.
    fn sign_and_verify(&self, message: &[u8]) -> Result<Vec<u8>, NotSigned> {
        let signature = self.key.sign(message)?;
        if self.public.verify(message, &signature) { Ok(signature) } else { Err(NotSigned::Failed) }
    }
}
