//! The bare AEAD of the backend at work, called as the library calls it.

#[cfg(feature = "aws-lc-rs")]
pub(crate) use aws_lc::Aead;
#[cfg(not(feature = "aws-lc-rs"))]
pub(crate) use rustcrypto::Aead;

#[cfg(feature = "aws-lc-rs")]
mod aws_lc {
    use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

    pub(crate) struct Aead(LessSafeKey);

    impl Aead {
        pub(crate) const NAME: &str = "AWS-LC";

        pub(crate) fn new() -> Self {
            Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).expect("a key of 32 bytes")))
        }

        pub(crate) fn seal(&self, index: u64, plaintext: &[u8], sealed: &mut [u8]) {
            let (ciphertext, tag) = sealed.split_at_mut(plaintext.len());
            let sealed = self.0.seal_out_of_place_scatter(nonce(index), Aad::empty(), plaintext, ciphertext, &[], tag);
            sealed.expect("the lengths agree");
        }

        pub(crate) fn seal_in_place(&self, index: u64, sealed: &mut [u8]) {
            let (plaintext, output) = sealed.split_last_chunk_mut::<16>().expect("room for a tag");
            let tag = self.0.seal_in_place_separate_tag(nonce(index), Aad::empty(), plaintext);
            output.copy_from_slice(tag.expect("short enough").as_ref());
        }

        pub(crate) fn open(&self, index: u64, sealed: &[u8], plaintext: &mut [u8]) {
            let (ciphertext, tag) = sealed.split_at(plaintext.len());
            let opened = self.0.open_separate_gather(nonce(index), Aad::empty(), ciphertext, tag, plaintext);
            opened.expect("sealed with the same key");
        }

        pub(crate) fn open_in_place(&self, index: u64, sealed: &mut [u8]) {
            self.0.open_in_place(nonce(index), Aad::empty(), sealed).expect("sealed with the same key");
        }
    }

    fn nonce(index: u64) -> Nonce {
        Nonce::assume_unique_for_key(super::nonce(index))
    }
}

#[cfg(not(feature = "aws-lc-rs"))]
mod rustcrypto {
    use aes_gcm::aead::inout::InOutBuf;
    use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};

    use super::nonce;

    pub(crate) struct Aead(Aes256Gcm);

    impl Aead {
        pub(crate) const NAME: &str = "RustCrypto";

        pub(crate) fn new() -> Self {
            Self(Aes256Gcm::new(&[7; 32].into()))
        }

        pub(crate) fn seal(&self, index: u64, plaintext: &[u8], sealed: &mut [u8]) {
            let (ciphertext, tag) = sealed.split_at_mut(plaintext.len());
            let buffer = InOutBuf::new(plaintext, ciphertext).expect("split to equal lengths");
            let sealed = self.0.encrypt_inout_detached(&nonce(index).into(), &[], buffer);
            tag.copy_from_slice(&sealed.expect("short enough"));
        }

        pub(crate) fn seal_in_place(&self, index: u64, sealed: &mut [u8]) {
            let (plaintext, output) = sealed.split_last_chunk_mut::<16>().expect("room for a tag");
            let tag = self.0.encrypt_inout_detached(&nonce(index).into(), &[], plaintext.into());
            output.copy_from_slice(&tag.expect("short enough"));
        }

        pub(crate) fn open(&self, index: u64, sealed: &[u8], plaintext: &mut [u8]) {
            let (ciphertext, tag) = sealed.split_at(plaintext.len());
            let buffer = InOutBuf::new(ciphertext, plaintext).expect("split to equal lengths");
            let tag = tag.try_into().expect("sealed is longer by a tag");
            let opened = self.0.decrypt_inout_detached(&nonce(index).into(), &[], buffer, tag);
            opened.expect("sealed with the same key");
        }

        pub(crate) fn open_in_place(&self, index: u64, sealed: &mut [u8]) {
            let (ciphertext, tag) = sealed.split_last_chunk_mut::<16>().expect("a tag at the end");
            let opened = self.0.decrypt_inout_detached(&nonce(index).into(), &[], ciphertext.into(), (&*tag).into());
            opened.expect("sealed with the same key");
        }
    }
}

fn nonce(index: u64) -> [u8; 12] {
    let mut nonce = [7; 12];
    for (byte, counter) in nonce[4..].iter_mut().zip(index.to_be_bytes()) {
        *byte ^= counter;
    }
    nonce
}
