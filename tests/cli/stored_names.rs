//! `seal --store-name` and `open --restore-name`: names that strangers choose.

use std::fs;

use bulla::{RsaSigner, Sealer};

use crate::support::*;

#[test]
fn a_name_is_restored_where_that_is_asked_for() {
    let dir = with_folder();
    dir.write("Bericht – März.pdf", &PLAINTEXT);
    dir.succeeds(["seal", "-r", &public(2048), "--store-name", "Bericht – März.pdf", "sealed"]);
    // Not otherwise.
    dir.succeeds(["open", "-i", &private(2048), "sealed", "out"]);
    assert_eq!(folder(&dir), NONE);
    let output = dir.succeeds(restore());
    assert_eq!(
        text(&output.stdout),
        format!("{}\n", std::path::Path::new("folder").join("Bericht – März.pdf").display())
    );
    assert_eq!(folder(&dir), ["Bericht – März.pdf"]);
    assert_eq!(dir.read("folder/Bericht – März.pdf"), PLAINTEXT);
    #[cfg(unix)]
    assert_eq!(mode(&dir.path("folder/Bericht – März.pdf")), 0o600);
}

#[test]
fn only_the_last_part_of_a_path_is_stored() {
    let dir = with_folder();
    fs::create_dir(dir.path("deep")).unwrap();
    dir.write("deep/report", &PLAINTEXT);
    dir.succeeds(["seal", "-r", &public(2048), "--store-name", "deep/report", "sealed"]);
    dir.succeeds(restore());
    assert_eq!(folder(&dir), ["report"]);
}

#[test]
fn a_stored_name_and_a_text_stand_in_the_documented_form() {
    let dir = with_folder();
    let options = ["--store-name=report", "--private-metadata", "for you"];
    dir.pipe([&["seal", "-r", &public(2048)][..], &options, &["-", "sealed"]].concat(), &PLAINTEXT);
    let output = dir.run(["open", "-i", &private(2048), "--show-private", "sealed", "out"]);
    let line = r#"bulla: sealed: private metadata "bulla file\nname: report\n\nfor you""#;
    assert_eq!(text(&output.stderr), format!("{line}\n"));
    dir.succeeds(restore());
    assert_eq!(folder(&dir), ["report"]);
}

#[test]
fn a_hostile_name_is_refused_and_nothing_is_written() {
    let dir = with_folder();
    dir.write("outside", b"precious");
    let before = dir.names();
    for (name, reason) in hostile_names() {
        stored(&dir, &name);
        for force in [&[][..], &["--force"]] {
            let line = dir.fails([&restore(), force].concat());
            let expected =
                format!("bulla: sealed: the file name stored in it, \"{}\", {reason}: ", name.escape_debug());
            assert!(line.starts_with(&expected), "{line}\n{expected}");
        }
    }
    assert_eq!(folder(&dir), NONE);
    assert_eq!(dir.names(), [&before[..], &["sealed".into()]].concat());
    assert_eq!(dir.read("outside"), b"precious");
}

#[test]
fn a_hostile_name_is_not_stored_either() {
    let dir = Scratch::new();
    dir.write("in", &PLAINTEXT);
    for (name, reason) in hostile_names() {
        // No argument of a program has one.
        if name.contains('\0') {
            continue;
        }
        let line = dir.fails(["seal", "-r", &public(2048), &format!("--store-name={name}"), "in", "sealed"]);
        let expected =
            format!("bulla: --store-name: \"{}\" {reason}, and no such name is restored: ", name.escape_debug());
        assert!(line.starts_with(&expected), "{line}\n{expected}");
    }
    let line = dir.fails(["seal", "-r", &public(2048), "--store-name", "-", "sealed"]);
    assert_eq!(line, "bulla: -: has no name to store: give --store-name=NAME");
    assert_eq!(dir.names(), ["in"]);
}

#[test]
fn what_is_no_stored_name_is_not_guessed_at() {
    let dir = with_folder();
    let recipient = identity(2048).recipient();
    for metadata in
        ["report.pdf", "name: report\n\n", "bulla file\nreport\n\n", "bulla file\nname: report\n", "bulla file\n"]
    {
        dir.write("sealed", &Sealer::new(&recipient).private_metadata(metadata.as_bytes()).seal(b"").unwrap());
        assert_eq!(dir.fails(restore()), NO_NAME, "{metadata}");
    }
    // Public metadata says nothing of it, and neither does what is not text.
    let name = "bulla file\nname: report\n\n".as_bytes();
    dir.write("sealed", &Sealer::new(&recipient).metadata(name).seal(b"").unwrap());
    assert_eq!(dir.fails(restore()), NO_NAME);
    dir.write("sealed", &Sealer::new(&recipient).private_metadata([name, b"\xFF"].concat()).seal(b"").unwrap());
    assert_eq!(dir.fails(restore()), NO_NAME);
    assert_eq!(folder(&dir), NONE);
}

#[test]
#[cfg(unix)]
fn a_symbolic_link_is_neither_followed_nor_replaced() {
    use std::os::unix::fs::symlink;
    let dir = with_folder();
    stored(&dir, "report");
    dir.write("outside", b"precious");
    for target in ["../outside", "../missing", "inside", "."] {
        symlink(target, dir.path("folder/report")).unwrap();
        for force in [&[][..], &["--force"]] {
            let line = dir.fails([&restore(), force].concat());
            let reason = "is there, and no regular file: give OUT in the place of --restore-name";
            assert_eq!(line, format!("bulla: folder/report: {reason}"));
        }
        assert_eq!(fs::read_link(dir.path("folder/report")).unwrap().to_str(), Some(target));
        fs::remove_file(dir.path("folder/report")).unwrap();
    }
    assert_eq!(dir.read("outside"), b"precious");
    assert_eq!(dir.names(), ["folder", "outside", "sealed"]);
}

