//! The process that gives out the parts, keeps the journal, and writes the manifest.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::thread;

use bulla::parts::{PartsSealer, SealedPart};
use bulla::{Header, Limits, Sealer, Senders, body};

use super::open_file;
use super::state::{OfInput, Paths, State, locked, open_partial};
use super::worker::JOB_LEN;
use crate::args::PartsSealArgs;
use crate::failure::Failure;
use crate::keys;
use crate::open::opener;
use crate::private::Private;
use crate::refusal::{cannot_seal, refused, unreadable};
use crate::source::check_standard_input;

pub(super) fn run(args: &PartsSealArgs) -> Result<(), Failure> {
    check_standard_input(
        args.recipients.iter().chain(&args.identities).chain(args.private.files()).chain(&args.senders),
    )?;
    let paths = Paths::of(&args.output);
    if fs::symlink_metadata(&args.output).is_ok() {
        return Err(Failure::new(args.output.display(), "already exists: choose another OUT"));
    }
    let input = open_file(&args.input)?;
    // Held to the end.
    let (mut sealer, state, _lock) =
        if args.identities.is_empty() { begin(args, &input, &paths)? } else { resume(args, &input, &paths)? };
    let state = Mutex::new(state);
    seal_all(args, &sealer, &state, &paths)?;
    let mut state = state.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    check_unchanged(args, &input, &state)?;
    finish(args, &mut sealer, &mut state, &paths)
}

/// Makes a new header, and the files beside OUT.
fn begin(args: &PartsSealArgs, input: &File, paths: &Paths) -> Result<(PartsSealer, State, File), Failure> {
    let recipients = keys::recipients(&args.recipients, args.any_certificate)?;
    let private = Private::read(&args.private, &recipients)?;
    let recipients = keys::named_or_not(recipients, false);
    let (sealer, journal) = Sealer::with_recipients(&recipients)
        .and_then(|sealer| private.add_to(sealer).start_parts())
        .map_err(cannot_seal)?;
    let of_input = OfInput::look(input).map_err(|error| Failure::io(args.input.display(), &error))?;
    let state = State { run: new_run(&args.output)?, part_len: args.part_len, input: of_input, journal, written: None };
    if state.parts() > u64::from(Limits::default().parts()) {
        return Err(Failure::new(args.input.display(), "more parts than a reader takes: raise --part-size"));
    }
    let name = paths.partial.display();
    let mut partial = File::create_new(&paths.partial).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::new(&name, "already exists: go on with -i KEY.pem, or remove it to begin anew")
        }
        _ => Failure::io(&name, &error),
    })?;
    lock_alone(&partial, &name)?;
    let written = partial.write_all(sealer.header().as_bytes()).and_then(|()| partial.sync_all());
    written.map_err(|error| Failure::io(&name, &error))?;
    state.write(&paths.journal)?;
    lock_with_workers(&partial, &name)?;
    Ok((sealer, state, partial))
}

/// Goes on where an earlier run has stopped, with the private key of a recipient.
fn resume(args: &PartsSealArgs, input: &File, paths: &Paths) -> Result<(PartsSealer, State, File), Failure> {
    let identities = keys::identities_at(&args.identities, &args.private.passphrase)?;
    let senders = args.senders.iter().map(|path| Ok(keys::sender(path)?.key)).collect::<Result<Vec<_>, Failure>>()?;
    let name = paths.partial.display().to_string();
    let mut partial = open_partial(&paths.partial)?;
    lock_alone(&partial, &name)?;
    let mut state = State::read(&paths.journal)?;
    check_unchanged(args, input, &state)?;
    let header = Header::read_from(&mut partial, &Limits::default()).map_err(|error| unreadable(&name, &error))?;
    let mut opener = opener(&identities, Limits::default())?;
    if !senders.is_empty() {
        opener = opener.senders(Senders::any_of(senders));
    }
    let opened = opener.open_header(&header).map_err(|error| refused(&name, &error))?;
    let sealer = opened.resume_parts(&state.journal).map_err(|error| Failure::new(&name, error))?;
    // A worker of the earlier run that comes late finds another number, and writes nothing.
    state.run = new_run(&args.output)?;
    state.write(&paths.journal)?;
    lock_with_workers(&partial, &name)?;
    Ok((sealer, state, partial))
}

/// Draws the number of a run.
fn new_run(output: &Path) -> Result<u64, Failure> {
    let mut number = [0; 8];
    getrandom::fill(&mut number).map_err(|error| Failure::new(output.display(), error))?;
    Ok(u64::from_be_bytes(number))
}

/// Refuses to work beside another run, or beside workers that an earlier one has left: they would
/// write to the same file.
fn lock_alone(partial: &File, name: impl std::fmt::Display) -> Result<(), Failure> {
    locked(partial.try_lock(), name)
}

/// Lets workers of this run in, and nobody who would be alone.
fn lock_with_workers(partial: &File, name: impl std::fmt::Display) -> Result<(), Failure> {
    locked(partial.try_lock_shared(), name)
}

