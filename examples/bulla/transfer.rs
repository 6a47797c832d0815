//! Copies from a reader to a writer, and says which of the two failed.

use std::io::{self, Read, Write};

use zeroize::Zeroizing;

use crate::progress::Progress;

/// The side that failed, after `copied` bytes.
pub(crate) enum TransferError {
    Read { error: io::Error, copied: u64 },
    Write(io::Error),
}

/// Copies all of `reader` to `writer`, flushes after each piece, and returns the number of bytes
/// copied. `position` returns how far the reader got, for the progress bar.
pub(crate) fn transfer<R: Read>(
    reader: &mut R,
    writer: &mut impl Write,
    mut progress: Progress,
    position: impl Fn(&R) -> u64,
) -> Result<u64, TransferError> {
    let mut buffer = Zeroizing::new(vec![0; BUFFER_LEN]);
    let mut copied = 0;
    loop {
        let len = match reader.read(&mut buffer) {
            Ok(0) => return Ok(copied),
            Ok(len) => len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(TransferError::Read { error, copied }),
        };
        // Flushed, because a reader of our output should not wait for what is already authentic.
        writer.write_all(&buffer[..len]).and_then(|()| writer.flush()).map_err(TransferError::Write)?;
        copied += u64::try_from(len).unwrap_or(u64::MAX);
        progress.set(position(reader));
    }
}

/// Large enough for the library's adapters to work straight into it.
const BUFFER_LEN: usize = 256 << 10;
