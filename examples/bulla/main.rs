//! The library as a program: seals files and streams to RSA public keys, and opens them again.
//!
//! `cargo run --release --example bulla -- help` shows how to use it. Read `args` (the command
//! line) first, then one file for each command (`keygen`, `seal`, `open`, `rewrap`, `inspect`,
//! `parts`, `session` for `send` and `recv`, `demo`), then what they share.

mod aad;
mod args;
mod armor;
mod certificate;
mod cleanup;
mod demo;
mod descriptor;
mod destination;
mod detached;
mod failure;
mod file_id;
mod file_state;
mod input;
mod inspect;
mod keygen;
mod keys;
mod open;
mod output;
mod parts;
mod passphrase;
mod permissions;
mod private;
mod progress;
mod refusal;
mod replacement;
mod rewrap;
mod seal;
mod senders;
mod session;
mod source;
mod standard;
mod stored_name;
mod text;
mod transfer;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};

fn main() -> ExitCode {
    // On wrong usage this ends the process, with status 2.
    let args = Args::parse();
    let result = match &args.command {
        Command::Keygen(args) => keygen::run(args),
        Command::Seal(args) => seal::run(args),
        Command::Open(args) => open::run(args),
        Command::Rewrap(args) => rewrap::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Parts(args) => parts::run(args),
        Command::Send(args) => session::send(args),
        Command::Recv(args) => session::recv(args),
        Command::Demo(args) => demo::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // If a signal caused it, the signal ends the program.
            let _no_signal = cleanup::leftovers();
            // One write, so that lines of several processes do not mix. Not `eprintln`, which
            // panics if it cannot write.
            let _ = io::stderr().write_all(format!("bulla: {failure}\n").as_bytes());
            ExitCode::FAILURE
        }
    }
}
