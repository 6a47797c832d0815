//! `SPEC.md` held against the code: its constants, its limits, and its worked examples regenerated
//! byte for byte.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::chunk::{BodySealer, Work};
use crate::crypto::sha256;
use crate::envelope::{Opener, Sealer};
use crate::error::OpenError;
use crate::format;
use crate::limits::Limits;
use crate::num::to_u64;
use crate::recipient::{Identity, RsaIdentity};
use crate::schedule::{AssociatedData, BodyKeys, Label, NewKey, Place};
use crate::secret::ContentKey;
use crate::session::{Challenge, Frame};
use crate::threads::Threads;
use crate::wire::Header;

const SPEC: &str = include_str!("../SPEC.md");

#[test]
fn constants_are_those_of_the_code() {
    macro_rules! number {
        ($($name:ident),*) => { [$((stringify!($name), u64::try_from(format::$name).unwrap())),*] };
    }
    let numbers = number![
        PREFIX_LEN,
        HEADER_TAG_LEN,
        MAX_FIELDS_LEN,
        MAX_RECORDS_LEN,
        MAX_RECORDS,
        MAX_RECORD_LEN,
        CRITICAL,
        FIELD_METADATA,
        FIELD_PRIVATE,
        MIN_PRIVATE_LEN,
        MAX_PRIVATE_LEN,
        PRIVATE_METADATA,
        PRIVATE_SENDER,
        PRIVATE_AUDIENCE,
        PRIVATE_PADDING,
        MAX_AUDIENCE,
        MAX_SIGNATURE_LEN,
        TO_SIGN_LEN,
        RECORD_RSA_OAEP_SHA256,
        RECORD_PADDING,
        KEY_ID_LEN,
        MIN_WRAPPED_KEY_LEN,
        MAX_WRAPPED_KEY_LEN,
        SALT_LEN,
        COMMITMENT_LEN,
        BODY_HEAD_LEN,
        CHUNK_LEN,
        TAG_LEN,
        SEALED_CHUNK_LEN,
        FRAME_HEADER_LEN,
        PIECE_LEN,
        MAX_FRAMES,
        MANIFEST_ENTRY_LEN,
        MAX_PARTS,
        MAX_PLAINTEXT_LEN
    ];
    let types = [
        ("MAGIC", u64::from_be_bytes(format::MAGIC)),
        ("VERSION", format::Version::V1.code().into()),
        ("SUITE", format::Suite::HmacSha512Cobblestone256.code().into()),
        ("LAYOUT_SINGLE", format::Layout::Single.code().into()),
        ("LAYOUT_SESSION", format::Layout::Session.code().into()),
        ("LAYOUT_LABELLED", format::Layout::Labelled.code().into()),
        ("LAYOUT_PARTS", format::Layout::Parts.code().into()),
        ("KIND_SINGLE", format::Kind::Single.code().into()),
        ("KIND_STREAM", format::Kind::Stream.code().into()),
        ("KIND_MESSAGE", format::Kind::Message.code().into()),
        ("KIND_PART", format::Kind::Part.code().into()),
        ("KIND_MANIFEST", format::Kind::Manifest.code().into()),
    ];
    let code: Vec<_> = types.into_iter().chain(numbers).collect();

    let rows = section("### 9.6 Constants").lines().filter_map(|line| {
        let (name, value) = line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | ")?;
        let value = match value.strip_prefix('`').and_then(|value| value.strip_suffix('`')) {
            Some(hex) => u64::from_str_radix(hex, 16).ok()?,
            None => value.parse().ok()?,
        };
        Some((name, value))
    });
    assert_eq!(rows.collect::<Vec<_>>(), code);
}

#[test]
fn default_limits_are_not_below_the_floor() {
    let floor = |what: &str| {
        let row = section("## 2. Limits").lines().find_map(|line| line.strip_prefix(&format!("| {what} | ")));
        let number = row.unwrap_or_else(|| panic!("no row {what:?}")).split(' ').next().unwrap();
        number.parse::<u32>().unwrap()
    };
    let limits = Limits::default();
    assert!(limits.header_len() >= floor("length of the header"));
    assert!(limits.records() >= floor("number of records"));
    assert!(limits.metadata_len() >= floor("length of the metadata"));
    assert!(limits.private_key_operations() >= floor("private-key operations"));
    assert_eq!(limits.plaintext_len(), format::MAX_PLAINTEXT_LEN);
}

#[test]
fn first_example_opens() {
    let identity = RsaIdentity::from_pem(private_key()).unwrap();
    let envelope = [value(FIRST, "header"), value(FIRST, "body")].concat();
    assert_eq!(Opener::new(&identity).aad(AAD).open(&envelope).unwrap(), PLAINTEXT);
    assert_eq!(Opener::new(&identity).open(&envelope), Err(OpenError::WrongAssociatedData));
    let (header, _) = Header::split(&envelope, &Limits::default()).unwrap();
    assert_eq!(Opener::new(&identity).open_header(&header).unwrap().metadata(), Some(METADATA));
}

