//! A verified header, which opens its body.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::senders::{Senders, VerifiedSender};
use crate::buffer::{Unreleased, wipe};
use crate::chunk::{BodyOpener, RangeOpener, ToOpen, Work, plaintext_len};
use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, COMMITMENT_LEN, SALT_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::key_id::KeyId;
use crate::limits::{Limit, Limits};
use crate::num::to_u64;
use crate::schedule::{AssociatedData, BodyKeys, ChallengeDigest, HeaderDigest, Keyed, Label, Place};
use crate::secret::ContentKey;
use crate::threads::Threads;
use crate::wire::{Header, PrivateItems};

/// A header that has verified under its content key and can open its body, or any of its
/// [messages](Self::message). Cheap to clone.
///
/// [`Opener::open_header`](crate::Opener::open_header) returns one with the opener's associated
/// data, limits and threads. [`Candidate::verify`](crate::Candidate::verify) and [`Header::open`]
/// return one with empty associated data, the default limits and one thread.
#[derive(Clone)]
pub struct OpenedHeader {
    keyed: Arc<Keyed>,
    place: Place,
    /// What the part must be, if this opens one.
    expected: Option<ExpectedPart>,
    aad: AssociatedData,
    limits: Limits,
    threads: Threads,
    private: Option<Arc<PrivateItems>>,
    /// X of a session.
    challenge: ChallengeDigest,
    /// Whether the signature of the sender was found authentic, under the key that it names.
    is_verified: bool,
    sender: Option<VerifiedSender>,
}

impl OpenedHeader {
    /// Opens the private section as well, which belongs to accepting a header (SPEC §4.4).
    pub(super) fn new(keyed: Keyed, challenge: ChallengeDigest, limits: &Limits) -> Result<Self, OpenError> {
        let private = keyed.open_private()?;
        let metadata_len = private.as_ref().and_then(PrivateItems::metadata).map_or(0, <[u8]>::len);
        limits.check(Limit::MetadataLen, to_u64(metadata_len))?;
        Ok(Self {
            private: private.map(Arc::new),
            challenge,
            is_verified: false,
            sender: None,
            keyed: Arc::new(keyed),
            place: Place::Single,
            expected: None,
            aad: AssociatedData::new(&[]),
            limits: Limits::default(),
            threads: Threads::ONE,
        })
    }

    /// Demands a sender, if the header was not opened by an [`Opener`](crate::Opener) that does.
    /// `own` are the ids of all private keys of the reader, of which one must be in the audience,
    /// unless `senders` says otherwise.
    /// Clones that were made before have no verdict, and open all the same.
    ///
    /// # Errors
    ///
    /// [`OpenError::NoSender`], [`OpenError::OtherSender`], [`OpenError::SenderNotAuthentic`],
    /// [`OpenError::NotInAudience`] and [`OpenError::OtherAudience`], in this order (SPEC §4.5).
    pub fn demand_sender(mut self, senders: &Senders, own: &[KeyId]) -> Result<Self, OpenError> {
        let items = self.private.as_deref();
        self.sender = Some(senders.judge(&self.keyed, items, own, self.challenge, self.is_verified)?);
        self.is_verified = true;
        Ok(self)
    }

    /// Forgets the verdict on the sender, which belongs to a demand. That its signature is good
    /// stays known.
    pub(super) fn without_sender(self) -> Self {
        Self { sender: None, ..self }
    }

    /// Returns the sender that was demanded, or `None` if nobody was.
    #[must_use]
    pub fn sender(&self) -> Option<&VerifiedSender> {
        self.sender.as_ref()
    }

    /// Returns the id of the key that the header names as that of its sender. **Unverified**: no
    /// signature was looked at. Use it only to find the key to [demand](Self::demand_sender).
    #[must_use]
    pub fn unverified_sender(&self) -> Option<KeyId> {
        Some(self.private.as_ref()?.sender()?.key_id)
    }

