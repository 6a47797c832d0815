//! The bare RSA-OAEP operations of the backend at work, called as the library calls them.

#[cfg(feature = "aws-lc-rs")]
pub(crate) use aws_lc::Oaep;
#[cfg(not(feature = "aws-lc-rs"))]
pub(crate) use rustcrypto::Oaep;

pub(crate) type Wrapped = Vec<u8>;

#[cfg(feature = "aws-lc-rs")]
mod aws_lc {
    use aws_lc_rs::rsa::{
        OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
        PublicEncryptingKey,
    };

    use super::Wrapped;

    pub(crate) struct Oaep {
        private: OaepPrivateDecryptingKey,
        public: OaepPublicEncryptingKey,
    }

    impl Oaep {
        pub(crate) const NAME: &str = "AWS-LC";

        pub(crate) fn new(pkcs8: &[u8], spki: &[u8]) -> Self {
            let private = PrivateDecryptingKey::from_pkcs8(pkcs8).expect("a good key");
            let public = PublicEncryptingKey::from_der(spki).expect("a good key");
            Self {
                private: OaepPrivateDecryptingKey::new(private).expect("a good key"),
                public: OaepPublicEncryptingKey::new(public).expect("a good key"),
            }
        }

        pub(crate) fn wrap(&self, key: &[u8; 32]) -> Wrapped {
            let mut wrapped = vec![0; self.public.ciphertext_size()];
            self.public.encrypt(&OAEP_SHA256_MGF1SHA256, key, &mut wrapped, None).expect("short enough");
            wrapped
        }

        pub(crate) fn unwrap(&self, wrapped: &Wrapped) -> Vec<u8> {
            let mut key = vec![0; self.private.min_output_size()];
            let len = self.private.decrypt(&OAEP_SHA256_MGF1SHA256, wrapped, &mut key, None);
            let len = len.expect("wrapped for the same key").len();
            key.truncate(len);
            key
        }
    }
}

#[cfg(not(feature = "aws-lc-rs"))]
mod rustcrypto {
    use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey};
    use rsa::{PrivateKey, PublicKey};
    use sha2::Sha256;

    use super::Wrapped;

    pub(crate) struct Oaep {
        private: PrivateKey,
        public: PublicKey,
    }

    impl Oaep {
        pub(crate) const NAME: &str = "RustCrypto";

        pub(crate) fn new(pkcs8: &[u8], spki: &[u8]) -> Self {
            Self {
                private: PrivateKey::from_pkcs8_der(pkcs8).expect("a good key"),
                public: PublicKey::from_public_key_der(spki).expect("a good key"),
            }
        }

        pub(crate) fn wrap(&self, key: &[u8; 32]) -> Wrapped {
            let mut rng = getrandom::rand_core::UnwrapErr(getrandom::SysRng);
            self.public.oaep_encrypt_with_rng::<Sha256, _>(&mut rng, key).expect("short enough")
        }

        /// Blinded, as the library does it.
        pub(crate) fn unwrap(&self, wrapped: &Wrapped) -> Vec<u8> {
            let unwrapped = self.private.oaep_decrypt_with_rng::<Sha256, _>(&mut getrandom::SysRng, wrapped);
            unwrapped.expect("wrapped for the same key")
        }
    }
}
