//! What a sender signs (SPEC §4.5).

use super::derive::Prk;
use super::keyed::{Keyed, NewKey};
use super::stream::ChallengeDigest;
use crate::crypto::sha512;
use crate::format::{Layout, Suite, TO_SIGN_LEN, Version};
use crate::key_id::KeyId;
use crate::secret::Secret;
use crate::wire::PrivateItems;

/// What a sender signs: everything public but the records, and a commitment to the content key and
/// the private items.
pub(crate) struct ToSign([u8; TO_SIGN_LEN]);

impl ToSign {
    pub(crate) fn as_bytes(&self) -> &[u8; TO_SIGN_LEN] {
        &self.0
    }

    fn new(
        prk: &Prk,
        layout: Layout,
        (algorithm, key_id): (u16, &KeyId),
        (fields, items): (&[&[u8]], &[&[u8]]),
        challenge: ChallengeDigest,
    ) -> Self {
        // Private items are an input of the commitment, which hides them from who signs.
        let commitment: Secret<64> = prk.derive_bound(b"sender", &sha512(items));
        let mut bytes = [0; TO_SIGN_LEN];
        let mut rest = &mut bytes[..];
        for part in [
            LABEL,
            &[Version::V1.code(), Suite::HmacSha512Cobblestone256.code(), layout.code()],
            &algorithm.to_be_bytes(),
            key_id.as_bytes(),
            &sha512(fields),
            challenge.as_bytes(),
            commitment.expose(),
        ] {
            let (place, after) = rest.split_at_mut(part.len());
            place.copy_from_slice(part);
            rest = after;
        }
        assert!(rest.is_empty(), "the parts have fixed lengths");
        Self(bytes)
    }
}

impl NewKey {
    /// What the sender of a new header signs. `fields` and `items` are all but the private section,
    /// and all but the sender, as encoded.
    pub(crate) fn to_sign(
        &self,
        layout: Layout,
        sender: (u16, &KeyId),
        fields: &[u8],
        items: &[&[u8]],
        challenge: ChallengeDigest,
    ) -> ToSign {
        ToSign::new(self.prk(), layout, sender, (&[fields], items), challenge)
    }
}

impl Keyed {
    /// What a sender must have signed.
    pub(crate) fn to_sign(&self, sender: (u16, &KeyId), items: &PrivateItems, challenge: ChallengeDigest) -> ToSign {
        let header = self.header();
        ToSign::new(self.prk(), header.layout(), sender, (&header.other_fields(), &items.signed()), challenge)
    }
}

const LABEL: &[u8] = b"bulla\0sender\0";