    /// Returns the private metadata, which recipients alone can read. It is authentic in the same
    /// sense as the [public](Self::metadata): a holder of the content key put it there, and if a
    /// [sender](Self::sender) was demanded, the sender did.
    #[must_use]
    pub fn private_metadata(&self) -> Option<&[u8]> {
        self.private.as_ref()?.metadata()
    }

    pub(super) fn challenge(&self) -> ChallengeDigest {
        self.challenge
    }

    /// Sets the associated data that the envelope was sealed with. The default is empty, which
    /// means the same as none.
    ///
    /// The header verifies without it, so you can choose it by the [metadata](Self::metadata).
    #[must_use]
    pub fn aad(mut self, aad: &[u8]) -> Self {
        self.aad = AssociatedData::new(aad);
        self
    }

    /// Returns what opens the message with this label, if the header has the layout `03`.
    #[must_use]
    pub fn message(&self, label: impl Into<Label>) -> Self {
        self.clone().at(Place::Message(label.into()))
    }

    pub(super) fn at(mut self, place: Place) -> Self {
        self.place = place;
        self.expected = None;
        self
    }

    pub(super) fn at_part(self, expected: ExpectedPart) -> Self {
        Self { expected: Some(expected), ..self.at(Place::part(expected.index)) }
    }

    pub(super) fn limits_in_use(&self) -> Limits {
        self.limits
    }

    /// What seals further bodies under this header.
    pub(super) fn to_parts(&self) -> (Arc<Keyed>, AssociatedData, Limits, Threads) {
        (self.keyed.clone(), self.aad.clone(), self.limits, self.threads)
    }

    /// Sets the limits on the length of the plaintext and on the number of parts. The other limits
    /// concern the header, which is already open.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Opens the body with at most `count` threads, like
    /// [`Opener::threads`](crate::Opener::threads).
    #[cfg(feature = "parallel")]
    #[cfg_attr(docsrs, doc(cfg(feature = "parallel")))]
    #[must_use]
    pub fn threads(self, count: usize) -> Self {
        self.with_threads(Threads::new(count))
    }

    pub(super) fn with_threads(mut self, threads: Threads) -> Self {
        self.threads = threads;
        self
    }

    /// Returns the header.
    #[must_use]
    pub fn header(&self) -> &Header {
        self.keyed.header()
    }

    /// Returns the public metadata. It is authentic: a holder of the content key put it there.
    #[must_use]
    pub fn metadata(&self) -> Option<&[u8]> {
        self.header().unverified_metadata()
    }

    pub(super) fn keyed(&self) -> &Keyed {
        &self.keyed
    }

    pub(super) fn associated_data(&self) -> &AssociatedData {
        &self.aad
    }

    fn work(&self) -> Work {
        let work = Work::new(&self.limits, self.threads);
        self.expected.map_or(work, |part| work.of_part(part.index, part.len))
    }

    /// Checks that the body that starts with `head`, its first 56 bytes, belongs to this header and
    /// the associated data. Returns the engine that opens its chunks in order.
    ///
    /// # Errors
    ///
    /// [`OpenError::WrongAssociatedData`] if it does not.
    pub fn body_opener(&self, head: &[u8; BODY_HEAD_LEN]) -> Result<BodyOpener, OpenError> {
        let keys = self.body_keys_of(head)?;
        BodyOpener::new(keys.input_key, keys.context(), head, self.work())
    }

    /// Does what [`body_opener`](Self::body_opener) does, but returns the engine that opens chunks
    /// in any order.
    ///
    /// # Errors
    ///
    /// [`OpenError::WrongAssociatedData`] if it does not.
    pub fn range_opener(&self, head: &[u8; BODY_HEAD_LEN]) -> Result<RangeOpener, OpenError> {
        let keys = self.body_keys_of(head)?;
        RangeOpener::new(keys.input_key, keys.context(), head, self.work())
    }

