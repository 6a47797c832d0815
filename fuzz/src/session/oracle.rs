//! What one end sends, damage to it, and what must come of receiving it then: SPEC §5.6, decided by
//! comparing bytes.

use bulla::error::OpenError;
use bulla::header::Layout;
use bulla::{Header, Limits};

use super::Damage;
use super::case::{How, Stream};
use crate::fake::refusal_of;

/// What one end has sent.
pub(super) struct Flight {
    /// What precedes the frames: a header, perhaps, and the head of the stream.
    pub(super) start: Vec<u8>,
    pub(super) frames: Vec<Vec<u8>>,
    /// Type and plaintext of each frame.
    pub(super) pieces: Vec<(u8, Vec<u8>)>,
}

/// A flight in the hands of somebody else.
#[derive(Clone)]
pub(super) struct Damaged {
    pub(super) start: Vec<u8>,
    pub(super) frames: Vec<Vec<u8>>,
}

/// How many frames open, and how receiving ends.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) good: usize,
    pub(super) end: Result<(), OpenError>,
}

impl Flight {
    /// Divides what was sent, and holds it to the layout of what was to be sent.
    pub(super) fn new(sent: &[u8], header_len: usize, stream: &Stream) -> Self {
        let (start, mut rest) = sent.split_at(header_len + HEAD_LEN);
        let (mut frames, mut pieces) = (Vec::new(), Vec::new());
        let mut take = || {
            let [frame_type, len @ ..] = *rest.first_chunk::<3>()?;
            let (frame, behind) = rest.split_at(3 + usize::from(u16::from_be_bytes(len)));
            rest = behind;
            frames.push(frame.to_vec());
            Some((frame_type, frame.len() - 3 - TAG_LEN))
        };
        for (message, how) in stream.plan() {
            let mut left = &message[..];
            let is_unfinished = how == How::Unfinished;
            while !(left.is_empty() && is_unfinished) {
                let (frame_type, len) = take().expect("all of the message was sent");
                assert!(frame_type == LAST || frame_type == MORE && len > 0);
                assert!(len <= PIECE_LEN && (how != How::Whole || len == left.len().min(PIECE_LEN)));
                let (piece, more) = left.split_at(len);
                pieces.push((frame_type, piece.to_vec()));
                left = more;
                if frame_type == LAST {
                    assert!(left.is_empty() && !is_unfinished);
                    break;
                }
            }
        }
        if stream.ends && !stream.is_unfinished() {
            assert_eq!(take(), Some((END, 0)));
            pieces.push((END, Vec::new()));
        }
        assert_eq!(take(), None);
        Self { start: start.to_vec(), frames, pieces }
    }

    fn head(&self) -> &[u8] {
        &self.start[self.start.len() - HEAD_LEN..]
    }

    fn header(&self) -> &[u8] {
        &self.start[..self.start.len() - HEAD_LEN]
    }

    pub(super) fn undamaged(&self) -> Damaged {
        Damaged { start: self.start.clone(), frames: self.frames.clone() }
    }

    pub(super) fn damage(&self, damage: &[Damage], other: &Self) -> Damaged {
        let mut damaged = self.undamaged();
        damage.iter().take(MAX_DAMAGE).for_each(|damage| damaged.damage_once(damage, other));
        damaged.fill_start(self.start.len());
        damaged
    }

    /// Whether the frames are reached: the header, perhaps, and the commitment.
    pub(super) fn start_of(&self, damaged: &Damaged, same_aad: bool) -> Result<(), OpenError> {
        let bytes = damaged.bytes();
        let Some(behind) = bytes.strip_prefix(self.header()) else {
            return Err(match Header::split(&bytes, &Limits::default()) {
                Ok((header, _)) if header.layout() != Layout::Session => {
                    OpenError::OtherLayout { layout: header.layout() }
                }
                _ => refusal_of(self.header(), &bytes),
            });
        };
        match behind.get(..HEAD_LEN) {
            None => Err(OpenError::Truncated),
            Some(head) if head != self.head() || !same_aad => Err(OpenError::WrongAssociatedData),
            Some(_) => Ok(()),
        }
    }

    /// What a reader of transport messages makes of them, up to the end of the last one.
    pub(super) fn expected_of_transport(&self, messages: &[&[u8]]) -> Expected {
        let (mut good, mut has_ended) = (0, false);
        for message in messages {
            let mut rest = *message;
            while !rest.is_empty() {
                let frame = self.frames.get(good).filter(|frame| !has_ended && rest.starts_with(frame));
                let Some(frame) = frame.filter(|frame| frame[0] != END || rest.len() == frame.len()) else {
                    return Expected { good, end: Err(altered(good)) };
                };
                has_ended = frame[0] == END;
                rest = &rest[frame.len()..];
                good += 1;
            }
        }
        Expected { good, end: if has_ended { Ok(()) } else { Err(OpenError::Truncated) } }
    }

