//! What a body is bound to, and the keys that follow from it (SPEC §4.3).

use super::derive::derive;
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
    /// Absent associated data is empty.
    pub(crate) fn new(aad: &[u8]) -> Self {
        Self(sha512(&[aad]))
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
        Self { input_key: derive(keyed.key(), b"body"), context }
    }
}

const CONTEXT_LABEL: &[u8] = b"bulla\0body\0";

const CONTEXT_LEN: usize = CONTEXT_LABEL.len() + 1 + 64 + 64;
