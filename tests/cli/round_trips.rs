//! What is sealed opens again.

use std::fs::{self};
use std::io::{Read, Write};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bulla::keys::KeySize;
use bulla::{RsaIdentity, Sealer};
use serde_json::Value;

use crate::support::*;

#[test]
fn files_come_back_at_lengths_around_chunk_boundaries() {
    let dir = Scratch::new();
    for len in [0, 1, 16_383, 16_384, 16_385, 1_000_000] {
        dir.write("in", &pattern(len));
        dir.succeeds(["seal", "--force", "-r", &public(2048), "in", "sealed"]);
        dir.succeeds(["open", "--force", "-i", &private(2048), "sealed", "out"]);
        assert_eq!(dir.read("out"), pattern(len), "{len} bytes");
    }
}

#[test]
fn pipes_carry_what_files_do() {
    let dir = Scratch::new();
    let plaintext = pattern(300_000);
    let sealed = dir.pipe(["seal", "-r", &public(2048), "-", "-"], &plaintext);
    assert_eq!(bulla::open(identity(2048), &sealed.stdout).unwrap(), plaintext);
    let opened = dir.pipe(["open", "-i", &private(2048), "-", "-"], &sealed.stdout);
    assert_eq!(opened.stdout, plaintext);
}

#[test]
fn each_recipient_opens_alone() {
    let dir = Scratch::new();
    dir.write("in", b"hello");
    dir.succeeds(["seal", "-r", &public(2048), "-r", &public(3072), "in", "sealed"]);
    for bits in [2048, 3072] {
        dir.succeeds(["open", "-i", &private(bits), "sealed", "out"]);
        assert_eq!(dir.read("out"), b"hello");
        fs::remove_file(dir.path("out")).unwrap();
    }
}

#[test]
fn one_of_several_private_keys_is_enough() {
    let dir = Scratch::sealed();
    dir.succeeds(["open", "-i", &private(3072), "-i", &private(2048), "sealed", "out"]);
    assert_eq!(dir.read("out"), PLAINTEXT);
}

#[test]
fn every_encoding_of_a_key_is_accepted() {
    let dir = Scratch::new();
    dir.write("in", b"hello");
    dir.write("public.der", identity(2048).recipient().as_der());
    dir.write("private.der", identity(2048).to_der().expose());
    for public in [key("rsa2048.pkcs1.pub.pem"), "public.der".into()] {
        for private in [key("rsa2048.pkcs1.pem"), "private.der".into()] {
            dir.succeeds(["seal", "--force", "-r", &public, "in", "sealed"]);
            dir.succeeds(["open", "--force", "-i", &private, "sealed", "out"]);
            assert_eq!(dir.read("out"), b"hello", "{public} {private}");
        }
    }
}

#[test]
fn anonymous_recipients_are_not_named_and_can_open() {
    let dir = Scratch::new();
    dir.write("in", b"hello");
    dir.succeeds(["seal", "-r", &public(2048), "-r", &public(3072), "--anonymous", "in", "sealed"]);
    let records = dir.inspect("sealed")["records"].clone();
    assert_eq!([&records[0]["key_id"], &records[1]["key_id"]], [&Value::Null; 2]);
    dir.succeeds(["open", "-i", &private(2048), "sealed", "out"]);
    assert_eq!(dir.read("out"), b"hello");
}

#[test]
fn more_anonymous_records_are_tried_than_by_the_library_default() {
    let dir = Scratch::new();
    let recipient = identity(2048).recipient().anonymous();
    let recipients = vec![recipient; 17];
    dir.write("sealed", &Sealer::with_recipients(&recipients).unwrap().seal(b"hello").unwrap());
    dir.write("other.pem", RsaIdentity::generate(KeySize::Rsa2048).unwrap().to_pem().expose().as_bytes());
    let line = dir.fails(["open", "-i", "other.pem", "sealed", "out"]);
    assert_eq!(line, "bulla: sealed: not authentic: wrong key, or the header was altered");
}

#[test]
fn plaintext_is_passed_on_as_soon_as_it_is_authentic() {
    let dir = Scratch::new();
    let plaintext = pattern(40_000);
    let sealed = bulla::seal(identity(2048).recipient(), &plaintext).unwrap();
    let (now, later) = sealed.split_at(sealed.len() - 5);

    let mut child = dir.start(["open", "-i", &private(2048), "-", "-"]);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(now).unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let (sender, receiver) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut chunks = vec![0; 32_768];
        stdout.read_exact(&mut chunks).unwrap();
        sender.send(chunks).unwrap();
        let mut rest = Vec::new();
        stdout.read_to_end(&mut rest).unwrap();
        rest
    });
    let chunks = receiver.recv_timeout(Duration::from_secs(10));
    // Ends the child, whatever came of it.
    stdin.write_all(later).unwrap();
    drop(stdin);
    assert_eq!(chunks.expect("two chunks before the end of the input"), plaintext[..32_768]);
    assert_eq!(reader.join().unwrap(), plaintext[32_768..]);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
