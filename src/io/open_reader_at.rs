//! Opening at any position, from several threads.

use core::fmt;
use std::io::{self, Read};
use std::sync::OnceLock;

use super::read_at::{ReadAt, read_full_at, slice_at};
use super::scratch::Scratches;
use crate::chunk::{RangeOpener, chunk_offset, locate, plaintext_len};
use crate::envelope::{OpenedHeader, Opener};
use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, MAX_PLAINTEXT_LEN, SEALED_CHUNK_LEN};
use crate::num::to_u64;
use crate::wire::Header;

/// Reads the plaintext of an envelope at any position, through a shared reference: several threads
/// can read at the same time.
///
/// From [`Opener::wrap_input_at`]. Reading n bytes opens at most ⌈n / 16384⌉ + 1 chunks, whatever
/// the length of the envelope; a chunk that does not verify may be opened twice. For each thread
/// that reads at the same time it holds up to 65 KiB, and keeps the chunk that was opened last, so
/// that small reads one after the other open a chunk once.
///
/// # Security
///
/// Every byte that it yields is authentic and stands where it was sealed (SPEC §5.4). Reading a
/// part says nothing about the rest: other chunks may have been altered or cut off. The end of the
/// plaintext is reported only after the last chunk has verified. A failed read spoils nothing:
/// reading elsewhere goes on to work.
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
    /// Of the plaintext, once the last chunk has verified.
    len: OnceLock<u64>,
    scratches: Scratches,
}

impl Opener<'_> {
    /// Opens the envelope that `input` holds from its first byte on, to be read at any position.
    ///
    /// Reads the header and the first 56 bytes of the body, and finds the content key: a wrong key
    /// and wrong associated data are reported here.
    ///
    /// # Errors
    ///
    /// An [`OpenError`] inside a [`std::io::Error`], or the error of `input`.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn wrap_input_at<R: ReadAt>(&self, input: R) -> io::Result<OpenReaderAt<R>> {
        let header = Header::read_from(&mut FromStart { input: &input, position: 0 }, self.limits_in_use())?;
        self.open_header(&header)?.wrap_input_at(input, header.body_offset())
    }
}

impl OpenedHeader {
    /// Opens the body that `input` holds from `offset` on to its end, to be read at any position.
    ///
    /// # Errors
    ///
    /// As [`Opener::wrap_input_at`].
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
            scratches: Scratches::default(),
        })
    }
}

impl<R> OpenReaderAt<R> {
    /// The public metadata of the header, authenticated.
    #[must_use]
    pub fn metadata(&self) -> Option<&[u8]> {
        self.header.metadata()
    }

    /// The inner reader.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    /// Gives back the inner reader.
    pub fn into_inner(self) -> R {
        self.inner
    }
}

impl<R: ReadAt> OpenReaderAt<R> {
    /// Reads plaintext from `offset` on and returns how many bytes: all of `output`, unless the
    /// plaintext ends before, or something fails after the bytes returned. Zero, if `output` is not
    /// empty, means that the plaintext ends at or before `offset`; the last chunk has then
    /// verified.
    ///
    /// # Errors
    ///
    /// An [`OpenError`] inside a [`std::io::Error`], or the error of the inner reader. `output`
    /// then holds no plaintext that did not verify.
    pub fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while done < output.len() {
            match self.read_some(&mut output[done..], offset.saturating_add(to_u64(done))) {
                Ok(0) => break,
                Ok(len) => done += len,
                // What was read before is good; reading on will report it.
                Err(_) if done > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// As [`read_at`](Self::read_at), but fills `output`.
    ///
    /// # Errors
    ///
    /// As [`read_at`](Self::read_at), and `UnexpectedEof` if the plaintext ends before.
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

    /// Length in bytes of the plaintext. The first call opens the last chunk to verify it.
    ///
    /// # Errors
    ///
    /// As [`read_at`](Self::read_at).
    pub fn len(&self) -> io::Result<u64> {
        if let Some(len) = self.len.get() {
            return Ok(*len);
        }
        let body_len = self.inner.size()?.checked_sub(self.start).ok_or(OpenError::Truncated)?;
        let (index, _) = locate(plaintext_len(body_len)?);
        let last_len = self.with_chunk(index, <[u8]>::len)?;
        if last_len == CHUNK_LEN {
            // The input has grown, or told a wrong length.
            return Err(OpenError::LastChunkAltered { index }.into());
        }
        Ok(*self.len.get_or_init(|| index * to_u64(CHUNK_LEN) + to_u64(last_len)))
    }

    /// Whether the plaintext is empty. The first call opens the last chunk to verify it.
    ///
    /// # Errors
    ///
    /// As [`read_at`](Self::read_at).
    pub fn is_empty(&self) -> io::Result<bool> {
        self.len().map(|len| len == 0)
    }

    /// Reads something, unless the plaintext ends at or before `offset`.
    fn read_some(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        let (index, skip) = locate(offset);
        if offset > MAX_PLAINTEXT_LEN {
            return self.end(offset);
        }
        if skip == 0 && output.len() >= CHUNK_LEN {
            let read = self.read_full_chunks(index, output.as_chunks_mut().0);
            if read > 0 {
                return Ok(read);
            }
        }
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

    /// Nothing stands at `offset`. That is the end of the plaintext, if it is verified to be there.
    fn end(&self, offset: u64) -> io::Result<usize> {
        if offset < self.len()? {
            return Err(OpenError::Truncated.into());
        }
        Ok(0)
    }

    /// Opens full chunks from number `first` on straight into `output`, and returns the length of
    /// those before the first that is not there, not full, or does not open.
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

    /// Shows the plaintext of chunk `index` to `look`; it is shorter than 16384 bytes if and only
    /// if it is the last.
    ///
    /// `Truncated` where nothing, or less than a chunk can be, stands there.
    fn with_chunk<T>(&self, index: u64, look: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
        let mut scratch = self.scratches.take(Some(index));
        if scratch.chunk(index).is_none() {
            let offset = self.offset(index)?;
            let room = scratch.room(SEALED_CHUNK_LEN);
            let len = if let Some(input) = self.inner.as_slice() {
                self.opener.open(index, slice_at(input, SEALED_CHUNK_LEN, offset), room)?
            } else {
                let len = read_full_at(&self.inner, room, offset)?;
                self.opener.open_in_place(index, &mut room[..len])?
            };
            scratch.set_chunk(index, len);
        }
        let seen = look(scratch.chunk(index).unwrap_or_default());
        self.scratches.put_back(scratch);
        Ok(seen)
    }

    /// Where chunk `index` stands in the inner reader.
    fn offset(&self, index: u64) -> io::Result<u64> {
        let offset = self.start.checked_add(chunk_offset(index));
        offset.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "offset beyond 2^64"))
    }
}

/// Itself an input: an envelope within an envelope can be read at any position.
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

/// Reads on from a position.
struct FromStart<'a, R> {
    input: &'a R,
    position: u64,
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
