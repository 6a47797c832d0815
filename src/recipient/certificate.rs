//! Recipients from X.509 certificates.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use super::rsa::RsaRecipient;
use crate::error::{CertificateConcern, KeyError};
use crate::key_file::CertificateFile;

/// An X.509 certificate (RFC 5280) whose key can be sealed to.
///
/// # Security
///
/// A certificate is a claim. Nothing is validated here: neither its signature nor a chain, neither
/// its revocation nor, unless you ask, its time. Whoever seals to a certificate trusts the way by
/// which it came. Names in it are text of whoever made it; escape them before you show them.
///
/// # Examples
///
/// ```
/// use std::time::SystemTime;
/// use bulla::Certificate;
///
/// let pem = include_str!("../../tests/keys/rsa2048.cert.pem");
/// let certificate = Certificate::from_file(pem)?;
/// assert_eq!(certificate.subject(), "CN=bulla test");
///
/// // Expired, or not for this use? Your decision.
/// let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
/// if let Err(concern) = certificate.check(now) {
///     eprintln!("{concern}");
/// }
/// let sealed = bulla::seal(certificate.recipient(), b"hello").unwrap();
/// # Ok::<(), bulla::error::KeyError>(())
/// ```
#[derive(Clone)]
pub struct Certificate {
    file: Arc<CertificateFile>,
    recipient: RsaRecipient,
}

impl Certificate {
    /// Reads a certificate from PEM or DER, or from a bundle of certificates in PEM. Of a bundle,
    /// this takes the leaf: the one certificate that issued none of the others. The order does not
    /// matter, and [`position`](Self::position) says which one it was. Other PEM blocks and text
    /// are skipped.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if there is no certificate, if it is not clear which one is the leaf, or if its
    /// key breaks the rules of [`RsaRecipient`].
    pub fn from_file(file: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let (file, public) = CertificateFile::from_file(file.as_ref())?;
        Ok(Self { file: Arc::new(file), recipient: RsaRecipient::from_file(public)? })
    }

    /// Returns the key, whatever [`check`](Self::check) says.
    #[must_use]
    pub fn recipient(&self) -> &RsaRecipient {
        &self.recipient
    }

    /// Says whether the certificate is meant for this use at the time `now`, which counts from
    /// 1970-01-01 00:00:00 UTC.
    ///
    /// # Errors
    ///
    /// [`CertificateConcern`] if it is not. The [`recipient`](Self::recipient) works all the same:
    /// the decision is the caller's.
    pub fn check(&self, now: Duration) -> Result<(), CertificateConcern> {
        if self.file.key_encipherment == Some(false) {
            return Err(CertificateConcern::NoKeyEncipherment);
        }
        // Both limits are included (RFC 5280 §4.1.2.5), and have whole seconds.
        if now < self.file.not_before {
            return Err(CertificateConcern::NotYetValid);
        }
        if now.as_secs() > self.file.not_after.as_secs() {
            return Err(CertificateConcern::Expired);
        }
        Ok(())
    }

    /// Returns the name of the subject in the form of RFC 4514. Unverified.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.file.subject
    }

    /// Returns the name of the issuer in the form of RFC 4514. Unverified.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.file.issuer
    }

    /// Returns the serial number, as a big-endian number.
    #[must_use]
    pub fn serial_number(&self) -> &[u8] {
        &self.file.serial_number
    }

    /// Returns the first moment of the validity, counted from 1970-01-01 00:00:00 UTC.
    #[must_use]
    pub fn not_before(&self) -> Duration {
        self.file.not_before
    }

    /// Returns the last second of the validity, counted from 1970-01-01 00:00:00 UTC.
    #[must_use]
    pub fn not_after(&self) -> Duration {
        self.file.not_after
    }

    /// Returns whether the key usage includes `keyEncipherment`, or `None` if the certificate does
    /// not restrict the usage (RFC 5280 §4.2.1.3).
    #[must_use]
    pub fn key_encipherment(&self) -> Option<bool> {
        self.file.key_encipherment
    }

    /// Returns the index of this certificate in the file, from 0, and the number of certificates
    /// there.
    #[must_use]
    pub fn position(&self) -> (usize, usize) {
        self.file.position
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject())
            .field("recipient", &self.recipient)
            .finish_non_exhaustive()
    }
}
