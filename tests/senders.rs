//! Who sealed: demanding a sender and an audience (SPEC §4.4, §4.5), and every attack that they are
//! to stop.
#![cfg(feature = "std")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

#[path = "common/support.rs"]
mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use bulla::error::{Limit, LimitExceeded, OpenError, SealError, SignError};
use bulla::header::Layout;
use bulla::keys::{ContentKey, KeyId};
use bulla::senders::SignatureAlgorithm;
use bulla::sessions::Challenge;
use bulla::{
    CachingOpener, Header, Limits, OpenedHeader, Opener, Rewrapper, RsaSigner, Sealer, Search, Senders, Signer,
    Verifier,
};
use support::{Named, RSA_2048, open_error};

static SIGNER: LazyLock<RsaSigner> = LazyLock::new(|| RsaSigner::from_pem(include_str!("keys/rsa3072.pem")).unwrap());
static OTHER: LazyLock<RsaSigner> = LazyLock::new(|| RsaSigner::from_pem(include_str!("keys/rsa4096.pem")).unwrap());

/// The reader, another recipient who is honest or not, and one who is added later.
const READER: u8 = 1;
const SECOND: u8 = 2;
const LATER: u8 = 3;

fn key(number: u8) -> Named {
    Named::new(number)
}

fn id(number: u8) -> KeyId {
    key(number).0
}

fn demanded() -> Senders {
    Senders::new(SIGNER.verifier())
}

fn signed(recipients: &[u8]) -> Sealer<'static> {
    Sealer::with_recipients(recipients.iter().map(|number| key(*number))).unwrap().signer(&*SIGNER)
}

fn opener(number: u8) -> Opener<'static> {
    Opener::new(key(number)).senders(demanded())
}

fn split(envelope: &[u8]) -> (Header, Vec<u8>) {
    let (header, body) = Header::split(envelope, &Limits::default()).unwrap();
    (header, body.to_vec())
}

#[test]
fn a_sender_that_is_demanded_is_found_and_named() {
    let sealed = signed(&[READER, SECOND]).metadata(b"public").private_metadata(b"private").seal(b"hello").unwrap();
    for number in [READER, SECOND] {
        let (header, body) = split(&sealed);
        let opened = opener(number).open_header(&header).unwrap();
        let sender = opened.sender().unwrap();
        assert_eq!((sender.key_id(), sender.algorithm()), (SIGNER.key_id(), SignatureAlgorithm::RsaPssSha256));
        assert!(!sender.is_readdressed());
        assert_eq!(opened.private_metadata(), Some(&b"private"[..]));
        assert_eq!(opened.metadata(), Some(&b"public"[..]));
        assert_eq!(opened.open(&body).unwrap(), b"hello");
    }
    // Whoever does not demand a sender gets none, but for a name that says what it is.
    let (header, _) = split(&sealed);
    let opened = Opener::new(key(READER)).open_header(&header).unwrap();
    assert_eq!((opened.sender(), opened.unverified_sender()), (None, Some(SIGNER.key_id())));
}

#[test]
fn every_way_to_open_judges_the_sender_first() {
    let forged = Sealer::new(key(READER)).private_metadata(b"private").seal(b"hello").unwrap();
    let opener = opener(READER);
    assert_eq!(opener.open(&forged), Err(OpenError::NoSender));
    let mut output = b"before".to_vec();
    assert_eq!(opener.open_into(&forged, &mut output), Err(OpenError::NoSender));
    assert!(output.is_empty());
    let mut in_place = forged.clone();
    assert_eq!(opener.open_in_place(&mut in_place), Err(OpenError::NoSender));
    let (header, _) = split(&forged);
    assert_eq!(opener.open_header(&header).map(|_| ()), Err(OpenError::NoSender));
    let error = opener.wrap_input(&forged[..]).unwrap_err();
    assert_eq!(open_error(&error), OpenError::NoSender);
    let error = opener.wrap_input_at(&forged[..]).map(|_| ()).unwrap_err();
    assert_eq!(open_error(&error), OpenError::NoSender);
    let mut released = Vec::new();
    let mut writer = opener.wrap_output(&mut released);
    let error = writer.write_all(&forged).unwrap_err();
    assert_eq!(open_error(&error), OpenError::NoSender);
    drop(writer);
    assert!(released.is_empty());
    let error = Rewrapper::new().copy(&forged[..], &mut released, &opener).unwrap_err();
    assert!(error.to_string().contains("nobody has signed"), "{error}");
    assert!(released.is_empty());
}

