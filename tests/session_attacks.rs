//! What somebody between the two ends of a session can do, and what strangers can.

#[path = "common/sessions.rs"]
mod sessions;
#[path = "common/support.rs"]
mod support;

use bulla::error::{Limit, OpenError, SealError};
use bulla::header::Layout;
use bulla::sessions::Challenge;
use bulla::{Header, Limits, Opener, Sealer};
use proptest::prelude::*;
use sessions::{Ends, connected, frames_of, head_of, header_len, limit_of, receive_all, sent};
use support::{Named, NoRsa, open_error, pattern};

#[test]
fn frames_that_are_reordered_are_refused() {
    attack(|frames| frames.swap(1, 2), 1);
}

#[test]
fn a_frame_that_is_repeated_is_refused() {
    attack(|frames| frames.insert(2, frames[1].clone()), 2);
}

#[test]
fn a_frame_that_is_dropped_is_noticed() {
    attack(|frames| drop(frames.remove(1)), 1);
    // The last one, too.
    attack(|frames| drop(frames.remove(3)), 3);
}

#[test]
fn a_frame_that_is_inserted_is_refused() {
    let foreign = frames_of(&[b"foreign".to_vec()]).1[0].clone();
    attack(move |frames| frames.insert(1, foreign.clone()), 1);
    attack(|frames| frames.insert(1, [&[1, 0, 16][..], &[0; 16]].concat()), 1);
}

#[test]
fn frames_of_two_sessions_do_not_mix() {
    let other = frames_of(&four_messages()).1;
    attack(move |frames| frames[2] = other[2].clone(), 2);
}

#[test]
fn a_message_does_not_end_where_a_piece_of_it_ends() {
    // The type is bound to the frame: a piece cannot be made the last one, nor the last one a
    // piece.
    let key = NoRsa::default();
    let sent = sent(&key, &[pattern(20_000)]);
    let first = header_len(&sent) + 56;
    for (at, changed) in [(first, 1), (first + 16403, 0), (first, 2), (first, 3), (first, 255)] {
        let mut altered = sent.clone();
        altered[at] = changed;
        let mut reader = Opener::new(&key).receive_from(&altered[..]).unwrap();
        let (received, error) = receive_all(&mut reader);
        assert!(received.is_empty() && matches!(error, Some(OpenError::FrameAltered { .. })), "{at} {error:?}");
    }
}

#[test]
fn a_frame_of_an_impossible_length_is_refused_before_more_is_read() {
    let key = NoRsa::default();
    let sent = sent(&key, &[]);
    let start = &sent[..sent.len() - 19];
    for header in
        [[0, 0, 16], [0, 0, 0], [1, 0, 15], [1, 0x40, 0x11], [0, 0xFF, 0xFF], [2, 0, 17], [2, 0, 15], [3, 0, 16]]
    {
        // Nothing follows: if more were read, the error would be Truncated.
        let input = [start, &header].concat();
        let mut reader = Opener::new(&key).receive_from(&input[..]).unwrap();
        let (_, error) = receive_all(&mut reader);
        assert_eq!(error, Some(OpenError::FrameAltered { index: 0 }), "{header:?}");
    }
}

#[test]
fn a_stream_is_not_reflected() {
    let (client, server) = connected(None);
    let (Ends { mut sealer, answer, .. }, (mut opener, reply)) = (client, server);
    let head = *sealer.head();
    let mut flight = Vec::new();
    sealer.append_message(b"hello", &mut flight).unwrap();
    let answer = answer.unwrap();
    // The initiator gets its own stream back.
    assert_eq!(answer.open(&head).map(|_| ()), Err(OpenError::WrongAssociatedData));
    assert_eq!(sealer.append_message(b"more", &mut flight), Err(SealError::SessionFailed));

    // The responder gets its own frames back.
    let mut back = Vec::new();
    reply.unwrap().append_message(b"hello", &mut back).unwrap();
    assert_eq!(opener.open_next(&mut &mut back[..]).map(|_| ()), Err(OpenError::FrameAltered { index: 0 }));
}

