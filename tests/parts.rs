//! Objects in parts: sealed by many workers, put together by a manifest.

#[path = "common/support.rs"]
mod support;

use std::io::{Read, Seek, SeekFrom, Write};

use bulla::error::{JournalError, Limit, OpenError, SealError};
use bulla::header::Layout;
use bulla::keys::ContentKey;
use bulla::parts::{Joined, Journal, PartsReaderAt, PartsSealer, SealedPart};
use bulla::{Header, Limits, OpenedHeader, Opener, Rewrapper, Sealer};
use proptest::prelude::*;
use support::{CHUNK, Named, NoRsa, open_error, pattern};

#[test]
fn parts_sealed_in_any_order_open_as_one_payload() {
    for lens in [&[][..], &[1], &[5, 7], &[CHUNK, CHUNK], &[CHUNK - 1, 1, CHUNK + 1], &[50_000, 1, 100_000, 16384]] {
        let object = Object::new(lens);
        let reader = object.open();
        let payload = object.payload();
        assert_eq!((reader.len(), reader.manifest().part_count()), (payload.len() as u64, lens.len() as u64));
        let mut read = Vec::new();
        reader.stream().read_to_end(&mut read).unwrap();
        assert!(read == payload, "{lens:?}");
        for (from, to) in [(0, payload.len()), (payload.len() / 3, payload.len()), (payload.len() / 2, payload.len())] {
            let mut piece = vec![0; to - from];
            reader.read_exact_at(&mut piece, from as u64).unwrap();
            assert!(piece == payload[from..to]);
        }
        assert_eq!(reader.read_at(&mut [0; 10], payload.len() as u64).unwrap(), 0);
        assert_eq!(reader.read_at(&mut [0; 10], u64::MAX).unwrap(), 0);
    }
}

#[test]
fn a_stream_seeks_across_parts() {
    let object = Object::new(&[10, 20_000, 3, 40_000]);
    let (reader, payload) = (object.open(), object.payload());
    let mut stream = reader.stream();
    for at in [0, 9, 10, 11, 20_009, 20_010, 20_013, 50_000, payload.len()] {
        assert_eq!(stream.seek(SeekFrom::Start(at as u64)).unwrap(), at as u64);
        let mut piece = Vec::new();
        stream.by_ref().take(30).read_to_end(&mut piece).unwrap();
        assert!(piece == payload[at..payload.len().min(at + 30)], "{at}");
    }
    assert_eq!(stream.seek(SeekFrom::End(-5)).unwrap(), payload.len() as u64 - 5);
    assert_eq!(stream.seek(SeekFrom::Current(3)).unwrap(), payload.len() as u64 - 2);
    assert!(stream.seek(SeekFrom::Current(-i64::MAX)).is_err());
    assert!(stream.read(&mut [0; 10]).unwrap() == 2);
}

#[test]
fn several_threads_read_at_once() {
    let object = Object::new(&[30_000, 40_000, 50_000]);
    let (reader, payload) = (object.open(), object.payload());
    std::thread::scope(|scope| {
        for thread in 0..4_usize {
            let (reader, payload) = (&reader, &payload);
            scope.spawn(move || {
                for round in 0..50 {
                    let at = (thread * 31_013 + round * 7_919) % (payload.len() - 20_000);
                    let mut piece = vec![0; 20_000];
                    reader.read_exact_at(&mut piece, at as u64).unwrap();
                    assert!(piece == payload[at..at + 20_000]);
                }
            });
        }
    });
}

