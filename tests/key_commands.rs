//! The commands that errors name: each is run on a file as another tool writes it, and what it
//! makes is read as the same key.

#[path = "common/key_samples.rs"]
mod key_samples;
#[path = "common/signing_samples.rs"]
mod signing_samples;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use bulla::error::{KeyError, KeyErrorKind};
use bulla::senders::{AnySigner, AnyVerifier};
use bulla::{RsaIdentity, RsaRecipient, Signer, Verifier};

#[test]
fn every_command_makes_a_file_that_is_read_as_the_same_key() {
    assert!(has("openssl"), "the tests of key files need the openssl command");
    let mut skipped = BTreeMap::<_, BTreeSet<_>>::new();
    let mut wrong = Vec::new();
    let mut tried = 0;
    for (half, name, expected, command) in commands() {
        if let Some(tool) = TOOLS.iter().find(|tool| command.contains(**tool) && !has(tool)) {
            skipped.entry(tool).or_default().insert(name);
        } else {
            wrong.extend(mend(half, &name, &expected).err().map(|reason| format!("{half:?} {name}: {reason}")));
            tried += 1;
        }
    }
    for (tool, names) in skipped {
        eprintln!("skipped: the commands for {names:?}, since there is no {tool}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 30, "{tried} commands");
}

#[test]
fn every_command_in_the_source_is_named_for_one_of_the_files() {
    let source = include_str!("../src/key_file/command.rs");
    // A literal goes on behind the white space of the next line.
    let mut rest: String = source.split("\\\n").map(str::trim_start).collect();
    for (.., command) in commands() {
        // As it is in a raw literal, and in an escaped one.
        for literal in [command.to_string(), command.replace('\\', "\\\\").replace('"', "\\\"")] {
            rest = rest.replace(&literal, "");
        }
    }
    let mut of_the_other_features = OF_THE_OTHER_FEATURES.to_vec();
    if !signing_samples::P256 {
        of_the_other_features.extend(OF_P256);
    }
    if !signing_samples::ED25519 {
        of_the_other_features.extend(OF_ED25519);
    }
    for command in of_the_other_features {
        let command = &command.replace('"', "\\\"");
        assert!(rest.contains(command), "{command}");
        rest = rest.replace(command, "");
    }
    let left: Vec<_> = rest.lines().filter(|line| line.contains("FILE") && !line.contains("//")).collect();
    assert!(left.is_empty(), "{left:#?}");
}

#[derive(Clone, Copy, Debug)]
enum Half {
    Public,
    Private,
    /// Of a key for signatures.
    Verifier,
    Signer,
}

/// Which half of a key is wanted of which file, the id of the key, and the command that the error
/// names.
fn commands() -> Vec<(Half, String, String, &'static str)> {
    let mut commands = Vec::new();
    for (name, file) in key_samples::of_the_test_key() {
        // A private key with the public one beside it, which OpenSSL 3.0 does not read.
        if name == "with-public-key.der" {
            continue;
        }
        for half in [Half::Public, Half::Private] {
            let command = read(half, &file).err().and_then(|error| error.command());
            let expected = if name.starts_with("openpgp") { OPENPGP_KEY } else { KEY };
            commands.extend(command.map(|command| (half, name.clone(), expected.into(), command)));
        }
    }
    for (name, file, expected) in signing_samples::all() {
        for half in [Half::Verifier, Half::Signer] {
            let command = read(half, &file).err().and_then(|error| error.command());
            commands.extend(command.map(|command| (half, name.into(), expected.clone(), command)));
        }
    }
    commands
}

/// Runs the commands that the errors name until a key is read, and compares it.
fn mend(half: Half, name: &str, expected: &str) -> Result<(), String> {
    let dir = tempfile::tempdir().unwrap();
    let passphrase = if name.starts_with("encrypted") { PASSPHRASE } else { "changeit" };
    let mut name = name.to_string();
    let file = match half {
        Half::Public | Half::Private => key_samples::one(&name),
        Half::Verifier | Half::Signer => signing_samples::one(&name),
    };
    fs::write(dir.path().join(&name), file).unwrap();
    // ssh-keygen reads no private key that others can read.
    shell(dir.path(), &format!("chmod 600 {name}"), "")?;
    for _ in 0..3 {
        let error = match read(half, &fs::read(dir.path().join(&name)).unwrap()) {
            Ok(id) if id == expected => return Ok(()),
            Ok(id) => return Err(format!("another key, {id}, in {name}")),
            // The file has no more than that.
            Err(error) if *error.kind() == KeyErrorKind::PublicKey => return Ok(()),
            Err(error) => error,
        };
        let command = error.command().ok_or_else(|| format!("no command for {name}: {error}"))?;
        shell(dir.path(), &command.replace("FILE", &name), passphrase)?;
        let is_output = |word: &&str| ["KEY.", "PUBLIC.", "CERTIFICATES."].iter().any(|start| word.starts_with(start));
        name = command.split([' ', ';']).rfind(is_output).ok_or("no output")?.into();
    }
    Err("three commands, and still not read".into())
}

fn read(half: Half, file: &[u8]) -> Result<String, KeyError> {
    match half {
        Half::Public => RsaRecipient::from_key_file(file).map(|key| key.key_id().to_string()),
        #[cfg(not(feature = "encrypted-keys"))]
        Half::Private => RsaIdentity::from_key_file(file).map(|key| key.key_id().to_string()),
        #[cfg(feature = "encrypted-keys")]
        Half::Private => RsaIdentity::from_encrypted_key_file(file, PASSPHRASE, &bulla::Limits::default())
            .map(|key| key.key_id().to_string()),
        Half::Verifier => AnyVerifier::from_key_file(file).map(|key| key.key_id().to_string()),
        Half::Signer => AnySigner::from_key_file(file).map(|key| key.key_id().to_string()),
    }
}

/// Runs `script`, with `passphrase` for whoever asks for one.
fn shell(dir: &Path, script: &str, passphrase: &str) -> Result<(), String> {
    let script = format!("yes '{passphrase}' | ({script})");
    // Without a terminal, since a tool would rather ask there.
    let shell: &[&str] = if has("setsid") { &["setsid", "-w", "sh", "-c"] } else { &["sh", "-c"] };
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).arg(&script).current_dir(dir).env("GNUPGHOME", dir).stdin(Stdio::null());
    let output = command.output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{script}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn has(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).stdout(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// openssl pkey -pubin -in tests/keys/rsa2048.pub.pem -outform DER | sha256sum
const KEY: &str = "78b2f61142faf3cf3874b1fe68686a41d32206d1220969a546919c0257fb84c0";

/// gpg --export-ssh-key KEYID! > k
/// ssh-keygen -e -m PKCS8 -f k | openssl pkey -pubin -outform DER | sha256sum
const OPENPGP_KEY: &str = "5c562a4e7093f47d3202e541349e340440f73f44698c6b3d241bcae13cd21cfe";

/// Of the encrypted keys.
const PASSPHRASE: &str = "test";

/// The commands for encrypted keys depend on whether such keys are read.
#[cfg(feature = "encrypted-keys")]
const OF_THE_OTHER_FEATURES: &[&str] = &["openssl pkcs8 -inform DER -in FILE -out KEY.pem"];
#[cfg(not(feature = "encrypted-keys"))]
const OF_THE_OTHER_FEATURES: &[&str] =
    &["openssl pkey -inform DER -in FILE -aes-256-cbc -out KEY.pem", "openssl pkey -in FILE -aes-256-cbc -out KEY.pem"];

/// What the commands use besides the tools of POSIX and `openssl`.
const TOOLS: [&str; 9] = ["node", "pwsh", "xxd", "base64", "iconv", "keytool", "puttygen", "ssh-keygen", "gpg"];

/// The commands for keys that no type is there for.
const OF_P256: &[&str] = &[
    "openssl ec -pubin -in FILE -param_enc named_curve -pubout -out PUBLIC.pem",
    "openssl ec -pubin -inform DER -in FILE -param_enc named_curve -pubout -out PUBLIC.pem",
    "openssl ec -in FILE -param_enc named_curve -out KEY.pem",
    "openssl ec -inform DER -in FILE -param_enc named_curve -out KEY.pem",
    "openssl ec -pubin -inform DER -in FILE -conv_form uncompressed -pubout -out PUBLIC.pem",
    "openssl ec -pubin -in FILE -conv_form uncompressed -pubout -out PUBLIC.pem",
];
const OF_ED25519: &[&str] = &["gpg --import FILE && gpg --export-ssh-key $(gpg --show-keys --with-colons FILE | \
     awk -F: '$12~/s/{k=$5\"!\"}END{print k}') > PUBLIC.pub"];
