//! Changing who can open an envelope: another header before the same body.

#[path = "common/support.rs"]
mod support;

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use bulla::error::{Limit, OpenError, RewrapError, SealError, WrapError};
use bulla::header::Record;
use bulla::keys::{ContentKey, KeyId, WrappedKey};
use bulla::rand_core::CryptoRng;
use bulla::{Header, Identity, Limits, OpenedHeader, Opener, Recipient, Rewrapper, RsaRecipient, Sealer};
use support::header_tag::header_tag;
use support::streams::{Faulty, Full, Step};
use support::{Named, RSA_2048, RSA_3072, RSA_4096, SplitMix64, pattern};

#[test]
fn an_added_recipient_opens_and_the_others_still_do() {
    let envelope = seal_to(&[RSA_2048.recipient()]);
    let changed = change(&envelope, Rewrapper::new().add_recipient(RSA_3072.recipient()), &*RSA_2048).unwrap();
    for identity in [&*RSA_2048, &*RSA_3072] {
        assert!(Opener::new(identity).aad(b"aad").open(&changed).unwrap() == plaintext());
    }
}

#[test]
fn a_removed_recipient_finds_no_matching_record() {
    let envelope = seal_to(&[RSA_2048.recipient(), RSA_3072.recipient()]);
    let changed = change(&envelope, Rewrapper::new().remove_recipient(RSA_2048.key_id()), &*RSA_2048).unwrap();
    assert_eq!(Opener::new(&*RSA_2048).aad(b"aad").open(&changed), Err(OpenError::NoMatchingRecord));
    assert!(Opener::new(&*RSA_3072).aad(b"aad").open(&changed).unwrap() == plaintext());
}

#[test]
fn a_recipient_is_replaced_in_one_step() {
    let envelope = seal_to(&[RSA_2048.recipient()]);
    let changes = Rewrapper::new().add_recipient(RSA_4096.recipient()).remove_recipient(RSA_2048.key_id());
    let changed = change(&envelope, changes, &*RSA_2048).unwrap();
    assert_eq!(ids(&changed), [Some(RSA_4096.key_id())]);
    assert!(Opener::new(&*RSA_4096).aad(b"aad").open(&changed).unwrap() == plaintext());
}

#[test]
fn only_the_records_and_the_tag_change() {
    let envelope = seal_to(&[RSA_2048.recipient()]);
    let changed = change(&envelope, Rewrapper::new().add_recipient(RSA_3072.recipient()), &*RSA_2048).unwrap();
    let ((old, old_body), (new, new_body)) = (split(&envelope), split(&changed));
    assert!(old_body == new_body);
    assert_eq!(old.unverified_metadata(), new.unverified_metadata());
    // The prefix up to the length of the records, and that field.
    assert_eq!(old.as_bytes()[..16], new.as_bytes()[..16]);
    assert_ne!(old.as_bytes()[old.as_bytes().len() - 32..], new.as_bytes()[new.as_bytes().len() - 32..]);
}

#[test]
fn no_changes_give_the_same_header() {
    let envelope = seal_to(&[RSA_2048.recipient(), RSA_3072.recipient().anonymous()]);
    assert!(change(&envelope, Rewrapper::new(), &*RSA_2048).unwrap() == envelope);
}

#[test]
fn adding_and_removing_a_recipient_gives_the_same_header() {
    let envelope = seal_to(&[RSA_2048.recipient()]);
    let added = change(&envelope, Rewrapper::new().add_recipient(RSA_3072.recipient()), &*RSA_2048).unwrap();
    let back = change(&added, Rewrapper::new().remove_recipient(RSA_3072.key_id()), &*RSA_2048).unwrap();
    assert!(back == envelope);
}

