//! Opening at any position, by several threads.

use core::fmt;
use std::io::{self, Read};
use std::sync::OnceLock;

use super::read_at::{ReadAt, read_full_at, slice_at};
use super::scratch::ScratchPool;
use crate::chunk::{RangeOpener, chunk_offset, locate, plaintext_len};
use crate::envelope::{OpenedHeader, Opener};
use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, MAX_PLAINTEXT_LEN, SEALED_CHUNK_LEN};
use crate::num::to_u64;
use crate::wire::Header;

/// Reads the plaintext of an envelope at any position. Takes `&self`, so several threads can read
/// at the same time.
///
/// Returned by [`Opener::wrap_input_at`]. A read of n bytes opens at most ⌈n / 16384⌉ + 1 chunks,
/// however long the envelope is, and once the last chunk. A chunk that does not verify may be
/// opened twice. For each thread that reads at the same time, the reader holds up to about 65 KiB.
/// It keeps the chunk that a small read has opened, so consecutive small reads open that chunk only
/// once.
///
/// # Security
///
/// Every byte that the reader yields is authentic and at the position where it was sealed (SPEC
/// §5.4). Reading a part says nothing about the rest: other chunks may have been altered or cut
/// off. The end of the plaintext is reported only after the last chunk has verified. After a failed
/// read, other reads still work.
///
/// # Examples
///
/// ```
/// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// # let envelope = bulla::seal(identity.recipient(), &[7; 100_000])?;
/// let opener = bulla::Opener::new(&identity);
/// let reader = opener.wrap_input_at(&envelope[..])?; // or a File
/// let mut piece = [0; 100];
/// reader.read_exact_at(&mut piece, 50_000)?;
/// assert_eq!(piece, [7; 100]);
/// assert_eq!(reader.len()?, 100_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
pub struct OpenReaderAt<R> {
    inner: R,
    /// Where the body starts in the inner reader.
    start: u64,
    header: OpenedHeader,
    opener: RangeOpener,
    /// Length of the plaintext. Empty until the last chunk has verified.
    len: OnceLock<u64>,
    scratches: ScratchPool,
}

impl Opener<'_> {
    /// Opens the envelope in `input`, from its first byte on, for reads at any position.
    ///
    /// Reads the header and the head of the body, and finds the content key. A wrong key or wrong
    /// associated data is reported here.
    ///
    /// # Errors
    ///
    /// [`OpenError`] inside a [`std::io::Error`] if the envelope cannot be opened, or any error of
    /// `input`.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn wrap_input_at<R: ReadAt>(&self, input: R) -> io::Result<OpenReaderAt<R>> {
        let header = Header::read_from(&mut FromStart::new(&input), self.limits_in_use())?;
        self.open_header(&header)?.wrap_input_at(input, header.body_offset())
    }
}

impl OpenedHeader {
    /// Opens the body in `input`, from `offset` to the end of `input`, for reads at any position.
    ///
    /// # Errors
    ///
    /// [`OpenError`] inside a [`std::io::Error`] if the head of the body is cut or does not fit, or
    /// any error of `input`.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn wrap_input_at<R: ReadAt>(self, input: R, offset: u64) -> io::Result<OpenReaderAt<R>> {
        let mut head = [0; BODY_HEAD_LEN];
        if read_full_at(&input, &mut head, offset)? < head.len() {
            return Err(OpenError::Truncated.into());
        }
        Ok(OpenReaderAt {
            inner: input,
            start: offset,
            opener: self.range_opener(&head)?,
            header: self,
            len: OnceLock::new(),
            scratches: ScratchPool::default(),
        })
    }
}

impl<R> OpenReaderAt<R> {
    /// Returns the header as it was opened, with its [sender](OpenedHeader::sender) and its
    /// [private metadata](OpenedHeader::private_metadata).
    #[must_use]
    pub fn opened_header(&self) -> &OpenedHeader {
        &self.header
    }

    /// Returns the public metadata of the header. It is authentic.
    #[must_use]
    pub fn metadata(&self) -> Option<&[u8]> {
        self.header.metadata()
    }

    /// Returns the inner reader.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    /// Returns the inner reader.
    pub fn into_inner(self) -> R {
        self.inner
    }
}