#[test]
fn header_parts_and_manifest_can_be_objects_of_their_own() {
    let object = Object::new(&[20_000, 5, 30_000]);
    let mut objects = vec![object.header.as_bytes().to_vec()];
    objects.extend(object.parts.iter().map(|(part, _)| part.clone()));
    objects.push(object.file_end.clone());
    let reader = Opener::new(&object.key).open_parts_at(Joined::new(objects).unwrap()).unwrap();
    let mut read = Vec::new();
    reader.stream().read_to_end(&mut read).unwrap();
    assert!(read == object.payload());

    // Or each opened by itself, in any way in which a body opens.
    let manifest = object.opened().open_manifest(object.manifest()).unwrap();
    assert_eq!(manifest.len(), 50_005);
    assert_eq!(manifest.range(1), Some(20_000..20_005));
    assert_eq!([0, 19_999, 20_000, 20_004, 20_005, 50_004].map(|at| manifest.part_at(at).unwrap()), [0, 0, 1, 1, 2, 2]);
    assert_eq!((manifest.part_at(50_005), manifest.range(3)), (None, None));
    assert!(manifest.part(3).is_none() && manifest.sealed_range(3).is_none());
    for (index, (sealed, plaintext)) in (0..).zip(&object.parts) {
        let part = manifest.part(index).unwrap();
        assert!(part.open(sealed).unwrap() == *plaintext);
        let mut read = Vec::new();
        part.clone().wrap_input(&sealed[..]).read_to_end(&mut read).unwrap();
        assert!(read == *plaintext);
        let range = manifest.sealed_range(index).unwrap();
        assert_eq!(range.end - range.start, sealed.len() as u64);
        let range = part.range_opener(sealed.first_chunk().unwrap()).unwrap();
        assert_eq!(
            range.verify_len(sealed.len() as u64, &sealed[sealed.len() - last_len(sealed.len())..]).unwrap(),
            plaintext.len() as u64
        );
    }
}

#[test]
fn a_part_is_written_as_a_stream() {
    let key = NoRsa::default();
    let (mut parts, mut journal) = Sealer::new(&key).start_parts().unwrap();
    let mut file = parts.header().as_bytes().to_vec();
    for index in 0..3 {
        let mut writer = parts.part(index).unwrap().wrap_output(Vec::new());
        for piece in pattern(40_000).chunks(1_777) {
            writer.write_all(piece).unwrap();
        }
        let (sealed, report) = writer.finish().unwrap();
        assert_eq!((report.index(), report.len()), (index, 40_000));
        file.extend_from_slice(&sealed);
        journal.record(report).unwrap();
    }
    file.extend_from_slice(&parts.finish(&mut journal, 3).unwrap().file_end());
    let mut read = Vec::new();
    Opener::new(&key).open_parts_at(file).unwrap().stream().read_to_end(&mut read).unwrap();
    assert!(read == pattern(40_000).repeat(3));
}

// --- attacks ------------------------------------------------------------------------------------

#[test]
fn another_attempt_at_a_part_is_foreign() {
    let mut object = Object::new(&[100, 20_000, 30]);
    let (again, _) = object.sealer.part(1).unwrap().seal(&pattern(20_000)).unwrap();
    object.parts[1].0 = again;
    assert_foreign(&object, 1);
}

#[test]
fn parts_in_another_order_are_foreign() {
    let mut object = Object::new(&[500, 500, 500]);
    object.parts.swap(0, 2);
    assert_foreign(&object, 0);
}

#[test]
fn a_part_of_another_object_is_foreign() {
    let mut object = Object::new(&[500, 500]);
    object.parts[1].0 = Object::new(&[500, 500]).parts[1].0.clone();
    assert_foreign(&object, 1);
}

#[test]
fn a_part_in_the_place_of_another_is_foreign() {
    let mut object = Object::new(&[500, 500]);
    object.parts[1].0 = object.parts[0].0.clone();
    assert_foreign(&object, 1);
}

#[test]
fn a_gap_and_an_overlap_are_noticed_before_anything_is_opened() {
    for change in [
        (|object: &mut Object| drop(object.parts.remove(1))) as fn(&mut Object),
        |object| object.parts.insert(1, object.parts[1].clone()),
        |object| object.parts[0].0.truncate(100),
        |object| object.parts[2].0.push(0),
    ] {
        let mut object = Object::new(&[500, 600, 700]);
        change(&mut object);
        let error = Opener::new(&object.key).open_parts_at(object.file()).unwrap_err();
        assert_eq!(open_error(&error), OpenError::MalformedManifest);
    }
}

