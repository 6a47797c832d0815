//! Sealing: a fresh content key, the header around it, and the body under it.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::sealing::Sealing;
use crate::chunk::{BodySealer, Work};
use crate::crypto::SystemRng;
use crate::error::SealError;
use crate::format::{CONTENT_KEY_LEN, SALT_LEN};
use crate::limits::{Limit, Limits};
use crate::num::to_u64;
use crate::recipient::{Recipient, wrap_for_all};
use crate::schedule::{AssociatedData, Body, BodyKeys, Keyed};
use crate::secret::{ContentKey, Secret};
use crate::threads::Threads;
use crate::wire::{Fields, encode};

/// Seals to one or more recipients.
///
/// A builder: each of its sealing methods makes a new envelope with a fresh content key, so it can
/// be used many times. Recipients can be given by reference or by value; with values, and data that
/// is owned or static, a `Sealer<'static>` can be kept in a service.
///
/// # Examples
///
/// ```
/// use bulla::{Opener, RsaIdentity, Sealer};
///
/// let alice = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// let bob = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa3072.pem"))?;
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
/// Anyone can seal to a public key: an envelope says nothing about who made it.
#[derive(Clone)]
pub struct Sealer<'a> {
    recipients: Vec<Arc<dyn Recipient + 'a>>,
    metadata: Option<Cow<'a, [u8]>>,
    aad: Cow<'a, [u8]>,
    limits: Limits,
    threads: Threads,
}

impl<'a> Sealer<'a> {
    /// Seals to `recipient`.
    #[must_use]
    pub fn new(recipient: impl Recipient + 'a) -> Self {
        let none = Self {
            recipients: Vec::new(),
            metadata: None,
            aad: Cow::Borrowed(&[]),
            limits: Limits::default(),
            threads: Threads::ONE,
        };
        none.recipient(recipient)
    }

    /// Seals to all `recipients`.
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

    /// Puts public metadata of one byte or more into the header: authenticated, **not encrypted**.
    #[must_use]
    pub fn metadata(mut self, metadata: impl Into<Cow<'a, [u8]>>) -> Self {
        self.metadata = Some(metadata.into());
        self
    }

    /// Binds the envelope to associated data of any length. It is not stored: whoever opens must
    /// give the same.
    #[must_use]
    pub fn aad(mut self, aad: impl Into<Cow<'a, [u8]>>) -> Self {
        self.aad = aad.into();
        self
    }

    /// Refuses to seal a header or plaintext that [`Opener::limits`](crate::Opener::limits) would
    /// refuse to open. The limit on private-key operations is the reader's alone.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Seals with at most `count` threads: the calling one, and others of the `rayon` pool that is
    /// current when the work is done. 0 means as many as the pool that is current now has; there
    /// are never more. Default: 1.
    ///
    /// The envelope is the same whatever the number. Adapters begin with one thread. Once a stream
    /// has proved long enough for others to pay (64 KiB with `rustcrypto`, 1 MiB with AWS-LC), they
    /// collect 64 chunks (1 MiB) for each thread before they hand any out, or what there is if the
    /// input ends or would block. A writer or reader then holds about 2 MiB for each thread. Input
    /// is read while the others work.
    ///
    /// As everywhere with `rayon`, a call waits until the pool has had time for it: do not hold a
    /// lock over it that other jobs of the pool take, and let no thread of the pool wait for the
    /// caller.
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
    /// [`SealError`]; nothing was sealed.
    pub fn seal(&self, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        self.check_len(plaintext)?;
        self.start()?.seal(plaintext)
    }

    /// Seals `plaintext` to `output`, in place of what it holds. Memory that is used again is much
    /// faster than fresh memory.
    ///
    /// # Errors
    ///
    /// [`SealError`]; `output` is unchanged.
    pub fn seal_into(&self, plaintext: &[u8], output: &mut Vec<u8>) -> Result<(), SealError> {
        self.check_len(plaintext)?;
        self.start()?.seal_into(plaintext, output)
    }

