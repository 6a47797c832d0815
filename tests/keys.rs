//! Which key files are read, what they are written as, and which keys are refused with what error.

#[path = "common/support.rs"]
mod support;

use std::process::{Command, Stdio};

use bulla::error::{DerDamage, KeyErrorKind, KeyFormat, KeyPart, PemDamage};
use bulla::keys::KeySize;
use bulla::{RsaIdentity, RsaRecipient};
use support::{RSA_2048, RSA_3072, RSA_4096};

macro_rules! file {
    ($name:literal) => {
        include_str!(concat!("keys/", $name))
    };
}

#[test]
fn every_encoding_of_a_key_gives_the_same_key() {
    let id = RSA_2048.key_id();
    assert_eq!(RsaIdentity::from_pem(file!("rsa2048.pkcs1.pem")).unwrap().key_id(), id);
    assert_eq!(RsaRecipient::from_pem(file!("rsa2048.pub.pem")).unwrap().key_id(), id);
    assert_eq!(RsaRecipient::from_pem(file!("rsa2048.pkcs1.pub.pem")).unwrap().key_id(), id);

    assert_eq!(RsaIdentity::from_der(der(file!("rsa2048.pem"))).unwrap().key_id(), id);
    assert_eq!(RsaIdentity::from_der(der(file!("rsa2048.pkcs1.pem"))).unwrap().key_id(), id);
    assert_eq!(RsaRecipient::from_der(der(file!("rsa2048.pub.pem"))).unwrap().key_id(), id);
    assert_eq!(RsaRecipient::from_der(der(file!("rsa2048.pkcs1.pub.pem"))).unwrap().key_id(), id);
}

#[test]
fn keys_are_written_as_openssl_writes_them() {
    assert_eq!(RSA_2048.to_pem().expose(), without_preamble(file!("rsa2048.pem")));
    assert_eq!(RSA_2048.recipient().to_pem(), without_preamble(file!("rsa2048.pub.pem")));
    assert_eq!(RSA_2048.to_der().expose(), der(file!("rsa2048.pem")));
    assert_eq!(RSA_2048.recipient().as_der(), der(file!("rsa2048.pub.pem")));
    assert_eq!(RsaIdentity::from_pem(file!("rsa2048.pkcs1.pem")).unwrap().to_der().expose(), der(file!("rsa2048.pem")));
}

#[test]
fn a_key_id_is_the_digest_of_the_public_key_as_openssl_writes_it() {
    // openssl pkey -pubin -in tests/keys/rsa2048.pub.pem -outform DER | sha256sum
    let expected = "78b2f61142faf3cf3874b1fe68686a41d32206d1220969a546919c0257fb84c0";
    assert_eq!(RSA_2048.key_id().to_string(), expected);
}

#[test]
fn components_with_and_without_leading_zeros_give_the_same_key() {
    let (modulus, exponent) = components(&RSA_2048.recipient());
    let padded = [&[0, 0], &modulus[..]].concat();
    for (n, e) in [(&modulus[..], &exponent[..]), (&padded, &[0, 0, 1, 0, 1])] {
        assert_eq!(RsaRecipient::from_components(n, e).unwrap().key_id(), RSA_2048.key_id());
    }
}

#[test]
fn windows_line_ends_and_text_around_the_block_are_read() {
    for pem in [file!("rsa2048.pem"), file!("rsa2048.pkcs1.pem")] {
        let windows = pem.replace('\n', "\r\n");
        let surrounded = format!("Private-Key: (2048 bit)\n{pem}\nBag Attributes\n");
        for text in [&windows, &surrounded, pem.trim_end()] {
            assert_eq!(RsaIdentity::from_pem(text).unwrap().key_id(), RSA_2048.key_id());
        }
    }
}

#[test]
fn a_generated_key_survives_its_own_file_and_opens() {
    let identity = RsaIdentity::generate(KeySize::Rsa2048).unwrap();
    let again = RsaIdentity::from_pem(identity.to_pem().expose()).unwrap();
    let recipient = RsaRecipient::from_pem(identity.recipient().to_pem()).unwrap();
    let sealed = bulla::seal(&recipient, b"hello").unwrap();
    assert_eq!(bulla::open(&again, &sealed).unwrap(), b"hello");
    assert_ne!(RsaIdentity::generate(KeySize::Rsa2048).unwrap().key_id(), identity.key_id());
}

#[test]
fn sizes_are_as_named() {
    assert_eq!(KeySize::default(), KeySize::Rsa3072);
    for (identity, size) in
        [(&RSA_2048, KeySize::Rsa2048), (&RSA_3072, KeySize::Rsa3072), (&RSA_4096, KeySize::Rsa4096)]
    {
        assert_eq!(components(&identity.recipient()).0.len() * 8, size.bits());
    }
    let generated = RsaIdentity::generate(KeySize::default()).unwrap();
    assert_eq!(components(&generated.recipient()).0.len(), 384);
}

