//! `bulla inspect`: what an envelope says of itself.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use bulla::{Header, Limits, Record, Sealer};
use serde_json::{Value, json};

use crate::args::InspectArgs;
use crate::failure::Failure;
use crate::input::Input;
use crate::text::{Printable, hex};

pub(crate) fn run(args: &InspectArgs) -> Result<(), Failure> {
    let mut input = Input::open_envelope(&args.input)?;
    let header =
        Header::read_from(&mut input, &Limits::default()).map_err(|error| Failure::io(input.name(), &error))?;
    let payload = Payload::of(&header, input.len());
    let report = if args.json { to_json(&header, payload) } else { to_text(input.name(), &header, payload) };

    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(report.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|error| Failure::io("standard output", &error))
}

/// What the length of a file tells about what was sealed.
#[derive(Clone, Copy)]
enum Payload {
    /// Not a regular file.
    Unknown,
    /// No complete envelope has this length.
    Truncated,
    /// Length in bytes.
    Len(u64),
}

impl Payload {
    /// SPEC §5: salt and commitment, full chunks, and a last chunk that is shorter but holds a tag.
    fn of(header: &Header, total: Option<u64>) -> Self {
        let header_len = to_u64(header.as_bytes().len());
        // Files in /proc are longer than they say.
        let Some(body_len) = total.and_then(|total| total.checked_sub(header_len)) else { return Self::Unknown };
        let Some(chunks_len) = body_len.checked_sub(to_u64(Sealer::PREFIX_LEN)) else { return Self::Truncated };

        let full_chunks = chunks_len / to_u64(Sealer::SEALED_CHUNK_LEN);
        let last_len = chunks_len % to_u64(Sealer::SEALED_CHUNK_LEN);
        match last_len.checked_sub(to_u64(Sealer::TAG_LEN)) {
            Some(last_len) => Self::Len(full_chunks * to_u64(Sealer::CHUNK_LEN) + last_len),
            None => Self::Truncated,
        }
    }
}

/// The report for people.
fn to_text(name: &str, header: &Header, payload: Payload) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_text(&mut text, name, header, payload);
    text
}

fn write_text(text: &mut String, name: &str, header: &Header, payload: Payload) -> std::fmt::Result {
    writeln!(text, "{}: NOT VERIFIED, anyone may have made this up", Printable(name))?;
    writeln!(text, "  version   {}", header.version())?;
    writeln!(text, "  suite     {} (AES-256-GCM in chunks, HKDF and HMAC with SHA-512)", header.suite())?;
    writeln!(text, "  layout    {} (a single body)", header.layout())?;
    writeln!(text, "  header    {} bytes", header.as_bytes().len())?;
    match header.unverified_metadata().map(|metadata| (metadata, str::from_utf8(metadata))) {
        None => writeln!(text, "  metadata  none")?,
        Some((_, Ok(metadata))) => writeln!(text, "  metadata  \"{}\" (unverified)", metadata.escape_debug())?,
        Some((metadata, Err(_))) => writeln!(text, "  metadata  {} in hexadecimal (unverified)", hex(metadata))?,
    }
    match payload {
        Payload::Unknown => writeln!(text, "  payload   of unknown length")?,
        Payload::Truncated => {
            writeln!(text, "  payload   TRUNCATED: no complete envelope has the length of this file")?
        }
        Payload::Len(len) => writeln!(text, "  payload   {len} bytes (unverified)")?,
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

/// The report for programs, as `bulla help inspect` documents it.
fn to_json(header: &Header, payload: Payload) -> String {
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
        "version": header.version(),
        "suite": header.suite(),
        "layout": header.layout(),
        "header_len": header.as_bytes().len(),
        "metadata": metadata.and_then(|metadata| str::from_utf8(metadata).ok()),
        "metadata_hex": metadata.map(hex),
        "records": records,
        "payload_len": match payload {
            Payload::Len(len) => Some(len),
            Payload::Unknown | Payload::Truncated => None,
        },
        "verified": false,
    });
    escape_beyond_ascii(&format!("{report:#}\n"))
}

/// JSON escapes control characters in ASCII only; a terminal obeys others as well.
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

fn record_name(record: &Record<'_>) -> &'static str {
    match record.record_type() {
        Record::RSA_OAEP_SHA256 => "rsa-oaep-sha256",
        PADDING => "padding",
        _ => "unknown",
    }
}

fn to_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// Record that holds no key (SPEC §9.5).
const PADDING: u16 = 0x7FFF;
