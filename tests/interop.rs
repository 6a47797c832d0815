//! A second implementation, in Python and written from SPEC.md alone, against this one: what either
//! seals, both open; what is wrong, both refuse with the same error.
#![cfg(feature = "std")]

#[path = "interop/case.rs"]
mod case;
#[path = "interop/damage.rs"]
mod damage;
#[path = "interop/python.rs"]
mod python;
#[path = "interop/senders.rs"]
mod senders;
#[path = "interop/sessions.rs"]
mod sessions;
#[path = "interop/signing.rs"]
mod signing;

use std::path::Path;
use std::process::Command;

use bulla::keys::KeyId;
use bulla::{Header, Limits, Opener, Rewrapper};
use case::{Case, Form, Plain, identity, recipient};
use damage::{damaged, other_attempt, pattern, plaintexts, undamaged};
use python::{Files, argument, batch, here, key_file, opened_by_python, python, run, sealed_by_python, words};
use serde_json::json;
use signing::Demand;

#[test]
fn python_computes_the_worked_examples_of_the_specification() {
    let Some(python) = python() else { return };
    let mut command = Command::new(python);
    let output = run(command.env("PYTHONDONTWRITEBYTECODE", "1").arg(here().join("test_spec.py"))).unwrap();
    assert_eq!(String::from_utf8(output).unwrap().matches("values are equal").count(), 6);
}

#[test]
fn what_either_seals_both_open() {
    let Some(python) = python() else { return };
    let plain = plaintexts();
    let mut cases = Vec::new();
    for (plain, by_python) in plain.iter().zip(sealed_by_python(python, &plain)) {
        for (who, sealed) in [("Python", by_python), ("Rust", plain.sealed_by_rust())] {
            for (key, _) in &plain.recipients {
                let lens: Vec<_> = plain.pieces.iter().map(Vec::len).collect();
                cases.push(plain.case(format!("by {who}, {lens:?}"), key, sealed.clone()));
            }
        }
    }
    assert_both(python, &cases);
}

#[test]
fn both_refuse_an_altered_envelope_with_the_same_error() {
    let Some(python) = python() else { return };
    let plain = Plain { metadata: b"text/plain".to_vec(), ..Plain::new(Form::Single, vec![pattern(16_385)]) };
    let flips: &[(usize, u8, &str)] = &[
        (0, 1, "not an envelope"),
        (8, 2, "unsupported version 03"),
        (9, 2, "unsupported suite 03"),
        (10, 8, "unsupported layout 09"),
        // SPEC §6.4 leaves open whether the layout or the tag is seen first.
        (10, 2, "other layout 03 or not authentic"),
        (11, 1, "malformed header"),
        // Length of the fields: too long, longer than the input, one byte longer than its items.
        (12, 1, "malformed header"),
        (13, 8, "truncated"),
        (15, 1, "malformed header"),
        (16, 1, "malformed header"),
        (19, 1, "malformed header"),
        // The field: critical, of another type, of type 0, too long, with another value.
        (20, 0x80, "unknown critical item"),
        (20, 1, "not authentic"),
        (21, 1, "malformed header"),
        (25, 1, "malformed header"),
        (26, 1, "not authentic"),
        // The record: critical, of another type, of type 0, anonymous and too long, neither.
        (36, 0x80, "unknown critical item"),
        (36, 1, "nothing addressed"),
        (37, 1, "malformed header"),
        (42, 0x20, "nothing addressed"),
        (42, 1, "malformed header"),
        // Key id, wrapped key, and tag.
        (74, 1, "nothing addressed"),
        (75, 0x80, "not authentic"),
        (330, 1, "not authentic"),
        (331, 1, "not authentic"),
        (362, 1, "not authentic"),
        // Salt, commitment, the first chunk and the last.
        (363, 1, "wrong associated data"),
        (387, 1, "wrong associated data"),
        (419, 1, "chunk altered"),
        (16_818, 1, "chunk altered"),
        (16_819, 1, "last chunk altered"),
        (16_835, 1, "last chunk altered"),
    ];
    let cuts: &[(usize, &str)] = &[
        (0, "truncated"),
        (5, "truncated"),
        (20, "truncated"),
        (362, "truncated"),
        (363, "truncated"),
        (418, "truncated"),
        (434, "truncated"),
        (435, "last chunk altered"),
        (16_818, "last chunk altered"),
        (16_819, "truncated"),
        (16_834, "truncated"),
        (16_835, "last chunk altered"),
    ];
    let mut cases = damaged(python, &plain, 16_836, flips, cuts);
    for case in undamaged(python, &plain) {
        cases.push(case.with("extended", "last chunk altered", |sealed| sealed.push(0)));
        cases.push(case.with("cut and altered", "wrong associated data", |sealed| {
            sealed[363] ^= 1;
            sealed.truncate(425);
        }));
        cases.push(Case { aad: b"other".to_vec(), ..case.with("other data", "wrong associated data", |_| ()) });
        cases.push(Case { key: "rsa3072", ..case.with("other key", "nothing addressed", |_| ()) });
    }
    assert_both(python, &cases);
}

