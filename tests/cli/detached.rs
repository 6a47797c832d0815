//! Headers in files of their own.

use std::fs::{self, File};

use bulla::{Header, Limits};

use crate::support::*;

#[test]
fn header_and_body_make_the_envelope() {
    let dir = sealed_apart();
    let header = dir.read("header");
    assert!(Header::parse(&header, &Limits::default()).is_ok());
    dir.write("whole", &[header, dir.read("body")].concat());
    assert!(dir.opens("whole", 2048));
}

#[test]
fn files_come_back_from_header_and_body() {
    let dir = Scratch::new();
    for len in [0, 1, 16_384, 1_000_000] {
        dir.write("in", &pattern(len));
        dir.succeeds(["seal", "-r", &public(2048), "--force", "--header", "header", "in", "body"]);
        dir.succeeds(["open", "-i", &private(2048), "--force", "--header", "header", "body", "out"]);
        assert!(dir.read("out") == pattern(len), "{len} bytes");
    }
}

#[test]
fn metadata_and_associated_data_work_with_a_detached_header() {
    let dir = Scratch::new();
    dir.write("in", b"hello");
    let args = ["--metadata", "note", "--aad", "invoice/42", "--header", "header", "in", "body"];
    dir.succeeds([&["seal", "-r", &public(2048)], &args[..]].concat());
    assert_eq!(dir.inspect("header")["metadata"], "note");
    dir.succeeds(["open", "-i", &private(2048), "--aad", "invoice/42", "--header", "header", "body", "out"]);
    assert_eq!(dir.read("out"), b"hello");
    let line = dir.fails(["open", "-i", &private(2048), "--header", "header", "body", "other"]);
    assert!(line.starts_with("bulla: body: wrong associated data: "), "{line}");
}

#[test]
fn the_body_goes_through_pipes() {
    let dir = Scratch::new();
    let body = dir.pipe(["seal", "-r", &public(2048), "--header", "header", "-", "-"], &PLAINTEXT).stdout;
    let opened = dir.pipe(["open", "-i", &private(2048), "--header", "header", "-", "-"], &body).stdout;
    assert_eq!(opened, PLAINTEXT);
}

#[test]
fn recipients_change_while_the_body_is_elsewhere() {
    let dir = sealed_apart();
    dir.succeeds(["rewrap", "-i", &private(2048), "--add", &public(3072), "header", "header"]);
    dir.succeeds(["open", "-i", &private(3072), "--header", "header", "body", "out"]);
    assert_eq!(dir.read("out"), PLAINTEXT);
}

#[test]
fn a_header_does_not_open_the_body_of_another() {
    let dir = sealed_apart();
    dir.succeeds(["seal", "-r", &public(2048), "--header", "other", "body", "ignored"]);
    let line = dir.fails(["open", "-i", &private(2048), "--header", "other", "body", "out"]);
    assert!(
        line.starts_with("bulla: body: wrong associated data: ") && line.contains("this is not the body of other"),
        "{line}"
    );
    assert!(!dir.path("out").exists());
}

#[test]
fn a_header_file_that_is_no_header_is_named() {
    let dir = sealed_apart();
    let header = dir.read("header");
    dir.write("empty", b"");
    dir.write("text", b"hello, this is not an envelope");
    dir.write("cut", &header[..header.len() - 1]);
    dir.write("longer", &[&header[..], b"x"].concat());
    dir.write("whole", &[&header[..], &dir.read("body")].concat());
    let mut hostile = header.clone();
    hostile[16..20].copy_from_slice(&(2_u32 << 20).to_be_bytes());
    dir.write("large", &hostile);
    let last = header.len() - 1;
    dir.write("altered", &[&header[..last], &[header[last] ^ 1]].concat());
    for (name, reason) in [
        ("missing", "no such file or directory"),
        ("empty", "truncated"),
        ("text", "not a bulla envelope"),
        ("cut", "truncated"),
        ("longer", "malformed header: more bytes after its end"),
        ("whole", "malformed header: more bytes after its end; if this is a whole envelope, leave out --header"),
        ("large", "limit exceeded: the header is longer than the limit of 1048576 bytes"),
        ("altered", "not authentic: wrong key, or the header was altered"),
    ] {
        let line = dir.fails(["open", "-i", &private(2048), "--header", name, "body", "out"]);
        assert!(line.starts_with(&format!("bulla: {name}: ")) && line.contains(reason), "{line}");
    }
    assert!(!dir.path("out").exists());
}

#[test]
fn the_wrong_key_is_blamed_on_the_header() {
    let dir = sealed_apart();
    let line = dir.fails(["open", "-i", &private(3072), "--header", "header", "body", "out"]);
    assert!(line.starts_with("bulla: header: nothing addressed to "), "{line}");
}

