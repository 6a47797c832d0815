//! Reading an object in parts.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Mutex, PoisonError};

use super::open_reader_at::{FromStart, OpenReaderAt};
use super::read_at::{ReadAt, read_full_at};
use crate::chunk::plaintext_len;
use crate::envelope::{Manifest, Opener, check_manifest_len};
use crate::error::OpenError;
use crate::format::{CHUNK_LEN, MANIFEST_ENTRY_LEN};
use crate::num::{clamp_to_usize, to_u64};
use crate::wire::Header;

/// Reads the payload of an object in parts at any position. Takes `&self`, so several threads can
/// read at the same time.
///
/// Returned by [`Opener::open_parts_at`]. For a stream, or to seek, call [`stream`](Self::stream).
///
/// It keeps the 8 parts open that were read last, with up to about 65 KiB for each thread that
/// reads one of them. To open a part costs one read of 56 bytes.
///
/// # Security
///
/// Every byte that it yields is authentic and at the position where it was sealed. The length is
/// verified. The end of the payload is reported only after the last chunk of the last part has
/// verified. A read says nothing about parts that it did not open. After a failed read, other reads
/// still work.
pub struct PartsReaderAt<R> {
    shared: Arc<Shared<R>>,
}

struct Shared<R> {
    input: Arc<R>,
    manifest: Manifest,
    /// Where the parts start.
    start: u64,
    /// The parts that were read last, because the next reads are often in them as well. The latest
    /// comes first.
    open: Mutex<VecDeque<(u64, PartReader<R>)>>,
}

type PartReader<R> = Arc<OpenReaderAt<Section<R>>>;

impl Opener<'_> {
    /// Opens an object in parts: a file that holds header, parts and manifest. If they are several
    /// objects, give them as one with [`Joined`](crate::parts::Joined).
    ///
    /// Reads the header, the last 8 bytes and the manifest. Each part is opened when it is read.
    ///
    /// # Errors
    ///
    /// [`OpenError`] inside a [`std::io::Error`]: those of [`Header::read_from`],
    /// [`open_header`](Self::open_header) and
    /// [`OpenedHeader::open_manifest`](crate::OpenedHeader::open_manifest). Any error of `input`.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn open_parts_at<R: ReadAt>(&self, input: R) -> io::Result<PartsReaderAt<R>> {
        let header = Header::read_from(&mut FromStart::new(&input), self.limits_in_use())?;
        let start = header.body_offset();
        let opened = self.open_header(&header)?;
        let layout = header.layout();
        if layout != crate::format::Layout::Parts {
            return Err(OpenError::OtherLayout { layout }.into());
        }
        let size = input.size()?;
        let end = size.checked_sub(TRAILER_LEN).filter(|end| *end >= start).ok_or(OpenError::Truncated)?;
        let mut trailer = [0; 8];
        if read_full_at(&input, &mut trailer, end)? < trailer.len() {
            return Err(OpenError::Truncated.into());
        }
        // A claim: checked before anything is allocated for it (SPEC §5.7).
        let manifest_len = u64::from_be_bytes(trailer);
        let manifest_start = end.checked_sub(manifest_len).filter(|from| *from >= start);
        let manifest_start = manifest_start.ok_or(OpenError::MalformedManifest)?;
        let entries_len = plaintext_len(manifest_len).map_err(|_| OpenError::MalformedManifest)?;
        if !entries_len.is_multiple_of(to_u64(MANIFEST_ENTRY_LEN)) {
            return Err(OpenError::MalformedManifest.into());
        }
        check_manifest_len(self.limits_in_use(), manifest_len)?;
        let mut manifest = alloc::vec![0; clamp_to_usize(manifest_len)];
        if read_full_at(&input, &mut manifest, manifest_start)? < manifest.len() {
            return Err(OpenError::Truncated.into());
        }
        let manifest = opened.open_manifest(&manifest)?;
        if start + manifest.sealed_len() != manifest_start {
            return Err(OpenError::MalformedManifest.into());
        }
        let shared = Shared { input: Arc::new(input), manifest, start, open: Mutex::default() };
        Ok(PartsReaderAt { shared: Arc::new(shared) })
    }
}

impl<R> PartsReaderAt<R> {
    /// Returns the manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.shared.manifest
    }

    /// Returns the length of the payload in bytes. It is verified.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a length in bytes, and no collection")]
    pub fn len(&self) -> u64 {
        self.shared.manifest.len()
    }

    /// Returns the input.
    pub fn get_ref(&self) -> &R {
        &self.shared.input
    }

    /// Returns a stream of the payload from its start, which can seek. Several can read at once.
    #[must_use]
    pub fn stream(&self) -> PartsReader<R> {
        PartsReader { parts: Self { shared: self.shared.clone() }, position: 0 }
    }
}

