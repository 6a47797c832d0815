//! Ed25519 keys: what of them is read, and the canonical encodings (RFC 8410).

use alloc::vec::Vec;

use crypto_bigint::{U256, const_monty_params};
use pkcs8::der::Tag;
use pkcs8::der::asn1::AnyRef;
use zeroize::Zeroizing;

use super::asn1::tag;
use crate::crypto::ed25519_point;
use crate::error::{DerDamage, KeyErrorKind};

/// The private seed, and the public point if it is there.
pub(super) struct Ed25519Private<'a> {
    seed: &'a [u8],
    point: Option<&'a [u8]>,
}

impl<'a> Ed25519Private<'a> {
    /// Takes a CurvePrivateKey (RFC 8410 §7) apart. `beside` is the public key beside it in a
    /// PrivateKeyInfo.
    pub(super) fn decode(der: &'a [u8], beside: Option<&'a [u8]>) -> Result<Self, KeyErrorKind> {
        let seed = AnyRef::try_from(der).map_err(|_| DerDamage::Structure)?;
        if tag(&seed) != Tag::OctetString {
            return Err(DerDamage::Structure.into());
        }
        Ok(Self { seed: seed.value(), point: beside })
    }

    /// Takes the seed and the point themselves.
    pub(super) const fn new(seed: &'a [u8], point: &'a [u8]) -> Self {
        Self { seed, point: Some(point) }
    }

    /// Returns the seed and the public point.
    pub(super) fn check(&self) -> Result<(Zeroizing<[u8; 32]>, [u8; 32]), KeyErrorKind> {
        let mut seed = Zeroizing::new([0; 32]);
        if self.seed.len() != seed.len() {
            return Err(DerDamage::Structure.into());
        }
        seed.copy_from_slice(self.seed);
        let point = ed25519_point(&seed).ok_or(KeyErrorKind::Unusable)?;
        if self.point.is_none_or(|other| other == point) {
            Ok((seed, point))
        } else {
            Err(DerDamage::OtherPublicKey.into())
        }
    }
}

/// Checks a public point: its encoding is the only one (RFC 8032 §5.1.3), it is on the curve, and
/// its order is not small. Whoever has a signature by a point of small order has it for many
/// messages.
pub(super) fn check_point(encoded: &[u8]) -> Result<[u8; 32], KeyErrorKind> {
    let point: [u8; 32] = encoded.try_into().map_err(|_| DerDamage::Structure)?;
    // The last bit is the sign of x.
    let mut y = point;
    y[31] &= 0x7F;
    let y = U256::from_le_slice(&y);
    if y >= P {
        return Err(KeyErrorKind::InvalidPoint);
    }
    let [y, d] = [y, D].map(|number| Field::new(&number));
    let y2 = y * y;
    // The doubles of points of order 8 have order 4, and so y = 0 there. For them the formula for
    // the double gives x² = −y², and the curve 2y² = 1 − dy⁴.
    let of_order_8 = d * y2 * y2 + y2 + y2 - Field::ONE;
    if [y, y2 - Field::ONE, of_order_8].contains(&Field::ZERO) {
        return Err(KeyErrorKind::SmallOrder);
    }
    // x² = (y² − 1) / (dy² + 1) has a root if the product has one, by Euler's criterion. None of
    // the two is zero: the first has been excluded, and −1/d is no square.
    let x2 = (y2 - Field::ONE) * (d * y2 + Field::ONE);
    let euler = x2.pow_vartime(&P.shr_vartime(1));
    if euler == Field::ONE { Ok(point) } else { Err(KeyErrorKind::InvalidPoint) }
}

/// Encodes a SubjectPublicKeyInfo.
pub(super) fn encode_public(point: &[u8; 32]) -> Vec<u8> {
    [&SPKI[..], point].concat()
}

/// Encodes a PrivateKeyInfo of version 0.
pub(super) fn encode_private(seed: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([&PKCS8[..], seed].concat())
}

const_monty_params!(Modulus, U256, "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");

type Field = crypto_bigint::modular::ConstMontyForm<Modulus, { U256::LIMBS }>;

/// The prime p of the field and the coefficient d of the curve (RFC 8032 §5.1).
const P: U256 = U256::from_be_hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
const D: U256 = U256::from_be_hex("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3");

/// A SubjectPublicKeyInfo, up to the point.
const SPKI: [u8; 12] = *b"\x30\x2A\x30\x05\x06\x03\x2B\x65\x70\x03\x21\0";
/// A PrivateKeyInfo, up to the seed.
const PKCS8: [u8; 16] = *b"\x30\x2E\x02\x01\0\x30\x05\x06\x03\x2B\x65\x70\x04\x22\x04\x20";
