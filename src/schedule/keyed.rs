//! A header together with its content key.

use super::header_digest::HeaderDigest;
use crate::crypto::sha512;
use crate::error::HeaderError;
use crate::limits::Limits;
use crate::secret::ContentKey;
use crate::wire::{Header, Item};

/// A header that verifies under a content key: what every body, and every change of recipients,
/// starts from. Sealing and opening make it alike. It never leaves the crate.
pub(crate) struct Keyed {
    header: Header,
    key: ContentKey,
    preamble_digest: [u8; 64],
}

impl Keyed {
    /// Gives `header` its tag under `key`.
    pub(crate) fn seal(header: Header, key: ContentKey) -> Self {
        let header = tagged(header, &key);
        Self::new(header, key)
    }

    /// Takes `key` if `header`, which has the digest given, verifies under it.
    pub(crate) fn open(header: &Header, digest: &HeaderDigest, key: ContentKey) -> Option<Self> {
        digest.verify(&key, header.tag()).then(|| Self::new(header.clone(), key))
    }

    fn new(header: Header, key: ContentKey) -> Self {
        let preamble_digest = sha512(&header.preamble());
        Self { header, key, preamble_digest }
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) fn into_header(self) -> Header {
        self.header
    }

    pub(crate) fn key(&self) -> &ContentKey {
        &self.key
    }

    /// P: what bodies are bound to of the header (SPEC §4.3).
    pub(super) fn preamble_digest(&self) -> &[u8; 64] {
        &self.preamble_digest
    }

    /// The header with other records in place of its own: the same preamble, key and bodies.
    pub(crate) fn with_records(&self, records: &mut [Item], limits: &Limits) -> Result<Header, HeaderError> {
        Ok(tagged(self.header.with_records(records, limits)?, &self.key))
    }
}

fn tagged(mut header: Header, key: &ContentKey) -> Header {
    let tag = HeaderDigest::new(&header).tag(key);
    header.set_tag(&tag);
    header
}
