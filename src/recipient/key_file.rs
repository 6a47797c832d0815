//! Reading and writing key files, and the import policy. This code is above the backends, so that
//! both accept the same keys.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use pkcs1::{RsaPrivateKeyRef, RsaPublicKeyRef, UintRef};
use pkcs8::der::asn1::{AnyRef, BitStringRef, OctetStringRef};
use pkcs8::der::{Decode, Encode, SecretDocument};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfo};
use pkcs8::{LineEnding, ObjectIdentifier, PrivateKeyInfoRef, SubjectPublicKeyInfoRef};
use zeroize::Zeroizing;

use crate::error::KeyError;

/// A public key that has passed the policy, in its canonical encoding.
pub(super) struct PublicKeyFile {
    /// `SubjectPublicKeyInfo` with algorithm `rsaEncryption` and parameters NULL.
    pub(super) spki: Vec<u8>,
    /// Length of the modulus in bits. A ciphertext has the same length, rounded up to whole bytes.
    pub(super) modulus_bits: usize,
}

impl PublicKeyFile {
    pub(super) fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        let (label, der) = decode_pem(text)?;
        match label.as_str() {
            "PUBLIC KEY" | "RSA PUBLIC KEY" => Self::from_der(der.as_bytes()),
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" => Err(KeyError::PrivateKey),
            _ => Err(KeyError::PemLabel(label)),
        }
    }

    /// Reads a `SubjectPublicKeyInfo` or a PKCS#1 `RSAPublicKey`.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        match KeyDer::decode(der)? {
            KeyDer::Public(key) => Self::from_key(&key),
            KeyDer::Private(_) | KeyDer::Encrypted => Err(KeyError::PrivateKey),
        }
    }

    /// Takes modulus and exponent as big-endian bytes.
    pub(super) fn from_components(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let uint = |bytes| UintRef::new(bytes).map_err(|_| KeyError::Malformed);
        Self::from_key(&RsaPublicKeyRef { modulus: uint(modulus)?, public_exponent: uint(exponent)? })
    }

    pub(super) fn to_pem(&self) -> String {
        pkcs8::der::pem::encode_string("PUBLIC KEY", LineEnding::LF, &self.spki)
            .expect("a key of at most 8192 bits fits every PEM limit")
    }

    fn from_key(key: &RsaPublicKeyRef<'_>) -> Result<Self, KeyError> {
        check_policy(key)?;
        let encode = || {
            let key = key.to_der()?;
            let info = SubjectPublicKeyInfoRef {
                algorithm: pkcs1::ALGORITHM_ID,
                subject_public_key: BitStringRef::from_bytes(&key)?,
            };
            info.to_der()
        };
        let spki = encode().map_err(|_: pkcs8::der::Error| KeyError::Malformed)?;
        Ok(Self { spki, modulus_bits: bit_len(key.modulus) })
    }
}

/// A private key that has passed the policy, in its canonical encoding.
pub(super) struct PrivateKeyFile {
    /// `PrivateKeyInfo` of version 0 without attributes.
    pub(super) pkcs8: Zeroizing<Vec<u8>>,
    pub(super) public: PublicKeyFile,
}

impl PrivateKeyFile {
    pub(super) fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        let (label, der) = decode_pem(text)?;
        match label.as_str() {
            "PRIVATE KEY" | "RSA PRIVATE KEY" => Self::from_der(der.as_bytes()),
            "ENCRYPTED PRIVATE KEY" => Err(KeyError::Encrypted),
            "PUBLIC KEY" | "RSA PUBLIC KEY" => Err(KeyError::PublicKey),
            _ => Err(KeyError::PemLabel(label)),
        }
    }

    /// Reads a PKCS#8 `PrivateKeyInfo` or a PKCS#1 `RSAPrivateKey`.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let key = match KeyDer::decode(der)? {
            KeyDer::Private(key) => key,
            KeyDer::Public(_) => return Err(KeyError::PublicKey),
            KeyDer::Encrypted => return Err(KeyError::Encrypted),
        };
        if key.other_prime_infos.is_some() {
            return Err(KeyError::MultiPrime);
        }
        let public = PublicKeyFile::from_key(&key.public_key())?;
        let encode = || {
            let key = SecretDocument::encode_msg(&key)?;
            let info = PrivateKeyInfoRef::new(pkcs1::ALGORITHM_ID, OctetStringRef::new(key.as_bytes())?);
            SecretDocument::encode_msg(&info).map(|document| document.to_bytes())
        };
        let pkcs8 = encode().map_err(|_: pkcs8::der::Error| KeyError::Malformed)?;
        Ok(Self { pkcs8, public })
    }
}

/// Encodes PKCS#8 DER as PEM.
pub(super) fn private_to_pem(pkcs8: &[u8]) -> Zeroizing<String> {
    pkcs8::der::pem::encode_string("PRIVATE KEY", LineEnding::LF, pkcs8)
        .expect("a key of at most 8192 bits fits every PEM limit")
        .into()
}

