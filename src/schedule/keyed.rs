//! A header together with its content key.

use super::derive::Prk;
use super::header_digest::HeaderDigest;
use crate::crypto::{HmacKey, sha512};
use crate::error::HeaderError;
use crate::limits::Limits;
use crate::secret::{ContentKey, Secret};
use crate::wire::{Header, Item};

/// A header that verifies under a content key: what every body, and every change of recipients,
/// starts from. Sealing and opening make it alike. It never leaves the crate.
pub(crate) struct Keyed {
    header: Header,
    key: ContentKey,
    prk: Prk,
    body_key: HmacKey,
    preamble_digest: [u8; 64],
}

/// A content key that has no header yet.
pub(crate) struct NewKey {
    key: ContentKey,
    prk: Prk,
}

impl NewKey {
    pub(crate) fn new(key: ContentKey) -> Self {
        Self { prk: Prk::new(&key), key }
    }

    /// Gives `header` its tag under the key.
    pub(crate) fn seal(self, header: Header) -> Keyed {
        Keyed::new(tagged(header, &self.prk), self.key, self.prk)
    }

    pub(super) fn prk(&self) -> &Prk {
        &self.prk
    }
}

impl Keyed {
    /// Takes `key` if `header`, which has the digest given, verifies under it.
    pub(crate) fn open(header: &Header, digest: &HeaderDigest, key: ContentKey) -> Option<Self> {
        let prk = Prk::new(&key);
        digest.verify(&prk, header.tag()).then(|| Self::new(header.clone(), key, prk))
    }

    fn new(header: Header, key: ContentKey, prk: Prk) -> Self {
        let preamble_digest = sha512(&header.preamble());
        let body_key: Secret<32> = prk.derive(b"body");
        Self { header, key, prk, body_key: HmacKey::new(body_key.expose()), preamble_digest }
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

    pub(super) fn prk(&self) -> &Prk {
        &self.prk
    }

    /// The input key of all bodies (SPEC §4.1).
    pub(super) fn body_key(&self) -> &HmacKey {
        &self.body_key
    }

    /// P: what bodies are bound to of the header (SPEC §4.3).
    pub(super) fn preamble_digest(&self) -> &[u8; 64] {
        &self.preamble_digest
    }

    /// The header with other records in place of its own: the same preamble, key and bodies.
    pub(crate) fn with_records(&self, records: &mut [Item], limits: &Limits) -> Result<Header, HeaderError> {
        Ok(tagged(self.header.with_records(records, limits)?, &self.prk))
    }
}

fn tagged(mut header: Header, prk: &Prk) -> Header {
    let tag = HeaderDigest::new(&header).tag(prk);
    header.set_tag(&tag);
    header
}
