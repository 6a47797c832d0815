//! Opening a stream.

use core::fmt;

use super::cipher::{FrameCipher, FrameType, StreamSecrets};
use super::shared::Shared;
use crate::crypto::constant_time_eq;
use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, FRAME_HEADER_LEN, MAX_FRAMES, TAG_LEN};

/// Opens one direction of a session, frame by frame, in order.
///
/// This is the engine without I/O below [`SessionReader`](crate::SessionReader). For a stream of
/// bytes, read 3 bytes, ask [`payload_len`](Self::payload_len) how many follow, read these, and
/// give both to [`open_in_place`](Self::open_in_place). For a transport of messages, call
/// [`open_next`](Self::open_next) until nothing is left of a transport message.
///
/// # Security
///
/// A stream is complete only when [`Frame::End`] was opened. After a failure every later call fails
/// with the same error, and nothing can be sealed in the other direction any more.
#[derive(Debug)]
pub struct FrameOpener {
    cipher: FrameCipher,
    next: u64,
    in_message: bool,
    has_ended: bool,
    failed: Option<OpenError>,
    shared: Shared,
}

/// What a frame holds.
#[derive(PartialEq, Eq)]
pub enum Frame<'a> {
    /// A piece of a message, of which more follows.
    Piece(&'a mut [u8]),
    /// The last piece of a message, which may be empty.
    LastPiece(&'a mut [u8]),
    /// The end of the stream. Nothing follows.
    End,
}

/// Shows lengths, and no plaintext.
impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Piece(piece) => write!(f, "Piece({} bytes)", piece.len()),
            Self::LastPiece(piece) => write!(f, "LastPiece({} bytes)", piece.len()),
            Self::End => f.write_str("End"),
        }
    }
}

impl FrameOpener {
    /// Length in bytes of the head of a stream: salt and commitment.
    pub const HEAD_LEN: usize = BODY_HEAD_LEN;

    /// Length in bytes of what precedes the ciphertext in a frame: type and length.
    pub const FRAME_HEADER_LEN: usize = FRAME_HEADER_LEN;

    /// Checks the commitment that came with the salt.
    pub(crate) fn new(secrets: StreamSecrets, commitment: &[u8], shared: Shared) -> Result<Self, OpenError> {
        if !constant_time_eq(commitment, &secrets.commitment) {
            shared.fail();
            return Err(OpenError::WrongAssociatedData);
        }
        let cipher = FrameCipher::new(secrets);
        Ok(Self { cipher, next: 0, in_message: false, has_ended: false, failed: None, shared })
    }

    /// Returns whether the end of the stream was opened.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Returns how many bytes follow the first 3 bytes of the next frame: 16 to 16400.
    ///
    /// # Errors
    ///
    /// [`OpenError::FrameAltered`] if no frame that may come here begins so.
    pub fn payload_len(&mut self, header: &[u8; FRAME_HEADER_LEN]) -> Result<usize, OpenError> {
        self.parse(header).map(|(_, len)| len)
    }

