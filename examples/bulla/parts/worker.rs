//! A process that seals the parts it is told to.
//!
//! Its standard input brings the content key, 32 bytes, and then 24 bytes for each part: its
//! number, and offset and length of its plaintext. For each part, its standard output gives back 64
//! bytes: what the manifest needs to know. At the end of its standard input it ends, so it does not
//! outlive the process that has started it.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

use bulla::keys::ContentKey;
use bulla::parts::{PartsSealer, SealedPart};
use bulla::{Header, Limits, body};
use zeroize::Zeroizing;

use super::state::{Paths, State, locked, open_partial};
use crate::args::PartsWorkerArgs;
use crate::failure::Failure;

pub(super) fn run(args: &PartsWorkerArgs) -> Result<(), Failure> {
    let paths = Paths::of(&args.output);
    let name = args.output.display();
    let mut jobs = io::stdin().lock();
    let mut key = Zeroizing::new([0; 32]);
    jobs.read_exact(&mut *key).map_err(|error| Failure::io("standard input", &error))?;

    let mut partial = open_partial(&paths.partial)?;
    // Held to the end, so that no other run begins while this one writes.
    locked(partial.try_lock_shared(), paths.partial.display())?;
    let state = State::read(&paths.journal)?;
    if state.run != args.run {
        return Err(Failure::new(paths.partial.display(), "another run has gone on with it"));
    }
    let header = Header::read_from(&mut partial, &Limits::default())
        .map_err(|error| Failure::io(paths.partial.display(), &error))?;
    let opened = header.open(ContentKey::from_bytes(*key)).map_err(|error| Failure::new(&name, error))?;
    let sealer = opened.resume_parts(&state.journal).map_err(|error| Failure::new(&name, error))?;
    let mut input = File::open(&args.input).map_err(|error| Failure::io(args.input.display(), &error))?;

    let mut job = [0; JOB_LEN];
    while read_job(&mut jobs, &mut job).map_err(|error| Failure::io("standard input", &error))? {
        let [index, offset, len] =
            [0, 8, 16].map(|at| u64::from_be_bytes(job[at..at + 8].try_into().unwrap_or_default()));
        let start = header.body_offset() + index * body::body_len(state.part_len).unwrap_or_default();
        let report = seal(&sealer, index, (&mut input, offset, len), (&mut partial, start))
            .map_err(|error| Failure::io(&name, &error))?;
        let mut reports = io::stdout().lock();
        reports
            .write_all(&report.to_bytes())
            .and_then(|()| reports.flush())
            .map_err(|error| Failure::io("standard output", &error))?;
    }
    Ok(())
}

/// Seals one part, and reports it once it is on the disk.
fn seal(
    sealer: &PartsSealer,
    index: u64,
    (input, offset, len): (&mut File, u64, u64),
    (partial, start): (&mut File, u64),
) -> io::Result<SealedPart> {
    input.seek(SeekFrom::Start(offset))?;
    partial.seek(SeekFrom::Start(start))?;
    let part = sealer.part(index).map_err(io::Error::from)?;
    let mut writer = part.wrap_output(BufWriter::with_capacity(1 << 18, &mut *partial));
    let copied = io::copy(&mut input.take(len), &mut writer)?;
    if copied < len {
        return Err(io::Error::other("IN became shorter while it was sealed"));
    }
    let (output, report) = writer.finish().map_err(io::Error::from)?;
    output.into_inner().map_err(|error| error.into_error())?.sync_data()?;
    Ok(report)
}

/// Returns `false` if there are no more jobs.
fn read_job(jobs: &mut impl Read, job: &mut [u8; JOB_LEN]) -> io::Result<bool> {
    match jobs.read_exact(job) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Length in bytes of what says which part to seal.
pub(super) const JOB_LEN: usize = 24;
