//! What bounds the work on a body, and how it is shared out.

use core::cmp::Ordering;

use crate::crypto::Aead;
use crate::error::OpenError;
use crate::format::{CHUNK_LEN, MAX_PLAINTEXT_LEN};
use crate::limits::{Limit, LimitExceeded, Limits};
#[cfg(feature = "std")]
use crate::num::clamp_to_usize;
use crate::num::to_u64;
use crate::threads::Threads;

/// The longest plaintext, and the threads that work on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    max_plaintext_len: u64,
    threads: Threads,
    /// The part that a body must be: its number, and the length of its plaintext.
    part: Option<(u64, u64)>,
    /// Chunks of the stream that have passed, to which a batch is in proportion.
    #[cfg(feature = "std")]
    done: usize,
}

impl Work {
    pub(crate) fn new(limits: &Limits, threads: Threads) -> Self {
        Self {
            max_plaintext_len: limits.plaintext_len().min(MAX_PLAINTEXT_LEN),
            threads,
            part: None,
            #[cfg(feature = "std")]
            done: 0,
        }
    }

    /// The work on the part with this number, whose plaintext has `len` bytes.
    pub(crate) fn of_part(self, index: u64, len: u64) -> Self {
        Self { part: Some((index, len)), ..self }
    }

    /// Refuses a chunk that a body of the length that is known cannot have: a full one behind its
    /// last, or a last one that is not where or as long as it must be (SPEC §5.7).
    pub(crate) fn check_chunk(self, index: u64, len: usize) -> Result<(), OpenError> {
        let Some((part, part_len)) = self.part else { return Ok(()) };
        let (last, last_len) = (part_len / to_u64(CHUNK_LEN), part_len % to_u64(CHUNK_LEN));
        let len = to_u64(len);
        match (len == to_u64(CHUNK_LEN), index.cmp(&last)) {
            (true, Ordering::Less) => Ok(()),
            (false, Ordering::Equal) if len == last_len => Ok(()),
            (false, Ordering::Less) => Err(OpenError::Truncated),
            (false, Ordering::Equal) if len < last_len => Err(OpenError::Truncated),
            _ => Err(OpenError::ForeignPart { index: part }),
        }
    }

    pub(crate) fn threads(self) -> Threads {
        self.threads
    }

    /// The work on this many chunks together: for one thread if waking others takes longer than it
    /// saves.
    pub(crate) fn on(self, chunks: usize) -> Self {
        if chunks > Aead::CHUNKS_ALONE { self } else { Self { threads: Threads::ONE, ..self } }
    }

    /// Refuses a plaintext of `len` bytes if that is above the limit.
    pub(crate) fn check_len(self, len: u64) -> Result<(), LimitExceeded> {
        if len > self.max_plaintext_len {
            return Err(self.too_long());
        }
        Ok(())
    }

    pub(crate) fn too_long(self) -> LimitExceeded {
        LimitExceeded { limit: Limit::PlaintextLen, max: self.max_plaintext_len }
    }
}

/// How much the adapters work on at once. They cannot know how long a stream will be: each begins
/// with one thread, and shares the work once the stream has proved long enough.
#[cfg(feature = "std")]
impl Work {
    /// The work on the next chunks of a stream of which `done` have passed.
    pub(crate) fn after(self, done: u64) -> Self {
        let done = clamp_to_usize(done);
        Self { done, ..self.on(done.saturating_add(1)) }
    }

    /// Whether several threads share the work.
    pub(crate) fn is_shared(self) -> bool {
        self.threads != Threads::ONE
    }

    /// Most chunks that are worked on together: for one thread few enough to stay in the cache,
    /// for several enough to make waking them cheap beside the work (`benches/README.md`), but no
    /// more than have passed, so that a short stream never pays for much memory.
    pub(crate) fn batch(self) -> usize {
        if self.is_shared() { self.threads.count().saturating_mul(32).min(self.done) } else { 4 }
    }

    /// Chunks that an adapter collects in memory of its own before it works on them. One thread
    /// collects no more than it must: what follows may go straight to or from the caller's slice.
    pub(crate) fn collected(self) -> usize {
        if self.is_shared() { self.batch() } else { 1 }
    }

    /// Fewest chunks for which the caller's slice must have room to be worked on in place of an
    /// adapter's own memory: a piece for each thread.
    pub(crate) fn least_direct(self) -> usize {
        if self.is_shared() { self.threads.count().saturating_mul(PIECE) } else { 1 }
    }
}

/// Chunks that one thread takes together: enough to make the handing over cheap beside the work.
pub(crate) const PIECE: usize = 4;
