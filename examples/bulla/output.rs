//! Where a command writes.

use std::fs::File;
use std::io::{self, IsTerminal, Stdout, Write};

#[cfg(feature = "armor")]
use bulla::armor::ArmorWriter;

use crate::failure::Failure;
use crate::replacement::Replacement;

/// An OUT that is being written.
pub(crate) struct Output {
    name: String,
    form: Form,
}

enum Form {
    Binary(Sink),
    /// Encodes what is written as text.
    #[cfg(feature = "armor")]
    Text(Box<ArmorWriter<Sink>>),
}

enum Sink {
    Stdout(Stdout),
    File(File),
    Replacement(Box<Replacement>),
}

impl Output {
    pub(crate) fn stdout(name: String) -> Self {
        Self { name, form: Form::Binary(Sink::Stdout(io::stdout())) }
    }

    /// Creates an output that writes to `file` directly.
    pub(crate) fn file(name: String, file: File) -> Self {
        Self { name, form: Form::Binary(Sink::File(file)) }
    }

    /// Creates an output that replaces a file on [`commit`](Self::commit).
    pub(crate) fn replacement(name: String, replacement: Replacement) -> Self {
        Self { name, form: Form::Binary(Sink::Replacement(Box::new(replacement))) }
    }

    /// Encodes what is written from now on as text.
    #[cfg(feature = "armor")]
    pub(crate) fn into_text(self) -> Result<Self, Failure> {
        let form = match self.form {
            Form::Binary(sink) => Form::Text(Box::new(ArmorWriter::new(sink))),
            text @ Form::Text(_) => text,
        };
        Ok(Self { form, ..self })
    }

    #[cfg(not(feature = "armor"))]
    pub(crate) fn into_text(self) -> Result<Self, Failure> {
        Err(crate::armor::not_built(&self.name))
    }

    /// Returns its name in messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether others can see what was written before [`commit`](Self::commit).
    pub(crate) fn is_immediate(&self) -> bool {
        !matches!(self.sink(), Sink::Replacement(_))
    }

    pub(crate) fn is_terminal(&self) -> bool {
        match self.sink() {
            Sink::Stdout(stdout) => stdout.is_terminal(),
            Sink::File(file) => file.is_terminal(),
            Sink::Replacement(_) => false,
        }
    }

    /// Refuses to write a binary envelope to a terminal.
    pub(crate) fn check_is_presentable(&self) -> Result<(), Failure> {
        if matches!(self.form, Form::Binary(_)) && self.is_terminal() {
            return Err(Failure::new(&self.name, "is a terminal, and an envelope is not text: name a file or a pipe"));
        }
        Ok(())
    }

    /// Ends the output, and syncs it to the disk if it is a regular file. Nothing can be written
    /// after this.
    pub(crate) fn sync(&mut self) -> Result<(), Failure> {
        let finished = match &mut self.form {
            Form::Binary(sink) => sink.flush(),
            #[cfg(feature = "armor")]
            Form::Text(writer) => writer.try_finish(),
        };
        let synced = finished.and_then(|()| match self.sink() {
            Sink::Replacement(replacement) => replacement.sync(),
            Sink::Stdout(_) | Sink::File(_) => Ok(()),
        });
        synced.map_err(|error| Failure::io(&self.name, &error))
    }

    /// Ends the output and, if it replaces a file, puts it in place.
    pub(crate) fn commit(self) -> Result<(), Failure> {
        let sink = match self.form {
            Form::Binary(mut sink) => sink.flush().map(|()| sink),
            #[cfg(feature = "armor")]
            Form::Text(writer) => writer.finish().map_err(std::io::Error::from),
        };
        let committed = sink.and_then(|sink| match sink {
            Sink::Replacement(replacement) => replacement.commit(),
            Sink::Stdout(_) | Sink::File(_) => Ok(()),
        });
        committed.map_err(|error| Failure::io(self.name, &error))
    }

    fn sink(&self) -> &Sink {
        match &self.form {
            Form::Binary(sink) => sink,
            #[cfg(feature = "armor")]
            Form::Text(writer) => writer.get_ref(),
        }
    }

    fn writer(&mut self) -> &mut dyn Write {
        match &mut self.form {
            Form::Binary(sink) => sink,
            #[cfg(feature = "armor")]
            Form::Text(writer) => writer,
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

impl Sink {
    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Stdout(stdout) => stdout,
            Self::File(file) => file,
            Self::Replacement(replacement) => replacement.file(),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer().flush()
    }
}
