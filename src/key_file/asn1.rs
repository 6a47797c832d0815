//! Takes DER apart (X.690), with a name for whatever is wrong with it.

use alloc::vec::Vec;

use pkcs8::der::asn1::AnyRef;
use pkcs8::der::{Decode, ErrorKind, Header, Reader, SliceReader, Tag};

use crate::error::{DerDamage, KeyErrorKind};

/// Returns whether a file is binary DER, and no text.
pub(super) fn is_der(file: &[u8]) -> bool {
    // A SEQUENCE of at least 128 bytes, or one in BER. In a text, 30 would be the digit 0. A
    // shorter one, of a key of an elliptic curve, starts with an AlgorithmIdentifier or a version,
    // and so with characters that no text has.
    matches!(file, [0x30, 0x80..=0xFF, ..] | [0x30, _, 0x30, _, 0x06, ..] | [0x30, _, 0x02, 0x01, 0 | 1, ..])
}

/// Returns the parts of the one SEQUENCE in `der`.
pub(super) fn parts(der: &[u8]) -> Result<Vec<AnyRef<'_>>, DerDamage> {
    let mut reader = SliceReader::new(der).map_err(|_| DerDamage::Structure)?;
    let header = Header::decode(&mut reader).map_err(|error| damage(&error))?;
    if header.tag() != Tag::Sequence {
        return Err(DerDamage::Structure);
    }
    let start = der.len() - usize::try_from(reader.remaining_len()).map_err(|_| DerDamage::Structure)?;
    let len = usize::try_from(header.length()).map_err(|_| DerDamage::Structure)?;
    let there = &der[start..];
    let Some((content, rest)) = there.split_at_checked(len) else {
        return Err(DerDamage::Truncated { missing: Some(len - there.len()) });
    };
    if !rest.is_empty() {
        return Err(DerDamage::TrailingBytes { count: rest.len() });
    }
    let mut reader = SliceReader::new(content).map_err(|_| DerDamage::Structure)?;
    let mut parts = Vec::new();
    while !reader.is_finished() {
        // More parts than any key has: stop, since each costs memory.
        if parts.len() > MAX_PARTS {
            return Err(DerDamage::Structure);
        }
        parts.push(AnyRef::decode(&mut reader).map_err(|error| damage(&error))?);
    }
    Ok(parts)
}

fn damage(error: &pkcs8::der::Error) -> DerDamage {
    match error.kind() {
        // For a length that is longer than it must be, `der` reports the last of these.
        ErrorKind::IndefiniteLength | ErrorKind::Overlength | ErrorKind::Length { .. } => DerDamage::NotDer,
        ErrorKind::Incomplete { .. } => DerDamage::Truncated { missing: None },
        _ => DerDamage::Structure,
    }
}

/// Returns the type of a part.
pub(super) fn tag(part: &AnyRef<'_>) -> Tag {
    part.header().tag()
}

/// Returns the content of a BIT STRING that ends at a byte.
pub(super) fn bit_string(value: &[u8]) -> Result<&[u8], DerDamage> {
    match value {
        [0, content @ ..] => Ok(content),
        [] => Err(DerDamage::Structure),
        _ => Err(DerDamage::UnusedBits),
    }
}

/// Returns the number of a part with a tag of its context.
pub(super) fn context_number(part: &AnyRef<'_>) -> Option<u32> {
    match tag(part) {
        Tag::ContextSpecific { number, .. } => Some(number.value()),
        _ => None,
    }
}

impl From<DerDamage> for KeyErrorKind {
    fn from(damage: DerDamage) -> Self {
        Self::Der(damage)
    }
}

const MAX_PARTS: usize = 16;