#[test]
fn refused_private_keys_say_why() {
    for (pem, expected) in [
        (file!("rsa1024.pem"), KeyErrorKind::ModulusTooSmall { bits: 1024 }),
        (file!("pss2048.pem"), KeyErrorKind::PssOnly),
        (file!("ec256.pem"), KeyErrorKind::OtherAlgorithm("elliptic curve (EC) (1.2.840.10045.2.1)".into())),
        (file!("exponent3.pem"), KeyErrorKind::ExponentRefused { exponent: 3 }),
        (file!("multiprime2048.pem"), KeyErrorKind::MultiPrime),
        (file!("encrypted2048.pem"), KeyErrorKind::Encrypted),
        #[cfg(not(feature = "encrypted-keys"))]
        (file!("encrypted2048.pkcs1.pem"), KeyErrorKind::Encrypted),
        #[cfg(feature = "encrypted-keys")]
        (file!("encrypted2048.pkcs1.pem"), KeyErrorKind::UnsupportedEncryption("PEM with Proc-Type (RFC 1421)".into())),
        (file!("rsa2048.pub.pem"), KeyErrorKind::PublicKey),
        (file!("rsa2048.pkcs1.pub.pem"), KeyErrorKind::PublicKey),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            KeyErrorKind::Format(KeyFormat::Certificate),
        ),
        (
            "-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n",
            KeyErrorKind::OtherAlgorithm("elliptic curve (EC)".into()),
        ),
        ("", KeyErrorKind::Empty),
        ("hello", KeyErrorKind::Unrecognised),
        ("-----BEGIN PRIVATE KEY-----\n", KeyErrorKind::Pem(PemDamage::NoEnd)),
        ("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", KeyErrorKind::Der(DerDamage::Structure)),
        ("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PUBLIC KEY-----\n", KeyErrorKind::Pem(PemDamage::LabelMismatch)),
        (
            concat!(file!("rsa2048.pem"), file!("rsa3072.pem")),
            KeyErrorKind::SeveralKeys(vec!["PRIVATE KEY".into(), "PRIVATE KEY".into()]),
        ),
    ] {
        assert_eq!(kind(RsaIdentity::from_pem(pem)), Some(expected), "{}", &pem[..pem.len().min(120)]);
    }
}

#[test]
fn refused_public_keys_say_why() {
    for (pem, expected) in [
        (file!("rsa1024.pub.pem"), KeyErrorKind::ModulusTooSmall { bits: 1024 }),
        (file!("pss2048.pub.pem"), KeyErrorKind::PssOnly),
        (file!("ec256.pub.pem"), KeyErrorKind::OtherAlgorithm("elliptic curve (EC) (1.2.840.10045.2.1)".into())),
        (file!("exponent3.pub.pem"), KeyErrorKind::ExponentRefused { exponent: 3 }),
        (file!("rsa2048.pem"), KeyErrorKind::PrivateKey),
        (file!("rsa2048.pkcs1.pem"), KeyErrorKind::PrivateKey),
        (file!("encrypted2048.pem"), KeyErrorKind::PrivateKey),
        (
            concat!(file!("rsa2048.pub.pem"), file!("rsa3072.pub.pem")),
            KeyErrorKind::SeveralKeys(vec!["PUBLIC KEY".into(), "PUBLIC KEY".into()]),
        ),
    ] {
        assert_eq!(kind(RsaRecipient::from_pem(pem)), Some(expected));
    }
    for (der, expected) in [
        (der(file!("rsa2048.pem")), KeyErrorKind::PrivateKey),
        (der(file!("rsa2048.pkcs1.pem")), KeyErrorKind::PrivateKey),
        (der(file!("encrypted2048.pem")), KeyErrorKind::PrivateKey),
        (vec![], KeyErrorKind::Der(DerDamage::Truncated { missing: None })),
        (vec![0x30, 0x80], KeyErrorKind::Der(DerDamage::Structure)),
    ] {
        assert_eq!(kind(RsaRecipient::from_der(&der)), Some(expected));
    }
    assert_eq!(kind(RsaIdentity::from_der(der(file!("rsa2048.pub.pem")))), Some(KeyErrorKind::PublicKey));
    assert_eq!(kind(RsaIdentity::from_der(der(file!("encrypted2048.pem")))), Some(KeyErrorKind::Encrypted));
}