#[test]
fn anyone_can_replace_an_unsigned_envelope_and_nobody_a_signed_one() {
    let forged = Sealer::new(key(READER)).seal(b"forged").unwrap();
    assert_eq!(Opener::new(key(READER)).open(&forged).unwrap(), b"forged");
    assert_eq!(opener(READER).open(&forged), Err(OpenError::NoSender));
    let by_another = Sealer::new(key(READER)).signer(&*OTHER).seal(b"forged").unwrap();
    assert_eq!(opener(READER).open(&by_another), Err(OpenError::OtherSender));
    let both = Senders::any_of([SIGNER.verifier(), OTHER.verifier()]);
    assert_eq!(Opener::new(key(READER)).senders(both).open(&by_another).unwrap(), b"forged");
    let nobody = Senders::any_of(Vec::<bulla::RsaVerifier>::new());
    assert_eq!(Opener::new(key(READER)).senders(nobody).open(&by_another), Err(OpenError::OtherSender));
}

#[test]
fn a_recipient_that_rewraps_and_replaces_the_body_is_refused_by_those_who_were_not_meant() {
    let (header, body) = split(&signed(&[SECOND]).private_metadata(b"pay 5").seal(b"to Eve").unwrap());
    let received = opener(SECOND).open_header(&header).unwrap();
    let header = Rewrapper::new().add_recipient(key(READER)).rewrap(&received).unwrap();
    // It cannot seal another body with this library. A holder of the content key can with another.
    let envelope = [header.as_bytes(), &body].concat();
    assert_eq!(opener(READER).open(&envelope), Err(OpenError::NotInAudience));
    // Only who asks for it gets on, and is told.
    let accepting = Opener::new(key(READER)).senders(demanded().accept_readdressed());
    let opened = accepting.open_header(&header).unwrap();
    assert!(opened.sender().unwrap().is_readdressed());
    assert_eq!(opened.open(&body).unwrap(), b"to Eve");
    // For those who were meant nothing has changed.
    assert!(!opener(SECOND).open_header(&header).unwrap().sender().unwrap().is_readdressed());
}

#[test]
fn signed_envelopes_survive_a_change_of_the_readers_key() {
    let (header, body) = split(&signed(&[READER]).seal(b"hello").unwrap());
    let received = opener(READER).open_header(&header).unwrap();
    let header = Rewrapper::new().keep_only([]).add_recipient(key(LATER)).rewrap(&received).unwrap();
    assert_eq!(opener(LATER).open_header(&header).map(|_| ()), Err(OpenError::NotInAudience));
    let senders = demanded().former_keys([id(READER)]).audience_within([id(READER)]);
    let opened = Opener::new(key(LATER)).senders(senders).open_header(&header).unwrap();
    assert!(!opened.sender().unwrap().is_readdressed());
    assert_eq!(opened.open(&body).unwrap(), b"hello");
}

#[test]
fn an_audience_can_be_limited_to_the_reader() {
    let sealed = signed(&[READER, SECOND]).seal(b"hello").unwrap();
    let within = |ids: &[u8]| {
        let senders = demanded().audience_within(ids.iter().map(|number| id(*number)));
        Opener::new(key(READER)).senders(senders).open(&sealed)
    };
    assert_eq!(within(&[READER]), Err(OpenError::OtherAudience(id(SECOND))));
    assert_eq!(within(&[SECOND]), Err(OpenError::OtherAudience(id(READER))));
    assert_eq!(within(&[]), Err(OpenError::OtherAudience(id(READER))));
    assert_eq!(within(&[READER, SECOND, LATER]).unwrap(), b"hello");
    let twice = demanded().audience_within([id(READER)]).audience_within([id(SECOND)]);
    assert_eq!(Opener::new(key(READER)).senders(twice).open(&sealed).unwrap(), b"hello");
}

