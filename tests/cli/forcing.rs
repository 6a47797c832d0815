//! A new file, or nothing: what is there stays, or is replaced on request.

use std::fs;

use crate::support::*;

#[test]
fn a_file_that_exists_is_not_replaced_unasked() {
    let dir = Scratch::sealed();
    dir.write("out", b"precious");
    for args in commands() {
        let line = dir.fails(args.iter().map(String::as_str).chain(["sealed", "out"]));
        assert_eq!(line, "bulla: out: already exists: choose another OUT, or replace it with --force");
    }
    assert_eq!(dir.read("out"), b"precious");
    assert_eq!(dir.names(), ["out", "sealed"]);
}

#[test]
fn a_file_that_exists_is_replaced_on_request() {
    let dir = Scratch::sealed();
    for args in commands() {
        dir.write("out", b"old");
        dir.succeeds(args.iter().map(String::as_str).chain(["--force", "sealed", "out"]));
        assert_ne!(dir.read("out"), b"old");
    }
    assert_eq!(dir.names(), ["out", "sealed"]);
}

#[test]
fn a_file_that_exists_is_refused_before_the_input_is_read() {
    let dir = Scratch::new();
    dir.write("out", b"precious");
    for args in commands() {
        let mut child = dir.start(args.iter().map(String::as_str).chain(["-", "out"]));
        // Its input stays open, so that the program would wait if it read.
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(1), "{args:?}");
    }
}

#[test]
#[cfg(unix)]
fn an_envelope_has_the_permissions_of_any_new_file() {
    let dir = Scratch::new();
    dir.write("in", b"hello");
    for umask in ["000", "022", "077", "007"] {
        let mut command = dir.shell(&format!("umask {umask}; touch any; exec \"$0\" \"$@\""));
        silent_success(command.args(["seal", "--force", "-r", &public(2048), "in", "out"]).output().unwrap());
        assert_eq!(mode(&dir.path("out")), mode(&dir.path("any")), "{umask}");
        fs::remove_file(dir.path("any")).unwrap();
    }
}

#[test]
#[cfg(unix)]
fn what_was_opened_is_for_its_owner_alone() {
    let dir = Scratch::sealed();
    for umask in ["000", "022", "077"] {
        let mut command = dir.shell(&format!("umask {umask}; exec \"$0\" \"$@\""));
        silent_success(command.args(["open", "--force", "-i", &private(2048), "sealed", "out"]).output().unwrap());
        assert_eq!(mode(&dir.path("out")), 0o600, "{umask}");
    }
}

#[test]
#[cfg(unix)]
fn a_new_file_inherits_no_permissions_from_the_old_one() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Scratch::sealed();
    let new = mode(&dir.path("sealed"));
    for permissions in [0o444, 0o666, 0o4777, 0o2770, 0o600] {
        for args in commands() {
            let expected = if args[0] == "open" { 0o600 } else { new };
            dir.write("out", b"old");
            fs::set_permissions(dir.path("out"), fs::Permissions::from_mode(permissions)).unwrap();
            dir.succeeds(args.iter().map(String::as_str).chain(["--force", "sealed", "out"]));
            assert_eq!(mode(&dir.path("out")), expected, "{permissions:o} {args:?}");
            fs::remove_file(dir.path("out")).unwrap();
        }
    }
}

#[test]
#[cfg(unix)]
fn who_has_the_old_file_open_sees_nothing_of_the_new_one() {
    use std::io::Read;
    let dir = Scratch::sealed();
    dir.write("out", b"old");
    let mut old = fs::File::open(dir.path("out")).unwrap();
    dir.succeeds(["open", "--force", "-i", &private(2048), "sealed", "out"]);
    let mut seen = Vec::new();
    old.read_to_end(&mut seen).unwrap();
    assert_eq!(seen, b"old");
}

#[test]
#[cfg(unix)]
fn a_file_that_appears_meanwhile_stays() {
    for force in [&[][..], &["--force"]] {
        let dir = Scratch::new();
        let mut child = dir.start([&["seal", "-r", &public(2048)], force, &["-", "out"]].concat());
        dir.wait_for_temporaries(1);
        dir.write("out", b"precious");
        drop(child.stdin.take());
        let line = one_line(&child.wait_with_output().unwrap());
        assert_eq!(line, "bulla: out: appeared while this program was at work, and stays as it is: try again");
        assert_eq!(dir.read("out"), b"precious");
        assert_eq!(dir.names(), ["out"]);
    }
}

#[test]
#[cfg(unix)]
fn a_file_that_changes_meanwhile_is_not_replaced() {
    for change in [replace, append] {
        let dir = Scratch::new();
        dir.write("out", b"old");
        let mut child = dir.start(["seal", "--force", "-r", &public(2048), "-", "out"]);
        dir.wait_for_temporaries(1);
        change(&dir);
        drop(child.stdin.take());
        let line = one_line(&child.wait_with_output().unwrap());
        assert_eq!(line, "bulla: out: changed while this program was at work, and stays as it is: try again");
        assert!(dir.read("out").ends_with(b"precious"));
        assert_eq!(dir.names(), ["out"]);
    }
}

#[test]
#[cfg(unix)]
fn the_unfinished_file_is_for_its_owner_alone() {
    let dir = Scratch::new();
    let mut command = dir.shell("umask 0; exec \"$0\" \"$@\"");
    command.args(["seal", "-r", &public(2048), "-", "out"]).stdin(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let names = dir.wait_for_temporaries(1);
    let unfinished = mode(&dir.path(&names[0]));
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert_eq!(unfinished, 0o600);
}

#[test]
fn a_name_that_ends_like_that_of_a_directory_is_refused() {
    let dir = Scratch::sealed();
    let line = dir.fails(["open", "-i", &private(2048), "sealed", "out/"]);
    assert_eq!(line, "bulla: out/: is a name for a directory: name a file");
}

#[cfg(unix)]
fn replace(dir: &Scratch) {
    dir.write("other", b"precious");
    fs::rename(dir.path("other"), dir.path("out")).unwrap();
}

#[cfg(unix)]
fn append(dir: &Scratch) {
    dir.write("out", b"old and precious");
}

/// The commands that have an OUT, for a file that the key of 2048 bits opens.
fn commands() -> [Vec<String>; 3] {
    [
        ["seal", "-r", &public(2048)].map(Into::into).into(),
        ["open", "-i", &private(2048)].map(Into::into).into(),
        ["rewrap", "-i", &private(2048), "--add", &public(3072)].map(Into::into).into(),
    ]
}
