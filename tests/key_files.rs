//! The shapes in which people have keys: which are read, and what is said of the others.

#[path = "common/support.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use base64ct::{Base64, Encoding};
use bulla::error::{DerDamage, KeyErrorKind, KeyFormat, KeyPart, PemDamage};
use bulla::{RsaIdentity, RsaRecipient};
use support::RSA_2048;

/// Changes `private` and `public` alike and asserts that both are still read.
fn assert_read(change: impl Fn(&str) -> Vec<u8>) {
    let private = RsaIdentity::from_key_file(change(RSA_2048.to_pem().expose()));
    let public = RsaRecipient::from_key_file(change(&RSA_2048.recipient().to_pem()));
    assert_eq!(private.map(|key| key.key_id()), Ok(RSA_2048.key_id()));
    assert_eq!(public.map(|key| key.key_id()), Ok(RSA_2048.key_id()));
}

/// Changes both and asserts that both are refused with the same reason.
fn assert_refused(change: impl Fn(&str) -> Vec<u8>, expected: &KeyErrorKind) {
    let private = RsaIdentity::from_key_file(change(RSA_2048.to_pem().expose()));
    let public = RsaRecipient::from_key_file(change(&RSA_2048.recipient().to_pem()));
    assert_eq!(private.unwrap_err().kind(), expected);
    assert_eq!(public.unwrap_err().kind(), expected);
}

/// The base64 text alone, in one line.
fn base64(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

fn der(pem: &str) -> Vec<u8> {
    Base64::decode_vec(&base64(pem)).unwrap()
}

/// The same block with lines of `width`.
fn lines_of(pem: &str, width: usize) -> Vec<u8> {
    let lines: Vec<_> = pem.lines().collect();
    let text = base64(pem);
    let body = text.as_bytes().chunks(width).map(|line| str::from_utf8(line).unwrap()).collect::<Vec<_>>().join("\n");
    [lines[0], &body, lines[lines.len() - 1], ""].join("\n").into()
}

#[test]
fn lines_of_every_length_are_read() {
    for width in [1, 48, 63, 65, 70, 76, 100_000] {
        assert_read(|pem| lines_of(pem, width));
    }
}

#[test]
fn every_line_end_is_read() {
    for end in ["\r\n", "\r", "\r\r\n", "\n\n", "  \n", " \t\r\n", "\n\x0b\x0c\n", " "] {
        assert_read(|pem| pem.replace('\n', end).into());
    }
    assert_read(|pem| pem.trim_end().into());
    assert_read(|pem| pem.replace('\n', "").into());
}

#[test]
fn indented_lines_are_read() {
    for indent in ["  ", "\t", " "] {
        assert_read(|pem| pem.lines().map(|line| format!("{indent}{line}\n")).collect::<String>().into());
        assert_read(|pem| format!("key: |\n{}", pem.replace('\n', &format!("\n{indent}"))).into());
    }
}

#[test]
fn text_in_any_encoding_around_the_block_is_skipped() {
    for before in [&b"\xEF\xBB\xBF"[..], b"\xC3\xBC\n", b"\xFC\n", b"the key is between -----BEGIN and -----END\n"] {
        for after in [&b"\x1A"[..], b"\0", b"\xFF\xFE\n", b"bye"] {
            assert_read(|pem| [before, pem.as_bytes(), after].concat());
        }
    }
}

#[test]
fn a_section_name_before_the_block_does_not_make_it_json() {
    assert_read(|pem| format!("[key]\n{pem}").into());
    assert_read(|pem| format!("{{ see below }}\n{pem}").into());
}

#[test]
fn many_blocks_are_counted_and_not_listed_one_by_one() {
    let file = "-----BEGIN PRIVATE KEY-----\n".repeat(40_000);
    let error = RsaIdentity::from_key_file(file).unwrap_err();
    assert_eq!(error.to_string(), "several keys, give one per file; there are: 40000 \"PRIVATE KEY\"");
}

#[test]
fn a_text_has_an_end_however_many_names_there_are_and_however_long_they_are() {
    let labels = "-----BEGIN PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\n".repeat(20_000);
    let lines = format!("ssh-{} AAAA\nssh-rsa AAAA\n", "x".repeat(10_000)).repeat(100);
    for (error, end) in [
        (RsaIdentity::from_key_file(labels).unwrap_err(), "1 \"CERTIFICATE\" and 39992 more"),
        (RsaRecipient::from_key_file(lines).unwrap_err(), "1 \"ssh-rsa\" and 192 more"),
    ] {
        let text = error.to_string();
        assert!(text.len() < 1000 && text.ends_with(end), "{text}");
    }
}

#[test]
fn keys_with_primes_of_different_lengths_open() {
    // Of 1088 and 960 bits; of 1027 and 1022, where the modulus does not fill its last byte.
    for (pem, bits) in [(include_str!("keys/unequal2048.pem"), 2048), (include_str!("keys/unequal2049.pem"), 2049)] {
        let identity = RsaIdentity::from_key_file(pem).unwrap();
        assert_eq!(identity.recipient().bits(), bits);
        let sealed = bulla::seal(identity.recipient(), b"hello").unwrap();
        assert_eq!(bulla::open(&identity, &sealed).unwrap(), b"hello");
    }
}

#[test]
fn der_is_not_text() {
    let error = RsaRecipient::from_pem(RSA_2048.recipient().as_der()).unwrap_err();
    assert_eq!(error.kind(), &KeyErrorKind::Format(KeyFormat::Der));
}

#[test]
fn what_is_signed_is_told_apart_in_der() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("key.pem"), RSA_2048.to_pem().expose()).unwrap();
    fs::write(dir.path().join("ca"), "[ca]\ndefault_ca=d\n[d]\ndatabase=index\ndefault_md=sha256\n").unwrap();
    fs::write(dir.path().join("index"), "").unwrap();
    for command in [
        "req -new -x509 -key key.pem -subj /CN=test -out v3.pem",
        "req -new -key key.pem -subj /CN=test -out request.pem",
        "req -in request.pem -outform DER -out request",
        "x509 -in v3.pem -outform DER -out v3",
        "x509 -req -in request.pem -signkey key.pem -outform DER -out v1",
        "ca -gencrl -config ca -keyfile key.pem -cert v3.pem -crldays 1 -out list.pem",
        "crl -in list.pem -outform DER -out list",
        "crl2pkcs7 -nocrl -certfile v3.pem -outform DER -out bundle",
    ] {
        shell(dir.path(), &format!("openssl {command}"));
    }
    for (name, format) in [
        ("v3", KeyFormat::Certificate),
        ("v1", KeyFormat::Certificate),
        ("request", KeyFormat::CertificateRequest),
        ("list", KeyFormat::RevocationList),
        ("bundle", KeyFormat::Pkcs7),
    ] {
        let error = RsaRecipient::from_key_file(fs::read(dir.path().join(name)).unwrap()).unwrap_err();
        assert_eq!(error.kind(), &KeyErrorKind::Format(format), "{name}");
    }
}

