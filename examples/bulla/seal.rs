//! `bulla seal`.

use bulla::{SealReader, Sealer};

use crate::aad::Aad;
use crate::args::SealArgs;
use crate::destination::Destination;
use crate::detached;
use crate::failure::Failure;
use crate::input::Input;
use crate::keys;
use crate::output::Output;
use crate::permissions::Content;
use crate::private::Private;
use crate::progress::Progress;
use crate::refusal::cannot_seal;
use crate::source::check_standard_input;
use crate::stored_name::StoredName;
use crate::transfer::{TransferError, transfer};

pub(crate) fn run(args: &SealArgs) -> Result<(), Failure> {
    let read = args.recipients.iter().chain(args.private.files()).chain(&args.aad.aad_file);
    check_standard_input(read.chain([&args.input]))?;
    let stored_name =
        args.store_name.as_ref().map(|given| StoredName::of(&args.input, given.as_deref())).transpose()?;
    let key_files = keys::recipients(&args.recipients, args.any_certificate)?;
    let private = Private::read(&args.private, &key_files)?;
    let private = match &stored_name {
        Some(name) => private.store(name),
        None => private,
    };
    let aad = Aad::read(&args.aad)?;
    let destination = Destination::find(&args.output)?;
    let header = args.header.as_deref().map(Destination::find_header).transpose()?;
    for destination in [Some(&destination), header.as_ref()].into_iter().flatten() {
        destination.check_is_not(Input::id_at(&args.input), "IN")?;
        destination.check_is_not(aad.file_id, "the associated data")?;
        for file_id in key_files.iter().map(|file| file.file_id).chain([private.file_id()]) {
            destination.check_is_not(file_id, "one of the keys")?;
        }
    }
    if let Some(header) = &header {
        header.check_differs(&destination)?;
    }
    let destination = destination.prepare(Content::Public, args.force)?;
    let header = header.map(|header| header.prepare(Content::Public, args.force)).transpose()?;
    let mut input = Input::open(&args.input)?;

    let recipients = keys::named_or_not(key_files, args.anonymous);
    let mut sealer = Sealer::with_recipients(&recipients).map_err(cannot_seal)?.aad(&aad.bytes);
    if let Some(metadata) = &args.metadata {
        sealer = sealer.metadata(metadata.as_bytes());
    }
    let sealer = private.add_to(sealer);

    if let Some(header) = header {
        return detached::seal(&sealer, &mut input, header, destination);
    }
    let mut output = destination.begin()?;
    if args.armor {
        output = output.into_text()?;
    }
    output.check_is_presentable()?;
    seal(&sealer, &mut input, &mut output)?;
    output.commit()
}

/// Seals all of `input` to `output` and returns the length of the envelope.
pub(crate) fn seal(sealer: &Sealer<'_>, input: &mut Input, output: &mut Output) -> Result<u64, Failure> {
    write_sealed(sealer.wrap_input(input).map_err(cannot_seal)?, output)
}

/// Writes all of `sealed`, an envelope or a body, and returns its length.
///
/// Reads from `sealed` instead of writing to a sealing writer. So if anything fails, the output
/// cannot look complete.
pub(crate) fn write_sealed(mut sealed: SealReader<&mut Input>, output: &mut Output) -> Result<u64, Failure> {
    let progress = Progress::new("sealing", sealed.get_ref(), output);
    let transferred = transfer(&mut sealed, output, progress, |sealed| sealed.get_ref().position());
    let len = transferred.map_err(|error| match error {
        TransferError::Read { error, .. } => Failure::io(sealed.get_ref().name(), &error),
        TransferError::Write(error) => Failure::io(output.name(), &error),
    })?;
    sealed.get_ref().check_unchanged()?;
    Ok(len)
}
