//! The committed seeds: inputs from which each target reaches everything it checks.

mod labelled;
mod parts;
mod private;
mod session;

use bulla::keys::KeyId;

use crate::armor;
use crate::header::{encode, rsa_oaep_value};
use crate::io::{Fault, Step};
use crate::key::key_samples;
use crate::open::{Case, Damage};

pub use self::labelled::labelled;
pub use self::parts::parts;
pub use self::private::private;
pub use self::session::session;

/// Name of the file, and its content.
pub type Seed = (String, Vec<u8>);

/// The seeds of every target.
pub fn all() -> [(&'static str, Vec<Seed>); 11] {
    [
        ("armor", armor()),
        ("header", header()),
        ("key", key()),
        ("keyfile", keyfile()),
        ("labelled", labelled()),
        ("open", open()),
        ("parts", parts()),
        ("private", private()),
        ("seek", seek()),
        ("rewrap", rewrap()),
        ("session", session()),
    ]
}

/// For the target `armor`: texts of every shape, and every way to be refused.
pub fn armor() -> Vec<Seed> {
    let of = |len: u8| armor::encode(&(0..len).collect::<Vec<_>>());
    let text = of(100);
    let full = "A".repeat(64);
    let inside = |lines: &str| of(0).replacen('\n', &format!("\n{lines}\n"), 1);
    let seeds = [
        ("empty", of(0)),
        ("one-byte", of(1)),
        ("two-bytes", of(2)),
        ("full-line", of(48)),
        ("padded-full-line", of(47)),
        ("three-lines", text.clone()),
        ("many-lines", armor::encode(&[0x5A; 20_000])),
        ("carriage-returns", text.replace('\n', "\r\n")),
        ("no-last-line-end", text.trim_end().into()),
        ("one-carriage-return", text.replacen("\n-", "\r\n-", 1)),
        ("missing-carriage-return", text.replace('\n', "\r\n").replacen("\r\n-", "\n-", 1)),
        ("nothing", String::new()),
        ("truncated", text[..90].into()),
        ("truncated-end-line", text[..text.len() - 5].into()),
        ("other-label", text.replace("BULLA ENVELOPE", "AGE ENCRYPTED FILE")),
        ("white-space-around", format!("\u{feff}\r\n\t {text} \t\r\n\n")),
        ("much-white-space", " ".repeat(1024) + &text + &"\n".repeat(2000)),
        ("too-much-white-space", " ".repeat(1025) + &text),
        ("header-of-a-mail", format!("Subject: hello\n\n{text}")),
        ("no-text", "hello".into()),
        ("quoted", format!("> {}", text.replace('\n', "\n> "))),
        ("indented", format!("  {}", text.replace('\n', "\n  "))),
        ("flowed", text.replace('\n', " \n")),
        ("double-spaced", text.replace('\n', "\n\n")),
        ("joined-lines", text.replace('\n', " ")),
        ("dashes", text.replace("-----", "\u{2014}")),
        ("html", text.replace('\n', "<br>\n")),
        ("no-break-space", text.replacen("\n", "\n\u{a0}", 1)),
        ("quoted-printable", text.replace('=', "=3D")),
        ("utf-16", text.chars().flat_map(|character| [character, '\0']).collect()),
        ("header-line", inside("Version: 1.0")),
        ("other-end-line", text.replace("-----END", "--\n-----END")),
        ("signature", format!("{text}-- \nAlice\n")),
        ("two-texts", text.repeat(2)),
        ("short-line", inside("AAAA\nAAAA")),
        ("long-line", inside(&format!("{full}AAAA"))),
        ("endless-line", inside(&full.repeat(300))),
        ("white-space", inside("AA A")),
        ("misplaced-padding", inside("AA==AAAA")),
        ("padding-before-the-last-line", inside(&format!("{}=\n{full}", &full[1..]))),
        ("three-paddings", inside("A===")),
        ("unused-bits", inside("AB==")),
    ];
    let seeds = seeds.into_iter().map(|(name, text)| (name.into(), text.into_bytes()));
    seeds.chain([("binary".into(), b"\x89BUL\r\n\x1A\n".to_vec())]).collect()
}

/// For the target `header`: what is accepted, and every way to be refused.
pub fn header() -> Vec<Seed> {
    let tag = [0x55; 32];
    let alice = rsa_oaep_value(Some(KeyId::from_bytes([1; 32])), &[0x11; 256]);
    let alice_again = rsa_oaep_value(Some(KeyId::from_bytes([1; 32])), &[0x12; 256]);
    let bob = rsa_oaep_value(Some(KeyId::from_bytes([2; 32])), &[0x22; 384]);
    let anonymous = rsa_oaep_value(None, &[0x33; 1024]);
    let short = rsa_oaep_value(None, &[0x33; 255]);

    let alone: &[(u16, &[u8])] = &[(1, &alice)];
    let plain = encode(&[], alone, &tag);
    let at = |offset: usize, bytes: &[u8]| {
        let mut header = plain.clone();
        header[offset..offset + bytes.len()].copy_from_slice(bytes);
        header
    };
    let distinct_types: Vec<(u16, &[u8])> = (2..1027).map(|record_type| (record_type, &[][..])).collect();
    let all_records: &[(u16, &[u8])] =
        &[(1, &anonymous), (1, &alice), (1, &bob), (2, b""), (2, b"a"), (3, b""), (0x7FFF, &[0; 40])];
    let long = [0; 16385];
    let longest_section = [0; 65577];

    named([
        ("alone", plain.clone()),
        ("anonymous", encode(&[], &[(1, &anonymous)], &tag)),
        ("metadata", encode(&[(1, b"text/plain")], alone, &tag)),
        (
            "everything",
            encode(&[(1, b"text/plain; charset=utf-8"), (2, &[0; 46]), (0x7FFF, b"later")], all_records, &tag),
        ),
        ("many-records", encode(&[], &distinct_types[1..], &tag)),
        ("too-many-records", encode(&[], &distinct_types, &tag)),
        ("record-of-16384", encode(&[], &[(2, &long[1..])], &tag)),
        ("record-of-16385", encode(&[], &[(2, &long)], &tag)),
        ("truncated", plain[..100].to_vec()),
        ("truncated-and-malformed", at(20, &[0x80])[..plain.len() - 5].to_vec()),
        ("body", [&plain, &b"the body"[..]].concat()),
        ("pem", key_samples::pem("PUBLIC KEY", b"key").into_bytes()),
        ("version", at(8, &[2])),
        ("suite", at(9, &[2])),
        ("layout", at(10, &[9])),
        ("labelled", at(10, &[3])),
        ("reserved", at(11, &[1])),
        ("fields-too-long", at(12, &[0, 0x10, 0, 1])),
        ("records-too-long", at(16, &[0, 0x40, 0, 1])),
        ("item-overrun", at(22, &[0, 0, 0x10, 0])),
        ("type-zero", at(20, &[0, 0])),
        ("critical-field", encode(&[(0x8001, b"")], alone, &tag)),
        ("critical-record", encode(&[], &[(1, &alice), (0x8001, b"")], &tag)),
        ("empty-metadata", encode(&[(1, b"")], alone, &tag)),
        ("longest-private-section", encode(&[(2, &longest_section[1..])], alone, &tag)),
        ("private-section-too-long", encode(&[(2, &longest_section)], alone, &tag)),
        ("private-section-too-short", encode(&[(2, &[0; 40])], alone, &tag)),
        ("no-records", encode(&[(1, b"text/plain")], &[], &tag)),
        ("only-padding", encode(&[], &[(0x7FFF, b"")], &tag)),
        ("key-id-length", encode(&[], &[(1, &[31; 300])], &tag)),
        ("wrapped-key-length", encode(&[], &[(1, &short)], &tag)),
        ("duplicate-key-id", encode(&[], &[(1, &alice), (1, &alice_again)], &tag)),
        ("descending-records", encode(&[], &[(1, &bob), (1, &alice)], &tag)),
        ("descending-fields", encode(&[(2, b""), (1, b"text/plain")], alone, &tag)),
    ])
}

/// For the target `key`: the structures of keys, modulus and exponent, and choices from which a
/// private key is made.
pub fn key() -> Vec<Seed> {
    let structures = key_samples::all().into_iter().filter(|(name, _)| name.ends_with(".der"));
    let modulus = &key_samples::one("pkcs1-public.der")[9..265];
    let numbers = named([
        ("nothing", vec![]),
        ("components", [modulus, &[1, 0, 1]].concat()),
        ("made", vec![0, 1, 0, 0, 0xFF, 0]),
        ("made-of-unequal-primes", vec![2, 3, 2, 1, 0xFF, 0]),
        ("made-with-large-d", vec![4, 5, 1, 2, 0xFF, 0]),
        ("made-with-larger-d", vec![0, 1, 3, 3, 0xFF, 0]),
        ("made-of-composite", vec![6, 7, 0, 0, 0xFF, 0]),
        ("made-of-carmichael", vec![8, 9, 0, 0, 0xFF, 0]),
        ("made-with-exponent-of-34-bits", vec![0, 1, 5, 0, 0xFF, 0]),
        ("made-and-changed", vec![0, 1, 0, 0, 7, 2]),
    ]);
    structures.chain(numbers).collect()
}

/// For the target `keyfile`: files of every shape, and every reason to refuse one.
pub fn keyfile() -> Vec<Seed> {
    key_samples::all()
}

/// For the target `open`: every way to damage an envelope, around the lengths at which chunks
/// begin.
pub fn open() -> Vec<Seed> {
    let step = |fault, len| Step { fault, len };
    let plain = Case { chunks: 2, rest: 5, pattern: 7, ..Case::default() };
    let damaged = |damage: &[Damage]| Case { damage: damage.to_vec(), ..plain.clone() };
    let header_len = 347;
    let cases = [
        ("empty", Case::default()),
        ("plain", plain.clone()),
        ("full-chunk", Case { chunks: 1, ..Case::default() }),
        ("one-byte-less", Case { rest: 16383, ..Case::default() }),
        (
            "streams",
            Case {
                chunks: 4,
                rest: 16384,
                metadata: b"text/plain".into(),
                aad: b"invoice/42".into(),
                anonymous: true,
                sizes: vec![1, 0, 5461, 5467, 10923, 40000],
                steps: vec![
                    step(None, 16399),
                    step(Some(Fault::Interrupted), 55),
                    step(None, u16::MAX),
                    step(Some(Fault::WouldBlock), 0),
                ],
                breaks_at: Some(20_000),
                ..Case::default()
            },
        ),
        ("threads", Case { threads: 2, sizes: vec![40000, 1], chunks: 4, rest: 3, ..Case::default() }),
        (
            "threads-and-damage",
            Case { threads: 2, damage: vec![Damage::SwapChunks(2, 3)], chunks: 4, rest: 3, ..Case::default() },
        ),
        ("one-batch", Case { sizes: vec![u16::MAX], chunks: 4, rest: 16384, ..Case::default() }),
        ("limit", Case { limit: Some(20_000), ..plain.clone() }),
        ("limit-at-length", Case { limit: Some(2 * 16384 + 5), ..plain.clone() }),
        ("other-aad", Case { other_aad: Some(b"invoice/43".into()), ..plain.clone() }),
        ("flip-magic", damaged(&[Damage::Flip { at: 0, mask: 1 }])),
        ("flip-key-id", damaged(&[Damage::Flip { at: 30, mask: 1 }])),
        ("flip-wrapped-key", damaged(&[Damage::Flip { at: 100, mask: 1 }])),
        ("flip-tag", damaged(&[Damage::Flip { at: header_len - 1, mask: 0x80 }])),
        ("flip-commitment", damaged(&[Damage::Flip { at: header_len + 40, mask: 4 }])),
        ("flip-second-chunk", damaged(&[Damage::Flip { at: header_len + 56 + 16400, mask: 1 }])),
        ("flip-last-tag", damaged(&[Damage::Flip { at: header_len + 56 + 2 * 16400 + 20, mask: 1 }])),
        ("flip-and-cut-header", damaged(&[Damage::Flip { at: 20, mask: 0x80 }, Damage::Cut { len: header_len - 5 }])),
        ("cut-header", damaged(&[Damage::Cut { len: 200 }])),
        ("cut-commitment", damaged(&[Damage::Cut { len: header_len + 55 }])),
        ("cut-at-chunk", damaged(&[Damage::CutAtChunk(1)])),
        ("cut-in-chunk", damaged(&[Damage::Cut { len: header_len + 56 + 20_000 }])),
        ("extend", damaged(&[Damage::Extend { len: 20_000, byte: 0 }])),
        ("extend-by-one", damaged(&[Damage::Extend { len: 1, byte: 0 }])),
        ("swap-chunks", damaged(&[Damage::SwapChunks(0, 1)])),
        ("repeat-chunk", damaged(&[Damage::RepeatChunk(1)])),
        ("remove-chunk", damaged(&[Damage::RemoveChunk(0)])),
        ("rewrap", damaged(&[Damage::Rewrap])),
        ("other-preamble", damaged(&[Damage::OtherPreamble])),
    ];
    cases.into_iter().map(|(name, case)| (name.into(), encode_case(&case))).collect()
}

/// For the target `seek`: every kind of step, on an envelope that is whole and on damaged ones.
pub fn seek() -> Vec<Seed> {
    let step = |kind: u8, number: i32, len: u16, byte: u8| {
        [&[kind][..], &number.to_le_bytes(), &len.to_le_bytes(), &[byte]].concat()
    };
    let case = |chunks: u8, rest: u16, threads: u8, steps: &[Vec<u8>]| {
        [&[chunks][..], &rest.to_le_bytes(), &[threads], &steps.concat()].concat()
    };
    let [flip, cut, extend, swap] = [0, 1, 2, 3].map(|kind| move |number, len, byte| step(kind, number, len, byte));
    let [read, start, current, end, other, read_at] =
        [4, 5, 6, 7, 8, 9].map(|kind| move |number, len, byte| step(kind, number, len, byte));
    let everything = [
        read(0, 100, 0),
        start(20_000, 0, 0),
        read(0, 30_000, 0),
        current(-25_000, 0, 0),
        read(0, 10, 0),
        current(-5, 0, 0),
        end(-10, 0, 0),
        read(0, 50, 0),
        other(0, 0, 0),
        other(16_000, 1000, 1),
        read_at(30_000, 5000, 0),
        read_at(1 << 30, 5, 22),
        start(1 << 30, 0, 32),
        read(0, 1, 0),
        current(-1 << 30, 0, 0),
        end(-1 << 30, 0, 0),
        read_at(0, u16::MAX, 0),
        other(0, u16::MAX, 1),
    ];
    let damaged = |damage: &[Vec<u8>]| case(3, 5, 2, &[damage, &everything].concat());
    named([
        ("whole", case(3, 5, 1, &everything)),
        ("whole-threads", case(4, 16384, 3, &everything)),
        ("empty", case(0, 0, 0, &everything)),
        ("full-chunk", case(1, 0, 1, &everything)),
        ("flip", damaged(&[flip(17_000, 0, 1)])),
        ("flip-last", damaged(&[flip(3 * 16400 + 2, 0, 1)])),
        ("cut-at-chunk", damaged(&[cut(2 * 16400, 0, 0)])),
        ("cut-in-chunk", damaged(&[cut(20_000, 0, 0)])),
        ("cut-all", damaged(&[cut(0, 0, 0)])),
        ("extend", damaged(&[extend(0, 20_000, 7)])),
        ("extend-by-one", damaged(&[extend(0, 1, 7)])),
        ("swap", damaged(&[swap(0, 1, 0)])),
    ])
}

/// For the target `rewrap`: two bytes for each record and each change.
pub fn rewrap() -> Vec<Seed> {
    let (named_record, anonymous, unknown, padding, metadata) = (0, 1, 2, 3, 4);
    let (add, add_anonymous, remove, keep, keep_unidentified) = (5, 6, 7, 8, 9);
    let steps = |steps: &[[u8; 2]]| steps.concat();
    named([
        ("nothing", steps(&[[named_record, 0], [metadata, 0]])),
        ("add", steps(&[[named_record, 0], [add, 1]])),
        ("add-again", steps(&[[named_record, 0], [named_record, 1], [add, 1]])),
        ("add-twice", steps(&[[named_record, 0], [add, 1], [add, 1]])),
        ("add-anonymous", steps(&[[named_record, 0], [add_anonymous, 1]])),
        ("add-anonymous-again", steps(&[[named_record, 0], [anonymous, 1], [add_anonymous, 1]])),
        ("remove", steps(&[[named_record, 0], [named_record, 1], [padding, 0], [remove, 1]])),
        ("remove-absent", steps(&[[named_record, 0], [remove, 1]])),
        ("remove-all", steps(&[[named_record, 0], [padding, 0], [remove, 0]])),
        ("replace", steps(&[[named_record, 0], [metadata, 0], [add, 2], [remove, 0]])),
        ("add-and-remove", steps(&[[named_record, 0], [named_record, 1], [add, 1], [remove, 1]])),
        ("unidentified", steps(&[[named_record, 0], [anonymous, 3], [unknown, 1], [remove, 0]])),
        ("keep-unidentified", steps(&[[named_record, 0], [anonymous, 3], [remove, 0], [keep_unidentified, 0]])),
        ("keep-only", steps(&[[named_record, 0], [named_record, 1], [anonymous, 3], [unknown, 1], [keep, 1]])),
        ("keep-absent", steps(&[[named_record, 0], [keep, 1]])),
    ])
}

fn named<const N: usize>(seeds: [(&str, Vec<u8>); N]) -> Vec<Seed> {
    seeds.into_iter().map(|(name, bytes)| (name.into(), bytes)).collect()
}

/// The bytes that `Case::from_bytes` makes this case from: the derived `Arbitrary` backwards,
/// checked at the end.
fn encode_case(case: &Case) -> Vec<u8> {
    let mut bytes = vec![case.chunks];
    bytes.extend(case.rest.to_le_bytes());
    bytes.push(case.pattern);
    bytes.extend(option(case.limit.map(u32::to_le_bytes)));
    bytes.extend(list(&case.metadata, |byte| vec![*byte]));
    bytes.extend(list(&case.aad, |byte| vec![*byte]));
    bytes.extend(option(case.other_aad.as_ref().map(|aad| list(aad, |byte| vec![*byte]))));
    bytes.extend([case.anonymous.into(), case.threads]);
    bytes.extend(list(&case.damage, encode_damage));
    bytes.extend(list(&case.sizes, |size| size.to_le_bytes().into()));
    bytes.extend(steps(&case.steps));
    bytes.extend(option(case.breaks_at.map(u16::to_le_bytes)));
    assert_eq!(Case::from_bytes(&bytes).as_ref(), Ok(case), "another encoding than that of the derived `Arbitrary`");
    bytes
}

fn steps(steps: &[Step]) -> Vec<u8> {
    list(steps, |step| {
        let fault = step.fault.map(|fault| match fault {
            Fault::Interrupted => variant(0, 2),
            Fault::WouldBlock => variant(1, 2),
        });
        [option(fault), step.len.to_le_bytes().into()].concat()
    })
}

fn encode_damage(damage: &Damage) -> Vec<u8> {
    let (index, content) = match *damage {
        Damage::Flip { at, mask } => (0, [&at.to_le_bytes()[..], &[mask]].concat()),
        Damage::Cut { len } => (1, len.to_le_bytes().into()),
        Damage::Extend { len, byte } => (2, [&len.to_le_bytes()[..], &[byte]].concat()),
        Damage::CutAtChunk(number) => (3, vec![number]),
        Damage::SwapChunks(a, b) => (4, vec![a, b]),
        Damage::RepeatChunk(number) => (5, vec![number]),
        Damage::RemoveChunk(number) => (6, vec![number]),
        Damage::Rewrap => (7, vec![]),
        Damage::OtherPreamble => (8, vec![]),
    };
    [variant(index, 9), content].concat()
}

/// The middle of the numbers that stand for variant `index` of `count`.
fn variant(index: u64, count: u64) -> Vec<u8> {
    let number = ((2 * index + 1) << 32) / (2 * count);
    u32::try_from(number).unwrap().to_le_bytes().into()
}

fn option(value: Option<impl AsRef<[u8]>>) -> Vec<u8> {
    value.map_or(vec![0], |value| [&[1], value.as_ref()].concat())
}

fn list<T>(values: &[T], encode: impl Fn(&T) -> Vec<u8>) -> Vec<u8> {
    let mut bytes: Vec<u8> = values.iter().flat_map(|value| [vec![1], encode(value)].concat()).collect();
    bytes.push(0);
    bytes
}
