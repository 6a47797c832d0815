//! For the target `private`: items of every form, and headers that are signed, passed on and
//! forged.

use super::{Seed, list, option, variant};
use crate::private::{Case, Change, How, Policy, Respond, Sign, Use, Who};

pub fn private() -> Vec<Seed> {
    let raw = raw().into_iter().map(|(name, items)| (format!("raw-{name}"), [vec![0], items].concat()));
    let cases = cases().into_iter().map(|(name, case)| (name.into(), encode(&case)));
    raw.chain(cases).collect()
}

/// The items of sections.
fn raw() -> Vec<(&'static str, Vec<u8>)> {
    let item = |item_type: u16, value: &[u8]| {
        [&item_type.to_be_bytes()[..], &u32::try_from(value.len()).unwrap().to_be_bytes(), value].concat()
    };
    let sender = |number: u8, len: usize| item(2, &[&[0, 1][..], &[number; 32], &vec![9; len]].concat());
    let audience = |ids: &[u8]| item(3, &ids.iter().flat_map(|id| [*id; 32]).collect::<Vec<_>>());
    let metadata = item(1, b"m");
    let padding = item(0x7FFF, &[0; 5]);
    let many: Vec<u8> = (0..1025_u16).flat_map(|id| [&[0; 30][..], &id.to_be_bytes()].concat()).collect();
    vec![
        ("nothing", vec![]),
        ("metadata", metadata.clone()),
        ("signed", [&metadata[..], &sender(0x80, 64), &audience(&[0, 1]), &padding].concat()),
        ("readdressed", [sender(0x80, 64), audience(&[1, 2])].concat()),
        ("other-sender", [sender(7, 64), audience(&[0])].concat()),
        ("longest-signature", [sender(0x80, 1024), audience(&[0])].concat()),
        ("too-long-signature", [sender(0x80, 1025), audience(&[0])].concat()),
        ("no-signature", [sender(0x80, 0), audience(&[0])].concat()),
        ("no-audience", sender(0x80, 64)),
        ("no-audience-and-critical", [sender(0x80, 64), item(0x8001, b"")].concat()),
        ("audience-alone", audience(&[0])),
        ("empty-audience", audience(&[])),
        ("audience-twice", audience(&[1, 1])),
        ("audience-descending", audience(&[2, 1])),
        ("audience-cut", item(3, &[1; 31])),
        ("longest-audience", item(3, &many[..1024 * 32])),
        ("too-long-audience", item(3, &many)),
        ("empty-metadata", item(1, b"")),
        ("metadata-twice", metadata.repeat(2)),
        ("descending", [&padding[..], &metadata].concat()),
        ("type-zero", item(0, b"")),
        ("unknown", [&metadata[..], &item(0x7000, b""), &padding].concat()),
        ("critical", item(0x8001, b"")),
        ("padding-with-content", item(0x7FFF, &[0, 1])),
        ("overrun", metadata[..6].into()),
        ("short", vec![0; 5]),
        ("longest", item(1, &[7; 65530])),
        ("too-long", item(1, &[7; 65531])),
    ]
}

