//! A bounded memory of opened headers.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::opened_header::OpenedHeader;
use super::opener::Opener;
use crate::crypto::sha512;
use crate::error::OpenError;
use crate::schedule::Label;
use crate::wire::Header;

/// Opens many messages under few headers, and spends a private-key operation on each header only
/// once in a while.
///
/// It keeps the content keys of headers that have opened, a bounded number for a bounded time. Use
/// one `CachingOpener` from any number of threads. Two that meet a new header at the same time may
/// both open it.
///
/// # Examples
///
/// ```
/// use bulla::{CachingOpener, Opener, Sealer};
///
/// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// let messages = Sealer::new(identity.recipient()).start_messages()?;
/// let opener = CachingOpener::new(Opener::new(&identity));
/// for row in ["a", "b", "c"] {
///     let envelope = messages.start(row)?.seal(b"hello")?;
///     assert_eq!(opener.open(row, &envelope)?, b"hello");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
///
/// A private key that was deleted, or disabled in its service, opens headers that are remembered
/// until [`max_age`](Self::max_age) is over. [`forget`](Self::forget) ends that at once.
///
/// Headers that do not open are not remembered. So that they cannot cost a private-key operation
/// each without an end, they are [counted](Self::max_failures).
pub struct CachingOpener<'a> {
    opener: Opener<'a>,
    max_headers: usize,
    max_age: Duration,
    max_failures: u32,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// By the digest of the whole header, tag included.
    headers: HashMap<[u8; 64], Remembered>,
    /// Orders uses.
    clock: u64,
    /// When the failures that are counted began, and how many there were.
    failures: Option<(Instant, u32)>,
}

struct Remembered {
    opened: OpenedHeader,
    since: Instant,
    last_use: u64,
}

impl<'a> CachingOpener<'a> {
    /// Creates an opener with the identities, the associated data and the limits of `opener`.
    ///
    /// It remembers 1000 headers, each for 5 minutes, and lets 1000 headers fail in 5 minutes,
    /// unless that is set.
    #[must_use]
    pub fn new(opener: Opener<'a>) -> Self {
        Self {
            opener,
            max_headers: 1000,
            max_age: Duration::from_secs(5 * 60),
            max_failures: 1000,
            memory: Mutex::default(),
        }
    }

    /// Sets how many headers are remembered. If there are more, the one that was not used for the
    /// longest time is forgotten.
    #[must_use]
    pub fn max_headers(mut self, count: usize) -> Self {
        self.max_headers = count;
        self
    }

    /// Sets how long a header is remembered, counted from when it was opened with the private key.
    /// The system's monotonic clock measures the time; on some systems it stops while the machine
    /// sleeps.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// Sets how many headers may fail within [`max_age`](Self::max_age). After that, headers that
    /// are not remembered are refused until that time is over.
    #[must_use]
    pub fn max_failures(mut self, count: u32) -> Self {
        self.max_failures = count;
        self
    }

    /// Opens a header, with the private key or from memory.
    ///
    /// # Errors
    ///
    /// The errors of [`Opener::open_header`], and [`OpenError::TooManyFailures`].
    pub fn open_header(&self, header: &Header) -> Result<OpenedHeader, OpenError> {
        self.open_header_at(header, Instant::now())
    }

    /// Opens a message with its header before it.
    ///
    /// # Errors
    ///
    /// The errors of [`open_header`](Self::open_header), and of [`OpenedHeader::open`].
    pub fn open(&self, label: impl Into<Label>, envelope: &[u8]) -> Result<Vec<u8>, OpenError> {
        let (header, message) = Header::split(envelope, self.opener.limits_in_use())?;
        self.open_header(&header)?.message(label).open(message)
    }

    /// Forgets all headers, because a key must not be used any more, for example.
    pub fn forget(&self) {
        self.lock().headers.clear();
    }

    fn open_header_at(&self, header: &Header, now: Instant) -> Result<OpenedHeader, OpenError> {
        let digest = sha512(&[header.as_bytes()]);
        let is_over = |since: Instant| now.saturating_duration_since(since) >= self.max_age;
        let mut memory = self.lock();
        memory.clock += 1;
        let clock = memory.clock;
        match memory.headers.get_mut(&digest) {
            Some(remembered) if !is_over(remembered.since) => {
                remembered.last_use = clock;
                return Ok(remembered.opened.clone());
            }
            Some(_) => drop(memory.headers.remove(&digest)),
            None => {}
        }
        match memory.failures {
            Some((since, _)) if is_over(since) => memory.failures = None,
            Some((_, count)) if count >= self.max_failures => return Err(OpenError::TooManyFailures),
            _ => {}
        }
        // A private-key operation takes long, and a service may take longer.
        drop(memory);
        let opened = self.opener.open_header(header);
        let mut memory = self.lock();
        match &opened {
            Ok(opened) => {
                memory.make_room(self.max_headers);
                if self.max_headers > 0 {
                    memory.headers.insert(digest, Remembered { opened: opened.clone(), since: now, last_use: clock });
                }
            }
            // What says nothing about the header does not count.
            Err(OpenError::Unwrap(_) | OpenError::Randomness) => {}
            Err(_) => {
                let (since, count) = memory.failures.unwrap_or((now, 0));
                memory.failures = Some((since, count.saturating_add(1)));
            }
        }
        opened
    }

    /// A thread that panicked left nothing half done here.
    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    /// Forgets headers until there is room for one more, those first that were not used for the
    /// longest time.
    fn make_room(&mut self, max_headers: usize) {
        while self.headers.len() >= max_headers.max(1) {
            let oldest = self.headers.iter().min_by_key(|(_, remembered)| remembered.last_use);
            let Some((digest, _)) = oldest.map(|(digest, remembered)| (*digest, remembered.last_use)) else { return };
            self.headers.remove(&digest);
        }
    }
}

