//! What can go wrong when opening.

use core::error::Error;
use core::fmt;

use super::device::UnwrapError;
use super::header::{HeaderError, HeaderErrorKind};
use crate::format::Layout;
use crate::key_id::KeyId;
use crate::limits::LimitExceeded;

/// Why an envelope cannot be opened.
///
/// The `std::io` adapters report it inside a `std::io::Error` (`Truncated` as `UnexpectedEof`, all
/// others as `InvalidData`). `OpenError::from_io` gets it out again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// The header is malformed, is no header at all, or has a version, suite or layout that this
    /// release does not know. The cause is whoever made or damaged the file.
    Header(HeaderError),
    /// No record is for any of the identities: the caller has the wrong key, or is not a recipient.
    ///
    /// Public data alone decides this: key ids and the lengths of wrapped keys. But it reveals
    /// which keys the caller holds, so do not relay it to strangers.
    NoMatchingRecord,
    /// A record fits an identity, but the header did not verify: the header was altered or, if the
    /// record is anonymous, it is for another key.
    ///
    /// All cryptographic causes (RSA padding, length of the unwrapped key, header tag) are this one
    /// error, after the same work.
    NotAuthentic,
    /// The private section does not open under the content key, or breaks a rule: a holder of the
    /// content key made it so. Nothing was released.
    MalformedPrivateSection,
    /// An item of the private section that is marked critical has a type that this release does not
    /// know. A newer release may.
    UnknownPrivateItem(u16),
    /// A sender was [demanded](crate::Opener::senders), and the header has none.
    NoSender,
    /// A sender was demanded, and the header names another one. Who that is remains a claim.
    OtherSender,
    /// The header names a sender that is accepted, but the signature does not verify: somebody else
    /// made the header. Of a session: it may answer another challenge, and be a replay.
    SenderNotAuthentic,
    /// The sender did not make the content key for any of the identities: somebody who received it
    /// has passed it on, and may have replaced the body. See
    /// [`Senders::accept_readdressed`](crate::Senders::accept_readdressed).
    NotInAudience,
    /// The sender made the content key also for a key that was not
    /// [tolerated](crate::Senders::audience_within), or in a session that can be answered, for more
    /// than one.
    OtherAudience(KeyId),
    /// The header is authentic, but the body does not belong to it under the given associated data.
    /// Either the sealer used other associated data, or this is the body of another envelope or the
    /// message of another label, or its head (the first 56 bytes) was altered. Of a session: it
    /// answers another challenge, or none, and may be a replay.
    WrongAssociatedData,
    /// The header has another layout than what was asked of it: it is for labelled messages, of
    /// which each needs its [label](crate::OpenedHeader::message), for a session, for parts, or for
    /// a single body, with neither a label nor parts.
    OtherLayout {
        /// The layout of the header.
        layout: Layout,
    },
    /// The input ended before the envelope was complete. Fetching the rest and opening again can
    /// help.
    Truncated,
    /// The chunk with this index, not the last one, is not authentic: it was altered or moved, or
    /// the input was cut or extended around it. All plaintext released before is authentic.
    ChunkAltered {
        /// Number of the chunk, counted from zero. Its plaintext starts at offset `index` × 16384.
        index: u64,
    },
    /// The last chunk, with this index, is not authentic: the input was cut, extended or altered
    /// there. The length does not show which. Most cut inputs cause this error, not `Truncated`,
    /// which needs a rest of fewer than 16 bytes. Fetching the input again can help.
    LastChunkAltered {
        /// Number of the chunk, counted from zero. Its plaintext starts at offset `index` × 16384.
        index: u64,
    },
    /// The frame of a session with this number is not authentic, or breaks a rule: it was altered,
    /// repeated, dropped, inserted or moved. The session has failed, in both directions.
    FrameAltered {
        /// Number of the frame, counted from zero.
        index: u64,
    },
    /// The session is addressed to several recipients, of which none can answer. It can be received
    /// in one direction. The cause is whoever began it.
    NoAnswer,
    /// A manifest has verified, but breaks a rule: then a holder of the content key made it so. Or
    /// the parts that it lists do not fill the file, or no manifest is as long as the last 8 bytes
    /// say: the file was cut or extended, or is put together wrongly.
    MalformedManifest,
    /// What stands in the place of this part is not the part that the manifest names: another part,
    /// another attempt at it, or a longer one.
    ForeignPart {
        /// Number of the part, counted from zero.
        index: u64,
    },
    /// The envelope exceeds one of the caller's [`Limits`](crate::Limits), or the format's maximum
    /// length of the plaintext.
    LimitExceeded(LimitExceeded),
    /// So many headers did not open lately that a `CachingOpener` refuses all that it does not
    /// remember, before it spends a private-key operation. This says nothing about the envelope. A
    /// later retry can help.
    TooManyFailures,
    /// The caller's slice is shorter than the plaintext.
    OutputTooShort {
        /// Length of the plaintext in bytes.
        needed: usize,
    },
    /// A device or service that holds a private key failed for its own reasons. This says nothing
    /// about the envelope. Whether a retry helps depends on the cause inside.
    Unwrap(UnwrapError),
    /// The operating system gave no randomness. Nothing was opened. A retry can help.
    Randomness,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(error) => error.fmt(f),
            Self::NoMatchingRecord => f.write_str("nothing in the envelope is addressed to the given keys"),
            Self::NotAuthentic => f.write_str("wrong key, or the header was altered"),
            Self::MalformedPrivateSection => f.write_str("malformed private section"),
            Self::UnknownPrivateItem(item_type) => {
                write!(f, "unknown critical item {item_type:#06x} in the private section")
            }
            Self::NoSender => f.write_str("nobody has signed the envelope, and a sender was demanded"),
            Self::OtherSender => f.write_str("the envelope names another sender than those that are accepted"),
            Self::SenderNotAuthentic => f.write_str("the signature of the sender is not authentic"),
            Self::NotInAudience => {
                f.write_str("the sender did not make the envelope for the given keys: somebody has passed it on")
            }
            Self::OtherAudience(id) => write!(f, "the sender made the envelope for the key {id} as well"),
            Self::WrongAssociatedData => {
                f.write_str(
                    "wrong associated data, label or challenge; or this is the body of another envelope, or its start was altered",
                )
            }
            Self::OtherLayout { layout: Layout::Single } => {
                f.write_str("the header is for a single body (layout 01), with no label, parts or session")
            }
            Self::OtherLayout { layout: Layout::Session } => {
                f.write_str("the header is for a session (layout 02), which is read as a stream of messages")
            }
            Self::OtherLayout { layout: Layout::Parts } => {
                f.write_str("the header is for parts (layout 04), which open by their manifest")
            }
            Self::OtherLayout { layout: Layout::Labelled } => {
                f.write_str("the header is for labelled messages (layout 03): each opens with its label alone")
            }
            Self::Truncated => f.write_str("truncated: the input ended before the envelope was complete"),
            Self::ChunkAltered { index } => write!(f, "chunk {index} was altered"),
            Self::LastChunkAltered { index } => {
                write!(f, "the last chunk ({index}) was cut, extended or altered")
            }
            Self::FrameAltered { index } => write!(f, "frame {index} of the session was altered, or is out of place"),
            Self::NoAnswer => f.write_str("a session with several recipients cannot be answered"),
            Self::MalformedManifest => f.write_str("malformed manifest, or the input does not hold the parts it lists"),
            Self::ForeignPart { index } => write!(f, "what stands in the place of part {index} is not that part"),
            Self::LimitExceeded(error) => error.fmt(f),
            Self::TooManyFailures => f.write_str("too many headers did not open lately: try again later"),
            Self::OutputTooShort { needed } => write!(f, "the output is too short: {needed} bytes are needed"),
            Self::Unwrap(error) => error.fmt(f),
            Self::Randomness => f.write_str("the operating system gave no randomness"),
        }
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unwrap(error) => error.source(),
            _ => None,
        }
    }
}

impl From<HeaderError> for OpenError {
    fn from(error: HeaderError) -> Self {
        match error.kind() {
            HeaderErrorKind::LimitExceeded(limit) => Self::LimitExceeded(limit),
            HeaderErrorKind::Truncated => Self::Truncated,
            _ => Self::Header(error),
        }
    }
}

impl From<LimitExceeded> for OpenError {
    fn from(error: LimitExceeded) -> Self {
        Self::LimitExceeded(error)
    }
}

impl From<UnwrapError> for OpenError {
    fn from(error: UnwrapError) -> Self {
        Self::Unwrap(error)
    }
}