#[test]
fn an_older_manifest_opens_its_own_parts_alone() {
    // What a holder of the content key makes of a journal that was copied: the library refuses it
    // for one journal and one sealer only.
    let mut object = Object::new(&[500, 500]);
    let older = object.file_end.clone();
    let (again, report) = object.sealer.part(1).unwrap().seal(&[9; 500]).unwrap();
    let mut journal = Journal::from_bytes(&object.journal_before_manifest).unwrap();
    journal.replace(report).unwrap();
    assert_eq!(object.sealer.finish(&mut journal, 2).map(|_| ()), Err(SealError::SecondManifest));
    let mut other = object.opened().resume_parts(&journal).unwrap();
    object.file_end = other.finish(&mut journal, 2).unwrap().file_end();
    object.parts[1] = (again, vec![9; 500]);
    let mut read = Vec::new();
    object.open().stream().read_to_end(&mut read).unwrap();
    assert!(read == object.payload());
    object.file_end = older;
    assert_foreign(&object, 1);
}

#[test]
fn a_part_opens_neither_alone_nor_as_a_manifest() {
    let object = Object::new(&[500]);
    let opened = object.opened();
    let layout = OpenError::OtherLayout { layout: Layout::Parts };
    assert_eq!(opened.open(&object.parts[0].0), Err(layout.clone()));
    assert_eq!(Opener::new(&object.key).open(&object.file()), Err(layout.clone()));
    assert_eq!(opened.message("0").open(&object.parts[0].0), Err(layout.clone()));
    assert_eq!(opened.open_manifest(&object.parts[0].0).map(|_| ()), Err(OpenError::WrongAssociatedData));
    assert_eq!(open_error(&Opener::new(&object.key).receive_from(&object.file()[..]).unwrap_err()), layout);
    // And other layouts have no parts.
    let single = bulla::seal(&object.key, b"hello").unwrap();
    let (header, body) = Header::split(&single, &Limits::default()).unwrap();
    let opened = Opener::new(&object.key).open_header(&header).unwrap();
    let layout = OpenError::OtherLayout { layout: Layout::Single };
    assert_eq!(opened.open_manifest(body).map(|_| ()), Err(layout.clone()));
    assert_eq!(open_error(&Opener::new(&object.key).open_parts_at(single).unwrap_err()), layout);
}

#[test]
fn a_file_that_is_cut_anywhere_does_not_open() {
    let object = Object::new(&[300, 200]);
    let file = object.file();
    for len in 0..file.len() {
        let error = Opener::new(&object.key).open_parts_at(&file[..len]).unwrap_err();
        let expected = [
            OpenError::Truncated,
            OpenError::MalformedManifest,
            OpenError::WrongAssociatedData,
            OpenError::LastChunkAltered { index: 0 },
        ];
        let error = open_error(&error);
        assert!(expected.contains(&error) || matches!(error, OpenError::LimitExceeded(_)), "{len}: {error:?}");
    }
}

#[test]
fn every_changed_byte_is_noticed() {
    let object = Object::new(&[30, 20]);
    let file = object.file();
    let header_len = object.header.as_bytes().len();
    for at in header_len..file.len() {
        let mut altered = file.clone();
        altered[at] ^= 1;
        let read = Opener::new(&object.key).open_parts_at(altered).and_then(|reader| {
            let mut read = Vec::new();
            reader.stream().read_to_end(&mut read)?;
            Ok(read)
        });
        assert!(read.is_err(), "{at}");
    }
}

#[test]
fn a_part_that_ends_with_full_chunks_is_verified_to_its_end() {
    for lens in [&[16_384, 5][..], &[5, 2 * 16_384]] {
        let object = Object::new(lens);
        let index = lens.iter().position(|len| len % 16_384 == 0).unwrap();
        let mut altered = object.file();
        altered[object.end_of(index) - 1] ^= 1;
        let reader = Opener::new(&object.key).open_parts_at(altered).unwrap();
        let error = reader.stream().read_to_end(&mut Vec::new()).unwrap_err();
        assert!(matches!(open_error(&error), OpenError::LastChunkAltered { .. }), "{error:?}");
        let end = reader.manifest().range(index as u64).unwrap().end;
        assert!(reader.read_exact_at(&mut [0; 10], end - 10).is_err());
        // What does not reach the end says nothing about it.
        reader.read_exact_at(&mut [0; 10], end - 11).unwrap();
    }
}