fn cases() -> Vec<(&'static str, Case)> {
    let alice = Who { number: 0, algorithm: 0 };
    let signer = |how| Some(Sign { who: alice, how });
    let strict = Policy { senders: vec![alice], ..Policy::default() };
    let alone = Policy { audience: Some(vec![0]), ..strict.clone() };
    let readdressed = Policy { accepts_readdressed: true, ..strict.clone() };
    let other =
        Policy { senders: vec![Who { number: 0, algorithm: 2 }, Who { number: 1, algorithm: 0 }], ..strict.clone() };
    let used = |original, policy| Use { original, policy, forget: false };
    let uses = vec![
        used(true, Some(0)),
        used(true, None),
        used(false, Some(1)),
        used(false, Some(2)),
        used(false, None),
        Use { forget: true, ..used(true, None) },
        used(true, Some(2)),
        used(true, Some(0)),
    ];
    let plain = Case {
        metadata: b"text/plain".into(),
        private: Some(5),
        recipients: vec![(0, false)],
        signer: signer(How::AtOnce),
        keys: vec![0],
        policies: vec![strict.clone(), alone.clone(), readdressed.clone()],
        uses,
        ..Case::default()
    };
    let session = Case { layout: 1, challenge: true, ..plain.clone() };
    let changed = |changes: &[Change]| Case { changes: changes.to_vec(), ..plain.clone() };
    let passed_on = Case { keys: vec![1], ..changed(&[Change::Add(1, false)]) };
    vec![
        ("plain", plain.clone()),
        ("nothing", Case { keys: vec![0], ..Case::default() }),
        ("nobody", Case { keys: vec![], ..plain.clone() }),
        ("labelled", Case { layout: 2, ..plain.clone() }),
        ("parts", Case { layout: 3, ..plain.clone() }),
        ("prepared", Case { signer: signer(How::Prepared), ..plain.clone() }),
        ("prepared-session", Case { signer: signer(How::Prepared), ..session.clone() }),
        ("prepared-messages", Case { layout: 2, signer: signer(How::Prepared), ..plain.clone() }),
        ("prepared-parts", Case { layout: 3, signer: signer(How::Prepared), ..plain.clone() }),
        ("unsigned", Case { signer: None, ..plain.clone() }),
        ("no-section", Case { signer: None, private: None, ..plain.clone() }),
        ("signed-alone", Case { private: None, ..plain.clone() }),
        ("signed-wrongly", Case { signer: signer(How::Wrongly(64)), ..plain.clone() }),
        ("signed-with-nothing", Case { signer: signer(How::Wrongly(0)), ..plain.clone() }),
        ("signed-too-long", Case { signer: signer(How::Wrongly(1025)), ..plain.clone() }),
        ("other-senders", Case { policies: vec![other, strict.clone()], ..plain.clone() }),
        ("no-senders", Case { policies: vec![Policy::default()], ..plain.clone() }),
        (
            "signer-is-recipient",
            Case { signer: Some(Sign { who: Who { number: 3, algorithm: 0 }, how: How::AtOnce }), ..plain.clone() },
        ),
        ("empty-private-metadata", Case { private: Some(0), ..plain.clone() }),
        ("private-section-too-long", Case { private: Some(65535), ..plain.clone() }),
        ("limit", Case { limit: Some(4), metadata: vec![], ..plain.clone() }),
        ("limit-at-length", Case { limit: Some(5), metadata: vec![], ..plain.clone() }),
        ("two-recipients", Case { recipients: vec![(0, false), (1, false)], ..plain.clone() }),
        (
            "anonymous",
            Case { recipients: vec![(0, true), (1, true), (0, false)], keys: vec![2, 1, 0], ..plain.clone() },
        ),
        ("strict-memory", Case { is_strict: true, ..passed_on.clone() }),
        ("session", session.clone()),
        ("session-strict", Case { is_strict: true, ..session.clone() }),
        ("session-one-way", Case { recipients: vec![(0, false), (1, false)], ..session.clone() }),
        ("session-unchallenged", Case { challenge: false, ..session.clone() }),
        ("session-other-challenge", Case { respond: Respond::ToAnotherChallenge, ..session.clone() }),
        ("session-replayed", Case { respond: Respond::WithoutChallenge, ..session.clone() }),
        (
            "session-passed-on",
            Case { changes: vec![Change::Add(1, false), Change::Remove(0)], keys: vec![1], ..session.clone() },
        ),
        ("passed-on", passed_on.clone()),
        ("passed-on-anonymously", Case { changes: vec![Change::Add(1, true)], ..passed_on.clone() }),
        ("rotated", Case { changes: vec![Change::Add(1, false), Change::KeepOnly(1)], ..passed_on.clone() }),
        ("two-keys", Case { keys: vec![1, 0], ..passed_on.clone() }),
        ("absent-removed", changed(&[Change::Remove(3)])),
        ("forged-audience", Case { keys: vec![1], ..changed(&[Change::Add(1, false), Change::Audience(vec![0, 1])]) }),
        ("forged-metadata", changed(&[Change::Metadata(b"text/html".into())])),
        ("forged-layout", changed(&[Change::Layout(2)])),
        ("forged-field", changed(&[Change::Field(0x7000)])),
        ("critical-field", changed(&[Change::Field(0x8001)])),
        ("forged-private-metadata", changed(&[Change::FlipItem { number: 0, at: 0, mask: 1 }])),
        ("forged-sender", changed(&[Change::FlipItem { number: 1, at: 2, mask: 1 }])),
        ("forged-signature", changed(&[Change::FlipItem { number: 1, at: 40, mask: 1 }])),
        ("forged-padding", changed(&[Change::FlipItem { number: 3, at: 0, mask: 1 }])),
        ("dropped-sender", changed(&[Change::DropItem(1)])),
        ("dropped-audience", changed(&[Change::DropItem(2)])),
        ("dropped-padding", changed(&[Change::DropItem(3)])),
        ("added-item", changed(&[Change::SetItem { item_type: 0x7001, value: b"later".into() }])),
        ("added-critical-item", changed(&[Change::SetItem { item_type: 0xF000, value: vec![] }])),
        ("other-items", changed(&[Change::Items(vec![0x70, 0, 0, 0, 0, 0])])),
        ("other-salt", changed(&[Change::Salt(3)])),
        ("flipped-section", changed(&[Change::FlipSection { at: 30, mask: 1 }])),
        ("swapped", changed(&[Change::Swap])),
        ("swapped-by-an-outsider", Case { is_outsider: true, ..changed(&[Change::Swap]) }),
        ("stripped", changed(&[Change::Strip])),
        ("stripped-by-an-outsider", Case { is_outsider: true, ..changed(&[Change::Strip]) }),
        ("flip-tag", changed(&[Change::Flip { at: 700, mask: 1 }])),
        ("flip-type", changed(&[Change::Flip { at: 36, mask: 0x80 }])),
    ]
}

