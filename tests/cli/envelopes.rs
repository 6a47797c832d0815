//! Envelopes that do not open.

use bulla::keys::KeySize;
use bulla::{Limits, Opener, RsaIdentity, Sealer};

use crate::support::*;

#[test]
fn a_wrong_key_is_reported_with_its_file_and_id() {
    let dir = Scratch::sealed();
    let line = dir.fails(["open", "-i", &private(3072), "sealed", "out"]);
    let id = identity(3072).key_id();
    assert!(line.starts_with("bulla: sealed: nothing addressed to "), "{line}");
    assert!(line.contains(&private(3072)) && line.contains(&id.to_string()), "{line}");
}

#[test]
fn wrong_associated_data_is_reported_as_such() {
    let dir = Scratch::new();
    dir.write("in", b"hello");
    dir.succeeds(["seal", "-r", &public(2048), "--aad", "invoice/42", "in", "sealed"]);
    for aad in ["", "invoice/43"] {
        let line = dir.fails(["open", "-i", &private(2048), "--aad", aad, "sealed", "out"]);
        assert!(line.starts_with("bulla: sealed: wrong associated data: "), "{line}");
    }
    dir.succeeds(["open", "-i", &private(2048), "--aad", "invoice/42", "sealed", "out"]);
}

#[test]
fn associated_data_comes_from_a_file_byte_for_byte() {
    let dir = Scratch::new();
    dir.write("in", b"hello");
    let [aad, other] = [b"\xFF\0invoice\n", b"\xFF\0invoice\r"];
    dir.write("aad", aad);
    dir.write("other", other);
    dir.succeeds(["seal", "-r", &public(2048), "--aad-file", "aad", "in", "sealed"]);
    assert_eq!(Opener::new(identity(2048)).aad(aad).open(&dir.read("sealed")).unwrap(), b"hello");
    let line = dir.fails(["open", "-i", &private(2048), "--aad-file", "other", "sealed", "out"]);
    assert!(line.starts_with("bulla: sealed: wrong associated data: "), "{line}");
    dir.pipe(["open", "-i", &private(2048), "--aad-file", "-", "sealed", "piped"], &dir.read("aad"));
    dir.succeeds(["open", "-i", &private(2048), "--aad-file", "aad", "sealed", "out"]);
    assert_eq!(dir.read("out"), b"hello");
}

#[test]
fn associated_data_is_the_same_as_text_and_from_a_file() {
    let dir = Scratch::new();
    dir.write("in", b"hello");
    dir.write("aad", b"invoice/42");
    dir.succeeds(["seal", "-r", &public(2048), "--aad", "invoice/42", "in", "sealed"]);
    dir.succeeds(["open", "-i", &private(2048), "--aad-file", "aad", "sealed", "out"]);
    assert_eq!(dir.read("out"), b"hello");
}

#[test]
fn associated_data_that_cannot_be_read_is_named() {
    let dir = Scratch::sealed();
    for args in [["seal", "-r", &public(2048)], ["open", "-i", &private(2048)]] {
        let line = dir.fails([&args[..], &["--aad-file", "missing", "sealed", "out"]].concat());
        assert_eq!(line, "bulla: missing: no such file or directory");
        let line = dir.fails([&args[..], &["--aad-file", ".", "sealed", "out"]].concat());
        assert_eq!(line, "bulla: .: is a directory");
    }
    assert_eq!(dir.names(), ["sealed"]);
}

#[test]
#[cfg(unix)]
fn an_endless_device_is_not_associated_data() {
    let dir = Scratch::sealed();
    let line = dir.fails(["seal", "-r", &public(2048), "--aad-file", "/dev/zero", "sealed", "out"]);
    assert_eq!(line, "bulla: /dev/zero: longer than 16 MiB, the most that --aad-file takes");
}

#[test]
#[cfg(unix)]
fn associated_data_is_not_overwritten() {
    let dir = Scratch::sealed();
    dir.write("aad", b"precious");
    let [key, public] = [private(2048), public(2048)];
    for (args, role) in [
        (&["seal", "-r", &public, "--aad-file", "aad", "sealed", "aad"][..], "OUT"),
        (&["seal", "-r", &public, "--aad-file", "aad", "--header", "aad", "sealed", "out"], "FILE"),
        (&["open", "-i", &key, "--aad-file", "aad", "sealed", "aad"], "OUT"),
    ] {
        assert_eq!(dir.fails(args), format!("bulla: aad: this is the associated data as well, choose another {role}"));
    }
    assert_eq!(dir.read("aad"), b"precious");
    assert_eq!(dir.names(), ["aad", "sealed"]);
}