#[test]
fn the_commitment_of_a_manifest_is_judged_before_its_length() {
    let object = Object::new(&[500]);
    let opened = object.opened();
    let mut manifest = object.manifest().to_vec();
    manifest.truncate(60);
    assert_eq!(opened.open_manifest(&manifest).map(|_| ()), Err(OpenError::Truncated));
    manifest[0] ^= 1;
    assert_eq!(opened.open_manifest(&manifest).map(|_| ()), Err(OpenError::WrongAssociatedData));
    assert_eq!(opened.open_manifest(&manifest[..55]).map(|_| ()), Err(OpenError::Truncated));
}

#[test]
fn a_manifest_that_claims_to_be_long_costs_nothing() {
    let object = Object::new(&[30]);
    let mut file = object.file();
    let end = file.len() - 8;
    for (claim, expected) in [
        (u64::MAX, OpenError::MalformedManifest),
        (end as u64, OpenError::MalformedManifest),
        (0, OpenError::MalformedManifest),
        (71, OpenError::MalformedManifest),
    ] {
        file[end..].copy_from_slice(&claim.to_be_bytes());
        let error = open_error(&Opener::new(&object.key).open_parts_at(&file[..]).unwrap_err());
        assert_eq!(error, expected, "{claim}");
    }
    // An input that says that it is as long as that.
    struct Endless(Vec<u8>);
    impl bulla::ReadAt for Endless {
        fn read_at(&self, output: &mut [u8], offset: u64) -> std::io::Result<usize> {
            if offset > 1 << 60 {
                let len = output.len().min(8);
                output[..len].copy_from_slice(&(1_u64 << 50).to_be_bytes()[..len]);
                return Ok(len);
            }
            self.0[..].read_at(output, offset)
        }
        fn size(&self) -> std::io::Result<u64> {
            Ok((1 << 60) + 100)
        }
    }
    let error = Opener::new(&object.key).open_parts_at(Endless(object.file())).unwrap_err();
    assert!(matches!(open_error(&error), OpenError::MalformedManifest | OpenError::LimitExceeded(_)), "{error}");
}

#[test]
fn more_parts_than_the_limit_are_refused() {
    let object = Object::new(&[1; 5]);
    let limits = Limits::default().with_parts(5);
    assert!(Opener::new(&object.key).limits(limits).open_parts_at(object.file()).is_ok());
    let error = Opener::new(&object.key).limits(limits.with_parts(4)).open_parts_at(object.file()).unwrap_err();
    match open_error(&error) {
        OpenError::LimitExceeded(exceeded) => assert_eq!((exceeded.limit, exceeded.max), (Limit::Parts, 4)),
        other => panic!("{other:?}"),
    }
    assert!(matches!(object.sealer.part(1 << 20).map(|_| ()), Err(SealError::LimitExceeded(_))));
    assert!(object.sealer.part(65_535).is_ok());
}

// --- misuse -------------------------------------------------------------------------------------

#[test]
fn nothing_is_sealed_under_a_header_whose_recipients_were_changed() {
    let (one, other) = (Named::new(1), Named::new(2));
    let (parts, mut journal) = Sealer::with_recipients([&one, &other]).unwrap().start_parts().unwrap();
    let (_, report) = parts.part(0).unwrap().seal(b"hello").unwrap();
    journal.record(report).unwrap();
    let opened = Opener::new(&one).open_header(parts.header()).unwrap();
    assert!(opened.resume_parts(&journal).is_ok());
    let reduced = Rewrapper::new().remove_recipient(other.0).rewrap(&opened).unwrap();
    let reduced = Opener::new(&one).open_header(&reduced).unwrap();
    assert_eq!(reduced.resume_parts(&journal).map(|_| ()), Err(SealError::OtherHeader));
    // Not with the journal of another object either.
    let (mut foreign, its_journal) = Sealer::new(&one).start_parts().unwrap();
    assert_eq!(opened.resume_parts(&its_journal).map(|_| ()), Err(SealError::OtherHeader));
    assert_eq!(foreign.finish(&mut journal, 1).map(|_| ()), Err(SealError::OtherHeader));
}

