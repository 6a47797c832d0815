//! Private keys under a passphrase.
#![cfg(feature = "encrypted-keys")]

#[path = "common/support.rs"]
mod support;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use base64ct::{Base64, Encoding};
use bulla::error::{DerDamage, KeyError, KeyErrorKind, Limit, LimitExceeded};
use bulla::{Limits, RsaIdentity, RsaRecipient};
use pkcs5::pbes2::{EncryptionScheme, Kdf, Parameters, Pbkdf2Params, Pbkdf2Prf, ScryptParams};
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::{Encode, Header, Tag};
use proptest::prelude::*;
use support::RSA_2048;

#[test]
fn what_openssl_and_java_write_is_read_in_every_shape() {
    for name in READ {
        let pem = key_file(name);
        let der = der_of(&pem);
        for shape in [pem, der.clone(), Base64::encode_string(&der).into_bytes()] {
            let identity = open(&shape, PASSPHRASE).unwrap();
            assert_eq!(identity.key_id(), RSA_2048.key_id(), "{name}");
            assert_eq!(identity.to_der().expose(), RSA_2048.to_der().expose());
        }
    }
}

#[test]
fn every_hash_and_cipher_is_read() {
    for prf in ["SHA224", "SHA256", "SHA384", "SHA512"] {
        for cipher in ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc"] {
            let args = format!("pkcs8 -topk8 -v2 {cipher} -v2prf hmacWith{prf} -iter 7 -passout pass:{PASSPHRASE}");
            let Some(pem) = openssl(&args, RSA_2048.to_pem().expose().as_bytes()) else { return };
            assert_eq!(open(&pem, PASSPHRASE).unwrap().key_id(), RSA_2048.key_id(), "{args}");
        }
    }
}

#[test]
fn what_is_written_is_read_again_and_by_openssl() {
    let pem = RSA_2048.to_encrypted_pem("pässphrase \u{1F511}").unwrap();
    assert_eq!(open(pem.as_bytes(), "pässphrase \u{1F511}").unwrap().key_id(), RSA_2048.key_id());
    // RFC 7468: lines of 64 characters.
    assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n") && pem.lines().all(|line| line.len() <= 64));
    let Some(plain) = openssl("pkey -passin env:PASSPHRASE", pem.as_bytes()) else { return };
    assert_eq!(RsaIdentity::from_pem(plain).unwrap().key_id(), RSA_2048.key_id());
}

#[test]
fn the_largest_key_is_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/rsa4096.pem");
    let identity = RsaIdentity::from_key_file(fs::read(path).unwrap()).unwrap();
    let pem = identity.to_encrypted_pem(PASSPHRASE).unwrap();
    assert_eq!(open(pem.as_bytes(), PASSPHRASE).unwrap().key_id(), identity.key_id());
}

#[test]
fn salt_and_initialization_vector_are_fresh_and_the_cost_is_the_documented_one() {
    let written = [(); 2].map(|()| RSA_2048.to_encrypted_pem(PASSPHRASE).unwrap());
    let [first, second] = written.each_ref().map(|pem| parameters(&der_of(pem.as_bytes())));
    let [(Kdf::Scrypt(first_kdf), first), (Kdf::Scrypt(second_kdf), second)] = [first, second] else { panic!() };
    assert_ne!(first_kdf.salt, second_kdf.salt);
    assert_ne!(first, second);
    assert_eq!((first_kdf.cost_parameter, first_kdf.block_size, first_kdf.parallelization), (1 << 14, 8, 5));
    assert!(matches!(first, EncryptionScheme::Aes256Cbc { .. }));
}

#[test]
fn an_empty_passphrase_encrypts_nothing() {
    assert_eq!(kind(RSA_2048.to_encrypted_pem("").map(|_| ())), KeyErrorKind::EmptyPassphrase);
}

#[test]
fn a_wrong_passphrase_is_said_to_be_one() {
    // Enough for some to give a valid padding.
    let (parameters, key) = (cheap(), RSA_2048.to_der());
    let file = encrypted(&parameters, key.expose());
    for number in 0..1000 {
        let wrong = format!("wrong {number}");
        assert_eq!(kind(open(&file, &wrong)), KeyErrorKind::WrongPassphrase, "{wrong}");
    }
    assert_eq!(kind(open(&file, "")), KeyErrorKind::WrongPassphrase);
    assert!(open(&file, PASSPHRASE).is_ok());
}

