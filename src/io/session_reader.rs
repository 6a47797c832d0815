//! Receiving one direction of a session.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::mem;
use core::ops::Range;
use std::io::{self, Read};

use super::calls::read_some;
use super::poison::Poison;
use crate::buffer::{Buffer, wipe};
use crate::envelope::{Answer, OpenedHeader, VerifiedSender};
use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, FRAME_HEADER_LEN, PIECE_LEN, TAG_LEN};
use crate::limits::{Limit, LimitExceeded, Limits};
use crate::num::to_u64;
use crate::session::{Frame, FrameOpener, Shared};
use crate::wire::Header;

/// Receives the messages of one direction of a session (SPEC §5.6).
///
/// [`Opener::accept`](crate::Opener::accept), [`Opener::receive_from`](crate::Opener::receive_from)
/// and [`Sealer::connect`](crate::Sealer::connect) return one. Receive whole messages with
/// [`receive`](Self::receive), or long ones piece by piece with [`message`](Self::message), until
/// there are no more. Only then is the stream complete.
///
/// It holds one frame, up to 16403 bytes, and reads no byte beyond the frame that it needs. Whole
/// messages of more than one frame are collected in memory of up to twice [`Limits::message_len`],
/// three times while it grows. Each frame takes two calls of `read`: if these are expensive, put a
/// [`std::io::BufReader`] below.
///
/// # Security
///
/// Messages that were received are authentic, complete, and in order. That a stream ends too early
/// is an error, `Truncated`, and not the end. After any failure, both directions of the session
/// have failed.
pub struct SessionReader<R: Read> {
    input: R,
    origin: Origin,
    state: State,
    shared: Shared,
    /// The head of the stream, or the frame that is being read.
    frame: Buffer,
    filled: usize,
    /// What is left of the piece that was opened last, within `frame`.
    piece: Range<usize>,
    /// Whether that piece, or the one before it, was not the last of its message.
    in_message: bool,
    /// What [`receive`](Self::receive) has of its message so far.
    partial: Partial,
    max_message_len: u64,
    poison: Poison,
}

/// Which end of the session this is.
enum Origin {
    /// It has made the header.
    Made(Header),
    /// It has opened the header.
    Opened(Box<OpenedHeader>),
}

enum State {
    /// The head of the answer comes first.
    Answer(Box<Answer>),
    Open(Box<FrameOpener>),
    /// What was there did not open.
    Failed,
}

impl<R: Read> SessionReader<R> {
    pub(super) fn new(input: R, header: OpenedHeader, opener: FrameOpener, limits: &Limits) -> Self {
        let shared = opener.shared();
        Self::with(input, Origin::Opened(Box::new(header)), State::Open(Box::new(opener)), shared, limits)
    }

    pub(super) fn answer(input: R, header: Header, answer: Answer, limits: &Limits) -> Self {
        let shared = answer.shared();
        Self::with(input, Origin::Made(header), State::Answer(Box::new(answer)), shared, limits)
    }

    fn with(input: R, origin: Origin, state: State, shared: Shared, limits: &Limits) -> Self {
        Self {
            input,
            origin,
            state,
            shared,
            frame: Buffer::new(FRAME_HEADER_LEN + PIECE_LEN + TAG_LEN),
            filled: 0,
            piece: 0..0,
            in_message: false,
            partial: Partial(Vec::new()),
            max_message_len: limits.message_len().into(),
            poison: Poison::default(),
        }
    }

    /// Returns the header of the session.
    pub fn header(&self) -> &Header {
        match &self.origin {
            Origin::Made(header) => header,
            Origin::Opened(opened) => opened.header(),
        }
    }

    /// Returns the header as it was opened, with its [sender](OpenedHeader::sender) and its
    /// [private metadata](OpenedHeader::private_metadata). `None` at the end that has made it.
    pub fn opened_header(&self) -> Option<&OpenedHeader> {
        match &self.origin {
            Origin::Made(_) => None,
            Origin::Opened(opened) => Some(opened),
        }
    }

    /// Returns the sender who began the session, if one was
    /// [demanded](crate::Opener::senders).
    pub fn sender(&self) -> Option<&VerifiedSender> {
        self.opened_header()?.sender()
    }

    /// Returns the public metadata of the header. It is authentic.
    pub fn metadata(&self) -> Option<&[u8]> {
        self.header().unverified_metadata()
    }

