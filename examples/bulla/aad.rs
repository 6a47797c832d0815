//! Associated data, from the command line or from a file.

use std::io::Read;

use crate::args::AadArgs;
use crate::failure::Failure;
use crate::file_id::FileId;
use crate::source::{Opened, Source};

/// Associated data, and the file that it came from.
pub(crate) struct Aad {
    pub(crate) bytes: Vec<u8>,
    pub(crate) file_id: Option<FileId>,
}

impl Aad {
    pub(crate) fn read(args: &AadArgs) -> Result<Self, Failure> {
        let Some(path) = &args.aad_file else {
            return Ok(Self { bytes: args.aad.clone().into_bytes(), file_id: None });
        };
        let Opened { source, name, id, .. } = Source::open(path)?;
        let mut bytes = Vec::new();
        // One byte more than the limit, because the file may be a device without an end.
        let len = source.take(MAX_LEN + 1).read_to_end(&mut bytes).map_err(|error| Failure::io(&name, &error))?;
        if len as u64 > MAX_LEN {
            return Err(Failure::new(name, "longer than 16 MiB, the most that --aad-file takes"));
        }
        Ok(Self { bytes, file_id: id })
    }
}

/// Longest associated data, in bytes. It is limited because it is held in memory.
const MAX_LEN: u64 = 16 << 20;