#[test]
fn a_recipient_added_again_gets_a_new_record_in_place_of_the_old_one() {
    let envelope = seal_to(&[RSA_2048.recipient(), RSA_3072.recipient()]);
    let changed = change(&envelope, Rewrapper::new().add_recipient(RSA_2048.recipient()), &*RSA_3072).unwrap();
    let mut expected = ids(&envelope);
    expected.sort();
    let mut seen = ids(&changed);
    seen.sort();
    assert_eq!(seen, expected);
    assert!(Opener::new(&*RSA_2048).aad(b"aad").open(&changed).unwrap() == plaintext());
    let wrapped = |envelope: &[u8], id| {
        let (header, _) = split(envelope);
        header.records().find(|record| record.key_id() == Some(id)).unwrap().wrapped_key().unwrap().to_vec()
    };
    assert_ne!(wrapped(&envelope, RSA_2048.key_id()), wrapped(&changed, RSA_2048.key_id()));
    assert_eq!(wrapped(&envelope, RSA_3072.key_id()), wrapped(&changed, RSA_3072.key_id()));
}

#[test]
fn removal_is_refused_while_another_record_could_be_for_the_same_key() {
    let recipients = [RSA_2048.recipient(), RSA_2048.recipient().anonymous(), RSA_3072.recipient()];
    let envelope = seal_to(&recipients);
    let remove = || Rewrapper::new().remove_recipient(RSA_2048.key_id());
    assert_eq!(change(&envelope, remove(), &*RSA_3072).unwrap_err(), RewrapError::UnidentifiedRecords(1));

    let changed = change(&envelope, remove().keep_unidentified(), &*RSA_3072).unwrap();
    let mut seen = ids(&changed);
    seen.sort();
    assert_eq!(seen, [None, Some(RSA_3072.key_id())]);
    // As was to be feared.
    assert!(Opener::new(&*RSA_2048).aad(b"aad").open(&changed).is_ok());
}

#[test]
fn keep_only_drops_everything_else() {
    let (key, envelope) = with_unknown_records();
    let ours = Named::new(1);
    let kept = |changes: Rewrapper<'_>| {
        let (header, body) = split(&envelope);
        let changed = changes.rewrap(&opened(&header, &key)).unwrap();
        assert!(opened(&changed, &key).open(body).unwrap() == plaintext());
        changed.records().map(|record| (record.record_type(), record.key_id())).collect::<Vec<_>>()
    };
    assert_eq!(kept(Rewrapper::new()).len(), 5);
    assert_eq!(kept(Rewrapper::new().keep_only([ours.0])), [(1, Some(ours.0))]);
    let other = Named::new(2);
    assert_eq!(
        kept(Rewrapper::new().keep_only([ours.0]).keep_only([other.0])),
        [(1, Some(ours.0)), (1, Some(other.0))]
    );
    let added = Named::new(3);
    assert_eq!(kept(Rewrapper::new().keep_only([]).add_recipient(&added)), [(1, Some(added.0))]);
    assert_eq!(kept(Rewrapper::new().keep_only([ours.0, other.0]).remove_recipient(ours.0)), [(1, Some(other.0))]);
    assert_eq!(
        kept(Rewrapper::new().keep_only([ours.0]).keep_unidentified()),
        [(1, None), (1, Some(ours.0)), (0x1234, None)]
    );
}

#[test]
fn a_record_of_unknown_type_does_not_count_as_a_recipient() {
    let (key, envelope) = with_unknown_records();
    let (header, _) = split(&envelope);
    // The anonymous record goes first, so that only the one of unknown type and padding would be
    // left.
    let changes = Rewrapper::new().keep_only([Named::new(1).0]).keep_unidentified();
    let changed = changes.rewrap(&opened(&header, &key)).unwrap();
    let anonymous = changed.records().find(|record| record.key_id().is_none()).unwrap().value().to_vec();
    let without = forge(&key, &changed, |record| record.value() != anonymous);
    let changes = Rewrapper::new().remove_recipient(Named::new(1).0).keep_unidentified();
    assert_eq!(changes.rewrap(&opened(&without, &key)), Err(RewrapError::Seal(SealError::NoRecipients)));
}

