//! Labelled messages: many under one header, each opened by itself.

#[path = "common/support.rs"]
mod support;

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom, Write};

use bulla::error::OpenError;
use bulla::header::Layout;
use bulla::{Header, Label, Limits, MessageSealer, OpenedHeader, Opener, Rewrapper, Sealer};
use proptest::prelude::*;
use support::{CHUNK, LENGTHS, NoRsa, RSA_2048, RSA_3072, pattern, write_in_pieces};

#[test]
fn messages_open_by_their_labels_in_any_order() {
    let key = NoRsa::default();
    let messages = Sealer::new(&key).metadata(b"m").aad(b"aad").start_messages().unwrap();
    assert_eq!(messages.header().layout(), Layout::Labelled);
    let sealed: Vec<_> = LENGTHS
        .iter()
        .map(|len| (len.to_string(), messages.seal(len.to_string(), &pattern(*len)).unwrap(), pattern(*len)))
        .collect();
    let opened = opened(&key, messages.header()).aad(b"aad");
    for (label, message, plaintext) in sealed.iter().rev() {
        assert_eq!(message.len() as u64, bulla::body::body_len(plaintext.len() as u64).unwrap());
        assert!(opened.message(&**label).open(message).unwrap() == *plaintext, "{label}");
    }
}

#[test]
fn every_way_to_seal_and_open_a_body_works_for_messages() {
    let key = NoRsa::default();
    let messages = Sealer::new(&key).start_messages().unwrap();
    let opened = opened(&key, messages.header());
    for len in LENGTHS {
        let plaintext = pattern(len);
        let mut writer = messages.message("a").unwrap().wrap_output(Vec::new());
        write_in_pieces(&mut writer, &plaintext, &[1000, 40_000]).unwrap();
        let written = writer.finish().unwrap();
        let mut read = Vec::new();
        messages.message("a").unwrap().wrap_input(&plaintext[..]).read_to_end(&mut read).unwrap();
        for message in [written, read] {
            let opened = opened.message("a");
            let mut output = Vec::new();
            opened.open_into(&message, &mut output).unwrap();
            assert!(output == plaintext);
            output.clear();
            opened.clone().wrap_input(&message[..]).read_to_end(&mut output).unwrap();
            assert!(output == plaintext);
            let mut writer = opened.clone().wrap_output(Vec::new());
            writer.write_all(&message).unwrap();
            assert!(writer.finish().unwrap() == plaintext);

            let mut seeker = opened.clone().wrap_input(std::io::Cursor::new(&message));
            let at = len / 2;
            seeker.seek(SeekFrom::Start(at as u64)).unwrap();
            output.clear();
            seeker.read_to_end(&mut output).unwrap();
            assert!(output == plaintext[at..]);
            let reader = opened.wrap_input_at(&message[..], 0).unwrap();
            assert_eq!(reader.len().unwrap(), len as u64);
        }
    }
}

#[test]
fn a_header_and_a_message_make_an_envelope() {
    let key = NoRsa::default();
    let messages = Sealer::new(&key).start_messages().unwrap();
    for label in ["a", "b"] {
        let envelope = messages.start(label).unwrap().seal(b"hello").unwrap();
        let (header, message) = Header::split(&envelope, &Limits::default()).unwrap();
        assert_eq!(&header, messages.header());
        assert_eq!(opened(&key, &header).message(label).open(message).unwrap(), b"hello");

        let opener = Opener::new(&key).label(label);
        assert_eq!(opener.open(&envelope).unwrap(), b"hello");
        let mut data = envelope.clone();
        opener.open_in_place(&mut data).unwrap();
        assert_eq!(data, b"hello");
        data.clear();
        opener.wrap_input(&envelope[..]).unwrap().read_to_end(&mut data).unwrap();
        assert_eq!(data, b"hello");
        let mut writer = opener.wrap_output(Vec::new());
        writer.write_all(&envelope).unwrap();
        assert_eq!(writer.finish().unwrap(), b"hello");
        assert_eq!(opener.label("c").open(&envelope), Err(OpenError::WrongAssociatedData));
    }
}

#[test]
fn a_message_does_not_open_under_another_label() {
    let key = NoRsa::default();
    let messages = Sealer::new(&key).start_messages().unwrap();
    let message = messages.seal("a", b"hello").unwrap();
    let opened = opened(&key, messages.header());
    let digest_of_label = label_digest(b"a");
    for label in [&b""[..], b"b", b"A", b"a\0", b"aa", &digest_of_label] {
        assert_eq!(opened.message(label).open(&message), Err(OpenError::WrongAssociatedData), "{label:?}");
    }
    assert_eq!(opened.message("a").open(&message).unwrap(), b"hello");
}

#[test]
fn the_empty_label_is_a_label_and_not_the_lack_of_one() {
    let key = NoRsa::default();
    let messages = Sealer::new(&key).start_messages().unwrap();
    let message = messages.seal("", b"hello").unwrap();
    let opened = opened(&key, messages.header());
    assert_eq!(opened.message("").open(&message).unwrap(), b"hello");
    assert_eq!(opened.open(&message), Err(NEEDS_A_LABEL));
}

