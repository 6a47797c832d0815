//! Reading one header from a stream, and nothing beyond it.

use alloc::vec::Vec;
use std::io::{self, Read};

use super::calls::read_full;
use crate::error::OpenError;
use crate::limits::Limits;
use crate::wire::Header;

impl Header {
    /// Reads one header from `input`, and nothing beyond it: the next byte is the first of the
    /// body.
    ///
    /// Reads the prefix (20 bytes) first. After that, `limits` bounds what it reads and allocates.
    ///
    /// # Errors
    ///
    /// [`OpenError`] inside a [`std::io::Error`] if the header cannot be read, or any error of
    /// `input`. After an error, `WouldBlock` among them, the position of `input` is unspecified.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn read_from<R: Read>(input: &mut R, limits: &Limits) -> io::Result<Self> {
        let mut bytes = Vec::new();
        read_up_to(input, Self::PREFIX_LEN, &mut bytes)?;
        let len = match bytes.first_chunk() {
            Some(prefix) => Self::len_from_prefix(prefix, limits),
            // Shorter than a prefix. Parsing tells whether it was cut or never was an envelope.
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

/// Appends `len` bytes of `input` to `bytes`, or fewer if it ends. A header can claim any length,
/// so this allocates at most twice what was really read, plus `LEAST_ROOM`.
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

/// Enough to read most headers at once.
const LEAST_ROOM: usize = 1024;