#[test]
fn body_of_the_first_example_is_regenerated_byte_for_byte() {
    let header = Header::parse(&value(FIRST, "header"), &Limits::default()).unwrap();
    let body_sealer = body_sealer(header, CONTENT_KEY, AAD, &SALT);
    let mut body = body_sealer.head().to_vec();
    body.resize(56 + PLAINTEXT.len() + 16, 0);
    body_sealer.seal_last(PLAINTEXT, &mut body[56..]).unwrap();
    assert_eq!(body, value(FIRST, "body"));
}

#[test]
fn labelled_example_opens_under_its_label() {
    let identity = RsaIdentity::from_pem(private_key()).unwrap();
    let header = Header::parse(&value(LABELLED, "header"), &Limits::default()).unwrap();
    let opened = Opener::new(&identity).aad(AAD).open_header(&header).unwrap();
    let message = value(LABELLED, "message");
    assert_eq!(opened.message(Label::of_values(LABEL_VALUES)).open(&message).unwrap(), PLAINTEXT);
    assert_eq!(opened.message(&value(LABELLED, "label")[..]).open(&message).unwrap(), PLAINTEXT);
    assert_eq!(opened.message("orders42").open(&message), Err(OpenError::WrongAssociatedData));
    assert_eq!(opened.open(&message), Err(OpenError::OtherLayout { layout: format::Layout::Labelled }));
}

#[test]
fn session_of_the_example_opens_in_both_directions() {
    let identity = RsaIdentity::from_pem(private_key()).unwrap();
    let header = Header::parse(&value(SESSION, "header"), &Limits::default()).unwrap();
    let open = |challenge: Option<[u8; 32]>| {
        Opener::new(&identity).open_session_header(&header, challenge.map(Challenge::of)).unwrap()
    };
    let (stream, answer) = (value(SESSION, "stream"), value(SESSION, "stream 1"));
    let accepted = open(Some(CHALLENGE)).accept_from(stream.first_chunk().unwrap(), &SESSION_SALTS[1]);
    let (mut opener, sealer) = accepted.unwrap();
    let mut frames = stream[56..].to_vec();
    let mut rest = &mut frames[..];
    assert_eq!(opener.open_next(&mut rest), Ok(Some(Frame::LastPiece(&mut PLAINTEXT.to_vec()))));
    assert_eq!(opener.open_next(&mut rest), Ok(Some(Frame::LastPiece(&mut []))));
    assert_eq!(opener.open_next(&mut rest), Ok(Some(Frame::End)));

    // The answer is regenerated, since no RSA is needed.
    let mut sealer = sealer.unwrap();
    let mut regenerated = sealer.head().to_vec();
    sealer.append_message(ANSWER, &mut regenerated).unwrap();
    regenerated.extend_from_slice(&sealer.finish().unwrap());
    assert_eq!(regenerated, answer);
    for wrong in [None, Some([0; 32])] {
        let accepted = open(wrong).accept_from(stream.first_chunk().unwrap(), &SESSION_SALTS[1]);
        assert_eq!(accepted.map(|_| ()), Err(OpenError::WrongAssociatedData));
    }
}

#[test]
fn parts_of_the_example_open_by_their_manifest() {
    let identity = RsaIdentity::from_pem(private_key()).unwrap();
    let header = Header::parse(&value(PARTS, "header"), &Limits::default()).unwrap();
    let opened = Opener::new(&identity).open_header(&header).unwrap();
    let manifest = opened.open_manifest(&value(PARTS, "manifest")).unwrap();
    assert_eq!((manifest.len(), manifest.part_count()), (12, 2));
    for (index, name) in ["part 0", "part 1"].into_iter().enumerate() {
        assert_eq!(manifest.part(to_u64(index)).unwrap().open(&value(PARTS, name)).unwrap(), PAYLOAD[index]);
        let other = manifest.part(to_u64(1 - index)).unwrap().open(&value(PARTS, name));
        assert_eq!(other, Err(OpenError::ForeignPart { index: u64::try_from(1 - index).unwrap() }));
    }
    assert_eq!(value(PARTS, "manifest").len(), 152);
}

#[test]
fn second_example_opens() {
    let identity = RsaIdentity::from_pem(private_key()).unwrap();
    let envelope = [value(SECOND, "header"), second_body()].concat();
    assert_eq!(sha256(&envelope)[..], value(SECOND, "SHA-256(envelope)"));
    assert!(Opener::new(&identity).open(&envelope).unwrap() == second_plaintext());
}