#[test]
fn a_key_that_is_not_encrypted_needs_no_passphrase() {
    assert_eq!(open(RSA_2048.to_pem().expose().as_bytes(), "any").unwrap().key_id(), RSA_2048.key_id());
    assert_eq!(open(RSA_2048.to_der().expose(), "").unwrap().key_id(), RSA_2048.key_id());
}

#[test]
fn without_a_passphrase_the_error_says_so_and_gives_no_command_that_writes_a_bare_key() {
    for name in READ {
        let error = RsaIdentity::from_key_file(key_file(name)).unwrap_err();
        assert_eq!((error.kind(), error.command()), (&KeyErrorKind::Encrypted, None));
        assert_eq!(error.to_string(), "the private key is encrypted with a passphrase");
        assert_eq!(kind(RsaRecipient::from_key_file(key_file(name)).map(|_| ())), KeyErrorKind::PrivateKey);
    }
}

#[test]
fn other_encryption_is_named_before_anyone_asks_for_the_passphrase() {
    for (name, reason) in [
        ("encrypted2048.sha1.pem", "PBKDF2 with SHA-1 (1.2.840.113549.2.7)"),
        ("encrypted2048.des3.pem", "triple DES (1.2.840.113549.3.7)"),
        ("encrypted2048.pbes1.pem", "PKCS#12 with SHA-1 and triple DES (1.2.840.113549.1.12.1.3)"),
        ("encrypted2048.pkcs1.pem", "PEM with Proc-Type (RFC 1421)"),
    ] {
        let file = key_file(name);
        let text = format!(
            "the private key is encrypted in a way that is not supported: {reason}; to mend it, run: openssl pkey -in \
             FILE -aes-256-cbc -out KEY.pem"
        );
        assert_eq!(open(&file, PASSPHRASE).unwrap_err().to_string(), text);
        assert_eq!(RsaIdentity::from_key_file(&file).unwrap_err().to_string(), text);
    }
}

#[test]
fn costs_beyond_the_limits_are_refused_unspent() {
    // None of these would end, or find the memory, if it were tried.
    let most = 1 << 63;
    for (kdf, limit) in [
        (pbkdf2(100_000_000), Limit::KdfIterations),
        (scrypt(most, 1, 1), Limit::KdfIterations),
        (scrypt(most, u16::MAX, u16::MAX), Limit::KdfIterations),
        (scrypt(1 << 22, 1, 2), Limit::KdfMemory),
        (scrypt(2, 2000, 2000), Limit::KdfMemory),
    ] {
        match kind(open(&encrypted_as_without_work(&kdf), PASSPHRASE)) {
            KeyErrorKind::LimitExceeded(LimitExceeded { limit: exceeded, .. }) => assert_eq!(exceeded, limit),
            other => panic!("{other:?} for {kdf:?}"),
        }
    }
}

#[test]
fn each_limit_admits_its_value_and_refuses_one_less() {
    let admits = |kdf: &Kdf, limits: Limits| {
        let file = encrypted(&with_kdf(kdf), RSA_2048.to_der().expose());
        RsaIdentity::from_encrypted_key_file(&file, PASSPHRASE, &limits).err().map(|error| error.to_string())
    };
    let limits = Limits::default();
    let needs = "limit exceeded: deriving the key from the passphrase needs more";
    let iterations = |max| format!("{needs} iterations than the limit of {max}");
    let memory = |max| format!("{needs} memory than the limit of {max} bytes");
    assert_eq!(admits(&pbkdf2(9), limits.with_kdf_iterations(9).with_kdf_memory(0)), None);
    assert_eq!(admits(&pbkdf2(9), limits.with_kdf_iterations(8)), Some(iterations(8)));
    // N·r·p = 16·2·3, and 128·r·N = 128·2·16.
    assert_eq!(admits(&scrypt(16, 2, 3), limits.with_kdf_iterations(96).with_kdf_memory(4096)), None);
    assert_eq!(admits(&scrypt(16, 2, 3), limits.with_kdf_iterations(95)), Some(iterations(95)));
    assert_eq!(admits(&scrypt(16, 2, 3), limits.with_kdf_memory(4095)), Some(memory(4095)));
    // 128·r·p, where p is more than N.
    assert_eq!(admits(&scrypt(2, 1, 5), limits.with_kdf_memory(640)), None);
    assert_eq!(admits(&scrypt(2, 1, 5), limits.with_kdf_memory(639)), Some(memory(639)));
}

