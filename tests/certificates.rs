//! Recipients from X.509 certificates.
#![cfg(feature = "x509")]

#[path = "common/support.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use bulla::Certificate;
use bulla::error::{CertificateConcern, DerDamage, KeyErrorKind, KeyFormat};
use support::RSA_2048;

#[test]
fn a_certificate_is_read_from_pem_and_from_der() {
    let dir = folder();
    openssl(&dir, "x509 -in leaf.pem -outform DER -out leaf.der");
    for name in ["leaf.pem", "leaf.der"] {
        let certificate = Certificate::from_file(read(&dir, name)).unwrap();
        assert_eq!(certificate.recipient().key_id(), RSA_2048.key_id());
        assert_eq!(certificate.subject(), "CN=leaf,O=bulla tests");
        assert_eq!(certificate.issuer(), "CN=root");
        assert_eq!(certificate.serial_number(), [0x12, 0x34]);
        assert_eq!(certificate.position(), (0, 1));
        assert_eq!(certificate.key_encipherment(), Some(true));
        assert_eq!(certificate.not_after() - certificate.not_before(), Duration::from_secs(10 * 24 * 60 * 60));
        let sealed = bulla::seal(certificate.recipient(), b"hello").unwrap();
        assert_eq!(bulla::open(&*RSA_2048, &sealed).unwrap(), b"hello");
    }
}

#[test]
fn of_a_bundle_the_leaf_is_taken_wherever_it_stands() {
    let dir = folder();
    let [leaf, root] = ["leaf.pem", "root.pem"].map(|name| read(&dir, name));
    for (bundle, position) in [
        (vec![&leaf, &root], (0, 2)),
        (vec![&root, &leaf], (1, 2)),
        // The same one twice is one.
        (vec![&root, &leaf, &leaf], (1, 3)),
    ] {
        let bundle: Vec<u8> = bundle.into_iter().flatten().copied().collect();
        let certificate = Certificate::from_file([&b"text \xFF\n"[..], &bundle].concat()).unwrap();
        assert_eq!(certificate.position(), position);
        assert_eq!(certificate.recipient().key_id(), RSA_2048.key_id());
    }
}

#[test]
fn certificates_that_have_nothing_to_do_with_each_other_are_refused() {
    let dir = folder();
    let two = [read(&dir, "leaf.pem"), read(&dir, "signing.pem")].concat();
    let error = Certificate::from_file(two).unwrap_err();
    assert_eq!(error.kind(), &KeyErrorKind::SeveralCertificates(2));
}

#[test]
fn the_caller_is_told_of_time_and_use() {
    let dir = folder();
    let leaf = Certificate::from_file(read(&dir, "leaf.pem")).unwrap();
    let second = Duration::from_secs(1);
    assert_eq!(leaf.check(leaf.not_before() - second), Err(CertificateConcern::NotYetValid));
    assert_eq!(leaf.check(leaf.not_before()), Ok(()));
    assert_eq!(leaf.check(leaf.not_after() + second / 2), Ok(()));
    assert_eq!(leaf.check(leaf.not_after() + second), Err(CertificateConcern::Expired));
    // Without the extension, every use is allowed.
    let root = Certificate::from_file(read(&dir, "plain.pem")).unwrap();
    assert_eq!((root.key_encipherment(), root.check(root.not_before())), (None, Ok(())));
    let signing = Certificate::from_file(read(&dir, "signing.pem")).unwrap();
    assert_eq!(signing.check(signing.not_before()), Err(CertificateConcern::NoKeyEncipherment));
    // And decides: the key is there.
    assert_eq!(signing.recipient().key_id(), RSA_2048.key_id());
}

#[test]
fn certificates_of_other_keys_are_refused_with_the_reason() {
    let dir = folder();
    let kind = |name: &str| Certificate::from_file(read(&dir, name)).unwrap_err().kind().clone();
    openssl(&dir, "genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss.key");
    openssl(&dir, "req -new -x509 -key pss.key -subj /CN=pss -out pss.pem");
    assert_eq!(kind("pss.pem"), KeyErrorKind::PssOnly);
    openssl(&dir, "req -new -x509 -newkey rsa:1024 -nodes -keyout small.key -subj /CN=small -out small.pem");
    assert_eq!(kind("small.pem"), KeyErrorKind::ModulusTooSmall { bits: 1024 });
    openssl(
        &dir,
        "req -new -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k -subj /CN=ec -out ec.pem",
    );
    assert!(matches!(kind("ec.pem"), KeyErrorKind::OtherAlgorithm(name) if name.starts_with("elliptic curve")));
}

