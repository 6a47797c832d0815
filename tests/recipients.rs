//! Several recipients and identities, named and anonymous, and those that callers implement.

#[path = "common/support.rs"]
mod support;

use std::sync::atomic::{AtomicU32, Ordering};

use bulla::error::{HeaderErrorKind, Limit, OpenError, SealError, UnwrapError, WrapError};
use bulla::header::Record;
use bulla::keys::{ContentKey, KeyId, WrappedKey};
use bulla::rand_core::CryptoRng;
use bulla::{Header, Identity, Limits, Opener, Recipient, RsaIdentity, RsaRecipient, Sealer};
use support::{Named, NoRsa, RSA_2048, RSA_3072, RSA_4096, SplitMix64};

#[test]
fn every_recipient_opens_alone() {
    let recipients = [RSA_2048.recipient(), RSA_3072.recipient().anonymous(), RSA_4096.recipient()];
    let sealed = Sealer::with_recipients(&recipients).unwrap().seal(b"hello").unwrap();
    for identity in [&*RSA_2048, &*RSA_3072, &*RSA_4096] {
        assert_eq!(bulla::open(identity, &sealed).unwrap(), b"hello");
    }
}

#[test]
fn any_one_of_several_identities_opens() {
    let sealed = bulla::seal(RSA_3072.recipient(), b"hello").unwrap();
    let opener = Opener::new(&*RSA_2048).identity(&*RSA_3072).identity(&*RSA_4096);
    assert_eq!(opener.open(&sealed).unwrap(), b"hello");
}

#[test]
fn sealing_to_nobody_is_refused() {
    let nobody: [RsaRecipient; 0] = [];
    assert_eq!(Sealer::with_recipients(&nobody).unwrap_err(), SealError::NoRecipients);
}

#[test]
fn the_same_key_twice_is_refused_unless_anonymous() {
    let recipient = RSA_2048.recipient();
    let twice = Sealer::new(&recipient).recipient(&recipient).seal(b"hello");
    assert_eq!(twice, Err(SealError::DuplicateRecipient(recipient.key_id())));

    let anonymous = recipient.clone().anonymous();
    let sealed = Sealer::new(&anonymous).recipient(&anonymous).recipient(&recipient).seal(b"hello").unwrap();
    assert_eq!(bulla::open(&*RSA_2048, &sealed).unwrap(), b"hello");
}

#[test]
fn a_set_of_recipients_has_one_order_in_the_envelope() {
    let ids: Vec<_> = [vec![0, 1, 2], vec![2, 1, 0], vec![1, 2, 0]]
        .into_iter()
        .map(|order| {
            let recipients: Vec<_> = order.into_iter().map(Named::new).collect();
            let (header, _) = Sealer::with_recipients(&recipients).unwrap().start().unwrap().into_parts();
            header.records().map(|record| record.key_id().unwrap()).collect::<Vec<_>>()
        })
        .collect();
    assert!(ids[0].is_sorted() && ids[0] == ids[1] && ids[1] == ids[2]);
}

#[test]
fn an_anonymous_record_names_nobody() {
    let recipient = RSA_2048.recipient().anonymous();
    let sealed = bulla::seal(&recipient, b"hello").unwrap();
    let (header, _) = Header::split(&sealed, &Limits::default()).unwrap();
    let records: Vec<_> = header.records().collect();
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].record_type(), records[0].key_id()), (Record::RSA_OAEP_SHA256, None));
    assert_eq!(records[0].wrapped_key().unwrap().len(), 256);
    let id = RSA_2048.key_id();
    assert!(!sealed.windows(32).any(|window| window == id.as_bytes()));
}

#[test]
fn anonymous_records_are_tried_up_to_the_limit_on_private_key_operations() {
    let ours = Anonymous::new(0xAA);
    let others: Vec<_> = (0..5).map(Anonymous::new).collect();
    let mut sealer = Sealer::new(&ours);
    for other in &others {
        sealer = sealer.recipient(other);
    }
    let sealed = sealer.seal(b"hello").unwrap();
    let limited = |count| Opener::new(&ours).limits(Limits::default().with_private_key_operations(count)).open(&sealed);

    // The records stand in the order of their bytes; ours is the last of six.
    assert_eq!(limited(6).unwrap(), b"hello");
    let Err(OpenError::LimitExceeded(exceeded)) = limited(5) else { panic!("{:?}", limited(5)) };
    assert_eq!((exceeded.limit, exceeded.max), (Limit::PrivateKeyOperations, 5));
}

