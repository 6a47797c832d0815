//! Finds the content key of a header, without I/O (SPEC §6.2).

use core::fmt;
use core::iter::{Chain, Filter};

use alloc::vec::Vec;
use rand_core::Rng;

use super::opened_header::OpenedHeader;
use crate::crypto::{RandomnessError, SystemRng};
use crate::error::OpenError;
use crate::format::Layout;
use crate::limits::{Limit, Limits};
use crate::recipient::{Identity, Recipient};
use crate::schedule::{ChallengeDigest, HeaderDigest, Keyed};
use crate::secret::ContentKey;
use crate::session::Challenge;
use crate::wire::{Header, Record, Records};

/// Finds the content key of a header if your key service is asynchronous. It hands you one record
/// after another; you have each unwrapped and give back the answer.
///
/// The search keeps the rules of SPEC §6.2. It tries records in the prescribed order and enforces
/// the limit on private-key operations. If unwrapping fails, it does the same work and reports the
/// same error as if the header did not verify. [`Opener`](crate::Opener) runs the same search with
/// [`Identity`]s.
///
/// # Examples
///
/// ```
/// use bulla::error::OpenError;
/// use bulla::{Header, Limits, OpenedHeader, RsaRecipient, Search};
/// # use bulla::{RsaIdentity, error::UnwrapError, keys::ContentKey};
/// # struct Service(RsaIdentity);
/// # impl Service {
/// #     async fn unwrap(&self, wrapped: &[u8]) -> Result<Option<ContentKey>, UnwrapError> {
/// #         self.0.unwrap_bytes(wrapped)
/// #     }
/// # }
///
/// async fn open_header(
///     header: &Header,
///     key: &RsaRecipient,
///     service: &Service,
/// ) -> Result<OpenedHeader, OpenError> {
///     let mut search = Search::new(header, [key], &Limits::default());
///     loop {
///         // An error if there are no more candidates.
///         let candidate = search.next_candidate()?;
///         // `None` if it does not open.
///         let answer = service.unwrap(candidate.wrapped_key()).await?;
///         if let Some(opened) = candidate.verify(answer)? {
///             return Ok(opened);
///         }
///     }
/// }
/// # use std::future::Future;
/// # let identity = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// # let sealed = bulla::seal(identity.recipient(), b"hello")?;
/// # let (header, body) = Header::split(&sealed, &Limits::default())?;
/// # let (key, service) = (identity.recipient(), Service(identity));
/// # let mut opened = Box::pin(open_header(&header, &key, &service));
/// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// # let std::task::Poll::Ready(opened) = opened.as_mut().poll(&mut context) else { panic!() };
/// # assert_eq!(opened?.open(body)?, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
///
/// Report the error of [`next_candidate`](Self::next_candidate) unchanged, and do not let strangers
/// learn how many candidates there were. If the service fails for its own reasons, do not call
/// [`verify`](Candidate::verify): end the search with the error of the service. A candidate that is
/// dropped counts as one that did not open.
///
/// A search demands no sender. If it matters who sealed, call [`OpenedHeader::demand_sender`] on
/// what [`verify`](Candidate::verify) returns, before anything else.
pub struct Search<'a> {
    header: &'a Header,
    digest: HeaderDigest,
    keys: Vec<Key<'a>>,
    limits: Limits,
    /// Which of them is for the number of operations.
    limit: Limit,
    challenge: ChallengeDigest,
    records: Chain<ByName<'a>, ByName<'a>>,
    record: Option<Record<'a>>,
    /// Index of the next key to try on `record`.
    next_key: usize,
    operations: u64,
}

