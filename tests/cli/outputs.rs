//! Where output goes, and where it does not.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::thread;

use crate::support::*;

#[test]
fn a_failure_leaves_an_existing_output_as_it_was() {
    let dir = Scratch::sealed();
    dir.write("out", b"precious");
    dir.write("cut", &dir.read("sealed")[..dir.header_len() + 20_000]);
    dir.fails(["open", "--force", "-i", &private(2048), "cut", "out"]);
    dir.fails(["seal", "--force", "-r", &public(2048), "missing", "out"]);
    assert_eq!(dir.read("out"), b"precious");
    assert_eq!(dir.names(), ["cut", "out", "sealed"]);
}

#[test]
fn success_leaves_the_output_and_nothing_else() {
    let dir = Scratch::sealed();
    dir.succeeds(["open", "-i", &private(2048), "sealed", "out"]);
    assert_eq!(dir.names(), ["out", "sealed"]);
}

#[test]
#[cfg(unix)]
fn output_to_the_input_is_refused_under_every_name() {
    let dir = Scratch::new();
    dir.write("in", b"hello");
    fs::hard_link(dir.path("in"), dir.path("hard")).unwrap();
    std::os::unix::fs::symlink("in", dir.path("soft")).unwrap();
    for output in ["in", "./in", "hard", "soft"] {
        let line = dir.fails(["seal", "--force", "-r", &public(2048), "in", output]);
        assert_eq!(line, format!("bulla: {output}: this is IN as well, choose another OUT"));
    }
    assert_eq!(dir.read("in"), b"hello");
}

#[test]
#[cfg(unix)]
fn appending_to_the_input_is_refused() {
    let dir = Scratch::new();
    dir.write("in", b"hello");
    for stdin in [false, true] {
        let append = File::options().append(true).open(dir.path("in")).unwrap();
        let mut command = dir.command(["seal", "-r", &public(2048), if stdin { "-" } else { "in" }, "-"]);
        let output = command.stdin(File::open(dir.path("in")).unwrap()).stdout(append).output().unwrap();
        assert_eq!(one_line(&output), "bulla: standard output: this is IN as well, choose another OUT");
    }
    assert_eq!(dir.read("in"), b"hello");
}

#[test]
#[cfg(unix)]
fn a_key_is_not_overwritten() {
    let dir = Scratch::sealed();
    fs::copy(private(2048), dir.path("me.pem")).unwrap();
    let line = dir.fails(["open", "--force", "-i", "me.pem", "sealed", "me.pem"]);
    assert_eq!(line, "bulla: me.pem: this is one of the keys as well, choose another OUT");
    assert_eq!(dir.read("me.pem"), fs::read(private(2048)).unwrap());
}

#[test]
#[cfg(unix)]
fn an_output_that_is_a_link_stays_one() {
    let dir = Scratch::sealed();
    fs::create_dir(dir.path("sub")).unwrap();
    dir.write("sub/old", b"old");
    for (link, target) in [("to-old", "sub/old"), ("to-new", "sub/new")] {
        std::os::unix::fs::symlink(target, dir.path(link)).unwrap();
        dir.succeeds(["open", "--force", "-i", &private(2048), "sealed", link]);
        assert_eq!(fs::read_link(dir.path(link)).unwrap(), Path::new(target));
        assert_eq!(dir.read(target), PLAINTEXT);
    }
    assert_eq!(dir.names(), ["sealed", "sub", "to-new", "to-old"]);
}

#[test]
#[cfg(unix)]
fn links_in_a_circle_are_an_error() {
    let dir = Scratch::sealed();
    std::os::unix::fs::symlink("loop", dir.path("loop")).unwrap();
    let line = dir.fails(["open", "-i", &private(2048), "sealed", "loop"]);
    assert!(line.starts_with("bulla: loop: "), "{line}");
}

