//! For the target `labelled`: messages that are moved and damaged, apart from their header and
//! behind it.

use super::{Seed, list, option, steps, variant};
use crate::io::{Fault, Step};
use crate::labelled::{Case, Change, Message};

pub fn labelled() -> Vec<Seed> {
    let message = |label, len, way| Message { label, len, way, foreign: false };
    let step = |fault, len| Step { fault, len };
    let plain = Case {
        messages: vec![message(0, 33_000, 0), message(1, 33_000, 1), message(3, 16_384, 2), message(5, 0, 3)],
        reads: vec![(0, 40_000), (16_383, 2), (20_000, 0), (32_768, 5000), (1 << 31, 1)],
        sizes: vec![1000, 0, 333],
        ..Case::default()
    };
    let changed = |changes: &[Change]| Case { changes: changes.to_vec(), ..plain.clone() };
    let foreign = Message { foreign: true, ..message(0, 33_000, 0) };
    let cases = [
        ("plain", plain.clone()),
        ("nothing", Case::default()),
        ("aad", Case { aad: b"table".into(), ..plain.clone() }),
        ("other-aad", Case { other_aad: Some(b"table".into()), ..plain.clone() }),
        ("foreign", Case { messages: vec![foreign, message(1, 9, 0)], ..plain.clone() }),
        ("replaced", Case { messages: vec![message(2, 50, 0), message(2, 20_000, 1)], ..plain.clone() }),
        ("swap", changed(&[Change::Swap(0, 1)])),
        ("copy", changed(&[Change::Copy { from: 1, to: 4 }])),
        ("flip-head", changed(&[Change::Flip { slot: 0, at: 30, mask: 1 }])),
        ("flip-chunk", changed(&[Change::Flip { slot: 0, at: 16_500, mask: 1 }])),
        ("flip-last", changed(&[Change::Flip { slot: 0, at: 33_000, mask: 1 }])),
        ("flip-empty", changed(&[Change::Flip { slot: 3, at: 60, mask: 1 }])),
        ("cut-all", changed(&[Change::Cut { slot: 1, len: 0 }])),
        ("cut-head", changed(&[Change::Cut { slot: 1, len: 55 }])),
        ("cut-tag", changed(&[Change::Cut { slot: 1, len: 16_471 }])),
        ("cut-at-chunk", changed(&[Change::Cut { slot: 1, len: 16_456 }])),
        ("cut-in-chunk", changed(&[Change::Cut { slot: 1, len: 20_000 }])),
        ("extend", changed(&[Change::Extend { slot: 1, len: 20_000, byte: 0 }])),
        ("swap-chunks", changed(&[Change::SwapChunks { slot: 0, one: 0, other: 1 }])),
        ("splice", changed(&[Change::Splice { slot: 0, from: 1, chunk: 1 }])),
        ("flip-layout", Case { flip_header: Some((10, 2)), ..plain.clone() }),
        ("flip-version", Case { flip_header: Some((8, 2)), ..plain.clone() }),
        ("flip-length", Case { flip_header: Some((17, 0x20)), ..plain.clone() }),
        ("flip-key-id", Case { flip_header: Some((40, 1)), ..plain.clone() }),
        ("flip-tag", Case { flip_header: Some((340, 1)), ..plain.clone() }),
        ("cut-header", Case { cut: Some(200), ..plain.clone() }),
        ("header-alone", Case { cut: Some(346), ..plain.clone() }),
        ("cut-behind-the-head", Case { cut: Some(346 + 60), ..plain.clone() }),
        (
            "steps",
            Case {
                steps: vec![
                    step(Some(Fault::Interrupted), 0),
                    step(Some(Fault::WouldBlock), 500),
                    step(None, u16::MAX),
                ],
                ..plain.clone()
            },
        ),
    ];
    cases.into_iter().map(|(name, case)| (name.into(), encode(&case))).collect()
}

/// The bytes that `Case::from_bytes` makes this case from.
fn encode(case: &Case) -> Vec<u8> {
    let bytes_of = |bytes: &[u8]| list(bytes, |byte| vec![*byte]);
    let bytes = [
        list(&case.messages, |message| {
            [&[message.label][..], &message.len.to_le_bytes(), &[message.way, message.foreign.into()]].concat()
        }),
        bytes_of(&case.aad),
        option(case.other_aad.as_ref().map(|aad| bytes_of(aad))),
        list(&case.changes, encode_change),
        option(case.flip_header.map(|(at, mask)| [&at.to_le_bytes()[..], &[mask]].concat())),
        option(case.cut.map(u16::to_le_bytes)),
        list(&case.reads, |(offset, len)| [&offset.to_le_bytes()[..], &len.to_le_bytes()].concat()),
        list(&case.sizes, |size| size.to_le_bytes().into()),
        steps(&case.steps),
    ]
    .concat();
    assert_eq!(Case::from_bytes(&bytes).as_ref(), Ok(case), "another encoding than that of the derived `Arbitrary`");
    bytes
}

fn encode_change(change: &Change) -> Vec<u8> {
    let (index, content) = match *change {
        Change::Swap(one, other) => (0, vec![one, other]),
        Change::Copy { from, to } => (1, vec![from, to]),
        Change::Flip { slot, at, mask } => (2, [&[slot][..], &at.to_le_bytes(), &[mask]].concat()),
        Change::Cut { slot, len } => (3, [&[slot][..], &len.to_le_bytes()].concat()),
        Change::Extend { slot, len, byte } => (4, [&[slot][..], &len.to_le_bytes(), &[byte]].concat()),
        Change::SwapChunks { slot, one, other } => (5, vec![slot, one, other]),
        Change::Splice { slot, from, chunk } => (6, vec![slot, from, chunk]),
    };
    [variant(index, 7), content].concat()
}
