//! Public keys as OpenSSH writes them: `ssh-rsa AAAA… comment` (RFC 4253 §6.6; RFC 5656 §3.1 for
//! elliptic curves, RFC 8709 §4 for Ed25519).

use alloc::string::String;
use alloc::vec::Vec;

#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
use super::ed25519_key::Ed25519Private;
use super::pem::{decode_base64, is_white_space, trim};
use super::purpose::{Family, Purpose};
use crate::error::{KeyErrorKind, KeyFormat};

/// A key in a line, which has not passed the policy.
pub(super) enum SshKey {
    /// Big-endian numbers.
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    /// The encoded point.
    #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
    P256(Vec<u8>),
    /// The encoded point.
    #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
    Ed25519(Vec<u8>),
}

/// Reads the one key in lines as of `id_rsa.pub`, `authorized_keys` or `known_hosts`. Returns
/// `None` if there are no such lines.
pub(super) fn read(text: &[u8], purpose: Purpose) -> Option<Result<SshKey, KeyErrorKind>> {
    let lines: Vec<_> = text.split(|byte| matches!(byte, b'\n' | b'\r')).filter_map(Line::find).collect();
    match lines.as_slice() {
        [] => None,
        [line] => Some(line.read(purpose)),
        several => Some(Err(KeyErrorKind::SeveralKeys(several.iter().map(|line| printable(line.key_type)).collect()))),
    }
}

/// Reads the binary form of a key, which the base64 text of a line encodes. Returns `None` if this
/// is none.
pub(super) fn read_blob(blob: &[u8], purpose: Purpose) -> Option<Result<SshKey, KeyErrorKind>> {
    let (key_type, key) = string(blob)?;
    let key_type = str::from_utf8(key_type).ok()?;
    let family = family(key_type)?;
    Some(purpose.check(family, || key_type.into()).and_then(|()| SshKey::read(family, key)))
}

/// Returns the kind of keys that have this type.
pub(super) fn family(key_type: &str) -> Option<Family> {
    match key_type {
        "ssh-rsa" => Some(Family::Rsa),
        #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
        "ecdsa-sha2-nistp256" => Some(Family::P256),
        #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
        "ssh-ed25519" => Some(Family::Ed25519),
        _ => None,
    }
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

/// Returns the Ed25519 key in the private key file of OpenSSH, decoded, unless it is encrypted or
/// another one.
#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
pub(super) fn ed25519_private(file: &[u8]) -> Option<Ed25519Private<'_>> {
    let rest = file.strip_prefix(b"openssh-key-v1\0")?;
    let (cipher, rest) = string(rest)?;
    let (_, rest) = string(rest)?;
    let (_, rest) = string(rest)?;
    let (_, rest) = string(rest.strip_prefix(&[0, 0, 0, 1])?)?;
    let [private] = strings(rest)?;
    // Two equal numbers, with which a passphrase is checked. The comment and the padding follow.
    let (key_type, rest) = string(private.get(8..)?)?;
    let (point, rest) = string(rest)?;
    let (key, _) = string(rest)?;
    let (seed, _) = key.split_first_chunk::<32>()?;
    (cipher == b"none" && key_type == b"ssh-ed25519").then(|| Ed25519Private::new(seed, point))
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

    fn read(&self, purpose: Purpose) -> Result<SshKey, KeyErrorKind> {
        let Some(family) = family(self.key_type) else { return Err(other_type(self.key_type, purpose)) };
        purpose.check(family, || self.key_type.into())?;
        let blob = decode_base64(self.base64).map_err(|_| KeyErrorKind::DamagedSshLine)?;
        match string(&blob) {
            Some((key_type, key)) if key_type == self.key_type.as_bytes() => SshKey::read(family, key),
            _ => Err(KeyErrorKind::DamagedSshLine),
        }
    }
}

fn is_key_type(name: &str) -> bool {
    ["ssh-", "ecdsa-sha2-", "sk-", "rsa-sha2-"].iter().any(|start| name.starts_with(start))
}

impl SshKey {
    /// Reads what follows the type in the binary form.
    fn read(family: Family, key: &[u8]) -> Result<Self, KeyErrorKind> {
        let found = match family {
            Family::Rsa => strings(key).and_then(|[exponent, modulus]| {
                let is_negative = |number: &[u8]| number.first().is_some_and(|byte| byte & 0x80 != 0);
                let is_positive = !is_negative(exponent) && !is_negative(modulus);
                is_positive.then(|| Self::Rsa { modulus: modulus.to_vec(), exponent: exponent.to_vec() })
            }),
            #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
            Family::P256 => {
                strings(key).and_then(|[curve, point]| (curve == b"nistp256").then(|| Self::P256(point.to_vec())))
            }
            #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
            Family::Ed25519 => strings(key).map(|[point]| Self::Ed25519(point.to_vec())),
        };
        found.ok_or(KeyErrorKind::DamagedSshLine)
    }
}

/// Splits `bytes` into exactly `N` strings.
fn strings<const N: usize>(bytes: &[u8]) -> Option<[&[u8]; N]> {
    let mut rest = bytes;
    let mut strings = [&[][..]; N];
    for found in &mut strings {
        (*found, rest) = string(rest)?;
    }
    rest.is_empty().then_some(strings)
}

/// Splits a string off, which follows its length in four bytes.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*len)).ok()?)
}
