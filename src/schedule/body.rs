//! What a body is bound to, and the keys that follow from it (SPEC §4.3).

use super::keyed::Keyed;
use super::label::Label;
use crate::crypto::{HmacKey, sha512};
use crate::format::{BODY_HEAD_LEN, Kind};

/// The place of a body among the bodies of its header.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// The one body of the layout `01`.
    Single,
    /// A message of the layout `03`.
    Message(Label),
    /// The part of the layout `04` whose number this is, encoded.
    Part([u8; 8]),
    /// The manifest of the layout `04`.
    Manifest,
}

impl Place {
    pub(crate) fn part(index: u64) -> Self {
        Self::Part(index.to_be_bytes())
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Single => Kind::Single,
            Self::Message(_) => Kind::Message,
            Self::Part(_) => Kind::Part,
            Self::Manifest => Kind::Manifest,
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Single | Self::Manifest => &[],
            Self::Message(label) => label.place(),
            Self::Part(index) => index,
        }
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

/// The input key and the context of a Cobblestone-256 message: they come from its header, its
/// place and the associated data, and from nothing else.
pub(crate) struct BodyKeys<'a> {
    pub(crate) input_key: &'a HmacKey,
    context: Context,
}

impl<'a> BodyKeys<'a> {
    /// # Panics
    ///
    /// If the layout of the header has no bodies of this kind.
    pub(crate) fn new(keyed: &'a Keyed, place: &Place, aad: &AssociatedData) -> Self {
        let context = Context::new(keyed, place.kind(), aad, &[place.bytes()]);
        Self { input_key: keyed.body_key(), context }
    }

    pub(crate) fn context(&self) -> &[u8] {
        self.context.as_bytes()
    }
}

/// What a body is bound to.
pub(super) struct Context {
    bytes: [u8; Self::MAX_LEN],
    len: usize,
}

impl Context {
    /// With the longest place, that of the stream which answers another.
    const MAX_LEN: usize = CONTEXT_LABEL.len() + 1 + 64 + 64 + (1 + 64 + 64 + BODY_HEAD_LEN);

    /// # Panics
    ///
    /// If the layout of the header has no bodies of this kind.
    pub(super) fn new(keyed: &Keyed, kind: Kind, aad: &AssociatedData, place: &[&[u8]]) -> Self {
        let layout = keyed.header().layout();
        assert!(layout.kinds().contains(&kind), "a body of {layout:?} is of its kinds");
        let mut context = Self { bytes: [0; Self::MAX_LEN], len: 0 };
        // SPEC §4.3: context = "bulla" 00 "body" 00 || kind || P || A || place.
        let parts = [CONTEXT_LABEL, &[kind.code()], keyed.preamble_digest(), &aad.0];
        for part in parts.iter().chain(place) {
            context.bytes[context.len..][..part.len()].copy_from_slice(part);
            context.len += part.len();
        }
        context
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

const CONTEXT_LABEL: &[u8] = b"bulla\0body\0";

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