#[test]
fn a_cut_or_missing_body_is_named() {
    let dir = sealed_apart();
    for len in [0, 1, 55, 56, 56 + 15, 56 + 16_400] {
        dir.write("cut", &dir.read("body")[..len]);
        let line = dir.fails(["open", "-i", &private(2048), "--header", "header", "cut", "out"]);
        assert!(line.starts_with("bulla: cut: truncated"), "{line}");
    }
    let line = dir.fails(["open", "-i", &private(2048), "--header", "header", "missing", "out"]);
    assert_eq!(line, "bulla: missing: no such file or directory");
    assert!(!dir.path("out").exists());
}

#[test]
#[cfg(unix)]
fn the_header_overwrites_no_other_file_of_the_command() {
    let dir = sealed_apart();
    let [header, body] = [dir.read("header"), dir.read("body")];
    dir.write("in", b"hello");
    fs::copy(public(2048), dir.path("pub.pem")).unwrap();
    fs::create_dir(dir.path("sub")).unwrap();
    std::os::unix::fs::symlink("new", dir.path("soft")).unwrap();
    fs::hard_link(dir.path("body"), dir.path("hard")).unwrap();
    for (file, output, other) in [
        ("in", "body", "IN"),
        ("pub.pem", "body", "one of the keys"),
        ("body", "body", "OUT"),
        ("hard", "body", "OUT"),
        ("new", "new", "OUT"),
        ("soft", "new", "OUT"),
        ("new", "sub/../new", "OUT"),
    ] {
        let line = dir.fails(["seal", "-r", "pub.pem", "--header", file, "in", output]);
        assert_eq!(line, format!("bulla: {file}: this is {other} as well, choose another FILE"));
    }
    assert!(!dir.path("new").exists() && dir.read("header") == header && dir.read("body") == body);
}

#[test]
fn neither_header_nor_body_replaces_a_file_unasked() {
    for existing in ["header", "body"] {
        let dir = Scratch::new();
        dir.write("in", b"hello");
        dir.write(existing, b"precious");
        let line = dir.fails(["seal", "-r", &public(2048), "--header", "header", "in", "body"]);
        let role = if existing == "body" { "OUT" } else { "FILE" };
        assert_eq!(
            line,
            format!("bulla: {existing}: already exists: choose another {role}, or replace it with --force")
        );
        assert_eq!(dir.read(existing), b"precious");
        assert_eq!(dir.names(), [existing, "in"].map(String::from));
    }
}

#[test]
#[cfg(unix)]
fn a_body_that_gets_no_name_takes_that_of_the_new_header_with_it() {
    let dir = Scratch::new();
    let mut child = dir.start(["seal", "-r", &public(2048), "--header", "header", "-", "body"]);
    dir.wait_for_temporaries(2);
    dir.write("body", b"precious");
    drop(child.stdin.take());
    let line = one_line(&child.wait_with_output().unwrap());
    assert_eq!(line, "bulla: body: appeared while this program was at work, and stays as it is: try again");
    assert_eq!(dir.read("body"), b"precious");
    assert_eq!(dir.names(), ["body"]);
}

#[test]
fn a_header_or_a_body_that_is_taken_for_an_envelope_leads_to_the_option() {
    let dir = sealed_apart();
    dir.write("whole", &[dir.read("header"), dir.read("body")].concat());
    let apart = "truncated: the input ends after its header; if this is a header that is kept apart, give it with \
                 --header, and its body as IN";
    let expected = "this is a header or a whole envelope, and a body is needed here: give a header with --header, or \
                    leave out --header";
    let noise = "not a bulla envelope; if this is a body without its header,";
    for (args, name, reason) in [
        (&["header"][..], "header", apart.to_owned()),
        (&["body"], "body", format!("{noise} give that with --header")),
        (&["--header", "body", "header"], "body", format!("{noise} give it as IN, and its header with --header")),
        (&["--header", "header", "header"], "header", expected.into()),
        (&["--header", "header", "whole"], "whole", expected.into()),
    ] {
        let line = dir.fails([&["open", "-i", &private(2048)], args, &["out"]].concat());
        assert_eq!(line, format!("bulla: {name}: {reason}"));
    }
    assert_eq!(dir.names(), ["body", "header", "whole"]);
}

#[test]
fn a_header_alone_is_recognised_in_a_pipe_as_well() {
    let dir = sealed_apart();
    let mut child = dir.start(["open", "-i", &private(2048), "-", "-"]);
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), &dir.read("header")).unwrap();
    let line = one_line(&child.wait_with_output().unwrap());
    assert!(line.starts_with("bulla: standard input: truncated: ") && line.contains("--header"), "{line}");
}

#[test]
fn who_looks_at_a_body_alone_is_sent_to_its_header() {
    let dir = sealed_apart();
    let add = ["rewrap", "-i", &private(2048), "--add", &public(3072), "body", "out"];
    for args in [&["inspect", "body"][..], &add] {
        let line = dir.fails(args);
        let hint = "if this is a body without its header, name the header, which \"seal --header\" wrote";
        assert_eq!(line, format!("bulla: body: not a bulla envelope; {hint}"));
    }
}