/// The bytes from which the case is made, behind the one that says that it is none of items.
fn encode(case: &Case) -> Vec<u8> {
    let bytes_of = |bytes: &[u8]| list(bytes, |byte| vec![*byte]);
    let who = |who: &Who| vec![who.number, who.algorithm];
    let bytes = [
        vec![case.layout],
        bytes_of(&case.metadata),
        option(case.private.map(u16::to_le_bytes)),
        list(&case.recipients, |(number, anonymous)| vec![*number, (*anonymous).into()]),
        option(case.signer.map(|signer| {
            let how = match signer.how {
                How::AtOnce => variant(0, 3),
                How::Prepared => variant(1, 3),
                How::Wrongly(len) => [variant(2, 3), len.to_le_bytes().into()].concat(),
            };
            [who(&signer.who), how].concat()
        })),
        vec![case.challenge.into()],
        match case.respond {
            Respond::Rightly => variant(0, 3),
            Respond::ToAnotherChallenge => variant(1, 3),
            Respond::WithoutChallenge => variant(2, 3),
        },
        list(&case.changes, encode_change),
        vec![case.is_outsider.into()],
        bytes_of(&case.keys),
        option(case.limit.map(u16::to_le_bytes)),
        list(&case.policies, |policy| {
            let audience = option(policy.audience.as_ref().map(|audience| bytes_of(audience)));
            [list(&policy.senders, who), audience, vec![policy.accepts_readdressed.into()]].concat()
        }),
        vec![case.is_strict.into()],
        list(&case.uses, |what| {
            let policy = option(what.policy.map(|number| [number]));
            [vec![what.original.into()], policy, vec![what.forget.into()]].concat()
        }),
    ]
    .concat();
    assert_eq!(Case::from_bytes(&bytes).as_ref(), Ok(case), "another encoding than that of the derived `Arbitrary`");
    [vec![1], bytes].concat()
}

fn encode_change(change: &Change) -> Vec<u8> {
    let bytes_of = |bytes: &[u8]| list(bytes, |byte| vec![*byte]);
    let (index, content) = match change {
        Change::Add(number, anonymous) => (0, vec![*number, (*anonymous).into()]),
        Change::Remove(number) => (1, vec![*number]),
        Change::KeepOnly(number) => (2, vec![*number]),
        Change::Items(items) => (3, bytes_of(items)),
        Change::SetItem { item_type, value } => (4, [item_type.to_le_bytes().into(), bytes_of(value)].concat()),
        Change::DropItem(number) => (5, vec![*number]),
        Change::FlipItem { number, at, mask } => (6, [&[*number][..], &at.to_le_bytes(), &[*mask]].concat()),
        Change::Audience(numbers) => (7, bytes_of(numbers)),
        Change::Metadata(metadata) => (8, bytes_of(metadata)),
        Change::Layout(layout) => (9, vec![*layout]),
        Change::Field(field_type) => (10, field_type.to_le_bytes().into()),
        Change::Strip => (11, vec![]),
        Change::Swap => (12, vec![]),
        Change::FlipSection { at, mask } => (13, [&at.to_le_bytes()[..], &[*mask]].concat()),
        Change::Salt(salt) => (14, vec![*salt]),
        Change::Flip { at, mask } => (15, [&at.to_le_bytes()[..], &[*mask]].concat()),
    };
    [variant(index, 16), content].concat()
}
