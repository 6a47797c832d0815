//! Files and directories of somebody else. An administrator may do everything, so the program runs
//! as another user here, where a test may become one.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::build::program;
use crate::support::*;

#[test]
fn a_directory_that_is_read_only_is_named_before_the_input_is_read() {
    let Some(guest) = Guest::new() else { return };
    fs::create_dir(guest.path("sub")).unwrap();
    fs::set_permissions(guest.path("sub"), Permissions::from_mode(0o755)).unwrap();
    for args in [&["seal", "-r", "pub.pem"][..], &["open", "-i", "key.pem"]] {
        let mut command = guest.command(args);
        // The input stays open, so that the program would wait if it read.
        let mut child = command.args(["-", "sub/out"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take();
        let line = one_line(&child.wait_with_output().unwrap());
        drop(stdin);
        assert_eq!(line, "bulla: sub/out: no file can be made in its directory: permission denied");
    }
}

#[test]
fn a_file_in_a_directory_that_is_read_only_cannot_be_replaced() {
    let Some(guest) = Guest::new() else { return };
    guest.0.write("out", b"precious");
    fs::set_permissions(guest.path("out"), Permissions::from_mode(0o666)).unwrap();
    fs::set_permissions(guest.0.0.path(), Permissions::from_mode(0o755)).unwrap();
    let line = guest.fails(&["open", "--force", "-i", "key.pem", "sealed", "out"]);
    assert_eq!(line, format!("bulla: out: {CANNOT}"));
    assert_eq!(guest.0.read("out"), b"precious");
}

#[test]
fn somebody_elses_file_in_a_sticky_directory_cannot_be_replaced() {
    let Some(guest) = Guest::new() else { return };
    guest.0.write("out", b"precious");
    fs::set_permissions(guest.path("out"), Permissions::from_mode(0o666)).unwrap();
    fs::set_permissions(guest.0.0.path(), Permissions::from_mode(0o1777)).unwrap();
    let line = guest.fails(&["open", "--force", "-i", "key.pem", "sealed", "out"]);
    assert_eq!(line, format!("bulla: out: {CANNOT}"));
    assert_eq!(guest.0.read("out"), b"precious");
}

#[test]
fn what_replaces_somebody_elses_file_is_not_theirs() {
    let Some(guest) = Guest::new() else { return };
    guest.0.write("out", b"old");
    fs::set_permissions(guest.path("out"), Permissions::from_mode(0o4777)).unwrap();
    guest.succeeds(&["open", "--force", "-i", "key.pem", "sealed", "out"]);
    let new = fs::metadata(guest.path("out")).unwrap();
    assert_eq!((new.uid(), new.mode() & 0o7777), (USER, 0o600));
}

#[test]
fn what_an_administrator_opens_over_a_users_file_is_not_the_users() {
    let Some(guest) = Guest::new() else { return };
    guest.0.write("out", b"old");
    chown(guest.path("out"), Some(USER), Some(USER)).unwrap();
    fs::set_permissions(guest.path("out"), Permissions::from_mode(0o666)).unwrap();
    guest.0.succeeds(["open", "--force", "-i", "key.pem", "sealed", "out"]);
    let new = fs::metadata(guest.path("out")).unwrap();
    assert_eq!((new.uid(), new.gid(), new.mode() & 0o7777), (0, 0, 0o600));
}

#[test]
fn changing_in_place_keeps_owner_and_group_if_it_may() {
    let Some(guest) = Guest::new() else { return };
    chown(guest.path("sealed"), Some(USER), Some(OTHER_GROUP)).unwrap();
    fs::set_permissions(guest.path("sealed"), Permissions::from_mode(0o6664)).unwrap();
    guest.0.succeeds(IN_PLACE);
    let new = fs::metadata(guest.path("sealed")).unwrap();
    assert_eq!((new.uid(), new.gid(), new.mode() & 0o7777), (USER, OTHER_GROUP, 0o664));
}

#[test]
fn changing_in_place_is_refused_where_owner_or_group_would_be_lost() {
    for (owner, group, what) in [(0, USER, "owner"), (USER, OTHER_GROUP, "group")] {
        let Some(guest) = Guest::new() else { return };
        let old = guest.0.read("sealed");
        chown(guest.path("sealed"), Some(owner), Some(group)).unwrap();
        fs::set_permissions(guest.path("sealed"), Permissions::from_mode(0o666)).unwrap();
        let names = guest.0.names();
        let line = guest.fails(&IN_PLACE);
        let reason = format!("its {what} could not be kept: choose another OUT, and replace it yourself");
        assert_eq!(line, format!("bulla: sealed: {reason}"));
        assert!(guest.0.read("sealed") == old);
        assert_eq!(guest.0.names(), names);
    }
}

#[test]
fn changing_in_place_is_refused_for_what_may_not_be_written() {
    let Some(guest) = Guest::new() else { return };
    chown(guest.path("sealed"), Some(USER), Some(USER)).unwrap();
    fs::set_permissions(guest.path("sealed"), Permissions::from_mode(0o444)).unwrap();
    assert_eq!(guest.fails(&IN_PLACE), "bulla: sealed: permission denied");
}

#[test]
fn a_device_that_may_not_be_written_is_refused_before_the_input_is_read() {
    let Some(guest) = Guest::new() else { return };
    assert!(Command::new("mkfifo").arg(guest.path("fifo")).status().unwrap().success());
    fs::set_permissions(guest.path("fifo"), Permissions::from_mode(0o444)).unwrap();
    let line = guest.fails(&["open", "-i", "key.pem", "missing", "fifo"]);
    assert_eq!(line, "bulla: fifo: permission denied");
}

/// A directory in which everybody may make files, with keys and a file `sealed` that everybody may
/// read, and a copy of the program.
struct Guest(Scratch);

impl Guest {
    fn new() -> Option<Self> {
        let dir = Scratch::sealed();
        if fs::metadata(dir.0.path()).unwrap().uid() != 0 {
            skipped("only an administrator can run the program as another user");
            return None;
        }
        fs::set_permissions(dir.0.path(), Permissions::from_mode(0o777)).unwrap();
        // Another process copies it. If this one did, programs that other tests start meanwhile
        // would hold the copy open for a moment, for writing, and what is open so cannot be run.
        silent_success(Command::new("cp").arg(program()).arg(dir.path("program")).output().unwrap());
        fs::copy(private(2048), dir.path("key.pem")).unwrap();
        fs::copy(public(3072), dir.path("pub.pem")).unwrap();
        for (name, mode) in [("program", 0o755), ("key.pem", 0o644), ("pub.pem", 0o644), ("sealed", 0o644)] {
            fs::set_permissions(dir.path(name), Permissions::from_mode(mode)).unwrap();
        }
        Some(Self(dir))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    /// The program as a user who owns nothing here, in no group.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.path("program"));
        command.current_dir(self.0.0.path()).args(args).stdin(Stdio::null()).uid(USER).gid(USER);
        command
    }

    fn succeeds(&self, args: &[&str]) {
        silent_success(self.command(args).output().unwrap());
    }

    fn fails(&self, args: &[&str]) -> String {
        one_line(&self.command(args).output().unwrap())
    }
}

const IN_PLACE: [&str; 7] = ["rewrap", "-i", "key.pem", "--add", "pub.pem", "sealed", "sealed"];

const CANNOT: &str = "cannot be replaced: its directory is read-only, or the file is somebody else's in a sticky \
                      directory, or immutable";

/// That of `nobody` on most systems, but any number is good.
const USER: u32 = 65_534;
const OTHER_GROUP: u32 = 12_345;
