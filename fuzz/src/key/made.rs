//! Private keys that are made from a few choices, so that their numbers fit each other: changes of
//! the bytes of a key hardly ever get past the first check of them.

use crypto_bigint::{Limb, NonZero, U4096};

use super::key_samples::{decode_pem, der, numbers, uint};

/// Makes a key as PKCS#1 DER. `None` if there is none with these choices.
pub fn key(choices: [u8; 6]) -> Option<Vec<u8>> {
    let [p, q, exponent, private, changed, by] = choices;
    let factors = factors();
    let [p, q] = [p, q].map(|index| factors[usize::from(index) % factors.len()]);
    let e = EXPONENTS[usize::from(exponent) % EXPONENTS.len()];
    if p.bit_width() + q.bit_width() > U4096::BITS {
        return None;
    }
    let n = p.wrapping_mul(&q);
    let [p_order, q_order] = [p, q].map(|factor| factor.wrapping_sub(&U4096::ONE));
    let order = p_order.wrapping_mul(&q_order);
    let least = order.wrapping_div(&NonZero::new(p_order.gcd(&q_order)).into_option()?);
    let modulo = |value: U4096, modulus: U4096| Some(value.rem(&NonZero::new(modulus).into_option()?));
    let e = U4096::from_u64(e);
    let inverse = |of: U4096, modulus: U4096| of.invert_mod(&NonZero::new(modulus).into_option()?).into_option();
    // All of them decrypt alike (RFC 8017 §3.2 has the first two).
    let d = match private % 4 {
        0 => inverse(e, least)?,
        1 => inverse(e, order)?,
        2 => inverse(e, least)?.wrapping_add(&least),
        _ => inverse(e, least)?.wrapping_add(&n),
    };
    let coefficient = inverse(q, p).unwrap_or(U4096::ONE);
    let mut numbers = [n, e, d, p, q, modulo(d, p_order)?, modulo(d, q_order)?, coefficient];
    if let Some(number) = numbers.get_mut(usize::from(changed)) {
        *number = number.wrapping_add(&U4096::from_word(Limb::from(by).0));
    }
    let numbers = numbers.map(|number| {
        let bytes = number.to_be_bytes();
        let bytes = bytes.as_ref();
        let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
        uint(&bytes[start..])
    });
    Some(der(0x30, &[&uint(&[0]), &numbers.concat()]))
}

/// Primes of several lengths, one that has factors and one that is a Carmichael number, from the
/// keys of the tests.
fn factors() -> Vec<U4096> {
    let keys = [
        include_str!("../../../tests/keys/rsa2048.pkcs1.pem"),
        include_str!("../../../tests/keys/unequal2048.pem"),
        include_str!("../../../tests/keys/unequal2049.pem"),
        include_str!("../../../tests/keys/composite2048.pem"),
        include_str!("../../../tests/keys/carmichael2048.pem"),
        include_str!("../../../tests/keys/rsa1024.pem"),
        include_str!("../../../tests/keys/rsa3072.pem"),
    ];
    let of_key = |pem: &str| {
        let der = decode_pem(pem);
        // What surrounds a PKCS#1 key in PKCS#8 has a fixed length.
        let is_pkcs1 = pem.contains("RSA PRIVATE KEY");
        let numbers = numbers(if is_pkcs1 { &der } else { &der[26..] });
        [numbers[3], numbers[4]].map(|bytes| {
            let mut padded = [0; U4096::BYTES];
            padded[U4096::BYTES - bytes.len()..].copy_from_slice(bytes);
            U4096::from_be_slice(&padded)
        })
    };
    keys.into_iter().flat_map(of_key).collect()
}

const EXPONENTS: [u64; 6] = [65537, 65539, (1 << 32) + 1, (1 << 33) - 9, 3, (1 << 33) + 17];
