//! A verified header: what opens the body that belongs to it.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::buffer::{Unreleased, wipe};
use crate::chunk::{BodyOpener, RangeOpener, ToOpen, Work, plaintext_len};
use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::limits::Limits;
use crate::num::to_u64;
use crate::schedule::{AssociatedData, Body, BodyKeys, HeaderDigest, Keyed};
use crate::secret::ContentKey;
use crate::threads::Threads;
use crate::wire::Header;

/// A header that verified under its content key, ready to open its body.
///
/// From [`Opener::open_header`](crate::Opener::open_header), which passes on its associated data,
/// limits and threads; or from [`Candidate::verify`](crate::Candidate::verify) or [`Header::open`],
/// with empty associated data, the default limits and one thread.
pub struct OpenedHeader {
    keyed: Keyed,
    aad: AssociatedData,
    limits: Limits,
    threads: Threads,
}

impl OpenedHeader {
    pub(super) fn new(keyed: Keyed) -> Self {
        Self { keyed, aad: AssociatedData::new(&[]), limits: Limits::default(), threads: Threads::ONE }
    }

    /// The associated data that the envelope was sealed with; absent is the same as empty.
    ///
    /// It is not needed before, so that it can follow from the [metadata](Self::metadata).
    #[must_use]
    pub fn aad(mut self, aad: &[u8]) -> Self {
        self.aad = AssociatedData::new(aad);
        self
    }

    /// Bounds the length of the plaintext; the other limits have done their work.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Opens the body with at most `count` threads, as [`Opener::threads`](crate::Opener::threads).
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

    /// The header.
    #[must_use]
    pub fn header(&self) -> &Header {
        self.keyed.header()
    }

    /// The public metadata, authenticated: it is what some holder of the content key put there.
    #[must_use]
    pub fn metadata(&self) -> Option<&[u8]> {
        self.header().unverified_metadata()
    }

    pub(super) fn keyed(&self) -> &Keyed {
        &self.keyed
    }

    fn work(&self) -> Work {
        Work::new(&self.limits, self.threads)
    }

    /// Checks that the body which starts with the 56 bytes of `head` belongs to this header and to
    /// the associated data.
    ///
    /// # Errors
    ///
    /// [`OpenError::WrongAssociatedData`].
    pub fn body_opener(&self, head: &[u8; BODY_HEAD_LEN]) -> Result<BodyOpener, OpenError> {
        let keys = self.body_keys();
        BodyOpener::new(&keys.input_key, &keys.context, head, self.work())
    }

    /// As [`body_opener`](Self::body_opener), for opening at any place rather than in order.
    ///
    /// # Errors
    ///
    /// [`OpenError::WrongAssociatedData`].
    pub fn range_opener(&self, head: &[u8; BODY_HEAD_LEN]) -> Result<RangeOpener, OpenError> {
        let keys = self.body_keys();
        RangeOpener::new(&keys.input_key, &keys.context, head, self.work())
    }

    fn body_keys(&self) -> BodyKeys {
        BodyKeys::new(&self.keyed, Body::single(&self.aad))
    }

    /// Opens a body in memory: all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; no plaintext is released.
    pub fn open(&self, body: &[u8]) -> Result<Vec<u8>, OpenError> {
        let mut plaintext = Vec::new();
        self.open_into(body, &mut plaintext)?;
        Ok(plaintext)
    }

