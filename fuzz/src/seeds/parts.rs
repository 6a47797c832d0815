//! For the target `parts`: attempts in any order, every way to damage what is stored, and manifests
//! that break rules.

use super::{Seed, list, option, steps, variant};
use crate::io::{Fault, Step};
use crate::parts::{Attempt, Case, Damage, Hostile, Operation};

pub fn parts() -> Vec<Seed> {
    let step = |fault, len| Step { fault, len };
    let attempt = |part, len, streamed| Attempt {
        part,
        len,
        streamed,
        resumed: part == 1,
        stored: true,
        recorded: true,
        lie: None,
        misplaced: false,
    };
    let script = vec![
        Operation::Read(50_000),
        Operation::Start(19_990),
        Operation::Read(20),
        Operation::Read(0),
        Operation::Current(-5),
        Operation::Read(30_000),
        Operation::End(-3),
        Operation::Read(10),
        Operation::Read(10),
        Operation::Start(u64::MAX),
        Operation::Read(1),
        Operation::Current(1),
        Operation::Current(i64::MIN),
        Operation::End(i64::MIN),
        Operation::ReadAt { offset: 10_000, len: 40_000 },
        Operation::ReadAt { offset: u64::MAX - 3, len: 10 },
    ];
    let sealed = vec![attempt(2, 33_000, true), attempt(0, 20_000, false), attempt(1, 5, true)];
    let plain = Case { parts: 3, attempts: sealed.clone(), script, sizes: vec![1000, 0, 333], ..Case::default() };
    let sealed_then = |last: Attempt| Case { attempts: [&sealed[..], &[last]].concat(), ..plain.clone() };
    let damaged = |damage: &[Damage]| Case { damage: damage.to_vec(), ..plain.clone() };
    let of_one_length = |damage: &[Damage]| Case {
        attempts: [0, 1, 2].map(|part| attempt(part, 500, false)).to_vec(),
        ..damaged(damage)
    };
    let hostile = |entries: &[(u64, u8)], extra| Case {
        hostile: Some(Hostile { entries: entries.to_vec(), extra }),
        ..Case::default()
    };
    let header_len = 346;
    let again = |len| attempt(1, len, false);
    let empty_journal = [&b"bulla journal 1\n"[..], &[1; 160]].concat();
    let entry = |index: u64| [&index.to_be_bytes()[..], &[2; 40]].concat();
    let cases = [
        ("plain", plain.clone()),
        ("nothing", Case::default()),
        ("left-out", Case { attempts: vec![attempt(2, 100, true)], ..plain.clone() }),
        ("no-plaintext", sealed_then(again(0))),
        ("no-plaintext-streamed", sealed_then(attempt(1, 0, true))),
        (
            "full-chunks",
            Case { parts: 2, attempts: vec![attempt(0, 16_384, true), attempt(1, 32_768, false)], ..plain.clone() },
        ),
        ("again", sealed_then(again(700))),
        ("not-recorded", sealed_then(Attempt { recorded: false, ..again(5) })),
        ("not-stored", sealed_then(Attempt { stored: false, ..again(5) })),
        ("not-stored-and-longer", sealed_then(Attempt { stored: false, ..again(700) })),
        ("reported-empty-alone", Case { attempts: vec![Attempt { lie: Some(0), ..again(5) }], ..plain.clone() }),
        ("reported-empty", sealed_then(Attempt { lie: Some(0), ..again(5) })),
        ("reported-shorter", sealed_then(Attempt { lie: Some(17_000), ..again(20_000) })),
        ("reported-longer", sealed_then(Attempt { lie: Some(20_000), ..again(17_000) })),
        ("reported-as-another", sealed_then(Attempt { misplaced: true, ..again(700) })),
        ("aad", Case { aad: b"v1".into(), ..plain.clone() }),
        ("other-aad", Case { other_aad: Some(b"v1".into()), ..plain.clone() }),
        ("flip-first", damaged(&[Damage::Flip { at: header_len + 100, mask: 1 }])),
        ("flip-second-chunk", damaged(&[Damage::Flip { at: header_len + 16_500, mask: 1 }])),
        ("flip-salt", damaged(&[Damage::Flip { at: header_len + 5, mask: 1 }])),
        ("flip-commitment", damaged(&[Damage::Flip { at: header_len + 30, mask: 1 }])),
        ("flip-version", damaged(&[Damage::Flip { at: 8, mask: 2 }])),
        ("flip-layout", damaged(&[Damage::Flip { at: 10, mask: 7 }])),
        ("flip-length", damaged(&[Damage::Flip { at: 17, mask: 0x20 }])),
        ("flip-key-id", damaged(&[Damage::Flip { at: 40, mask: 1 }])),
        ("flip-tag", damaged(&[Damage::Flip { at: header_len - 1, mask: 1 }])),
        ("cut-header", damaged(&[Damage::Cut { len: 100 }])),
        ("cut-all-but-header", damaged(&[Damage::Cut { len: header_len + 7 }])),
        ("cut", damaged(&[Damage::Cut { len: 30_000 }])),
        ("extend", damaged(&[Damage::Extend { len: 30, byte: 0 }])),
        ("extend-with-a-length", damaged(&[Damage::Extend { len: 8, byte: 0 }])),
        ("gap", damaged(&[Damage::DropPart(1)])),
        ("overlap", damaged(&[Damage::RepeatPart(1)])),
        ("other-order", of_one_length(&[Damage::SwapParts(0, 2)])),
        ("part-twice", of_one_length(&[Damage::DropPart(0), Damage::RepeatPart(0)])),
        ("foreign", damaged(&[Damage::ForeignPart(0)])),
        ("foreign-last", damaged(&[Damage::ForeignPart(2)])),
        ("long-trailer", damaged(&[Damage::Trailer(u64::MAX)])),
        ("short-trailer", damaged(&[Damage::Trailer(0)])),
        ("trailer-of-parts", damaged(&[Damage::Trailer(10_000)])),
        ("flip-manifest-head", damaged(&[Damage::FlipManifest { at: 30, mask: 1 }])),
        ("flip-manifest", damaged(&[Damage::FlipManifest { at: 60, mask: 1 }])),
        ("limit", Case { limit: Some(2), ..plain.clone() }),
        ("limit-at-number", Case { limit: Some(3), ..plain.clone() }),
        ("hostile-nothing", hostile(&[], 0)),
        ("hostile-good", hostile(&[(5, 1), (1 << 51, 2), ((1 << 51) - 6, 3)], 0)),
        ("hostile-aad", Case { aad: b"v1".into(), ..hostile(&[(5, 1)], 0) }),
        ("hostile-other-aad", Case { other_aad: Some(b"v1".into()), ..hostile(&[(5, 1)], 0) }),
        ("hostile-long", hostile(&[(7, 1); 500], 0)),
        ("hostile-limit", Case { limit: Some(1), ..hostile(&[(7, 1); 2], 0) }),
        ("hostile-empty-part", hostile(&[(5, 1), (0, 2)], 0)),
        ("hostile-too-long", hostile(&[(1 << 51, 1), (1 << 51, 2)], 0)),
        ("hostile-overflow", hostile(&[(1, 1), (u64::MAX, 2)], 0)),
        ("hostile-no-multiple", hostile(&[(5, 1)], 39)),
        ("hostile-one-more", hostile(&[(5, 1)], 40)),
        ("raw-journal", Case { raw: empty_journal.clone(), ..Case::default() }),
        ("raw-journal-of-parts", Case { raw: [&empty_journal[..], &entry(0), &entry(7)].concat(), ..Case::default() }),
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
        vec![case.parts],
        bytes_of(&case.aad),
        option(case.other_aad.as_ref().map(|aad| bytes_of(aad))),
        list(&case.attempts, |attempt| {
            let flags = [attempt.streamed, attempt.resumed, attempt.stored, attempt.recorded].map(u8::from);
            let lie = option(attempt.lie.map(u16::to_le_bytes));
            let misplaced = u8::from(attempt.misplaced);
            [&[attempt.part][..], &attempt.len.to_le_bytes(), &flags, &lie, &[misplaced]].concat()
        }),
        list(&case.damage, encode_damage),
        option(case.hostile.as_ref().map(|hostile| {
            let entries = list(&hostile.entries, |(len, byte)| [&len.to_le_bytes()[..], &[*byte]].concat());
            [entries, vec![hostile.extra]].concat()
        })),
        option(case.limit.map(|limit| [limit])),
        list(&case.script, encode_operation),
        list(&case.sizes, |size| size.to_le_bytes().into()),
        steps(&case.steps),
        bytes_of(&case.raw),
    ]
    .concat();
    assert_eq!(Case::from_bytes(&bytes).as_ref(), Ok(case), "another encoding than that of the derived `Arbitrary`");
    bytes
}

