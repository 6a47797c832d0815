//! Names that lead through a file descriptor, which are written to as `-` is.

use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, symlink};
use std::process::{Command, Stdio};

use crate::support::*;

#[test]
fn what_a_redirection_appends_to_is_appended_to() {
    let dir = with_links();
    for name in NAMES {
        dir.write("log", b"before\n");
        let inode = fs::metadata(dir.path("log")).unwrap().ino();
        let mut command = shell(&dir, name, ">> log; echo after >> log");
        silent_success(command.output().unwrap());
        assert_eq!(dir.read("log"), [b"before\n", &PLAINTEXT[..], b"after\n"].concat(), "{name}");
        assert_eq!(fs::metadata(dir.path("log")).unwrap().ino(), inode, "{name}");
    }
}

#[test]
fn what_others_write_before_and_after_to_the_same_stream_stays() {
    let dir = with_links();
    for name in NAMES {
        let mut command = dir.shell(&format!("(echo before; \"$0\" \"$@\" {}; echo after) > log", name));
        silent_success(command.args(["open", "-i", &private(2048), "sealed"]).output().unwrap());
        assert_eq!(dir.read("log"), [b"before\n", &PLAINTEXT[..], b"after\n"].concat(), "{name}");
    }
}

#[test]
fn the_permissions_of_a_redirected_file_stay() {
    let dir = with_links();
    for name in NAMES {
        dir.write("log", b"");
        fs::set_permissions(dir.path("log"), std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
        silent_success(shell(&dir, name, "> log").output().unwrap());
        assert_eq!(mode(&dir.path("log")), 0o640, "{name}");
    }
}

#[test]
fn the_links_themselves_stay() {
    let dir = with_links();
    let links = || ["/dev/stdout", "/dev/fd"].map(|link| fs::read_link(link).ok());
    let before = links();
    for name in NAMES {
        for force in ["", "--force"] {
            silent_success(shell(&dir, name, &format!("{force} > log")).output().unwrap());
        }
    }
    assert_eq!(links(), before);
    assert_eq!(dir.names(), ["fds", "log", "sealed", "soft", "softer", "sub"]);
}

#[test]
fn a_pipe_is_reached_under_every_name() {
    let dir = with_links();
    for name in NAMES {
        assert_eq!(silent_success(shell(&dir, name, "").output().unwrap()).stdout, PLAINTEXT, "{name}");
    }
}

#[test]
fn any_other_descriptor_keeps_its_position() {
    let dir = Scratch::sealed();
    for name in ["/dev/fd/7", "/proc/self/fd/7", "/proc/thread-self/fd/7"] {
        let script = format!("exec 7>log; echo before >&7; \"$0\" \"$@\" {name}; echo after >&7");
        let mut command = dir.shell(&script);
        silent_success(command.args(["open", "-i", &private(2048), "sealed"]).output().unwrap());
        assert_eq!(dir.read("log"), [b"before\n", &PLAINTEXT[..], b"after\n"].concat(), "{name}");
    }
}

#[test]
fn a_process_is_found_by_its_number_as_well() {
    let dir = Scratch::sealed();
    // First the shell, then, with `exec`, the program itself.
    for exec in ["", "exec"] {
        for name in ["/proc/$$/fd/1", "/proc/$$/task/$$/fd/1", "/proc/$$/root/proc/$$/fd/1"] {
            let script = format!("exec > log; echo before; {exec} \"$0\" \"$@\" {name}");
            silent_success(dir.shell(&script).args(["open", "-i", &private(2048), "sealed"]).output().unwrap());
            assert_eq!(dir.read("log"), [b"before\n", &PLAINTEXT[..]].concat(), "{exec} {name}");
        }
    }
}

#[test]
fn a_descriptor_is_recognised_from_within_its_directory() {
    let dir = Scratch::sealed();
    let script = format!("exec > log; echo before; cd /proc/$$/fd; \"$0\" \"$@\" {} 1", dir.path("sealed").display());
    silent_success(dir.shell(&script).args(["open", "-i", &private(2048)]).output().unwrap());
    assert_eq!(dir.read("log"), [b"before\n", &PLAINTEXT[..]].concat());
}

#[test]
fn standard_error_is_reached_by_its_name() {
    let dir = Scratch::sealed();
    let output = dir.run(["open", "-i", &private(2048), "sealed", "/dev/stderr"]);
    assert_eq!((output.status.code(), output.stderr), (Some(0), PLAINTEXT.to_vec()));
}

#[test]
fn a_descriptor_of_another_process_keeps_its_position() {
    let dir = Scratch::sealed();
    let mut log = File::create(dir.path("log")).unwrap();
    log.write_all(b"before\n").unwrap();
    let mut holder = Command::new("cat").stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).spawn().unwrap();
    let name = format!("/proc/{}/fd/1", holder.id());
    let output = dir.run(["open", "-i", &private(2048), "sealed", &name]);
    drop(holder.stdin.take());
    holder.wait().unwrap();
    if output.status.success() {
        assert_eq!(log.stream_position().unwrap(), dir.read("log").len() as u64);
        assert_eq!(dir.read("log"), [b"before\n", &PLAINTEXT[..]].concat());
    } else {
        // Where the system does not allow to share it.
        assert!(one_line(&output).contains("name the file itself, or -"), "{output:?}");
        assert_eq!(dir.read("log"), b"before\n");
    }
}

