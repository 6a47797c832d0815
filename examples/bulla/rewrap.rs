//! `bulla rewrap`.

use std::io::Write;

use bulla::error::{OpenError, RewrapError, SealError};
use bulla::{Header, Limits, Rewrapper, RsaRecipient};

use crate::args::RewrapArgs;
use crate::destination::Destination;
use crate::failure::Failure;
use crate::input::Input;
use crate::keys;
use crate::open::opener;
use crate::output::Output;
use crate::permissions::Content;
use crate::progress::Progress;
use crate::refusal::{self, NAME_THE_HEADER, limit_reason, nothing_addressed, unreadable, unreadable_or_body};
use crate::replacement::changed_meanwhile;
use crate::source::check_standard_input;
use crate::transfer::{TransferError, transfer};

pub(crate) fn run(args: &RewrapArgs) -> Result<(), Failure> {
    check_standard_input(args.identities.files().chain(&args.added).chain([&args.input]))?;
    let identities = keys::identities(&args.identities)?;
    let added = keys::recipients(&args.added, args.any_certificate)?;
    let destination = Destination::find(&args.output)?;
    let id = Input::id_at(&args.input);
    // IN may be OUT: the old file is read to its end before the new one takes its name.
    let is_in_place = destination.is_file(id);
    if !is_in_place {
        destination.check_is_not(id, "IN")?;
    }
    for file_id in identities.iter().map(|file| file.file_id).chain(added.iter().map(|file| file.file_id)) {
        destination.check_is_not(file_id, "one of the keys")?;
    }

    let destination = match is_in_place {
        true => destination.prepare_in_place()?,
        false => destination.prepare(Content::Public, args.force)?,
    };
    let mut input = Input::open_envelope(&args.input)?;
    if is_in_place && input.id() != id {
        return Err(changed_meanwhile(input.name()));
    }

    let limits = args.limits.limits();
    let header = Header::read_from(&mut input, &limits)
        .map_err(|error| unreadable_or_body(input.name(), &error, NAME_THE_HEADER))?;
    let recipients = keys::named_or_not(added, args.anonymous);
    let changed = opener(&identities, limits)?
        .open_header(&header)
        .map_err(RewrapError::from)
        .and_then(|opened| changes(args, limits, &recipients).rewrap(&opened))
        .map_err(|error| refused(input.name(), &keys::describe(&identities), &error))?;

    let mut output = destination.begin()?;
    if args.armor {
        output = output.into_text()?;
    }
    output.check_is_presentable()?;
    copy(&changed, &mut input, &mut output)?;
    output.commit()
}

fn changes<'a>(args: &RewrapArgs, limits: Limits, added: &'a [RsaRecipient]) -> Rewrapper<'a> {
    let mut changes = Rewrapper::new().limits(limits).add_recipients(added);
    for id in &args.removed {
        changes = changes.remove_recipient(*id);
    }
    // With no ids, `keep_only` would keep nobody.
    if !args.kept.is_empty() {
        changes = changes.keep_only(args.kept.iter().copied());
    }
    if args.keep_unidentified { changes.keep_unidentified() } else { changes }
}

/// Writes the new header, then the rest of `input`: the body, or nothing.
///
/// `Rewrapper::copy` does the same, but does not say which of the two files failed.
fn copy(header: &Header, input: &mut Input, output: &mut Output) -> Result<(), Failure> {
    output.write_all(header.as_bytes()).map_err(|error| Failure::io(output.name(), &error))?;
    let progress = Progress::new("copying", input, output);
    match transfer(input, output, progress, Input::position) {
        Ok(_) => input.check_unchanged(),
        Err(TransferError::Read { error, .. }) => Err(unreadable(input.name(), &error)),
        Err(TransferError::Write(error)) => Err(Failure::io(output.name(), &error)),
    }
}

/// Says why the recipients of `name` cannot be changed, and what to do. `keys` describes the keys
/// that were given to open it.
fn refused(name: &str, keys: &str, error: &RewrapError) -> Failure {
    match error {
        RewrapError::Open(OpenError::NoMatchingRecord) => nothing_addressed(name, keys),
        RewrapError::Open(error) => refusal::refused(name, error),
        RewrapError::NotARecipient(_) => {
            Failure::new(name, format_args!("{error}; \"bulla inspect\" shows the keys that are named"))
        }
        RewrapError::UnidentifiedRecords(count) => Failure::new(
            name,
            format_args!(
                "records without a key id: {count}, any of which may be for a removed key; --keep-only drops them, \
                 --keep-unidentified keeps them"
            ),
        ),
        RewrapError::Seal(SealError::NoRecipients) => {
            Failure::new(name, "nobody could open it any more: add somebody with --add, or delete the file")
        }
        RewrapError::Seal(SealError::LimitExceeded(error)) => {
            Failure::new(name, format_args!("the changed header: {}", limit_reason(error)))
        }
        _ => Failure::new(name, error),
    }
}
