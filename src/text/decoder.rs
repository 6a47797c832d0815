//! From text to bytes, line by line.

use base64ct::{Base64, Base64Unpadded, Encoding};

use super::lines::{BASE64_LINE, BATCH, BEGIN, CONTENT_LINE, END};
use crate::error::{ArmorError, ArmorErrorKind};

/// Takes a text from its start to its end, as many lines at a time as are there.
///
/// What it yields before an error does not depend on how the text was cut into pieces: the content
/// of all lines before the wrong one.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    stage: Stage,
    line_end: LineEnd,
    /// Lines that were taken.
    lines: u64,
}

#[derive(Clone, Copy, Debug, Default)]
enum Stage {
    /// The first line comes next.
    #[default]
    Begin,
    /// Content or the end line comes next.
    Content,
    /// Nothing may come any more.
    End,
}

/// How much of the text was used up, and how much content it gave.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Progress {
    pub(crate) consumed: usize,
    pub(crate) written: usize,
}

impl Decoder {
    /// Takes lines of `text`, which continues what was taken before, to `output`, which has room
    /// for one at least.
    ///
    /// Where nothing was consumed, the text is complete if it has `ended`, and otherwise more of it
    /// is needed: never more than two lines.
    pub(crate) fn decode(&mut self, text: &[u8], ended: bool, output: &mut [u8]) -> Result<Progress, ArmorError> {
        debug_assert!(output.len() >= CONTENT_LINE, "no room for a line");
        let mut done = Progress::default();
        loop {
            match self.step(&text[done.consumed..], ended, &mut output[done.written..]) {
                Ok(Some(step)) => {
                    done.consumed += step.consumed;
                    done.written += step.written;
                }
                Err(error) if done.consumed == 0 => return Err(error),
                // What comes before an error is handed out first; then it comes again.
                Ok(None) | Err(_) => return Ok(done),
            }
        }
    }

    /// `None` where more of the text is needed, or room, or nothing.
    fn step(&mut self, text: &[u8], ended: bool, output: &mut [u8]) -> Result<Option<Progress>, ArmorError> {
        match self.stage {
            Stage::Begin => self.begin(text, ended),
            Stage::Content if output.len() < CONTENT_LINE => Ok(None),
            Stage::Content => match self.full_lines(text, output) {
                Progress { consumed: 0, .. } => self.last_lines(text, ended, output),
                done => Ok(Some(done)),
            },
            Stage::End if text.is_empty() => Ok(None),
            Stage::End => Err(self.error(ArmorErrorKind::TrailingData)),
        }
    }

    fn begin(&mut self, text: &[u8], ended: bool) -> Result<Option<Progress>, ArmorError> {
        let Some(line) = Line::first_of(text, ended) else { return Ok(None) };
        match line.end {
            Some(line_end) if line.text == BEGIN => {
                self.line_end = line_end;
                self.stage = Stage::Content;
                self.lines = 1;
                Ok(Some(Progress { consumed: line.len, written: 0 }))
            }
            None if line.is_cut_from(BEGIN, LineEnd::CrLf) => Err(self.error(ArmorErrorKind::Truncated)),
            _ => Err(self.error(ArmorErrorKind::NotArmored)),
        }
    }

    /// Takes lines of 64 characters without padding, up to the first other one.
    fn full_lines(&mut self, text: &[u8], output: &mut [u8]) -> Progress {
        let line_end = self.line_end.bytes();
        let line_len = BASE64_LINE + line_end.len();
        let mut base64 = [[0; BASE64_LINE]; BATCH];
        let mut taken = 0;
        for (text, output) in text.chunks(BATCH * line_len).zip(output.chunks_mut(BATCH * CONTENT_LINE)) {
            // Many lines at once: base64ct works a quarter faster than line by line.
            let lines = text.chunks_exact(line_len).take_while(|line| line.ends_with(line_end));
            let mut count = 0;
            for (line, base64) in lines.zip(&mut base64).take(output.len() / CONTENT_LINE) {
                base64.copy_from_slice(&line[..BASE64_LINE]);
                count += 1;
            }
            let decoded = match Base64Unpadded::decode(base64[..count].as_flattened(), output) {
                Ok(_) => count,
                Err(_) => {
                    let lines = base64[..count].iter().zip(output.chunks_exact_mut(CONTENT_LINE));
                    lines
                        .map(|(base64, output)| Base64Unpadded::decode(base64, output))
                        .take_while(Result::is_ok)
                        .count()
                }
            };
            taken += decoded;
            if decoded < BATCH {
                break;
            }
        }
        self.lines = self.lines.saturating_add(u64::try_from(taken).unwrap_or(u64::MAX));
        Progress { consumed: taken * line_len, written: taken * CONTENT_LINE }
    }

