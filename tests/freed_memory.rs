//! Which secrets are left in freed memory: an allocator keeps a copy of every block at the moment
//! it is freed, and the tests search the copies. [`remains`] is the list in SECURITY.md; a test
//! fails if more remains, and also if less does.
//!
//! The allocator sees what Rust code frees. AWS-LC, in C, has an allocator of its own, which
//! overwrites what it frees.
#![allow(unsafe_code, reason = "an allocator cannot be written without")]

#[path = "common/freed.rs"]
mod freed;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::ops::Range;
use std::sync::LazyLock;

use bulla::error::OpenError;
use bulla::keys::{ContentKey, KeySize};
use bulla::{Header, Limits, Opener, RsaIdentity, Sealer};
use freed::{PLAINTEXT, Secret, forms, found, freed_by, mgf1, plaintext};
use rsa::BoxedUint;
use rsa::pkcs1::RsaPrivateKeyRef;
use rsa::pkcs8::der::{Decode, SecretDocument};
use rsa::pkcs8::{DecodePrivateKey, PrivateKeyInfoRef};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};

#[test]
fn reading_a_key_leaves_what_is_listed() {
    let mut identity = None;
    let freed = freed_by(|| identity = Some(RsaIdentity::from_pem(PEM).unwrap()));
    assert_left(Operation::ReadKey, &freed, &[KEY.secrets()]);

    let freed = freed_by(|| identity = Some(RsaIdentity::from_pem(PKCS1_PEM).unwrap()));
    assert_left(Operation::ReadKey, &freed, &[KEY.secrets()]);
}

#[test]
fn dropping_a_key_leaves_what_is_listed() {
    let identity = RsaIdentity::from_pem(PEM).unwrap();
    let freed = freed_by(|| drop(identity));
    assert_left(Operation::DropKey, &freed, &[KEY.secrets()]);
}

#[test]
fn writing_a_key_leaves_what_is_listed() {
    let identity = RsaIdentity::from_pem(PEM).unwrap();
    let freed = freed_by(|| {
        assert!(identity.to_pem().expose().starts_with("-----BEGIN PRIVATE KEY-----"));
        assert_eq!(identity.to_der().expose().first(), Some(&0x30));
    });
    assert_left(Operation::WriteKey, &freed, &[KEY.secrets()]);
}

#[test]
fn generating_a_key_leaves_what_is_listed() {
    let mut identity = None;
    let freed = freed_by(|| identity = Some(RsaIdentity::generate(KeySize::Rsa2048).unwrap()));
    let key = Key::from_pem(identity.unwrap().to_pem().expose());
    assert_left(Operation::GenerateKey, &freed, &[key.secrets()]);
}

#[test]
fn sealing_leaves_what_is_listed() {
    let recipient = RsaIdentity::from_pem(PEM).unwrap().recipient();
    let mut sealed = Vec::new();
    let freed = freed_by(|| sealed = bulla::seal(&recipient, &PLAINTEXT).unwrap());
    assert_left(Operation::Seal, &freed, &[KEY.secrets_of(&sealed), plaintext()]);

    let mut sealed = Vec::with_capacity(2 * PLAINTEXT.len());
    let freed = freed_by(|| {
        let mut writer = Sealer::new(&recipient).wrap_output(&mut sealed).unwrap();
        PLAINTEXT.chunks(1000).for_each(|piece| writer.write_all(piece).unwrap());
        writer.finish().unwrap();
    });
    assert_left(Operation::Seal, &freed, &[KEY.secrets_of(&sealed), plaintext()]);
}

#[test]
fn opening_into_used_memory_leaves_nothing_of_longer_plaintext() {
    let identity = RsaIdentity::from_pem(PEM).unwrap();
    let seal = |plaintext: &[u8]| bulla::seal(identity.recipient(), plaintext).unwrap();
    let (long, short, longer) = (seal(&PLAINTEXT), seal(b"x"), seal(&vec![0; 4 * PLAINTEXT.len()]));
    let (opener, mut output) = (Opener::new(&identity), Vec::new());
    opener.open_into(&long, &mut output).unwrap();
    opener.open_into(&short, &mut output).unwrap();
    // The vector is replaced, and the memory that it had is freed.
    let freed = freed_by(|| opener.open_into(&longer, &mut output).unwrap());
    assert_left(Operation::Open, &freed, &[KEY.secrets(), plaintext()]);
}