#[test]
fn an_answer_belongs_to_one_session() {
    let key = NoRsa::default();
    let sealer = Sealer::new(&key);
    let first = sealer.start_session(None).unwrap();
    let header = first.header().clone();
    let head = *head_of(&first);
    let opened = Opener::new(&key).open_header(&header).unwrap();
    // The same header twice: each answer has a salt of its own, and both are answers to it.
    let (_, one) = opened.accept(&head).unwrap();
    let (_, two) = opened.accept(&head).unwrap();
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_ne!(one.head()[..24], two.head()[..24]);
    // Another session is not answered by it.
    let (_, other) = sealer.start_session(None).unwrap().into_parts();
    assert_eq!(other.unwrap().open(one.head()).map(|_| ()), Err(OpenError::WrongAssociatedData));
    let (_, answer) = first.into_parts();
    let mut opener = answer.unwrap().open(one.head()).unwrap();
    // And what was taken for the answer is not mixed with the other.
    let mut frames = Vec::new();
    { two }.append_message(b"hello", &mut frames).unwrap();
    assert_eq!(opener.open_next(&mut &mut frames[..]).map(|_| ()), Err(OpenError::FrameAltered { index: 0 }));
}

#[test]
fn a_session_that_is_replayed_does_not_answer_a_new_challenge() {
    let key = NoRsa::default();
    let challenge = Challenge::new().unwrap();
    let recorded = Sealer::new(&key).start_session(Some(challenge.as_bytes())).unwrap();
    let open = |challenge| Opener::new(&key).open_session_header(recorded.header(), challenge).unwrap();
    assert!(open(Some(challenge)).accept(head_of(&recorded)).is_ok());
    for other in [Some(Challenge::new().unwrap()), None] {
        let replayed = open(other).accept(head_of(&recorded)).map(|_| ());
        assert_eq!(replayed, Err(OpenError::WrongAssociatedData));
    }
    // A session without a challenge answers none.
    let unchallenged = Sealer::new(&key).start_session(None).unwrap();
    let challenge = Some(Challenge::new().unwrap());
    let opened = Opener::new(&key).open_session_header(unchallenged.header(), challenge).unwrap();
    assert!(opened.accept(head_of(&unchallenged)).is_err());
}

#[test]
fn associated_data_binds_both_directions() {
    let key = NoRsa::default();
    let session = Sealer::new(&key).aad(b"v1").start_session(None).unwrap();
    let opened = Opener::new(&key).open_header(session.header()).unwrap();
    assert_eq!(opened.accept(head_of(&session)).map(|_| ()), Err(OpenError::WrongAssociatedData));
    assert!(opened.aad(b"v1").accept(head_of(&session)).is_ok());
}

#[test]
fn a_header_of_another_layout_begins_no_session() {
    let key = NoRsa::default();
    let single = bulla::seal(&key, b"hello").unwrap();
    let error = Opener::new(&key).receive_from(&single[..]).unwrap_err();
    assert_eq!(open_error(&error), OpenError::OtherLayout { layout: Layout::Single });
    let (header, body) = Header::split(&single, &Limits::default()).unwrap();
    let opened = Opener::new(&key).open_header(&header).unwrap();
    let error = opened.accept(body.first_chunk().unwrap()).map(|_| ());
    assert_eq!(error, Err(OpenError::OtherLayout { layout: Layout::Single }));

    let session = sent(&key, &[b"hello".to_vec()]);
    let other = OpenError::OtherLayout { layout: Layout::Session };
    assert_eq!(Opener::new(&key).open(&session), Err(other.clone()));
    assert_eq!(Opener::new(&key).label("a").open(&session), Err(other.clone()));
    assert!(other.to_string().contains("a session (layout 02)"));
}

#[test]
fn with_several_recipients_a_session_goes_in_one_direction() {
    let keys = [Named::new(1), Named::new(2)];
    let sealer = Sealer::with_recipients(&keys).unwrap();
    let connected = sealer.connect_unchallenged(std::io::empty(), Vec::new());
    assert_eq!(SealError::from_io(&connected.unwrap_err()), Some(&SealError::SeveralRecipients));
    let mut writer = sealer.send_to(Vec::new()).unwrap();
    writer.send(b"hello").unwrap();
    let sent = writer.finish().unwrap();
    assert!(sealer.start_session(None).unwrap().into_parts().1.is_none());

    let mut message = Vec::new();
    let mut reader = Opener::new(&keys[1]).receive_from(&sent[..]).unwrap();
    assert!(reader.receive(&mut message).unwrap() && message == b"hello");
    let mut output = Vec::new();
    let accepted = Opener::new(&keys[1]).accept_unchallenged(&sent[..], &mut output);
    assert_eq!(open_error(&accepted.unwrap_err()), OpenError::NoAnswer);
    assert!(output.is_empty());
}

