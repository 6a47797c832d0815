//! The search for the content key: which candidates, in which order, and how it ends (SPEC §6.2).

#[path = "common/support.rs"]
mod support;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use bulla::error::{Limit, LimitExceeded, OpenError, UnwrapError, WrapError};
use bulla::header::Record;
use bulla::keys::{ContentKey, KeyId, WrappedKey};
use bulla::rand_core::CryptoRng;
use bulla::{Header, Identity, Limits, OpenedHeader, Opener, Recipient, RemoteIdentity, RsaIdentity, Sealer, Search};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use support::{RSA_2048, RSA_3072, RSA_4096};

#[test]
fn identified_records_come_before_anonymous_ones() {
    let mut recipients: Vec<_> =
        (0..1023).map(|_| Stub { id: None, len: 256, answer: Answer::No, opens_for: 9 }).collect();
    recipients.push(Stub { id: Some(RSA_2048.key_id()), len: 256, answer: Answer::Right, opens_for: 0 });
    let header = header_for(&recipients);
    assert_eq!(header.records().next().unwrap().key_id(), None, "anonymous ones come first in the header");

    let key = RSA_2048.recipient();
    let mut search = Search::new(&header, [&key], &limit(1));
    let candidate = search.next_candidate().unwrap();
    assert_eq!(candidate.record().key_id(), Some(RSA_2048.key_id()));
    let answer = unwrap(0, candidate.wrapped_key());
    assert!(candidate.verify(answer).unwrap().is_some());
}

#[test]
fn keys_are_tried_in_the_order_of_the_caller() {
    let header = header_for(&[anonymous(256, Answer::No), anonymous(384, Answer::No)]);
    let [short, long] = [RSA_2048.recipient(), RSA_3072.recipient()];
    for (keys, expected) in [
        (vec![&short, &long, &short], vec![(256, 0), (256, 2), (384, 1)]),
        (vec![&long, &short, &short], vec![(256, 1), (256, 2), (384, 0)]),
        (vec![&long], vec![(384, 0)]),
    ] {
        let mut search = Search::new(&header, keys, &Limits::default());
        let mut seen = Vec::new();
        while let Ok(candidate) = search.next_candidate() {
            seen.push((candidate.wrapped_key().len(), candidate.key_index()));
        }
        // Which of the two records comes first is up to their random bytes.
        seen.sort_by_key(|(len, _)| *len);
        assert_eq!(seen, expected);
    }
}

#[test]
fn the_limit_admits_its_number_of_candidates_and_no_more() {
    let header = header_for(&[anonymous(256, Answer::No); 3]);
    let key = RSA_2048.recipient();
    for max in 0..5u32 {
        let mut search = Search::new(&header, [&key], &limit(max));
        for _ in 0..max.min(3) {
            assert!(search.next_candidate().unwrap().verify(None).unwrap().is_none());
        }
        let expected = match max {
            0..3 => OpenError::LimitExceeded(exceeded(max)),
            _ => OpenError::NotAuthentic,
        };
        assert_eq!(search.next_candidate().unwrap_err(), expected, "{max}");
    }
}

#[test]
fn a_search_that_has_ended_keeps_its_outcome() {
    let header = header_for(&[anonymous(256, Answer::No); 3]);
    let [fits, fits_not] = [RSA_2048.recipient(), RSA_4096.recipient()];
    for (key, max, expected) in [
        (&fits_not, 16, OpenError::NoMatchingRecord),
        (&fits_not, 0, OpenError::NoMatchingRecord),
        (&fits, 16, OpenError::NotAuthentic),
        (&fits, 3, OpenError::NotAuthentic),
        (&fits, 2, OpenError::LimitExceeded(exceeded(2))),
        (&fits, 0, OpenError::LimitExceeded(exceeded(0))),
    ] {
        let mut search = Search::new(&header, [key], &limit(max));
        let outcome = loop {
            match search.next_candidate() {
                Ok(candidate) => assert!(candidate.verify(None).unwrap().is_none()),
                Err(error) => break error,
            }
        };
        assert_eq!(outcome, expected);
        for _ in 0..5 {
            assert_eq!(search.next_candidate().unwrap_err(), expected, "limit {max}");
        }
    }
}

