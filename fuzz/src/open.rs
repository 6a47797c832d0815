//! Sealing in every way, damage to the envelope, and opening in every way, against an oracle that
//! knows the layout.
//!
//! No RSA: the content key is whatever the generator gives, so that every input reaches the
//! plaintext.

mod case;
mod oracle;
mod seal;

use std::collections::BTreeSet;
use std::io::{self, Read, Write};

use bulla::error::{Limit, OpenError, SealError};
use bulla::{Header, Limits, OpenReader, OpenWriter, OpenedHeader, Opener, Sealer};

use self::case::MAX_CHUNKS;
pub use self::case::{Case, Damage};
use self::oracle::{Expected, Sealed};
use crate::fake::{Fake, search};
use crate::io::{Sink, Source, UNTOUCHED, loop_reads, write_all};
use crate::split_mix::SplitMix64;

/// Everything that [`check`] can return.
pub const OUTCOMES: [&str; 11] = [
    "chunk altered",
    "header refused",
    "last chunk altered",
    "longer than the limit",
    "no matching record",
    "not authentic",
    "opened",
    "opened with another header",
    "truncated",
    "within the limit",
    "wrong context",
];

/// Seals, damages and opens, and tells what came of it: nothing where `input` stands for no case.
pub fn check(input: &[u8]) -> BTreeSet<&'static str> {
    let Ok(case) = Case::from_bytes(input) else { return BTreeSet::new() };
    let plaintext = case.plaintext();
    let sealed = Sealed::new(&case, &plaintext);

    let damaged = sealed.damage(&case.damage);
    let aad = case.other_aad.as_ref().unwrap_or(&case.aad);
    let expected = sealed.oracle(&damaged, *aad == case.aad);
    let identity = Fake::default();
    let opener = Opener::new(&identity).aad(aad).threads(case.threads());
    check_open(&case, &opener, &damaged, &plaintext, &expected);

    let outcome = match expected.end {
        Ok(()) if damaged != sealed.envelope => "opened with another header",
        Ok(()) => "opened",
        Err(OpenError::Header(_)) => "header refused",
        Err(OpenError::NoMatchingRecord) => "no matching record",
        Err(OpenError::NotAuthentic) => "not authentic",
        Err(OpenError::WrongAssociatedData) => "wrong context",
        Err(OpenError::Truncated) => "truncated",
        Err(OpenError::ChunkAltered { .. }) => "chunk altered",
        Err(OpenError::LastChunkAltered { .. }) => "last chunk altered",
        Err(OpenError::LimitExceeded(_)) => "longer than the limit",
        Err(other) => panic!("{other:?} cannot happen here, or is new: name it"),
    };
    [outcome].into_iter().chain(check_limit(&case, &plaintext, &sealed)).collect()
}

/// Opens in every way.
fn check_open(case: &Case, opener: &Opener<'_>, envelope: &[u8], plaintext: &[u8], expected: &Expected) {
    let whole = expected.end.clone().map(|()| plaintext);
    assert_eq!(opener.open(envelope).as_deref().map_err(Clone::clone), whole);

    let whole = whole.unwrap_or_default();

    let mut data = envelope.to_vec();
    assert_eq!(opener.open_in_place(&mut data), expected.end);
    assert!(data == whole || expected.end.is_err() && data == envelope);

    for room in [0, plaintext.len() / 2, plaintext.len() + 1] {
        let mut output = vec![UNTOUCHED; room];
        assert_eq!(opener.open_into(envelope, &mut output), expected.end);
        assert!(output == whole);
    }

    check_released(&write(opener, case, envelope), plaintext, expected);
    if let Some(at) = case.breaks_at {
        check_broken(opener, case, envelope, plaintext, expected, at.into());
    }

    let released = match opener.wrap_input(Source::new(envelope, &case.steps).blocking()) {
        Ok(reader) => read_all(reader, case),
        Err(error) => (Vec::new(), Err(error.downcast().unwrap())),
    };
    check_released(&released, plaintext, expected);

    let Ok((header, body)) = Header::split(envelope, &Limits::default()) else { return };
    let opened = opener.open_header(&header);
    assert_eq!(search(&header, &Fake::default()).err(), opened.as_ref().err().cloned());
    let Ok(opened) = opened else { return };
    check_slice(&opened, body, plaintext, expected);
    check_released(&open_by_hand(opener, &header, body), plaintext, expected);
    check_released(&read_all(opened.wrap_input(Source::new(body, &case.steps)), case), plaintext, expected);
}

type Released = (Vec<u8>, Result<(), OpenError>);

fn check_released((released, end): &Released, plaintext: &[u8], expected: &Expected) {
    assert!(plaintext.starts_with(released));
    assert_eq!((released.len(), end), (expected.released, &expected.end));
}

/// A slice that is longer than the plaintext: what is behind it stays, and nothing is left of what
/// did not verify.
fn check_slice(opened: &OpenedHeader, body: &[u8], plaintext: &[u8], expected: &Expected) {
    let mut output = vec![UNTOUCHED; body.len()];
    let written = match opened.open_to_slice(body, &mut output) {
        Ok(len) => {
            assert!(expected.end.is_ok() && output[..len] == *plaintext);
            len
        }
        Err(error) => {
            assert_eq!(Err(error), expected.end);
            0
        }
    };
    let wiped = output[written..].iter().take_while(|byte| **byte == 0).count();
    assert!(written == 0 || wiped == 0);
    assert!(output[written + wiped..].iter().all(|byte| *byte == UNTOUCHED));
    if let (Ok(()), Some(less)) = (&expected.end, plaintext.len().checked_sub(1)) {
        let result = opened.open_to_slice(body, &mut output[..less]);
        assert_eq!(result, Err(OpenError::OutputTooShort { needed: plaintext.len() }));
    }
}

