//! For the target `session`: every way to damage what one end sends, in both directions.

use super::{Seed, list, option, steps, variant};
use crate::io::{Fault, Step};
use crate::session::{Case, Damage, How, Message, Receive, Stream};

pub fn session() -> Vec<Seed> {
    let message = |len, how| Message { len, how };
    let step = |fault, len| Step { fault, len };
    let messages = vec![
        message(20, How::Whole),
        message(20_000, How::Pieces),
        message(0, How::Whole),
        message(32_768, How::Whole),
        message(7, How::Pieces),
    ];
    let stream = Stream { messages, ends: true };
    let open = Stream { ends: false, ..stream.clone() };
    let unfinished = Stream { messages: vec![message(5, How::Whole), message(300, How::Unfinished)], ends: true };
    let plain = Case {
        challenge: true,
        forth: stream.clone(),
        back: stream.clone(),
        receive: vec![Receive::Whole, Receive::Pieces, Receive::Some(9)],
        sizes: vec![1000, 0, 333],
        ..Case::default()
    };
    let pieces = Case { receive: vec![Receive::Pieces], ..plain.clone() };
    let damaged = |damage: &[Damage]| Case { damage: damage.to_vec(), ..plain.clone() };
    let back = |damage: &[Damage]| Case {
        damage: damage.to_vec(),
        damage_back: true,
        forth: open.clone(),
        early: true,
        ..plain.clone()
    };
    // Where the parts of what the initiator sends begin: its header, its head, and the first frame.
    let header_len = 347;
    let (layout, key_id, wrapped_key, tag, head) = (10, 26 + 4, 26 + 32 + 40, header_len - 20, header_len + 30);
    let first_frame = header_len + 56;
    let cases = [
        ("plain", plain.clone()),
        ("nothing", Case::default()),
        ("no-challenge", Case { challenge: false, ..plain.clone() }),
        ("other-challenge", Case { other_challenge: true, ..plain.clone() }),
        ("unexpected-challenge", Case { challenge: false, other_challenge: true, ..plain.clone() }),
        ("early", Case { early: true, ..plain.clone() }),
        ("skipped", Case { receive: vec![Receive::Some(0), Receive::Some(100), Receive::Whole], ..plain.clone() }),
        ("several", Case { several: true, ..plain.clone() }),
        ("several-cut", Case { several: true, damage: vec![Damage::Cut { len: 5000 }], ..plain.clone() }),
        ("not-ended", Case { forth: open.clone(), back: open.clone(), ..plain.clone() }),
        ("unfinished", Case { forth: unfinished.clone(), back: unfinished.clone(), early: true, ..plain.clone() }),
        ("unfinished-back", Case { back: unfinished.clone(), ..pieces.clone() }),
        ("aad", Case { aad: b"v1".into(), ..plain.clone() }),
        ("other-aad", Case { other_aad: Some(b"v2".into()), ..plain.clone() }),
        ("limit", Case { limit: Some(19), ..plain.clone() }),
        ("limit-both", Case { limit: Some(0), receive: vec![Receive::Pieces], ..plain.clone() }),
        ("limit-at-length", Case { limit: Some(32_768), receive: vec![], ..plain.clone() }),
        (
            "steps",
            Case {
                steps: vec![
                    step(Some(Fault::Interrupted), 0),
                    step(None, 2),
                    step(Some(Fault::WouldBlock), 500),
                    step(None, u16::MAX),
                ],
                ..plain.clone()
            },
        ),
        (
            "steps-and-damage",
            Case { steps: vec![step(Some(Fault::WouldBlock), 9)], ..back(&[Damage::Flip { at: 9000, mask: 1 }]) },
        ),
        ("flip-magic", damaged(&[Damage::Flip { at: 0, mask: 1 }])),
        ("flip-layout", damaged(&[Damage::Flip { at: layout, mask: 1 }])),
        ("flip-key-id", damaged(&[Damage::Flip { at: key_id, mask: 1 }])),
        ("flip-wrapped-key", damaged(&[Damage::Flip { at: wrapped_key, mask: 1 }])),
        ("flip-tag", damaged(&[Damage::Flip { at: tag, mask: 0x80 }])),
        ("flip-head", damaged(&[Damage::Flip { at: head, mask: 1 }])),
        ("flip-frame", damaged(&[Damage::Flip { at: first_frame + 3, mask: 1 }])),
        ("flip-type", damaged(&[Damage::Flip { at: first_frame, mask: 1 }])),
        ("flip-to-end", damaged(&[Damage::Flip { at: first_frame, mask: 3 }])),
        ("flip-length", damaged(&[Damage::Flip { at: first_frame + 2, mask: 8 }])),
        ("flip-impossible-length", damaged(&[Damage::Flip { at: first_frame + 1, mask: 0x80 }])),
        ("cut-header", damaged(&[Damage::Cut { len: 200 }])),
        ("cut-head", damaged(&[Damage::Cut { len: first_frame - 1 }])),
        ("cut-frame", damaged(&[Damage::Cut { len: first_frame + 20 }])),
        ("swap", damaged(&[Damage::Swap(0, 2)])),
        ("repeat", damaged(&[Damage::Repeat(0)])),
        ("repeat-last", damaged(&[Damage::Repeat(5)])),
        ("drop", damaged(&[Damage::Drop(1)])),
        ("insert", damaged(&[Damage::Insert { at: 1, bytes: [&[1, 0, 16][..], &[0; 16]].concat() }])),
        ("insert-nothing", damaged(&[Damage::Insert { at: 1, bytes: vec![] }])),
        ("insert-behind-the-end", damaged(&[Damage::Insert { at: 255, bytes: vec![2, 0, 16] }])),
        (
            "end-within-a-message",
            Case {
                forth: unfinished.clone(),
                damage: vec![Damage::Insert { at: 2, bytes: vec![2, 0, 16] }],
                ..plain.clone()
            },
        ),
        ("foreign-frame", damaged(&[Damage::Reflect { from: 1, to: 1 }])),
        ("foreign-head", damaged(&[Damage::ReflectHead])),
        ("back-flip", back(&[Damage::Flip { at: 60, mask: 1 }])),
        ("back-flip-head", back(&[Damage::Flip { at: 30, mask: 1 }])),
        ("back-cut-head", back(&[Damage::Cut { len: 55 }])),
        ("back-cut-head-and-insert", back(&[Damage::Cut { len: 55 }, Damage::Insert { at: 0, bytes: vec![0; 70] }])),
        ("back-cut", back(&[Damage::Cut { len: 2000 }])),
        ("back-swap", back(&[Damage::Swap(1, 2)])),
        ("back-reflected-frame", back(&[Damage::Reflect { from: 0, to: 0 }])),
        ("back-reflected-head", back(&[Damage::ReflectHead])),
    ];
    cases.into_iter().map(|(name, case)| (name.into(), encode(&case))).collect()
}