#[test]
fn opening_leaves_what_is_listed() {
    let (identity, sealed) = (RsaIdentity::from_pem(PEM).unwrap(), sealed());
    let mut opened = Vec::new();
    let freed = freed_by(|| opened = bulla::open(&identity, &sealed).unwrap());
    assert_eq!(opened, *PLAINTEXT);
    assert_left(Operation::Open, &freed, &[KEY.secrets(), KEY.secrets_of(&sealed), plaintext()]);

    let mut opened = vec![0; PLAINTEXT.len()];
    let freed = freed_by(|| {
        let mut reader = Opener::new(&identity).wrap_input(&sealed[..]).unwrap();
        opened.chunks_mut(1000).for_each(|piece| reader.read_exact(piece).unwrap());
        assert_eq!(reader.read(&mut [0]).unwrap(), 0);
    });
    assert_eq!(opened, *PLAINTEXT);
    assert_left(Operation::Open, &freed, &[KEY.secrets(), KEY.secrets_of(&sealed), plaintext()]);
}

#[test]
fn failing_to_open_leaves_what_opening_leaves() {
    let (identity, sealed) = (RsaIdentity::from_pem(PEM).unwrap(), sealed());
    let header_end = usize::try_from(Header::split(&sealed, &Limits::default()).unwrap().0.body_offset()).unwrap();

    // The wrapped key is none; the tag of the header does not verify; that of the last chunk does
    // not.
    let mut other = sealed.clone();
    other[wrapped_key_range(&sealed)][200] ^= 1;
    let freed = freed_by(|| assert_not_opened(&identity, &other));
    assert_left(Operation::Open, &freed, &[KEY.secrets(), KEY.encoding_in(&other)]);
    for altered in [header_end - 1, sealed.len() - 1] {
        let mut other = sealed.clone();
        other[altered] ^= 1;
        let freed = freed_by(|| assert_not_opened(&identity, &other));
        assert_left(Operation::Open, &freed, &[KEY.secrets(), KEY.secrets_of(&sealed), plaintext()]);
    }
}

#[test]
fn refusing_a_wrapped_key_above_the_modulus_leaves_what_opening_leaves() {
    // With RustCrypto the leftovers show that the operation with the private key took place, as it
    // must.
    let (identity, mut sealed) = (RsaIdentity::from_pem(PEM).unwrap(), sealed());
    let wrapped = wrapped_key_range(&sealed);
    sealed[wrapped].fill(0xFF);
    let freed = freed_by(|| assert_not_opened(&identity, &sealed));
    assert_left(Operation::Open, &freed, &[KEY.secrets()]);
}

fn assert_not_opened(identity: &RsaIdentity, envelope: &[u8]) {
    let result = bulla::open(identity, envelope);
    assert!(matches!(result, Err(OpenError::NotAuthentic | OpenError::LastChunkAltered { .. })), "{result:?}");
}

#[test]
fn the_search_finds_a_secret_in_every_form_and_after_growth() {
    let secret: Vec<u8> = (100..132).collect();
    for form in forms(&secret) {
        let copy = form.clone();
        let freed = freed_by(|| drop(copy));
        assert_eq!(found(&freed, &[vec![("it", secret.clone())]]), BTreeSet::from(["it"]), "{form:?}");
    }
    let mut grown = Vec::with_capacity(32);
    grown.extend_from_slice(&secret);
    let freed = freed_by(|| grown.reserve(1000));
    assert_eq!(found(&freed, &[vec![("it", secret.clone())]]), BTreeSet::from(["it"]));

    let freed = freed_by(|| drop(vec![7_u8; 32]));
    assert_eq!(found(&freed, &[vec![("it", secret)]]), BTreeSet::new());
}

#[derive(Clone, Copy, Debug)]
enum Operation {
    ReadKey,
    DropKey,
    WriteKey,
    GenerateKey,
    Seal,
    Open,
}

/// What is known to be left. `rsa` 0.10.0 wipes a key that is dropped, but not the large integers
/// that it computes on (RustCrypto/RSA, issue 507).
#[cfg(not(feature = "aws-lc-rs"))]
fn remains(operation: Operation) -> &'static [&'static str] {
    match operation {
        Operation::ReadKey => &["p", "q", "qInv"],
        Operation::DropKey => &["p", "qInv"],
        Operation::WriteKey => &[],
        Operation::GenerateKey => &["d", "dP", "dQ", "p", "q", "qInv"],
        // The content key can be computed from it and the public key.
        Operation::Seal => &["OAEP encoding, Montgomery form"],
        Operation::Open => &["p", "q"],
    }
}

/// What is known to be left.
#[cfg(feature = "aws-lc-rs")]
fn remains(_: Operation) -> &'static [&'static str] {
    &[]
}

fn assert_left(operation: Operation, freed: &[u8], secrets: &[Vec<Secret>]) {
    let expected: BTreeSet<_> = remains(operation).iter().copied().collect();
    assert_eq!(found(freed, secrets), expected, "left by {operation:?}, and the list of what is known to be left");
}