type ByName<'a> = Filter<Records<'a>, fn(&Record<'a>) -> bool>;

/// A key that a record may be for.
#[derive(Clone, Copy)]
enum Key<'a> {
    Public(&'a dyn Recipient),
    Private(&'a dyn Identity),
}

impl<'a> Search<'a> {
    /// Creates a search for public keys whose private halves are held elsewhere. Records that name
    /// a key come first, in the order of the header. For each anonymous record, the keys are tried
    /// in the order given. `limits` bounds the number of candidates.
    pub fn new<R: Recipient + 'a>(header: &'a Header, keys: impl IntoIterator<Item = &'a R>, limits: &Limits) -> Self {
        let keys = keys.into_iter().map(|key| Key::Public(key)).collect();
        Self::with_keys(header, keys, ChallengeDigest::new(None), limits)
    }

    /// Does what [`new`](Self::new) does for a session that somebody begins over a connection. It
    /// hands out at most [`Limits::session_key_operations`] candidates. `challenge` is the one that
    /// was sent before, if any. Look at the [layout](Header::layout) first: another one costs the
    /// same, and no session can be accepted under it.
    pub fn for_session<R: Recipient + 'a>(
        header: &'a Header,
        keys: impl IntoIterator<Item = &'a R>,
        challenge: Option<Challenge>,
        limits: &Limits,
    ) -> Self {
        let keys = keys.into_iter().map(|key| Key::Public(key)).collect();
        // SPEC §4.5: no other layout has one.
        let challenge = challenge.filter(|_| header.layout() == Layout::Session);
        let challenge = ChallengeDigest::new(challenge.as_ref().map(Challenge::as_bytes));
        let mut search = Self::with_keys(header, keys, challenge, limits);
        search.limit = Limit::SessionKeyOperations;
        search
    }

    pub(super) fn with_identities(
        header: &'a Header,
        identities: impl IntoIterator<Item = &'a dyn Identity>,
        challenge: ChallengeDigest,
        (limit, limits): (Limit, &Limits),
    ) -> Self {
        let keys = identities.into_iter().map(Key::Private).collect();
        Self { limit, ..Self::with_keys(header, keys, challenge, limits) }
    }

    fn with_keys(header: &'a Header, keys: Vec<Key<'a>>, challenge: ChallengeDigest, limits: &Limits) -> Self {
        let identified: ByName<'a> = header.records().filter(|record| record.key_id().is_some());
        let anonymous: ByName<'a> = header.records().filter(|record| record.key_id().is_none());
        Self {
            header,
            digest: HeaderDigest::new(header),
            keys,
            limits: *limits,
            limit: Limit::PrivateKeyOperations,
            challenge,
            records: identified.chain(anonymous),
            record: None,
            next_key: 0,
            operations: 0,
        }
    }

    /// Returns the next candidate. Records that name a key come first, then anonymous ones, each
    /// with every key that may open it.
    ///
    /// # Errors
    ///
    /// The first three are the outcome of the search:
    ///
    /// * [`OpenError::NoMatchingRecord`] if there was no candidate at all.
    /// * [`OpenError::NotAuthentic`] if no candidate was accepted.
    /// * [`OpenError::LimitExceeded`] if there are more candidates than
    ///   [`Limits::private_key_operations`], or [`Limits::session_key_operations`] for a session.
    /// * [`OpenError::Randomness`] if the operating system gave no randomness.
    pub fn next_candidate(&mut self) -> Result<Candidate<'_>, OpenError> {
        let Some((record, key_index)) = self.advance() else {
            return Err(match self.operations {
                0 => OpenError::NoMatchingRecord,
                _ => OpenError::NotAuthentic,
            });
        };
        // If it cannot be handed out, the next call finds it again.
        self.next_key = key_index;
        self.limits.check(self.limit, self.operations + 1)?;
        let dummy = random_key()?;
        self.operations += 1;
        self.next_key += 1;
        let Self { header, digest, limits, challenge, .. } = self;
        Ok(Candidate { header, digest, limits, challenge: *challenge, dummy, record, key_index })
    }

    fn advance(&mut self) -> Option<(Record<'a>, usize)> {
        loop {
            let record = match self.record {
                Some(record) => record,
                None => *self.record.insert(self.records.next()?),
            };
            while let Some(key) = self.keys.get(self.next_key) {
                self.next_key += 1;
                if key.may_open(&record) {
                    return Some((record, self.next_key - 1));
                }
            }
            self.record = None;
            self.next_key = 0;
        }
    }
}

impl Key<'_> {
    fn may_open(self, record: &Record<'_>) -> bool {
        match self {
            Self::Public(recipient) => recipient.may_open(record),
            Self::Private(identity) => identity.may_open(record),
        }
    }
}

impl fmt::Debug for Search<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search").field("operations", &self.operations).finish_non_exhaustive()
    }
}

/// A record and one key that may open it.
///
/// Answer with [`verify`](Self::verify), even if the record did not open.
pub struct Candidate<'s> {
    header: &'s Header,
    digest: &'s HeaderDigest,
    limits: &'s Limits,
    challenge: ChallengeDigest,
    /// If unwrapping fails, opening must do the same work as if it had succeeded. So the header is
    /// then verified under this random key, which was drawn beforehand.
    dummy: ContentKey,
    record: Record<'s>,
    key_index: usize,
}

impl<'s> Candidate<'s> {
    /// Returns the record to unwrap.
    #[must_use]
    pub fn record(&self) -> &Record<'s> {
        &self.record
    }

    /// Returns the ciphertext in the record. A key service decrypts it with RSA-OAEP, SHA-256, MGF1
    /// with SHA-256 and no label. Empty if the record holds none: only a [`Recipient`] of your own
    /// can match such a record.
    #[must_use]
    pub fn wrapped_key(&self) -> &'s [u8] {
        self.record.wrapped_key().unwrap_or_default()
    }

    /// Returns the index of the key to unwrap it with, among the keys given to the search.
    #[must_use]
    pub fn key_index(&self) -> usize {
        self.key_index
    }

    /// Verifies the header under the unwrapped content key, and returns it opened if that succeeds.
    /// Pass `None` if the record did not open.
    ///
    /// Does the same work in both cases. If the result is `None`, ask for the next candidate.
    ///
    /// # Errors
    ///
    /// Only once a header has verified: [`OpenError::MalformedPrivateSection`],
    /// [`OpenError::UnknownPrivateItem`], and [`OpenError::LimitExceeded`] if the private metadata
    /// is too long.
    pub fn verify(self, content_key: Option<ContentKey>) -> Result<Option<OpenedHeader>, OpenError> {
        let unwrapped = content_key.is_some();
        let keyed = Keyed::open(self.header, self.digest, content_key.unwrap_or(self.dummy));
        let opened = keyed.filter(|_| unwrapped);
        opened.map(|keyed| OpenedHeader::new(keyed, self.challenge, self.limits)).transpose()
    }
}

impl fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate")
            .field("record", &self.record)
            .field("key_index", &self.key_index)
            .finish_non_exhaustive()
    }
}

fn random_key() -> Result<ContentKey, RandomnessError> {
    let mut rng = SystemRng::new();
    let mut key = ContentKey::zero();
    rng.fill_bytes(key.expose_mut());
    rng.check()?;
    Ok(key)
}
