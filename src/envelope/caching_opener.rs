//! A bounded memory of opened headers.

use alloc::vec::Vec;
use core::fmt;
use core::mem;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::opened_header::OpenedHeader;
use super::opener::Opener;
use super::senders::Senders;
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
/// Headers that do not open are not remembered. So that they cannot cost private-key operations
/// without an end, these are [counted](Self::max_failed_operations). Whoever has the public key can
/// make headers that do open: these are not limited, and displace others. If a sender is
/// [demanded](Opener::senders), they fail and are counted instead, so that enough of them make all
/// new headers fail. To limit how many headers each source may send is for the application.
pub struct CachingOpener<'a> {
    opener: Opener<'a>,
    max_headers: usize,
    max_bytes: usize,
    max_age: Duration,
    max_failed_operations: u32,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// By the digest of the whole header, tag included.
    headers: HashMap<[u8; 64], Remembered>,
    /// Orders uses.
    clock: u64,
    /// How often everything was forgotten.
    generation: u64,
    /// Operations that headers which are being opened may still take.
    reserved: u32,
    /// When the failures that are counted began, and how many operations they took.
    failures: Option<(Instant, u32)>,
}

struct Remembered {
    opened: OpenedHeader,
    since: Instant,
    last_use: u64,
}

impl<'a> CachingOpener<'a> {
    /// Creates an opener with the identities, the senders and all settings of `opener`.
    ///
    /// It remembers 1000 headers with 16 MiB in all, each for 5 minutes, and spends 1000
    /// private-key operations on headers that fail in 5 minutes, unless that is set.
    #[must_use]
    pub fn new(opener: Opener<'a>) -> Self {
        Self {
            opener,
            max_headers: 1000,
            max_bytes: 16 << 20,
            max_age: Duration::from_secs(5 * 60),
            max_failed_operations: 1000,
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

    /// Sets how many bytes the headers that are remembered have together. Default: 16 MiB. A header
    /// that is longer is not remembered.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sets how long a header is remembered, counted from when it was opened with the private key.
    /// What is older is forgotten when the next header comes that is not remembered. The system's
    /// monotonic clock measures the time; on some systems it stops while the machine sleeps.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// Sets how many private-key operations are spent on headers that fail, within 5 minutes,
    /// whatever their source. A header that is not remembered and may take more than what is left
    /// is refused until the 5 minutes are over. A header that is addressed to none of the
    /// identities takes no operation.
    ///
    /// Headers that are being opened at the moment count as well, each with the operations that it
    /// may take: one, if it names the key.
    #[must_use]
    pub fn max_failed_operations(mut self, count: u32) -> Self {
        self.max_failed_operations = count;
        self
    }

    /// Opens a header, with the private key or from memory.
    ///
    /// # Errors
    ///
    /// The errors of [`Opener::open_header`], and [`OpenError::TooManyFailures`].
    pub fn open_header(&self, header: &Header) -> Result<OpenedHeader, OpenError> {
        self.open_header_at(header, self.opener.senders_in_use(), Instant::now())
    }

    /// Does what [`open_header`](Self::open_header) does, and demands one of `senders`, in the
    /// place of those of the opener. They are judged at each call, also for a header that is
    /// remembered.
    ///
    /// # Errors
    ///
    /// The errors of [`open_header`](Self::open_header).
    pub fn open_header_from(&self, header: &Header, senders: &Senders) -> Result<OpenedHeader, OpenError> {
        self.open_header_at(header, Some(senders), Instant::now())
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

    /// Forgets all headers, because a key must not be used any more, for example. Headers that are
    /// being opened at this moment are not remembered.
    pub fn forget(&self) {
        let mut memory = self.lock();
        memory.headers.clear();
        memory.generation += 1;
    }

    fn open_header_at(
        &self,
        header: &Header,
        senders: Option<&Senders>,
        now: Instant,
    ) -> Result<OpenedHeader, OpenError> {
        let digest = sha512(&[header.as_bytes()]);
        let (remembered, generation) = self.remembered(&digest, now);
        if let Some(opened) = remembered {
            // A signature that was verified is remembered, and a sender that is accepted is not.
            let judged = self.opener.judge(opened, senders)?;
            if senders.is_some()
                && let Some(remembered) = self.lock().headers.get_mut(&digest)
            {
                remembered.opened = judged.clone();
            }
            return Ok(judged);
        }
        let limits = self.opener.limits_in_use();
        // Without the lock, as below: identities are asked, which the caller may have written. A
        // private-key operation takes long, and a service may take longer.
        let operations = self.opener.candidates(header).min(limits.private_key_operations());
        let reservation = self.reserve(operations, now)?;
        let (opened, operations) = self.opener.search_from(header, senders);
        let mut memory = reservation.give_back();
        match &opened {
            Ok(opened) => {
                let fits = self.max_headers > 0 && header.as_bytes().len() <= self.max_bytes;
                if memory.generation == generation && fits {
                    let remembered = Remembered { opened: opened.clone(), since: now, last_use: memory.clock };
                    memory.headers.insert(digest, remembered);
                    memory.make_room(self.max_headers, self.max_bytes);
                }
            }
            Err(error) => {
                // The operation with which a service has failed says nothing about the header. What
                // was tried before it does.
                let of_service = u32::from(matches!(error, OpenError::Unwrap(_)));
                let failed = operations.saturating_sub(of_service);
                if failed > 0 {
                    let (since, spent) = memory.failures.unwrap_or((now, 0));
                    memory.failures = Some((since, spent.saturating_add(failed)));
                }
            }
        }
        opened
    }

    /// What is remembered under this digest, and how often everything was forgotten.
    fn remembered(&self, digest: &[u8; 64], now: Instant) -> (Option<OpenedHeader>, u64) {
        let mut memory = self.lock();
        memory.clock += 1;
        let (clock, generation) = (memory.clock, memory.generation);
        match memory.headers.get_mut(digest) {
            Some(remembered) if !is_over(remembered.since, self.max_age, now) => {
                remembered.last_use = clock;
                (Some(remembered.opened.clone()), generation)
            }
            _ => {
                memory.headers.retain(|_, remembered| !is_over(remembered.since, self.max_age, now));
                (None, generation)
            }
        }
    }

    /// Counts operations that may be spent on a header that fails, until that is known.
    fn reserve(&self, operations: u32, now: Instant) -> Result<Reservation<'_>, OpenError> {
        let mut memory = self.lock();
        memory.failures = memory.failures.filter(|(since, _)| !is_over(*since, FAILURES_AGE, now));
        let spent = memory.failures.map_or(0, |(_, spent)| spent).saturating_add(memory.reserved);
        if spent.saturating_add(operations) > self.max_failed_operations {
            return Err(OpenError::TooManyFailures);
        }
        memory.reserved = memory.reserved.saturating_add(operations);
        Ok(Reservation { memory: &self.memory, operations })
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        lock(&self.memory)
    }
}

/// Gives back what was reserved, also if an identity panics.
struct Reservation<'m> {
    memory: &'m Mutex<Memory>,
    operations: u32,
}

impl<'m> Reservation<'m> {
    /// Gives back what was reserved, and returns the memory, in which the operations that were
    /// spent take its place under the same lock.
    fn give_back(mut self) -> MutexGuard<'m, Memory> {
        let mut memory = lock(self.memory);
        memory.reserved = memory.reserved.saturating_sub(mem::take(&mut self.operations));
        memory
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        if self.operations > 0 {
            let mut memory = lock(self.memory);
            memory.reserved = memory.reserved.saturating_sub(self.operations);
        }
    }
}