fn check_unchanged(args: &PartsSealArgs, input: &File, state: &State) -> Result<(), Failure> {
    let name = args.input.display();
    let now = OfInput::look(input).map_err(|error| Failure::io(&name, &error))?;
    if now != state.input {
        return Err(Failure::new(&name, "changed since its first part was sealed: remove OUT.partial, and begin anew"));
    }
    Ok(())
}

/// Has all parts sealed that are not in the journal.
fn seal_all(args: &PartsSealArgs, sealer: &PartsSealer, state: &Mutex<State>, paths: &Paths) -> Result<(), Failure> {
    let (run, missing): (u64, Vec<(u64, u64, u64)>) = {
        let state = lock(state);
        let parts = (0..state.parts()).filter(|index| !state.journal.contains(*index));
        (state.run, parts.map(|index| (index, index * state.part_len, state.len_of(index))).collect())
    };
    let jobs = Mutex::new(missing.into_iter());
    let worked = thread::scope(|scope| {
        let workers: Vec<_> = (0..args.workers)
            .map(|_| scope.spawn(|| Worker::start(args, sealer, run)?.work(&jobs, state, &paths.journal)))
            .collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(result) => result,
            Err(_) => Err(Failure::new("a worker", "failed")),
        })
    });
    // Also what was sealed before a worker failed.
    lock(state).write(&paths.journal)?;
    worked
}

/// Writes the manifest behind the parts, and gives the file its name.
fn finish(args: &PartsSealArgs, sealer: &mut PartsSealer, state: &mut State, paths: &Paths) -> Result<(), Failure> {
    let name = args.output.display();
    let parts = state.parts();
    let manifest = sealer.finish(&mut state.journal, parts).map_err(cannot_seal)?;
    // Before the manifest can be seen: there is no second one of other parts.
    state.write(&paths.journal)?;
    let parts_len: u64 = (0..state.parts()).filter_map(|index| body::body_len(state.len_of(index))).sum();
    let end = sealer.header().body_offset() + parts_len;
    let write = || {
        let mut partial = File::options().write(true).open(&paths.partial)?;
        partial.set_len(end)?;
        partial.seek(SeekFrom::Start(end))?;
        partial.write_all(&manifest.file_end())?;
        partial.sync_all()?;
        // Unlike a rename, this replaces nothing that has appeared meanwhile.
        fs::hard_link(&paths.partial, &args.output)?;
        paths.sync_folder()?;
        fs::remove_file(&paths.partial)?;
        fs::remove_file(&paths.journal)
    };
    write().map_err(|error: io::Error| Failure::io(name, &error))
}

/// A process that seals.
struct Worker {
    child: Child,
    jobs: ChildStdin,
    reports: ChildStdout,
}

impl Worker {
    fn start(args: &PartsSealArgs, sealer: &PartsSealer, run: u64) -> Result<Self, Failure> {
        let start = || {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["parts", "worker"]).arg(&args.input).arg(&args.output).arg(run.to_string());
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
            let missing = || io::Error::other("no pipe to a worker");
            let mut jobs = child.stdin.take().ok_or_else(missing)?;
            let reports = child.stdout.take().ok_or_else(missing)?;
            jobs.write_all(sealer.content_key().expose())?;
            Ok(Self { child, jobs, reports })
        };
        start().map_err(|error: io::Error| Failure::io("a worker", &error))
    }

    /// Gives out one part after another, and takes note of each.
    fn work(
        mut self,
        jobs: &Mutex<impl Iterator<Item = (u64, u64, u64)>>,
        state: &Mutex<State>,
        journal: &Path,
    ) -> Result<(), Failure> {
        let fail = |error: io::Error| Failure::io("a worker", &error);
        while let Some((index, offset, len)) = next(jobs) {
            let job: [[u8; 8]; 3] = [index, offset, len].map(u64::to_be_bytes);
            self.jobs.write_all(job.as_flattened()).map_err(fail)?;
            let mut report = [0; SealedPart::ENCODED_LEN];
            self.reports.read_exact(&mut report).map_err(|error| match error.kind() {
                // It has said why.
                io::ErrorKind::UnexpectedEof => Failure::new("a worker", "ended before its part was sealed"),
                _ => fail(error),
            })?;
            let report = SealedPart::from_bytes(&report);
            if (report.index(), report.len()) != (index, len) {
                return Err(Failure::new("a worker", "reported another part than it was given"));
            }
            let mut state = lock(state);
            state.journal.record(report).map_err(cannot_seal)?;
            state.write_now_and_then(journal)?;
        }
        drop(self.jobs);
        self.child.wait().map_err(fail).map(drop)
    }
}

fn next<T>(jobs: &Mutex<impl Iterator<Item = T>>) -> Option<T> {
    lock(jobs).next()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

const _: () = assert!(JOB_LEN == 3 * 8, "a job is three numbers");