#[test]
fn a_section_that_is_stripped_or_swapped_is_noticed() {
    let one = signed(&[READER]).private_metadata(b"one").seal(b"one").unwrap();
    let two = signed(&[READER]).private_metadata(b"two").seal(b"two").unwrap();
    let (at, len) = private_field(&one);
    // Left out, with the length of the fields set right.
    let mut stripped = [&one[..at], &one[at + len..]].concat();
    stripped[12..16].fill(0);
    assert_eq!(opener(READER).open(&stripped), Err(OpenError::NotAuthentic));
    // That of another envelope of the same sender.
    let swapped = [&one[..at], &two[at..at + len], &one[at + len..]].concat();
    assert_eq!(opener(READER).open(&swapped), Err(OpenError::NotAuthentic));
    assert_eq!(Opener::new(key(READER)).open(&swapped), Err(OpenError::NotAuthentic));
}

#[test]
fn every_bit_of_a_private_section_counts() {
    let sealed = signed(&[READER]).private_metadata(b"private").seal(b"hello").unwrap();
    let (at, len) = private_field(&sealed);
    for bit in 0..len * 8 {
        let mut altered = sealed.clone();
        altered[at + bit / 8] ^= 1 << (bit % 8);
        let opened = Opener::new(key(READER)).open(&altered);
        assert!(matches!(opened, Err(OpenError::NotAuthentic | OpenError::Header(_))), "bit {bit}: {opened:?}");
    }
}

#[test]
fn a_signature_of_another_key_algorithm_or_message_is_not_authentic() {
    /// Signs as somebody else.
    struct Impostor(KeyId, SignatureAlgorithm, Vec<u8>);
    impl Signer for Impostor {
        fn algorithm(&self) -> SignatureAlgorithm {
            self.1
        }
        fn key_id(&self) -> KeyId {
            self.0
        }
        fn signature_len(&self) -> usize {
            self.2.len()
        }
        fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignError> {
            Ok(self.2.clone())
        }
    }
    let verdict = |impostor: Impostor| {
        let sealed = Sealer::new(key(READER)).signer(impostor).seal(b"hello").unwrap();
        opener(READER).open(&sealed)
    };
    let id = SIGNER.key_id();
    let pss = SignatureAlgorithm::RsaPssSha256;
    let by_other = OTHER.sign(b"hello").unwrap();
    assert_eq!(verdict(Impostor(id, pss, by_other)), Err(OpenError::SenderNotAuthentic));
    // A signature of the sender, over something else.
    let elsewhere = SIGNER.sign(b"hello").unwrap();
    assert_eq!(verdict(Impostor(id, pss, elsewhere.clone())), Err(OpenError::SenderNotAuthentic));
    for len in [1, 64, 383, 385, 1024] {
        assert_eq!(verdict(Impostor(id, pss, vec![7; len])), Err(OpenError::SenderNotAuthentic), "{len}");
    }
    // The id of the sender under another algorithm names nobody.
    for other in [SignatureAlgorithm::EcdsaP256Sha256, SignatureAlgorithm::Ed25519] {
        assert_eq!(verdict(Impostor(id, other, elsewhere.clone())), Err(OpenError::OtherSender));
    }
}

