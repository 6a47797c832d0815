//! The same key in all shapes that must not matter.

use base64ct::{Base64, Encoding};

use super::backends::{AwsLc, Library, Reader, Refusal};
use super::key_samples::pem;

/// Asserts that `der` is read from every text form as it is read itself.
pub fn check(der: &[u8]) {
    let public = ["PUBLIC KEY", "RSA PUBLIC KEY"];
    let private = ["PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"];
    check_half(der, Reader::RecipientDer, Reader::RecipientFile, &public);
    check_half(der, Reader::IdentityDer, Reader::IdentityFile, &private);
}

fn check_half(der: &[u8], from_der: Reader, from_file: Reader, labels: &[&str]) {
    let expected = verdict(from_der, der);
    for label in labels {
        assert_eq!(verdict(from_file, pem(label, der).as_bytes()), expected, "{label}");
    }
    for text in layouts(der, labels[0]) {
        assert_eq!(verdict(from_file, &text), expected, "{}", String::from_utf8_lossy(&text));
    }
    // Others are not taken for DER where the reader does not know whether there is text.
    if matches!(der, [0x30, 0x80..=0xFF, ..]) {
        assert_eq!(verdict(from_file, der), expected);
        let base64 = Base64::encode_string(der);
        assert_eq!(verdict(from_file, base64.as_bytes()), expected);
        assert_eq!(verdict(from_file, format!("\n{}\r\n", base64.trim_end_matches('=')).as_bytes()), expected);
    }
}

/// The block in every layout that the lax grammar of RFC 7468 has.
fn layouts(der: &[u8], label: &str) -> Vec<Vec<u8>> {
    let plain = pem(label, der);
    let width = der.len() % 77 + 1;
    let body = Base64::encode_string(der);
    let lines: Vec<_> = body.as_bytes().chunks(width).map(|line| String::from_utf8(line.to_vec()).unwrap()).collect();
    let mut layouts = layouts_of_text(&plain);
    layouts.extend([
        plain.replace('\n', "\r").into(),
        plain.replace('\n', " ").into(),
        plain.replace('\n', " \t\n\n").into(),
        plain.replace('=', "").into(),
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", lines.join("\n")).into(),
    ]);
    layouts
}

/// What may be done to a whole text, whatever is in it.
fn layouts_of_text(text: &str) -> Vec<Vec<u8>> {
    vec![
        text.replace('\n', "\r\n").into(),
        format!("\u{FEFF}{text}").into(),
        text.lines().map(|line| format!("  {line}\n")).collect::<String>().into(),
        [&b"for the HSM, \xFC\n"[..], text.as_bytes(), b"\nend of file\n\x1A"].concat(),
    ]
}

/// Asserts that the layout of a text with PEM in it does not matter either, even if it is damaged.
pub fn check_text(text: &str) {
    for reader in [Reader::RecipientFile, Reader::IdentityFile, Reader::CertificateFile] {
        let expected = verdict(reader, text.as_bytes());
        for layout in layouts_of_text(text) {
            assert_eq!(verdict(reader, &layout), expected, "{reader:?}: {}", String::from_utf8_lossy(&layout));
        }
    }
}

/// What came of it: the id of the key, or the kind of the error. Without the command, which is
/// another one for PEM than for DER, and without the number of a line, which changes with the
/// layout.
fn verdict(reader: Reader, file: &[u8]) -> Result<String, String> {
    match AwsLc::read(reader, file) {
        Ok(key) => Ok(key.id),
        Err(Refusal { kind, .. }) => Err(kind.split(", line: ").next().unwrap().into()),
    }
}
