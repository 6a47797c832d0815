//! Every way to open a header, and what follows it.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};

use bulla::error::{OpenError, RewrapError};
use bulla::header::Layout;
use bulla::keys::{ContentKey, KeyId};
use bulla::sessions::Challenge;
use bulla::{Header, Identity, Limits, OpenedHeader, Opener, Rewrapper, Search};

use super::case::{Case, Policy, Respond};
use super::model::{Refusal, Verdict, View};
use super::{LABEL, PLAINTEXT, limits};
use crate::fake::Carrier;

/// A header, what follows it, and every way to open it.
pub(super) struct Judge<'a> {
    case: &'a Case,
    keys: Vec<Carrier>,
    header: &'a Header,
    tail: &'a [u8],
    /// Whether the tail was sealed under the fields of the header.
    fits: bool,
    limits: Limits,
}

impl<'a> Judge<'a> {
    pub(super) fn new(case: &'a Case, header: &'a Header, tail: &'a [u8], fits: bool) -> Self {
        // The limit is on the public metadata as well, which comes first.
        let limit = case.limit.map(|limit| u32::from(limit).max(metadata_len(header)));
        let limits = limit.map_or(limits(), |limit| limits().with_metadata_len(limit));
        Self { case, keys: case.keys(), header, tail, fits, limits }
    }

    fn view(&self, challenge: &[u8]) -> Result<View, Refusal> {
        let limit = usize::try_from(self.limits.metadata_len()).unwrap();
        View::open(self.header, &self.keys, limit, challenge)
    }

