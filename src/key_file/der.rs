//! Takes the DER of a key apart (X.690; RFC 5280, 5958, 8017), and says what else it is.

use alloc::string::ToString;
use alloc::vec::Vec;

use pkcs1::{RsaPrivateKeyRef, RsaPublicKeyRef, UintRef};
use pkcs8::ObjectIdentifier;
use pkcs8::der::asn1::AnyRef;
use pkcs8::der::{Decode, Encode, ErrorKind, Header, Reader, SliceReader, Tag};
use pkcs8::spki::AlgorithmIdentifierRef;

use crate::error::{DerDamage, KeyErrorKind, KeyFormat, KeyPart};

/// An RSA key: public or private, each in one of two encodings, or encrypted.
pub(super) enum KeyDer<'a> {
    Public(RsaPublicKeyRef<'a>),
    Private(RsaPrivateKeyRef<'a>),
    Encrypted,
}

impl<'a> KeyDer<'a> {
    /// Recognises a structure by the types of its parts, so that a damaged key is still known to be
    /// one.
    pub(super) fn decode(der: &'a [u8]) -> Result<Self, KeyErrorKind> {
        let parts = parts(der)?;
        let tags: Vec<Tag> = parts.iter().map(tag).collect();
        match (tags.as_slice(), parts.as_slice()) {
            ([Tag::Sequence, Tag::BitString], [algorithm, key]) => {
                check_algorithm(algorithm)?;
                public_key(bit_string(key.value())?).map(Self::Public)
            }
            ([Tag::Integer, Tag::Sequence, Tag::OctetString, ..], [version, algorithm, key, more @ ..]) => {
                check_algorithm(algorithm)?;
                if !matches!(version.value(), [0 | 1]) {
                    return Err(DerDamage::Version.into());
                }
                let key = private_key(key.value())?;
                check_attributes(more, &key)?;
                Ok(Self::Private(key))
            }
            ([Tag::Integer, Tag::Integer], _) => public_key(der).map(Self::Public),
            ([Tag::Integer, Tag::Integer, Tag::Integer, Tag::Integer, ..], _) => private_key(der).map(Self::Private),
            ([Tag::Sequence, Tag::OctetString], _) => Ok(Self::Encrypted),
            _ => Err(other(&tags, &parts)),
        }
    }
}

impl From<DerDamage> for KeyErrorKind {
    fn from(damage: DerDamage) -> Self {
        Self::Der(damage)
    }
}

/// Returns whether a file is binary DER, and no text.
pub(super) fn is_der(file: &[u8]) -> bool {
    // A SEQUENCE of at least 128 bytes, or one in BER. In a text, 30 would be the digit 0.
    matches!(file, [0x30, 0x80..=0xFF, ..])
}

/// Returns the parts of the one SEQUENCE in `der`.
pub(super) fn parts(der: &[u8]) -> Result<Vec<AnyRef<'_>>, DerDamage> {
    let mut reader = SliceReader::new(der).map_err(|_| DerDamage::Structure)?;
    let header = Header::decode(&mut reader).map_err(|error| damage(&error))?;
    if header.tag() != Tag::Sequence {
        return Err(DerDamage::Structure);
    }
    let start = der.len() - usize::try_from(reader.remaining_len()).map_err(|_| DerDamage::Structure)?;
    let len = usize::try_from(header.length()).map_err(|_| DerDamage::Structure)?;
    let there = &der[start..];
    let Some((content, rest)) = there.split_at_checked(len) else {
        return Err(DerDamage::Truncated { missing: Some(len - there.len()) });
    };
    if !rest.is_empty() {
        return Err(DerDamage::TrailingBytes { count: rest.len() });
    }
    let mut reader = SliceReader::new(content).map_err(|_| DerDamage::Structure)?;
    let mut parts = Vec::new();
    while !reader.is_finished() {
        // More parts than any key has: stop, since each costs memory.
        if parts.len() > MAX_PARTS {
            return Err(DerDamage::Structure);
        }
        parts.push(AnyRef::decode(&mut reader).map_err(|error| damage(&error))?);
    }
    Ok(parts)
}

