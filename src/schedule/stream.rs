//! The keys of the streams of a session (SPEC §5.6).

use super::body::{AssociatedData, Context};
use super::keyed::Keyed;
use crate::crypto::{HmacKey, hkdf_expand_sha512, sha512};
use crate::format::{BODY_HEAD_LEN, COMMITMENT_LEN, Kind, SALT_LEN};
use crate::secret::Secret;

/// What keys the streams of one direction of a session: its salt alone is missing.
pub(crate) struct StreamKeys {
    prk: HmacKey,
    context: Context,
}

/// What the initiator of a session answers: the digest of the responder's challenge, or of nothing.
#[derive(Clone, Copy)]
pub(crate) struct ChallengeDigest([u8; 64]);

impl ChallengeDigest {
    pub(crate) fn new(challenge: Option<&[u8; 32]>) -> Self {
        Self(challenge.map_or_else(|| sha512(&[]), |challenge| sha512(&[challenge])))
    }

    pub(super) fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl StreamKeys {
    /// Of the stream that the maker of the header sends.
    pub(crate) fn forth(keyed: &Keyed, aad: &AssociatedData, challenge: ChallengeDigest) -> Self {
        Self::new(keyed, aad, FORTH, challenge, &[])
    }

    /// Of the stream that answers the one with this head.
    pub(crate) fn back(
        keyed: &Keyed,
        aad: &AssociatedData,
        challenge: ChallengeDigest,
        head: &[u8; BODY_HEAD_LEN],
    ) -> Self {
        let header = sha512(&[keyed.header().as_bytes()]);
        Self::new(keyed, aad, BACK, challenge, &[&header[..], head].concat())
    }

    fn new(keyed: &Keyed, aad: &AssociatedData, direction: u8, challenge: ChallengeDigest, peer: &[u8]) -> Self {
        let session_key: Secret<32> = keyed.prk().derive(b"session");
        // SPEC §4.3: place = direction || X || peer.
        let context = Context::new(keyed, Kind::Stream, aad, &[&[direction], &challenge.0, peer]);
        Self { prk: HmacKey::new(session_key.expose()), context }
    }

    /// Key, base nonce and commitment of the stream with this salt.
    pub(crate) fn derive(&self, salt: &[u8; SALT_LEN]) -> (Secret<32>, Secret<12>, [u8; COMMITMENT_LEN]) {
        let mut derived = Secret::<76>::zero();
        hkdf_expand_sha512(&self.prk, &[STREAM_LABEL, salt, self.context.as_bytes()], derived.expose_mut());
        let (mut key, mut base_nonce) = (Secret::zero(), Secret::zero());
        let (first, rest) = derived.expose().split_first_chunk::<32>().expect("32 of 76 bytes");
        let (second, commitment) = rest.split_first_chunk::<12>().expect("12 of 44 bytes");
        key.expose_mut().copy_from_slice(first);
        base_nonce.expose_mut().copy_from_slice(second);
        (key, base_nonce, *commitment.first_chunk().expect("the remaining 32 bytes"))
    }
}

const STREAM_LABEL: &[u8] = b"bulla\0stream\0";

const FORTH: u8 = 0x00;
const BACK: u8 = 0x01;
