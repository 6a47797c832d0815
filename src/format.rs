//! The numbers of the format, in the order of `SPEC.md`. Registries are types.

/// First bytes of every envelope (SPEC §3.1).
pub(crate) const MAGIC: [u8; 8] = [0x89, 0x42, 0x55, 0x4C, 0x0D, 0x0A, 0x1A, 0x0A];

/// Length in bytes of the prefix, which gives the length of the header (SPEC §3.1).
pub(crate) const PREFIX_LEN: usize = 20;

/// Length in bytes of the tag at the end of the header (SPEC §4.2).
pub(crate) const HEADER_TAG_LEN: usize = 32;

/// Maxima of the format (SPEC §2): bytes of all fields, bytes of all records, number of records,
/// bytes in the value of one record.
pub(crate) const MAX_FIELDS_LEN: u32 = 1 << 20;
pub(crate) const MAX_RECORDS_LEN: u32 = 1 << 22;
pub(crate) const MAX_RECORDS: usize = 1024;
pub(crate) const MAX_RECORD_LEN: usize = 16 << 10;

/// Bit that marks a type of field or record as critical: a reader that does not know the type must
/// refuse the header (SPEC §3.2).
pub(crate) const CRITICAL: u16 = 0x8000;

/// Field: public metadata (SPEC §9.4).
pub(crate) const FIELD_METADATA: u16 = 0x0001;

/// Field: private section (SPEC §9.4), and the lengths in bytes of the shortest and the longest
/// one: its salt, items and the tag (SPEC §4.4).
pub(crate) const FIELD_PRIVATE: u16 = 0x0002;
pub(crate) const MIN_PRIVATE_LEN: usize = SALT_LEN + 6 + TAG_LEN;
pub(crate) const MAX_PRIVATE_LEN: usize = SALT_LEN + MAX_PRIVATE_ITEMS_LEN + TAG_LEN;

/// Length in bytes of the longest private items (SPEC §4.4).
pub(crate) const MAX_PRIVATE_ITEMS_LEN: usize = 64 << 10;

/// Private items (SPEC §9.8): metadata, sender, audience, padding.
pub(crate) const PRIVATE_METADATA: u16 = 0x0001;
pub(crate) const PRIVATE_SENDER: u16 = 0x0002;
pub(crate) const PRIVATE_AUDIENCE: u16 = 0x0003;
pub(crate) const PRIVATE_PADDING: u16 = 0x7FFF;

/// Number of keys in an audience at most, length in bytes of the longest signature, and of what
/// senders sign (SPEC §4.5).
pub(crate) const MAX_AUDIENCE: usize = 1024;
pub(crate) const MAX_SIGNATURE_LEN: usize = 1024;
pub(crate) const TO_SIGN_LEN: usize = 242;

/// Record: content key wrapped with RSA-OAEP, SHA-256, MGF1 with SHA-256, empty label (SPEC §9.5).
pub(crate) const RECORD_RSA_OAEP_SHA256: u16 = 0x0001;

/// Record: padding, which holds no key (SPEC §9.5).
pub(crate) const RECORD_PADDING: u16 = 0x7FFF;

/// Length in bytes of a key id (SPEC §3.4).
pub(crate) const KEY_ID_LEN: u8 = 32;

/// Lengths in bytes of the shortest and the longest wrapped key, equal to those of the shortest and
/// the longest RSA modulus (SPEC §3.4).
pub(crate) const MIN_WRAPPED_KEY_LEN: usize = 256;
pub(crate) const MAX_WRAPPED_KEY_LEN: usize = 1024;

/// Length in bytes of the content key (SPEC §4).
pub(crate) const CONTENT_KEY_LEN: usize = 32;

/// Lengths in bytes in the body (SPEC §5): salt, commitment, head (both together), chunk, tag of a
/// chunk, and sealed chunk.
pub(crate) const SALT_LEN: usize = 24;
pub(crate) const COMMITMENT_LEN: usize = 32;
pub(crate) const BODY_HEAD_LEN: usize = SALT_LEN + COMMITMENT_LEN;
pub(crate) const CHUNK_LEN: usize = 16384;
pub(crate) const TAG_LEN: usize = 16;
pub(crate) const SEALED_CHUNK_LEN: usize = CHUNK_LEN + TAG_LEN;