#[test]
fn an_empty_input_is_truncated() {
    let dir = Scratch::new();
    dir.write("empty", b"");
    assert_eq!(dir.fails(["inspect", "empty"]), "bulla: empty: truncated: the input is empty");
    let line = dir.fails(["open", "-i", &private(2048), "empty", "out"]);
    assert_eq!(line, "bulla: empty: truncated: the input is empty");
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
    dir.write("layout", &dir.sealed_with(10, &[9]));
    for (name, reason) in [
        ("text", "not a bulla envelope"),
        ("pem", "a PEM file"),
        ("age", "encrypted with age"),
        ("base64", "in base64"),
        ("version", "unsupported version 2"),
        ("suite", "unsupported suite 7"),
        ("layout", "unsupported layout 9"),
    ] {
        for args in [&["inspect", name][..], &["open", "-i", &private(2048), name, "out"]] {
            let line = dir.fails(args);
            assert!(line.starts_with(&format!("bulla: {name}: ")) && line.contains(reason), "{line}");
        }
    }
    assert!(!dir.path("out").exists());
}

#[test]
fn a_labelled_message_is_named_and_not_opened_as_a_file() {
    let dir = Scratch::new();
    let messages = bulla::Sealer::new(identity(2048).recipient()).start_messages().unwrap();
    dir.write("message", &messages.start("label").unwrap().seal(b"hello").unwrap());
    assert_eq!(dir.inspect("message")["layout"], 3);
    let line = dir.fails(["open", "-i", &private(2048), "message", "out"]);
    let reason = "the header is for labelled messages (layout 03): each opens with its label alone";
    assert_eq!(line, format!("bulla: message: {reason}"));
    assert_eq!(dir.names(), ["message"]);
}

#[test]
fn a_header_over_its_limits_is_refused_before_it_is_read() {
    let dir = Scratch::sealed();
    // 2 MiB of records, within the format but above the limit of this program; and a length beyond
    // the format.
    for (len, reason) in [
        (2_u32 << 20, "limit exceeded: the header is longer than the limit of 1048576 bytes; --max-header raises it"),
        (u32::MAX, "malformed header"),
    ] {
        dir.write("hostile", &dir.sealed_with(16, &len.to_be_bytes()));
        let line = dir.fails(["inspect", "hostile"]);
        assert!(line.contains(reason), "{line}");
    }
}

#[test]
fn a_header_with_an_unknown_critical_item_is_said_to_come_from_something_newer() {
    let dir = Scratch::sealed();
    let sealed = dir.read("sealed");
    let records_end = dir.header_len() - 32;
    let records_len = u32::try_from(records_end - 20).unwrap();
    // Items without a value, after the prefix and after the one record (SPEC §3.2). The tag is not
    // reached.
    let field =
        [&sealed[..12], &6_u32.to_be_bytes(), &sealed[16..20], &[0x80, 0x05, 0, 0, 0, 0], &sealed[20..]].concat();
    let record = [
        &sealed[..16],
        &(records_len + 6).to_be_bytes(),
        &sealed[20..records_end],
        &[0xF0, 0x01, 0, 0, 0, 0],
        &sealed[records_end..],
    ]
    .concat();
    let advice = "sealed by something newer; use the program that sealed it, or a newer release of this one";
    for (name, content, item) in [
        ("field", field, "unknown critical field 0x8005 at byte 20".to_owned()),
        ("record", record, format!("unknown critical record 0xf001 at byte {records_end}")),
        ("version", dir.sealed_with(8, &[2]), "unsupported version 2 of the envelope format".into()),
    ] {
        dir.write(name, &content);
        let [key, public] = [private(2048), public(3072)];
        for args in [
            &["inspect", name][..],
            &["open", "-i", &key, name, "out"],
            &["open", "-i", &key, "--header", name, "sealed", "out"],
            &["rewrap", "-i", &key, "--add", &public, name, "out"],
        ] {
            assert_eq!(dir.fails(args), format!("bulla: {name}: {item}: {advice}"), "{args:?}");
        }
    }
}

