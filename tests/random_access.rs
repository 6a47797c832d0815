//! Reading anywhere: what the readers say of an envelope, whole or damaged, against a model that looks at its pieces.

#[path = "common/support.rs"]
mod support;

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use bulla::{
    Header, Limits, OpenError, OpenReader, OpenReaderAt, Opener, RangeOpener, ReadAt, Sealer, ciphertext_range,
    sealed_len,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use support::{CHUNK, NoRsa, open_error, pattern};

const SEALED: usize = CHUNK + 16;

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn seeking_and_reading_does_what_a_cursor_does(
        len in lengths(),
        script in vec(operation(), 1..20),
        threads in 1..4usize,
    ) {
        let plaintext = pattern(len);
        let envelope = seal(&plaintext);
        let mut cursor = Cursor::new(&plaintext);
        let key = NoRsa::default();
        let mut reader = open(&key, threads).wrap_input(Cursor::new(&envelope)).unwrap();
        for operation in script {
            match operation {
                Operation::Read(len) => {
                    let (mut expected, mut seen) = (vec![0; len], vec![0; len]);
                    let filled = fill(&mut cursor, &mut expected).unwrap();
                    prop_assert_eq!(fill(&mut reader, &mut seen).unwrap(), filled);
                    prop_assert!(seen == expected);
                }
                Operation::Seek(target) => match (cursor.seek(target), reader.seek(target)) {
                    (Ok(expected), Ok(position)) => prop_assert_eq!(position, expected),
                    (Err(expected), Err(error)) => prop_assert_eq!(error.kind(), expected.kind()),
                    (expected, seen) => prop_assert!(false, "{:?} instead of {:?}", seen, expected),
                },
                Operation::Len => prop_assert_eq!(reader.len().unwrap(), len as u64),
            }
            prop_assert_eq!(reader.stream_position().unwrap(), cursor.position());
        }
    }

    #[test]
    fn damage_shows_where_it_is_and_nowhere_else(
        len in lengths(),
        damage in damage(),
        script in vec((0..4 * CHUNK as u64, 0..3 * CHUNK), 1..12),
        threads in 1..4usize,
    ) {
        let model = Model::new(pattern(len), damage);
        let key = NoRsa::default();
        let Ok(mut reader) = open(&key, threads).wrap_input(Cursor::new(&model.envelope)) else {
            prop_assert!(model.envelope.len() < model.body + 56 || model.envelope[..model.body + 56] != model.original[..model.body + 56]);
            return Ok(());
        };
        let in_memory = open(&key, threads).wrap_input_at(&model.envelope[..]).unwrap();
        let elsewhere = open(&key, threads).wrap_input_at(Opaque(&model.envelope)).unwrap();
        prop_assert_eq!(in_memory.len().map_err(|error| open_error(&error)), model.end.clone());
        prop_assert_eq!(elsewhere.len().map_err(|error| open_error(&error)), model.end.clone());
        let positional: [ReadsAt<'_>; 2] =
            [&|output, offset| in_memory.read_at(output, offset), &|output, offset| elsewhere.read_at(output, offset)];
        prop_assert_eq!(reader.len().map_err(|error| open_error(&error)), model.end.clone());

        for (position, len) in script {
            let (expected, end) = model.read(position, len);

            let mut seen = vec![0; len];
            match reader.seek(SeekFrom::Start(position)) {
                Ok(_) => {
                    let (read, error) = read_up_to(&mut reader, &mut seen);
                    prop_assert!(seen[..read] == expected[..], "{} bytes at {position} instead of {}", read, expected.len());
                    prop_assert_eq!(error.map_err(|error| open_error(&error)), end.clone());
                    prop_assert!(seen[read..].iter().all(|byte| *byte == 0));
                }
                // Only where a position is at or behind the end, and the end does not verify.
                Err(error) => {
                    prop_assert_eq!(Err(open_error(&error)), end.clone());
                    prop_assert!(expected.is_empty() && model.claims_to_end_before(position));
                }
            }

            for read_at in positional {
                let mut seen = vec![0; len];
                match read_at(&mut seen, position) {
                    Ok(read) => {
                        prop_assert!(seen[..read] == expected[..]);
                        prop_assert!(seen[read..].iter().all(|byte| *byte == 0));
                        let rest = read_at(&mut vec![0; len - read], position + read as u64);
                        let rest = rest.map(|len| assert_eq!(len, 0)).map_err(|error| open_error(&error));
                        prop_assert_eq!(rest, end.clone());
                    }
                    Err(error) => {
                        prop_assert!(expected.is_empty());
                        prop_assert_eq!(Err(open_error(&error)), end.clone());
                    }
                }
            }
        }
    }

    #[test]
    fn a_range_opener_gives_what_the_plaintext_holds(
        len in lengths(),
        start in 0..4 * CHUNK as u64,
        range_len in 0..3 * CHUNK as u64,
        threads in 1..3usize,
        surplus in 0..2 * SEALED,
    ) {
        let plaintext = pattern(len);
        let envelope = seal(&plaintext);
        let (body_opener, body) = range_opener(&envelope, threads);
        let range = start..start + range_len;
        let fetched = ciphertext_range(range.clone());
        let fetch = |range: std::ops::Range<u64>, surplus: usize| {
            let end = (range.end as usize + surplus).min(body.len());
            &body[(range.start as usize).min(end)..end]
        };
        let opened = body_opener.open_range(range.clone(), fetch(fetched.clone(), 0));
        if range.is_empty() {
            prop_assert_eq!(opened, Ok(vec![]));
        } else if start as usize / CHUNK > len / CHUNK {
            prop_assert_eq!(opened, Err(OpenError::Truncated));
        } else {
            let expected = &plaintext[(start as usize).min(len)..(range.end as usize).min(len)];
            prop_assert!(opened.as_deref() == Ok(expected));
            prop_assert_eq!(body_opener.open_range(range.clone(), fetch(fetched.clone(), surplus)), opened);

            // Any change shows, and so does any cut.
            let sealed = fetch(fetched, 0);
            let mut altered = sealed.to_vec();
            altered[start as usize % sealed.len()] ^= 1;
            prop_assert!(body_opener.open_range(range.clone(), &altered).is_err());
            prop_assert!(body_opener.open_range(range, &sealed[..surplus % sealed.len()]).is_err());
        }
    }
}

#[test]
fn the_last_chunk_verifies_the_length_and_no_other_does() {
    for len in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
        let envelope = seal(&pattern(len));
        let (body_opener, body) = range_opener(&envelope, 1);
        let body_len = body.len() as u64;
        assert_eq!(sealed_len(len as u64), Some(body_len));
        let offset = RangeOpener::last_chunk_offset(body_len).unwrap();
        let last = &body[offset as usize..];
        assert_eq!(body_opener.verify_len(body_len, last), Ok(len as u64));

        assert_eq!(body_opener.verify_len(body_len + 1, last), Err(OpenError::Truncated));
        assert_eq!(body_opener.verify_len(body_len - 1, last), Err(OpenError::Truncated));
        // A longer body with the same last chunk, moved.
        let index = len as u64 / CHUNK as u64 + 1;
        assert_eq!(body_opener.verify_len(body_len + SEALED as u64, last), Err(OpenError::LastChunkAltered { index }));
        let mut altered = last.to_vec();
        altered[last.len() - 1] ^= 1;
        let index = index - 1;
        assert_eq!(body_opener.verify_len(body_len, &altered), Err(OpenError::LastChunkAltered { index }));
    }
}