    fn body_keys_of(&self, head: &[u8; BODY_HEAD_LEN]) -> Result<BodyKeys<'_>, OpenError> {
        let layout = self.header().layout();
        if !layout.kinds().contains(&self.place.kind()) {
            return Err(OpenError::OtherLayout { layout });
        }
        // SPEC §5.7: another attempt at the same part is as foreign as another part.
        match self.expected {
            Some(part) if part.commitment != head[SALT_LEN..] => {
                return Err(OpenError::ForeignPart { index: part.index });
            }
            _ => {}
        }
        Ok(BodyKeys::new(&self.keyed, &self.place, &self.aad))
    }

    /// Opens a body in memory, all or nothing.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if the body cannot be opened. No plaintext is released.
    pub fn open(&self, body: &[u8]) -> Result<Vec<u8>, OpenError> {
        let mut plaintext = Vec::new();
        self.open_into(body, &mut plaintext)?;
        Ok(plaintext)
    }

    /// Opens a body and replaces the content of `output` by the plaintext, all or nothing. Reusing
    /// a vector is much faster than allocating one.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if the body cannot be opened. `output` is then empty, and its spare capacity
    /// holds no plaintext of this body.
    pub fn open_into(&self, body: &[u8], output: &mut Vec<u8>) -> Result<(), OpenError> {
        let opened = self.plaintext_len(body).and_then(|len| {
            if output.capacity() < len {
                wipe(output);
                *output = vec![0; len];
            }
            // Zeroes only what was never used, and leaves no longer plaintext behind.
            output.resize(output.len().max(len), 0);
            wipe(&mut output[len..]);
            output.truncate(len);
            self.open_to_slice(body, output)
        });
        match opened {
            Ok(_) => Ok(()),
            Err(error) => {
                output.clear();
                Err(error)
            }
        }
    }

    /// Opens a body into the front of `output`, all or nothing, and returns the length of the
    /// plaintext in bytes. [`body::plaintext_len`](crate::body::plaintext_len) computes the room it
    /// needs.
    ///
    /// # Errors
    ///
    /// [`OpenError::OutputTooShort`] if the plaintext does not fit, before any work. Any other
    /// [`OpenError`] if the body cannot be opened: the part of `output` that the plaintext would
    /// have taken is then unchanged or zero.
    pub fn open_to_slice(&self, body: &[u8], output: &mut [u8]) -> Result<usize, OpenError> {
        let len = self.plaintext_len(body)?;
        let output = output.get_mut(..len).ok_or(OpenError::OutputTooShort { needed: len })?;
        let (head, sealed) = body.split_first_chunk().ok_or(OpenError::Truncated)?;
        let mut opener = self.body_opener(head)?;

        // Wiped if opening fails halfway.
        let mut output = Unreleased::new(output);
        let (sealed_chunks, sealed_last) = sealed.as_chunks::<SEALED_CHUNK_LEN>();
        let (chunks, last) = output.bytes().split_at_mut(sealed_chunks.len() * CHUNK_LEN);
        let work = self.work().on(sealed_chunks.len());
        opener.open_pieces(work, ToOpen::divide(sealed_chunks, chunks.as_chunks_mut().0));
        opener.open_last(sealed_last, last)?;
        output.release(len, len);
        Ok(len)
    }

    /// Replaces the envelope in `data` by its plaintext. Its body starts at `body_start`.
    pub(super) fn open_in_place(&self, data: &mut Vec<u8>, body_start: usize) -> Result<(), OpenError> {
        let plaintext_len = self.plaintext_len(&data[body_start..])?;
        let (head, sealed) = data[body_start..].split_first_chunk_mut().ok_or(OpenError::Truncated)?;
        let mut opener = self.body_opener(head)?;

        let (chunks, last) = sealed.as_chunks_mut::<SEALED_CHUNK_LEN>();
        let count = chunks.len();
        opener.open_pieces(self.work().on(count), ToOpen::divide_in_place(chunks));
        if let Err(error) = opener.open_last_in_place(last) {
            wipe(data);
            data.clear();
            return Err(error);
        }

        let start = body_start + BODY_HEAD_LEN;
        for index in 0..=count {
            let from = start + index * SEALED_CHUNK_LEN;
            let len = CHUNK_LEN.min(plaintext_len - index * CHUNK_LEN);
            data.copy_within(from..from + len, index * CHUNK_LEN);
        }
        wipe(&mut data[plaintext_len..]);
        data.truncate(plaintext_len);
        Ok(())
    }

    /// Returns the length in bytes of the plaintext in `body`, if that is within the limit. Accepts
    /// a last chunk that is too short to hold a tag: opening it reports the error.
    fn plaintext_len(&self, body: &[u8]) -> Result<usize, OpenError> {
        let (head, sealed) = body.split_first_chunk().ok_or(OpenError::Truncated)?;
        let (chunks, last) = sealed.as_chunks::<SEALED_CHUNK_LEN>();
        let len = chunks.len() * CHUNK_LEN + last.len().saturating_sub(TAG_LEN);
        if let Err(exceeded) = self.work().check_len(to_u64(len)) {
            // SPEC §6.4: not before the commitment was found equal.
            self.body_opener(head)?;
            return Err(exceeded.into());
        }
        Ok(len)
    }
}

