//! Opening: finds the content key, verifies the header with it, then opens the body.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::opened_header::OpenedHeader;
use super::search::Search;
use super::senders::Senders;
use crate::error::OpenError;
use crate::format::Layout;
use crate::key_id::KeyId;
use crate::limits::{Limit, Limits};
use crate::recipient::Identity;
use crate::schedule::{ChallengeDigest, Label, Place};
use crate::session::Challenge;
use crate::threads::Threads;
use crate::wire::Header;

/// Opens envelopes with one or more identities.
///
/// Pass identities by reference or by value. If they are passed by value, and the associated data
/// is owned or static, the result is an `Opener<'static>`, which a service can keep.
///
/// # Examples
///
/// ```
/// use bulla::error::OpenError;
/// use bulla::{Opener, RsaIdentity, Sealer};
///
/// let pem = include_str!("../../tests/keys/rsa2048.pem");
/// let identity = RsaIdentity::from_pem(pem)?;
/// let sealer = Sealer::new(identity.recipient()).aad(b"invoice/42");
/// let sealed = sealer.seal(b"hello")?;
///
/// let opener = Opener::new(identity);
/// assert_eq!(opener.clone().aad(b"invoice/42").open(&sealed)?, b"hello");
/// let wrong = opener.aad(b"invoice/43").open(&sealed);
/// assert_eq!(wrong, Err(OpenError::WrongAssociatedData));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Opener<'a> {
    identities: Vec<Arc<dyn Identity + 'a>>,
    place: Place,
    senders: Option<Senders>,
    aad: Cow<'a, [u8]>,
    limits: Limits,
    threads: Threads,
}

impl<'a> Opener<'a> {
    /// Creates an opener with one identity.
    #[must_use]
    pub fn new(identity: impl Identity + 'a) -> Self {
        Self::with_identities([identity])
    }

