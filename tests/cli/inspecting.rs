//! `bulla inspect`.

use bulla::{RsaSigner, Sealer};
use serde_json::{Value, json};

use crate::support::*;

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
            "body_offset": 20 + (6 + 13) + (6 + 1 + 32 + 256) + 32,
            "body_len": 56 + 20_000 + 2 * 16,
            "truncated": false,
            "metadata": "text/plain é",
            "metadata_hex": "746578742f706c61696e20c3a9",
            "private_section": false,
            "sender": null,
            "records": [{
                "type": 1,
                "name": "rsa-oaep-sha256",
                "key_id": identity(2048).key_id().to_string(),
                "wrapped_key_len": 256,
            }],
            "plaintext_len": 20_000,
            "verified": false,
        })
    );
}

#[test]
fn inspect_shows_that_there_is_a_private_section_and_nothing_of_it() {
    let dir = Scratch::new();
    let recipient = identity(2048).recipient();
    let signer = RsaSigner::from_pem(std::fs::read(private(4096)).unwrap()).unwrap();
    let sealer = Sealer::new(&recipient);
    dir.write("text", &sealer.clone().private_metadata(b"secret").seal(b"").unwrap());
    dir.write("signed", &sealer.signer(&signer).seal(b"").unwrap());
    for name in ["text", "signed"] {
        let json = dir.inspect(name);
        assert_eq!((&json["private_section"], json.get("sender")), (&json!(true), Some(&Value::Null)));
        let line = "  private   a section that recipients alone can read; a sender cannot be seen without a key\n";
        assert!(dir.inspect_text(name).contains(line));
    }
    dir.write("none", &bulla::seal(&recipient, b"").unwrap());
    assert!(dir.inspect_text("none").contains("  private   none, and so no sender\n"));
}

#[test]
fn inspect_prints_null_for_what_is_not_there() {
    let dir = Scratch::sealed();
    let output = dir.pipe(["inspect", "--json", "-"], &dir.read("sealed"));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    for key in ["metadata", "metadata_hex", "body_len", "truncated", "plaintext_len"] {
        assert_eq!(json.get(key), Some(&Value::Null), "{key}");
    }
    assert_eq!(json["body_offset"], json["header_len"]);
    assert_eq!(json["version"], 1);
}

#[test]
fn inspect_shows_metadata_that_is_not_text_in_hexadecimal() {
    let dir = Scratch::new();
    let recipient = identity(2048).recipient();
    dir.write("sealed", &Sealer::new(&recipient).metadata(b"\xFF\x1B").seal(b"").unwrap());
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
fn inspect_shows_the_length_of_the_plaintext() {
    let dir = Scratch::new();
    let recipient = identity(2048).recipient();
    for len in [0, 1, 16_383, 16_384, 16_385, 32_768] {
        dir.write("sealed", &bulla::seal(&recipient, &pattern(len)).unwrap());
        assert_eq!(dir.inspect("sealed")["plaintext_len"], len);
        assert!(dir.inspect_text("sealed").contains(&format!("plaintext {len} bytes (unverified)")));
    }
}

#[test]
fn inspect_notices_a_length_that_no_envelope_has() {
    let dir = Scratch::sealed();
    let header_len = dir.header_len();
    for body_len in [1, 55, 56, 56 + 15, 56 + 16_400, 56 + 16_400 + 15] {
        dir.write("cut", &dir.read("sealed")[..header_len + body_len]);
        let json = dir.inspect("cut");
        assert_eq!(
            [&json["body_len"], &json["truncated"], &json["plaintext_len"]],
            [&json!(body_len), &json!(true), &Value::Null]
        );
        assert!(dir.inspect_text("cut").contains("TRUNCATED"), "{body_len}");
    }
}

#[test]
fn inspect_does_not_call_a_header_without_its_body_truncated() {
    let dir = Scratch::sealed();
    dir.write("header", &dir.read("sealed")[..dir.header_len()]);
    let json = dir.inspect("header");
    assert_eq!(
        [&json["body_len"], &json["truncated"], &json["plaintext_len"]],
        [&json!(0), &Value::Null, &Value::Null]
    );
    assert_eq!(json["records"], dir.inspect("sealed")["records"]);
    let text = dir.inspect_text("header");
    assert!(text.contains("plaintext none here: a header without its body") && !text.contains("TRUNCATED"), "{text}");
}

#[test]
fn inspect_says_that_nothing_is_verified_and_how_long_the_keys_are() {
    let dir = Scratch::new();
    let [named, hidden] = [identity(2048).recipient(), identity(3072).recipient().anonymous()];
    dir.write("sealed", &Sealer::new(&named).recipient(&hidden).seal(b"").unwrap());
    let text = dir.inspect_text("sealed");
    assert!(text.starts_with("sealed: NOT VERIFIED"), "{text}");
    assert!(text.contains(&format!("RSA key of 2048 bits, id {}", named.key_id())), "{text}");
    assert!(text.contains("RSA key of 3072 bits, anonymous"), "{text}");
}