#[test]
fn a_directory_is_neither_input_nor_output() {
    let dir = Scratch::sealed();
    fs::create_dir(dir.path("sub")).unwrap();
    assert_eq!(dir.fails(["seal", "-r", &public(2048), "sealed", "sub"]), "bulla: sub: is a directory");
    assert_eq!(dir.fails(["seal", "-r", &public(2048), "sub", "out"]), "bulla: sub: is a directory");
    assert_eq!(dir.fails(["inspect", "sub"]), "bulla: sub: is a directory");
    assert_eq!(dir.names(), ["sealed", "sub"]);
}

#[test]
fn an_output_in_a_missing_directory_is_refused() {
    let dir = Scratch::sealed();
    let line = dir.fails(["seal", "-r", &public(2048), "sealed", "missing/out"]);
    assert_eq!(line, "bulla: missing/out: the directory to write it to does not exist");
}

#[test]
fn a_missing_input_is_named() {
    let dir = Scratch::new();
    assert_eq!(dir.fails(["inspect", "missing"]), "bulla: missing: no such file or directory");
    assert_eq!(dir.fails(["demo", "missing"]), "bulla: missing: no such file or directory");
    let line = dir.fails(["open", "-i", &private(2048), "missing", "out"]);
    assert_eq!(line, "bulla: missing: no such file or directory");
}

#[test]
#[cfg(unix)]
fn an_unreadable_input_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Scratch::sealed();
    fs::set_permissions(dir.path("sealed"), fs::Permissions::from_mode(0o000)).unwrap();
    // An administrator can read every file.
    if File::open(dir.path("sealed")).is_ok() {
        dir.succeeds(["inspect", "sealed"]);
    } else {
        assert_eq!(dir.fails(["inspect", "sealed"]), "bulla: sealed: permission denied");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_device_is_written_to_and_not_replaced() {
    use std::os::unix::fs::FileTypeExt;
    let dir = Scratch::sealed();
    // Where not even a private device can be had, the named pipe and standard output have to do.
    let Some(device) = dir.full_device() else { return };
    for args in [["open", "-i", &private(2048), "sealed", &device], ["seal", "-r", &public(2048), "sealed", &device]] {
        assert_eq!(dir.fails(args), format!("bulla: {device}: no space left on the device"));
        assert!(fs::metadata(dir.path(&device)).unwrap().file_type().is_char_device());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_device_is_reported_in_one_line() {
    let dir = Scratch::sealed();
    for args in [
        &["open", "-i", &private(2048), "sealed", "-"][..],
        &["seal", "-r", &public(2048), "sealed", "-"],
        &["inspect", "sealed"],
        &["inspect", "--json", "sealed"],
        &["keygen", "--bits", "2048", "me.pem"],
        &["demo", "sealed"],
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = dir.command(args).stdout(full).output().unwrap();
        assert_eq!(one_line(&output), "bulla: standard output: no space left on the device", "{args:?}");
    }
}

#[test]
#[cfg(unix)]
fn a_named_pipe_is_written_to_and_not_replaced() {
    use std::os::unix::fs::FileTypeExt;
    let dir = Scratch::sealed();
    let fifo = dir.path("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let reader = thread::spawn({
        let fifo = fifo.clone();
        move || fs::read(fifo).unwrap()
    });
    dir.succeeds(["open", "-i", &private(2048), "sealed", "fifo"]);
    assert!(fs::metadata(&fifo).unwrap().file_type().is_fifo());
    assert_eq!(reader.join().unwrap(), PLAINTEXT);
}

#[test]
#[cfg(unix)]
fn a_closed_pipe_is_reported_in_one_line() {
    let dir = Scratch::new();
    // More than a pipe holds.
    dir.write("in", &pattern(1_000_000));
    dir.succeeds(["seal", "-r", &public(2048), "in", "sealed"]);
    for args in [["open", "-i", &private(2048), "sealed", "-"], ["seal", "-r", &public(2048), "in", "-"]] {
        let mut child = dir.start(args);
        drop(child.stdout.take());
        let line = one_line(&child.wait_with_output().unwrap());
        assert_eq!(line, "bulla: standard output: closed by its reader before everything was written");
    }
}
