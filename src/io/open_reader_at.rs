//! Opening at any position, from several threads.

use alloc::vec::Vec;
use core::fmt;
use std::io::{self, Read};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::read_at::{ReadAt, read_full_at, slice_at};
use crate::buffer::{Buffer, wipe};
use crate::chunk::{RangeOpener, chunk_offset, plaintext_len};
use crate::envelope::{OpenedHeader, Opener};
use crate::error::OpenError;
use crate::format::{BODY_HEAD_LEN, CHUNK_LEN, MAX_PLAINTEXT_LEN, SEALED_CHUNK_LEN};
use crate::threads::{PIECE, Threads};
use crate::wire::Header;

/// Reads the plaintext of an envelope at any position, through a shared reference: several threads can read at the same time.
///
/// From [`Opener::wrap_input_at`]. Reading n bytes opens at most ⌈n / 16384⌉ + 1 chunks, whatever the length of the
/// envelope; a chunk that does not verify may be opened twice. For each thread that reads at the same time it holds up to
/// 65 KiB, and keeps the chunk that was opened last, so that small reads one after the other open a chunk once.
///
/// # Security
///
/// Every byte that it yields is authentic and stands where it was sealed (SPEC §5.4). Reading a part says nothing about the
/// rest: other chunks may have been altered or cut off. Where the plaintext ends is told only after the last chunk has
/// verified. A failed read spoils nothing: reading elsewhere goes on to work.
///
/// # Examples
///
/// ```
/// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// # let envelope = bulla::seal(&identity.recipient(), &[7; 100_000])?;
/// let reader = bulla::Opener::new(&identity).wrap_input_at(&envelope[..])?; // or a File
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
    body_opener: RangeOpener,
    metadata: Option<Vec<u8>>,
    /// Of the plaintext, once the last chunk has verified.
    len: OnceLock<u64>,
    scratch: Mutex<Vec<Scratch>>,
}

impl Opener<'_> {
    /// Opens the envelope that `input` holds from its first byte on, to be read at any position.
    ///
    /// Reads the header and the first 56 bytes of the body, and finds the content key: a wrong key and wrong associated data
    /// are reported here.
    ///
    /// # Errors
    ///
    /// A [`OpenError`] inside a [`std::io::Error`], to be downcast, or the error of `input`.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn wrap_input_at<R: ReadAt>(&self, input: R) -> io::Result<OpenReaderAt<R>> {
        let header = Header::read_from(&mut FromStart { input: &input, position: 0 }, self.header_limits())?;
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
        let mut prefix = [0; BODY_HEAD_LEN];
        if read_full_at(&input, &mut prefix, offset)? < prefix.len() {
            return Err(OpenError::Truncated.into());
        }
        Ok(OpenReaderAt {
            inner: input,
            start: offset,
            body_opener: self.range_opener(&prefix)?,
            metadata: self.metadata().map(<[u8]>::to_vec),
            len: OnceLock::new(),
            scratch: Mutex::default(),
        })
    }
}

impl<R: ReadAt> OpenReaderAt<R> {
    /// Reads plaintext from `offset` on and returns how many bytes: all of `output`, unless the plaintext ends before, or
    /// something fails after the bytes returned. Zero, where `output` is not empty, means that the plaintext ends at or before
    /// `offset`; the last chunk has then verified.
    ///
    /// # Errors
    ///
    /// A [`OpenError`] inside a [`std::io::Error`], to be downcast, or the error of the inner reader. `output` then holds no
    /// plaintext that did not verify.
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
    /// As [`read_at`](Self::read_at), and `UnexpectedEof` where the plaintext ends before.
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
        let index = plaintext_len(body_len)? / to_u64(CHUNK_LEN);
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

    /// The public metadata of the header, authenticated.
    #[must_use]
    pub fn metadata(&self) -> Option<&[u8]> {
        self.metadata.as_deref()
    }

