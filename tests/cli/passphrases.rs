//! Private keys under a passphrase.

use crate::support::*;

#[cfg(feature = "encrypted-keys")]
mod built {
    use std::fs;
    use std::process::{Command, Output, Stdio};

    use super::*;

    #[test]
    fn a_new_key_is_encrypted_and_opens_with_its_passphrase_alone() {
        let dir = with_key();
        assert!(text(&dir.read("me.pem")).starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
        #[cfg(unix)]
        assert_eq!(mode(&dir.path("me.pem")), 0o600);
        dir.succeeds(["open", "-i", "me.pem", "--passphrase-file", "passphrase", "sealed", "out"]);
        assert_eq!(dir.read("out"), PLAINTEXT);
        dir.write("wrong", b"wrong");
        let line = dir.fails(["open", "-i", "me.pem", "--passphrase-file", "wrong", "sealed", "never"]);
        assert_eq!(line, "bulla: me.pem: the passphrase is wrong, or the encrypted key is damaged");
        dir.succeeds([
            "rewrap",
            "-i",
            "me.pem",
            "--passphrase-file",
            "passphrase",
            "--add",
            &public(2048),
            "sealed",
            "re",
        ]);
        assert!(dir.opens("re", 2048));
    }

    #[test]
    fn a_passphrase_is_the_only_line_of_its_file() {
        let dir = with_key();
        for content in ["päss", "päss\n", "päss\r\n", "päss\n\n"] {
            dir.write("file", content.as_bytes());
            dir.succeeds(["open", "--force", "-i", "me.pem", "--passphrase-file", "file", "sealed", "out"]);
        }
        dir.pipe(["open", "--force", "-i", "me.pem", "--passphrase-file", "-", "sealed", "out"], "päss\n".as_bytes());
        for (content, reason) in [
            ("päss\nother\n".into(), "more than one line: a passphrase is the only line of its file"),
            ("x".repeat(5000), "longer than a passphrase can be (4 KiB)"),
        ] {
            dir.write("file", content.as_bytes());
            let line = dir.fails(["open", "-i", "me.pem", "--passphrase-file", "file", "sealed", "never"]);
            assert_eq!(line, format!("bulla: file: {reason}"));
        }
        let line = dir.fails(["open", "-i", "me.pem", "--passphrase-file", "missing", "sealed", "never"]);
        assert_eq!(line, "bulla: missing: no such file or directory");
        let line = dir.fails(["open", "-i", "-", "--passphrase-file", "-", "sealed", "never"]);
        assert_eq!(line, "bulla: standard input: only one file can be read from it: name the others");
    }

    #[test]
    fn an_empty_passphrase_makes_no_key() {
        let dir = Scratch::new();
        dir.write("empty", b"\n");
        let line = dir.fails(["keygen", "--bits", "2048", "--passphrase-file", "empty", "me.pem"]);
        assert_eq!(line, "bulla: me.pem: the passphrase is empty: nothing was written");
        assert_eq!(dir.names(), ["empty"]);
    }

    #[test]
    #[cfg(unix)]
    fn without_a_terminal_nothing_waits_for_an_answer() {
        let dir = with_key();
        for (args, name) in [
            (&["open", "-i", "me.pem", "sealed", "never"][..], "me.pem"),
            (&["keygen", "--passphrase", "new.pem"], "new.pem"),
        ] {
            let mut command = Command::new("setsid");
            command.arg("-w").arg(crate::build::program()).args(args).current_dir(dir.0.path());
            let Ok(output) = command.stdin(Stdio::null()).output() else {
                return skipped("there is no setsid");
            };
            let reason = "needs a passphrase, and there is no terminal to ask: give --passphrase-file";
            assert_eq!(one_line(&output), format!("bulla: {name}: {reason}"));
        }
        assert_eq!(dir.names(), ["me.pem", "me.pub.pem", "passphrase", "sealed"]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_terminal_asks_and_shows_nothing_of_the_answer() {
        let dir = with_key();
        let Some(output) = at_terminal(&dir, "open --any-sender -i me.pem sealed out", "päss\n") else { return };
        assert_eq!(text(&output.stdout), "Passphrase for me.pem: \r\n");
        assert_eq!(dir.read("out"), PLAINTEXT);

        let keygen = "keygen --bits 2048 --passphrase new.pem";
        let differ = at_terminal(&dir, keygen, "one\nother\n").unwrap();
        let asked = "New passphrase for new.pem: \r\nThe same again: \r\n";
        assert_eq!(
            text(&differ.stdout),
            format!("{asked}bulla: new.pem: the two passphrases differ: nothing was written\r\n")
        );
        assert!(!dir.path("new.pem").exists());
        let same = at_terminal(&dir, keygen, "one\none\n").unwrap();
        assert!(text(&same.stdout).starts_with(&format!("{asked}private key  new.pem\r\n")), "{same:?}");
        dir.write("one", b"one");
        dir.succeeds(["seal", "-r", "new.pub.pem", "passphrase", "again"]);
        dir.succeeds(["open", "-i", "new.pem", "--passphrase-file", "one", "again", "opened"]);
    }

    /// Runs the program at a terminal of its own, where somebody types `answers`.
    #[cfg(target_os = "linux")]
    fn at_terminal(dir: &Scratch, args: &str, answers: &str) -> Option<Output> {
        let line = format!("{} {args}", crate::build::program().display());
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).current_dir(dir.0.path());
        let Ok(mut child) = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
            skipped("there is no command `script` to make a terminal");
            return None;
        };
        // Not before the program has asked: what is typed earlier, the terminal shows.
        let mut stdout = child.stdout.take().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut shown = Vec::new();
        for answer in answers.split_inclusive('\n') {
            read_to_prompt(&mut stdout, &mut shown);
            std::thread::sleep(std::time::Duration::from_millis(200));
            std::io::Write::write_all(&mut stdin, answer.as_bytes()).unwrap();
        }
        std::io::Read::read_to_end(&mut stdout, &mut shown).unwrap();
        let mut output = child.wait_with_output().unwrap();
        output.stdout = shown;
        Some(output)
    }

    #[cfg(target_os = "linux")]
    fn read_to_prompt(stdout: &mut impl std::io::Read, shown: &mut Vec<u8>) {
        let start = shown.len();
        let mut byte = [0];
        while !shown[start..].ends_with(b": ") && stdout.read(&mut byte).unwrap() == 1 {
            shown.push(byte[0]);
        }
    }

    /// With a key pair `me.pem`, its passphrase, and a file that is sealed to it.
    fn with_key() -> Scratch {
        let dir = Scratch::new();
        dir.write("passphrase", "päss\n".as_bytes());
        let output = dir.run(["keygen", "--bits", "2048", "--passphrase-file", "passphrase", "me.pem"]);
        assert!(output.status.success(), "{output:?}");
        dir.write("plain", &PLAINTEXT);
        dir.succeeds(["seal", "-r", "me.pub.pem", "plain", "sealed"]);
        fs::remove_file(dir.path("plain")).unwrap();
        dir
    }
}

#[test]
#[cfg(not(feature = "encrypted-keys"))]
fn a_program_built_without_passphrases_says_so() {
    let dir = Scratch::sealed();
    dir.write("passphrase", b"test");
    for args in [
        &["keygen", "--passphrase", "me.pem"][..],
        &["keygen", "--passphrase-file", "passphrase", "me.pem"],
        &["open", "-i", &private(2048), "--passphrase-file", "passphrase", "sealed", "out"],
    ] {
        let line = dir.fails(args);
        assert_eq!(line, "bulla: passphrases: they need a program built with --features encrypted-keys");
    }
    assert_eq!(dir.names(), ["passphrase", "sealed"]);
}
