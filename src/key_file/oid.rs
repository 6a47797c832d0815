//! The names of object identifiers.

use alloc::string::{String, ToString};

use pkcs8::ObjectIdentifier;

/// Returns the name of an algorithm or curve, with its identifier, or the identifier alone.
pub(super) fn name(oid: ObjectIdentifier) -> String {
    let oid = oid.to_string();
    // Not `format!`, which needs the unwinding that a program without the standard library lacks.
    match NAMES.iter().find(|(other, _)| *other == oid) {
        Some((_, name)) => [name, " (", &oid, ")"].concat(),
        None => oid,
    }
}

/// An elliptic curve, whichever.
pub(super) const EC_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// The keys that people may have instead of those that are needed.
const NAMES: [(&str, &str); 16] = [
    ("1.2.840.113549.1.1.1", "RSA"),
    ("1.2.840.113549.1.1.7", "RSA-OAEP"),
    ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
    ("1.2.840.10045.2.1", "elliptic curve (EC)"),
    ("1.3.101.110", "X25519"),
    ("1.3.101.111", "X448"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
    ("1.2.840.10040.4.1", "DSA"),
    ("1.2.840.113549.1.3.1", "Diffie-Hellman"),
    ("2.16.840.1.101.3.4.4.2", "ML-KEM-768"),
    ("2.16.840.1.101.3.4.4.3", "ML-KEM-1024"),
    ("1.3.132.0.10", "secp256k1"),
    ("1.3.132.0.34", "P-384"),
    ("1.3.132.0.35", "P-521"),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
];