#[test]
fn there_is_no_second_manifest_of_other_parts() {
    let mut object = Object::new(&[10, 20]);
    // The same entries again, because the first manifest was lost.
    assert!(object.sealer.finish(&mut object.journal, 2).is_ok());
    let (_, other) = object.sealer.part(1).unwrap().seal(&[7; 20]).unwrap();
    let (_, third) = object.sealer.part(2).unwrap().seal(&[7; 20]).unwrap();
    for report in [other, third] {
        assert_eq!(object.journal.replace(report), Err(SealError::SecondManifest));
    }
    let mut journal = Journal::from_bytes(&object.journal.to_bytes()).unwrap();
    assert_eq!(journal.replace(third), Err(SealError::SecondManifest));
    assert!(object.sealer.finish(&mut journal, 2).is_ok());
    // An older copy of the journal, in the process that has sealed the manifest.
    let mut older = Journal::from_bytes(&object.journal_before_manifest).unwrap();
    older.replace(other).unwrap();
    assert_eq!(object.sealer.finish(&mut older, 2).map(|_| ()), Err(SealError::SecondManifest));
}

#[test]
fn a_manifest_has_all_parts_and_no_others() {
    let key = NoRsa::default();
    let (mut parts, mut journal) = Sealer::new(&key).start_parts().unwrap();
    journal.record(parts.part(0).unwrap().seal(b"a").unwrap().1).unwrap();
    journal.record(parts.part(2).unwrap().seal(b"c").unwrap().1).unwrap();
    assert_eq!(parts.finish(&mut journal, 3).map(|_| ()), Err(SealError::MissingPart { index: 1 }));
    assert!(journal.contains(2) && !journal.contains(1) && journal.part_count() == 2);
    journal.record(parts.part(1).unwrap().seal(b"b").unwrap().1).unwrap();
    // A report that was lost makes no shorter object.
    assert_eq!(parts.finish(&mut journal, 4).map(|_| ()), Err(SealError::MissingPart { index: 3 }));
    assert_eq!(parts.finish(&mut journal, 2).map(|_| ()), Err(SealError::UnexpectedPart { index: 2 }));
    assert_eq!(journal.parts().map(|part| part.index()).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(parts.finish(&mut journal, 3).is_ok());
}

#[test]
fn a_journal_takes_one_attempt_at_each_part_of_its_object() {
    let key = NoRsa::default();
    let (mut parts, mut journal) = Sealer::new(&key).start_parts().unwrap();
    let report = |plaintext: &[u8]| parts.part(0).unwrap().seal(plaintext).unwrap().1;
    let (first, second) = (report(b"a"), report(b"a"));
    assert_ne!(first.commitment(), second.commitment());
    journal.record(first).unwrap();
    // From a queue that delivers twice.
    journal.record(first).unwrap();
    assert_eq!(journal.record(second), Err(SealError::OtherAttempt { index: 0 }));
    assert!(journal.parts().eq([first]));
    journal.replace(second).unwrap();
    assert_eq!(journal.record(first), Err(SealError::OtherAttempt { index: 0 }));
    assert!(journal.parts().eq([second]));

    let (foreign, _) = Sealer::new(&key).start_parts().unwrap();
    for index in [0, 1] {
        let (_, report) = foreign.part(index).unwrap().seal(b"b").unwrap();
        assert_eq!(journal.record(report), Err(SealError::OtherHeader));
    }
    // Reports that no sealer makes.
    let changed = |at: usize, to: u64| {
        let mut bytes = second.to_bytes();
        bytes[at..at + 8].copy_from_slice(&to.to_be_bytes());
        SealedPart::from_bytes(&bytes)
    };
    assert_eq!(journal.record(changed(24, 0)), Err(SealError::EmptyPart));
    assert_eq!(journal.replace(changed(24, 0)), Err(SealError::EmptyPart));
    assert_eq!(exceeded(journal.replace(changed(16, 1 << 20))), Some((Limit::Parts, 1 << 20)));
    assert!(journal.parts().eq([second]));
    assert!(parts.finish(&mut journal, 1).is_ok());
    assert_eq!(journal.record(first), Err(SealError::SecondManifest));
}

#[test]
fn the_end_of_the_payload_is_reported_only_with_the_last_part() {
    for lens in [&[10, 20_000][..], &[CHUNK]] {
        let object = Object::new(lens);
        let mut altered = object.file();
        altered[object.end_of(lens.len() - 1) - 1] ^= 1;
        let reader = Opener::new(&object.key).open_parts_at(altered).unwrap();
        let end = reader.len();
        let mut stream = reader.stream();
        assert_eq!(stream.seek(SeekFrom::End(0)).unwrap(), end);
        for error in [stream.read(&mut [0; 10]), reader.read_at(&mut [0; 10], end + 5)].map(Result::unwrap_err) {
            assert!(matches!(open_error(&error), OpenError::LastChunkAltered { .. }), "{error:?}");
        }
        let reader = object.open();
        assert_eq!(reader.read_at(&mut [0; 10], end).unwrap(), 0);
    }
    assert_eq!(Object::new(&[]).open().read_at(&mut [0; 10], 0).unwrap(), 0);
}

#[test]
fn many_parts_are_read_in_turns() {
    let object = Object::new(&[100; 20]);
    let reader = object.open();
    for round in 0..3 {
        for index in 0..20 {
            let mut byte = [0];
            reader.read_exact_at(&mut byte, index * 100 + round).unwrap();
            assert_eq!(byte[0], object.payload()[usize::try_from(index * 100 + round).unwrap()]);
        }
    }
    assert_eq!(reader.manifest().opened_header().header().as_bytes(), object.header.as_bytes());
    assert_eq!(reader.manifest().metadata(), None);
}

#[test]
fn a_part_that_is_pushed_is_drained_as_it_is_sealed() {
    let (parts, mut journal) = Sealer::new(NoRsa::default()).start_parts().unwrap();
    let mut writer = parts.part(0).unwrap().wrap_output(Vec::new());
    assert!(writer.try_finish().is_err());
    let mut sealed = Vec::new();
    for piece in pattern(50_000).chunks(1000) {
        writer.write_all(piece).unwrap();
        sealed.append(writer.get_mut());
    }
    assert!(sealed.len() > 3 * 16_400);
    let report = writer.try_finish().unwrap();
    sealed.append(writer.get_mut());
    assert!(writer.into_inner().is_empty());
    journal.record(report).unwrap();
    assert_eq!(sealed.len() as u64, bulla::body::body_len(report.len()).unwrap());
}

#[test]
fn workers_have_the_associated_data_of_the_object() {
    let key = NoRsa::default();
    let (mut parts, mut journal) = Sealer::new(&key).aad(b"tenant-7").start_parts().unwrap();
    let header = Header::parse(parts.header().as_bytes(), &Limits::default()).unwrap();
    let opened = || header.open(ContentKey::from_bytes(*parts.content_key().expose())).unwrap();
    assert_eq!(opened().resume_parts(&journal).map(|_| ()), Err(SealError::OtherAssociatedData));
    let worker = opened().aad(b"tenant-7").resume_parts(&journal).unwrap();
    let (sealed, report) = worker.part(0).unwrap().seal(b"hello").unwrap();
    journal.record(report).unwrap();
    let file = [header.as_bytes(), &sealed, &parts.finish(&mut journal, 1).unwrap().file_end()].concat();
    let reader = Opener::new(&key).aad(b"tenant-7").open_parts_at(file).unwrap();
    let mut read = [0; 5];
    reader.read_exact_at(&mut read, 0).unwrap();
    assert_eq!(&read, b"hello");
}

#[test]
fn what_a_reader_with_the_same_limits_would_refuse_is_not_sealed() {
    let key = NoRsa::default();
    let seal = |limits: Limits, lens: &[usize]| {
        let (mut parts, mut journal) = Sealer::new(&key).limits(limits).start_parts()?;
        for (index, len) in (0..).zip(lens) {
            journal.record(parts.part(index)?.seal(&vec![7; *len])?.1)?;
        }
        parts.finish(&mut journal, lens.len() as u64).map(|_| ())
    };
    let limits = Limits::default().with_plaintext_len(100).with_parts(3);
    // The manifest is longer than the payload may be, which does not matter.
    assert_eq!(seal(limits, &[50, 30, 20]), Ok(()));
    assert_eq!(exceeded(seal(limits, &[50, 30, 21])), Some((Limit::PlaintextLen, 100)));
    assert_eq!(exceeded(seal(limits, &[1, 1, 1, 1])), Some((Limit::Parts, 3)));
}

#[test]
fn an_empty_part_is_refused() {
    let key = NoRsa::default();
    let (parts, _) = Sealer::new(&key).start_parts().unwrap();
    assert_eq!(parts.part(0).unwrap().seal(b"").map(|_| ()), Err(SealError::EmptyPart));
    let error = parts.part(0).unwrap().wrap_output(Vec::new()).finish().map(|_| ()).unwrap_err();
    assert_eq!(SealError::from_io(error.error()), Some(&SealError::EmptyPart));
}

#[test]
fn a_journal_is_written_and_read_back_and_damage_is_noticed() {
    let object = Object::new(&[10, 20, 30]);
    let bytes = object.journal.to_bytes();
    assert_eq!(Journal::from_bytes(&bytes).unwrap(), object.journal);
    assert_eq!(bytes.len(), 208 + 3 * 48);
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        assert!(matches!(Journal::from_bytes(&damaged), Err(JournalError { .. })), "{at}");
        assert!(matches!(Journal::from_bytes(&bytes[..at]), Err(JournalError { .. })), "{at}");
    }
    let report = object.sealer.part(9).unwrap().seal(b"hello").unwrap().1;
    assert_eq!(SealedPart::from_bytes(&report.to_bytes()), report);
}