#[test]
fn a_signature_that_also_verifies_under_another_key_names_that_key() {
    /// A key for which every signature verifies: made for one, by whoever has seen it.
    #[derive(Clone)]
    struct Agrees(KeyId);
    impl Verifier for Agrees {
        fn algorithm(&self) -> SignatureAlgorithm {
            SignatureAlgorithm::RsaPssSha256
        }
        fn key_id(&self) -> KeyId {
            self.0
        }
        fn signature_len(&self) -> usize {
            256
        }
        fn verify(&self, _: &[u8], _: &[u8]) -> bool {
            true
        }
    }
    let sealed = signed(&[READER]).seal(b"hello").unwrap();
    // The header names the key, so that another one is not asked.
    let duplicate = Senders::new(Agrees(id(77)));
    assert_eq!(Opener::new(key(READER)).senders(duplicate).open(&sealed), Err(OpenError::OtherSender));
}

#[test]
fn the_audience_names_anonymous_recipients_and_each_key_once() {
    let anonymous = RSA_2048.recipient().anonymous();
    let sealer = Sealer::new(RSA_2048.recipient()).recipient(anonymous.clone()).recipient(&anonymous);
    let sealed = sealer.signer(&*SIGNER).seal(b"hello").unwrap();
    let opener = Opener::new(&*RSA_2048).senders(demanded().audience_within([RSA_2048.key_id()]));
    assert_eq!(opener.open(&sealed).unwrap(), b"hello");
}

#[test]
fn a_reader_without_key_ids_accepts_no_sender() {
    let sealed = Sealer::new(RSA_2048.recipient()).signer(&*SIGNER).seal(b"hello").unwrap();
    let (header, body) = split(&sealed);
    let key = RSA_2048.recipient();
    let mut search = Search::new(&header, [&key], &Limits::default());
    let candidate = search.next_candidate().unwrap();
    let content_key = RSA_2048.unwrap_bytes(candidate.wrapped_key()).unwrap();
    let opened = candidate.verify(content_key).unwrap().unwrap();
    let refused = opened.clone().demand_sender(&demanded(), &[]).map(|_| ());
    assert_eq!(refused, Err(OpenError::NotInAudience));
    let opened = opened.demand_sender(&demanded(), &[key.key_id()]).unwrap();
    assert_eq!(opened.sender().unwrap().key_id(), SIGNER.key_id());
    assert_eq!(opened.open(&body).unwrap(), b"hello");
}

#[test]
fn mistakes_of_the_sealer_are_named() {
    struct Unnamed;
    impl bulla::Recipient for Unnamed {
        fn key_id(&self) -> Option<KeyId> {
            None
        }
        fn wrap_key(
            &self,
            key: &ContentKey,
            rng: &mut dyn bulla::rand_core::CryptoRng,
        ) -> Result<bulla::keys::WrappedKey, bulla::error::WrapError> {
            key_of(READER).wrap_key(key, rng)
        }
    }
    fn key_of(number: u8) -> Named {
        Named::new(number)
    }
    let error = |sealer: Sealer<'_>| sealer.start().map(|_| ()).unwrap_err();
    assert_eq!(error(Sealer::new(Unnamed).signer(&*SIGNER)), SealError::UnnamedRecipient);
    assert!(Sealer::new(Unnamed).start().is_ok());
    assert_eq!(error(Sealer::new(key(READER)).private_metadata(b"")), SealError::EmptyPrivateMetadata);
    for len in 65_520..=65_530 {
        let sealed = Sealer::new(key(READER)).private_metadata(vec![7; len]).seal(b"hello").unwrap();
        let (header, _) = split(&sealed);
        let opened = Opener::new(key(READER)).open_header(&header).unwrap();
        assert_eq!(opened.private_metadata().map(<[u8]>::len), Some(len));
    }
    let too_long = error(Sealer::new(key(READER)).private_metadata(vec![7; 65_536 - 5]));
    assert_eq!(too_long, SealError::PrivateSectionTooLong);
    let signer = RsaSigner::from_pem(include_str!("keys/rsa2048.pem")).unwrap();
    let both = error(Sealer::new(RSA_2048.recipient()).signer(&signer));
    assert_eq!(both, SealError::SignerIsRecipient(signer.key_id()));
    for signature_len in [0, 255, 1025] {
        let sealer = Sealer::new(key(READER)).signer(Lies(signature_len));
        assert!(matches!(error(sealer), SealError::Sign(_)), "{signature_len}");
    }
    let limits = Limits::default().with_metadata_len(3);
    let exceeded = SealError::LimitExceeded(limit_exceeded(&limits));
    assert_eq!(error(Sealer::new(key(READER)).private_metadata(b"four").limits(limits)), exceeded);
}

