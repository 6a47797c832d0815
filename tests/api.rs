//! What the types promise to those who build on them.

#[path = "common/support.rs"]
mod support;

use std::error::Error;
use std::fmt::Debug;
use std::io;

use bulla::{
    ContentKey, DecryptError, DecryptReader, Decryptor, EncryptError, EncryptReader, EncryptWriter, Encryptor, Header,
    HeaderError, Identity, KeyError, KeyId, KeyIdParseError, LimitExceeded, Limits, OpenedHeader, Opener, Recipient,
    Record, RsaIdentity, RsaRecipient, Sealer, SecretDer, SecretPem, UnwrapError, WrapError, WrappedKey,
};
use support::{NoRsa, RSA_2048};

#[test]
fn everything_can_move_to_another_thread() {
    fn check<T: Send + Sync + Unpin>() {}
    check::<Encryptor<'_>>();
    check::<Decryptor<'_>>();
    check::<EncryptWriter<Vec<u8>>>();
    check::<EncryptReader<io::Empty>>();
    check::<DecryptReader<io::Empty>>();
    check::<Header>();
    check::<OpenedHeader>();
    check::<Record<'_>>();
    check::<Sealer>();
    check::<Opener>();
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
    check::<EncryptError>();
    check::<DecryptError>();
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
        (DecryptError::Truncated, io::ErrorKind::UnexpectedEof),
        (DecryptError::NotAuthentic, io::ErrorKind::InvalidData),
        (DecryptError::NoMatchingRecord, io::ErrorKind::InvalidData),
        (DecryptError::WrongContext, io::ErrorKind::InvalidData),
        (DecryptError::ChunkAltered { index: 3 }, io::ErrorKind::InvalidData),
        (DecryptError::LastChunkAltered { index: 3 }, io::ErrorKind::InvalidData),
        (DecryptError::Unwrap(UnwrapError::new("pulled")), io::ErrorKind::InvalidData),
    ] {
        let io_error = io::Error::from(error.clone());
        assert_eq!(io_error.kind(), kind);
        assert_eq!(io_error.downcast::<DecryptError>().unwrap(), error);
    }
}

#[test]
fn the_cause_of_a_failing_device_can_be_found() {
    let cause = io::Error::new(io::ErrorKind::PermissionDenied, "access denied");
    let error = DecryptError::Unwrap(UnwrapError::new(cause));
    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::PermissionDenied);
    assert_eq!(error.clone(), error);
    assert_ne!(UnwrapError::new("pulled"), UnwrapError::new("pulled"));
}

#[test]
fn messages_are_one_line_in_lower_case_without_a_period() {
    for message in [
        DecryptError::NoMatchingRecord.to_string(),
        DecryptError::NotAuthentic.to_string(),
        DecryptError::WrongContext.to_string(),
        DecryptError::Truncated.to_string(),
        DecryptError::ChunkAltered { index: 3 }.to_string(),
        DecryptError::LastChunkAltered { index: 4 }.to_string(),
        DecryptError::Randomness.to_string(),
        EncryptError::NoRecipients.to_string(),
        EncryptError::DuplicateRecipient(KeyId::from_bytes([0; 32])).to_string(),
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
    let encryptor = Encryptor::new(&key).aad(b"quince");
    let (header, sealer) = encryptor.start().unwrap();
    let envelope = encryptor.encrypt(b"mirabelle").unwrap();
    let decryptor = Decryptor::new(&key).aad(b"quince");
    let reader = decryptor.wrap_input(Hidden(&envelope)).unwrap();
    let mut writer = encryptor.wrap_output(io::sink()).unwrap();
    io::Write::write_all(&mut writer, b"mirabelle").unwrap();
    let opened = header.open(&content_key_of(&key, &header), b"quince").unwrap();
    let opener = opened.opener(sealer.prefix()).unwrap();
    let values: [&dyn Debug; 12] = [
        &encryptor,
        &decryptor,
        &header,
        &sealer,
        &opener,
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