#[test]
fn sender_example_opens_and_its_sender_is_authentic() {
    let identity = RsaIdentity::from_pem(private_key()).unwrap();
    let (header, body) = (value(SENDER, "header"), value(SENDER, "body"));
    let header = Header::parse(&header, &Limits::default()).unwrap();
    let opened = Opener::new(&identity).open_header(&header).unwrap();
    assert_eq!(opened.private_metadata(), Some(PRIVATE_METADATA));
    assert_eq!(opened.unverified_sender().unwrap().as_bytes()[..], value(SENDER, "sender key id"));
    assert_eq!(opened.open(&body).unwrap(), PLAINTEXT);
    #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
    {
        let spki = [&b"\x30\x2A\x30\x05\x06\x03\x2B\x65\x70\x03\x21\x00"[..], &value(SENDER, "sender public key")];
        let sender = crate::sender::Ed25519Verifier::from_der(spki.concat()).unwrap();
        let opener = Opener::new(&identity).senders(crate::envelope::Senders::new(sender));
        assert!(opener.open_header(&header).unwrap().sender().is_some());
    }
}

#[test]
fn both_records_of_the_second_example_hold_its_content_key() {
    let identity = RsaIdentity::from_pem(private_key()).unwrap();
    let header = Header::parse(&value(SECOND, "header"), &Limits::default()).unwrap();
    let ids: Vec<_> = header.records().map(|record| record.key_id()).collect();
    assert_eq!(ids, [None, Some(identity.key_id())]);
    for record in header.records() {
        let content_key = identity.unwrap_key(&record).unwrap().unwrap();
        assert_eq!(content_key.expose(), &SECOND_CONTENT_KEY);
    }
}

#[test]
fn body_of_the_second_example_is_regenerated_byte_for_byte() {
    let body = second_body();
    assert_eq!(sha256(&body)[..], value(SECOND, "SHA-256(body)"));
    assert_eq!(body[..24], value(SECOND, "salt"));
    assert_eq!(body[24..56], value(SECOND, "commitment"));
    let chunks: Vec<_> = body[56..].chunks(16400).collect();
    assert_eq!(chunks.len(), 3);
    assert_eq!(sha256(chunks[0])[..], value(SECOND, "SHA-256(chunk_0)"));
    assert_eq!(sha256(chunks[1])[..], value(SECOND, "SHA-256(chunk_1)"));
    assert_eq!(chunks[2], value(SECOND, "chunk_2"));
}

#[cfg(feature = "armor")]
#[test]
fn text_form_is_that_of_the_first_example() {
    let text =
        section("## 14. Text form").split("```").nth(1).expect("the only block holds the text form").trim_start();
    let envelope = [value(FIRST, "header"), value(FIRST, "body")].concat();
    assert_eq!(crate::text::encode(&envelope), text);
    assert_eq!(crate::text::decode(text), Ok(envelope));
}

#[test]
fn limits_table_gives_the_true_overhead() {
    let row = section("# The Bulla envelope").lines().find(|line| line.starts_with("| overhead")).unwrap();
    for (pem, bits) in
        [(include_str!("../tests/keys/rsa2048.pem"), "2048"), (include_str!("../tests/keys/rsa3072.pem"), "3072")]
    {
        let recipient = RsaIdentity::from_pem(pem).unwrap().recipient();
        let (header, _) = Sealer::new(&recipient).start().unwrap().into_parts();
        assert!(
            row.contains(&format!("{} for one RSA-{bits} recipient", header.as_bytes().len()))
                || row.contains(&format!("{} bytes for one RSA-{bits} recipient", header.as_bytes().len()))
        );
    }
}

const FIRST: &str = "### 13.1 One recipient";
const CONTENT_KEY: [u8; 32] = ascending(0x00);
const SALT: [u8; 24] = ascending(0x20);
const METADATA: &[u8] = b"text/plain";
const AAD: &[u8] = b"invoice/42";
const PLAINTEXT: &[u8] = b"hello, bulla";

const SECOND: &str = "### 13.2 Two recipients, three chunks";
const SECOND_CONTENT_KEY: [u8; 32] = ascending(0x80);
const SECOND_SALT: [u8; 24] = ascending(0xA0);

fn second_plaintext() -> Vec<u8> {
    (0..32768_u32).map(|x| u8::try_from(x % 251).unwrap()).collect()
}

/// The body of the second example, for the header that `SPEC.md` prints.
fn second_body() -> Vec<u8> {
    let header = Header::parse(&value(SECOND, "header"), &Limits::default()).unwrap();
    let body_sealer = body_sealer(header, SECOND_CONTENT_KEY, b"", &SECOND_SALT);
    body_sealer.seal(&second_plaintext()).unwrap()
}

const LABELLED: &str = "### 13.3 A labelled message";
const LABEL_VALUES: [&str; 2] = ["orders", "42"];

const SESSION: &str = "### 13.4 A session";
const SESSION_SALTS: [[u8; 24]; 2] = [ascending(0x50), ascending(0x90)];
const CHALLENGE: [u8; 32] = ascending(0xB0);
const ANSWER: &[u8] = b"hello";

