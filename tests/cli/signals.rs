//! What is left if a signal ends the program.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

use crate::support::*;

#[test]
fn a_signal_leaves_nothing_and_ends_the_program_as_signals_do() {
    for (name, number) in SIGNALS {
        let dir = Scratch::new();
        let child = start(&dir, &["seal", "-r", &public(2048), "--header", "header", "-", "out"]);
        dir.wait_for_temporaries(2);
        assert_eq!(killed(child, name), Some(number), "{name}");
        assert_eq!(dir.names(), NONE, "{name}");
    }
}

#[test]
fn a_signal_leaves_the_old_file() {
    let dir = Scratch::new();
    dir.write("out", b"precious");
    let child = start(&dir, &["seal", "--force", "-r", &public(2048), "-", "out"]);
    dir.wait_for_temporaries(1);
    killed(child, "TERM");
    assert_eq!(dir.read("out"), b"precious");
    assert_eq!(dir.names(), ["out"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_signal_leaves_no_key() {
    let dir = Scratch::new();
    // Standard output is a pipe that is full, so that the program cannot end by itself.
    use std::io::Write;
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(&[0; PIPE_LEN]).unwrap();
    let mut command = command(&dir, &["keygen", "--bits", "2048", "me.pem"]);
    let child = command.stdout(writer).spawn().unwrap();
    dir.wait_for_temporaries(2);
    assert_eq!(killed(child, "INT"), Some(2));
    assert_eq!(dir.names(), NONE);
    drop(reader);
}

#[test]
fn a_signal_leaves_nothing_of_a_demo() {
    let dir = Scratch::new();
    // Without content on the disk, and long enough that the demo is still at work.
    std::fs::File::create(dir.path("in")).unwrap().set_len(4 << 30).unwrap();
    let mut command = command(&dir, &["demo", "in"]);
    let child = command.env("TMPDIR", dir.0.path()).stdout(Stdio::null()).spawn().unwrap();
    while dir.names().len() == 1 {}
    assert_eq!(killed(child, "TERM"), Some(15));
    assert_eq!(dir.names(), ["in"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_signal_that_was_ignored_stays_so() {
    for (name, _) in SIGNALS {
        let dir = Scratch::new();
        let mut command = dir.shell(&format!("trap '' {name}; exec \"$0\" \"$@\""));
        command.args(["seal", "-r", &public(2048), "-", "out"]).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        dir.wait_for_temporaries(1);
        send(&child, name);
        drop(child.stdin.take());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{name}");
        assert_eq!(dir.names(), ["out"]);
    }
}

fn start(dir: &Scratch, args: &[&str]) -> Child {
    command(dir, args).stdin(Stdio::piped()).spawn().unwrap()
}

/// The program, for which signals have their default effect. Whoever runs the tests may have them
/// ignored, as `nohup` does, and as a shell does for what it runs in the background.
fn command(dir: &Scratch, args: &[&str]) -> Command {
    let defaults = "--default-signal=INT,TERM,HUP";
    if !Command::new("env").args([defaults, "true"]).output().is_ok_and(|output| output.status.success()) {
        return dir.command(args);
    }
    let mut command = Command::new("env");
    command.arg(defaults).arg(crate::build::program()).args(args).current_dir(dir.0.path()).stdin(Stdio::null());
    command
}

/// Sends a signal, and returns that which has ended the program.
fn killed(mut child: Child, name: &str) -> Option<i32> {
    send(&child, name);
    child.wait().unwrap().signal()
}

fn send(child: &Child, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(status.unwrap().success());
}

/// What a pipe holds.
#[cfg(target_os = "linux")]
const PIPE_LEN: usize = 64 << 10;

const SIGNALS: [(&str, i32); 3] = [("INT", 2), ("TERM", 15), ("HUP", 1)];
