//! The library with each of its backends, behind functions that take and give plain values: what
//! comes of the same bytes must be the same.

/// The library with RustCrypto, or whatever `bulla` is built with.
pub enum RustCrypto {}

/// The library with AWS-LC.
pub enum AwsLc {}

/// Ways to read a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    RecipientFile,
    RecipientPem,
    RecipientDer,
    /// The last three bytes are the exponent, those before them the modulus.
    RecipientComponents,
    IdentityFile,
    IdentityPem,
    IdentityDer,
    /// With this passphrase.
    EncryptedFile(&'static str),
    CertificateFile,
    VerifierFile,
    SignerFile,
}

/// A key that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub id: String,
    pub spki: Vec<u8>,
    /// If it is a private one.
    pub pkcs8: Option<Vec<u8>>,
}

/// The error on one that was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its kind, as code.
    pub kind: String,
    /// The text of its kind.
    pub reason: String,
    /// The whole text.
    pub text: String,
    pub command: Option<&'static str>,
}

/// Reads `file` with both backends. Each seals to the key, and opens what both sealed, or verifies
/// what both signed.
pub fn read(reader: Reader, file: &[u8]) -> Result<Key, Refusal> {
    let [ours, theirs] = [RustCrypto::read(reader, file), AwsLc::read(reader, file)];
    assert_eq!(ours, theirs, "the backends disagree");
    if let (Reader::SignerFile, Ok(Key { spki, pkcs8: Some(pkcs8), .. })) = (reader, &ours) {
        for signature in [RustCrypto::sign(pkcs8), AwsLc::sign(pkcs8)] {
            assert!(RustCrypto::verifies(spki, &signature) && AwsLc::verifies(spki, &signature));
        }
    } else if let Ok(Key { spki, pkcs8, .. }) = &ours {
        for sealed in [RustCrypto::seal(spki), AwsLc::seal(spki)] {
            if let Some(pkcs8) = pkcs8 {
                assert_eq!(RustCrypto::open(pkcs8, &sealed), b"hello");
                assert_eq!(AwsLc::open(pkcs8, &sealed), b"hello");
            }
        }
    }
    ours
}

/// What is done with each backend.
pub trait Library {
    fn read(reader: Reader, file: &[u8]) -> Result<Key, Refusal>;

    /// Seals a short message.
    fn seal(spki: &[u8]) -> Vec<u8>;

    fn open(pkcs8: &[u8], envelope: &[u8]) -> Vec<u8>;

    /// Signs a short message.
    fn sign(pkcs8: &[u8]) -> Vec<u8>;

    fn verifies(spki: &[u8], signature: &[u8]) -> bool;
}

macro_rules! library {
    ($backend:ident, $bulla:ident) => {
        impl Library for $backend {
            fn read(reader: Reader, file: &[u8]) -> Result<Key, Refusal> {
                use $bulla::{Certificate, Limits, RsaIdentity, RsaRecipient, RsaSigner, RsaVerifier};

                let public = |key: &RsaRecipient| {
                    assert_eq!(RsaRecipient::from_pem(key.to_pem()).as_ref(), Ok(key));
                    Key { id: key.key_id().to_string(), spki: key.as_der().to_vec(), pkcs8: None }
                };
                let private = |key: RsaIdentity| {
                    let pkcs8 = key.to_der().expose().to_vec();
                    let again = RsaIdentity::from_pem(key.to_pem().expose()).unwrap();
                    assert_eq!(again.to_der().expose(), pkcs8);
                    Key { pkcs8: Some(pkcs8), ..public(&key.recipient()) }
                };
                let verifying = |key: &RsaVerifier| {
                    assert_eq!(RsaVerifier::from_pem(key.to_pem()).as_ref(), Ok(key));
                    Key { id: key.key_id().to_string(), spki: key.as_der().to_vec(), pkcs8: None }
                };
                let signing = |key: RsaSigner| {
                    let pkcs8 = key.to_der().expose().to_vec();
                    let again = RsaSigner::from_pem(key.to_pem().expose()).unwrap();
                    assert_eq!(again.to_der().expose(), pkcs8);
                    Key { pkcs8: Some(pkcs8), ..verifying(&key.verifier()) }
                };
                let found = match reader {
                    Reader::RecipientFile => RsaRecipient::from_key_file(file).map(|key| public(&key)),
                    Reader::RecipientPem => RsaRecipient::from_pem(file).map(|key| public(&key)),
                    Reader::RecipientDer => RsaRecipient::from_der(file).map(|key| public(&key)),
                    Reader::RecipientComponents => {
                        let (modulus, exponent) = file.split_at(file.len().saturating_sub(3));
                        RsaRecipient::from_components(modulus, exponent).map(|key| public(&key))
                    }
                    Reader::IdentityFile => RsaIdentity::from_key_file(file).map(private),
                    Reader::IdentityPem => RsaIdentity::from_pem(file).map(private),
                    Reader::IdentityDer => RsaIdentity::from_der(file).map(private),
                    Reader::EncryptedFile(passphrase) => {
                        // What costs more than a test should is refused.
                        let limits = Limits::default().with_kdf_iterations(3000).with_kdf_memory(1 << 20);
                        RsaIdentity::from_encrypted_key_file(file, passphrase, &limits).map(private)
                    }
                    Reader::CertificateFile => Certificate::from_file(file).map(|found| public(found.recipient())),
                    Reader::VerifierFile => RsaVerifier::from_key_file(file).map(|key| verifying(&key)),
                    Reader::SignerFile => RsaSigner::from_key_file(file).map(signing),
                };
                found.map_err(|error| Refusal {
                    kind: format!("{:?}", error.kind()),
                    reason: error.kind().to_string(),
                    text: error.to_string(),
                    command: error.command(),
                })
            }

            fn seal(spki: &[u8]) -> Vec<u8> {
                $bulla::seal($bulla::RsaRecipient::from_der(spki).unwrap(), b"hello").unwrap()
            }

            fn open(pkcs8: &[u8], envelope: &[u8]) -> Vec<u8> {
                $bulla::open(&$bulla::RsaIdentity::from_der(pkcs8).unwrap(), envelope).unwrap()
            }

            fn sign(pkcs8: &[u8]) -> Vec<u8> {
                use $bulla::{RsaSigner, Signer};
                RsaSigner::from_der(pkcs8).unwrap().sign(b"hello").unwrap()
            }

            fn verifies(spki: &[u8], signature: &[u8]) -> bool {
                use $bulla::{RsaVerifier, Verifier};
                RsaVerifier::from_der(spki).unwrap().verify(b"hello", signature)
            }
        }
    };
}

library!(RustCrypto, bulla);
library!(AwsLc, bulla_aws_lc);
