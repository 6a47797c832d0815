//! `bulla demo`: the whole round with one file.

use std::env;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use bulla::keys::KeySize;
use bulla::{Opener, RsaIdentity, Sealer};
use indicatif::DecimalBytes;

use crate::args::{DemoArgs, InspectArgs};
use crate::failure::Failure;
use crate::input::Input;
use crate::keygen::write_pair;
use crate::keys::public_path;
use crate::output::Output;
use crate::text::throughput;
use crate::{inspect, open, seal};

pub(crate) fn run(args: &DemoArgs) -> Result<(), Failure> {
    let mut input = Input::open(&args.file)?;
    let Some(len) = input.len() else {
        return Err(Failure::new(input.name(), "not a regular file: the demo reads it more than once"));
    };
    // Removed with all that is in it when dropped, whatever happens.
    let directory = tempfile::tempdir().map_err(|error| {
        let parent = env::temp_dir();
        Failure::io(format_args!("{}: making a temporary directory in it", parent.display()), &error)
    })?;
    let private = directory.path().join("demo.pem");
    let sealed = directory.path().join("sealed.bulla");
    let opened = directory.path().join("opened");

    let started = Instant::now();
    let identity = RsaIdentity::generate(KeySize::default()).map_err(|error| Failure::new("keygen", error))?;
    let time = started.elapsed();
    write_pair(&identity, &private, &public_path(&private))?;
    say(format_args!("keygen    RSA-{} in {time:.2?}, id {}", KeySize::default().bits(), identity.key_id()))?;

    let started = Instant::now();
    let recipient = identity.recipient();
    let sealer = Sealer::new(&recipient).metadata(b"sealed by bulla demo");
    let body_len = seal::seal(&sealer, &mut input, &mut new_file(&sealed)?)?;
    say_rate("seal", len, body_len, started.elapsed())?;

    inspect::run(&InspectArgs { json: false, input: sealed.clone() })?;

    let started = Instant::now();
    let envelope = Input::open_envelope(&sealed)?;
    let opener = Opener::new(&identity);
    let reader = open::start(&opener, "the demo's key", envelope, None)?;
    let opened_len = open::finish(reader, &mut new_file(&opened)?)?;
    say_rate("open", body_len, opened_len, started.elapsed())?;

    compare(&args.file, &opened)?;
    say(format_args!("compare   what was opened is what was sealed"))
}

fn new_file(path: &Path) -> Result<Output, Failure> {
    let name = path.display().to_string();
    match File::create_new(path) {
        Ok(file) => Ok(Output::file(name, file)),
        Err(error) => Err(Failure::io(name, &error)),
    }
}

/// Fails where two files differ.
fn compare(original: &Path, opened: &Path) -> Result<(), Failure> {
    let mut original_input = Input::open(original)?;
    let mut opened_input = Input::open(opened)?;
    let [mut a, mut b] = [vec![0; BUFFER_LEN], vec![0; BUFFER_LEN]];
    loop {
        let a = read_full(&mut original_input, &mut a)?;
        let b = read_full(&mut opened_input, &mut b)?;
        if a != b {
            return Err(Failure::new(original_input.name(), "not what was opened: it changed in the meantime"));
        }
        if a.is_empty() {
            return Ok(());
        }
    }
}

/// Fills `buffer`, unless `input` ends before.
fn read_full<'b>(input: &mut Input, buffer: &'b mut [u8]) -> Result<&'b [u8], Failure> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(len) => filled += len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Failure::io(input.name(), &error)),
        }
    }
    Ok(&buffer[..filled])
}

/// Reading and writing the files counts, waiting for the disk does not.
fn say_rate(what: &str, from: u64, to: u64, time: Duration) -> Result<(), Failure> {
    let rate = throughput(from, time);
    let size = DecimalBytes(from);
    say(format_args!("{what:<8}  {from} bytes to {to} bytes ({size}) in {time:.2?}: {rate}"))
}

fn say(line: std::fmt::Arguments<'_>) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}").and_then(|()| stdout.flush()).map_err(|error| Failure::io("standard output", &error))
}

const BUFFER_LEN: usize = 256 << 10;
