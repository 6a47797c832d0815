//! Sealing: draws a content key, wraps it in a header, and seals the body under it.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::draft::{Draft, SenderName, Unsigned};
use super::journal::Journal;
use super::message_sealer::MessageSealer;
use super::parts_sealer::PartsSealer;
use super::sealing::Sealing;
use super::session::Initiator;
use crate::chunk::{BodySealer, Work};
use crate::crypto::SystemRng;
use crate::error::{SealError, SignError};
use crate::format::{CONTENT_KEY_LEN, Layout, MAX_SIGNATURE_LEN, SALT_LEN};
use crate::key_id::KeyId;
use crate::limits::{Limit, Limits};
use crate::num::to_u64;
use crate::recipient::{Recipient, wrap_for_all};
use crate::schedule::{AssociatedData, BodyKeys, ChallengeDigest, Keyed, NewKey, Place};
use crate::secret::{ContentKey, Secret};
use crate::sender::Signer;
use crate::threads::Threads;
use crate::wire::{Fields, PrivateDraft, encode_fields};

/// Seals to one or more recipients.
///
/// You can use a `Sealer` many times: each call that seals makes a new envelope with a fresh
/// content key. Pass recipients by reference or by value. If they are passed by value, and metadata
/// and associated data are owned or static, the result is a `Sealer<'static>`, which a service can
/// keep.
///
/// # Examples
///
/// ```
/// use bulla::{Opener, RsaIdentity, Sealer};
///
/// let pem = include_str!("../../tests/keys/rsa2048.pem");
/// let alice = RsaIdentity::from_pem(pem)?;
/// let pem = include_str!("../../tests/keys/rsa3072.pem");
/// let bob = RsaIdentity::from_pem(pem)?;
///
/// let sealed = Sealer::new(alice.recipient())
///     .recipient(bob.recipient())
///     .metadata(b"text/plain")
///     .aad(b"invoice/42")
///     .seal(b"hello")?;
///
/// assert_eq!(Opener::new(&bob).aad(b"invoice/42").open(&sealed)?, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
///
/// Anyone can seal to a public key: an envelope says nothing about who made it, unless it is
/// [signed](Self::signer) and the reader [demands](crate::Opener::senders) the sender.
#[derive(Clone)]
pub struct Sealer<'a> {
    recipients: Vec<Arc<dyn Recipient + 'a>>,
    metadata: Option<Cow<'a, [u8]>>,
    private_metadata: Option<Cow<'a, [u8]>>,
    signer: Option<Arc<dyn Signer + 'a>>,
    aad: Cow<'a, [u8]>,
    limits: Limits,
    threads: Threads,
}

impl<'a> Sealer<'a> {
    /// Creates a sealer for one recipient.
    #[must_use]
    pub fn new(recipient: impl Recipient + 'a) -> Self {
        let none = Self {
            recipients: Vec::new(),
            metadata: None,
            private_metadata: None,
            signer: None,
            aad: Cow::Borrowed(&[]),
            limits: Limits::default(),
            threads: Threads::ONE,
        };
        none.recipient(recipient)
    }

