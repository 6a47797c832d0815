//! Sealing a part as a stream.

use core::fmt;
use std::io::{self, Write};

use super::seal_writer::SealWriter;
use crate::envelope::{PartSealer, SealedPart};
use crate::error::{FinishError, SealError};
use crate::num::to_u64;

/// Seals what is written to it as one part, and passes the sealed bytes on.
///
/// Returned by [`PartSealer::wrap_output`]. Only [`finish`](Self::finish) makes a whole part of it.
#[must_use = "a part that is not finished does not open"]
pub struct PartWriter<W: Write> {
    writer: SealWriter<W>,
    report: SealedPart,
}

impl PartSealer {
    /// Returns a writer that seals the part to `output`.
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn wrap_output<W: Write>(self, output: W) -> PartWriter<W> {
        let (report, body) = self.into_parts();
        PartWriter { writer: body.wrap_output(output), report }
    }
}

impl<W: Write> PartWriter<W> {
    /// Ends the part. Returns the output, and what to report once the bytes are where they are to
    /// stay.
    ///
    /// # Errors
    ///
    /// [`SealError::EmptyPart`] inside a [`std::io::Error`] if nothing was written, and the errors
    /// of [`SealWriter::finish`]. The writer comes back with the error.
    pub fn finish(self) -> Result<(W, SealedPart), FinishError<Self>> {
        if self.report.len() == 0 {
            return Err(FinishError::new(self, SealError::EmptyPart.into()));
        }
        let report = self.report;
        match self.writer.finish() {
            Ok(output) => Ok((output, report)),
            Err(error) => {
                let (error, writer) = error.into_parts();
                Err(FinishError::new(Self { writer, report }, error))
            }
        }
    }

    /// Ends the part without giving up the writer, and returns what to report. After `WouldBlock`,
    /// call it again.
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish).
    pub fn try_finish(&mut self) -> io::Result<SealedPart> {
        if self.report.len() == 0 {
            return Err(SealError::EmptyPart.into());
        }
        self.writer.try_finish()?;
        Ok(self.report)
    }

    /// Gives up the writer without ending the part, and returns the output.
    pub fn into_inner(self) -> W {
        self.writer.into_inner()
    }

    /// Returns the output.
    pub fn get_ref(&self) -> &W {
        self.writer.get_ref()
    }

    /// Returns the output, to take out of a `Vec` what is sealed so far, for example.
    pub fn get_mut(&mut self) -> &mut W {
        self.writer.get_mut()
    }
}

impl<W: Write> Write for PartWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = self.writer.write(bytes)?;
        self.report.add(to_u64(len));
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl<W: Write> fmt::Debug for PartWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartWriter").field("index", &self.report.index()).finish_non_exhaustive()
    }
}
