//! Access lists (POSIX ACLs) and other attributes that not every file system has, and that only an
//! administrator may set.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{XattrFlags, getxattr, setxattr};

use crate::support::*;

#[test]
fn changing_in_place_keeps_the_access_list() {
    let dir = Scratch::sealed();
    let Some(()) = set(&dir.path("sealed"), ACCESS) else { return };
    let old = (access_list(&dir.path("sealed")), mode(&dir.path("sealed")));
    dir.succeeds(["rewrap", "-i", &private(2048), "--add", &public(3072), "sealed", "sealed"]);
    assert_eq!((access_list(&dir.path("sealed")), mode(&dir.path("sealed"))), old);
    assert!(old.0.is_some() && dir.opens("sealed", 3072));
}

#[test]
fn changing_in_place_takes_no_access_list_from_the_directory() {
    let dir = Scratch::sealed();
    let Some(()) = set(dir.0.path(), DEFAULT) else { return };
    let old = mode(&dir.path("sealed"));
    dir.succeeds(["rewrap", "-i", &private(2048), "--add", &public(3072), "sealed", "sealed"]);
    assert_eq!((access_list(&dir.path("sealed")), mode(&dir.path("sealed"))), (None, old));
}

#[test]
fn changing_in_place_is_refused_where_the_access_list_would_be_lost() {
    let dir = Scratch::sealed();
    let Some(()) = set(&dir.path("sealed"), ACCESS) else { return };
    let old = dir.read("sealed");
    // In a namespace without the user that the list names.
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user"]).arg(crate::build::program()).current_dir(dir.0.path());
    command.args(["rewrap", "-i", &private(2048), "--add", &public(3072), "sealed", "sealed"]);
    let output = command.output().unwrap();
    if text(&output.stderr).starts_with("unshare") {
        skipped("there are no namespaces of users");
        return;
    }
    let reason = "its access list (ACL) could not be kept: choose another OUT, and replace it yourself";
    assert_eq!(one_line(&output), format!("bulla: sealed: {reason}"));
    assert!(dir.read("sealed") == old);
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
fn a_new_envelope_has_the_access_list_of_any_new_file() {
    let dir = Scratch::new();
    dir.write("in", b"hello");
    let Some(()) = set(dir.0.path(), DEFAULT) else { return };
    dir.write("any", b"");
    dir.succeeds(["seal", "-r", &public(2048), "in", "out"]);
    let of = |name| (access_list(&dir.path(name)), mode(&dir.path(name)));
    assert_eq!(of("out"), of("any"));
    assert!(of("out").0.is_some());
}

#[test]
fn what_was_opened_is_for_its_owner_alone_whatever_the_directory_allows() {
    let dir = Scratch::sealed();
    let Some(()) = set(dir.0.path(), DEFAULT) else { return };
    dir.succeeds(["open", "-i", &private(2048), "sealed", "out"]);
    // These bits are the mask, which nobody whom the list names can exceed.
    assert_eq!(mode(&dir.path("out")), 0o600);
}

#[test]
fn an_immutable_file_cannot_be_replaced() {
    for flag in ["i", "a"] {
        let dir = Scratch::sealed();
        dir.write("out", b"precious");
        let Some(_flag) = Flag::set(dir.path("out"), flag) else { return };
        let line = dir.fails(["open", "--force", "-i", &private(2048), "sealed", "out"]);
        let reason = "its directory is read-only, or the file is somebody else's in a sticky directory, or immutable";
        assert_eq!(line, format!("bulla: out: cannot be replaced: {reason}"));
        assert_eq!(dir.names(), ["out", "sealed"]);
    }
}

#[test]
fn nothing_is_left_in_a_directory_that_gives_no_name_back() {
    let dir = Scratch::sealed();
    fs::create_dir(dir.path("sub")).unwrap();
    let Some(_flag) = Flag::set(dir.path("sub"), "a") else { return };
    let line = dir.fails(["open", "-i", &private(2048), "sealed", "sub/out"]);
    assert_eq!(line, "bulla: sub/out: its directory is append-only: no file can be renamed there");
    assert_eq!(fs::read_dir(dir.path("sub")).unwrap().count(), 0);
}

#[test]
fn a_mount_point_cannot_be_replaced() {
    let dir = Scratch::sealed();
    dir.write("out", b"precious");
    let script = "mount --bind out out && exec \"$0\" \"$@\"";
    let script = format!("unshare -m sh -c '{script}' \"$0\" \"$@\"");
    let mut command = dir.shell(&script);
    let output = command.args(["open", "--force", "-i", &private(2048), "sealed", "out"]).output().unwrap();
    if !text(&output.stderr).starts_with("bulla: ") {
        skipped("nothing can be mounted here");
        return;
    }
    assert_eq!(one_line(&output), "bulla: out: cannot be replaced: it is a mount point; choose another OUT");
    assert_eq!(dir.names(), ["out", "sealed"]);
}

/// An attribute of `chattr`, which is taken away again so that the file can be removed.
struct Flag(PathBuf, &'static str);

impl Flag {
    fn set(path: PathBuf, flag: &'static str) -> Option<Self> {
        let set = Command::new("chattr").arg(format!("+{flag}")).arg(&path).output();
        if set.is_ok_and(|output| output.status.success()) {
            return Some(Self(path, flag));
        }
        skipped("only an administrator can make a file immutable, and not on every file system");
        None
    }
}

impl Drop for Flag {
    fn drop(&mut self) {
        let _ = Command::new("chattr").arg(format!("-{}", self.1)).arg(&self.0).status();
    }
}

fn set(path: &Path, kind: &str) -> Option<()> {
    let set = setxattr(path, kind, &list(), XattrFlags::empty());
    if set.is_err() {
        skipped("this file system has no access lists");
    }
    set.ok()
}

fn access_list(path: &Path) -> Option<Vec<u8>> {
    let mut list = vec![0; 1024];
    let len = getxattr(path, ACCESS, &mut list[..]).ok()?;
    list.truncate(len);
    Some(list)
}

/// Version 2, then tag, permissions and id of each entry: owner, a user, group, mask, others.
fn list() -> Vec<u8> {
    let none = u32::MAX;
    let entries: [(u16, u16, u32); 5] = [(1, 6, none), (2, 6, 12_345), (4, 4, none), (16, 6, none), (32, 0, none)];
    let entries = entries.iter().flat_map(|(tag, permissions, id)| {
        [&tag.to_le_bytes()[..], &permissions.to_le_bytes(), &id.to_le_bytes()].concat()
    });
    2_u32.to_le_bytes().into_iter().chain(entries).collect()
}

const ACCESS: &str = "system.posix_acl_access";
const DEFAULT: &str = "system.posix_acl_default";