#[test]
#[cfg(unix)]
fn the_output_does_not_replace_the_header() {
    let dir = sealed_apart();
    let line = dir.fails(["open", "-i", &private(2048), "--header", "header", "body", "header"]);
    assert_eq!(line, "bulla: header: this is the header as well, choose another OUT");
}

#[test]
fn a_header_is_read_from_standard_input_but_not_written_to_standard_output() {
    let dir = sealed_apart();
    dir.pipe(["open", "-i", &private(2048), "--header", "-", "body", "opened"], &dir.read("header"));
    assert_eq!(dir.read("opened"), PLAINTEXT);
    let output = dir.run(["seal", "-r", &public(2048), "--header", "-", "body", "out"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("the header has to be kept: name a file"), "{output:?}");
    assert!(!dir.path("out").exists());
}

#[test]
#[cfg(unix)]
fn a_header_is_written_to_regular_files_only() {
    let dir = sealed_apart();
    assert!(std::process::Command::new("mkfifo").arg(dir.path("fifo")).status().unwrap().success());
    let line = dir.fails(["seal", "-r", &public(2048), "--header", "fifo", "body", "out"]);
    assert_eq!(line, "bulla: fifo: not a regular file: the header has to be kept");
    assert!(!dir.path("out").exists());
}

#[test]
#[cfg(unix)]
fn replaced_headers_and_bodies_have_the_permissions_of_new_files() {
    use std::os::unix::fs::PermissionsExt;
    let dir = sealed_apart();
    for (name, permissions) in [("header", 0o777), ("body", 0o600)] {
        fs::set_permissions(dir.path(name), fs::Permissions::from_mode(permissions)).unwrap();
    }
    dir.write("in", b"new");
    dir.succeeds(["seal", "-r", &public(2048), "--force", "--header", "header", "in", "body"]);
    let new = mode(&dir.path("in"));
    assert_eq!((mode(&dir.path("header")), mode(&dir.path("body"))), (new, new));
    dir.succeeds(["open", "-i", &private(2048), "--header", "header", "body", "out"]);
    assert_eq!(dir.read("out"), b"new");
    assert_eq!(dir.names(), ["body", "header", "in", "out"]);
}

#[test]
#[cfg(unix)]
fn a_body_that_cannot_be_written_leaves_the_old_header() {
    let dir = sealed_apart();
    let [header, body] = [dir.read("header"), dir.read("body")];
    dir.write("in", &pattern(1_200_000));
    // Room for a header and the beginning of a body.
    let mut command = dir.shell("trap '' XFSZ; ulimit -f 200; exec \"$0\" \"$@\"");
    let output =
        command.args(["seal", "-r", &public(2048), "--force", "--header", "header", "in", "body"]).output().unwrap();
    assert!(one_line(&output).starts_with("bulla: body: "), "{output:?}");
    assert!(dir.read("header") == header && dir.read("body") == body);
    assert_eq!(dir.names(), ["body", "header", "in"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_device_for_the_body_leaves_the_old_header() {
    let dir = sealed_apart();
    let header = dir.read("header");
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = dir.command(["seal", "-r", &public(2048), "--force", "--header", "header", "body", "-"]);
    let line = one_line(&command.stdout(full).output().unwrap());
    assert_eq!(line, "bulla: standard output: no space left on the device");
    assert!(dir.read("header") == header);
}

#[test]
fn a_header_that_cannot_be_written_leaves_no_body() {
    let dir = Scratch::sealed();
    let line = dir.fails(["seal", "-r", &public(2048), "--header", "missing/header", "sealed", "out"]);
    assert_eq!(line, "bulla: missing/header: the directory to write it to does not exist");
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
#[cfg(unix)]
fn the_header_is_on_the_disk_but_has_no_name_while_the_body_is_sealed() {
    let dir = Scratch::new();
    let mut child = dir.start(["seal", "-r", &public(2048), "--header", "header", "-", "-"]);
    // The start of the body, which is not written before the header is.
    let mut start = [0; 56];
    let stdout = child.stdout.as_mut().unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), &pattern(20_000)).unwrap();
    std::io::Read::read_exact(stdout, &mut start).unwrap();
    let names = dir.names();
    child.kill().unwrap();
    child.wait().unwrap();
    let [name] = &names[..] else { panic!("{names:?}") };
    assert!(name.starts_with(".bulla-"), "{name}");
    assert!(Header::parse(&dir.read(name), &Limits::default()).is_ok());
}

/// With files `header` and `body`, which the key of 2048 bits opens to [`PLAINTEXT`].
fn sealed_apart() -> Scratch {
    let dir = Scratch::new();
    dir.write("in", &PLAINTEXT);
    dir.succeeds(["seal", "-r", &public(2048), "--header", "header", "in", "body"]);
    fs::remove_file(dir.path("in")).unwrap();
    dir
}
