//! Headers that are kept apart from their bodies.

use std::io::{self, Read, Write};
use std::path::Path;

use bulla::{Header, Limits, Sealer};

use crate::destination::Prepared;
use crate::failure::Failure;
use crate::file_id::FileId;
use crate::input::Input;
use crate::output::commit;
use crate::refusal::{cannot_seal, unreadable_or_body};
use crate::seal::write_sealed;

/// A header and the file that it came from.
pub(crate) struct HeaderFile {
    pub(crate) header: Header,
    pub(crate) name: String,
    pub(crate) file_id: Option<FileId>,
}

impl HeaderFile {
    /// Reads a file that holds one header and nothing else.
    pub(crate) fn read(path: &Path, limits: &Limits) -> Result<Self, Failure> {
        let mut input = Input::open_envelope(path)?;
        let read = |input: &mut Input| {
            let header = Header::read_from(input, limits)?;
            // SPEC §6.1: an input that is to be a header alone must end with it.
            Ok((header, input.take(1).read_to_end(&mut Vec::new())? == 0))
        };
        match read(&mut input) {
            Ok((header, true)) => Ok(Self { header, name: input.name().into(), file_id: input.id() }),
            Ok((_, false)) => Err(Failure::new(
                input.name(),
                "malformed header: more bytes after its end; if this is a whole envelope, leave out --header",
            )),
            Err::<_, io::Error>(error) => {
                Err(unreadable_or_body(input.name(), &error, "give it as IN, and its header with --header"))
            }
        }
    }
}

/// Seals all of `input`, the header to one file and the body to another. Writes both or none, as
/// far as that is possible with two files.
///
/// A body without its header is lost, but a header without a body does no harm. So the header is
/// synced before the body begins, which may go to a pipe. The header also gets its name first, but
/// only after everything else has succeeded, and loses it if the body gets none.
pub(crate) fn seal(sealer: &Sealer<'_>, input: &mut Input, header: Prepared, body: Prepared) -> Result<(), Failure> {
    let (new_header, body_sealer) = sealer.start().map_err(cannot_seal)?.into_parts();
    let mut header_output = header.begin()?;
    header_output.write_all(new_header.as_bytes()).map_err(|error| Failure::io(header_output.name(), &error))?;
    header_output.sync()?;

    let mut body_output = body.begin()?;
    body_output.check_is_presentable()?;
    write_sealed(body_sealer.wrap_input(input), &mut body_output)?;
    body_output.sync()?;
    commit([header_output, body_output])
}
