//! Changing recipients: a new header with the same content key for the same body (SPEC §7).

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::opened_header::OpenedHeader;
use crate::crypto::SystemRng;
use crate::error::{HeaderErrorKind, RewrapError, SealError};
use crate::format::RECORD_PADDING;
use crate::key_id::KeyId;
use crate::limits::{Limit, Limits};
use crate::num::to_u64;
use crate::recipient::{Recipient, wrap_for_all};
use crate::schedule::Keyed;
use crate::wire::{Header, Item, Record};

/// Changes who can open an envelope, without touching the body.
///
/// A `Rewrapper` is a list of changes that you can apply to any number of opened headers. It keeps
/// all fields, the metadata among them, and all records that you do not remove, even those of types
/// that this release does not know. With no changes the result is the same header.
///
/// To rotate keys, call `keep_only([])` and add all recipients again. Repeating this gives the same
/// set of recipients.
///
/// # Security
///
/// **This does not revoke access.** Anyone who could open the old header can open any copy of it
/// that is left, with the same body. Nobody notices if an old header is put back (SPEC §11). To
/// shut somebody out of new content, seal it as a new envelope.
///
/// The audience of a [sender](crate::Senders) stays the first one: for readers that demand the
/// sender, a recipient that is added is not in it. Whoever is added has the content key, and can
/// make other bodies that those in the audience take for the sender's.
///
/// A service that changes recipients sees the content key. It does not see the associated data,
/// which is not in the header: put what the service must check into the
/// [metadata](crate::OpenedHeader::metadata).
///
/// # Examples
///
/// ```
/// use bulla::{Header, Limits, Opener, Rewrapper, RsaIdentity};
///
/// let pem = include_str!("../../tests/keys/rsa2048.pem");
/// let alice = RsaIdentity::from_pem(pem)?;
/// let pem = include_str!("../../tests/keys/rsa3072.pem");
/// let bob = RsaIdentity::from_pem(pem)?;
/// let envelope = bulla::seal(alice.recipient(), b"hello")?;
///
/// let (header, body) = Header::split(&envelope, &Limits::default())?;
/// let changes = Rewrapper::new()
///     .add_recipient(bob.recipient())
///     .remove_recipient(alice.key_id());
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
    /// Creates an empty list of changes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a recipient. Replaces a record that names the same key.
    #[must_use]
    pub fn add_recipient(mut self, recipient: impl Recipient + 'a) -> Self {
        self.added.push(Arc::new(recipient));
        self
    }

    /// Adds several recipients.
    #[must_use]
    pub fn add_recipients<R: Recipient + 'a>(self, recipients: impl IntoIterator<Item = R>) -> Self {
        recipients.into_iter().fold(self, Self::add_recipient)
    }

    /// Removes the record that names the key `id`, and all padding records.
    ///
    /// A key cannot be removed and added in one change; an anonymous recipient with the same key
    /// can, because it has no id. A removal wins over [`keep_only`](Self::keep_only).
    ///
    /// The change fails with [`RewrapError::NotARecipient`] if no record names the key: if a
    /// rotation may be repeated, take that as "already done". It also fails if a record is
    /// anonymous or of unknown type, because that record may wrap the
    /// content key for the same recipient; see [`keep_unidentified`](Self::keep_unidentified). A
    /// key id is only a claim: if you do not trust the sealer, use `keep_only([])` and add everyone
    /// again.
    #[must_use]
    pub fn remove_recipient(mut self, id: KeyId) -> Self {
        self.removed.push(id);
        self
    }

    /// Keeps only the records that name one of these keys, and those that are
    /// [added](Self::add_recipient). Drops all others: records that are anonymous or of unknown
    /// type (unless you [keep](Self::keep_unidentified) them), and padding. A second call adds to
    /// the keys of the first. The change fails if no record names one of the keys.
    #[must_use]
    pub fn keep_only(mut self, ids: impl IntoIterator<Item = KeyId>) -> Self {
        self.kept.get_or_insert_default().extend(ids);
        self
    }

    /// Keeps records that are anonymous or of unknown type when others are
    /// [removed](Self::remove_recipient) or [dropped](Self::keep_only), even though they may wrap
    /// the content key for the same recipient.
    #[must_use]
    pub fn keep_unidentified(mut self) -> Self {
        self.keep_unidentified = true;
        self
    }

    /// Sets limits on the new header: it is refused if an [`Opener`](crate::Opener) with the same
    /// limits would refuse it.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Makes a new header with the changes.
    ///
    /// # Errors
    ///
    /// [`RewrapError`] if the changes cannot be made. There is then no new header.
    pub fn rewrap(&self, opened: &OpenedHeader) -> Result<Header, RewrapError> {
        let mut rng = SystemRng::new();
        let changed = self.rewrap_with_rng(opened, &mut rng)?;
        rng.check().map_err(SealError::from)?;
        Ok(changed)
    }

    /// Does what [`rewrap`](Self::rewrap) does, with randomness for the recipients from `rng`. Read
    /// [`Sealer::start_with_rng`](crate::Sealer::start_with_rng) on the use of `rng`.
    ///
    /// # Errors
    ///
    /// [`RewrapError`] if the changes cannot be made. There is then no new header.
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
        // Before any public-key operation, not after a thousand of them.
        let count = to_u64(records.len() + self.added.len());
        self.limits.check(Limit::Records, count).map_err(SealError::from)?;
        records.extend(wrap_for_all(&self.added, keyed.key(), rng)?);
        let changed = keyed.with_records(&mut records, &self.limits).map_err(|error| match error.kind() {
            HeaderErrorKind::NoRecords => SealError::NoRecipients,
            _ => error.into(),
        })?;
        // A header with nothing but records of unknown type is well-formed, but perhaps nobody can
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
            // Padding can hide the content key just as a record of unknown type can. So a removal
            // never keeps it (SPEC §7).
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

/// Returns whether `record` may hold the content key for a recipient that it does not name. Padding
/// does not count.
fn is_unidentified(record: &Record<'_>) -> bool {
    record.key_id().is_none() && record.record_type() != RECORD_PADDING
}