const PARTS: &str = "### 13.5 Parts";
const PAYLOAD: [&[u8]; 2] = [b"hello, ", b"bulla"];

const SENDER: &str = "### 13.6 A private section with a sender";
const PRIVATE_METADATA: &[u8] = b"for you alone";

/// Of the body below `header` with a salt that is given, as only a test may do.
fn body_sealer(header: Header, content_key: [u8; 32], aad: &[u8], salt: &[u8; 24]) -> BodySealer {
    let keyed = NewKey::new(ContentKey::from_bytes(content_key)).seal(header);
    let keys = BodyKeys::new(&keyed, &Place::Single, &AssociatedData::new(aad));
    BodySealer::new(keys.input_key, keys.context(), salt, Work::new(&Limits::default(), Threads::ONE))
}

/// A value of the worked example below `heading` as `SPEC.md` prints it.
fn value(heading: &str, name: &str) -> Vec<u8> {
    let is_named = |line: &&str| line.split_once('=').is_some_and(|(other, _)| other.trim_end() == name);
    let mut lines = example_block(heading).lines().skip_while(|line| !is_named(line));
    let first = lines.next().unwrap_or_else(|| panic!("no value {name:?}")).split_once('=').unwrap().1;
    let rest = lines.take_while(|line| line.starts_with(' '));
    let hex: String = core::iter::once(first).chain(rest).map(str::trim).collect();
    let digits = hex.as_bytes().as_chunks::<2>().0;
    digits.iter().map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn example_block(heading: &str) -> &'static str {
    section(heading).split("```").nth(1).expect("the only block holds the example")
}

fn private_key() -> &'static str {
    section("## 13. Worked examples").split("```").nth(1).expect("the only block holds the key")
}

/// The text below a heading, up to the next one.
fn section(heading: &str) -> &'static str {
    let start = SPEC.find(heading).unwrap_or_else(|| panic!("no heading {heading:?}"));
    let text = &SPEC[start + heading.len()..];
    let end = text.find("\n#").unwrap_or(text.len());
    &text[..end]
}

const fn ascending<const N: usize>(first: u8) -> [u8; N] {
    let mut bytes = [first; N];
    let mut i = 1;
    while i < N {
        bytes[i] = bytes[i - 1] + 1;
        i += 1;
    }
    bytes
}

/// AWS-LC draws the seed of OAEP from its own generator, so that only the pure-Rust backend can
/// regenerate a header.
#[cfg(not(feature = "aws-lc-rs"))]
mod regenerated {
    use alloc::vec;

    use rand_core::{Infallible, TryCryptoRng, TryRng};

    use super::*;
    use crate::crypto::{Aead, HmacKey, hkdf_expand_sha512, sha512};
    use crate::envelope::Fresh;
    use crate::error::SignError;
    use crate::format::SignatureAlgorithm;
    use crate::key_id::KeyId;
    use crate::sender::Signer;

    const SENDER_CONTENT_KEY: [u8; 32] = ascending(0x20);
    const SENDER_SALT: [u8; 24] = ascending(0x60);
    const SENDER_PRIVATE_KEY: [u8; 32] = ascending(0xD0);
    const LABELLED_CONTENT_KEY: [u8; 32] = ascending(0x10);
    const LABELLED_SALT: [u8; 24] = ascending(0x70);
    const SESSION_CONTENT_KEY: [u8; 32] = ascending(0x30);
    const PARTS_CONTENT_KEY: [u8; 32] = ascending(0x18);
    const PARTS_SALTS: [[u8; 24]; 3] = [ascending(0x48), ascending(0x68), ascending(0x88)];

    #[test]
    fn sender_example_is_regenerated_byte_for_byte() {
        assert_printed(SENDER, &render(&sender_example()));
    }

    #[test]
    fn first_example_is_regenerated_byte_for_byte() {
        assert_printed(FIRST, &render(&first_example()));
    }

    #[test]
    fn second_example_is_regenerated_byte_for_byte() {
        assert_printed(SECOND, &render(&second_example()));
    }

    #[test]
    fn labelled_example_is_regenerated_byte_for_byte() {
        assert_printed(LABELLED, &render(&labelled_example()));
    }

    #[test]
    fn session_example_is_regenerated_byte_for_byte() {
        assert_printed(SESSION, &render(&session_example()));
    }

    #[test]
    fn parts_example_is_regenerated_byte_for_byte() {
        assert_printed(PARTS, &render(&parts_example()));
    }

    const OAEP_SEED: [u8; 32] = ascending(0x40);
    const SECOND_SEEDS: [[u8; 32]; 2] = [ascending(0xC0), ascending(0xE0)];

