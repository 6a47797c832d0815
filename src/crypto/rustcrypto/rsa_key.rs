//! RSA private keys of `rsa`.

use pkcs1::{RsaPrivateKeyRef, UintRef};
use pkcs8::PrivateKeyInfoRef;
use rsa::{BoxedUint, PrivateKey};

use crate::crypto::KeyRejected;

/// Takes a PrivateKeyInfo that has passed the import policy.
pub(super) fn from_pkcs8(der: &[u8]) -> Result<PrivateKey, KeyRejected> {
    let info = PrivateKeyInfoRef::try_from(der).map_err(|_| KeyRejected)?;
    let key = RsaPrivateKeyRef::try_from(info.private_key.as_bytes()).map_err(|_| KeyRejected)?;
    let precision = u32::try_from(key.modulus.as_bytes().len() * 8).map_err(|_| KeyRejected)?;
    let number = |number: UintRef<'_>| BoxedUint::from_be_slice(number.as_bytes(), precision).map_err(|_| KeyRejected);
    let primes = [number(key.prime1)?, number(key.prime2)?];
    // `rsa` computes at half the width of the modulus, unless it is told that a prime does not
    // fit in there. Whether one does shows in the time, and nothing else of it. The width is
    // that of the modulus in bits, which need not fill its bytes.
    let modulus = number(key.modulus)?;
    let half = modulus.bit_width().div_ceil(2);
    let is_wide = primes.iter().any(|prime| prime.bit_width() > half);
    let construct = if is_wide { PrivateKey::from_components_with_wide_primes } else { PrivateKey::from_components };
    let exponent = number(key.public_exponent)?;
    construct(modulus, exponent, number(key.private_exponent)?, primes.into()).map_err(|_| KeyRejected)
}