#[test]
fn both_refuse_a_message_in_another_place_with_the_same_error() {
    let Some(python) = python() else { return };
    let wrong = "wrong associated data";
    let labelled = |label| Form::Labelled(label);
    let message = Plain::new(labelled(json!(["orders", "42"])), vec![pattern(100)]);
    let mut cases = Vec::new();
    for case in undamaged(python, &message) {
        for label in
            [json!([]), json!(["orders", "43"]), json!(["orders4", "2"]), json!(["orders42"]), json!("orders42")]
        {
            cases.push(Case { form: labelled(label.clone()), ..case.with(&label.to_string(), wrong, |_| ()) });
        }
        cases.push(case.with("header alone", "truncated", |sealed| sealed.truncate(347)));
        cases.push(case.with("salt", wrong, |sealed| sealed[347] ^= 1));
    }
    for case in undamaged(python, &Plain { apart: true, ..message }) {
        cases.push(case.with("no end of the header", "malformed header", |sealed| sealed.push(0)));
        let mut cut = case.with("no message", "truncated", |_| ());
        cut.sealed[1].clear();
        cases.push(cut);
    }
    assert_both(python, &cases);
}

#[test]
fn both_refuse_what_is_opened_as_something_else() {
    let Some(python) = python() else { return };
    let forms = [Form::Single, Form::Labelled(json!(["a"])), Form::Parts, Form::Stream];
    let mut cases = Vec::new();
    for form in &forms {
        for case in undamaged(python, &Plain::new(form.clone(), vec![pattern(100)])) {
            let expected = match form {
                Form::Single => "other layout 01",
                Form::Stream | Form::Challenged | Form::Answered => "other layout 02",
                Form::Labelled(_) => "other layout 03",
                Form::Parts => "other layout 04",
            };
            for other in forms.iter().filter(|other| *other != form) {
                cases.push(Case { form: other.clone(), ..case.with("opened as another", expected, |_| ()) });
            }
        }
    }
    assert_eq!(cases.len(), 24);
    assert_both(python, &cases);
}

#[test]
fn both_refuse_altered_and_foreign_parts_with_the_same_error() {
    let Some(python) = python() else { return };
    let plain = Plain::new(Form::Parts, vec![pattern(16_384), pattern(5), pattern(5)]);
    // The parts begin at 347, 16,819 and 16,896, the manifest at 16,973, its length at 17,165.
    let flips: &[(usize, u8, &str)] = &[
        (315, 1, "not authentic"),
        (371, 1, "foreign part"),
        (403, 1, "chunk altered"),
        // In the last chunk of a part, which is empty.
        (16_803, 1, "last chunk altered"),
        (16_818, 1, "last chunk altered"),
        (347, 1, "wrong associated data"),
        (16_843, 1, "foreign part"),
        (16_895, 1, "last chunk altered"),
        (16_973, 1, "wrong associated data"),
        (16_997, 1, "wrong associated data"),
        (17_029, 1, "last chunk altered"),
        // Its length: far too large; three that bodies have, of which one has whole entries; one
        // that none has; too large by little.
        (17_165, 1, "malformed manifest"),
        (17_171, 0x40, "malformed manifest"),
        (17_172, 1, "malformed manifest"),
        (17_172, 0x58, "wrong associated data"),
        (17_172, 0x80, "malformed manifest"),
        (17_171, 0x80, "malformed manifest"),
    ];
    let cuts: &[(usize, &str)] = &[
        (346, "truncated"),
        (347, "truncated"),
        (350, "truncated"),
        (17_000, "malformed manifest"),
        (17_165, "malformed manifest"),
    ];
    let mut cases = damaged(python, &plain, 17_173, flips, cuts);
    let malformed = "malformed manifest";
    for case in undamaged(python, &plain) {
        cases.push(case.with("swapped", "foreign part", |sealed| sealed[16_819..16_973].rotate_left(77)));
        cases.push(case.with("missing", malformed, |sealed| drop(sealed.drain(16_819..16_896))));
        cases.push(case.with("gap", malformed, |sealed| sealed.insert(347, 0)));
        cases.push(case.with("a length that no body has", malformed, |sealed| {
            sealed[17_165..].copy_from_slice(&(56_u64 + 16_400 + 15).to_be_bytes());
        }));
    }
    let apart = Plain { apart: true, ..plain };
    for case in undamaged(python, &apart) {
        let mut push = |name: &str, expected, change: &dyn Fn(&mut [Vec<u8>])| {
            let mut case = case.with(name, expected, |_| ());
            change(&mut case.sealed);
            cases.push(case);
        };
        push("swapped", "foreign part", &|objects| objects.swap(2, 3));
        push("headless part", "truncated", &|objects| objects[2].truncate(55));
        push("part cut in its last chunk", "truncated", &|objects| objects[2].truncate(76));
        push("part cut in a full chunk", "truncated", &|objects| objects[1].truncate(16_000));
        push("extended part", "foreign part", &|objects| objects[2].push(0));
        push("empty last chunk of a part", "last chunk altered", &|objects| objects[1][16_471] ^= 1);
        push("salt of a part", "wrong associated data", &|objects| objects[2][0] ^= 1);
        push("cut manifest", "last chunk altered", &|objects| objects[4].truncate(100));
        push("cut and altered manifest", "wrong associated data", &|objects| {
            objects[4][0] ^= 1;
            objects[4].truncate(60);
        });
        push("no manifest", "truncated", &|objects| objects[4].clear());
        push("part of another object", "foreign part", &|objects| objects[1] = apart.sealed_by_rust().swap_remove(1));
    }
    cases.push(other_attempt(&apart));
    assert_both(python, &cases);
}