    /// Creates a sealer for several recipients.
    ///
    /// # Errors
    ///
    /// [`SealError::NoRecipients`] if there are none.
    pub fn with_recipients<R: Recipient + 'a>(recipients: impl IntoIterator<Item = R>) -> Result<Self, SealError> {
        let mut recipients = recipients.into_iter();
        let first = recipients.next().ok_or(SealError::NoRecipients)?;
        Ok(recipients.fold(Self::new(first), Self::recipient))
    }

    /// Adds a recipient. Each one can open the envelope alone.
    #[must_use]
    pub fn recipient(mut self, recipient: impl Recipient + 'a) -> Self {
        self.recipients.push(Arc::new(recipient));
        self
    }

    /// Puts public metadata of one byte or more into the header. It is authenticated, but **not
    /// encrypted**.
    #[must_use]
    pub fn metadata(mut self, metadata: impl Into<Cow<'a, [u8]>>) -> Self {
        self.metadata = Some(metadata.into());
        self
    }

    /// Puts private metadata of one byte or more into the header, at most 65,530 bytes, and less if
    /// the header is [signed](Self::signer): 46 bytes, 32 for each recipient, and the signature.
    /// Recipients alone can read it, before any of the body; [`OpenedHeader::private_metadata`]
    /// returns it. Its length shows to a multiple of 256 bytes.
    ///
    /// It is bound by [`Limits::metadata_len`], as the public metadata is by itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use bulla::{Header, Limits, Opener, Sealer};
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
    ///
    /// let sealer = Sealer::new(identity.recipient()).private_metadata(b"report.pdf");
    /// let envelope = sealer.seal(b"hello")?;
    ///
    /// let (header, body) = Header::split(&envelope, &Limits::default())?;
    /// let opened = Opener::new(&identity).open_header(&header)?;
    /// assert_eq!(opened.private_metadata(), Some(&b"report.pdf"[..]));
    /// assert_eq!(opened.open(body)?, b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`OpenedHeader::private_metadata`]: crate::OpenedHeader::private_metadata
    #[must_use]
    pub fn private_metadata(mut self, metadata: impl Into<Cow<'a, [u8]>>) -> Self {
        self.private_metadata = Some(metadata.into());
        self
    }

    /// Signs each header: the holder of this key made the content key, for the recipients that the
    /// sealer has, with its metadata (SPEC §4.5). Readers can [demand](crate::Opener::senders)
    /// that. It costs one signature for each header.
    ///
    /// The signature and the ids of all recipients, [anonymous](crate::RsaRecipient::anonymous)
    /// ones among them, are in the header, and recipients alone can see them.
    ///
    /// # Security
    ///
    /// Use a key for signing or for opening, never for both. What a signature does not protect
    /// against is at [`Senders`](crate::Senders).
    #[must_use]
    pub fn signer(mut self, signer: impl Signer + 'a) -> Self {
        self.signer = Some(Arc::new(signer));
        self
    }

    /// Binds the envelope to associated data of any length. It is not stored: to open the envelope,
    /// the caller must give the same associated data.
    #[must_use]
    pub fn aad(mut self, aad: impl Into<Cow<'a, [u8]>>) -> Self {
        self.aad = aad.into();
        self
    }

    /// Sets limits on what is sealed: a header or plaintext is refused if an
    /// [`Opener`](crate::Opener) with the same limits would refuse it. The limit on private-key
    /// operations has no effect here.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Seals with at most `count` threads: the calling thread, and threads of the `rayon` pool that
    /// is current when the work is done. 0 stands for the number of threads in the pool that is
    /// current now, which is also the maximum. Default: 1.
    ///
    /// The number of threads does not change the envelope. An adapter begins with one thread. Once
    /// a stream has proved long enough for others to pay (64 KiB with `rustcrypto`, 1 MiB with
    /// AWS-LC), it collects up to 32 chunks (512 KiB) for each thread before it passes any on, or
    /// fewer if the input ends or would block. It then holds up to about 1 MiB for each thread. A
    /// reader reads more input while the other threads work.
    ///
    /// As with `rayon` in general, a call waits for the pool. Do not hold a lock during the call
    /// that other jobs of the pool take, and do not let a thread of the pool wait for the caller.
    #[cfg(feature = "parallel")]
    #[cfg_attr(docsrs, doc(cfg(feature = "parallel")))]
    #[must_use]
    pub fn threads(mut self, count: usize) -> Self {
        self.threads = Threads::new(count);
        self
    }

    /// Seals `plaintext` in memory.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the envelope cannot be sealed. Nothing is sealed.
    pub fn seal(&self, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        self.check_len(plaintext)?;
        self.start()?.seal(plaintext)
    }

    /// Seals `plaintext` and replaces the content of `output` by the envelope. Reusing a vector is
    /// much faster than allocating one.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the envelope cannot be sealed. `output` is then unchanged.
    pub fn seal_into(&self, plaintext: &[u8], output: &mut Vec<u8>) -> Result<(), SealError> {
        self.check_len(plaintext)?;
        self.start()?.seal_into(plaintext, output)
    }

    /// Replaces the plaintext in `data` by its envelope.
    ///
    /// Works in place if `data` has enough spare capacity: 108 bytes; 39 for each recipient, and
    /// the length of the modulus (551 in all for RSA-4096); 6 and the length of the metadata, if
    /// there is any; up to 46 and 64 KiB for private metadata and a sender; and 16 for each chunk.
    /// Otherwise it makes the envelope in new memory and wipes the old.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the envelope cannot be sealed. `data` is then unchanged.
    ///
    /// # Examples
    ///
    /// ```
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
    /// let mut data = b"hello".to_vec();
    /// bulla::Sealer::new(identity.recipient()).seal_in_place(&mut data)?;
    /// bulla::Opener::new(&identity).open_in_place(&mut data)?;
    /// assert_eq!(data, b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn seal_in_place(&self, data: &mut Vec<u8>) -> Result<(), SealError> {
        self.check_len(data)?;
        self.start()?.seal_in_place(data)
    }

    /// Makes the header of a new envelope and returns a [`Sealing`], which seals its body. This
    /// costs one public-key operation for each recipient.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the envelope cannot be sealed. Nothing is sealed.
    pub fn start(&self) -> Result<Sealing, SealError> {
        let mut rng = SystemRng::new();
        let fresh = Fresh::draw(&mut rng);
        // Checked before a recipient sees the key, and again before the caller sees anything made
        // with `rng`.
        rng.check()?;
        let started = self.start_from(fresh, &mut rng)?;
        rng.check()?;
        Ok(started)
    }

    /// Does what [`start`](Self::start) does, with randomness from `rng`. Draws the content key (32
    /// bytes) and the salt of the body (24 bytes) in one call, then whatever each recipient draws,
    /// in their order.
    ///
    /// With the backend `rustcrypto`, an [`RsaRecipient`](crate::RsaRecipient) draws the 32-byte
    /// seed of OAEP from `rng`, so the same bytes from `rng` make the same envelope, unless it is
    /// [signed](Self::signer): signers draw from their own generator. AWS-LC draws
    /// that seed itself, so the wrapped keys differ each time. Cargo unifies the features of a
    /// crate across all of its users, so one of your dependencies can decide which backend is used.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the envelope cannot be sealed. Nothing is sealed.
    ///
    /// # Security
    ///
    /// Two envelopes with the same content key and salt break everything. Use this for tests, or
    /// with a generator that is better than the operating system's.
    pub fn start_with_rng(&self, rng: &mut dyn CryptoRng) -> Result<Sealing, SealError> {
        let fresh = Fresh::draw(rng);
        self.start_from(fresh, rng)
    }

    fn start_from(&self, fresh: Fresh, rng: &mut dyn CryptoRng) -> Result<Sealing, SealError> {
        let keyed = self.wrap(Layout::Single, fresh.content_key(), None, rng)?;
        Ok(self.single_body(fresh)(keyed))
    }

    /// What follows once the header is there.
    pub(super) fn single_body(&self, fresh: Fresh) -> impl FnOnce(Keyed) -> Sealing + Send + Sync + use<> {
        let (aad, work) = (AssociatedData::new(&self.aad), Work::new(&self.limits, self.threads));
        move |keyed| {
            let keys = BodyKeys::new(&keyed, &Place::Single, &aad);
            let body = BodySealer::new(keys.input_key, keys.context(), fresh.salt(), work);
            Sealing::new(keyed.into_header(), body)
        }
    }

    /// Makes a header of the layout `03`, under which any number of labelled messages can be
    /// sealed, each to be opened alone. This costs one public-key operation for each recipient, and
    /// none for a message.
    ///
    /// The associated data is that of every message.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the header cannot be made.
    pub fn start_messages(&self) -> Result<MessageSealer, SealError> {
        let mut rng = SystemRng::new();
        let content_key = draw_content_key(&mut rng);
        // As in `start`.
        rng.check()?;
        let started = self.start_messages_from(content_key, &mut rng)?;
        rng.check()?;
        Ok(started)
    }

    pub(crate) fn start_messages_from(
        &self,
        content_key: ContentKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<MessageSealer, SealError> {
        let keyed = self.wrap(Layout::Labelled, content_key, None, rng)?;
        Ok(self.messages()(keyed))
    }

    pub(super) fn messages(&self) -> impl FnOnce(Keyed) -> MessageSealer + Send + Sync + use<> {
        let (aad, work) = (AssociatedData::new(&self.aad), Work::new(&self.limits, self.threads));
        move |keyed| MessageSealer::new(keyed, aad, work)
    }

    /// Makes the header of an object whose parts are sealed by any number of workers, in any order
    /// (layout `04`), and the journal for it. This costs one public-key operation for each
    /// recipient, and none for a part.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the header cannot be made.
    pub fn start_parts(&self) -> Result<(PartsSealer, Journal), SealError> {
        let mut rng = SystemRng::new();
        let content_key = draw_content_key(&mut rng);
        // As in `start`.
        rng.check()?;
        let started = self.start_parts_from(content_key, &mut rng)?;
        rng.check()?;
        Ok(started)
    }

    pub(crate) fn start_parts_from(
        &self,
        content_key: ContentKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<(PartsSealer, Journal), SealError> {
        let keyed = self.wrap(Layout::Parts, content_key, None, rng)?;
        Ok(self.parts()(keyed))
    }

    pub(super) fn parts(&self) -> impl FnOnce(Keyed) -> (PartsSealer, Journal) + Send + Sync + use<> {
        let (aad, limits, threads) = (AssociatedData::new(&self.aad), self.limits, self.threads);
        move |keyed| {
            let parts = PartsSealer::new(Arc::new(keyed), aad, &limits, threads);
            let journal = parts.journal();
            (parts, journal)
        }
    }

    /// Makes the header of a session (layout `02`): a stream of messages, and one that answers it.
    /// This costs one public-key operation for each recipient, and none for a message.
    ///
    /// `challenge` is what the responder has sent before, if it does so. Only with one can it be
    /// sure that the session is no replay.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the header cannot be made.
    pub fn start_session(&self, challenge: Option<&[u8; 32]>) -> Result<Initiator, SealError> {
        let mut rng = SystemRng::new();
        let fresh = Fresh::draw(&mut rng);
        // As in `start`.
        rng.check()?;
        let started = self.start_session_from(fresh, challenge, &mut rng)?;
        rng.check()?;
        Ok(started)
    }

    pub(crate) fn start_session_from(
        &self,
        fresh: Fresh,
        challenge: Option<&[u8; 32]>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Initiator, SealError> {
        let keyed = self.wrap(Layout::Session, fresh.content_key(), challenge, rng)?;
        Ok(self.session(fresh, challenge)(keyed))
    }

    pub(super) fn session(
        &self,
        fresh: Fresh,
        challenge: Option<&[u8; 32]>,
    ) -> impl FnOnce(Keyed) -> Initiator + Send + Sync + use<> {
        let (aad, challenge) = (AssociatedData::new(&self.aad), ChallengeDigest::new(challenge));
        move |keyed| Initiator::new(keyed, &aad, challenge, fresh.salt())
    }

    /// Makes a header, and wraps the content key in it for each recipient.
    fn wrap(
        &self,
        layout: Layout,
        content_key: ContentKey,
        challenge: Option<&[u8; 32]>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Keyed, SealError> {
        let signer = self.signer.as_ref();
        let sender = signer.map(|signer| SenderName {
            algorithm: signer.algorithm(),
            key_id: signer.key_id(),
            signature_len: signer.signature_len(),
        });
        let draft = self.draft(layout, content_key, challenge, sender, rng)?;
        let signature = match (signer, draft.message()) {
            (Some(signer), Some(message)) => signer.sign(message)?,
            _ => Vec::new(),
        };
        draft.finish(&signature)
    }

    /// Makes a header but for the signature of its sender, if it is to have one.
    pub(super) fn draft(
        &self,
        layout: Layout,
        content_key: ContentKey,
        challenge: Option<&[u8; 32]>,
        sender: Option<SenderName>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Draft, SealError> {
        // Before any public-key operation, not after a thousand of them.
        self.limits.check(Limit::Records, to_u64(self.recipients.len()))?;
        let private = self.private_items(sender)?;
        let records = wrap_for_all(&self.recipients, &content_key, rng)?;
        let key = NewKey::new(content_key);
        let sender = match (&private, sender) {
            (Some(private), Some(name)) => {
                let fields = encode_fields(Fields { metadata: self.metadata.as_deref(), private: None })?;
                let named = (name.algorithm.code(), &name.key_id);
                let message = key.to_sign(layout, named, &fields, &private.signed(), ChallengeDigest::new(challenge));
                Some(Unsigned { name, message })
            }
            _ => None,
        };
        let metadata = self.metadata.as_deref().map(<[u8]>::to_vec);
        Ok(Draft { layout, key, metadata, records, private, sender, limits: self.limits })
    }

    /// What the private section is to hold, if there is anything.
    fn private_items(&self, sender: Option<SenderName>) -> Result<Option<PrivateDraft>, SealError> {
        let metadata = self.private_metadata.as_deref();
        if let Some(metadata) = metadata {
            if metadata.is_empty() {
                return Err(SealError::EmptyPrivateMetadata);
            }
            self.limits.check(Limit::MetadataLen, to_u64(metadata.len()))?;
        }
        let Some(SenderName { key_id, signature_len, .. }) = sender else {
            return Ok(metadata.map(|metadata| PrivateDraft::new(Some(metadata), None)).transpose()?);
        };
        if !(1..=MAX_SIGNATURE_LEN).contains(&signature_len) {
            return Err(SignError::new("no signature of this length is in the format").into());
        }
        let ids = self.recipients.iter().map(|recipient| recipient.public_key_id());
        let mut audience = ids.collect::<Option<Vec<KeyId>>>().ok_or(SealError::UnnamedRecipient)?;
        audience.sort_unstable();
        audience.dedup();
        if audience.contains(&key_id) {
            return Err(SealError::SignerIsRecipient(key_id));
        }
        Ok(Some(PrivateDraft::new(metadata, Some((&audience, signature_len)))?))
    }

    #[cfg(feature = "std")]
    pub(crate) fn limits_in_use(&self) -> &Limits {
        &self.limits
    }

    /// Refuses a plaintext that is too long before any work is done.
    fn check_len(&self, plaintext: &[u8]) -> Result<(), SealError> {
        Ok(Work::new(&self.limits, self.threads).check_len(to_u64(plaintext.len()))?)
    }
}

impl fmt::Debug for Sealer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer")
            .field("recipients", &self.recipients.len())
            .field("metadata", &self.metadata)
            .field("signer", &self.signer.as_ref().map(|signer| signer.key_id()))
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

fn draw_content_key(rng: &mut dyn CryptoRng) -> ContentKey {
    let mut content_key = ContentKey::zero();
    rng.fill_bytes(content_key.expose_mut());
    content_key
}

/// What must never repeat from one envelope to another: the content key, then the salt.
pub(crate) struct Fresh(Secret<{ CONTENT_KEY_LEN + SALT_LEN }>);

impl Fresh {
    /// Draws all at once: each draw is a call of the operating system.
    pub(super) fn draw(rng: &mut dyn CryptoRng) -> Self {
        let mut fresh = Secret::zero();
        rng.fill_bytes(fresh.expose_mut());
        Self(fresh)
    }

    #[cfg(all(test, not(feature = "aws-lc-rs")))]
    pub(crate) fn of(content_key: &[u8; CONTENT_KEY_LEN], salt: &[u8; SALT_LEN]) -> Self {
        let mut fresh = Secret::zero();
        fresh.expose_mut()[..CONTENT_KEY_LEN].copy_from_slice(content_key);
        fresh.expose_mut()[CONTENT_KEY_LEN..].copy_from_slice(salt);
        Self(fresh)
    }

    pub(super) fn content_key(&self) -> ContentKey {
        ContentKey::from_slice(&self.0.expose()[..CONTENT_KEY_LEN]).expect("32 of 56 bytes")
    }

    fn salt(&self) -> &[u8; SALT_LEN] {
        self.0.expose().last_chunk().expect("24 of 56 bytes")
    }
}
