//! An envelope, damage to it, and what must come of opening it then.

use bulla::error::OpenError;
use bulla::{Header, Identity, Limits, Sealer};

use super::{BODY_HEAD_LEN, CHUNK_LEN, Case, Damage, SEALED_CHUNK_LEN, TAG_LEN, seal};
use crate::fake::Fake;
use crate::split_mix::SplitMix64;

/// How much of the plaintext may be released, and how opening ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) released: usize,
    pub(super) end: Result<(), OpenError>,
}

/// An envelope and two headers that its body could stand behind.
pub(super) struct Sealed {
    pub(super) envelope: Vec<u8>,
    header_len: usize,
    /// With one more recipient.
    rewrapped: Vec<u8>,
    /// With other metadata.
    other_preamble: Vec<u8>,
}

impl Sealed {
    pub(super) fn new(case: &Case, plaintext: &[u8]) -> Self {
        let alice = Fake { anonymous: case.anonymous, ..Fake::default() };
        let bob = Fake { number: 1, ..Fake::default() };
        let mut sealer = Sealer::new(&alice).aad(&case.aad).threads(case.threads());
        if !case.metadata.is_empty() {
            sealer = sealer.metadata(&case.metadata);
        }
        let header = |sealer: Sealer<'_>| {
            let (header, _) = sealer.start_with_rng(&mut SplitMix64(0)).unwrap().into_parts();
            header.as_bytes().to_vec()
        };
        let other_metadata = [&case.metadata[..], b"!"].concat();
        Self {
            envelope: seal::every_way(&sealer, case, plaintext),
            header_len: header(sealer.clone()).len(),
            rewrapped: header(sealer.clone().recipient(&bob)),
            other_preamble: header(sealer.metadata(&other_metadata)),
        }
    }

    fn header(&self) -> &[u8] {
        &self.envelope[..self.header_len]
    }

    fn body(&self) -> &[u8] {
        &self.envelope[self.header_len..]
    }

    pub(super) fn damage(&self, damage: &[Damage]) -> Vec<u8> {
        let mut envelope = self.envelope.clone();
        for damage in damage.iter().take(MAX_DAMAGE) {
            self.damage_once(&mut envelope, damage);
        }
        envelope
    }

    fn damage_once(&self, envelope: &mut Vec<u8>, damage: &Damage) {
        let chunks_start = self.header_len + BODY_HEAD_LEN;
        let chunks = envelope.len().saturating_sub(chunks_start) / SEALED_CHUNK_LEN;
        // Where the chunk with this number stands, of those there are.
        let chunk = |number: u8| {
            let start = chunks_start + usize::from(number).checked_rem(chunks)? * SEALED_CHUNK_LEN;
            Some(start..start + SEALED_CHUNK_LEN)
        };
        match *damage {
            Damage::Flip { at, mask } => {
                let at = usize::try_from(at).unwrap();
                if let Some(at) = at.checked_rem(envelope.len()) {
                    envelope[at] ^= mask;
                }
            }
            Damage::Cut { len } => {
                let len = usize::try_from(len).unwrap() % (envelope.len() + 1);
                envelope.truncate(len);
            }
            Damage::Extend { len, byte } => envelope.resize(envelope.len() + usize::from(len), byte),
            Damage::CutAtChunk(number) => {
                if let Some(chunk) = chunk(number) {
                    envelope.truncate(chunk.start);
                }
            }
            Damage::SwapChunks(a, b) => {
                if let (Some(a), Some(b)) = (chunk(a), chunk(b)) {
                    let [a_bytes, b_bytes] = [&a, &b].map(|chunk| envelope[chunk.clone()].to_vec());
                    envelope[a].copy_from_slice(&b_bytes);
                    envelope[b].copy_from_slice(&a_bytes);
                }
            }
            Damage::RepeatChunk(number) => {
                if let Some(chunk) = chunk(number) {
                    let bytes = envelope[chunk.clone()].to_vec();
                    envelope.splice(chunk.end..chunk.end, bytes);
                }
            }
            Damage::RemoveChunk(number) => {
                if let Some(chunk) = chunk(number) {
                    envelope.drain(chunk);
                }
            }
            Damage::Rewrap => self.replace_header(envelope, &self.rewrapped),
            Damage::OtherPreamble => self.replace_header(envelope, &self.other_preamble),
        }
    }

    fn replace_header(&self, envelope: &mut Vec<u8>, header: &[u8]) {
        if envelope.starts_with(self.header()) {
            envelope.splice(..self.header_len, header.iter().copied());
        }
    }

    /// What must come of opening `envelope`: SPEC §5.3 and §6, decided by comparing bytes.
    pub(super) fn oracle(&self, envelope: &[u8], same_aad: bool) -> Expected {
        let fails = |error| Expected { released: 0, end: Err(error) };
        let same_preamble = envelope.strip_prefix(self.header()).or_else(|| envelope.strip_prefix(&self.rewrapped[..]));
        let (body, same_preamble) = match (same_preamble, envelope.strip_prefix(&self.other_preamble[..])) {
            (Some(body), _) => (body, true),
            (_, Some(body)) => (body, false),
            _ => return fails(self.oracle_of_bad_header(envelope)),
        };
        if body.len() < BODY_HEAD_LEN {
            return fails(OpenError::Truncated);
        }
        if !same_preamble || !same_aad || body[..BODY_HEAD_LEN] != self.body()[..BODY_HEAD_LEN] {
            return fails(OpenError::WrongAssociatedData);
        }
        oracle_of_chunks(&body[BODY_HEAD_LEN..], &self.body()[BODY_HEAD_LEN..])
    }

    /// `envelope` starts with none of the headers that were sealed.
    fn oracle_of_bad_header(&self, envelope: &[u8]) -> OpenError {
        if [self.header(), &self.rewrapped, &self.other_preamble].iter().any(|header| header.starts_with(envelope)) {
            return OpenError::Truncated;
        }
        // What parses and what does not is the other target's business.
        let header = match Header::split(envelope, &Limits::default()) {
            Ok((header, _)) => header,
            Err(error) => return error.into(),
        };
        match header.records().any(|record| Identity::may_open(&Fake::default(), &record)) {
            true => OpenError::NotAuthentic,
            false => OpenError::NoMatchingRecord,
        }
    }
}

fn oracle_of_chunks(given: &[u8], sealed: &[u8]) -> Expected {
    let (given, given_last) = given.as_chunks::<SEALED_CHUNK_LEN>();
    let (sealed, sealed_last) = sealed.as_chunks::<SEALED_CHUNK_LEN>();
    let good = given.iter().zip(sealed).take_while(|(given, sealed)| given == sealed).count();
    let index = u64::try_from(good).unwrap();
    let end = if good < given.len() {
        Err(OpenError::ChunkAltered { index })
    } else if given_last.len() < TAG_LEN {
        Err(OpenError::Truncated)
    } else if good == sealed.len() && given_last == sealed_last {
        Ok(())
    } else {
        Err(OpenError::LastChunkAltered { index })
    };
    let last = if end.is_ok() { given_last.len() - TAG_LEN } else { 0 };
    Expected { released: good * CHUNK_LEN + last, end }
}

/// More only makes the input larger.
const MAX_DAMAGE: usize = 8;
