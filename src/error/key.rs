//! What can be wrong with a key.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::key_file::{DerDamage, KeyFormat, KeyPart, PemDamage};
use crate::format::SignatureAlgorithm;
use crate::limits::LimitExceeded;

/// Why a key cannot be imported or generated, and what mends it. The key file is the cause, or the
/// choice of that file. A retry cannot help, except for [`KeyErrorKind::Randomness`].
///
/// The text says what is wrong and, if there is one, the [command](Self::command) that mends it. It
/// holds no part of a private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyError {
    kind: KeyErrorKind,
    command: Option<&'static str>,
}

impl KeyError {
    pub(crate) const fn new(kind: KeyErrorKind, command: Option<&'static str>) -> Self {
        Self { kind, command }
    }

    /// Returns what is wrong.
    #[must_use]
    pub const fn kind(&self) -> &KeyErrorKind {
        &self.kind
    }

    /// Returns a command for a POSIX shell that makes a file that can be read, if there is one. For
    /// some formats it makes one that is closer to that, and the next error names the next command.
    ///
    /// `FILE` stands for the name of the file at hand; the names of the files that are made end in
    /// a suffix such as `.pem`. If a password protects the file, the command asks for it.
    ///
    /// # Examples
    ///
    /// ```
    /// let label = "CERTIFICATE REQUEST";
    /// let file = format!("-----BEGIN {label}-----\nMAA=\n-----END {label}-----\n");
    /// let error = bulla::RsaRecipient::from_pem(file).unwrap_err();
    /// let command = "openssl req -in FILE -noout -pubkey > PUBLIC.pem";
    /// assert_eq!(error.command(), Some(command));
    /// ```
    #[must_use]
    pub const fn command(&self) -> Option<&'static str> {
        self.command
    }
}

/// Without a command: for faults that no command mends.
impl From<KeyErrorKind> for KeyError {
    fn from(kind: KeyErrorKind) -> Self {
        Self::new(kind, None)
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        // Last and without quotes, so that it can be copied as it is.
        self.command.map_or(Ok(()), |command| write!(f, "; to mend it, run: {command}"))
    }
}

impl core::error::Error for KeyError {}

