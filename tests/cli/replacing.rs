//! Files that `bulla rewrap` changes in place: the old one or the new one, whole, whatever happens.

#[cfg(unix)]
use std::fs;
#[cfg(unix)]
use std::process::Output;

use crate::support::*;

#[test]
fn a_file_is_changed_in_place_and_nothing_else_is_left() {
    let dir = Scratch::sealed();
    dir.succeeds(in_place("sealed", "sealed"));
    assert!(dir.opens("sealed", 3072));
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
#[cfg(unix)]
fn a_file_is_changed_in_place_under_other_names_as_well() {
    let dir = Scratch::sealed();
    std::os::unix::fs::symlink("sealed", dir.path("soft")).unwrap();
    for output in ["./sealed", "soft"] {
        dir.write("sealed", &bulla::seal(identity(2048).recipient(), &PLAINTEXT).unwrap());
        dir.succeeds(in_place("sealed", output));
        assert!(dir.opens("sealed", 3072), "{output}");
    }
    assert!(fs::symlink_metadata(dir.path("soft")).unwrap().is_symlink());
}

#[test]
#[cfg(unix)]
fn a_hard_link_keeps_the_old_file_as_the_help_says() {
    let dir = Scratch::sealed();
    let old = dir.read("sealed");
    fs::hard_link(dir.path("sealed"), dir.path("hard")).unwrap();
    dir.succeeds(in_place("sealed", "sealed"));
    assert!(dir.read("hard") == old);
    assert!(dir.opens("sealed", 3072));
}

#[test]
#[cfg(unix)]
fn a_file_changed_in_place_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    for permissions in [0o666, 0o600] {
        let dir = Scratch::sealed();
        fs::set_permissions(dir.path("sealed"), fs::Permissions::from_mode(permissions)).unwrap();
        dir.succeeds(in_place("sealed", "sealed"));
        assert_eq!(mode(&dir.path("sealed")), permissions);
    }
}

#[test]
#[cfg(unix)]
fn a_file_changed_in_place_loses_its_special_bits() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Scratch::sealed();
    fs::set_permissions(dir.path("sealed"), fs::Permissions::from_mode(0o6751)).unwrap();
    dir.succeeds(in_place("sealed", "sealed"));
    assert_eq!(mode(&dir.path("sealed")), 0o751);
}

#[test]
#[cfg(unix)]
fn a_redirected_input_is_changed_in_place_as_well() {
    let dir = Scratch::sealed();
    let mut command = dir.command(in_place("-", "sealed"));
    silent_success(command.stdin(fs::File::open(dir.path("sealed")).unwrap()).output().unwrap());
    assert!(dir.opens("sealed", 3072));
}

#[test]
#[cfg(unix)]
fn another_name_of_the_input_is_changed_without_force_and_the_first_one_stays() {
    let dir = Scratch::sealed();
    let old = dir.read("sealed");
    fs::hard_link(dir.path("sealed"), dir.path("hard")).unwrap();
    dir.succeeds(in_place("sealed", "hard"));
    assert!(dir.read("sealed") == old && dir.opens("hard", 3072));
}

#[test]
#[cfg(unix)]
fn of_two_runs_at_once_the_second_fails_and_says_so() {
    let dir = Scratch::sealed();
    let old = dir.read("sealed");
    // As the first one does.
    let first = fs::File::open(dir.path("sealed")).unwrap();
    first.try_lock().unwrap();
    let line = dir.fails(in_place("sealed", "sealed"));
    assert_eq!(line, "bulla: sealed: is being changed by another rewrap: wait for its end, then try again");
    assert!(dir.read("sealed") == old);
    assert_eq!(dir.names(), ["sealed"]);
    drop(first);
    dir.succeeds(in_place("sealed", "sealed"));
}

#[test]
#[cfg(unix)]
fn runs_at_once_lose_no_recipient() {
    for _ in 0..10 {
        let dir = Scratch::sealed();
        let add = |bits| ["rewrap", "-i", &private(2048), "--add", &public(bits), "sealed", "sealed"].map(String::from);
        let children = [3072, 4096].map(|bits| (bits, dir.start(add(bits))));
        for (bits, child) in children {
            let output = child.wait_with_output().unwrap();
            // Whoever says that it has succeeded has.
            assert_eq!(output.status.success(), dir.opens("sealed", bits), "{bits}: {output:?}");
        }
        assert_eq!(dir.names(), ["sealed"]);
    }
}