#[test]
fn seeking_to_before_the_start_is_invalid_and_changes_nothing() {
    let key = NoRsa::default();
    let envelope = seal(&pattern(40_000));
    let mut reader = Opener::new(&key).wrap_input(Cursor::new(&envelope)).unwrap();
    let mut start = [0; 10];
    reader.read_exact(&mut start).unwrap();
    for target in [SeekFrom::Current(-11), SeekFrom::End(-40_001), SeekFrom::Current(i64::MIN)] {
        assert_eq!(reader.seek(target).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(reader.stream_position().unwrap(), 10);
    }
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).unwrap();
    assert!([&start[..], &rest].concat() == pattern(40_000));
}

#[test]
fn positions_far_beyond_the_end_read_as_nothing() {
    let key = NoRsa::default();
    let envelope = seal(&pattern(40_000));
    let mut reader = Opener::new(&key).wrap_input(Cursor::new(&envelope)).unwrap();
    let reader_at = Opener::new(&key).wrap_input_at(&envelope[..]).unwrap();
    for position in [40_000, 40_001, 1 << 40, (1 << 52) - 1, 1 << 52, 1 << 62, u64::MAX - 1, u64::MAX] {
        assert_eq!(reader.seek(SeekFrom::Start(position)).unwrap(), position);
        assert_eq!(reader.read(&mut [0; 9]).unwrap(), 0);
        assert_eq!(reader.stream_position().unwrap(), position);
        assert_eq!(reader_at.read_at(&mut [0; 9], position).unwrap(), 0);
        assert_eq!(reader_at.read_at(&mut vec![0; 3 * CHUNK], position).unwrap(), 0);
    }
    assert_eq!(reader.seek(SeekFrom::Current(1)).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    assert_eq!(reader.seek(SeekFrom::End(-1)).unwrap(), 39_999);
    assert_eq!(reader.read(&mut [0; 9]).unwrap(), 1);
}

#[test]
fn a_bad_chunk_fails_and_reading_behind_it_works() {
    let key = NoRsa::default();
    let plaintext = pattern(5 * CHUNK);
    let mut envelope = seal(&plaintext);
    let body = support::header_len(&envelope);
    envelope[body + 56 + 2 * SEALED] ^= 1;
    let mut reader = Opener::new(&key).wrap_input(Cursor::new(&envelope)).unwrap();

    let mut seen = Vec::new();
    let error = reader.read_to_end(&mut seen).unwrap_err();
    assert_eq!(open_error(&error), OpenError::ChunkAltered { index: 2 });
    assert!(seen == plaintext[..2 * CHUNK]);
    assert!(reader.read(&mut [0; 1]).is_err(), "the error stays");

    reader.seek(SeekFrom::Start(3 * CHUNK as u64)).unwrap();
    seen.clear();
    reader.read_to_end(&mut seen).unwrap();
    assert!(seen == plaintext[3 * CHUNK..]);
}

#[test]
fn an_envelope_within_a_file_is_read_from_where_it_starts() {
    let key = NoRsa::default();
    let plaintext = pattern(50_000);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"something else").unwrap();
    file.write_all(&seal(&plaintext)).unwrap();
    file.seek(SeekFrom::Start(14)).unwrap();

    let mut reader = Opener::new(&key).wrap_input(&file).unwrap();
    assert_eq!(reader.seek(SeekFrom::End(-10_000)).unwrap(), 40_000);
    let mut seen = Vec::new();
    reader.read_to_end(&mut seen).unwrap();
    assert!(seen == plaintext[40_000..]);
    reader.rewind().unwrap();
    seen.clear();
    reader.read_to_end(&mut seen).unwrap();
    assert!(seen == plaintext);
}

