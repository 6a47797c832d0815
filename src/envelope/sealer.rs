//! Sealing: a fresh content key, the header around it, and the sealer of the body.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use crate::buffer::wipe;
use crate::chunk::{BodySealer, ToSeal};
use crate::crypto::SystemRng;
use crate::error::SealError;
use crate::format::{CHUNK_LEN, FIELD_METADATA, MAX_PLAINTEXT_LEN, SALT_LEN, SEALED_CHUNK_LEN};
use crate::limits::{Limit, LimitExceeded, Limits};
use crate::recipient::{Recipient, wrap_for_all};
use crate::schedule::{BodyKeys, HeaderDigest};
use crate::secret::{ContentKey, Secret};
use crate::threads::Threads;
use crate::wire::{Header, Item, encode};

/// Seals to one or more recipients.
///
/// A builder: each of its sealing methods makes a new envelope with a fresh content key, so it can be used many times. The
/// forms that end in `_with_rng` draw from the generator given, in this order: content key (32 bytes), salt of the body (24
/// bytes), then whatever each recipient draws, in the order in which they were added (an RSA key in memory draws the 32-byte
/// seed of OAEP).
///
/// # Examples
///
/// ```
/// use bulla::{Opener, Sealer, RsaIdentity};
///
/// let alice = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// let bob = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa3072.pem"))?;
///
/// let sealed = Sealer::new(&alice.recipient())
///     .recipient(&bob.recipient())
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
    recipients: Vec<&'a dyn Recipient>,
    metadata: Option<&'a [u8]>,
    aad: &'a [u8],
    limits: Limits,
    threads: Threads,
}

impl<'a> Sealer<'a> {
    /// Seals to `recipient`.
    #[must_use]
    pub fn new(recipient: &'a dyn Recipient) -> Self {
        Self { recipients: vec![recipient], metadata: None, aad: &[], limits: Limits::default(), threads: Threads::ONE }
    }

