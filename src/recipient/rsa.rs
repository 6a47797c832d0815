//! RSA keys in memory.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::FromStr;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::identity::Identity;
use super::wrap::Recipient;
use super::wrapped_key::WrappedKey;
use crate::crypto::{KeySize, OaepPrivateKey, OaepPublicKey, SystemRng, generate_pkcs8, sha256};
use crate::error::{KeyError, KeyErrorKind, UnwrapError, WrapError};
use crate::key_file::{PrivateKeyFile, PublicKeyFile, Purpose};
use crate::key_id::KeyId;
#[cfg(feature = "encrypted-keys")]
use crate::limits::Limits;
use crate::secret::{ContentKey, SecretDer, SecretPem};
use crate::wire::Record;

/// An RSA public key to seal to. Cheap to clone.
///
/// The modulus must have 2048 to 8192 bits, and the public exponent must be odd, at least 65537 and
/// less than 2^33. Keys restricted to RSASSA-PSS are refused.
///
/// # Examples
///
/// ```
/// use bulla::RsaRecipient;
///
/// let pem = include_str!("../../tests/keys/rsa3072.pub.pem");
/// let recipient = RsaRecipient::from_pem(pem)?;
/// println!("sealing to {}", recipient.key_id());
/// # Ok::<(), bulla::error::KeyError>(())
/// ```
#[derive(Clone)]
pub struct RsaRecipient {
    shared: Arc<Public>,
    anonymous: bool,
}

impl RsaRecipient {
    /// Reads a key from the bytes of a file, in any of these shapes:
    ///
    /// * PEM: `PUBLIC KEY` (SubjectPublicKeyInfo, RFC 5280) or `RSA PUBLIC KEY` (PKCS#1, RFC 8017),
    ///   by the lax grammar of RFC 7468: lines of any length and with any end, indented or not, and
    ///   other text around them. There may be other blocks, such as a private key, but only one
    ///   public key;
    /// * the same structures in DER, or in base64 without the lines around it;
    /// * a line of OpenSSH: `ssh-rsa AAAA…`.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if this is no such key, or if it breaks the rules [above](Self). It says what
    /// the file is instead and, if there is one, which command makes a key file of it.
    pub fn from_key_file(file: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::from_file(PublicKeyFile::from_file(file.as_ref(), Purpose::Opening)?)
    }

    /// Reads a key from text, as [`from_key_file`](Self::from_key_file) does, but not from DER.
    ///
    /// # Errors
    ///
    /// The errors of [`from_key_file`](Self::from_key_file).
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::from_file(PublicKeyFile::from_text(pem.as_ref(), Purpose::Opening)?)
    }

    /// Reads a SubjectPublicKeyInfo (RFC 5280) or a PKCS#1 RSAPublicKey (RFC 8017) from DER.
    ///
    /// # Errors
    ///
    /// The errors of [`from_key_file`](Self::from_key_file).
    pub fn from_der(der: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::from_file(PublicKeyFile::from_der(der.as_ref(), Purpose::Opening)?)
    }

    /// Takes modulus and public exponent as big-endian bytes. SSH keys, JWKs and smart cards have
    /// them in this form.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the key breaks the rules [above](Self).
    pub fn from_components(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        Self::from_file(PublicKeyFile::from_components(modulus, exponent)?)
    }

    /// Returns a recipient with the same key that leaves the key id out of the envelope.
    ///
    /// Use this with keys of 2048, 3072 or 4096 bits only: the ciphertexts of a key with another
    /// length reveal more about its modulus (SPEC §3.4, §11). Any other recipient of the envelope
    /// can still find out whose record it is.
    ///
    /// The length of the record still reveals the size of the key. A reader must try each such
    /// record with every key it has of that size. If there are more than 16 anonymous recipients
    /// with keys of one size, readers must raise
    /// [`Limits::with_private_key_operations`](crate::Limits::with_private_key_operations).
    #[must_use]
    pub fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// Returns the id of the key, even if the recipient is [anonymous](Self::anonymous).
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.shared.key_id
    }

    /// Returns the key as PEM with the label `PUBLIC KEY`.
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.shared.file.to_pem()
    }

    /// Returns the key as a SubjectPublicKeyInfo in DER.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.shared.file.spki
    }

    /// Returns the length of the modulus in bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.shared.file.modulus_bits
    }

    pub(super) fn from_file(file: PublicKeyFile) -> Result<Self, KeyError> {
        let key = OaepPublicKey::from_spki(&file.spki).map_err(|_| KeyErrorKind::Unusable)?;
        let key_id = KeyId::from_bytes(sha256(&file.spki));
        Ok(Self { shared: Arc::new(Public { key, key_id, file }), anonymous: false })
    }
}

