//! What can be read of a damaged envelope, by comparing the pieces of its body with what was
//! sealed. The tests and the fuzz targets share this file.

use std::io::{self, Read};
use std::ops::Range;

use bulla::body::BodySealer;
use bulla::error::OpenError;
use bulla::{Header, Limits, ReadAt};

/// Done to the chunks of a body. Offsets and lengths are taken modulo what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    Flip {
        at: usize,
        mask: u8,
    },
    Cut {
        len: usize,
    },
    Extend {
        len: usize,
        byte: u8,
    },
    /// Exchanges two full chunks.
    Swap {
        a: usize,
        b: usize,
    },
}

/// A damaged envelope and what it held before.
pub struct Model {
    plaintext: Vec<u8>,
    pub envelope: Vec<u8>,
    body_offset: usize,
    /// Whether each piece of the chunks is as it was sealed, and its length. The last one is
    /// shorter than a full chunk.
    pieces: Vec<(bool, usize)>,
    /// The length of the plaintext, or why it does not verify.
    pub end: Result<u64, OpenError>,
}

impl Model {
    /// Damages `envelope`, which holds `plaintext`. No two of its chunks may be equal.
    pub fn new(plaintext: Vec<u8>, envelope: Vec<u8>, damage: &[Damage]) -> Self {
        Self::changed(plaintext, envelope, |chunks| damage.iter().for_each(|damage| damage_once(chunks, *damage)))
    }

    /// Does what `change` does to the chunks.
    pub fn changed(plaintext: Vec<u8>, mut envelope: Vec<u8>, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        let (header, _) = Header::split(&envelope, &Limits::default()).unwrap();
        let body_offset = header.as_bytes().len();
        let original = envelope.split_off(body_offset + BODY_PREFIX_LEN);
        let mut chunks = original.clone();
        change(&mut chunks);

        let originals: Vec<_> = original.chunks(SEALED_CHUNK_LEN).collect();
        let mut pieces: Vec<_> = chunks
            .chunks(SEALED_CHUNK_LEN)
            .enumerate()
            .map(|(index, piece)| (originals.get(index) == Some(&piece), piece.len()))
            .collect();
        if chunks.len().is_multiple_of(SEALED_CHUNK_LEN) {
            pieces.push((false, 0));
        }
        envelope.extend(chunks);
        let mut model = Self { plaintext, envelope, body_offset, pieces, end: Ok(0) };
        model.end = model.chunk(model.pieces.len() - 1).map(|_| to_u64(model.plaintext.len()));
        model
    }

    /// The bytes of the body in `range`, as far as they are there.
    pub fn fetch(&self, range: Range<u64>) -> &[u8] {
        let body = &self.envelope[self.body_offset..];
        let [start, end] = [range.start, range.end].map(|at| usize::try_from(at).unwrap().min(body.len()));
        &body[start..end]
    }

    /// Whether the length of the envelope says that nothing stands at `position`.
    pub fn claims_to_end_before(&self, position: u64) -> bool {
        let index = self.pieces.len() - 1;
        let (_, len) = self.pieces[index];
        len >= TAG_LEN && position >= to_u64(index * CHUNK_LEN + len - TAG_LEN)
    }

    /// What a read of `len` bytes at `position` gives, and how it ends: with `Ok` if it gave all of
    /// them, or if the end of the plaintext was reached and verifies.
    pub fn read(&self, position: u64, len: usize) -> (Vec<u8>, Result<(), OpenError>) {
        let mut seen = Vec::new();
        while seen.len() < len {
            let position = position + to_u64(seen.len());
            if self.claims_to_end_before(position) {
                return (seen, self.end.clone().map(|_| ()));
            }
            match self.chunk_from(position) {
                Ok((rest, _)) => seen.extend_from_slice(&rest[..rest.len().min(len - seen.len())]),
                Err(error) => return (seen, Err(error)),
            }
        }
        (seen, Ok(()))
    }

    /// What opening all chunks of a range gives: the plaintext as far as there is any, or why the
    /// first bad chunk does not open.
    pub fn open_range(&self, range: Range<u64>) -> Result<Vec<u8>, OpenError> {
        let mut opened = Vec::new();
        let len = usize::try_from(range.end.saturating_sub(range.start)).unwrap();
        while opened.len() < len {
            let (rest, is_last) = self.chunk_from(range.start + to_u64(opened.len()))?;
            opened.extend_from_slice(&rest[..rest.len().min(len - opened.len())]);
            if is_last {
                break;
            }
        }
        Ok(opened)
    }

    /// The plaintext from `position` to the end of its chunk, and whether that chunk is the last
    /// one.
    fn chunk_from(&self, position: u64) -> Result<(&[u8], bool), OpenError> {
        let index = usize::try_from(position / to_u64(CHUNK_LEN)).unwrap();
        let skipped = usize::try_from(position % to_u64(CHUNK_LEN)).unwrap();
        let chunk = self.chunk(index)?;
        Ok((chunk.get(skipped..).unwrap_or_default(), chunk.len() < CHUNK_LEN))
    }

    /// The plaintext of a chunk, or why it does not open.
    fn chunk(&self, index: usize) -> Result<&[u8], OpenError> {
        match self.pieces.get(index) {
            Some((true, _)) => {
                let start = index * CHUNK_LEN;
                Ok(&self.plaintext[start..self.plaintext.len().min(start + CHUNK_LEN)])
            }
            Some((_, SEALED_CHUNK_LEN)) => Err(OpenError::ChunkAltered { index: to_u64(index) }),
            Some((_, TAG_LEN..)) => Err(OpenError::LastChunkAltered { index: to_u64(index) }),
            _ => Err(OpenError::Truncated),
        }
    }
}

fn damage_once(chunks: &mut Vec<u8>, damage: Damage) {
    match damage {
        Damage::Flip { at, mask } => {
            if let Some(at) = at.checked_rem(chunks.len()) {
                chunks[at] ^= mask;
            }
        }
        Damage::Cut { len } => chunks.truncate(len % (chunks.len() + 1)),
        Damage::Extend { len, byte } => chunks.resize(chunks.len() + len, byte),
        Damage::Swap { a, b } => {
            let (full, _) = chunks.as_chunks_mut::<SEALED_CHUNK_LEN>();
            if let (Some(a), Some(b)) = (a.checked_rem(full.len()), b.checked_rem(full.len())) {
                full.swap(a, b);
            }
        }
    }
}

/// Bytes in memory that do not show that they are, and come in pieces.
pub struct Opaque<'a>(pub &'a [u8]);

impl ReadAt for Opaque<'_> {
    fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        // Less than a chunk, so that most reads take two calls.
        let len = output.len().min(10_000);
        self.0.read_at(&mut output[..len], offset)
    }

    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }
}

/// Reads until `output` is full, or the input ends or fails.
pub fn read_up_to(reader: &mut impl Read, output: &mut [u8]) -> (usize, io::Result<()>) {
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

fn to_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap()
}

const CHUNK_LEN: usize = BodySealer::CHUNK_LEN;
const SEALED_CHUNK_LEN: usize = BodySealer::SEALED_CHUNK_LEN;
const TAG_LEN: usize = BodySealer::TAG_LEN;
const BODY_PREFIX_LEN: usize = BodySealer::HEAD_LEN;
