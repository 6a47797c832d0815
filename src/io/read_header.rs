//! Reading exactly one header from a stream.

use alloc::vec::Vec;
use std::io::{self, Read};

use super::calls::read_full;
use crate::error::OpenError;
use crate::limits::Limits;
use crate::wire::Header;

impl Header {
    /// Reads exactly one header from `input` and leaves it at the first byte of the body.
    ///
    /// Reads the 20 bytes of the prefix first; what it then reads and allocates is bounded by
    /// `limits`.
    ///
    /// # Errors
    ///
    /// An [`OpenError`] inside a [`std::io::Error`], or the error of `input`. After an error the
    /// position of `input` is unspecified.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn read_from<R: Read>(input: &mut R, limits: &Limits) -> io::Result<Self> {
        let mut bytes = Vec::new();
        read_up_to(input, Self::PREFIX_LEN, &mut bytes)?;
        let len = match bytes.first_chunk() {
            Some(prefix) => Self::len_from_prefix(prefix, limits),
            // Too short for a prefix: parsing says whether it was cut or never was an envelope.
            None => Self::parse(&bytes, limits).map(|_| 0),
        }
        .map_err(OpenError::from)?;
        read_up_to(input, len - bytes.len(), &mut bytes)?;
        if bytes.len() < len {
            return Err(OpenError::Truncated.into());
        }
        Ok(Self::from_vec(bytes, limits).map_err(OpenError::from)?)
    }
}

/// Appends `len` bytes of `input` to `bytes`, or fewer if it ends. Allocates at most twice of what
/// was read, and some.
fn read_up_to<R: Read>(input: &mut R, len: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
    let end = bytes.len() + len;
    let mut ended = false;
    while bytes.len() < end && !ended {
        let start = bytes.len();
        bytes.resize(end.min(2 * start + LEAST_ROOM), 0);
        let filled = read_full(&mut bytes[start..], |rest, _| input.read(rest))?;
        ended = start + filled < bytes.len();
        bytes.truncate(start + filled);
    }
    Ok(())
}

/// Enough for most headers, so that these are read at once.
const LEAST_ROOM: usize = 1024;
