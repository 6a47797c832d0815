//! Full chunks that one thread works on.

use super::work::PIECE;
use crate::format::{CHUNK_LEN, SEALED_CHUNK_LEN};
use crate::num::to_u64;

/// Full chunks of a plaintext, to be sealed.
pub(crate) type ToSeal<'a> = Piece<'a, CHUNK_LEN, SEALED_CHUNK_LEN>;

/// Full chunks of a body, to be opened.
pub(crate) type ToOpen<'a> = Piece<'a, SEALED_CHUNK_LEN, CHUNK_LEN>;

/// Full chunks of `FROM` bytes, and where they are turned into as many of `TO` bytes.
pub(crate) enum Piece<'a, const FROM: usize, const TO: usize> {
    /// In place: the plaintext takes the first 16384 bytes of each chunk.
    InPlace(&'a mut [[u8; SEALED_CHUNK_LEN]]),
    Into(&'a [[u8; FROM]], &'a mut [[u8; TO]]),
}

impl<'a, const FROM: usize, const TO: usize> Piece<'a, FROM, TO> {
    /// Divides chunks into pieces.
    pub(crate) fn divide(from: &'a [[u8; FROM]], to: &'a mut [[u8; TO]]) -> impl Iterator<Item = Self> {
        debug_assert_eq!(from.len(), to.len());
        from.chunks(PIECE).zip(to.chunks_mut(PIECE)).map(|(from, to)| Self::Into(from, to))
    }

    /// Divides chunks that are worked on in their places.
    pub(crate) fn divide_in_place(chunks: &'a mut [[u8; SEALED_CHUNK_LEN]]) -> impl Iterator<Item = Self> {
        chunks.chunks_mut(PIECE).map(Self::InPlace)
    }

    /// Pairs chunks with as many at the front of `to`, which has room for them.
    #[cfg(feature = "std")]
    pub(crate) fn pair((from, to): (&'a mut [[u8; FROM]], &'a mut [[u8; TO]])) -> Self {
        let to = &mut to[..from.len()];
        Self::Into(from, to)
    }

    /// Gives each piece the number of its first chunk, counted from `next`, which becomes that of
    /// the chunk after the last.
    pub(super) fn number(pieces: impl IntoIterator<Item = Self>, next: &mut u64) -> impl Iterator<Item = (u64, Self)> {
        pieces.into_iter().map(|piece| {
            let start = *next;
            *next += to_u64(match &piece {
                Self::InPlace(chunks) => chunks.len(),
                Self::Into(from, _) => from.len(),
            });
            (start, piece)
        })
    }

    /// Works on one chunk after the other, of which the first has the number `start`. Stops at the
    /// first that fails and returns its number and error.
    pub(super) fn try_each<E>(
        self,
        start: u64,
        in_place: impl Fn(u64, &mut [u8]) -> Result<(), E>,
        into: impl Fn(u64, &[u8], &mut [u8]) -> Result<(), E>,
    ) -> Result<(), (u64, E)> {
        match self {
            Self::InPlace(chunks) => (start..)
                .zip(chunks)
                .try_for_each(|(index, chunk)| in_place(index, chunk).map_err(|error| (index, error))),
            Self::Into(from, to) => (start..)
                .zip(from.iter().zip(to))
                .try_for_each(|(index, (from, to))| into(index, from, to).map_err(|error| (index, error))),
        }
    }
}
