//! An input that panics while several threads open leaves no plaintext that did not verify in the
//! caller's slice.
#![cfg(feature = "parallel")]

#[path = "common/support.rs"]
mod support;

use std::io::{self, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bulla::error::OpenError;
use bulla::{Header, Limits, Opener, ReadAt};
use support::streams::{Break, Breaks};
use support::{CHUNK, NoRsa, SEALED_CHUNK, header_len, open_error, seal};

#[test]
fn a_reader_that_panics_leaves_nothing_in_the_slice() {
    in_pool(2, || {
        let key = NoRsa::default();
        for bad in [0, 1, 5, 17] {
            let envelope = with_bad_chunk(PASSED + bad);
            let body = header_len(&envelope) + 56;
            for panics_at in [bad + 1, 19, 24, 30, 63] {
                let at = (body + (PASSED + panics_at) * SEALED_CHUNK + 100) as u64;
                let input = Breaks::new(Cursor::new(&envelope[..]), Break { panic: Some(at), ..Break::default() });
                let mut reader = Opener::new(&key).threads(2).wrap_input(input).unwrap();
                reader.read_exact(&mut vec![0; PASSED * CHUNK]).unwrap();
                let mut output = vec![UNTOUCHED; CHUNKS * CHUNK];
                let read = catch_unwind(AssertUnwindSafe(|| reader.read(&mut output)));
                // A bad chunk may stop the threads before the input is asked for what panics.
                let released = match read {
                    Ok(read) => read.unwrap_or(0),
                    Err(_) => 0,
                };
                assert!(released <= bad * CHUNK);
                assert_holds(&output, released, &format!("chunk {bad} is bad, the read of {panics_at} panics"));
            }
        }
    });
}

#[test]
fn a_panic_before_anything_is_bad_releases_nothing_either() {
    // Nothing was returned, so that nothing is to be there, authentic or not.
    in_pool(2, || {
        let key = NoRsa::default();
        let envelope = seal(&plaintext());
        let at = (header_len(&envelope) + 56 + (PASSED + 30) * SEALED_CHUNK) as u64;
        let input = Breaks::new(Cursor::new(&envelope[..]), Break { panic: Some(at), ..Break::default() });
        let mut reader = Opener::new(&key).threads(2).wrap_input(input).unwrap();
        reader.read_exact(&mut vec![0; PASSED * CHUNK]).unwrap();
        let mut output = vec![UNTOUCHED; CHUNKS * CHUNK];
        catch_unwind(AssertUnwindSafe(|| reader.read(&mut output))).unwrap_err();
        assert_holds(&output, 0, "nothing is bad");
        assert!(output.contains(&0), "several threads were at work on it");
        assert!(reader.read(&mut output).unwrap_err().to_string().contains("panicked"));
    });
}

#[test]
fn a_read_at_that_panics_leaves_nothing_in_the_slice() {
    in_pool(2, || {
        let key = NoRsa::default();
        for bad in [0, 1, 5, 17] {
            let envelope = with_bad_chunk(bad);
            let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
            for panics_at in [0, 7, 18, 19, 30, 63] {
                let input = PanicsAt { bytes: body, at: (56 + panics_at * SEALED_CHUNK + 100) as u64 };
                let opened = Opener::new(&key).threads(2).open_header(&header).unwrap();
                let reader = opened.wrap_input_at(input, 0).unwrap();
                let mut output = vec![UNTOUCHED; CHUNKS * CHUNK];
                let read = catch_unwind(AssertUnwindSafe(|| reader.read_at(&mut output, 0)));
                let released = match read {
                    Ok(read) => read.unwrap_or(0),
                    Err(_) => 0,
                };
                assert!(released <= bad * CHUNK);
                assert_holds(&output, released, &format!("chunk {bad} is bad, the read of {panics_at} panics"));

                // Each read stands for itself: elsewhere there is something to read.
                let mut byte = [0];
                assert_eq!(reader.read_at(&mut byte, 40 * CHUNK as u64).unwrap(), 1);
                assert_eq!(byte, [FULL]);
                let error = catch_unwind(AssertUnwindSafe(|| reader.read_at(&mut byte, (bad * CHUNK) as u64)));
                if let Ok(read) = error {
                    assert_eq!(open_error(&read.unwrap_err()), OpenError::ChunkAltered { index: bad as u64 });
                }
            }
        }
    });
}

/// Panics when it is asked for the byte at a position.
struct PanicsAt<'a> {
    bytes: &'a [u8],
    at: u64,
}

impl ReadAt for PanicsAt<'_> {
    fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        let end = offset + output.len() as u64;
        assert!(!(offset..end).contains(&self.at), "broken on purpose");
        self.bytes.read_at(output, offset)
    }

    fn size(&self) -> io::Result<u64> {
        self.bytes.size()
    }
}

/// Whether the slice holds the plaintext that was released, and behind it none.
fn assert_holds(output: &[u8], released: usize, context: &str) {
    assert!(output[..released].iter().all(|byte| *byte == FULL), "{context}");
    assert!(output[released..].iter().all(|byte| [0, UNTOUCHED].contains(byte)), "{context}");
}

fn with_bad_chunk(index: usize) -> Vec<u8> {
    let mut envelope = seal(&plaintext());
    let at = header_len(&envelope) + 56 + index * SEALED_CHUNK;
    envelope[at] ^= 1;
    envelope
}

/// Neither zero nor untouched anywhere.
fn plaintext() -> Vec<u8> {
    vec![FULL; (PASSED + CHUNKS) * CHUNK]
}

fn in_pool(threads: usize, work: impl FnOnce() + Send) {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work);
}

/// Two batches for two threads.
const CHUNKS: usize = 128;

/// As many have passed before a stream is worked on in such batches.
const PASSED: usize = CHUNKS;

const FULL: u8 = 7;
const UNTOUCHED: u8 = 0xA5;
