//! Labelled messages under one header after another.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::message_sealer::MessageSealer;
use super::sealer::Sealer;
use crate::chunk::BodySealer;
use crate::error::SealError;
use crate::limits::Limit;
use crate::num::to_u64;
use crate::schedule::Label;
use crate::wire::Header;

/// Seals labelled messages without an end, and begins a new header after so many messages, so many
/// bytes, or so much time.
///
/// One header for ever would let whoever once got its content key read everything to come. Use one
/// `RenewingSealer` from any number of threads.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use bulla::{CachingOpener, Opener, RenewingSealer, Sealer};
///
/// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// let sealer = RenewingSealer::new(Sealer::new(identity.recipient()))
///     .max_messages(10_000)
///     .max_age(Duration::from_secs(600));
/// let opener = CachingOpener::new(Opener::new(&identity));
///
/// // A queue, whose entries hold the header as well.
/// for offset in 0..100_u64 {
///     let label = offset.to_be_bytes();
///     let (header, message) = sealer.seal(&label, b"hello")?;
///     // One private-key operation for all of them.
///     let opened = opener.open_header(&header)?;
///     assert_eq!(opened.message(&label).open(&message)?, b"hello");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RenewingSealer<'a> {
    max_messages: u64,
    max_bytes: u64,
    max_age: Duration,
    state: Mutex<State<'a>>,
}

struct State<'a> {
    sealer: Sealer<'a>,
    current: Option<Current>,
}

/// A header in use, and how much it was used.
struct Current {
    messages: Arc<MessageSealer>,
    since: Instant,
    count: u64,
    bytes: u64,
}

impl<'a> RenewingSealer<'a> {
    /// Creates a sealer whose headers are those of `sealer`. The first one is made when the first
    /// message is sealed.
    ///
    /// A header is used for at most 1,000,000 messages, 1 TiB (2^40 bytes) and one hour, unless
    /// that is set.
    #[must_use]
    pub fn new(sealer: Sealer<'a>) -> Self {
        Self {
            max_messages: 1_000_000,
            max_bytes: 1 << 40,
            max_age: Duration::from_secs(60 * 60),
            state: Mutex::new(State { sealer, current: None }),
        }
    }

    /// Sets how many messages a header is used for. 0 is taken for 1.
    #[must_use]
    pub fn max_messages(mut self, count: u64) -> Self {
        self.max_messages = count.max(1);
        self
    }

    /// Sets for how many bytes of plaintext a header is used. A message that is longer gets a
    /// header of its own.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sets how long a header is used. The system's monotonic clock measures the time; on some
    /// systems it stops while the machine sleeps.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// Seals one message, and returns its header and the sealed message. The header is the same for
    /// many messages. If the last one is used up, this makes a new one, for which other threads
    /// wait.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the message cannot be sealed. If a new header is needed and cannot be made,
    /// the old one is not used any more either.
    pub fn seal(&self, label: impl Into<Label>, plaintext: &[u8]) -> Result<(Header, Vec<u8>), SealError> {
        let messages = self.current(to_u64(plaintext.len()))?;
        Ok((messages.header().clone(), messages.seal(label, plaintext)?))
    }

    /// Returns the engine that seals one message, for streams and for buffers of the caller's, and
    /// its header. `len` is about how many bytes the plaintext will have, to be counted against the
    /// [limit](Self::max_bytes).
    ///
    /// # Errors
    ///
    /// Those of [`seal`](Self::seal).
    pub fn message(&self, label: impl Into<Label>, len: u64) -> Result<(Header, BodySealer), SealError> {
        let messages = self.current(len)?;
        Ok((messages.header().clone(), messages.message(label)?))
    }

    /// Begins a new header with the next message, because the content key may have become known,
    /// for example.
    pub fn renew(&self) {
        self.lock().current = None;
    }

    /// Begins a new header with the next message, for the recipients of `sealer`: to leave one out
    /// from now on, for example.
    pub fn renew_with(&self, sealer: Sealer<'a>) {
        *self.lock() = State { sealer, current: None };
    }

    /// The header for one message, which is counted unless it is too long for any.
    fn current(&self, len: u64) -> Result<Arc<MessageSealer>, SealError> {
        self.current_at(len, Instant::now())
    }

    fn current_at(&self, len: u64, now: Instant) -> Result<Arc<MessageSealer>, SealError> {
        let mut state = self.lock();
        state.sealer.limits_in_use().check(Limit::PlaintextLen, len)?;
        if let Some(current) = &mut state.current
            && current.count < self.max_messages
            && current.bytes.saturating_add(len) <= self.max_bytes
            && now.saturating_duration_since(current.since) < self.max_age
        {
            current.count += 1;
            current.bytes = current.bytes.saturating_add(len);
            return Ok(current.messages.clone());
        }
        state.current = None;
        let messages = Arc::new(state.sealer.start_messages()?);
        state.current = Some(Current { messages: messages.clone(), since: now, count: 1, bytes: len });
        Ok(messages)
    }