#[test]
#[cfg(unix)]
fn a_file_that_another_one_replaces_meanwhile_stays() {
    let dir = large();
    dir.write("other", b"precious");
    // Long enough to get in between.
    dir.write("sealed", &[dir.read("sealed"), vec![0; 128 << 20]].concat());
    let child = dir.start(in_place("sealed", "sealed"));
    dir.wait_for_temporaries(1);
    fs::rename(dir.path("other"), dir.path("sealed")).unwrap();
    let line = one_line(&child.wait_with_output().unwrap());
    assert_eq!(line, "bulla: sealed: changed while this program was at work, and stays as it is: try again");
    assert_eq!(dir.read("sealed"), b"precious");
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
#[cfg(unix)]
fn a_run_that_fails_midway_leaves_the_old_file_and_nothing_else() {
    let dir = large();
    let old = dir.read("sealed");
    // Ignored, the signal becomes an error.
    let output = with_small_files(&dir, "trap '' XFSZ;");
    let reason = "file too large for the file system or the limit on file sizes";
    assert_eq!(one_line(&output), format!("bulla: sealed: {reason}"));
    assert!(dir.read("sealed") == old);
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
#[cfg(unix)]
fn a_run_that_is_killed_midway_leaves_the_old_file() {
    let dir = large();
    let old = dir.read("sealed");
    let output = with_small_files(&dir, "");
    assert_eq!(output.status.code(), None, "{output:?}");
    assert!(dir.read("sealed") == old);
    // What it had written so far is beside it: it was midway indeed.
    assert_eq!(dir.names().len(), 2);
}

#[test]
fn a_refusal_leaves_the_old_file() {
    let dir = Scratch::sealed();
    let old = dir.read("sealed");
    dir.fails(["rewrap", "-i", &private(3072), "--add", &public(3072), "sealed", "sealed"]);
    assert!(dir.read("sealed") == old);
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_device_is_reported_in_one_line_and_stays_a_device() {
    use std::os::unix::fs::FileTypeExt;
    let dir = Scratch::sealed();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = dir.command(in_place("sealed", "-")).stdout(full).output().unwrap();
    assert_eq!(one_line(&output), "bulla: standard output: no space left on the device");
    let Some(device) = dir.full_device() else { return };
    assert_eq!(dir.fails(in_place("sealed", &device)), format!("bulla: {device}: no space left on the device"));
    assert!(fs::metadata(dir.path(&device)).unwrap().file_type().is_char_device());
}

#[test]
#[cfg(unix)]
fn a_closed_pipe_is_reported_in_one_line() {
    let dir = large();
    let mut child = dir.start(in_place("sealed", "-"));
    drop(child.stdout.take());
    let line = one_line(&child.wait_with_output().unwrap());
    assert_eq!(line, "bulla: standard output: closed by its reader before everything was written");
}

/// Adds the key of 3072 bits to those who can open.
fn in_place(input: &str, output: &str) -> [String; 7] {
    ["rewrap", "-i", &private(2048), "--add", &public(3072), input, output].map(Into::into)
}

/// With a file `sealed` of more than a megabyte.
#[cfg(unix)]
fn large() -> Scratch {
    let dir = Scratch::new();
    dir.write("sealed", &bulla::seal(identity(2048).recipient(), &pattern(1_200_000)).unwrap());
    dir
}

/// Changes the file `sealed` in place where no file can become longer than some 100 or 200 KB,
/// after the shell has done `before`.
#[cfg(unix)]
fn with_small_files(dir: &Scratch, before: &str) -> Output {
    let script = format!("{before} ulimit -c 0; ulimit -f 200; exec \"$0\" \"$@\"");
    let mut command = dir.shell(&script);
    command.args(in_place("sealed", "sealed")).output().unwrap()
}