impl Recipient for RsaRecipient {
    fn key_id(&self) -> Option<KeyId> {
        (!self.anonymous).then_some(self.shared.key_id)
    }

    fn public_key_id(&self) -> Option<KeyId> {
        Some(self.shared.key_id)
    }

    fn wrap_key(&self, key: &ContentKey, rng: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
        let wrapped = self.shared.key.wrap(key.expose(), rng);
        wrapped.map(WrappedKey::rsa_oaep_sha256).map_err(|_| WrapError::new("RSA encryption failed"))
    }

    // SPEC §6.2: a record that names this key is a candidate whatever its length. An anonymous
    // record is one only if its length fits.
    fn may_open(&self, record: &Record<'_>) -> bool {
        record.record_type() == Record::RSA_OAEP_SHA256
            && match record.key_id() {
                Some(id) => id == self.shared.key_id,
                None => record.wrapped_key().is_some_and(|wrapped| wrapped.len() == self.bits().div_ceil(8)),
            }
    }
}

/// From text, as [`from_pem`](RsaRecipient::from_pem).
impl FromStr for RsaRecipient {
    type Err = KeyError;

    fn from_str(pem: &str) -> Result<Self, KeyError> {
        Self::from_pem(pem)
    }
}

/// Two recipients are equal if they have the same key, and both or neither are
/// [anonymous](RsaRecipient::anonymous).
impl PartialEq for RsaRecipient {
    fn eq(&self, other: &Self) -> bool {
        (self.shared.key_id, self.anonymous) == (other.shared.key_id, other.anonymous)
    }
}

impl Eq for RsaRecipient {}

impl Hash for RsaRecipient {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.shared.key_id, self.anonymous).hash(state);
    }
}

impl fmt::Debug for RsaRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RsaRecipient").field("key_id", &self.shared.key_id).field("anonymous", &self.anonymous).finish()
    }
}

struct Public {
    key: OaepPublicKey,
    key_id: KeyId,
    file: PublicKeyFile,
}

/// An RSA private key to open with. Cheap to clone.
///
/// The rules for keys are those of [`RsaRecipient`]. The key must have two primes, neither of them
/// shorter than a quarter of the modulus.
///
/// # Security
///
/// The key is wiped from memory when its last clone is dropped. With the backend `rustcrypto`,
/// copies of parts of it stay behind in freed memory: see
/// [SECURITY.md](https://docs.rs/crate/bulla/latest/source/SECURITY.md).
///
/// # Examples
///
/// ```
/// use bulla::RsaIdentity;
/// use bulla::keys::KeySize;
///
/// let identity = RsaIdentity::generate(KeySize::Rsa2048)?;
/// let again = RsaIdentity::from_pem(identity.to_pem().expose())?;
/// assert_eq!(again.key_id(), identity.key_id());
/// # Ok::<(), bulla::error::KeyError>(())
/// ```
#[derive(Clone)]
pub struct RsaIdentity {
    shared: Arc<Private>,
}

impl RsaIdentity {
    /// Generates a key with public exponent 65537.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Randomness`] if the operating system gave no randomness.
    pub fn generate(size: KeySize) -> Result<Self, KeyError> {
        let generated = generate_pkcs8(size).map_err(|_| KeyErrorKind::Randomness)?;
        Self::from_der(&*generated)
    }

    /// Reads a key from the bytes of a file, in any of these shapes:
    ///
    /// * PEM: `PRIVATE KEY` (PKCS#8, RFC 5958) or `RSA PRIVATE KEY` (PKCS#1, RFC 8017), by the lax
    ///   grammar of RFC 7468: lines of any length and with any end, indented or not, and other text
    ///   around them. There may be other blocks, such as certificates, but only one private key;
    /// * the same structures in DER, or in base64 without the lines around it.
    ///
    /// An encrypted key needs `from_encrypted_key_file` (feature `encrypted-keys`).
    ///
    /// The key is tried before it is returned: a key that cannot work is an error here, and not
    /// when an envelope is opened.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if this is no such key, if it is encrypted or contradicts itself, or if it
    /// breaks the rules [above](Self). It says what the file is instead and, if there is one, which
    /// command makes a key file of it.
    pub fn from_key_file(file: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::from_file(PrivateKeyFile::from_file(file.as_ref(), Purpose::Opening)?)
    }

