//! Where a command writes to.

use std::fs::File;
use std::io::{self, IsTerminal, Stdout, Write};

use crate::failure::Failure;
use crate::replacement::Replacement;

/// An OUT that is being written.
pub(crate) struct Output {
    name: String,
    sink: Sink,
}

enum Sink {
    Stdout(Stdout),
    File(File),
    Replacement(Box<Replacement>),
}

impl Output {
    pub(crate) fn stdout(name: String) -> Self {
        Self { name, sink: Sink::Stdout(io::stdout()) }
    }

    /// Writes to `file` as it is.
    pub(crate) fn file(name: String, file: File) -> Self {
        Self { name, sink: Sink::File(file) }
    }

    /// Writes to what replaces a file on [`commit`](Self::commit).
    pub(crate) fn replacement(name: String, replacement: Replacement) -> Self {
        Self { name, sink: Sink::Replacement(Box::new(replacement)) }
    }

    /// What to call it in messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether what was written can be seen before [`commit`](Self::commit).
    pub(crate) fn is_immediate(&self) -> bool {
        !matches!(self.sink, Sink::Replacement(_))
    }

    pub(crate) fn is_terminal(&self) -> bool {
        match &self.sink {
            Sink::Stdout(stdout) => stdout.is_terminal(),
            Sink::File(file) => file.is_terminal(),
            Sink::Replacement(_) => false,
        }
    }

    /// Refuses to show an envelope on a terminal.
    pub(crate) fn check_is_no_terminal(&self) -> Result<(), Failure> {
        if self.is_terminal() {
            return Err(Failure::new(&self.name, "is a terminal, and an envelope is not text: name a file or a pipe"));
        }
        Ok(())
    }

    /// Brings what was written so far to the disk, if that is where it goes.
    pub(crate) fn sync(&mut self) -> Result<(), Failure> {
        let flushed = self.flush();
        let synced = match &mut self.sink {
            Sink::Replacement(replacement) => flushed.and_then(|()| replacement.sync()),
            Sink::Stdout(_) | Sink::File(_) => flushed,
        };
        synced.map_err(|error| Failure::io(&self.name, &error))
    }

    /// Everything was written.
    pub(crate) fn commit(mut self) -> Result<(), Failure> {
        let flushed = self.flush();
        let committed = match self.sink {
            Sink::Replacement(replacement) => flushed.and_then(|()| replacement.commit()),
            Sink::Stdout(_) | Sink::File(_) => flushed,
        };
        committed.map_err(|error| Failure::io(self.name, &error))
    }

    fn writer(&mut self) -> &mut dyn Write {
        match &mut self.sink {
            Sink::Stdout(stdout) => stdout,
            Sink::File(file) => file,
            Sink::Replacement(replacement) => replacement.file(),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer().flush()
    }
}