    /// A value of an example by its name.
    type Value = (&'static str, Vec<u8>);

    /// Every value of the first example, in the order of `SPEC.md`.
    fn first_example() -> Vec<Value> {
        let recipient = RsaIdentity::from_pem(private_key()).unwrap().recipient();
        let mut rng = Script([&CONTENT_KEY[..], &SALT, &OAEP_SEED].concat());
        let envelope = Sealer::new(&recipient)
            .metadata(METADATA)
            .aad(AAD)
            .start_with_rng(&mut rng)
            .unwrap()
            .seal(PLAINTEXT)
            .unwrap();
        assert!(rng.0.is_empty(), "exactly the scripted bytes are drawn");
        let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();

        let given = [
            ("K", CONTENT_KEY.to_vec()),
            ("salt", SALT.to_vec()),
            ("OAEP seed", OAEP_SEED.to_vec()),
            ("metadata", METADATA.to_vec()),
            ("associated data", AAD.to_vec()),
            ("plaintext", PLAINTEXT.to_vec()),
            ("key id", recipient.key_id().as_bytes().to_vec()),
        ];
        let sealed = [("header", header.as_bytes().to_vec()), ("body", body.to_vec())];
        given.into_iter().chain(schedule(&CONTENT_KEY, &SALT, &header, AAD, 1, &[])).chain(sealed).collect()
    }

    /// Every value of the second example, in the order of `SPEC.md`.
    fn second_example() -> Vec<Value> {
        let recipient = RsaIdentity::from_pem(private_key()).unwrap().recipient();
        let anonymous = recipient.clone().anonymous();
        let mut rng = Script([&SECOND_CONTENT_KEY[..], &SECOND_SALT, &SECOND_SEEDS[0], &SECOND_SEEDS[1]].concat());
        let sealer = Sealer::new(&recipient).recipient(&anonymous);
        let envelope = sealer.start_with_rng(&mut rng).unwrap().seal(&second_plaintext()).unwrap();
        assert!(rng.0.is_empty(), "exactly the scripted bytes are drawn");
        let (header, body) = Header::split(&envelope, &Limits::default()).unwrap();
        let (full_chunks, last_chunk) = body[56..].as_chunks::<16400>();

        let given = [
            ("K", SECOND_CONTENT_KEY.to_vec()),
            ("salt", SECOND_SALT.to_vec()),
            ("seed, identified", SECOND_SEEDS[0].to_vec()),
            ("seed, anonymous", SECOND_SEEDS[1].to_vec()),
            ("key id", recipient.key_id().as_bytes().to_vec()),
        ];
        let schedule = schedule(&SECOND_CONTENT_KEY, &SECOND_SALT, &header, b"", 1, &[]);
        let base_nonce = &schedule.iter().find(|(name, _)| *name == "base_nonce").unwrap().1;
        // The counter is so small that it only reaches the last byte.
        let nonce = |counter: u8| [&base_nonce[..11], &[base_nonce[11] ^ counter]].concat();
        let sealed = [
            ("nonce_0", nonce(0)),
            ("nonce_1", nonce(1)),
            ("nonce_2", nonce(2)),
            ("header", header.as_bytes().to_vec()),
            ("chunk_2", last_chunk.to_vec()),
            ("SHA-256(plaintext)", sha256(&second_plaintext()).to_vec()),
            ("SHA-256(chunk_0)", sha256(&full_chunks[0]).to_vec()),
            ("SHA-256(chunk_1)", sha256(&full_chunks[1]).to_vec()),
            ("SHA-256(body)", sha256(body).to_vec()),
            ("SHA-256(envelope)", sha256(&envelope).to_vec()),
        ];
        given.into_iter().chain(schedule).chain(sealed).collect()
    }

    /// Every value of the labelled example, in the order of `SPEC.md`.
    fn labelled_example() -> Vec<Value> {
        let recipient = RsaIdentity::from_pem(private_key()).unwrap().recipient();
        let mut rng = Script(OAEP_SEED.to_vec());
        let key = ContentKey::from_bytes(LABELLED_CONTENT_KEY);
        let messages = Sealer::new(&recipient).aad(AAD).start_messages_from(key, &mut rng).unwrap();
        assert!(rng.0.is_empty(), "exactly the scripted bytes are drawn");
        let body = messages.message_from(Label::of_values(LABEL_VALUES), &LABELLED_SALT).seal(PLAINTEXT).unwrap();

        let label = [&b"\0\0\0\x06orders"[..], b"\0\0\0\x0242"].concat();
        let place = sha512(&[&label]);
        let given = [
            ("K", LABELLED_CONTENT_KEY.to_vec()),
            ("salt", LABELLED_SALT.to_vec()),
            ("OAEP seed", OAEP_SEED.to_vec()),
            ("label", label),
            ("associated data", AAD.to_vec()),
            ("plaintext", PLAINTEXT.to_vec()),
            ("place", place.to_vec()),
        ];
        let header = messages.header();
        let sealed = [("header", header.as_bytes().to_vec()), ("message", body)];
        let schedule = schedule(&LABELLED_CONTENT_KEY, &LABELLED_SALT, header, AAD, 3, &place);
        given.into_iter().chain(schedule).chain(sealed).collect()
    }

    /// Gives the signature that `SPEC.md` prints, for its message alone.
    struct Printed {
        key_id: KeyId,
        message: Vec<u8>,
        signature: Vec<u8>,
    }

    impl Signer for Printed {
        fn algorithm(&self) -> SignatureAlgorithm {
            SignatureAlgorithm::Ed25519
        }

        fn key_id(&self) -> KeyId {
            self.key_id
        }

        fn signature_len(&self) -> usize {
            64
        }

        fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
            assert_eq!(message, self.message);
            Ok(self.signature.clone())
        }
    }