#[test]
fn records_that_cannot_be_ours_cost_no_private_key_operation() {
    // Twenty anonymous records of other key sizes and twenty named ones, more than the limit of
    // sixteen.
    let named: Vec<_> = (0..20).map(Named::new).collect();
    let foreign = RSA_3072.recipient().anonymous();
    let ours = RSA_2048.recipient().anonymous();
    let mut sealer = Sealer::new(&ours);
    for recipient in &named {
        sealer = sealer.recipient(recipient);
    }
    for _ in 0..20 {
        sealer = sealer.recipient(&foreign);
    }
    let sealed = sealer.seal(b"hello").unwrap();
    let limits = Limits::default().with_private_key_operations(1);
    assert_eq!(Opener::new(&*RSA_2048).limits(limits).open(&sealed).unwrap(), b"hello");
}

#[test]
fn a_record_that_names_us_but_does_not_open_does_not_stop_the_search() {
    // Somebody else's record under our key id, and our own anonymous one.
    struct Impostor(KeyId);
    impl Recipient for Impostor {
        fn key_id(&self) -> Option<KeyId> {
            Some(self.0)
        }
        fn wrap_key(&self, _: &ContentKey, _: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
            Ok(WrappedKey::rsa_oaep_sha256(vec![0x55; 256]))
        }
    }
    let impostor = Impostor(RSA_2048.key_id());
    let ours = RSA_2048.recipient().anonymous();
    let sealed = Sealer::new(&impostor).recipient(&ours).seal(b"hello").unwrap();
    assert_eq!(bulla::open(&*RSA_2048, &sealed).unwrap(), b"hello");
}

#[test]
fn a_record_under_our_key_id_with_another_length_is_not_authentic() {
    struct WrongLength(KeyId);
    impl Recipient for WrongLength {
        fn key_id(&self) -> Option<KeyId> {
            Some(self.0)
        }
        fn wrap_key(&self, _: &ContentKey, _: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
            Ok(WrappedKey::rsa_oaep_sha256(vec![0x55; 384]))
        }
    }
    let sealed = bulla::seal(WrongLength(RSA_2048.key_id()), b"hello").unwrap();
    assert_eq!(bulla::open(&*RSA_2048, &sealed), Err(OpenError::NotAuthentic));
    let sealed = Sealer::new(WrongLength(RSA_2048.key_id())).recipient(RSA_3072.recipient()).seal(b"hello");
    assert_eq!(Opener::new(&*RSA_2048).identity(&*RSA_3072).open(&sealed.unwrap()).unwrap(), b"hello");
}

#[test]
fn a_failing_device_is_reported_as_itself() {
    struct Unplugged(AtomicU32);
    impl Identity for Unplugged {
        fn may_open(&self, _: &Record<'_>) -> bool {
            true
        }
        fn unwrap_key(&self, _: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Err(UnwrapError::new("the card was pulled"))
        }
    }
    let device = Unplugged(AtomicU32::new(0));
    let recipients = [RSA_2048.recipient(), RSA_3072.recipient()];
    let sealed = Sealer::with_recipients(&recipients).unwrap().seal(b"hello").unwrap();
    let error = Opener::new(&device).open(&sealed).unwrap_err();
    assert!(matches!(error, OpenError::Unwrap(_)), "{error:?}");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the card was pulled");
    assert_eq!(device.0.into_inner(), 1, "a failing device ends the search");
}

#[test]
fn a_recipient_that_cannot_wrap_stops_sealing() {
    struct Offline;
    impl Recipient for Offline {
        fn key_id(&self) -> Option<KeyId> {
            None
        }
        fn wrap_key(&self, _: &ContentKey, _: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
            Err(WrapError::new("service unavailable"))
        }
    }
    let error = Sealer::new(NoRsa::default()).recipient(&Offline).seal(b"hello").unwrap_err();
    assert!(matches!(error, SealError::Wrap(_)), "{error:?}");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "service unavailable");
}