#[test]
fn another_process_resumes_with_the_content_key() {
    let object = Object::new(&[10]);
    let content_key = ContentKey::from_bytes(*object.sealer.content_key().expose());
    let resumed = object.header.open(content_key).unwrap();
    let mut journal = Journal::from_bytes(&object.journal_before_manifest).unwrap();
    let mut parts = resumed.resume_parts(&journal).unwrap();
    let (sealed, report) = parts.part(1).unwrap().seal(b"more").unwrap();
    journal.record(report).unwrap();
    let file_end = parts.finish(&mut journal, 2).unwrap().file_end();
    let file = [object.header.as_bytes(), &object.parts[0].0, &sealed, &file_end].concat();
    let mut read = Vec::new();
    Opener::new(&object.key).open_parts_at(file).unwrap().stream().read_to_end(&mut read).unwrap();
    assert!(read == [&pattern(10)[..], b"more"].concat());
}

proptest! {
    /// A model: parts sealed in any order, some of them several times, read at any position.
    #[test]
    fn an_object_reads_as_the_last_attempts_that_were_recorded(
        lens in prop::collection::vec(prop_oneof![1_usize..50, 16_380_usize..16_390, 30_000_usize..33_000], 1..5),
        attempts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        reads in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..40_000), 1..6),
    ) {
        let key = NoRsa::default();
        let (mut parts, mut journal) = Sealer::new(&key).start_parts().unwrap();
        let mut stored = vec![Vec::new(); lens.len()];
        let mut payloads = vec![Vec::new(); lens.len()];
        let all = (0..lens.len()).rev().map(|index| (index, 0));
        for (index, byte) in attempts.iter().map(|(index, byte)| (index.index(lens.len()), *byte)).chain(all) {
            if byte == 0 && !payloads[index].is_empty() {
                continue;
            }
            payloads[index] = vec![byte; lens[index]];
            let (sealed, report) = parts.part(index as u64).unwrap().seal(&payloads[index]).unwrap();
            stored[index] = sealed;
            journal.replace(report).unwrap();
        }
        let manifest = parts.finish(&mut journal, lens.len() as u64).unwrap().file_end();
        let file = [parts.header().as_bytes(), &stored.concat(), &manifest].concat();
        let payload = payloads.concat();
        let reader = Opener::new(&key).open_parts_at(file).unwrap();
        for (at, len) in reads {
            let at = at.index(payload.len());
            let mut piece = vec![0; len];
            let read = reader.read_at(&mut piece, at as u64).unwrap();
            let expected = &payload[at..payload.len().min(at + len)];
            prop_assert!(piece[..read] == *expected);
        }
    }
}