/// The same header with fewer records, and a right tag.
fn forge(key: &ContentKey, header: &Header, stays: impl Fn(&Record<'_>) -> bool) -> Header {
    let records: Vec<u8> =
        header.records().filter(stays).flat_map(|record| item(record.record_type(), record.value())).collect();
    let mut bytes = header.as_bytes()[..16].to_vec();
    bytes.extend(u32::try_from(records.len()).unwrap().to_be_bytes());
    bytes.extend(records);
    let tag = header_tag(key.expose(), &bytes);
    Header::parse(&[&bytes[..], &tag].concat(), &Limits::default()).unwrap()
}

fn item(item_type: u16, value: &[u8]) -> Vec<u8> {
    let len = u32::try_from(value.len()).unwrap();
    [&item_type.to_be_bytes()[..], &len.to_be_bytes(), value].concat()
}

#[test]
fn a_removal_counts_records_of_unknown_type_as_unidentified_and_drops_padding() {
    let (key, envelope) = with_unknown_records();
    let (header, _) = split(&envelope);
    let remove = Rewrapper::new().remove_recipient(Named::new(1).0);
    // The anonymous one and the one of unknown type.
    assert_eq!(remove.rewrap(&opened(&header, &key)), Err(RewrapError::UnidentifiedRecords(2)));
    let changed = remove.keep_unidentified().rewrap(&opened(&header, &key)).unwrap();
    let types: Vec<_> = changed.records().map(|record| record.record_type()).collect();
    assert_eq!(types, [1, 1, 0x1234]);
}

#[test]
fn adding_alone_keeps_padding_and_records_of_unknown_type() {
    let (key, envelope) = with_unknown_records();
    let (header, _) = split(&envelope);
    let changed = Rewrapper::new().add_recipient(Named::new(3)).rewrap(&opened(&header, &key)).unwrap();
    let types: Vec<_> = changed.records().map(|record| record.record_type()).collect();
    assert_eq!(types, [1, 1, 1, 1, 0x1234, 0x7FFF]);
}

#[test]
fn a_key_cannot_be_added_and_removed_at_once() {
    let envelope = seal_to(&[RSA_2048.recipient(), RSA_3072.recipient()]);
    let id = RSA_3072.key_id();
    let changes = Rewrapper::new().add_recipient(RSA_3072.recipient()).remove_recipient(id);
    assert_eq!(change(&envelope, changes, &*RSA_2048).unwrap_err(), RewrapError::AddedAndRemoved(id));
}

#[test]
fn a_key_that_is_not_named_can_be_neither_removed_nor_kept() {
    let envelope = seal_to(&[RSA_2048.recipient()]);
    let absent = RSA_3072.key_id();
    for changes in [
        Rewrapper::new().remove_recipient(absent),
        Rewrapper::new().keep_only([RSA_2048.key_id(), absent]),
        Rewrapper::new().add_recipient(RSA_3072.recipient()).remove_recipient(absent),
    ] {
        assert_eq!(change(&envelope, changes, &*RSA_2048).unwrap_err(), RewrapError::NotARecipient(absent));
    }
}

#[test]
fn removing_the_last_recipient_is_refused() {
    let envelope = seal_to(&[RSA_2048.recipient()]);
    for changes in [Rewrapper::new().remove_recipient(RSA_2048.key_id()), Rewrapper::new().keep_only([])] {
        let error = change(&envelope, changes, &*RSA_2048).unwrap_err();
        assert_eq!(error, RewrapError::Seal(SealError::NoRecipients));
        assert_eq!(error.to_string(), "no recipient would be left");
    }
}

#[test]
fn the_same_key_cannot_be_added_twice() {
    let envelope = seal_to(&[RSA_2048.recipient()]);
    let recipient = RSA_3072.recipient();
    let changes = Rewrapper::new().add_recipient(&recipient).add_recipient(&recipient);
    let error = SealError::DuplicateRecipient(RSA_3072.key_id());
    assert_eq!(change(&envelope, changes, &*RSA_2048).unwrap_err(), RewrapError::Seal(error));
}

#[test]
fn a_key_that_cannot_open_cannot_change_the_recipients() {
    let envelope = seal_to(&[RSA_2048.recipient()]);
    let error = change(&envelope, Rewrapper::new(), &*RSA_3072).unwrap_err();
    assert_eq!(error, RewrapError::Open(OpenError::NoMatchingRecord));

    let mut altered = envelope.clone();
    let end = split(&envelope).0.as_bytes().len();
    altered[end - 1] ^= 1;
    let error = change(&altered, Rewrapper::new(), &*RSA_2048).unwrap_err();
    assert_eq!(error, RewrapError::Open(OpenError::NotAuthentic));

    let (header, _) = split(&envelope);
    let wrong = ContentKey::from_bytes([7; 32]);
    assert_eq!(header.open(wrong).err(), Some(OpenError::NotAuthentic));
}

#[test]
fn a_recipient_that_fails_is_an_error() {
    struct Failing;
    impl Recipient for Failing {
        fn key_id(&self) -> Option<KeyId> {
            None
        }
        fn wrap_key(&self, _: &ContentKey, _: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
            Err(WrapError::new("unplugged"))
        }
    }
    let envelope = seal_to(&[RSA_2048.recipient()]);
    let error = change(&envelope, Rewrapper::new().add_recipient(&Failing), &*RSA_2048).unwrap_err();
    assert!(matches!(error, RewrapError::Seal(SealError::Wrap(_))), "{error:?}");
}

#[test]
fn too_many_recipients_are_refused_before_any_is_wrapped_for() {
    struct Costly<'a>(KeyId, &'a AtomicUsize);
    impl Recipient for Costly<'_> {
        fn key_id(&self) -> Option<KeyId> {
            Some(self.0)
        }
        fn wrap_key(&self, _: &ContentKey, _: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
            self.1.fetch_add(1, Ordering::Relaxed);
            Ok(WrappedKey::rsa_oaep_sha256(vec![1; 256]))
        }
    }
    let wrapped = AtomicUsize::new(0);
    let envelope = seal_to(&[RSA_2048.recipient()]);
    let added = (0..20).map(|number| Costly(KeyId::from_bytes([number; 32]), &wrapped));
    let changes = Rewrapper::new().add_recipients(added).limits(Limits::default().with_records(20));
    let error = change(&envelope, changes, &*RSA_2048).unwrap_err();
    assert!(matches!(error, RewrapError::Seal(SealError::LimitExceeded(_))), "{error:?}");
    assert_eq!(wrapped.into_inner(), 0);
}

