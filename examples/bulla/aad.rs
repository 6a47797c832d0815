//! Associated data, from the command line or from a file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::args::AadArgs;
use crate::failure::Failure;
use crate::file_id::FileId;

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
        let aad = read_bounded(path).map_err(|error| Failure::io(path.display(), &error))?;
        if aad.bytes.len() > MAX_LEN {
            return Err(Failure::new(path.display(), "longer than 16 MiB, the most that --aad-file takes"));
        }
        Ok(aad)
    }
}

/// Reads at most one byte more than the limit, because the file may be a device without an end.
fn read_bounded(path: &Path) -> io::Result<Aad> {
    let file = File::open(path)?;
    let file_id = FileId::of(&file.metadata()?);
    let mut bytes = Vec::new();
    file.take(u64::try_from(MAX_LEN).unwrap_or(u64::MAX).saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(Aad { bytes, file_id })
}

/// Longest associated data, in bytes. It is limited because it is held in memory.
const MAX_LEN: usize = 16 << 20;
