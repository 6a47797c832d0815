//! Private keys that are held elsewhere.

use core::fmt;

use super::identity::Identity;
use super::rsa::RsaRecipient;
use super::wrap::Recipient;
use crate::error::UnwrapError;
use crate::key_id::KeyId;
use crate::secret::ContentKey;
use crate::wire::Record;

/// An RSA private key in a device or service that answers while the caller waits. It consists of
/// the public key and a function that decrypts with the private key.
///
/// The function is called only for records that may be for the key: those that name it, and
/// anonymous ones with a wrapped key as long as its modulus (SPEC §6.2). If the service is
/// asynchronous, use [`Search`](crate::Search).
///
/// The operation is RSA-OAEP with SHA-256, MGF1 with SHA-256 and no label: `RSAES_OAEP_SHA_256` in
/// AWS KMS, `RSA_DECRYPT_OAEP_…_SHA256` in Google Cloud KMS, `RSA-OAEP-256` in Azure Key Vault
/// (SPEC §8). What these services return as public key is for [`RsaRecipient::from_der`] or
/// [`from_pem`](RsaRecipient::from_pem). To test that a refused ciphertext is handled, seal to
/// [`anonymous`](RsaRecipient::anonymous): a record that names another key is never tried.
///
/// # Examples
///
/// ```
/// use bulla::error::UnwrapError;
/// use bulla::keys::ContentKey;
/// use bulla::{RemoteIdentity, RsaRecipient};
/// # use bulla::{RsaIdentity, error::OpenError};
/// # struct Client(RsaIdentity);
/// # #[derive(Debug)]
/// # enum Refusal { InvalidCiphertext, Offline }
/// # impl std::fmt::Display for Refusal {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("offline") }
/// # }
/// # impl std::error::Error for Refusal {}
/// # impl Client {
/// #     fn decrypt(&self, wrapped: &[u8]) -> Result<Vec<u8>, Refusal> {
/// #         let key = self.0.unwrap_bytes(wrapped).map_err(|_| Refusal::Offline)?;
/// #         Ok(key.ok_or(Refusal::InvalidCiphertext)?.expose().to_vec())
/// #     }
/// # }
/// # let client = Client(RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?);
///
/// let pem = include_str!("../../tests/keys/rsa2048.pub.pem");
/// let public = RsaRecipient::from_pem(pem)?;
/// let identity = RemoteIdentity::new(public.clone(), |wrapped_key| {
///     // RSA-OAEP, SHA-256, MGF1 with SHA-256, no label.
///     match client.decrypt(wrapped_key) {
///         Ok(key) => Ok(ContentKey::from_slice(&key)),
///         Err(Refusal::InvalidCiphertext) => Ok(None),
///         Err(error) => Err(UnwrapError::new(error)),
///     }
/// });
/// let sealed = bulla::seal(&public, b"hello")?;
/// assert_eq!(bulla::open(&identity, &sealed)?, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RemoteIdentity<F> {
    public: RsaRecipient,
    unwrap: F,
}

impl<F> RemoteIdentity<F>
where
    F: Fn(&[u8]) -> Result<Option<ContentKey>, UnwrapError> + Send + Sync,
{
    /// Creates an identity from the public key and a function that decrypts a wrapped key with the
    /// private key. See [`Identity::unwrap_key`] for what `unwrap` must return and what it must not
    /// reveal.
    #[must_use]
    pub fn new(public: RsaRecipient, unwrap: F) -> Self {
        Self { public, unwrap }
    }
}

impl<F> Identity for RemoteIdentity<F>
where
    F: Fn(&[u8]) -> Result<Option<ContentKey>, UnwrapError> + Send + Sync,
{
    fn may_open(&self, record: &Record<'_>) -> bool {
        self.public.may_open(record)
    }

    fn public_key_id(&self) -> Option<KeyId> {
        self.public.public_key_id()
    }

    fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
        record.wrapped_key().map_or(Ok(None), &self.unwrap)
    }
}

impl<F> fmt::Debug for RemoteIdentity<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteIdentity").field("public", &self.public).finish_non_exhaustive()
    }
}
