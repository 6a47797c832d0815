//! Decodes text to bytes, line by line.

use base64ct::{Base64, Base64Unpadded, Encoding};

use super::diagnosis;
use super::lines::{
    BASE64_LINE, BATCH, BEGIN, BYTE_ORDER_MARK, CONTENT_LINE, END, SPACE_BEFORE, Stage, is_base64, space_before,
    white_space,
};
use crate::error::{ArmorError, ArmorErrorKind};

/// Decodes a text from start to end, as many lines at a time as it is given.
///
/// Before an error it yields the content of all lines before the wrong one, however the text was
/// cut into pieces.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    stage: Stage,
    line_end: LineEnd,
    /// Number of lines that end before the next byte.
    lines: u64,
}

/// A broken rule, before it is named for its cause.
struct Fault {
    error: ArmorError,
    /// Where the wrong line starts.
    offset: usize,
}

/// How many bytes of text were decoded, and how many bytes of content that gave.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Progress {
    pub(crate) consumed: usize,
    pub(crate) written: usize,
}

impl Decoder {
    /// Decodes lines of `text`, which continues what was decoded before, into `output`, which must
    /// have room for at least one line.
    ///
    /// If nothing was consumed and the text has `ended`, the text is complete. If it has not ended,
    /// more of it is needed: two lines at most, or some 17 KiB if its start is wrong.
    pub(crate) fn decode(&mut self, text: &[u8], ended: bool, output: &mut [u8]) -> Result<Progress, ArmorError> {
        debug_assert!(output.len() >= CONTENT_LINE, "no room for a line");
        let mut done = Progress::default();
        loop {
            match self.step(&text[done.consumed..], ended, &mut output[done.written..]) {
                Ok(Some(step)) => {
                    done.consumed += step.consumed;
                    done.written += step.written;
                }
                Err(fault) if done.consumed == 0 => {
                    let named = diagnosis::name(fault.error, self.stage, &text[fault.offset..], ended);
                    return named.map_or(Ok(done), Err);
                }
                // Content before an error is returned first. The next call meets the error again.
                Ok(None) | Err(_) => return Ok(done),
            }
        }
    }

    /// Returns `None` if more text or more room is needed, or if the text is complete.
    fn step(&mut self, text: &[u8], ended: bool, output: &mut [u8]) -> Result<Option<Progress>, Fault> {
        match self.stage {
            Stage::Begin => self.begin(text, ended),
            Stage::Content if output.len() < CONTENT_LINE => Ok(None),
            Stage::Content => match self.full_lines(text, output) {
                Progress { consumed: 0, .. } => self.last_lines(text, ended, output),
                done => Ok(Some(done)),
            },
            Stage::End if text.is_empty() => Ok(None),
            Stage::End => match white_space(text) {
                0 => Err(self.fault(ArmorErrorKind::TrailingData, 0)),
                space => {
                    self.lines = self.lines.saturating_add(line_ends(&text[..space]));
                    Ok(Some(Progress { consumed: space, written: 0 }))
                }
            },
        }
    }

    fn begin(&mut self, text: &[u8], ended: bool) -> Result<Option<Progress>, Fault> {
        let before = space_before(text);
        // Nothing was consumed yet: the white space is counted anew each time.
        self.lines = line_ends(&text[..before.min(SPACE_BEFORE)]);
        if before > SPACE_BEFORE {
            return Err(self.fault(ArmorErrorKind::LeadingSpace, SPACE_BEFORE));
        }
        let Some(line) = Line::first_of(&text[before..], ended) else { return Ok(None) };
        match line.end {
            Some(line_end) if line.text == BEGIN => {
                self.line_end = line_end;
                self.stage = Stage::Content;
                self.lines += 1;
                Ok(Some(Progress { consumed: before + line.len, written: 0 }))
            }
            None if line.is_cut_first_line() || BYTE_ORDER_MARK.starts_with(text) => {
                Err(self.fault(ArmorErrorKind::Truncated, before))
            }
            _ => Err(self.fault(ArmorErrorKind::NotArmored, before)),
        }
    }

