//! Sending one direction of a session.

use core::fmt;
use std::io::{self, Write};

use super::calls::retry;
use super::poison::Poison;
use crate::buffer::Buffer;
use crate::error::{FinishError, SealError};
use crate::format::{FRAME_HEADER_LEN, PIECE_LEN, TAG_LEN};
use crate::limits::{Limit, LimitExceeded, Limits};
use crate::num::to_u64;
use crate::session::{FrameSealer, Piece};

/// Sends the messages of one direction of a session (SPEC §5.6).
///
/// [`Sealer::connect`](crate::Sealer::connect), [`Opener::accept`](crate::Opener::accept) and
/// [`Sealer::send_to`](crate::Sealer::send_to) return one. Send messages with [`send`](Self::send),
/// or long ones piece by piece with [`message`](Self::message), and end the stream with
/// [`finish`](Self::finish): without that, the other end reports *truncated*.
///
/// It holds one frame, up to 16403 bytes. Each message is passed on at once, in one call of `write`
/// for each frame.
pub struct SessionWriter<W: Write> {
    output: W,
    sealer: FrameSealer,
    /// The frame that is being filled or passed on: room for its header, then the piece.
    frame: Buffer,
    state: State,
    /// Whether a message was begun and not ended.
    in_message: bool,
    has_ended: bool,
    max_message_len: u64,
    poison: Poison,
}

enum State {
    /// So many bytes of the piece are there.
    Filling(usize),
    /// The frame is sealed; the bytes from the first offset to the second are to be passed on.
    Sealed(usize, usize),
}

impl<W: Write> SessionWriter<W> {
    /// Writes nothing yet: the head of the stream is sent already.
    pub(super) fn new(output: W, sealer: FrameSealer, limits: &Limits) -> Self {
        Self {
            output,
            max_message_len: limits.message_len().into(),
            sealer,
            frame: Buffer::new(FRAME_HEADER_LEN + PIECE_LEN + TAG_LEN),
            state: State::Filling(0),
            in_message: false,
            has_ended: false,
            poison: Poison::default(),
        }
    }

    /// Sends a whole message, and flushes the output.
    ///
    /// Two ends that both send more than the connection holds, and do not receive meanwhile, wait
    /// for each other: use a thread for each direction.
    ///
    /// # Errors
    ///
    /// [`SealError::LimitExceeded`] inside a [`std::io::Error`] if the message is longer than
    /// [`Limits::message_len`], because the other end would not receive it; nothing was sent. Any
    /// error of the output, and [`SealError`] inside a [`std::io::Error`]. All of these but the
    /// first are final: with an output that does not block, use [`message`](Self::message).
    pub fn send(&mut self, message: &[u8]) -> io::Result<()> {
        if to_u64(message.len()) > self.max_message_len {
            let exceeded = LimitExceeded { limit: Limit::MessageLen, max: self.max_message_len };
            return Err(SealError::from(exceeded).into());
        }
        self.check()?;
        self.in_message = true;
        let sent = self.send_pieces(message);
        if matches!(&sent, Err(error) if error.kind() == io::ErrorKind::WouldBlock) {
            // A part of the message is on its way, and the caller cannot know how much.
            return self.poison.leave(Err(io::Error::other("the output would block in the midst of a message")));
        }
        sent
    }