/// The bytes that `Case::from_bytes` makes this case from.
fn encode(case: &Case) -> Vec<u8> {
    let bytes_of = |bytes: &[u8]| list(bytes, |byte| vec![*byte]);
    let stream = |stream: &Stream| {
        let messages = list(&stream.messages, |message| {
            let how = match message.how {
                How::Whole => 0,
                How::Pieces => 1,
                How::Unfinished => 2,
            };
            [message.len.to_le_bytes().into(), variant(how, 3)].concat()
        });
        [messages, vec![stream.ends.into()]].concat()
    };
    let bytes = [
        vec![case.challenge.into(), case.other_challenge.into(), case.several.into()],
        bytes_of(&case.aad),
        option(case.other_aad.as_ref().map(|aad| bytes_of(aad))),
        option(case.limit.map(u16::to_le_bytes)),
        stream(&case.forth),
        stream(&case.back),
        vec![case.early.into(), case.damage_back.into()],
        list(&case.damage, encode_damage),
        list(&case.receive, |receive| match receive {
            Receive::Whole => variant(0, 3),
            Receive::Pieces => variant(1, 3),
            Receive::Some(len) => [variant(2, 3), len.to_le_bytes().into()].concat(),
        }),
        list(&case.sizes, |size| size.to_le_bytes().into()),
        steps(&case.steps),
    ]
    .concat();
    assert_eq!(Case::from_bytes(&bytes).as_ref(), Ok(case), "another encoding than that of the derived `Arbitrary`");
    bytes
}

fn encode_damage(damage: &Damage) -> Vec<u8> {
    let (index, content) = match damage {
        Damage::Flip { at, mask } => (0, [&at.to_le_bytes()[..], &[*mask]].concat()),
        Damage::Cut { len } => (1, len.to_le_bytes().into()),
        Damage::Swap(one, other) => (2, vec![*one, *other]),
        Damage::Repeat(number) => (3, vec![*number]),
        Damage::Drop(number) => (4, vec![*number]),
        Damage::Insert { at, bytes } => (5, [vec![*at], list(bytes, |byte| vec![*byte])].concat()),
        Damage::Reflect { from, to } => (6, vec![*from, *to]),
        Damage::ReflectHead => (7, vec![]),
    };
    [variant(index, 8), content].concat()
}
