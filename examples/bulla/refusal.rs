//! Why an envelope is refused, in the terms of the specification, and what the user can do.

use std::fmt::Display;
use std::io;

use bulla::error::{HeaderError, HeaderErrorKind, Limit, LimitExceeded, Lookalike, OpenError, SealError};

use crate::failure::Failure;
use crate::private::SIGNS_OR_OPENS;

/// Says why `name`, an envelope or a part of one, cannot be read.
pub(crate) fn unreadable(name: impl Display, error: &io::Error) -> Failure {
    match OpenError::from_io(error) {
        Some(error) => refused(name, error),
        None => Failure::io(name, error),
    }
}

/// Does what [`unreadable`] does, with `hint` for what is perhaps a body without its header:
/// nothing tells that from noise.
pub(crate) fn unreadable_or_body(name: impl Display, error: &io::Error, hint: &str) -> Failure {
    match OpenError::from_io(error) {
        Some(OpenError::Header(error)) if error.kind() == HeaderErrorKind::NotAnEnvelope(Lookalike::Unknown) => {
            Failure::new(name, format_args!("{error}; if this is a body without its header, {hint}"))
        }
        _ => unreadable(name, error),
    }
}

/// Says why the envelope `name` does not open.
pub(crate) fn refused(name: impl Display, error: &OpenError) -> Failure {
    Failure::new(name, reason(error))
}

/// Says that no record of the envelope `name` is for any of `keys`.
pub(crate) fn nothing_addressed(name: impl Display, keys: &str) -> Failure {
    let reason = format_args!("nothing addressed to {keys}: sealed to other keys (\"bulla inspect\" lists them)");
    Failure::new(name, reason)
}

/// Says that the body `name` does not belong to the header `header` under the given associated
/// data.
pub(crate) fn wrong_associated_data(name: impl Display, header: &str) -> Failure {
    Failure::new(name, format_args!("{WRONG_ASSOCIATED_DATA} or this is not the body of {header}"))
}

pub(crate) fn cannot_seal(error: SealError) -> Failure {
    match error {
        SealError::LimitExceeded(error) => Failure::new("cannot seal", format_args!("limit exceeded: {error}")),
        SealError::PrivateSectionTooLong => {
            let hint = "shorten the private metadata or, if you sign, seal to fewer keys";
            Failure::new("cannot seal", format_args!("limit exceeded: {error}; {hint}"))
        }
        SealError::SignerIsRecipient(id) => {
            Failure::new("cannot seal", format_args!("the key {id} is that of a recipient, {SIGNS_OR_OPENS}"))
        }
        error => Failure::new("cannot seal", error),
    }
}

/// Returns one line, which starts with the term of the specification.
fn reason(error: &OpenError) -> String {
    match error {
        OpenError::Header(error) => header_reason(error),
        OpenError::NotAuthentic => "not authentic: wrong key, or the header was altered".into(),
        OpenError::WrongAssociatedData => format!("{WRONG_ASSOCIATED_DATA} or belongs to another envelope"),
        OpenError::LimitExceeded(error) => limit_reason(error),
        OpenError::MalformedPrivateSection => {
            "malformed private section: whoever sealed it, or a recipient, made it so; have it sealed anew".into()
        }
        OpenError::UnknownPrivateItem(number) => {
            format!("unknown critical item {number:#06x} in the private section: {SEALED_BY_SOMETHING_NEWER}")
        }
        OpenError::NoSender => {
            "no sender: nobody has signed it, so anyone can have made it; have it sealed with --sign-with".into()
        }
        OpenError::OtherSender => {
            "other sender: it is not signed with any of the keys of --sender; if you trust others, give theirs as well"
                .into()
        }
        OpenError::SenderNotAuthentic => {
            "sender not authentic: the signature is not that of the key it names, or is for another session; do not \
             use it, have it sealed anew"
                .into()
        }
        OpenError::NotInAudience => {
            "not in the audience: the sender made it for other keys, and somebody has passed it on; have the sender \
             seal it to yours, or take it as it is with --accept-readdressed"
                .into()
        }
        OpenError::OtherAudience(id) => format!(
            "other audience: the sender made it for the key {id} as well, whose holder can have replaced the content; \
             give that with -i if it is yours, or leave out --only-for-me"
        ),
        error => error.to_string(),
    }
}

/// Says what is wrong with a header. Does not say "malformed" if a newer program may know what this
/// one does not.
fn header_reason(error: &HeaderError) -> String {
    let offset = error.offset();
    match error.kind() {
        HeaderErrorKind::UnknownCriticalField(number) => {
            format!("unknown critical field {number:#06x} at byte {offset}: {SEALED_BY_SOMETHING_NEWER}")
        }
        HeaderErrorKind::UnknownCriticalRecord(number) => {
            format!("unknown critical record {number:#06x} at byte {offset}: {SEALED_BY_SOMETHING_NEWER}")
        }
        HeaderErrorKind::UnsupportedVersion(_)
        | HeaderErrorKind::UnsupportedSuite(_)
        | HeaderErrorKind::UnsupportedLayout(_) => format!("{error}: {SEALED_BY_SOMETHING_NEWER}"),
        _ => error.to_string(),
    }
}

/// Says which limit was exceeded, and which option raises it, if one does.
pub(crate) fn limit_reason(error: &LimitExceeded) -> String {
    match error.limit {
        Limit::HeaderLen | Limit::MetadataLen => format!("limit exceeded: {error}; --max-header raises it"),
        Limit::PrivateKeyOperations | Limit::SessionKeyOperations => {
            format!("limit exceeded: {error}; --max-key-operations raises it")
        }
        _ => format!("limit exceeded: {error}"),
    }
}

/// What to do with a body where there is no `--header`.
pub(crate) const NAME_THE_HEADER: &str = "name the header, which \"seal --header\" wrote";

const WRONG_ASSOCIATED_DATA: &str = "wrong associated data: give the --aad or --aad-file used to seal; if it is right, the start of the body was altered";

const SEALED_BY_SOMETHING_NEWER: &str =
    "sealed by something newer; use the program that sealed it, or a newer release of this one";
