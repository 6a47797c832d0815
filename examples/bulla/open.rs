//! `bulla open`.

use bulla::error::OpenError;
use bulla::{Limits, OpenReader, Opener, RsaIdentity};

use crate::aad::Aad;
use crate::args::OpenArgs;
use crate::destination::Destination;
use crate::detached::HeaderFile;
use crate::failure::Failure;
use crate::input::Input;
use crate::keys::{self, KeyFile};
use crate::output::Output;
use crate::progress::Progress;
use crate::refusal::{nothing_addressed, refused, unreadable, wrong_associated_data};
use crate::transfer::{TransferError, transfer};

pub(crate) fn run(args: &OpenArgs) -> Result<(), Failure> {
    keys::check_standard_input(&args.identities.identities, &args.input)?;
    let identities = keys::identities(&args.identities.identities)?;
    let aad = Aad::read(&args.aad)?;
    let limits = args.limits.limits();
    let destination = Destination::resolve(&args.output)?;
    let header = args.header.as_deref().map(|path| HeaderFile::read(path, &limits)).transpose()?;
    let input = match &header {
        Some(file) => Input::open_body(&args.input, &file.header)?,
        None => Input::open_envelope(&args.input)?,
    };
    destination.check_is_not(input.id(), "IN")?;
    destination.check_is_not(header.as_ref().and_then(|file| file.file_id), "the header")?;
    destination.check_is_not(aad.file_id, "the associated data")?;
    for file in &identities {
        destination.check_is_not(file.file_id, "one of the keys")?;
    }

    let opener = opener(&identities, limits)?.aad(&aad.bytes);
    let header_name = header.as_ref().map(|file| file.name.as_str());
    let reader = start(&opener, &keys::describe(&identities), input, header_name)?;
    // Only now, after the key was found: until here, no file has been touched.
    let mut output = destination.create()?;
    finish(reader, &mut output)?;
    output.commit()
}

/// Opens with any of `identities`, without associated data.
pub(crate) fn opener(identities: &[KeyFile<RsaIdentity>], limits: Limits) -> Result<Opener<'_>, Failure> {
    if identities.is_empty() {
        return Err(Failure::new("cannot open", "no private key was given"));
    }
    Ok(Opener::with_identities(identities.iter().map(|file| &file.key)).limits(limits))
}

/// Reads the header and verifies it. For messages, `keys` describes the keys to try, and `header`
/// is where the header came from if it was kept apart.
pub(crate) fn start(
    opener: &Opener<'_>,
    keys: &str,
    input: Input,
    header: Option<&str>,
) -> Result<OpenReader<Input>, Failure> {
    let name = input.name().to_owned();
    opener.wrap_input(input).map_err(|error| match (OpenError::from_io(&error), header) {
        (Some(OpenError::NoMatchingRecord), header) => nothing_addressed(header.unwrap_or(&name), keys),
        (Some(OpenError::WrongAssociatedData), Some(header)) => wrong_associated_data(name, header),
        (Some(OpenError::Truncated | OpenError::WrongAssociatedData) | None, _) => unreadable(name, &error),
        (Some(error), header) => refused(header.unwrap_or(&name), error),
    })
}

/// Opens the body to `output` and returns the length of the plaintext.
pub(crate) fn finish(mut reader: OpenReader<Input>, output: &mut Output) -> Result<u64, Failure> {
    let progress = Progress::new("opening", reader.get_ref(), output);
    transfer(&mut reader, output, progress, |reader| reader.get_ref().position()).map_err(|error| match error {
        TransferError::Read { error, copied } if copied > 0 && output.is_immediate() => Failure::new(
            reader.get_ref().name(),
            format_args!("{error}; the {copied} bytes written are authentic but incomplete"),
        ),
        TransferError::Read { error, .. } => unreadable(reader.get_ref().name(), &error),
        TransferError::Write(error) => Failure::io(output.name(), &error),
    })
}
