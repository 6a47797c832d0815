//! `bulla rewrap`: who can open, before and after.

use std::fs::{self, File};

use bulla::{Header, Limits, Sealer};

use crate::support::*;

#[test]
fn an_added_recipient_opens_and_the_others_still_do() {
    let dir = Scratch::sealed();
    dir.succeeds(["rewrap", "-i", &private(2048), "--add", &public(3072), "--add", &public(4096), "sealed", "changed"]);
    for bits in [2048, 3072, 4096] {
        assert!(dir.opens("changed", bits));
    }
}

#[test]
fn a_removed_recipient_finds_nothing_for_its_key() {
    let dir = sealed_to_two();
    dir.succeeds(["rewrap", "-i", &private(2048), "--remove", &id(2048), "sealed", "changed"]);
    assert!(dir.opens("changed", 3072));
    let line = dir.fails(["open", "-i", &private(2048), "changed", "out"]);
    assert!(line.starts_with("bulla: changed: nothing addressed to "), "{line}");
}

#[test]
fn one_key_takes_the_place_of_another() {
    let dir = Scratch::sealed();
    let changes = ["--add", &public(3072), "--remove", &id(2048)];
    dir.succeeds([&["rewrap", "--identity", &private(2048)], &changes[..], &["sealed", "sealed"]].concat());
    assert_eq!(ids(&dir, "sealed"), [id(3072)]);
    assert!(dir.opens("sealed", 3072));
}

#[test]
fn an_added_recipient_can_be_anonymous_while_the_others_stay_named() {
    let dir = Scratch::sealed();
    dir.succeeds(["rewrap", "-i", &private(2048), "--add", &public(3072), "--anonymous", "sealed", "changed"]);
    let mut seen = ids(&dir, "changed");
    seen.sort();
    assert_eq!(seen, ["", &id(2048)]);
    assert!(dir.opens("changed", 3072));
}

#[test]
fn body_metadata_and_associated_data_stay() {
    let dir = Scratch::new();
    dir.write("in", &PLAINTEXT);
    dir.succeeds(["seal", "-r", &public(2048), "--metadata", "note", "--aad", "invoice/42", "in", "sealed"]);
    dir.succeeds(["rewrap", "-i", &private(2048), "--add", &public(3072), "sealed", "changed"]);
    let [old, new] = [dir.read("sealed"), dir.read("changed")];
    assert!(split(&old).1 == split(&new).1);
    assert_eq!(dir.inspect("changed")["metadata"], "note");
    dir.succeeds(["open", "-i", &private(3072), "--aad", "invoice/42", "changed", "out"]);
    assert_eq!(dir.read("out"), PLAINTEXT);
}

#[test]
fn keeping_only_some_drops_all_others() {
    let dir = sealed_to_two();
    dir.succeeds(["rewrap", "-i", &private(2048), "--add", &public(4096), "--anonymous", "sealed", "sealed"]);
    dir.succeeds(["rewrap", "-i", &private(2048), "--keep-only", &id(3072), "sealed", "sealed"]);
    assert_eq!(ids(&dir, "sealed"), [id(3072)]);
}

#[test]
fn several_recipients_can_be_kept() {
    let dir = with_anonymous_record();
    let both = ["--keep-only", &id(2048), "--keep-only", &id(4096)];
    dir.succeeds([&["rewrap", "-i", &private(2048)], &both[..], &["sealed", "changed"]].concat());
    let mut seen = ids(&dir, "changed");
    seen.sort();
    let mut expected = [id(2048), id(4096)];
    expected.sort();
    assert_eq!(seen, expected);
}

#[test]
fn a_kept_recipient_can_be_removed_in_the_same_run() {
    let dir = sealed_to_two();
    let both = ["--keep-only", &id(2048), "--keep-only", &id(3072), "--remove", &id(3072)];
    dir.succeeds([&["rewrap", "-i", &private(2048)], &both[..], &["sealed", "changed"]].concat());
    assert_eq!(ids(&dir, "changed"), [id(2048)]);
}

#[test]
fn removal_fails_beside_anonymous_records_and_names_the_options() {
    let dir = with_anonymous_record();
    let line = dir.fails(["rewrap", "-i", &private(2048), "--remove", &id(2048), "sealed", "sealed"]);
    assert!(line.starts_with("bulla: sealed: records without a key id: 1, "), "{line}");
    assert!(line.contains("--keep-only") && line.contains("--keep-unidentified"), "{line}");
}

