//! Making keys, and keys that cannot be used.

use std::fs::{self};

use bulla::RsaIdentity;

use crate::support::*;

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
        assert_eq!(line, format!("bulla: {existing}: already exists; keys are never overwritten"));
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
#[cfg(target_os = "linux")]
fn keygen_leaves_nothing_if_it_cannot_report() {
    let dir = Scratch::new();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = dir.command(["keygen", "--bits", "2048", "me.pem"]).stdout(full).output().unwrap();
    assert_eq!(one_line(&output), "bulla: standard output: no space left on the device");
    assert_eq!(dir.names(), NONE);
}

#[test]
#[cfg(unix)]
fn a_public_key_has_the_permissions_of_any_new_file() {
    let dir = Scratch::new();
    let mut command = dir.shell("umask 027; touch any; exec \"$0\" \"$@\"");
    assert!(command.args(["keygen", "--bits", "2048", "me.pem"]).status().unwrap().success());
    assert_eq!(mode(&dir.path("me.pub.pem")), mode(&dir.path("any")));
}

#[test]
#[cfg(unix)]
fn keygen_overwrites_nothing_that_appears_meanwhile() {
    let dir = Scratch::new();
    // The longest key, so that there is time.
    let mut command = dir.command(["keygen", "--bits", "4096", "me.pem"]);
    let child = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    dir.wait_for_temporaries(2);
    dir.write("me.pub.pem", b"precious");
    let line = one_line(&child.wait_with_output().unwrap());
    assert_eq!(line, "bulla: me.pub.pem: appeared while this program was at work, and stays as it is: try again");
    assert_eq!(dir.read("me.pub.pem"), b"precious");
    assert_eq!(dir.names(), ["me.pub.pem"]);
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
    dir.write("ec", EC_WITH_PARAMETERS.as_bytes());
    dir.write("openssh", OPENSSH_PRIVATE.as_bytes());
    dir.write("openssh.pub", b"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDj8M0d7AZZ me@here\n");
    for (file, reason) in [
        (private(2048), "this is a private key, a public key is needed here: give "),
        (key("encrypted2048.pem"), "a public key is needed here; to mend it, run: openssl pkey"),
        (key("rsa1024.pub.pem"), "RSA key of 1024 bits, at least 2048 are needed"),
        ("large.der".into(), "RSA key of 8200 bits, at most 8192 are supported"),
        (key("pss2048.pub.pem"), "restricted to RSASSA-PSS"),
        (key("ec256.pub.pem"), "its algorithm is elliptic curve (EC)"),
        #[cfg(not(feature = "x509"))]
        ("certificate".into(), "openssl x509"),
        ("ec".into(), "not an RSA key: its algorithm is elliptic curve (EC)"),
        ("openssh".into(), "ssh-keygen -y -f FILE > PUBLIC.pub"),
        ("openssh.pub".into(), "damaged line of OpenSSH"),
        ("empty".into(), "empty: a key is needed here"),
        ("garbage".into(), "no key found"),
        ("large".into(), "larger than a key file can be"),
        ("two".into(), "several keys, give one per file; there are: 2 \"PUBLIC KEY\""),
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
    dir.write("ec", EC_WITH_PARAMETERS.as_bytes());
    dir.write("openssh", OPENSSH_PRIVATE.as_bytes());
    for (file, reason) in [
        ("ec".into(), "not an RSA key: its algorithm is elliptic curve (EC)"),
        ("openssh".into(), "ssh-keygen -p -N '' -m PEM -f KEY.pem"),
        (public(2048), "this is a public key, a private key is needed here"),
        // With passphrases, the terminal asks for one.
        #[cfg(not(feature = "encrypted-keys"))]
        (key("encrypted2048.pem"), "openssl pkey"),
        (key("rsa1024.pem"), "RSA key of 1024 bits, at least 2048 are needed"),
        (key("pss2048.pem"), "restricted to RSASSA-PSS"),
        (key("ec256.pem"), "its algorithm is elliptic curve (EC)"),
        ("sealed".into(), "a Bulla envelope and not a key"),
        ("missing".into(), "no such file or directory"),
    ] {
        let line = dir.fails(["open", "-i", &file, "sealed", "out"]);
        assert!(line.starts_with(&format!("bulla: {file}: ")) && line.contains(reason), "{line}");
        assert!(!dir.path("out").exists(), "{file}");
    }
}

#[test]
fn a_key_is_read_from_standard_input_if_nothing_else_is() {
    let dir = Scratch::sealed();
    dir.pipe(["open", "-i", "-", "sealed", "out"], &fs::read(private(2048)).unwrap());
    assert_eq!(dir.read("out"), PLAINTEXT);
    dir.pipe(["seal", "-r", "-", "out", "again"], &fs::read(public(2048)).unwrap());
    assert!(dir.opens("again", 2048));
    for args in [
        &["seal", "-r", "-", "-", "never"][..],
        &["open", "-i", "-", "-", "never"],
        &["open", "-i", "-", "-i", "-", "sealed", "never"],
        &["open", "-i", &private(2048), "--aad-file", "-", "--header", "-", "sealed", "never"],
        &["rewrap", "-i", "-", "--add", "-", "sealed", "never"],
    ] {
        let line = dir.fails(args);
        assert_eq!(line, "bulla: standard input: only one file can be read from it: name the others");
    }
    assert_eq!(dir.names(), ["again", "out", "sealed"]);
}

#[test]
#[cfg(all(unix, feature = "x509"))]
fn certificates_are_recipients_unless_they_are_not_meant_for_this() {
    let dir = Scratch::sealed();
    dir.succeeds(["seal", "-r", &key("rsa2048.cert.pem"), "sealed", "to-certificate"]);
    let usage = "-addext keyUsage=digitalSignature";
    let make = format!("openssl req -new -x509 -key {} -subj /CN=test {usage} -out signing.pem", private(2048));
    assert!(dir.shell(&make).output().unwrap().status.success());
    let line = dir.fails(["seal", "-r", "signing.pem", "sealed", "out"]);
    let reason = "the key usage of the certificate does not include keyEncipherment";
    assert_eq!(line, format!("bulla: signing.pem: {reason}; --any-certificate seals to it all the same"));
    dir.succeeds(["seal", "--any-certificate", "-r", "signing.pem", "sealed", "out"]);
    let request = "openssl req -new -key \"$1\" -subj /CN=leaf -out request.pem";
    let root = "openssl req -new -x509 -newkey rsa:2048 -nodes -keyout root.key -subj /CN=root -out root.pem";
    let leaf = "openssl x509 -req -in request.pem -CA root.pem -CAkey root.key -set_serial 1 -out leaf.pem";
    let script = format!("{request} && {root} && {leaf} && cat root.pem leaf.pem > bundle.pem");
    assert!(dir.shell(&script).arg(private(2048)).output().unwrap().status.success());
    let output = dir.run(["seal", "-r", "bundle.pem", "sealed", "to-leaf"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stderr), "bulla: bundle.pem: sealing to certificate 2 of 2: CN=leaf\n");
}

#[test]
#[cfg(unix)]
fn an_endless_device_is_not_a_key() {
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

/// As `openssl ecparam -name prime256v1 -genkey` writes it; the key itself is shortened.
const EC_WITH_PARAMETERS: &str = "\
-----BEGIN EC PARAMETERS-----
BggqhkjOPQMBBw==
-----END EC PARAMETERS-----
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIA==
-----END EC PRIVATE KEY-----
";

/// As `ssh-keygen -t rsa` writes it, shortened.
const OPENSSH_PRIVATE: &str = "\
-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmU=
-----END OPENSSH PRIVATE KEY-----
";