    /// Decodes lines of 64 characters without padding, up to the first line of another kind.
    fn full_lines(&mut self, text: &[u8], output: &mut [u8]) -> Progress {
        let line_end = self.line_end.bytes();
        let line_len = BASE64_LINE + line_end.len();
        let mut base64 = [[0; BASE64_LINE]; BATCH];
        let mut taken = 0;
        for (text, output) in text.chunks(BATCH * line_len).zip(output.chunks_mut(BATCH * CONTENT_LINE)) {
            // Many lines at once, because base64ct is then a quarter faster than line by line.
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

    /// Decodes the end line, together with the line before it if that is not a full one. What
    /// follows in the end line is left: only white space may.
    fn last_lines(&mut self, text: &[u8], ended: bool, output: &mut [u8]) -> Result<Option<Progress>, Fault> {
        let Some(line) = Line::first_of(text, ended) else { return Ok(None) };
        if self.is_end_line(&line).map_err(|kind| self.fault(kind, 0))? {
            self.stage = Stage::End;
            return Ok(Some(Progress { consumed: END.len(), written: 0 }));
        }
        let mut content = [0; CONTENT_LINE];
        let content = Base64::decode(line.text, &mut content).map_err(|_| self.fault(why(line.text), 0))?;

        let Some(next) = Line::first_of(&text[line.len..], ended) else { return Ok(None) };
        let lines = self.lines.saturating_add(1);
        let next_is_end = self.is_end_line(&next).map_err(|kind| {
            let error = ArmorError::new(kind, lines.saturating_add(1));
            Fault { error, offset: line.len }
        })?;
        if !next_is_end {
            let short = line.text.len() < BASE64_LINE;
            let kind = if short { ArmorErrorKind::LineLength } else { ArmorErrorKind::Padding };
            return Err(self.fault(kind, 0));
        }
        output[..content.len()].copy_from_slice(content);
        self.stage = Stage::End;
        self.lines = lines;
        Ok(Some(Progress { consumed: line.len + END.len(), written: content.len() }))
    }

    /// Returns whether `line` starts with the end line, or an error if it can be neither that nor
    /// base64.
    fn is_end_line(&self, line: &Line<'_>) -> Result<bool, ArmorErrorKind> {
        let is_cut = line.end.is_none() && line.len < LONGEST_LINE;
        if line.text.starts_with(END) {
            Ok(true)
        } else if is_cut && (END.starts_with(line.text) || !line.text.starts_with(b"-")) {
            Err(ArmorErrorKind::Truncated)
        } else if line.end.is_some_and(|line_end| line_end != self.line_end) {
            Err(ArmorErrorKind::LineEnd)
        } else if line.text.starts_with(b"-") {
            Err(ArmorErrorKind::EndLine)
        } else if !line.text.iter().take(BASE64_LINE).all(|byte| is_base64(byte) || *byte == b'=') {
            Err(ArmorErrorKind::Character)
        } else if line.text.is_empty() || line.text.len() > BASE64_LINE || !line.text.len().is_multiple_of(4) {
            Err(ArmorErrorKind::LineLength)
        } else {
            Ok(false)
        }
    }

    /// Returns a fault in the next line, which starts at `offset`.
    fn fault(&self, kind: ArmorErrorKind, offset: usize) -> Fault {
        Fault { error: ArmorError::new(kind, self.lines.saturating_add(1)), offset }
    }
}

/// A line without its line end. There is none if the text ends with the line or the line is too
/// long.
struct Line<'a> {
    text: &'a [u8],
    end: Option<LineEnd>,
    /// Length in bytes of the line with its line end.
    len: usize,
}

impl<'a> Line<'a> {
    /// Returns the first line of `text`, or `None` if more text is needed to find its end.
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

    /// Returns whether a line without its end is the start of the first line.
    fn is_cut_first_line(&self) -> bool {
        BEGIN.starts_with(self.text) || self.text.strip_suffix(b"\r") == Some(BEGIN)
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

/// Returns why a line of the right length and characters is not base64.
fn why(line: &[u8]) -> ArmorErrorKind {
    let padding = line.iter().rev().take_while(|byte| **byte == b'=').count();
    if padding > 2 || line[..line.len() - padding].contains(&b'=') {
        ArmorErrorKind::Padding
    } else {
        ArmorErrorKind::UnusedBits
    }
}

fn line_ends(text: &[u8]) -> u64 {
    text.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

/// Length in bytes of the longest valid line, with its line end.
const LONGEST_LINE: usize = BASE64_LINE + 2;
