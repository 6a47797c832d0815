//! `bulla seal`.

use bulla::{EncryptError, Encryptor};

use crate::args::SealArgs;
use crate::destination::Destination;
use crate::failure::Failure;
use crate::input::Input;
use crate::keys;
use crate::output::Output;
use crate::progress::Progress;
use crate::transfer::{TransferError, transfer};

pub(crate) fn run(args: &SealArgs) -> Result<(), Failure> {
    let key_files = keys::recipients(&args.recipients)?;
    let destination = Destination::resolve(&args.output)?;
    let mut input = Input::open(&args.input)?;
    destination.check_is_not(input.id(), "IN")?;
    for file in &key_files {
        destination.check_is_not(file.file_id, "one of the keys")?;
    }

    let recipients = keys::named_or_not(key_files, args.anonymous);
    let mut encryptor = Encryptor::with_recipients(&recipients).map_err(cannot_seal)?.aad(args.aad.as_bytes());
    if let Some(metadata) = &args.metadata {
        encryptor = encryptor.metadata(metadata.as_bytes());
    }

    let mut output = destination.create()?;
    output.check_is_no_terminal()?;
    seal(&encryptor, &mut input, &mut output)?;
    output.commit()
}

/// Seals all of `input` to `output` and returns the length of the envelope.
pub(crate) fn seal(encryptor: &Encryptor<'_>, input: &mut Input, output: &mut Output) -> Result<u64, Failure> {
    let name = input.name().to_owned();
    let progress = Progress::new("sealing", input, output);
    // Pulled rather than pushed: whatever fails on the way, the envelope cannot end as if it were complete.
    let mut envelope = encryptor.wrap_input(input).map_err(cannot_seal)?;
    transfer(&mut envelope, output, progress, |envelope| envelope.get_ref().position()).map_err(|error| match error {
        TransferError::Read { error, .. } => Failure::io(name, &error),
        TransferError::Write(error) => Failure::io(output.name(), &error),
    })
}

fn cannot_seal(error: EncryptError) -> Failure {
    Failure::new("cannot seal", error)
}
