//! What a command reads.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

#[cfg(feature = "armor")]
use bulla::armor::ArmorReader;
use bulla::error::HeaderErrorKind;
use bulla::{Header, Limits};

use crate::args::is_standard_stream;
use crate::armor;
use crate::failure::Failure;
use crate::file_id::FileId;
use crate::file_state::FileState;
use crate::source::{Opened, Source};

/// An IN that is being read.
pub(crate) struct Input {
    content: Content,
    name: String,
    len: Option<u64>,
    id: Option<FileId>,
    /// The state that a regular file had when it was opened.
    state: Option<FileState>,
}

enum Content {
    Binary(Source),
    /// The text form of an envelope, which is decoded.
    #[cfg(feature = "armor")]
    Text(Box<ArmorReader<Source>>),
}

impl Input {
    /// Opens `path`, or standard input for `-`.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        Self::open_with(path, |_, source| Ok(Content::Binary(source)))
    }

    /// Opens an envelope like [`open`](Self::open). It may be in text form.
    ///
    /// An empty input is *truncated* (SPEC §3.1).
    pub(crate) fn open_envelope(path: &Path) -> Result<Self, Failure> {
        Self::open_with(path, |name, mut source| {
            let mut peek = |len| source.peek(len).map_err(|error| Failure::io(name, &error));
            let mut start = peek(1)?;
            if start.is_empty() {
                return Err(Failure::new(name, "truncated: the input is empty"));
            }
            if !armor::is_binary(&start) {
                start = peek(armor::START_LEN)?;
            }
            if armor::is_text(&start) { Content::text(name, source) } else { Ok(Content::Binary(source)) }
        })
    }

    /// Opens a body like [`open`](Self::open). It has no beginning to know it by, but envelopes
    /// and headers have.
    pub(crate) fn open_body(path: &Path) -> Result<Self, Failure> {
        Self::open_with(path, |name, mut source| {
            let start = source.peek(armor::START_LEN).map_err(|error| Failure::io(name, &error))?;
            if is_header(&start) || armor::is_text(&start) {
                let reason = "this is a header or a whole envelope, and a body is needed here: give a header with \
                              --header, or leave out --header";
                return Err(Failure::new(name, reason));
            }
            Ok(Content::Binary(source))
        })
    }

    /// Returns the file at `path`, or behind `-`, without opening it.
    pub(crate) fn id_at(path: &Path) -> Option<FileId> {
        if is_standard_stream(path) {
            return FileId::of_stream(&io::stdin());
        }
        fs::metadata(path).ok().as_ref().and_then(FileId::of)
    }

    fn open_with(
        path: &Path,
        content_of: impl FnOnce(&str, Source) -> Result<Content, Failure>,
    ) -> Result<Self, Failure> {
        let Opened { source, name, id, len } = Source::open(path)?;
        let state = source.state();
        Ok(Self { content: content_of(&name, source)?, name, len, id, state })
    }

    /// Returns its name in messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the length in bytes that a regular file had when it was opened.
    pub(crate) fn len(&self) -> Option<u64> {
        self.len
    }

    /// Returns the same, or `None` if the file is decoded from text, because what is read then has
    /// another length.
    pub(crate) fn content_len(&self) -> Option<u64> {
        match self.content {
            Content::Binary(_) => self.len,
            #[cfg(feature = "armor")]
            Content::Text(_) => None,
        }
    }

    pub(crate) fn id(&self) -> Option<FileId> {
        self.id
    }

    /// Fails if a regular file has changed since it was opened: then what was read of it is perhaps
    /// neither the old content nor the new one.
    pub(crate) fn check_unchanged(&self) -> Result<(), Failure> {
        match (self.state, self.source().state()) {
            (Some(before), Some(now)) if !now.has_content_of(&before) => {
                Err(Failure::new(&self.name, "changed while it was read: try again when nothing writes to it"))
            }
            _ => Ok(()),
        }
    }

    /// Returns how many bytes of the file were read so far.
    pub(crate) fn position(&self) -> u64 {
        self.source().position()
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.source().is_terminal()
    }

    fn source(&self) -> &Source {
        match &self.content {
            Content::Binary(source) => source,
            #[cfg(feature = "armor")]
            Content::Text(reader) => reader.get_ref(),
        }
    }
}

impl Content {
    #[cfg(feature = "armor")]
    fn text(_: &str, source: Source) -> Result<Self, Failure> {
        Ok(Self::Text(Box::new(ArmorReader::new(source))))
    }

    #[cfg(not(feature = "armor"))]
    fn text(name: &str, _: Source) -> Result<Self, Failure> {
        Err(armor::not_built(name))
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.content {
            Content::Binary(source) => source.read(buffer),
            #[cfg(feature = "armor")]
            Content::Text(reader) => reader.read(buffer),
        }
    }
}

/// Returns whether a file that starts with these bytes is a header, or starts with one.
fn is_header(start: &[u8]) -> bool {
    let start = start.get(..MAGIC_LEN);
    let parsed = start.map(|start| Header::parse(start, &Limits::default()));
    matches!(parsed, Some(Err(error)) if !matches!(error.kind(), HeaderErrorKind::NotAnEnvelope(_)))
}

/// Number of bytes that tell an envelope from other files (SPEC §3.1).
const MAGIC_LEN: usize = 8;
