//! What the types promise to those who build on them.

#[path = "common/support.rs"]
mod support;

use std::error::Error;
use std::fmt::Debug;
use std::io;

use bulla::{
    BodyOpener, BodySealer, ContentKey, Header, HeaderError, Identity, KeyError, KeyId, KeyIdParseError, LimitExceeded,
    Limits, OpenError, OpenReader, OpenedHeader, Opener, Recipient, Record, RsaIdentity, RsaRecipient, SealError,
    SealReader, SealWriter, Sealer, SecretDer, SecretPem, UnwrapError, WrapError, WrappedKey,
};
use support::{NoRsa, RSA_2048};

#[test]
fn everything_can_move_to_another_thread() {
    fn check<T: Send + Sync + Unpin>() {}
    check::<Sealer<'_>>();
    check::<Opener<'_>>();
    check::<SealWriter<Vec<u8>>>();
    check::<SealReader<io::Empty>>();
    check::<OpenReader<io::Empty>>();
    check::<Header>();
    check::<OpenedHeader>();
    check::<Record<'_>>();
    check::<BodySealer>();
    check::<BodyOpener>();
    check::<RsaIdentity>();
    check::<RsaRecipient>();
    check::<ContentKey>();
    check::<WrappedKey>();
    check::<SecretPem>();
    check::<SecretDer>();
    check::<Box<dyn Recipient>>();
    check::<Box<dyn Identity>>();
}

#[test]
fn errors_are_errors_that_can_be_compared_cloned_and_sent() {
    fn check<T: Error + Clone + PartialEq + Send + Sync + 'static>() {}
    check::<SealError>();
    check::<OpenError>();
    check::<HeaderError>();
    check::<KeyError>();
    check::<KeyIdParseError>();
    check::<LimitExceeded>();
    check::<WrapError>();
    check::<UnwrapError>();
}

#[test]
fn truncation_becomes_unexpected_eof_and_all_else_invalid_data() {
    for (error, kind) in [
        (OpenError::Truncated, io::ErrorKind::UnexpectedEof),
        (OpenError::NotAuthentic, io::ErrorKind::InvalidData),
        (OpenError::NoMatchingRecord, io::ErrorKind::InvalidData),
        (OpenError::WrongAssociatedData, io::ErrorKind::InvalidData),
        (OpenError::ChunkAltered { index: 3 }, io::ErrorKind::InvalidData),
        (OpenError::LastChunkAltered { index: 3 }, io::ErrorKind::InvalidData),
        (OpenError::Unwrap(UnwrapError::new("pulled")), io::ErrorKind::InvalidData),
    ] {
        let io_error = io::Error::from(error.clone());
        assert_eq!(io_error.kind(), kind);
        assert_eq!(io_error.downcast::<OpenError>().unwrap(), error);
    }
}

#[test]
fn the_cause_of_a_failing_device_can_be_found() {
    let cause = io::Error::new(io::ErrorKind::PermissionDenied, "access denied");
    let error = OpenError::Unwrap(UnwrapError::new(cause));
    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::PermissionDenied);
    assert_eq!(error.clone(), error);
    assert_ne!(UnwrapError::new("pulled"), UnwrapError::new("pulled"));
}

#[test]
fn messages_are_one_line_in_lower_case_without_a_period() {
    for message in [
        OpenError::NoMatchingRecord.to_string(),
        OpenError::NotAuthentic.to_string(),
        OpenError::WrongAssociatedData.to_string(),
        OpenError::Truncated.to_string(),
        OpenError::ChunkAltered { index: 3 }.to_string(),
        OpenError::LastChunkAltered { index: 4 }.to_string(),
        OpenError::Randomness.to_string(),
        SealError::NoRecipients.to_string(),
        SealError::DuplicateRecipient(KeyId::from_bytes([0; 32])).to_string(),
        KeyError::Malformed.to_string(),
        Header::parse(b"", &Limits::default()).unwrap_err().to_string(),
    ] {
        assert!(!message.contains('\n') && !message.ends_with('.'), "{message}");
        let first = message.chars().next().unwrap();
        assert!(first.is_lowercase() || message.starts_with("RSA"), "{message}");
    }
}

#[test]
fn debug_output_of_everything_holds_no_secret() {
    let key = NoRsa::default();
    let sealer = Sealer::new(&key).aad(b"quince");
    let (header, body_sealer) = sealer.start().unwrap();
    let envelope = sealer.seal(b"mirabelle").unwrap();
    let opener = Opener::new(&key).aad(b"quince");
    let reader = opener.wrap_input(Hidden(&envelope)).unwrap();
    let mut writer = sealer.wrap_output(io::sink()).unwrap();
    io::Write::write_all(&mut writer, b"mirabelle").unwrap();
    let opened = header.open(&content_key_of(&key, &header), b"quince").unwrap();
    let body_opener = opened.body_opener(body_sealer.prefix()).unwrap();
    let values: [&dyn Debug; 12] = [
        &sealer,
        &opener,
        &header,
        &body_sealer,
        &body_opener,
        &opened,
        &reader,
        &writer,
        &*RSA_2048,
        &RSA_2048.to_pem(),
        &RSA_2048.to_der(),
        &key.content_key(),
    ];
    let content_key: String = key.content_key().expose().iter().map(|byte| format!("{byte}, ")).collect();
    for value in values {
        for text in [format!("{value:?}"), format!("{value:#?}")] {
            assert!(text.len() < 1000, "{text}");
            for secret in ["mirabelle", "quince", "PRIVATE", &content_key[..20]] {
                assert!(!text.contains(secret), "{text}");
            }
        }
    }
}

#[test]
fn clones_of_keys_are_the_same_key() {
    let (identity, recipient) = (RSA_2048.clone(), RSA_2048.recipient().clone());
    assert_eq!(identity.key_id(), recipient.key_id());
    assert_eq!(bulla::open(&identity, &bulla::seal(&recipient, b"hello").unwrap()).unwrap(), b"hello");
}

fn content_key_of(key: &NoRsa, header: &Header) -> ContentKey {
    let record = header.records().next().unwrap();
    key.unwrap_key(&record).unwrap().unwrap()
}

/// A reader whose own debug output is empty.
struct Hidden<'a>(&'a [u8]);

impl io::Read for Hidden<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        self.0.read(output)
    }
}

impl Debug for Hidden<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden")
    }
}