#[test]
fn a_detached_body_is_read_anywhere() {
    let key = NoRsa::default();
    let plaintext = pattern(50_000);
    let envelope = seal(&plaintext);
    let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
    let open = || Opener::new(&key).open_header(&header).unwrap();

    let mut reader = open().wrap_input(Cursor::new(body));
    reader.seek(SeekFrom::Start(20_000)).unwrap();
    let mut seen = vec![0; 100];
    reader.read_exact(&mut seen).unwrap();
    assert!(seen == plaintext[20_000..20_100]);

    let reader = open().wrap_input_at(body, 0).unwrap();
    reader.read_exact_at(&mut seen, 49_900).unwrap();
    assert!(seen == plaintext[49_900..]);
    assert_eq!(reader.read_exact_at(&mut seen, 49_901).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn other_associated_data_show_before_anything_is_read() {
    let key = NoRsa::default();
    let envelope = seal(&pattern(50_000));
    let error = Opener::new(&key).aad(b"other").wrap_input_at(&envelope[..]).unwrap_err();
    assert_eq!(open_error(&error), OpenError::WrongAssociatedData);

    let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
    let opened = Opener::new(&key).aad(b"other").open_header(&header).unwrap();
    let mut reader = opened.wrap_input(Cursor::new(body));
    for _ in 0..2 {
        assert_eq!(open_error(&reader.seek(SeekFrom::Start(20_000)).unwrap_err()), OpenError::WrongAssociatedData);
        assert_eq!(open_error(&reader.read(&mut [0; 1]).unwrap_err()), OpenError::WrongAssociatedData);
    }
}

#[test]
fn an_envelope_within_an_envelope_is_read_anywhere() {
    let key = NoRsa::default();
    let plaintext = pattern(100_000);
    let twice = seal(&seal(&plaintext));
    let opener = Opener::new(&key);
    let reader = opener.wrap_input_at(opener.wrap_input_at(&twice[..]).unwrap()).unwrap();
    let mut seen = vec![0; 40_000];
    reader.read_exact_at(&mut seen, 33_333).unwrap();
    assert!(seen == plaintext[33_333..73_333]);
    assert_eq!(reader.len().unwrap(), 100_000);
}

#[test]
fn the_plaintext_limit_holds_for_every_position() {
    let key = NoRsa::default();
    let envelope = seal(&pattern(50_000));
    let limits = Limits::default().with_plaintext_len(40_000);
    let reader = Opener::new(&key).limits(limits).wrap_input_at(&envelope[..]).unwrap();
    let mut seen = vec![0; CHUNK];
    reader.read_exact_at(&mut seen, 0).unwrap();
    for result in [reader.read_exact_at(&mut seen, 2 * CHUNK as u64), reader.len().map(|_| ())] {
        assert!(matches!(open_error(&result.unwrap_err()), OpenError::LimitExceeded(_)));
    }
}

type ReadsAt<'a> = &'a dyn Fn(&mut [u8], u64) -> io::Result<usize>;

/// Does not tell that it is in memory.
struct Opaque<'a>(&'a [u8]);

impl ReadAt for Opaque<'_> {
    fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        // In two pieces, mostly.
        let len = output.len().min(10_000);
        self.0.read_at(&mut output[..len], offset)
    }

    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }
}

