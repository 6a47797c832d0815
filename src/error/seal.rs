//! What can go wrong when sealing.

use core::error::Error;
use core::fmt;

use super::device::{SignError, WrapError};
use super::header::{HeaderError, HeaderErrorKind};
use crate::key_id::KeyId;
use crate::limits::LimitExceeded;

/// Why an envelope cannot be sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealError {
    /// There are no recipients. This is the caller's mistake: nobody could open such an envelope.
    NoRecipients,
    /// Two recipients have the same key id. This is the caller's mistake: list each key once.
    DuplicateRecipient(KeyId),
    /// The metadata or a record does not fit the format; the kind says why. This is a mistake of
    /// the caller or of a custom [`Recipient`].
    ///
    /// [`Recipient`]: crate::Recipient
    Header(HeaderError),
    /// Header or plaintext exceeds one of the caller's [`Limits`](crate::Limits), or the plaintext
    /// exceeds the format's maximum of 4 PiB − 1 bytes.
    LimitExceeded(LimitExceeded),
    /// The caller's slice is shorter than the envelope.
    OutputTooShort {
        /// Length of the envelope in bytes.
        needed: usize,
    },
    /// A recipient could not wrap the content key. Whether a retry helps depends on the cause
    /// inside.
    Wrap(WrapError),
    /// There is private metadata, but it is empty. This is the caller's mistake: leave it out.
    EmptyPrivateMetadata,
    /// The private section would be longer than 65,536 bytes: the private metadata is too long, or
    /// there are too many recipients for a signed header.
    PrivateSectionTooLong,
    /// A recipient has no id for the audience of the sender: see
    /// [`Recipient::public_key_id`](crate::Recipient::public_key_id). This is a mistake in a custom
    /// recipient.
    UnnamedRecipient,
    /// The signing key is also that of a recipient. This is the caller's mistake: a key is for
    /// opening or for signing, never for both.
    SignerIsRecipient(KeyId),
    /// The sender could not sign, or what it gave back has another length than it said or, in two
    /// steps, is no signature of its key. Whether a retry helps depends on the cause inside.
    Sign(SignError),
    /// The session has failed in the other direction, so nothing is sealed in this one any more.
    SessionFailed,
    /// The stream of a session has its 2^32 − 1 frames, and can only be ended. Begin a new session.
    StreamFull,
    /// A message of a session was begun and not ended. This is the caller's mistake.
    UnfinishedMessage,
    /// A session with several recipients goes in one direction only: none of them can answer.
    SeveralRecipients,
    /// A part of an object has no plaintext. This is the caller's mistake: leave it out.
    EmptyPart,
    /// A part that the object is to have is missing in the journal. Seal it.
    MissingPart {
        /// Number of the part, counted from zero.
        index: u64,
    },
    /// The journal has a part that the object is not to have: its number is too high.
    UnexpectedPart {
        /// Number of the part, counted from zero.
        index: u64,
    },
    /// Another attempt at this part was noted in the journal before. If the earlier one is not
    /// stored any more, replace it.
    OtherAttempt {
        /// Number of the part, counted from zero.
        index: u64,
    },
    /// A manifest of other parts was made under this header before. Seal the object anew.
    SecondManifest,
    /// The header is not the one that the journal was begun with: its recipients were changed, or
    /// it is another one, perhaps not for parts at all. Nothing may be sealed under it. Of a
    /// report: it is of a part of another object.
    OtherHeader,
    /// The associated data is not that which the parts were begun with. Parts with other associated
    /// data would not open.
    OtherAssociatedData,
    /// The operating system gave no randomness. Nothing was sealed. A retry can help.
    Randomness,
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecipients => f.write_str("no recipients: nobody could open the envelope"),
            Self::DuplicateRecipient(id) => write!(f, "two recipients have the key id {id}"),
            Self::Header(error) => write!(f, "header cannot be written: {}", error.kind()),
            Self::LimitExceeded(error) => error.fmt(f),
            Self::OutputTooShort { needed } => write!(f, "the output is too short: {needed} bytes are needed"),
            Self::Wrap(error) => error.fmt(f),
            Self::EmptyPrivateMetadata => f.write_str("private metadata is empty"),
            Self::PrivateSectionTooLong => f.write_str("the private section is longer than 65536 bytes"),
            Self::UnnamedRecipient => f.write_str("a recipient has no key id, which a signed header needs"),
            Self::SignerIsRecipient(id) => write!(f, "the key {id} cannot both sign and open"),
            Self::Sign(error) => error.fmt(f),
            Self::SessionFailed => f.write_str("the session has failed in the other direction"),
            Self::StreamFull => f.write_str("the stream has no room for more frames: end it, and begin a new session"),
            Self::UnfinishedMessage => f.write_str("a message was begun and not ended"),
            Self::SeveralRecipients => f.write_str("a session with several recipients cannot be answered"),
            Self::EmptyPart => f.write_str("a part is empty"),
            Self::MissingPart { index } => write!(f, "part {index} is missing"),
            Self::UnexpectedPart { index } => write!(f, "there is a part {index}, which the object is not to have"),
            Self::OtherAttempt { index } => write!(f, "another attempt at part {index} was noted before"),
            Self::SecondManifest => f.write_str("there is a manifest of other parts under this header already"),
            Self::OtherHeader => {
                f.write_str("not the header that the parts were begun with: nothing is sealed under it")
            }
            Self::OtherAssociatedData => f.write_str("not the associated data that the parts were begun with"),
            Self::Randomness => f.write_str("the operating system gave no randomness"),
        }
    }
}

impl Error for SealError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Wrap(error) => error.source(),
            Self::Sign(error) => error.source(),
            _ => None,
        }
    }
}

impl From<HeaderError> for SealError {
    fn from(error: HeaderError) -> Self {
        match error.kind() {
            HeaderErrorKind::LimitExceeded(limit) => Self::LimitExceeded(limit),
            HeaderErrorKind::DuplicateKeyId(id) => Self::DuplicateRecipient(id),
            _ => Self::Header(error),
        }
    }
}

impl From<LimitExceeded> for SealError {
    fn from(error: LimitExceeded) -> Self {
        Self::LimitExceeded(error)
    }
}

impl From<SignError> for SealError {
    fn from(error: SignError) -> Self {
        Self::Sign(error)
    }
}

impl From<WrapError> for SealError {
    fn from(error: WrapError) -> Self {
        Self::Wrap(error)
    }
}