/// Lengths in bytes in a session (SPEC §5.6): what precedes the ciphertext of a frame, and the
/// longest piece of a message.
pub(crate) const FRAME_HEADER_LEN: usize = 3;
pub(crate) const PIECE_LEN: usize = 16384;

/// Number of frames in a stream at most, of which the last can only end it (SPEC §5.6).
pub(crate) const MAX_FRAMES: u64 = 1 << 32;

/// Length in bytes of what a manifest says of one part, and the largest number of parts (SPEC
/// §5.7).
pub(crate) const MANIFEST_ENTRY_LEN: usize = 40;
pub(crate) const MAX_PARTS: u64 = 1 << 20;

/// Length in bytes of the longest plaintext (SPEC §2): 2^38 chunks, all of them full except for the
/// last, which lacks one byte.
pub(crate) const MAX_PLAINTEXT_LEN: u64 = (1 << 52) - 1;

/// Defines a type for a registry of SPEC §9, with the entries that this release implements.
macro_rules! registry {
    ($(#[$doc:meta])* $name:ident: $number:ty { $($(#[$item_doc:meta])* $item:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$item_doc])* $item,)+
        }

        impl $name {
            /// Returns the number in the registry.
            #[must_use]
            pub const fn code(self) -> $number {
                match self {
                    $(Self::$item => $code,)+
                }
            }

            /// Returns the entry with this number, or `None` if this release does not implement it.
            #[must_use]
            pub const fn from_code(code: $number) -> Option<Self> {
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
    Version: u8 {
        /// `01`: the only one.
        V1 = 0x01,
    }
}

registry! {
    /// A cryptographic suite (SPEC §9.1).
    Suite: u8 {
        /// `01`: HKDF-Expand and HMAC with SHA-512, bodies in Cobblestone-256.
        HmacSha512Cobblestone256 = 0x01,
    }
}

registry! {
    /// What follows the header (SPEC §9.2).
    Layout: u8 {
        /// `01`: a single body.
        Single = 0x01,
        /// `02`: an ordered session.
        Session = 0x02,
        /// `03`: labelled messages.
        Labelled = 0x03,
        /// `04`: parts, and their manifest.
        Parts = 0x04,
    }
}

impl Layout {
    /// Returns the kinds of body that a header of this layout may have. All others are refused.
    pub(crate) const fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Single => &[Kind::Single],
            Self::Session => &[Kind::Stream],
            Self::Labelled => &[Kind::Message],
            Self::Parts => &[Kind::Part, Kind::Manifest],
        }
    }
}

/// What a body is (SPEC §9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `01`: the body of [`Layout::Single`].
    Single,
    /// `02`: a stream of [`Layout::Session`].
    Stream,
    /// `03`: a message of [`Layout::Labelled`].
    Message,
    /// `04`: a part of [`Layout::Parts`].
    Part,
    /// `05`: the manifest of [`Layout::Parts`].
    Manifest,
}

impl Kind {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Single => 0x01,
            Self::Stream => 0x02,
            Self::Message => 0x03,
            Self::Part => 0x04,
            Self::Manifest => 0x05,
        }
    }
}

registry! {
    /// An algorithm with which senders sign (SPEC §4.5). `0004` is reserved for ML-DSA-65.
    SignatureAlgorithm: u16 {
        /// `0001`: RSASSA-PSS (RFC 8017 §8.1) with SHA-256, MGF1 with SHA-256, a salt of 32 bytes
        /// and trailer field 1. The signature is as long as the modulus: 256 to 1024 bytes.
        RsaPssSha256 = 0x0001,
        /// `0002`: ECDSA (FIPS 186-5) with P-256 and SHA-256. The signature is r || s, two
        /// big-endian numbers of 32 bytes each. For each s, n − s verifies as well.
        EcdsaP256Sha256 = 0x0002,
        /// `0003`: Ed25519 (RFC 8032 §5.1.7), verified without the cofactor. The signature has 64
        /// bytes.
        Ed25519 = 0x0003,
    }
}