    /// Begins a message that is written piece by piece. It must be
    /// [finished](MessageWriter::finish), or nothing else can be sent.
    ///
    /// # Errors
    ///
    /// [`SealError::UnfinishedMessage`] inside a [`std::io::Error`] if the last one was not
    /// finished.
    pub fn message(&mut self) -> io::Result<MessageWriter<'_, W>> {
        self.check()?;
        self.in_message = true;
        Ok(MessageWriter { writer: self, is_sealed: false })
    }

    /// Ends the stream, and returns the output. The other direction goes on.
    ///
    /// # Errors
    ///
    /// As [`try_finish`](Self::try_finish), with the writer.
    pub fn finish(mut self) -> Result<W, FinishError<Self>> {
        match self.try_finish() {
            Ok(()) => Ok(self.output),
            Err(error) => Err(FinishError::new(self, error)),
        }
    }

    /// Ends the stream without giving up the writer. After `WouldBlock`, call it again.
    ///
    /// # Errors
    ///
    /// Any error of the output, and [`SealError::UnfinishedMessage`] inside a [`std::io::Error`].
    pub fn try_finish(&mut self) -> io::Result<()> {
        if self.has_ended {
            return self.drain_and_flush();
        }
        self.check()?;
        self.drain()?;
        let frame = self.sealer.end().map_err(io::Error::from);
        let frame = self.poison.leave(frame)?;
        self.frame.using(frame.len()).copy_from_slice(&frame);
        self.state = State::Sealed(0, frame.len());
        self.has_ended = true;
        self.drain_and_flush()
    }

    /// Gives up the writer without ending the stream, and returns the output.
    pub fn into_inner(self) -> W {
        self.output
    }

    /// Returns the output.
    pub fn get_ref(&self) -> &W {
        &self.output
    }

    /// Returns the output. Write nothing to it: it would stand among the frames.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.output
    }

    fn check(&self) -> io::Result<()> {
        self.poison.check()?;
        if self.has_ended {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the stream has been ended"));
        }
        if self.in_message { Err(SealError::UnfinishedMessage.into()) } else { Ok(()) }
    }

    /// Seals a whole message from where it stands, without a copy of it.
    fn send_pieces(&mut self, message: &[u8]) -> io::Result<()> {
        let mut rest = message;
        while self.in_message {
            self.drain()?;
            let (piece, more) = rest.split_at(rest.len().min(PIECE_LEN));
            let kind = if more.is_empty() { Piece::Last } else { Piece::More };
            let len = FRAME_HEADER_LEN + piece.len() + TAG_LEN;
            let sealed = self.sealer.seal_to(kind, piece, self.frame.using(len)).map_err(io::Error::from);
            self.poison.leave(sealed)?;
            self.state = State::Sealed(0, len);
            self.in_message = kind == Piece::More;
            rest = more;
        }
        self.drain_and_flush()
    }

    /// Takes as much of `bytes` as the frame has room for.
    fn take(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.drain()?;
        if let State::Filling(PIECE_LEN) = self.state {
            self.seal(Piece::More)?;
            self.drain()?;
        }
        let State::Filling(filled) = self.state else { return Ok(0) };
        let len = bytes.len().min(PIECE_LEN - filled);
        let start = FRAME_HEADER_LEN + filled;
        self.frame.using(start + len)[start..].copy_from_slice(&bytes[..len]);
        self.state = State::Filling(filled + len);
        Ok(len)
    }

    /// Seals what is there as the next piece.
    fn seal(&mut self, piece: Piece) -> io::Result<()> {
        let State::Filling(filled) = self.state else { return Ok(()) };
        let len = FRAME_HEADER_LEN + filled + TAG_LEN;
        let sealed = self.sealer.seal_in_place(piece, self.frame.using(len)).map_err(io::Error::from);
        self.poison.leave(sealed)?;
        self.state = State::Sealed(0, len);
        Ok(())
    }

    /// Passes on what is sealed.
    fn drain(&mut self) -> io::Result<()> {
        while let State::Sealed(from, to) = self.state {
            if from == to {
                self.state = State::Filling(0);
                break;
            }
            self.poison.enter()?;
            let written = retry(|| self.output.write(&self.frame[from..to]));
            let written = match written {
                Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                Ok(len) if len > to - from => Err(io::Error::other("the inner writer claims to have written too much")),
                written => written,
            };
            self.state = State::Sealed(from + self.poison.leave(written)?, to);
        }
        self.poison.check()
    }

    fn drain_and_flush(&mut self) -> io::Result<()> {
        self.drain()?;
        self.poison.enter()?;
        let flushed = retry(|| self.output.flush());
        self.poison.leave(flushed)
    }
}

impl<W: Write> fmt::Debug for SessionWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionWriter").field("has_ended", &self.has_ended).finish_non_exhaustive()
    }
}

/// A message of a session that is written piece by piece. Call [`finish`](Self::finish): if it is
/// dropped before, the session cannot go on.
#[must_use = "a message that is not finished stops the stream"]
pub struct MessageWriter<'a, W: Write> {
    writer: &'a mut SessionWriter<W>,
    is_sealed: bool,
}

impl<W: Write> MessageWriter<'_, W> {
    /// Ends the message, and flushes the output.
    ///
    /// # Errors
    ///
    /// As [`try_finish`](Self::try_finish), with the writer.
    pub fn finish(mut self) -> Result<(), FinishError<Self>> {
        match self.try_finish() {
            Ok(()) => Ok(()),
            Err(error) => Err(FinishError::new(self, error)),
        }
    }

    /// Ends the message without giving up the writer. After `WouldBlock`, call it again.
    ///
    /// # Errors
    ///
    /// Any error of the output, and [`SealError`] inside a [`std::io::Error`].
    pub fn try_finish(&mut self) -> io::Result<()> {
        if !self.is_sealed {
            self.writer.drain()?;
            self.writer.seal(Piece::Last)?;
            self.is_sealed = true;
            self.writer.in_message = false;
        }
        self.writer.drain_and_flush()
    }
}

impl<W: Write> Write for MessageWriter<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_sealed {
            return Err(io::Error::other("the message has been finished"));
        }
        if bytes.is_empty() { Ok(0) } else { self.writer.take(bytes) }
    }

    /// Passes on what was written, as a piece of its own.
    fn flush(&mut self) -> io::Result<()> {
        if !matches!(self.writer.state, State::Filling(0)) && !self.is_sealed {
            self.writer.drain()?;
            if !matches!(self.writer.state, State::Filling(0)) {
                self.writer.seal(Piece::More)?;
            }
        }
        self.writer.drain_and_flush()
    }
}

impl<W: Write> fmt::Debug for MessageWriter<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageWriter").finish_non_exhaustive()
    }
}
