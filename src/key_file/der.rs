//! Tells what key some DER is (RFC 5280, 5958, 8017), and what else it is.

use alloc::string::String;
use alloc::vec::Vec;

use pkcs1::{RsaPrivateKeyRef, RsaPublicKeyRef};
use pkcs8::der::asn1::AnyRef;
use pkcs8::der::{Decode, SliceReader, Tag};

use super::algorithm;
use super::asn1::{bit_string, context_number, parts, tag};
#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
use super::ed25519_key::Ed25519Private;
use super::oid::{self, EC_OID};
#[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
use super::p256_key::P256Private;
use super::purpose::{Family, Purpose};
use super::rsa_key;
use crate::error::{DerDamage, KeyErrorKind, KeyFormat};

/// A key: public, private or encrypted.
pub(super) enum KeyDer<'a> {
    Public(PublicDer<'a>),
    Private(PrivateDer<'a>),
    Encrypted,
}

/// A public key that has not passed the policy.
pub(super) enum PublicDer<'a> {
    Rsa(RsaPublicKeyRef<'a>),
    /// The encoded point.
    #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
    P256(&'a [u8]),
    /// The encoded point.
    #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
    Ed25519(&'a [u8]),
}

/// A private key that has not passed the policy.
pub(super) enum PrivateDer<'a> {
    Rsa(RsaPrivateKeyRef<'a>),
    #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
    P256(P256Private<'a>),
    #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
    Ed25519(Ed25519Private<'a>),
}

impl<'a> KeyDer<'a> {
    /// Recognises a structure by the types of its parts, so that a damaged key is still known to be
    /// one.
    pub(super) fn decode(der: &'a [u8], purpose: Purpose) -> Result<Self, KeyErrorKind> {
        let parts = parts(der)?;
        let tags: Vec<Tag> = parts.iter().map(tag).collect();
        let is_rsa = || purpose.check(Family::Rsa, || String::from("RSA"));
        match (tags.as_slice(), parts.as_slice()) {
            ([Tag::Sequence, Tag::BitString], [algorithm, key]) => {
                let family = algorithm::family(algorithm, purpose)?;
                PublicDer::decode(family, bit_string(key.value())?).map(Self::Public)
            }
            ([Tag::Integer, Tag::Sequence, Tag::OctetString, ..], [version, algorithm, key, more @ ..]) => {
                let family = algorithm::family(algorithm, purpose)?;
                if !matches!(version.value(), [0 | 1]) {
                    return Err(DerDamage::Version.into());
                }
                PrivateDer::decode(family, key.value(), more).map(Self::Private)
            }
            ([Tag::Integer, Tag::Integer], _) => {
                is_rsa()?;
                rsa_key::public_key(der).map(PublicDer::Rsa).map(Self::Public)
            }
            ([Tag::Integer, Tag::Integer, Tag::Integer, Tag::Integer, ..], _) => {
                is_rsa()?;
                rsa_key::private_key(der).map(PrivateDer::Rsa).map(Self::Private)
            }
            ([Tag::Integer, Tag::OctetString, ..], [version, ..]) if version.value() == [1] => {
                PrivateDer::decode_ec(der, purpose).map(Self::Private)
            }
            ([Tag::Sequence, Tag::OctetString], _) => Ok(Self::Encrypted),
            _ => Err(other(&tags, &parts)),
        }
    }
}

impl<'a> PublicDer<'a> {
    fn decode(family: Family, key: &'a [u8]) -> Result<Self, KeyErrorKind> {
        match family {
            Family::Rsa => rsa_key::public_key(key).map(Self::Rsa),
            #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
            Family::P256 => Ok(Self::P256(key)),
            #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
            Family::Ed25519 => Ok(Self::Ed25519(key)),
        }
    }
}

impl<'a> PrivateDer<'a> {
    /// Takes an ECPrivateKey (RFC 5915).
    #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
    fn decode_ec(der: &'a [u8], purpose: Purpose) -> Result<Self, KeyErrorKind> {
        purpose.check(Family::P256, || oid::name(EC_OID))?;
        P256Private::decode_alone(der).map(Self::P256)
    }

    #[cfg(not(any(feature = "aws-lc-rs", feature = "p256")))]
    fn decode_ec(_: &'a [u8], purpose: Purpose) -> Result<Self, KeyErrorKind> {
        Err(purpose.other_algorithm(oid::name(EC_OID)))
    }

    /// Takes the key in a PrivateKeyInfo, and what follows it there.
    fn decode(family: Family, key: &'a [u8], more: &[AnyRef<'a>]) -> Result<Self, KeyErrorKind> {
        match family {
            Family::Rsa => {
                let key = rsa_key::private_key(key)?;
                if let Some(public) = public_half(more)? {
                    let public = rsa_key::public_key(public)?;
                    if (public.modulus, public.public_exponent) != (key.modulus, key.public_exponent) {
                        return Err(DerDamage::OtherPublicKey.into());
                    }
                }
                Ok(Self::Rsa(key))
            }
            #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
            Family::P256 => P256Private::decode(key, public_half(more)?).map(Self::P256),
            #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
            Family::Ed25519 => Ed25519Private::decode(key, public_half(more)?).map(Self::Ed25519),
        }
    }
}

/// Looks at what may follow the key in a PrivateKeyInfo (RFC 5958 §2): attributes, which have no
/// meaning here, and the public key, which this returns.
fn public_half<'a>(parts: &[AnyRef<'a>]) -> Result<Option<&'a [u8]>, DerDamage> {
    let mut rest = parts;
    let mut public = None;
    if let [attributes, more @ ..] = rest
        && context_number(attributes) == Some(0)
    {
        rest = more;
    }
    if let [key, more @ ..] = rest
        && context_number(key) == Some(1)
    {
        rest = more;
        public = Some(bit_string(key.value())?);
    }
    if rest.is_empty() { Ok(public) } else { Err(DerDamage::SurplusParts { count: rest.len() }) }
}

/// Says what a structure with these parts is, if it is no key that is read.
fn other(tags: &[Tag], parts: &[AnyRef<'_>]) -> KeyErrorKind {
    match (tags, parts) {
        ([Tag::Sequence, Tag::Sequence, Tag::BitString], [signed, ..]) => signed_structure(signed.value()),
        ([Tag::ObjectIdentifier, Tag::ContextSpecific { .. }], [oid, _]) if oid.value().starts_with(PKCS7_OID) => {
            KeyErrorKind::Format(KeyFormat::Pkcs7)
        }
        ([Tag::ObjectIdentifier, ..], [oid, ..]) if oid.value() == TPM_OID => KeyErrorKind::Format(KeyFormat::Tpm),
        ([Tag::Integer, Tag::Sequence, ..], [version, ..]) if version.value() == [3] => {
            KeyErrorKind::Format(KeyFormat::Pkcs12)
        }
        // What was taken for a key so far and is incomplete.
        ([Tag::Integer, Tag::Integer, Tag::Integer], _) => rsa_key::incomplete(tags.len()),
        _ => DerDamage::Structure.into(),
    }
}

/// Tells certificates, requests and revocation lists apart by what is signed (RFC 5280 §4.1 and
/// §5.1, RFC 2986 §4.1).
fn signed_structure(content: &[u8]) -> KeyErrorKind {
    let mut parts = Vec::new();
    if let Ok(mut reader) = SliceReader::new(content) {
        while parts.len() < 4
            && let Ok(part) = AnyRef::decode(&mut reader)
        {
            parts.push(part);
        }
    }
    let tags: Vec<Tag> = parts.iter().map(tag).collect();
    KeyErrorKind::Format(match tags.as_slice() {
        // A version. Without one, a certificate has serial number, algorithm, issuer and validity.
        // A revocation list has a time in place of the validity.
        [Tag::ContextSpecific { .. }, ..] => KeyFormat::Certificate,
        [Tag::Integer, Tag::Sequence, Tag::Sequence, Tag::Sequence] => KeyFormat::Certificate,
        [Tag::Integer, Tag::Sequence, Tag::Sequence, Tag::ContextSpecific { .. }] => KeyFormat::CertificateRequest,
        _ => KeyFormat::RevocationList,
    })
}

/// 1.2.840.113549.1.7, below which the content types of PKCS#7 are.
pub(super) const PKCS7_OID: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x07";
/// 2.23.133.10.1.3, a key that is loaded into a TPM.
const TPM_OID: &[u8] = b"\x67\x81\x05\x0A\x01\x03";