fn damage(error: &pkcs8::der::Error) -> DerDamage {
    match error.kind() {
        // For a length that is longer than it must be, `der` reports the last of these.
        ErrorKind::IndefiniteLength | ErrorKind::Overlength | ErrorKind::Length { .. } => DerDamage::NotDer,
        ErrorKind::Incomplete { .. } => DerDamage::Truncated { missing: None },
        _ => DerDamage::Structure,
    }
}

fn tag(part: &AnyRef<'_>) -> Tag {
    part.header().tag()
}

fn public_key(der: &[u8]) -> Result<RsaPublicKeyRef<'_>, KeyErrorKind> {
    let parts = parts(der)?;
    let [modulus, public_exponent] = integers(&parts, [KeyPart::Modulus, KeyPart::PublicExponent])?;
    if parts.len() > 2 {
        return Err(DerDamage::SurplusParts { count: parts.len() - 2 }.into());
    }
    Ok(RsaPublicKeyRef { modulus, public_exponent })
}

fn private_key(der: &[u8]) -> Result<RsaPrivateKeyRef<'_>, KeyErrorKind> {
    let parts = parts(der)?;
    let Some((version, numbers)) = parts.split_first() else { return Err(DerDamage::Structure.into()) };
    match (version.value(), numbers.last().map(tag)) {
        ([1], Some(Tag::Sequence)) => return Err(KeyErrorKind::MultiPrime),
        ([0], _) => {}
        _ => return Err(DerDamage::Version.into()),
    }
    let [modulus, public_exponent, private_exponent, prime1, prime2, exponent1, exponent2, coefficient] =
        integers(numbers, PRIVATE_PARTS)?;
    if numbers.len() > PRIVATE_PARTS.len() {
        return Err(DerDamage::SurplusParts { count: numbers.len() - PRIVATE_PARTS.len() }.into());
    }
    Ok(RsaPrivateKeyRef {
        modulus,
        public_exponent,
        private_exponent,
        prime1,
        prime2,
        exponent1,
        exponent2,
        coefficient,
        other_prime_infos: None,
    })
}

/// Returns the first `N` of `parts`, which must be numbers from zero on in the one form of DER.
fn integers<'a, const N: usize>(parts: &[AnyRef<'a>], names: [KeyPart; N]) -> Result<[UintRef<'a>; N], DerDamage> {
    let mut numbers = [UintRef::new(&[]).map_err(|_| DerDamage::Structure)?; N];
    for (index, name) in names.into_iter().enumerate() {
        let part = parts.get(index).ok_or(DerDamage::Missing(name))?;
        if tag(part) != Tag::Integer {
            return Err(DerDamage::Structure);
        }
        match part.value() {
            [] => return Err(DerDamage::Structure),
            [0x80..=0xFF, ..] => return Err(DerDamage::Negative(name)),
            [0, 0..=0x7F, ..] => return Err(DerDamage::LeadingZeros(name)),
            bytes => numbers[index] = UintRef::new(bytes).map_err(|_| DerDamage::Structure)?,
        }
    }
    Ok(numbers)
}

/// Returns the content of a BIT STRING that ends at a byte.
fn bit_string(value: &[u8]) -> Result<&[u8], DerDamage> {
    match value {
        [0, content @ ..] => Ok(content),
        [] => Err(DerDamage::Structure),
        _ => Err(DerDamage::UnusedBits),
    }
}