#[test]
fn limits_hold_for_the_old_header_and_for_the_new_one() {
    let envelope = seal_to(&[RSA_2048.recipient()]);
    let limits = Limits::default().with_records(1);
    let recipient = RSA_3072.recipient();
    let error = change(&envelope, Rewrapper::new().limits(limits).add_recipient(&recipient), &*RSA_2048).unwrap_err();
    let RewrapError::Seal(SealError::LimitExceeded(exceeded)) = error else { panic!("{error:?}") };
    assert_eq!(exceeded.limit, Limit::Records);

    let limits = Limits::default().with_header_len(100);
    let opener = Opener::new(&*RSA_2048).limits(limits);
    let error = Rewrapper::new().copy(&envelope[..], io::sink(), &opener).unwrap_err();
    let Some(RewrapError::Open(OpenError::LimitExceeded(exceeded))) = RewrapError::from_io(&error) else {
        panic!("{error:?}")
    };
    assert_eq!(exceeded.limit, Limit::HeaderLen);
}

#[test]
fn the_given_generator_is_the_only_randomness() {
    let envelope = seal_to(&[RSA_2048.recipient()]);
    let (header, _) = split(&envelope);
    let named = Named::new(3);
    let changes = Rewrapper::new().add_recipient(&named);
    let opened = Opener::new(&*RSA_2048).open_header(&header).unwrap();
    let rewrap = |seed| changes.rewrap_with_rng(&opened, &mut SplitMix64(seed)).unwrap();
    assert_eq!(rewrap(1), rewrap(1));
    assert_ne!(rewrap(1), rewrap(2));
}

#[test]
fn a_stream_is_copied_with_another_header() {
    let envelope = seal_to(&[RSA_2048.recipient()]);
    let recipient = RSA_3072.recipient();
    let changes = Rewrapper::new().add_recipient(&recipient);
    let mut copy = Vec::new();
    // One byte at a time: reads exactly the header, and then the rest.
    let written =
        changes.copy(Faulty::new(&envelope[..], vec![Step::Short(1)]), &mut copy, &Opener::new(&*RSA_2048)).unwrap();
    assert_eq!(written, copy.len() as u64);
    assert!(Opener::new(&*RSA_3072).aad(b"aad").open(&copy).unwrap() == plaintext());
}

