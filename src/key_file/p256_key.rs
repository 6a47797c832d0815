//! P-256 keys: what of them is read, and the canonical encodings (RFC 5480, RFC 5915).

use alloc::vec::Vec;

use crypto_bigint::{U256, const_monty_params};
use pkcs8::ObjectIdentifier;
use pkcs8::der::Tag;
use pkcs8::der::asn1::AnyRef;
use zeroize::Zeroizing;

use super::asn1::{bit_string, context_number, parts, tag};
use super::oid;
use crate::crypto::p256_point;
use crate::error::{DerDamage, KeyErrorKind};

/// The numbers of a private key.
pub(super) struct P256Private<'a> {
    scalar: &'a [u8],
    /// The public point, wherever it stood.
    points: [Option<&'a [u8]>; 2],
}

impl<'a> P256Private<'a> {
    /// Takes an ECPrivateKey apart. `beside` is the public key beside it in a PrivateKeyInfo.
    pub(super) fn decode(der: &'a [u8], beside: Option<&'a [u8]>) -> Result<Self, KeyErrorKind> {
        let parts = parts(der)?;
        let [version, scalar, rest @ ..] = parts.as_slice() else { return Err(DerDamage::Structure.into()) };
        if version.value() != [1] || tag(scalar) != Tag::OctetString {
            return Err(DerDamage::Structure.into());
        }
        let mut rest = rest;
        if let [curve, more @ ..] = rest
            && context_number(curve) == Some(0)
        {
            rest = more;
            check_curve(AnyRef::try_from(curve.value()).ok())?;
        }
        let mut inside = None;
        if let [public, more @ ..] = rest
            && context_number(public) == Some(1)
        {
            rest = more;
            let public = AnyRef::try_from(public.value()).map_err(|_| DerDamage::Structure)?;
            inside = Some(bit_string(public.value())?);
        }
        if !rest.is_empty() {
            return Err(DerDamage::SurplusParts { count: rest.len() }.into());
        }
        Ok(Self { scalar: scalar.value(), points: [inside, beside] })
    }

    /// Takes an ECPrivateKey apart that stands alone and so must name its curve.
    pub(super) fn decode_alone(der: &'a [u8]) -> Result<Self, KeyErrorKind> {
        if !parts(der)?.iter().any(|part| context_number(part) == Some(0)) {
            return Err(DerDamage::Structure.into());
        }
        Self::decode(der, None)
    }

    /// Returns the private number and the public point.
    pub(super) fn check(&self) -> Result<(Zeroizing<[u8; 32]>, [u8; 65]), KeyErrorKind> {
        let mut scalar = Zeroizing::new([0; 32]);
        // RFC 5915 §3 demands all 32 bytes. Some programs leave out leading zeros.
        let start = scalar.len().checked_sub(self.scalar.len()).ok_or(DerDamage::Structure)?;
        scalar[start..].copy_from_slice(self.scalar);
        let point = p256_point(&scalar).ok_or(KeyErrorKind::Unusable)?;
        if self.points.iter().flatten().all(|other| is_same(other, &point)) {
            Ok((scalar, point))
        } else {
            Err(DerDamage::OtherPublicKey.into())
        }
    }
}

/// Checks the parameters of an `id-ecPublicKey` (RFC 5480 §2.1.1).
pub(super) fn check_curve(parameters: Option<AnyRef<'_>>) -> Result<(), KeyErrorKind> {
    let parameters = parameters.ok_or(DerDamage::Structure)?;
    if tag(&parameters) == Tag::Sequence {
        return Err(KeyErrorKind::ExplicitCurve);
    }
    match parameters.decode_as::<ObjectIdentifier>().map_err(|_| DerDamage::Structure)? {
        PRIME256V1_OID => Ok(()),
        other => Err(KeyErrorKind::OtherCurve(oid::name(other))),
    }
}

/// Checks a public point (SEC 1 §2.3.4): it is uncompressed and on the curve.
pub(super) fn check_point(encoded: &[u8]) -> Result<[u8; 65], KeyErrorKind> {
    let point: [u8; 65] = match encoded {
        [0x04, coordinates @ ..] if coordinates.len() == 64 => encoded.try_into().map_err(|_| DerDamage::Structure)?,
        [0x02 | 0x03, x @ ..] if x.len() == 32 => return Err(KeyErrorKind::PointForm),
        [0x06 | 0x07, coordinates @ ..] if coordinates.len() == 64 => return Err(KeyErrorKind::PointForm),
        _ => return Err(DerDamage::Structure.into()),
    };
    let [x, y] = [&point[1..33], &point[33..]].map(U256::from_be_slice);
    if x >= P || y >= P {
        return Err(KeyErrorKind::InvalidPoint);
    }
    let [x, y, b, three] = [x, y, B, U256::from_u8(3)].map(|number| Field::new(&number));
    if y * y == x * x * x - three * x + b { Ok(point) } else { Err(KeyErrorKind::InvalidPoint) }
}

/// Encodes a SubjectPublicKeyInfo with `prime256v1` and the uncompressed point.
pub(super) fn encode_public(point: &[u8; 65]) -> Vec<u8> {
    [&SPKI[..], point].concat()
}

/// Encodes a PrivateKeyInfo of version 0, with the public key in the ECPrivateKey.
pub(super) fn encode_private(scalar: &[u8; 32], point: &[u8; 65]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([&PKCS8[..], scalar, &PUBLIC, point].concat())
}

/// Returns whether an encoding, in whatever form, is that of `point`.
fn is_same(encoded: &[u8], point: &[u8; 65]) -> bool {
    let (x, odd) = (&point[1..33], point[64] & 1);
    match encoded {
        [0x04, coordinates @ ..] => coordinates == &point[1..],
        [form @ (0x02 | 0x03), rest @ ..] => form & 1 == odd && rest == x,
        [form @ (0x06 | 0x07), coordinates @ ..] => form & 1 == odd && coordinates == &point[1..],
        _ => false,
    }
}

const_monty_params!(Modulus, U256, "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");

type Field = crypto_bigint::modular::ConstMontyForm<Modulus, { U256::LIMBS }>;

/// The prime p of the field and the coefficient b of the curve (SP 800-186 §3.2.1.3).
const P: U256 = U256::from_be_hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
const B: U256 = U256::from_be_hex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");

const PRIME256V1_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// A SubjectPublicKeyInfo, up to the point.
const SPKI: [u8; 26] =
    *b"\x30\x59\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07\x03\x42\0";
/// A PrivateKeyInfo, up to the private number, and what stands between that and the point.
const PKCS8: [u8; 36] =
    *b"\x30\x81\x87\x02\x01\0\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07\
    \x04\x6D\x30\x6B\x02\x01\x01\x04\x20";
const PUBLIC: [u8; 5] = *b"\xA1\x44\x03\x42\0";