/// Checks what may follow the key in a PrivateKeyInfo (RFC 5958 §2): attributes, which have no
/// meaning here, and the public key, which must be the one of the private key.
fn check_attributes(parts: &[AnyRef<'_>], key: &RsaPrivateKeyRef<'_>) -> Result<(), KeyErrorKind> {
    let mut rest = parts;
    if let [attributes, more @ ..] = rest
        && context_number(attributes) == Some(0)
    {
        rest = more;
    }
    if let [public, more @ ..] = rest
        && context_number(public) == Some(1)
    {
        rest = more;
        let public = public_key(bit_string(public.value())?)?;
        if (public.modulus, public.public_exponent) != (key.modulus, key.public_exponent) {
            return Err(DerDamage::OtherPublicKey.into());
        }
    }
    if rest.is_empty() { Ok(()) } else { Err(DerDamage::SurplusParts { count: rest.len() }.into()) }
}

fn context_number(part: &AnyRef<'_>) -> Option<u32> {
    match tag(part) {
        Tag::ContextSpecific { number, .. } => Some(number.value()),
        _ => None,
    }
}

/// Checks that the key may be used for RSA-OAEP as of SPEC §1 and §3.4.
fn check_algorithm(part: &AnyRef<'_>) -> Result<(), KeyErrorKind> {
    let algorithm: AlgorithmIdentifierRef<'_> = part.decode_as().map_err(|_| DerDamage::Structure)?;
    match algorithm.oid {
        pkcs1::ALGORITHM_OID | X500_RSA_OID => Ok(()),
        RSAES_OAEP_OID => match algorithm.parameters {
            None => Ok(()),
            Some(parameters) if is_our_oaep(parameters) => Ok(()),
            Some(_) => Err(KeyErrorKind::OaepParameters),
        },
        RSASSA_PSS_OID => Err(KeyErrorKind::PssOnly),
        oid => Err(other_algorithm(oid)),
    }
}

/// Returns whether these are the parameters of SPEC §1. The hash and the mask generation function
/// must be there, because the defaults are those with SHA-1 (RFC 8017 appendix A.2.1).
fn is_our_oaep(parameters: AnyRef<'_>) -> bool {
    let is_sha256 = |algorithm: &AlgorithmIdentifierRef<'_>| {
        algorithm.oid == SHA256_OID && algorithm.parameters.is_none_or(|none| none.is_null())
    };
    let is_mgf1 = |algorithm: &AlgorithmIdentifierRef<'_>| {
        let hash = algorithm.parameters.and_then(|hash| hash.decode_as().ok());
        algorithm.oid == MGF1_OID && hash.is_some_and(|hash| is_sha256(&hash))
    };
    let is_empty_label = |algorithm: &AlgorithmIdentifierRef<'_>| {
        algorithm.oid == LABEL_OID && algorithm.parameters.is_some_and(|label| label.value().is_empty())
    };
    let Ok(der) = parameters.to_der() else { return false };
    let Ok(parts) = parts(&der) else { return false };
    let numbers: Vec<_> = parts.iter().map(context_number).collect();
    let algorithms: Result<Vec<_>, _> =
        parts.iter().map(|part| AlgorithmIdentifierRef::from_der(part.value())).collect();
    match (numbers.as_slice(), algorithms.as_deref()) {
        ([Some(0), Some(1)], Ok([hash, mask])) => is_sha256(hash) && is_mgf1(mask),
        ([Some(0), Some(1), Some(2)], Ok([hash, mask, label])) => {
            is_sha256(hash) && is_mgf1(mask) && is_empty_label(label)
        }
        _ => false,
    }
}

fn other_algorithm(oid: ObjectIdentifier) -> KeyErrorKind {
    let oid = oid.to_string();
    let name = OTHER_ALGORITHMS.iter().find(|(other, _)| *other == oid).map(|(_, name)| *name);
    // Not `format!`, which needs the unwinding that a program without the standard library lacks.
    KeyErrorKind::OtherAlgorithm(match name {
        Some(name) => [name, " (", &oid, ")"].concat(),
        None => oid,
    })
}