#[test]
fn what_is_no_certificate_is_refused_with_the_reason() {
    let kind = |file: &[u8]| Certificate::from_file(file).unwrap_err().kind().clone();
    assert_eq!(kind(b""), KeyErrorKind::Empty);
    assert_eq!(kind(RSA_2048.recipient().to_pem().as_bytes()), KeyErrorKind::NoCertificate);
    assert_eq!(kind(RSA_2048.recipient().as_der()), KeyErrorKind::NoCertificate);
    let dir = folder();
    assert_eq!(kind(&read(&dir, "leaf.pem").repeat(101)), KeyErrorKind::TooManyCertificates);
    openssl(&dir, "x509 -in leaf.pem -trustout -out trusted.pem");
    let error = Certificate::from_file(read(&dir, "trusted.pem")).unwrap_err();
    assert_eq!(error.kind(), &KeyErrorKind::Format(KeyFormat::TrustedCertificate));
    assert_eq!(error.command(), Some("openssl x509 -in FILE -noout -pubkey > PUBLIC.pem"));
    openssl(&dir, "x509 -in leaf.pem -outform DER -out leaf.der");
    let der = read(&dir, "leaf.der");
    // Under the label of a key, it is still one.
    let mislabelled = String::from_utf8(read(&dir, "leaf.pem")).unwrap().replace("CERTIFICATE", "PUBLIC KEY");
    assert_eq!(Certificate::from_file(mislabelled).unwrap().subject(), "CN=leaf,O=bulla tests");
    let error = Certificate::from_file([&der[..], b"\n"].concat()).unwrap_err();
    assert_eq!(error.kind(), &KeyErrorKind::Der(DerDamage::TrailingBytes { count: 1 }));
    // The command for a key would not work on a certificate.
    assert_eq!(error.command(), None);
    let cut = KeyErrorKind::Der(DerDamage::Truncated { missing: Some(9) });
    assert_eq!(kind(&der[..der.len() - 9]), cut);
    openssl(&dir, "req -new -key key.pem -subj /CN=x -outform DER -out request.der");
    assert_eq!(kind(&read(&dir, "request.der")), KeyErrorKind::Format(KeyFormat::CertificateRequest));
}

/// A folder with a root, a leaf of it and two others. `leaf`, `signing` and `plain` are of one key.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("key.pem"), RSA_2048.to_pem().expose()).unwrap();
    fs::write(dir.path().join("usage"), "keyUsage=critical,keyEncipherment\n").unwrap();
    openssl(&dir, "req -new -x509 -newkey rsa:2048 -nodes -keyout root.key -subj /CN=root -out root.pem");
    openssl(&dir, "req -new -key key.pem -subj /O=bulla\u{a0}tests/CN=leaf -out leaf.csr");
    openssl(
        &dir,
        "x509 -req -in leaf.csr -CA root.pem -CAkey root.key -set_serial 0x1234 -days 10 -extfile usage -out leaf.pem",
    );
    openssl(&dir, "req -new -x509 -key key.pem -subj /CN=signing -addext keyUsage=digitalSignature -out signing.pem");
    openssl(&dir, "x509 -req -in leaf.csr -signkey key.pem -days 10 -out plain.pem");
    dir
}

/// Runs `openssl`, which these tests require. A no-break space stands for a space in an argument.
fn openssl(dir: &tempfile::TempDir, args: &str) {
    let args = args.split(' ').map(|arg| arg.replace('\u{a0}', " "));
    let output = Command::new("openssl").args(args).current_dir(dir.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn read(dir: &tempfile::TempDir, name: impl AsRef<Path>) -> Vec<u8> {
    fs::read(dir.path().join(name)).unwrap()
}
