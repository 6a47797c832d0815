//! Objects in parts, damage to what is stored of them, and every way to read, against a model that
//! puts the attempts together that were recorded.

mod case;
mod hostile;
mod object;

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom};

use bulla::body::body_len;
use bulla::error::{OpenError, SealError};
use bulla::header::Layout;
use bulla::parts::{Joined, Journal, Manifest, PartsReader, PartsReaderAt, PartsSealer, SealedPart};
use bulla::{Limits, OpenWriter, OpenedHeader, Opener, ReadAt, Sealer};

pub use self::case::{Attempt, Case, Damage, Hostile, Operation};
use self::object::{File, Object, Payload, Refused, check_limit, to_u64};
use crate::fake::Carrier;
use crate::io::{Sink, Source, endless, loop_reads, write_all};
use crate::model::Opaque;
use crate::schedule::sha512;

/// Everything that [`check`] can return.
pub const OUTCOMES: [&str; 20] = [
    "altered manifest",
    "altered part",
    "end",
    "foreign part",
    "header refused",
    "hostile manifest opened",
    "hostile manifest refused",
    "invalid seek",
    "journal",
    "longer than the limit",
    "malformed manifest",
    "missing part",
    "no journal",
    "no matching record",
    "not authentic",
    "opened",
    "read",
    "too many parts",
    "truncated",
    "wrong context",
];

/// Seals, damages, plays the script on everything that reads parts, and tells what came of it:
/// nothing where `input` stands for no case.
pub fn check(input: &[u8]) -> BTreeSet<&'static str> {
    let Ok(case) = Case::from_bytes(input) else { return BTreeSet::new() };
    let mut reached = BTreeSet::new();
    check_raw(&case.raw, &mut reached);
    let key = Carrier::default();
    let (mut sealer, journal) = Sealer::new(&key).aad(&case.aad).start_parts().unwrap();
    let opener = Opener::new(&key).aad(case.other_aad.as_ref().unwrap_or(&case.aad));
    let limits = case.limit.map_or(Limits::default(), |limit| Limits::default().with_parts(limit.into()));
    let opener = opener.limits(limits);
    if let Some(hostile) = &case.hostile {
        check_hostile(hostile, &case, &sealer, &opener, &mut reached);
    }
    let object = match Object::new(&case, &mut sealer, journal) {
        Ok(object) => object,
        Err(error) => {
            assert!(matches!(error, SealError::MissingPart { .. }), "{error:?}");
            reached.insert("missing part");
            return reached;
        }
    };
    let file = object.damage(&case.damage);
    check_apart(&case, &object, &file, &opener, &mut reached);
    check_file(&case, &object, &file.bytes(), &opener, &mut reached);
    reached
}

/// Any bytes as a journal and as reports.
fn check_raw(raw: &[u8], reached: &mut BTreeSet<&'static str>) {
    let with_checksum = [raw, &sha512(&[raw])[..32]].concat();
    for bytes in [raw, &with_checksum] {
        match Journal::from_bytes(bytes) {
            Ok(journal) => {
                assert!(
                    bytes.starts_with(b"bulla journal 1\n") && to_u64(bytes.len()) == 208 + 48 * journal.part_count()
                );
                assert_eq!(Journal::from_bytes(&journal.to_bytes()), Ok(journal));
                reached.insert("journal");
            }
            Err(_) => {
                reached.insert("no journal");
            }
        }
    }
    for report in raw.as_chunks().0 {
        let part = SealedPart::from_bytes(report);
        assert_eq!(part.to_bytes(), *report);
        assert_eq!((part.index().to_be_bytes(), part.len().to_be_bytes()), {
            let (halves, _) = report[16..32].as_chunks();
            (halves[0], halves[1])
        });
    }
}

/// A manifest that verifies, whatever stands in it.
fn check_hostile(
    hostile: &Hostile,
    case: &Case,
    sealer: &PartsSealer,
    opener: &Opener<'_>,
    reached: &mut BTreeSet<&'static str>,
) {
    let entries = hostile.entries();
    let manifest = hostile::seal(sealer.header(), sealer.content_key(), &case.aad, &entries);
    let same_aad = if case.same_aad() { Ok(()) } else { Err(Refused::Other(OpenError::WrongAssociatedData)) };
    let limit = check_limit(entries.len() / 40, case.limit);
    let lengths = || hostile.lengths().ok_or(Refused::Other(OpenError::MalformedManifest));
    let expected = same_aad.clone().and(limit.clone()).and_then(|()| lengths());
    let opened = opener.open_header(sealer.header()).unwrap();
    let result = opened.open_manifest(&manifest);
    assert_eq!(result.as_ref().map(|_| ()).map_err(refused), expected.as_ref().map(|_| ()).map_err(Clone::clone));
    let file = [sealer.header().as_bytes(), &manifest, &to_u64(manifest.len()).to_be_bytes()].concat();
    let by_file = opener.open_parts_at(file).map(|_| ()).map_err(|error| refused(&cause(error)));
    // The parts that it lists are not there.
    let parts_are_missing = Err(Refused::Other(OpenError::MalformedManifest));
    // In a file, the length of the manifest comes first.
    let of_file = match limit.and(same_aad).and_then(|()| lengths()) {
        Ok(lengths) if lengths.is_empty() => Ok(()),
        Err(error) if entries.len().is_multiple_of(40) => Err(error),
        _ => parts_are_missing,
    };
    assert_eq!(by_file, of_file);
    if let (Ok(manifest), Ok(lengths)) = (&result, &expected) {
        check_manifest(manifest, lengths);
    }
    reached.insert(if result.is_ok() { "hostile manifest opened" } else { "hostile manifest refused" });
}