    /// Seals to all `recipients`.
    ///
    /// # Errors
    ///
    /// [`SealError::NoRecipients`] where there are none.
    pub fn with_recipients<R: Recipient + 'a>(recipients: impl IntoIterator<Item = &'a R>) -> Result<Self, SealError> {
        let mut recipients = recipients.into_iter().map(|recipient| -> &'a dyn Recipient { recipient });
        let first = recipients.next().ok_or(SealError::NoRecipients)?;
        let mut sealer = Self::new(first);
        sealer.recipients.extend(recipients);
        Ok(sealer)
    }

    /// Adds a recipient. Each one can open the envelope alone.
    #[must_use]
    pub fn recipient(mut self, recipient: &'a dyn Recipient) -> Self {
        self.recipients.push(recipient);
        self
    }

    /// Puts public metadata of one byte or more into the header: authenticated, **not encrypted**.
    #[must_use]
    pub fn metadata(mut self, metadata: &'a [u8]) -> Self {
        self.metadata = Some(metadata);
        self
    }

    /// Binds the envelope to associated data of any length, which is not stored: whoever opens must give the same.
    #[must_use]
    pub fn aad(mut self, aad: &'a [u8]) -> Self {
        self.aad = aad;
        self
    }

    /// Refuses to seal a header or plaintext that [`Opener::limits`](crate::Opener::limits) would refuse to open. The limit
    /// on private-key operations is the reader's alone.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Seals with at most `count` threads: the calling one, and others of the `rayon` pool that is current where the work is
    /// done. 0 stands for as many as the pool that is current now has, and there are never more. Default: 1.
    ///
    /// The envelope is the same whatever the number. Writers and readers then collect 32 chunks (512 KiB) for each thread
    /// before they hand any out: a writer holds about 1 MiB × threads, an [`SealReader`](crate::SealReader) as much. A
    /// reader's input is read while the others work.
    ///
    /// As everywhere with `rayon`, a call waits until the pool has had time for it: do not hold a lock over it that other
    /// jobs of the pool take, and let no thread of the pool wait for the caller.
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
        seal_whole(self.start()?, plaintext)
    }

    /// Replaces the plaintext in `data` by its envelope.
    ///
    /// Works in place where the capacity of `data` suffices, that is, where it was reserved before the plaintext was put there:
    /// some 500 bytes for each recipient, 110 more, and 16 for each chunk. Otherwise the envelope is made elsewhere and the old
    /// memory is wiped.
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
    /// bulla::Sealer::new(&identity.recipient()).seal_in_place(&mut data)?;
    /// bulla::Opener::new(&identity).open_in_place(&mut data)?;
    /// assert_eq!(data, b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn seal_in_place(&self, data: &mut Vec<u8>) -> Result<(), SealError> {
        self.check_len(data)?;
        seal_in_place(self.start()?, data)
    }

    /// As [`seal_in_place`](Self::seal_in_place), with randomness from `rng`.
    ///
    /// # Errors
    ///
    /// [`SealError`]; `data` is unchanged.
    pub fn seal_in_place_with_rng(&self, data: &mut Vec<u8>, rng: &mut dyn CryptoRng) -> Result<(), SealError> {
        self.check_len(data)?;
        seal_in_place(self.start_with_rng(rng)?, data)
    }

    /// As [`seal`](Self::seal), with randomness from `rng`.
    ///
    /// # Errors
    ///
    /// [`SealError`]; nothing was sealed.
    pub fn seal_with_rng(&self, plaintext: &[u8], rng: &mut dyn CryptoRng) -> Result<Vec<u8>, SealError> {
        self.check_len(plaintext)?;
        seal_whole(self.start_with_rng(rng)?, plaintext)
    }

    /// Makes a header and the [`BodySealer`] of its body, for callers who move the bytes themselves.
    ///
    /// # Errors
    ///
    /// [`SealError`]; nothing was sealed.
    pub fn start(&self) -> Result<(Header, BodySealer), SealError> {
        let mut rng = SystemRng::new();
        let fresh = Fresh::draw(&mut rng);
        // Checked before the key is given to anyone, and again before anything made with it is given away.
        rng.check().map_err(|_| SealError::Randomness)?;
        let started = self.start_from(fresh, &mut rng)?;
        rng.check().map_err(|_| SealError::Randomness)?;
        Ok(started)
    }

    /// As [`start`](Self::start), with randomness from `rng`.
    ///
    /// # Errors
    ///
    /// [`SealError`]; nothing was sealed.
    pub fn start_with_rng(&self, rng: &mut dyn CryptoRng) -> Result<(Header, BodySealer), SealError> {
        let fresh = Fresh::draw(rng);
        self.start_from(fresh, rng)
    }

    fn start_from(&self, fresh: Fresh, rng: &mut dyn CryptoRng) -> Result<(Header, BodySealer), SealError> {
        let Fresh { content_key, salt } = fresh;
        // Before any public-key operation, not after a thousand of them.
        self.limits.check(Limit::Records, u64::try_from(self.recipients.len()).unwrap_or(u64::MAX))?;

        let mut fields = Vec::new();
        if let Some(metadata) = self.metadata {
            fields.push(Item { item_type: FIELD_METADATA, value: metadata.to_vec() });
        }
        let mut records = wrap_for_all(&self.recipients, &content_key, rng)?;
        let mut header = encode(&mut fields, &mut records, &self.limits)?;
        header.set_tag(&HeaderDigest::new(&header).tag(&content_key));
        let keys = BodyKeys::new(&content_key, &header, self.aad);
        let body_sealer =
            BodySealer::new(&keys.input_key, &keys.context, &salt, &self.limits).with_threads(self.threads);
        Ok((header, body_sealer))
    }

    /// Refuses a plaintext that is too long before any work is spent on it.
    fn check_len(&self, plaintext: &[u8]) -> Result<(), LimitExceeded> {
        self.limits.check(Limit::PlaintextLen, u64::try_from(plaintext.len()).unwrap_or(u64::MAX))
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

/// What must be new in every envelope.
struct Fresh {
    content_key: ContentKey,
    salt: [u8; SALT_LEN],
}

impl Fresh {
    fn draw(rng: &mut dyn CryptoRng) -> Self {
        let mut content_key = Secret::zero();
        rng.fill_bytes(content_key.expose_mut());
        let mut salt = [0; SALT_LEN];
        rng.fill_bytes(&mut salt);
        Self { content_key: content_key.into(), salt }
    }
}

/// Writes header and body once, into a vector of exactly their length.
fn seal_whole((header, body_sealer): (Header, BodySealer), plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut envelope = vec![0; envelope_len(&header, &body_sealer, plaintext)?];
    let (header_output, body) = envelope.split_at_mut(header.as_bytes().len());
    header_output.copy_from_slice(header.as_bytes());
    body_sealer.seal_body(plaintext, body)?;
    Ok(envelope)
}

/// Moves the plaintext in `data` to the places of its chunks, and seals it there.
fn seal_in_place((header, mut body_sealer): (Header, BodySealer), data: &mut Vec<u8>) -> Result<(), SealError> {
    let plaintext_len = data.len();
    let envelope_len = envelope_len(&header, &body_sealer, data)?;
    if data.capacity() < envelope_len {
        let envelope = seal_whole((header, body_sealer), data)?;
        wipe(data);
        *data = envelope;
        return Ok(());
    }

    data.resize(envelope_len, 0);
    let start = header.as_bytes().len() + body_sealer.prefix().len();
    // From the last to the first, for each one moves up into the place of those behind it.
    for index in (0..=plaintext_len / CHUNK_LEN).rev() {
        let from = index * CHUNK_LEN;
        data.copy_within(from..plaintext_len.min(from + CHUNK_LEN), start + index * SEALED_CHUNK_LEN);
    }
    let body = write_start(&header, &body_sealer, data);
    let (chunks, last) = body.split_at_mut(plaintext_len / CHUNK_LEN * SEALED_CHUNK_LEN);
    body_sealer.seal_pieces(ToSeal::divide_in_place(chunks.as_chunks_mut().0))?;
    body_sealer.seal_last_in_place(last)
}

fn envelope_len(header: &Header, body_sealer: &BodySealer, plaintext: &[u8]) -> Result<usize, LimitExceeded> {
    let too_long = LimitExceeded { limit: Limit::PlaintextLen, max: MAX_PLAINTEXT_LEN };
    header.as_bytes().len().checked_add(body_sealer.body_len(plaintext.len())?).ok_or(too_long)
}

/// Writes everything before the first chunk and returns the place for what follows.
fn write_start<'a>(header: &Header, body_sealer: &BodySealer, envelope: &'a mut [u8]) -> &'a mut [u8] {
    let (start, chunks) = envelope.split_at_mut(header.as_bytes().len() + body_sealer.prefix().len());
    let (header_output, prefix) = start.split_at_mut(header.as_bytes().len());
    header_output.copy_from_slice(header.as_bytes());
    prefix.copy_from_slice(body_sealer.prefix());
    chunks
}
