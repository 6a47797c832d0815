//! The example program, run as people run it: what it promises of files, pipes, exit status and words.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime};

use bulla::{Encryptor, KeySize, RsaIdentity};
use serde_json::{Value, json};
use tempfile::TempDir;

// Round trips

#[test]
fn files_of_every_kind_of_length_come_back() {
    let dir = Scratch::new();
    for len in [0, 1, 16_383, 16_384, 16_385, 1_000_000] {
        dir.write("in", &pattern(len));
        dir.succeeds(["seal", "-r", &public(2048), "in", "sealed"]);
        dir.succeeds(["open", "-i", &private(2048), "sealed", "out"]);
        assert_eq!(dir.read("out"), pattern(len), "{len} bytes");
    }
}

#[test]
fn pipes_carry_what_files_do() {
    let dir = Scratch::new();
    let plaintext = pattern(300_000);
    let sealed = dir.pipe(["seal", "-r", &public(2048), "-", "-"], &plaintext);
    assert_eq!(bulla::open(&identity(2048), &sealed.stdout).unwrap(), plaintext);
    let opened = dir.pipe(["open", "-i", &private(2048), "-", "-"], &sealed.stdout);
    assert_eq!(opened.stdout, plaintext);
}

#[test]
fn each_recipient_opens_alone() {
    let dir = Scratch::new();
    dir.write("in", b"hello");
    dir.succeeds(["seal", "-r", &public(2048), "-r", &public(3072), "in", "sealed"]);
    for bits in [2048, 3072] {
        dir.succeeds(["open", "-i", &private(bits), "sealed", "out"]);
        assert_eq!(dir.read("out"), b"hello");
        fs::remove_file(dir.path("out")).unwrap();
    }
}

#[test]
fn one_of_several_private_keys_is_enough() {
    let dir = Scratch::sealed();
    dir.succeeds(["open", "-i", &private(3072), "-i", &private(2048), "sealed", "out"]);
    assert_eq!(dir.read("out"), PLAINTEXT);
}

#[test]
fn every_encoding_of_a_key_is_accepted() {
    let dir = Scratch::new();
    dir.write("in", b"hello");
    dir.write("public.der", identity(2048).recipient().as_der());
    dir.write("private.der", identity(2048).to_der().expose());
    for public in [key("rsa2048.pkcs1.pub.pem"), "public.der".into()] {
        for private in [key("rsa2048.pkcs1.pem"), "private.der".into()] {
            dir.succeeds(["seal", "-r", &public, "in", "sealed"]);
            dir.succeeds(["open", "-i", &private, "sealed", "out"]);
            assert_eq!(dir.read("out"), b"hello", "{public} {private}");
        }
    }
}

#[test]
fn anonymous_recipients_are_not_named_and_can_open() {
    let dir = Scratch::new();
    dir.write("in", b"hello");
    dir.succeeds(["seal", "-r", &public(2048), "-r", &public(3072), "--anonymous", "in", "sealed"]);
    let records = dir.inspect("sealed")["records"].clone();
    assert_eq!([&records[0]["key_id"], &records[1]["key_id"]], [&Value::Null; 2]);
    dir.succeeds(["open", "-i", &private(2048), "sealed", "out"]);
    assert_eq!(dir.read("out"), b"hello");
}

#[test]
fn more_anonymous_recipients_than_a_service_would_try_are_tried() {
    let dir = Scratch::new();
    let recipient = identity(2048).recipient().anonymous();
    let recipients = vec![recipient; 17];
    dir.write("sealed", &Encryptor::with_recipients(&recipients).unwrap().encrypt(b"hello").unwrap());
    dir.write("other.pem", RsaIdentity::generate(KeySize::Rsa2048).unwrap().to_pem().expose().as_bytes());
    let line = dir.fails(["open", "-i", "other.pem", "sealed", "out"]);
    assert_eq!(line, "bulla: sealed: wrong key, or the header was altered");
}