#[test]
fn recipients_that_either_changes_open_with_both() {
    let Some(python) = python() else { return };
    let plain = Plain::new(Form::Single, vec![pattern(100)]);
    let id = recipient("rsa2048").key_id();
    let mut cases = Vec::new();
    for case in undamaged(python, &plain) {
        let by_python = changed_by_python(python, &case.sealed[0], Some(id));
        for changed in [by_python, changed_by_rust(&case.sealed[0], Some(id))] {
            cases.push(Case { key: "rsa3072", sealed: vec![changed.clone()], ..case.clone() });
            let refused = Case { sealed: vec![changed], ..case.with("removed", "nothing addressed", |_| ()) };
            cases.push(refused);
        }
    }
    assert_both(python, &cases);
}

/// Both implementations make of every case what is expected, and so the same.
fn assert_both(python: &Path, cases: &[Case]) {
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for (case, by_python) in cases.iter().zip(opened_by_python(python, cases)) {
        let in_rust = case.demand.as_ref().is_none_or(Demand::in_rust);
        let by_rust = in_rust.then(|| ("Rust", case.opened_by_rust()));
        for (who, opened) in [("Python", by_python)].into_iter().chain(by_rust) {
            if !case.is_right(&opened) {
                let lens = |pieces: &Vec<Vec<u8>>| pieces.iter().map(Vec::len).collect::<Vec<_>>();
                let (opened, expected) = (opened.as_ref().map(lens), case.expected.as_ref().map(lens));
                wrong.push(format!("{}: {who}: {opened:?}, not {expected:?}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Adds a recipient, and removes one.
fn changed_by_python(python: &Path, sealed: &[u8], removed: Option<KeyId>) -> Vec<u8> {
    let dir = Files::new();
    let output = argument(&dir.path("changed"));
    let mut job = words(["recipients", &dir.file("sealed", sealed), &output, "--key", &key_file("rsa2048.pem")]);
    job.extend(words(["--to", &key_file("rsa3072.pub.pem")]));
    job.extend(removed.iter().flat_map(|id| words(["--remove", &id.to_string()])));
    assert_eq!(batch(python, &dir, &[job]), ["ok"]);
    std::fs::read(output).unwrap()
}

fn changed_by_rust(sealed: &[u8], removed: Option<KeyId>) -> Vec<u8> {
    let (header, body) = Header::split(sealed, &Limits::default()).unwrap();
    let opened = Opener::new(identity("rsa2048")).open_header(&header).unwrap();
    let mut rewrapper = Rewrapper::new().add_recipient(recipient("rsa3072"));
    if let Some(id) = removed {
        rewrapper = rewrapper.remove_recipient(id);
    }
    [rewrapper.rewrap(&opened).unwrap().as_bytes(), body].concat()
}
