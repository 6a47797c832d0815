//! A key in a device: what it is asked, and what becomes of its answers.

#[path = "common/support.rs"]
mod support;

use std::error::Error;
use std::io;
use std::sync::Mutex;

use bulla::error::{OpenError, UnwrapError, WrapError};
use bulla::keys::{ContentKey, KeyId, WrappedKey};
use bulla::rand_core::CryptoRng;
use bulla::{Opener, Recipient, RemoteIdentity, Sealer};
use support::{RSA_2048, RSA_3072, open_error};

#[test]
fn a_device_is_asked_only_for_records_that_name_its_key_or_fit_its_modulus() {
    let sealed = Sealer::new(RSA_2048.recipient())
        .recipient(RSA_3072.recipient())
        .recipient(RSA_3072.recipient().anonymous())
        .recipient(Fixed { id: None, len: 256 })
        .recipient(Fixed { id: None, len: 257 })
        .recipient(Fixed { id: Some(KeyId::from_bytes([5; 32])), len: 256 })
        .seal(b"hello")
        .unwrap();
    let asked = Mutex::new(Vec::new());
    let device = RemoteIdentity::new(RSA_2048.recipient(), |wrapped: &[u8]| {
        asked.lock().unwrap().push(wrapped.to_vec());
        Ok(None)
    });
    assert_eq!(bulla::open(&device, &sealed), Err(OpenError::NotAuthentic));
    let asked = asked.into_inner().unwrap();
    assert_eq!(asked.len(), 2);
    assert!(RSA_2048.unwrap_bytes(&asked[0]).unwrap().is_some(), "the record that names it comes first");
    assert_eq!(asked[1], [0x55; 256]);
}

#[test]
fn what_the_device_unwraps_opens() {
    let device =
        || RemoteIdentity::new(RSA_2048.recipient().anonymous(), |wrapped: &[u8]| RSA_2048.unwrap_bytes(wrapped));
    for recipient in [RSA_2048.recipient(), RSA_2048.recipient().anonymous()] {
        let sealed = bulla::seal(recipient, b"hello").unwrap();
        assert_eq!(bulla::open(device(), &sealed).unwrap(), b"hello");
    }
}

#[test]
fn a_failure_of_the_device_ends_opening_and_is_reported_as_itself() {
    let failure = UnwrapError::new(io::Error::new(io::ErrorKind::NotConnected, "no card"));
    let device = RemoteIdentity::new(RSA_2048.recipient(), |_: &[u8]| Err(failure.clone()));
    let sealed = [
        // The record that the device fails on comes first, because it names its key.
        Sealer::new(RSA_2048.recipient()).recipient(RSA_3072.recipient().anonymous()).seal(b"hello").unwrap(),
        bulla::seal(RSA_2048.recipient(), b"hello").unwrap(),
    ];
    let opener = Opener::new(&device).identity(&*RSA_3072);
    for sealed in &sealed {
        assert_eq!(opener.open(sealed), Err(OpenError::Unwrap(failure.clone())));
        let streamed = opener.wrap_input(&sealed[..]).unwrap_err();
        assert_eq!(open_error(&streamed), OpenError::Unwrap(failure.clone()));
        let error = open_error(&streamed);
        let cause = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
        assert_eq!(cause.kind(), io::ErrorKind::NotConnected);
    }
    // If it is never asked, it cannot fail.
    let sealed = bulla::seal(RSA_3072.recipient(), b"hello").unwrap();
    assert_eq!(opener.open(&sealed).unwrap(), b"hello");
}

#[test]
fn a_record_that_names_the_key_is_asked_for_whatever_its_length() {
    for len in [256, 384, 1024] {
        let sealed = bulla::seal(Fixed { id: Some(RSA_2048.key_id()), len }, b"hello").unwrap();
        let asked = Mutex::new(Vec::new());
        let device = RemoteIdentity::new(RSA_2048.recipient(), |wrapped: &[u8]| {
            asked.lock().unwrap().push(wrapped.len());
            RSA_2048.unwrap_bytes(wrapped)
        });
        assert_eq!(bulla::open(&device, &sealed), Err(OpenError::NotAuthentic), "{len}");
        assert_eq!(*asked.lock().unwrap(), [len]);
    }
}

#[test]
fn a_device_that_gives_a_wrong_key_is_not_authentic() {
    let sealed = bulla::seal(RSA_2048.recipient(), b"hello").unwrap();
    let device = RemoteIdentity::new(RSA_2048.recipient(), |_: &[u8]| Ok(Some(ContentKey::from_bytes([1; 32]))));
    assert_eq!(bulla::open(&device, &sealed), Err(OpenError::NotAuthentic));
}

/// A record that nobody opens.
struct Fixed {
    id: Option<KeyId>,
    len: usize,
}

impl Recipient for Fixed {
    fn key_id(&self) -> Option<KeyId> {
        self.id
    }

    fn wrap_key(&self, _: &ContentKey, _: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
        Ok(WrappedKey::rsa_oaep_sha256(vec![0x55; self.len]))
    }
}
