//! Public keys as they are given: as a key, or in a certificate.

use bulla::RsaRecipient;
use bulla::error::KeyError;

/// A public key, and what its certificate says of it.
pub(crate) struct PublicKey {
    pub(crate) key: RsaRecipient,
    /// Which certificate of a bundle was taken.
    pub(crate) choice: Option<String>,
    /// Why the certificate may be the wrong one.
    pub(crate) concern: Option<String>,
}

/// Reads a public key or, if there is none, a certificate.
#[cfg(feature = "x509")]
pub(crate) fn parse(file: &[u8]) -> Result<PublicKey, KeyError> {
    use bulla::Certificate;
    use bulla::error::{KeyErrorKind, KeyFormat};
    use std::time::SystemTime;

    let error = match RsaRecipient::from_key_file(file) {
        Ok(key) => return Ok(PublicKey { key, choice: None, concern: None }),
        Err(error) => error,
    };
    if error.kind() != &KeyErrorKind::Format(KeyFormat::Certificate) {
        return Err(error);
    }
    let certificate = Certificate::from_file(file)?;
    // A clock before 1970 is wrong, and to it no certificate is valid yet.
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let (index, count) = certificate.position();
    let choice = format!("sealing to certificate {} of {count}: {}", index + 1, certificate.subject());
    Ok(PublicKey {
        key: certificate.recipient().clone(),
        choice: (count > 1).then_some(choice),
        concern: certificate.check(now).err().map(|concern| concern.to_string()),
    })
}

#[cfg(not(feature = "x509"))]
pub(crate) fn parse(file: &[u8]) -> Result<PublicKey, KeyError> {
    Ok(PublicKey { key: RsaRecipient::from_key_file(file)?, choice: None, concern: None })
}