    /// A thread that panicked left nothing half done here.
    fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RenewingSealer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenewingSealer")
            .field("sealer", &self.lock().sealer)
            .field("max_messages", &self.max_messages)
            .field("max_bytes", &self.max_bytes)
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::MAX_PLAINTEXT_LEN as MAX;
    use crate::recipient::RsaIdentity;

    #[test]
    fn a_message_that_is_too_long_costs_no_header() {
        let identity = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem")).unwrap();
        let limits = crate::limits::Limits::default().with_plaintext_len(10);
        let sealer = RenewingSealer::new(Sealer::new(identity.recipient()).limits(limits)).max_bytes(5);
        let (header, _) = sealer.seal("a", b"hello").unwrap();
        for _ in 0..3 {
            assert!(matches!(sealer.seal("b", &[7; 11]), Err(SealError::LimitExceeded(_))));
        }
        assert!(sealer.seal("c", b"").unwrap().0 == header);
    }

    #[test]
    fn a_header_ends_after_its_messages_its_bytes_or_its_time() {
        let identity = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem")).unwrap();
        let sealer = || RenewingSealer::new(Sealer::new(identity.recipient())).max_messages(3).max_bytes(100);
        let start = Instant::now();
        let minute = |minute: u64| start + Duration::from_secs(60 * minute);
        // Length, time in minutes, and whether the header is a new one.
        for script in [
            &[(1, 0, true), (1, 0, false), (1, 0, false), (1, 0, true), (1, 0, false)][..],
            &[(60, 0, true), (40, 0, false), (0, 0, false), (1, 0, true)],
            &[(60, 0, true), (41, 0, true), (59, 0, false)],
            &[(101, 0, true), (0, 0, true), (100, 0, false), (MAX, 0, true), (MAX, 0, true)],
            &[(1, 0, true), (1, 59, false), (1, 60, true), (1, 119, false), (1, 120, true)],
        ] {
            let sealer = sealer();
            let mut last = None;
            for (index, (len, time, is_new)) in script.iter().enumerate() {
                let messages = sealer.current_at(*len, minute(*time)).unwrap();
                let is_same = last.as_ref().is_some_and(|last| Arc::ptr_eq(last, &messages));
                assert_eq!(is_same, !is_new, "{script:?}, {index}");
                last = Some(messages);
            }
            sealer.renew();
            assert!(!Arc::ptr_eq(&last.unwrap(), &sealer.current_at(0, start).unwrap()));
        }
    }

    #[test]
    fn lengths_that_were_announced_do_not_overflow() {
        let identity = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem")).unwrap();
        let sealer = RenewingSealer::new(Sealer::new(identity.recipient())).max_bytes(u64::MAX);
        let (first, _) = sealer.message("a", 5).unwrap();
        let (second, _) = sealer.message("b", MAX).unwrap();
        assert!(matches!(sealer.message("b", MAX + 1), Err(SealError::LimitExceeded(_))));
        let (third, _) = sealer.message("c", MAX).unwrap();
        assert!(first == second && second == third);
    }

    #[test]
    fn other_recipients_get_a_new_header_which_the_old_ones_cannot_open() {
        use crate::envelope::Opener;
        let [one, other] = [include_str!("../../tests/keys/rsa2048.pem"), include_str!("../../tests/keys/rsa3072.pem")]
            .map(|pem| RsaIdentity::from_pem(pem).unwrap());
        let sealer = RenewingSealer::new(Sealer::new(one.recipient()));
        let (before, _) = sealer.seal("a", b"hello").unwrap();
        sealer.renew_with(Sealer::new(other.recipient()));
        let (after, _) = sealer.seal("b", b"hello").unwrap();
        assert!(Opener::new(&one).open_header(&before).is_ok() && Opener::new(&one).open_header(&after).is_err());
        assert!(Opener::new(&other).open_header(&after).is_ok());
    }

    #[test]
    fn a_header_that_is_used_up_is_not_used_although_the_new_one_fails() {
        use crate::error::WrapError;
        use crate::recipient::{Recipient, WrappedKey};
        use crate::secret::ContentKey;
        use core::sync::atomic::{AtomicUsize, Ordering};
        use rand_core::CryptoRng;

        struct FailsTheSecondTime(crate::recipient::RsaRecipient, AtomicUsize);
        impl Recipient for FailsTheSecondTime {
            fn key_id(&self) -> Option<crate::key_id::KeyId> {
                self.0.key_id().into()
            }
            fn wrap_key(&self, key: &ContentKey, rng: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
                match self.1.fetch_add(1, Ordering::Relaxed) {
                    1 => Err(WrapError::new("the service is away")),
                    _ => self.0.wrap_key(key, rng),
                }
            }
        }
        let identity = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem")).unwrap();
        let recipient = FailsTheSecondTime(identity.recipient(), AtomicUsize::new(0));
        let sealer = RenewingSealer::new(Sealer::new(&recipient)).max_messages(1);
        let first = sealer.current(0).unwrap();
        assert!(matches!(sealer.current(0), Err(SealError::Wrap(_))));
        assert!(!Arc::ptr_eq(&first, &sealer.current(0).unwrap()));
    }
}
