//! What the fuzzer's bytes stand for.

use arbitrary::{Arbitrary, Unstructured};

use crate::io::Step;

/// One session, made from the fuzzer's bytes.
#[derive(Arbitrary, Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    pub challenge: bool,
    /// Whether the responder expects the answer to another challenge.
    pub other_challenge: bool,
    /// Whether there are two recipients, of which none can answer.
    pub several: bool,
    pub aad: Vec<u8>,
    /// Given by the responder in place of `aad`.
    pub other_aad: Option<Vec<u8>>,
    /// Bounds the messages that the responder receives whole.
    pub limit: Option<u16>,
    pub forth: Stream,
    pub back: Stream,
    /// Whether the responder sends before it receives.
    pub early: bool,
    /// Whether the damage is done to what the responder sends.
    pub damage_back: bool,
    /// Done to what one end sends, one after the other.
    pub damage: Vec<Damage>,
    /// How messages are received, again and again.
    pub receive: Vec<Receive>,
    /// Sizes of the calls of an adapter's user, and of pieces, scaled by `endless`.
    pub sizes: Vec<u16>,
    /// What the stream beneath an adapter does.
    pub steps: Vec<Step>,
}

/// What one end sends.
#[derive(Arbitrary, Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    pub messages: Vec<Message>,
    pub ends: bool,
}

/// The length is taken modulo [`MAX_MESSAGE_LEN`].
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    pub len: u16,
    pub how: How,
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Whole,
    Pieces,
    /// Begun, and not ended.
    Unfinished,
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receive {
    Whole,
    Pieces,
    /// So many bytes, and then the rest is left.
    Some(u16),
}

/// Offsets and numbers are taken modulo what there is.
#[derive(Arbitrary, Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    Flip {
        at: u32,
        mask: u8,
    },
    Cut {
        len: u32,
    },
    Swap(u8, u8),
    Repeat(u8),
    Drop(u8),
    Insert {
        at: u8,
        bytes: Vec<u8>,
    },
    /// Inserts a frame of the other direction.
    Reflect {
        from: u8,
        to: u8,
    },
    /// Puts the head of the other direction in the place of the head.
    ReflectHead,
}

impl Case {
    /// The case that the fuzzer's bytes stand for.
    pub fn from_bytes(input: &[u8]) -> arbitrary::Result<Self> {
        Self::arbitrary(&mut Unstructured::new(input))
    }

    pub(super) fn same_aad(&self) -> bool {
        self.other_aad.as_ref().is_none_or(|aad| *aad == self.aad)
    }

    /// Whether both ends take the session for the same.
    pub(super) fn same_context(&self) -> bool {
        self.same_aad() && !self.other_challenge
    }
}

impl Stream {
    /// The messages up to one that is not finished, and how each is sent.
    pub(super) fn plan(&self) -> Vec<(Vec<u8>, How)> {
        let mut plan = Vec::new();
        for (number, message) in (0..).zip(self.messages.iter().take(MAX_MESSAGES)) {
            // To begin a message takes a byte.
            let least = usize::from(message.how == How::Unfinished);
            let len = (usize::from(message.len) % MAX_MESSAGE_LEN).max(least);
            let period: Vec<u8> = (0..251_u8).map(|byte| byte.wrapping_mul(3).wrapping_add(number)).collect();
            let mut plaintext = period.repeat(len / period.len() + 1);
            plaintext.truncate(len);
            plan.push((plaintext, message.how));
            if message.how == How::Unfinished {
                break;
            }
        }
        plan
    }

    /// Whether the sender can still send when it has sent everything.
    pub(super) fn is_open(&self) -> bool {
        !self.is_unfinished() && !self.ends
    }

    pub(super) fn is_unfinished(&self) -> bool {
        self.plan().last().is_some_and(|(_, how)| *how == How::Unfinished)
    }
}

const MAX_MESSAGES: usize = 5;
const MAX_MESSAGE_LEN: usize = 40_000;