/// What a manifest says of the parts follows from their lengths.
fn check_manifest(manifest: &Manifest, lengths: &[u64]) {
    let (mut start, mut sealed_start) = (0, 0);
    for (index, len) in (0..).zip(lengths) {
        let (end, sealed_end) = (start + len, sealed_start + body_len(*len).unwrap());
        assert_eq!(manifest.range(index), Some(start..end));
        assert_eq!(manifest.sealed_range(index), Some(sealed_start..sealed_end));
        assert_eq!([start, end - 1].map(|at| manifest.part_at(at)), [Some(index); 2]);
        (start, sealed_start) = (end, sealed_end);
    }
    let beyond = to_u64(lengths.len());
    assert_eq!((manifest.len(), manifest.part_count()), (start, beyond));
    assert_eq!([start, u64::MAX].map(|at| manifest.part_at(at)), [None; 2]);
    assert!(manifest.part(beyond).is_none() && manifest.range(beyond).is_none());
    assert!(manifest.sealed_range(beyond).is_none());
}

/// Manifest and parts that are objects of their own.
fn check_apart(case: &Case, object: &Object, file: &File, opener: &Opener<'_>, reached: &mut BTreeSet<&'static str>) {
    let opened = opener.open_header(&object.header).unwrap();
    let manifest = opened.open_manifest(&file.manifest);
    let end = object.manifest_end(&file.manifest, case.limit);
    assert_eq!(manifest.as_ref().map(|_| ()).map_err(refused), end);
    let Ok(manifest) = manifest else { return };
    check_manifest(&manifest, &object.lengths());
    for (number, given) in file.parts.iter().enumerate().take(object.parts.len()) {
        let (plaintext, end) = object.part(number, given);
        check_part(case, &manifest.part(to_u64(number)).unwrap(), given, plaintext, &end);
        if matches!(end, Err(OpenError::ForeignPart { .. })) {
            reached.insert("foreign part");
        }
        // A part is nothing else.
        if let Some(head) = given.first_chunk() {
            let other = OpenError::OtherLayout { layout: Layout::Parts };
            assert_eq!(opened.open(given), Err(other.clone()));
            assert_eq!(opened.message("").open(given), Err(other.clone()));
            assert_eq!(opened.accept(head).map(|_| ()), Err(other));
            assert!(opened.open_manifest(given).is_err());
        }
    }
}

fn check_part(case: &Case, part: &OpenedHeader, given: &[u8], plaintext: &[u8], end: &Result<(), OpenError>) {
    let whole = end.clone().map(|()| plaintext.to_vec());
    assert_eq!(part.open(given), whole);
    let mut reader = part.clone().wrap_input(Source::new(given, &case.steps));
    let mut seen = Vec::new();
    let result = loop_reads(&case.sizes, |output| reader.read(output), |bytes| seen.extend_from_slice(bytes));
    assert!(seen == plaintext, "{} bytes instead of {}", seen.len(), plaintext.len());
    assert_eq!(result.map_err(cause), *end);
    let mut writer = part.clone().wrap_output(Sink::new(&case.steps));
    let result = write_all(&mut writer, &case.sizes, given, OpenWriter::try_finish);
    assert_eq!(result.map_err(cause), *end);
    assert!(writer.get_ref().taken == plaintext);
}

