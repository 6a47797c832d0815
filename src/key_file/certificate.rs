//! Reads X.509 certificates (RFC 5280), and finds the one that is meant in a bundle.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use pkcs8::der::{Decode, Encode};
use x509_cert::Certificate;
use x509_cert::ext::pkix::KeyUsage;

use super::command::{Half, Wanted};
use super::pem::Block;
use super::{PublicKeyFile, Purpose, asn1, der, recognise, with_command};
use crate::error::{DerDamage, KeyError, KeyErrorKind, KeyFormat};

/// What a certificate says of its key.
pub(crate) struct CertificateFile {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) serial_number: Vec<u8>,
    /// Since 1970, UTC.
    pub(crate) not_before: Duration,
    pub(crate) not_after: Duration,
    /// Whether the key usage includes `keyEncipherment`, if there is such an extension.
    pub(crate) key_encipherment: Option<bool>,
    /// Index in the file, and number of certificates there.
    pub(crate) position: (usize, usize),
}

impl CertificateFile {
    /// Reads one certificate in DER, or one or more in PEM, of which it takes the leaf: the one
    /// that issued none of the others. Returns its key as well, which has passed the policy.
    pub(crate) fn from_file(file: &[u8]) -> Result<(Self, PublicKeyFile), KeyError> {
        let is_der = asn1::is_der(file);
        let certificates = if is_der { parse(file).map(|one| vec![one]) } else { find_all(file) };
        let found = certificates.and_then(|all| {
            let index = leaf(&all)?;
            Self::new(&all[index], (index, all.len()))
        });
        found.map_err(|kind| match kind {
            // What mends the DER of a key does not mend that of a certificate.
            KeyErrorKind::Der(_) => kind.into(),
            kind => with_command(kind, Wanted { half: Half::Public, purpose: Purpose::Opening }, is_der),
        })
    }

    fn new(certificate: &Certificate, position: (usize, usize)) -> Result<(Self, PublicKeyFile), KeyErrorKind> {
        let signed = certificate.tbs_certificate();
        let spki = signed.subject_public_key_info().to_der().map_err(|_| DerDamage::Structure)?;
        let usage = signed.get_extension::<KeyUsage>().map_err(|_| DerDamage::Structure)?;
        let public = PublicKeyFile::from_key_der(&spki, Purpose::Opening)?;
        let file = Self {
            subject: signed.subject().to_string(),
            issuer: signed.issuer().to_string(),
            serial_number: signed.serial_number().as_bytes().to_vec(),
            not_before: signed.validity().not_before.to_unix_duration(),
            not_after: signed.validity().not_after.to_unix_duration(),
            key_encipherment: usage.map(|(_, usage)| usage.key_encipherment()),
            position,
        };
        Ok((file, public))
    }
}

fn find_all(text: &[u8]) -> Result<Vec<Certificate>, KeyErrorKind> {
    if let Some(kind) = recognise::before_pem(text) {
        return Err(kind);
    }
    let blocks = Block::find_all(text);
    if blocks.iter().filter(|block| LABELS.contains(&block.label)).nth(MAX_CERTIFICATES).is_some() {
        return Err(KeyErrorKind::TooManyCertificates);
    }
    let certificates: Result<Vec<_>, _> =
        blocks.iter().filter(|block| LABELS.contains(&block.label)).map(|block| parse(&block.decode()?)).collect();
    match (certificates, blocks.as_slice()) {
        // A single block is judged by its content, as that of a key is.
        (Ok(none), [block]) if none.is_empty() && block.label != TRUSTED_LABEL => {
            parse(&block.decode()?).map(|one| vec![one])
        }
        (Ok(none), _) if none.is_empty() => Err(match blocks.iter().find(|block| block.label == TRUSTED_LABEL) {
            Some(_) => KeyErrorKind::Format(KeyFormat::TrustedCertificate),
            None => KeyErrorKind::NoCertificate,
        }),
        (found, _) => found,
    }
}

fn parse(der: &[u8]) -> Result<Certificate, KeyErrorKind> {
    Certificate::from_der(der).map_err(|_| match der::KeyDer::decode(der, Purpose::Opening) {
        // A certificate by its outer structure, which is damaged inside.
        Err(KeyErrorKind::Format(KeyFormat::Certificate)) => DerDamage::Structure.into(),
        Err(kind) => kind,
        Ok(_) => KeyErrorKind::NoCertificate,
    })
}

/// Returns the index of the certificate that issued none of the others.
fn leaf(all: &[Certificate]) -> Result<usize, KeyErrorKind> {
    let issued_another = |index: usize| {
        let subject = all[index].tbs_certificate().subject();
        all.iter().any(|other| other != &all[index] && other.tbs_certificate().issuer() == subject)
    };
    let is_repeated = |index: usize| all[..index].contains(&all[index]);
    let leaves: Vec<_> = (0..all.len()).filter(|&index| !is_repeated(index) && !issued_another(index)).collect();
    match leaves.as_slice() {
        [one] => Ok(*one),
        several => Err(KeyErrorKind::SeveralCertificates(several.len())),
    }
}

/// OpenSSL's own form, which has more in it.
const TRUSTED_LABEL: &str = "TRUSTED CERTIFICATE";

/// More than any chain has. Each is compared with all others.
const MAX_CERTIFICATES: usize = 100;

const LABELS: [&str; 2] = ["CERTIFICATE", "X509 CERTIFICATE"];
