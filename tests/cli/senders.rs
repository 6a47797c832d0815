//! Who sealed: signing, and demanding a sender.

use std::fs;
use std::process::{Command, Output};

use bulla::error::SignError;
use bulla::keys::KeyId;
use bulla::senders::{AnyVerifier, SignatureAlgorithm};
use bulla::{Header, Limits, RsaVerifier, Sealer, Signer, Verifier};
use sha2::{Digest, Sha512};

use crate::support::*;

#[test]
fn a_sender_that_is_demanded_is_told_in_one_line() {
    let dir = signed(&[2048]);
    let line = told(dir.run(open(2048, 4096, "sealed", "out")));
    assert_eq!(line, format!("bulla: sealed: the sender is {} ({})", id(4096), public(4096)));
    assert_eq!(dir.read("out"), PLAINTEXT);
    // Where the plaintext is on standard output, too.
    let output = dir.run(open(2048, 4096, "sealed", "-"));
    assert_eq!(output.stdout, PLAINTEXT);
    assert_eq!(told(output), line);
}

#[test]
fn of_several_senders_the_one_that_signed_is_told() {
    let dir = signed(&[2048]);
    for senders in [[3072, 4096], [4096, 3072]].map(|bits| bits.map(public)) {
        let args = ["open", "--force", "-i", &private(2048), "--sender", &senders[0], "--sender", &senders[1]];
        let line = told(dir.run([&args[..], &["sealed", "out"]].concat()));
        assert!(line.ends_with(&format!("({})", public(4096))), "{line}");
    }
}

#[test]
fn parts_and_sessions_are_signed_and_judged_alike() {
    let dir = Scratch::new();
    dir.write("in", &pattern(100_000));
    let sign = ["-r", &public(2048), "--sign-with", &private(4096), "--private-metadata", "for you"];
    dir.succeeds([&["parts", "seal"][..], &sign, &["in", "parts"]].concat());
    dir.succeeds([&["send"][..], &sign, &["in", "session"]].concat());
    dir.succeeds([&["seal"][..], &sign, &["--header", "header", "in", "body"]].concat());
    let ways: [(&[&str], &[&str], &str); 3] = [
        (&["parts", "open"], &["parts"], "parts"),
        (&["recv"], &["session"], "session"),
        (&["open"], &["--header", "header", "body"], "header"),
    ];
    for (command, input, name) in ways {
        let run = |sender: &str| {
            let options = ["--force", "-i", &private(2048), "--sender", &public(3072), "--sender", sender];
            dir.run([command, &options, &["--show-private"], input, &["out"]].concat())
        };
        let line = one_line(&run(&public(2048)));
        assert!(line.starts_with(&format!("bulla: {name}: other sender: ")), "{line}");
        assert!(!dir.path("out").exists());
        let output = run(&public(4096));
        let sender = format!("bulla: {name}: the sender is {} ({})", id(4096), public(4096));
        assert_eq!(text(&output.stderr), format!("{sender}\nbulla: {name}: private metadata \"for you\"\n"));
        assert!(dir.read("out") == pattern(100_000));
        fs::remove_file(dir.path("out")).unwrap();
    }
}

