//! Reading at a position, by several threads.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::io;

use super::calls::read_full;
use crate::num::to_u64;

/// An input that several threads can read at the same time, at any position, without a cursor.
///
/// It is implemented for [`File`](std::fs::File), slices and vectors of bytes, and pointers to
/// them. Implement it for anything else that can return a range: an object store, a memory map, a
/// device. Opening makes three small reads; if each is a request, use
/// [`RangeOpener`](crate::body::RangeOpener) instead.
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
pub trait ReadAt: Send + Sync {
    /// Reads at most `output.len()` bytes at `offset` and returns how many. If `output` is not
    /// empty, 0 means that the input ends at or before `offset`. Any other short count does not
    /// mean the end, so expect a call with `offset` at the end. A store that answers such a request
    /// with 416 means 0.
    ///
    /// # Errors
    ///
    /// Any error of the input. The caller retries after `Interrupted`.
    fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Returns the length in bytes of the input. The library does not trust it, and verifies what
    /// follows from it.
    ///
    /// # Errors
    ///
    /// Any error of the input.
    fn size(&self) -> io::Result<u64>;

    /// Returns the whole input if it is in memory. Chunks are then opened without being copied
    /// first.
    ///
    /// The provided method returns `None`.
    ///
    /// # Security
    ///
    /// The bytes must not change while they are borrowed, because a chunk is verified and decrypted
    /// in two passes over them. A memory map of a file that others can write does not keep this
    /// promise. Do not override this method for such a map, so that chunks are copied.
    fn as_slice(&self) -> Option<&[u8]> {
        None
    }
}

impl ReadAt for [u8] {
    fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        let bytes = slice_at(self, output.len(), offset);
        output[..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    }

    fn size(&self) -> io::Result<u64> {
        Ok(to_u64(self.len()))
    }

    fn as_slice(&self) -> Option<&[u8]> {
        Some(self)
    }
}

/// Does not use the position of the file. On Windows, reading moves that position.
#[cfg(any(unix, windows))]
impl ReadAt for std::fs::File {
    fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        #[cfg(unix)]
        return std::os::unix::fs::FileExt::read_at(self, output, offset);
        #[cfg(windows)]
        return std::os::windows::fs::FileExt::seek_read(self, output, offset);
    }

    fn size(&self) -> io::Result<u64> {
        self.metadata().map(|metadata| metadata.len())
    }
}

macro_rules! delegate {
    ($($pointer:ty),*) => {$(
        impl<T: ReadAt + ?Sized> ReadAt for $pointer {
            fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
                (**self).read_at(output, offset)
            }

            fn size(&self) -> io::Result<u64> {
                (**self).size()
            }

            fn as_slice(&self) -> Option<&[u8]> {
                (**self).as_slice()
            }
        }
    )*};
}

delegate!(&T, Box<T>, Arc<T>);

impl ReadAt for Vec<u8> {
    fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        self[..].read_at(output, offset)
    }

    fn size(&self) -> io::Result<u64> {
        self[..].size()
    }

    fn as_slice(&self) -> Option<&[u8]> {
        Some(self)
    }
}

/// Returns the `len` bytes of `input` at `offset`, or fewer if it ends before.
pub(super) fn slice_at(input: &[u8], len: usize, offset: u64) -> &[u8] {
    let rest = usize::try_from(offset).ok().and_then(|offset| input.get(offset..)).unwrap_or_default();
    &rest[..rest.len().min(len)]
}

/// Reads until `output` is full or the input ends, and returns how many bytes were read.
pub(super) fn read_full_at(input: &(impl ReadAt + ?Sized), output: &mut [u8], offset: u64) -> io::Result<usize> {
    read_full(output, |rest, filled| {
        let position = offset.checked_add(to_u64(filled));
        input.read_at(rest, position.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "offset beyond 2^64"))?)
    })
}
