//! Private keys under a passphrase: EncryptedPrivateKeyInfo (RFC 5958 §3) with PBES2 (RFC 8018
//! §6.2).
//!
//! Anyone may have made the file, so its key derivation is checked against the [`Limits`] before
//! anything is derived.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use pkcs5::pbes2::{Kdf, Parameters, Pbkdf2Prf};
use pkcs5::{EncryptionScheme, pbes2, scrypt};
use pkcs8::ObjectIdentifier;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::{Encode, ErrorKind, Tag};
use pkcs8::spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

use super::asn1;
use crate::error::{DerDamage, KeyErrorKind};
use crate::limits::{Limit, Limits};

/// A private key that can be decrypted with the right passphrase.
pub(super) struct EncryptedKey<'a> {
    parameters: Parameters,
    ciphertext: &'a [u8],
}

impl<'a> EncryptedKey<'a> {
    /// Takes an EncryptedPrivateKeyInfo apart.
    pub(super) fn decode(der: &'a [u8]) -> Result<Self, KeyErrorKind> {
        let parts = asn1::parts(der)?;
        let [algorithm, ciphertext] = parts.as_slice() else { return Err(DerDamage::Structure.into()) };
        let algorithm: AlgorithmIdentifierRef<'_> = algorithm.decode_as().map_err(|_| DerDamage::Structure)?;
        let parameters = match algorithm.parameters {
            Some(parameters) if algorithm.oid == pbes2::PBES2_OID => Parameters::try_from(parameters),
            _ => return Err(unsupported(algorithm.oid)),
        };
        let parameters = parameters.map_err(|error| match error.kind() {
            ErrorKind::OidUnknown { oid } => unsupported(oid),
            _ => unknown_parameters(),
        })?;
        check_algorithms(&parameters)?;
        Ok(Self { parameters, ciphertext: ciphertext.value() })
    }

    /// Returns the DER that was encrypted.
    pub(super) fn decrypt(&self, passphrase: &[u8], limits: &Limits) -> Result<Zeroizing<Vec<u8>>, KeyErrorKind> {
        check_cost(&self.parameters.kdf, limits)?;
        let mut buffer = Zeroizing::new(self.ciphertext.to_vec());
        let len = match self.parameters.decrypt_in_place(passphrase, &mut buffer) {
            Ok(decrypted) => decrypted.len(),
            Err(pkcs5::Error::DecryptFailed) => return Err(KeyErrorKind::WrongPassphrase),
            Err(_) => return Err(unknown_parameters()),
        };
        buffer.truncate(len);
        // One wrong passphrase of 256 gives a valid padding, but no SEQUENCE of just that length.
        match asn1::parts(&buffer) {
            Err(DerDamage::Truncated { missing: Some(_) } | DerDamage::TrailingBytes { .. } | DerDamage::NotDer) => {
                Err(KeyErrorKind::WrongPassphrase)
            }
            Err(_) if !buffer.starts_with(&[SEQUENCE]) => Err(KeyErrorKind::WrongPassphrase),
            _ => Ok(buffer),
        }
    }
}

/// Encrypts a PKCS#8 private key, and returns an EncryptedPrivateKeyInfo. `salt` and `iv` must be
/// random.
pub(super) fn encrypt(pkcs8: &[u8], passphrase: &[u8], salt: [u8; 16], iv: [u8; 16]) -> Vec<u8> {
    let encrypt = || {
        let cost = scrypt::Params::new(LOG_N, R, P).ok()?;
        let parameters = Parameters::generate_scrypt_aes256cbc(cost, &salt, iv).ok()?;
        // In place, because this way no second copy of the key is left behind.
        let mut buffer = Zeroizing::new([pkcs8, &[0; 16]].concat());
        let ciphertext = parameters.encrypt_in_place(passphrase, &mut buffer, pkcs8.len()).ok()?;
        let algorithm = EncryptionScheme::from(parameters);
        let ciphertext = OctetStringRef::new(ciphertext).ok()?;
        let len = (algorithm.encoded_len().ok()? + ciphertext.encoded_len().ok()?).ok()?;
        let mut der = Vec::new();
        pkcs8::der::Header::new(Tag::Sequence, len).encode_to_vec(&mut der).ok()?;
        algorithm.encode_to_vec(&mut der).ok()?;
        ciphertext.encode_to_vec(&mut der).ok()?;
        Some(der)
    };
    encrypt().expect("the parameters are those of scrypt, and a key of at most 8192 bits fits")
}