#[test]
fn padding_may_be_missing() {
    assert_read(|pem| pem.replace('=', "").into());
}

#[test]
fn der_and_bare_base64_are_read() {
    assert_read(der);
    assert_read(|pem| base64(pem).into());
    assert_read(|pem| format!("\n{}\r\n", base64(pem)).into());
}

#[test]
fn the_half_that_is_needed_is_taken_from_a_file_with_both() {
    let both = [RSA_2048.to_pem().expose(), &RSA_2048.recipient().to_pem()].concat();
    let reversed = [&RSA_2048.recipient().to_pem(), RSA_2048.to_pem().expose()].concat();
    for file in [both, reversed] {
        assert_eq!(RsaIdentity::from_key_file(&file).map(|key| key.key_id()), Ok(RSA_2048.key_id()));
        assert_eq!(RsaRecipient::from_key_file(&file).map(|key| key.key_id()), Ok(RSA_2048.key_id()));
    }
}

#[test]
fn a_private_key_is_read_beside_certificates_and_not_beside_another_one() {
    let certificate = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    let bag = [certificate, RSA_2048.to_pem().expose(), certificate].concat();
    assert_eq!(RsaIdentity::from_key_file(bag).map(|key| key.key_id()), Ok(RSA_2048.key_id()));
    let two = RSA_2048.to_pem().expose().repeat(2);
    let error = RsaIdentity::from_key_file(two).unwrap_err();
    assert_eq!(error.to_string(), "several keys, give one per file; there are: 2 \"PRIVATE KEY\"");
}

#[test]
fn the_content_of_a_block_counts_and_not_which_label_of_a_key_it_has() {
    for label in ["RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
        let file = RSA_2048.to_pem().expose().replace("PRIVATE KEY", label);
        assert_eq!(RsaIdentity::from_key_file(file).map(|key| key.key_id()), Ok(RSA_2048.key_id()));
    }
    let public_as_private = RSA_2048.recipient().to_pem().replace("PUBLIC", "PRIVATE");
    assert_eq!(RsaIdentity::from_key_file(public_as_private).unwrap_err().kind(), &KeyErrorKind::PublicKey);
    let private_as_public = RSA_2048.to_pem().expose().replace("PRIVATE", "PUBLIC");
    assert_eq!(RsaRecipient::from_key_file(private_as_public).unwrap_err().kind(), &KeyErrorKind::PrivateKey);
}

