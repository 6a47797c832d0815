//! Private sections, senders and audiences: headers that are sealed, passed on and forged, and
//! every way to open one, against a reader that was written from `SPEC.md` alone.

mod case;
mod change;
mod judge;
mod memory;
mod model;
mod seal;
mod section;

use std::collections::BTreeSet;

use bulla::header::Record;
use bulla::sessions::Challenge;
use bulla::{Header, Limits, Opener};

pub use self::case::{Case, Change, How, Policy, Respond, Sign, Use, Who};
use self::change::change;
use self::judge::Judge;
use self::seal::{check_refused, check_sealed, seal};
use self::section::{Parts, set_item};
use crate::fake::Pen;

/// Everything that [`check`] can return.
pub const OUTCOMES: [&str; 25] = [
    "any sender",
    "change refused",
    "demanded sender",
    "empty private metadata",
    "from memory",
    "header refused",
    "longer than the limit",
    "malformed section",
    "no matching record",
    "no sender",
    "no such signature",
    "not authentic",
    "not in the audience",
    "one way",
    "opened",
    "other audience",
    "other sender",
    "private section too long",
    "raw items",
    "readdressed",
    "sender not authentic",
    "signer is recipient",
    "two ways",
    "unknown item",
    "wrong context",
];

/// Makes a header, judges it in every way, and tells what came of it: nothing where `input` stands
/// for no case. An input that begins with 0 is the items of a section, to be sealed as they are.
pub fn check(input: &[u8]) -> BTreeSet<&'static str> {
    let mut reached = BTreeSet::new();
    match input.split_first() {
        Some((0, items)) => check_raw(items, &mut reached),
        Some((_, rest)) => {
            if let Ok(case) = Case::from_bytes(rest) {
                check_case(&case, &mut reached);
            }
        }
        None => {}
    }
    reached
}

/// Seals any bytes as the items of a section, as a holder of the content key can.
fn check_raw(items: &[u8], reached: &mut BTreeSet<&'static str>) {
    let key = [7; 32];
    let record = [&[32][..], &[0; 32], &key, &[0; 224]].concat();
    let fields = vec![(2, section::seal(&key, items, None))];
    let mut parts = Parts { layout: 1, fields, records: vec![(1, record)], tag: vec![0; 32] };
    parts.sign_with(&key);
    let policies: Vec<Policy> = (0..4)
        .map(|number| Policy {
            senders: (0..9).map(|who| Who { number: who / 3, algorithm: who % 3 }).collect(),
            audience: (number & 1 > 0).then(|| vec![0, 1]),
            accepts_readdressed: number & 2 > 0,
        })
        .collect();
    let case = Case { keys: vec![0], policies, ..Case::default() };
    check_header(&case, &parts, reached);
    reached.insert("raw items");
    // The same, rightly signed.
    let Ok(mut items) = section::read(items) else { return };
    let Some((_, sender)) = items.iter().find(|(item_type, _)| *item_type == 2) else { return };
    let named = *sender.first_chunk().unwrap();
    let pens = case.policies[0].senders.iter().map(|who| who.pen());
    let Some(pen) = pens.into_iter().find(|pen| named_by(pen) == named) else { return };
    let message = section::to_sign(&key, &parts, &items, &named, &[]);
    set_item(&mut items, 2, Some([&named[..], &pen.signature(&message)].concat()));
    parts.set_field(2, Some(section::seal(&key, &section::encode_items(&items), None)));
    parts.sign_with(&key);
    check_header(&case, &parts, reached);
}

/// Judges a header without a body.
fn check_header(case: &Case, parts: &Parts, reached: &mut BTreeSet<&'static str>) {
    match Header::parse(&parts.encode(), &Limits::default()) {
        Ok(header) => Judge::new(case, &header, &[], false).check(reached),
        Err(_) => {
            let len = parts.field(2).map_or(0, <[u8]>::len);
            assert!(!(46..=65576).contains(&len));
            reached.insert("header refused");
        }
    }
}

fn check_case(case: &Case, reached: &mut BTreeSet<&'static str>) {
    let challenge = Challenge::new().unwrap();
    let (original, tail) = match seal(case, case.challenge.then(|| challenge.as_bytes())) {
        Ok(made) => made,
        Err(error) => {
            reached.insert(check_refused(case, &error));
            return;
        }
    };
    let key = content_key(&original);
    check_sealed(case, &original, &key, challenge.as_bytes());

    let mut bytes = original.as_bytes().to_vec();
    for step in case.changes.iter().take(MAX_CHANGES) {
        let Ok(header) = Header::parse(&bytes, &Limits::default()) else { break };
        match change(case, step, &header, &key) {
            Some(changed) => bytes = changed,
            None => _ = reached.insert("change refused"),
        }
    }
    let envelope = [&bytes, &tail[..]].concat();
    let Ok(header) = Header::parse(&bytes, &Limits::default()) else {
        assert!(Opener::with_identities(case.keys()).open(&envelope).is_err());
        reached.insert("header refused");
        return;
    };
    let fits = preamble(header.as_bytes()) == preamble(original.as_bytes());
    let judge = Judge::new(case, &header, &tail, fits);
    judge.check(reached);
    judge.check_session(challenge, reached);
    memory::check(case, [&original, &header], reached);
}

/// Algorithm and key id, as they stand in a sender.
fn named_by(pen: &Pen) -> [u8; 34] {
    let named = [&pen.algorithm.code().to_be_bytes()[..], pen.key_id.as_bytes()].concat();
    named.try_into().unwrap()
}

/// The content key of a header that was sealed to carriers.
fn content_key(header: &Header) -> [u8; 32] {
    *header.records().find_map(|record: Record<'_>| record.wrapped_key()?.first_chunk()).unwrap()
}

/// What bodies are bound to of a header (SPEC §4.3).
fn preamble(header: &[u8]) -> (&[u8], &[u8]) {
    let len = usize::try_from(u32::from_be_bytes(*header[12..].first_chunk().unwrap())).unwrap();
    (&header[..16], &header[20..20 + len])
}

/// Each record may be tried with each key.
fn limits() -> Limits {
    Limits::default().with_private_key_operations(1000).with_session_key_operations(1000)
}

const PLAINTEXT: &[u8] = b"nobody sees this before the verdict";
const LABEL: &str = "label";

/// More only makes the input larger.
const MAX_CHANGES: usize = 6;