    /// Opens a body to `output`, in place of what it holds: all of it or nothing. Memory that is
    /// used again is much faster than fresh memory.
    ///
    /// # Errors
    ///
    /// [`OpenError`]. `output` is then empty, and no plaintext of this body is left behind it.
    pub fn open_into(&self, body: &[u8], output: &mut Vec<u8>) -> Result<(), OpenError> {
        let opened = self.plaintext_len(body).and_then(|len| {
            if output.capacity() < len {
                wipe(output);
                *output = vec![0; len];
            }
            // Zeros only what was never used.
            output.resize(output.len().max(len), 0);
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

    /// Opens a body to the front of `output`, all of it or nothing, and returns the length of the
    /// plaintext in bytes. [`plaintext_len`](crate::body::plaintext_len) says how much room that
    /// takes.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; the first bytes of `output`, as many as the plaintext would take, are then
    /// unchanged or zero. [`OpenError::OutputTooShort`] before any work.
    pub fn open_to_slice(&self, body: &[u8], output: &mut [u8]) -> Result<usize, OpenError> {
        let len = self.plaintext_len(body)?;
        let output = output.get_mut(..len).ok_or(OpenError::OutputTooShort { needed: len })?;
        let (head, sealed) = body.split_first_chunk().ok_or(OpenError::Truncated)?;
        let mut opener = self.body_opener(head)?;

        // Wiped if opening fails on the way.
        let mut output = Unreleased::new(output);
        let (sealed_chunks, sealed_last) = sealed.as_chunks::<SEALED_CHUNK_LEN>();
        let (chunks, last) = output.bytes().split_at_mut(sealed_chunks.len() * CHUNK_LEN);
        let work = self.work().on(sealed_chunks.len());
        opener.open_pieces(work, ToOpen::divide(sealed_chunks, chunks.as_chunks_mut().0));
        opener.open_last(sealed_last, last)?;
        output.release(len, len);
        Ok(len)
    }

    /// Replaces the envelope in `data`, whose body starts at `body_start`, by its plaintext.
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

    /// Length in bytes of what a body holds, if that is within the limit. If the last chunk is too
    /// short to hold a tag, opening it will say so.
    fn plaintext_len(&self, body: &[u8]) -> Result<usize, OpenError> {
        let (chunks, last) = body.get(BODY_HEAD_LEN..).ok_or(OpenError::Truncated)?.as_chunks::<SEALED_CHUNK_LEN>();
        let len = chunks.len() * CHUNK_LEN + last.len().saturating_sub(TAG_LEN);
        self.work().check_len(to_u64(len))?;
        Ok(len)
    }
}

impl fmt::Debug for OpenedHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedHeader").field("header", self.header()).finish_non_exhaustive()
    }
}

impl Header {
    /// Verifies the header with a content key that the caller has by other means than its
    /// [`records`](Self::records): from a cache, for example. To unwrap a record yourself, use
    /// [`Search`](crate::Search).
    ///
    /// # Errors
    ///
    /// [`OpenError::NotAuthentic`].
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
    /// # let cached = *identity.unwrap(wrapped)?.ok_or("does not open")?.expose();
    /// let opened = header.open(ContentKey::from_bytes(cached))?;
    /// assert_eq!(opened.open(body)?, b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(&self, content_key: ContentKey) -> Result<OpenedHeader, OpenError> {
        let keyed = Keyed::open(self, &HeaderDigest::new(self), content_key);
        keyed.map(OpenedHeader::new).ok_or(OpenError::NotAuthentic)
    }

    /// Length in bytes of the envelope with this header that holds `plaintext_len` bytes, or `None`
    /// above the format's maximum of 2^52 − 1.
    #[must_use]
    pub fn envelope_len(&self, plaintext_len: u64) -> Option<u64> {
        Some(self.body_offset() + crate::chunk::body_len(plaintext_len)?)
    }

    /// The bytes of the envelope that hold the chunks of `plaintext_range`: what to ask a store
    /// for. `None` if there is nothing to ask for; many stores answer an empty range with an
    /// error. Otherwise as [`body_range`](crate::body::body_range).
    #[must_use]
    pub fn envelope_range(&self, plaintext_range: core::ops::Range<u64>) -> Option<core::ops::Range<u64>> {
        let range = crate::chunk::body_range(plaintext_range)?;
        Some(self.body_offset() + range.start..self.body_offset() + range.end)
    }

    /// Length in bytes of the plaintext in an envelope of `envelope_len` bytes with this header.
    /// **Unverified**: anyone may have cut or extended it.
    ///
    /// # Errors
    ///
    /// [`OpenError::Truncated`] if no complete envelope has this length, and
    /// [`OpenError::LimitExceeded`] above the format's maximum.
    pub fn unverified_plaintext_len(&self, envelope_len: u64) -> Result<u64, OpenError> {
        plaintext_len(envelope_len.checked_sub(self.body_offset()).ok_or(OpenError::Truncated)?)
    }
}