/// An RSA key in DER: public or private, each in one of two encodings, or encrypted.
enum KeyDer<'a> {
    Public(RsaPublicKeyRef<'a>),
    Private(RsaPrivateKeyRef<'a>),
    Encrypted,
}

impl<'a> KeyDer<'a> {
    fn decode(der: &'a [u8]) -> Result<Self, KeyError> {
        if let Ok(info) = SubjectPublicKeyInfoRef::from_der(der) {
            check_algorithm(&info.algorithm)?;
            let key = info.subject_public_key.as_bytes().ok_or(KeyError::Malformed)?;
            return RsaPublicKeyRef::from_der(key).map(Self::Public).map_err(|_| KeyError::Malformed);
        }
        if let Ok(info) = PrivateKeyInfoRef::from_der(der) {
            check_algorithm(&info.algorithm)?;
            let key = info.private_key.as_bytes();
            return RsaPrivateKeyRef::from_der(key).map(Self::Private).map_err(|_| KeyError::Malformed);
        }
        if let Ok(key) = RsaPublicKeyRef::from_der(der) {
            return Ok(Self::Public(key));
        }
        if let Ok(key) = RsaPrivateKeyRef::from_der(der) {
            return Ok(Self::Private(key));
        }
        // An EncryptedPrivateKeyInfo (RFC 5958 §3) is an algorithm and an octet string.
        if SubjectPublicKeyInfo::<AnyRef<'_>, &OctetStringRef>::from_der(der).is_ok() {
            return Ok(Self::Encrypted);
        }
        Err(KeyError::Malformed)
    }
}

fn check_algorithm(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<(), KeyError> {
    match algorithm.oid {
        pkcs1::ALGORITHM_OID => Ok(()),
        RSASSA_PSS_OID => Err(KeyError::PssOnly),
        oid => Err(KeyError::NotRsa { oid: oid.to_string() }),
    }
}

/// Checks the policy of SPEC §3.4: a modulus of 2048 to 8192 bits, and an odd exponent e with 65537
/// ≤ e < 2^33.
fn check_policy(key: &RsaPublicKeyRef<'_>) -> Result<(), KeyError> {
    match bit_len(key.modulus) {
        bits @ ..MIN_MODULUS_BITS => return Err(KeyError::ModulusTooSmall { bits }),
        bits if bits > MAX_MODULUS_BITS => return Err(KeyError::ModulusTooLarge { bits }),
        _ => {}
    }
    let bits = bit_len(key.public_exponent);
    if bits > MAX_EXPONENT_BITS {
        return Err(KeyError::ExponentTooLarge { bits });
    }
    let exponent = key.public_exponent.as_bytes().iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    if exponent < MIN_EXPONENT || exponent % 2 == 0 {
        return Err(KeyError::ExponentRefused { exponent });
    }
    Ok(())
}

/// Returns the length in bits of a number without leading zero bytes.
fn bit_len(number: UintRef<'_>) -> usize {
    let bytes = number.as_bytes();
    let leading = bytes.first().map_or(0, |byte| 8 - usize::try_from(byte.leading_zeros()).expect("at most 8"));
    bytes.len().saturating_sub(1) * 8 + leading
}

/// Decodes the one PEM block in `text` and returns its label and content. Skips any text around the
/// block.
fn decode_pem(text: &[u8]) -> Result<(String, SecretDocument), KeyError> {
    let text = core::str::from_utf8(text).map_err(|_| KeyError::Malformed)?;
    let start = text.find(PEM_BEGIN).ok_or(KeyError::Malformed)?;
    let (_, block) = text.split_at(start);
    if block[PEM_BEGIN.len()..].contains(PEM_BEGIN) {
        return Err(KeyError::MultiplePemBlocks);
    }
    // `openssl rsa -traditional` encrypts in the old form, with headers of RFC 1421 that RFC 7468
    // abolished.
    if block.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(KeyError::Encrypted);
    }
    let end = block.find(PEM_END).and_then(|end| {
        let after = end + PEM_END.len();
        block[after..].find(PEM_DASHES).map(|dashes| after + dashes + PEM_DASHES.len())
    });
    let block = &block[..end.ok_or(KeyError::Malformed)?];
    let (label, document) = SecretDocument::from_pem(block).map_err(|_| {
        // A key of another kind may not even be DER. Its label says more than an error of the
        // decoder.
        match pkcs8::der::pem::decode_label(block.as_bytes()) {
            Ok(label) if !RSA_LABELS.contains(&label) => KeyError::PemLabel(label.into()),
            _ => KeyError::Malformed,
        }
    })?;
    Ok((label.into(), document))
}

const PEM_BEGIN: &str = "-----BEGIN ";
const PEM_END: &str = "\n-----END ";
const PEM_DASHES: &str = "-----";
const RSA_LABELS: [&str; 5] =
    ["PUBLIC KEY", "RSA PUBLIC KEY", "PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"];

const RSASSA_PSS_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

const MIN_MODULUS_BITS: usize = 2048;
const MAX_MODULUS_BITS: usize = 8192;
const MAX_EXPONENT_BITS: usize = 33;
const MIN_EXPONENT: u64 = 65537;