#[test]
fn without_keys_nothing_matches() {
    let header = header_for(&[anonymous(256, Answer::Right)]);
    let none: [&bulla::RsaRecipient; 0] = [];
    assert_eq!(Search::new(&header, none, &limit(0)).next_candidate().unwrap_err(), OpenError::NoMatchingRecord);
    let none: [RsaIdentity; 0] = [];
    let opener = Opener::with_identities(none);
    assert_eq!(opener.open_header(&header).unwrap_err(), OpenError::NoMatchingRecord);
}

#[test]
fn a_refusal_and_a_wrong_key_lead_to_the_next_candidate_and_to_the_same_error() {
    for wrong in [None, Some([0; 32]), Some([7; 32])] {
        let wrong = || wrong.map(ContentKey::from_bytes);
        let key = RSA_2048.recipient();
        let header = header_for(&[anonymous(256, Answer::Right); 2]);
        let mut search = Search::new(&header, [&key], &Limits::default());
        assert!(search.next_candidate().unwrap().verify(wrong()).unwrap().is_none());
        let last = search.next_candidate().unwrap();
        let right = unwrap(0, last.wrapped_key());
        assert!(last.verify(right).unwrap().is_some());

        let mut search = Search::new(&header, [&key], &Limits::default());
        for _ in 0..2 {
            assert!(search.next_candidate().unwrap().verify(wrong()).unwrap().is_none());
        }
        assert_eq!(search.next_candidate().unwrap_err(), OpenError::NotAuthentic);
    }
}

#[test]
fn an_accepted_header_opens_the_body_as_an_opener_does() {
    let sealed = Sealer::new(RSA_2048.recipient()).metadata(b"m").aad(b"aad").seal(b"hello").unwrap();
    let (header, body) = Header::split(&sealed, &Limits::default()).unwrap();
    let key = RSA_2048.recipient();
    let mut search = Search::new(&header, [&key], &Limits::default());
    let candidate = search.next_candidate().unwrap();
    let content_key = RSA_2048.unwrap_bytes(candidate.wrapped_key()).unwrap();
    let opened = candidate.verify(content_key).unwrap().unwrap();
    assert_eq!((opened.header(), opened.metadata()), (&header, Some(&b"m"[..])));
    assert_eq!(opened.open(body), Err(OpenError::WrongAssociatedData));
    let opened = opened.aad(b"aad");
    assert_eq!(opened.open(body), Opener::new(&*RSA_2048).aad(b"aad").open(&sealed));
    assert_eq!(opened.open(body).unwrap(), b"hello");
    let limited = opened.limits(Limits::default().with_plaintext_len(4));
    assert!(matches!(limited.open(body), Err(OpenError::LimitExceeded(_))));
}

#[test]
fn an_anonymous_key_still_finds_the_record_that_names_it() {
    let header = header_for(&[Stub { id: Some(RSA_2048.key_id()), len: 256, answer: Answer::Right, opens_for: 0 }]);
    let key = RSA_2048.recipient().anonymous();
    assert!(Search::new(&header, [&key], &Limits::default()).next_candidate().is_ok());
}

#[test]
fn a_recipient_that_does_not_say_so_opens_no_anonymous_record() {
    // The provided method of the trait.
    let key = Stub { id: Some(RSA_2048.key_id()), len: 256, answer: Answer::Right, opens_for: 0 };
    let nobody = Stub { id: None, ..key };
    let candidates = |key: &Stub, record: Stub| {
        let header = header_for(&[record]);
        Search::new(&header, [key], &Limits::default()).next_candidate().is_ok()
    };
    assert!(candidates(&key, key));
    assert!(!candidates(&key, nobody));
    assert!(!candidates(&nobody, nobody), "without a name on both sides nothing is named");
    assert!(!candidates(&key, Stub { id: Some(RSA_3072.key_id()), ..key }));
}