    /// Every value of the example of a sender, in the order of `SPEC.md`, straight from the
    /// formulas of SPEC §4.4 and §4.5.
    fn sender_example() -> Vec<Value> {
        let recipient = RsaIdentity::from_pem(private_key()).unwrap().recipient();
        let [public_key, signature] = ["sender public key", "signature"].map(|name| value(SENDER, name));
        let spki = [&b"\x30\x2A\x30\x05\x06\x03\x2B\x65\x70\x03\x21\x00"[..], &public_key].concat();
        let sender_id = sha256(&spki);
        let prk = HmacKey::new(&SENDER_CONTENT_KEY);
        let derive = |label: &[u8], bound: &[u8], len: u16| {
            let mut output = vec![0; len.into()];
            let info = [b"bulla\0key\0\x01\x01", &len.to_be_bytes()[..], label, bound].concat();
            hkdf_expand_sha512(&prk, &[&info], &mut output);
            output
        };
        let item = |item_type: u16, value: &[u8]| {
            let len = u32::try_from(value.len()).unwrap();
            [&item_type.to_be_bytes()[..], &len.to_be_bytes(), value].concat()
        };
        let fields = sha512(&[]);
        let metadata = item(1, PRIVATE_METADATA);
        let sender = item(2, &[&[0, 3], &sender_id[..], &signature].concat());
        let audience = item(3, recipient.key_id().as_bytes());
        let padding = item(0x7FFF, &vec![0; 256 - metadata.len() - sender.len() - audience.len() - 6]);
        let others = sha512(&[&metadata, &audience, &padding]);
        let c = derive(b"sender", &others, 64);
        let message = [b"bulla\0sender\0\x01\x01\x01\0\x03", &sender_id[..], &fields, &sha512(&[]), &c].concat();
        let items = [metadata, sender, audience, padding].concat();
        let s = derive(b"private-salt", &sha512(&[&items]), 24);
        let derived = derive(b"private", &s, 44);
        let mut sealed = vec![0; items.len() + 16];
        let nonce = derived[32..].try_into().unwrap();
        Aead::new(&derived[..32].try_into().unwrap()).seal(&nonce, &[], &items, &mut sealed);
        let section = [&s[..], &sealed].concat();

        let mut rng = Script([&SENDER_CONTENT_KEY[..], &SENDER_SALT, &OAEP_SEED].concat());
        let signer = Printed { key_id: KeyId::from_bytes(sender_id), message: message.clone(), signature };
        let sealer = Sealer::new(&recipient).private_metadata(PRIVATE_METADATA).signer(&signer);
        let (header, body) = sealer.start_with_rng(&mut rng).unwrap().into_parts();
        assert_eq!(header.as_bytes()[26..26 + section.len()], section);
        let body = body.seal(PLAINTEXT).unwrap();
        let given = [
            ("K", SENDER_CONTENT_KEY.to_vec()),
            ("salt", SENDER_SALT.to_vec()),
            ("OAEP seed", OAEP_SEED.to_vec()),
            ("private metadata", PRIVATE_METADATA.to_vec()),
            ("plaintext", PLAINTEXT.to_vec()),
            ("sender private key", SENDER_PRIVATE_KEY.to_vec()),
            ("sender public key", public_key),
            ("sender key id", sender_id.to_vec()),
            ("F'", fields.to_vec()),
            ("I'", others.to_vec()),
            ("C", c),
            ("to_sign", message),
            ("signature", signer.signature.clone()),
            ("items", items),
            ("s", s),
            ("private_key", derived[..32].to_vec()),
            ("private_nonce", derived[32..].to_vec()),
            ("value", section),
        ];
        let schedule = schedule(&SENDER_CONTENT_KEY, &SENDER_SALT, &header, b"", 1, &[]);
        let sealed = [("header", header.as_bytes().to_vec()), ("body", body)];
        given.into_iter().chain(schedule).chain(sealed).collect()
    }