#[test]
fn anonymous_records_are_kept_on_request() {
    let dir = with_anonymous_record();
    let args = ["rewrap", "-i", &private(2048), "--remove", &id(2048), "--keep-unidentified", "sealed", "changed"];
    dir.succeeds(args);
    let mut seen = ids(&dir, "changed");
    seen.sort();
    assert_eq!(seen, ["", &id(4096)]);
    assert!(dir.opens("changed", 3072));
}

#[test]
fn anonymous_records_are_kept_beside_the_kept_ones_on_request() {
    let dir = with_anonymous_record();
    let changes = ["--keep-only", &id(4096), "--keep-unidentified"];
    dir.succeeds([&["rewrap", "-i", &private(2048)], &changes[..], &["sealed", "changed"]].concat());
    let mut seen = ids(&dir, "changed");
    seen.sort();
    assert_eq!(seen, ["", &id(4096)]);
}

#[test]
fn a_key_that_is_not_named_is_neither_removed_nor_kept() {
    let dir = Scratch::sealed();
    for option in ["--remove", "--keep-only"] {
        let line = dir.fails(["rewrap", "-i", &private(2048), option, &id(3072), "sealed", "changed"]);
        assert!(line.starts_with(&format!("bulla: sealed: no record names the key {}", id(3072))), "{line}");
    }
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
fn the_last_recipient_is_not_removed() {
    let dir = Scratch::sealed();
    let line = dir.fails(["rewrap", "-i", &private(2048), "--remove", &id(2048), "sealed", "sealed"]);
    assert_eq!(line, "bulla: sealed: nobody could open it any more: add somebody with --add, or delete the file");
}

#[test]
fn only_a_key_that_opens_can_change_recipients() {
    let dir = Scratch::sealed();
    let line = dir.fails(["rewrap", "-i", &private(3072), "--add", &public(3072), "sealed", "sealed"]);
    assert!(line.starts_with(&format!("bulla: sealed: nothing addressed to {}", private(3072))), "{line}");
    let end = dir.header_len();
    let byte = dir.read("sealed")[end - 1];
    dir.write("altered", &dir.sealed_with(end - 1, &[byte ^ 1]));
    let line = dir.fails(["rewrap", "-i", &private(2048), "--add", &public(3072), "altered", "altered"]);
    assert_eq!(line, "bulla: altered: not authentic: wrong key, or the header was altered");
}

#[test]
fn one_of_several_private_keys_is_enough_to_change() {
    let dir = Scratch::sealed();
    let identities = ["-i", &private(3072), "-i", &private(2048)];
    dir.succeeds([&["rewrap"], &identities[..], &["--add", &public(3072), "sealed", "sealed"]].concat());
    assert!(dir.opens("sealed", 3072));
}

#[test]
fn what_is_not_an_envelope_is_not_rewrapped() {
    let dir = Scratch::sealed();
    dir.write("empty", b"");
    dir.write("text", b"hello, this is not an envelope");
    dir.write("cut", &dir.read("sealed")[..dir.header_len() - 1]);
    for (name, reason) in [
        ("empty", "truncated: the input is empty"),
        ("text", "not a bulla envelope"),
        ("cut", "truncated"),
        ("missing", "no such file or directory"),
    ] {
        let line = dir.fails(["rewrap", "-i", &private(2048), "--add", &public(3072), name, "out"]);
        assert!(line.starts_with(&format!("bulla: {name}: {reason}")), "{line}");
    }
    assert!(!dir.path("out").exists());
}

#[test]
fn a_header_alone_is_rewrapped_to_a_header_alone() {
    let dir = Scratch::sealed();
    let sealed = dir.read("sealed");
    let body = split(&sealed).1;
    dir.write("header", &sealed[..sealed.len() - body.len()]);
    dir.succeeds(["rewrap", "-i", &private(2048), "--add", &public(3072), "header", "header"]);
    let header = dir.read("header");
    assert!(split(&header).1.is_empty());
    dir.write("whole", &[&header, body].concat());
    assert!(dir.opens("whole", 3072));
}

#[test]
fn pipes_are_rewrapped_as_files_are() {
    let dir = Scratch::sealed();
    let args = ["rewrap", "-i", &private(2048), "--add", &public(3072), "-", "-"];
    dir.write("changed", &dir.pipe(args, &dir.read("sealed")).stdout);
    assert!(dir.opens("changed", 3072));
}

#[test]
fn missing_or_senseless_changes_are_wrong_usage() {
    let dir = sealed_to_two();
    let old = dir.read("sealed");
    let [key, add] = [private(2048), public(4096)];
    let long = format!("{}0", id(2048));
    for changes in [
        &[][..],
        &["--anonymous"],
        &["--keep-unidentified"],
        &["--anonymous", "--remove", &id(2048)],
        &["--keep-unidentified", "--add", &add],
        &["--remove", ""],
        &["--remove", &id(2048)[..63]],
        &["--remove", &long],
        &["--keep-only", &id(2048)[..8]],
    ] {
        let output = dir.run([&["rewrap", "-i", &key], changes, &["sealed", "sealed"]].concat());
        assert_eq!(output.status.code(), Some(2), "{changes:?}");
    }
    assert_eq!(dir.run(["rewrap", "--add", &add, "sealed", "sealed"]).status.code(), Some(2));
    assert!(dir.read("sealed") == old);
}

#[test]
fn the_help_says_that_nothing_is_revoked() {
    let dir = Scratch::new();
    let help = text(&dir.succeeds(["rewrap", "--help"]).stdout);
    assert!(help.contains("DOES NOT REVOKE") && help.contains("put back"), "{help}");
}

#[test]
fn the_same_key_is_not_added_twice() {
    let dir = Scratch::sealed();
    let twin = key("rsa2048.pkcs1.pub.pem");
    let added = ["--add", &public(2048), "--add", &twin];
    let line = dir.fails([&["rewrap", "-i", &private(2048)], &added[..], &["sealed", "sealed"]].concat());
    assert!(line.contains(&twin) && line.contains(&public(2048)), "{line}");
}

#[test]
#[cfg(unix)]
fn neither_a_key_nor_the_input_is_overwritten() {
    let dir = Scratch::sealed();
    fs::copy(private(2048), dir.path("me.pem")).unwrap();
    fs::copy(public(3072), dir.path("you.pem")).unwrap();
    for output in ["me.pem", "you.pem"] {
        let line = dir.fails(["rewrap", "-i", "me.pem", "--add", "you.pem", "sealed", output]);
        assert_eq!(line, format!("bulla: {output}: this is one of the keys as well, choose another OUT"));
    }
    // Standard output cannot be replaced as a whole.
    let append = File::options().append(true).open(dir.path("sealed")).unwrap();
    let mut command = dir.command(["rewrap", "-i", "me.pem", "--add", "you.pem", "sealed", "-"]);
    let line = one_line(&command.stdout(append).output().unwrap());
    assert_eq!(line, "bulla: standard output: this is IN as well, choose another OUT");
}

fn sealed_to_two() -> Scratch {
    let dir = Scratch::new();
    let recipients = [identity(2048).recipient(), identity(3072).recipient()];
    dir.write("sealed", &Sealer::with_recipients(&recipients).unwrap().seal(&PLAINTEXT).unwrap());
    dir
}

/// To the keys of 2048 and 4096 bits, and to that of 3072 bits without its id.
fn with_anonymous_record() -> Scratch {
    let dir = Scratch::new();
    let recipients = [identity(2048).recipient(), identity(3072).recipient().anonymous(), identity(4096).recipient()];
    dir.write("sealed", &Sealer::with_recipients(&recipients).unwrap().seal(&PLAINTEXT).unwrap());
    dir
}

fn id(bits: usize) -> String {
    identity(bits).key_id().to_string()
}

/// The key ids of all records as `inspect` shows them, empty for those that have none.
fn ids(dir: &Scratch, name: &str) -> Vec<String> {
    let json = dir.inspect(name);
    let records = json["records"].as_array().unwrap();
    records.iter().map(|record| record["key_id"].as_str().unwrap_or_default().into()).collect()
}

fn split(envelope: &[u8]) -> (Header, &[u8]) {
    Header::split(envelope, &Limits::default()).unwrap()
}