fn encode_damage(damage: &Damage) -> Vec<u8> {
    let (index, content) = match *damage {
        Damage::Flip { at, mask } => (0, [&at.to_le_bytes()[..], &[mask]].concat()),
        Damage::Cut { len } => (1, len.to_le_bytes().into()),
        Damage::Extend { len, byte } => (2, [&len.to_le_bytes()[..], &[byte]].concat()),
        Damage::SwapParts(one, other) => (3, vec![one, other]),
        Damage::RepeatPart(number) => (4, vec![number]),
        Damage::DropPart(number) => (5, vec![number]),
        Damage::ForeignPart(number) => (6, vec![number]),
        Damage::Trailer(len) => (7, len.to_le_bytes().into()),
        Damage::FlipManifest { at, mask } => (8, vec![at, mask]),
    };
    [variant(index, 9), content].concat()
}

fn encode_operation(operation: &Operation) -> Vec<u8> {
    let (index, content) = match *operation {
        Operation::Read(len) => (0, len.to_le_bytes().to_vec()),
        Operation::Start(offset) => (1, offset.to_le_bytes().to_vec()),
        Operation::Current(by) => (2, by.to_le_bytes().to_vec()),
        Operation::End(by) => (3, by.to_le_bytes().to_vec()),
        Operation::ReadAt { offset, len } => (4, [&offset.to_le_bytes()[..], &len.to_le_bytes()].concat()),
    };
    [variant(index, 5), content].concat()
}