#[test]
fn plaintext_is_passed_on_as_soon_as_it_is_authentic() {
    let dir = Scratch::new();
    let plaintext = pattern(40_000);
    let sealed = bulla::seal(&identity(2048).recipient(), &plaintext).unwrap();
    let (now, later) = sealed.split_at(sealed.len() - 5);

    let mut child = dir.start(["open", "-i", &private(2048), "-", "-"]);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(now).unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let (sender, receiver) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut chunks = vec![0; 32_768];
        stdout.read_exact(&mut chunks).unwrap();
        sender.send(chunks).unwrap();
        let mut rest = Vec::new();
        stdout.read_to_end(&mut rest).unwrap();
        rest
    });
    let chunks = receiver.recv_timeout(Duration::from_secs(10));
    // Ends the child, whatever came of it.
    stdin.write_all(later).unwrap();
    drop(stdin);
    assert_eq!(chunks.expect("two chunks before the end of the input"), plaintext[..32_768]);
    assert_eq!(reader.join().unwrap(), plaintext[32_768..]);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

// Keys

#[test]
fn a_generated_pair_seals_and_opens() {
    let dir = Scratch::new();
    let stdout = dir.succeeds(["keygen", "--bits", "2048", "me.pem"]).stdout;
    let id = RsaIdentity::from_pem(dir.read("me.pem")).unwrap().key_id().to_string();
    assert!(String::from_utf8(stdout).unwrap().contains(&id));
    dir.write("in", b"hello");
    dir.succeeds(["seal", "-r", "me.pub.pem", "in", "sealed"]);
    dir.succeeds(["open", "-i", "me.pem", "sealed", "out"]);
    assert_eq!(dir.read("out"), b"hello");
}

#[test]
#[cfg(unix)]
fn a_private_key_is_for_its_owner_alone() {
    let dir = Scratch::new();
    dir.succeeds(["keygen", "--bits", "2048", "me.pem"]);
    assert_eq!(mode(&dir.path("me.pem")), 0o600);
}

#[test]
fn keygen_never_overwrites() {
    for existing in ["me.pem", "me.pub.pem"] {
        let dir = Scratch::new();
        dir.write(existing, b"precious");
        let line = dir.fails(["keygen", "--bits", "2048", "me.pem"]);
        assert_eq!(line, format!("bulla: {existing}: exists already, and keys are never overwritten"));
        assert_eq!(dir.names(), [existing]);
        assert_eq!(dir.read(existing), b"precious");
    }
}

#[test]
#[cfg(unix)]
fn keygen_does_not_write_through_a_dangling_link() {
    let dir = Scratch::new();
    std::os::unix::fs::symlink("elsewhere", dir.path("me.pub.pem")).unwrap();
    dir.fails(["keygen", "--bits", "2048", "me.pem"]);
    assert_eq!(dir.names(), ["me.pub.pem"]);
}

#[test]
#[cfg(unix)]
fn keygen_leaves_no_half_of_a_pair() {
    let dir = Scratch::new();
    // The name of the private key is as long as a name can be; that of the public one is longer.
    let private = format!("{}.pem", "k".repeat(251));
    let line = dir.fails(["keygen", "--bits", "2048", &private]);
    assert!(line.contains(".pub.pem: "), "{line}");
    assert_eq!(dir.names(), NONE);
}

