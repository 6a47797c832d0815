//! Import of keys in DER and as numbers, and that an imported key keeps its identity and works,
//! whatever backend reads it.

pub mod backends;
#[path = "../../tests/common/key_samples.rs"]
pub mod key_samples;
mod made;
pub mod shapes;
#[path = "../../tests/common/variants.rs"]
pub mod variants;

use std::collections::BTreeSet;

use bulla::RsaRecipient;

use self::backends::{Key, Reader, Refusal};

/// Everything that [`check`] can return.
pub const OUTCOMES: [&str; 39] = [
    "DerDamage::LeadingZeros",
    "DerDamage::Missing",
    "DerDamage::Negative",
    "DerDamage::NotDer",
    "DerDamage::OtherPublicKey",
    "DerDamage::Structure",
    "DerDamage::SurplusParts",
    "DerDamage::TrailingBytes",
    "DerDamage::Truncated",
    "DerDamage::UnusedBits",
    "DerDamage::Version",
    "KeyErrorKind::Encrypted",
    "KeyErrorKind::ExponentRefused",
    "KeyErrorKind::ExponentTooLarge",
    "KeyErrorKind::Inconsistent",
    "KeyErrorKind::ModulusEven",
    "KeyErrorKind::ModulusTooLarge",
    "KeyErrorKind::ModulusTooSmall",
    "KeyErrorKind::MultiPrime",
    "KeyErrorKind::OaepParameters",
    "KeyErrorKind::OtherAlgorithm",
    "KeyErrorKind::PrimeTooShort",
    "KeyErrorKind::PrivateKey",
    "KeyErrorKind::PssOnly",
    "KeyErrorKind::PublicKey",
    "KeyErrorKind::UnsupportedEncryption",
    "KeyErrorKind::Unusable",
    "KeyFormat::Certificate",
    "KeyFormat::CertificateRequest",
    "KeyFormat::Pkcs7",
    "KeyFormat::RevocationList",
    "components",
    "made: KeyErrorKind::ExponentTooLarge",
    "made: KeyErrorKind::Inconsistent",
    "made: KeyErrorKind::PrivateKey",
    "made: KeyErrorKind::Unusable",
    "made: private key",
    "private key",
    "public key",
];

/// Imports `input` in every way there is and tells what came of it.
pub fn check(input: &[u8]) -> BTreeSet<String> {
    let mut outcomes = check_der(input);
    let components = backends::read(Reader::RecipientComponents, input);
    if let Ok(Key { id, .. }) = &components {
        let (modulus, exponent) = input.split_at(input.len() - 3);
        let padded = RsaRecipient::from_components(&[&[0], modulus].concat(), &[&[0], exponent].concat());
        assert_eq!(padded.unwrap().key_id().to_string(), *id);
    }
    outcomes.insert(outcome(components, "components"));
    if let Some(der) = input.try_into().ok().and_then(made::key) {
        outcomes.extend(check_der(&der).into_iter().map(|outcome| format!("made: {outcome}")));
    }
    outcomes
}

fn check_der(der: &[u8]) -> BTreeSet<String> {
    let recipient = backends::read(Reader::RecipientDer, der);
    let identity = backends::read(Reader::IdentityDer, der);
    assert!(recipient.is_err() || identity.is_err(), "one key cannot be public and private");
    shapes::check(der);
    [outcome(recipient, "public key"), outcome(identity, "private key")].into()
}

fn outcome(result: Result<Key, Refusal>, accepted: &str) -> String {
    result.map_or_else(|refusal| variants::name_of(&refusal.kind), |_| accepted.into())
}