#[test]
fn a_stranger_costs_two_private_key_operations_and_learns_nothing() {
    let stranger = bulla::RsaIdentity::from_pem(include_str!("keys/rsa2048.pem")).unwrap();
    let anonymous = stranger.recipient().anonymous();
    let sealer = Sealer::with_recipients(vec![anonymous; 3]).unwrap();
    let flight = sealer.start_session(None).unwrap().first_bytes();
    // Another key of the same size, so that each record must be tried.
    let other = bulla::RsaIdentity::from_pem(include_str!("keys/unequal2048.pem")).unwrap();
    let mut output = Vec::new();
    let error = Opener::new(&other).accept_unchallenged(&flight[..], &mut output).unwrap_err();
    assert_eq!(limit_of(&open_error(&error)), (Limit::SessionKeyOperations, 2));
    assert!(output.is_empty());
    // Not the limit for envelopes, which takes the place of this one for files and pipes.
    let limits = Limits::default().with_private_key_operations(1);
    let error = Opener::new(&other).limits(limits).accept_unchallenged(&flight[..], &mut output).unwrap_err();
    assert_eq!(limit_of(&open_error(&error)), (Limit::SessionKeyOperations, 2));
    let error = Opener::new(&other).limits(limits).receive_from(&flight[..]).unwrap_err();
    assert_eq!(limit_of(&open_error(&error)), (Limit::PrivateKeyOperations, 1));
    Opener::new(&stranger).receive_from(&flight[..]).unwrap();
    // The same without I/O.
    let (header, _) = Header::split(&flight, &Limits::default()).unwrap();
    let error = Opener::new(&other).open_session_header(&header, None).unwrap_err();
    assert_eq!(limit_of(&error), (Limit::SessionKeyOperations, 2));
    let limits = Limits::default().with_session_key_operations(3);
    let error = Opener::new(&other).limits(limits).accept_unchallenged(&flight[..], &mut output).unwrap_err();
    assert_eq!(open_error(&error), OpenError::NotAuthentic);
    assert!(output.is_empty());
}

proptest! {
    /// A model: what arrives is a prefix of what was sent, whatever is done to the frames.
    #[test]
    fn whatever_is_done_to_frames_a_prefix_arrives(
        lengths in prop::collection::vec(0_usize..40, 1..8),
        faults in prop::collection::vec((0_u8..5, any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4),
    ) {
        let messages: Vec<_> = lengths.iter().map(|len| pattern(*len)).collect();
        let (mut opener, original) = frames_of(&messages);
        let mut frames = original.clone();
        for (fault, one, other) in faults {
            if frames.is_empty() {
                break;
            }
            let (one, other) = (one.index(frames.len()), other.index(frames.len()));
            match fault {
                0 => frames.swap(one, other),
                1 => frames.insert(other, frames[one].clone()),
                2 => drop(frames.remove(one)),
                3 => {
                    let at = other % frames[one].len();
                    frames[one][at] ^= 1;
                }
                _ => frames.truncate(one),
            }
        }
        let unharmed = frames.iter().zip(&original).take_while(|(frame, original)| frame == original).count();
        let mut opened = 0;
        for frame in &mut frames {
            match opener.open_next(&mut &mut frame[..]) {
                Ok(Some(_)) => opened += 1,
                Ok(None) => unreachable!(),
                Err(error) => {
                    prop_assert_eq!(error, OpenError::FrameAltered { index: opened });
                    break;
                }
            }
        }
        prop_assert_eq!(opened, unharmed as u64);
        prop_assert_eq!(opener.has_ended(), unharmed == original.len());
    }
}

fn four_messages() -> Vec<Vec<u8>> {
    [1, 2, 3, 4].map(|number| vec![number; 10]).to_vec()
}

/// Four messages; `change` is done to their frames and the end, and `index` is the first that does
/// not open.
fn attack(change: impl Fn(&mut Vec<Vec<u8>>), index: u64) {
    let (mut opener, mut frames) = frames_of(&four_messages());
    change(&mut frames);
    for (number, frame) in frames.iter_mut().enumerate() {
        let opened = opener.open_next(&mut &mut frame[..]);
        if (number as u64) < index {
            assert!(opened.is_ok());
        } else {
            // The first failure, and everything after it.
            assert_eq!(opened, Err(OpenError::FrameAltered { index }));
        }
    }
}
