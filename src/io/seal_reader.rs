//! Pull-based sealing.

use alloc::vec::Vec;
use core::fmt;
use std::io::{self, Read};

use super::guarded::{Guarded, Pull};
use super::pending::Pending;
use super::window::Window;
use crate::chunk::{BodySealer, PIECE, ToSeal};
use crate::envelope::{Sealer, Sealing};
use crate::error::SealError;
use crate::format::{CHUNK_LEN, SEALED_CHUNK_LEN, TAG_LEN};

/// Reads from an inner reader and yields the envelope.
///
/// From [`Sealer::wrap_input`](crate::Sealer::wrap_input). Reads of 16400 bytes and more are sealed
/// straight into the caller's slice. With one thread it holds about 80 KiB at most, whatever the
/// length of the plaintext. The envelope is complete when [`read`](Read::read) returns 0.
///
/// After an error other than `Interrupted` and `WouldBlock` every later call fails. After
/// `WouldBlock` nothing is lost: make the same call again.
pub struct SealReader<R>(Guarded<Core<R>>);

struct Core<R> {
    inner: R,
    /// `None` once the last chunk was sealed.
    body: Option<BodySealer>,
    window: Window<CHUNK_LEN>,
    /// Header and sealed chunks that the caller has not taken yet.
    pending: Pending,
}

impl Sealer<'_> {
    /// Seals what is read from `input`; the envelope is read from the returned [`SealReader`].
    ///
    /// Does no I/O yet, but all public-key operations.
    ///
    /// # Errors
    ///
    /// [`SealError`]; nothing was read.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Read;
    ///
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
    /// let mut sealed = Vec::new();
    /// let mut reader = bulla::Sealer::new(identity.recipient()).wrap_input(&b"hello"[..])?;
    /// reader.read_to_end(&mut sealed)?;
    /// assert_eq!(bulla::open(&identity, &sealed)?, b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn wrap_input<R: Read>(&self, input: R) -> Result<SealReader<R>, SealError> {
        Ok(self.start()?.wrap_input(input))
    }
}

impl Sealing {
    /// Seals what is read from `input`; the envelope is read from the returned [`SealReader`].
    ///
    /// Does no I/O yet.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    #[must_use]
    pub fn wrap_input<R: Read>(self, input: R) -> SealReader<R> {
        let (header, body) = self.into_parts();
        SealReader::new([header.as_bytes(), body.head()].concat(), body, input)
    }
}

impl BodySealer {
    /// Seals what is read from `input`; the body alone is read from the returned [`SealReader`].
    ///
    /// Does no I/O yet.
    ///
    /// # Panics
    ///
    /// If a chunk has been sealed before.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    #[must_use]
    pub fn wrap_input<R: Read>(self, input: R) -> SealReader<R> {
        self.assert_fresh();
        SealReader::new(self.head().to_vec(), self, input)
    }
}

impl<R> SealReader<R> {
    /// `start` are the bytes before the first chunk.
    fn new(start: Vec<u8>, body: BodySealer, inner: R) -> Self {
        let (window, pending) = (Window::default(), Pending::new(start));
        Self(Guarded::new(Core { inner, body: Some(body), window, pending }))
    }

    /// The inner reader.
    pub fn get_ref(&self) -> &R {
        &self.0.core.inner
    }

    /// The inner reader. What is read from it directly is not sealed.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.0.core.inner
    }

    /// Gives up and returns the inner reader, which was read further than what was sealed, unless
    /// the envelope was read to its end.
    pub fn into_inner(self) -> R {
        self.0.core.inner
    }
}

impl<R: Read> Pull for Core<R> {
    fn pull(&mut self, output: &mut [u8]) -> io::Result<usize> {
        while self.pending.is_empty() {
            let Some(body) = &mut self.body else { return Ok(0) };
            let work = body.next_work();
            self.window.fill(&mut self.inner, CHUNK_LEN, work.into())?;
            let (direct, _) = output.as_chunks_mut::<SEALED_CHUNK_LEN>();
            if self.window.available_units() == 0 {
                if let Some(body) = self.body.take() {
                    let last = self.window.unused();
                    body.seal_last(last, self.pending.fill(last.len() + TAG_LEN))?;
                }
            } else if direct.len() >= work.least_direct() {
                let pieces =
                    self.window.pieces(&mut self.inner, direct.len(), work.into()).zip(direct.chunks_mut(PIECE));
                let count = body.seal_pieces(work, pieces.map(ToSeal::pair)).map_err(SealError::from)?;
                self.window.consume(count * CHUNK_LEN);
                return Ok(count * SEALED_CHUNK_LEN);
            } else {
                let count = work.collected();
                let (sealed, _) = self.pending.fill(count * SEALED_CHUNK_LEN).as_chunks_mut();
                let pieces = self.window.pieces(&mut self.inner, count, work.into()).zip(sealed.chunks_mut(PIECE));
                let count = body.seal_pieces(work, pieces.map(ToSeal::pair)).map_err(SealError::from)?;
                self.pending.shorten(count * SEALED_CHUNK_LEN);
                self.window.consume(count * CHUNK_LEN);
            }
        }
        self.pending.read_to(output)
    }
}

impl<R: Read> Read for SealReader<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        self.0.read(output)
    }
}

impl<R: fmt::Debug> fmt::Debug for SealReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealReader").field("inner", self.get_ref()).finish_non_exhaustive()
    }
}
