//! Sealing a stream.

use alloc::vec::Vec;

use super::cipher::{FrameCipher, FrameType, StreamSecrets};
use super::shared::Shared;
use crate::buffer::wipe;
use crate::error::SealError;
use crate::format::{BODY_HEAD_LEN, FRAME_HEADER_LEN, MAX_FRAMES, PIECE_LEN, SALT_LEN, TAG_LEN};

/// Seals one direction of a session, frame by frame.
///
/// This is the engine without I/O below [`SessionWriter`](crate::SessionWriter), for callers who
/// move the bytes themselves. A responder sends [`head`](Self::head) first; what the initiator
/// sends first, `Initiator::first_bytes`, ends with it. Then come frames, and at the end
/// [`finish`](Self::finish). A transport of messages, such as a WebSocket, takes any number of
/// whole frames in each of its messages: [`append_message`](Self::append_message) makes them.
#[derive(Debug)]
pub struct FrameSealer {
    cipher: FrameCipher,
    head: [u8; BODY_HEAD_LEN],
    next: u64,
    in_message: bool,
    shared: Shared,
}

/// Whether more of the message follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// More follows. Such a piece has 1 byte or more.
    More,
    /// The message ends with this piece, which may be empty.
    Last,
}

impl FrameSealer {
    /// Length in bytes of [`head`](Self::head): salt and commitment.
    pub const HEAD_LEN: usize = BODY_HEAD_LEN;

    /// Length in bytes of the longest piece of a message in one frame.
    pub const PIECE_LEN: usize = PIECE_LEN;

    /// Length in bytes of what precedes the piece in a frame: type and length.
    pub const FRAME_HEADER_LEN: usize = FRAME_HEADER_LEN;

    /// Length in bytes of what follows the piece in a frame.
    pub const TAG_LEN: usize = TAG_LEN;

    /// Length in bytes of the frame that ends a stream.
    pub const END_LEN: usize = FRAME_HEADER_LEN + TAG_LEN;

    pub(crate) fn new(secrets: StreamSecrets, salt: &[u8; SALT_LEN], shared: Shared) -> Self {
        let mut head = [0; BODY_HEAD_LEN];
        head[..SALT_LEN].copy_from_slice(salt);
        head[SALT_LEN..].copy_from_slice(&secrets.commitment);
        Self { cipher: FrameCipher::new(secrets), head, next: 0, in_message: false, shared }
    }

    /// The first 56 bytes of the stream: salt and commitment.
    #[must_use]
    pub fn head(&self) -> &[u8; BODY_HEAD_LEN] {
        &self.head
    }

    /// Returns whether a message was begun and not ended.
    #[must_use]
    pub fn is_in_message(&self) -> bool {
        self.in_message
    }

    /// Seals the next piece of a message. `frame` holds the piece between 3 bytes before it and 16
    /// bytes after it, all of which this fills in.
    ///
    /// # Errors
    ///
    /// [`SealError::SessionFailed`] if the other direction has failed, and
    /// [`SealError::StreamFull`] after 2^32 − 1 frames. Nothing was sealed.
    ///
    /// # Panics
    ///
    /// If the piece is longer than [`PIECE_LEN`](Self::PIECE_LEN), or is empty although more
    /// follows, or if `frame` has no room for it.
    pub fn seal_in_place(&mut self, piece: Piece, frame: &mut [u8]) -> Result<(), SealError> {
        let len = frame.len().checked_sub(Self::END_LEN).expect("the frame has room for its header and tag");
        let frame_type = self.next_type(piece, len)?;
        frame[..FRAME_HEADER_LEN].copy_from_slice(&frame_type.header(len));
        self.cipher.seal_in_place(self.next, frame);
        self.advance(piece);
        Ok(())
    }

    /// Does the same with a piece that stands elsewhere, so that it need not be copied first.
    #[cfg(feature = "std")]
    pub(crate) fn seal_to(&mut self, piece: Piece, plaintext: &[u8], frame: &mut [u8]) -> Result<(), SealError> {
        let frame_type = self.next_type(piece, plaintext.len())?;
        frame[..FRAME_HEADER_LEN].copy_from_slice(&frame_type.header(plaintext.len()));
        self.cipher.seal(self.next, plaintext, frame);
        self.advance(piece);
        Ok(())
    }

    /// Checks that a piece of `len` bytes may be sealed now.
    fn next_type(&self, piece: Piece, len: usize) -> Result<FrameType, SealError> {
        assert!(len <= PIECE_LEN, "a piece has at most 16384 bytes");
        assert!(len > 0 || piece == Piece::Last, "only the last piece of a message may be empty");
        self.check()?;
        // SPEC §5.6: the last frame that is possible can only end the stream.
        if self.next >= MAX_FRAMES - 1 {
            return Err(SealError::StreamFull);
        }
        Ok(match piece {
            Piece::More => FrameType::Piece,
            Piece::Last => FrameType::LastPiece,
        })
    }

    fn advance(&mut self, sealed: Piece) {
        self.next += 1;
        self.in_message = sealed == Piece::More;
    }

    /// Seals a whole message and appends its frames to `output`.
    ///
    /// # Errors
    ///
    /// The errors of [`seal_in_place`](Self::seal_in_place), and [`SealError::UnfinishedMessage`]
    /// if another message was begun and not ended. `output` may then hold a part of the message.
    pub fn append_message(&mut self, message: &[u8], output: &mut Vec<u8>) -> Result<(), SealError> {
        if self.in_message {
            return Err(SealError::UnfinishedMessage);
        }
        let mut rest = message;
        loop {
            let (piece, more) = rest.split_at(rest.len().min(PIECE_LEN));
            let start = output.len();
            // Growing later would leave the piece in freed memory.
            output.reserve(Self::END_LEN + piece.len());
            output.extend_from_slice(&[0; FRAME_HEADER_LEN]);
            output.extend_from_slice(piece);
            output.extend_from_slice(&[0; TAG_LEN]);
            let kind = if more.is_empty() { Piece::Last } else { Piece::More };
            if let Err(error) = self.seal_in_place(kind, &mut output[start..]) {
                wipe(&mut output[start..]);
                output.truncate(start);
                return Err(error);
            }
            if more.is_empty() {
                return Ok(());
            }
            rest = more;
        }
    }

    /// Ends the stream, and returns its last frame. The other direction goes on.
    ///
    /// # Errors
    ///
    /// [`SealError::SessionFailed`], and [`SealError::UnfinishedMessage`] if a message was begun
    /// and not ended: what was sealed then stays *truncated*.
    pub fn finish(mut self) -> Result<[u8; Self::END_LEN], SealError> {
        self.end()
    }

    pub(crate) fn end(&mut self) -> Result<[u8; Self::END_LEN], SealError> {
        self.check()?;
        if self.in_message {
            return Err(SealError::UnfinishedMessage);
        }
        if self.next >= MAX_FRAMES {
            return Err(SealError::StreamFull);
        }
        let mut frame = [0; Self::END_LEN];
        frame[..FRAME_HEADER_LEN].copy_from_slice(&FrameType::End.header(0));
        self.cipher.seal_in_place(self.next, &mut frame);
        // Nothing follows.
        self.next = MAX_FRAMES;
        Ok(frame)
    }

    fn check(&self) -> Result<(), SealError> {
        if self.shared.has_failed() { Err(SealError::SessionFailed) } else { Ok(()) }
    }

    /// Goes to frame `index`: for tests of what cannot be sealed in full.
    #[cfg(test)]
    pub(crate) fn skip_to(&mut self, index: u64) {
        self.next = index;
    }
}