/// Signs with 256 bytes, and says something else.
struct Lies(usize);

impl Signer for Lies {
    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RsaPssSha256
    }
    fn key_id(&self) -> KeyId {
        id(77)
    }
    fn signature_len(&self) -> usize {
        self.0
    }
    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(vec![7; 256])
    }
}

/// The error that a metadata of 4 bytes exceeds the limit of 3.
fn limit_exceeded(limits: &Limits) -> LimitExceeded {
    let sealed = Sealer::new(key(READER)).metadata(b"four").seal(b"").unwrap();
    match Header::split(&sealed, limits).map_err(OpenError::from) {
        Err(OpenError::LimitExceeded(exceeded)) if exceeded.limit == Limit::MetadataLen => exceeded,
        other => panic!("{other:?}"),
    }
}

#[test]
fn private_metadata_has_the_limit_of_metadata() {
    let sealed = Sealer::new(key(READER)).private_metadata(b"four").seal(b"hello").unwrap();
    let limits = Limits::default().with_metadata_len(3);
    let refused = Opener::new(key(READER)).limits(limits).open(&sealed);
    assert_eq!(refused, Err(OpenError::LimitExceeded(limit_exceeded(&limits))));
    let (header, _) = split(&sealed);
    assert!(header.has_private_section());
    assert_eq!(Opener::new(key(READER)).open_header(&header).unwrap().private_metadata(), Some(&b"four"[..]));
    // Nothing of it shows, but for its length to the padding.
    assert_eq!(private_field(&sealed).1, 6 + 24 + 256 + 16);
    assert!(!sealed.windows(4).any(|bytes| bytes == b"four"));
}

#[test]
fn labelled_messages_and_parts_have_the_sender_of_their_header() {
    let messages = signed(&[READER]).start_messages().unwrap();
    let message = messages.seal("row", b"hello").unwrap();
    let opened = opener(READER).open_header(messages.header()).unwrap();
    assert_eq!(opened.message("row").open(&message).unwrap(), b"hello");
    assert_eq!(opened.message("row").sender(), opened.sender());
    let forged = Sealer::new(key(READER)).start_messages().unwrap();
    let envelope = forged.start("row").unwrap().seal(b"forged").unwrap();
    assert_eq!(opener(READER).label("row").open(&envelope), Err(OpenError::NoSender));

    for (sealer, verdict) in [(signed(&[READER]), Ok(())), (Sealer::new(key(READER)), Err(OpenError::NoSender))] {
        let (mut parts, mut journal) = sealer.start_parts().unwrap();
        let (part, report) = parts.part(0).unwrap().seal(b"hello").unwrap();
        journal.record(report).unwrap();
        let manifest = parts.finish(&mut journal, 1).unwrap();
        let file = [parts.header().as_bytes(), &part, &manifest.file_end()].concat();
        let opened = opener(READER).open_parts_at(&file[..]);
        assert_eq!(opened.as_ref().map(|_| ()).map_err(open_error), verdict);
        if let Ok(reader) = opened {
            assert_eq!(reader.manifest().opened_header().sender().unwrap().key_id(), SIGNER.key_id());
            let mut plaintext = Vec::new();
            reader.stream().read_to_end(&mut plaintext).unwrap();
            assert_eq!(plaintext, b"hello");
        }
    }
}

