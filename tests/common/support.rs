//! What several test files need: fixed keys, recipients without RSA, lengths, and loops over
//! streams.
#![allow(
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "included by several test files, none of which uses all of it"
)]

#[cfg(feature = "armor")]
pub mod armor_text;
pub mod header_tag;
pub mod model;
mod split_mix;
pub mod streams;

use std::io::{self, Read, Write};
use std::sync::{LazyLock, Mutex};

use bulla::error::{OpenError, UnwrapError, WrapError};
use bulla::header::Record;
use bulla::keys::{ContentKey, KeyId, WrappedKey};
use bulla::rand_core::{CryptoRng, Rng};
use bulla::{Header, Identity, Limits, Opener, Recipient, RsaIdentity, Sealer};
use proptest::prelude::*;

pub use self::split_mix::SplitMix64;

/// A full chunk of plaintext, and one of the body.
pub const CHUNK: usize = 16384;
pub const SEALED_CHUNK: usize = CHUNK + 16;

/// Plaintext lengths around every boundary of the chunk layer.
pub const LENGTHS: [usize; 13] = [0, 1, 15, 16, 17, 16383, 16384, 16385, 32767, 32768, 32769, 65536, 200_000];

/// Lengths of a few chunks, many of them at a boundary.
pub fn boundary_lengths() -> impl Strategy<Value = usize> {
    prop_oneof![
        0..4 * CHUNK,
        (0..4usize, -1..2isize).prop_map(|(chunks, by)| (chunks * CHUNK).saturating_add_signed(by)),
    ]
}

pub static RSA_2048: LazyLock<RsaIdentity> = LazyLock::new(|| key(include_str!("../keys/rsa2048.pem")));
pub static RSA_3072: LazyLock<RsaIdentity> = LazyLock::new(|| key(include_str!("../keys/rsa3072.pem")));
pub static RSA_4096: LazyLock<RsaIdentity> = LazyLock::new(|| key(include_str!("../keys/rsa4096.pem")));

fn key(pem: &str) -> RsaIdentity {
    RsaIdentity::from_pem(pem).unwrap()
}

pub fn pattern(len: usize) -> Vec<u8> {
    (0..=250).cycle().take(len).collect()
}

/// A plaintext each of whose bytes is the number of its chunk.
pub fn numbered(len: usize) -> Vec<u8> {
    (0..len).map(|at| u8::try_from(at / CHUNK).unwrap()).collect()
}

/// A key without RSA, so that tests of everything else are fast. Its wrapped key is the content key
/// and a filler, and it remembers the content key that it was given last.
#[derive(Default)]
pub struct NoRsa(Mutex<[u8; 32]>);

impl NoRsa {
    pub const ID: KeyId = KeyId::from_bytes([0x11; 32]);

    pub fn content_key(&self) -> ContentKey {
        ContentKey::from_bytes(*self.0.lock().unwrap())
    }
}

impl Recipient for NoRsa {
    fn key_id(&self) -> Option<KeyId> {
        Some(Self::ID)
    }

    fn wrap_key(&self, key: &ContentKey, _: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
        *self.0.lock().unwrap() = *key.expose();
        Ok(WrappedKey::rsa_oaep_sha256([&key.expose()[..], &[0xEE; 224]].concat()))
    }
}

impl Identity for NoRsa {
    fn public_key_id(&self) -> Option<KeyId> {
        Some(Self::ID)
    }

    fn may_open(&self, record: &Record<'_>) -> bool {
        record.record_type() == Record::RSA_OAEP_SHA256 && record.key_id().is_none_or(|id| id == Self::ID)
    }

    fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
        let key = record.wrapped_key().and_then(|wrapped| wrapped.first_chunk());
        Ok(key.map(|key| ContentKey::from_bytes(*key)))
    }
}

/// A key without RSA whose id is a number, so that there can be many. Its wrapped key is the
/// content key and random bytes.
pub struct Named(pub KeyId);

impl Named {
    pub fn new(number: u8) -> Self {
        Self(KeyId::from_bytes([number; 32]))
    }
}

impl Recipient for Named {
    fn key_id(&self) -> Option<KeyId> {
        Some(self.0)
    }

    fn wrap_key(&self, key: &ContentKey, rng: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
        let mut filler = [0; 224];
        rng.fill_bytes(&mut filler);
        Ok(WrappedKey::rsa_oaep_sha256([&key.expose()[..], &filler].concat()))
    }
}

impl Identity for Named {
    fn public_key_id(&self) -> Option<KeyId> {
        Some(self.0)
    }

    fn may_open(&self, record: &Record<'_>) -> bool {
        record.record_type() == Record::RSA_OAEP_SHA256 && record.key_id().is_none_or(|id| id == self.0)
    }

    fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
        let key = record.wrapped_key().and_then(|wrapped| wrapped.first_chunk());
        Ok(key.map(|key| ContentKey::from_bytes(*key)))
    }
}

/// An envelope for any [`NoRsa`].
pub fn seal(plaintext: &[u8]) -> Vec<u8> {
    Sealer::new(NoRsa::default()).seal(plaintext).unwrap()
}

#[cfg(not(feature = "parallel"))]
pub fn opener_with_threads(key: &NoRsa, _: usize) -> Opener<'_> {
    Opener::new(key)
}

#[cfg(feature = "parallel")]
pub fn opener_with_threads(key: &NoRsa, threads: usize) -> Opener<'_> {
    Opener::new(key).threads(threads)
}

/// Repeats a call until it neither blocks nor is interrupted.
pub fn insist<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            result => return result,
        }
    }
}

/// Writes `input` in pieces of these sizes, cyclically, insisting where a call would block.
pub fn write_in_pieces(mut output: impl Write, mut input: &[u8], sizes: &[usize]) -> io::Result<()> {
    for size in sizes.iter().cycle() {
        if input.is_empty() {
            break;
        }
        let size = (*size).clamp(1, input.len());
        let taken = insist(|| output.write(&input[..size]))?;
        assert!(taken > 0 && taken <= size);
        input = &input[taken..];
    }
    Ok(())
}

/// Reads to the end in pieces of these sizes, cyclically, and gives what was released with the
/// error that ended it.
pub fn read_in_pieces(mut input: impl Read, sizes: &[usize]) -> (Vec<u8>, io::Result<()>) {
    let mut released = Vec::new();
    for size in sizes.iter().cycle() {
        let mut buffer = vec![0; (*size).max(1)];
        match insist(|| input.read(&mut buffer)) {
            Ok(0) => break,
            Ok(len) => released.extend_from_slice(&buffer[..len]),
            Err(error) => return (released, Err(error)),
        }
    }
    (released, Ok(()))
}

/// Opens by writing in pieces of these sizes; gives what was passed on and the error that ended
/// it.
pub fn open_by_writing(opener: &Opener<'_>, envelope: &[u8], sizes: &[usize]) -> (Vec<u8>, io::Result<()>) {
    let mut writer = opener.wrap_output(Vec::new());
    let end = write_in_pieces(&mut writer, envelope, sizes).and_then(|()| writer.try_finish());
    (writer.into_inner(), end)
}

/// The error of the library inside an [`io::Error`].
pub fn open_error(error: &io::Error) -> OpenError {
    error.get_ref().and_then(|inner| inner.downcast_ref::<OpenError>()).expect("an error of the library").clone()
}

pub fn header_len(envelope: &[u8]) -> usize {
    Header::len_from_prefix(envelope.first_chunk().unwrap(), &Limits::default()).unwrap()
}