/// Counts what is asked of it.
struct Counting<R> {
    inner: R,
    bytes: AtomicU64,
}

impl<R: ReadAt> ReadAt for Counting<R> {
    fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        let len = self.inner.read_at(output, offset)?;
        self.bytes.fetch_add(len as u64, Ordering::Relaxed);
        Ok(len)
    }

    fn size(&self) -> io::Result<u64> {
        self.inner.size()
    }
}

#[test]
fn reading_takes_no_more_chunks_than_it_must() {
    let key = NoRsa::default();
    let envelope = seal(&pattern(20 * CHUNK + 5));
    let counting = Counting { inner: &envelope[..], bytes: AtomicU64::new(0) };
    let reader = Opener::new(&key).wrap_input_at(counting).unwrap();
    let opening = reader.get_ref().bytes.load(Ordering::Relaxed);
    assert_eq!(opening, support::header_len(&envelope) as u64 + 56);

    for (offset, len) in
        [(0, 1), (16_000, 1000), (5 * CHUNK, CHUNK), (5 * CHUNK + 1, CHUNK), (7, 5 * CHUNK), (0, 20 * CHUNK)]
    {
        let before = reader.get_ref().bytes.load(Ordering::Relaxed);
        reader.read_exact_at(&mut vec![0; len], offset as u64).unwrap();
        let taken = reader.get_ref().bytes.load(Ordering::Relaxed) - before;
        let chunks = taken.div_ceil(SEALED as u64);
        assert!(chunks <= len.div_ceil(CHUNK) as u64 + 1, "{chunks} chunks for {len} bytes at {offset}");
    }

    // One after the other: the chunk is opened once.
    let before = reader.get_ref().bytes.load(Ordering::Relaxed);
    for offset in 0..1000 {
        reader.read_exact_at(&mut [0; 16], 9 * CHUNK as u64 + offset * 16).unwrap();
    }
    assert_eq!(reader.get_ref().bytes.load(Ordering::Relaxed) - before, SEALED as u64);
}

#[test]
fn a_length_that_the_input_made_up_is_not_believed() {
    /// Claims to be shorter than it is.
    struct Modest<R>(R, u64);
    impl<R: ReadAt> ReadAt for Modest<R> {
        fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
            self.0.read_at(output, offset)
        }
        fn size(&self) -> io::Result<u64> {
            self.0.size().map(|size| size - self.1)
        }
    }
    impl<R: Read> Read for Modest<R> {
        fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
            self.0.read(output)
        }
    }
    impl<R: Seek> Seek for Modest<R> {
        fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
            let end = self.0.seek(SeekFrom::End(0))? - self.1;
            match target {
                SeekFrom::End(0) => Ok(end),
                target => self.0.seek(target),
            }
        }
        fn stream_position(&mut self) -> io::Result<u64> {
            self.0.stream_position()
        }
    }
    let key = NoRsa::default();
    let envelope = seal(&pattern(3 * CHUNK + 500));
    for missing in [1, 100, SEALED as u64, 2 * SEALED as u64 - 1] {
        // What verifies is the truth, whatever was claimed.
        let len = 3 * CHUNK as u64 + 500;
        let reader = Opener::new(&key).wrap_input_at(Modest(&envelope[..], missing)).unwrap();
        assert!(reader.len().ok().is_none_or(|told| told == len), "{missing} bytes fewer");
        assert_eq!(reader.read_at(&mut [0; 1], len - 1).unwrap(), 1);
        let mut reader = Opener::new(&key).wrap_input(Modest(Cursor::new(&envelope), missing)).unwrap();
        assert!(reader.len().ok().is_none_or(|told| told == len), "{missing} bytes fewer");
        assert!(reader.seek(SeekFrom::End(0)).ok().is_none_or(|told| told == len), "{missing} bytes fewer");
        reader.rewind().unwrap();
        if reader.seek(SeekFrom::Start(len - 1)).is_ok() {
            assert_eq!(reader.read(&mut [0; 9]).unwrap(), 1);
        }
        reader.rewind().unwrap();
        let mut all = Vec::new();
        reader.read_to_end(&mut all).unwrap();
        assert!(all == pattern(3 * CHUNK + 500), "reading on is not disturbed");
    }
}

