//! Says what DER is of which OpenSSL would read more than we do: there the command must fit what is
//! in it.

use super::command::{Half, Wanted, is_mendable};
use super::der::{KeyDer, PKCS7_OID};
use crate::error::{DerDamage, KeyErrorKind, KeyFormat};

/// Returns `kind`, the error on `der`, or the error on what is in there if that is another thing
/// than the half of a key that is wanted.
pub(super) fn describe(kind: KeyErrorKind, der: &[u8], wanted: Wanted) -> KeyErrorKind {
    if kind == KeyErrorKind::ExplicitCurve {
        // Found before anyone looked at the key itself.
        return match (content(der), wanted.half) {
            (Some(Content::Public), Half::Private) => KeyErrorKind::PublicKey,
            (Some(Content::Private), Half::Public) => KeyErrorKind::PrivateKey,
            _ => kind,
        };
    }
    let KeyErrorKind::Der(damage) = kind else { return kind };
    if !is_mendable(damage) {
        return kind;
    }
    match (content(der), damage, wanted.half) {
        (Some(Content::Public), _, Half::Public) | (Some(Content::Private), _, Half::Private) => kind,
        (Some(Content::Public), _, Half::Private) => KeyErrorKind::PublicKey,
        (Some(Content::Private), _, Half::Public) => KeyErrorKind::PrivateKey,
        (Some(Content::Encrypted), ..) => KeyErrorKind::Encrypted,
        (Some(Content::Other(format)), ..) => KeyErrorKind::Format(format),
        (None, DerDamage::TrailingBytes { count }, _) => {
            match KeyDer::decode(&der[..der.len() - count], wanted.purpose) {
                Err(KeyErrorKind::Format(format)) => KeyErrorKind::Format(format),
                _ => DerDamage::Structure.into(),
            }
        }
        (None, ..) => DerDamage::Structure.into(),
    }
}

enum Content {
    Public,
    Private,
    Encrypted,
    Other(KeyFormat),
}

/// Recognises a structure by how it starts, whatever is wrong with its lengths.
fn content(der: &[u8]) -> Option<Content> {
    let content = behind_header(der)?;
    match content {
        [0x02, 0x01, 0 | 1, ..] => Some(Content::Private),
        [0x02, 0x01, 3, ..] => Some(Content::Other(KeyFormat::Pkcs12)),
        // The modulus, in a PKCS#1 RSAPublicKey.
        [0x02, 0x80..=0xFF, ..] => Some(Content::Public),
        [0x06, _, oid @ ..] if oid.starts_with(PKCS7_OID) => Some(Content::Other(KeyFormat::Pkcs7)),
        // An algorithm identifier, and the key.
        [0x30, len @ ..=0x7F, 0x06, ..] => behind_algorithm(content, 2 + usize::from(*len)),
        // With the parameters of a curve.
        [0x30, 0x81, len, 0x06, ..] => behind_algorithm(content, 3 + usize::from(*len)),
        [0x30, 0x82, high, low, 0x06, ..] => {
            behind_algorithm(content, 4 + usize::from(u16::from_be_bytes([*high, *low])))
        }
        _ => None,
    }
}

fn behind_algorithm(content: &[u8], index: usize) -> Option<Content> {
    match content.get(index)? {
        0x03 => Some(Content::Public),
        0x04 => Some(Content::Encrypted),
        _ => None,
    }
}

/// Returns what follows the type and the length of a SEQUENCE, in DER or BER.
fn behind_header(der: &[u8]) -> Option<&[u8]> {
    match der {
        [0x30, len @ 0x80..=0xFF, rest @ ..] => rest.get(usize::from(len - 0x80)..),
        [0x30, _, rest @ ..] => Some(rest),
        _ => None,
    }
}