    /// Opens the next frame, and replaces the ciphertext in `payload`, of
    /// [`payload_len`](Self::payload_len) bytes, by the piece. On failure it holds no plaintext.
    ///
    /// # Errors
    ///
    /// [`OpenError::FrameAltered`].
    pub fn open_in_place<'a>(
        &mut self,
        header: &[u8; FRAME_HEADER_LEN],
        payload: &'a mut [u8],
    ) -> Result<Frame<'a>, OpenError> {
        let (frame_type, len) = self.parse(header)?;
        if payload.len() != len || self.cipher.open_in_place(self.next, header, payload).is_err() {
            return Err(self.fail(OpenError::FrameAltered { index: self.next }));
        }
        self.next += 1;
        let (piece, _) = payload.split_at_mut(len - TAG_LEN);
        Ok(match frame_type {
            FrameType::Piece => {
                self.in_message = true;
                Frame::Piece(piece)
            }
            FrameType::LastPiece => {
                self.in_message = false;
                Frame::LastPiece(piece)
            }
            FrameType::End => {
                self.has_ended = true;
                Frame::End
            }
        })
    }

    /// Whether the frame with this header would be a whole message.
    #[cfg(feature = "std")]
    pub(crate) fn is_whole_message(&self, header: &[u8; FRAME_HEADER_LEN]) -> bool {
        !self.in_message && matches!(FrameType::parse(*header), Some((FrameType::LastPiece, _)))
    }

    /// Opens a frame that is a whole message, and writes that to `output`, which is 16 bytes
    /// shorter than `payload`. On failure it holds no plaintext.
    #[cfg(feature = "std")]
    pub(crate) fn open_whole_message(
        &mut self,
        header: &[u8; FRAME_HEADER_LEN],
        payload: &[u8],
        output: &mut [u8],
    ) -> Result<(), OpenError> {
        debug_assert!(self.is_whole_message(header), "asked by the caller");
        let (_, len) = self.parse(header)?;
        if payload.len() != len || self.cipher.open(self.next, header, payload, output).is_err() {
            return Err(self.fail(OpenError::FrameAltered { index: self.next }));
        }
        self.next += 1;
        Ok(())
    }

    /// Takes the next frame from the front of a transport message, and opens it. Returns `None` if
    /// nothing is left of the transport message.
    ///
    /// # Errors
    ///
    /// [`OpenError::FrameAltered`], also if a frame is cut: a transport message holds whole frames,
    /// and nothing after the end of the stream.
    pub fn open_next<'a>(&mut self, transport_message: &mut &'a mut [u8]) -> Result<Option<Frame<'a>>, OpenError> {
        self.check()?;
        if transport_message.is_empty() {
            return Ok(None);
        }
        let rest = core::mem::take(transport_message);
        let Some((header, rest)) = rest.split_first_chunk_mut() else {
            return Err(self.fail(OpenError::FrameAltered { index: self.next }));
        };
        let (frame_type, len) = self.parse(header)?;
        let split = rest.split_at_mut_checked(len);
        let Some((payload, rest)) = split.filter(|(_, rest)| frame_type != FrameType::End || rest.is_empty()) else {
            return Err(self.fail(OpenError::FrameAltered { index: self.next }));
        };
        *transport_message = rest;
        self.open_in_place(header, payload).map(Some)
    }

    /// Takes note that the input has ended.
    ///
    /// # Errors
    ///
    /// [`OpenError::Truncated`] if the stream has not: then the session has failed, in both
    /// directions.
    pub fn finish(&mut self) -> Result<(), OpenError> {
        self.check()?;
        if self.has_ended { Ok(()) } else { Err(self.fail(OpenError::Truncated)) }
    }

    /// Ends the session because of a failure outside, such as the end of the input.
    pub(crate) fn fail(&mut self, error: OpenError) -> OpenError {
        self.shared.fail();
        self.failed = Some(error.clone());
        error
    }

    #[cfg(feature = "std")]
    pub(crate) fn shared(&self) -> Shared {
        self.shared.clone()
    }

    pub(crate) fn check(&self) -> Result<(), OpenError> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    /// Checks what can be seen of a frame before it is opened (SPEC §5.6).
    fn parse(&mut self, header: &[u8; FRAME_HEADER_LEN]) -> Result<(FrameType, usize), OpenError> {
        self.check()?;
        let may_come = |frame_type| match frame_type {
            FrameType::End => !self.in_message,
            // The last frame that is possible can only end the stream.
            FrameType::Piece | FrameType::LastPiece => self.next < MAX_FRAMES - 1,
        };
        match FrameType::parse(*header) {
            Some((frame_type, len)) if !self.has_ended && may_come(frame_type) => Ok((frame_type, len)),
            _ => Err(self.fail(OpenError::FrameAltered { index: self.next })),
        }
    }

    /// Goes to frame `index`: for tests of what cannot be opened in full.
    #[cfg(test)]
    pub(crate) fn skip_to(&mut self, index: u64) {
        self.next = index;
    }
}