/// The kinds of [`KeyError`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyErrorKind {
    /// There is nothing in the file but white space.
    Empty,
    /// The file is nothing that is read or recognised.
    Unrecognised,
    /// The file is of a kind that is recognised, but not read.
    Format(KeyFormat),
    /// The PEM text is damaged.
    Pem(PemDamage),
    /// The PEM block has a label that no key has that is read.
    PemLabel(String),
    /// The file has several PEM blocks, of which none is the key that is needed. The labels of all
    /// blocks, in order.
    NoFittingBlock(Vec<String>),
    /// The file has several keys of the kind that is needed, and nothing says which one to take.
    /// The labels of all PEM blocks, or the types of all SSH lines, in order.
    SeveralKeys(Vec<String>),
    /// A line of OpenSSH is damaged: the binary form in it is not that of such a key.
    DamagedSshLine,
    /// The DER encoding is damaged, or it is not DER.
    Der(DerDamage),
    /// The key is private, but a public key is needed.
    PrivateKey,
    /// The key is public, but a private key is needed.
    PublicKey,
    /// The private key is encrypted with a passphrase, which this function does not take.
    Encrypted,
    /// The private key is encrypted in a way that is not supported: its name, its object
    /// identifier, or both. Only with the feature `encrypted-keys`; without it, this is
    /// [`Encrypted`](Self::Encrypted).
    UnsupportedEncryption(String),
    /// The passphrase is wrong. The encryption is not authenticated, so the file can also be
    /// damaged.
    WrongPassphrase,
    /// The passphrase is empty, so that it would protect nothing.
    EmptyPassphrase,
    /// Deriving the key from the passphrase costs more than the [`Limits`](crate::Limits) admit.
    LimitExceeded(LimitExceeded),
    /// The key is for another algorithm than RSA: its name or its object identifier.
    OtherAlgorithm(String),
    /// The key is for another algorithm than the signatures that it is needed for.
    OtherSignatureAlgorithm {
        /// The algorithm that is needed, or `None` if any would do.
        needed: Option<SignatureAlgorithm>,
        /// The name or the object identifier of the key's algorithm.
        found: String,
    },
    /// The key is restricted to RSASSA-PSS signatures (object identifier 1.2.840.113549.1.1.10) and
    /// must not decrypt. It is a key for an [`RsaSigner`](crate::RsaSigner) or
    /// [`RsaVerifier`](crate::RsaVerifier).
    PssOnly,
    /// The key is restricted to RSASSA-PSS (object identifier 1.2.840.113549.1.1.10) with other
    /// parameters than SHA-256, MGF1 with SHA-256, a salt of 32 bytes and trailer field 1.
    PssParameters,
    /// The key is restricted to RSA-OAEP (object identifier 1.2.840.113549.1.1.7) and must not
    /// sign. It is a key for an [`RsaIdentity`](crate::RsaIdentity) or
    /// [`RsaRecipient`](crate::RsaRecipient).
    OaepOnly,
    /// The key is restricted to RSA-OAEP (object identifier 1.2.840.113549.1.1.7) with other
    /// parameters than SHA-256, MGF1 with SHA-256 and an empty label.
    OaepParameters,
    /// The key is on another elliptic curve than P-256: its name or its object identifier.
    OtherCurve(String),
    /// The elliptic curve is given by its parameters and not by its name.
    ExplicitCurve,
    /// The point of the elliptic curve is compressed, or in the hybrid form (SEC 1 §2.3.3).
    PointForm,
    /// The public key is no point of its curve, or it is encoded with a number that is not below
    /// the prime of the field.
    InvalidPoint,
    /// The public key is a point of small order: a signature by it proves nothing.
    SmallOrder,
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
    /// The modulus is even.
    ModulusEven,
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
    /// A prime of the private key is shorter than a quarter of the modulus.
    PrimeTooShort {
        /// Length of the prime in bits.
        bits: usize,
    },
    /// A number of the private key does not belong to the others.
    Inconsistent(KeyPart),
    /// The backend refuses the key, or it cannot decrypt what was encrypted with it, or its
    /// signature does not verify.
    Unusable,
    /// There are several certificates, and which one is meant does not follow from them: the number
    /// of those that issued none of the others.
    SeveralCertificates(usize),
    /// There are more than 100 certificates in the file.
    TooManyCertificates,
    /// There is no certificate in the file.
    NoCertificate,
    /// The operating system gave no randomness to generate a key from, or to try one with. A retry
    /// can help.
    Randomness,
}

