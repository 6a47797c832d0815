//! Private sections and senders: who signs, for whom, and what is refused.

use std::path::Path;

use bulla::{Header, Limits, Sealer};
use serde_json::json;

use crate::case::{Case, Form, Plain, recipient};
use crate::damage::{pattern, undamaged};
use crate::python::{Files, argument, batch, key_file, python, sealed_by_python, words};
use crate::signing::{Demand, SIGNING_KEYS, signer};
use crate::{assert_both, changed_by_python, changed_by_rust};

#[test]
fn what_either_signs_both_open_for_who_demands_it() {
    let Some(python) = python() else { return };
    let plain = signed();
    let mut cases = Vec::new();
    for (plain, by_python) in plain.iter().zip(sealed_by_python(python, &plain)) {
        let demand = Demand::of(plain.signer.unwrap());
        let by_rust = demand.in_rust().then(|| ("Rust", plain.sealed_by_rust()));
        for (who, sealed) in [("Python", by_python)].into_iter().chain(by_rust) {
            let tolerated: Vec<_> = plain.recipients.iter().map(|(key, _)| *key).collect();
            for key in &tolerated {
                let name = format!("by {who}, signed by {:?}, opened by {key}", demand.senders);
                let case = plain.case(name, key, sealed.clone());
                let several = Demand { senders: vec!["rsa4096", demand.senders[0]], ..Demand::default() };
                for demand in [demand.clone(), several, demand.clone().within(&tolerated).readdressed(false)] {
                    cases.push(Case { demand: Some(demand), ..case.clone() });
                }
                cases.push(case);
            }
        }
    }
    assert_both(python, &cases);
}

#[test]
fn both_hide_the_length_of_what_is_private_alike() {
    let Some(python) = python() else { return };
    // The lengths around which padding of no bytes, or none at all, makes a multiple of 256.
    let table = [
        (None, [1, 243, 244, 245, 249, 250, 251, 16_384, 65_524, 65_525, 65_529, 65_530].as_slice()),
        (Some("rsa3072"), &[37, 38, 39, 43, 44, 45, 64_000]),
        (Some("rsa4096"), &[165, 166, 167, 171, 172, 173]),
    ];
    let plain =
        |signer, len| Plain { private_metadata: pattern(len), signer, ..Plain::new(Form::Single, vec![vec![]]) };
    let lens = table.iter().flat_map(|(signer, lens)| lens.iter().map(|len| plain(*signer, *len)));
    let plaintexts: Vec<_> = lens.collect();
    let mut cases = Vec::new();
    for (plain, by_python) in plaintexts.iter().zip(sealed_by_python(python, &plaintexts)) {
        let len = plain.private_metadata.len();
        assert_eq!(by_python[0].len(), plain.sealed_by_rust()[0].len(), "{len} bytes, signed by {:?}", plain.signer);
        cases.push(plain.case(format!("{len} bytes of private metadata"), "rsa2048", by_python));
    }
    assert_both(python, &cases);
}

#[test]
fn both_refuse_who_was_not_demanded_with_the_same_error() {
    let Some(python) = python() else { return };
    let mut cases = Vec::new();
    let mut push = |case: &Case, demand: Demand, expected| {
        cases.push(Case { demand: Some(demand), ..case.with(expected, expected, |_| ()) });
    };
    let (right, other) = (Demand::of("rsa3072"), Demand::of("rsa4096"));
    for form in forms() {
        let unsigned = Plain::new(form, vec![pattern(100)]);
        let private = Plain { private_metadata: b"for you alone".to_vec(), ..unsigned.clone() };
        for case in [&unsigned, &private].iter().flat_map(|plain| undamaged(python, plain)) {
            push(&case, right.clone(), "no sender");
            push(&case, right.clone().within(&["rsa3072"]).readdressed(false), "no sender");
        }
        let signed = Plain { signer: Some("rsa3072"), ..private };
        for case in undamaged(python, &signed) {
            push(&case, other.clone(), "other sender");
            push(&case, other.clone().within(&["rsa3072"]), "other sender");
            push(&case, right.clone().within(&["rsa3072"]), "other audience");
            // The sender is judged after the content key, and before anything of the body.
            let foreign = Case { aad: b"other".to_vec(), ..case.clone() };
            push(&foreign, right.clone(), "wrong associated data");
            push(&foreign, other.clone(), "other sender");
            let header_len = Header::split(&case.sealed[0], &Limits::default()).unwrap().0.as_bytes().len();
            if matches!(case.form, Form::Single | Form::Labelled(_) | Form::Stream) {
                let headless = case.with("header alone", "truncated", |sealed| sealed.truncate(header_len));
                push(&headless, other.clone(), "other sender");
                push(&headless, right.clone(), "truncated");
            }
            if case.form == Form::Parts {
                let cut = case.with("cut", "malformed manifest", |sealed| sealed.truncate(sealed.len() - 1));
                push(&cut, right.clone(), "malformed manifest");
                push(&cut, other.clone(), "other sender");
                let short = case.with("cut", "truncated", |sealed| sealed.truncate(header_len + 7));
                push(&short, right.clone(), "truncated");
                push(&short, other.clone(), "other sender");
            }
            let altered = case.with("altered", "not authentic", |sealed| sealed[header_len - 1] ^= 1);
            push(&altered, other.clone(), "not authentic");
        }
    }
    assert_both(python, &cases);
}

