//! Keys that sign: their files, what becomes of them, and that OpenSSL and OpenSSH mean the same.

#[path = "common/signing_samples.rs"]
mod signing_samples;
#[path = "common/support.rs"]
mod support;

use std::collections::HashSet;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use bulla::error::{KeyError, KeyErrorKind, SignError};
use bulla::keys::KeySize;
use bulla::senders::{AnySigner, AnyVerifier, SignatureAlgorithm};
use bulla::{RemoteSigner, RsaIdentity, RsaRecipient, RsaSigner, RsaVerifier, Signer, Verifier};
use support::RSA_2048;

/// A generated key of each algorithm that this build has.
fn generated() -> Vec<AnySigner> {
    vec![
        AnySigner::Rsa(RsaSigner::generate(KeySize::Rsa2048).unwrap()),
        #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
        AnySigner::P256(bulla::senders::P256Signer::generate().unwrap()),
        #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
        AnySigner::Ed25519(bulla::senders::Ed25519Signer::generate().unwrap()),
    ]
}

/// The private key as PEM and DER, and the public key as both.
fn files(signer: &AnySigner) -> [Vec<u8>; 4] {
    macro_rules! files {
        ($key:expr) => {
            [
                $key.to_pem().expose().into(),
                $key.to_der().expose().into(),
                $key.verifier().to_pem().into(),
                $key.verifier().as_der().into(),
            ]
        };
    }
    match signer {
        AnySigner::Rsa(key) => files!(key),
        #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
        AnySigner::P256(key) => files!(key),
        #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
        AnySigner::Ed25519(key) => files!(key),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_survives_its_own_files() {
    for signer in generated() {
        let [pem, der, public_pem, public_der] = files(&signer);
        let text = |file: &[u8]| String::from_utf8(file.to_vec()).unwrap();
        for again in [
            AnySigner::from_key_file(&pem),
            AnySigner::from_pem(&pem),
            AnySigner::from_key_file(&der),
            AnySigner::from_der(&der),
            text(&pem).parse(),
        ] {
            let again = again.unwrap();
            assert_eq!(again.verifier(), signer.verifier());
            // Written again, it is the same file.
            assert_eq!(files(&again), files(&signer));
        }
        for verifier in [
            AnyVerifier::from_key_file(&public_pem),
            AnyVerifier::from_pem(&public_pem),
            AnyVerifier::from_key_file(&public_der),
            AnyVerifier::from_der(&public_der),
            text(&public_pem).parse(),
        ] {
            let verifier = verifier.unwrap();
            assert_eq!(verifier, signer.verifier());
            assert!(verifier.verify(b"hello", &signer.sign(b"hello").unwrap()));
        }
        assert_eq!(AnyVerifier::from_key_file(&pem).unwrap_err().kind(), &KeyErrorKind::PrivateKey);
        assert_eq!(AnySigner::from_key_file(&public_der).unwrap_err().kind(), &KeyErrorKind::PublicKey);
    }
}

#[test]
fn every_bit_of_message_and_signature_counts() {
    for signer in generated() {
        let verifier = signer.verifier();
        let signature = signer.sign(b"hello").unwrap();
        assert!(verifier.verify(b"hello", &signature));
        let flipped = |bytes: &[u8], bit: usize| {
            let mut bytes = bytes.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        };
        assert!((0..40).all(|bit| !verifier.verify(&flipped(b"hello", bit), &signature)));
        assert!((0..signature.len() * 8).all(|bit| !verifier.verify(b"hello", &flipped(&signature, bit))));
        for len in (0..signature.len()).chain([signature.len() + 1, 100_000]) {
            let mut other = signature.clone();
            other.resize(len, 0);
            assert!(!verifier.verify(b"hello", &other), "{len} bytes");
        }
    }
}

#[test]
fn a_key_verifies_nothing_of_another_key() {
    let signers = [generated(), generated()].concat();
    for (index, signer) in signers.iter().enumerate() {
        let signature = signer.sign(b"hello").unwrap();
        for (other, verifier) in signers.iter().map(AnySigner::verifier).enumerate() {
            assert_eq!(verifier.verify(b"hello", &signature), other == index);
        }
    }
    let distinct: HashSet<_> = signers.iter().map(AnySigner::verifier).collect();
    assert_eq!(distinct.len(), signers.len());
}

#[test]
fn pointers_to_keys_are_keys() {
    fn sign(signer: impl Signer) -> Vec<u8> {
        assert_eq!(signer.algorithm(), SignatureAlgorithm::RsaPssSha256);
        assert_eq!(signer.key_id(), RSA_2048.key_id());
        signer.sign(b"hello").unwrap()
    }
    fn verify(verifier: impl Verifier, signature: &[u8]) -> bool {
        (verifier.algorithm(), verifier.key_id()) == (SignatureAlgorithm::RsaPssSha256, RSA_2048.key_id())
            && verifier.verify(b"hello", signature)
    }
    let signer = rsa_2048();
    for signature in [sign(&signer), sign(Box::new(signer.clone())), sign(Arc::new(signer.clone()) as Arc<dyn Signer>)]
    {
        let verifier = signer.verifier();
        assert!(verify(&verifier, &signature));
        assert!(verify(Box::new(verifier.clone()) as Box<dyn Verifier>, &signature));
        assert!(verify(Arc::new(verifier), &signature));
    }
}

#[test]
fn algorithms_have_the_numbers_of_the_registry() {
    for (algorithm, code) in [
        (SignatureAlgorithm::RsaPssSha256, 0x0001),
        (SignatureAlgorithm::EcdsaP256Sha256, 0x0002),
        (SignatureAlgorithm::Ed25519, 0x0003),
    ] {
        assert_eq!(algorithm.code(), code);
        assert_eq!(SignatureAlgorithm::from_code(code), Some(algorithm));
    }
    // Reserved for ML-DSA-65, and no algorithm.
    for code in [0, 4, 5, 0x0100, 0x8001, 0xFFFF] {
        assert_eq!(SignatureAlgorithm::from_code(code), None);
    }
}

#[test]
fn a_device_signs_and_its_signature_is_verified_first() {
    let key = rsa_2048();
    let good = RemoteSigner::new(key.verifier(), |message: &[u8]| key.sign(message));
    assert_eq!((good.algorithm(), good.key_id()), (SignatureAlgorithm::RsaPssSha256, key.key_id()));
    assert!(key.verifier().verify(b"hello", &good.sign(b"hello").unwrap()));

    let of_another_message = RemoteSigner::new(key.verifier(), |_: &[u8]| key.sign(b"hallo"));
    let error = of_another_message.sign(b"hello").unwrap_err();
    assert_eq!(error.source().unwrap().to_string(), "the signature that the device returned does not verify");
    let with_a_fault = RemoteSigner::new(key.verifier(), |message: &[u8]| {
        key.sign(message).map(|mut signature| {
            signature[200] ^= 4;
            signature
        })
    });
    assert!(with_a_fault.sign(b"hello").is_err());

    let failure = SignError::new("no card");
    let absent = RemoteSigner::new(key.verifier(), |_: &[u8]| Err(failure.clone()));
    assert_eq!(absent.sign(b"hello"), Err(failure.clone()));
    assert_eq!(failure.to_string(), "a signer could not sign");
    assert_eq!(failure.source().unwrap().to_string(), "no card");
}

#[test]
fn the_mark_of_an_rsa_key_decides_what_it_is_for() {
    // rsaEncryption: both, with the same id.
    let signer = rsa_2048();
    assert_eq!(signer.key_id(), RSA_2048.key_id());
    assert_eq!(signer.verifier().as_der(), RSA_2048.recipient().as_der());
    assert_eq!(signer.verifier().bits(), 2048);

    // id-RSASSA-PSS without parameters: signing only. What is written is marked rsaEncryption.
    let (private, public) = (include_str!("keys/pss2048.pem"), include_str!("keys/pss2048.pub.pem"));
    let signer = RsaSigner::from_key_file(private).unwrap();
    assert_eq!(RsaVerifier::from_key_file(public).unwrap(), signer.verifier());
    assert_eq!(RsaVerifier::from_der(signer.verifier().as_der()).unwrap(), signer.verifier());
    assert_eq!(kind(RsaIdentity::from_key_file(private)), Some(KeyErrorKind::PssOnly));
    assert_eq!(kind(RsaRecipient::from_key_file(public)), Some(KeyErrorKind::PssOnly));
}

#[test]
fn parameters_of_pss_are_those_of_the_format_or_refused() {
    if !has("openssl") {
        eprintln!("skipped: keys with parameters of PSS, since there is no openssl");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for (hash, mask, salt, is_read) in [
        ("sha256", "sha256", "32", true),
        ("sha256", "sha256", "20", false),
        ("sha256", "sha256", "64", false),
        ("sha256", "sha1", "32", false),
        ("sha512", "sha512", "32", false),
        ("sha1", "sha1", "20", false),
    ] {
        let options = format!("-pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:{hash}");
        let options = format!("{options} -pkeyopt rsa_pss_keygen_mgf1_md:{mask}");
        let options = format!("{options} -pkeyopt rsa_pss_keygen_saltlen:{salt}");
        shell(
            dir.path(),
            &format!("openssl genpkey -algorithm RSA-PSS {options} -out k && openssl pkey -in k -pubout -out p"),
        );
        let expected = (!is_read).then_some(KeyErrorKind::PssParameters);
        assert_eq!(kind(RsaSigner::from_key_file(read(dir.path(), "k"))), expected, "{hash}, {mask}, {salt}");
        assert_eq!(kind(AnyVerifier::from_key_file(read(dir.path(), "p"))), expected, "{hash}, {mask}, {salt}");
        assert_eq!(kind(RsaRecipient::from_key_file(read(dir.path(), "p"))), Some(KeyErrorKind::PssOnly));
    }
}

#[test]
fn openssl_and_we_verify_what_the_other_signed_with_rsa() {
    if !has("openssl") {
        eprintln!("skipped: signatures of openssl, since there is no openssl");
        return;
    }
    let pss = |salt: &str| {
        let mode = "-sigopt rsa_padding_mode:pss -sigopt rsa_mgf1_md:sha256";
        format!("-sha256 {mode} -sigopt rsa_pss_saltlen:{salt}")
    };
    let dir = tempfile::tempdir().unwrap();
    let signer = rsa_2048();
    fs::write(dir.path().join("k"), signer.to_pem().expose()).unwrap();
    fs::write(dir.path().join("p"), signer.verifier().to_pem()).unwrap();
    fs::write(dir.path().join("message"), b"hello").unwrap();
    fs::write(dir.path().join("ours"), signer.sign(b"hello").unwrap()).unwrap();
    shell(dir.path(), &format!("openssl dgst {} -verify p -signature ours message", pss("32")));
    for salt in ["0", "20", "32", "222"] {
        shell(dir.path(), &format!("openssl dgst {} -sign k -out theirs message", pss(salt)));
        assert_eq!(signer.verifier().verify(b"hello", &read(dir.path(), "theirs")), salt == "32", "{salt} bytes");
    }
}

#[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
#[test]
fn openssl_and_we_verify_what_the_other_signed_with_p256() {
    use bulla::senders::P256Signer;

    if !has("openssl") {
        eprintln!("skipped: signatures of openssl, since there is no openssl");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let number = |bytes: &[u8]| {
        let start = bytes.iter().position(|byte| *byte != 0).unwrap();
        let zero: &[u8] = if bytes[start] < 0x80 { &[] } else { &[0] };
        let len = u8::try_from(zero.len() + bytes.len() - start).unwrap();
        [&[0x02, len], zero, &bytes[start..]].concat()
    };
    let to_der = |signature: &[u8]| {
        let numbers = [number(&signature[..32]), number(&signature[32..])].concat();
        [&[0x30, u8::try_from(numbers.len()).unwrap()], &numbers[..]].concat()
    };
    let from_der = |der: &[u8]| {
        let (r, rest) = der[4..].split_at(der[3].into());
        let fixed = |number: &[u8]| {
            let number = number.strip_prefix(&[0]).unwrap_or(number);
            [&vec![0; 32 - number.len()][..], number].concat()
        };
        [fixed(r), fixed(&rest[2..])].concat()
    };
    fs::write(dir.path().join("message"), b"hello").unwrap();
    // In PKCS#8 and SEC1, with the parameters of the curve before it.
    for command in [
        "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out k",
        "openssl ecparam -name prime256v1 -genkey -out k",
        "openssl ecparam -name prime256v1 -genkey -noout -conv_form compressed -out k",
        "openssl ecparam -name prime256v1 -genkey -noout -outform DER -out k",
    ] {
        shell(dir.path(), command);
        let signer = P256Signer::from_key_file(read(dir.path(), "k")).unwrap();
        fs::write(dir.path().join("k"), signer.to_pem().expose()).unwrap();
        fs::write(dir.path().join("p"), signer.verifier().to_pem()).unwrap();
        shell(dir.path(), "openssl pkey -in k -check -noout && openssl pkey -in k -pubout -out q && cmp p q");
        for _ in 0..8 {
            fs::write(dir.path().join("ours"), to_der(&signer.sign(b"hello").unwrap())).unwrap();
            shell(dir.path(), "openssl dgst -sha256 -verify p -signature ours message");
            shell(dir.path(), "openssl dgst -sha256 -sign k -out theirs message");
            assert!(signer.verifier().verify(b"hello", &from_der(&read(dir.path(), "theirs"))));
        }
        // In DER it is no signature of this format.
        assert!(!signer.verifier().verify(b"hello", &read(dir.path(), "theirs")));
    }
}

#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
#[test]
fn openssl_and_we_make_the_same_signatures_with_ed25519() {
    use bulla::senders::Ed25519Signer;

    if !has("openssl") {
        eprintln!("skipped: signatures of openssl, since there is no openssl");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("message"), b"hello").unwrap();
    for options in ["", "-outform DER"] {
        shell(dir.path(), &format!("openssl genpkey -algorithm ed25519 {options} -out k"));
        let signer = Ed25519Signer::from_key_file(read(dir.path(), "k")).unwrap();
        fs::write(dir.path().join("k"), signer.to_pem().expose()).unwrap();
        fs::write(dir.path().join("p"), signer.verifier().to_pem()).unwrap();
        shell(dir.path(), "openssl pkey -in k -pubout -out q && cmp p q");
        shell(dir.path(), "openssl pkeyutl -sign -rawin -inkey k -in message -out theirs");
        let signature = signer.sign(b"hello").unwrap();
        assert_eq!(signature, read(dir.path(), "theirs"));
        assert!(signer.verifier().verify(b"hello", &signature));
    }
}

#[test]
fn lines_of_openssh_are_verifiers() {
    if !has("ssh-keygen") {
        eprintln!("skipped: lines of OpenSSH, since there is no ssh-keygen");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut read_files = 0;
    for (key_type, is_there) in [
        ("rsa -b 2048", true),
        ("ecdsa -b 256", signing_samples::P256),
        ("ecdsa -b 384", false),
        ("ed25519", signing_samples::ED25519),
    ] {
        shell(dir.path(), &format!("rm -f k k.pub; ssh-keygen -q -t {key_type} -N '' -C me@here -f k"));
        let line = read(dir.path(), "k.pub");
        let verifier = AnyVerifier::from_key_file(&line);
        let Ok(verifier) = verifier else {
            assert!(!is_there, "{key_type}: {verifier:?}");
            let expected = "not a key to sign with: its algorithm is ";
            assert!(verifier.unwrap_err().to_string().starts_with(expected), "{key_type}");
            continue;
        };
        assert!(is_there, "{key_type}");
        assert_eq!(kind(AnySigner::from_key_file(&line)), Some(KeyErrorKind::PublicKey));
        let cut = &line[..line.len() - 30];
        assert_eq!(kind(AnyVerifier::from_key_file(cut)), Some(KeyErrorKind::DamagedSshLine), "{key_type}");
        // The private file of an RSA or P-256 key needs a command, which another test runs.
        if let Ok(signer) = AnySigner::from_key_file(read(dir.path(), "k")) {
            assert_eq!((signer.verifier(), key_type), (verifier, "ed25519"));
        }
        read_files += 1;
    }
    assert!(read_files > 0);
}

#[test]
fn keys_of_elliptic_curves_are_read_in_these_shapes() {
    let mut signers = 0;
    for (name, file, id) in signing_samples::all() {
        if let Ok(signer) = AnySigner::from_key_file(&file) {
            assert_eq!(signer.key_id().to_string(), id, "{name}");
            signers += 1;
        } else if let Ok(verifier) = AnyVerifier::from_key_file(&file) {
            assert_eq!(verifier.key_id().to_string(), id, "{name}");
        }
    }
    // PEM and DER, in PKCS#8 and SEC1; and the file of OpenSSH.
    let expected = if signing_samples::P256 { 4 } else { 0 } + if signing_samples::ED25519 { 3 } else { 0 };
    assert_eq!(signers, expected);
}

#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
#[test]
fn the_public_half_of_an_ed25519_file_must_be_that_of_the_private_half() {
    use bulla::error::DerDamage;
    use bulla::senders::Ed25519Signer;

    let signer = Ed25519Signer::generate().unwrap();
    let point = signer.verifier().as_der()[12..].to_vec();
    // Version 2 (RFC 8410 §10.3): with the public key behind it, 35 bytes more.
    let with_point = |point: &[u8]| {
        let mut der = [signer.to_der().expose(), &[0x81, 0x21, 0], point].concat();
        (der[1], der[4]) = (der[1] + 35, 1);
        der
    };
    assert_eq!(Ed25519Signer::from_der(with_point(&point)).unwrap().verifier(), signer.verifier());
    let other = Ed25519Signer::generate().unwrap().verifier().as_der()[12..].to_vec();
    let other = Ed25519Signer::from_der(with_point(&other));
    assert_eq!(kind(other), Some(KeyErrorKind::Der(DerDamage::OtherPublicKey)));
}

#[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
#[test]
fn the_public_half_of_a_p256_file_must_be_that_of_the_private_half() {
    use bulla::error::DerDamage;
    use bulla::senders::P256Signer;

    let signer = P256Signer::generate().unwrap();
    let mut der = signer.to_der().expose().to_vec();
    let other = P256Signer::generate().unwrap();
    let start = der.len() - 64;
    der[start..].copy_from_slice(&other.to_der().expose()[start..]);
    assert_eq!(kind(P256Signer::from_der(&der)), Some(KeyErrorKind::Der(DerDamage::OtherPublicKey)));
    // Zero is no private number.
    let mut der = signer.to_der().expose().to_vec();
    der[36..68].fill(0);
    assert_eq!(kind(P256Signer::from_der(&der)), Some(KeyErrorKind::Unusable));
}

#[cfg(all(any(feature = "aws-lc-rs", feature = "p256"), any(feature = "aws-lc-rs", feature = "ed25519")))]
#[test]
fn a_key_of_another_algorithm_is_named() {
    use bulla::senders::{Ed25519Verifier, P256Verifier};

    let [rsa, p256, ed25519] =
        [include_str!("keys/rsa2048.pub.pem"), include_str!("keys/p256.pub.pem"), include_str!("keys/ed25519.pub.pem")];
    for (error, expected) in [
        (
            RsaVerifier::from_key_file(p256).unwrap_err(),
            "not an RSA key: its algorithm is elliptic curve (EC) (1.2.840.10045.2.1)",
        ),
        (P256Verifier::from_key_file(rsa).unwrap_err(), "not a P-256 key: its algorithm is RSA (1.2.840.113549.1.1.1)"),
        (
            Ed25519Verifier::from_key_file(p256).unwrap_err(),
            "not an Ed25519 key: its algorithm is elliptic curve (EC) (1.2.840.10045.2.1)",
        ),
        (P256Verifier::from_key_file(ed25519).unwrap_err(), "not a P-256 key: its algorithm is Ed25519 (1.3.101.112)"),
        (RsaRecipient::from_key_file(ed25519).unwrap_err(), "not an RSA key: its algorithm is Ed25519 (1.3.101.112)"),
    ] {
        assert_eq!((error.to_string().as_str(), error.command()), (expected, None));
    }
}

#[cfg(feature = "encrypted-keys")]
#[test]
fn a_signer_survives_its_encrypted_file() {
    for signer in generated() {
        let pem = match &signer {
            AnySigner::Rsa(key) => key.to_encrypted_pem("secret"),
            #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
            AnySigner::P256(key) => key.to_encrypted_pem("secret"),
            #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
            AnySigner::Ed25519(key) => key.to_encrypted_pem("secret"),
            other => panic!("{other:?}"),
        };
        let pem = pem.unwrap();
        let limits = bulla::Limits::default();
        let again = AnySigner::from_encrypted_key_file(&pem, "secret", &limits).unwrap();
        assert_eq!(again.verifier(), signer.verifier());
        let error = AnySigner::from_encrypted_key_file(&pem, "wrong", &limits);
        assert_eq!(kind(error), Some(KeyErrorKind::WrongPassphrase));
        assert_eq!(kind(AnySigner::from_key_file(&pem)), Some(KeyErrorKind::Encrypted));
    }
}

#[test]
fn a_private_rsa_key_that_does_not_work_is_refused_as_a_signer() {
    assert_eq!(kind(RsaSigner::from_key_file(include_str!("keys/composite2048.pem"))), Some(KeyErrorKind::Unusable));
    let error = RsaSigner::from_key_file(include_str!("keys/exponent3.pem"));
    assert_eq!(kind(error), Some(KeyErrorKind::ExponentRefused { exponent: 3 }));
    let error = RsaVerifier::from_key_file(include_str!("keys/rsa1024.pub.pem"));
    assert_eq!(kind(error), Some(KeyErrorKind::ModulusTooSmall { bits: 1024 }));
}

fn rsa_2048() -> RsaSigner {
    RsaSigner::from_der(RSA_2048.to_der().expose()).unwrap()
}

/// What is wrong, if something is.
fn kind<K>(result: Result<K, KeyError>) -> Option<KeyErrorKind> {
    result.err().map(|error| error.kind().clone())
}

fn read(dir: &Path, name: &str) -> Vec<u8> {
    fs::read(dir.join(name)).unwrap()
}

fn shell(dir: &Path, script: &str) {
    let output = Command::new("sh").args(["-c", script]).current_dir(dir).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

fn has(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).stdout(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}