/// An input that can be told to lie about its end, and to fail once.
struct Hostile {
    inner: Cursor<Vec<u8>>,
    /// Claimed to be where it ends.
    end: Option<u64>,
    trouble: Rc<Cell<Trouble>>,
}

#[derive(Clone, Copy, Default)]
struct Trouble {
    /// The seek with this number from now on, counted from one, fails with this.
    seek: Option<(u32, io::ErrorKind)>,
    /// A read at or behind this place fails, once.
    read: Option<u64>,
}

impl Hostile {
    fn new(envelope: &[u8], end: Option<u64>) -> (Self, Rc<Cell<Trouble>>) {
        let trouble = Rc::new(Cell::new(Trouble::default()));
        (Self { inner: Cursor::new(envelope.to_vec()), end, trouble: Rc::clone(&trouble) }, trouble)
    }
}

impl Read for Hostile {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let trouble = self.trouble.get();
        if trouble.read.is_some_and(|at| self.inner.position() >= at) {
            self.trouble.set(Trouble { read: None, ..trouble });
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.inner.read(output)
    }
}

impl Seek for Hostile {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        let trouble = self.trouble.get();
        if let Some((number, kind)) = trouble.seek {
            let left = (number > 1).then(|| (number - 1, kind));
            self.trouble.set(Trouble { seek: left, ..trouble });
            if left.is_none() {
                return Err(kind.into());
            }
        }
        match (target, self.end) {
            (SeekFrom::End(0), Some(end)) => Ok(end),
            (target, _) => self.inner.seek(target),
        }
    }
}

/// So that every chunk tells its number.
fn numbered(len: usize) -> Vec<u8> {
    (0..len).map(|at| u8::try_from(at / CHUNK).unwrap()).collect()
}

#[test]
fn a_claimed_end_never_moves_plaintext() {
    let key = NoRsa::default();
    let envelope = seal(&numbered(10 * CHUNK + 5));
    let body = support::header_len(&envelope) as u64;
    for claimed in [0, 56, 57, 56 + 16, 56 + 3 * SEALED as u64, 56 + 3 * SEALED as u64 + 500] {
        for target in [7 * CHUNK as u64 + 100, 10 * CHUNK as u64, u64::MAX - 20] {
            let (input, _) = Hostile::new(&envelope, Some(body + claimed));
            let mut reader = Opener::new(&key).wrap_input(input).unwrap();
            if reader.seek(SeekFrom::Start(target)).is_ok() {
                let mut seen = [99; 64];
                if let Ok(read) = reader.read(&mut seen) {
                    let expected = u8::try_from(target / CHUNK as u64).unwrap_or(99);
                    assert!(seen[..read].iter().all(|byte| *byte == expected), "claimed {claimed}, at {target}");
                    assert!(read > 0, "no end was verified");
                }
            }
        }
    }
}

#[test]
fn an_input_that_changes_its_length_never_moves_plaintext() {
    let key = NoRsa::default();
    let envelope = seal(&numbered(10 * CHUNK + 5));
    let body = support::header_len(&envelope);
    for (verified, len) in
        [(false, 3 * SEALED), (false, 3 * SEALED + 500), (true, 3 * SEALED), (true, 3 * SEALED + 500)]
    {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&envelope).unwrap();
        file.rewind().unwrap();
        let mut reader = Opener::new(&key).wrap_input(file.try_clone().unwrap()).unwrap();
        if verified {
            reader.len().unwrap();
        }
        file.set_len((body + 56 + len) as u64).unwrap();
        let sought = reader.seek(SeekFrom::Start(7 * CHUNK as u64 + 100));
        file.set_len(0).unwrap();
        write_at_start(&file, &envelope);
        if sought.is_ok() {
            let mut seen = [99; 10];
            let read = reader.read(&mut seen).unwrap();
            assert!(read > 0 && seen[..read].iter().all(|byte| *byte == 7), "{seen:?}");
        }
    }
}