#[test]
fn a_label_that_is_left_out_is_an_error_in_every_way_to_open() {
    let key = NoRsa::default();
    let messages = Sealer::new(&key).start_messages().unwrap();
    let (header, envelope) = (messages.header().clone(), messages.start("a").unwrap().seal(b"hello").unwrap());
    let (_, message) = Header::split(&envelope, &Limits::default()).unwrap();
    let opened = opened(&key, &header);
    assert_eq!(opened.open(message), Err(NEEDS_A_LABEL));
    assert_eq!(opened.body_opener(message.first_chunk().unwrap()).map(|_| ()), Err(NEEDS_A_LABEL));
    assert_eq!(opened.range_opener(message.first_chunk().unwrap()).map(|_| ()), Err(NEEDS_A_LABEL));
    let read = opened.clone().wrap_input(message).read(&mut [0; 10]).unwrap_err();
    assert_eq!(OpenError::from_io(&read), Some(&NEEDS_A_LABEL));
    assert_eq!(OpenError::from_io(&opened.wrap_input_at(message, 0).unwrap_err()), Some(&NEEDS_A_LABEL));
    assert_eq!(Opener::new(&key).open(&envelope), Err(NEEDS_A_LABEL));
    let mut data = envelope.clone();
    assert_eq!(Opener::new(&key).open_in_place(&mut data), Err(NEEDS_A_LABEL));
    assert_eq!(bulla::open(&key, &envelope), Err(NEEDS_A_LABEL));
    assert!(NEEDS_A_LABEL.to_string().contains("labelled messages (layout 03)"));
}

#[test]
fn a_single_body_has_no_label() {
    let key = NoRsa::default();
    let envelope = bulla::seal(&key, b"hello").unwrap();
    let has_none = OpenError::OtherLayout { layout: Layout::Single };
    assert_eq!(Opener::new(&key).label("").open(&envelope), Err(has_none.clone()));
    assert!(has_none.to_string().contains("a single body (layout 01)"));
}

#[test]
fn with_its_layout_byte_flipped_a_header_does_not_open() {
    let key = NoRsa::default();
    let messages = Sealer::new(&key).start_messages().unwrap();
    let single = bulla::seal(&key, b"hello").unwrap();
    for (envelope, layout) in [(single, 3), (messages.start("a").unwrap().seal(b"hello").unwrap(), 1)] {
        let mut flipped = envelope.clone();
        flipped[10] = layout;
        let (header, _) = Header::split(&flipped, &Limits::default()).unwrap();
        assert_eq!(Opener::new(&key).open_header(&header).map(|_| ()), Err(OpenError::NotAuthentic));
    }
}

#[test]
fn a_message_of_another_header_does_not_open() {
    let [key, other] = [NoRsa::default(), NoRsa::default()];
    let messages = Sealer::new(&key).start_messages().unwrap();
    let foreign = Sealer::new(&other).start_messages().unwrap().seal("a", b"hello").unwrap();
    let opened = opened(&key, messages.header());
    assert_eq!(opened.message("a").open(&foreign), Err(OpenError::WrongAssociatedData));
}

#[test]
fn chunks_of_two_messages_do_not_mix() {
    let key = NoRsa::default();
    let messages = Sealer::new(&key).start_messages().unwrap();
    let [a, b] = ["a", "a"].map(|label| messages.seal(label, &pattern(2 * CHUNK + 5)).unwrap());
    assert!(a[..24] != b[..24], "each message has a salt of its own");
    let mut mixed = a.clone();
    mixed[56..56 + 16400].copy_from_slice(&b[56..56 + 16400]);
    let opened = opened(&key, messages.header()).message("a");
    assert_eq!(opened.open(&mixed), Err(OpenError::ChunkAltered { index: 0 }));
    assert_eq!(opened.open(&a[..a.len() - 1]), Err(OpenError::LastChunkAltered { index: 2 }));
}

#[test]
fn an_older_message_under_the_same_label_is_not_noticed() {
    // The specification says so: a test, so that nobody relies on the opposite.
    let key = NoRsa::default();
    let messages = Sealer::new(&key).start_messages().unwrap();
    let [old, new] = [b"old", b"new"].map(|plaintext| messages.seal("row", plaintext).unwrap());
    let opened = opened(&key, messages.header()).message("row");
    assert_eq!((opened.open(&new).unwrap(), opened.open(&old).unwrap()), (b"new".to_vec(), b"old".to_vec()));
}

#[test]
fn associated_data_is_that_of_every_message() {
    let key = NoRsa::default();
    let messages = Sealer::new(&key).aad(b"table").start_messages().unwrap();
    let message = messages.seal("a", b"hello").unwrap();
    let opened = opened(&key, messages.header());
    assert_eq!(opened.message("a").open(&message), Err(OpenError::WrongAssociatedData));
    assert_eq!(opened.message("a").aad(b"table").open(&message).unwrap(), b"hello");
    // In whichever order they are given.
    assert_eq!(opened.aad(b"table").message("a").open(&message).unwrap(), b"hello");
}