/// Header, parts and manifest in one file, or joined from pieces.
fn check_file(case: &Case, object: &Object, file: &[u8], opener: &Opener<'_>, reached: &mut BTreeSet<&'static str>) {
    let expected = object.open(file, case.limit);
    let mut rest = file;
    let mut pieces = Vec::new();
    for size in endless(&case.sizes) {
        pieces.push(rest.split_off(..size.min(rest.len())).unwrap());
        if rest.is_empty() {
            break;
        }
    }
    let inputs: [Box<dyn ReadAt + '_>; 3] =
        [Box::new(file), Box::new(Opaque(file)), Box::new(Joined::new(pieces).unwrap())];
    for input in inputs {
        match (opener.open_parts_at(input), &expected) {
            (Ok(reader), Ok(payload)) => {
                check_manifest(reader.manifest(), &object.lengths());
                assert_eq!(reader.len(), payload.len());
                let stream = reader.stream();
                let mut player = Player { reader, stream, payload, position: 0, reached };
                case.script.iter().take(MAX_STEPS).for_each(|operation| player.play(*operation));
                player.check_whole();
                reached.insert("opened");
            }
            (Err(error), Err(expected)) => assert_eq!(refused(&cause(error)), *expected),
            (reader, expected) => panic!("{:?} instead of {:?}", reader.is_ok(), expected.as_ref().err()),
        }
    }
    reached.insert(match &expected {
        Ok(_) => "opened",
        Err(Refused::Parts(_)) => "too many parts",
        Err(Refused::Other(error)) => match error {
            OpenError::Header(_) => "header refused",
            OpenError::LimitExceeded(_) => "longer than the limit",
            OpenError::NoMatchingRecord => "no matching record",
            OpenError::NotAuthentic => "not authentic",
            OpenError::Truncated => "truncated",
            OpenError::MalformedManifest => "malformed manifest",
            OpenError::WrongAssociatedData => "wrong context",
            OpenError::ChunkAltered { .. } | OpenError::LastChunkAltered { .. } => "altered manifest",
            other => panic!("{other:?} cannot happen here, or is new: name it"),
        },
    });
}

struct Player<'a, 'p> {
    reader: PartsReaderAt<Box<dyn ReadAt + 'a>>,
    stream: PartsReader<Box<dyn ReadAt + 'a>>,
    payload: &'p Payload,
    position: u64,
    reached: &'p mut BTreeSet<&'static str>,
}

impl Player<'_, '_> {
    fn play(&mut self, operation: Operation) {
        match operation {
            Operation::Read(len) => {
                let len = usize::from(len);
                let mut output = vec![0; len];
                let result = self.stream.read(&mut output);
                let read = self.judge(result, self.position, &output);
                self.position += to_u64(read);
            }
            Operation::Start(offset) => self.seek(SeekFrom::Start(offset), Some(offset)),
            Operation::Current(by) => self.seek(SeekFrom::Current(by), self.position.checked_add_signed(by)),
            Operation::End(by) => self.seek(SeekFrom::End(by), self.payload.len().checked_add_signed(by)),
            Operation::ReadAt { offset, len } => {
                let mut output = vec![0; usize::from(len)];
                let result = self.reader.read_at(&mut output, offset);
                self.judge(result, offset, &output);
            }
        }
        assert_eq!(self.stream.stream_position().unwrap(), self.position);
    }

    fn seek(&mut self, to: SeekFrom, expected: Option<u64>) {
        match (self.stream.seek(to), expected) {
            (Ok(position), Some(expected)) => {
                assert_eq!(position, expected);
                self.position = position;
            }
            (Err(error), None) => {
                assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
                self.reached.insert("invalid seek");
            }
            (result, expected) => panic!("{result:?} instead of {expected:?}"),
        }
    }

    /// Returns how much was read. What cut the read short shows when reading on.
    fn judge(&mut self, result: io::Result<usize>, offset: u64, output: &[u8]) -> usize {
        let (expected, end) = self.payload.read(offset, output.len());
        let read = match result {
            Ok(read) => read,
            Err(error) => {
                let error = Err(cause(error));
                assert!(expected.is_empty());
                assert_eq!(error, end);
                0
            }
        };
        assert!(output[..read] == expected[..], "{read} bytes at {offset} instead of {}", expected.len());
        assert!(output[read..].iter().all(|byte| *byte == 0), "released what did not verify");
        self.reached.insert(match end {
            Err(OpenError::ForeignPart { .. }) => "foreign part",
            Err(OpenError::WrongAssociatedData) => "wrong context",
            Err(_) => "altered part",
            Ok(()) if read < output.len() => "end",
            Ok(()) => "read",
        });
        read
    }

    /// Reads everything from the start, and past parts that do not open.
    fn check_whole(&mut self) {
        self.play(Operation::Start(0));
        let mut start = 0;
        for (len, _) in &self.payload.0 {
            self.play(Operation::Start(start));
            self.play(Operation::Read(u16::MAX));
            start += to_u64(*len);
        }
        self.play(Operation::Start(start));
        self.play(Operation::Read(1));
        let mut all = vec![0; usize::try_from(start).unwrap()];
        let exact = self.reader.read_exact_at(&mut all, 0).map_err(cause);
        let (expected, end) = self.payload.read(0, all.len());
        assert!(all[..expected.len()] == expected && all[expected.len()..].iter().all(|byte| *byte == 0));
        assert_eq!(exact, end);
    }
}

fn refused(error: &OpenError) -> Refused {
    error.clone().into()
}

fn cause(error: io::Error) -> OpenError {
    error.downcast().expect("the input itself does not fail")
}

/// More only makes the input larger.
const MAX_STEPS: usize = 16;