/// Without moving the position that both handles share.
fn write_at_start(file: &File, bytes: &[u8]) {
    let position = (&*file).stream_position().unwrap();
    (&*file).rewind().unwrap();
    (&*file).write_all(bytes).unwrap();
    (&*file).seek(SeekFrom::Start(position)).unwrap();
}

#[test]
fn whatever_fails_while_the_end_is_verified_no_read_skips_anything() {
    let key = NoRsa::default();
    let plaintext = numbered(10 * CHUNK + 5);
    let good = seal(&plaintext);
    let bad = {
        let mut bad = good.clone();
        *bad.last_mut().unwrap() ^= 1;
        bad
    };
    let kinds = [io::ErrorKind::Other, io::ErrorKind::WouldBlock, io::ErrorKind::Interrupted];
    let mut lost = 0;
    for envelope in [good, bad] {
        let last_chunk = envelope.len() as u64 - 21;
        for trouble in (0..7)
            .flat_map(|number| kinds.map(|kind| Trouble { seek: Some((number, kind)), read: None }))
            .chain((0..5).map(|number| Trouble { seek: Some((number, kinds[0])), read: Some(last_chunk) }))
        {
            for operation in [Operation::Len, Operation::Seek(SeekFrom::Start(plaintext.len() as u64))] {
                let (input, handle) = Hostile::new(&envelope, None);
                let mut reader = Opener::new(&key).wrap_input(input).unwrap();
                reader.read_exact(&mut vec![0; CHUNK]).unwrap();
                let number = trouble.seek.unwrap().0;
                handle.set(if number == 0 { Trouble { seek: None, ..trouble } } else { trouble });
                let moved = match operation {
                    Operation::Seek(target) => reader.seek(target).is_ok(),
                    _ => {
                        let _ = reader.len();
                        false
                    }
                };
                handle.set(Trouble::default());
                if moved {
                    assert_eq!(reader.read(&mut [0; 9]).unwrap(), 0);
                    continue;
                }
                assert_eq!(reader.stream_position().unwrap(), CHUNK as u64);
                let mut rest = Vec::new();
                match reader.read_to_end(&mut rest) {
                    Ok(_) => assert!(rest == plaintext[CHUNK..]),
                    Err(_) => {
                        assert!(plaintext[CHUNK..].starts_with(&rest));
                        lost += u32::from(rest.is_empty());
                        // A seek that succeeds finds its way again.
                        reader.seek(SeekFrom::Start(5 * CHUNK as u64)).unwrap();
                        let mut byte = [0];
                        reader.read_exact(&mut byte).unwrap();
                        assert_eq!(byte, [5]);
                    }
                }
            }
        }
    }
    assert!(lost > 0, "no case got lost");
}

#[test]
fn interrupted_seeks_are_retried() {
    let key = NoRsa::default();
    let envelope = seal(&numbered(3 * CHUNK));
    for number in 1..5 {
        let (input, handle) = Hostile::new(&envelope, None);
        let mut reader = Opener::new(&key).wrap_input(input).unwrap();
        handle.set(Trouble { seek: Some((number, io::ErrorKind::Interrupted)), read: None });
        assert_eq!(reader.len().unwrap(), 3 * CHUNK as u64);
    }
}

#[test]
fn a_chunk_that_was_kept_is_not_mistaken_for_another() {
    let key = NoRsa::default();
    let plaintext = numbered(20 * CHUNK);
    let envelope = seal(&plaintext);
    let reader = Opener::new(&key).wrap_input_at(Opaque(&envelope)).unwrap();
    for (offset, len) in [(0, 8 * CHUNK), (9 * CHUNK, 5), (0, 8 * CHUNK), (9 * CHUNK, 5), (9 * CHUNK + 7, 2 * CHUNK)] {
        let mut seen = vec![99; len];
        reader.read_exact_at(&mut seen, offset as u64).unwrap();
        assert!(seen == plaintext[offset..offset + len], "{len} bytes at {offset}");
    }
}