struct Object {
    key: NoRsa,
    sealer: PartsSealer,
    header: Header,
    /// Each sealed, and its plaintext.
    parts: Vec<(Vec<u8>, Vec<u8>)>,
    journal_before_manifest: Vec<u8>,
    journal: Journal,
    file_end: Vec<u8>,
}

impl Object {
    /// Sealed with the last part first.
    fn new(lens: &[usize]) -> Self {
        let key = NoRsa::default();
        let (mut sealer, mut journal) = Sealer::new(&key).start_parts().unwrap();
        let mut parts: Vec<_> = lens
            .iter()
            .enumerate()
            .rev()
            .map(|(index, len)| {
                let (sealed, report) = sealer.part(index as u64).unwrap().seal(&pattern(*len)).unwrap();
                journal.record(report).unwrap();
                (sealed, pattern(*len))
            })
            .collect();
        parts.reverse();
        let journal_before_manifest = journal.to_bytes();
        let file_end = sealer.finish(&mut journal, lens.len() as u64).unwrap().file_end();
        let header = sealer.header().clone();
        Self { key, sealer, header, parts, journal_before_manifest, journal, file_end }
    }

    fn payload(&self) -> Vec<u8> {
        self.parts.iter().flat_map(|(_, plaintext)| plaintext.clone()).collect()
    }