#[test]
fn a_cut_body_is_copied_as_it_is() {
    let envelope = seal_to(&[RSA_2048.recipient()]);
    let header_len = split(&envelope).0.as_bytes().len();
    for len in [0, 1, 55, 56, 20_000] {
        let cut = &envelope[..header_len + len];
        let mut copy = Vec::new();
        Rewrapper::new().copy(cut, &mut copy, &Opener::new(&*RSA_2048)).unwrap();
        assert!(copy == cut);
    }
}

#[test]
fn nothing_is_written_if_the_header_does_not_open() {
    let envelope = seal_to(&[RSA_2048.recipient()]);
    let header_len = split(&envelope).0.as_bytes().len();
    let cases = [
        (&envelope[..], OpenError::NoMatchingRecord, io::ErrorKind::InvalidData),
        (&envelope[..header_len - 1], OpenError::Truncated, io::ErrorKind::UnexpectedEof),
    ];
    for (input, expected, kind) in cases {
        let mut output = Vec::new();
        let error = Rewrapper::new().copy(input, &mut output, &Opener::new(&*RSA_3072)).unwrap_err();
        assert_eq!(RewrapError::from_io(&error), Some(&RewrapError::Open(expected)));
        assert_eq!(error.kind(), kind);
        assert!(output.is_empty());
    }
}

#[test]
fn an_error_of_the_output_is_passed_on_unchanged() {
    let envelope = seal_to(&[RSA_2048.recipient()]);
    let error = Rewrapper::new().copy(&envelope[..], Full::after(0), &Opener::new(&*RSA_2048)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert_eq!(RewrapError::from_io(&error), None);
}

fn plaintext() -> Vec<u8> {
    pattern(40_000)
}

fn seal_to(recipients: &[RsaRecipient]) -> Vec<u8> {
    let sealer = Sealer::with_recipients(recipients).unwrap();
    sealer.metadata(b"text/plain").aad(b"aad").seal(&plaintext()).unwrap()
}

fn split(envelope: &[u8]) -> (Header, &[u8]) {
    Header::split(envelope, &Limits::default()).unwrap()
}

fn opened(header: &Header, key: &ContentKey) -> OpenedHeader {
    header.open(ContentKey::from_bytes(*key.expose())).unwrap()
}

fn ids(envelope: &[u8]) -> Vec<Option<KeyId>> {
    split(envelope).0.records().map(|record| record.key_id()).collect()
}

/// The envelope with changed recipients, from the header and, which must be the same, as a copy of
/// a stream.
fn change(envelope: &[u8], changes: Rewrapper<'_>, identity: &dyn Identity) -> Result<Vec<u8>, RewrapError> {
    let (header, body) = split(envelope);
    let changed = changes.rewrap(&Opener::new(identity).open_header(&header)?)?;
    Ok([changed.as_bytes(), body].concat())
}

/// An envelope with two named recipients, an anonymous one, a record of unknown type and padding;
/// and its content key.
fn with_unknown_records() -> (ContentKey, Vec<u8>) {
    let recipients = [Named::new(1), Named::new(2)];
    let envelope = Sealer::with_recipients(&recipients)
        .unwrap()
        .start_with_rng(&mut SplitMix64(1))
        .unwrap()
        .seal(&plaintext())
        .unwrap();
    let (header, body) = split(&envelope);
    let key = recipients[0].unwrap_key(&header.records().next().unwrap()).unwrap().unwrap();

    let mut anonymous = vec![0];
    anonymous.extend([7; 256]);
    let named: Vec<u8> = header.records().flat_map(|record| item(1, record.value())).collect();
    let records = [item(1, &anonymous), named, item(0x1234, b"from the future"), item(0x7FFF, b"padding")].concat();

    let mut bytes = header.as_bytes()[..16].to_vec();
    bytes.extend(u32::try_from(records.len()).unwrap().to_be_bytes());
    bytes.extend(records);
    let tag = header_tag(key.expose(), &bytes);
    bytes.extend(tag);
    (key, [&bytes, body].concat())
}
