//! Reading anywhere in envelopes that may be damaged, against a model that compares pieces of the
//! body.

mod case;

use std::collections::BTreeSet;
use std::io::{self, Cursor, Seek, SeekFrom};
use std::ops::Range;

use bulla::body::{RangeOpener, body_range};
use bulla::error::OpenError;
use bulla::{Header, Limits, OpenReader, OpenReaderAt, Opener, ReadAt, Sealer};

pub use self::case::{Case, Operation};
use crate::fake::Fake;
use crate::model::{Model, Opaque, read_up_to};
use crate::split_mix::SplitMix64;

/// Everything that [`check`] can return.
pub const OUTCOMES: [&str; 9] = [
    "altered",
    "beyond the end",
    "end verified",
    "invalid seek",
    "last altered",
    "length refused",
    "range",
    "read",
    "truncated",
];

/// Seals, damages, and plays the script on everything that reads anywhere.
pub fn check(input: &[u8]) -> BTreeSet<&'static str> {
    let Some(case) = Case::from_bytes(input) else { return BTreeSet::new() };
    let fake = Fake::default();
    let plaintext = case.plaintext();
    let envelope = Sealer::new(&fake).start_with_rng(&mut SplitMix64(0)).unwrap().seal(&plaintext).unwrap();
    let model = Model::new(plaintext, envelope, &case.damage);
    let opener = Opener::new(&fake).threads(case.threads);
    let mut player = Player {
        reader: opener.wrap_input(Cursor::new(&model.envelope)).unwrap(),
        reader_at: opener
            .wrap_input_at(match case.threads {
                0 | 2 => Box::new(&model.envelope[..]) as Box<dyn ReadAt>,
                _ => Box::new(Opaque(&model.envelope)),
            })
            .unwrap(),
        body_opener: {
            let (header, body) = Header::split(&model.envelope, &Limits::default()).unwrap();
            opener.open_header(&header).unwrap().range_opener(body.first_chunk().unwrap()).unwrap()
        },
        model: &model,
        position: 0,
        failed: None,
        reached: BTreeSet::new(),
    };
    for operation in &case.script {
        player.play(*operation);
        assert_eq!(player.reader.stream_position().unwrap(), player.position);
    }
    player.reached
}

struct Player<'a> {
    reader: OpenReader<Cursor<&'a Vec<u8>>>,
    reader_at: OpenReaderAt<Box<dyn ReadAt + 'a>>,
    body_opener: RangeOpener,
    model: &'a Model,
    position: u64,
    /// What every read says until a seek succeeds.
    failed: Option<OpenError>,
    reached: BTreeSet<&'static str>,
}

impl Player<'_> {
    fn play(&mut self, operation: Operation) {
        match operation {
            Operation::Read(len) => self.read(len),
            Operation::Seek(target) => self.seek(target),
            Operation::Len => {
                assert_eq!(self.reader.len().map_err(cause), self.model.end);
                assert_eq!(self.reader_at.len().map_err(cause), self.model.end);
                self.reached.insert(if self.model.end.is_ok() { "end verified" } else { "length refused" });
            }
            Operation::ReadAt { offset, len } => self.read_at(offset, len),
            Operation::OpenRange { start, len } => self.open_range(start..start + u64::try_from(len).unwrap()),
        }
    }

    fn read(&mut self, len: usize) {
        let mut seen = vec![0; len];
        let (read, end) = read_up_to(&mut self.reader, &mut seen);
        let (expected, expected_end) = match &self.failed {
            Some(error) if len > 0 => (Vec::new(), Err(error.clone())),
            _ => self.model.read(self.position, len),
        };
        assert!(seen[..read] == expected[..], "{read} bytes at {} instead of {}", self.position, expected.len());
        assert!(seen[read..].iter().all(|byte| *byte == 0), "released what did not verify");
        let end = end.map_err(cause);
        assert_eq!(end, expected_end);
        self.position += u64::try_from(read).unwrap();
        self.note(&end, read);
        self.failed = self.failed.take().or(end.err());
    }

    fn seek(&mut self, target: SeekFrom) {
        let sought = self.reader.seek(target);
        let base = match target {
            SeekFrom::Start(_) => Ok(0),
            SeekFrom::Current(_) => Ok(self.position),
            SeekFrom::End(_) => self.model.end.clone(),
        };
        let expected = base.map(|base| match target {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) | SeekFrom::End(by) => base.checked_add_signed(by),
        });
        match expected {
            Err(error) => assert_eq!(cause(sought.unwrap_err()), error),
            Ok(None) => {
                assert_eq!(sought.unwrap_err().kind(), io::ErrorKind::InvalidInput);
                self.reached.insert("invalid seek");
            }
            Ok(Some(target)) => match &self.model.end {
                Err(error) if self.model.claims_to_end_before(target) => {
                    assert_eq!(cause(sought.unwrap_err()), *error);
                }
                _ => {
                    assert_eq!(sought.unwrap(), target);
                    self.position = target;
                    self.failed = None;
                }
            },
        }
    }

    fn read_at(&mut self, offset: u64, len: usize) {
        let mut seen = vec![0; len];
        let result = self.reader_at.read_at(&mut seen, offset).map_err(cause);
        let (expected, end) = self.model.read(offset, len);
        match result {
            Ok(read) => {
                assert!(seen[..read] == expected[..]);
                assert!(seen[read..].iter().all(|byte| *byte == 0), "released what did not verify");
                if read < len {
                    // What cut the read short shows when reading on.
                    let position = offset.saturating_add(u64::try_from(read).unwrap());
                    assert_eq!(self.reader_at.read_at(&mut [0], position).map_err(cause), end.clone().map(|()| 0));
                }
                self.note(&end, read);
            }
            Err(error) => {
                assert!(expected.is_empty() && seen.iter().all(|byte| *byte == 0));
                assert_eq!(Err(error), end);
            }
        }
    }

    fn open_range(&mut self, range: Range<u64>) {
        let sealed = self.model.fetch(body_range(range.clone()).unwrap_or_default());
        let opened = self.body_opener.open_range(range.clone(), sealed);
        if range.is_empty() {
            return assert_eq!(opened, Ok(Vec::new()));
        }
        assert_eq!(opened, self.model.open_range(range));
        self.reached.insert("range");
    }

    fn note(&mut self, end: &Result<(), OpenError>, read: usize) {
        self.reached.insert(match end {
            Err(OpenError::ChunkAltered { .. }) => "altered",
            Err(OpenError::LastChunkAltered { .. }) => "last altered",
            Err(_) => "truncated",
            Ok(()) if read == 0 => "beyond the end",
            Ok(()) => "read",
        });
    }
}

fn cause(error: io::Error) -> OpenError {
    error.downcast().expect("the input itself does not fail")
}
