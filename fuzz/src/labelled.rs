//! Labelled messages in a store in which they are moved and damaged, and every way to open one by
//! its label, against a map that knows what was sealed where.

mod case;
mod store;

use std::collections::BTreeSet;
use std::io::{self, Read};

use bulla::body::body_range;
use bulla::error::OpenError;
use bulla::header::Layout;
use bulla::{CachingOpener, Header, Limits, OpenReaderAt, OpenWriter, OpenedHeader, Opener, ReadAt, Sealer};

use self::case::label;
pub use self::case::{Case, Change, Message};
use self::store::{Store, Stored};
use crate::fake::{Carrier, refusal_of};
use crate::io::{Sink, Source, loop_reads, write_all};
use crate::model::{Model, Opaque};

/// Everything that [`check`] can return.
pub const OUTCOMES: [&str; 10] = [
    "chunk altered",
    "header refused",
    "last chunk altered",
    "longer than the limit",
    "no matching record",
    "not authentic",
    "opened",
    "range",
    "truncated",
    "wrong context",
];

/// Fills the store, changes it, opens everything in it, and tells what came of it: nothing where
/// `input` stands for no case.
pub fn check(input: &[u8]) -> BTreeSet<&'static str> {
    let Ok(case) = Case::from_bytes(input) else { return BTreeSet::new() };
    let key = Carrier::default();
    let sealer = Sealer::new(&key).aad(&case.aad);
    let [messages, foreign] = [(); 2].map(|()| sealer.start_messages().unwrap());
    let store = Store::new(&case, &messages, &foreign);
    let aad = case.other_aad.as_ref().unwrap_or(&case.aad);
    let opener = Opener::new(&key).aad(aad);
    let header = messages.header().as_bytes();
    let opened = opener.open_header(messages.header()).unwrap();
    let caching = CachingOpener::new(opener.clone());
    let mut reached = BTreeSet::new();
    for (slot, stored) in &store.0 {
        let start = stored.start(*slot, *aad == case.aad);
        let model = start.clone().map(|()| stored.model(header, &stored.bytes));
        let by_label = opened.message(label(*slot));
        check_apart(&case, &by_label, &stored.bytes, &model, &mut reached);
        check_layouts(&opened, &opener, header, &stored.bytes);

        let envelope = envelope(&case, header, stored);
        let end = match envelope.strip_prefix(header) {
            None => Err(refusal_of(header, &envelope)),
            Some(body) if body.len() < HEAD_LEN => Err(OpenError::Truncated),
            Some(body) if body.len() < stored.bytes.len() => {
                // What is cut off behind the head of the message.
                start.map(|()| stored.model(header, body))
            }
            Some(_) => model,
        };
        check_together(&case, &opener.clone().label(label(*slot)), &caching, *slot, &envelope, &end);
        note(&released(&end).1, &mut reached);
    }
    reached
}

/// Header and message, as they were stored together and then damaged.
fn envelope(case: &Case, header: &[u8], stored: &Stored) -> Vec<u8> {
    let mut envelope = [header, &stored.bytes].concat();
    if let Some((at, mask)) = case.flip_header {
        envelope[usize::from(at) % header.len()] ^= mask;
    }
    if let Some(len) = case.cut {
        envelope.truncate(usize::from(len) % (header.len() + HEAD_LEN + 100));
    }
    envelope
}

/// What may be released, and how opening ends.
fn released(model: &Result<Model, OpenError>) -> (Vec<u8>, Result<(), OpenError>) {
    match model {
        Ok(model) => model.read(0, usize::MAX),
        Err(error) => (Vec::new(), Err(error.clone())),
    }
}

/// The message apart from its header.
fn check_apart(
    case: &Case,
    opened: &OpenedHeader,
    message: &[u8],
    model: &Result<Model, OpenError>,
    reached: &mut BTreeSet<&'static str>,
) {
    let (plaintext, end) = released(model);
    let whole = end.clone().map(|()| plaintext.clone());
    assert_eq!(opened.open(message), whole);
    let mut output = vec![0xA5; 100];
    assert_eq!(opened.open_into(message, &mut output), end);
    assert!(output == *whole.as_ref().unwrap_or(&vec![]));

    let mut reader = opened.clone().wrap_input(Source::new(message, &case.steps));
    let (seen, result) = read_all(case, |output| reader.read(output));
    assert!(seen == plaintext);
    assert_eq!(result, end);
    let mut writer = opened.clone().wrap_output(Sink::new(&case.steps));
    let result = write_all(&mut writer, &case.sizes, message, OpenWriter::try_finish);
    assert_eq!(result.map_err(cause), end);
    assert!(writer.get_ref().taken == plaintext);

    check_at(case, opened.clone().wrap_input_at(message, 0), model);
    check_at(case, opened.clone().wrap_input_at(Opaque(message), 0), model);
    let Some(head) = message.first_chunk() else { return };
    let range_opener = opened.range_opener(head);
    match (range_opener, model) {
        (Err(error), model) => assert_eq!(Some(&error), model.as_ref().err()),
        (Ok(range_opener), model) => {
            let model = model.as_ref().unwrap_or_else(|error| panic!("opened, but {error:?}"));
            for (offset, len) in &case.reads {
                let range = u64::from(*offset)..u64::from(*offset) + u64::from(*len);
                let Some(fetched) = body_range(range.clone()) else { continue };
                let result = range_opener.open_range(range.clone(), model.fetch(fetched));
                assert_eq!(result, model.open_range(range));
                reached.insert("range");
            }
        }
    }
}

