//! What several test files need: fixed keys, a recipient without RSA, scripted randomness and faulty streams.
#![allow(
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "included by several test files, none of which uses all of it"
)]

use std::convert::Infallible;
use std::io::{self, Read, Write};
use std::sync::{LazyLock, Mutex};

use bulla::rand_core::{CryptoRng, TryCryptoRng, TryRng};
use bulla::{
    ContentKey, Header, Identity, KeyId, Limits, OpenError, Recipient, Record, RsaIdentity, UnwrapError, WrapError,
    WrappedKey,
};

pub const CHUNK: usize = 16384;

/// Plaintext lengths around every boundary of the chunk layer.
pub const LENGTHS: [usize; 13] = [0, 1, 15, 16, 17, 16383, 16384, 16385, 32767, 32768, 32769, 65536, 200_000];

pub static RSA_2048: LazyLock<RsaIdentity> = LazyLock::new(|| key(include_str!("../keys/rsa2048.pem")));
pub static RSA_3072: LazyLock<RsaIdentity> = LazyLock::new(|| key(include_str!("../keys/rsa3072.pem")));
pub static RSA_4096: LazyLock<RsaIdentity> = LazyLock::new(|| key(include_str!("../keys/rsa4096.pem")));

fn key(pem: &str) -> RsaIdentity {
    RsaIdentity::from_pem(pem).unwrap()
}

pub fn pattern(len: usize) -> Vec<u8> {
    (0..=250).cycle().take(len).collect()
}

/// A key without RSA, so that tests of everything else are fast. Its wrapped key is the content key and a filler, and it
/// remembers the content key that it was given last.
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
    fn holds(&self, id: &KeyId) -> bool {
        *id == Self::ID
    }

    fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
        let key = record.wrapped_key().and_then(|wrapped| wrapped.first_chunk());
        Ok(key.map(|key| ContentKey::from_bytes(*key)))
    }
}

/// SplitMix64: the same bytes for the same seed. Not random at all.
pub struct Scripted(pub u64);

impl TryRng for Scripted {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|value| (value >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Ok(z ^ (z >> 31))
    }

    fn try_fill_bytes(&mut self, output: &mut [u8]) -> Result<(), Infallible> {
        for chunk in output.chunks_mut(8) {
            let bytes = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Scripted {}

/// A stream that misbehaves by a cyclic script of [`Step`]s.
pub struct Faulty<T> {
    pub inner: T,
    pub script: Vec<Step>,
    pub next: usize,
}

#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// At most so many bytes, at least one.
    Short(usize),
    WouldBlock,
    Interrupted,
}

impl<T> Faulty<T> {
    pub fn new(inner: T, script: Vec<Step>) -> Self {
        Self { inner, script, next: 0 }
    }

    fn step(&mut self, len: usize) -> io::Result<usize> {
        let step = self.script.get(self.next % self.script.len().max(1)).copied().unwrap_or(Step::Short(usize::MAX));
        self.next += 1;
        match step {
            Step::Short(max) => Ok(len.min(max.max(1))),
            Step::WouldBlock => Err(io::ErrorKind::WouldBlock.into()),
            Step::Interrupted => Err(io::ErrorKind::Interrupted.into()),
        }
    }
}

impl<T: Read> Read for Faulty<T> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let len = self.step(output.len())?;
        self.inner.read(&mut output[..len])
    }
}

impl<T: Write> Write for Faulty<T> {
    fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        let len = self.step(input.len())?;
        self.inner.write(&input[..len])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.step(1)?;
        self.inner.flush()
    }
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

/// Reads to the end in pieces of these sizes, cyclically, and gives what was released with the error that ended it.
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

/// The error of the library inside an [`io::Error`].
pub fn open_error(error: &io::Error) -> OpenError {
    error.get_ref().and_then(|inner| inner.downcast_ref::<OpenError>()).expect("an error of the library").clone()
}

pub fn header_len(envelope: &[u8]) -> usize {
    Header::len_from_prefix(envelope.first_chunk().unwrap(), &Limits::default()).unwrap()
}