impl fmt::Debug for CachingOpener<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachingOpener")
            .field("opener", &self.opener)
            .field("max_headers", &self.max_headers)
            .field("max_age", &self.max_age)
            .field("max_failures", &self.max_failures)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::envelope::Sealer;
    use crate::error::UnwrapError;
    use crate::recipient::{Identity, RsaIdentity};
    use crate::secret::ContentKey;
    use crate::wire::Record;

    #[test]
    fn a_header_costs_one_operation_until_its_time_is_over() {
        let identity = counted();
        let opener = CachingOpener::new(Opener::new(&identity)).max_age(Duration::from_secs(60));
        let header = header(&identity);
        let start = Instant::now();
        for (second, operations) in [(0, 1), (1, 1), (59, 1), (60, 2), (119, 2), (120, 3)] {
            opener.open_header_at(&header, start + Duration::from_secs(second)).unwrap();
            assert_eq!(identity.operations(), operations, "after {second} seconds");
        }
        opener.forget();
        opener.open_header_at(&header, start + Duration::from_secs(121)).unwrap();
        assert_eq!(identity.operations(), 4);
    }

    #[test]
    fn the_header_that_was_not_used_for_longest_makes_room() {
        let identity = counted();
        let opener = CachingOpener::new(Opener::new(&identity)).max_headers(2);
        let headers = [(); 3].map(|()| header(&identity));
        let now = Instant::now();
        // Header, and whether it is remembered.
        for (index, is_remembered) in
            [(0, false), (1, false), (0, true), (2, false), (0, true), (1, false), (1, true), (2, false)]
        {
            let before = identity.operations();
            opener.open_header_at(&headers[index], now).unwrap();
            assert_eq!(identity.operations() == before, is_remembered, "{index}");
            assert!(opener.lock().headers.len() <= 2);
        }
        let none = CachingOpener::new(Opener::new(&identity)).max_headers(0);
        none.open_header_at(&headers[0], now).unwrap();
        assert_eq!(none.lock().headers.len(), 0);
    }

    #[test]
    fn a_header_with_one_byte_changed_is_another_header() {
        let identity = counted();
        let opener = CachingOpener::new(Opener::new(&identity));
        let header = header(&identity);
        opener.open_header(&header).unwrap();
        for at in [header.as_bytes().len() - 1, header.as_bytes().len() - 100] {
            let mut bytes = header.as_bytes().to_vec();
            bytes[at] ^= 1;
            let altered = Header::parse(&bytes, &crate::limits::Limits::default()).unwrap();
            assert_eq!(opener.open_header(&altered).map(|_| ()), Err(OpenError::NotAuthentic));
        }
    }

    #[test]
    fn headers_that_fail_are_counted_evict_nothing_and_stop_no_remembered_one() {
        let identity = counted();
        let stranger = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa3072.pem")).unwrap();
        let opener =
            CachingOpener::new(Opener::new(&identity)).max_headers(1).max_failures(2).max_age(Duration::from_secs(60));
        let (good, new) = (header(&identity), header(&identity));
        let bad = Sealer::new(stranger.recipient()).start_messages().unwrap().header().clone();
        let start = Instant::now();
        let at = |second: u64| start + Duration::from_secs(second);
        opener.open_header_at(&good, at(0)).unwrap();
        for second in [10, 20] {
            let failed = opener.open_header_at(&bad, at(second)).map(|_| ());
            assert_eq!(failed, Err(OpenError::NoMatchingRecord));
        }
        let limit = Err(OpenError::TooManyFailures);
        assert_eq!(opener.open_header_at(&bad, at(30)).map(|_| ()), limit);
        assert_eq!(opener.open_header_at(&new, at(30)).map(|_| ()), limit);
        opener.open_header_at(&good, at(30)).unwrap();
        assert_eq!(identity.operations(), 1);
        // 60 seconds after the first failure.
        assert_eq!(opener.open_header_at(&new, at(69)).map(|_| ()), limit);
        opener.open_header_at(&new, at(70)).unwrap();
    }

    #[test]
    fn a_service_that_is_away_counts_as_no_failure() {
        let identity = counted();
        let opener = CachingOpener::new(Opener::new(&identity)).max_failures(1);
        let header = header(&identity);
        identity.away.store(1, Ordering::Relaxed);
        for _ in 0..3 {
            assert!(matches!(opener.open_header(&header), Err(OpenError::Unwrap(_))));
        }
        identity.away.store(0, Ordering::Relaxed);
        opener.open_header(&header).unwrap();
    }

    /// Counts its private-key operations.
    struct Counted {
        identity: RsaIdentity,
        operations: AtomicUsize,
        away: AtomicUsize,
    }

    impl Counted {
        fn operations(&self) -> usize {
            self.operations.load(Ordering::Relaxed)
        }
    }

    impl Identity for Counted {
        fn may_open(&self, record: &Record<'_>) -> bool {
            self.identity.may_open(record)
        }

        fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
            if self.away.load(Ordering::Relaxed) > 0 {
                return Err(UnwrapError::new("the service is away"));
            }
            self.operations.fetch_add(1, Ordering::Relaxed);
            self.identity.unwrap_key(record)
        }
    }

    fn counted() -> Counted {
        let identity = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem")).unwrap();
        Counted { identity, operations: AtomicUsize::new(0), away: AtomicUsize::new(0) }
    }

    fn header(identity: &Counted) -> Header {
        Sealer::new(identity.identity.recipient()).start_messages().unwrap().header().clone()
    }
}