    fn policies(&self) -> impl Iterator<Item = Option<&'a Policy>> {
        [None].into_iter().chain(self.case.policies.iter().take(MAX_POLICIES).map(Some))
    }

    fn opener(&self, policy: Option<&Policy>) -> Opener<'static> {
        let opener = Opener::with_identities(self.keys.clone()).limits(self.limits);
        match policy {
            Some(policy) => opener.senders(policy.senders()),
            None => opener,
        }
    }

    pub(super) fn check(&self, reached: &mut BTreeSet<&'static str>) {
        let view = self.view(&[]);
        let opened = self.opener(None).open_header(self.header);
        let searched = self.search(Search::new(self.header, &self.keys, &self.limits));
        for opened in [&opened, &searched] {
            agree(opened, &view);
        }
        if let Ok(view) = &view {
            // Whoever has the content key needs no key pair. The default limits apply.
            let by_key = self.header.open(ContentKey::from_bytes(*view.key())).unwrap();
            self.check_demands(&by_key, view, reached);
            assert_eq!(self.header.open(ContentKey::from_bytes([9; 32])).map(|_| ()), Err(OpenError::NotAuthentic));
        }
        for opened in [opened, searched] {
            if let (Ok(opened), Ok(view)) = (opened, &view) {
                self.check_demands(&opened, view, reached);
            }
        }
        for policy in self.policies() {
            let expected = view.clone().and_then(|view| Ok((view.judge(policy, &self.keys)?, view)));
            note(policy, &expected, reached);
            let opener = self.opener(policy);
            let opened = opener.open_header(self.header);
            agree(&opened, &expected);
            if let (Ok(opened), Ok((verdict, view))) = (&opened, &expected) {
                view.assert_told(opened, *verdict);
            }
            if !self.tail.is_empty() {
                self.check_bodies(&opener, &expected, reached);
            }
        }
    }

    /// Demands each of the policies, one after the other and each on its own.
    fn check_demands(&self, opened: &OpenedHeader, view: &View, reached: &mut BTreeSet<&'static str>) {
        view.assert_told(opened, None);
        let own: Vec<KeyId> = self.keys.iter().map(Carrier::id).collect();
        let mut after_others = opened.clone();
        for policy in self.policies().flatten() {
            let expected = view.judge(Some(policy), &self.keys);
            note(Some(policy), &expected.clone().map(|verdict| (verdict, view.clone())), reached);
            for before in [opened, &after_others] {
                let demanded = before.clone().demand_sender(&policy.senders(), &own);
                agree(&demanded, &expected);
                if let (Ok(demanded), Ok(verdict)) = (&demanded, &expected) {
                    view.assert_told(demanded, *verdict);
                }
            }
            view.assert_told(opened, None);
            if let Ok(demanded) = after_others.clone().demand_sender(&policy.senders(), &own) {
                after_others = demanded;
            }
        }
    }

    /// Opens what follows the header, in every way that opens the header as well.
    fn check_bodies(
        &self,
        opener: &Opener<'_>,
        expected: &Result<(Option<Verdict>, View), Refusal>,
        reached: &mut BTreeSet<&'static str>,
    ) {
        let envelope = [self.header.as_bytes(), self.tail].concat();
        let layout = self.header.layout();
        let verdict = expected.as_ref().map(|_| ()).map_err(Clone::clone);
        let because = |error| Err(Refusal::Because(vec![error]));
        let body = verdict.clone().and(if self.fits { Ok(()) } else { because(OpenError::WrongAssociatedData) });
        let other = verdict.clone().and(because(OpenError::OtherLayout { layout }));
        reached.insert(if body.is_ok() { "opened" } else { "wrong context" });

        let of = |wanted| if layout == wanted { &body } else { &other };
        check_whole(opener, &envelope, of(Layout::Single));
        check_whole(&opener.clone().label(LABEL), &envelope, of(Layout::Labelled));

        let of_stream = match self.case.challenge {
            false => body.clone(),
            true => verdict.clone().and(because(OpenError::WrongAssociatedData)),
        };
        let received = opener.receive_from(&envelope[..]).map_err(cause);
        match (layout, &received) {
            (Layout::Session, received) => {
                agree(received, &of_stream);
                if let (Ok(reader), Ok((verdict, view))) = (received, expected) {
                    assert_eq!(reader.sender(), reader.opened_header().unwrap().sender());
                    view.assert_told(reader.opened_header().unwrap(), *verdict);
                }
            }
            (_, Err(error)) => assert_eq!(*error, OpenError::OtherLayout { layout }),
            (_, Ok(_)) => panic!("received {layout:?}"),
        }

        let parts = opener.open_parts_at(&envelope[..]).map_err(cause);
        match (&parts, expected) {
            (Ok(reader), Ok((verdict, view))) => {
                assert!(layout == Layout::Parts && self.fits);
                let mut plaintext = Vec::new();
                reader.stream().read_to_end(&mut plaintext).unwrap();
                assert_eq!(plaintext, PLAINTEXT);
                view.assert_told(reader.manifest().opened_header(), *verdict);
                view.assert_told(&reader.manifest().part(0).unwrap(), *verdict);
            }
            // Where there is no manifest, it says so.
            (Err(_), Ok(_)) => assert!(layout != Layout::Parts || !self.fits),
            (Err(error), Err(refusal)) if layout == Layout::Parts => assert!(refusal.is(error), "{error:?}"),
            (Err(error), Err(_)) => {
                assert!(error == &OpenError::OtherLayout { layout } || expected_is(expected, error))
            }
            (Ok(_), Err(refusal)) => panic!("parts, in spite of {refusal:?}"),
        }

        let mut copied = Vec::new();
        match (Rewrapper::new().copy(&envelope[..], &mut copied, opener), expected) {
            (Ok(_), Ok(_)) => assert!(copied == envelope),
            (Err(error), Err(refusal)) => {
                let Some(RewrapError::Open(error)) = RewrapError::from_io(&error) else { panic!("{error:?}") };
                assert!(refusal.is(error) && copied.is_empty());
            }
            // None of the records that are left is known.
            (Err(error), Ok(_)) => panic!("{error:?}"),
            (Ok(_), Err(refusal)) => panic!("copied, in spite of {refusal:?}"),
        }
    }

    /// Accepts a session as its responder does.
    pub(super) fn check_session(&self, challenge: Challenge, reached: &mut BTreeSet<&'static str>) {
        let sent = if self.case.challenge { challenge.as_bytes().to_vec() } else { Vec::new() };
        let challenge = match self.case.respond {
            Respond::Rightly => self.case.challenge.then_some(challenge),
            Respond::ToAnotherChallenge => Some(Challenge::new().unwrap()),
            Respond::WithoutChallenge => None,
        };
        let expected = challenge.as_ref().map_or(Vec::new(), |challenge| challenge.as_bytes().to_vec());
        let layout = self.header.layout();
        let policy = self.case.policies.first();
        let view = self.view(&expected);
        let opened = if self.case.is_strict {
            self.opener(policy).open_session_header(self.header, challenge)
        } else if layout == Layout::Session {
            self.search(Search::for_session(self.header, &self.keys, challenge, &self.limits))
        } else {
            return;
        };
        if layout != Layout::Session {
            return assert_eq!(opened.map(|_| ()), Err(OpenError::OtherLayout { layout }));
        }
        let verdict = match self.case.is_strict {
            true => view.clone().and_then(|view| view.judge(policy, &self.keys)),
            false => view.clone().map(|_| None),
        };
        agree(&opened, &verdict);
        let (Ok(opened), Ok(verdict), Ok(view)) = (opened, verdict, view) else { return };
        view.assert_told(&opened, verdict);
        if !self.case.is_strict {
            self.check_demands(&opened, &view, reached);
        }
        let Some(head) = self.tail.first_chunk() else { return };
        let count = self.header.records().filter(|record| record.record_type() != 0x7FFF).count();
        match opened.accept(head) {
            Ok((_, answer)) => {
                assert!(self.fits && sent == expected);
                assert_eq!(answer.is_some(), count == 1);
                reached.insert(if answer.is_some() { "two ways" } else { "one way" });
            }
            Err(error) => {
                assert_eq!(error, OpenError::WrongAssociatedData);
                assert!(!self.fits || sent != expected);
            }
        }
    }

    /// What an opener does, as a caller does it whose key service is elsewhere.
    fn search(&self, mut search: Search<'_>) -> Result<OpenedHeader, OpenError> {
        loop {
            let candidate = search.next_candidate()?;
            let answer = self.keys[candidate.key_index()].unwrap_key(candidate.record())?;
            if let Some(opened) = candidate.verify(answer)? {
                return Ok(opened);
            }
        }
    }
}

