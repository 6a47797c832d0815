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

/// Reads plaintext from an inner reader and yields the envelope.
///
/// Returned by [`Sealer::wrap_input`](crate::Sealer::wrap_input). With one thread, reads of 16400
/// bytes and more are sealed straight into the caller's slice, and the reader holds the header and
/// at most about 80 KiB, however long the plaintext is. The envelope is complete when
/// [`read`](Read::read) returns 0.
///
/// After `WouldBlock` nothing is lost: make the same call again. After any other error, every later
/// call fails.
pub struct SealReader<R>(Guarded<Core<R>>);

struct Core<R> {
    inner: R,
    /// `None` after the last chunk was sealed.
    body: Option<BodySealer>,
    window: Window<CHUNK_LEN>,
    /// The caller's slice may be shorter than the header or a chunk. This holds the rest.
    pending: Pending,
}

impl Sealer<'_> {
    /// Returns a [`SealReader`] that reads plaintext from `input` and yields the envelope.
    ///
    /// Does all public-key operations, but no I/O yet.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the header cannot be made. Nothing is read.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Read;
    ///
    /// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
    /// let mut sealed = Vec::new();
    /// let sealer = bulla::Sealer::new(identity.recipient());
    /// let mut reader = sealer.wrap_input(&b"hello"[..])?;
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
    /// Returns a [`SealReader`] that reads plaintext from `input` and yields the envelope.
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
    /// Returns a [`SealReader`] that reads plaintext from `input` and yields the body, without the
    /// header.
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
    /// Creates a reader that yields `start` before the first chunk.
    fn new(start: Vec<u8>, body: BodySealer, inner: R) -> Self {
        let (window, pending) = (Window::default(), Pending::new(start));
        Self(Guarded::new(Core { inner, body: Some(body), window, pending }))
    }

    /// Returns the inner reader.
    pub fn get_ref(&self) -> &R {
        &self.0.core.inner
    }

    /// Returns the inner reader. Bytes that you read from it directly are not sealed.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.0.core.inner
    }

    /// Returns the inner reader. Bytes that this reader has buffered are lost, unless the envelope
    /// was read to its end.
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