    /// What a reader of bytes makes of the frames.
    pub(super) fn expected(&self, damaged: &Damaged) -> Expected {
        let bytes = damaged.frames.concat();
        let (mut rest, mut good) = (&bytes[..], 0);
        let end = loop {
            let Some([frame_type, len @ ..]) = rest.first_chunk::<3>() else { break Err(OpenError::Truncated) };
            let len = usize::from(u16::from_be_bytes(*len));
            let in_message = good > 0 && self.pieces[good - 1].0 == MORE;
            let is_possible = match *frame_type {
                MORE => (TAG_LEN + 1..=TAG_LEN + PIECE_LEN).contains(&len),
                LAST => (TAG_LEN..=TAG_LEN + PIECE_LEN).contains(&len),
                END => len == TAG_LEN && !in_message,
                _ => false,
            };
            match self.frames.get(good) {
                _ if !is_possible => break Err(altered(good)),
                _ if rest.len() < 3 + len => break Err(OpenError::Truncated),
                Some(frame) if rest.starts_with(frame) => rest = &rest[frame.len()..],
                _ => break Err(altered(good)),
            }
            good += 1;
            if *frame_type == END {
                break Ok(());
            }
        };
        Expected { good, end }
    }
}

fn altered(good: usize) -> OpenError {
    OpenError::FrameAltered { index: u64::try_from(good).unwrap() }
}

impl Damaged {
    pub(super) fn bytes(&self) -> Vec<u8> {
        [&self.start[..], &self.frames.concat()].concat()
    }

    /// Whatever comes first is taken for the start, up to `len` bytes.
    fn fill_start(&mut self, len: usize) {
        for frame in &mut self.frames {
            let missing = len - self.start.len();
            self.start.extend(frame.drain(..missing.min(frame.len())));
        }
    }

    fn damage_once(&mut self, damage: &Damage, other: &Flight) {
        let count = self.frames.len();
        let frame = |number: u8| usize::from(number).checked_rem(count);
        match damage {
            Damage::Flip { at, mask } => {
                let total = self.bytes().len();
                let Some(mut at) = usize::try_from(*at).unwrap().checked_rem(total) else { return };
                for piece in [&mut self.start].into_iter().chain(&mut self.frames) {
                    if let Some(byte) = piece.get_mut(at) {
                        *byte ^= mask;
                        return;
                    }
                    at -= piece.len();
                }
            }
            Damage::Cut { len } => {
                let mut left = usize::try_from(*len).unwrap() % (self.bytes().len() + 1);
                for piece in [&mut self.start].into_iter().chain(&mut self.frames) {
                    piece.truncate(left);
                    left -= piece.len();
                }
                self.frames.retain(|frame| !frame.is_empty());
            }
            Damage::Swap(one, other) => {
                if let (Some(one), Some(other)) = (frame(*one), frame(*other)) {
                    self.frames.swap(one, other);
                }
            }
            Damage::Repeat(number) => {
                if let Some(number) = frame(*number) {
                    self.frames.insert(number, self.frames[number].clone());
                }
            }
            Damage::Drop(number) => {
                if let Some(number) = frame(*number) {
                    self.frames.remove(number);
                }
            }
            Damage::Insert { at, bytes } => self.frames.insert(usize::from(*at) % (count + 1), bytes.clone()),
            Damage::Reflect { from, to } => {
                if let Some(from) = usize::from(*from).checked_rem(other.frames.len()) {
                    self.frames.insert(usize::from(*to) % (count + 1), other.frames[from].clone());
                }
            }
            Damage::ReflectHead => {
                let len = self.start.len();
                if let Some(head) = self.start.get_mut(len.saturating_sub(HEAD_LEN)..).filter(|_| len >= HEAD_LEN) {
                    head.copy_from_slice(other.head());
                }
            }
        }
    }
}

pub(super) const MORE: u8 = 0;
pub(super) const LAST: u8 = 1;
pub(super) const END: u8 = 2;

const HEAD_LEN: usize = bulla::sessions::FrameSealer::HEAD_LEN;
const PIECE_LEN: usize = bulla::sessions::FrameSealer::PIECE_LEN;
const TAG_LEN: usize = bulla::sessions::FrameSealer::TAG_LEN;

/// More only makes the input larger.
const MAX_DAMAGE: usize = 8;
