//! The key schedule: from a content key to the header's tag and the body's keys (SPEC §4).
//!
//! The content key is only ever a key of HMAC-SHA-512, and every derivation from it is one call.

use crate::crypto::{constant_time_eq, hkdf_expand_sha512, hmac_sha512, sha512};
use crate::format::{HEADER_TAG_LEN, KIND_SINGLE, SUITE, VERSION};
use crate::secret::{ContentKey, Secret};
use crate::wire::Header;

/// The digest of everything before the tag of `header` (SPEC §4.2): computed once, whatever the number of keys tried.
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

/// What the body is sealed under: the input key and the context of a Cobblestone-256 message (SPEC §4.3).
pub(crate) struct BodyKeys {
    pub(crate) input_key: Secret<32>,
    pub(crate) context: [u8; CONTEXT_LEN],
}

impl BodyKeys {
    /// For the single body of `header`, bound to the associated data `aad`, where absent means empty.
    pub(crate) fn new(key: &ContentKey, header: &Header, aad: &[u8]) -> Self {
        // SPEC §4.3: context = "bulla" 00 "body" 00 || kind || P || A || place, where a single body has no place.
        let preamble_digest = sha512(&header.preamble());
        let aad_digest = sha512(&[aad]);
        let mut context = [0; CONTEXT_LEN];
        let (label, digests) = context.split_at_mut(CONTEXT_LABEL.len());
        label.copy_from_slice(CONTEXT_LABEL);
        digests[..64].copy_from_slice(&preamble_digest);
        digests[64..].copy_from_slice(&aad_digest);
        Self { input_key: derive(key, b"body"), context }
    }
}

/// `HKDF-Expand-SHA-512(key, info(label, N), N)` (SPEC §4.1).
fn derive<const N: usize>(key: &ContentKey, label: &[u8]) -> Secret<N> {
    let len = u16::try_from(N).expect("derived keys have at most 64 bytes").to_be_bytes();
    let mut output = Secret::zero();
    hkdf_expand_sha512(key.expose(), &[INFO_PREFIX, &len, label], output.expose_mut());
    output
}

/// SPEC §4.1: info(label, L) = "bulla" 00 "key" 00 || version || suite || u16(L) || label.
const INFO_PREFIX: &[u8] = &[b'b', b'u', b'l', b'l', b'a', 0, b'k', b'e', b'y', 0, VERSION, SUITE];

const CONTEXT_LABEL: &[u8] = &[b'b', b'u', b'l', b'l', b'a', 0, b'b', b'o', b'd', b'y', 0, KIND_SINGLE];

const CONTEXT_LEN: usize = CONTEXT_LABEL.len() + 64 + 64;