/// Admits PBKDF2 with SHA-2, scrypt, and AES in CBC mode.
fn check_algorithms(parameters: &Parameters) -> Result<(), KeyErrorKind> {
    match &parameters.kdf {
        Kdf::Pbkdf2(kdf) if kdf.prf == Pbkdf2Prf::HmacWithSha1 => return Err(unsupported(kdf.prf.oid())),
        // What `pkcs5` does not check itself.
        Kdf::Pbkdf2(kdf) if kdf.iteration_count == 0 => return Err(unknown_parameters()),
        Kdf::Scrypt(kdf)
            if kdf.cost_parameter < 2
                || !kdf.cost_parameter.is_power_of_two()
                || kdf.block_size == 0
                || kdf.parallelization == 0 =>
        {
            return Err(unknown_parameters());
        }
        _ => {}
    }
    match parameters.encryption {
        pbes2::EncryptionScheme::Aes128Cbc { .. }
        | pbes2::EncryptionScheme::Aes192Cbc { .. }
        | pbes2::EncryptionScheme::Aes256Cbc { .. } => Ok(()),
        other => Err(unsupported(other.oid())),
    }
}

/// Checks the cost of deriving the key, without deriving it.
fn check_cost(kdf: &Kdf, limits: &Limits) -> Result<(), KeyErrorKind> {
    let (iterations, memory) = match kdf {
        Kdf::Pbkdf2(kdf) => (kdf.iteration_count.into(), 0),
        Kdf::Scrypt(kdf) => {
            let (n, r, p) = (kdf.cost_parameter, u64::from(kdf.block_size), u64::from(kdf.parallelization));
            (n.saturating_mul(r * p), (128 * r).saturating_mul(n.max(p)))
        }
        _ => return Err(unsupported(kdf.oid())),
    };
    limits.check(Limit::KdfIterations, iterations).map_err(KeyErrorKind::LimitExceeded)?;
    limits.check(Limit::KdfMemory, memory).map_err(KeyErrorKind::LimitExceeded)
}

fn unsupported(oid: ObjectIdentifier) -> KeyErrorKind {
    let oid = oid.to_string();
    let name = UNSUPPORTED.iter().find(|(other, _)| *other == oid).map(|(_, name)| *name);
    KeyErrorKind::UnsupportedEncryption(match name {
        Some(name) => [name, " (", &oid, ")"].concat(),
        None => oid,
    })
}

fn unknown_parameters() -> KeyErrorKind {
    KeyErrorKind::UnsupportedEncryption(String::from("unknown parameters"))
}

const SEQUENCE: u8 = 0x30;

// The cost of scrypt that OWASP's Password Storage Cheat Sheet recommends, in the variant with 16
// MiB of memory: OpenSSL 3 reads nothing that needs more than 32 MiB.
const LOG_N: u8 = 14;
const R: u32 = 8;
const P: u32 = 5;

/// What people may have instead.
const UNSUPPORTED: [(&str, &str); 13] = [
    ("1.2.840.113549.2.7", "PBKDF2 with SHA-1"),
    ("1.2.840.113549.3.7", "triple DES"),
    ("1.2.840.113549.3.2", "RC2"),
    ("1.3.14.3.2.7", "DES"),
    ("2.16.840.1.101.3.4.1.6", "AES-128-GCM"),
    ("2.16.840.1.101.3.4.1.46", "AES-256-GCM"),
    ("1.2.840.113549.1.5.3", "PBES1 with MD5 and DES"),
    ("1.2.840.113549.1.5.6", "PBES1 with MD5 and RC2"),
    ("1.2.840.113549.1.5.10", "PBES1 with SHA-1 and DES"),
    ("1.2.840.113549.1.5.11", "PBES1 with SHA-1 and RC2"),
    ("1.2.840.113549.1.12.1.1", "PKCS#12 with SHA-1 and RC4"),
    ("1.2.840.113549.1.12.1.3", "PKCS#12 with SHA-1 and triple DES"),
    ("1.2.840.113549.1.12.1.6", "PKCS#12 with SHA-1 and RC2"),
];