#[test]
fn the_policy_holds_at_each_bound_and_one_past_it() {
    let with = |bits: usize, exponent: u64| {
        let mut modulus = vec![0xFF; bits.div_ceil(8)];
        modulus[0] >>= modulus.len() * 8 - bits;
        kind(RsaRecipient::from_components(&modulus, &exponent.to_be_bytes()))
    };
    assert_eq!(with(2048, 65537), None);
    assert_eq!(with(2047, 65537), Some(KeyErrorKind::ModulusTooSmall { bits: 2047 }));
    assert_eq!(with(8192, 65537), None);
    assert_eq!(with(8193, 65537), Some(KeyErrorKind::ModulusTooLarge { bits: 8193 }));
    // A length that is no multiple of eight is fine.
    assert_eq!(with(2049, 65537), None);
    assert_eq!(with(2048, 65535), Some(KeyErrorKind::ExponentRefused { exponent: 65535 }));
    assert_eq!(with(2048, 65538), Some(KeyErrorKind::ExponentRefused { exponent: 65538 }));
    assert_eq!(with(2048, 0), Some(KeyErrorKind::ExponentRefused { exponent: 0 }));
    assert_eq!(with(2048, (1 << 33) - 1), None);
    assert_eq!(with(2048, (1 << 33) + 1), Some(KeyErrorKind::ExponentTooLarge { bits: 34 }));

    let even = [&[0x80][..], &[0; 255]].concat();
    assert_eq!(kind(RsaRecipient::from_components(&even, &[1, 0, 1])), Some(KeyErrorKind::ModulusEven));
    assert_eq!(kind(RsaRecipient::from_components(&[], &[1, 0, 1])), Some(KeyErrorKind::ModulusTooSmall { bits: 0 }));
}

#[test]
fn a_private_key_whose_numbers_contradict_each_other_is_refused() {
    let good = der(file!("rsa2048.pkcs1.pem"));
    // The last byte of each number but the public exponent, found by walking the sequence.
    let mut offset = 4 + 3;
    let mut refused = 0;
    for blamed in [
        KeyPart::Modulus,
        // With another e, it is d that does not fit.
        KeyPart::PrivateExponent,
        KeyPart::PrivateExponent,
        KeyPart::Modulus,
        KeyPart::Modulus,
        KeyPart::Exponent1,
        KeyPart::Exponent2,
        KeyPart::Coefficient,
    ] {
        let len = match good[offset + 1] {
            0x81 => 1 + usize::from(good[offset + 2]),
            0x82 => 2 + usize::from(u16::from_be_bytes([good[offset + 2], good[offset + 3]])),
            short => usize::from(short),
        };
        offset += 2 + len;
        let mut altered = good.clone();
        altered[offset - 1] ^= 4;
        assert_eq!(kind(RsaIdentity::from_der(&altered)), Some(KeyErrorKind::Inconsistent(blamed)));
        refused += 1;
    }
    assert_eq!((refused, offset), (8, good.len()));
}

#[test]
fn freshly_made_openssl_keys_seal_and_open() {
    for args in [
        &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"][..],
        &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
        &["genrsa", "-traditional", "2048"],
    ] {
        let private = openssl(args, b"");
        let public = openssl(&["pkey", "-pubout"], &private);
        let pkcs1 = openssl(&["rsa", "-RSAPublicKey_out"], &private);
        let identity = RsaIdentity::from_pem(&private).unwrap();
        for recipient in [public, pkcs1] {
            let sealed = bulla::seal(RsaRecipient::from_pem(recipient).unwrap(), b"hello").unwrap();
            assert_eq!(bulla::open(&identity, &sealed).unwrap(), b"hello");
        }
        // And back: OpenSSL finds nothing wrong with what we write.
        let check = openssl(&["pkey", "-check", "-noout"], identity.to_pem().expose().as_bytes());
        assert_eq!(String::from_utf8_lossy(&check).trim(), "Key is valid");
    }
}

/// What is wrong, if something is.
fn kind<K>(result: Result<K, bulla::error::KeyError>) -> Option<KeyErrorKind> {
    result.err().map(|error| error.kind().clone())
}

/// Runs the `openssl` command, which these tests require.
fn openssl(args: &[&str], input: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut child = Command::new("openssl")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the tests of key files need the openssl command");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {args:?}");
    output.stdout
}

/// Modulus and exponent, taken apart by hand from the SubjectPublicKeyInfo.
fn components(recipient: &RsaRecipient) -> (Vec<u8>, Vec<u8>) {
    let der = recipient.as_der();
    let (rest, exponent) = der.split_at(der.len() - 3);
    let modulus_len = match der.len() {
        294 => 256,
        422 => 384,
        550 => 512,
        other => panic!("a public key of {other} bytes"),
    };
    (rest[rest.len() - 2 - modulus_len..rest.len() - 2].to_vec(), exponent.to_vec())
}

/// The DER inside a PEM file, by OpenSSL's own decoder.
fn der(pem: &str) -> Vec<u8> {
    let base64: String = without_preamble(pem).lines().filter(|line| !line.starts_with("-----")).collect();
    openssl(&["base64", "-d", "-A"], base64.as_bytes())
}

fn without_preamble(pem: &str) -> &str {
    &pem[pem.find("-----BEGIN").unwrap()..]
}
