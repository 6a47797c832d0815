//! Keys without RSA.

use std::sync::Mutex;

use bulla::error::{OpenError, SignError, UnwrapError, WrapError};
use bulla::header::Record;
use bulla::keys::{ContentKey, KeyId, WrappedKey};
use bulla::rand_core::CryptoRng;
use bulla::senders::SignatureAlgorithm;
use bulla::{Header, Identity, Limits, OpenedHeader, Recipient, Search, Signer, Verifier};

use crate::schedule::sha512;

/// Recipient and identity without RSA: remembers the content key beside a wrapped key that means
/// nothing.
#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) anonymous: bool,
    pub(crate) number: u8,
}

impl Fake {
    fn wrapped(&self) -> Vec<u8> {
        vec![self.number; 256]
    }
}

impl Recipient for Fake {
    fn key_id(&self) -> Option<KeyId> {
        (!self.anonymous).then(|| KeyId::from_bytes([self.number; 32]))
    }

    fn wrap_key(&self, key: &ContentKey, _: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
        *CONTENT_KEY.lock().unwrap() = *key.expose();
        Ok(WrappedKey::rsa_oaep_sha256(self.wrapped()))
    }

    fn may_open(&self, record: &Record<'_>) -> bool {
        Identity::may_open(self, record)
    }
}

impl Identity for Fake {
    fn may_open(&self, record: &Record<'_>) -> bool {
        record.record_type() == Record::RSA_OAEP_SHA256
            && record.key_id().is_none_or(|id| id == KeyId::from_bytes([self.number; 32]))
    }

    fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
        let right = record.wrapped_key() == Some(&self.wrapped());
        Ok(right.then(|| ContentKey::from_bytes(*CONTENT_KEY.lock().unwrap())))
    }
}

/// Recipient and identity without RSA whose record holds the content key, for headers whose key the
/// system's generator gives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carrier {
    pub(crate) number: u8,
    /// As a recipient, it is not named. As an identity, it opens anonymous records as well.
    pub(crate) anonymous: bool,
}

impl Carrier {
    pub(crate) fn named(number: u8) -> Self {
        Self { number, anonymous: false }
    }

    pub(crate) fn id(&self) -> KeyId {
        KeyId::from_bytes([self.number; 32])
    }
}

impl Recipient for Carrier {
    fn key_id(&self) -> Option<KeyId> {
        (!self.anonymous).then(|| self.id())
    }

    fn public_key_id(&self) -> Option<KeyId> {
        Some(self.id())
    }

    fn wrap_key(&self, key: &ContentKey, _: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
        Ok(WrappedKey::rsa_oaep_sha256([&key.expose()[..], &[self.number; 224]].concat()))
    }

    fn may_open(&self, record: &Record<'_>) -> bool {
        Identity::may_open(self, record)
    }
}

impl Identity for Carrier {
    fn may_open(&self, record: &Record<'_>) -> bool {
        record.record_type() == Record::RSA_OAEP_SHA256 && record.key_id().map_or(self.anonymous, |id| id == self.id())
    }

    fn public_key_id(&self) -> Option<KeyId> {
        Some(self.id())
    }

    fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
        let (key, filler) = record.wrapped_key().and_then(<[u8]>::split_first_chunk).unwrap_or((&[0; 32], &[]));
        Ok((*filler == [self.number; 224]).then(|| ContentKey::from_bytes(*key)))
    }
}

/// Signer and verifier without signatures: what it signs with is known to everybody.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pen {
    pub(crate) key_id: KeyId,
    pub(crate) algorithm: SignatureAlgorithm,
}

impl Pen {
    pub(crate) fn signature(&self, message: &[u8]) -> Vec<u8> {
        sha512(&[self.key_id.as_bytes(), &self.algorithm.code().to_be_bytes(), message])
    }
}

impl Signer for Pen {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn key_id(&self) -> KeyId {
        self.key_id
    }

    fn signature_len(&self) -> usize {
        64
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(self.signature(message))
    }
}

impl Verifier for Pen {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn key_id(&self) -> KeyId {
        self.key_id
    }

    fn signature_len(&self) -> usize {
        64
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.signature(message) == signature
    }
}

/// What opening an input must end with that does not begin with `header`, which was sealed to a
/// [`Carrier`]. What parses and what does not is the business of the target `header`.
pub(crate) fn refusal_of(header: &[u8], input: &[u8]) -> OpenError {
    if header.starts_with(input) {
        return OpenError::Truncated;
    }
    match Header::split(input, &Limits::default()) {
        Ok((header, _)) if header.records().any(|record| Identity::may_open(&Carrier::default(), &record)) => {
            OpenError::NotAuthentic
        }
        Ok(_) => OpenError::NoMatchingRecord,
        Err(error) => error.into(),
    }
}

/// What an opener does, as a caller does it whose key service is elsewhere.
pub(crate) fn search(header: &Header, fake: &Fake) -> Result<OpenedHeader, OpenError> {
    let mut search = Search::new(header, [fake], &Limits::default());
    loop {
        let candidate = search.next_candidate()?;
        assert_eq!(candidate.key_index(), 0);
        let answer = fake.unwrap_key(candidate.record())?;
        if let Some(opened) = candidate.verify(answer)? {
            return Ok(opened);
        }
    }
}

/// The generator gives the same key each time.
static CONTENT_KEY: Mutex<[u8; 32]> = Mutex::new([0; 32]);