#[test]
fn a_search_goes_on_in_another_thread_between_question_and_answer() {
    let sealed = bulla::seal(RSA_2048.recipient(), b"hello").unwrap();
    let (header, body) = Header::split(&sealed, &Limits::default()).unwrap();
    let keys = [RSA_3072.recipient(), RSA_2048.recipient()];
    let opening = async {
        let mut search = Search::new(&header, &keys, &Limits::default());
        loop {
            let candidate = search.next_candidate()?;
            assert_eq!(candidate.key_index(), 1);
            let answer = Service::default().unwrap(candidate.wrapped_key()).await?;
            if let Some(opened) = candidate.verify(answer)? {
                return Ok::<OpenedHeader, OpenError>(opened);
            }
        }
    };
    let mut opening: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(opening);
    // Asked here, answered elsewhere.
    assert!(opening.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let opened = thread::scope(|scope| scope.spawn(move || block_on(opening)).join().unwrap());
    assert_eq!(opened.unwrap().open(body).unwrap(), b"hello");
}

/// A key service whose answer is there at the second look.
#[derive(Default)]
struct Service {
    asked: bool,
}

impl Service {
    async fn unwrap(mut self, wrapped: &[u8]) -> Result<Option<ContentKey>, UnwrapError> {
        std::future::poll_fn(|context| {
            if self.asked {
                return Poll::Ready(());
            }
            self.asked = true;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        RSA_2048.unwrap_bytes(wrapped)
    }
}

fn block_on<T>(mut future: Pin<Box<dyn Future<Output = T> + Send + '_>>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn search_and_opener_try_what_the_specification_says(
        named in btree_map(0..4usize, (lengths(), answer(), 0..3usize), 0..4),
        anonymous in vec((lengths(), answer(), 0..3usize), 0..5),
        keys in vec(0..3usize, 0..5),
        max in prop_oneof![Just(16u32), 0..6u32],
    ) {
        let all = [RSA_2048.recipient(), RSA_3072.recipient(), RSA_4096.recipient()];
        let id = |number: usize| all.get(number).map_or(KeyId::from_bytes([9; 32]), |key| key.key_id());
        let named = named.into_iter().map(|(number, (len, answer, opens_for))| {
            Stub { id: Some(id(number)), len, answer, opens_for }
        });
        let anonymous = anonymous.into_iter().map(|(len, answer, opens_for)| Stub { id: None, len, answer, opens_for });
        let recipients: Vec<_> = named.chain(anonymous).collect();
        prop_assume!(!recipients.is_empty());
        let header = header_for(&recipients);
        let (candidates, outcome) = model(&header, &keys, max);

        // By hand.
        let publics: Vec<_> = keys.iter().map(|number| &all[*number]).collect();
        let mut search = Search::new(&header, publics, &limit(max));
        let mut seen = Vec::new();
        let found = loop {
            match search.next_candidate() {
                Ok(candidate) => {
                    seen.push((candidate.record().value().to_vec(), candidate.key_index()));
                    let answer = unwrap(keys[candidate.key_index()], candidate.wrapped_key());
                    if candidate.verify(answer).unwrap().is_some() {
                        break Ok(());
                    }
                }
                Err(error) => break Err(error),
            }
        };
        prop_assert_eq!(&seen, &candidates);
        prop_assert_eq!(&found, &outcome);

        // By identities.
        let asked = Mutex::new(Vec::new());
        let identities = keys.iter().enumerate().map(|(index, number)| {
            let asked = &asked;
            RemoteIdentity::new(all[*number].clone(), move |wrapped: &[u8]| {
                asked.lock().unwrap().push((wrapped.to_vec(), index));
                Ok(unwrap(*number, wrapped))
            })
        });
        let opened = Opener::with_identities(identities).limits(limit(max)).open_header(&header);
        prop_assert_eq!(&opened.map(|_| ()), &outcome);
        let wrapped = |value: &[u8]| value[1 + usize::from(value[0])..].to_vec();
        let expected: Vec<_> = candidates.iter().map(|(value, index)| (wrapped(value), *index)).collect();
        prop_assert_eq!(asked.into_inner().unwrap(), expected);
    }
}

type Tried = Vec<(Vec<u8>, usize)>;

/// What is tried, as the values of records and the indices of keys, and how that ends: SPEC §6.2,
/// from the bytes of the records.
fn model(header: &Header, keys: &[usize], max: u32) -> (Tried, Result<(), OpenError>) {
    let all = [&*RSA_2048, &*RSA_3072, &*RSA_4096];
    let fits = |value: &[u8], key: usize| match value[0] {
        32 => value[1..33] == *all[key].key_id().as_bytes(),
        _ => value.len() - 1 == [256, 384, 512][key],
    };
    let values: Vec<_> = header.records().map(|record| record.value()).collect();
    let (identified, anonymous): (Vec<_>, Vec<_>) = values.into_iter().partition(|value| value[0] == 32);
    let mut candidates = Vec::new();
    for value in identified.into_iter().chain(anonymous) {
        candidates.extend((0..keys.len()).filter(|at| fits(value, keys[*at])).map(|at| (value.to_vec(), at)));
    }
    let max = max as usize;
    let accepted = candidates.iter().position(|(value, at)| {
        let wrapped = &value[1 + usize::from(value[0])..];
        (usize::from(wrapped[32]), wrapped[33]) == (keys[*at], Answer::Right as u8)
    });
    match accepted {
        Some(at) if at < max => {
            candidates.truncate(at + 1);
            (candidates, Ok(()))
        }
        _ if candidates.len() > max => {
            candidates.truncate(max);
            (candidates, Err(OpenError::LimitExceeded(exceeded(max as u32))))
        }
        _ if candidates.is_empty() => (candidates, Err(OpenError::NoMatchingRecord)),
        _ => (candidates, Err(OpenError::NotAuthentic)),
    }
}

/// What comes of unwrapping a record with the key that it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    No,
    WrongKey,
    Right,
}

/// Makes a record without RSA: the content key or zeros, which key opens it, and to what.
#[derive(Clone, Copy, Debug)]
struct Stub {
    id: Option<KeyId>,
    len: usize,
    answer: Answer,
    opens_for: usize,
}

impl Recipient for Stub {
    fn key_id(&self) -> Option<KeyId> {
        self.id
    }

    fn wrap_key(&self, key: &ContentKey, rng: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
        let mut wrapped = vec![0; self.len];
        rng.fill_bytes(&mut wrapped);
        let first = if self.answer == Answer::Right { *key.expose() } else { [0; 32] };
        wrapped[..32].copy_from_slice(&first);
        wrapped[32] = self.opens_for as u8;
        wrapped[33] = self.answer as u8;
        Ok(WrappedKey::rsa_oaep_sha256(wrapped))
    }
}

/// What the holder of key `number` makes of the wrapped key of a [`Stub`].
fn unwrap(number: usize, wrapped: &[u8]) -> Option<ContentKey> {
    let opens = usize::from(wrapped[32]) == number && wrapped[33] != Answer::No as u8;
    opens.then(|| ContentKey::from_slice(&wrapped[..32]).unwrap())
}

fn anonymous(len: usize, answer: Answer) -> Stub {
    Stub { id: None, len, answer, opens_for: 0 }
}

fn header_for(recipients: &[Stub]) -> Header {
    Sealer::with_recipients(recipients).unwrap().start().unwrap().header().clone()
}

fn limit(max: u32) -> Limits {
    Limits::default().with_private_key_operations(max)
}

fn exceeded(max: u32) -> LimitExceeded {
    let Err(OpenError::LimitExceeded(exceeded)) = Opener::new(Never)
        .limits(limit(max))
        .open_header(&header_for(&vec![anonymous(256, Answer::No); max as usize + 1]))
    else {
        panic!("not exceeded")
    };
    assert_eq!((exceeded.limit, exceeded.max), (Limit::PrivateKeyOperations, u64::from(max)));
    exceeded
}

/// May open everything, and opens nothing.
struct Never;

impl Identity for Never {
    fn may_open(&self, _: &Record<'_>) -> bool {
        true
    }

    fn unwrap_key(&self, _: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
        Ok(None)
    }
}

fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![4 => Just(256usize), 2 => Just(384), 1 => Just(512), 1 => Just(300)]
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![2 => Just(Answer::No), 1 => Just(Answer::WrongKey), 1 => Just(Answer::Right)]
}
