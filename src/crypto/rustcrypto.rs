//! The pure-Rust backend: `aes-gcm`, `sha2`, `hmac`, `rsa`, and `p256` and `ed25519-dalek` if
//! wanted.

#[cfg(feature = "p256")]
mod ecdsa;
#[cfg(feature = "ed25519")]
mod ed25519;
mod pss;
mod rsa_key;

use alloc::vec::Vec;

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
use ctutils::CtEq;
use hmac::{Hmac, Mac};
use pkcs8::{DecodePublicKey, EncodePrivateKey};
use rand_core::CryptoRng;
use rsa::hazmat::rsa_decrypt;
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, PrivateKey, PublicKey};
use sha2::{Digest, Sha256, Sha512};
use zeroize::{Zeroize, Zeroizing};

#[cfg(feature = "p256")]
pub(crate) use self::ecdsa::{P256PrivateKey, P256PublicKey, generate_p256, p256_point};
#[cfg(feature = "ed25519")]
pub(crate) use self::ed25519::{Ed25519PrivateKey, Ed25519PublicKey, ed25519_point, generate_ed25519};
pub(crate) use self::pss::{PssPrivateKey, PssPublicKey};
use super::ciphertext::Modulus;
use super::{KeyRejected, KeySize, RandomnessError, SystemRng, TagMismatch, oaep};
use crate::secret::ContentKey;

/// AES-256-GCM with a 12-byte nonce, and the 16-byte tag after the ciphertext.
pub(crate) struct Aead(Aes256Gcm);

impl Aead {
    /// Chunks up to which one thread is as fast as several: 64 KiB take some 30 µs, and waking a
    /// thread some 50.
    pub(crate) const CHUNKS_ALONE: usize = 4;

    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(Aes256Gcm::new(key.into()))
    }

    /// Writes ciphertext and tag to `output`, which is 16 bytes longer than `plaintext`.
    pub(crate) fn seal(&self, nonce: &[u8; 12], aad: &[u8], plaintext: &[u8], output: &mut [u8]) {
        let (ciphertext, tag_output) = output.split_at_mut(plaintext.len());
        let buffer = InOutBuf::new(plaintext, ciphertext).expect("split to equal lengths above");
        let tag = self.0.encrypt_inout_detached(nonce.into(), aad, buffer).expect("a chunk is far below GCM's 64 GiB");
        tag_output.copy_from_slice(&tag);
    }

    /// Replaces the plaintext that `sealed` starts with by its ciphertext, and the last 16 bytes by
    /// the tag.
    pub(crate) fn seal_in_place(&self, nonce: &[u8; 12], aad: &[u8], sealed: &mut [u8]) {
        let (plaintext, tag_output) = sealed.split_last_chunk_mut::<16>().expect("room for a tag");
        let tag = self.0.encrypt_inout_detached(nonce.into(), aad, plaintext.into());
        tag_output.copy_from_slice(&tag.expect("a chunk is far below GCM's 64 GiB"));
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
        let tag = tag.try_into().expect("sealed is longer by one tag");
        let buffer = InOutBuf::new(ciphertext, output).expect("split to equal lengths above");
        // Verifies before it decrypts: on failure nothing is written.
        self.0.decrypt_inout_detached(nonce.into(), aad, buffer, tag).map_err(|_| TagMismatch)
    }

    /// Replaces the ciphertext at the start of `sealed`, which ends with a 16-byte tag, by its
    /// plaintext.
    pub(crate) fn open_in_place(&self, nonce: &[u8; 12], aad: &[u8], sealed: &mut [u8]) -> Result<(), TagMismatch> {
        let (ciphertext, tag) = sealed.split_last_chunk_mut::<16>().ok_or(TagMismatch)?;
        self.0.decrypt_inout_detached(nonce.into(), aad, ciphertext.into(), (&*tag).into()).map_err(|_| TagMismatch)
    }
}

/// A key of HMAC-SHA-512 (RFC 2104), set up once for any number of messages.
pub(crate) struct HmacKey(Hmac<Sha512>);

impl HmacKey {
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(KeyInit::new_from_slice(key).expect("HMAC takes keys of every length"))
    }

    /// The tag of `data`.
    pub(crate) fn sign(&self, data: &[u8], output: &mut [u8; 64]) {
        let mut mac = self.0.clone();
        mac.update(data);
        let mut tag = mac.finalize().into_bytes();
        output.copy_from_slice(&tag);
        tag.zeroize();
    }
}

/// SHA-256 of `data`.
pub(crate) fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

/// SHA-512 of the concatenation of `parts`.
pub(crate) fn sha512(parts: &[&[u8]]) -> [u8; 64] {
    let mut hash = Sha512::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// Compares in time that depends on the lengths alone.
pub(crate) fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// An RSA public key for OAEP with SHA-256, MGF1 with SHA-256 and an empty label.
pub(crate) struct OaepPublicKey(PublicKey);

impl OaepPublicKey {
    pub(crate) fn from_spki(der: &[u8]) -> Result<Self, KeyRejected> {
        PublicKey::from_public_key_der(der).map(Self).map_err(|_| KeyRejected)
    }

    /// Draws the 32-byte OAEP seed from `rng` and nothing else.
    pub(crate) fn wrap(&self, key: &[u8; 32], rng: &mut dyn CryptoRng) -> Result<Vec<u8>, KeyRejected> {
        self.0.oaep_encrypt_with_rng::<Sha256, _>(rng, key).map_err(|_| KeyRejected)
    }
}

/// An RSA private key for the same.
pub(crate) struct OaepPrivateKey {
    key: PrivateKey,
    modulus: Modulus,
}

impl OaepPrivateKey {
    pub(crate) fn from_pkcs8(der: &[u8]) -> Result<Self, KeyRejected> {
        let key = rsa_key::from_pkcs8(der)?;
        Ok(Self { key, modulus: Modulus::from_pkcs8(der)? })
    }

    /// `None` for all bytes that are not the wrapping of exactly 32 bytes, after the same operation
    /// in every case.
    pub(crate) fn unwrap(&self, wrapped: &[u8]) -> Result<Option<ContentKey>, RandomnessError> {
        let ciphertext = self.modulus.ciphertext(wrapped);
        let number = BoxedUint::from_be_slice(&ciphertext.bytes, self.key.n_bits_precision())
            .expect("as long as the modulus, which has that precision");
        // Blinded with the generator given here. A fault in the computation cannot get out: what
        // results is no encoding.
        let number = match rsa_decrypt(Some(&mut getrandom::SysRng), &self.key, &number) {
            Ok(number) => Zeroizing::new(number),
            Err(rsa::Error::Rng) => return Err(RandomnessError),
            Err(_) => return Ok(None),
        };
        // In whole words, and so longer than the modulus where that is not.
        let mut bytes = Zeroizing::new(number.to_be_bytes());
        let start = bytes.len() - self.key.size();
        Ok(oaep::decode(&mut bytes[start..]).filter(|_| ciphertext.in_range))
    }
}

/// Generates an RSA key with public exponent 65537, as PKCS#8 DER.
pub(crate) fn generate_pkcs8(size: KeySize) -> Result<Zeroizing<Vec<u8>>, RandomnessError> {
    let mut rng = SystemRng::new();
    let generated = PrivateKey::new(&mut rng, size.bits()).map(|key| key.to_pkcs8_der());
    rng.check()?;
    let der = generated.expect("a size that is supported").expect("a generated key can be encoded");
    Ok(der.to_bytes())
}
