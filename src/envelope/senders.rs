//! Which senders a reader accepts.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::error::OpenError;
use crate::format::SignatureAlgorithm;
use crate::key_id::KeyId;
use crate::schedule::{ChallengeDigest, Keyed};
use crate::sender::Verifier;
use crate::wire::PrivateItems;

/// The senders that a reader accepts, and the audience that it tolerates (SPEC §4.5).
///
/// Give it to [`Opener::senders`](crate::Opener::senders). A header then opens only if one of these
/// senders has signed it, for one of the keys of the reader. Nothing of the header or the body is
/// released before.
///
/// # Examples
///
/// ```
/// use bulla::error::OpenError;
/// use bulla::{Opener, RsaIdentity, RsaSigner, Sealer, Senders};
///
/// let pem = include_str!("../../tests/keys/rsa2048.pem");
/// let reader = RsaIdentity::from_pem(pem)?;
/// let pem = include_str!("../../tests/keys/rsa3072.pem");
/// let signer = RsaSigner::from_pem(pem)?;
///
/// let opener = Opener::new(&reader).senders(Senders::new(signer.verifier()));
/// let signed = Sealer::new(reader.recipient()).signer(&signer).seal(b"hello")?;
/// assert_eq!(opener.open(&signed)?, b"hello");
///
/// // Anyone can seal to a public key.
/// let forged = Sealer::new(reader.recipient()).seal(b"hullo")?;
/// assert_eq!(opener.open(&forged), Err(OpenError::NoSender));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
///
/// A sender vouches for the content key, for the audience, and for what stands in the header. Who
/// else had the content key could have made another body: everyone in the audience, and whoever got
/// it from them. So if there is more than one key in the audience, the body is the sender's or that
/// of another recipient; [`audience_within`](Self::audience_within) refuses such headers. And if a
/// recipient has added others with a [`Rewrapper`](crate::Rewrapper), these can have made it, too.
///
/// A sender does not protect against replay: what it has sealed once can be put back (SPEC §11).
#[derive(Clone)]
pub struct Senders {
    verifiers: Vec<Arc<dyn Verifier>>,
    audience: Option<Vec<KeyId>>,
    accepts_readdressed: bool,
    former_keys: Vec<KeyId>,
}

impl Senders {
    /// Accepts one sender.
    #[must_use]
    pub fn new(sender: impl Verifier + 'static) -> Self {
        Self::any_of([sender])
    }