    /// Receives the next message whole, into `message`, whose memory is used again. Returns `false`
    /// at the end of the stream. `message` is then empty, as it is after an error. After
    /// `WouldBlock`, call it again; to call [`message`](Self::message) instead would skip what has
    /// come of the message.
    ///
    /// The reader may keep the memory of the vector and give another one back. What the caller has
    /// left in it beyond its length is not wiped.
    ///
    /// # Errors
    ///
    /// [`OpenError`] inside a [`std::io::Error`]: [`LimitExceeded`](OpenError::LimitExceeded) if
    /// the message is longer than [`Limits::message_len`],
    /// [`FrameAltered`](OpenError::FrameAltered), [`Truncated`](OpenError::Truncated), and
    /// [`WrongAssociatedData`](OpenError::WrongAssociatedData) if the stream is no answer to this
    /// session. Any error of the input.
    pub fn receive(&mut self, message: &mut Vec<u8>) -> io::Result<bool> {
        let received = self.receive_to(message);
        if !matches!(received, Ok(true)) {
            message.clear();
        }
        received
    }

    /// What `message` holds may be left behind on failure.
    fn receive_to(&mut self, message: &mut Vec<u8>) -> io::Result<bool> {
        if self.partial.0.is_empty() {
            self.skip_message()?;
            let Some((header, len)) = self.read_frame()? else { return Ok(false) };
            if self.receive_whole(&header, len, message)? {
                return Ok(true);
            }
            if !self.open_frame(&header, len)? {
                return Ok(false);
            }
        }
        while self.next_piece()? {
            if self.piece.is_empty() {
                break;
            }
            let len = to_u64(self.partial.0.len()) + to_u64(self.piece.len());
            if len > self.max_message_len {
                let exceeded = LimitExceeded { limit: Limit::MessageLen, max: self.max_message_len };
                return self.fail(exceeded.into());
            }
            self.partial.extend(&self.frame[self.piece.clone()]);
            self.piece.start = self.piece.end;
        }
        mem::swap(message, &mut self.partial.0);
        self.partial.clear();
        Ok(true)
    }

    /// Opens the frame that was read straight into `message`, if it is a whole one within the
    /// limit. Returns whether it is.
    fn receive_whole(
        &mut self,
        header: &[u8; FRAME_HEADER_LEN],
        len: usize,
        message: &mut Vec<u8>,
    ) -> io::Result<bool> {
        let State::Open(opener) = &mut self.state else { return Ok(false) };
        let message_len = len - TAG_LEN;
        if !opener.is_whole_message(header) || to_u64(message_len) > self.max_message_len {
            return Ok(false);
        }
        if message.capacity() < message_len {
            let longer = Vec::with_capacity(message_len.max(2 * message.capacity()));
            wipe(message);
            *message = longer;
        }
        // Zeroes only what was never used.
        message.resize(message_len, 0);
        self.filled = 0;
        let payload = &self.frame[FRAME_HEADER_LEN..FRAME_HEADER_LEN + len];
        let opened = opener.open_whole_message(header, payload, message).map_err(io::Error::from);
        self.poison.leave(opened)?;
        Ok(true)
    }

