//! `bulla open`.

use std::io::{Chain, Cursor, Read};
use std::path::Path;

use bulla::error::OpenError;
use bulla::{Header, Limits, OpenReader, Opener, RsaIdentity};

use crate::aad::Aad;
use crate::args::OpenArgs;
use crate::destination::{Destination, Prepared};
use crate::detached::HeaderFile;
use crate::failure::Failure;
use crate::input::Input;
use crate::keys::{self, KeyFile};
use crate::output::Output;
use crate::permissions::Content;
use crate::progress::Progress;
use crate::refusal::{nothing_addressed, refused, unreadable, unreadable_or_body, wrong_associated_data};
use crate::senders::Demand;
use crate::source::check_standard_input;
use crate::standard;
use crate::stored_name::StoredName;
use crate::transfer::{TransferError, transfer};

pub(crate) fn run(args: &OpenArgs) -> Result<(), Failure> {
    let read = args.identities.files().chain(&args.senders.senders).chain(&args.aad.aad_file).chain(&args.header);
    check_standard_input(read.chain([&args.input]))?;
    let identities = keys::identities(&args.identities)?;
    let demand = Demand::read(&args.senders)?;
    let aad = Aad::read(&args.aad)?;
    let limits = args.limits.limits();
    let place = Place::find(args)?;
    let header = args.header.as_deref().map(|path| HeaderFile::read(path, &limits)).transpose()?;
    let prepare = |destination: Destination| {
        destination.check_is_not(Input::id_at(&args.input), "IN")?;
        destination.check_is_not(header.as_ref().and_then(|file| file.file_id), "the header")?;
        destination.check_is_not(aad.file_id, "the associated data")?;
        for file_id in identities.iter().map(|file| file.file_id).chain(demand.file_ids()) {
            destination.check_is_not(file_id, "one of the keys")?;
        }
        destination.prepare(Content::Secret, args.force)
    };
    let place = place.prepare(prepare)?;

    let opener = demand.of(opener(&identities, limits)?.aad(&aad.bytes), &identities);
    let keys = keys::describe(&identities);
    let mut input = match &header {
        Some(_) => Input::open_body(&args.input)?,
        None => Input::open_envelope(&args.input)?,
    };
    let reader = start(&opener, limits, &keys, &mut input, header.as_ref())?;
    let findings = demand.look(reader.opened_header());
    let named = header.as_ref().map_or(input_of(&reader).name(), |file| &file.name).to_owned();
    let (destination, restored) = match place {
        Place::Out(destination) => (destination, None),
        Place::Folder(folder) => {
            let stored = StoredName::from_metadata(reader.opened_header().private_metadata());
            let stored = stored.map_err(|reason| Failure::new(&named, reason))?;
            let destination = prepare(Destination::find_in(folder, &stored)?)?;
            (destination, Some(folder.join(stored.as_str())))
        }
    };
    // Only now, after the key was found: until here, no reader of a pipe has seen anything.
    let mut output = destination.begin()?;
    finish(reader, &mut output)?;
    if let Some(path) = restored {
        // As `keygen` does: first the report, so that nothing has to be taken back if it fails. As
        // it is, for scripts: the name has nothing in it that a terminal acts on.
        standard::print(&format!("{}\n", path.display()))?;
    }
    output.commit()?;
    findings.tell(&named);
    Ok(())
}

/// Where the plaintext goes.
enum Place<'a, D> {
    Out(D),
    /// To this folder, under a name that is not known before the header has opened.
    Folder(&'a Path),
}

impl<'a> Place<'a, Destination> {
    fn find(args: &'a OpenArgs) -> Result<Self, Failure> {
        match (&args.output, &args.restore_name) {
            (Some(output), _) => Destination::find(output).map(Self::Out),
            (None, Some(folder)) if folder.is_dir() => standard::output().map(|_| Self::Folder(folder)),
            (None, Some(folder)) => Err(Failure::new(folder.display(), "is not a folder that exists")),
            (None, None) => Err(Failure::new("open", "name OUT, or give --restore-name")),
        }
    }

    /// Prepares what is known by now.
    fn prepare(
        self,
        prepare: impl Fn(Destination) -> Result<Prepared, Failure>,
    ) -> Result<Place<'a, Prepared>, Failure> {
        Ok(match self {
            Self::Out(destination) => Place::Out(prepare(destination)?),
            Self::Folder(folder) => Place::Folder(folder),
        })
    }
}

/// A header, and the input that holds its body.
pub(crate) type Envelope<'a> = Chain<Cursor<Vec<u8>>, &'a mut Input>;

/// Opens with any of `identities`, without associated data.
pub(crate) fn opener(identities: &[KeyFile<RsaIdentity>], limits: Limits) -> Result<Opener<'_>, Failure> {
    if identities.is_empty() {
        return Err(Failure::new("cannot open", "no private key was given"));
    }
    Ok(Opener::with_identities(identities.iter().map(|file| &file.key)).limits(limits))
}

/// Reads the header, unless it is given because it was kept apart, and verifies it. For messages,
/// `keys` describes the keys to try.
pub(crate) fn start<'a>(
    opener: &Opener<'_>,
    limits: Limits,
    keys: &str,
    input: &'a mut Input,
    apart: Option<&HeaderFile>,
) -> Result<OpenReader<Envelope<'a>>, Failure> {
    let name = input.name().to_owned();
    let start = match apart {
        Some(file) => file.header.as_bytes().to_vec(),
        None => {
            let header = Header::read_from(input, &limits)
                .map_err(|error| unreadable_or_body(&name, &error, "give that with --header"))?;
            let mut start = header.as_bytes().to_vec();
            let body = input.take(1).read_to_end(&mut start).map_err(|error| unreadable(&name, &error))?;
            if body == 0 {
                return Err(Failure::new(name, HEADER_ALONE));
            }
            start
        }
    };
    opener.wrap_input(Cursor::new(start).chain(input)).map_err(|error| {
        let header = apart.map(|file| file.name.as_str());
        match (OpenError::from_io(&error), header) {
            (Some(OpenError::NoMatchingRecord), header) => nothing_addressed(header.unwrap_or(&name), keys),
            (Some(OpenError::WrongAssociatedData), Some(header)) => wrong_associated_data(name, header),
            (Some(OpenError::Truncated | OpenError::WrongAssociatedData) | None, _) => unreadable(name, &error),
            (Some(error), header) => refused(header.unwrap_or(&name), error),
        }
    })
}

/// Opens the body to `output` and returns the length of the plaintext.
pub(crate) fn finish(mut reader: OpenReader<Envelope<'_>>, output: &mut Output) -> Result<u64, Failure> {
    let progress = Progress::new("opening", input_of(&reader), output);
    transfer(&mut reader, output, progress, |reader| input_of(reader).position()).map_err(|error| match error {
        TransferError::Read { error, copied } if copied > 0 && output.is_immediate() => Failure::new(
            input_of(&reader).name(),
            format_args!("{error}; the {copied} bytes written are authentic but incomplete"),
        ),
        TransferError::Read { error, .. } => unreadable(input_of(&reader).name(), &error),
        TransferError::Write(error) => Failure::io(output.name(), &error),
    })
}

fn input_of<'r>(reader: &'r OpenReader<Envelope<'_>>) -> &'r Input {
    reader.get_ref().get_ref().1
}

const HEADER_ALONE: &str = "truncated: the input ends after its header; if this is a header that is kept apart, give \
                            it with --header, and its body as IN";