#[test]
fn the_limit_on_headers_can_be_raised_and_lowered() {
    let dir = Scratch::new();
    let recipient = identity(2048).recipient();
    // The longest metadata of the format, and one record: more than the limit of 2^20 bytes on a
    // header.
    let metadata = vec![b'm'; (1 << 20) - 6];
    let limits = Limits::default().with_header_len(u32::MAX).with_metadata_len(u32::MAX);
    let sealed = Sealer::new(&recipient).limits(limits).metadata(&metadata).seal(b"hello").unwrap();
    let header_len = 20 + 6 + metadata.len() + (6 + 1 + 32 + 256) + 32;
    dir.write("sealed", &sealed);
    dir.write("header", &sealed[..header_len]);
    dir.write("body", &sealed[header_len..]);
    let [key, public] = [private(2048), public(3072)];
    for args in [
        &["inspect", "sealed"][..],
        &["open", "-i", &key, "sealed", "out"],
        &["open", "-i", &key, "--header", "header", "body", "out"],
        &["rewrap", "-i", &key, "--add", &public, "sealed", "out"],
    ] {
        let line = dir.fails(args);
        assert!(line.contains(": limit exceeded: the header is longer than the limit of 1048576 bytes"), "{line}");
        let (command, rest) = args.split_first().unwrap();
        let too_low = (header_len - 1).to_string();
        let line = dir.fails([&[*command, "--max-header", &too_low], rest].concat());
        assert!(line.ends_with(&format!("limit of {too_low} bytes; --max-header raises it")), "{line}");
        // Changing the recipients makes the header longer.
        let max = (header_len + 1000).to_string();
        dir.succeeds([&[*command, "--max-header", &max], rest].concat());
        let _ = std::fs::remove_file(dir.path("out"));
    }
}

#[test]
fn the_number_of_private_key_operations_can_be_limited() {
    let dir = Scratch::new();
    let hidden = vec![identity(2048).recipient().anonymous(); 3];
    dir.write("sealed", &Sealer::with_recipients(&hidden).unwrap().seal(&PLAINTEXT).unwrap());
    dir.write("other.pem", RsaIdentity::generate(KeySize::Rsa2048).unwrap().to_pem().expose().as_bytes());
    let add = public(3072);
    for args in [&["open", "-i", "other.pem"][..], &["rewrap", "-i", "other.pem", "--add", &add]] {
        let line = dir.fails([args, &["--max-key-operations", "2", "sealed", "out"]].concat());
        let reason = "opening needs more private-key operations than the limit of 2; --max-key-operations raises it";
        assert_eq!(line, format!("bulla: sealed: limit exceeded: {reason}"));
        let line = dir.fails([args, &["--max-key-operations", "3", "sealed", "out"]].concat());
        assert_eq!(line, "bulla: sealed: not authentic: wrong key, or the header was altered");
    }
}

#[test]
fn a_header_without_recipients_is_malformed() {
    let dir = Scratch::sealed();
    let sealed = dir.read("sealed");
    let none = [&sealed[..16], &[0; 4], &sealed[dir.header_len() - 32..]].concat();
    dir.write("none", &none);
    let line = dir.fails(["inspect", "none"]);
    assert_eq!(line, "bulla: none: malformed header at byte 20: no record other than padding");
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
        (header_len - 1, "not authentic: wrong key, or the header was altered"),
        (header_len, "the start of the body was altered or belongs to another envelope"),
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
fn standard_output_gets_only_authentic_bytes_and_the_status_shows_that_some_are_missing() {
    let dir = Scratch::sealed();
    let last = dir.read("sealed").len() - 1;
    let byte = dir.read("sealed")[last];
    dir.write("altered", &dir.sealed_with(last, &[byte ^ 1]));
    let output = dir.run(["open", "-i", &private(2048), "altered", "-"]);
    assert_eq!(output.stdout, PLAINTEXT[..16_384]);
    let line = one_line(&output);
    assert!(line.ends_with("the 16384 bytes written are authentic but incomplete"), "{line}");
}
