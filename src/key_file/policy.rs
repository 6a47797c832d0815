//! Which RSA keys are accepted (SPEC §3.4). Checked here, above the backends, so that both take the
//! same keys.

use crypto_bigint::{NonZero, U8192};
use pkcs1::{RsaPrivateKeyRef, RsaPublicKeyRef, UintRef};
use zeroize::Zeroizing;

use crate::error::{KeyErrorKind, KeyPart};

/// Checks a public key: an odd modulus of 2048 to 8192 bits, and an odd exponent e with 65537 ≤ e <
/// 2^33.
pub(super) fn check_public(key: &RsaPublicKeyRef<'_>) -> Result<(), KeyErrorKind> {
    match bit_len(key.modulus) {
        bits @ ..MIN_MODULUS_BITS => return Err(KeyErrorKind::ModulusTooSmall { bits }),
        bits if bits > MAX_MODULUS_BITS => return Err(KeyErrorKind::ModulusTooLarge { bits }),
        _ => {}
    }
    if key.modulus.as_bytes().last().is_some_and(|byte| byte % 2 == 0) {
        return Err(KeyErrorKind::ModulusEven);
    }
    let bits = bit_len(key.public_exponent);
    if bits > MAX_EXPONENT_BITS {
        return Err(KeyErrorKind::ExponentTooLarge { bits });
    }
    let exponent = key.public_exponent.as_bytes().iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    if exponent < MIN_EXPONENT || exponent % 2 == 0 {
        return Err(KeyErrorKind::ExponentRefused { exponent });
    }
    Ok(())
}

/// Checks that the numbers of a private key belong together, and to its public half, which has
/// passed [`check_public`]: n = p · q, 0 < d < n, e · d ≡ 1 and the CRT values as RFC 8017 §3.2
/// defines them.
///
/// The numbers are on the stack, so that nothing of them gets into freed heap memory, and wiped;
/// what the arithmetic copies on the stack is not. The arithmetic takes the same time for all
/// numbers of a key that works. What is wrong with another key is no secret.
pub(super) fn check_private(key: &RsaPrivateKeyRef<'_>) -> Result<(), KeyErrorKind> {
    let modulus_bits = bit_len(key.modulus);
    for (prime, part) in [(key.prime1, KeyPart::Prime1), (key.prime2, KeyPart::Prime2)] {
        match bit_len(prime) {
            0..2 => return Err(KeyErrorKind::Inconsistent(part)),
            bits if bits < modulus_bits.div_ceil(4) => return Err(KeyErrorKind::PrimeTooShort { bits }),
            bits if bits > modulus_bits => return Err(KeyErrorKind::Inconsistent(part)),
            _ => {}
        }
    }
    let n = number(key.modulus, KeyPart::Modulus)?;
    let e = number(key.public_exponent, KeyPart::PublicExponent)?;
    let d = number(key.private_exponent, KeyPart::PrivateExponent)?;
    let p = number(key.prime1, KeyPart::Prime1)?;
    let q = number(key.prime2, KeyPart::Prime2)?;

    let product = p.checked_mul(&q).into_option().map(Zeroizing::new);
    let is_odd = |number: &U8192| bool::from(number.is_odd());
    if product.is_none_or(|product| *product != *n) || !is_odd(&p) || !is_odd(&q) {
        return Err(KeyErrorKind::Inconsistent(KeyPart::Modulus));
    }
    if *p == *q {
        return Err(KeyErrorKind::Inconsistent(KeyPart::Prime2));
    }
    if *d >= *n {
        return Err(KeyErrorKind::Inconsistent(KeyPart::PrivateExponent));
    }
    for (prime, exponent, part) in [(&p, key.exponent1, KeyPart::Exponent1), (&q, key.exponent2, KeyPart::Exponent2)] {
        let exponent = number(exponent, part)?;
        let order = Zeroizing::new(divisor(prime.wrapping_sub(&U8192::ONE))?);
        let reduced = Zeroizing::new(d.rem(&order));
        let product = Zeroizing::new(e.wrapping_mul(&*reduced));
        // First whether d fits the public key, then whether the value for the CRT fits d.
        if *Zeroizing::new(product.rem(&order)) != U8192::ONE {
            return Err(KeyErrorKind::Inconsistent(KeyPart::PrivateExponent));
        }
        if *exponent != *reduced {
            return Err(KeyErrorKind::Inconsistent(part));
        }
    }
    let coefficient = number(key.coefficient, KeyPart::Coefficient)?;
    let order = Zeroizing::new(divisor(*p)?);
    // Smaller than n, and so without overflow.
    let product = Zeroizing::new(q.wrapping_mul(&*coefficient));
    if *coefficient >= *p || *Zeroizing::new(product.rem(&order)) != U8192::ONE {
        return Err(KeyErrorKind::Inconsistent(KeyPart::Coefficient));
    }
    Ok(())
}

/// Returns the length in bits of a number without leading zero bytes.
pub(super) fn bit_len(number: UintRef<'_>) -> usize {
    let bytes = number.as_bytes();
    let leading = bytes.first().map_or(0, |byte| 8 - usize::try_from(byte.leading_zeros()).expect("at most 8"));
    bytes.len().saturating_sub(1) * 8 + leading
}

fn number(value: UintRef<'_>, part: KeyPart) -> Result<Zeroizing<U8192>, KeyErrorKind> {
    let mut bytes = Zeroizing::new([0; MAX_MODULUS_BITS / 8]);
    let value = value.as_bytes();
    let start = bytes.len().checked_sub(value.len()).ok_or(KeyErrorKind::Inconsistent(part))?;
    bytes[start..].copy_from_slice(value);
    Ok(Zeroizing::new(U8192::from_be_slice(&*bytes)))
}

fn divisor(value: U8192) -> Result<NonZero<U8192>, KeyErrorKind> {
    NonZero::new(value).into_option().ok_or(KeyErrorKind::Inconsistent(KeyPart::Modulus))
}

const MIN_MODULUS_BITS: usize = 2048;
const MAX_MODULUS_BITS: usize = 8192;
const MAX_EXPONENT_BITS: usize = 33;
const MIN_EXPONENT: u64 = 65537;