fn write(opener: &Opener<'_>, case: &Case, envelope: &[u8]) -> Released {
    let mut writer = opener.wrap_output(Sink::new(&case.steps));
    let end = write_all(&mut writer, &case.sizes, envelope, OpenWriter::try_finish);
    let end = end.map_err(|error| error.downcast::<OpenError>().unwrap());
    if let Err(error) = &end {
        for again in [writer.write(&[0]).map(|_| ()), writer.flush(), writer.try_finish()] {
            assert_eq!(&again.unwrap_err().downcast::<OpenError>().unwrap(), error);
        }
    }
    (writer.into_inner().taken, end)
}

/// After the stream beneath a writer broke, not one more byte comes out.
fn check_broken(opener: &Opener<'_>, case: &Case, envelope: &[u8], plaintext: &[u8], expected: &Expected, at: usize) {
    let mut writer = opener.wrap_output(Sink::new(&case.steps).breaking_at(at));
    let result = write_all(&mut writer, &case.sizes, envelope, OpenWriter::try_finish);
    let taken = writer.get_ref().taken.len();
    assert!(plaintext.starts_with(&writer.get_ref().taken) && taken <= expected.released);
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            for again in [writer.write(&[0]).map(|_| ()), writer.flush(), writer.try_finish()] {
                assert_eq!(again.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
            }
            assert_eq!(writer.get_ref().taken.len(), taken);
        }
        result => {
            assert_eq!(result.map_err(|error| error.downcast::<OpenError>().unwrap()), expected.end);
            assert_eq!(taken, expected.released);
        }
    }
}

fn open_by_hand(opener: &Opener<'_>, header: &Header, body: &[u8]) -> Released {
    let mut released = Vec::new();
    let end = (|| {
        let (prefix, sealed) = body.split_first_chunk().ok_or(OpenError::Truncated)?;
        let mut body_opener = opener.open_header(header)?.body_opener(prefix)?;
        let (chunks, last) = sealed.as_chunks();
        for sealed in chunks {
            let mut chunk = [0; CHUNK_LEN];
            let result = body_opener.open_chunk(sealed, &mut chunk);
            if result.is_err() {
                assert_eq!(chunk, [0; CHUNK_LEN], "released what did not verify");
                assert_eq!(body_opener.open_chunk(sealed, &mut chunk), result);
            }
            result?;
            released.extend_from_slice(&chunk);
        }
        let mut chunk = vec![0; last.len().saturating_sub(TAG_LEN)];
        body_opener.open_last(last, &mut chunk)?;
        released.extend_from_slice(&chunk);
        Ok(())
    })();
    (released, end)
}

/// Reads to the end in the sizes that the case gives, and then once more.
fn read_all(mut reader: OpenReader<Source<'_>>, case: &Case) -> Released {
    let mut released = Vec::new();
    let end = loop_reads(&case.sizes, |output| reader.read(output), |bytes| released.extend_from_slice(bytes));
    let end = end.map_err(|error| error.downcast::<OpenError>().unwrap());
    let again = reader.read(&mut [0]).map_err(|error| error.downcast::<OpenError>().unwrap());
    assert_eq!(again, end.clone().map(|()| 0), "another end than before");
    (released, end)
}

/// A limit on the plaintext stops every way to seal and to open at the same place.
fn check_limit(case: &Case, plaintext: &[u8], sealed: &Sealed) -> Option<&'static str> {
    let max = u64::from(case.limit?) % u64::try_from(MAX_CHUNKS * CHUNK_LEN + CHUNK_LEN + 1).unwrap();
    let limits = Limits::default().with_plaintext_len(max);
    let max_len = usize::try_from(max).unwrap();
    let fake = Fake::default();
    let sealer = Sealer::new(&fake).aad(&case.aad).limits(limits).threads(case.threads());
    let opener = Opener::new(&fake).aad(&case.aad).limits(limits).threads(case.threads());

    let result = sealer.start_with_rng(&mut SplitMix64(0)).unwrap().seal(plaintext);
    let expected = if plaintext.len() <= max_len {
        assert!(result.is_ok());
        Expected { released: plaintext.len(), end: Ok(()) }
    } else {
        let Err(SealError::LimitExceeded(error)) = result else { panic!("sealed too much") };
        assert_eq!((error.limit, error.max), (Limit::PlaintextLen, max));
        Expected { released: max_len / CHUNK_LEN * CHUNK_LEN, end: Err(error.into()) }
    };
    check_open(case, &opener, &sealed.envelope, plaintext, &expected);
    Some(if expected.end.is_ok() { "within the limit" } else { "longer than the limit" })
}

const CHUNK_LEN: usize = bulla::body::BodySealer::CHUNK_LEN;
const SEALED_CHUNK_LEN: usize = bulla::body::BodySealer::SEALED_CHUNK_LEN;
const TAG_LEN: usize = bulla::body::BodySealer::TAG_LEN;
const BODY_HEAD_LEN: usize = bulla::body::BodySealer::HEAD_LEN;
