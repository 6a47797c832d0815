//! The keys of one stream, and sealing and opening a frame of any number.

use core::fmt;

use crate::crypto::{Aead, TagMismatch};
use crate::format::{COMMITMENT_LEN, FRAME_HEADER_LEN, MAX_FRAMES, PIECE_LEN, TAG_LEN};
use crate::secret::Secret;

/// What a stream is sealed with, and what shows that both ends have the same (SPEC §5.6).
pub(crate) struct StreamSecrets {
    pub(crate) key: Secret<32>,
    pub(crate) base_nonce: Secret<12>,
    pub(crate) commitment: [u8; COMMITMENT_LEN],
}

pub(super) struct FrameCipher {
    aead: Aead,
    base_nonce: Secret<12>,
}

impl FrameCipher {
    pub(super) fn new(secrets: StreamSecrets) -> Self {
        Self { aead: Aead::new(secrets.key.expose()), base_nonce: secrets.base_nonce }
    }

    /// Fills in `frame` behind its header.
    #[cfg(feature = "std")]
    pub(super) fn seal(&self, index: u64, piece: &[u8], frame: &mut [u8]) {
        let (header, payload) = frame.split_at_mut(FRAME_HEADER_LEN);
        self.aead.seal(&self.nonce(index), header, piece, payload);
    }

    /// `frame` holds its header, and room for the tag at the end.
    pub(super) fn seal_in_place(&self, index: u64, frame: &mut [u8]) {
        let (header, payload) = frame.split_at_mut(FRAME_HEADER_LEN);
        self.aead.seal_in_place(&self.nonce(index), header, payload);
    }

    #[cfg(feature = "std")]
    pub(super) fn open(
        &self,
        index: u64,
        header: &[u8; FRAME_HEADER_LEN],
        payload: &[u8],
        output: &mut [u8],
    ) -> Result<(), TagMismatch> {
        self.aead.open(&self.nonce(index), header, payload, output)
    }

    pub(super) fn open_in_place(
        &self,
        index: u64,
        header: &[u8; FRAME_HEADER_LEN],
        payload: &mut [u8],
    ) -> Result<(), TagMismatch> {
        self.aead.open_in_place(&self.nonce(index), header, payload)
    }

    /// SPEC §5.6: the base nonce XOR the number of the frame.
    fn nonce(&self, index: u64) -> [u8; 12] {
        debug_assert!(index < MAX_FRAMES, "checked by whoever counts");
        let mut nonce = *self.base_nonce.expose();
        for (byte, counter) in nonce[4..].iter_mut().zip(index.to_be_bytes()) {
            *byte ^= counter;
        }
        nonce
    }
}

impl fmt::Debug for FrameCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameCipher").finish_non_exhaustive()
    }
}

/// What a frame is (SPEC §5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameType {
    Piece,
    LastPiece,
    End,
}

impl FrameType {
    /// Type and length, as they precede the ciphertext of a frame with a piece of `len` bytes.
    pub(super) fn header(self, len: usize) -> [u8; FRAME_HEADER_LEN] {
        let len = u16::try_from(len + TAG_LEN).expect("a piece has at most 16384 bytes");
        let [high, low] = len.to_be_bytes();
        let code = match self {
            Self::Piece => 0x00,
            Self::LastPiece => 0x01,
            Self::End => 0x02,
        };
        [code, high, low]
    }

    /// Returns the type, and the length of the ciphertext with its tag; or `None` if no frame has
    /// this header.
    pub(super) fn parse([code, high, low]: [u8; FRAME_HEADER_LEN]) -> Option<(Self, usize)> {
        let len = usize::from(u16::from_be_bytes([high, low]));
        let piece = len.checked_sub(TAG_LEN).filter(|piece| *piece <= PIECE_LEN)?;
        match (code, piece) {
            (0x00, 1..) => Some((Self::Piece, len)),
            (0x01, _) => Some((Self::LastPiece, len)),
            (0x02, 0) => Some((Self::End, len)),
            _ => None,
        }
    }
}
