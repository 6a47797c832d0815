//! Public keys as OpenSSH writes them: `ssh-rsa AAAA… comment` (RFC 4253 §6.6).

use alloc::string::String;
use alloc::vec::Vec;

use super::pem::{decode_base64, is_white_space, trim};
use super::purpose::{Family, Purpose};
use crate::error::{KeyErrorKind, KeyFormat};

/// Modulus and exponent, as big-endian bytes.
pub(super) struct Components {
    pub(super) modulus: Vec<u8>,
    pub(super) exponent: Vec<u8>,
}

/// Reads the one key in lines as of `id_rsa.pub`, `authorized_keys` or `known_hosts`. Returns
/// `None` if there are no such lines.
pub(super) fn read(text: &[u8], purpose: Purpose) -> Option<Result<Components, KeyErrorKind>> {
    let lines: Vec<_> = text.split(|byte| matches!(byte, b'\n' | b'\r')).filter_map(Line::find).collect();
    match lines.as_slice() {
        [] => None,
        [line] => Some(line.read(purpose)),
        several => Some(Err(KeyErrorKind::SeveralKeys(several.iter().map(|line| printable(line.key_type)).collect()))),
    }
}

/// Reads the binary form of a key, which the base64 text of a line encodes. Returns `None` if this
/// is none.
pub(super) fn read_blob(blob: &[u8], purpose: Purpose) -> Option<Result<Components, KeyErrorKind>> {
    blob.starts_with(RSA_BLOB).then(|| {
        purpose.check(Family::Rsa, || RSA.into())?;
        read_rsa(blob)
    })
}

/// Returns the type of the key in the private key file `text` of OpenSSH, decoded.
pub(super) fn type_of_private(file: &[u8]) -> Option<&str> {
    let rest = file.strip_prefix(b"openssh-key-v1\0")?;
    // Cipher, KDF and its options; the number of keys; the public key, which starts with its type.
    let (_, rest) = string(rest)?;
    let (_, rest) = string(rest)?;
    let (_, rest) = string(rest)?;
    let (public, _) = string(rest.get(4..)?)?;
    str::from_utf8(string(public)?.0).ok()
}

/// Says what a key of another type is.
pub(super) fn other_type(key_type: &str, purpose: Purpose) -> KeyErrorKind {
    if key_type.contains("-cert-v0") {
        KeyErrorKind::Format(KeyFormat::SshCertificate)
    } else if key_type.starts_with("rsa-sha2-") {
        KeyErrorKind::Format(KeyFormat::SshSignatureAlgorithm)
    } else {
        purpose.other_algorithm(printable(key_type))
    }
}

/// The name of a type of key, which can be anything of any length, as it may stand in an error.
fn printable(key_type: &str) -> String {
    key_type.chars().filter(char::is_ascii_graphic).take(64).collect()
}

/// A line that holds a key.
struct Line<'a> {
    key_type: &'a str,
    base64: &'a [u8],
}

impl<'a> Line<'a> {
    /// Options or host names may stand before the key, a comment after it.
    fn find(line: &'a [u8]) -> Option<Self> {
        let line = trim(line);
        if line.starts_with(b"#") {
            return None;
        }
        let words: Vec<_> = line.split(|&byte| is_white_space(byte)).filter(|word| !word.is_empty()).collect();
        words.windows(2).find_map(|pair| {
            let key_type = str::from_utf8(pair[0]).ok().filter(|name| is_key_type(name))?;
            pair[1].starts_with(b"AAAA").then_some(Self { key_type, base64: pair[1] })
        })
    }

    fn read(&self, purpose: Purpose) -> Result<Components, KeyErrorKind> {
        if self.key_type != RSA {
            return Err(other_type(self.key_type, purpose));
        }
        let blob = decode_base64(self.base64).map_err(|_| KeyErrorKind::DamagedSshLine)?;
        read_blob(&blob, purpose).unwrap_or(Err(KeyErrorKind::DamagedSshLine))
    }
}

fn is_key_type(name: &str) -> bool {
    ["ssh-", "ecdsa-sha2-", "sk-", "rsa-sha2-"].iter().any(|start| name.starts_with(start))
}

fn read_rsa(blob: &[u8]) -> Result<Components, KeyErrorKind> {
    let numbers = || {
        let (_, rest) = string(blob)?;
        let (exponent, rest) = string(rest)?;
        let (modulus, rest) = string(rest)?;
        let is_negative = |number: &[u8]| number.first().is_some_and(|byte| byte & 0x80 != 0);
        (rest.is_empty() && !is_negative(exponent) && !is_negative(modulus)).then_some((modulus, exponent))
    };
    let (modulus, exponent) = numbers().ok_or(KeyErrorKind::DamagedSshLine)?;
    Ok(Components { modulus: modulus.to_vec(), exponent: exponent.to_vec() })
}

/// Splits a string off, which follows its length in four bytes.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*len)).ok()?)
}

const RSA: &str = "ssh-rsa";
const RSA_BLOB: &[u8] = b"\0\0\0\x07ssh-rsa";
