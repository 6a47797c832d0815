//! Finds the one key in a text.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::command::{Half, Wanted};
use super::pem::{self, Block};
#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
use super::purpose::Family;
use super::purpose::Purpose;
use super::ssh::{self, SshKey};
use super::{asn1, recognise};
use crate::error::{KeyErrorKind, KeyFormat};

/// A key in a text.
pub(super) enum Found {
    /// What a PEM block or bare base64 encodes.
    Der {
        der: Zeroizing<Vec<u8>>,
        in_pem: bool,
    },
    Ssh(SshKey),
    /// The private key file of OpenSSH, decoded, with an Ed25519 key that is not encrypted.
    #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
    OpenSsh(Zeroizing<Vec<u8>>),
}

/// Finds the one key in a text that fits.
pub(super) fn find(text: &[u8], wanted: Wanted) -> Result<Found, KeyErrorKind> {
    if asn1::is_der(text) {
        return Err(KeyErrorKind::Format(KeyFormat::Der));
    }
    if let Some(kind) = recognise::before_pem(text) {
        let is_public = wanted.half == Half::Private && recognise::is_public(&kind, text);
        return Err(if is_public { KeyErrorKind::PublicKey } else { kind });
    }
    let blocks = Block::find_all(text);
    if !blocks.is_empty() {
        #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
        if let Some(file) = open_ssh(&blocks, wanted) {
            return Ok(Found::OpenSsh(file));
        }
        return select(&blocks, wanted)?.decode().map(|der| Found::Der { der, in_pem: true });
    }
    if let Some(found) = ssh::read(text, wanted.purpose) {
        return found.map(Found::Ssh);
    }
    if let Some(kind) = recognise::by_start(text) {
        return Err(kind);
    }
    if let Some(damage) = pem::damaged_marker(text) {
        return Err(KeyErrorKind::Pem(damage));
    }
    if let Some(kind) = recognise::encoded(text) {
        return Err(kind);
    }
    match pem::decode_base64(pem::trim(text)) {
        Ok(bytes) if asn1::is_der(&bytes) => Ok(Found::Der { der: bytes, in_pem: false }),
        Ok(bytes) => ssh::read_blob(&bytes, wanted.purpose).unwrap_or(Err(KeyErrorKind::Unrecognised)).map(Found::Ssh),
        Err(_) => Err(KeyErrorKind::Unrecognised),
    }
}

/// Decodes the private key file of OpenSSH if it can be read as the key that is wanted. There is no
/// command that makes another file of such an Ed25519 key.
#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
fn open_ssh(blocks: &[Block<'_>], wanted: Wanted) -> Option<Zeroizing<Vec<u8>>> {
    let [block] = blocks else { return None };
    if block.label != OPENSSH_LABEL || wanted.half != Half::Private || !wanted.purpose.admits(Family::Ed25519) {
        return None;
    }
    block.decode().ok().filter(|file| ssh::ed25519_private(file).is_some())
}

/// Chooses the block that holds the half that is needed. The labels choose; what the block holds
/// decides the content.
fn select<'b, 'a>(blocks: &'b [Block<'a>], wanted: Wanted) -> Result<&'b Block<'a>, KeyErrorKind> {
    let is_private = |label: &str| {
        PRIVATE_LABELS.contains(&label) || label == EC_LABEL && EC_IS_READ && wanted.purpose != Purpose::Opening
    };
    let fits = |block: &&Block<'_>| match wanted.half {
        Half::Public => PUBLIC_LABELS.contains(&block.label),
        Half::Private => is_private(block.label),
    };
    let mut fitting = blocks.iter().filter(fits);
    match (fitting.next(), fitting.next()) {
        (Some(block), None) => return Ok(block),
        (Some(_), Some(_)) => return Err(KeyErrorKind::SeveralKeys(pem::labels(blocks))),
        (None, _) => {}
    }
    let is_key = |block: &&Block<'_>| PUBLIC_LABELS.contains(&block.label) || is_private(block.label);
    if let [block] = blocks {
        return if is_key(&block) { Ok(block) } else { Err(other_label(block, wanted.purpose)) };
    }
    // A key of another algorithm may stand beside its parameters, and a certificate beside a
    // private key.
    let certificate = blocks.iter().find(|block| CERTIFICATE_LABELS.contains(&block.label));
    match (wanted.half, certificate, blocks.iter().find(is_key)) {
        (Half::Public, Some(block), _) => Err(other_label(block, wanted.purpose)),
        (Half::Public, None, Some(_)) => Err(KeyErrorKind::PrivateKey),
        (Half::Private, None, Some(_)) => Err(KeyErrorKind::PublicKey),
        _ => {
            let mut others = blocks.iter().map(|block| other_label(block, wanted.purpose));
            let is_algorithm = |kind: &KeyErrorKind| {
                matches!(kind, KeyErrorKind::OtherAlgorithm(_) | KeyErrorKind::OtherSignatureAlgorithm { .. })
            };
            Err(others.find(is_algorithm).unwrap_or_else(|| KeyErrorKind::NoFittingBlock(pem::labels(blocks))))
        }
    }
}