    /// Accepts any of several senders. With none, nothing opens.
    #[must_use]
    pub fn any_of<V: Verifier + 'static>(senders: impl IntoIterator<Item = V>) -> Self {
        let none = Self { verifiers: Vec::new(), audience: None, accepts_readdressed: false, former_keys: Vec::new() };
        senders.into_iter().fold(none, Self::or)
    }

    /// Accepts another sender as well.
    #[must_use]
    pub fn or(mut self, sender: impl Verifier + 'static) -> Self {
        self.verifiers.push(Arc::new(sender));
        self
    }

    /// Tolerates no keys in the audience but these, and those of a second call. So nobody can have
    /// made the body but the sender, the holders of these keys, and whoever they gave the content
    /// key. The key of the reader is not tolerated by itself: name it, too. A session that can be
    /// answered needs no such call: there, the audience must be one key (SPEC §5.6).
    #[must_use]
    pub fn audience_within(mut self, keys: impl IntoIterator<Item = KeyId>) -> Self {
        self.audience.get_or_insert_default().extend(keys);
        self
    }

    /// Accepts envelopes that the sender did not make for the keys of the reader: somebody who
    /// received one has added a recipient. [`VerifiedSender::is_readdressed`] tells which they are.
    /// It has no effect on sessions that can be answered.
    ///
    /// # Security
    ///
    /// Whoever passed such an envelope on may have put another body in the place of the sender's.
    #[must_use]
    pub fn accept_readdressed(mut self) -> Self {
        self.accepts_readdressed = true;
        self
    }

    /// Takes these keys for the reader's own, because they were: envelopes that were made for them,
    /// and re-wrapped for their successors, are accepted as before.
    #[must_use]
    pub fn former_keys(mut self, keys: impl IntoIterator<Item = KeyId>) -> Self {
        self.former_keys.extend(keys);
        self
    }

    /// Judges the sender of a header. `is_verified` says that its signature was found authentic
    /// before, by a verifier with the same key id.
    pub(super) fn judge(
        &self,
        keyed: &Keyed,
        items: Option<&PrivateItems>,
        own: &[KeyId],
        challenge: ChallengeDigest,
        is_verified: bool,
    ) -> Result<VerifiedSender, OpenError> {
        // In the order of SPEC §4.5.
        let items = items.ok_or(OpenError::NoSender)?;
        let sender = items.sender().ok_or(OpenError::NoSender)?;
        let is_named = |verifier: &&Arc<dyn Verifier>| {
            verifier.algorithm().code() == sender.algorithm && verifier.key_id() == sender.key_id
        };
        let verifier = self.verifiers.iter().find(is_named).ok_or(OpenError::OtherSender)?;
        if !is_verified {
            let message = keyed.to_sign((sender.algorithm, &sender.key_id), items, challenge);
            if !verifier.verify(message.as_bytes(), sender.signature) {
                return Err(OpenError::SenderNotAuthentic);
            }
        }
        let is_readdressed = !items.audience().any(|id| own.contains(&id) || self.former_keys.contains(&id));
        // SPEC §5.6: whoever else has the content key of a session could be the initiator.
        let is_answered = keyed.header().can_be_answered();
        if is_readdressed && (is_answered || !self.accepts_readdressed) {
            return Err(OpenError::NotInAudience);
        }
        let other = match &self.audience {
            Some(tolerated) => items.audience().find(|id| !tolerated.contains(id)),
            None => None,
        };
        let other = other.or_else(|| items.audience().filter(|_| is_answered).nth(1));
        if let Some(other) = other {
            return Err(OpenError::OtherAudience(other));
        }
        Ok(VerifiedSender { algorithm: verifier.algorithm(), key_id: sender.key_id, is_readdressed })
    }
}

impl fmt::Debug for Senders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<KeyId> = self.verifiers.iter().map(|verifier| verifier.key_id()).collect();
        f.debug_struct("Senders")
            .field("senders", &ids)
            .field("audience", &self.audience)
            .field("accepts_readdressed", &self.accepts_readdressed)
            .field("former_keys", &self.former_keys)
            .finish()
    }
}

/// The sender of a header, whose signature was found authentic.
///
/// Returned by [`OpenedHeader::sender`](crate::OpenedHeader::sender).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedSender {
    algorithm: SignatureAlgorithm,
    key_id: KeyId,
    is_readdressed: bool,
}