#[test]
fn no_command_is_named_that_would_not_read_the_file() {
    // OpenSSL reads no bare base64, and no certificate request under another label.
    let bare = base64(RSA_2048.to_pem().expose());
    let error = RsaRecipient::from_key_file(bare).unwrap_err();
    assert_eq!((error.kind(), error.command()), (&KeyErrorKind::PrivateKey, None));
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("key.pem"), RSA_2048.to_pem().expose()).unwrap();
    shell(dir.path(), "openssl req -new -key key.pem -subj /CN=test -out request.pem");
    let request = fs::read_to_string(dir.path().join("request.pem")).unwrap();
    let error = RsaRecipient::from_key_file(request.replace("CERTIFICATE REQUEST", "PUBLIC KEY")).unwrap_err();
    let kind = KeyErrorKind::Format(KeyFormat::CertificateRequest);
    assert_eq!((error.kind(), error.command()), (&kind, None));
}

#[test]
fn a_line_of_openssh_is_a_recipient_and_no_identity() {
    let line = ssh_line();
    for file in [
        line.clone(),
        format!("\u{feff}{line} me@here\r\n"),
        format!("# mine\n\n  {line} \u{fc}\n"),
        format!("no-pty,command=\"x y\" {line} me\n"),
        format!("host.example {line}\n"),
    ] {
        assert_eq!(RsaRecipient::from_key_file(&file).map(|key| key.key_id()), Ok(RSA_2048.key_id()), "{file}");
        assert_eq!(RsaIdentity::from_key_file(&file).unwrap_err().kind(), &KeyErrorKind::PublicKey);
    }
    let two = format!("{line}\n{line}\n");
    let several = KeyErrorKind::SeveralKeys(vec!["ssh-rsa".into(); 2]);
    assert_eq!(RsaRecipient::from_key_file(two).unwrap_err().kind(), &several);
    let cut = &line[..line.len() - 40];
    assert_eq!(RsaRecipient::from_key_file(cut).unwrap_err().kind(), &KeyErrorKind::DamagedSshLine);
    let other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAA me";
    let ed25519 = KeyErrorKind::OtherAlgorithm("ssh-ed25519".into());
    assert_eq!(RsaRecipient::from_key_file(other).unwrap_err().kind(), &ed25519);
}

#[test]
fn other_encodings_of_the_text_are_named() {
    let format = KeyErrorKind::Format;
    let utf16 = |pem: &str| [0xFEFF].into_iter().chain(pem.encode_utf16()).collect::<Vec<u16>>();
    assert_refused(|pem| utf16(pem).into_iter().flat_map(u16::to_le_bytes).collect(), &format(KeyFormat::Utf16));
    assert_refused(|pem| utf16(pem).into_iter().flat_map(u16::to_be_bytes).collect(), &format(KeyFormat::Utf16));
    assert_refused(|pem| pem.replace('\n', "\\n").into(), &format(KeyFormat::EscapedLineEnds));
    assert_refused(|pem| format!("KEY=\"{}\"\n", pem.replace('\n', "\\n")).into(), &format(KeyFormat::EscapedLineEnds));
    assert_refused(|pem| serde_json::json!({ "key": pem }).to_string().into(), &format(KeyFormat::JsonWithPem));
    assert_refused(|pem| Base64::encode_string(pem.as_bytes()).into(), &format(KeyFormat::PemInBase64));
    assert_refused(
        |pem| der(pem).iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
        &format(KeyFormat::Hexadecimal),
    );
}

#[test]
fn damage_of_the_text_is_named() {
    let damage = KeyErrorKind::Pem;
    let without = |pem: &str, word: &str| -> Vec<u8> {
        pem.lines().filter(|line| !line.contains(word)).map(|line| format!("{line}\n")).collect::<String>().into()
    };
    assert_refused(|pem| without(pem, "END"), &damage(PemDamage::NoEnd));
    assert_refused(|pem| without(pem, "BEGIN"), &damage(PemDamage::NoBegin));
    assert_refused(|pem| pem.replace("-----END", "-----END A").into(), &damage(PemDamage::LabelMismatch));
    assert_refused(|pem| pem.replace("-----", "----").into(), &damage(PemDamage::Dashes));
    assert_refused(|pem| pem.replace("-----", "\u{2013}".repeat(5).as_str()).into(), &damage(PemDamage::Dashes));
    assert_refused(|pem| pem.replace('\n', "\n> ").into(), &damage(PemDamage::Quoted));
    assert_refused(|pem| pem.replacen('\n', "\nComment: of the HSM\n\n", 1).into(), &damage(PemDamage::Headers));
    for character in ['*', '\u{a0}', '\u{201c}'] {
        let third_line = |pem: &str| {
            let mut lines: Vec<_> = pem.lines().map(String::from).collect();
            lines[2].insert(5, character);
            lines.join("\n").into()
        };
        assert_refused(third_line, &damage(PemDamage::Character { character, line: 3 }));
    }
    // One character less: no text in base64 has this length.
    assert_refused(|pem| pem.replacen("\nMII", "\nMI", 1).into(), &damage(PemDamage::Base64));
}

