//! Private keys that sign and are held elsewhere.

use alloc::vec::Vec;
use core::fmt;

use super::signer::Signer;
use super::verifier::Verifier;
use crate::error::SignError;
use crate::format::SignatureAlgorithm;
use crate::key_id::KeyId;

/// A private key in a device or service that signs while the caller waits. It consists of the
/// public key and a function that signs with the private key.
///
/// What the function returns is verified before it is used. A wrong signature is a [`SignError`],
/// so that an envelope that nobody accepts is noticed where it is made.
///
/// The function gets the message itself, of less than 4096 bytes, and not a digest. It must return
/// a signature in the form that [`SignatureAlgorithm`] describes:
///
/// * RSA: `RSASSA_PSS_SHA_256` in AWS KMS, `RSA_SIGN_PSS_…_SHA256` in Google Cloud KMS, `PS256` in
///   Azure Key Vault. These use a salt of 32 bytes. TPMs before version 1.38 of their specification
///   use the longest salt, which is refused.
/// * P-256: `ECDSA_SHA_256`, `EC_SIGN_P256_SHA256`, `ES256`. Most services and libraries return
///   DER, but r || s is needed here.
///
/// # Examples
///
/// ```
/// use bulla::error::SignError;
/// use bulla::{RemoteSigner, RsaVerifier, Signer, Verifier};
/// # use bulla::RsaSigner;
/// # struct Client(RsaSigner);
/// # impl Client {
/// #     fn sign_pss(&self, message: &[u8]) -> Result<Vec<u8>, std::io::Error> {
/// #         self.0.sign(message).map_err(std::io::Error::other)
/// #     }
/// # }
/// # let pem = include_str!("../../tests/keys/rsa2048.pem");
/// # let client = Client(RsaSigner::from_pem(pem)?);
///
/// let pem = include_str!("../../tests/keys/rsa2048.pub.pem");
/// let public = RsaVerifier::from_pem(pem)?;
/// let signer = RemoteSigner::new(public.clone(), |message: &[u8]| {
///     // RSASSA-PSS, SHA-256, MGF1 with SHA-256, salt of 32 bytes.
///     client.sign_pss(message).map_err(SignError::new)
/// });
/// let signature = signer.sign(b"hello")?;
/// assert!(public.verify(b"hello", &signature));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RemoteSigner<V, F> {
    public: V,
    sign: F,
}

impl<V, F> RemoteSigner<V, F>
where
    V: Verifier,
    F: Fn(&[u8]) -> Result<Vec<u8>, SignError> + Send + Sync,
{
    /// Creates a signer from the public key and a function that signs a message with the private
    /// key.
    #[must_use]
    pub fn new(public: V, sign: F) -> Self {
        Self { public, sign }
    }
}

impl<V, F> Signer for RemoteSigner<V, F>
where
    V: Verifier,
    F: Fn(&[u8]) -> Result<Vec<u8>, SignError> + Send + Sync,
{
    fn algorithm(&self) -> SignatureAlgorithm {
        self.public.algorithm()
    }

    fn key_id(&self) -> KeyId {
        self.public.key_id()
    }

    fn signature_len(&self) -> usize {
        self.public.signature_len()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature = (self.sign)(message)?;
        if self.public.verify(message, &signature) {
            Ok(signature)
        } else {
            Err(SignError::new("the signature that the device returned does not verify"))
        }
    }
}

impl<V: Verifier, F> fmt::Debug for RemoteSigner<V, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteSigner").field("key_id", &self.public.key_id()).finish_non_exhaustive()
    }
}