/// What a part must be, according to its entry in the manifest.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExpectedPart {
    pub(super) index: u64,
    pub(super) len: u64,
    pub(super) commitment: [u8; COMMITMENT_LEN],
}

impl fmt::Debug for OpenedHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedHeader").field("header", self.header()).finish_non_exhaustive()
    }
}

impl Header {
    /// Verifies the header with a content key that you already have, from a cache for example. To
    /// unwrap one of the [`records`](Self::records) yourself, use [`Search`](crate::Search).
    ///
    /// # Errors
    ///
    /// [`OpenError::NotAuthentic`] if the header does not verify under `content_key`,
    /// [`OpenError::MalformedPrivateSection`] and [`OpenError::UnknownPrivateItem`].
    ///
    /// # Examples
    ///
    /// ```
    /// use bulla::keys::ContentKey;
    /// use bulla::{Header, Limits};
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
    /// # let sealed = bulla::seal(identity.recipient(), b"hello")?;
    ///
    /// let (header, body) = Header::split(&sealed, &Limits::default())?;
    /// # let wrapped = header.records().next().and_then(|record| record.wrapped_key()).ok_or("none")?;
    /// # let cached = *identity.unwrap_bytes(wrapped)?.ok_or("does not open")?.expose();
    /// let opened = header.open(ContentKey::from_bytes(cached))?;
    /// assert_eq!(opened.open(body)?, b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(&self, content_key: ContentKey) -> Result<OpenedHeader, OpenError> {
        let keyed = Keyed::open(self, &HeaderDigest::new(self), content_key).ok_or(OpenError::NotAuthentic)?;
        OpenedHeader::new(keyed, ChallengeDigest::new(None), &Limits::default())
    }

    /// Returns the length in bytes of an envelope with this header and a plaintext of
    /// `plaintext_len` bytes, or `None` above the format's maximum of 2^52 − 1.
    #[must_use]
    pub fn envelope_len(&self, plaintext_len: u64) -> Option<u64> {
        Some(self.body_offset() + crate::chunk::body_len(plaintext_len)?)
    }

    /// Returns the range of the envelope to fetch from a store in order to open `plaintext_range`,
    /// or `None` if there is nothing to fetch. (Many stores answer an empty range with an error.)
    /// Like [`body_range`](crate::body::body_range), but counts from the start of the envelope.
    #[must_use]
    pub fn envelope_range(&self, plaintext_range: core::ops::Range<u64>) -> Option<core::ops::Range<u64>> {
        let range = crate::chunk::body_range(plaintext_range)?;
        Some(self.body_offset() + range.start..self.body_offset() + range.end)
    }

    /// Returns the length in bytes of the plaintext in an envelope of `envelope_len` bytes with
    /// this header. **Unverified**: anyone may have cut or extended the envelope.
    ///
    /// # Errors
    ///
    /// [`OpenError::Truncated`] if no complete envelope has this length.
    /// [`OpenError::LimitExceeded`] if the plaintext would be longer than the format's maximum.
    pub fn unverified_plaintext_len(&self, envelope_len: u64) -> Result<u64, OpenError> {
        plaintext_len(envelope_len.checked_sub(self.body_offset()).ok_or(OpenError::Truncated)?)
    }
}
