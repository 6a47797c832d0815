//! From a reader to a writer, telling apart which of the two failed.

use std::io::{self, Read, Write};

use zeroize::Zeroizing;

use crate::progress::Progress;

/// Which side failed, after `copied` bytes.
pub(crate) enum TransferError {
    Read { error: io::Error, copied: u64 },
    Write(io::Error),
}

/// Copies all of `reader` to `writer` and passes on each piece at once. `position` says how far the
/// reader got, for the progress bar. Returns the number of bytes copied.
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
        // Flushed: whoever reads our output must not wait for what is authentic already.
        writer.write_all(&buffer[..len]).and_then(|()| writer.flush()).map_err(TransferError::Write)?;
        copied += u64::try_from(len).unwrap_or(u64::MAX);
        progress.set(position(reader));
    }
}

/// More than the library's adapters hand over at once, so that they work straight into it.
const BUFFER_LEN: usize = 256 << 10;
