//! The AWS-LC backend: the same primitives, several times faster, in C and assembly through
//! `aws-lc-rs`.

mod ecdsa;
mod ed25519;
mod pss;

use alloc::vec;
use alloc::vec::Vec;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{
    self, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey,
};
use aws_lc_rs::{constant_time, digest, hmac};
use rand_core::CryptoRng;
use zeroize::{Zeroize, Zeroizing};

pub(crate) use self::ecdsa::{P256PrivateKey, P256PublicKey, generate_p256, p256_point};
pub(crate) use self::ed25519::{Ed25519PrivateKey, Ed25519PublicKey, ed25519_point, generate_ed25519};
pub(crate) use self::pss::{PssPrivateKey, PssPublicKey};
use super::ciphertext::Modulus;
use super::{KeyRejected, KeySize, RandomnessError, TagMismatch};
use crate::secret::ContentKey;

/// AES-256-GCM with a 12-byte nonce, and the 16-byte tag after the ciphertext.
pub(crate) struct Aead(LessSafeKey);

impl Aead {
    /// Chunks up to which one thread is as fast as several: 1 MiB takes some 90 µs, and waking a
    /// thread some 50.
    pub(crate) const CHUNKS_ALONE: usize = 64;

    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("a key of 32 bytes")))
    }

    /// Writes ciphertext and tag to `output`, which is 16 bytes longer than `plaintext`.
    pub(crate) fn seal(&self, nonce: &[u8; 12], aad: &[u8], plaintext: &[u8], output: &mut [u8]) {
        let (ciphertext, tag) = output.split_at_mut(plaintext.len());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        self.0
            .seal_out_of_place_scatter(nonce, Aad::from(aad), plaintext, ciphertext, &[], tag)
            .expect("a chunk is far below GCM's 64 GiB, and the lengths agree");
    }

    /// Replaces the plaintext that `sealed` starts with by its ciphertext, and the last 16 bytes by
    /// the tag.
    pub(crate) fn seal_in_place(&self, nonce: &[u8; 12], aad: &[u8], sealed: &mut [u8]) {
        let (plaintext, tag_output) = sealed.split_last_chunk_mut::<16>().expect("room for a tag");
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(aad), plaintext);
        tag_output.copy_from_slice(tag.expect("a chunk is far below GCM's 64 GiB").as_ref());
    }

    /// Writes the plaintext of `sealed`, which ends with a 16-byte tag, to `output`, which is 16
    /// bytes shorter.
    pub(crate) fn open(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        sealed: &[u8],
        output: &mut [u8],
    ) -> Result<(), TagMismatch> {
        let (ciphertext, tag) = sealed.split_at(output.len());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.0.open_separate_gather(nonce, Aad::from(aad), ciphertext, tag, output);
        // AWS-LC decrypts while it verifies and may leave plaintext that did not verify.
        opened.map_err(|_| wiped(output))
    }

    /// Replaces the ciphertext at the start of `sealed`, which ends with a 16-byte tag, by its
    /// plaintext.
    pub(crate) fn open_in_place(&self, nonce: &[u8; 12], aad: &[u8], sealed: &mut [u8]) -> Result<(), TagMismatch> {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        match self.0.open_in_place(nonce, Aad::from(aad), sealed) {
            Ok(_) => Ok(()),
            Err(_) => Err(wiped(sealed)),
        }
    }
}

fn wiped(output: &mut [u8]) -> TagMismatch {
    output.zeroize();
    TagMismatch
}

/// A key of HMAC-SHA-512 (RFC 2104), set up once for any number of messages.
pub(crate) struct HmacKey(hmac::Key);

impl HmacKey {
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA512, key))
    }

    /// The tag of `data`.
    pub(crate) fn sign(&self, data: &[u8], output: &mut [u8; 64]) {
        // Not the incremental interface, which leaves its result in memory that nobody wipes.
        hmac::sign_to_buffer(&self.0, data, output).expect("the output has 64 bytes");
    }
}

