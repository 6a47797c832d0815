//! An IN that changes while it is read.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::process::{Child, ChildStdout, Stdio};

use crate::support::*;

#[test]
fn an_input_that_grows_is_noticed() {
    assert_eq!(seal_while(|dir| append(&dir.path("in"))), CHANGED);
}

#[test]
fn an_input_that_shrinks_is_noticed() {
    let line = seal_while(|dir| File::options().write(true).open(dir.path("in")).unwrap().set_len(1_000_000).unwrap());
    assert_eq!(line, CHANGED);
}

#[test]
fn an_input_that_is_overwritten_is_noticed_even_if_its_time_is_set_back() {
    let line = seal_while(|dir| {
        let file = File::options().write(true).open(dir.path("in")).unwrap();
        let time = file.metadata().unwrap().modified().unwrap();
        (&file).write_all(b"other").unwrap();
        file.set_modified(time).unwrap();
    });
    assert_eq!(line, CHANGED);
}

#[test]
fn a_redirected_input_that_changes_is_noticed() {
    let dir = large();
    let mut command = dir.command(["seal", "-r", &public(2048), "-", "-"]);
    command.stdin(File::open(dir.path("in")).unwrap()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (child, stdout) = begun(command.spawn().unwrap());
    append(&dir.path("in"));
    assert_eq!(ended(child, stdout), CHANGED.replace(" in:", " standard input:"));
}

#[test]
fn an_envelope_that_changes_while_its_body_is_copied_is_noticed() {
    let dir = Scratch::sealed();
    dir.write("sealed", &[dir.read("sealed"), vec![0; LEN]].concat());
    let args = ["rewrap", "-i", &private(2048), "--add", &public(3072), "sealed", "-"];
    let (child, stdout) = begun(dir.start(args));
    append(&dir.path("sealed"));
    assert_eq!(ended(child, stdout), CHANGED.replace(" in:", " sealed:"));
}

#[test]
fn an_input_that_is_deleted_while_it_is_read_is_still_sealed() {
    let dir = large();
    let mut child = dir.start(["seal", "-r", &public(2048), "in", "-"]);
    let mut start = [0; 100];
    let stdout = child.stdout.as_mut().unwrap();
    stdout.read_exact(&mut start).unwrap();
    fs::remove_file(dir.path("in")).unwrap();
    let rest = silent_success(child.wait_with_output().unwrap()).stdout;
    assert!(bulla::open(identity(2048), &[&start[..], &rest].concat()).unwrap() == pattern(LEN));
}

#[test]
fn an_input_that_changes_gives_no_file() {
    let dir = Scratch::sealed();
    // A named pipe is not taken for a file that changes.
    assert!(std::process::Command::new("mkfifo").arg(dir.path("fifo")).status().unwrap().success());
    fs::write(dir.path("in"), pattern(LEN)).unwrap();
    let mut command = dir.command(["seal", "-r", &public(2048), "--header", "header", "in", "fifo"]);
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut fifo = File::open(dir.path("fifo")).unwrap();
    fifo.read_exact(&mut [0; 1000]).unwrap();
    append(&dir.path("in"));
    fifo.read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(one_line(&child.wait_with_output().unwrap()), CHANGED);
    assert_eq!(dir.names(), ["fifo", "in", "sealed"]);
}

/// The line of a run that seals a large file `in` while `change` is done.
fn seal_while(change: impl FnOnce(&Scratch)) -> String {
    let dir = large();
    let (child, stdout) = begun(dir.start(["seal", "-r", &public(2048), "in", "-"]));
    change(&dir);
    ended(child, stdout)
}

/// With a file `in` that no pipe holds.
fn large() -> Scratch {
    let dir = Scratch::new();
    dir.write("in", &pattern(LEN));
    dir
}

/// Waits until the program has begun to write. It cannot get far before somebody reads on.
fn begun(mut child: Child) -> (Child, ChildStdout) {
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 100]).unwrap();
    (child, stdout)
}

fn ended(child: Child, mut stdout: ChildStdout) -> String {
    stdout.read_to_end(&mut Vec::new()).unwrap();
    one_line(&child.wait_with_output().unwrap())
}

fn append(path: &std::path::Path) {
    File::options().append(true).open(path).unwrap().write_all(b"x").unwrap();
}

const LEN: usize = 5_000_000;

const CHANGED: &str = "bulla: in: changed while it was read: try again when nothing writes to it";