    /// Replaces the plaintext in `data` by its envelope.
    ///
    /// Works in place if the capacity of `data` suffices, that is, if it was reserved before the
    /// plaintext was put there: some 500 bytes for each recipient, 110 more, and 16 for each chunk.
    /// Otherwise the envelope is made elsewhere and the old memory is wiped.
    ///
    /// # Errors
    ///
    /// [`SealError`]; `data` is unchanged.
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

    /// Makes the header of an envelope. What is returned seals its body in any of the ways there
    /// are. This costs the public-key operations, one for each recipient.
    ///
    /// # Errors
    ///
    /// [`SealError`]; nothing was sealed.
    pub fn start(&self) -> Result<Sealing, SealError> {
        let mut rng = SystemRng::new();
        let fresh = Fresh::draw(&mut rng);
        // Checked before the key is given to anyone, and again before anything made with it is
        // given away.
        rng.check()?;
        let started = self.start_from(fresh, &mut rng)?;
        rng.check()?;
        Ok(started)
    }

    /// As [`start`](Self::start), with randomness from `rng`: content key (32 bytes) and salt of the
    /// body (24 bytes) in one call, then whatever each recipient draws, in their order.
    ///
    /// With the backend `rustcrypto` an RSA key in memory draws the 32-byte seed of OAEP, so that
    /// the envelope follows from the bytes drawn. AWS-LC draws that seed itself: the wrapped keys
    /// then differ each time. Cargo enables features for all users of a crate, so that a dependency
    /// of yours can decide which backend works.
    ///
    /// # Errors
    ///
    /// [`SealError`]; nothing was sealed.
    ///
    /// # Security
    ///
    /// A content key and salt that repeat break everything. This is for tests and for generators
    /// that are better than that of the operating system.
    pub fn start_with_rng(&self, rng: &mut dyn CryptoRng) -> Result<Sealing, SealError> {
        let fresh = Fresh::draw(rng);
        self.start_from(fresh, rng)
    }

    fn start_from(&self, fresh: Fresh, rng: &mut dyn CryptoRng) -> Result<Sealing, SealError> {
        let content_key = fresh.content_key();
        // Before any public-key operation, not after a thousand of them.
        self.limits.check(Limit::Records, to_u64(self.recipients.len()))?;

        let mut records = wrap_for_all(&self.recipients, &content_key, rng)?;
        let header = encode(Fields { metadata: self.metadata.as_deref() }, &mut records, &self.limits)?;
        let keyed = Keyed::seal(header, content_key);
        let keys = BodyKeys::new(&keyed, Body::single(&AssociatedData::new(&self.aad)));
        let work = Work::new(&self.limits, self.threads);
        let body = BodySealer::new(&keys.input_key, &keys.context, fresh.salt(), work);
        Ok(Sealing::new(keyed.into_header(), body))
    }

    /// Refuses a plaintext that is too long before any work is spent on it.
    fn check_len(&self, plaintext: &[u8]) -> Result<(), SealError> {
        Ok(Work::new(&self.limits, self.threads).check_len(to_u64(plaintext.len()))?)
    }
}

impl fmt::Debug for Sealer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer")
            .field("recipients", &self.recipients.len())
            .field("metadata", &self.metadata)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What must be new in every envelope: the content key, and behind it the salt of the body.
struct Fresh(Secret<{ CONTENT_KEY_LEN + SALT_LEN }>);

impl Fresh {
    /// Draws all at once: each draw is a call of the operating system.
    fn draw(rng: &mut dyn CryptoRng) -> Self {
        let mut fresh = Secret::zero();
        rng.fill_bytes(fresh.expose_mut());
        Self(fresh)
    }

    fn content_key(&self) -> ContentKey {
        ContentKey::from_slice(&self.0.expose()[..CONTENT_KEY_LEN]).expect("32 of 56 bytes")
    }

    fn salt(&self) -> &[u8; SALT_LEN] {
        self.0.expose().last_chunk().expect("24 of 56 bytes")
    }
}
