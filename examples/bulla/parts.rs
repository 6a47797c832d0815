//! `bulla parts`: one large file, sealed by several processes, and again after a crash.
//!
//! The parts have the same length, so that each worker knows where its part belongs in
//! `OUT.partial`. `OUT.journal` says which parts are there. Neither holds a secret. The content key
//! goes to the workers through pipes; whoever resumes gets it from the header, with a private key.

mod coordinator;
mod state;
mod worker;

use std::fs::File;
use std::path::Path;

use bulla::error::OpenError;

use crate::args::{PartsArgs, PartsCommand, PartsOpenArgs};
use crate::destination::Destination;
use crate::failure::Failure;
use crate::input::Input;
use crate::keys;
use crate::open::opener;
use crate::permissions::Content;
use crate::progress::Progress;
use crate::refusal::unreadable;
use crate::senders::Demand;
use crate::source::check_standard_input;
use crate::transfer::{TransferError, transfer};

pub(crate) fn run(args: &PartsArgs) -> Result<(), Failure> {
    match &args.command {
        PartsCommand::Seal(args) => coordinator::run(args),
        PartsCommand::Open(args) => open(args),
        PartsCommand::Worker(args) => worker::run(args),
    }
}

fn open(args: &PartsOpenArgs) -> Result<(), Failure> {
    check_standard_input(args.identities.files().chain(&args.senders.senders))?;
    let identities = keys::identities(&args.identities)?;
    let demand = Demand::read(&args.senders)?;
    let destination = Destination::find(&args.output)?;
    destination.check_is_not(Input::id_at(&args.input), "IN")?;
    for file_id in identities.iter().map(|file| file.file_id).chain(demand.file_ids()) {
        destination.check_is_not(file_id, "one of the keys")?;
    }
    let destination = destination.prepare(Content::Secret, args.force)?;

    let name = args.input.display().to_string();
    // For the progress bar, and to notice changes. What is read goes through a file of its own.
    let input = Input::open(&args.input)?;
    let file = open_file(&args.input)?;
    let opener = demand.of(opener(&identities, args.limits.limits())?, &identities);
    let reader = opener.open_parts_at(file).map_err(|error| match OpenError::from_io(&error) {
        Some(OpenError::WrongAssociatedData) => Failure::new(&name, "no manifest at its end: it was cut or extended"),
        _ => unreadable(&name, &error),
    })?;
    let findings = demand.look(reader.manifest().opened_header());
    let mut output = destination.begin()?;
    let progress = Progress::new("opening", &input, &output);
    let mut stream = reader.stream();
    let position = std::cell::Cell::new(0);
    let copied = transfer(&mut Counting { inner: &mut stream, count: &position }, &mut output, progress, |reader| {
        reader.count.get()
    });
    copied.map_err(|error| match error {
        TransferError::Read { error, .. } => unreadable(&name, &error),
        TransferError::Write(error) => Failure::io(output.name(), &error),
    })?;
    input.check_unchanged()?;
    output.commit()?;
    findings.tell(&name);
    Ok(())
}

/// Counts what is read, for the progress bar.
struct Counting<'a, R> {
    inner: R,
    count: &'a std::cell::Cell<u64>,
}

impl<R: std::io::Read> std::io::Read for Counting<'_, R> {
    fn read(&mut self, output: &mut [u8]) -> std::io::Result<usize> {
        let len = self.inner.read(output)?;
        self.count.set(self.count.get() + len as u64);
        Ok(len)
    }
}

/// Opens a regular file for reads at any position.
fn open_file(path: &Path) -> Result<File, Failure> {
    let name = path.display();
    let open = || {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        Ok((file, metadata))
    };
    let (file, metadata) = open().map_err(|error| Failure::io(&name, &error))?;
    if !metadata.is_file() {
        return Err(Failure::new(name, "parts need a regular file, which can be read anywhere"));
    }
    Ok(file)
}