#[test]
fn a_remembered_header_is_judged_at_each_use() {
    let messages = signed(&[READER]).start_messages().unwrap();
    let header = messages.header();
    let opener = CachingOpener::new(Opener::new(key(READER)));
    assert!(opener.open_header(header).unwrap().sender().is_none());
    let opened = opener.open_header_from(header, &demanded()).unwrap();
    assert_eq!(opened.sender().unwrap().key_id(), SIGNER.key_id());
    let refused = |senders: &Senders| opener.open_header_from(header, senders).map(|_| ()).unwrap_err();
    // A sender that is not accepted any more, and an audience that is not tolerated any more.
    assert_eq!(refused(&Senders::new(OTHER.verifier())), OpenError::OtherSender);
    assert_eq!(refused(&demanded().audience_within([id(SECOND)])), OpenError::OtherAudience(id(READER)));
    assert!(opener.open_header_from(header, &demanded()).is_ok());
}

#[test]
fn a_verdict_does_not_outlast_its_demand() {
    let messages = signed(&[READER]).start_messages().unwrap();
    let opener = CachingOpener::new(Opener::new(key(READER)));
    let opened = opener.open_header_from(messages.header(), &demanded()).unwrap();
    assert!(opened.sender().is_some());
    assert!(opener.open_header(messages.header()).unwrap().sender().is_none());
}

#[test]
fn headers_of_strangers_do_not_enter_the_memory_of_who_demands_a_sender() {
    struct Counted(Named, AtomicUsize);
    impl bulla::Identity for &Counted {
        fn may_open(&self, record: &bulla::header::Record<'_>) -> bool {
            bulla::Identity::may_open(&self.0, record)
        }
        fn public_key_id(&self) -> Option<KeyId> {
            Some(self.0.0)
        }
        fn unwrap_key(
            &self,
            record: &bulla::header::Record<'_>,
        ) -> Result<Option<ContentKey>, bulla::error::UnwrapError> {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.unwrap_key(record)
        }
    }
    let counted = Counted(key(READER), AtomicUsize::new(0));
    let opener = CachingOpener::new(Opener::new(&counted).senders(demanded())).max_headers(1).max_failed_operations(2);
    let good = signed(&[READER]).start_messages().unwrap();
    opener.open_header(good.header()).unwrap();
    let forged = Sealer::new(key(READER)).start_messages().unwrap();
    for _ in 0..2 {
        assert_eq!(opener.open_header(forged.header()).map(|_| ()), Err(OpenError::NoSender));
    }
    assert_eq!(opener.open_header(forged.header()).map(|_| ()), Err(OpenError::TooManyFailures));
    opener.open_header(good.header()).unwrap();
    assert_eq!(counted.1.load(Ordering::Relaxed), 3);
}

#[test]
fn a_verified_signature_is_verified_once() {
    #[derive(Clone)]
    struct Counts(bulla::RsaVerifier, std::sync::Arc<AtomicUsize>);
    impl Verifier for Counts {
        fn algorithm(&self) -> SignatureAlgorithm {
            self.0.algorithm()
        }
        fn key_id(&self) -> KeyId {
            self.0.key_id()
        }
        fn signature_len(&self) -> usize {
            self.0.signature_len()
        }
        fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.verify(message, signature)
        }
    }
    let count = std::sync::Arc::new(AtomicUsize::new(0));
    let senders = Senders::new(Counts(SIGNER.verifier(), count.clone()));
    let opener = CachingOpener::new(Opener::new(key(READER)).senders(senders.clone()));
    let messages = signed(&[READER]).start_messages().unwrap();
    for _ in 0..5 {
        opener.open_header(messages.header()).unwrap();
    }
    assert_eq!(count.load(Ordering::Relaxed), 1);
    // Also if nobody was demanded when the header came.
    let opener = CachingOpener::new(Opener::new(key(READER)));
    opener.open_header(messages.header()).unwrap();
    for _ in 0..5 {
        opener.open_header_from(messages.header(), &senders).unwrap();
    }
    assert_eq!(count.load(Ordering::Relaxed), 2);
}

