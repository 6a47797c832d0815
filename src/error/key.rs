//! What can be wrong with an RSA key.

use alloc::string::String;
use core::fmt;

/// Why a key cannot be imported or generated. The key file is the cause, or the choice of that
/// file. A retry cannot help, except for `Randomness`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The input is not an RSA key in PEM or DER form: its structure could not be read.
    Malformed,
    /// The PEM block has a label that no RSA key has.
    PemLabel(String),
    /// There is more than one PEM block. Give one key per file.
    MultiplePemBlocks,
    /// The key is private, but a public key is needed.
    PrivateKey,
    /// The key is public, but a private key is needed.
    PublicKey,
    /// The private key is encrypted with a password. Decrypt it first.
    Encrypted,
    /// The key is for another algorithm.
    NotRsa {
        /// Object identifier of the algorithm, in dotted form.
        oid: String,
    },
    /// The key is restricted to RSASSA-PSS signatures (object identifier 1.2.840.113549.1.1.10) and
    /// must not decrypt.
    PssOnly,
    /// The modulus is shorter than 2048 bits.
    ModulusTooSmall {
        /// Length of the modulus in bits.
        bits: usize,
    },
    /// The modulus is longer than 8192 bits.
    ModulusTooLarge {
        /// Length of the modulus in bits.
        bits: usize,
    },
    /// The public exponent is even or smaller than 65537.
    ExponentRefused {
        /// The exponent.
        exponent: u64,
    },
    /// The public exponent is 2^33 or larger.
    ExponentTooLarge {
        /// Length of the exponent in bits.
        bits: usize,
    },
    /// The private key has more than two primes.
    MultiPrime,
    /// The numbers of the key contradict each other, or the backend does not support them, such as
    /// primes of different lengths.
    Inconsistent,
    /// The operating system gave no randomness to generate a key from. A retry can help.
    Randomness,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("not an RSA key in PEM or DER form"),
            Self::PemLabel(label) => write!(f, "not an RSA key: a PEM block labelled {label:?}"),
            Self::MultiplePemBlocks => f.write_str("more than one PEM block: give one key per file"),
            Self::PrivateKey => f.write_str("this is a private key, a public key is needed here"),
            Self::PublicKey => f.write_str("this is a public key, a private key is needed here"),
            Self::Encrypted => f.write_str("the private key is encrypted with a password, decrypt it first"),
            Self::NotRsa { oid } => write!(f, "not an RSA key: its algorithm is {oid}"),
            Self::PssOnly => f.write_str("the key is restricted to RSASSA-PSS signatures (1.2.840.113549.1.1.10)"),
            Self::ModulusTooSmall { bits } => write!(f, "RSA key of {bits} bits, at least 2048 are needed"),
            Self::ModulusTooLarge { bits } => write!(f, "RSA key of {bits} bits, at most 8192 are supported"),
            Self::ExponentRefused { exponent } => {
                write!(f, "RSA public exponent is {exponent}: it must be odd and at least 65537")
            }
            Self::ExponentTooLarge { bits } => {
                write!(f, "RSA public exponent of {bits} bits, at most 33 are supported")
            }
            Self::MultiPrime => f.write_str("RSA private key with more than two primes"),
            Self::Inconsistent => f.write_str("the numbers of the RSA key contradict each other"),
            Self::Randomness => f.write_str("the operating system gave no randomness"),
        }
    }
}

impl core::error::Error for KeyError {}
