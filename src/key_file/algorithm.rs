//! Which algorithm a key is marked for, and whether it may be used for what it is needed for.

use alloc::vec::Vec;

use pkcs8::ObjectIdentifier;
use pkcs8::der::asn1::AnyRef;
use pkcs8::der::{Decode, Encode};
use pkcs8::spki::AlgorithmIdentifierRef;

use super::asn1::{context_number, parts};
#[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
use super::oid::EC_OID;
use super::oid::name;
#[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
use super::p256_key;
use super::purpose::{Family, Purpose};
use crate::error::{DerDamage, KeyErrorKind};

/// Returns what kind of key an AlgorithmIdentifier belongs to, if that may be used for `purpose`
/// (SPEC §1, §3.4 and §4.5).
pub(super) fn family(part: &AnyRef<'_>, purpose: Purpose) -> Result<Family, KeyErrorKind> {
    let algorithm: AlgorithmIdentifierRef<'_> = part.decode_as().map_err(|_| DerDamage::Structure)?;
    let oid = algorithm.oid;
    let family = match oid {
        pkcs1::ALGORITHM_OID | X500_RSA_OID | RSAES_OAEP_OID | RSASSA_PSS_OID => Family::Rsa,
        #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
        EC_OID => Family::P256,
        #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
        ED25519_OID => Family::Ed25519,
        _ => return Err(purpose.other_algorithm(name(oid))),
    };
    purpose.check(family, || name(oid))?;
    match (oid, purpose, algorithm.parameters) {
        (RSAES_OAEP_OID, Purpose::Signing(_), _) => Err(KeyErrorKind::OaepOnly),
        (RSASSA_PSS_OID, Purpose::Opening, _) => Err(KeyErrorKind::PssOnly),
        (RSAES_OAEP_OID, _, Some(parameters)) if !is_our_oaep(parameters) => Err(KeyErrorKind::OaepParameters),
        (RSASSA_PSS_OID, _, Some(parameters)) if !is_our_pss(parameters) => Err(KeyErrorKind::PssParameters),
        #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
        (EC_OID, _, parameters) => p256_key::check_curve(parameters).map(|()| family),
        // RFC 8410 §3: they must be absent.
        #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
        (ED25519_OID, _, Some(_)) => Err(DerDamage::Structure.into()),
        _ => Ok(family),
    }
}

/// Returns whether these are the parameters of SPEC §1. The hash and the mask generation function
/// must be there, because the defaults are those with SHA-1 (RFC 8017 appendix A.2.1).
fn is_our_oaep(parameters: AnyRef<'_>) -> bool {
    let is_empty_label = |part: &AnyRef<'_>| {
        let label = AlgorithmIdentifierRef::from_der(part.value());
        label
            .is_ok_and(|label| label.oid == LABEL_OID && label.parameters.is_some_and(|label| label.value().is_empty()))
    };
    with_parts(parameters, |numbers, parts| match (numbers, parts) {
        ([Some(0), Some(1)], [hash, mask]) => is_sha256(hash) && is_mgf1(mask),
        ([Some(0), Some(1), Some(2)], [hash, mask, label]) => is_sha256(hash) && is_mgf1(mask) && is_empty_label(label),
        _ => false,
    })
}

/// Returns whether these are the parameters of SPEC §4.5. The hash, the mask generation function
/// and the length of the salt must be there, because the defaults are those of SHA-1 (RFC 8017
/// appendix A.2.3). The trailer field has the right default.
fn is_our_pss(parameters: AnyRef<'_>) -> bool {
    let is_number = |part: &AnyRef<'_>, number: u8| part.value() == [INTEGER, 1, number];
    with_parts(parameters, |numbers, parts| match (numbers, parts) {
        ([Some(0), Some(1), Some(2)], [hash, mask, salt_len]) => {
            is_sha256(hash) && is_mgf1(mask) && is_number(salt_len, 32)
        }
        ([Some(0), Some(1), Some(2), Some(3)], [hash, mask, salt_len, trailer]) => {
            is_sha256(hash) && is_mgf1(mask) && is_number(salt_len, 32) && is_number(trailer, 1)
        }
        _ => false,
    })
}

/// Looks at the parts of a SEQUENCE, and at the numbers that they have there.
fn with_parts(parameters: AnyRef<'_>, is_ours: impl FnOnce(&[Option<u32>], &[AnyRef<'_>]) -> bool) -> bool {
    let Ok(der) = parameters.to_der() else { return false };
    let Ok(parts) = parts(&der) else { return false };
    let numbers: Vec<_> = parts.iter().map(context_number).collect();
    is_ours(&numbers, &parts)
}

fn is_sha256(part: &AnyRef<'_>) -> bool {
    AlgorithmIdentifierRef::from_der(part.value()).is_ok_and(|algorithm| is_sha256_itself(&algorithm))
}

fn is_mgf1(part: &AnyRef<'_>) -> bool {
    AlgorithmIdentifierRef::from_der(part.value()).is_ok_and(|algorithm| {
        let hash = algorithm.parameters.and_then(|hash| hash.decode_as().ok());
        algorithm.oid == MGF1_OID && hash.is_some_and(|hash| is_sha256_itself(&hash))
    })
}

fn is_sha256_itself(algorithm: &AlgorithmIdentifierRef<'_>) -> bool {
    algorithm.oid == SHA256_OID && algorithm.parameters.is_none_or(|none| none.is_null())
}

const INTEGER: u8 = 0x02;

const RSAES_OAEP_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.7");
const MGF1_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const LABEL_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.9");
const RSASSA_PSS_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const SHA256_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
/// The name of RSA in X.509 of 1988.
const X500_RSA_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.8.1.1");
#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
const ED25519_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