    /// The inner reader.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    /// Reads something, unless the plaintext ends at or before `offset`.
    fn read_some(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        let index = offset / to_u64(CHUNK_LEN);
        let skip = usize::try_from(offset % to_u64(CHUNK_LEN)).unwrap_or_default();
        if offset > MAX_PLAINTEXT_LEN {
            return self.end(offset);
        }
        if skip == 0 && output.len() >= CHUNK_LEN {
            let read = self.read_full_chunks(index, output.as_chunks_mut().0)?;
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

    /// Opens full chunks from number `first` on straight into `output`, and returns the length of those before the first that
    /// is not there, not full, or does not open.
    fn read_full_chunks(&self, first: u64, output: &mut [[u8; CHUNK_LEN]]) -> io::Result<usize> {
        let count = output.len();
        let pieces = (first..).step_by(PIECE).zip(output.chunks_mut(PIECE));
        let failure = self.body_opener.threads().first_failure(pieces, |(first, output)| {
            let opened = self.open_full_chunks(first, output).unwrap_or_default();
            (opened < output.len()).then(|| first + to_u64(opened))
        });
        let opened = failure.and_then(|index| usize::try_from(index - first).ok()).unwrap_or(count);
        // Other threads may have opened chunks behind it.
        if opened < count && self.body_opener.threads() != Threads::ONE {
            wipe(output[opened..].as_flattened_mut());
        }
        Ok(opened * CHUNK_LEN)
    }

    /// As above, in one go. An error says nothing that the caller does not see when it looks at the chunk alone.
    fn open_full_chunks(&self, first: u64, output: &mut [[u8; CHUNK_LEN]]) -> io::Result<usize> {
        let (len, offset) = (output.len() * SEALED_CHUNK_LEN, self.offset(first)?);
        if let Some(input) = self.inner.as_slice() {
            return Ok(self.open_first(first, slice_at(input, len, offset), output));
        }
        let mut scratch = self.take_scratch(None);
        let sealed = scratch.room(len);
        let len = read_full_at(&self.inner, sealed, offset)?;
        let opened = self.open_first(first, &sealed[..len], output);
        self.return_scratch(scratch);
        Ok(opened)
    }

    /// Opens the full chunks in `sealed` up to the first that does not open, and returns how many did.
    fn open_first(&self, first: u64, sealed: &[u8], output: &mut [[u8; CHUNK_LEN]]) -> usize {
        let (sealed, _) = sealed.as_chunks();
        let failed = (first..)
            .zip(sealed.iter().zip(output))
            .position(|(index, (sealed, output))| self.body_opener.open_chunk(index, sealed, output).is_err());
        failed.unwrap_or(sealed.len())
    }

    /// Shows the plaintext of chunk `index` to `look`; it is shorter than 16384 bytes if and only if it is the last.
    ///
    /// `Truncated` where nothing, or less than a chunk can be, stands there.
    fn with_chunk<T>(&self, index: u64, look: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
        let mut scratch = self.take_scratch(Some(index));
        if scratch.index != Some(index) {
            let offset = self.offset(index)?;
            let room = scratch.room(SEALED_CHUNK_LEN);
            scratch.len = if let Some(input) = self.inner.as_slice() {
                self.body_opener.open(index, slice_at(input, SEALED_CHUNK_LEN, offset), room)?
            } else {
                let len = read_full_at(&self.inner, room, offset)?;
                self.body_opener.open_in_place(index, &mut room[..len])?
            };
            scratch.index = Some(index);
        }
        let seen = look(&scratch.buffer[..scratch.len]);
        self.return_scratch(scratch);
        Ok(seen)
    }

    /// Where chunk `index` stands in the inner reader.
    fn offset(&self, index: u64) -> io::Result<u64> {
        let offset = self.start.checked_add(chunk_offset(index));
        offset.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "offset beyond 2^64"))
    }

    /// If possible one that holds the chunk `index`.
    fn take_scratch(&self, index: Option<u64>) -> Scratch {
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let place = scratch.iter().position(|scratch| scratch.index == index).or(scratch.len().checked_sub(1));
        place.map(|place| scratch.swap_remove(place)).unwrap_or_default()
    }

    fn return_scratch(&self, scratch: Scratch) {
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
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
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}

/// Memory for one read.
#[derive(Default)]
struct Scratch {
    buffer: Buffer,
    /// The number of the chunk whose plaintext stands at the front, if there is one, and its length in bytes.
    index: Option<u64>,
    len: usize,
}

impl Scratch {
    /// Room for `len` bytes, to be written to.
    fn room(&mut self, len: usize) -> &mut [u8] {
        self.index = None;
        if self.buffer.len() < len {
            self.buffer = Buffer::new(len);
        }
        self.buffer.using(len)
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

fn to_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
