//! What a body is bound to, and the keys that follow from it (SPEC §4.3).

use super::keyed::Keyed;
use crate::crypto::sha512;
use crate::format::Kind;
use crate::secret::Secret;

/// A body under a header: its kind, its place among the bodies of that header, and the associated
/// data. The keys of a body come from this and its header, and from nothing else.
#[derive(Clone, Copy)]
pub(crate) struct Body<'a> {
    kind: Kind,
    aad: &'a AssociatedData,
}

impl<'a> Body<'a> {
    /// The one body of an envelope with the layout `01`, which has no place.
    pub(crate) fn single(aad: &'a AssociatedData) -> Self {
        Self { kind: Kind::Single, aad }
    }
}

/// A: the digest of the associated data (SPEC §4.3).
#[derive(Clone)]
pub(crate) struct AssociatedData([u8; 64]);

impl AssociatedData {
    /// Absent associated data is empty, and needs no work.
    pub(crate) fn new(aad: &[u8]) -> Self {
        if aad.is_empty() { Self(SHA512_OF_NOTHING) } else { Self(sha512(&[aad])) }
    }
}

/// The input key and the context of a Cobblestone-256 message.
pub(crate) struct BodyKeys {
    pub(crate) input_key: Secret<32>,
    pub(crate) context: [u8; CONTEXT_LEN],
}

impl BodyKeys {
    /// # Panics
    ///
    /// If the layout of the header has no bodies of this kind.
    pub(crate) fn new(keyed: &Keyed, body: Body<'_>) -> Self {
        let layout = keyed.header().layout();
        assert!(layout.kinds().contains(&body.kind), "a body of {layout:?} is of its kinds");
        // SPEC §4.3: context = "bulla" 00 "body" 00 || kind || P || A || place.
        let mut context = [0; CONTEXT_LEN];
        let (label, rest) = context.split_at_mut(CONTEXT_LABEL.len());
        label.copy_from_slice(CONTEXT_LABEL);
        rest[0] = body.kind.code();
        rest[1..65].copy_from_slice(keyed.preamble_digest());
        rest[65..].copy_from_slice(&body.aad.0);
        Self { input_key: keyed.prk().derive(b"body"), context }
    }
}

const CONTEXT_LABEL: &[u8] = b"bulla\0body\0";

const CONTEXT_LEN: usize = CONTEXT_LABEL.len() + 1 + 64 + 64;

const SHA512_OF_NOTHING: [u8; 64] = [
    0xcf, 0x83, 0xe1, 0x35, 0x7e, 0xef, 0xb8, 0xbd, 0xf1, 0x54, 0x28, 0x50, 0xd6, 0x6d, 0x80, 0x07, 0xd6, 0x20, 0xe4,
    0x05, 0x0b, 0x57, 0x15, 0xdc, 0x83, 0xf4, 0xa9, 0x21, 0xd3, 0x6c, 0xe9, 0xce, 0x47, 0xd0, 0xd1, 0x3c, 0x5d, 0x85,
    0xf2, 0xb0, 0xff, 0x83, 0x18, 0xd2, 0x87, 0x7e, 0xec, 0x2f, 0x63, 0xb9, 0x31, 0xbd, 0x47, 0x41, 0x7a, 0x81, 0xa5,
    0x38, 0x32, 0x7a, 0xf9, 0x27, 0xda, 0x3e,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_nothing_is_right() {
        assert_eq!(SHA512_OF_NOTHING, sha512(&[]));
    }
}