    /// Takes the end line, or what comes before it and is no full line together with it.
    fn last_lines(&mut self, text: &[u8], ended: bool, output: &mut [u8]) -> Result<Option<Progress>, ArmorError> {
        let Some(line) = Line::first_of(text, ended) else { return Ok(None) };
        if self.is_end_line(&line).map_err(|kind| self.error(kind))? {
            self.stage = Stage::End;
            self.lines = self.lines.saturating_add(1);
            return Ok(Some(Progress { consumed: line.len, written: 0 }));
        }
        let mut content = [0; CONTENT_LINE];
        let content = Base64::decode(line.text, &mut content).map_err(|_| self.error(why(line.text)))?;

        let Some(next) = Line::first_of(&text[line.len..], ended) else { return Ok(None) };
        let line_number = self.lines.saturating_add(1);
        let next_number = line_number.saturating_add(1);
        if !self.is_end_line(&next).map_err(|kind| ArmorError::new(kind, next_number))? {
            let short = line.text.len() < BASE64_LINE;
            let kind = if short { ArmorErrorKind::LineLength } else { ArmorErrorKind::Padding };
            return Err(ArmorError::new(kind, line_number));
        }
        output[..content.len()].copy_from_slice(content);
        self.stage = Stage::End;
        self.lines = next_number;
        Ok(Some(Progress { consumed: line.len + next.len, written: content.len() }))
    }

    /// Whether `line` is the end line. It is an error where it can be neither that nor base64.
    fn is_end_line(&self, line: &Line<'_>) -> Result<bool, ArmorErrorKind> {
        if line.end.is_some_and(|line_end| line_end != self.line_end) {
            Err(ArmorErrorKind::LineEnd)
        } else if line.text == END {
            Ok(true)
        } else if line.text.starts_with(b"-") {
            let cut = line.end.is_none() && line.is_cut_from(END, self.line_end);
            Err(if cut { ArmorErrorKind::Truncated } else { ArmorErrorKind::EndLine })
        } else if line.end.is_none() && line.len < LONGEST_LINE {
            Err(ArmorErrorKind::Truncated)
        } else if line.text.is_empty() || line.text.len() > BASE64_LINE || !line.text.len().is_multiple_of(4) {
            Err(ArmorErrorKind::LineLength)
        } else {
            Ok(false)
        }
    }

    /// An error in the line that comes next.
    fn error(&self, kind: ArmorErrorKind) -> ArmorError {
        ArmorError::new(kind, self.lines.saturating_add(1))
    }
}

/// A line without its end, which is missing where the text ends with the line and where the line is
/// too long.
struct Line<'a> {
    text: &'a [u8],
    end: Option<LineEnd>,
    /// Bytes of the line with its end.
    len: usize,
}

impl<'a> Line<'a> {
    /// `None` where that cannot be told yet.
    fn first_of(text: &'a [u8], ended: bool) -> Option<Self> {
        let text = &text[..text.len().min(LONGEST_LINE)];
        match text.iter().position(|byte| *byte == b'\n') {
            Some(at) => Some(match text[..at].strip_suffix(b"\r") {
                Some(line) => Self { text: line, end: Some(LineEnd::CrLf), len: at + 1 },
                None => Self { text: &text[..at], end: Some(LineEnd::Lf), len: at + 1 },
            }),
            None if ended || text.len() == LONGEST_LINE => Some(Self { text, end: None, len: text.len() }),
            None => None,
        }
    }

    /// Whether it is the start of `whole` with such an end.
    fn is_cut_from(&self, whole: &[u8], line_end: LineEnd) -> bool {
        whole.starts_with(self.text) || line_end == LineEnd::CrLf && self.text.strip_suffix(b"\r") == Some(whole)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LineEnd {
    #[default]
    Lf,
    CrLf,
}

impl LineEnd {
    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
        }
    }
}

/// Why a line whose length is right is not base64.
fn why(line: &[u8]) -> ArmorErrorKind {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let padding = line.iter().rev().take_while(|byte| **byte == b'=').count();
    let unpadded = &line[..line.len() - padding];
    if !unpadded.iter().all(|byte| is_base64(byte) || *byte == b'=') {
        ArmorErrorKind::Character
    } else if padding > 2 || unpadded.contains(&b'=') {
        ArmorErrorKind::Padding
    } else {
        ArmorErrorKind::UnusedBits
    }
}

/// Bytes of the longest line that can be right, with its end.
const LONGEST_LINE: usize = BASE64_LINE + 2;