#[test]
fn both_tell_what_was_readdressed() {
    let Some(python) = python() else { return };
    let demand = Demand::of("rsa4096");
    let refused: [(Demand, &str); 5] = [
        (demand.clone(), "not in the audience"),
        (demand.clone().within(&["rsa2048"]), "not in the audience"),
        (demand.clone().within(&["rsa3072"]), "not in the audience"),
        (demand.clone().within(&["rsa3072"]).readdressed(true), "other audience"),
        (Demand::of("rsa2048").readdressed(true), "other sender"),
    ];
    let mut cases = Vec::new();
    for form in forms() {
        let plain = Plain { signer: Some("rsa4096"), ..Plain::new(form, vec![pattern(100)]) };
        for case in undamaged(python, &plain) {
            for removed in [None, Some(recipient("rsa2048").key_id())] {
                let by_python = changed_by_python(python, &case.sealed[0], removed);
                for changed in [by_python, changed_by_rust(&case.sealed[0], removed)] {
                    let case = Case { sealed: vec![changed], ..case.clone() };
                    for demand in [demand.clone(), demand.clone().readdressed(false)] {
                        cases.extend(removed.is_none().then(|| Case { demand: Some(demand), ..case.clone() }));
                    }
                    let added = Case { key: "rsa3072", ..case };
                    // Nobody is relayed to a responder (SPEC §5.6).
                    let is_answered = added.form == Form::Stream && removed.is_some();
                    for demand in [demand.clone(), demand.clone().within(&["rsa2048"])] {
                        let demand = Some(demand.readdressed(true));
                        cases.push(match is_answered {
                            true => Case { demand, ..added.with("relayed", "not in the audience", |_| ()) },
                            false => Case { demand, ..added.clone() },
                        });
                    }
                    for (demand, expected) in &refused {
                        let expected = match *expected {
                            "other audience" if is_answered => "not in the audience",
                            expected => expected,
                        };
                        cases.push(Case { demand: Some(demand.clone()), ..added.with(expected, expected, |_| ()) });
                    }
                    cases.push(added);
                }
            }
        }
    }
    assert_both(python, &cases);
}

#[test]
fn both_refuse_a_signed_session_in_place_of_another_with_the_same_error() {
    let Some(python) = python() else { return };
    let plain = Plain { signer: Some("rsa3072"), ..Plain::new(Form::Stream, vec![pattern(3)]) };
    let (right, other) = (Some(Demand::of("rsa3072")), Some(Demand::of("rsa4096")));
    let mut cases = Vec::new();
    for case in undamaged(python, &plain) {
        let challenged = |expected| Case { form: Form::Challenged, ..case.with("recorded", expected, |_| ()) };
        cases.push(Case { demand: right.clone(), ..challenged("sender not authentic") });
        cases.push(Case { demand: other.clone(), ..challenged("other sender") });
        cases.push(challenged("wrong associated data"));
        for form in [Form::Single, Form::Labelled(json!(["a"])), Form::Parts] {
            let opened = Case { form, ..case.with("opened as another", "other layout 02 or other sender", |_| ()) };
            cases.push(Case { demand: other.clone(), ..opened });
        }
        cases.push(Case { demand: right.clone(), form: Form::Answered, ..case });
    }
    let several = Plain { recipients: vec![("rsa2048", false), ("rsa3072", false)], signer: Some("rsa4096"), ..plain };
    for case in undamaged(python, &several) {
        cases.push(Case { demand: other.clone(), ..case.clone() });
        let answered = |expected| Case { form: Form::Answered, ..case.with("answered", expected, |_| ()) };
        cases.push(Case { demand: other.clone(), ..answered("no answer") });
        // SPEC §6.4 does not say which is seen first.
        cases.push(Case { demand: right.clone(), ..answered("no answer or other sender") });
    }
    assert_both(python, &cases);
}