impl<R: ReadAt> OpenReaderAt<R> {
    /// Reads plaintext at `offset` and returns the number of bytes. `output` is filled unless the
    /// plaintext ends first, or an error follows the bytes returned. If `output` is not empty, 0
    /// means that the plaintext ends at or before `offset`, and that the last chunk has verified.
    ///
    /// # Errors
    ///
    /// [`OpenError`] inside a [`std::io::Error`] if a chunk cannot be opened, or any error of the
    /// inner reader. `output` then holds no plaintext that did not verify.
    pub fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        let (mut done, mut direct) = (0, true);
        while done < output.len() {
            match self.read_some(&mut output[done..], offset.saturating_add(to_u64(done)), &mut direct) {
                Ok(0) => break,
                Ok(len) => done += len,
                // The bytes before the error are good. The next read reports the error.
                Err(_) if done > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// Does what [`read_at`](Self::read_at) does, but fills `output`.
    ///
    /// # Errors
    ///
    /// The errors of [`read_at`](Self::read_at), and `UnexpectedEof` if the plaintext ends first.
    pub fn read_exact_at(&self, output: &mut [u8], offset: u64) -> io::Result<()> {
        let mut done = 0;
        while done < output.len() {
            match self.read_at(&mut output[done..], offset.saturating_add(to_u64(done)))? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                len => done += len,
            }
        }
        Ok(())
    }

    /// Returns the length in bytes of the plaintext. The first call opens the last chunk to verify
    /// the length.
    ///
    /// # Errors
    ///
    /// The errors of [`read_at`](Self::read_at).
    pub fn len(&self) -> io::Result<u64> {
        if let Some(len) = self.len.get() {
            return Ok(*len);
        }
        let body_len = self.inner.size()?.checked_sub(self.start).ok_or(OpenError::Truncated)?;
        let (index, _) = locate(plaintext_len(body_len)?);
        let last_len = self.with_chunk(index, <[u8]>::len)?;
        if last_len == CHUNK_LEN {
            // The input has grown, or reported a wrong length.
            return Err(OpenError::LastChunkAltered { index }.into());
        }
        Ok(*self.len.get_or_init(|| index * to_u64(CHUNK_LEN) + to_u64(last_len)))
    }

    /// Returns whether the plaintext is empty. The first call opens the last chunk to verify this.
    ///
    /// # Errors
    ///
    /// The errors of [`read_at`](Self::read_at).
    pub fn is_empty(&self) -> io::Result<bool> {
        self.len().map(|len| len == 0)
    }

    /// Reads at least one byte, unless the plaintext ends at or before `offset`.
    ///
    /// Tries full chunks together if `direct`, and clears it if some were missing: what comes next
    /// is then fetched once more and not twice.
    fn read_some(&self, output: &mut [u8], offset: u64, direct: &mut bool) -> io::Result<usize> {
        let (index, skip) = locate(offset);
        if offset > MAX_PLAINTEXT_LEN {
            return self.end(offset);
        }
        if *direct && skip == 0 && output.len() >= CHUNK_LEN {
            let (chunks, _) = output.as_chunks_mut();
            let wanted = chunks.len() * CHUNK_LEN;
            let read = self.read_full_chunks(index, chunks);
            *direct = read == wanted;
            if read > 0 {
                return Ok(read);
            }
        }
        *direct = true;
        let copied = self.with_chunk(index, |chunk| {
            let rest = chunk.get(skip..).unwrap_or_default();
            let len = rest.len().min(output.len());
            output[..len].copy_from_slice(&rest[..len]);
            len
        });
        match copied {
            Err(error) if matches!(OpenError::from_io(&error), Some(OpenError::Truncated)) => self.end(offset),
            copied => copied,
        }
    }

    /// Returns 0 if the plaintext is verified to end at or before `offset`, where no chunk was
    /// found.
    fn end(&self, offset: u64) -> io::Result<usize> {
        if offset < self.len()? {
            return Err(OpenError::Truncated.into());
        }
        Ok(0)
    }

    /// Opens full chunks straight into `output`, from number `first` on, and returns the length of
    /// their plaintext. Stops at the first chunk that is absent, not full, or does not open.
    fn read_full_chunks(&self, first: u64, output: &mut [[u8; CHUNK_LEN]]) -> usize {
        let opened = self.opener.open_pieces(first, output, |first, count, open| {
            let Ok(offset) = self.offset(first) else { return };
            let len = count * SEALED_CHUNK_LEN;
            if let Some(input) = self.inner.as_slice() {
                return open(slice_at(input, len, offset));
            }
            let mut scratch = self.scratches.take(None);
            let sealed = scratch.room(len);
            if let Ok(len) = read_full_at(&self.inner, sealed, offset) {
                open(&sealed[..len]);
                self.scratches.put_back(scratch);
            }
        });
        opened * CHUNK_LEN
    }

    /// Passes the plaintext of chunk `index` to `look`. It is shorter than 16384 bytes if and only
    /// if the chunk is the last.
    ///
    /// `Truncated` means that there are fewer bytes in the place of the chunk than any chunk has.
    fn with_chunk<T>(&self, index: u64, look: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
        let mut scratch = self.scratches.take(Some(index));
        let seen = match scratch.chunk(index) {
            Some(chunk) => look(chunk),
            None => {
                let offset = self.offset(index)?;
                let room = scratch.room(SEALED_CHUNK_LEN);
                let len = if let Some(input) = self.inner.as_slice() {
                    self.opener.open(index, slice_at(input, SEALED_CHUNK_LEN, offset), room)?
                } else {
                    let len = read_full_at(&self.inner, room, offset)?;
                    self.opener.open_in_place(index, &mut room[..len])?
                };
                look(scratch.keep(index, len))
            }
        };
        self.scratches.put_back(scratch);
        Ok(seen)
    }

    /// Returns the offset of chunk `index` in the inner reader.
    fn offset(&self, index: u64) -> io::Result<u64> {
        let offset = self.start.checked_add(chunk_offset(index));
        offset.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "offset beyond 2^64"))
    }
}

/// An opened envelope is an input itself, so an envelope within an envelope can be read at any
/// position.
impl<R: ReadAt> ReadAt for OpenReaderAt<R> {
    fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        self.read_at(output, offset)
    }

    fn size(&self) -> io::Result<u64> {
        self.len()
    }
}

impl<R: fmt::Debug> fmt::Debug for OpenReaderAt<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenReaderAt")
            .field("inner", &self.inner)
            .field("metadata", &self.metadata())
            .finish_non_exhaustive()
    }
}

/// Reads sequentially from a position.
pub(super) struct FromStart<'a, R> {
    input: &'a R,
    position: u64,
}

impl<'a, R> FromStart<'a, R> {
    pub(super) fn new(input: &'a R) -> Self {
        Self { input, position: 0 }
    }
}

impl<R: ReadAt> Read for FromStart<'_, R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let len = self.input.read_at(output, self.position)?;
        self.position = self.position.saturating_add(to_u64(len));
        Ok(len)
    }
}

#[cfg(test)]
mod tests;