    /// Begins the next message, to be read piece by piece, however long it is. What is left of the
    /// message before it is skipped. Returns `None` at the end of the stream. After `WouldBlock`,
    /// call it again.
    ///
    /// # Errors
    ///
    /// As [`receive`](Self::receive), except that no limit applies.
    pub fn message(&mut self) -> io::Result<Option<MessageReader<'_, R>>> {
        self.partial.clear();
        Ok(if self.skip_rest()? { Some(MessageReader { reader: self }) } else { None })
    }

    /// Returns whether the end of the stream was received.
    pub fn has_ended(&self) -> bool {
        matches!(&self.state, State::Open(opener) if opener.has_ended())
    }

    /// Returns the input.
    pub fn get_ref(&self) -> &R {
        &self.input
    }

    /// Returns the input. Whatever is read from it is missing from the stream.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.input
    }

    /// Gives up the reader, and returns the input. It is behind the last byte that was needed.
    pub fn into_inner(self) -> R {
        self.input
    }

    /// Opens what is left of the message, and goes to the first piece of the next one. Returns
    /// `false` if there is none.
    fn skip_rest(&mut self) -> io::Result<bool> {
        self.skip_message()?;
        self.next_frame()
    }

    /// Opens what is left of the message.
    fn skip_message(&mut self) -> io::Result<()> {
        while self.in_message {
            self.piece.start = self.piece.end;
            self.next_piece()?;
        }
        self.piece = 0..0;
        Ok(())
    }

    /// Goes to the next piece of the message if the present one is used up. Returns `false` if
    /// there is none.
    fn next_piece(&mut self) -> io::Result<bool> {
        self.poison.check()?;
        if !self.piece.is_empty() {
            return Ok(true);
        }
        if self.in_message { self.next_frame() } else { Ok(false) }
    }

    /// Reads and opens one frame. Returns `false` at the end of the stream.
    fn next_frame(&mut self) -> io::Result<bool> {
        match self.read_frame()? {
            Some((header, len)) => self.open_frame(&header, len),
            None => Ok(false),
        }
    }

    /// Reads one frame, and returns its header and the length of what follows. `None` at the end of
    /// the stream.
    fn read_frame(&mut self) -> io::Result<Option<([u8; FRAME_HEADER_LEN], usize)>> {
        self.poison.check()?;
        if self.has_ended() {
            return Ok(None);
        }
        if let State::Answer(_) = self.state {
            self.fill(BODY_HEAD_LEN)?;
            let State::Answer(answer) = mem::replace(&mut self.state, State::Failed) else { unreachable!() };
            let head = self.frame.first_chunk().expect("filled above");
            match answer.open(head) {
                Ok(opener) => self.state = State::Open(Box::new(opener)),
                Err(error) => return self.poison.leave(Err(error.into())),
            }
            self.filled = 0;
        }
        self.fill(FRAME_HEADER_LEN)?;
        let header = *self.frame.first_chunk().expect("filled above");
        let State::Open(opener) = &mut self.state else { return Err(OpenError::Truncated.into()) };
        let len = match opener.payload_len(&header) {
            Ok(len) => len,
            Err(error) => return self.poison.leave(Err(error.into())),
        };
        self.fill(FRAME_HEADER_LEN + len)?;
        Ok(Some((header, len)))
    }

    /// Opens the frame that was read. Returns `false` if it ends the stream.
    fn open_frame(&mut self, header: &[u8; FRAME_HEADER_LEN], len: usize) -> io::Result<bool> {
        self.filled = 0;
        let State::Open(opener) = &mut self.state else { return Err(OpenError::Truncated.into()) };
        let payload = &mut self.frame.using(FRAME_HEADER_LEN + len)[FRAME_HEADER_LEN..];
        let (len, in_message, is_end) = match opener.open_in_place(header, payload) {
            Ok(Frame::Piece(piece)) => (piece.len(), true, false),
            Ok(Frame::LastPiece(piece)) => (piece.len(), false, false),
            Ok(Frame::End) => (0, false, true),
            Err(error) => return self.poison.leave(Err(error.into())),
        };
        self.piece = FRAME_HEADER_LEN..FRAME_HEADER_LEN + len;
        self.in_message = in_message;
        Ok(!is_end)
    }

    /// Reads until `frame` holds `len` bytes.
    fn fill(&mut self, len: usize) -> io::Result<()> {
        while self.filled < len {
            self.poison.enter()?;
            let mut ended = false;
            let unwinding = FailOnDrop(&self.shared);
            let read = read_some(&mut self.input, &mut self.frame.using(len)[self.filled..], &mut ended);
            mem::forget(unwinding);
            if ended {
                self.poison.leave(Ok(()))?;
                return self.fail(OpenError::Truncated);
            }
            match self.poison.leave(read) {
                Ok(read) => self.filled += read,
                Err(error) => {
                    // The rest will never come, unless the same call can be made again.
                    if self.poison.check().is_err() {
                        self.shared.fail();
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn fail<T>(&mut self, error: OpenError) -> io::Result<T> {
        self.shared.fail();
        self.poison.leave(Err(error.into()))
    }
}

impl<R: Read> fmt::Debug for SessionReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionReader").field("header", self.header()).finish_non_exhaustive()
    }
}

/// Ends the session if the input panics.
struct FailOnDrop<'a>(&'a Shared);

impl Drop for FailOnDrop<'_> {
    fn drop(&mut self) {
        self.0.fail();
    }
}

/// The beginning of a message: wiped when dropped, and never left behind when it grows.
struct Partial(Vec<u8>);

impl Partial {
    fn extend(&mut self, piece: &[u8]) {
        let len = self.0.len() + piece.len();
        if self.0.capacity() < len {
            let mut longer = Vec::with_capacity(len.max(2 * self.0.capacity()));
            longer.extend_from_slice(&self.0);
            wipe(&mut self.0);
            self.0 = longer;
        }
        self.0.extend_from_slice(piece);
    }

    fn clear(&mut self) {
        wipe(&mut self.0);
        self.0.clear();
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// A message of a session that is read piece by piece. It is complete when reading returns 0. If it
/// is dropped before, the rest of it is skipped.
pub struct MessageReader<'a, R: Read> {
    reader: &'a mut SessionReader<R>,
}

impl<R: Read> Read for MessageReader<'_, R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let reader = &mut *self.reader;
        // A piece may be empty only if it is the last.
        if output.is_empty() || !reader.next_piece()? {
            return Ok(0);
        }
        let len = output.len().min(reader.piece.len());
        let start = reader.piece.start;
        output[..len].copy_from_slice(&reader.frame[start..start + len]);
        reader.piece.start += len;
        Ok(len)
    }
}

impl<R: Read> fmt::Debug for MessageReader<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageReader").finish_non_exhaustive()
    }
}
