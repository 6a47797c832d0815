//! Reading at a position, from several threads.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::io;

use super::retry;

/// An input that can be read at any position without moving a cursor, by several threads at the same time.
///
/// Implemented for [`File`](std::fs::File), slices and vectors of bytes, and for pointers to them. Implement it for whatever
/// else can be asked for a range: an object store, a memory map, a device.
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
pub trait ReadAt: Send + Sync {
    /// Reads at most `output.len()` bytes from `offset` on and returns how many. Zero, where `output` is not empty, means that
    /// the input ends at or before `offset`; fewer than asked for mean nothing.
    ///
    /// # Errors
    ///
    /// Those of the input. `Interrupted` is retried.
    fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Length in bytes of the input. It is not trusted: what follows from it is verified.
    ///
    /// # Errors
    ///
    /// Those of the input.
    fn size(&self) -> io::Result<u64>;
}

impl ReadAt for [u8] {
    fn read_at(&self, output: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        let len = rest.len().min(output.len());
        output[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(u64::try_from(self.len()).unwrap_or(u64::MAX))
    }
}

/// The position in the file is not used; on Windows reading moves it.
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
}

/// Reads until `output` is full or the input ends, and returns how many bytes there were.
pub(super) fn read_full_at(input: &(impl ReadAt + ?Sized), output: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < output.len() {
        let position = u64::try_from(filled).ok().and_then(|filled| offset.checked_add(filled));
        let position = position.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "offset beyond 2^64"))?;
        match retry(|| input.read_at(&mut output[filled..], position))? {
            0 => break,
            len if len <= output.len() - filled => filled += len,
            _ => return Err(io::Error::other("the inner reader claims to have read more than was asked for")),
        }
    }
    Ok(filled)
}
