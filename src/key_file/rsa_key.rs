//! RSA keys in DER (RFC 8017 appendix A.1).

use alloc::vec::Vec;

use pkcs1::{RsaPrivateKeyRef, RsaPublicKeyRef, UintRef};
use pkcs8::der::asn1::{AnyRef, BitStringRef, OctetStringRef};
use pkcs8::der::{Encode, SecretDocument, Tag};
use pkcs8::{PrivateKeyInfoRef, SubjectPublicKeyInfoRef};
use zeroize::Zeroizing;

use super::asn1::{parts, tag};
use crate::error::{DerDamage, KeyErrorKind, KeyPart};

/// Takes an RSAPublicKey apart.
pub(super) fn public_key(der: &[u8]) -> Result<RsaPublicKeyRef<'_>, KeyErrorKind> {
    let parts = parts(der)?;
    let [modulus, public_exponent] = integers(&parts, [KeyPart::Modulus, KeyPart::PublicExponent])?;
    if parts.len() > 2 {
        return Err(DerDamage::SurplusParts { count: parts.len() - 2 }.into());
    }
    Ok(RsaPublicKeyRef { modulus, public_exponent })
}

/// Takes an RSAPrivateKey apart.
pub(super) fn private_key(der: &[u8]) -> Result<RsaPrivateKeyRef<'_>, KeyErrorKind> {
    let parts = parts(der)?;
    let Some((version, numbers)) = parts.split_first() else { return Err(DerDamage::Structure.into()) };
    match (version.value(), numbers.last().map(tag)) {
        ([1], Some(Tag::Sequence)) => return Err(KeyErrorKind::MultiPrime),
        ([0], _) => {}
        _ => return Err(DerDamage::Version.into()),
    }
    let [modulus, public_exponent, private_exponent, prime1, prime2, exponent1, exponent2, coefficient] =
        integers(numbers, PRIVATE_PARTS)?;
    if numbers.len() > PRIVATE_PARTS.len() {
        return Err(DerDamage::SurplusParts { count: numbers.len() - PRIVATE_PARTS.len() }.into());
    }
    Ok(RsaPrivateKeyRef {
        modulus,
        public_exponent,
        private_exponent,
        prime1,
        prime2,
        exponent1,
        exponent2,
        coefficient,
        other_prime_infos: None,
    })
}

/// Returns the error on what was taken for a key so far and is incomplete: a SEQUENCE of `count`
/// numbers.
pub(super) fn incomplete(count: usize) -> KeyErrorKind {
    DerDamage::Missing(PRIVATE_PARTS[count - 1]).into()
}

/// Encodes a SubjectPublicKeyInfo with algorithm `rsaEncryption` and parameters NULL.
pub(super) fn encode_public(key: &RsaPublicKeyRef<'_>) -> Result<Vec<u8>, KeyErrorKind> {
    let encode = || {
        let key = key.to_der()?;
        let info = SubjectPublicKeyInfoRef {
            algorithm: pkcs1::ALGORITHM_ID,
            subject_public_key: BitStringRef::from_bytes(&key)?,
        };
        info.to_der()
    };
    encode().map_err(|_: pkcs8::der::Error| DerDamage::Structure.into())
}

/// Encodes a PrivateKeyInfo of version 0 without attributes.
pub(super) fn encode_private(key: &RsaPrivateKeyRef<'_>) -> Result<Zeroizing<Vec<u8>>, KeyErrorKind> {
    let encode = || {
        let key = SecretDocument::encode_msg(key)?;
        let info = PrivateKeyInfoRef::new(pkcs1::ALGORITHM_ID, OctetStringRef::new(key.as_bytes())?);
        SecretDocument::encode_msg(&info).map(|document| document.to_bytes())
    };
    encode().map_err(|_: pkcs8::der::Error| DerDamage::Structure.into())
}

/// Returns the first `N` of `parts`, which must be numbers from zero on in the one form of DER.
fn integers<'a, const N: usize>(parts: &[AnyRef<'a>], names: [KeyPart; N]) -> Result<[UintRef<'a>; N], DerDamage> {
    let mut numbers = [UintRef::new(&[]).map_err(|_| DerDamage::Structure)?; N];
    for (index, name) in names.into_iter().enumerate() {
        let part = parts.get(index).ok_or(DerDamage::Missing(name))?;
        if tag(part) != Tag::Integer {
            return Err(DerDamage::Structure);
        }
        match part.value() {
            [] => return Err(DerDamage::Structure),
            [0x80..=0xFF, ..] => return Err(DerDamage::Negative(name)),
            [0, 0..=0x7F, ..] => return Err(DerDamage::LeadingZeros(name)),
            bytes => numbers[index] = UintRef::new(bytes).map_err(|_| DerDamage::Structure)?,
        }
    }
    Ok(numbers)
}

const PRIVATE_PARTS: [KeyPart; 8] = [
    KeyPart::Modulus,
    KeyPart::PublicExponent,
    KeyPart::PrivateExponent,
    KeyPart::Prime1,
    KeyPart::Prime2,
    KeyPart::Exponent1,
    KeyPart::Exponent2,
    KeyPart::Coefficient,
];
