//! What a key is for, and which keys are for that.

use alloc::string::String;

use crate::error::KeyErrorKind;
use crate::format::SignatureAlgorithm;

/// What a key is needed for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To wrap and unwrap content keys.
    Opening,
    /// To sign and verify, with a key of this family or of any.
    Signing(Option<Family>),
}

impl Purpose {
    /// Returns whether a key of `family` is one of those that are needed.
    pub(super) fn admits(self, family: Family) -> bool {
        match self {
            Self::Opening => family == Family::Rsa,
            Self::Signing(needed) => needed.is_none_or(|needed| needed == family),
        }
    }

    /// Checks the same, with an error for which `name` tells what the key is.
    pub(super) fn check(self, family: Family, name: impl FnOnce() -> String) -> Result<(), KeyErrorKind> {
        if self.admits(family) { Ok(()) } else { Err(self.other_algorithm(name())) }
    }

    /// The error on a key of another algorithm.
    pub(super) fn other_algorithm(self, found: String) -> KeyErrorKind {
        match self {
            Self::Opening => KeyErrorKind::OtherAlgorithm(found),
            Self::Signing(needed) => {
                KeyErrorKind::OtherSignatureAlgorithm { needed: needed.map(Family::signature_algorithm), found }
            }
        }
    }
}

/// The kinds of keys that are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Rsa,
    #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
    P256,
    #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
    Ed25519,
}

impl Family {
    const fn signature_algorithm(self) -> SignatureAlgorithm {
        match self {
            Self::Rsa => SignatureAlgorithm::RsaPssSha256,
            #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
            Self::P256 => SignatureAlgorithm::EcdsaP256Sha256,
            #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
            Self::Ed25519 => SignatureAlgorithm::Ed25519,
        }
    }
}
