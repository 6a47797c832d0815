//! Envelopes as text.

use crate::support::*;

#[test]
#[cfg(not(feature = "armor"))]
fn a_program_built_without_the_text_form_says_so() {
    let dir = Scratch::sealed();
    dir.write("text", b"-----BEGIN BULLA ENVELOPE-----\niUJVTA0KGgo=\n-----END BULLA ENVELOPE-----\n");
    let [key, public] = [private(2048), public(2048)];
    for (args, name) in [
        (&["seal", "--armor", "-r", &public, "sealed", "out"][..], "out"),
        (&["rewrap", "--armor", "-i", &key, "--add", &public, "sealed", "out"], "out"),
        (&["open", "-i", &key, "text", "out"], "text"),
        (&["rewrap", "-i", &key, "--add", &public, "text", "out"], "text"),
        (&["inspect", "text"], "text"),
    ] {
        let reason = "the text form needs a program built with --features armor";
        assert_eq!(dir.fails(args), format!("bulla: {name}: {reason}"));
    }
    assert_eq!(dir.names(), ["sealed", "text"]);
}

#[test]
fn a_header_alone_is_not_sealed_as_text() {
    let dir = Scratch::sealed();
    let output = dir.run(["seal", "-r", &public(2048), "--armor", "--header", "header", "sealed", "out"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(dir.names(), ["sealed"]);
}

#[cfg(feature = "armor")]
mod built {
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_is_sealed_as_text_opens_again() {
        let dir = Scratch::new();
        for len in [0, 1, 16_384, 300_000] {
            dir.write("in", &pattern(len));
            dir.succeeds(["seal", "--force", "-r", &public(2048), "--armor", "in", "text"]);
            assert!(dir.read("text").starts_with(b"-----BEGIN BULLA ENVELOPE-----\n"));
            dir.succeeds(["open", "--force", "-i", &private(2048), "text", "out"]);
            assert!(dir.read("out") == pattern(len), "{len} bytes");
        }
    }

    #[test]
    fn text_goes_through_pipes() {
        let dir = Scratch::new();
        let text = dir.pipe(["seal", "-r", &public(2048), "--armor", "-", "-"], &PLAINTEXT).stdout;
        assert!(bulla::armor::is_armored(&text));
        assert_eq!(dir.pipe(["open", "-i", &private(2048), "-", "-"], &text).stdout, PLAINTEXT);
        let json = dir.pipe(["inspect", "--json", "-"], &text).stdout;
        assert_eq!(serde_json::from_slice::<Value>(&json).unwrap()["version"], 1);
    }

    #[test]
    fn text_with_other_line_ends_opens() {
        let dir = sealed_as_text();
        dir.write("text", text(&dir.read("text")).replace('\n', "\r\n").as_bytes());
        dir.succeeds(["open", "-i", &private(2048), "text", "out"]);
        assert_eq!(dir.read("out"), PLAINTEXT);
    }

    #[test]
    fn rewrap_reads_both_forms_and_writes_the_requested_one() {
        let dir = sealed_as_text();
        for input in ["sealed", "text"] {
            let args = ["rewrap", "--force", "-i", &private(2048), "--add", &public(3072)];
            dir.succeeds([&args[..], &[input, "binary"]].concat());
            assert!(dir.opens("binary", 3072), "{input}");
            dir.succeeds([&args[..], &["--armor", input, "armored"]].concat());
            dir.write("binary", &bulla::armor::decode(dir.read("armored")).unwrap());
            assert!(dir.opens("binary", 3072), "{input}");
        }
    }

    #[test]
    fn text_is_changed_in_place() {
        let dir = sealed_as_text();
        dir.succeeds(["rewrap", "-i", &private(2048), "--add", &public(3072), "--armor", "text", "text"]);
        dir.succeeds(["open", "-i", &private(3072), "text", "out"]);
        assert_eq!(dir.read("out"), PLAINTEXT);
    }

    #[test]
    fn a_header_without_its_body_can_become_text() {
        let dir = Scratch::sealed();
        dir.succeeds(["seal", "-r", &public(2048), "--header", "header", "sealed", "body"]);
        dir.succeeds(["rewrap", "-i", &private(2048), "--add", &public(3072), "--armor", "header", "header"]);
        assert!(bulla::armor::is_armored(&dir.read("header")));
        dir.succeeds(["open", "-i", &private(3072), "--header", "header", "body", "out"]);
        assert!(dir.read("out") == dir.read("sealed"));
    }

    #[test]
    fn inspect_shows_the_same_for_text_except_lengths() {
        let dir = sealed_as_text();
        let [mut binary, text] = [dir.inspect("sealed"), dir.inspect("text")];
        for key in ["body_len", "plaintext_len", "truncated"] {
            assert_ne!(binary[key], Value::Null, "{key}");
            binary[key] = Value::Null;
        }
        assert_eq!(text, binary);
    }

    #[test]
    fn damaged_text_is_refused_with_the_reason_and_leaves_nothing() {
        let dir = sealed_as_text();
        let whole = text(&dir.read("text"));
        let last_line = whole.lines().count();
        let end = whole.rfind("-----END").unwrap();
        for (damaged, reason) in [
            (whole.replacen('\n', "\n\n", 1), "malformed text form of an envelope at line 2".into()),
            (whole.replacen("iUJV", "iU V", 1), "malformed text form of an envelope at line 2".into()),
            (format!("{whole}x"), format!("malformed text form of an envelope at line {}", last_line + 1)),
            (whole[..end].into(), "truncated".into()),
            (whole[..whole.len() / 2].into(), "truncated".into()),
            (whole[..31].into(), "truncated".into()),
        ] {
            dir.write("damaged", damaged.as_bytes());
            let [key, public] = [private(2048), public(3072)];
            for args in [&["open", "-i", &key][..], &["rewrap", "-i", &key, "--add", &public]] {
                let line = dir.fails([args, &["damaged", "out"]].concat());
                assert!(line.starts_with(&format!("bulla: damaged: {reason}")), "{line}");
            }
            assert_eq!(dir.names(), ["damaged", "sealed", "text"]);
        }
    }

    #[test]
    fn text_with_white_space_around_it_is_opened_inspected_and_rewrapped() {
        let dir = sealed_as_text();
        let whole = text(&dir.read("text"));
        let many = ["\n".repeat(1024), "\r\n".repeat(100_000)];
        for [before, after] in [["\u{feff}", ""], ["\r\n \t", "\n\n \n"], [&many[0], &many[1]]] {
            dir.write("text", [before, &whole, after].concat().as_bytes());
            dir.succeeds(["open", "--force", "-i", &private(2048), "text", "out"]);
            assert_eq!(dir.read("out"), PLAINTEXT);
            assert_eq!(dir.pipe(["open", "-i", &private(2048), "-", "-"], &dir.read("text")).stdout, PLAINTEXT);
            assert_eq!(dir.inspect("text")["version"], 1);
            dir.succeeds(["rewrap", "--force", "-i", &private(2048), "--add", &public(3072), "text", "binary"]);
            assert!(dir.opens("binary", 3072));
        }
    }

    #[test]
    fn what_is_near_to_a_text_is_named() {
        let dir = sealed_as_text();
        let whole = text(&dir.read("text"));
        let every_line = |start: &str| whole.lines().map(|line| format!("{start}{line}\n")).collect::<String>();
        let utf_16 = whole.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mail = format!("{}\n{whole}", "Received: from mail.example by mail.example\n".repeat(300));
        let at = |line: u32, reason: &str| format!("malformed text form of an envelope at line {line}: {reason}");
        for (damaged, reason) in [
            (every_line("> ").into_bytes(), at(1, "quoting mark: remove it from every line")),
            (every_line("  ").into(), at(2, "indented line: remove the blanks")),
            (format!("Dear Alice,\n{whole}").into(), at(1, "text before the first line: remove it")),
            (mail.into(), at(1, "text before the first line: remove it")),
            (
                whole.replace("-----", "\u{2014}").into(),
                at(1, "not five hyphens on each side of the label: restore them"),
            ),
            (utf_16, "not the text form of a bulla envelope, but a text in UTF-16: save it as UTF-8".into()),
        ] {
            dir.write("damaged", &damaged);
            for args in [&["open", "-i", &private(2048), "damaged", "out"][..], &["inspect", "damaged"]] {
                assert_eq!(dir.fails(args), format!("bulla: damaged: {reason}"));
            }
        }
    }

    #[test]
    fn a_binary_envelope_that_names_the_text_form_is_not_read_as_text() {
        let dir = Scratch::sealed();
        dir.succeeds(["seal", "-r", &public(2048), "--metadata", "BEGIN BULLA ENVELOPE", "sealed", "envelope"]);
        dir.succeeds(["open", "-i", &private(2048), "envelope", "out"]);
        assert!(dir.read("out") == dir.read("sealed"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_device_is_reported_in_one_line() {
        let dir = Scratch::sealed();
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = dir.command(["seal", "--armor", "-r", &public(2048), "sealed", "-"]);
        let line = one_line(&command.stdout(full).output().unwrap());
        assert_eq!(line, "bulla: standard output: no space left on the device");
    }

    #[test]
    #[cfg(unix)]
    fn a_closed_pipe_is_reported_in_one_line() {
        let dir = Scratch::new();
        dir.write("in", &pattern(1_000_000));
        let mut child = dir.start(["seal", "--armor", "-r", &public(2048), "in", "-"]);
        drop(child.stdout.take());
        let line = one_line(&child.wait_with_output().unwrap());
        assert_eq!(line, "bulla: standard output: closed by its reader before everything was written");
    }

    /// The files `sealed` and `text`, its text form.
    fn sealed_as_text() -> Scratch {
        let dir = Scratch::sealed();
        dir.write("text", bulla::armor::encode(&dir.read("sealed")).as_bytes());
        dir
    }
}
