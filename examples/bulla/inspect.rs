//! `bulla inspect`: shows what an envelope says about itself.

use std::fmt::Write as _;

use bulla::Header;
use bulla::error::OpenError;
use bulla::header::{Layout, Record};
use serde_json::{Value, json};

use crate::args::InspectArgs;
use crate::failure::Failure;
use crate::input::Input;
use crate::refusal::{NAME_THE_HEADER, unreadable_or_body};
use crate::standard;
use crate::text::{Printable, hex};

pub(crate) fn run(args: &InspectArgs) -> Result<(), Failure> {
    let mut input = Input::open_envelope(&args.input)?;
    let limits = args.limits.limits();
    let header = Header::read_from(&mut input, &limits)
        .map_err(|error| unreadable_or_body(input.name(), &error, NAME_THE_HEADER))?;
    let report = if args.json {
        to_json(&header, Body::of(&header, input.content_len()))
    } else {
        to_text(input.name(), &header, input.content_len())
    };
    standard::print(&report)
}

/// Returns the report for people. `file_len` is the length of the file, if that is known.
pub(crate) fn to_text(name: &str, header: &Header, file_len: Option<u64>) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_text(&mut text, name, header, Body::of(header, file_len));
    text
}

/// What the length of a file says about body and plaintext.
#[derive(Clone, Copy)]
enum Body {
    /// Unknown: not a regular file, or one in text form.
    Unknown,
    /// The file ends after the header, perhaps on purpose.
    Absent,
    /// No complete envelope has this length, but a cut one can.
    Truncated { len: u64 },
    /// Nothing in this format has this length.
    TooLong { len: u64 },
    /// A complete envelope has this length.
    Complete { len: u64, plaintext_len: u64 },
}

impl Body {
    /// `file_len` is the length of the file that holds `header`, if that is a regular file.
    fn of(header: &Header, file_len: Option<u64>) -> Self {
        // What follows another header is not one body.
        if !matches!(header.layout(), Layout::Single | Layout::Labelled) {
            return Self::Unknown;
        }
        // Files in /proc are longer than they say.
        let lens = file_len.and_then(|file_len| Some((file_len, file_len.checked_sub(header.body_offset())?)));
        let Some((file_len, len)) = lens else { return Self::Unknown };
        match header.unverified_plaintext_len(file_len) {
            Ok(plaintext_len) => Self::Complete { len, plaintext_len },
            Err(_) if len == 0 => Self::Absent,
            Err(OpenError::Truncated) => Self::Truncated { len },
            Err(_) => Self::TooLong { len },
        }
    }

    fn len(self) -> Option<u64> {
        match self {
            Self::Unknown => None,
            Self::Absent => Some(0),
            Self::Truncated { len } | Self::TooLong { len } | Self::Complete { len, .. } => Some(len),
        }
    }

    fn plaintext_len(self) -> Option<u64> {
        match self {
            Self::Complete { plaintext_len, .. } => Some(plaintext_len),
            _ => None,
        }
    }

    fn is_truncated(self) -> Option<bool> {
        match self {
            Self::Unknown | Self::Absent => None,
            Self::Truncated { .. } => Some(true),
            Self::TooLong { .. } | Self::Complete { .. } => Some(false),
        }
    }
}

fn write_text(text: &mut String, name: &str, header: &Header, body: Body) -> std::fmt::Result {
    writeln!(text, "{}: NOT VERIFIED, anyone may have made this up", Printable(name))?;
    writeln!(text, "  version   {}", header.version().code())?;
    writeln!(text, "  suite     {} (AES-256-GCM in chunks, HKDF and HMAC with SHA-512)", header.suite().code())?;
    writeln!(text, "  layout    {} ({})", header.layout().code(), layout_name(header.layout()))?;
    writeln!(text, "  header    {} bytes", header.as_bytes().len())?;
    match header.unverified_metadata().map(|metadata| (metadata, str::from_utf8(metadata))) {
        None => writeln!(text, "  metadata  none")?,
        Some((_, Ok(metadata))) => writeln!(text, "  metadata  \"{}\" (unverified)", metadata.escape_debug())?,
        Some((metadata, Err(_))) => writeln!(text, "  metadata  {} in hexadecimal (unverified)", hex(metadata))?,
    }
    match header.has_private_section() {
        true => writeln!(
            text,
            "  private   a section that recipients alone can read; a sender cannot be seen without a key"
        )?,
        false => writeln!(text, "  private   none, and so no sender")?,
    }
    match body {
        Body::Unknown => writeln!(text, "  plaintext length unknown")?,
        Body::Absent => writeln!(text, "  plaintext none here: a header without its body")?,
        Body::Truncated { .. } => {
            writeln!(text, "  plaintext TRUNCATED: no complete envelope has the length of this file")?
        }
        Body::TooLong { .. } => writeln!(text, "  plaintext TOO LONG: no envelope has the length of this file")?,
        Body::Complete { plaintext_len, .. } => writeln!(text, "  plaintext {plaintext_len} bytes (unverified)")?,
    }
    writeln!(text, "  records   {}", header.records().len())?;
    for (index, record) in header.records().enumerate() {
        write!(text, "  {:>4}      {}", index + 1, record_name(&record))?;
        match (record.wrapped_key(), record.key_id()) {
            (Some(wrapped), Some(id)) => writeln!(text, ", RSA key of {} bits, id {id}", wrapped.len() * 8)?,
            (Some(wrapped), None) => writeln!(text, ", RSA key of {} bits, anonymous", wrapped.len() * 8)?,
            (None, _) => writeln!(text, ", type {:#06x}, {} bytes", record.record_type(), record.value().len())?,
        }
    }
    Ok(())
}

/// Returns the report for programs, which `bulla help inspect` documents.
fn to_json(header: &Header, body: Body) -> String {
    let records: Vec<Value> = header
        .records()
        .map(|record| {
            json!({
                "type": record.record_type(),
                "name": record_name(&record),
                "key_id": record.key_id().map(|id| id.to_string()),
                "wrapped_key_len": record.wrapped_key().map(<[u8]>::len),
            })
        })
        .collect();
    let metadata = header.unverified_metadata();
    let report = json!({
        "version": header.version().code(),
        "suite": header.suite().code(),
        "layout": header.layout().code(),
        "header_len": header.as_bytes().len(),
        "body_offset": header.body_offset(),
        "body_len": body.len(),
        "truncated": body.is_truncated(),
        "metadata": metadata.and_then(|metadata| str::from_utf8(metadata).ok()),
        "metadata_hex": metadata.map(hex),
        "private_section": header.has_private_section(),
        "sender": null,
        "records": records,
        "plaintext_len": body.plaintext_len(),
        "verified": false,
    });
    escape_beyond_ascii(&format!("{report:#}\n"))
}

/// JSON escapes only the control characters of ASCII, but a terminal obeys others too.
fn escape_beyond_ascii(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || (' '..='~').contains(&c) {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

fn layout_name(layout: Layout) -> &'static str {
    match layout {
        Layout::Single => "a single body",
        Layout::Session => "a session",
        Layout::Labelled => "labelled messages",
        Layout::Parts => "parts",
        _ => "unknown",
    }
}

fn record_name(record: &Record<'_>) -> &'static str {
    match record.record_type() {
        Record::RSA_OAEP_SHA256 => "rsa-oaep-sha256",
        PADDING => "padding",
        _ => "unknown",
    }
}

/// Type of a record that holds no key (SPEC §9.5).
const PADDING: u16 = 0x7FFF;