/// SHA-256 of `data`.
pub(crate) fn sha256(data: &[u8]) -> [u8; 32] {
    let mut output = [0; 32];
    output.copy_from_slice(digest::digest(&digest::SHA256, data).as_ref());
    output
}

/// SHA-512 of the concatenation of `parts`.
pub(crate) fn sha512(parts: &[&[u8]]) -> [u8; 64] {
    let mut hash = digest::Context::new(&digest::SHA512);
    for part in parts {
        hash.update(part);
    }
    let mut output = [0; 64];
    output.copy_from_slice(hash.finish().as_ref());
    output
}

/// Compares in time that depends on the lengths alone.
pub(crate) fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// An RSA public key for OAEP with SHA-256, MGF1 with SHA-256 and an empty label.
pub(crate) struct OaepPublicKey(OaepPublicEncryptingKey);

impl OaepPublicKey {
    pub(crate) fn from_spki(der: &[u8]) -> Result<Self, KeyRejected> {
        let key = PublicEncryptingKey::from_der(der).map_err(|_| KeyRejected)?;
        OaepPublicEncryptingKey::new(key).map(Self).map_err(|_| KeyRejected)
    }

    /// AWS-LC draws the OAEP seed from its own generator; `_rng` stays untouched.
    pub(crate) fn wrap(&self, key: &[u8; 32], _rng: &mut dyn CryptoRng) -> Result<Vec<u8>, KeyRejected> {
        let mut wrapped = vec![0; self.0.ciphertext_size()];
        let len = self.0.encrypt(&OAEP_SHA256_MGF1SHA256, key, &mut wrapped, None).map_err(|_| KeyRejected)?.len();
        wrapped.truncate(len);
        Ok(wrapped)
    }
}

/// An RSA private key for the same.
pub(crate) struct OaepPrivateKey {
    key: OaepPrivateDecryptingKey,
    modulus: Modulus,
}

impl OaepPrivateKey {
    pub(crate) fn from_pkcs8(der: &[u8]) -> Result<Self, KeyRejected> {
        let key = PrivateDecryptingKey::from_pkcs8(der).map_err(|_| KeyRejected)?;
        let key = OaepPrivateDecryptingKey::new(key).map_err(|_| KeyRejected)?;
        Ok(Self { key, modulus: Modulus::from_pkcs8(der)? })
    }

    /// `None` for all bytes that are not the wrapping of exactly 32 bytes, after the same operation
    /// in every case.
    pub(crate) fn unwrap(&self, wrapped: &[u8]) -> Result<Option<ContentKey>, RandomnessError> {
        let ciphertext = self.modulus.ciphertext(wrapped);
        let mut output = Zeroizing::new(vec![0; self.key.min_output_size()]);
        let mut key = ContentKey::zero();
        match self.key.decrypt(&OAEP_SHA256_MGF1SHA256, &ciphertext.bytes, &mut output, None) {
            Ok(unwrapped) if ciphertext.in_range && unwrapped.len() == key.expose().len() => {
                key.expose_mut().copy_from_slice(unwrapped);
                Ok(Some(key))
            }
            _ => Ok(None),
        }
    }
}

/// Generates an RSA key with public exponent 65537, as PKCS#8 DER.
pub(crate) fn generate_pkcs8(size: KeySize) -> Result<Zeroizing<Vec<u8>>, RandomnessError> {
    let size = match size {
        KeySize::Rsa2048 => rsa::KeySize::Rsa2048,
        KeySize::Rsa3072 => rsa::KeySize::Rsa3072,
        KeySize::Rsa4096 => rsa::KeySize::Rsa4096,
    };
    let key = PrivateDecryptingKey::generate(size).map_err(|_| RandomnessError)?;
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&key).map_err(|_| RandomnessError)?;
    Ok(Zeroizing::new(der.as_ref().to_vec()))
}
