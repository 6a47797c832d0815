//! The public name of a key.

use core::fmt;
use core::str::FromStr;

/// The id of a public key: SHA-256 of its canonical `SubjectPublicKeyInfo` (SPEC §3.4 for RSA keys,
/// §4.5 for all keys of senders).
///
/// It depends on the key alone, not on the encoding of the file that the key was read from. If the
/// private key is held elsewhere, [`RsaRecipient::key_id`](crate::RsaRecipient::key_id) computes it
/// from the public half. It is displayed and parsed as 64 hexadecimal digits.
///
/// # Examples
///
/// ```
/// use bulla::keys::KeyId;
///
/// let digits = "00112233445566778899aabbccddeeff".repeat(2);
/// let id: KeyId = digits.parse()?;
/// assert_eq!(id.as_bytes()[1], 0x11);
/// assert!(id.to_string().ends_with("ddeeff"));
/// # Ok::<(), bulla::error::KeyIdParseError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 32]);

impl KeyId {
    /// Creates a key id from its 32 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the 32 bytes, as they appear in a record.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl FromStr for KeyId {
    type Err = KeyIdParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
            return Err(KeyIdParseError);
        };
        let mut bytes = [0; 32];
        if pairs.len() != bytes.len() {
            return Err(KeyIdParseError);
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = hex_digit(*high)? << 4 | hex_digit(*low)?;
        }
        Ok(Self(bytes))
    }
}

fn hex_digit(digit: u8) -> Result<u8, KeyIdParseError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(KeyIdParseError),
    }
}

/// The text is not a key id of 64 hexadecimal digits. This is the caller's mistake; a retry cannot
/// help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyIdParseError;

impl fmt::Display for KeyIdParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key id is 64 hexadecimal digits")
    }
}

impl core::error::Error for KeyIdParseError {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn text_form_round_trips() {
        let id = KeyId::from_bytes(core::array::from_fn(|i| u8::try_from(i * 7).unwrap()));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
    }

    #[test]
    fn anything_but_64_hexadecimal_digits_is_refused() {
        let good = "ab".repeat(32);
        for bad in
            ["", "ab", &good[1..], &format!("{good}0"), &good.replacen('a', "g", 1), &"+1".repeat(32), &"é".repeat(32)]
        {
            assert_eq!(bad.parse::<KeyId>(), Err(KeyIdParseError), "{bad:?}");
        }
    }

    use alloc::format;
}
