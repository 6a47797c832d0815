//! Changes of recipients, against a second opinion on which records they leave.

use std::collections::BTreeSet;

use bulla::error::{OpenError, RewrapError, SealError};
use bulla::header::Record;
use bulla::keys::{ContentKey, KeyId};
use bulla::rand_core::Rng;
use bulla::{Header, Limits, Opener, Recipient, Rewrapper};

use crate::fake::{Fake, search};
use crate::header::{encode, rsa_oaep_value};
use crate::header_tag::header_tag;
use crate::split_mix::SplitMix64;

/// Everything that [`check`] can return.
pub const OUTCOMES: [&str; 8] = [
    "added and removed",
    "changed",
    "duplicate",
    "no recipient left",
    "not a recipient",
    "not changed",
    "same anonymous record twice",
    "unidentified records",
];

/// Makes a header, changes it, and tells what came of it: nothing where `input` stands for no
/// header.
pub fn check(input: &[u8]) -> Option<&'static str> {
    let case = Case::from_bytes(input);
    let header = case.header()?;
    let added: Vec<Fake> =
        case.added.iter().map(|(number, anonymous)| Fake { number: *number, anonymous: *anonymous }).collect();
    let mut changes = added.iter().fold(Rewrapper::new(), |changes, fake| changes.add_recipient(fake));
    changes = case.removed.iter().fold(changes, |changes, number| changes.remove_recipient(id(*number)));
    if let Some(kept) = &case.kept {
        changes = changes.keep_only(kept.iter().map(|number| id(*number)));
    }
    if case.keep_unidentified {
        changes = changes.keep_unidentified();
    }

    let result = changes.rewrap(&header.open(content_key()).unwrap());
    assert_eq!(header.open(ContentKey::from_bytes([8; 32])).err(), Some(OpenError::NotAuthentic));
    check_other_ways(&changes, &header, &result);

    let outcome = case.expected();
    match (result, outcome) {
        (Ok(changed), Ok(expected)) => {
            assert!(changed.open(content_key()).is_ok());
            assert_eq!(changed.as_bytes()[..16], header.as_bytes()[..16]);
            assert_eq!(changed.unverified_metadata(), header.unverified_metadata());
            assert_eq!(Header::parse(changed.as_bytes(), &Limits::default()), Ok(changed.clone()));
            let seen: BTreeSet<_> = changed.records().map(|record| Held::of(&record)).collect();
            assert_eq!(seen, expected);
            Some(if changed == header { "not changed" } else { "changed" })
        }
        (Err(error), Err(outcome)) => {
            let seen = name(&error);
            assert!(outcome.contains(seen), "{seen} instead of {outcome}");
            Some(seen)
        }
        (result, outcome) => panic!("{result:?} instead of {outcome:?}"),
    }
}

/// With an identity, and as a copy of a stream, the same happens.
fn check_other_ways(changes: &Rewrapper<'_>, header: &Header, result: &Result<Header, RewrapError>) {
    let fake = Fake::default();
    // So that the identity can unwrap it again.
    fake.wrap_key(&content_key(), &mut SplitMix64(0)).unwrap();
    let opener = Opener::new(&fake);
    let opened = opener.open_header(header);
    let found = search(header, &fake);
    assert_eq!(found.as_ref().err(), opened.as_ref().err());
    let (Ok(opened), Ok(found)) = (opened, found) else { return };
    assert_eq!(changes.rewrap(&opened), *result);
    assert_eq!(changes.rewrap(&found), *result);
    let mut copy = Vec::new();
    let copied = changes.copy(&[header.as_bytes(), b"body"].concat()[..], &mut copy, &opener);
    match result {
        Ok(changed) => {
            assert_eq!(copied.unwrap(), u64::try_from(copy.len()).unwrap());
            assert_eq!(copy, [changed.as_bytes(), b"body"].concat());
        }
        Err(error) => {
            assert_eq!(RewrapError::from_io(&copied.unwrap_err()), Some(error));
            assert!(copy.is_empty());
        }
    }
}

/// A header's records, and changes to them. Keys are numbers.
#[derive(Debug, Default)]
struct Case {
    records: BTreeSet<Held>,
    metadata: bool,
    added: Vec<(u8, bool)>,
    removed: Vec<u8>,
    kept: Option<Vec<u8>>,
    keep_unidentified: bool,
}

/// A record, for the purpose of this target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Held {
    Named(u8),
    Anonymous(u8),
    Unknown(u8),
    Padding,
}

impl Held {
    fn of(record: &Record<'_>) -> Self {
        match (record.record_type(), record.key_id(), record.wrapped_key()) {
            (0x7FFF, ..) => Self::Padding,
            (Record::RSA_OAEP_SHA256, Some(id), _) => Self::Named(id.as_bytes()[0]),
            (Record::RSA_OAEP_SHA256, None, Some(wrapped)) => Self::Anonymous(wrapped[0]),
            _ => Self::Unknown(record.value()[0]),
        }
    }

