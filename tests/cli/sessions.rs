//! `send` and `recv`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};

use crate::support::*;

#[test]
fn a_session_goes_through_a_file_and_through_pipes() {
    let dir = Scratch::new();
    for len in [0, 1, 16_384, 1_000_000] {
        dir.write("in", &pattern(len));
        dir.succeeds(["send", "--force", "-r", &public(2048), "-r", &public(3072), "in", "session"]);
        for bits in [2048, 3072] {
            dir.succeeds(["recv", "--force", "-i", &private(bits), "session", "out"]);
            assert!(dir.read("out") == pattern(len));
        }
        let sent = dir.pipe(["send", "-r", &public(2048), "-", "-"], &pattern(len)).stdout;
        assert!(dir.pipe(["recv", "-i", &private(2048), "-", "-"], &sent).stdout == pattern(len));
    }
}

#[test]
fn a_session_over_a_socket_is_confirmed_by_the_holder_of_the_key() {
    let dir = Scratch::new();
    dir.write("in", &pattern(3_000_000));
    let (receiver, address) = listening(&dir);
    dir.succeeds(["send", "-r", &public(2048), "--connect", &address, "in"]);
    assert!(receiver.wait_with_output().unwrap().status.success());
    assert!(dir.read("out") == pattern(3_000_000));
}

#[test]
fn a_session_over_a_socket_has_the_sender_that_was_demanded_or_none() {
    let dir = Scratch::new();
    dir.write("in", &pattern(100_000));
    let run = |options: &[&str]| {
        let (receiver, address) = listening_for(&dir, &["--sender", &public(4096)]);
        let sent = dir.run([&["send", "-r", &public(2048), "--connect", &address][..], options, &["in"]].concat());
        (sent.status.code(), receiver.wait_with_output().unwrap().status.code())
    };
    assert_eq!(run(&[]), (Some(1), Some(1)));
    assert_eq!(run(&["--sign-with", &private(3072)]), (Some(1), Some(1)));
    assert_eq!(dir.names(), ["in"]);
    assert_eq!(run(&["--sign-with", &private(4096)]), (Some(0), Some(0)));
    assert!(dir.read("out") == pattern(100_000));
}

#[test]
fn whoever_does_not_hold_the_key_confirms_nothing() {
    let dir = Scratch::new();
    dir.write("in", &pattern(100_000));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let impostor = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        socket.write_all(&[7; 32]).unwrap();
        // It takes everything, and answers with something of the right form.
        let _ = socket.write_all(&[7; 56 + 27]);
        let _ = socket.read_to_end(&mut Vec::new());
    });
    let line = dir.fails(["send", "-r", &public(2048), "--connect", &address, "in"]);
    assert!(line.contains("wrong associated data") || line.contains("closed by its reader"), "{line}");
    impostor.join().unwrap();
}

#[test]
fn a_stranger_is_answered_with_silence() {
    let dir = Scratch::new();
    let (receiver, address) = listening(&dir);
    let mut socket = TcpStream::connect(address).unwrap();
    let mut challenge = [0; 32];
    socket.read_exact(&mut challenge).unwrap();
    let stranger = bulla::Sealer::new(identity(3072).recipient()).start_session(Some(&challenge)).unwrap();
    socket.write_all(&stranger.first_bytes()).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    assert!(answer.is_empty());
    let output = receiver.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!dir.path("out").exists());
}

#[test]
fn a_session_that_is_cut_or_longer_gives_no_file() {
    let dir = Scratch::new();
    dir.write("in", &pattern(300_000));
    dir.succeeds(["send", "-r", &public(2048), "in", "session"]);
    let good = dir.read("session");
    for (bytes, reason) in [
        (good[..good.len() - 1].to_vec(), "truncated"),
        (good[..good.len() / 2].to_vec(), "truncated"),
        ([&good[..], b"x"].concat(), "more bytes after the end of the session"),
    ] {
        dir.write("damaged", &bytes);
        let line = dir.fails(["recv", "-i", &private(2048), "damaged", "out"]);
        assert!(line.starts_with("bulla: damaged: ") && line.contains(reason), "{line}");
    }
    assert_eq!(dir.names(), ["damaged", "in", "session"]);
}

#[test]
fn senseless_arguments_are_refused() {
    let dir = Scratch::sealed();
    assert_eq!(dir.run(["send", "-r", &public(2048), "sealed"]).status.code(), Some(2));
    assert_eq!(dir.run(["send", "-r", &public(2048), "--connect", "x:1", "sealed", "out"]).status.code(), Some(2));
    let line = dir.fails(["recv", "-i", &private(2048), "sealed"]);
    assert_eq!(line, "bulla: recv: give IN and OUT, or --listen and OUT");
    let line = dir.fails(["recv", "-i", &private(2048), "sealed", "out"]);
    assert_eq!(line, "bulla: sealed: the header is for a single body (layout 01), with no label, parts or session");
}

/// A program that receives to `out`, and where it listens.
fn listening(dir: &Scratch) -> (Child, String) {
    listening_for(dir, &[])
}

fn listening_for(dir: &Scratch, options: &[&str]) -> (Child, String) {
    let identity = private(2048);
    let args = [&["recv", "-i", &identity, "--listen", "127.0.0.1:0"][..], options, &["out"]].concat();
    let mut command = dir.command(args);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("bulla: listening on ").unwrap().to_string();
    // Whatever else it says.
    std::thread::spawn(move || stderr.read_to_end(&mut Vec::new()));
    (child, address)
}
