//! The program as such.

use std::fs::{self, File};
#[cfg(unix)]
use std::{
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use crate::support::*;

#[test]
fn wrong_usage_has_status_2() {
    let dir = Scratch::sealed();
    for args in [
        &[][..],
        &["bogus"],
        &["seal", "sealed", "out"],
        &["seal", "-r", &public(2048), "sealed"],
        &["seal", "-r", &public(2048), "--metadata", "", "sealed", "out"],
        &["open", "sealed", "out"],
        &["inspect", "--yaml", "sealed"],
        &["keygen", "--bits", "1024", "me.pem"],
        &["demo", "sealed", "sealed"],
        &["open", "-i", &private(2048), "--aad", "", "--aad-file", "sealed", "sealed", "out"],
        &["open", "-i", &private(2048), "--max-header", "1 MiB", "sealed", "out"],
        &["open", "-i", &private(2048), "--max-key-operations", "-1", "sealed", "out"],
    ] {
        let output = dir.run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{args:?}");
    }
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
fn options_for_keys_have_long_names() {
    let dir = Scratch::sealed();
    dir.succeeds(["open", "--identity", &private(2048), "sealed", "plain"]);
    dir.succeeds(["seal", "--recipient", &public(3072), "plain", "again"]);
    dir.succeeds(["open", "--identity", &private(3072), "again", "out"]);
    assert_eq!(dir.read("out"), PLAINTEXT);
}

#[test]
#[cfg(unix)]
fn a_name_of_several_lines_is_reported_in_one() {
    let dir = Scratch::new();
    let line = dir.fails(["inspect", "two\nlines\u{1b}[0m"]);
    assert_eq!(line, r"bulla: two\nlines\u{1b}[0m: no such file or directory");
}

#[test]
#[cfg(unix)]
fn a_closed_standard_output_is_not_the_null_device() {
    let dir = Scratch::sealed();
    let [key, public] = [private(2048), public(2048)];
    for args in [
        &["open", "-i", &key, "sealed", "-"][..],
        &["seal", "-r", &public, "sealed", "-"],
        &["rewrap", "-i", &key, "--add", &public, "sealed", "-"],
        &["inspect", "sealed"],
        &["keygen", "me.pem"],
        &["demo", "sealed"],
    ] {
        let output = dir.shell("exec \"$0\" \"$@\" >&-").args(args).output().unwrap();
        assert_eq!(one_line(&output), "bulla: standard output: is closed: there is nowhere to write", "{args:?}");
    }
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
#[cfg(unix)]
fn the_null_device_takes_everything_however_it_was_opened() {
    let dir = Scratch::sealed();
    // As Python's `DEVNULL` is, and what the runtime puts in the place of a closed stream.
    for redirection in [">/dev/null", "1<>/dev/null"] {
        let mut command = dir.shell(&format!("exec \"$0\" \"$@\" {redirection}"));
        silent_success(command.args(["open", "-i", &private(2048), "sealed", "-"]).output().unwrap());
    }
}

#[test]
#[cfg(unix)]
fn a_standard_output_that_is_only_read_is_an_error() {
    let dir = Scratch::sealed();
    for args in [&["open", "-i", &private(2048), "sealed", "-"][..], &["inspect", "sealed"]] {
        let output = dir.shell("exec \"$0\" \"$@\" 1<sealed").args(args).output().unwrap();
        assert_eq!(one_line(&output), "bulla: standard output: is open for reading only: there is nowhere to write");
    }
}

#[test]
#[cfg(unix)]
fn a_closed_standard_input_is_not_an_empty_file() {
    let dir = Scratch::new();
    for (input, name) in [("-", "standard input"), ("/dev/stdin", "/dev/stdin")] {
        let mut command = dir.shell("exec \"$0\" \"$@\" <&-");
        let line = one_line(&command.args(["seal", "-r", &public(2048), input, "out"]).output().unwrap());
        assert_eq!(line, format!("bulla: {name}: is closed: there is nothing to read"));
    }
    assert_eq!(dir.names(), NONE);
}

#[test]
fn a_writable_standard_input_is_read_like_any_other() {
    let dir = Scratch::new();
    dir.write("in", b"hello");
    let both = File::options().read(true).write(true).open(dir.path("in")).unwrap();
    let mut command = dir.command(["seal", "-r", &public(2048), "-", "out"]);
    silent_success(command.stdin(both).output().unwrap());
    assert_eq!(dir.inspect("out")["plaintext_len"], 5);
}

#[test]
#[cfg(unix)]
fn the_null_device_is_an_empty_file() {
    let dir = Scratch::new();
    // What the tests give the program where they give it nothing.
    dir.succeeds(["seal", "-r", &public(2048), "-", "out"]);
    assert_eq!(dir.inspect("out")["plaintext_len"], 0);
    dir.succeeds(["seal", "-r", &public(2048), "/dev/null", "other"]);
}

#[test]
fn metadata_over_the_limit_is_refused() {
    let dir = Scratch::sealed();
    let line = dir.fails(["seal", "-r", &public(2048), "--metadata", &"x".repeat(65_537), "sealed", "out"]);
    assert_eq!(line, "bulla: cannot seal: limit exceeded: the metadata is longer than the limit of 65536 bytes");
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
fn the_demo_of_a_file_prints_throughput_and_cleans_up() {
    let dir = Scratch::new();
    dir.write("in", &pattern(100_000));
    fs::create_dir(dir.path("tmp")).unwrap();
    let output = dir.command(["demo", "in"]).env("TMPDIR", dir.path("tmp")).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    for what in ["seal ", "open "] {
        let line = text.lines().find(|line| line.starts_with(what)).unwrap();
        assert!(line.contains("100000 bytes") && line.ends_with("B/s"), "{line}");
    }
    assert!(text.contains("sealed by bulla demo") && text.ends_with("what was opened is what was sealed\n"), "{text}");
    assert_eq!(fs::read_dir(dir.path("tmp")).unwrap().count(), 0);
}

#[test]
fn the_demo_without_a_file_seals_256_mib_and_writes_no_file() {
    let dir = Scratch::new();
    let output = dir.command(["demo"]).env("TMPDIR", dir.path("missing")).output().unwrap();
    let text = text(&silent_success(output).stdout);
    let line = text.lines().find(|line| line.starts_with("seal ")).unwrap();
    assert!(line.contains("268435456 bytes") && line.ends_with("B/s"), "{line}");
    assert!(
        text.contains("plaintext 268435456 bytes") && text.ends_with("what was opened is what was sealed\n"),
        "{text}"
    );
    assert_eq!(dir.names(), NONE);
}

#[test]
#[cfg(unix)]
fn the_demo_works_in_a_directory_of_its_owner_alone() {
    let dir = Scratch::new();
    // Without content on the disk, and long enough that the demo is still at work when it is
    // killed.
    File::create(dir.path("in")).unwrap().set_len(4 << 30).unwrap();
    let mut child = dir.command(["demo", "in"]).env("TMPDIR", dir.0.path()).stdout(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    let directory = loop {
        let mut names = dir.names().into_iter().filter(|name| name != "in");
        if let Some(name) = names.next() {
            break Some(mode(&dir.path(&name)));
        }
        if Instant::now() > deadline {
            break None;
        }
        thread::sleep(Duration::from_millis(1));
    };
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(directory, Some(0o700));
}

#[test]
#[cfg(unix)]
fn the_demo_refuses_what_it_cannot_read_twice() {
    let dir = Scratch::new();
    let line = dir.fails(["demo", "/dev/zero"]);
    assert_eq!(line, "bulla: /dev/zero: not a regular file: the demo reads it more than once");
}