#[test]
fn both_make_the_same_of_a_private_section_that_was_made_by_hand() {
    let Some(python) = python() else { return };
    let malformed = Err("malformed private section");
    let (metadata, ok) = (b"for you alone", Ok(()));
    // What comes of it if nobody is demanded, and if its sender is.
    type Outcome = Result<(), &'static str>;
    let table: Vec<(&str, Outcome, Outcome)> = [
        (RIGHT, ok, ok),
        (&["metadata alone"], ok, Err("no sender")),
        (MALFORMED, malformed, malformed),
        (CRITICAL, Err("unknown critical item"), Err("unknown critical item")),
        (NOT_SIGNED, ok, Err("sender not authentic")),
        (OTHER_SENDER, ok, Err("other sender")),
        (&["audience of others"], ok, Err("not in the audience")),
    ]
    .into_iter()
    .flat_map(|(names, undemanded, demanded)| names.iter().map(move |name| (*name, undemanded, demanded)))
    .collect();
    for key in &SIGNING_KEYS {
        let mut cases = Vec::new();
        let names: Vec<_> = table.iter().map(|(name, ..)| *name).collect();
        let forged = forged_by_python(python, &names, key.name, key.recipient);
        for ((name, undemanded, demanded), sealed) in table.iter().zip(forged) {
            for (demand, outcome) in [(None, undemanded), (Some(Demand::of(key.name)), demanded)] {
                let plain = Plain { private_metadata: metadata.to_vec(), ..Plain::new(Form::Single, vec![Vec::new()]) };
                let case = plain.case(format!("{name}, {}", key.name), key.recipient, vec![sealed.clone()]);
                let expected = outcome.map(|()| vec![Vec::new()]);
                cases.push(Case { demand, expected, ..case });
            }
        }
        for (name, private_metadata) in [("audience alone", Vec::new()), ("shortest section", Vec::new())] {
            let sealed = forged_by_python(python, &[name], key.name, key.recipient);
            let plain = Plain { private_metadata, ..Plain::new(Form::Single, vec![Vec::new()]) };
            let case = plain.case(name, key.recipient, sealed);
            cases.push(Case { demand: Some(Demand::of(key.name)), ..case.with("demanded", "no sender", |_| ()) });
            cases.push(case);
        }
        let larger = forged_by_python(python, &["larger audience"], key.name, key.recipient);
        let plain = Plain { private_metadata: metadata.to_vec(), ..Plain::new(Form::Single, vec![Vec::new()]) };
        let case = plain.case("larger audience", key.recipient, larger).with("within", "other audience", |_| ());
        cases.push(Case { demand: Some(Demand::of(key.name).within(&[key.recipient])), ..case });
        let right = forged_by_python(python, &["right"], key.name, key.recipient);
        let case = plain.case("right", key.recipient, right).with("other", "other sender", |_| ());
        cases.push(Case { demand: Some(Demand::of("rsa4096")), ..case });
        assert_both(python, &cases);
    }
}

#[test]
fn both_refuse_a_private_field_of_a_wrong_length_with_the_same_error() {
    let Some(python) = python() else { return };
    let plain = Plain { private_metadata: vec![1], ..Plain::new(Form::Single, vec![pattern(100)]) };
    let mut cases = Vec::new();
    for case in undamaged(python, &plain) {
        let old = usize::try_from(u32::from_be_bytes(case.sealed[0][22..26].try_into().unwrap())).unwrap();
        assert_eq!(case.sealed[0][20..22], [0, 2]);
        for (len, expected) in [
            (0, "malformed header"),
            (45, "malformed header"),
            (46, "not authentic"),
            (65_576, "not authentic"),
            (65_577, "malformed header"),
        ] {
            cases.push(case.with(&format!("{len} bytes"), expected, |sealed| {
                drop(sealed.splice(26..26 + old, vec![0; len]));
                sealed[22..26].copy_from_slice(&u32::try_from(len).unwrap().to_be_bytes());
                sealed[12..16].copy_from_slice(&u32::try_from(len + 6).unwrap().to_be_bytes());
            }));
        }
        for at in [26, 50, 26 + old - 1] {
            cases.push(case.with(&format!("altered at {at}"), "not authentic", |sealed| sealed[at] ^= 1));
        }
    }
    assert_both(python, &cases);
}