impl<R: ReadAt> PartsReaderAt<R> {
    /// Reads the payload at `offset` and returns the number of bytes. `output` is filled unless the
    /// payload ends first, or an error follows the bytes returned.
    ///
    /// # Errors
    ///
    /// [`OpenError`] inside a [`std::io::Error`], [`OpenError::ForeignPart`] among them, or any
    /// error of the input. `output` then holds no plaintext that did not verify.
    pub fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while done < output.len() {
            let position = offset.saturating_add(to_u64(done));
            match self.read_some(&mut output[done..], position) {
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
    /// The errors of [`read_at`](Self::read_at), and `UnexpectedEof` if the payload ends first.
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

    /// Reads from the one part that holds `offset`.
    fn read_some(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        let manifest = &self.shared.manifest;
        let Some(index) = manifest.part_at(offset) else { return self.end() };
        let range = manifest.range(index).expect("there is a part at this offset");
        let len = output.len().min(clamp_to_usize(range.end - offset));
        let part = self.part(index)?;
        // A part that ends with a full chunk has an empty one behind it, which nobody asks for:
        // whoever reads on must not pass it by. The last byte goes out only with it.
        let reaches_end = offset + to_u64(len) == range.end;
        if reaches_end && (range.end - range.start).is_multiple_of(to_u64(CHUNK_LEN)) {
            match part.len() {
                Ok(_) => {}
                Err(_) if len > 1 => return self.read_some(&mut output[..len - 1], offset),
                Err(error) => return Err(error),
            }
        }
        match part.read_at(&mut output[..len], offset - range.start)? {
            // The manifest says that there is more.
            0 => Err(OpenError::Truncated.into()),
            len => Ok(len),
        }
    }

    /// Returns 0 once the last part has verified to its end (SPEC §5.7).
    fn end(&self) -> io::Result<usize> {
        if let Some(last) = self.shared.manifest.part_count().checked_sub(1) {
            self.part(last)?.len()?;
        }
        Ok(0)
    }

    fn part(&self, index: u64) -> io::Result<PartReader<R>> {
        let Shared { input, manifest, start, open } = &*self.shared;
        let lock = || open.lock().unwrap_or_else(PoisonError::into_inner);
        let keep = |part: &PartReader<R>| {
            let mut open = lock();
            open.retain(|(number, _)| *number != index);
            open.truncate(OPEN_PARTS - 1);
            open.push_front((index, part.clone()));
        };
        let found = lock().iter().find(|(number, _)| *number == index).map(|(_, part)| part.clone());
        if let Some(part) = found {
            keep(&part);
            return Ok(part);
        }
        let sealed = manifest.sealed_range(index).expect("there is such a part");
        let header = manifest.part(index).expect("there is such a part");
        let section = Section { input: input.clone(), start: start + sealed.start, len: sealed.end - sealed.start };
        let part = Arc::new(header.wrap_input_at(section, 0)?);
        keep(&part);
        Ok(part)
    }
}

/// An object in parts is an input itself.
impl<R: ReadAt> ReadAt for PartsReaderAt<R> {
    fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        self.read_at(output, offset)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.len())
    }
}

impl<R> fmt::Debug for PartsReaderAt<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartsReaderAt").field("manifest", &self.shared.manifest).finish_non_exhaustive()
    }
}

/// Reads the payload of an object in parts as a stream.
///
/// After a failed read, the position is where it was, and the same read can be tried again.
///
/// Returned by [`PartsReaderAt::stream`].
pub struct PartsReader<R> {
    parts: PartsReaderAt<R>,
    position: u64,
}

impl<R: ReadAt> Read for PartsReader<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let len = self.parts.read_at(output, self.position)?;
        self.position += to_u64(len);
        Ok(len)
    }
}

impl<R: ReadAt> Seek for PartsReader<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.parts.len().checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        let invalid = || io::Error::new(io::ErrorKind::InvalidInput, "seek to before the start or beyond 2^64");
        self.position = position.ok_or_else(invalid)?;
        Ok(self.position)
    }
}

impl<R> fmt::Debug for PartsReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartsReader").field("position", &self.position).finish_non_exhaustive()
    }
}

/// A piece of an input.
struct Section<R> {
    input: Arc<R>,
    start: u64,
    len: u64,
}

impl<R: ReadAt> ReadAt for Section<R> {
    fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        let len = output.len().min(clamp_to_usize(self.len.saturating_sub(offset)));
        if len == 0 { Ok(0) } else { self.input.read_at(&mut output[..len], self.start + offset) }
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.len)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        let (start, len) = (clamp_to_usize(self.start), clamp_to_usize(self.len));
        let input = self.input.as_slice()?.get(start..)?;
        Some(&input[..input.len().min(len)])
    }
}

impl<R> fmt::Debug for Section<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Section").field("start", &self.start).field("len", &self.len).finish_non_exhaustive()
    }
}

/// How many parts are kept open.
const OPEN_PARTS: usize = 8;

/// Length in bytes of what stands behind the manifest.
const TRAILER_LEN: u64 = 8;
