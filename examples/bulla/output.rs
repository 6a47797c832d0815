//! Where a command writes.

use std::fs::File;
use std::io::{self, IsTerminal, Write};

#[cfg(feature = "armor")]
use bulla::armor::ArmorWriter;

use crate::failure::Failure;
use crate::replacement::{Replacement, put_in_place};
use crate::standard;

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
    Stream(standard::Output),
    File(File),
    Replacement(Box<Replacement>),
}

impl Output {
    /// Creates an output to a stream that was open before.
    pub(crate) fn stream(name: String, stream: standard::Output) -> Self {
        Self { name, form: Form::Binary(Sink::Stream(stream)) }
    }

    /// Creates an output that writes to `file` directly.
    pub(crate) fn file(name: String, file: File) -> Self {
        Self { name, form: Form::Binary(Sink::File(file)) }
    }

    /// Creates an output that becomes a file on [`commit`](Self::commit).
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
            Sink::Stream(stream) => stream.is_terminal(),
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
            Sink::Stream(_) | Sink::File(_) => Ok(()),
        });
        synced.map_err(|error| Failure::io(&self.name, &error))
    }

    /// Ends the output and, if it is a new file, puts it in place.
    pub(crate) fn commit(self) -> Result<(), Failure> {
        commit([self])
    }

    /// Ends the output, and returns the new file that it is.
    fn finish(self) -> Result<Option<Replacement>, Failure> {
        let sink = match self.form {
            Form::Binary(mut sink) => sink.flush().map(|()| sink),
            #[cfg(feature = "armor")]
            Form::Text(writer) => writer.finish().map_err(std::io::Error::from),
        };
        match sink {
            Ok(Sink::Replacement(replacement)) => Ok(Some(*replacement)),
            Ok(Sink::Stream(_) | Sink::File(_)) => Ok(None),
            Err(error) => Err(Failure::io(self.name, &error)),
        }
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

/// Ends several outputs, and puts those that are new files in place together.
pub(crate) fn commit(outputs: impl IntoIterator<Item = Output>) -> Result<(), Failure> {
    let finished: Result<Vec<_>, _> = outputs.into_iter().map(Output::finish).collect();
    put_in_place(finished?.into_iter().flatten().collect())
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
            Self::Stream(stream) => stream,
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