#[test]
fn an_input_that_claims_too_much_is_an_error_and_no_panic() {
    struct Boasting;
    impl Read for Boasting {
        fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
            Ok(output.len() + 1)
        }
    }
    impl ReadAt for Boasting {
        fn read_at(&self, _: &mut [u8], _: u64) -> io::Result<usize> {
            Ok(usize::MAX)
        }
        fn size(&self) -> io::Result<u64> {
            Ok(u64::MAX)
        }
    }
    assert!(Header::read_from(&mut Boasting, &Limits::default()).is_err());
    assert!(Opener::new(&NoRsa::default()).wrap_input_at(Boasting).is_err());
}

#[test]
fn a_range_behind_the_longest_plaintext_shows_no_end() {
    let envelope = seal(b"hello");
    let (body_opener, _) = range_opener(&envelope, 1);
    for start in [(1 << 52) - 1, 1 << 52, u64::MAX - 10] {
        assert_eq!(body_opener.open_range(start..start + 10, b""), Err(OpenError::Truncated));
        assert_eq!(body_opener.open_range(start..start, b""), Ok(vec![]));
    }
}

#[test]
fn several_threads_read_the_same_file() {
    let key = NoRsa::default();
    let plaintext = pattern(40 * CHUNK + 5);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&seal(&plaintext)).unwrap();
    let reader: OpenReaderAt<File> = Opener::new(&key).wrap_input_at(file).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (reader, plaintext) = (&reader, &plaintext);
            scope.spawn(move || {
                for round in 0..50 {
                    let offset = (thread * 7919 + round * 104_729) % (plaintext.len() - 5000);
                    let mut seen = vec![0; 5000];
                    reader.read_exact_at(&mut seen, offset as u64).unwrap();
                    assert!(seen == plaintext[offset..offset + 5000]);
                }
            });
        }
    });
}

#[derive(Clone, Debug)]
enum Operation {
    Read(usize),
    Seek(SeekFrom),
    Len,
}

fn operation() -> impl Strategy<Value = Operation> {
    let far = 4 * CHUNK as i64;
    prop_oneof![
        4 => (0..2 * CHUNK).prop_map(Operation::Read),
        2 => (0..4 * CHUNK as u64).prop_map(|position| Operation::Seek(SeekFrom::Start(position))),
        2 => (-far..far).prop_map(|by| Operation::Seek(SeekFrom::Current(by))),
        1 => (-200..200i64).prop_map(|by| Operation::Seek(SeekFrom::Current(by))),
        2 => (-far..far / 4).prop_map(|by| Operation::Seek(SeekFrom::End(by))),
        1 => Just(Operation::Len),
    ]
}

fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![
        0..4 * CHUNK,
        (0..4usize, -1..2i64).prop_map(|(chunks, by)| (chunks * CHUNK).saturating_add_signed(by as isize)),
    ]
}

#[derive(Clone, Debug)]
enum Damage {
    None,
    Flip(Index),
    Cut(Index),
    CutChunks(usize),
    Extend(usize),
    Swap(Index, Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        Just(Damage::None),
        any::<Index>().prop_map(Damage::Flip),
        any::<Index>().prop_map(Damage::Cut),
        (0..4usize).prop_map(Damage::CutChunks),
        prop_oneof![1..40usize, Just(SEALED), Just(SEALED - 16), 0..2 * SEALED].prop_map(Damage::Extend),
        any::<(Index, Index)>().prop_map(|(a, b)| Damage::Swap(a, b)),
    ]
}

/// What can be read of a damaged envelope, from the pieces of its body that are as they were.
struct Model {
    plaintext: Vec<u8>,
    original: Vec<u8>,
    envelope: Vec<u8>,
    body: usize,
    /// Whether each piece of the damaged body is what it was, and its length.
    pieces: Vec<(bool, usize)>,
    /// The length, or why it does not verify.
    end: Result<u64, OpenError>,
}

