//! What the fuzzer's bytes stand for: four bytes, and then eight for each step.

use std::io::SeekFrom;

use crate::model::Damage;

/// A plaintext, damage to its body, and what is then read.
#[derive(Debug, PartialEq, Eq)]
pub struct Case {
    pub len: usize,
    pub threads: usize,
    pub damage: Vec<Damage>,
    pub script: Vec<Operation>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Read(usize),
    Seek(SeekFrom),
    Len,
    ReadAt { offset: u64, len: usize },
    OpenRange { start: u64, len: usize },
}

impl Case {
    pub fn from_bytes(input: &[u8]) -> Option<Self> {
        let ([chunks, rest @ .., threads], steps) = input.split_first_chunk::<4>()?;
        let mut case = Self {
            len: usize::from(*chunks % 5) * CHUNK_LEN + usize::from(u16::from_le_bytes(*rest)) % (CHUNK_LEN + 1),
            threads: usize::from(*threads % 4),
            damage: Vec::new(),
            script: Vec::new(),
        };
        let (steps, _) = steps.as_chunks::<8>();
        for [kind, a, b, c, d, e, f, byte] in steps.iter().take(MAX_STEPS) {
            let number = u32::from_le_bytes([*a, *b, *c, *d]);
            let (place, len) = (usize::try_from(number).unwrap(), usize::from(u16::from_le_bytes([*e, *f])));
            // The last byte makes positions far away.
            let offset = u64::from(number) << (byte % 33);
            let by = i64::from(number.cast_signed());
            match kind % 10 {
                0 => case.damage.push(Damage::Flip { at: place, mask: *byte }),
                1 => case.damage.push(Damage::Cut { len: place }),
                2 => case.damage.push(Damage::Extend { len, byte: *byte }),
                3 => case.damage.push(Damage::Swap { a: place, b: len }),
                4 => case.script.push(Operation::Read(len)),
                5 => case.script.push(Operation::Seek(SeekFrom::Start(offset))),
                6 => case.script.push(Operation::Seek(SeekFrom::Current(by))),
                7 => case.script.push(Operation::Seek(SeekFrom::End(by))),
                8 => case.script.push(match byte % 2 {
                    0 => Operation::Len,
                    _ => Operation::OpenRange { start: number.into(), len },
                }),
                _ => case.script.push(Operation::ReadAt { offset, len }),
            }
        }
        Some(case)
    }

    pub(super) fn plaintext(&self) -> Vec<u8> {
        // The period is prime, so no two chunks are equal. Copied, as a fuzzer makes loops over
        // bytes slow.
        let period: Vec<u8> = (0..251).collect();
        let mut plaintext = period.repeat(self.len / period.len() + 1);
        plaintext.truncate(self.len);
        plaintext
    }
}

const CHUNK_LEN: usize = bulla::body::BodySealer::CHUNK_LEN;

/// More only makes the input larger.
const MAX_STEPS: usize = 24;