#[test]
fn a_deleted_file_is_written_to_and_does_not_come_back() {
    let dir = Scratch::sealed();
    let mut log = File::options().read(true).write(true).create_new(true).open(dir.path("log")).unwrap();
    fs::remove_file(dir.path("log")).unwrap();
    let mut command = dir.command(["open", "-i", &private(2048), "sealed", "/dev/stdout"]);
    silent_success(command.stdout(log.try_clone().unwrap()).output().unwrap());
    let mut content = Vec::new();
    log.rewind().unwrap();
    log.read_to_end(&mut content).unwrap();
    assert_eq!(content, PLAINTEXT);
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
fn a_descriptor_that_is_not_open_is_an_error() {
    let dir = Scratch::sealed();
    let line = dir.fails(["open", "-i", &private(2048), "sealed", "/dev/fd/99"]);
    assert_eq!(line, "bulla: /dev/fd/99: no such file or directory");
}

#[test]
fn a_descriptor_that_is_only_read_is_an_error() {
    let dir = Scratch::sealed();
    dir.write("in", b"precious");
    let mut command = dir.command(["open", "--force", "-i", &private(2048), "sealed", "/dev/stdin"]);
    let output = command.stdin(File::open(dir.path("in")).unwrap()).output().unwrap();
    assert_eq!(one_line(&output), "bulla: /dev/stdin: is open for reading only: there is nowhere to write");
    assert_eq!(dir.read("in"), b"precious");
}

#[test]
fn a_closed_descriptor_is_an_error_under_its_name_as_well() {
    let dir = Scratch::sealed();
    let mut command = shell(&dir, "/dev/stdout", ">&-");
    let line = one_line(&command.output().unwrap());
    assert_eq!(line, "bulla: /dev/stdout: is closed: there is nowhere to write");
}

#[test]
fn the_input_is_not_written_to_through_a_descriptor() {
    let dir = Scratch::sealed();
    let old = dir.read("sealed");
    let line = one_line(&shell(&dir, "/dev/stdout", ">> sealed").output().unwrap());
    assert_eq!(line, "bulla: /dev/stdout: this is IN as well, choose another OUT");
    assert_eq!(dir.read("sealed"), old);
}

#[test]
fn a_directory_behind_a_process_holds_files_like_any_other() {
    let dir = Scratch::sealed();
    dir.succeeds(["open", "-i", &private(2048), "sealed", "/proc/self/cwd/out"]);
    assert_eq!(dir.read("out"), PLAINTEXT);
    let line = dir.fails(["open", "-i", &private(2048), "sealed", "/proc/self/cwd/out"]);
    assert!(line.contains("already exists"), "{line}");
}

#[test]
fn a_directory_of_descriptors_is_recognised_where_it_is_mounted() {
    let dir = Scratch::sealed();
    fs::create_dir(dir.path("proc")).unwrap();
    let script = "mount -t proc proc proc && echo before && \"$0\" \"$@\" proc/self/fd/1";
    let script = format!("unshare -m sh -c '{script}' \"$0\" \"$@\" > log");
    let output = dir.shell(&script).args(["open", "-i", &private(2048), "sealed"]).output().unwrap();
    if !dir.read("log").starts_with(b"before\n") {
        skipped("nothing can be mounted here");
        return;
    }
    assert_eq!(dir.read("log"), [b"before\n", &PLAINTEXT[..]].concat(), "{output:?}");
}

/// With a file `sealed`, and other ways to the descriptors of a process.
fn with_links() -> Scratch {
    let dir = Scratch::sealed();
    symlink("/dev/fd", dir.path("fds")).unwrap();
    symlink("fds/1", dir.path("soft")).unwrap();
    symlink("soft", dir.path("softer")).unwrap();
    fs::create_dir(dir.path("sub")).unwrap();
    symlink("/dev/stdout", dir.path("sub/out")).unwrap();
    dir
}

/// A shell that opens `sealed` to `name`, followed by `rest`.
fn shell(dir: &Scratch, name: &str, rest: &str) -> Command {
    let mut command = dir.shell(&format!("\"$0\" \"$@\" {} {rest}", name));
    command.args(["open", "-i", &private(2048), "sealed"]);
    command
}

const NAMES: [&str; 11] = [
    "/dev/stdout",
    "/dev/fd/1",
    "/dev/fd/../fd/1",
    "/proc/self/fd/1",
    "/proc/thread-self/fd/1",
    "/proc/self/task/../fd/1",
    "//dev//stdout",
    "fds/1",
    "softer",
    "sub/out",
    "sub/../soft",
];
