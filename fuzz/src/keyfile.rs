//! Files of any kind, from which keys are read: what is said of them.

use std::collections::BTreeSet;

use base64ct::{Base64, Encoding};

use crate::key::backends::{self, Reader, Refusal};
use crate::key::{shapes, variants};

/// Everything that [`check`] can return.
pub fn outcomes() -> BTreeSet<String> {
    let mut outcomes = variants::all();
    // Of the operating system, and of what is written: of no file.
    assert!(outcomes.remove("KeyErrorKind::Randomness") && outcomes.remove("KeyErrorKind::EmptyPassphrase"));
    // Of curves: the keys here that sign are RSA keys.
    let of_curves = ["OtherCurve", "ExplicitCurve", "PointForm", "InvalidPoint", "SmallOrder"];
    assert!(of_curves.iter().all(|name| outcomes.remove(&format!("KeyErrorKind::{name}"))));
    outcomes.extend(READERS.map(|reader| format!("{reader:?}")));
    outcomes
}

/// Reads `input` in every way and tells what came of it.
pub fn check(input: &[u8]) -> BTreeSet<String> {
    let outcomes = READERS.map(|reader| match backends::read(reader, input) {
        Ok(_) => format!("{reader:?}"),
        Err(refusal) => {
            check_text_of(&refusal);
            variants::name_of(&refusal.kind)
        }
    });
    if matches!(input, [0x30, 0x80..=0xFF, ..]) {
        shapes::check(input);
    }
    if let Some(text) = text_with_pem(input) {
        shapes::check_text(text);
        if let Some(der) = first_block(text) {
            shapes::check(&der);
        }
    }
    outcomes.into()
}

/// An error is one short line, and nothing in it is from the inside of a key.
fn check_text_of(refusal: &Refusal) {
    let Refusal { kind, reason, text, command } = refusal;
    assert!(!reason.is_empty() && reason.trim() == reason && !reason.ends_with('.'), "{text:?}");
    assert!(!text.contains(char::is_control), "{text:?}");
    assert!(reason.len() < 2000, "{} bytes of text", reason.len());
    assert_eq!(*text, command.map_or(reason.clone(), |command| format!("{reason}; to mend it, run: {command}")));
    // Labels of blocks and names of algorithms are from the file.
    let names_the_file = ["PemLabel", "NoFittingBlock", "SeveralKeys", "OtherAlgorithm", "OtherSignatureAlgorithm"]
        .iter()
        .any(|name| kind.starts_with(name));
    if !names_the_file {
        let is_base64 = |character: char| character.is_ascii_alphanumeric() || "+/=".contains(character);
        let longest = reason.split(|character| !is_base64(character)).map(str::len).max();
        assert!(longest < Some(20), "{text:?}");
    }
}

/// `input`, if it is plain text with a block in it that neither JSON nor another format surrounds.
fn text_with_pem(input: &[u8]) -> Option<&str> {
    let text = str::from_utf8(input).ok()?;
    let is_plain = text.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~'));
    let has_block = text.lines().any(|line| line.starts_with("-----BEGIN ") && line.ends_with("-----"));
    let is_other = text.trim_start().starts_with(['{', '[']) || text.contains("<RSAKeyValue");
    (is_plain && has_block && !is_other).then_some(text)
}

/// What the first block encodes.
fn first_block(text: &str) -> Option<Vec<u8>> {
    let body = text.lines().skip_while(|line| !line.starts_with("-----BEGIN ")).skip(1);
    let base64: String = body.take_while(|line| !line.starts_with('-')).collect();
    Base64::decode_vec(&base64).ok()
}

const READERS: [Reader; 9] = [
    Reader::RecipientFile,
    Reader::RecipientPem,
    Reader::IdentityFile,
    Reader::IdentityPem,
    Reader::EncryptedFile("test"),
    Reader::EncryptedFile("wrong"),
    Reader::CertificateFile,
    Reader::VerifierFile,
    Reader::SignerFile,
];
