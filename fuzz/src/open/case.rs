//! What the fuzzer's bytes stand for.

use arbitrary::{Arbitrary, Unstructured};

use super::CHUNK_LEN;
use crate::io::Step;

/// One test of everything, made from the fuzzer's bytes.
#[derive(Arbitrary, Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    /// Full chunks of the plaintext, taken modulo [`MAX_CHUNKS`].
    pub chunks: u8,
    /// Bytes behind them, taken modulo one more than a chunk.
    pub rest: u16,
    /// What the plaintext is made from.
    pub pattern: u8,
    /// Bounds the plaintext.
    pub limit: Option<u32>,
    /// None where empty.
    pub metadata: Vec<u8>,
    pub aad: Vec<u8>,
    /// Given when opening in place of `aad`.
    pub other_aad: Option<Vec<u8>>,
    pub anonymous: bool,
    /// How many threads seal and open, taken modulo 4, and 0 for all there are.
    pub threads: u8,
    /// Done to the envelope, one after the other.
    pub damage: Vec<Damage>,
    /// Sizes of the calls of an adapter's user, scaled by [`endless`].
    pub sizes: Vec<u16>,
    /// What the stream beneath an adapter does.
    pub steps: Vec<Step>,
    /// Where the stream beneath a writer fails for good.
    pub breaks_at: Option<u16>,
}

/// Offsets and lengths are taken modulo what there is.
#[derive(Arbitrary, Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    Flip {
        at: u32,
        mask: u8,
    },
    Cut {
        len: u32,
    },
    Extend {
        len: u16,
        byte: u8,
    },
    /// Cuts after so many full chunks.
    CutAtChunk(u8),
    SwapChunks(u8, u8),
    RepeatChunk(u8),
    RemoveChunk(u8),
    /// Puts a header with one more recipient before the body: allowed.
    Rewrap,
    /// Puts a header with other metadata before the body, authentic by itself.
    OtherPreamble,
}

impl Case {
    /// The case that the fuzzer's bytes stand for.
    pub fn from_bytes(input: &[u8]) -> arbitrary::Result<Self> {
        Self::arbitrary(&mut Unstructured::new(input))
    }

    pub(super) fn threads(&self) -> usize {
        usize::from(self.threads % 4)
    }

    pub(super) fn plaintext(&self) -> Vec<u8> {
        let rest = usize::from(self.rest) % (CHUNK_LEN + 1);
        let len = usize::from(self.chunks) % MAX_CHUNKS * CHUNK_LEN + rest;
        // The period is prime, so no two chunks are equal. Copied, as a fuzzer makes loops over
        // bytes slow.
        let period: Vec<u8> = (0..251).map(|i| self.pattern.wrapping_add(i)).collect();
        let mut plaintext = period.repeat(len / period.len() + 1);
        plaintext.truncate(len);
        plaintext
    }
}

/// At most 80 KiB of plaintext in all.
pub(super) const MAX_CHUNKS: usize = 5;