/// An envelope of one body, in memory and as a stream.
fn check_whole(opener: &Opener<'_>, envelope: &[u8], expected: &Result<(), Refusal>) {
    let check = |result: Result<Vec<u8>, OpenError>| {
        agree(&result, expected);
        assert!(result.is_err() || result.unwrap() == PLAINTEXT);
    };
    check(opener.open(envelope));
    let mut output = vec![0xA5; 1000];
    let result = opener.open_into(envelope, &mut output);
    assert!(result.is_ok() || output.is_empty());
    check(result.map(|()| output));
    let mut data = envelope.to_vec();
    let result = opener.open_in_place(&mut data);
    assert!(result.is_ok() || data.is_empty() || data == envelope);
    check(result.map(|()| data));

    let mut released = Vec::new();
    let result = opener.wrap_input(envelope).and_then(|mut reader| reader.read_to_end(&mut released));
    assert!(result.is_ok() || released.is_empty());
    check(result.map(|_| released).map_err(cause));
    let mut writer = opener.wrap_output(Vec::new());
    let result = writer.write_all(envelope).and_then(|()| writer.try_finish());
    assert!(result.is_ok() || writer.get_ref().is_empty());
    check(result.map(|()| writer.into_inner()).map_err(cause));
    let mut released = vec![0; PLAINTEXT.len()];
    let result = opener.wrap_input_at(envelope).and_then(|reader| reader.read_exact_at(&mut released, 0));
    assert!(result.is_ok() || released.iter().all(|byte| *byte == 0));
    check(result.map(|()| released).map_err(cause));
}

pub(super) fn agree<T, E>(result: &Result<T, OpenError>, expected: &Result<E, Refusal>) {
    match (result, expected) {
        (Ok(_), Ok(_)) => {}
        (Err(error), Err(refusal)) => assert!(refusal.is(error), "{error:?} instead of {refusal:?}"),
        (Ok(_), Err(refusal)) => panic!("accepted, in spite of {refusal:?}"),
        (Err(error), Ok(_)) => panic!("{error:?} instead of nothing"),
    }
}

fn expected_is<T>(expected: &Result<T, Refusal>, error: &OpenError) -> bool {
    expected.as_ref().err().is_some_and(|refusal| refusal.is(error))
}

fn note(
    policy: Option<&Policy>,
    expected: &Result<(Option<Verdict>, View), Refusal>,
    reached: &mut BTreeSet<&'static str>,
) {
    reached.insert(match (policy, expected) {
        (_, Ok((Some((_, _, true)), _))) => "readdressed",
        (_, Ok((Some(_), _))) => "demanded sender",
        (_, Ok((None, _))) => "any sender",
        (_, Err(Refusal::TooLong)) => "longer than the limit",
        (_, Err(Refusal::Because(errors))) => match &errors[0] {
            OpenError::MalformedPrivateSection => "malformed section",
            OpenError::UnknownPrivateItem(_) => "unknown item",
            OpenError::NoMatchingRecord => "no matching record",
            OpenError::NotAuthentic => "not authentic",
            OpenError::NoSender => "no sender",
            OpenError::OtherSender => "other sender",
            OpenError::SenderNotAuthentic => "sender not authentic",
            OpenError::NotInAudience => "not in the audience",
            OpenError::OtherAudience(_) => "other audience",
            other => panic!("{other:?} cannot happen here, or is new: name it"),
        },
    });
}

fn metadata_len(header: &Header) -> u32 {
    u32::try_from(header.unverified_metadata().map_or(0, <[u8]>::len)).unwrap()
}

fn cause(error: io::Error) -> OpenError {
    error.downcast().expect("the input itself does not fail")
}

/// More only makes the input larger.
const MAX_POLICIES: usize = 3;