impl VerifiedSender {
    /// Returns the id of the sender's key.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// Returns the algorithm of the signature.
    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Returns whether the sender made the envelope for others than the reader, which is accepted
    /// only if that was [asked for](Senders::accept_readdressed). The body may then be that of
    /// whoever passed it on.
    #[must_use]
    pub fn is_readdressed(&self) -> bool {
        self.is_readdressed
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::chunk::{BodySealer, Work};
    use crate::envelope::{OpenedHeader, Opener, Rewrapper, Sealer};
    use crate::format::Layout;
    use crate::limits::Limits;
    use crate::recipient::RsaIdentity;
    use crate::schedule::{BodyKeys, NewKey, Place};
    use crate::secret::ContentKey;
    use crate::sender::RsaSigner;
    use crate::threads::Threads;
    use crate::wire::{Fields, Header, Item, PrivateDraft, encode};

    #[test]
    fn a_recipient_that_replaces_the_body_is_refused_by_those_who_were_not_meant() {
        let [eve, bob] = [include_str!("../../tests/keys/rsa2048.pem"), include_str!("../../tests/keys/rsa3072.pem")]
            .map(|pem| RsaIdentity::from_pem(pem).unwrap());
        let alice = RsaSigner::from_pem(include_str!("../../tests/keys/rsa4096.pem")).unwrap();
        let envelope = Sealer::new(eve.recipient()).signer(&alice).seal(b"to Eve").unwrap();
        let (header, _) = Header::split(&envelope, &Limits::default()).unwrap();
        let received = Opener::new(&eve).open_header(&header).unwrap();
        let header = Rewrapper::new().add_recipient(bob.recipient()).rewrap(&received).unwrap();
        let forged = [header.as_bytes(), &forge(&received, b"to Bob")].concat();

        let senders = Senders::new(alice.verifier());
        assert_eq!(Opener::new(&bob).senders(senders.clone()).open(&forged), Err(OpenError::NotInAudience));
        // Without this check, the body of Eve is Alice's.
        let accepting = Opener::new(&bob).senders(senders.accept_readdressed());
        assert_eq!(accepting.open(&forged).unwrap(), b"to Bob");
    }

    #[test]
    fn a_recipient_among_several_can_replace_the_body_unless_the_reader_wants_to_be_alone() {
        let [eve, bob] = [include_str!("../../tests/keys/rsa2048.pem"), include_str!("../../tests/keys/rsa3072.pem")]
            .map(|pem| RsaIdentity::from_pem(pem).unwrap());
        let alice = RsaSigner::from_pem(include_str!("../../tests/keys/rsa4096.pem")).unwrap();
        let sealer = Sealer::new(eve.recipient()).recipient(bob.recipient()).signer(&alice);
        let envelope = sealer.seal(b"to both").unwrap();
        let (header, _) = Header::split(&envelope, &Limits::default()).unwrap();
        let received = Opener::new(&eve).open_header(&header).unwrap();
        let forged = [header.as_bytes(), &forge(&received, b"forged")].concat();
        let senders = Senders::new(alice.verifier());
        assert_eq!(Opener::new(&bob).senders(senders.clone()).open(&forged).unwrap(), b"forged");
        let alone = Opener::new(&bob).senders(senders.audience_within([bob.key_id()]));
        assert_eq!(alone.open(&forged), Err(OpenError::OtherAudience(eve.key_id())));
    }

    #[test]
    fn fields_and_private_items_are_signed() {
        let bob = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem")).unwrap();
        let alice = RsaSigner::from_pem(include_str!("../../tests/keys/rsa3072.pem")).unwrap();
        let sealer = Sealer::new(bob.recipient()).signer(&alice).metadata(b"invoice").private_metadata(b"pay 5");
        let header = sealer.start().unwrap().header().clone();
        let received = Opener::new(&bob).open_header(&header).unwrap();
        let items = received.keyed().open_private().unwrap().unwrap();
        // The same signature where it does not belong, as a holder of the content key puts it.
        let verdict = |metadata: &[u8], private: &[u8], audience: &[KeyId]| {
            let content_key = || ContentKey::from_bytes(*received.keyed().key().expose());
            let sender = items.sender().unwrap();
            let draft = PrivateDraft::new(Some(private), Some((audience, sender.signature.len()))).unwrap();
            let key = NewKey::new(content_key());
            let private = key.seal_private(&draft.finish(Some(sender)).unwrap());
            let fields = Fields { metadata: Some(metadata), private: Some(&private) };
            let mut records = [Item::wrapped_key(1, None, &[7; 256])];
            let header = encode(Layout::Single, fields, &mut records, &Limits::default()).unwrap();
            let opened = key.seal(header).header().open(content_key()).unwrap();
            opened.demand_sender(&Senders::new(alice.verifier()), &[bob.key_id()]).map(|_| ())
        };
        let (own, other) = (bob.key_id(), KeyId::from_bytes([0; 32]));
        assert_eq!(verdict(b"invoice", b"pay 5", &[own]), Ok(()));
        for refused in [
            verdict(b"voucher", b"pay 5", &[own]),
            verdict(b"invoice", b"pay 9", &[own]),
            verdict(b"invoice", b"pay 5", &[other, own]),
        ] {
            assert_eq!(refused, Err(OpenError::SenderNotAuthentic));
        }
    }

    /// Another body under the content key of a header that was opened.
    fn forge(received: &OpenedHeader, plaintext: &[u8]) -> Vec<u8> {
        let keys = BodyKeys::new(received.keyed(), &Place::Single, received.associated_data());
        let work = Work::new(&Limits::default(), Threads::ONE);
        BodySealer::new(keys.input_key, keys.context(), &[7; 24], work).seal(plaintext).unwrap()
    }
}