impl fmt::Display for KeyErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty: a key is needed here"),
            Self::Unrecognised => f.write_str("no key found: neither PEM nor DER, nor a line of OpenSSH"),
            Self::Format(format) => write!(f, "{format}"),
            Self::Pem(damage) => write!(f, "damaged PEM: {damage}"),
            Self::PemLabel(label) => write!(f, "not a label that is read: a PEM block labelled {label:?}"),
            Self::NoFittingBlock(labels) => write!(f, "the key that is needed is not among these: {}", List(labels)),
            Self::SeveralKeys(labels) => write!(f, "several keys, give one per file; there are: {}", List(labels)),
            Self::DamagedSshLine => f.write_str("damaged line of OpenSSH, copy the whole line"),
            Self::Der(damage) => write!(f, "{damage}"),
            Self::PrivateKey => f.write_str("this is a private key, a public key is needed here"),
            Self::PublicKey => f.write_str("this is a public key, a private key is needed here"),
            Self::Encrypted => f.write_str("the private key is encrypted with a passphrase"),
            Self::UnsupportedEncryption(name) => {
                write!(f, "the private key is encrypted in a way that is not supported: {name}")
            }
            Self::WrongPassphrase => f.write_str("the passphrase is wrong, or the encrypted key is damaged"),
            Self::EmptyPassphrase => f.write_str("the passphrase is empty"),
            Self::LimitExceeded(error) => write!(f, "limit exceeded: {error}"),
            Self::OtherAlgorithm(algorithm) => write!(f, "not an RSA key: its algorithm is {algorithm}"),
            Self::OtherSignatureAlgorithm { needed, found } => {
                let needed = match needed {
                    Some(SignatureAlgorithm::RsaPssSha256) => "an RSA key",
                    Some(SignatureAlgorithm::EcdsaP256Sha256) => "a P-256 key",
                    Some(SignatureAlgorithm::Ed25519) => "an Ed25519 key",
                    None => "a key to sign with",
                };
                write!(f, "not {needed}: its algorithm is {found}")
            }
            Self::PssOnly => f.write_str(
                "the key is restricted to RSASSA-PSS (1.2.840.113549.1.1.10): it is a signing key and opens nothing",
            ),
            Self::PssParameters => f.write_str(
                "the key is restricted to RSASSA-PSS with other parameters than SHA-256 and a salt of 32 bytes",
            ),
            Self::OaepOnly => f.write_str(
                "the key is restricted to RSA-OAEP (1.2.840.113549.1.1.7): it opens envelopes and signs nothing",
            ),
            Self::OaepParameters => {
                f.write_str("the key is restricted to RSA-OAEP with other parameters than SHA-256 and an empty label")
            }
            Self::OtherCurve(curve) => write!(f, "not a P-256 key: its elliptic curve is {curve}"),
            Self::ExplicitCurve => f.write_str("the elliptic curve is given by its parameters, and its name is needed"),
            Self::PointForm => f.write_str("the point of the elliptic curve is compressed, which is not read"),
            Self::InvalidPoint => f.write_str("the public key is not a point of its curve"),
            Self::SmallOrder => f.write_str("the public key is a point of small order: it proves nothing"),
            Self::ModulusTooSmall { bits } => write!(f, "RSA key of {bits} bits, at least 2048 are needed"),
            Self::ModulusTooLarge { bits } => write!(f, "RSA key of {bits} bits, at most 8192 are supported"),
            Self::ModulusEven => f.write_str("not an RSA key: its modulus is even"),
            Self::ExponentRefused { exponent } => {
                write!(f, "RSA public exponent is {exponent}: it must be odd and at least 65537")
            }
            Self::ExponentTooLarge { bits } => {
                write!(f, "RSA public exponent of {bits} bits, at most 33 are supported")
            }
            Self::MultiPrime => {
                write!(f, "RSA private key with more than two primes, which is not supported{NOT_SEEN}")
            }
            Self::PrimeTooShort { bits } => {
                write!(f, "a prime of the private key has {bits} bits, less than a quarter of the modulus{NOT_SEEN}")
            }
            Self::Inconsistent(part) => {
                write!(f, "the numbers of the private key contradict each other: {part} does not fit the others")
            }
            Self::Unusable => f.write_str("the key does not work: it is refused, or it failed when it was tried"),
            Self::SeveralCertificates(count) => {
                write!(f, "{count} certificates issued none of the others: give the one whose key is meant")
            }
            Self::TooManyCertificates => f.write_str("more than 100 certificates: give the one whose key is meant"),
            Self::NoCertificate => f.write_str("no certificate found"),
            Self::Randomness => f.write_str("the operating system gave no randomness"),
        }
    }
}

/// Sealing to such a key works, so say why it does not open.
const NOT_SEEN: &str = " (the public key does not show this)";

/// Labels, equal ones in a row counted. A file can have any number of them, and a text cannot.
struct List<'a>(&'a [String]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut groups = self.0.chunk_by(|a, b| a == b);
        for (index, equal) in groups.by_ref().take(MAX_GROUPS).enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{} {:?}", equal.len(), equal[0])?;
        }
        match groups.map(<[String]>::len).sum() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// More than a file has that was put together on purpose.
const MAX_GROUPS: usize = 8;