#[test]
fn parts_that_are_resumed_keep_their_header() {
    let dir = Scratch::new();
    for args in [["--sign-with", &private(4096)], ["--private-metadata", "text"]] {
        let output = dir.run([&["parts", "seal", "-i", &private(2048)][..], &args, &["in", "out"]].concat());
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn what_nobody_signed_is_refused() {
    let dir = Scratch::sealed();
    let reason = "nobody has signed it, so anyone can have made it; have it sealed with --sign-with";
    for out in ["out", "-"] {
        assert_eq!(dir.fails(open(2048, 4096, "sealed", out)), format!("bulla: sealed: no sender: {reason}"));
    }
    // A private section alone says nothing.
    let private = Sealer::new(identity(2048).recipient()).private_metadata(b"signed by Alice").seal(b"").unwrap();
    dir.write("sealed", &private);
    assert_eq!(dir.fails(open(2048, 4096, "sealed", "out")), format!("bulla: sealed: no sender: {reason}"));
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
fn what_somebody_else_signed_is_refused() {
    let dir = signed(&[2048]);
    let reason = "it is not signed with any of the keys of --sender; if you trust others, give theirs as well";
    for out in ["out", "-"] {
        assert_eq!(dir.fails(open(2048, 3072, "sealed", out)), format!("bulla: sealed: other sender: {reason}"));
    }
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
fn a_signature_in_the_name_of_another_is_refused() {
    let dir = Scratch::new();
    dir.write("sealed", &Sealer::new(identity(2048).recipient()).signer(Impostor).seal(&PLAINTEXT).unwrap());
    let line = dir.fails(open(2048, 4096, "sealed", "out"));
    assert!(line.starts_with("bulla: sealed: sender not authentic: the signature is not that of the key"), "{line}");
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
fn a_signature_that_was_cut_out_is_an_altered_header() {
    let dir = signed(&[2048]);
    let sealed = dir.read("sealed");
    // The only field: its type, its length, its value.
    let fields_len = u32::from_be_bytes(sealed[12..16].try_into().unwrap());
    assert_eq!(sealed[20..22], [0, 2]);
    let end = 20 + usize::try_from(fields_len).unwrap();
    dir.write("stripped", &[&sealed[..12], &[0; 4], &sealed[16..20], &sealed[end..]].concat());
    for args in
        [&open(2048, 4096, "stripped", "out")[..], &["open", "-i", &private(2048), "stripped", "out"].map(String::from)]
    {
        assert_eq!(dir.fails(args), "bulla: stripped: not authentic: wrong key, or the header was altered");
    }
    assert_eq!(dir.names(), ["sealed", "stripped"]);
}

#[test]
fn a_recipient_that_rewrap_added_is_not_in_the_audience() {
    let dir = signed(&[2048]);
    dir.succeeds(["rewrap", "-i", &private(2048), "--add", &public(3072), "sealed", "passed-on"]);
    let line = dir.fails(open(3072, 4096, "passed-on", "out"));
    let reason = "the sender made it for other keys, and somebody has passed it on";
    assert!(line.starts_with(&format!("bulla: passed-on: not in the audience: {reason}; ")), "{line}");
    assert_eq!(dir.names(), ["passed-on", "sealed"]);
    // The first recipient is in it still.
    assert!(told(dir.run(open(2048, 4096, "passed-on", "out"))).ends_with(&format!("({})", public(4096))));

    let accepting = [&open(3072, 4096, "passed-on", "other")[..], &["--accept-readdressed".into()]].concat();
    let line = told(dir.run(accepting));
    let note = ", but it was made for other keys: whoever passed it on can have replaced the content";
    assert_eq!(line, format!("bulla: passed-on: the sender is {} ({}){note}", id(4096), public(4096)));
    assert_eq!(dir.read("other"), PLAINTEXT);
}

#[test]
fn only_for_me_refuses_what_others_can_have_replaced() {
    let dir = signed(&[2048, 3072]);
    let args = [&open(2048, 4096, "sealed", "out")[..], &["--only-for-me".into()]].concat();
    let line = dir.fails(&args);
    let reason = format!("the sender made it for the key {} as well", id(3072));
    assert!(line.starts_with(&format!("bulla: sealed: other audience: {reason}, ")), "{line}");
    assert_eq!(dir.names(), ["sealed"]);
    // The other key is mine as well.
    told(dir.run([&args[..], &["-i".into(), private(3072)]].concat()));
    assert_eq!(dir.read("out"), PLAINTEXT);
}

#[test]
fn a_recipient_that_is_not_named_is_in_the_audience() {
    let dir = Scratch::new();
    dir.write("in", &PLAINTEXT);
    let recipients = ["-r", &public(2048), "-r", &public(3072), "--anonymous"];
    dir.succeeds([&["seal"][..], &recipients, &["--sign-with", &private(4096), "in", "sealed"]].concat());
    told(dir.run(open(3072, 4096, "sealed", "out")));
    let args = [&open(2048, 4096, "sealed", "never")[..], &["--only-for-me".into()]].concat();
    assert!(dir.fails(args).contains(&id(3072)));
}

#[test]
fn the_key_of_a_recipient_does_not_sign() {
    let dir = Scratch::sealed();
    for command in [&["seal"][..], &["parts", "seal"], &["send"]] {
        let keys = ["-r", &public(3072), "-r", &public(2048), "--sign-with", &private(2048)];
        let line = dir.fails([command, &keys, &["sealed", "out"]].concat());
        let reason = "a key signs or opens, never both: \"bulla keygen --signing\" makes one that signs";
        assert_eq!(line, format!("bulla: {}: the key of {} as well, and {reason}", private(2048), public(2048)));
    }
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
fn keygen_makes_keys_that_sign() {
    let dir = Scratch::new();
    dir.write("in", &PLAINTEXT);
    let mut all = vec![("--signing", "alice"), ("--signing=rsa", "carol")];
    if cfg!(any(feature = "aws-lc-rs", feature = "p256")) {
        all.push(("--signing=p256", "dave"));
    }
    if cfg!(any(feature = "aws-lc-rs", feature = "ed25519")) {
        all.push(("--signing=ed25519", "erin"));
    }
    for (option, name) in all {
        let report = dir.succeeds(["keygen", option, "--bits", "2048", &format!("{name}.pem")]).stdout;
        let id = AnyVerifier::from_key_file(dir.read(&format!("{name}.pub.pem"))).unwrap().key_id();
        assert!(text(&report).ends_with(&format!("key id       {id}\npurpose      to sign envelopes with\n")));
        #[cfg(unix)]
        assert_eq!(mode(&dir.path(&format!("{name}.pem"))), 0o600);
        dir.succeeds(["seal", "-r", &public(3072), "--sign-with", &format!("{name}.pem"), "in", name]);
        let sender = format!("{name}.pub.pem");
        let line = told(dir.run(["open", "--force", "-i", &private(3072), "--sender", &sender, name, "out"]));
        assert_eq!(line, format!("bulla: {name}: the sender is {id} ({sender})"));
    }
    assert_eq!(dir.run(["keygen", "--signing=des", "me.pem"]).status.code(), Some(2));
}

#[test]
#[cfg(feature = "encrypted-keys")]
fn a_key_that_signs_can_be_encrypted() {
    let dir = Scratch::new();
    dir.write("in", &PLAINTEXT);
    dir.write("passphrase", b"test");
    dir.succeeds(["keygen", "--signing", "--bits", "2048", "--passphrase-file", "passphrase", "me.pem"]);
    assert!(text(&dir.read("me.pem")).starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    let sign = ["-r", &public(3072), "--sign-with", "me.pem", "--passphrase-file"];
    dir.succeeds([&["seal"][..], &sign, &["passphrase", "in", "sealed"]].concat());
    told(dir.run(["open", "-i", &private(3072), "--sender", "me.pub.pem", "sealed", "out"]));
    dir.write("wrong", b"wrong");
    for command in [&["seal"][..], &["parts", "seal"], &["send"]] {
        let line = dir.fails([command, &sign, &["wrong", "in", "never"]].concat());
        assert_eq!(line, "bulla: me.pem: the passphrase is wrong, or the encrypted key is damaged");
    }
    assert!(!dir.path("never").exists());
}

#[test]
fn a_passphrase_without_a_private_key_is_wrong_usage() {
    let dir = Scratch::sealed();
    // Not to be taken for one that the envelope opens with.
    let output = dir.run(["seal", "-r", &public(2048), "--passphrase-file", "sealed", "sealed", "out"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--sign-with"), "{output:?}");
}

#[test]
fn options_about_senders_need_one() {
    let dir = Scratch::sealed();
    let sender = public(4096);
    for options in [
        &["--only-for-me"][..],
        &["--accept-readdressed"],
        &["--any-sender", "--sender", &sender],
        &["--sender", &sender, "--only-for-me", "--accept-readdressed"],
    ] {
        let output = dir.run([&["open", "-i", &private(2048)][..], options, &["sealed", "out"]].concat());
        assert_eq!(output.status.code(), Some(2), "{options:?}");
    }
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
fn keys_of_openssl_sign_and_verify() {
    let dir = Scratch::new();
    dir.write("in", &PLAINTEXT);
    for algorithm in ["RSA", "RSA-PSS"] {
        let made =
            openssl(&dir, &["genpkey", "-algorithm", algorithm, "-pkeyopt", "rsa_keygen_bits:2048", "-out", "me"]);
        let public = made && openssl(&dir, &["pkey", "-in", "me", "-pubout", "-out", "me.pub"]);
        assert!(public, "the tests need the openssl command");
        dir.succeeds(["seal", "--force", "-r", &crate::support::public(3072), "--sign-with", "me", "in", "sealed"]);
        told(dir.run(["open", "--force", "-i", &private(3072), "--sender", "me.pub", "sealed", "out"]));
    }
    // The last one, which is marked so, is taken for nothing else.
    let line = dir.fails(["seal", "-r", "me.pub", "in", "never"]);
    assert!(line.ends_with("it is a signing key and opens nothing: give it with --sign-with or --sender"), "{line}");
}

#[test]
fn a_key_that_is_the_wrong_half_is_refused() {
    let dir = signed(&[2048]);
    let line = dir.fails(["seal", "-r", &public(2048), "--sign-with", &public(4096), "sealed", "out"]);
    let reason = "this is a public key, a private key is needed here: the private half of NAME.pub.pem is NAME.pem";
    assert_eq!(line, format!("bulla: {}: {reason}", public(4096)));
    let line = dir.fails(["open", "-i", &private(2048), "--sender", &private(4096), "sealed", "out"]);
    let reason = format!("this is a private key, a public key is needed here: give {}", public(4096));
    assert_eq!(line, format!("bulla: {}: {reason}", private(4096)));
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
fn keys_come_from_standard_input_and_only_one_thing_does() {
    let dir = Scratch::new();
    dir.write("in", &PLAINTEXT);
    let key = fs::read(private(4096)).unwrap();
    dir.pipe(["seal", "-r", &public(2048), "--sign-with", "-", "in", "sealed"], &key);
    let mut command = dir.command(["open", "-i", &private(2048), "--sender", "-", "sealed", "out"]);
    let line = told(command.stdin(fs::File::open(public(4096)).unwrap()).output().unwrap());
    assert!(line.ends_with("(standard input)"), "{line}");
    for args in [
        &["seal", "-r", &public(2048), "--sign-with", "-", "-", "never"][..],
        &["send", "-r", "-", "--sign-with", "-", "in", "never"],
        &["parts", "seal", "-r", "-", "--sign-with", "-", "in", "never"],
        &["open", "-i", &private(2048), "--sender", "-", "-", "never"],
        &["recv", "-i", "-", "--sender", "-", "in", "never"],
        &["parts", "open", "-i", "-", "--sender", "-", "in", "never"],
    ] {
        let line = dir.fails(args);
        assert_eq!(line, "bulla: standard input: only one file can be read from it: name the others", "{args:?}");
    }
}

#[test]
fn a_key_is_not_written_over() {
    let dir = signed(&[2048]);
    fs::copy(public(4096), dir.path("sender")).unwrap();
    fs::copy(private(4096), dir.path("signer")).unwrap();
    let key = private(2048);
    for args in [
        &["open", "--force", "-i", &key, "--sender", "sender", "sealed", "sender"][..],
        &["seal", "--force", "-r", &public(2048), "--sign-with", "signer", "sealed", "signer"],
        &["send", "--force", "-r", &public(2048), "--sign-with", "signer", "sealed", "signer"],
    ] {
        let line = dir.fails(args);
        assert!(line.ends_with(": this is one of the keys as well, choose another OUT"), "{line}");
    }
}

#[test]
fn scripts_are_not_told_that_nobody_was_demanded() {
    let dir = signed(&[2048]);
    dir.succeeds(["open", "-i", &private(2048), "sealed", "out"]);
    dir.succeeds(["open", "-i", &private(2048), "--any-sender", "sealed", "other"]);
}

#[test]
#[cfg(target_os = "linux")]
fn people_are_told_that_nobody_was_demanded() {
    let dir = Scratch::sealed();
    let run = |options: &str| {
        let line =
            format!("{} open --force -i {} {options} sealed out", crate::build::program().display(), private(2048));
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).current_dir(dir.0.path()).stdin(std::process::Stdio::null());
        Some(text(&command.output().ok()?.stdout))
    };
    let Some(shown) = run("") else {
        return skipped("there is no command `script` to make a terminal");
    };
    let note = "no sender was demanded, so anyone can have made this: --sender demands one, --any-sender says that it \
                does not matter";
    assert_eq!(shown.trim_end(), format!("bulla: sealed: {note}"));
    assert_eq!(dir.read("out"), PLAINTEXT);
    assert_eq!(run("--any-sender").unwrap().trim_end(), "");
}

#[test]
fn private_metadata_is_for_recipients_alone() {
    let dir = Scratch::new();
    dir.write("in", &PLAINTEXT);
    dir.succeeds(["seal", "-r", &public(2048), "--private-metadata", "only\u{1b} you", "in", "sealed"]);
    assert!(!dir.read("sealed").windows(4).any(|window| window == b"only"));
    assert_eq!(dir.inspect("sealed")["private_section"], true);
    let open = ["open", "--force", "-i", &private(2048), "--show-private", "sealed", "out"];
    assert_eq!(told(dir.run(open)), r#"bulla: sealed: private metadata "only\u{1b} you""#);
    dir.write("sealed", &bulla::seal(identity(2048).recipient(), b"").unwrap());
    assert_eq!(told(dir.run(open)), "bulla: sealed: no private metadata");

    let long = "x".repeat(65_537);
    let line = dir.fails(["seal", "-r", &public(2048), "--private-metadata", &long, "in", "never"]);
    assert!(line.starts_with("bulla: cannot seal: limit exceeded: "), "{line}");
    let long = "x".repeat(65_536);
    let line = dir.fails(["seal", "-r", &public(2048), "--private-metadata", &long, "in", "never"]);
    assert_eq!(
        line,
        "bulla: cannot seal: limit exceeded: the private section is longer than 65536 bytes; shorten the private \
         metadata or, if you sign, seal to fewer keys"
    );
    assert_eq!(dir.names(), ["in", "out", "sealed"]);
}

#[test]
fn a_private_section_that_a_recipient_has_made_is_malformed() {
    let dir = signed(&[2048]);
    let mut sealed = dir.read("sealed");
    let (header, _) = Header::split(&sealed, &Limits::default()).unwrap();
    let header_len = header.as_bytes().len();
    let wrapped = header.records().next().unwrap().wrapped_key().unwrap().to_vec();
    let content_key = identity(2048).unwrap_bytes(&wrapped).unwrap().unwrap();
    // The first byte of the value of the only field.
    sealed[20 + 6] ^= 1;
    // SPEC §4.1, §4.2.
    let info = [b"bulla\0key\0\x01\x01\x00\x40header-mac".as_slice(), &[1]].concat();
    let mac_key = hmac(content_key.expose(), &info);
    let digest = Sha512::digest(&sealed[..header_len - 32]);
    sealed[header_len - 32..header_len].copy_from_slice(&hmac(&mac_key, &digest)[..32]);
    dir.write("sealed", &sealed);
    let line = dir.fails(["open", "-i", &private(2048), "sealed", "out"]);
    let reason = "whoever sealed it, or a recipient, made it so; have it sealed anew";
    assert_eq!(line, format!("bulla: sealed: malformed private section: {reason}"));
    assert_eq!(dir.names(), ["sealed"]);
}

/// The RFC 2104 form of HMAC-SHA-512, for keys of at most 128 bytes.
fn hmac(key: &[u8], data: &[u8]) -> [u8; 64] {
    let pad = |byte: u8| -> Vec<u8> { (0..128).map(|index| key.get(index).copied().unwrap_or(0) ^ byte).collect() };
    let inner = Sha512::new().chain_update(pad(0x36)).chain_update(data).finalize();
    Sha512::new().chain_update(pad(0x5C)).chain_update(inner).finalize().into()
}

/// Signs in the name of the key of 4096 bits, which it does not have.
struct Impostor;

impl Signer for Impostor {
    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RsaPssSha256
    }

    fn key_id(&self) -> KeyId {
        RsaVerifier::from_pem(fs::read(public(4096)).unwrap()).unwrap().key_id()
    }

    fn signature_len(&self) -> usize {
        512
    }

    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(vec![0x5A; 512])
    }
}

/// With a file `sealed`, which the key of 4096 bits has signed, for keys of so many bits.
fn signed(recipients: &[usize]) -> Scratch {
    let dir = Scratch::new();
    dir.write("in", &PLAINTEXT);
    let recipients: Vec<String> = recipients.iter().flat_map(|bits| ["-r".into(), public(*bits)]).collect();
    let rest = ["--sign-with".into(), private(4096), "in".into(), "sealed".into()];
    dir.succeeds([&["seal".into()], &recipients[..], &rest].concat());
    fs::remove_file(dir.path("in")).unwrap();
    dir
}

fn open(identity: usize, sender: usize, input: &str, output: &str) -> [String; 7] {
    let keys = [private(identity), public(sender)];
    let [identity, sender] = keys;
    ["open".into(), "-i".into(), identity, "--sender".into(), sender, input.into(), output.into()]
}

fn id(bits: usize) -> String {
    identity(bits).key_id().to_string()
}

/// Status 0 and exactly one line on standard error, which is returned.
fn told(output: Output) -> String {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    let line = stderr.strip_suffix('\n').unwrap_or_else(|| panic!("{stderr:?}"));
    assert!(line.starts_with("bulla: ") && !line.contains(char::is_control), "{line:?}");
    line.into()
}

fn openssl(dir: &Scratch, args: &[&str]) -> bool {
    let output = Command::new("openssl").args(args).current_dir(dir.0.path()).output();
    output.is_ok_and(|output| output.status.success())
}