/// Says what a block is whose label is not that of a key that is read.
fn other_label(block: &Block<'_>, purpose: Purpose) -> KeyErrorKind {
    let format = match block.label {
        "TRUSTED CERTIFICATE" => KeyFormat::TrustedCertificate,
        label if CERTIFICATE_LABELS.contains(&label) => KeyFormat::Certificate,
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => KeyFormat::CertificateRequest,
        "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => KeyFormat::Pkcs7,
        "X509 CRL" => KeyFormat::RevocationList,
        "TSS2 PRIVATE KEY" | "TSS2 KEY BLOB" => KeyFormat::Tpm,
        "PKCS#11 PROVIDER URI" => KeyFormat::Pkcs11,
        "BULLA ENVELOPE" => KeyFormat::Envelope,
        "PGP PUBLIC KEY BLOCK" | "PGP PRIVATE KEY BLOCK" => KeyFormat::OpenPgp,
        "SSH2 PUBLIC KEY" => KeyFormat::Ssh2Public,
        OPENSSH_LABEL => {
            let file = block.decode().unwrap_or_default();
            return match ssh::type_of_private(&file).map(|key_type| (key_type, ssh::family(key_type))) {
                None => KeyErrorKind::Format(KeyFormat::OpenSsh),
                Some((key_type, None)) => ssh::other_type(key_type, purpose),
                Some((key_type, Some(family))) => {
                    let check = purpose.check(family, || key_type.into());
                    check.err().unwrap_or(KeyErrorKind::Format(KeyFormat::OpenSsh))
                }
            };
        }
        EC_LABEL | "EC PARAMETERS" => return purpose.other_algorithm("elliptic curve (EC)".into()),
        "DSA PRIVATE KEY" | "DSA PARAMETERS" | "DSA PUBLIC KEY" => {
            return purpose.other_algorithm("DSA".into());
        }
        "DH PARAMETERS" | "X9.42 DH PARAMETERS" => return purpose.other_algorithm("Diffie-Hellman".into()),
        other => return KeyErrorKind::PemLabel(other.into()),
    };
    KeyErrorKind::Format(format)
}

const PUBLIC_LABELS: [&str; 2] = ["PUBLIC KEY", "RSA PUBLIC KEY"];
const PRIVATE_LABELS: [&str; 3] = ["PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"];
const CERTIFICATE_LABELS: [&str; 3] = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];

/// The label of a private key file of OpenSSH.
const OPENSSH_LABEL: &str = "OPENSSH PRIVATE KEY";
/// The label of an ECPrivateKey (RFC 5915 §4), and whether there is a type for such keys.
const EC_LABEL: &str = "EC PRIVATE KEY";
const EC_IS_READ: bool = cfg!(any(feature = "aws-lc-rs", feature = "p256"));