#[test]
fn the_default_limits_admit_the_strongest_recommendations() {
    // OWASP's for scrypt, in its variant with most memory, and ten times its count for PBKDF2.
    for kdf in [scrypt(1 << 17, 8, 1), pbkdf2(6_000_000)] {
        let file = encrypted_as_without_work(&kdf);
        assert_eq!(kind(open(&file, PASSPHRASE)), KeyErrorKind::WrongPassphrase);
    }
}

#[test]
fn senseless_parameters_are_refused_without_a_panic() {
    for kdf in [
        pbkdf2(0),
        scrypt(0, 8, 1),
        scrypt(1, 8, 1),
        scrypt(3, 8, 1),
        scrypt((1 << 20) - 1, 8, 1),
        scrypt(16, 0, 1),
        scrypt(16, 8, 0),
    ] {
        let error = open(&encrypted_as_without_work(&kdf), PASSPHRASE).unwrap_err();
        assert_eq!(*error.kind(), KeyErrorKind::UnsupportedEncryption("unknown parameters".into()), "{kdf:?}");
    }
    // A key of 16 bytes for a cipher that takes 32.
    let kdf = Kdf::Pbkdf2(Pbkdf2Params { key_length: Some(16), ..pbkdf2_params(1) });
    let error = open(&encrypted_as_without_work(&kdf), PASSPHRASE).unwrap_err();
    assert_eq!(*error.kind(), KeyErrorKind::UnsupportedEncryption("unknown parameters".into()));
}

#[test]
fn what_was_encrypted_is_judged_as_what_was_not() {
    let public = RSA_2048.recipient();
    let ec = der_of(&key_file("ec256.pem"));
    let mut truncated = RSA_2048.to_der().expose().to_vec();
    truncated.truncate(1000);
    for (content, expected) in [
        (public.as_der().to_vec(), KeyErrorKind::PublicKey),
        (ec, KeyErrorKind::OtherAlgorithm("elliptic curve (EC) (1.2.840.10045.2.1)".into())),
        (der_of(&key_file("pss2048.pem")), KeyErrorKind::PssOnly),
        // Encrypted twice.
        (encrypted(&cheap(), RSA_2048.to_der().expose()), KeyErrorKind::Der(DerDamage::Structure)),
        // Not what anybody encrypts: like the result of a wrong passphrase.
        (truncated, KeyErrorKind::WrongPassphrase),
        (b"hello".repeat(100), KeyErrorKind::WrongPassphrase),
    ] {
        assert_eq!(kind(open(&encrypted(&cheap(), &content), PASSPHRASE)), expected);
    }
    // PKCS#1 within PKCS#8 is as good as without.
    let pkcs1 = der_of(&key_file("rsa2048.pkcs1.pem"));
    assert_eq!(open(&encrypted(&cheap(), &pkcs1), PASSPHRASE).unwrap().key_id(), RSA_2048.key_id());
}

proptest! {
    #[test]
    fn damage_is_an_error_or_the_same_key(at in any::<prop::sample::Index>(), mask in 1_u8.., passphrase in "[a-z]{0,4}") {
        let mut file = encrypted(&cheap(), RSA_2048.to_der().expose());
        let at = at.index(file.len());
        file[at] ^= mask;
        let limits = Limits::default().with_kdf_iterations(1000).with_kdf_memory(1 << 20);
        for passphrase in [&passphrase, PASSPHRASE] {
            if let Ok(identity) = RsaIdentity::from_encrypted_key_file(&file, passphrase, &limits) {
                prop_assert_eq!(identity.key_id(), RSA_2048.key_id());
            }
        }
    }
}

fn open(file: &[u8], passphrase: &str) -> Result<RsaIdentity, KeyError> {
    RsaIdentity::from_encrypted_key_file(file, passphrase, &Limits::default())
}

