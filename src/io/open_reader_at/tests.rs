//! Reading an envelope that is too long to be sealed in full.

use alloc::vec;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};
use std::io::{Seek, SeekFrom};

use super::*;
use crate::chunk::{BodySealer, body_len};
use crate::envelope::Sealer;
use crate::recipient::RsaIdentity;

#[test]
fn an_envelope_of_a_tebibyte_is_read_anywhere_at_the_cost_of_two_chunks() {
    let identity = RsaIdentity::from_pem(include_str!("../../../tests/keys/rsa2048.pem")).unwrap();
    let (header, body_sealer) = Sealer::new(identity.recipient()).start().unwrap().into_parts();
    let envelope =
        Synthetic { start: [header.as_bytes(), body_sealer.head()].concat(), body_sealer, chunks: AtomicU64::new(0) };
    let opener = Opener::new(&identity);
    let reader = opener.wrap_input_at(&envelope).unwrap();
    assert_eq!(reader.len().unwrap(), PLAINTEXT_LEN);
    assert_eq!(envelope.chunks.load(Ordering::Relaxed), 1);
    let mut seekable = opener.wrap_input(FromStart { input: &envelope, position: 0 }).unwrap();

    let mut position = 1_u64;
    for _ in 0..100 {
        position = position.wrapping_mul(6_364_136_223_846_793_005) % (PLAINTEXT_LEN - 4096);
        let expected: Vec<u8> = (position..position + 4096).map(plaintext_at).collect();
        let mut seen = vec![0; 4096];
        let before = envelope.chunks.load(Ordering::Relaxed);
        reader.read_exact_at(&mut seen, position).unwrap();
        assert!(envelope.chunks.load(Ordering::Relaxed) - before <= 2);
        assert_eq!(seen, expected);

        seekable.seek(SeekFrom::Start(position)).unwrap();
        seen.fill(0);
        seekable.read_exact(&mut seen).unwrap();
        assert_eq!(seen, expected);
    }
    assert_eq!(reader.read_at(&mut [0; 9], PLAINTEXT_LEN - 3).unwrap(), 3);
    assert_eq!(seekable.seek(SeekFrom::End(-3)).unwrap(), PLAINTEXT_LEN - 3);
    assert_eq!(seekable.read(&mut [0; 9]).unwrap(), 3);
}

const PLAINTEXT_LEN: u64 = (1 << 40) + 12_345;

fn plaintext_at(position: u64) -> u8 {
    position.to_be_bytes().into_iter().fold(7, |sum: u8, byte| sum.wrapping_mul(31).wrapping_add(byte))
}

/// A body that seals each chunk when it is read.
struct Synthetic {
    start: Vec<u8>,
    body_sealer: BodySealer,
    chunks: AtomicU64,
}

impl ReadAt for Synthetic {
    fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        let Some(offset) = offset.checked_sub(to_u64(self.start.len())) else {
            return self.start[..].read_at(output, offset);
        };
        let index = offset / to_u64(SEALED_CHUNK_LEN);
        let start = index * to_u64(CHUNK_LEN);
        if start > PLAINTEXT_LEN {
            return Ok(0);
        }
        let within = offset % to_u64(SEALED_CHUNK_LEN);
        // A read in the middle of a chunk does not count: it only asks whether a short chunk goes
        // on.
        self.chunks.fetch_add(u64::from(within == 0), Ordering::Relaxed);
        let plaintext: Vec<u8> = (start..PLAINTEXT_LEN.min(start + to_u64(CHUNK_LEN))).map(plaintext_at).collect();
        let mut sealed = vec![0; plaintext.len() + 16];
        self.body_sealer.seal_anywhere(index, &plaintext, &mut sealed);
        sealed[..].read_at(output, within)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(to_u64(self.start.len()) - 56 + body_len(PLAINTEXT_LEN).unwrap())
    }
}

impl<R: ReadAt> Seek for FromStart<'_, R> {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        self.position = match target {
            SeekFrom::Start(position) => position,
            SeekFrom::Current(by) => self.position.checked_add_signed(by).unwrap(),
            SeekFrom::End(by) => self.input.size()?.checked_add_signed(by).unwrap(),
        };
        Ok(self.position)
    }
}
