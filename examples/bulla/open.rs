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
use crate::transfer::{TransferError, transfer};

pub(crate) fn run(args: &OpenArgs) -> Result<(), Failure> {
    let identities = keys::identities(&args.identities)?;
    let aad = Aad::read(&args.aad)?;
    let destination = Destination::resolve(&args.output)?;
    let header = args.header.as_deref().map(HeaderFile::read).transpose()?;
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

    let opener = opener(&identities)?.aad(&aad.bytes);
    let header_name = header.as_ref().map(|file| file.name.as_str());
    let reader = start(&opener, &keys::describe(&identities), input, header_name)?;
    // Not before the key fits: until here nothing has been touched.
    let mut output = destination.create()?;
    finish(reader, &mut output)?;
    output.commit()
}

/// Opens with any of `identities`, without associated data.
pub(crate) fn opener(identities: &[KeyFile<RsaIdentity>]) -> Result<Opener<'_>, Failure> {
    if identities.is_empty() {
        return Err(Failure::new("cannot open", "no private key was given"));
    }
    Ok(Opener::with_identities(identities.iter().map(|file| &file.key)).limits(limits()))
}

/// Reads the header and verifies it. `keys` says which keys there are to try, `header` where the header came from if it was
/// kept apart.
pub(crate) fn start(
    opener: &Opener<'_>,
    keys: &str,
    input: Input,
    header: Option<&str>,
) -> Result<OpenReader<Input>, Failure> {
    let name = input.name().to_owned();
    opener.wrap_input(input).map_err(|error| match (OpenError::from_io(&error), header) {
        (Some(OpenError::NoMatchingRecord), header) => sealed_to_others(header.unwrap_or(&name), keys),
        (Some(OpenError::WrongAssociatedData), Some(header)) => Failure::new(
            name,
            format_args!(
                "--aad or --aad-file is other than when sealing, this is not the body of {header}, or its start was altered"
            ),
        ),
        (Some(OpenError::WrongAssociatedData), None) => {
            Failure::new(name, "--aad or --aad-file is other than when sealing, or the start of the body was altered")
        }
        (Some(OpenError::Truncated) | None, _) => Failure::io(name, &error),
        (Some(error), header) => Failure::new(header.unwrap_or(&name), error),
    })
}

/// No record is for any of the keys.
pub(crate) fn sealed_to_others(name: &str, keys: &str) -> Failure {
    Failure::new(name, format_args!("sealed to other keys, not to {keys}; \"bulla inspect\" shows to which"))
}

/// Opens the body to `output` and returns the length of what was sealed.
pub(crate) fn finish(mut reader: OpenReader<Input>, output: &mut Output) -> Result<u64, Failure> {
    let progress = Progress::new("opening", reader.get_ref(), output);
    transfer(&mut reader, output, progress, |reader| reader.get_ref().position()).map_err(|error| match error {
        TransferError::Read { error, copied } if copied > 0 && output.is_immediate() => Failure::new(
            reader.get_ref().name(),
            format_args!("{error}; the {copied} bytes written are authentic, but not all"),
        ),
        TransferError::Read { error, .. } => Failure::io(reader.get_ref().name(), &error),
        TransferError::Write(error) => Failure::io(output.name(), &error),
    })
}

/// As many anonymous records as an envelope can have may be tried, so that whatever `seal` makes can be opened. The work is
/// our own user's, who can stop it; a service would not allow this much.
fn limits() -> Limits {
    let limits = Limits::default();
    limits.with_private_key_operations(limits.records())
}