#[test]
fn no_two_sequences_of_values_are_one_label() {
    let sequences: [&[&str]; 8] = [&[], &[""], &["", ""], &["a"], &["a", ""], &["", "a"], &["a", "b"], &["ab"]];
    for (index, one) in sequences.iter().enumerate() {
        for (other_index, other) in sequences.iter().enumerate() {
            assert_eq!(Label::of_values(*one) == Label::of_values(*other), index == other_index, "{one:?} {other:?}");
        }
    }
    assert_eq!(Label::of_values(["a", "bc"]), Label::from(b"\0\0\0\x01a\0\0\0\x02bc"));
}

#[test]
fn new_recipients_read_the_messages_that_are_there() {
    let messages = Sealer::new(RSA_2048.recipient()).start_messages().unwrap();
    let message = messages.seal("a", b"hello").unwrap();
    let opened = Opener::new(&*RSA_2048).open_header(messages.header()).unwrap();
    let header = Rewrapper::new().add_recipient(RSA_3072.recipient()).rewrap(&opened).unwrap();
    assert_eq!(header.layout(), Layout::Labelled);
    let opened = Opener::new(&*RSA_3072).open_header(&header).unwrap();
    assert_eq!(opened.message("a").open(&message).unwrap(), b"hello");
    // What is sealed later under the old header, too.
    let later = messages.seal("b", b"hello").unwrap();
    assert_eq!(opened.message("b").open(&later).unwrap(), b"hello");
}

#[test]
fn threads_seal_and_open_under_one_header() {
    let key = NoRsa::default();
    let messages = Sealer::new(&key).start_messages().unwrap();
    let opened = opened(&key, messages.header());
    std::thread::scope(|scope| {
        for thread in 0..4_u8 {
            let (messages, opened) = (&messages, &opened);
            scope.spawn(move || {
                for number in 0..100_u8 {
                    let label = Label::of_values([[thread], [number]]);
                    let message = messages.seal(label, &[number; 100]).unwrap();
                    assert_eq!(opened.message(label).open(&message).unwrap(), [number; 100]);
                }
            });
        }
    });
}

#[test]
fn a_plaintext_beyond_the_limit_is_neither_sealed_nor_opened() {
    let key = NoRsa::default();
    let limits = Limits::default().with_plaintext_len(10);
    let messages = Sealer::new(&key).limits(limits).start_messages().unwrap();
    assert!(messages.seal("a", &[0; 10]).is_ok() && messages.seal("a", &[0; 11]).is_err());
    let unlimited = Sealer::new(&key).start_messages().unwrap();
    let message = unlimited.seal("a", &[0; 11]).unwrap();
    let opened = opened(&key, unlimited.header()).message("a");
    assert!(opened.open(&message).is_ok());
    assert!(matches!(opened.limits(limits).open(&message), Err(OpenError::LimitExceeded(_))));
}

proptest! {
    /// A model: under each label there is what was sealed under it, and nothing opens elsewhere.
    #[test]
    fn a_store_of_messages_behaves_like_a_map(
        writes in prop::collection::vec((0_u8..6, prop::collection::vec(any::<u8>(), 0..300)), 1..12),
        swaps in prop::collection::vec((0_usize..12, 0_usize..12), 0..4),
    ) {
        let key = NoRsa::default();
        let messages = Sealer::new(&key).start_messages().unwrap();
        let opened = opened(&key, messages.header());
        // Label of a slot, and what is stored there with the label that it was sealed under.
        let mut store: BTreeMap<u8, (u8, Vec<u8>, Vec<u8>)> = BTreeMap::new();
        for (label, plaintext) in writes {
            let message = seal(&messages, label, &plaintext);
            store.insert(label, (label, message, plaintext));
        }
        let slots: Vec<u8> = store.keys().copied().collect();
        for (one, other) in swaps {
            let (one, other) = (slots[one % slots.len()], slots[other % slots.len()]);
            let (first, second) = (store[&one].clone(), store[&other].clone());
            store.insert(one, second);
            store.insert(other, first);
        }
        for (slot, (label, message, plaintext)) in store {
            let result = opened.message(&[slot]).open(&message);
            let expected = if slot == label { Ok(plaintext) } else { Err(OpenError::WrongAssociatedData) };
            prop_assert_eq!(result, expected);
        }
    }
}

fn seal(messages: &MessageSealer, label: u8, plaintext: &[u8]) -> Vec<u8> {
    messages.seal(&[label], plaintext).unwrap()
}

fn opened(key: &NoRsa, header: &Header) -> OpenedHeader {
    Opener::new(key).open_header(header).unwrap()
}

/// SHA-512 of a label, which is its place: not the label itself.
fn label_digest(label: &[u8]) -> Vec<u8> {
    use sha2::Digest;
    sha2::Sha512::digest(label).to_vec()
}

const NEEDS_A_LABEL: OpenError = OpenError::OtherLayout { layout: Layout::Labelled };
