//! Changing recipients: another header around the same content key, before the same body (SPEC §7).

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::opened_header::OpenedHeader;
use crate::crypto::SystemRng;
use crate::error::{HeaderErrorKind, RewrapError, SealError};
use crate::format::RECORD_PADDING;
use crate::key_id::KeyId;
use crate::limits::Limits;
use crate::recipient::{Recipient, wrap_for_all};
use crate::schedule::Keyed;
use crate::wire::{Header, Item, Record};

/// Changes who can open an envelope. The body stays as it is, and is not even looked at.
///
/// A builder of changes, which can be made to any number of opened headers. Metadata stays, and so
/// does everything that this release does not know; without changes the result is the same header.
///
/// To rotate keys, `keep_only([])` and add all recipients anew: the result is the same however
/// often it is done.
///
/// # Security
///
/// **This does not revoke.** Whoever could open the old header still opens it, wherever a copy of
/// it is left, with the same body; and nobody notices if an old header is put back (SPEC §11). To
/// shut somebody out of what is sealed from now on, seal it anew.
///
/// A service that changes recipients sees the content key. The header says nothing about the
/// associated data: what such a service must check belongs in the
/// [metadata](crate::OpenedHeader::metadata).
///
/// # Examples
///
/// ```
/// use bulla::{Header, Limits, Opener, Rewrapper, RsaIdentity};
///
/// let alice = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// let bob = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa3072.pem"))?;
/// let envelope = bulla::seal(alice.recipient(), b"hello")?;
///
/// let (header, body) = Header::split(&envelope, &Limits::default())?;
/// let changes = Rewrapper::new().add_recipient(bob.recipient()).remove_recipient(alice.key_id());
/// let header = changes.rewrap(&Opener::new(&alice).open_header(&header)?)?;
///
/// let envelope = [header.as_bytes(), body].concat();
/// assert_eq!(bulla::open(&bob, &envelope)?, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Rewrapper<'a> {
    added: Vec<Arc<dyn Recipient + 'a>>,
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
    pub fn add_recipient(mut self, recipient: impl Recipient + 'a) -> Self {
        self.added.push(Arc::new(recipient));
        self
    }

    /// Adds recipients.
    #[must_use]
    pub fn add_recipients<R: Recipient + 'a>(self, recipients: impl IntoIterator<Item = R>) -> Self {
        recipients.into_iter().fold(self, Self::add_recipient)
    }

    /// Removes the record that names the key `id`, and all padding.
    ///
    /// Fails if there are records that are anonymous or of unknown type, unless they are
    /// [kept](Self::keep_unidentified). Such a record may wrap the key for the same recipient. A
    /// key id is only a claim: if you do not trust whoever sealed, use `keep_only([])` and
    /// re-add everyone.
    #[must_use]
    pub fn remove_recipient(mut self, id: KeyId) -> Self {
        self.removed.push(id);
        self
    }

    /// Keeps only the records that name one of these keys, and those that are
    /// [added](Self::add_recipient). All others are dropped: anonymous ones, those of unknown type
    /// (unless they are [kept](Self::keep_unidentified)), and padding. Calls add up.
    #[must_use]
    pub fn keep_only(mut self, ids: impl IntoIterator<Item = KeyId>) -> Self {
        self.kept.get_or_insert_default().extend(ids);
        self
    }

    /// Keeps records that are anonymous or of unknown type while others are
    /// [removed](Self::remove_recipient) or [dropped](Self::keep_only), although they may hold the
    /// content key for the same recipient.
    #[must_use]
    pub fn keep_unidentified(mut self) -> Self {
        self.keep_unidentified = true;
        self
    }

    /// Refuses to make a header that [`Opener::limits`](crate::Opener::limits) would refuse to
    /// open.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Makes the changed header.
    ///
    /// # Errors
    ///
    /// [`RewrapError`]; nothing was made.
    pub fn rewrap(&self, opened: &OpenedHeader) -> Result<Header, RewrapError> {
        let mut rng = SystemRng::new();
        let changed = self.rewrap_with_rng(opened, &mut rng)?;
        rng.check().map_err(SealError::from)?;
        Ok(changed)
    }

    /// As [`rewrap`](Self::rewrap), with randomness for the recipients from `rng`. What
    /// [`Sealer::start_with_rng`](crate::Sealer::start_with_rng) says of it holds here, too.
    ///
    /// # Errors
    ///
    /// [`RewrapError`]; nothing was made.
    pub fn rewrap_with_rng(&self, opened: &OpenedHeader, rng: &mut dyn CryptoRng) -> Result<Header, RewrapError> {
        let keyed: &Keyed = opened.keyed();
        let header = keyed.header();
        self.check_ids(header)?;
        let added = self.added_ids();
        let mut records: Vec<Item> = header
            .records()
            .filter(|record| self.stays(record) && !record.key_id().is_some_and(|id| added.contains(&id)))
            .map(|record| Item { item_type: record.record_type(), value: record.value().to_vec() })
            .collect();
        records.extend(wrap_for_all(&self.added, keyed.key(), rng)?);
        let changed = keyed.with_records(&mut records, &self.limits).map_err(|error| match error.kind() {
            HeaderErrorKind::NoRecords => SealError::NoRecipients,
            _ => error.into(),
        })?;
        // A record of unknown type alone would be well-formed, but nobody is known to be able to
        // open it (SPEC §7).
        if !changed.records().any(|record| record.wrapped_key().is_some()) {
            return Err(SealError::NoRecipients.into());
        }
        Ok(changed)
    }

    /// Rejects changes that name an absent key, or whose effect cannot be known because a record is
    /// unidentified.
    fn check_ids(&self, header: &Header) -> Result<(), RewrapError> {
        let is_named = |id: &KeyId| header.records().any(|record| record.key_id() == Some(*id));
        if let Some(id) = self.removed.iter().chain(self.kept.iter().flatten()).find(|id| !is_named(id)) {
            return Err(RewrapError::NotARecipient(*id));
        }
        if let Some(id) = self.added_ids().into_iter().find(|id| self.removed.contains(id)) {
            return Err(RewrapError::AddedAndRemoved(id));
        }
        let unidentified = header.records().filter(is_unidentified).count();
        if unidentified > 0 && !self.removed.is_empty() && self.kept.is_none() && !self.keep_unidentified {
            return Err(RewrapError::UnidentifiedRecords(unidentified));
        }
        Ok(())
    }

    fn added_ids(&self) -> Vec<KeyId> {
        self.added.iter().filter_map(|recipient| recipient.key_id()).collect()
    }

    fn stays(&self, record: &Record<'_>) -> bool {
        if self.removed.is_empty() && self.kept.is_none() {
            return true;
        }
        match (record.key_id(), &self.kept) {
            (Some(id), Some(kept)) => kept.contains(&id) && !self.removed.contains(&id),
            (Some(id), None) => !self.removed.contains(&id),
            // Padding can hold the content key as well as a record of unknown type, so that no
            // removal keeps it (SPEC §7).
            (None, _) => self.keep_unidentified && is_unidentified(record),
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

/// Whether the record may hold the content key for somebody who is not named. Padding should not.
fn is_unidentified(record: &Record<'_>) -> bool {
    record.key_id().is_none() && record.record_type() != RECORD_PADDING
}
