//! The libraries to compare. Each uses one thread and pieces of 64 KiB, and has its keys already in
//! memory.

use std::io::{Read, Write};

use bulla::{Opener, RsaIdentity, Sealer};

pub(crate) trait Peer {
    fn name(&self) -> &'static str;

    fn seal(&self, plaintext: &[u8], output: &mut dyn Write);

    /// Gives `take` the plaintext piece by piece.
    fn open(&self, envelope: &[u8], take: &mut dyn FnMut(&[u8]));
}

#[cfg(feature = "aws-lc-rs")]
pub(crate) fn all() -> Vec<Box<dyn Peer>> {
    vec![
        Box::new(Bulla::new("bulla, AWS-LC")),
        Box::new(aws_lc::Raw::new()),
        #[cfg(feature = "aws-esdk")]
        Box::new(esdk::Esdk::new()),
    ]
}

#[cfg(not(feature = "aws-lc-rs"))]
pub(crate) fn all() -> Vec<Box<dyn Peer>> {
    vec![
        Box::new(Bulla::new("bulla, RustCrypto")),
        Box::new(rustcrypto::Age::new()),
        Box::new(rustcrypto::Cobblestone::new()),
        Box::new(rustcrypto::Raw::new()),
    ]
}

struct Bulla {
    name: &'static str,
    identity: RsaIdentity,
}

impl Bulla {
    fn new(name: &'static str) -> Self {
        let pem = include_str!("../../../tests/keys/rsa3072.pem");
        Self { name, identity: RsaIdentity::from_pem(pem).expect("a good key") }
    }
}

impl Peer for Bulla {
    fn name(&self) -> &'static str {
        self.name
    }

    fn seal(&self, plaintext: &[u8], output: &mut dyn Write) {
        let mut writer = Sealer::new(&self.identity.recipient()).wrap_output(output).expect("a good recipient");
        write_pieces(plaintext, &mut writer);
        writer.finish().expect("the output takes all");
    }

    fn open(&self, envelope: &[u8], take: &mut dyn FnMut(&[u8])) {
        read_pieces(Opener::new(&self.identity).wrap_input(envelope).expect("a good envelope"), take);
    }
}

#[cfg(feature = "aws-lc-rs")]
mod aws_lc {
    use std::io::Write;

    use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

    use super::{CHUNK_LEN, Peer, TAG_LEN, nonce};

    pub(super) struct Raw(LessSafeKey);

    impl Raw {
        pub(super) fn new() -> Self {
            Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).expect("a key of 32 bytes")))
        }
    }

    impl Peer for Raw {
        fn name(&self) -> &'static str {
            "bare AES-256-GCM, aws-lc-rs"
        }

        fn seal(&self, plaintext: &[u8], output: &mut dyn Write) {
            let mut sealed = [0; CHUNK_LEN + TAG_LEN];
            for (index, chunk) in plaintext.chunks(CHUNK_LEN).enumerate() {
                let nonce = Nonce::assume_unique_for_key(nonce(index));
                let sealed = &mut sealed[..chunk.len() + TAG_LEN];
                let (ciphertext, tag) = sealed.split_at_mut(chunk.len());
                self.0
                    .seal_out_of_place_scatter(nonce, Aad::empty(), chunk, ciphertext, &[], tag)
                    .expect("the lengths agree");
                output.write_all(sealed).expect("the output takes all");
            }
        }

        fn open(&self, envelope: &[u8], take: &mut dyn FnMut(&[u8])) {
            let mut plaintext = [0; CHUNK_LEN];
            for (index, sealed) in envelope.chunks(CHUNK_LEN + TAG_LEN).enumerate() {
                let nonce = Nonce::assume_unique_for_key(nonce(index));
                let (ciphertext, tag) = sealed.split_at(sealed.len() - TAG_LEN);
                let plaintext = &mut plaintext[..ciphertext.len()];
                let opened = self.0.open_separate_gather(nonce, Aad::empty(), ciphertext, tag, plaintext);
                opened.expect("sealed with the same key");
                take(plaintext);
            }
        }
    }
}

#[cfg(feature = "aws-esdk")]
mod esdk {
    use std::io::Write;

    use aws_esdk::AwsEncryptionSdkConfig;
    use aws_esdk::client::Client;
    use aws_esdk::material_providers;
    use aws_esdk::material_providers::types::keyring::KeyringRef;
    use aws_esdk::material_providers::types::{EsdkAlgorithmSuiteId, MaterialProvidersConfig, PaddingScheme};
    use tokio::runtime::{Builder, Runtime};

    use super::Peer;

    /// The Rust version has no streams, so the whole message is in memory at once.
    pub(super) struct Esdk {
        runtime: Runtime,
        client: Client,
        keyring: KeyringRef,
    }

    impl Esdk {
        pub(super) fn new() -> Self {
            let runtime = Builder::new_current_thread().build().expect("a runtime without drivers");
            let config = AwsEncryptionSdkConfig::builder().build().expect("all is optional");
            let client = Client::from_conf(config).expect("a good configuration");
            let config = MaterialProvidersConfig::builder().build().expect("all is optional");
            let providers = material_providers::client::Client::from_conf(config).expect("a good configuration");
            let keyring = providers
                .create_raw_rsa_keyring()
                .key_namespace("bench")
                .key_name("bench")
                .padding_scheme(PaddingScheme::OaepSha256Mgf1)
                .public_key(include_str!("../../../tests/keys/rsa3072.pub.pem").as_bytes())
                .private_key(include_str!("../../../tests/keys/rsa3072.pem").as_bytes());
            let keyring = runtime.block_on(keyring.send()).expect("a good key");
            Self { runtime, client, keyring }
        }
    }

    impl Peer for Esdk {
        fn name(&self) -> &'static str {
            "aws-esdk (crate), RSA-3072, one-shot"
        }

