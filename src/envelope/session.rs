//! Both ends of a session, without I/O.

use alloc::vec::Vec;
use core::fmt;

use super::opened_header::OpenedHeader;
use super::salt::draw_salt;
use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, Layout, SALT_LEN};
use crate::schedule::{AssociatedData, ChallengeDigest, Keyed, StreamKeys};
use crate::session::{FrameOpener, FrameSealer, Shared, StreamSecrets};
use crate::wire::Header;

/// The end of a session that has made its header.
///
/// Returned by [`Sealer::start_session`](crate::Sealer::start_session). Send
/// [`first_bytes`](Self::first_bytes), then what the [`FrameSealer`] makes, at once and without
/// waiting. If there is exactly one recipient, it can answer: give the first 56 bytes that come
/// back to the [`Answer`].
pub struct Initiator {
    header: Header,
    sealer: FrameSealer,
    answer: Option<Answer>,
}

impl Initiator {
    pub(super) fn new(keyed: Keyed, aad: &AssociatedData, challenge: ChallengeDigest, salt: &[u8; SALT_LEN]) -> Self {
        let shared = Shared::default();
        let keys = StreamKeys::forth(&keyed, aad, challenge);
        let sealer = FrameSealer::new(secrets(&keys, salt), salt, shared.clone());
        let answer = keyed
            .header()
            .can_be_answered()
            .then(|| Answer { keys: StreamKeys::back(&keyed, aad, challenge, sealer.head()), shared });
        Self { header: keyed.into_header(), sealer, answer }
    }

    /// Returns the header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Returns whether the session can be answered: whether there is exactly one recipient. If you
    /// want an answer, ask this before you send anything (SPEC §5.6).
    #[must_use]
    pub fn can_be_answered(&self) -> bool {
        self.answer.is_some()
    }

    /// Returns what is sent first: the header, and the head of the stream.
    #[must_use]
    pub fn first_bytes(&self) -> Vec<u8> {
        [self.header.as_bytes(), self.sealer.head()].concat()
    }

    /// Splits into what seals the stream, and what opens the stream that answers. `None` if there
    /// are several recipients, of which none can answer.
    #[must_use]
    pub fn into_parts(self) -> (FrameSealer, Option<Answer>) {
        (self.sealer, self.answer)
    }
}

impl fmt::Debug for Initiator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Initiator").field("header", &self.header).finish_non_exhaustive()
    }
}

/// Waits for the one stream that answers a session.
pub struct Answer {
    keys: StreamKeys,
    shared: Shared,
}

impl Answer {
    /// Checks the first 56 bytes of the stream that answers. If this succeeds, it is the recipient
    /// who answers.
    ///
    /// # Errors
    ///
    /// [`OpenError::WrongAssociatedData`] if these bytes do not belong to the session. It has then
    /// failed: nothing can be sealed any more.
    pub fn open(self, head: &[u8; BODY_HEAD_LEN]) -> Result<FrameOpener, OpenError> {
        open_stream(&self.keys, head, self.shared)
    }
}

#[cfg(feature = "std")]
impl Answer {
    pub(crate) fn shared(&self) -> Shared {
        self.shared.clone()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").finish_non_exhaustive()
    }
}

impl OpenedHeader {
    /// Accepts the session whose stream begins with `head`, its first 56 bytes. If a challenge was
    /// sent before, the header must have been opened with it, by
    /// [`Opener::open_session_header`](crate::Opener::open_session_header) or
    /// [`Search::for_session`](crate::Search::for_session).
    ///
    /// Returns what opens the stream, and what seals the stream that answers. Send the
    /// [`head`](FrameSealer::head) of the answer without waiting for the first frame. `None` if
    /// there are several recipients, of which none can answer.
    ///
    /// # Errors
    ///
    /// * [`OpenError::OtherLayout`] if the header is not for a session;
    /// * [`OpenError::WrongAssociatedData`] if the stream belongs to another header, other
    ///   associated data or another challenge: with a challenge, it may be a replay;
    /// * [`OpenError::Randomness`].
    pub fn accept(&self, head: &[u8; BODY_HEAD_LEN]) -> Result<(FrameOpener, Option<FrameSealer>), OpenError> {
        self.accept_from(head, &draw_salt()?)
    }

    pub(crate) fn accept_from(
        &self,
        head: &[u8; BODY_HEAD_LEN],
        salt: &[u8; SALT_LEN],
    ) -> Result<(FrameOpener, Option<FrameSealer>), OpenError> {
        let layout = self.header().layout();
        if layout != Layout::Session {
            return Err(OpenError::OtherLayout { layout });
        }
        let shared = Shared::default();
        let challenge = self.challenge();
        let keys = StreamKeys::forth(self.keyed(), self.associated_data(), challenge);
        let opener = open_stream(&keys, head, shared.clone())?;
        if !self.header().can_be_answered() {
            return Ok((opener, None));
        }
        let keys = StreamKeys::back(self.keyed(), self.associated_data(), challenge, head);
        Ok((opener, Some(FrameSealer::new(secrets(&keys, salt), salt, shared))))
    }
}

fn open_stream(keys: &StreamKeys, head: &[u8; BODY_HEAD_LEN], shared: Shared) -> Result<FrameOpener, OpenError> {
    let (salt, commitment) = head.split_first_chunk().expect("24 of 56 bytes");
    FrameOpener::new(secrets(keys, salt), commitment, shared)
}

fn secrets(keys: &StreamKeys, salt: &[u8; SALT_LEN]) -> StreamSecrets {
    let (key, base_nonce, commitment) = keys.derive(salt);
    StreamSecrets { key, base_nonce, commitment }
}