#[test]
fn a_signature_in_two_steps_is_that_of_one() {
    let sender = SIGNER.verifier();
    let sealer = Sealer::new(key(READER)).metadata(b"m").private_metadata(b"p");
    let prepared = sealer.prepare(sender.clone()).unwrap();
    assert_eq!(prepared.message().len(), 242);
    assert!(prepared.message().starts_with(b"bulla\0sender\0\x01\x01\x01\x00\x01"));
    let signature = SIGNER.sign(prepared.message()).unwrap();
    let sealed = prepared.sign(&signature).unwrap().seal(b"hello").unwrap();
    assert_eq!(opener(READER).open(&sealed).unwrap(), b"hello");

    // Of something else, of another key, or none.
    for signature in [SIGNER.sign(b"else").unwrap(), OTHER.sign(b"else").unwrap(), Vec::new()] {
        let refused = sealer.prepare(sender.clone()).unwrap().sign(&signature).map(|_| ());
        assert!(matches!(refused, Err(SealError::Sign(_))), "{refused:?}");
    }

    let prepared = sealer.prepare_messages(sender.clone()).unwrap();
    let signature = SIGNER.sign(prepared.message()).unwrap();
    let messages = prepared.sign(&signature).unwrap();
    assert!(opener(READER).open_header(messages.header()).is_ok());
    let prepared = sealer.prepare_parts(sender.clone()).unwrap();
    let signature = SIGNER.sign(prepared.message()).unwrap();
    let (parts, _) = prepared.sign(&signature).unwrap();
    assert!(opener(READER).open_header(parts.header()).is_ok());
    let challenge = Challenge::new().unwrap();
    let prepared = sealer.prepare_session(Some(challenge.as_bytes()), sender).unwrap();
    let signature = SIGNER.sign(prepared.message()).unwrap();
    let session = prepared.sign(&signature).unwrap();
    assert!(opener(READER).open_session_header(session.header(), Some(challenge)).is_ok());
}

#[test]
fn a_challenge_is_signed_so_that_a_replay_is_no_session() {
    let challenge = Challenge::new().unwrap();
    let recorded = signed(&[READER]).start_session(Some(challenge.as_bytes())).unwrap();
    let opened = opener(READER).open_session_header(recorded.header(), Some(challenge)).unwrap();
    assert!(opened.accept(head_of(&recorded)).is_ok());
    for other in [Some(Challenge::new().unwrap()), None] {
        let replayed = opener(READER).open_session_header(recorded.header(), other).map(|_| ());
        assert_eq!(replayed, Err(OpenError::SenderNotAuthentic));
    }
    assert_eq!(opener(READER).open_header(recorded.header()).map(|_| ()), Err(OpenError::SenderNotAuthentic));
}

#[test]
fn another_recipient_cannot_begin_a_session_under_an_old_header_with_the_challenge_of_today() {
    // The header is for two, and its challenge is an old one. The second recipient has K, and could
    // make a stream for today's challenge; the signature is over the old one.
    let old = Challenge::new().unwrap();
    let recorded = signed(&[READER, SECOND]).start_session(Some(old.as_bytes())).unwrap();
    let today = Challenge::new().unwrap();
    let refused = opener(READER).open_session_header(recorded.header(), Some(today)).map(|_| ());
    assert_eq!(refused, Err(OpenError::SenderNotAuthentic));
}

#[test]
fn a_session_that_is_relayed_to_another_responder_is_refused() {
    // Lowe's attack: the initiator talks to SECOND, who relays the challenge of READER to it, and
    // re-wraps the header for READER.
    let of_reader = Challenge::new().unwrap();
    let session = signed(&[SECOND]).start_session(Some(of_reader.as_bytes())).unwrap();
    let received: OpenedHeader = Opener::new(key(SECOND)).open_header(session.header()).unwrap();
    let relayed = Rewrapper::new().keep_only([]).add_recipient(key(READER)).rewrap(&received).unwrap();
    assert_eq!(relayed.layout(), Layout::Session);
    let refused = opener(READER).open_session_header(&relayed, Some(of_reader)).map(|_| ());
    assert_eq!(refused, Err(OpenError::NotInAudience));
}

