//! Which bytes the private key is applied to.
//!
//! A backend refuses bytes that are no number below the modulus, and does so at once. An attacker
//! with a clock could test with chosen numbers which modulus an anonymous recipient has. So the
//! operation is done in every case.

use alloc::vec;
use alloc::vec::Vec;

use pkcs1::RsaPrivateKeyRef;
use pkcs8::PrivateKeyInfoRef;
use pkcs8::der::Decode;

use super::KeyRejected;

/// The modulus of a private key, as big-endian bytes without leading zeros.
pub(super) struct Modulus(Vec<u8>);

impl Modulus {
    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, KeyRejected> {
        let info = PrivateKeyInfoRef::from_der(der).map_err(|_| KeyRejected)?;
        let key = RsaPrivateKeyRef::from_der(info.private_key.as_bytes()).map_err(|_| KeyRejected)?;
        Ok(Self(key.modulus.as_bytes().to_vec()))
    }

    /// `wrapped` if it is as long as the modulus and a smaller number. Otherwise a fixed number
    /// that is both stands in.
    pub(super) fn ciphertext(&self, wrapped: &[u8]) -> Ciphertext {
        let in_range = wrapped.len() == self.0.len() && less(wrapped, &self.0);
        // The modulus does not start with a zero byte.
        let mut bytes = vec![STAND_IN; self.0.len()];
        bytes[0] = 0;
        if in_range {
            bytes.copy_from_slice(wrapped);
        }
        Ciphertext { bytes, in_range }
    }
}

/// Bytes that every backend accepts as a ciphertext for the key.
pub(super) struct Ciphertext {
    pub(super) bytes: Vec<u8>,
    /// Whether these are the bytes that were given. Otherwise the result of the operation means
    /// nothing.
    pub(super) in_range: bool,
}

/// Compares big-endian numbers of equal length, looking at every byte.
fn less(a: &[u8], b: &[u8]) -> bool {
    a.iter().zip(b).rev().fold(false, |less, (a, b)| (a < b) | ((a == b) & less))
}

const STAND_IN: u8 = 0x5A;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_gives_a_number_below_the_modulus_and_of_its_length() {
        let mut below = 0;
        for modulus in [[0x01, 0x00, 0x01], [0x80, 0x00, 0x01], [0xC3, 0xA5, 0x37], [0xFF, 0xFF, 0xFF]] {
            let value = u32::from_be_bytes([0, modulus[0], modulus[1], modulus[2]]);
            let modulus = Modulus(modulus.to_vec());
            for number in (0..1 << 24).step_by(251).chain([value - 1, value, value.saturating_add(1).min(0xFF_FFFF)]) {
                let [_, input @ ..] = number.to_be_bytes();
                let Ciphertext { bytes, in_range } = modulus.ciphertext(&input);
                let [a, b, c] = *bytes else { panic!("{} bytes", bytes.len()) };
                let given = u32::from_be_bytes([0, a, b, c]);
                assert!(given < value, "{given} of {number} is not below {value}");
                assert_eq!((in_range, given == number), (number < value, number < value), "{number} below {value}");
                below += u32::from(in_range);
            }
        }
        assert!(below > 1000, "only {below} numbers were below the modulus");
    }

    #[test]
    fn input_of_another_length_is_replaced() {
        let modulus = Modulus(vec![0x80, 0x00, 0x01]);
        for len in [0, 1, 2, 4, 5, 6, 1000] {
            let Ciphertext { bytes, in_range } = modulus.ciphertext(&vec![0; len]);
            assert_eq!((bytes.len(), bytes[0], in_range), (3, 0, false), "{len} bytes");
        }
    }
}
