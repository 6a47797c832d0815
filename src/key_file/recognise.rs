//! What a file is that holds no key in a form that is read.

use super::asn1::is_der;
use super::pem::{contains, decode_base64, trim};
use crate::error::{KeyErrorKind, KeyFormat};

/// Recognises what must not be searched for PEM blocks: texts in which PEM stands in another
/// encoding.
pub(super) fn before_pem(file: &[u8]) -> Option<KeyErrorKind> {
    let text = trim(file);
    if text.is_empty() {
        return Some(KeyErrorKind::Empty);
    }
    let format = if is_utf16(file) {
        KeyFormat::Utf16
    } else if is_json(text) {
        json(text)
    } else if contains(text, b"<RSAKeyValue") {
        KeyFormat::Xml
    } else {
        return None;
    };
    Some(KeyErrorKind::Format(format))
}

/// Returns whether what was recognised in `text` can be told to be a public key only.
pub(super) fn is_public(kind: &KeyErrorKind, text: &[u8]) -> bool {
    match kind {
        KeyErrorKind::Format(KeyFormat::Jwk | KeyFormat::JwkSet) => !contains(text, b"\"d\""),
        KeyErrorKind::Format(KeyFormat::Xml) => !contains(text, b"<D>"),
        _ => false,
    }
}

/// Recognises a file without PEM blocks by how it starts.
pub(super) fn by_start(file: &[u8]) -> Option<KeyErrorKind> {
    let text = trim(file);
    let found = BINARY.iter().find(|(start, _)| file.starts_with(start));
    let found = found.or_else(|| TEXT.iter().find(|(start, _)| text.starts_with(start)));
    found.map(|(_, format)| KeyErrorKind::Format(*format))
}

/// Recognises a text that is nothing but base64 or hexadecimal digits of something that is not
/// read.
pub(super) fn encoded(text: &[u8]) -> Option<KeyErrorKind> {
    let is_hexadecimal = trim(text).iter().all(|byte| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace());
    if is_hexadecimal && trim(text).starts_with(b"30") && text.len() > SHORTEST_KEY_DIGITS {
        return Some(KeyErrorKind::Format(KeyFormat::Hexadecimal));
    }
    let decoded = decode_base64(trim(text)).ok()?;
    // In DER there can be anything.
    (!is_der(&decoded) && contains(&decoded, b"-----BEGIN ")).then_some(KeyErrorKind::Format(KeyFormat::PemInBase64))
}

fn is_utf16(file: &[u8]) -> bool {
    file.starts_with(b"\xFF\xFE")
        || file.starts_with(b"\xFE\xFF")
        || contains(file, b"-\0-\0-\0-\0-\0B\0E\0")
        || contains(file, b"\0-\0-\0-\0-\0-\0B\0E")
}

/// By both ends, because `[name]` can also be text before a PEM block.
fn is_json(text: &[u8]) -> bool {
    matches!(text, [b'{', .., b'}'] | [b'[', .., b']'])
}

fn json(text: &[u8]) -> KeyFormat {
    if contains(text, b"-----BEGIN ") {
        KeyFormat::JsonWithPem
    } else if contains(text, b"\"kty\"") {
        if contains(text, b"\"keys\"") { KeyFormat::JwkSet } else { KeyFormat::Jwk }
    } else if contains(text, b"\"PublicKey\"") {
        KeyFormat::KmsAnswer
    } else {
        KeyFormat::Json
    }
}

/// First bytes of files that are not text.
const BINARY: [(&[u8], KeyFormat); 8] = [
    (b"\xFE\xED\xFE\xED", KeyFormat::JavaKeystore),
    (b"\xCE\xCE\xCE\xCE", KeyFormat::JavaKeystore),
    // Type, version, reserved, and the algorithm CALG_RSA_KEYX or CALG_RSA_SIGN.
    (b"\x07\x02\0\0\0\xA4\0\0", KeyFormat::MsBlob),
    (b"\x07\x02\0\0\0\x24\0\0", KeyFormat::MsBlob),
    (b"\x06\x02\0\0\0\xA4\0\0", KeyFormat::MsPublicBlob),
    (b"\x06\x02\0\0\0\x24\0\0", KeyFormat::MsPublicBlob),
    (b"\x1E\xF1\xB5\xB0", KeyFormat::Pvk),
    (b"\x89BUL\r\n", KeyFormat::Envelope),
];

/// First characters of texts.
const TEXT: [(&[u8], KeyFormat); 9] = [
    (b"PuTTY-User-Key-File-", KeyFormat::Putty),
    (b"---- BEGIN SSH2 PUBLIC KEY", KeyFormat::Ssh2Public),
    (b"---- BEGIN SSH2 ENCRYPTED PRIVATE", KeyFormat::Ssh2Private),
    (b"SSH PRIVATE KEY FILE FORMAT 1", KeyFormat::Ssh1),
    (b"pkcs11:", KeyFormat::Pkcs11),
    (b"<!DOCTYPE html", KeyFormat::Html),
    (b"<!doctype html", KeyFormat::Html),
    (b"<html", KeyFormat::Html),
    (b"<HTML", KeyFormat::Html),
];

/// Fewer than the digits of the shortest key that is read: an Ed25519 key of 44 bytes.
const SHORTEST_KEY_DIGITS: usize = 80;