#[test]
fn neither_signs_for_the_key_that_signs() {
    let Some(python) = python() else { return };
    let dir = Files::new();
    let mut job = words(["seal", "--to", &key_file("rsa2048.pub.pem"), "--anonymous", &key_file("rsa3072.pub.pem")]);
    job.extend(words(["--signer", &key_file("rsa3072.pem"), &dir.file("plain", b""), &argument(&dir.path("sealed"))]));
    assert_eq!(batch(python, &dir, &[job]), ["refused key"]);
    let recipients = [recipient("rsa2048"), recipient("rsa3072").anonymous()];
    assert!(Sealer::with_recipients(recipients).unwrap().signer(signer("rsa3072")).seal(b"").is_err());
}

/// All layouts with every key that signs; with private and public metadata, and two recipients.
fn signed() -> Vec<Plain> {
    let mut all = Vec::new();
    for form in forms().into_iter().chain([Form::Answered]) {
        for key in &SIGNING_KEYS {
            let recipients = vec![(key.recipient, false)];
            let plain = Plain::new(form.clone(), vec![pattern(16_385)]);
            all.push(Plain { signer: Some(key.name), recipients, ..plain });
        }
    }
    for mut plain in all.clone() {
        (plain.metadata, plain.aad) = (b"text/plain".to_vec(), b"invoice/42".to_vec());
        plain.private_metadata = pattern(300);
        plain.apart = matches!(plain.form, Form::Labelled(_) | Form::Parts);
        if !matches!(plain.signer, Some("rsa2048" | "rsa3072")) && plain.form != Form::Answered {
            plain.recipients = vec![("rsa3072", false), ("rsa2048", true)];
        }
        all.push(plain);
    }
    all
}

fn forms() -> [Form; 4] {
    [Form::Single, Form::Labelled(json!(["orders", "42"])), Form::Parts, Form::Stream]
}

fn forged_by_python(python: &Path, names: &[&str], signer: &str, recipient: &str) -> Vec<Vec<u8>> {
    let dir = Files::new();
    let to = key_file(&format!("{recipient}.pub.pem"));
    let signer = key_file(&format!("{signer}.pem"));
    let output = |index: usize| argument(&dir.path(format!("{index}.sealed")));
    let job = |(index, name): (usize, &&str)| words(["forge", "--to", &to, "--signer", &signer, name, &output(index)]);
    let jobs: Vec<_> = names.iter().enumerate().map(job).collect();
    assert_eq!(batch(python, &dir, &jobs), vec!["ok"; names.len()]);
    (0..names.len()).map(|index| std::fs::read(output(index)).unwrap()).collect()
}

/// What `hostile.py` makes, by its names there.
const RIGHT: &[&str] = &[
    "right",
    "empty padding",
    "no padding",
    "unknown item",
    "empty unknown item",
    "audience of 1024",
    "longest section",
    "larger audience",
    "signer in the audience",
];
const MALFORMED: &[&str] = &[
    "out of order",
    "an item twice",
    "two items of a type",
    "type 0",
    "empty metadata",
    "padding not zero",
    "sender without audience",
    "sender without signature",
    "sender that is cut",
    "empty sender",
    "signature of 1025 bytes",
    "empty audience",
    "half a key in the audience",
    "audience that falls",
    "audience that repeats",
    "audience of 1025",
    "wrong s",
    "s of other items",
    "wrong s and out of order",
    "under another key",
    "altered",
    "altered tag",
    "altered s",
    "item beyond the end",
    "byte behind the items",
    "length of 4 GiB",
];
const CRITICAL: &[&str] = &["unknown critical item", "private critical item"];
const NOT_SIGNED: &[&str] = &[
    "unknown item that is not signed",
    "signature of 1 byte",
    "signature of 1024 bytes",
    "audience that was not signed",
    "padding that was not signed",
    "signed with other fields",
    "signed with another item",
    "signed for another layout",
    "signed for a challenge",
    "signed with another key",
    "cut signature",
    "extended signature",
    "altered signature",
];
const OTHER_SENDER: &[&str] = &["alg 0", "alg of ML-DSA", "alg of another", "key id of another"];