    /// Reads a key from the bytes of a file, as [`from_key_file`](Self::from_key_file) does, and
    /// decrypts it with `passphrase`. If it is not encrypted, the passphrase is not used.
    ///
    /// The encrypted form is PKCS#8 (`ENCRYPTED PRIVATE KEY`, RFC 5958) with PBES2 (RFC 8018):
    /// PBKDF2 with SHA-2 or scrypt, and AES-CBC. OpenSSL has written it by default since 1.1, and
    /// so does Java. The passphrase is taken byte for byte; most programs use UTF-8.
    ///
    /// The file says what the key derivation costs. `limits` says what it may cost:
    /// [`Limits::with_kdf_iterations`] and [`Limits::with_kdf_memory`].
    ///
    /// # Errors
    ///
    /// The errors of [`from_key_file`](Self::from_key_file) except
    /// [`Encrypted`](KeyErrorKind::Encrypted), and:
    ///
    /// * [`WrongPassphrase`](KeyErrorKind::WrongPassphrase);
    /// * [`UnsupportedEncryption`](KeyErrorKind::UnsupportedEncryption) if the key is encrypted in
    ///   another way;
    /// * [`LimitExceeded`](KeyErrorKind::LimitExceeded) if the key derivation costs too much.
    ///
    /// # Security
    ///
    /// The derived key, and the memory that scrypt used, are not wiped: see
    /// [SECURITY.md](https://docs.rs/crate/bulla/latest/source/SECURITY.md). Wiping the passphrase
    /// is for the caller.
    ///
    /// # Examples
    ///
    /// ```
    /// use bulla::{Limits, RsaIdentity};
    ///
    /// let file = include_bytes!("../../tests/keys/encrypted2048.pem");
    /// let limits = Limits::default();
    /// let identity = RsaIdentity::from_encrypted_key_file(file, "test", &limits)?;
    /// # Ok::<(), bulla::error::KeyError>(())
    /// ```
    #[cfg(feature = "encrypted-keys")]
    #[cfg_attr(docsrs, doc(cfg(feature = "encrypted-keys")))]
    pub fn from_encrypted_key_file(
        file: impl AsRef<[u8]>,
        passphrase: impl AsRef<[u8]>,
        limits: &Limits,
    ) -> Result<Self, KeyError> {
        let (file, passphrase) = (file.as_ref(), passphrase.as_ref());
        Self::from_file(PrivateKeyFile::from_encrypted_file(file, passphrase, limits, Purpose::Opening)?)
    }

