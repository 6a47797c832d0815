//! Every way to seal.

use std::io::{self, Read, Write};

use bulla::{SealWriter, Sealer};

use super::{Case, SEALED_CHUNK_LEN, TAG_LEN};
use crate::io::{Sink, Source, UNTOUCHED, loop_reads, write_all};
use crate::split_mix::SplitMix64;

/// Seals in every way, all of which give the same bytes.
pub(super) fn every_way(sealer: &Sealer<'_>, case: &Case, plaintext: &[u8]) -> Vec<u8> {
    let envelope = sealer.start_with_rng(&mut SplitMix64(0)).unwrap().seal(plaintext).unwrap();
    assert!(seal_in_place(sealer, plaintext, envelope.len()) == envelope);
    assert!(seal_in_place(sealer, plaintext, 0) == envelope);
    assert!(seal_into(sealer, plaintext, 0) == envelope);
    assert!(seal_into(sealer, plaintext, envelope.len() + 1) == envelope);
    assert!(seal_by_hand(sealer, plaintext) == envelope);
    assert!(write(sealer, case, plaintext) == envelope);
    assert!(read(sealer, case, plaintext) == envelope);
    if let Some(at) = case.breaks_at {
        check_broken(sealer, case, plaintext, &envelope, at.into());
    }
    envelope
}

fn seal_in_place(sealer: &Sealer<'_>, plaintext: &[u8], capacity: usize) -> Vec<u8> {
    let mut data = Vec::with_capacity(capacity);
    data.extend_from_slice(plaintext);
    sealer.start_with_rng(&mut SplitMix64(0)).unwrap().seal_in_place(&mut data).unwrap();
    data
}

/// To memory of this length that holds something else.
fn seal_into(sealer: &Sealer<'_>, plaintext: &[u8], len: usize) -> Vec<u8> {
    let mut output = vec![UNTOUCHED; len];
    sealer.start_with_rng(&mut SplitMix64(0)).unwrap().seal_into(plaintext, &mut output).unwrap();
    output
}

fn seal_by_hand(sealer: &Sealer<'_>, plaintext: &[u8]) -> Vec<u8> {
    let (header, mut body_sealer) = sealer.start_with_rng(&mut SplitMix64(0)).unwrap().into_parts();
    let mut envelope = [header.as_bytes(), body_sealer.head()].concat();
    let (chunks, last) = plaintext.as_chunks();
    for chunk in chunks {
        let mut sealed = [0; SEALED_CHUNK_LEN];
        body_sealer.seal_chunk(chunk, &mut sealed).unwrap();
        envelope.extend_from_slice(&sealed);
    }
    let mut sealed = vec![0; last.len() + TAG_LEN];
    body_sealer.seal_last(last, &mut sealed).unwrap();
    envelope.extend_from_slice(&sealed);
    envelope
}

fn write(sealer: &Sealer<'_>, case: &Case, plaintext: &[u8]) -> Vec<u8> {
    let mut writer = sealer.start_with_rng(&mut SplitMix64(0)).unwrap().wrap_output(Sink::new(&case.steps));
    write_all(&mut writer, &case.sizes, plaintext, SealWriter::try_finish).unwrap();
    writer.get_ref().taken.clone()
}

/// After the stream beneath a writer broke, not one more byte comes out.
fn check_broken(sealer: &Sealer<'_>, case: &Case, plaintext: &[u8], envelope: &[u8], at: usize) {
    let sink = Sink::new(&case.steps).breaking_at(at);
    let mut writer = sealer.start_with_rng(&mut SplitMix64(0)).unwrap().wrap_output(sink);
    let result = write_all(&mut writer, &case.sizes, plaintext, SealWriter::try_finish);
    let taken = writer.get_ref().taken.len();
    assert!(envelope.starts_with(&writer.get_ref().taken));
    match result {
        Ok(()) => assert_eq!(taken, envelope.len()),
        Err(error) => {
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
            assert_eq!(writer.write(&[0]).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
            assert_eq!(writer.flush().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
            assert_eq!(writer.try_finish().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
            assert_eq!(writer.get_ref().taken.len(), taken);
        }
    }
}

fn read(sealer: &Sealer<'_>, case: &Case, plaintext: &[u8]) -> Vec<u8> {
    let source = Source::new(plaintext, &case.steps);
    let mut reader = sealer.start_with_rng(&mut SplitMix64(0)).unwrap().wrap_input(source);
    let mut envelope = Vec::new();
    loop_reads(&case.sizes, |output| reader.read(output), |bytes| envelope.extend_from_slice(bytes)).unwrap();
    assert_eq!(reader.read(&mut [0]).unwrap(), 0);
    envelope
}
