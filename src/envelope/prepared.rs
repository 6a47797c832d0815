//! Sealing in two steps: first what is to be signed, then the signature.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;

use super::draft::{Draft, SenderName};
use super::journal::Journal;
use super::message_sealer::MessageSealer;
use super::parts_sealer::PartsSealer;
use super::sealer::{Fresh, Sealer};
use super::sealing::Sealing;
use super::session::Initiator;
use crate::crypto::SystemRng;
use crate::error::{SealError, SignError};
use crate::format::Layout;
use crate::schedule::Keyed;
use crate::sender::Verifier;

/// A header that waits for the signature of its sender, and what is to be sealed under it. For
/// signing keys in services that are asked asynchronously.
///
/// Returned by [`Sealer::prepare`](crate::Sealer::prepare) and its siblings. Have
/// [`message`](Self::message) signed, and give the signature to [`sign`](Self::sign).
///
/// # Examples
///
/// ```
/// use bulla::{Opener, RsaIdentity, RsaSigner, Sealer, Senders, Signer};
///
/// # let reader = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// # let signer = RsaSigner::from_pem(include_str!("../../tests/keys/rsa3072.pem"))?;
/// let sender = signer.verifier();
/// let prepared = Sealer::new(reader.recipient()).prepare(sender.clone())?;
/// // A service signs it, and the caller awaits the answer.
/// let signature = signer.sign(prepared.message())?;
/// let sealed = prepared.sign(&signature)?.seal(b"hello")?;
///
/// let opener = Opener::new(&reader).senders(Senders::new(sender));
/// assert_eq!(opener.open(&sealed)?, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is sealed before it is signed"]
pub struct Prepared<T> {
    draft: Draft,
    verifier: Arc<dyn Verifier>,
    then: Then<T>,
}

type Then<T> = Box<dyn FnOnce(Keyed) -> T + Send + Sync>;

impl<T> Prepared<T> {
    fn new(draft: Draft, verifier: Arc<dyn Verifier>, then: Then<T>) -> Self {
        Self { draft, verifier, then }
    }

    /// Returns what is to be signed: 242 bytes (SPEC §4.5). They are no secret.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        self.draft.message().unwrap_or_default()
    }

    /// Takes the signature, in the form that
    /// [`SignatureAlgorithm`](crate::senders::SignatureAlgorithm) describes.
    ///
    /// # Errors
    ///
    /// [`SealError::Sign`] if it is not that of the sender over [`message`](Self::message);
    /// [`SealError::Header`] if metadata or a record does not fit the format, and
    /// [`SealError::LimitExceeded`] if the header is too long: only now it is complete.
    pub fn sign(self, signature: &[u8]) -> Result<T, SealError> {
        if !self.verifier.verify(self.message(), signature) {
            return Err(SignError::new("the signature that was given does not verify").into());
        }
        Ok((self.then)(self.draft.finish(signature)?))
    }
}

impl<T> fmt::Debug for Prepared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").field("sender", &self.verifier.key_id()).finish_non_exhaustive()
    }
}

impl Sealer<'_> {
    /// Does what [`start`](Self::start) does, up to the signature of `sender`, whose private key is
    /// asked by the caller: see [`Prepared`]. The [signer](Self::signer) of the sealer, if it has
    /// one, is not used.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the header cannot be made.
    pub fn prepare(&self, sender: impl Verifier + 'static) -> Result<Prepared<Sealing>, SealError> {
        self.prepare_as(Layout::Single, None, sender, |fresh| Box::new(self.single_body(fresh)))
    }

    /// Does what [`start_messages`](Self::start_messages) does, up to the signature of `sender`.
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare).
    pub fn prepare_messages(&self, sender: impl Verifier + 'static) -> Result<Prepared<MessageSealer>, SealError> {
        self.prepare_as(Layout::Labelled, None, sender, |_| Box::new(self.messages()))
    }

    /// Does what [`start_parts`](Self::start_parts) does, up to the signature of `sender`.
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare).
    pub fn prepare_parts(
        &self,
        sender: impl Verifier + 'static,
    ) -> Result<Prepared<(PartsSealer, Journal)>, SealError> {
        self.prepare_as(Layout::Parts, None, sender, |_| Box::new(self.parts()))
    }

    /// Does what [`start_session`](Self::start_session) does, up to the signature of `sender`.
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare).
    pub fn prepare_session(
        &self,
        challenge: Option<&[u8; 32]>,
        sender: impl Verifier + 'static,
    ) -> Result<Prepared<Initiator>, SealError> {
        self.prepare_as(Layout::Session, challenge, sender, |fresh| Box::new(self.session(fresh, challenge)))
    }

    fn prepare_as<T>(
        &self,
        layout: Layout,
        challenge: Option<&[u8; 32]>,
        sender: impl Verifier + 'static,
        then: impl FnOnce(Fresh) -> Then<T>,
    ) -> Result<Prepared<T>, SealError> {
        let mut rng = SystemRng::new();
        let fresh = Fresh::draw(&mut rng);
        // As in `Sealer::start`.
        rng.check()?;
        let name = SenderName {
            algorithm: sender.algorithm(),
            key_id: sender.key_id(),
            signature_len: sender.signature_len(),
        };
        let draft = self.draft(layout, fresh.content_key(), challenge, Some(name), &mut rng)?;
        rng.check()?;
        Ok(Prepared::new(draft, Arc::new(sender), then(fresh)))
    }
}