impl Memory {
    /// Forgets headers until there are no more than `max_headers`, and no more than `max_bytes` in
    /// them, those first that were not used for the longest time.
    fn make_room(&mut self, max_headers: usize, max_bytes: usize) {
        let len = |remembered: &Remembered| remembered.opened.header().as_bytes().len();
        while self.headers.len() > max_headers || self.headers.values().map(len).sum::<usize>() > max_bytes {
            let oldest = self.headers.iter().min_by_key(|(_, remembered)| remembered.last_use);
            let Some(digest) = oldest.map(|(digest, _)| *digest) else { return };
            self.headers.remove(&digest);
        }
    }
}

impl fmt::Debug for CachingOpener<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachingOpener")
            .field("opener", &self.opener)
            .field("max_headers", &self.max_headers)
            .field("max_bytes", &self.max_bytes)
            .field("max_age", &self.max_age)
            .field("max_failed_operations", &self.max_failed_operations)
            .finish_non_exhaustive()
    }
}

fn is_over(since: Instant, age: Duration, now: Instant) -> bool {
    now.saturating_duration_since(since) >= age
}

/// A thread that panicked left nothing half done here.
fn lock(memory: &Mutex<Memory>) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long failures count.
const FAILURES_AGE: Duration = Duration::from_secs(5 * 60);

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
            opener.at(&header, start + Duration::from_secs(second)).unwrap();
            assert_eq!(identity.operations(), operations, "after {second} seconds");
        }
        opener.forget();
        opener.at(&header, start + Duration::from_secs(121)).unwrap();
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
            opener.at(&headers[index], now).unwrap();
            assert_eq!(identity.operations() == before, is_remembered, "{index}");
            assert!(opener.lock().headers.len() <= 2);
        }
        let none = CachingOpener::new(Opener::new(&identity)).max_headers(0);
        none.at(&headers[0], now).unwrap();
        assert_eq!(none.lock().headers.len(), 0);
    }

    #[test]
    fn a_header_with_one_byte_changed_is_another_header() {
        let identity = counted();
        let opener = CachingOpener::new(Opener::new(&identity));
        let header = header(&identity);
        opener.open_header(&header).unwrap();
        assert_eq!(opener.open_header(&altered(&header)).map(|_| ()), Err(OpenError::NotAuthentic));
    }

    #[test]
    fn headers_that_fail_are_counted_evict_nothing_and_stop_no_remembered_one() {
        let identity = counted();
        let opener = CachingOpener::new(Opener::new(&identity)).max_headers(1).max_failed_operations(2);
        let (good, new) = (header(&identity), header(&identity));
        let bad = altered(&header(&identity));
        let start = Instant::now();
        let at = |second: u64| start + Duration::from_secs(second);
        opener.at(&good, at(0)).unwrap();
        for second in [10, 20] {
            assert_eq!(opener.at(&bad, at(second)).map(|_| ()), Err(OpenError::NotAuthentic));
        }
        let refused = Err(OpenError::TooManyFailures);
        assert_eq!(opener.at(&bad, at(30)).map(|_| ()), refused);
        assert_eq!(opener.at(&new, at(30)).map(|_| ()), refused);
        opener.at(&good, at(30)).unwrap();
        assert_eq!(identity.operations(), 3);
        // 5 minutes after the first failure.
        assert_eq!(opener.at(&new, at(309)).map(|_| ()), refused);
        opener.at(&new, at(310)).unwrap();
    }

    #[test]
    fn no_header_takes_more_operations_than_are_left() {
        let identity = counted();
        let recipients = [(); 3].map(|()| identity.identity.recipient().anonymous());
        let messages = Sealer::with_recipients(&recipients).unwrap().start_messages().unwrap();
        let opener = CachingOpener::new(Opener::new(&identity)).max_failed_operations(2);
        let refused = opener.open_header(messages.header()).map(|_| ());
        assert_eq!(refused, Err(OpenError::TooManyFailures));
        assert_eq!(identity.operations(), 0);
        assert!(opener.max_failed_operations(3).open_header(messages.header()).is_ok());
    }

    #[test]
    fn long_headers_do_not_fill_the_memory() {
        let identity = counted();
        let recipient = identity.identity.recipient();
        let header = |metadata: usize| {
            let sealer = Sealer::new(&recipient).metadata(std::vec![7; metadata]);
            sealer.start_messages().unwrap().header().clone()
        };
        let opener = CachingOpener::new(Opener::new(&identity)).max_bytes(2300);
        let (short, long, longer) = (header(1), header(1500), header(2000));
        for (header, remembered) in [(&short, 1), (&long, 2), (&longer, 2), (&header(1400), 1)] {
            opener.open_header(header).unwrap();
            assert_eq!(opener.lock().headers.len(), remembered);
        }
    }

    #[test]
    fn headers_that_cost_nothing_do_not_count() {
        let identity = counted();
        let stranger = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa3072.pem")).unwrap();
        let foreign = Sealer::new(stranger.recipient()).start_messages().unwrap().header().clone();
        let opener = CachingOpener::new(Opener::new(&identity)).max_failed_operations(1);
        for _ in 0..5 {
            assert_eq!(opener.open_header(&foreign).map(|_| ()), Err(OpenError::NoMatchingRecord));
        }
        opener.open_header(&header(&identity)).unwrap();
    }

    #[test]
    fn failures_count_although_nothing_is_remembered() {
        let identity = counted();
        let opener = CachingOpener::new(Opener::new(&identity)).max_age(Duration::ZERO).max_failed_operations(1);
        let bad = altered(&header(&identity));
        assert_eq!(opener.open_header(&bad).map(|_| ()), Err(OpenError::NotAuthentic));
        assert_eq!(opener.open_header(&bad).map(|_| ()), Err(OpenError::TooManyFailures));
    }

    #[test]
    fn what_is_too_old_is_forgotten_when_another_header_comes() {
        let identity = counted();
        let opener = CachingOpener::new(Opener::new(&identity)).max_age(Duration::from_secs(60));
        let start = Instant::now();
        for second in [0, 1, 2, 70] {
            opener.at(&header(&identity), start + Duration::from_secs(second)).unwrap();
        }
        assert_eq!(opener.lock().headers.len(), 1);
    }

    #[test]
    fn a_header_that_is_opened_while_everything_is_forgotten_is_not_remembered() {
        struct Forgets<'a>(&'a Counted, std::sync::OnceLock<&'a CachingOpener<'a>>);
        impl Identity for &Forgets<'_> {
            fn may_open(&self, record: &Record<'_>) -> bool {
                self.0.may_open(record)
            }

            fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
                if let Some(opener) = self.1.get() {
                    opener.forget();
                }
                self.0.unwrap_key(record)
            }
        }
        let identity = counted();
        let header = header(&identity);
        let forgets = Forgets(&identity, std::sync::OnceLock::new());
        let opener = CachingOpener::new(Opener::new(&forgets));
        // Leaked, because it refers to itself.
        let opener: &CachingOpener<'_> = &*alloc::boxed::Box::leak(alloc::boxed::Box::new(opener));
        assert!(forgets.1.set(opener).is_ok());
        opener.open_header(&header).unwrap();
        assert_eq!(opener.lock().headers.len(), 0);
    }

    #[test]
    fn a_service_that_is_away_counts_as_no_failure() {
        let identity = counted();
        let opener = CachingOpener::new(Opener::new(&identity)).max_failed_operations(1);
        let header = header(&identity);
        identity.away.store(1, Ordering::Relaxed);
        for _ in 0..3 {
            assert!(matches!(opener.open_header(&header), Err(OpenError::Unwrap(_))));
        }
        identity.away.store(0, Ordering::Relaxed);
        opener.open_header(&header).unwrap();
    }

    impl CachingOpener<'_> {
        fn at(&self, header: &Header, now: Instant) -> Result<OpenedHeader, OpenError> {
            self.open_header_at(header, None, now)
        }
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

    /// The header with another tag.
    fn altered(header: &Header) -> Header {
        let mut bytes = header.as_bytes().to_vec();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        Header::parse(&bytes, &crate::limits::Limits::default()).unwrap()
    }

    fn header(identity: &Counted) -> Header {
        Sealer::new(identity.identity.recipient()).start_messages().unwrap().header().clone()
    }
}
