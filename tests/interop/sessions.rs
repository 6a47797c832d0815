//! Sessions that either begins, to the end or damaged.

use std::path::Path;
use std::process::Stdio;

use bulla::{Opener, Sealer};

use crate::assert_both;
use crate::case::{Case, Form, Plain, identity, receive_all, received, recipient};
use crate::damage::{damaged, pattern, undamaged};
use crate::python::{Files, argument, batch, bulla_py, key_file, numbered_files, python, words};
use crate::signing::{Demand, SIGNING_KEYS, signer};

#[test]
fn both_refuse_an_altered_session_with_the_same_error() {
    let Some(python) = python() else { return };
    let plain = Plain::new(Form::Stream, vec![b"first".to_vec(), pattern(20_000), Vec::new()]);
    // Frames begin at 403, 427, 16,830, 20,465 and, the last one, 20,484.
    let altered = "frame altered";
    let flips: &[(usize, u8, &str)] = &[
        (315, 1, "not authentic"),
        (347, 1, "wrong associated data"),
        (371, 1, "wrong associated data"),
        (403, 2, altered),
        (403, 1, altered),
        (404, 0x80, altered),
        (405, 1, altered),
        (406, 1, altered),
        (427, 3, altered),
        (16_829, 1, altered),
        (16_830, 3, altered),
        (20_484, 2, altered),
        (20_486, 1, altered),
        (20_502, 1, altered),
    ];
    let cuts: &[(usize, &str)] = &[
        (346, "truncated"),
        (347, "truncated"),
        (402, "truncated"),
        (403, "truncated"),
        (404, "truncated"),
        (427, "truncated"),
        (10_000, "truncated"),
        (20_484, "truncated"),
        (20_502, "truncated"),
    ];
    let mut cases = damaged(python, &plain, 20_503, flips, cuts);
    for case in undamaged(python, &plain) {
        cases.push(case.with("dropped", altered, |sealed| drop(sealed.drain(403..427))));
        cases.push(case.with("repeated", altered, |sealed| {
            let frame = sealed[403..427].to_vec();
            drop(sealed.splice(427..427, frame));
        }));
        cases.push(Case { form: Form::Challenged, ..case.with("recorded", "wrong associated data", |_| ()) });
        let mut longer = case.clone();
        longer.sealed[0].push(0);
        cases.push(longer);
    }
    let several = Plain { recipients: vec![("rsa2048", false), ("rsa3072", false)], ..plain };
    for case in undamaged(python, &several) {
        cases.push(Case { form: Form::Answered, ..case.with("several recipients", "no answer", |_| ()) });
    }
    assert_both(python, &cases);
}

#[test]
fn sessions_with_a_challenge_go_both_ways_whoever_begins() {
    let Some(python) = python() else { return };
    let questions = [vec![], pattern(1), pattern(16_384), pattern(16_385), pattern(100_000)];
    let answers = [pattern(100_000), vec![], pattern(16_383)];
    let signed = SIGNING_KEYS.iter().filter(|key| key.in_rust).map(|key| (Some(key.name), key.recipient));
    for (signed_by, key) in [(None, "rsa2048")].into_iter().chain(signed) {
        talk(python, true, signed_by, key, &questions, &answers);
        talk(python, false, signed_by, key, &answers, &questions);
    }
}

/// Who begins sends everything first, and the other end, with `key`, demands the signer.
fn talk(
    python: &Path,
    rust_begins: bool,
    signed_by: Option<&'static str>,
    key: &str,
    by_rust: &[Vec<u8>],
    by_python: &[Vec<u8>],
) {
    let dir = Files::new();
    let received = dir.path("received");
    let folder = argument(&received);
    let demand = signed_by.map(Demand::of);
    let mut command = bulla_py(python);
    command.args(words([if rust_begins { "session-receive" } else { "session-send" }, "--challenge"]));
    command.args(words(["--associated-data", &dir.file("aad", b"bound")]));
    match rust_begins {
        true => {
            command.args(demand.iter().flat_map(Demand::arguments));
            command.args([&folder, "--key", &key_file(&format!("{key}.pem")), "--answer"]);
        }
        false => {
            command.args(signed_by.iter().flat_map(|name| words(["--signer", &key_file(&format!("{name}.pem"))])));
            command.args(["--to", &key_file(&format!("{key}.pub.pem")), "--answer", &folder]);
        }
    }
    command.args((0..).zip(by_python).map(|(number, message)| dir.file(format!("sent-{number}"), message)));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (output, input) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut reader, mut writer) = match rust_begins {
        true => {
            let sealer = Sealer::new(recipient(key)).aad(b"bound");
            let sealer = if let Some(name) = signed_by { sealer.signer(signer(name)) } else { sealer };
            sealer.connect(input, output)
        }
        false => {
            let opener = Opener::new(identity(key)).aad(b"bound");
            let opener = if let Some(demand) = &demand { opener.senders(demand.senders()) } else { opener };
            opener.accept(input, output)
        }
    }
    .unwrap();
    let mut from_python = if rust_begins { Vec::new() } else { receive_all(&mut reader).unwrap() };
    by_rust.iter().for_each(|message| writer.send(message).unwrap());
    writer.try_finish().unwrap();
    if rust_begins {
        from_python = receive_all(&mut reader).unwrap();
    }
    if let (Some(demand), Some(header)) = (demand, reader.opened_header()) {
        assert!(!rust_begins);
        demand.assert_met(header);
    }
    assert!(from_python == by_python);
    assert!(child.wait().unwrap().success());
    assert!(numbered_files(&received, "message-") == by_rust);
}

#[test]
fn both_refuse_the_answer_to_another_session_with_the_same_error() {
    let Some(python) = python() else { return };
    let plain = Plain::new(Form::Answered, vec![pattern(3)]);
    for case in undamaged(python, &plain) {
        let mut recorded = Vec::new();
        let (_, mut writer) =
            Opener::new(identity("rsa2048")).accept_unchallenged(&case.sealed[0][..], &mut recorded).unwrap();
        writer.send(b"yes").unwrap();
        writer.try_finish().unwrap();

        let dir = Files::new();
        let mut job = words(["session-send", "--to", &key_file("rsa2048.pub.pem")]);
        job.extend(words(["--from-file", &dir.file("recorded", &recorded)]));
        job.extend(["--to-file", "--answer"].map(|option| [option.to_owned(), argument(&dir.path(option))]).concat());
        assert_eq!(batch(python, &dir, &[job]), ["wrong associated data"]);
        let session = Sealer::new(recipient("rsa2048")).connect_unchallenged(&recorded[..], std::io::sink());
        assert_eq!(received(session.map(|(reader, _)| reader)), Err("wrong associated data".to_owned()));
    }
}
