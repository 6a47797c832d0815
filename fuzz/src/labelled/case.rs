//! What the fuzzer's bytes stand for.

use arbitrary::{Arbitrary, Unstructured};
use bulla::Label;

use crate::io::Step;

/// A store of messages, and what is done to it.
#[derive(Arbitrary, Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    pub messages: Vec<Message>,
    pub aad: Vec<u8>,
    /// Given when opening in place of `aad`.
    pub other_aad: Option<Vec<u8>>,
    /// Done to the store, one after the other.
    pub changes: Vec<Change>,
    /// Changes a byte of the header before each message.
    pub flip_header: Option<(u16, u8)>,
    /// Cuts the header, or the message behind it.
    pub cut: Option<u16>,
    /// Offset and length of reads.
    pub reads: Vec<(u32, u16)>,
    pub sizes: Vec<u16>,
    pub steps: Vec<Step>,
}

/// Stored under its label, in the place of an earlier one.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Taken modulo [`LABELS`].
    pub label: u8,
    /// Taken modulo [`MAX_LEN`].
    pub len: u16,
    /// In which way it is sealed, of four.
    pub way: u8,
    /// Whether it is sealed under another header.
    pub foreign: bool,
}

/// Numbers of slots, offsets and lengths are taken modulo what there is.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Swap(u8, u8),
    /// To any label.
    Copy {
        from: u8,
        to: u8,
    },
    Flip {
        slot: u8,
        at: u32,
        mask: u8,
    },
    Cut {
        slot: u8,
        len: u16,
    },
    Extend {
        slot: u8,
        len: u16,
        byte: u8,
    },
    SwapChunks {
        slot: u8,
        one: u8,
        other: u8,
    },
    /// Takes a full chunk from the same place of another message.
    Splice {
        slot: u8,
        from: u8,
        chunk: u8,
    },
}

impl Case {
    /// The case that the fuzzer's bytes stand for.
    pub fn from_bytes(input: &[u8]) -> arbitrary::Result<Self> {
        Self::arbitrary(&mut Unstructured::new(input))
    }
}

impl Message {
    pub(super) fn plaintext(&self, number: u8) -> Vec<u8> {
        let len = usize::from(self.len) % MAX_LEN;
        let period: Vec<u8> = (0..251_u8).map(|byte| byte.wrapping_add(number)).collect();
        let mut plaintext = period.repeat(len / period.len() + 1);
        plaintext.truncate(len);
        plaintext
    }
}

/// Labels that are easily taken for each other.
pub(super) fn label(number: u8) -> Label {
    match number {
        0 => "".into(),
        1 => "a".into(),
        2 => b"a\0".into(),
        3 => Label::of_values(["a", ""]),
        4 => Label::of_values([""]),
        _ => vec![0xA5; 64].into(),
    }
}

pub(super) const LABELS: u8 = 6;
pub(super) const MAX_MESSAGES: usize = 4;
const MAX_LEN: usize = 40_000;