#[test]
fn another_recipient_cannot_begin_a_session_with_the_challenge_that_it_let_the_initiator_sign() {
    // The initiator calls SECOND among others, who passes on the challenge of READER. Both are in
    // the audience, so that SECOND has K, and could make a stream of its own.
    let of_reader = Challenge::new().unwrap();
    let session = signed(&[READER, SECOND]).start_session(Some(of_reader.as_bytes())).unwrap();
    let received = Opener::new(key(SECOND)).open_header(session.header()).unwrap();
    let relayed = Rewrapper::new().keep_only([id(READER)]).rewrap(&received).unwrap();
    let refused = opener(READER).open_session_header(&relayed, Some(of_reader)).map(|_| ());
    assert_eq!(refused, Err(OpenError::OtherAudience(id(SECOND))));
}

#[test]
fn nobody_is_relayed_to_a_responder_that_accepts_readdressed_envelopes() {
    let session = signed(&[SECOND]).start_session(None).unwrap();
    let received = Opener::new(key(SECOND)).open_header(session.header()).unwrap();
    let relayed = Rewrapper::new().keep_only([]).add_recipient(key(READER)).rewrap(&received).unwrap();
    let opener = Opener::new(key(READER)).senders(demanded().accept_readdressed());
    assert_eq!(opener.open_session_header(&relayed, None).map(|_| ()), Err(OpenError::NotInAudience));
    // In one direction, to several, it is as with envelopes.
    let relayed = Rewrapper::new().add_recipient(key(READER)).rewrap(&received).unwrap();
    assert!(opener.open_session_header(&relayed, None).unwrap().sender().unwrap().is_readdressed());
}

#[test]
fn both_ends_of_a_session_know_each_other() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        let opener = Opener::new(&*RSA_2048).senders(demanded());
        let (mut reader, mut writer) = opener.accept(socket.try_clone().unwrap(), socket).unwrap();
        assert_eq!(reader.sender().unwrap().key_id(), SIGNER.key_id());
        assert_eq!(reader.opened_header().unwrap().private_metadata(), Some(&b"user 7"[..]));
        let mut message = Vec::new();
        assert!(reader.receive(&mut message).unwrap());
        writer.send(&message).unwrap();
        writer.try_finish().unwrap();
    });
    let socket = TcpStream::connect(address).unwrap();
    let sealer = Sealer::new(RSA_2048.recipient()).signer(&*SIGNER).private_metadata(b"user 7");
    let (mut reader, mut writer) = sealer.connect(socket.try_clone().unwrap(), socket).unwrap();
    writer.send(b"hello").unwrap();
    let mut message = Vec::new();
    assert!(reader.receive(&mut message).unwrap());
    assert_eq!(message, b"hello");
    assert!(reader.sender().is_none() && reader.opened_header().is_none());
    server.join().unwrap();
}

#[test]
fn a_stranger_that_begins_a_session_is_refused_in_silence() {
    let stranger = Sealer::new(RSA_2048.recipient()).start_session(None).unwrap();
    let mut output = Vec::new();
    let opener = Opener::new(&*RSA_2048).senders(demanded());
    let error = opener.accept_unchallenged(&stranger.first_bytes()[..], &mut output).unwrap_err();
    assert_eq!(open_error(&error), OpenError::NoSender);
    assert!(output.is_empty());
}

fn head_of(session: &bulla::sessions::Initiator) -> &'static [u8; 56] {
    let bytes = session.first_bytes();
    Box::leak(Box::new(*bytes.last_chunk().unwrap()))
}

/// Where the field `0002` is, its type and length included, in an envelope that has no others
/// before it.
fn private_field(envelope: &[u8]) -> (usize, usize) {
    assert_eq!(envelope[20..22], [0, 2]);
    let len = u32::from_be_bytes(envelope[22..26].try_into().unwrap());
    (20, 6 + len as usize)
}
