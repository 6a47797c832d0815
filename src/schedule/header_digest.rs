//! The tag of a header (SPEC §4.2).

use super::derive::Prk;
use crate::crypto::{HmacKey, constant_time_eq, sha512};
use crate::format::HEADER_TAG_LEN;
use crate::secret::Secret;
use crate::wire::Header;

/// The digest of everything before the tag of a header: computed once, however many keys are tried.
pub(crate) struct HeaderDigest([u8; 64]);

impl HeaderDigest {
    pub(crate) fn new(header: &Header) -> Self {
        Self(sha512(&[header.tagged()]))
    }

    /// The tag under a content key.
    pub(super) fn tag(&self, prk: &Prk) -> [u8; HEADER_TAG_LEN] {
        let mac_key: Secret<64> = prk.derive(b"header-mac");
        let mut mac = [0; 64];
        HmacKey::new(mac_key.expose()).sign(&self.0, &mut mac);
        *mac.first_chunk().expect("32 of 64 bytes")
    }

    /// Whether `tag` is the one under a content key, compared in constant time.
    pub(super) fn verify(&self, prk: &Prk, tag: &[u8]) -> bool {
        constant_time_eq(&self.tag(prk), tag)
    }
}
