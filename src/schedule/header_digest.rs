//! The tag of a header (SPEC §4.2).

use super::derive::derive;
use crate::crypto::{constant_time_eq, hmac_sha512, sha512};
use crate::format::HEADER_TAG_LEN;
use crate::secret::{ContentKey, Secret};
use crate::wire::Header;

/// The digest of everything before the tag of a header: computed once, however many keys are tried.
pub(crate) struct HeaderDigest([u8; 64]);

impl HeaderDigest {
    pub(crate) fn new(header: &Header) -> Self {
        Self(sha512(&[header.tagged()]))
    }

    /// The tag under `key`.
    pub(crate) fn tag(&self, key: &ContentKey) -> [u8; HEADER_TAG_LEN] {
        let mac_key: Secret<64> = derive(key, b"header-mac");
        let mut mac = [0; 64];
        hmac_sha512(mac_key.expose(), [&self.0[..]], &mut mac);
        *mac.first_chunk().expect("32 of 64 bytes")
    }

    /// Whether `tag` is the one under `key`, compared in constant time.
    pub(crate) fn verify(&self, key: &ContentKey, tag: &[u8]) -> bool {
        constant_time_eq(&self.tag(key), tag)
    }
}
