//! Changing recipients: another header around the same content key, before the same body (SPEC §7).

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::opener::Opener;
use crate::crypto::SystemRng;
use crate::error::{HeaderErrorKind, OpenError, RewrapError, SealError};
use crate::format::RECORD_PADDING;
use crate::key_id::KeyId;
use crate::limits::Limits;
use crate::recipient::{Recipient, wrap_for_all};
use crate::schedule::HeaderDigest;
use crate::secret::ContentKey;
use crate::wire::{Header, Item, Record};

/// Changes who can open an envelope. The body stays as it is, and is not even looked at.
///
/// A builder of changes, to be made to any number of headers. It needs a [`Opener`] that can open them, or the content key.
/// Metadata stay, and so does everything that this release does not know; without changes the result is the same header.
///
/// # Security
///
/// **This does not revoke.** Whoever could open the old header can still open it, wherever a copy of it is left, with the same
/// body; and nobody notices an old header that is put back (SPEC §11). To shut somebody out of what is sealed from now on,
/// seal it anew.
///
/// A service that changes recipients sees the content key. The header says nothing about the associated data: what such a
/// service must check belongs into the [metadata](crate::OpenedHeader::metadata).
///
/// # Examples
///
/// ```
/// use bulla::{Opener, Header, Limits, Rewrapper, RsaIdentity};
///
/// let alice = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// let bob = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa3072.pem"))?;
/// let envelope = bulla::seal(&alice.recipient(), b"hello")?;
///
/// let (header, body) = Header::split(&envelope, &Limits::default())?;
/// let recipient = bob.recipient();
/// let changes = Rewrapper::new().add_recipient(&recipient).remove_recipient(alice.key_id());
/// let header = changes.rewrap(&header, &Opener::new(&alice))?;
///
/// let envelope = [header.as_bytes(), body].concat();
/// assert_eq!(bulla::open(&bob, &envelope)?, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Rewrapper<'a> {
    added: Vec<&'a dyn Recipient>,
    removed: Vec<KeyId>,
    kept: Option<Vec<KeyId>>,
    keep_unidentified: bool,
    limits: Limits,
}

impl<'a> Rewrapper<'a> {
    /// No changes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a recipient. A record that names the same key is replaced.
    #[must_use]
    pub fn add_recipient(mut self, recipient: &'a dyn Recipient) -> Self {
        self.added.push(recipient);
        self
    }

    /// Removes the record that names the key `id`.
    ///
    /// Fails where there are records that are anonymous or of unknown type, unless they are
    /// [kept](Self::keep_unidentified): they may be for the same key. So may a record that names another key, since its name is
    /// the claim of whoever made it; where the makers are not trusted, [keep none](Self::keep_only) and add all recipients
    /// anew.
    #[must_use]
    pub fn remove_recipient(mut self, id: KeyId) -> Self {
        self.removed.push(id);
        self
    }

    /// Keeps only the records that name one of these keys, and those that are [added](Self::add_recipient). All others are dropped:
    /// anonymous ones, those of unknown type (unless they are [kept](Self::keep_unidentified)), and padding. Calls add up.
    #[must_use]
    pub fn keep_only(mut self, ids: impl IntoIterator<Item = KeyId>) -> Self {
        self.kept.get_or_insert_default().extend(ids);
        self
    }

    /// Keeps records that are anonymous or of unknown type while others are [removed](Self::remove_recipient) or
    /// [dropped](Self::keep_only), although they may hold the content key for the same recipient.
    #[must_use]
    pub fn keep_unidentified(mut self) -> Self {
        self.keep_unidentified = true;
        self
    }

    /// Refuses to make a header that [`Opener::limits`] would refuse to open.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Makes the changed header; `opener` opens the given one.
    ///
    /// # Errors
    ///
    /// [`RewrapError`]; nothing was made.
    pub fn rewrap(&self, header: &Header, opener: &Opener<'_>) -> Result<Header, RewrapError> {
        let mut rng = SystemRng::new();
        let changed = self.rewrap_with_rng(header, opener, &mut rng)?;
        rng.check().map_err(|_| SealError::Randomness)?;
        Ok(changed)
    }

