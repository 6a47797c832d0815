//! What can be read of a damaged body, from the pieces of it that are as they were.

use std::ops::Range;

use bulla::{OpenError, Sealer, Header, Limits};

use super::case::{Case, Damage};
use crate::fake::Fake;
use crate::io::Counter;

pub(super) struct Model {
    plaintext: Vec<u8>,
    pub(super) envelope: Vec<u8>,
    body_offset: usize,
    /// Whether each piece of the chunks is what it was, and its length. The last one is shorter than a full chunk.
    pieces: Vec<(bool, usize)>,
    /// The length, or why it does not verify.
    pub(super) end: Result<u64, OpenError>,
}

impl Model {
    pub(super) fn new(case: &Case) -> Self {
        // The period is prime, so no two chunks are equal.
        let period: Vec<u8> = (0..251).collect();
        let mut plaintext = period.repeat(case.len / period.len() + 1);
        plaintext.truncate(case.len);
        let mut envelope =
            Sealer::new(&Fake::default()).seal_with_rng(&plaintext, &mut Counter::default()).unwrap();
        let (header, _) = Header::split(&envelope, &Limits::default()).unwrap();
        let body_offset = header.as_bytes().len();
        let original = envelope.split_off(body_offset + BODY_PREFIX_LEN);

        let mut chunks = original.clone();
        case.damage.iter().for_each(|damage| damage_once(&mut chunks, *damage));
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
        let len = u64::try_from(case.len).unwrap();
        model.end = model.failure(model.pieces.len() - 1).map_or(Ok(len), Err);
        model
    }

    /// The bytes of the body in `range`, as far as they are there.
    pub(super) fn fetch(&self, range: Range<u64>) -> &[u8] {
        let body = &self.envelope[self.body_offset..];
        let [start, end] = [range.start, range.end].map(|at| usize::try_from(at).unwrap().min(body.len()));
        &body[start..end]
    }

    /// Why a piece does not open.
    fn failure(&self, index: usize) -> Option<OpenError> {
        let chunk = u64::try_from(index).unwrap();
        match self.pieces.get(index) {
            Some((true, _)) => None,
            Some((_, SEALED_CHUNK_LEN)) => Some(OpenError::ChunkAltered { index: chunk }),
            Some((_, TAG_LEN..)) => Some(OpenError::LastChunkAltered { index: chunk }),
            _ => Some(OpenError::Truncated),
        }
    }

    /// Whether the length of the envelope says that nothing stands at `position`.
    pub(super) fn claims_to_end_before(&self, position: u64) -> bool {
        let index = self.pieces.len() - 1;
        let (_, len) = self.pieces[index];
        len >= TAG_LEN && position >= u64::try_from(index * CHUNK_LEN + len - TAG_LEN).unwrap()
    }

    /// What reading `len` bytes gives, and how it ends: well where that is all, or the end has verified.
    pub(super) fn read(&self, position: u64, len: usize) -> (Vec<u8>, Result<(), OpenError>) {
        if len > 0 && self.claims_to_end_before(position) {
            return (Vec::new(), self.end.clone().map(|_| ()));
        }
        let (mut seen, end) = self.read_pieces_up_to_failure(position, len);
        match end {
            // The length says that nothing follows; so the last chunk decides.
            Err(_) if self.claims_to_end_before(position + u64::try_from(seen.len()).unwrap()) => {
                (seen, self.end.clone().map(|_| ()))
            }
            end => {
                seen.truncate(len);
                (seen, end)
            }
        }
    }

    /// What opening all pieces of the range gives: nothing where one of them fails.
    pub(super) fn read_pieces(&self, position: u64, len: usize) -> (Vec<u8>, Result<(), OpenError>) {
        let (seen, end) = self.read_pieces_up_to_failure(position, len);
        if end.is_err() { (Vec::new(), end) } else { (seen, end) }
    }

    fn read_pieces_up_to_failure(&self, position: u64, len: usize) -> (Vec<u8>, Result<(), OpenError>) {
        let mut seen = Vec::new();
        let mut index = usize::try_from(position / u64::try_from(CHUNK_LEN).unwrap()).unwrap();
        let mut skip = usize::try_from(position).unwrap_or(usize::MAX) % CHUNK_LEN;
        while seen.len() < len {
            if let Some(error) = self.failure(index) {
                return (seen, Err(error));
            }
            let start = index * CHUNK_LEN;
            let chunk = &self.plaintext[start..self.plaintext.len().min(start + CHUNK_LEN)];
            let rest = chunk.get(skip..).unwrap_or_default();
            seen.extend_from_slice(&rest[..rest.len().min(len - seen.len())]);
            if chunk.len() < CHUNK_LEN {
                break;
            }
            index += 1;
            skip = 0;
        }
        (seen, Ok(()))
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

const CHUNK_LEN: usize = bulla::BodySealer::CHUNK_LEN;
const SEALED_CHUNK_LEN: usize = bulla::BodySealer::SEALED_CHUNK_LEN;
const TAG_LEN: usize = bulla::BodySealer::TAG_LEN;
const BODY_PREFIX_LEN: usize = bulla::BodySealer::PREFIX_LEN;