    /// Creates an opener with several identities. With none, nothing opens.
    ///
    /// Records that name a key come first, in the order of the header, which you cannot choose. For
    /// each anonymous record, the identities are tried in the order given (SPEC §6.2).
    ///
    /// If one identity fails with [`UnwrapError`](crate::error::UnwrapError), opening ends, even if
    /// another could open. For a fallback, use one opener for each service, and go on to the next
    /// after [`OpenError::Unwrap`]. The error does not say which identity failed: put its name into
    /// the cause.
    #[must_use]
    pub fn with_identities<I: Identity + 'a>(identities: impl IntoIterator<Item = I>) -> Self {
        let none = Self {
            identities: Vec::new(),
            place: Place::Single,
            senders: None,
            aad: Cow::Borrowed(&[]),
            limits: Limits::default(),
            threads: Threads::ONE,
        };
        identities.into_iter().fold(none, |opener, identity| opener.identity(identity))
    }

    /// Adds an identity to those already there; see [`with_identities`](Self::with_identities).
    #[must_use]
    pub fn identity(mut self, identity: impl Identity + 'a) -> Self {
        self.identities.push(Arc::new(identity));
        self
    }

    /// Sets the associated data that the envelope was sealed with. The default is empty, which
    /// means the same as none.
    #[must_use]
    pub fn aad(mut self, aad: impl Into<Cow<'a, [u8]>>) -> Self {
        self.aad = aad.into();
        self
    }

    /// Sets the label of the message to open. The envelope is then a message with its header before
    /// it, as [`MessageSealer::start`](crate::MessageSealer::start) makes it. For messages apart
    /// from their header, use [`open_header`](Self::open_header) and
    /// [`OpenedHeader::message`]. Sessions and parts have no label: it has no effect on them.
    #[must_use]
    pub fn label(mut self, label: impl Into<Label>) -> Self {
        self.place = Place::Message(label.into());
        self
    }

    /// Demands a sender: a header opens only if one of `senders` has signed it, for one of the
    /// identities (SPEC §4.5). Without this, anyone can have made what opens.
    ///
    /// Each identity must know the id of its key, [`Identity::public_key_id`]; otherwise the error
    /// is [`OpenError::NotInAudience`].
    #[must_use]
    pub fn senders(mut self, senders: Senders) -> Self {
        self.senders = Some(senders);
        self
    }

    /// Sets limits on what a hostile envelope can cost.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Opens with at most `count` threads, like [`Sealer::threads`](crate::Sealer::threads).
    ///
    /// The number of threads changes neither the plaintext that is released nor the error.
    #[cfg(feature = "parallel")]
    #[cfg_attr(docsrs, doc(cfg(feature = "parallel")))]
    #[must_use]
    pub fn threads(mut self, count: usize) -> Self {
        self.threads = Threads::new(count);
        self
    }

    /// Opens an envelope in memory, all or nothing.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if the envelope cannot be opened. No plaintext is released.
    pub fn open(&self, envelope: &[u8]) -> Result<Vec<u8>, OpenError> {
        let mut plaintext = Vec::new();
        self.open_into(envelope, &mut plaintext)?;
        Ok(plaintext)
    }

    /// Opens an envelope and replaces the content of `output` by the plaintext, all or nothing.
    /// Reusing a vector is much faster than allocating one.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if the envelope cannot be opened. `output` is then empty, and its spare
    /// capacity holds no plaintext of this envelope.
    pub fn open_into(&self, envelope: &[u8], output: &mut Vec<u8>) -> Result<(), OpenError> {
        let opened = Header::split(envelope, &self.limits)
            .map_err(OpenError::from)
            .and_then(|(header, body)| Ok((self.open_header(&header)?, body)));
        match opened {
            Ok((header, body)) => header.open_into(body, output),
            Err(error) => {
                output.clear();
                Err(error)
            }
        }
    }

    /// Replaces the envelope in `data` by its plaintext, all or nothing.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if the envelope cannot be opened. `data` is then unchanged, or wiped and empty
    /// if opening failed within the body.
    pub fn open_in_place(&self, data: &mut Vec<u8>) -> Result<(), OpenError> {
        let (header, _) = Header::split(data, &self.limits)?;
        let header_len = header.as_bytes().len();
        self.open_header(&header)?.open_in_place(data, header_len)
    }

    /// Finds the content key of `header` and verifies the header with it.
    ///
    /// Tries records that name one of our keys first, then anonymous records of a fitting length
    /// (SPEC §6.2). Each try costs a private-key operation.
    ///
    /// # Errors
    ///
    /// * [`OpenError::NoMatchingRecord`] if no record fits an identity.
    /// * [`OpenError::NotAuthentic`] if records fit, but the header verifies under none of their
    ///   keys.
    /// * [`OpenError::LimitExceeded`] if there are more candidates than
    ///   [`Limits::private_key_operations`], and none of those tried was the right one.
    /// * [`OpenError::Unwrap`] if an identity failed for its own reasons.
    /// * [`OpenError::Randomness`] if the operating system gave no randomness.
    /// * [`OpenError::MalformedPrivateSection`], [`OpenError::UnknownPrivateItem`], and
    ///   [`OpenError::LimitExceeded`] if the private metadata is too long.
    /// * The errors of [`OpenedHeader::demand_sender`], if a [sender](Self::senders) is demanded.
    ///
    /// The header of a session with a challenge needs
    /// [`open_session_header`](Self::open_session_header).
    pub fn open_header(&self, header: &Header) -> Result<OpenedHeader, OpenError> {
        self.search_from(header, self.senders.as_ref()).0
    }

    /// Does what [`open_header`](Self::open_header) does for a session that somebody begins over a
    /// connection, and spends at most [`Limits::session_key_operations`] on it. `challenge` is the
    /// one that was sent before, if any. Go on with [`OpenedHeader::accept`].
    ///
    /// # Errors
    ///
    /// [`OpenError::OtherLayout`] if the header is not for a session, and the errors of
    /// [`open_header`](Self::open_header).
    pub fn open_session_header(
        &self,
        header: &Header,
        challenge: Option<Challenge>,
    ) -> Result<OpenedHeader, OpenError> {
        let layout = header.layout();
        if layout != Layout::Session {
            return Err(OpenError::OtherLayout { layout });
        }
        let challenge = ChallengeDigest::new(challenge.as_ref().map(Challenge::as_bytes));
        self.search(header, challenge, Limit::SessionKeyOperations, self.senders.as_ref()).0
    }

    /// How many records may be for one of the identities: the most private-key operations that the
    /// header can take.
    #[cfg(feature = "std")]
    pub(super) fn candidates(&self, header: &Header) -> u32 {
        let of = |record| self.identities.iter().filter(|identity| identity.may_open(&record)).count();
        u32::try_from(header.records().map(of).sum::<usize>()).unwrap_or(u32::MAX)
    }

    /// Does what [`open_header`](Self::open_header) does with these senders. Also returns the
    /// number of private-key operations that this took.
    pub(super) fn search_from(
        &self,
        header: &Header,
        senders: Option<&Senders>,
    ) -> (Result<OpenedHeader, OpenError>, u32) {
        self.search(header, ChallengeDigest::new(None), Limit::PrivateKeyOperations, senders)
    }

    /// Finds the content key, and judges the sender. Also returns the number of private-key
    /// operations that this took.
    fn search(
        &self,
        header: &Header,
        challenge: ChallengeDigest,
        limit: Limit,
        senders: Option<&Senders>,
    ) -> (Result<OpenedHeader, OpenError>, u32) {
        let identities = self.identities.iter().map(|identity| -> &dyn Identity { identity });
        let mut search = Search::with_identities(header, identities, challenge, (limit, &self.limits));
        let mut operations = 0;
        let mut open = || loop {
            let candidate = search.next_candidate()?;
            operations += 1;
            let content_key = self.identities[candidate.key_index()].unwrap_key(candidate.record())?;
            if let Some(opened) = candidate.verify(content_key)? {
                let opened = opened.at(self.place).aad(&self.aad).limits(self.limits).with_threads(self.threads);
                return self.judge(opened, senders);
            }
        };
        let opened = open();
        (opened, operations)
    }

    /// Judges the sender of a header, if one is demanded.
    pub(super) fn judge(&self, opened: OpenedHeader, senders: Option<&Senders>) -> Result<OpenedHeader, OpenError> {
        let Some(senders) = senders else { return Ok(opened.without_sender()) };
        let own: Vec<KeyId> = self.identities.iter().filter_map(|identity| identity.public_key_id()).collect();
        opened.demand_sender(senders, &own)
    }

    #[cfg(feature = "std")]
    pub(super) fn senders_in_use(&self) -> Option<&Senders> {
        self.senders.as_ref()
    }

    #[cfg(feature = "std")]
    pub(crate) fn limits_in_use(&self) -> &Limits {
        &self.limits
    }
}

impl fmt::Debug for Opener<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener")
            .field("identities", &self.identities.len())
            .field("senders", &self.senders)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