    /// Every value of the example of a session, in the order of `SPEC.md`.
    fn session_example() -> Vec<Value> {
        let identity = RsaIdentity::from_pem(private_key()).unwrap();
        let mut rng = Script(OAEP_SEED.to_vec());
        let fresh = Fresh::of(&SESSION_CONTENT_KEY, &SESSION_SALTS[0]);
        let sealer = Sealer::new(identity.recipient());
        let session = sealer.start_session_from(fresh, Some(&CHALLENGE), &mut rng).unwrap();
        let header = session.header().clone();
        let (mut sealer, answer) = session.into_parts();
        let mut stream = sealer.head().to_vec();
        sealer.append_message(PLAINTEXT, &mut stream).unwrap();
        sealer.append_message(b"", &mut stream).unwrap();
        stream.extend_from_slice(&sealer.finish().unwrap());

        let challenge = Some(Challenge::of(CHALLENGE));
        let opened = Opener::new(&identity).open_session_header(&header, challenge).unwrap();
        let head = stream.first_chunk().unwrap();
        let (_, sealer) = opened.accept_from(head, &SESSION_SALTS[1]).unwrap();
        let mut sealer = sealer.unwrap();
        let mut back = sealer.head().to_vec();
        assert!(answer.unwrap().open(sealer.head()).is_ok());
        sealer.append_message(ANSWER, &mut back).unwrap();
        back.extend_from_slice(&sealer.finish().unwrap());

        // Straight from the formulas of SPEC §5.6.
        let info = [&b"bulla\0key\0\x01\x01\x00\x20session"[..]].concat();
        let mut session_key = [0; 32];
        hkdf_expand_sha512(&HmacKey::new(&SESSION_CONTENT_KEY), &[&info], &mut session_key);
        let x = sha512(&[&CHALLENGE]);
        let preamble = sha512(&[&header.as_bytes()[..16]]);
        let peer = [&sha512(&[header.as_bytes()])[..], head].concat();
        let stream_of = |direction: u8, peer: &[u8], salt: &[u8; 24], names: [&'static str; 4]| -> Vec<Value> {
            let context = [b"bulla\0body\0\x02", &preamble[..], &sha512(&[]), &[direction], &x, peer].concat();
            let mut derived = [0; 76];
            hkdf_expand_sha512(&HmacKey::new(&session_key), &[b"bulla\0stream\0", salt, &context], &mut derived);
            let values = [context, derived[..32].to_vec(), derived[32..44].to_vec(), derived[44..].to_vec()];
            names.into_iter().zip(values).collect()
        };
        let given = [
            ("K", SESSION_CONTENT_KEY.to_vec()),
            ("salt", SESSION_SALTS[0].to_vec()),
            ("salt 1", SESSION_SALTS[1].to_vec()),
            ("OAEP seed", OAEP_SEED.to_vec()),
            ("challenge", CHALLENGE.to_vec()),
            ("session_key", session_key.to_vec()),
            ("X", x.to_vec()),
        ];
        let forth = stream_of(0, &[], &SESSION_SALTS[0], ["context", "key", "base_nonce", "commitment"]);
        let back_values =
            stream_of(1, &peer, &SESSION_SALTS[1], ["context 1", "key 1", "base_nonce 1", "commitment 1"]);
        assert_eq!(stream[24..56], forth[3].1);
        assert_eq!(back[24..56], back_values[3].1);
        let sealed = [("header", header.as_bytes().to_vec()), ("stream", stream.clone()), ("stream 1", back.clone())];
        given.into_iter().chain(forth).chain(back_values).chain(sealed).collect()
    }