#[test]
fn a_recipient_that_wraps_to_an_impossible_length_is_refused() {
    struct Sloppy(usize);
    impl Recipient for Sloppy {
        fn key_id(&self) -> Option<KeyId> {
            None
        }
        fn wrap_key(&self, _: &ContentKey, _: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
            Ok(WrappedKey::rsa_oaep_sha256(vec![1; self.0]))
        }
    }
    for len in [256, 1024] {
        assert!(Sealer::new(Sloppy(len)).seal(b"").is_ok());
    }
    for len in [0, 255, 1025, 20_000] {
        let Err(SealError::Header(error)) = Sealer::new(Sloppy(len)).seal(b"") else { panic!("{len} bytes") };
        assert!(matches!(error.kind(), HeaderErrorKind::WrappedKeyLength | HeaderErrorKind::RecordTooLong));
    }
}

#[test]
fn randomness_is_drawn_in_the_documented_order() {
    struct Counts(SplitMix64, usize);
    impl bulla::rand_core::TryRng for Counts {
        type Error = std::convert::Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            unreachable!("only bytes are drawn")
        }
        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            unreachable!("only bytes are drawn")
        }
        fn try_fill_bytes(&mut self, output: &mut [u8]) -> Result<(), Self::Error> {
            self.1 += output.len();
            self.0.try_fill_bytes(output)
        }
    }
    impl bulla::rand_core::TryCryptoRng for Counts {}

    let key = NoRsa::default();
    let mut rng = Counts(SplitMix64(3), 0);
    let recipients = (RSA_2048.recipient(), RSA_3072.recipient());
    let sealed = Sealer::new(&key)
        .recipient(&recipients.0)
        .recipient(&recipients.1)
        .start_with_rng(&mut rng)
        .unwrap()
        .seal(b"hello")
        .unwrap();
    // AWS-LC draws the seeds of OAEP from its own generator.
    let seeds = if cfg!(feature = "aws-lc-rs") { 0 } else { 2 * 32 };
    assert_eq!(rng.1, 32 + 24 + seeds);

    let mut expected = [0; 56];
    let mut rng = SplitMix64(3);
    let (content_key, salt) = expected.split_at_mut(32);
    for part in [&mut *content_key, salt] {
        bulla::rand_core::Rng::fill_bytes(&mut rng, part);
    }
    assert_eq!(key.content_key().expose(), content_key);
    let (_, body) = Header::split(&sealed, &Limits::default()).unwrap();
    assert_eq!(body[..24], *salt);
}

#[test]
fn boxes_arcs_and_references_are_recipients_and_identities_too() {
    let recipients: Vec<Box<dyn Recipient>> = vec![Box::new(RSA_2048.recipient()), Box::new(RSA_3072.recipient())];
    let sealed = Sealer::with_recipients(&recipients).unwrap().seal(b"hello").unwrap();
    let identity: std::sync::Arc<dyn Identity> = std::sync::Arc::new(RSA_3072.clone());
    assert_eq!(bulla::open(&identity, &sealed).unwrap(), b"hello");
    let reference: &RsaIdentity = &RSA_2048;
    assert_eq!(bulla::open(reference, &sealed).unwrap(), b"hello");
}

/// An anonymous key that opens only records which start with its own number.
struct Anonymous(u8);

impl Anonymous {
    fn new(number: u8) -> Self {
        Self(number)
    }
}

impl Recipient for Anonymous {
    fn key_id(&self) -> Option<KeyId> {
        None
    }

    fn wrap_key(&self, key: &ContentKey, _: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
        Ok(WrappedKey::rsa_oaep_sha256([&[self.0][..], key.expose(), &[0; 223]].concat()))
    }
}

impl Identity for Anonymous {
    fn may_open(&self, record: &Record<'_>) -> bool {
        record.record_type() == Record::RSA_OAEP_SHA256 && record.key_id().is_none()
    }

    fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
        let wrapped = record.wrapped_key().unwrap();
        Ok((wrapped[0] == self.0).then(|| ContentKey::from_bytes(*wrapped[1..].first_chunk().unwrap())))
    }
}