/// Says what a structure with these parts is, if it is no RSA key.
fn other(tags: &[Tag], parts: &[AnyRef<'_>]) -> KeyErrorKind {
    match (tags, parts) {
        ([Tag::Sequence, Tag::Sequence, Tag::BitString], [signed, ..]) => signed_structure(signed.value()),
        ([Tag::ObjectIdentifier, Tag::ContextSpecific { .. }], [oid, _]) if oid.value().starts_with(PKCS7_OID) => {
            KeyErrorKind::Format(KeyFormat::Pkcs7)
        }
        ([Tag::ObjectIdentifier, ..], [oid, ..]) if oid.value() == TPM_OID => KeyErrorKind::Format(KeyFormat::Tpm),
        ([Tag::Integer, Tag::Sequence, ..], [version, ..]) if version.value() == [3] => {
            KeyErrorKind::Format(KeyFormat::Pkcs12)
        }
        ([Tag::Integer, Tag::OctetString, ..], [version, ..]) if version.value() == [1] => other_algorithm(EC_OID),
        // What was taken for a key so far and is incomplete.
        ([Tag::Integer, Tag::Integer, Tag::Integer], _) => DerDamage::Missing(PRIVATE_PARTS[tags.len() - 1]).into(),
        _ => DerDamage::Structure.into(),
    }
}

/// Tells certificates, requests and revocation lists apart by what is signed (RFC 5280 §4.1 and
/// §5.1, RFC 2986 §4.1).
fn signed_structure(content: &[u8]) -> KeyErrorKind {
    let mut parts = Vec::new();
    if let Ok(mut reader) = SliceReader::new(content) {
        while parts.len() < 4
            && let Ok(part) = AnyRef::decode(&mut reader)
        {
            parts.push(part);
        }
    }
    let tags: Vec<Tag> = parts.iter().map(tag).collect();
    KeyErrorKind::Format(match tags.as_slice() {
        // A version. Without one, a certificate has serial number, algorithm, issuer and validity.
        // A revocation list has a time in place of the validity.
        [Tag::ContextSpecific { .. }, ..] => KeyFormat::Certificate,
        [Tag::Integer, Tag::Sequence, Tag::Sequence, Tag::Sequence] => KeyFormat::Certificate,
        [Tag::Integer, Tag::Sequence, Tag::Sequence, Tag::ContextSpecific { .. }] => KeyFormat::CertificateRequest,
        _ => KeyFormat::RevocationList,
    })
}

const PRIVATE_PARTS: [KeyPart; 8] = [
    KeyPart::Modulus,
    KeyPart::PublicExponent,
    KeyPart::PrivateExponent,
    KeyPart::Prime1,
    KeyPart::Prime2,
    KeyPart::Exponent1,
    KeyPart::Exponent2,
    KeyPart::Coefficient,
];

const MAX_PARTS: usize = 16;

const RSAES_OAEP_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.7");
const MGF1_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const LABEL_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.9");
const RSASSA_PSS_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const SHA256_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
/// The name of RSA in X.509 of 1988.
const X500_RSA_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.8.1.1");
const EC_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// 1.2.840.113549.1.7, below which the content types of PKCS#7 are.
pub(super) const PKCS7_OID: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x07";
/// 2.23.133.10.1.3, a key that is loaded into a TPM.
const TPM_OID: &[u8] = b"\x67\x81\x05\x0A\x01\x03";

/// The keys that people may have instead of RSA keys.
const OTHER_ALGORITHMS: [(&str, &str); 9] = [
    ("1.2.840.10045.2.1", "elliptic curve (EC)"),
    ("1.3.101.110", "X25519"),
    ("1.3.101.111", "X448"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
    ("1.2.840.10040.4.1", "DSA"),
    ("1.2.840.113549.1.3.1", "Diffie-Hellman"),
    ("2.16.840.1.101.3.4.4.2", "ML-KEM-768"),
    ("2.16.840.1.101.3.4.4.3", "ML-KEM-1024"),
];
