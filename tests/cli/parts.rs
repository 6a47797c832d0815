//! One file in parts, sealed by several processes.

use std::fs::{self, File};
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::*;

#[test]
fn a_file_is_sealed_by_several_processes_and_opened_again() {
    let dir = Scratch::new();
    for (len, part_len, workers) in [(0, 100, 1), (1, 1, 2), (100_000, 16384, 2), (100_000, 7_777, 3), (50, 1000, 4)] {
        dir.write("in", &pattern(len));
        let (part_len, workers) = (part_len.to_string(), workers.to_string());
        let size = ["--part-size", &part_len, "--workers", &workers];
        dir.succeeds([&["parts", "seal", "-r", &public(2048)][..], &size, &["in", "out"]].concat());
        dir.succeeds(["parts", "open", "--force", "-i", &private(2048), "out", "opened"]);
        assert!(dir.read("opened") == pattern(len), "{len} {part_len} {workers}");
        assert_eq!(dir.names(), ["in", "opened", "out"]);
        fs::remove_file(dir.path("out")).unwrap();
    }
}

#[test]
fn a_run_that_was_killed_is_resumed_with_a_private_key() {
    let dir = Scratch::new();
    dir.write("in", &pattern(LEN));
    kill_midway(&dir);
    let before = journal_len(&dir);
    // Not from the start by mistake.
    let line = dir.fails(["parts", "seal", "-r", &public(2048), "in", "out"]);
    assert_eq!(line, "bulla: out.partial: already exists: go on with -i KEY.pem, or remove it to begin anew");
    dir.succeeds(["parts", "seal", "-i", &private(2048), "in", "out"]);
    assert!(before > 0);
    dir.succeeds(["parts", "open", "-i", &private(2048), "out", "opened"]);
    assert!(dir.read("opened") == pattern(LEN));
    assert_eq!(dir.names(), ["in", "opened", "out"]);
}

#[test]
fn a_signed_run_that_was_killed_keeps_its_sender() {
    let dir = Scratch::new();
    dir.write("in", &pattern(LEN));
    kill_midway_with(&dir, &["--sign-with", &private(4096)]);
    // As somebody would who puts a header of their own there, to read what is sealed under it.
    let line = dir.fails(["parts", "seal", "-i", &private(2048), "--sender", &public(3072), "in", "out"]);
    assert!(line.starts_with("bulla: out.partial: other sender: "), "{line}");
    dir.succeeds(["parts", "seal", "-i", &private(2048), "--sender", &public(4096), "in", "out"]);
    let output = dir.run(["parts", "open", "-i", &private(2048), "--sender", &public(4096), "out", "opened"]);
    let line = format!("bulla: out: the sender is {} ({})\n", identity(4096).key_id(), public(4096));
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), line));
    assert!(dir.read("opened") == pattern(LEN));
}

#[test]
fn nothing_is_resumed_with_the_wrong_key_or_another_input() {
    let dir = Scratch::new();
    dir.write("in", &pattern(LEN));
    kill_midway(&dir);
    let line = dir.fails(["parts", "seal", "-i", &private(3072), "in", "out"]);
    assert!(line.starts_with("bulla: out.partial: nothing in the envelope is addressed"), "{line}");
    dir.write("in", &pattern(LEN + 1));
    let line = dir.fails(["parts", "seal", "-i", &private(2048), "in", "out"]);
    let reason = "changed since its first part was sealed: remove OUT.partial, and begin anew";
    assert_eq!(line, format!("bulla: in: {reason}"));
}

#[test]
fn nothing_is_resumed_under_a_header_whose_recipients_were_changed() {
    let dir = Scratch::new();
    dir.write("in", &pattern(LEN));
    kill_midway(&dir);
    // As somebody would who wants a recipient out in the midst of the work.
    dir.succeeds(["rewrap", "-i", &private(2048), "--add", &public(3072), "out.partial", "out.partial"]);
    let line = dir.fails(["parts", "seal", "-i", &private(2048), "in", "out"]);
    let reason = "not the header that the parts were begun with: nothing is sealed under it";
    assert_eq!(line, format!("bulla: out.partial: {reason}"));
}

#[test]
fn two_runs_do_not_work_on_one_file() {
    let dir = Scratch::new();
    dir.write("in", &pattern(LEN));
    kill_midway(&dir);
    let other = File::open(dir.path("out.partial")).unwrap();
    other.try_lock().unwrap();
    let line = dir.fails(["parts", "seal", "-i", &private(2048), "in", "out"]);
    assert_eq!(line, "bulla: out.partial: another run is at work on it: wait for its end");
}

#[test]
fn no_run_begins_beside_a_worker_that_an_earlier_one_has_left() {
    let dir = Scratch::new();
    dir.write("in", &pattern(LEN));
    kill_midway(&dir);
    // What a worker holds that is still writing its part.
    let worker = File::open(dir.path("out.partial")).unwrap();
    worker.lock_shared().unwrap();
    let line = dir.fails(["parts", "seal", "-i", &private(2048), "in", "out"]);
    assert_eq!(line, "bulla: out.partial: another run is at work on it: wait for its end");
    drop(worker);
    dir.succeeds(["parts", "seal", "-i", &private(2048), "in", "out"]);
}