    /// As [`rewrap`](Self::rewrap), with randomness for the recipients from `rng`.
    ///
    /// # Errors
    ///
    /// [`RewrapError`]; nothing was made.
    pub fn rewrap_with_rng(
        &self,
        header: &Header,
        opener: &Opener<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Header, RewrapError> {
        self.change(header, &opener.find_key(header)?, rng)
    }

    /// As [`rewrap`](Self::rewrap), for callers who unwrapped the content key themselves. What [`Header::open`] says about
    /// them holds here as well.
    ///
    /// # Errors
    ///
    /// [`RewrapError`]; nothing was made.
    pub fn rewrap_with_key(&self, header: &Header, content_key: &ContentKey) -> Result<Header, RewrapError> {
        if !HeaderDigest::new(header).verify(content_key, header.tag()) {
            return Err(OpenError::NotAuthentic.into());
        }
        let mut rng = SystemRng::new();
        let changed = self.change(header, content_key, &mut rng)?;
        rng.check().map_err(|_| SealError::Randomness)?;
        Ok(changed)
    }

    /// `header` has verified under `content_key`.
    fn change(
        &self,
        header: &Header,
        content_key: &ContentKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<Header, RewrapError> {
        self.check_ids(header)?;
        let added: Vec<KeyId> = self.added.iter().filter_map(|recipient| recipient.key_id()).collect();
        let mut records: Vec<Item> = header
            .records()
            .filter(|record| self.stays(record) && !record.key_id().is_some_and(|id| added.contains(&id)))
            .map(|record| Item { item_type: record.record_type(), value: record.value().to_vec() })
            .collect();
        records.extend(wrap_for_all(&self.added, content_key, rng)?);
        let mut changed = header.with_records(&mut records, &self.limits).map_err(|error| match error.kind() {
            HeaderErrorKind::NoRecords => SealError::NoRecipients,
            _ => error.into(),
        })?;
        // A record of unknown type alone would be well-formed; but nobody is known to be able to open it (SPEC §7).
        if !changed.records().any(|record| record.wrapped_key().is_some()) {
            return Err(SealError::NoRecipients.into());
        }
        changed.set_tag(&HeaderDigest::new(&changed).tag(content_key));
        Ok(changed)
    }

    /// Refuses changes that name keys that are not there, or that cannot be told to have the effect that is asked for.
    fn check_ids(&self, header: &Header) -> Result<(), RewrapError> {
        let is_named = |id: &KeyId| header.records().any(|record| record.key_id() == Some(*id));
        if let Some(id) = self.removed.iter().chain(self.kept.iter().flatten()).find(|id| !is_named(id)) {
            return Err(RewrapError::NotARecipient(*id));
        }
        let unidentified = header.records().filter(is_unidentified).count();
        if unidentified > 0 && !self.removed.is_empty() && self.kept.is_none() && !self.keep_unidentified {
            return Err(RewrapError::UnidentifiedRecords(unidentified));
        }
        Ok(())
    }

    fn stays(&self, record: &Record<'_>) -> bool {
        let Some(kept) = &self.kept else {
            return !record.key_id().is_some_and(|id| self.removed.contains(&id));
        };
        match record.key_id() {
            Some(id) => kept.contains(&id) && !self.removed.contains(&id),
            None => self.keep_unidentified && is_unidentified(record),
        }
    }
}

impl fmt::Debug for Rewrapper<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rewrapper")
            .field("added", &self.added.len())
            .field("removed", &self.removed)
            .field("kept", &self.kept)
            .field("keep_unidentified", &self.keep_unidentified)
            .finish_non_exhaustive()
    }
}

/// Whether the record may hold the content key for anyone. Padding holds none.
fn is_unidentified(record: &Record<'_>) -> bool {
    record.key_id().is_none() && record.record_type() != RECORD_PADDING
}