    fn file(&self) -> Vec<u8> {
        let parts: Vec<u8> = self.parts.iter().flat_map(|(sealed, _)| sealed.clone()).collect();
        [self.header.as_bytes(), &parts, &self.file_end].concat()
    }

    /// Where the part ends in the file.
    fn end_of(&self, index: usize) -> usize {
        self.header.as_bytes().len() + self.parts[..=index].iter().map(|(sealed, _)| sealed.len()).sum::<usize>()
    }

    fn manifest(&self) -> &[u8] {
        &self.file_end[..self.file_end.len() - 8]
    }

    fn open(&self) -> PartsReaderAt<Vec<u8>> {
        Opener::new(&self.key).open_parts_at(self.file()).unwrap()
    }

    fn opened(&self) -> OpenedHeader {
        Opener::new(&self.key).open_header(&self.header).unwrap()
    }
}

/// The limit that was exceeded.
fn exceeded(result: Result<(), SealError>) -> Option<(Limit, u64)> {
    match result {
        Err(SealError::LimitExceeded(exceeded)) => Some((exceeded.limit, exceeded.max)),
        _ => None,
    }
}

/// What stands in the place of part `index` is refused; what is before it is not.
fn assert_foreign(object: &Object, index: usize) {
    let reader = object.open();
    let start = reader.manifest().range(index as u64).unwrap().start;
    let error = reader.read_at(&mut [0; 10], start).unwrap_err();
    assert_eq!(open_error(&error), OpenError::ForeignPart { index: index as u64 });
    let mut before = vec![0; usize::try_from(start).unwrap()];
    reader.read_exact_at(&mut before, 0).unwrap();
    assert!(before == object.payload()[..before.len()]);
}

fn last_len(body_len: usize) -> usize {
    (body_len - 56) % 16400
}