fn kind<T>(result: Result<T, KeyError>) -> KeyErrorKind {
    result.map(|_| ()).unwrap_err().kind().clone()
}

fn key_file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(name)).unwrap()
}

fn der_of(pem: &[u8]) -> Vec<u8> {
    let text = str::from_utf8(pem).unwrap();
    let start = text.find("-----BEGIN").unwrap();
    let base64: String = text[start..].lines().filter(|line| !line.starts_with("-----")).collect();
    Base64::decode_vec(&base64).unwrap()
}

/// An EncryptedPrivateKeyInfo (RFC 5958 §3), made with the crate that the library reads it with.
/// What other programs make is above.
fn encrypted(parameters: &Parameters, content: &[u8]) -> Vec<u8> {
    let mut buffer = [content, &[0; 16]].concat();
    info(parameters, parameters.encrypt_in_place(PASSPHRASE, &mut buffer, content.len()).unwrap())
}

/// With a ciphertext of zeros, where the key derivation is too costly to be done.
fn encrypted_as_without_work(kdf: &Kdf) -> Vec<u8> {
    info(&with_kdf(kdf), &[0; 1232])
}

fn with_kdf(kdf: &Kdf) -> Parameters {
    Parameters { kdf: kdf.clone(), encryption: EncryptionScheme::Aes256Cbc { iv: [7; 16] } }
}

fn info(parameters: &Parameters, ciphertext: &[u8]) -> Vec<u8> {
    let algorithm = pkcs5::EncryptionScheme::from(parameters.clone());
    let content = [algorithm.to_der().unwrap(), OctetStringRef::new(ciphertext).unwrap().to_der().unwrap()].concat();
    let mut der = Header::new(Tag::Sequence, content.len().try_into().unwrap()).to_der().unwrap();
    der.extend(content);
    der
}

fn cheap() -> Parameters {
    with_kdf(&pbkdf2(1))
}

fn pbkdf2(iteration_count: u32) -> Kdf {
    Kdf::Pbkdf2(pbkdf2_params(iteration_count))
}

fn pbkdf2_params(iteration_count: u32) -> Pbkdf2Params {
    let salt = (&[1; 8][..]).try_into().unwrap();
    Pbkdf2Params { salt, iteration_count, key_length: None, prf: Pbkdf2Prf::HmacWithSha256 }
}

fn scrypt(cost_parameter: u64, block_size: u16, parallelization: u16) -> Kdf {
    let salt = (&[1; 8][..]).try_into().unwrap();
    Kdf::Scrypt(ScryptParams { salt, cost_parameter, block_size, parallelization, key_length: None })
}

fn parameters(der: &[u8]) -> (Kdf, EncryptionScheme) {
    // The outer SEQUENCE has a length of two bytes.
    let scheme = pkcs5::EncryptionScheme::try_from(inner(&der[4..])).unwrap();
    let pbes2 = scheme.pbes2().unwrap().clone();
    (pbes2.kdf, pbes2.encryption)
}

/// The first element of `der`, which is shorter than 128 bytes.
fn inner(der: &[u8]) -> &[u8] {
    assert!(der[1] < 0x80);
    &der[..2 + usize::from(der[1])]
}

/// What `openssl` makes of `input`, or `None`, said aloud, if it is not installed.
fn openssl(args: &str, input: &[u8]) -> Option<Vec<u8>> {
    let mut command = Command::new("openssl");
    command.args(args.split(' ')).env("PASSPHRASE", "pässphrase \u{1F511}");
    let Ok(mut child) = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
        skipped("openssl is not installed");
        return None;
    };
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {args}");
    Some(output.stdout)
}

/// Not `eprintln`, which the test harness captures.
fn skipped(reason: &str) {
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    let _ = std::io::stderr().write_all(format!("skipped: {name}: {reason}\n").as_bytes());
}

/// What is read, and who wrote it: OpenSSL 3 by default, OpenSSL 3 with `-scrypt`, Java 17.
const READ: [&str; 3] = ["encrypted2048.pem", "encrypted2048.scrypt.pem", "encrypted2048.java.pem"];

const PASSPHRASE: &str = "test";