/// The message with its header before it.
fn check_together(
    case: &Case,
    opener: &Opener<'_>,
    caching: &CachingOpener<'_>,
    slot: u8,
    envelope: &[u8],
    model: &Result<Model, OpenError>,
) {
    let (plaintext, end) = released(model);
    let whole = end.clone().map(|()| plaintext.clone());
    assert_eq!(opener.open(envelope), whole);
    for _ in 0..2 {
        assert_eq!(caching.open(label(slot), envelope), whole);
    }
    let mut data = envelope.to_vec();
    assert_eq!(opener.open_in_place(&mut data), end);
    assert!(whole.as_ref().map_or_else(|_| data.is_empty() || data == envelope, |whole| data == *whole));

    let (seen, result) = match opener.wrap_input(Source::new(envelope, &case.steps).blocking()) {
        Ok(mut reader) => read_all(case, |output| reader.read(output)),
        Err(error) => (Vec::new(), Err(cause(error))),
    };
    assert!(seen == plaintext);
    assert_eq!(result, end);
    let mut writer = opener.wrap_output(Sink::new(&case.steps));
    let result = write_all(&mut writer, &case.sizes, envelope, OpenWriter::try_finish);
    assert_eq!(result.map_err(cause), end);
    assert!(writer.get_ref().taken == plaintext);
    check_at(case, opener.wrap_input_at(envelope), model);
}

fn check_at(case: &Case, reader: io::Result<OpenReaderAt<impl ReadAt>>, model: &Result<Model, OpenError>) {
    let (reader, model) = match (reader, model) {
        (Ok(reader), Ok(model)) => (reader, model),
        (Err(error), Err(expected)) => return assert_eq!(cause(error), *expected),
        (reader, model) => panic!("{:?} instead of {:?}", reader.is_ok(), model.as_ref().err()),
    };
    for (offset, len) in &case.reads {
        let (offset, mut seen) = (u64::from(*offset), vec![0; usize::from(*len)]);
        let (expected, end) = model.read(offset, seen.len());
        match reader.read_at(&mut seen, offset) {
            Ok(read) => {
                assert!(seen[..read] == expected[..] && seen[read..].iter().all(|byte| *byte == 0));
            }
            Err(error) => {
                assert!(expected.is_empty() && seen.iter().all(|byte| *byte == 0));
                assert_eq!(Err(cause(error)), end);
            }
        }
    }
    assert_eq!(reader.len().map_err(cause), model.end);
}

/// What is asked for something else than labelled messages says which layout it has.
fn check_layouts(opened: &OpenedHeader, opener: &Opener<'_>, header: &[u8], message: &[u8]) {
    let other = OpenError::OtherLayout { layout: Layout::Labelled };
    let envelope = [header, message].concat();
    let received = opener.receive_from(&envelope[..]).map(|_| ()).map_err(cause);
    assert_eq!(received, Err(other.clone()));
    let parts = opener.open_parts_at(&envelope[..]).map(|_| ()).map_err(cause);
    assert_eq!(parts, Err(other.clone()));
    let Some(head) = message.first_chunk() else {
        return assert_eq!(opened.open(message), Err(OpenError::Truncated));
    };
    assert_eq!(opened.open(message), Err(other.clone()));
    assert_eq!(opener.open(&envelope), Err(other.clone()));
    assert_eq!(opened.body_opener(head).map(|_| ()), Err(other.clone()));
    assert_eq!(opened.range_opener(head).map(|_| ()), Err(other.clone()));
    assert_eq!(opened.accept(head).map(|_| ()), Err(other.clone()));
    // A length that no manifest has is refused before.
    if bulla::body::plaintext_len(u64::try_from(message.len()).unwrap()).is_ok() {
        assert_eq!(opened.open_manifest(message).map(|_| ()), Err(other));
    }
    let single = Sealer::new(Carrier::default()).seal(b"hello").unwrap();
    let has_no_label = Err(OpenError::OtherLayout { layout: Layout::Single });
    assert_eq!(opener.clone().label("").open(&single), has_no_label);
    let (single, body) = Header::split(&single, &Limits::default()).unwrap();
    assert_eq!(opener.open_header(&single).unwrap().message("").open(body), has_no_label);
}

fn read_all(case: &Case, read: impl FnMut(&mut [u8]) -> io::Result<usize>) -> (Vec<u8>, Result<(), OpenError>) {
    let mut seen = Vec::new();
    let result = loop_reads(&case.sizes, read, |bytes| seen.extend_from_slice(bytes));
    (seen, result.map_err(cause))
}

fn cause(error: io::Error) -> OpenError {
    error.downcast().expect("the input itself does not fail")
}

fn note(end: &Result<(), OpenError>, reached: &mut BTreeSet<&'static str>) {
    reached.insert(match end {
        Ok(()) => "opened",
        Err(OpenError::Header(_)) => "header refused",
        Err(OpenError::LimitExceeded(_)) => "longer than the limit",
        Err(OpenError::NoMatchingRecord) => "no matching record",
        Err(OpenError::NotAuthentic) => "not authentic",
        Err(OpenError::Truncated) => "truncated",
        Err(OpenError::WrongAssociatedData) => "wrong context",
        Err(OpenError::ChunkAltered { .. }) => "chunk altered",
        Err(OpenError::LastChunkAltered { .. }) => "last chunk altered",
        Err(other) => panic!("{other:?} cannot happen here, or is new: name it"),
    });
}

const HEAD_LEN: usize = bulla::body::BodySealer::HEAD_LEN;