/// The numbers of an RSA key, and RSA-OAEP with them, apart from the code under test.
struct Key {
    key: rsa::PrivateKey,
    secrets: Vec<Secret>,
}

impl Key {
    fn from_pem(pem: &str) -> Self {
        let pem = &pem[pem.find("-----BEGIN").unwrap()..];
        let (_, document) = SecretDocument::from_pem(pem).unwrap();
        let key = rsa::PrivateKey::from_pkcs8_der(document.as_bytes()).unwrap();
        let info = PrivateKeyInfoRef::from_der(document.as_bytes()).unwrap();
        let file = RsaPrivateKeyRef::from_der(info.private_key.as_bytes()).unwrap();
        let coefficient = file.coefficient.as_bytes();
        let mut secrets = vec![
            ("d", file.private_exponent.as_bytes().to_vec()),
            ("p", file.prime1.as_bytes().to_vec()),
            ("q", file.prime2.as_bytes().to_vec()),
            ("dP", file.exponent1.as_bytes().to_vec()),
            ("dQ", file.exponent2.as_bytes().to_vec()),
            ("qInv", coefficient.to_vec()),
        ];
        let p = key.primes()[0].as_nz_ref();
        let coefficient = BoxedUint::from_be_slice(coefficient, p.bits_precision()).unwrap();
        secrets.push(("qInv", montgomery_form(&coefficient, |number| number.double_mod(p)).to_be_bytes().to_vec()));
        Self { key, secrets }
    }

    fn secrets(&self) -> Vec<Secret> {
        self.secrets.clone()
    }

    /// The content key of an envelope, and what RSA-OAEP made of it (RFC 8017, section 7.1.1).
    fn secrets_of(&self, envelope: &[u8]) -> Vec<Secret> {
        let encoding = self.encoding_in(envelope);
        let (masked_seed, masked_db) = encoding[0].1[1..].split_at(32);
        let seed = xor(masked_seed, &mgf1(masked_db, 32));
        let db = xor(masked_db, &mgf1(&seed, masked_db.len()));
        let content_key: [u8; 32] = *db.last_chunk().unwrap();

        let (header, _) = Header::split(envelope, &Limits::default()).unwrap();
        header.open(ContentKey::from_bytes(content_key)).expect("the content key, computed without the library");
        [vec![("content key", content_key.to_vec()), ("OAEP seed", seed)], encoding].concat()
    }

    /// What the wrapped key in an envelope decrypts to, padding included.
    fn encoding_in(&self, envelope: &[u8]) -> Vec<Secret> {
        let encoding = self.raw_decrypt(&envelope[wrapped_key_range(envelope)]);
        let montgomery = montgomery_form(&encoding, |number| number.double_mod(self.key.n()));
        vec![
            ("OAEP encoding", encoding.to_be_bytes().to_vec()),
            ("OAEP encoding, Montgomery form", montgomery.to_be_bytes().to_vec()),
        ]
    }

    fn raw_decrypt(&self, ciphertext: &[u8]) -> BoxedUint {
        let base = BoxedUint::from_be_slice(ciphertext, self.key.n_bits_precision()).unwrap();
        let mut power = BoxedUint::one_with_precision(base.bits_precision());
        for byte in self.key.d().to_be_bytes().iter() {
            for bit in (0..8).rev() {
                power = power.mul_mod(&power, self.key.n());
                if byte >> bit & 1 == 1 {
                    power = power.mul_mod(&base, self.key.n());
                }
            }
        }
        power
    }
}

/// `number` × 2^bits modulo the number that `double` reduces by: what the multiplications of
/// `crypto-bigint` work on.
fn montgomery_form(number: &BoxedUint, double: impl Fn(&BoxedUint) -> BoxedUint) -> BoxedUint {
    (0..number.bits_precision()).fold(number.clone(), |number, _| double(&number))
}

fn xor(a: &[u8], b: &[u8]) -> Vec<u8> {
    a.iter().zip(b).map(|(a, b)| a ^ b).collect()
}

fn sealed() -> Vec<u8> {
    bulla::seal(RsaIdentity::from_pem(PEM).unwrap().recipient(), &PLAINTEXT).unwrap()
}

/// Where the wrapped key of the only record is.
fn wrapped_key_range(envelope: &[u8]) -> Range<usize> {
    let (header, _) = Header::split(envelope, &Limits::default()).unwrap();
    let wrapped = header.records().next().unwrap().wrapped_key().unwrap();
    let start = envelope.windows(wrapped.len()).position(|bytes| bytes == wrapped).unwrap();
    start..start + wrapped.len()
}

const PEM: &str = include_str!("keys/rsa2048.pem");
const PKCS1_PEM: &str = include_str!("keys/rsa2048.pkcs1.pem");

static KEY: LazyLock<Key> = LazyLock::new(|| Key::from_pem(PEM));