    fn record(self) -> (u16, Vec<u8>) {
        match self {
            Self::Named(number) => (1, rsa_oaep_value(Some(id(number)), &[number; 256])),
            Self::Anonymous(number) => (1, rsa_oaep_value(None, &[number; 256])),
            Self::Unknown(number) => (0x1234, vec![number]),
            Self::Padding => (0x7FFF, vec![]),
        }
    }
}

impl Case {
    /// Two bytes for each step.
    fn from_bytes(input: &[u8]) -> Self {
        let mut case = Self::default();
        for [kind, number] in input.as_chunks().0.iter().take(MAX_STEPS) {
            let number = number % KEYS;
            match kind % 10 {
                0 => drop(case.records.insert(Held::Named(number))),
                1 => drop(case.records.insert(Held::Anonymous(number))),
                2 => drop(case.records.insert(Held::Unknown(number))),
                3 => drop(case.records.insert(Held::Padding)),
                4 => case.metadata = true,
                5 => case.added.push((number, false)),
                6 => case.added.push((number, true)),
                7 => case.removed.push(number),
                8 => case.kept.get_or_insert_default().push(number),
                _ => case.keep_unidentified = true,
            }
        }
        case
    }

    fn header(&self) -> Option<Header> {
        let mut records: Vec<_> = self.records.iter().map(|held| held.record()).collect();
        records.sort();
        let records: Vec<_> = records.iter().map(|(record_type, value)| (*record_type, &value[..])).collect();
        let fields: &[(u16, &[u8])] = if self.metadata { &[(1, b"text/plain"), (2, b"later")] } else { &[] };
        let tagged = encode(fields, &records, &[]);
        let tag = header_tag(content_key().expose(), &tagged);
        Header::parse(&[&tagged[..], &tag].concat(), &Limits::default()).ok()
    }

    /// The records that the changes leave, or why there are none.
    fn expected(&self) -> Result<BTreeSet<Held>, &'static str> {
        let named = |number: &u8| self.records.contains(&Held::Named(*number));
        if !self.removed.iter().chain(self.kept.iter().flatten()).all(named) {
            return Err("not a recipient");
        }
        if self.added.iter().any(|(number, anonymous)| !anonymous && self.removed.contains(number)) {
            return Err("added and removed");
        }
        let unidentified = self.records.iter().any(|held| matches!(held, Held::Anonymous(_) | Held::Unknown(_)));
        if unidentified && !self.removed.is_empty() && self.kept.is_none() && !self.keep_unidentified {
            return Err("unidentified records");
        }
        let mut left = self.records.clone();
        left.retain(|held| match held {
            Held::Named(number) => {
                !self.removed.contains(number) && self.kept.as_ref().is_none_or(|kept| kept.contains(number))
            }
            Held::Padding => self.kept.is_none() && self.removed.is_empty(),
            _ => self.kept.is_none() && self.removed.is_empty() || self.keep_unidentified,
        });
        let mut fresh = BTreeSet::new();
        let (mut twice_named, mut twice_anonymous) = (false, false);
        for (number, anonymous) in &self.added {
            let held = if *anonymous { Held::Anonymous(*number) } else { Held::Named(*number) };
            let again = !fresh.insert(held);
            // A named one replaces the old record; an anonymous one stands beside it.
            if *anonymous {
                twice_anonymous |= again || left.contains(&held);
            } else {
                twice_named |= again;
            }
        }
        left.extend(fresh);
        match (twice_named, twice_anonymous) {
            // Which is found first is left open.
            (true, true) => Err("duplicate, or same anonymous record twice"),
            (true, false) => Err("duplicate"),
            (false, true) => Err("same anonymous record twice"),
            _ if left.iter().all(|held| matches!(held, Held::Padding | Held::Unknown(_))) => Err("no recipient left"),
            _ => Ok(left),
        }
    }
}

fn name(error: &RewrapError) -> &'static str {
    match error {
        RewrapError::AddedAndRemoved(_) => "added and removed",
        RewrapError::NotARecipient(_) => "not a recipient",
        RewrapError::UnidentifiedRecords(_) => "unidentified records",
        RewrapError::Seal(SealError::NoRecipients) => "no recipient left",
        RewrapError::Seal(SealError::DuplicateRecipient(_)) => "duplicate",
        RewrapError::Seal(SealError::Header(_)) => "same anonymous record twice",
        other => panic!("{other:?} cannot happen here, or is new: name it"),
    }
}

/// The one that the generator gives first, as everywhere: the identity remembers only one.
fn content_key() -> ContentKey {
    let mut key = [0; 32];
    SplitMix64(0).fill_bytes(&mut key);
    ContentKey::from_bytes(key)
}

fn id(number: u8) -> KeyId {
    KeyId::from_bytes([number; 32])
}

/// So few that they meet.
const KEYS: u8 = 5;

/// More only makes the input larger.
const MAX_STEPS: usize = 32;