    /// Every value of the example of parts, in the order of `SPEC.md`.
    fn parts_example() -> Vec<Value> {
        let recipient = RsaIdentity::from_pem(private_key()).unwrap().recipient();
        let mut rng = Script(OAEP_SEED.to_vec());
        let key = ContentKey::from_bytes(PARTS_CONTENT_KEY);
        let (parts, _) = Sealer::new(&recipient).start_parts_from(key, &mut rng).unwrap();
        let header = parts.header().clone();
        let seal = |place, salt, plaintext: &[u8]| parts.body_from(place, salt).seal(plaintext).unwrap();
        let sealed = [0, 1].map(|index: u8| {
            seal(Place::part(index.into()), &PARTS_SALTS[usize::from(index)], PAYLOAD[usize::from(index)])
        });
        let entry = |index: usize| {
            let len = u64::try_from(PAYLOAD[index].len()).unwrap();
            [&len.to_be_bytes()[..], &sealed[index][24..56]].concat()
        };
        let entries = [entry(0), entry(1)].concat();
        let manifest = seal(Place::Manifest, &PARTS_SALTS[2], &entries);

        let mut values = vec![
            ("K", PARTS_CONTENT_KEY.to_vec()),
            ("salt 0", PARTS_SALTS[0].to_vec()),
            ("salt 1", PARTS_SALTS[1].to_vec()),
            ("salt", PARTS_SALTS[2].to_vec()),
            ("OAEP seed", OAEP_SEED.to_vec()),
        ];
        let of_body = |kind: u8, place: &[u8], salt: &[u8; 24], names: [&'static str; 4]| -> Vec<Value> {
            let all = schedule(&PARTS_CONTENT_KEY, salt, &header, b"", kind, place);
            let value = |name: &str| all.iter().find(|(other, _)| *other == name).unwrap().1.clone();
            names.into_iter().zip(["context", "key", "base_nonce", "commitment"].map(value)).collect()
        };
        let first = of_body(4, &[0; 8], &PARTS_SALTS[0], ["context 0", "key 0", "base_nonce 0", "commitment 0"]);
        let second = of_body(
            4,
            &[0, 0, 0, 0, 0, 0, 0, 1],
            &PARTS_SALTS[1],
            ["context 1", "key 1", "base_nonce 1", "commitment 1"],
        );
        let last = of_body(5, &[], &PARTS_SALTS[2], ["context", "key", "base_nonce", "commitment"]);
        for (body, values) in [(&sealed[0], &first), (&sealed[1], &second), (&manifest, &last)] {
            assert_eq!(body[24..56], values[3].1);
        }
        values.extend(first.into_iter().chain(second));
        values.push(("entries", entries));
        values.extend(last);
        let [first, second] = sealed;
        values.extend([("header", header.as_bytes().to_vec()), ("part 0", first), ("part 1", second)]);
        values.push(("manifest", manifest));
        values
    }

    /// What follows from a content key, straight from the formulas of SPEC §4 and §5, apart from
    /// the code under test.
    fn schedule(
        content_key: &[u8; 32],
        salt: &[u8; 24],
        header: &Header,
        aad: &[u8],
        kind: u8,
        place: &[u8],
    ) -> Vec<Value> {
        let header = header.as_bytes();
        let info = |label: &[u8], len: u16| [b"bulla\0key\0\x01\x01", &len.to_be_bytes()[..], label].concat();
        let mut mac_key = [0; 64];
        hkdf_expand_sha512(&HmacKey::new(content_key), &[&info(b"header-mac", 64)], &mut mac_key);
        let mut body_key = [0; 32];
        hkdf_expand_sha512(&HmacKey::new(content_key), &[&info(b"body", 32)], &mut body_key);

        let digest = sha512(&[&header[..header.len() - 32]]);
        let mut tag = [0; 64];
        HmacKey::new(&mac_key).sign(&digest, &mut tag);
        assert_eq!(tag[..32], header[header.len() - 32..]);

        let fields_len = usize::from(u16::from_be_bytes([header[14], header[15]]));
        assert_eq!(header[12..14], [0; 2], "short fields");
        let preamble_digest = sha512(&[&header[..16], &header[20..20 + fields_len]]);
        let aad_digest = sha512(&[aad]);
        let context = [b"bulla\0body\0", &[kind][..], &preamble_digest, &aad_digest, place].concat();
        let mut derived = [0; 76];
        let label = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";
        hkdf_expand_sha512(&HmacKey::new(&body_key), &[&label[..], salt, &context], &mut derived);
        [
            ("mac_key", mac_key.to_vec()),
            ("body_key", body_key.to_vec()),
            ("H", digest.to_vec()),
            ("tag", tag[..32].to_vec()),
            ("P", preamble_digest.to_vec()),
            ("A", aad_digest.to_vec()),
            ("context", context),
            ("key", derived[..32].to_vec()),
            ("base_nonce", derived[32..44].to_vec()),
            ("commitment", derived[44..].to_vec()),
        ]
        .into()
    }

    fn assert_printed(heading: &str, computed: &str) {
        assert!(example_block(heading).trim() == computed.trim(), "the block of {heading} should read:\n{computed}");
    }

    /// `name = hex`, 32 bytes to the line.
    fn render(example: &[Value]) -> String {
        let width = example.iter().map(|(name, _)| name.len()).max().unwrap();
        let mut text = String::new();
        for (name, value) in example {
            for (line, bytes) in value.chunks(32).enumerate() {
                let start = if line == 0 { format!("{name:<width$} =") } else { " ".repeat(width + 2) };
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                text.push_str(&format!("{start} {hex}\n"));
            }
        }
        text
    }

    /// Yields the given bytes and fails a test that draws more.
    struct Script(Vec<u8>);

    impl TryRng for Script {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            unreachable!("only bytes are drawn")
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            unreachable!("only bytes are drawn")
        }

        fn try_fill_bytes(&mut self, output: &mut [u8]) -> Result<(), Infallible> {
            output.copy_from_slice(&self.0.drain(..output.len()).collect::<Vec<_>>());
            Ok(())
        }
    }

    impl TryCryptoRng for Script {}
}