#[test]
fn what_is_there_is_replaced_by_force_alone_and_only_if_it_is_a_file() {
    let dir = with_folder();
    stored(&dir, "report");
    dir.write("folder/report", b"precious");
    let file = std::path::Path::new("folder").join("report");
    let line = dir.fails(restore());
    let reason = "already exists: choose another FOLDER, or replace it with --force";
    assert_eq!(line, format!("bulla: {}: {reason}", file.display()));
    assert_eq!(dir.read("folder/report"), b"precious");
    dir.succeeds([&restore(), &["--force"][..]].concat());
    assert_eq!(dir.read("folder/report"), PLAINTEXT);

    fs::remove_file(dir.path("folder/report")).unwrap();
    fs::create_dir(dir.path("folder/report")).unwrap();
    assert!(dir.fails([&restore(), &["--force"][..]].concat()).contains("no regular file"));
}

#[test]
#[cfg(unix)]
fn a_name_does_not_lead_to_what_is_read() {
    let dir = Scratch::new();
    let key = private(2048);
    fs::copy(&key, dir.path("me.pem")).unwrap();
    for (name, role) in [("sealed", "IN"), ("me.pem", "one of the keys")] {
        stored(&dir, name);
        let line = dir.fails(["open", "--force", "-i", "me.pem", "--restore-name", ".", "sealed"]);
        assert_eq!(line, format!("bulla: ./{name}: this is {role} as well, choose another FOLDER"));
    }
    assert_eq!(dir.names(), ["me.pem", "sealed"]);
}

#[test]
fn the_folder_must_be_there_and_no_name_is_needed_beside_it() {
    let dir = with_folder();
    stored(&dir, "report");
    for folder in ["missing", "sealed", "-"] {
        let line = dir.fails(["open", "-i", &private(2048), "--restore-name", folder, "sealed"]);
        assert_eq!(line, format!("bulla: {folder}: is not a folder that exists"));
    }
    for args in [&["sealed"][..], &["--restore-name", "folder", "sealed", "out"]] {
        let output = dir.run([&["open", "-i", &private(2048)][..], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn nothing_is_restored_from_another_sender_or_a_damaged_body() {
    let dir = with_folder();
    let signer = RsaSigner::from_pem(fs::read(private(4096)).unwrap()).unwrap();
    let sealer = Sealer::new(identity(2048).recipient()).private_metadata(metadata("report")).signer(&signer);
    let mut sealed = sealer.seal(&PLAINTEXT).unwrap();
    dir.write("sealed", &sealed);
    let line = dir.fails([&restore(), &["--sender", &public(3072)][..]].concat());
    assert!(line.starts_with("bulla: sealed: other sender: "), "{line}");
    *sealed.last_mut().unwrap() ^= 1;
    dir.write("sealed", &sealed);
    assert!(dir.fails(restore()).contains("chunk"));
    assert_eq!(folder(&dir), NONE);
}

/// Names, and what is said of each.
fn hostile_names() -> Vec<(String, &'static str)> {
    let mut names: Vec<(String, &'static str)> =
        vec![(String::new(), "is empty"), ("x".repeat(256), "is longer than 255 bytes")];
    let mut all = |reason, list: &[&str]| names.extend(list.iter().map(|name| ((*name).to_owned(), reason)));
    all(
        "begins with a dot",
        &[".", "..", "../outside", "./x", ".bashrc", ".ssh/authorized_keys", "...", "..\\outside"],
    );
    all("begins with a hyphen", &["-", "-rf", "--force"]);
    all(
        "has a path separator",
        &["/", "/etc/passwd", "a/b", "a/../../outside", "a\\b", "\\\\host\\share", "x/", "folder/../x"],
    );
    all(
        "has a character that does not show",
        &[
            "a\0b",
            "a\nb",
            "a\rb",
            "a\tb",
            "\u{1b}[2J",
            "a\u{7f}",
            "a\u{85}b",
            "fdp.\u{202e}exe",
            "a\u{2028}b",
            "\u{200e}..",
        ],
    );
    all("has a character that Windows does not allow", &["C:x", "C:", "a:stream", "a*", "what?", "a\"b", "<a>", "a|b"]);
    all("ends with a dot or a blank", &["a.", "a..", "a ", "nul.", " "]);
    all(
        "is a device on Windows",
        &[
            "con",
            "NUL",
            "Nul.txt",
            "aux.tar.gz",
            "PRN",
            "com1",
            "COM9.log",
            "LPT0",
            "lpt¹",
            "con .txt",
            "CONIN$",
            "conout$",
        ],
    );
    names
}

/// An envelope `sealed` that holds this name.
fn stored(dir: &Scratch, name: &str) {
    let sealer = Sealer::new(identity(2048).recipient()).private_metadata(metadata(name));
    dir.write("sealed", &sealer.seal(&PLAINTEXT).unwrap());
}

fn metadata(name: &str) -> Vec<u8> {
    format!("bulla file\nname: {name}\n\n").into_bytes()
}

fn with_folder() -> Scratch {
    let dir = Scratch::new();
    fs::create_dir(dir.path("folder")).unwrap();
    dir
}

/// The names in the folder, hidden ones as well.
fn folder(dir: &Scratch) -> Vec<String> {
    let entries = fs::read_dir(dir.path("folder")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn restore() -> Vec<&'static str> {
    static KEY: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    vec!["open", "-i", KEY.get_or_init(|| private(2048)), "--restore-name", "folder", "sealed"]
}

const NO_NAME: &str = "bulla: sealed: no file name was stored in it: give OUT in the place of --restore-name";