#[test]
fn damage_of_the_der_is_named() {
    let damage = KeyErrorKind::Der;
    let with_len = |der: Vec<u8>, more: u16| {
        let len = u16::from_be_bytes([der[2], der[3]]).checked_add_signed(more.cast_signed()).unwrap();
        [&der[..2], &len.to_be_bytes(), &der[4..]].concat()
    };
    assert_refused(|pem| [&der(pem)[..], b"\n"].concat(), &damage(DerDamage::TrailingBytes { count: 1 }));
    assert_refused(|pem| [&der(pem)[..], &[0; 512]].concat(), &damage(DerDamage::TrailingBytes { count: 512 }));
    assert_refused(|pem| der(pem)[..der(pem).len() - 48].to_vec(), &damage(DerDamage::Truncated { missing: Some(48) }));
    // Whatever follows, and also in base64.
    let public = RSA_2048.recipient().to_pem();
    let with_pem = Base64::encode_string(&[&der(&public)[..], public.as_bytes()].concat());
    let trailing = damage(DerDamage::TrailingBytes { count: public.len() });
    assert_eq!(RsaRecipient::from_key_file(with_pem).unwrap_err().kind(), &trailing);
    // The length in three bytes instead of two, and of indefinite length.
    assert_refused(|pem| [&[0x30, 0x83, 0], &der(pem)[2..]].concat(), &damage(DerDamage::NotDer));
    assert_refused(|pem| [&[0x30, 0x80], &der(pem)[4..], &[0, 0]].concat(), &damage(DerDamage::NotDer));
    // NULL behind the key in a PrivateKeyInfo.
    let private = with_len([&der(RSA_2048.to_pem().expose())[..], &[5, 0]].concat(), 2);
    let surplus = damage(DerDamage::SurplusParts { count: 1 });
    assert_eq!(RsaIdentity::from_key_file(private).unwrap_err().kind(), &surplus);
}

#[test]
fn numbers_that_are_no_der_are_named_with_the_part() {
    let public = der(&RSA_2048.recipient().to_pem());
    // The PKCS#1 structure, which starts with the modulus: 02 82 0101 00 …
    let pkcs1 = &public[24..];
    let modulus = &pkcs1[9..265];
    let key = |modulus: &[u8], exponent: &[u8]| {
        let part = |bytes: &[u8]| match u8::try_from(bytes.len()) {
            Ok(len @ ..0x80) => [&[2, len], bytes].concat(),
            _ => [&[2, 0x82][..], &u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat(),
        };
        let content = [part(modulus), part(exponent)].concat();
        [&[0x30, 0x82][..], &u16::try_from(content.len()).unwrap().to_be_bytes(), &content].concat()
    };
    let kind = |file: Vec<u8>| RsaRecipient::from_key_file(file).err().map(|error| error.kind().clone());
    assert_eq!(kind(key(&[&[0], modulus].concat(), &[1, 0, 1])), None);
    let damage = |damage| Some(KeyErrorKind::Der(damage));
    assert_eq!(kind(key(modulus, &[1, 0, 1])), damage(DerDamage::Negative(KeyPart::Modulus)));
    let zeros = damage(DerDamage::LeadingZeros(KeyPart::Modulus));
    assert_eq!(kind(key(&[&[0, 0], modulus].concat(), &[1, 0, 1])), zeros);
    let zeros = damage(DerDamage::LeadingZeros(KeyPart::PublicExponent));
    assert_eq!(kind(key(&[&[0], modulus].concat(), &[0, 1, 0, 1])), zeros);
}

fn shell(dir: &Path, script: &str) {
    let mut command = Command::new("sh");
    let output = command.args(["-c", script]).current_dir(dir).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

fn ssh_line() -> String {
    let public = der(&RSA_2048.recipient().to_pem());
    let (rest, exponent) = public.split_at(public.len() - 3);
    let modulus = &rest[rest.len() - 2 - 257..rest.len() - 2];
    let string = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat();
    let blob = [string(b"ssh-rsa"), string(exponent), string(modulus)].concat();
    format!("ssh-rsa {}", Base64::encode_string(&blob))
}
