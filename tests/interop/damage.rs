//! What is sealed in the tests, and how it is damaged.

use std::path::Path;

use serde_json::json;

use crate::case::{Case, Form, Plain};
use crate::python::sealed_by_python;

/// All layouts, at lengths around those of chunks; with metadata, data, recipients and labels.
pub(crate) fn plaintexts() -> Vec<Plain> {
    const LENS: [usize; 6] = [0, 1, 16_383, 16_384, 16_385, 100_000];
    let mut all: Vec<_> = LENS.map(|len| Plain::new(Form::Single, vec![pattern(len)])).into();
    for labels in [json!([]), json!([""]), json!(["orders", "42", ""]), json!("a path"), json!("")] {
        all.push(Plain { apart: true, ..Plain::new(Form::Labelled(labels), vec![pattern(16_385)]) });
    }
    all.extend(LENS.map(|len| Plain::new(Form::Labelled(json!(["a", "b"])), vec![pattern(len)])));
    all.push(Plain::new(Form::Parts, Vec::new()));
    all.extend(LENS[1..].iter().map(|len| Plain::new(Form::Parts, vec![pattern(*len)])));
    all.push(Plain::new(Form::Parts, LENS[1..].iter().map(|len| pattern(*len)).collect()));
    all.push(Plain { apart: true, ..Plain::new(Form::Parts, vec![pattern(16_384), pattern(1), pattern(40_000)]) });
    all.push(Plain::new(Form::Stream, Vec::new()));
    all.push(Plain::new(Form::Stream, LENS.map(pattern).into()));
    all.push(Plain::new(Form::Answered, vec![pattern(3)]));
    for mut plain in all.clone() {
        plain.recipients = vec![("rsa3072", false), ("rsa2048", true)];
        (plain.metadata, plain.aad) = (b"text/plain".to_vec(), b"invoice/42".to_vec());
        all.extend((plain.form != Form::Answered).then_some(plain));
    }
    all
}

/// What either seals, unharmed.
pub(crate) fn undamaged(python: &Path, plain: &Plain) -> Vec<Case> {
    let by_python = sealed_by_python(python, std::slice::from_ref(plain)).remove(0);
    vec![plain.case("by Python", "rsa2048", by_python), plain.case("by Rust", "rsa2048", plain.sealed_by_rust())]
}

/// What either seals to one file, with bits flipped and cut.
pub(crate) fn damaged(
    python: &Path,
    plain: &Plain,
    len: usize,
    flips: &[(usize, u8, &'static str)],
    cuts: &[(usize, &'static str)],
) -> Vec<Case> {
    let mut cases = undamaged(python, plain);
    for case in cases.clone() {
        // The offsets are right.
        assert_eq!(case.sealed[0].len(), len);
        for (at, mask, expected) in flips {
            cases.push(case.with(&format!("{mask:02x} at {at}"), expected, |sealed| sealed[*at] ^= mask));
        }
        for (at, expected) in cuts {
            cases.push(case.with(&format!("cut at {at}"), expected, |sealed| sealed.truncate(*at)));
        }
    }
    cases
}

impl Case {
    /// The same, with a change to the first object that is to be refused.
    pub(crate) fn with(&self, name: &str, expected: &'static str, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut case = Self { name: format!("{}, {name}", self.name), expected: Err(expected), ..self.clone() };
        change(&mut case.sealed[0]);
        case
    }
}

/// Two workers have sealed the same part. The manifest names one, storage returns the other.
pub(crate) fn other_attempt(plain: &Plain) -> Case {
    let (mut parts, mut journal) = plain.sealer().start_parts().unwrap();
    let (named, report) = parts.part(0).unwrap().seal(b"the same").unwrap();
    let (returned, _) = parts.part(0).unwrap().seal(b"the same").unwrap();
    assert_eq!(named.len(), returned.len());
    journal.record(report).unwrap();
    let manifest = parts.finish(&mut journal, 1).unwrap();
    let objects = vec![parts.header().as_bytes().to_vec(), returned, manifest.as_bytes().to_vec()];
    plain.case("by Rust", "rsa2048", objects).with("another attempt", "foreign part", |_| ())
}

pub(crate) fn pattern(len: usize) -> Vec<u8> {
    (0..=250).cycle().take(len).collect()
}