#[test]
fn an_unsuitable_public_key_is_named_with_the_reason() {
    let dir = Scratch::new();
    dir.write("in", b"hello");
    dir.write("empty", b"");
    dir.write("garbage", b"hello");
    dir.write("large.der", &public_key_of_8200_bits());
    dir.write("large", &[b'x'; (64 << 10) + 1]);
    dir.write("two", &[fs::read(public(2048)).unwrap(), fs::read(public(3072)).unwrap()].concat());
    dir.write("certificate", b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
    for (file, reason) in [
        (private(2048), "this is a private key, a public key is needed here: give "),
        (key("encrypted2048.pem"), "this is a private key, a public key is needed here"),
        (key("rsa1024.pub.pem"), "RSA key of 1024 bits, at least 2048 are needed"),
        ("large.der".into(), "RSA key of 8200 bits, at most 8192 are supported"),
        (key("pss2048.pub.pem"), "restricted to RSASSA-PSS"),
        (key("ec256.pub.pem"), "an elliptic curve (EC) key"),
        ("certificate".into(), "openssl x509"),
        ("empty".into(), "is empty"),
        ("garbage".into(), "not an RSA key"),
        ("large".into(), "larger than a key file can be"),
        ("two".into(), "more than one PEM block"),
        ("missing".into(), "no such file or directory"),
    ] {
        let line = dir.fails(["seal", "-r", &file, "in", "out"]);
        assert!(line.starts_with(&format!("bulla: {file}: ")) && line.contains(reason), "{line}");
        assert!(!dir.path("out").exists(), "{file}");
    }
}

#[test]
fn an_unsuitable_private_key_is_named_with_the_reason() {
    let dir = Scratch::sealed();
    for (file, reason) in [
        (public(2048), "this is a public key, a private key is needed here"),
        (key("encrypted2048.pem"), "openssl pkey"),
        (key("rsa1024.pem"), "RSA key of 1024 bits, at least 2048 are needed"),
        (key("pss2048.pem"), "restricted to RSASSA-PSS"),
        (key("ec256.pem"), "an elliptic curve (EC) key"),
        ("sealed".into(), "not an RSA key"),
        ("missing".into(), "no such file or directory"),
    ] {
        let line = dir.fails(["open", "-i", &file, "sealed", "out"]);
        assert!(line.starts_with(&format!("bulla: {file}: ")) && line.contains(reason), "{line}");
        assert!(!dir.path("out").exists(), "{file}");
    }
}

#[test]
#[cfg(unix)]
fn a_device_without_an_end_is_not_a_key() {
    let dir = Scratch::sealed();
    let line = dir.fails(["seal", "-r", "/dev/zero", "sealed", "out"]);
    assert_eq!(line, "bulla: /dev/zero: larger than a key file can be (64 KiB)");
    let line = dir.fails(["open", "-i", "/dev/zero", "sealed", "out"]);
    assert_eq!(line, "bulla: /dev/zero: larger than a key file can be (64 KiB)");
}

#[test]
fn the_same_recipient_twice_is_refused_under_both_names() {
    let dir = Scratch::sealed();
    for option in ["--anonymous", "--aad="] {
        let twin = key("rsa2048.pkcs1.pub.pem");
        let line = dir.fails(["seal", option, "-r", &public(2048), "-r", &twin, "sealed", "out"]);
        assert!(line.contains(&twin) && line.contains(&public(2048)), "{line}");
    }
}

// Bad envelopes

#[test]
fn the_wrong_key_is_said_to_be_the_wrong_key() {
    let dir = Scratch::sealed();
    let line = dir.fails(["open", "-i", &private(3072), "sealed", "out"]);
    let id = identity(3072).key_id();
    assert!(line.starts_with("bulla: sealed: sealed to other keys, not to "), "{line}");
    assert!(line.contains(&private(3072)) && line.contains(&id.to_string()), "{line}");
}

#[test]
fn other_associated_data_are_said_to_be_other() {
    let dir = Scratch::new();
    dir.write("in", b"hello");
    dir.succeeds(["seal", "-r", &public(2048), "--aad", "invoice/42", "in", "sealed"]);
    for aad in ["", "invoice/43"] {
        let line = dir.fails(["open", "-i", &private(2048), "--aad", aad, "sealed", "out"]);
        assert!(line.starts_with("bulla: sealed: --aad is other than when sealing"), "{line}");
    }
    dir.succeeds(["open", "-i", &private(2048), "--aad", "invoice/42", "sealed", "out"]);
}

#[test]
fn an_empty_file_is_said_to_be_empty() {
    let dir = Scratch::new();
    dir.write("empty", b"");
    assert_eq!(dir.fails(["inspect", "empty"]), "bulla: empty: is empty, not an envelope");
    let line = dir.fails(["open", "-i", &private(2048), "empty", "out"]);
    assert_eq!(line, "bulla: empty: is empty, not an envelope");
}

#[test]
fn what_is_not_an_envelope_is_recognised() {
    let dir = Scratch::sealed();
    dir.write("text", b"hello, this is not an envelope");
    dir.write("pem", b"-----BEGIN PUBLIC KEY-----\n");
    dir.write("age", b"age-encryption.org/v1\n");
    dir.write("base64", b"iUJVTA0KGgoBAQEAAAAAAAAAAQ==");
    dir.write("version", &dir.sealed_with(8, &[2]));
    dir.write("suite", &dir.sealed_with(9, &[7]));
    dir.write("layout", &dir.sealed_with(10, &[3]));
    for (name, reason) in [
        ("text", "not a bulla envelope"),
        ("pem", "a PEM file"),
        ("age", "encrypted with age"),
        ("base64", "in base64"),
        ("version", "unsupported version 2"),
        ("suite", "unsupported suite 7"),
        ("layout", "unsupported layout 3"),
    ] {
        for args in [&["inspect", name][..], &["open", "-i", &private(2048), name, "out"]] {
            let line = dir.fails(args);
            assert!(line.starts_with(&format!("bulla: {name}: ")) && line.contains(reason), "{line}");
        }
    }
    assert!(!dir.path("out").exists());
}

#[test]
fn a_header_over_its_limits_is_refused_before_it_is_read() {
    let dir = Scratch::sealed();
    // 2 MiB of records, within the format but above the limit of this program; and a length beyond the format.
    for (len, reason) in [(2_u32 << 20, "longer than the limit of 1048576 bytes"), (u32::MAX, "malformed header")] {
        dir.write("hostile", &dir.sealed_with(16, &len.to_be_bytes()));
        let line = dir.fails(["inspect", "hostile"]);
        assert!(line.contains(reason), "{line}");
    }
}

#[test]
fn a_cut_envelope_never_opens_and_leaves_nothing() {
    let dir = Scratch::sealed();
    let sealed = dir.read("sealed");
    let header_len = dir.header_len();
    let lens = [1, 19, 20, header_len - 1, header_len, header_len + 55, header_len + 56, header_len + 56 + 15];
    for len in lens.into_iter().chain([header_len + 56 + 16_400, sealed.len() - 1]) {
        dir.write("cut", &sealed[..len]);
        let line = dir.fails(["open", "-i", &private(2048), "cut", "out"]);
        assert!(line.starts_with("bulla: cut: ") && (line.contains("truncated") || line.contains("cut, ")), "{line}");
        assert_eq!(dir.names(), ["cut", "sealed"], "{len}");
    }
}

#[test]
fn an_altered_envelope_never_opens_and_leaves_nothing() {
    let dir = Scratch::sealed();
    let header_len = dir.header_len();
    let last = dir.read("sealed").len() - 1;
    for (offset, reason) in [
        (header_len - 1, "wrong key, or the header was altered"),
        (header_len, "the start of the body was altered"),
        (header_len + 56, "chunk 0 was altered"),
        (last, "the last chunk (1) was cut, extended or altered"),
    ] {
        let byte = dir.read("sealed")[offset];
        dir.write("altered", &dir.sealed_with(offset, &[byte ^ 1]));
        let line = dir.fails(["open", "-i", &private(2048), "altered", "out"]);
        assert!(line.starts_with("bulla: altered: ") && line.ends_with(reason), "{line}");
        assert_eq!(dir.names(), ["altered", "sealed"], "{offset}");
    }
}

#[test]
fn standard_output_gets_only_what_is_authentic_and_the_status_tells_the_rest() {
    let dir = Scratch::sealed();
    let last = dir.read("sealed").len() - 1;
    let byte = dir.read("sealed")[last];
    dir.write("altered", &dir.sealed_with(last, &[byte ^ 1]));
    let output = dir.run(["open", "-i", &private(2048), "altered", "-"]);
    assert_eq!(output.stdout, PLAINTEXT[..16_384]);
    let line = one_line(&output);
    assert!(line.ends_with("the 16384 bytes written are authentic, but not all"), "{line}");
}

// Outputs

#[test]
fn a_failure_leaves_an_existing_output_as_it_was() {
    let dir = Scratch::sealed();
    dir.write("out", b"precious");
    dir.write("cut", &dir.read("sealed")[..dir.header_len() + 20_000]);
    dir.fails(["open", "-i", &private(2048), "cut", "out"]);
    dir.fails(["seal", "-r", &public(2048), "missing", "out"]);
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
fn a_new_output_has_the_permissions_that_any_new_file_has() {
    let dir = Scratch::sealed();
    File::create(dir.path("any")).unwrap();
    dir.succeeds(["open", "-i", &private(2048), "sealed", "out"]);
    assert_eq!(mode(&dir.path("out")), mode(&dir.path("any")));
}

#[test]
#[cfg(unix)]
fn a_replaced_output_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Scratch::sealed();
    // One that a umask would narrow, and one that is narrower than a umask makes it.
    for permissions in [0o666, 0o600] {
        dir.write("out", b"old");
        fs::set_permissions(dir.path("out"), fs::Permissions::from_mode(permissions)).unwrap();
        dir.succeeds(["open", "-i", &private(2048), "sealed", "out"]);
        assert_eq!(dir.read("out"), PLAINTEXT);
        assert_eq!(mode(&dir.path("out")), permissions);
    }
}

#[test]
#[cfg(unix)]
fn a_read_only_output_is_replaced_by_nobody_who_could_not_write_to_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Scratch::sealed();
    dir.write("out", b"precious");
    fs::set_permissions(dir.path("out"), fs::Permissions::from_mode(0o444)).unwrap();
    let args = ["open", "-i", &private(2048), "sealed", "out"];
    // An administrator can write to every file.
    if File::options().write(true).open(dir.path("out")).is_ok() {
        dir.succeeds(args);
        assert_eq!(dir.read("out"), PLAINTEXT);
    } else {
        assert_eq!(dir.fails(args), "bulla: out: permission denied");
        assert_eq!(dir.read("out"), b"precious");
    }
    assert_eq!(mode(&dir.path("out")), 0o444);
}

