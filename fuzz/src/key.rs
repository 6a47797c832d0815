//! Import of keys, and that an imported key keeps its identity and works.

use std::collections::BTreeSet;

use base64ct::{Base64, Encoding};
use bulla::error::{KeyError, KeyErrorKind};
use bulla::{RsaIdentity, RsaRecipient};

use crate::split_mix::SplitMix64;

/// Everything that [`check`] can return.
pub const OUTCOMES: [&str; 25] = [
    "another format",
    "components",
    "damaged DER",
    "damaged PEM",
    "damaged SSH line",
    "empty",
    "encrypted",
    "even modulus",
    "exponent refused",
    "exponent too large",
    "inconsistent",
    "modulus too large",
    "modulus too small",
    "multi-prime",
    "not RSA",
    "OAEP parameters",
    "PEM label",
    "private key",
    "private key where a public key belongs",
    "PSS only",
    "public key",
    "public key where a private key belongs",
    "several keys",
    "short prime",
    "unrecognised",
];

/// Imports `input` in every way there is and tells what came of it.
pub fn check(input: &[u8]) -> BTreeSet<&'static str> {
    let recipient = RsaRecipient::from_der(input);
    let identity = RsaIdentity::from_der(input);
    assert!(recipient.is_err() || identity.is_err(), "one key cannot be public and private");

    // The text form of the same bytes says the same.
    for label in ["PUBLIC KEY", "RSA PUBLIC KEY"] {
        assert_eq!(key_id(&RsaRecipient::from_pem(pem(label, input))), key_id(&recipient));
    }
    for label in ["PRIVATE KEY", "RSA PRIVATE KEY"] {
        let again = RsaIdentity::from_pem(pem(label, input));
        assert_eq!(again.map(|key| key.key_id()).map_err(kind), identity.clone().map(|key| key.key_id()).map_err(kind));
    }

    let (modulus, exponent) = input.split_at(input.len().saturating_sub(3));
    let components = RsaRecipient::from_components(modulus, exponent);
    if let Ok(recipient) = &components {
        let padded = RsaRecipient::from_components(&[&[0], modulus].concat(), &[&[0], exponent].concat());
        assert_eq!(padded.unwrap().key_id(), recipient.key_id());
    }

    [
        check_recipient(recipient, "public key"),
        check_recipient(RsaRecipient::from_pem(input), "public key"),
        check_recipient(components, "components"),
        check_identity(identity),
        check_identity(RsaIdentity::from_pem(input)),
        check_recipient(RsaRecipient::from_key_file(input), "public key"),
        check_identity(RsaIdentity::from_key_file(input)),
    ]
    .into()
}

fn check_recipient(result: Result<RsaRecipient, KeyError>, outcome: &'static str) -> &'static str {
    let recipient = match result {
        Ok(recipient) => recipient,
        Err(error) => return name(&error),
    };
    let again = [
        RsaRecipient::from_pem(recipient.to_pem()).unwrap(),
        RsaRecipient::from_pem(format!("before\n{}after\n", recipient.to_pem())).unwrap(),
        RsaRecipient::from_der(recipient.as_der()).unwrap(),
    ];
    for again in again {
        assert_eq!(again.key_id(), recipient.key_id());
        assert_eq!(again.as_der(), recipient.as_der());
    }
    bulla::Sealer::new(&recipient).start_with_rng(&mut SplitMix64(0)).unwrap();
    outcome
}

fn check_identity(result: Result<RsaIdentity, KeyError>) -> &'static str {
    let identity = match result {
        Ok(identity) => identity,
        Err(error) => return name(&error),
    };
    let again = [
        RsaIdentity::from_pem(identity.to_pem().expose()).unwrap(),
        RsaIdentity::from_der(identity.to_der().expose()).unwrap(),
    ];
    for again in again {
        assert_eq!(again.key_id(), identity.key_id());
        assert_eq!(again.to_der().expose(), identity.to_der().expose());
    }
    let sealed =
        bulla::Sealer::new(identity.recipient()).start_with_rng(&mut SplitMix64(0)).unwrap().seal(b"hello").unwrap();
    assert_eq!(bulla::open(&identity, &sealed), Ok(b"hello".to_vec()));
    "private key"
}

/// `der` in PEM form.
pub fn pem(label: &str, der: &[u8]) -> String {
    let text = Base64::encode_string(der);
    let mut lines = vec![format!("-----BEGIN {label}-----")];
    lines.extend(text.as_bytes().chunks(64).map(|line| String::from_utf8(line.to_vec()).unwrap()));
    lines.push(format!("-----END {label}-----\n"));
    lines.join("\n")
}

/// The kind alone: the command that mends a key is another one for PEM than for DER.
fn kind(error: KeyError) -> KeyErrorKind {
    error.kind().clone()
}

fn key_id(result: &Result<RsaRecipient, KeyError>) -> Result<bulla::keys::KeyId, &KeyErrorKind> {
    result.as_ref().map(RsaRecipient::key_id).map_err(KeyError::kind)
}

fn name(error: &KeyError) -> &'static str {
    assert!(!error.to_string().is_empty());
    match error.kind() {
        KeyErrorKind::Empty => "empty",
        KeyErrorKind::Unrecognised => "unrecognised",
        KeyErrorKind::Format(_) => "another format",
        KeyErrorKind::Pem(_) => "damaged PEM",
        KeyErrorKind::PemLabel(_) => "PEM label",
        KeyErrorKind::NoFittingBlock(_) | KeyErrorKind::SeveralKeys(_) => "several keys",
        KeyErrorKind::DamagedSshLine => "damaged SSH line",
        KeyErrorKind::Der(_) => "damaged DER",
        KeyErrorKind::PrivateKey => "private key where a public key belongs",
        KeyErrorKind::PublicKey => "public key where a private key belongs",
        KeyErrorKind::Encrypted => "encrypted",
        KeyErrorKind::OtherAlgorithm(_) => "not RSA",
        KeyErrorKind::PssOnly => "PSS only",
        KeyErrorKind::OaepParameters => "OAEP parameters",
        KeyErrorKind::ModulusTooSmall { .. } => "modulus too small",
        KeyErrorKind::ModulusTooLarge { .. } => "modulus too large",
        KeyErrorKind::ModulusEven => "even modulus",
        KeyErrorKind::ExponentRefused { .. } => "exponent refused",
        KeyErrorKind::ExponentTooLarge { .. } => "exponent too large",
        KeyErrorKind::MultiPrime => "multi-prime",
        KeyErrorKind::PrimeTooShort { .. } => "short prime",
        KeyErrorKind::Inconsistent(_) => "inconsistent",
        other => panic!("{other:?} cannot happen here, or is new: name it"),
    }
}