        fn seal(&self, plaintext: &[u8], output: &mut dyn Write) {
            // Its default suite also signs, which no other peer does. Frames have the default
            // length, because longer ones gain little.
            let suite = EsdkAlgorithmSuiteId::AlgAes256GcmHkdfSha512CommitKey;
            let call =
                self.client.encrypt().keyring(self.keyring.clone()).algorithm_suite_id(suite).plaintext(plaintext);
            let sealed = self.runtime.block_on(call.send()).expect("a good keyring").ciphertext;
            output.write_all(sealed.expect("it succeeded").as_ref()).expect("the output takes all");
        }

        fn open(&self, envelope: &[u8], take: &mut dyn FnMut(&[u8])) {
            let call = self.client.decrypt().keyring(self.keyring.clone()).ciphertext(envelope);
            let opened = self.runtime.block_on(call.send()).expect("a good message").plaintext;
            take(opened.expect("it succeeded").as_ref());
        }
    }
}

#[cfg(not(feature = "aws-lc-rs"))]
mod rustcrypto {
    use std::io::Write;
    use std::iter;

    use aes_gcm::aead::inout::InOutBuf;
    use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
    use age::x25519;
    use cobblestone::{DecryptReader, EncryptWriter, Key256};

    use super::{CHUNK_LEN, Peer, TAG_LEN, nonce, read_pieces, write_pieces};

    pub(super) struct Age(x25519::Identity);

    impl Age {
        pub(super) fn new() -> Self {
            Self(x25519::Identity::generate())
        }
    }

    impl Peer for Age {
        fn name(&self) -> &'static str {
            "age (crate), X25519"
        }

        fn seal(&self, plaintext: &[u8], output: &mut dyn Write) {
            let recipient = self.0.to_public();
            let encryptor = age::Encryptor::with_recipients(iter::once(&recipient as _)).expect("a good recipient");
            let mut writer = encryptor.wrap_output(output).expect("the output takes all");
            write_pieces(plaintext, &mut writer);
            writer.finish().expect("the output takes all");
        }

        fn open(&self, envelope: &[u8], take: &mut dyn FnMut(&[u8])) {
            let decryptor = age::Decryptor::new_buffered(envelope).expect("a good file");
            read_pieces(decryptor.decrypt(iter::once(&self.0 as _)).expect("a good file"), take);
        }
    }

    pub(super) struct Cobblestone(Key256);

    impl Cobblestone {
        pub(super) fn new() -> Self {
            Self(Key256::generate())
        }
    }

    impl Peer for Cobblestone {
        fn name(&self) -> &'static str {
            "cobblestone (crate), symmetric"
        }

        fn seal(&self, plaintext: &[u8], output: &mut dyn Write) {
            let mut writer = EncryptWriter::new(&self.0, b"context", output);
            write_pieces(plaintext, &mut writer);
            writer.finish().expect("the output takes all");
        }

        fn open(&self, envelope: &[u8], take: &mut dyn FnMut(&[u8])) {
            read_pieces(DecryptReader::new(&self.0, b"context", envelope), take);
        }
    }

    pub(super) struct Raw(Aes256Gcm);

    impl Raw {
        pub(super) fn new() -> Self {
            Self(Aes256Gcm::new(&[7; 32].into()))
        }
    }

    impl Peer for Raw {
        fn name(&self) -> &'static str {
            "bare AES-256-GCM, aes-gcm"
        }

        fn seal(&self, plaintext: &[u8], output: &mut dyn Write) {
            let mut sealed = [0; CHUNK_LEN + TAG_LEN];
            for (index, chunk) in plaintext.chunks(CHUNK_LEN).enumerate() {
                let sealed = &mut sealed[..chunk.len() + TAG_LEN];
                let (ciphertext, tag) = sealed.split_at_mut(chunk.len());
                let buffer = InOutBuf::new(chunk, ciphertext).expect("split to equal lengths");
                let made = self.0.encrypt_inout_detached(&nonce(index).into(), &[], buffer).expect("short enough");
                tag.copy_from_slice(&made);
                output.write_all(sealed).expect("the output takes all");
            }
        }

        fn open(&self, envelope: &[u8], take: &mut dyn FnMut(&[u8])) {
            let mut plaintext = [0; CHUNK_LEN];
            for (index, sealed) in envelope.chunks(CHUNK_LEN + TAG_LEN).enumerate() {
                let (ciphertext, tag) = sealed.split_last_chunk::<TAG_LEN>().expect("a tag at the end");
                let plaintext = &mut plaintext[..ciphertext.len()];
                let buffer = InOutBuf::new(ciphertext, plaintext).expect("equal lengths");
                let opened = self.0.decrypt_inout_detached(&nonce(index).into(), &[], buffer, tag.into());
                opened.expect("sealed with the same key");
                take(plaintext);
            }
        }
    }
}

fn write_pieces(plaintext: &[u8], writer: &mut impl Write) {
    for piece in plaintext.chunks(PIECE_LEN) {
        writer.write_all(piece).expect("the output takes all");
    }
}

fn read_pieces(mut reader: impl Read, take: &mut dyn FnMut(&[u8])) {
    let mut piece = vec![0; PIECE_LEN];
    loop {
        match reader.read(&mut piece).expect("a good envelope") {
            0 => return,
            len => take(&piece[..len]),
        }
    }
}

fn nonce(index: usize) -> [u8; 12] {
    let mut nonce = [7; 12];
    nonce[4..].copy_from_slice(&u64::try_from(index).expect("a usize has 64 bits").to_be_bytes());
    nonce
}

const PIECE_LEN: usize = 64 << 10;
const CHUNK_LEN: usize = 16 << 10;
const TAG_LEN: usize = 16;