impl Model {
    fn new(plaintext: Vec<u8>, damage: Damage) -> Self {
        let original = seal(&plaintext);
        let body = support::header_len(&original);
        let chunks = body + 56;
        let mut envelope = original.clone();
        let len = original.len() - chunks;
        match damage {
            Damage::None => {}
            Damage::Flip(at) => envelope[chunks + at.index(len)] ^= 1,
            Damage::Cut(at) => envelope.truncate(chunks + at.index(len)),
            Damage::CutChunks(count) => envelope.truncate(chunks + (count * SEALED).min(len)),
            Damage::Extend(by) => envelope.extend(pattern(by)),
            Damage::Swap(a, b) => {
                let (a, b) = (a.index(len.div_ceil(SEALED)), b.index(len.div_ceil(SEALED)));
                let piece = |index: usize| chunks + index * SEALED..(chunks + (index + 1) * SEALED).min(original.len());
                if piece(a).len() == piece(b).len() {
                    envelope[piece(a)].copy_from_slice(&original[piece(b)]);
                    envelope[piece(b)].copy_from_slice(&original[piece(a)]);
                }
            }
        }
        let originals: Vec<_> = original[chunks..].chunks(SEALED).collect();
        let damaged = &envelope[chunks..];
        let mut pieces: Vec<_> = damaged
            .chunks(SEALED)
            .enumerate()
            .map(|(index, piece)| (originals.get(index) == Some(&piece), piece.len()))
            .collect();
        if damaged.len().is_multiple_of(SEALED) {
            pieces.push((false, 0));
        }
        let last = pieces.len() - 1;
        let end = Self::failure(&pieces, last).map_or(Ok(plaintext.len() as u64), Err);
        Self { plaintext, original, envelope, body, pieces, end }
    }

    /// Why a piece does not open.
    fn failure(pieces: &[(bool, usize)], index: usize) -> Option<OpenError> {
        let chunk = index as u64;
        match pieces.get(index) {
            Some((true, _)) => None,
            Some((_, SEALED)) => Some(OpenError::ChunkAltered { index: chunk }),
            Some((_, 16..)) => Some(OpenError::LastChunkAltered { index: chunk }),
            _ => Some(OpenError::Truncated),
        }
    }

    /// Whether the length of the envelope says that nothing stands at `position`.
    fn claims_to_end_before(&self, position: u64) -> bool {
        let (last, len) = (self.pieces.len() - 1, self.pieces[self.pieces.len() - 1].1);
        len >= 16 && position >= (last * CHUNK + len - 16) as u64
    }

    /// What a read of `len` bytes gives before it ends with an error, if it does.
    fn read(&self, position: u64, len: usize) -> (Vec<u8>, Result<(), OpenError>) {
        let mut seen = Vec::new();
        let mut position = position as usize;
        while seen.len() < len {
            if self.claims_to_end_before(position as u64) {
                return (seen, self.end.clone().map(|_| ()));
            }
            if let Some(error) = Self::failure(&self.pieces, position / CHUNK) {
                return (seen, Err(error));
            }
            let end = (position / CHUNK * CHUNK + CHUNK).min(self.plaintext.len()).min(position + len - seen.len());
            seen.extend_from_slice(&self.plaintext[position..end]);
            position = end;
        }
        (seen, Ok(()))
    }
}

fn seal(plaintext: &[u8]) -> Vec<u8> {
    Sealer::new(&NoRsa::default()).seal(plaintext).unwrap()
}

#[cfg(not(feature = "parallel"))]
fn open(key: &NoRsa, _: usize) -> Opener<'_> {
    Opener::new(key)
}

#[cfg(feature = "parallel")]
fn open(key: &NoRsa, threads: usize) -> Opener<'_> {
    Opener::new(key).threads(threads)
}

fn range_opener(envelope: &[u8], threads: usize) -> (RangeOpener, &[u8]) {
    let (header, body) = Header::split(envelope, &Limits::default()).unwrap();
    let opened = open(&NoRsa::default(), threads).open_header(&header).unwrap();
    (opened.range_opener(body.first_chunk().unwrap()).unwrap(), body)
}

fn fill(reader: &mut impl Read, output: &mut [u8]) -> io::Result<usize> {
    let (read, end) = read_up_to(reader, output);
    end.map(|()| read)
}

/// Reads until `output` is full, or the input ends or fails.
fn read_up_to(reader: &mut impl Read, output: &mut [u8]) -> (usize, io::Result<()>) {
    let mut filled = 0;
    while filled < output.len() {
        match reader.read(&mut output[filled..]) {
            Ok(0) => break,
            Ok(len) => filled += len,
            Err(error) => return (filled, Err(error)),
        }
    }
    (filled, Ok(()))
}

/// For the type's sake: what is read from and can seek can seek.
fn _assert_seek(reader: &mut OpenReader<File>) -> &mut dyn Seek {
    reader
}