#[test]
#[cfg(unix)]
fn one_file_is_not_read_and_written_under_any_names() {
    let dir = Scratch::new();
    dir.write("in", b"hello");
    fs::hard_link(dir.path("in"), dir.path("hard")).unwrap();
    std::os::unix::fs::symlink("in", dir.path("soft")).unwrap();
    for output in ["in", "./in", "hard", "soft"] {
        let line = dir.fails(["seal", "-r", &public(2048), "in", output]);
        assert_eq!(line, format!("bulla: {output}: this is IN as well, choose another OUT"));
    }
    assert_eq!(dir.read("in"), b"hello");
}

#[test]
#[cfg(unix)]
fn appending_to_the_input_does_not_go_on_for_ever() {
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
    let line = dir.fails(["open", "-i", "me.pem", "sealed", "me.pem"]);
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
        dir.succeeds(["open", "-i", &private(2048), "sealed", link]);
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
fn an_output_in_no_directory_is_refused() {
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
fn an_input_that_may_not_be_read_is_named() {
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
fn a_full_device_is_one_line_and_no_panic() {
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
fn a_reader_that_goes_away_is_one_line_and_no_panic() {
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

// Inspecting

#[test]
fn inspect_prints_the_documented_json() {
    let dir = Scratch::new();
    dir.write("in", &pattern(20_000));
    dir.succeeds(["seal", "-r", &public(2048), "--metadata", "text/plain é", "in", "sealed"]);
    assert_eq!(
        dir.inspect("sealed"),
        json!({
            "version": 1,
            "suite": 1,
            "layout": 1,
            "header_len": 20 + (6 + 13) + (6 + 1 + 32 + 256) + 32,
            "metadata": "text/plain é",
            "metadata_hex": "746578742f706c61696e20c3a9",
            "records": [{
                "type": 1,
                "name": "rsa-oaep-sha256",
                "key_id": identity(2048).key_id().to_string(),
                "wrapped_key_len": 256,
            }],
            "payload_len": 20_000,
            "verified": false,
        })
    );
}

#[test]
fn inspect_prints_null_for_what_is_not_there() {
    let dir = Scratch::sealed();
    let output = dir.pipe(["inspect", "--json", "-"], &dir.read("sealed"));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!([&json["metadata"], &json["metadata_hex"], &json["payload_len"]], [&Value::Null; 3]);
    assert_eq!(json["version"], 1);
}

#[test]
fn inspect_shows_metadata_that_are_no_text_in_hexadecimal() {
    let dir = Scratch::new();
    let recipient = identity(2048).recipient();
    dir.write("sealed", &Encryptor::new(&recipient).metadata(b"\xFF\x1B").encrypt(b"").unwrap());
    let json = dir.inspect("sealed");
    assert_eq!((&json["metadata"], &json["metadata_hex"]), (&Value::Null, &json!("ff1b")));
    assert!(dir.inspect_text("sealed").contains("metadata  ff1b in hexadecimal (unverified)"));
}

#[test]
fn inspect_sends_no_control_characters_to_a_terminal() {
    let dir = Scratch::new();
    dir.write("in", b"");
    // Escape, C1 control sequence introducer, right-to-left override, delete.
    let metadata = "\u{1b}[31m\u{9b}2J\u{202e}\u{7f}\r\n";
    dir.succeeds(["seal", "-r", &public(2048), "--metadata", metadata, "in", "sealed"]);
    let text = dir.inspect_text("sealed");
    let json = dir.succeeds(["inspect", "--json", "sealed"]).stdout;
    assert!(text.contains(r#""\u{1b}[31m\u{9b}2J\u{202e}\u{7f}\r\n" (unverified)"#), "{text}");
    for printed in [text.as_bytes(), &json] {
        assert!(printed.iter().all(|byte| *byte == b'\n' || (b' '..=b'~').contains(byte)));
    }
    assert_eq!(serde_json::from_slice::<Value>(&json).unwrap()["metadata"], metadata);
}

#[test]
fn inspect_tells_the_length_of_the_payload() {
    let dir = Scratch::new();
    let recipient = identity(2048).recipient();
    for len in [0, 1, 16_383, 16_384, 16_385, 32_768] {
        dir.write("sealed", &bulla::seal(&recipient, &pattern(len)).unwrap());
        assert_eq!(dir.inspect("sealed")["payload_len"], len);
        assert!(dir.inspect_text("sealed").contains(&format!("payload   {len} bytes (unverified)")));
    }
}

#[test]
fn inspect_notices_a_length_that_no_envelope_has() {
    let dir = Scratch::sealed();
    let header_len = dir.header_len();
    for body_len in [0, 55, 56, 56 + 15, 56 + 16_400, 56 + 16_400 + 15] {
        dir.write("cut", &dir.read("sealed")[..header_len + body_len]);
        assert_eq!(dir.inspect("cut")["payload_len"], Value::Null, "{body_len}");
        assert!(dir.inspect_text("cut").contains("TRUNCATED"), "{body_len}");
    }
}

#[test]
fn inspect_says_that_nothing_is_verified_and_how_long_the_keys_are() {
    let dir = Scratch::new();
    let [named, hidden] = [identity(2048).recipient(), identity(3072).recipient().anonymous()];
    dir.write("sealed", &Encryptor::new(&named).recipient(&hidden).encrypt(b"").unwrap());
    let text = dir.inspect_text("sealed");
    assert!(text.starts_with("sealed: NOT VERIFIED"), "{text}");
    assert!(text.contains(&format!("RSA key of 2048 bits, id {}", named.key_id())), "{text}");
    assert!(text.contains("RSA key of 3072 bits, anonymous"), "{text}");
}

// The program as such

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
        &["demo"],
    ] {
        let output = dir.run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{args:?}");
    }
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
#[cfg(unix)]
fn a_name_of_several_lines_is_reported_in_one() {
    let dir = Scratch::new();
    let line = dir.fails(["inspect", "two\nlines\u{1b}[0m"]);
    assert_eq!(line, r"bulla: two\nlines\u{1b}[0m: no such file or directory");
}

#[test]
fn metadata_over_the_limit_are_refused() {
    let dir = Scratch::sealed();
    let line = dir.fails(["seal", "-r", &public(2048), "--metadata", &"x".repeat(65_537), "sealed", "out"]);
    assert_eq!(line, "bulla: cannot seal: the metadata is longer than the limit of 65536 bytes");
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
fn the_demo_tells_how_fast_it_was_and_cleans_up() {
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
#[cfg(unix)]
fn the_demo_refuses_what_it_cannot_read_twice() {
    let dir = Scratch::new();
    let line = dir.fails(["demo", "/dev/zero"]);
    assert_eq!(line, "bulla: /dev/zero: not a regular file: the demo reads it more than once");
}

// What the tests share

/// An empty directory to run the program in.
struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With a file `sealed`, which the key of 2048 bits opens to [`PLAINTEXT`].
    fn sealed() -> Self {
        let dir = Self::new();
        dir.write("sealed", &bulla::seal(&identity(2048).recipient(), &PLAINTEXT).unwrap());
        dir
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.path(name), content).unwrap();
    }

    /// The file `sealed` with other bytes at `offset`.
    fn sealed_with(&self, offset: usize, bytes: &[u8]) -> Vec<u8> {
        let mut sealed = self.read("sealed");
        sealed[offset..offset + bytes.len()].copy_from_slice(bytes);
        sealed
    }

    /// Length of the header of the file `sealed`.
    fn header_len(&self) -> usize {
        usize::try_from(self.inspect("sealed")["header_len"].as_u64().unwrap()).unwrap()
    }

    /// The names of all files, hidden ones as well, in order.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// A device that is always full: that of the system for those who cannot replace it, however wrong the program under test
    /// may be, and one of its own for an administrator.
    #[cfg(target_os = "linux")]
    fn full_device(&self) -> Option<String> {
        use std::os::unix::fs::MetadataExt;
        if fs::metadata(self.0.path()).unwrap().uid() != 0 {
            return Some("/dev/full".into());
        }
        let made = Command::new("mknod").arg(self.path("full")).args(["c", "1", "7"]).output().ok()?.status.success();
        (made && File::options().write(true).open(self.path("full")).is_ok()).then(|| "full".into())
    }

    fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(program());
        command.current_dir(self.0.path()).args(args).stdin(Stdio::null());
        command
    }

    fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs with pipes on all three streams.
    fn start<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Child {
        self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn succeeds<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Output {
        silent_success(self.run(args))
    }

    /// Succeeds with `input` on standard input.
    fn pipe<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>, input: &[u8]) -> Output {
        let mut child = self.start(args);
        let mut stdin = child.stdin.take().unwrap();
        thread::scope(|scope| {
            // A program that needs no more of its input may close it.
            scope.spawn(move || stdin.write_all(input));
            silent_success(child.wait_with_output().unwrap())
        })
    }

    /// Fails with nothing on standard output and the line returned on standard error.
    fn fails<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> String {
        let output = self.run(args);
        assert!(output.stdout.is_empty(), "{output:?}");
        one_line(&output)
    }

    fn inspect(&self, name: &str) -> Value {
        serde_json::from_slice(&self.succeeds(["inspect", "--json", name]).stdout).unwrap()
    }

    fn inspect_text(&self, name: &str) -> String {
        String::from_utf8(self.succeeds(["inspect", name]).stdout).unwrap()
    }
}

/// Status 0 and nothing on standard error, which is no terminal: no progress bar either.
fn silent_success(output: Output) -> Output {
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    output
}

/// Status 1 and exactly one line on standard error, which is returned.
fn one_line(output: &Output) -> String {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let line = stderr.strip_suffix('\n').unwrap_or_else(|| panic!("{stderr:?}"));
    assert!(line.starts_with("bulla: ") && !line.contains(char::is_control), "{line:?}");
    line.into()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The example beside this test: `target/debug/examples/bulla`, if that is `target/debug/deps/cli-…`.
///
/// `cargo test` builds it; `cargo test --test cli` alone does not, and must not pass with an old one.
fn program() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let examples = deps.parent().unwrap().with_file_name("examples");
    let program = examples.join("bulla").with_extension(std::env::consts::EXE_EXTENSION);
    let built = fs::metadata(&program).and_then(|metadata| metadata.modified()).ok();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let changed = newest(&root.join("examples/bulla")).max(newest(&root.join("src")));
    assert!(
        built >= changed,
        "not built since the last change: run `cargo build --example bulla` or all of `cargo test`"
    );
    program
}

/// When the last of all files below `directory` was changed.
fn newest(directory: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    let changed = entries.map(|entry| match entry.metadata().unwrap() {
        metadata if metadata.is_dir() => newest(&entry.path()),
        metadata => metadata.modified().ok(),
    });
    changed.max().flatten()
}

/// The path of a file in `tests/keys`.
fn key(name: &str) -> String {
    format!("{}/tests/keys/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn public(bits: usize) -> String {
    key(&format!("rsa{bits}.pub.pem"))
}

fn private(bits: usize) -> String {
    key(&format!("rsa{bits}.pem"))
}

fn identity(bits: usize) -> RsaIdentity {
    RsaIdentity::from_pem(fs::read(private(bits)).unwrap()).unwrap()
}

fn pattern(len: usize) -> Vec<u8> {
    (0..=u8::MAX).cycle().step_by(7).take(len).collect()
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// DER of a PKCS#1 public key with a modulus of 1025 bytes and the exponent 65537.
fn public_key_of_8200_bits() -> Vec<u8> {
    let modulus = [&[0x02, 0x82, 0x04, 0x02, 0x00][..], &[0xFF; 1025]].concat();
    [&[0x30, 0x82, 0x04, 0x0B][..], &modulus, &[0x02, 0x03, 0x01, 0x00, 0x01]].concat()
}

static PLAINTEXT: [u8; 20_000] = [0x5A; 20_000];

const NONE: [&str; 0] = [];
