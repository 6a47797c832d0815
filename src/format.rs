//! The numbers of the format, in the order of `SPEC.md`, and the registries among them as types.

/// First bytes of every envelope (SPEC §3.1).
pub(crate) const MAGIC: [u8; 8] = [0x89, 0x42, 0x55, 0x4C, 0x0D, 0x0A, 0x1A, 0x0A];

/// Bytes from which the length of the header is known (SPEC §3.1).
pub(crate) const PREFIX_LEN: usize = 20;

/// Length in bytes of the tag that ends the header (SPEC §4.2).
pub(crate) const HEADER_TAG_LEN: usize = 32;

/// Format maxima (SPEC §2): bytes of all fields, bytes of all records, number of records, bytes of
/// one record's value.
pub(crate) const MAX_FIELDS_LEN: u32 = 1 << 20;
pub(crate) const MAX_RECORDS_LEN: u32 = 1 << 22;
pub(crate) const MAX_RECORDS: usize = 1024;
pub(crate) const MAX_RECORD_LEN: usize = 16 << 10;

/// Bit of a field or record type that no reader may skip if it does not know it (SPEC §3.2).
pub(crate) const CRITICAL: u16 = 0x8000;

/// Field: public metadata (SPEC §9.4).
pub(crate) const FIELD_METADATA: u16 = 0x0001;

/// Record: content key wrapped with RSA-OAEP, SHA-256, MGF1 with SHA-256, empty label (SPEC §9.5).
pub(crate) const RECORD_RSA_OAEP_SHA256: u16 = 0x0001;

/// Record: padding, holds no key (SPEC §9.5).
pub(crate) const RECORD_PADDING: u16 = 0x7FFF;

/// Length in bytes of a key id (SPEC §3.4).
pub(crate) const KEY_ID_LEN: u8 = 32;

/// Lengths in bytes of the shortest and longest wrapped key: those of the moduli admitted (SPEC
/// §3.4).
pub(crate) const MIN_WRAPPED_KEY_LEN: usize = 256;
pub(crate) const MAX_WRAPPED_KEY_LEN: usize = 1024;

/// Length in bytes of the content key (SPEC §4).
pub(crate) const CONTENT_KEY_LEN: usize = 32;

/// The body (SPEC §5): lengths in bytes of salt, commitment, both together, a chunk, its tag, and a
/// sealed chunk.
pub(crate) const SALT_LEN: usize = 24;
pub(crate) const COMMITMENT_LEN: usize = 32;
pub(crate) const BODY_HEAD_LEN: usize = SALT_LEN + COMMITMENT_LEN;
pub(crate) const CHUNK_LEN: usize = 16384;
pub(crate) const TAG_LEN: usize = 16;
pub(crate) const SEALED_CHUNK_LEN: usize = CHUNK_LEN + TAG_LEN;

/// Longest plaintext in bytes: all chunks but the last full, the last as long as it can be (SPEC
/// §2).
pub(crate) const MAX_PLAINTEXT_LEN: u64 = (1 << 52) - 1;

/// A registry of SPEC §9 as a type: what this release implements of it.
macro_rules! registry {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $item:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$item_doc])* $item,)+
        }

        impl $name {
            /// The number in the registry.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self {
                    $(Self::$item => $code,)+
                }
            }

            /// `None` for what this release does not implement.
            pub(crate) const fn from_code(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(Self::$item),)+
                    _ => None,
                }
            }
        }
    };
}

registry! {
    /// A version of the envelope format (SPEC §3.1).
    Version {
        /// `01`: the only one.
        V1 = 0x01,
    }
}

registry! {
    /// A cryptographic suite (SPEC §9.1).
    Suite {
        /// `01`: HKDF-Expand and HMAC with SHA-512, bodies in Cobblestone-256.
        HmacSha512Cobblestone256 = 0x01,
    }
}

registry! {
    /// What stands behind the header (SPEC §9.2).
    Layout {
        /// `01`: a single body.
        Single = 0x01,
    }
}

impl Layout {
    /// The kinds of body that may stand under a header of this layout. Any other pair is refused.
    pub(crate) const fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Single => &[Kind::Single],
        }
    }
}

/// What a body is (SPEC §9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `01`: the body of [`Layout::Single`].
    Single,
}

impl Kind {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Single => 0x01,
        }
    }
}
