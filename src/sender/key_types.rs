//! The types of keys in memory: one public and one private for each algorithm, which differ in
//! nothing but the algorithm.

/// Defines a public key.
macro_rules! verifier {
    (
        $(#[$doc:meta])*
        $name:ident($key:ty): $algorithm:ident, $family:ident,
        $(#[$file:meta])*
        from_key_file,
        $(#[$der:meta])*
        from_der
    ) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name {
            shared: Arc<PublicKey<$key>>,
        }

        impl $name {
            $(#[$file])*
            ///
            /// # Errors
            ///
            /// [`KeyError`] if this is no such key, or if it breaks the rules [above](Self). It
            /// says what the file is instead and, if there is one, which command makes a key file
            /// of it.
            pub fn from_key_file(file: impl AsRef<[u8]>) -> Result<Self, KeyError> {
                Self::from_file(PublicKeyFile::from_file(file.as_ref(), PURPOSE)?)
            }

            /// Reads a key from text, as [`from_key_file`](Self::from_key_file) does, but not from
            /// DER.
            ///
            /// # Errors
            ///
            /// The errors of [`from_key_file`](Self::from_key_file).
            pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
                Self::from_file(PublicKeyFile::from_text(pem.as_ref(), PURPOSE)?)
            }

            $(#[$der])*
            ///
            /// # Errors
            ///
            /// The errors of [`from_key_file`](Self::from_key_file).
            pub fn from_der(der: impl AsRef<[u8]>) -> Result<Self, KeyError> {
                Self::from_file(PublicKeyFile::from_der(der.as_ref(), PURPOSE)?)
            }

            /// Returns the id of the key.
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

            pub(super) fn from_file(file: PublicKeyFile) -> Result<Self, KeyError> {
                Ok(Self { shared: Arc::new(PublicKey::new(file)?) })
            }
        }

        impl Verifier for $name {
            fn algorithm(&self) -> SignatureAlgorithm {
                SignatureAlgorithm::$algorithm
            }

            fn key_id(&self) -> KeyId {
                self.shared.key_id
            }

            fn signature_len(&self) -> usize {
                self.shared.signature_len()
            }

            fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
                self.shared.verify(message, signature)
            }
        }

        /// From text, as `from_pem`.
        impl FromStr for $name {
            type Err = KeyError;

            fn from_str(pem: &str) -> Result<Self, KeyError> {
                Self::from_pem(pem)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.key_id() == other.key_id()
            }
        }

        impl Eq for $name {}

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.key_id().hash(state);
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("key_id", &self.key_id()).finish()
            }
        }

        const PURPOSE: Purpose = Purpose::Signing(Some(Family::$family));
    };
}

/// Defines a private key, to the public key of the same file.
macro_rules! signer {
    (
        $(#[$doc:meta])*
        $name:ident($key:ty): $verifier:ident,
        $(#[$file:meta])*
        from_key_file,
        $(#[$der:meta])*
        from_der
    ) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name {
            shared: Arc<PrivateKey<$key>>,
        }

        impl $name {
            $(#[$file])*
            ///
            /// An encrypted key needs `from_encrypted_key_file` (feature `encrypted-keys`).
            ///
            /// The key is tried before it is returned: a key that cannot work is an error here, and
            /// not when something is signed.
            ///
            /// # Errors
            ///
            /// [`KeyError`] if this is no such key, if it is encrypted or contradicts itself, or if
            /// it breaks the rules [above](Self). It says what the file is instead and, if there is
            /// one, which command makes a key file of it.
            pub fn from_key_file(file: impl AsRef<[u8]>) -> Result<Self, KeyError> {
                Self::from_file(PrivateKeyFile::from_file(file.as_ref(), PURPOSE)?)
            }

            /// Reads a key from the bytes of a file, as [`from_key_file`](Self::from_key_file)
            /// does, and decrypts it with `passphrase`, as [`RsaIdentity`] does it. If it is not
            /// encrypted, the passphrase is not used.
            ///
            /// # Errors
            ///
            /// The errors of that function.
            ///
            /// # Security
            ///
            /// The derived key, and the memory that scrypt used, are not wiped: see
            /// [SECURITY.md](https://docs.rs/crate/bulla/latest/source/SECURITY.md). Wiping the
            /// passphrase is for the caller.
            ///
            /// [`RsaIdentity`]: crate::RsaIdentity::from_encrypted_key_file
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

            /// Reads a key from text, as [`from_key_file`](Self::from_key_file) does, but not from
            /// DER.
            ///
            /// # Errors
            ///
            /// The errors of [`from_key_file`](Self::from_key_file).
            pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
                Self::from_file(PrivateKeyFile::from_text(pem.as_ref(), PURPOSE)?)
            }

            $(#[$der])*
            ///
            /// # Errors
            ///
            /// The errors of [`from_key_file`](Self::from_key_file).
            pub fn from_der(der: impl AsRef<[u8]>) -> Result<Self, KeyError> {
                Self::from_file(PrivateKeyFile::from_der(der.as_ref(), PURPOSE)?)
            }

            /// Returns the public key, to verify with.
            #[must_use]
            pub fn verifier(&self) -> $verifier {
                $verifier { shared: self.shared.public.clone() }
            }

            /// Returns the id of the key.
            #[must_use]
            pub fn key_id(&self) -> KeyId {
                self.shared.public.key_id
            }

            /// Returns the private key as PEM with the label `PRIVATE KEY`, unencrypted.
            #[must_use]
            pub fn to_pem(&self) -> SecretPem {
                SecretPem::new(PrivateKeyFile::to_pem(&self.shared.pkcs8))
            }

            /// Returns the private key as PEM with the label `ENCRYPTED PRIVATE KEY`, encrypted
            /// with `passphrase`, as
            /// [`RsaIdentity::to_encrypted_pem`](crate::RsaIdentity::to_encrypted_pem) does.
            ///
            /// # Errors
            ///
            /// The errors of that function.
            ///
            /// # Security
            ///
            /// The encryption is not authenticated: it hides the key, but does not show whether the
            /// file was replaced. The derived key, and the memory that scrypt used, are not wiped:
            /// see [SECURITY.md](https://docs.rs/crate/bulla/latest/source/SECURITY.md).
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

            pub(super) fn from_file(file: PrivateKeyFile) -> Result<Self, KeyError> {
                Ok(Self { shared: Arc::new(PrivateKey::new(file)?) })
            }
        }

        impl Signer for $name {
            fn algorithm(&self) -> SignatureAlgorithm {
                self.verifier().algorithm()
            }

            fn key_id(&self) -> KeyId {
                self.shared.public.key_id
            }

            fn signature_len(&self) -> usize {
                self.shared.public.signature_len()
            }

            fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
                self.shared.sign(message)
            }
        }

        /// From text, as `from_pem`.
        impl FromStr for $name {
            type Err = KeyError;

            fn from_str(pem: &str) -> Result<Self, KeyError> {
                Self::from_pem(pem)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("key_id", &self.key_id()).finish_non_exhaustive()
            }
        }
    };
}

pub(super) use {signer, verifier};
