//! Why a certificate may be the wrong one.

use core::fmt;

/// Why a certificate may be the wrong one to seal to. The caller decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateConcern {
    /// The validity has ended.
    Expired,
    /// The validity has not begun.
    NotYetValid,
    /// There is a key usage extension (RFC 5280 §4.2.1.3), and it lacks `keyEncipherment`.
    NoKeyEncipherment,
}

impl fmt::Display for CertificateConcern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "the certificate has expired",
            Self::NotYetValid => "the certificate is not valid yet",
            Self::NoKeyEncipherment => "the key usage of the certificate does not include keyEncipherment",
        })
    }
}

impl core::error::Error for CertificateConcern {}
