//! What the fuzzer's bytes stand for.

use arbitrary::{Arbitrary, Unstructured};

use crate::io::Step;

/// An object in parts, what is done to it, and what is then read.
#[derive(Arbitrary, Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    /// How many parts, taken modulo [`MAX_PARTS`].
    pub parts: u8,
    pub aad: Vec<u8>,
    /// Given when opening in place of `aad`.
    pub other_aad: Option<Vec<u8>>,
    /// In this order. Where they leave a part out, it is sealed at the end.
    pub attempts: Vec<Attempt>,
    pub damage: Vec<Damage>,
    /// A manifest that a holder of the content key has made.
    pub hostile: Option<Hostile>,
    /// Bounds the number of parts.
    pub limit: Option<u8>,
    pub script: Vec<Operation>,
    pub sizes: Vec<u16>,
    pub steps: Vec<Step>,
    /// Read as a journal and as a report.
    pub raw: Vec<u8>,
}

/// An attempt at a part. Numbers are taken modulo what there is.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub part: u8,
    pub len: u16,
    /// Sealed by a stream, and not in memory.
    pub streamed: bool,
    /// By another process, which has the header and the journal.
    pub resumed: bool,
    /// Whether the bytes got to where they are to stay.
    pub stored: bool,
    pub recorded: bool,
    /// Reported in place of the length.
    pub lie: Option<u16>,
    /// Reported as the part behind it, and stored there.
    pub misplaced: bool,
}

/// Offsets and numbers are taken modulo what there is.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
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
    SwapParts(u8, u8),
    RepeatPart(u8),
    DropPart(u8),
    /// Puts the part with this number of another object in its place.
    ForeignPart(u8),
    /// Changes the length behind the manifest.
    Trailer(u64),
    FlipManifest {
        at: u8,
        mask: u8,
    },
}

/// Lengths of parts, each with a byte that its commitment is made of, and bytes behind the last.
#[derive(Arbitrary, Clone, Debug, PartialEq, Eq)]
pub struct Hostile {
    pub entries: Vec<(u64, u8)>,
    pub extra: u8,
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Read(u16),
    Start(u64),
    Current(i64),
    End(i64),
    ReadAt { offset: u64, len: u16 },
}

impl Case {
    /// The case that the fuzzer's bytes stand for.
    pub fn from_bytes(input: &[u8]) -> arbitrary::Result<Self> {
        Self::arbitrary(&mut Unstructured::new(input))
    }

    pub(super) fn same_aad(&self) -> bool {
        self.other_aad.as_ref().is_none_or(|aad| *aad == self.aad)
    }

    pub(super) fn count(&self) -> usize {
        usize::from(self.parts) % MAX_PARTS
    }

    /// The attempts, and one more at each part that none has stored or recorded.
    pub(super) fn all_attempts(&self) -> Vec<(usize, Attempt)> {
        let Some(count) = self.count().checked_sub(1).map(|last| last + 1) else { return Vec::new() };
        let given =
            self.attempts.iter().take(MAX_ATTEMPTS).map(|attempt| (usize::from(attempt.part) % count, *attempt));
        let mut attempts: Vec<_> = given.collect();
        let (seen, rest): (Vec<usize>, Vec<usize>) = (0..count).partition(|part| {
            let at_part = attempts
                .iter()
                .filter(|(number, attempt)| attempt.place(*number, count) == *part && attempt.plaintext_len() > 0);
            let (stored, recorded) = at_part.fold((false, false), |(stored, recorded), (_, attempt)| {
                (stored || attempt.stored, recorded || attempt.recorded)
            });
            stored && recorded
        });
        assert_eq!(seen.len() + rest.len(), count);
        let last = Attempt {
            part: 0,
            len: 300,
            streamed: false,
            resumed: false,
            stored: true,
            recorded: true,
            lie: None,
            misplaced: false,
        };
        attempts.extend(rest.into_iter().rev().map(|part| (part, last)));
        attempts
    }
}

impl Attempt {
    /// Where an attempt at part `number` gets to, of `count` parts.
    pub(super) fn place(&self, number: usize, count: usize) -> usize {
        (number + usize::from(self.misplaced)) % count
    }

    pub(super) fn plaintext_len(&self) -> usize {
        usize::from(self.len) % MAX_LEN
    }

    pub(super) fn plaintext(&self, number: u8) -> Vec<u8> {
        let period: Vec<u8> = (0..251_u8).map(|byte| byte.wrapping_mul(5).wrapping_add(number)).collect();
        let mut plaintext = period.repeat(self.plaintext_len() / period.len() + 1);
        plaintext.truncate(self.plaintext_len());
        plaintext
    }
}

const MAX_PARTS: usize = 5;
const MAX_ATTEMPTS: usize = 8;
const MAX_LEN: usize = 40_000;