    /// Reads a key from text, as [`from_key_file`](Self::from_key_file) does, but not from DER.
    ///
    /// # Errors
    ///
    /// The errors of [`from_key_file`](Self::from_key_file).
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::from_file(PrivateKeyFile::from_text(pem.as_ref(), Purpose::Opening)?)
    }

    /// Reads a PKCS#8 PrivateKeyInfo (RFC 5958) or a PKCS#1 RSAPrivateKey (RFC 8017) from DER. The
    /// key must not be encrypted.
    ///
    /// # Errors
    ///
    /// The errors of [`from_key_file`](Self::from_key_file).
    pub fn from_der(der: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::from_file(PrivateKeyFile::from_der(der.as_ref(), Purpose::Opening)?)
    }

    /// Returns the public key, to seal to.
    #[must_use]
    pub fn recipient(&self) -> RsaRecipient {
        self.shared.recipient.clone()
    }

    /// Returns the id of the key.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.shared.recipient.key_id()
    }

    /// Returns the private key as PEM with the label `PRIVATE KEY`, unencrypted.
    #[must_use]
    pub fn to_pem(&self) -> SecretPem {
        SecretPem::new(PrivateKeyFile::to_pem(&self.shared.pkcs8))
    }

    /// Returns the private key as PEM with the label `ENCRYPTED PRIVATE KEY`, encrypted with
    /// `passphrase`: PKCS#8 (RFC 5958) with PBES2 (RFC 8018), scrypt (N = 2^14, r = 8, p = 5) and
    /// AES-256-CBC. OpenSSL reads it since 1.1.
    ///
    /// The key derivation needs 16 MiB of memory for about 0.2 s.
    ///
    /// # Errors
    ///
    /// [`EmptyPassphrase`](KeyErrorKind::EmptyPassphrase), and
    /// [`Randomness`](KeyErrorKind::Randomness) if the operating system gave none.
    ///
    /// # Security
    ///
    /// The encryption is not authenticated: it hides the key, but does not show whether the file
    /// was replaced. The derived key, and the memory that scrypt used, are not wiped: see
    /// [SECURITY.md](https://docs.rs/crate/bulla/latest/source/SECURITY.md).
    ///
    /// # Examples
    ///
    /// ```
    /// use bulla::keys::KeySize;
    /// use bulla::{Limits, RsaIdentity};
    ///
    /// let identity = RsaIdentity::generate(KeySize::Rsa2048)?;
    /// let pem = identity.to_encrypted_pem("correct horse battery staple")?;
    /// assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    /// # Ok::<(), bulla::error::KeyError>(())
    /// ```
    #[cfg(feature = "encrypted-keys")]
    #[cfg_attr(docsrs, doc(cfg(feature = "encrypted-keys")))]
    pub fn to_encrypted_pem(&self, passphrase: impl AsRef<[u8]>) -> Result<String, KeyError> {
        PrivateKeyFile::to_encrypted_pem(&self.shared.pkcs8, passphrase.as_ref())
    }

    /// Returns the private key as a PKCS#8 PrivateKeyInfo in DER, unencrypted.
    #[must_use]
    pub fn to_der(&self) -> SecretDer {
        SecretDer::new(self.shared.pkcs8.clone())
    }

    /// Unwraps a content key with RSA-OAEP, as a key service does. Returns `Ok(None)` if
    /// `wrapped_key` does not open, for whatever reason. Use it to test code that talks to a key
    /// service.
    ///
    /// # Errors
    ///
    /// [`UnwrapError`] if the operating system gave no randomness for blinding.
    ///
    /// # Security
    ///
    /// An unwrapped key by itself proves nothing. [`Search`](crate::Search) and
    /// [`Opener`](crate::Opener) check it against the header.
    pub fn unwrap_bytes(&self, wrapped_key: &[u8]) -> Result<Option<ContentKey>, UnwrapError> {
        let unwrapped = self.shared.key.unwrap(wrapped_key);
        unwrapped.map_err(|_| UnwrapError::new("the operating system gave no randomness for blinding"))
    }

    fn from_file(file: PrivateKeyFile) -> Result<Self, KeyError> {
        let PrivateKeyFile { pkcs8, public } = file;
        let key = OaepPrivateKey::from_pkcs8(&pkcs8).map_err(|_| KeyErrorKind::Unusable)?;
        let recipient = RsaRecipient::from_file(public)?;
        let identity = Self { shared: Arc::new(Private { key, pkcs8, recipient }) };
        identity.try_out()?;
        Ok(identity)
    }

    /// Decrypts what the public half encrypts. The policy does not test whether the primes are
    /// prime, and a key with other factors may not decrypt.
    fn try_out(&self) -> Result<(), KeyError> {
        let mut rng = SystemRng::new();
        let content_key = ContentKey::from_bytes([0x5A; 32]);
        let wrapped = self.shared.recipient.shared.key.wrap(content_key.expose(), &mut rng);
        rng.check().map_err(|_| KeyErrorKind::Randomness)?;
        let wrapped = wrapped.map_err(|_| KeyErrorKind::Unusable)?;
        match self.shared.key.unwrap(&wrapped).map_err(|_| KeyErrorKind::Randomness)? {
            Some(unwrapped) if unwrapped.expose() == content_key.expose() => Ok(()),
            _ => Err(KeyErrorKind::Unusable.into()),
        }
    }
}

impl Identity for RsaIdentity {
    fn may_open(&self, record: &Record<'_>) -> bool {
        self.shared.recipient.may_open(record)
    }

    fn public_key_id(&self) -> Option<KeyId> {
        Some(self.key_id())
    }

    fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
        record.wrapped_key().map_or(Ok(None), |wrapped_key| self.unwrap_bytes(wrapped_key))
    }
}

/// From text, as [`from_pem`](RsaIdentity::from_pem).
impl FromStr for RsaIdentity {
    type Err = KeyError;

    fn from_str(pem: &str) -> Result<Self, KeyError> {
        Self::from_pem(pem)
    }
}

impl fmt::Debug for RsaIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RsaIdentity").field("key_id", &self.key_id()).finish_non_exhaustive()
    }
}

struct Private {
    key: OaepPrivateKey,
    pkcs8: Zeroizing<Vec<u8>>,
    recipient: RsaRecipient,
}