#[test]
fn a_worker_that_comes_late_writes_nothing() {
    let dir = Scratch::new();
    dir.write("in", &pattern(LEN));
    kill_midway(&dir);
    let before = dir.read("out.partial");
    // As the run would have started it, under another number.
    let mut worker = Command::new(crate::build::program());
    worker.args(["parts", "worker", "in", "out", "1"]).current_dir(dir.0.path());
    let mut worker = worker.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let job = [[7; 32].as_slice(), [0, 0, 1_000_000_u64].map(u64::to_be_bytes).as_flattened()].concat();
    worker.stdin.take().unwrap().write_all(&job).unwrap();
    let output = worker.wait_with_output().unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    assert_eq!(text(&output.stderr), "bulla: out.partial: another run has gone on with it\n");
    assert!(dir.read("out.partial") == before);
}

#[test]
fn a_damaged_journal_is_refused() {
    let dir = Scratch::new();
    dir.write("in", &pattern(LEN));
    kill_midway(&dir);
    let journal = dir.read("out.journal");
    // The length of a part, zero or twice as much; a byte of the library's; the end cut off.
    let mut zero = journal.clone();
    zero[8..16].fill(0);
    let mut double = journal.clone();
    double[8..16].copy_from_slice(&2_000_000_u64.to_be_bytes());
    let mut flipped = journal.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for damaged in [&zero, &double, &flipped, &journal[..journal.len() - 1], &[]] {
        dir.write("out.journal", damaged);
        let line = dir.fails(["parts", "seal", "-i", &private(2048), "in", "out"]);
        assert_eq!(line, "bulla: out.journal: not a journal, or damaged: remove it, and begin anew");
    }
    assert!(!dir.path("out").exists());
}

#[test]
fn a_file_in_parts_is_opened_as_such_alone_and_never_replaced() {
    let dir = Scratch::sealed();
    dir.write("in", b"hello");
    dir.succeeds(["parts", "seal", "-r", &public(2048), "in", "out"]);
    let line = dir.fails(["open", "-i", &private(2048), "out", "never"]);
    assert_eq!(line, "bulla: out: the header is for parts (layout 04), which open by their manifest");
    let line = dir.fails(["parts", "open", "-i", &private(2048), "sealed", "never"]);
    assert_eq!(line, "bulla: sealed: the header is for a single body (layout 01), with no label, parts or session");
    let line = dir.fails(["parts", "seal", "-r", &public(2048), "in", "out"]);
    assert_eq!(line, "bulla: out: already exists: choose another OUT");
    let text = text(&dir.succeeds(["inspect", "out"]).stdout);
    assert!(text.contains("layout    4 (parts)"), "{text}");
}

#[test]
fn damage_gives_no_file() {
    let dir = Scratch::new();
    dir.write("in", &pattern(100_000));
    dir.succeeds(["parts", "seal", "-r", &public(2048), "--part-size", "30000", "in", "out"]);
    let good = dir.read("out");
    let (body, end) = (good.len() - 40_000, good.len() - 1);
    for (damaged, reason) in [
        ([&good[..body], &[good[body] ^ 1], &good[body + 1..]].concat(), "was altered"),
        (good[..end].to_vec(), "manifest"),
        ([&good[..], b"x"].concat(), "manifest"),
    ] {
        dir.write("damaged", &damaged);
        let line = dir.fails(["parts", "open", "-i", &private(2048), "damaged", "never"]);
        assert!(line.starts_with("bulla: damaged: ") && line.contains(reason), "{line}");
    }
    assert!(!dir.path("never").exists());
}

/// Kills a run that has sealed a part and not all of them. Its workers end by themselves.
fn kill_midway(dir: &Scratch) {
    kill_midway_with(dir, &[]);
}

fn kill_midway_with(dir: &Scratch, options: &[&str]) {
    let mut command = Command::new(crate::build::program());
    command.args(["parts", "seal", "-r", &public(2048), "--part-size", "1000000", "--workers", "2"]);
    command.args(options).args(["in", "out"]);
    let mut child = command.current_dir(dir.0.path()).stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while journal_len(dir) == 0 {
        assert!(Instant::now() < deadline, "no part was sealed");
        thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let partial = File::open(dir.path("out.partial")).expect("it was still at work");
    // Until its workers have ended, too.
    partial.lock().unwrap();
}

/// How many parts are in the journal: 40 bytes of this program's, 208 without a part, 48 for each.
fn journal_len(dir: &Scratch) -> u64 {
    let len = fs::metadata(dir.path("out.journal")).map_or(0, |metadata| metadata.len());
    len.saturating_sub(40 + 208) / 48
}

const LEN: usize = 60_000_000;
