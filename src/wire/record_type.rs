//! The record types that this release knows (SPEC §9.5).

use core::ops::RangeInclusive;

use crate::format::{MAX_WRAPPED_KEY_LEN, MIN_WRAPPED_KEY_LEN, RECORD_PADDING, RECORD_RSA_OAEP_SHA256};

/// What a reader must know about a record type.
pub(super) struct RecordType {
    code: u16,
    pub(super) content: Content,
}

/// What the value of a record holds.
pub(super) enum Content {
    /// The content key, encoded as `id_len || key id || wrapped key` (SPEC §3.4).
    WrappedKey { lens: RangeInclusive<usize>, class: MixingClass },
    /// Nothing.
    Padding,
}

/// Record types of different classes must not be in one header, because the weakest record decides
/// how strong the envelope is (SPEC §9.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MixingClass {
    /// Broken by a quantum computer.
    Classical,
    #[cfg(test)]
    PostQuantum,
}

impl RecordType {
    pub(super) fn of(code: u16) -> Option<&'static Self> {
        TABLE.iter().find(|row| row.code == code)
    }
}

const TABLE: &[RecordType] = &[
    RecordType {
        code: RECORD_RSA_OAEP_SHA256,
        content: Content::WrappedKey { lens: MIN_WRAPPED_KEY_LEN..=MAX_WRAPPED_KEY_LEN, class: MixingClass::Classical },
    },
    RecordType { code: RECORD_PADDING, content: Content::Padding },
    // A code for private use: a second class, for tests.
    #[cfg(test)]
    RecordType { code: 0xF001, content: Content::WrappedKey { lens: 256..=1024, class: MixingClass::PostQuantum } },
];
