//! Ordered sessions: two streams of messages under one header.

#[path = "common/sessions.rs"]
mod sessions;
#[path = "common/support.rs"]
mod support;

use std::io::{Read, Write};

use bulla::error::{Limit, OpenError, SealError};
use bulla::header::Layout;
use bulla::sessions::{Frame, Piece};
use bulla::{Limits, Opener, Sealer};
use sessions::{Ends, connected, header_len, limit_of, receive_all, sent};
use support::{LENGTHS, NoRsa, open_error, pattern};

#[test]
fn messages_of_every_length_arrive_in_order_and_the_end_is_the_end() {
    let key = NoRsa::default();
    let sent = sent(&key, &LENGTHS.map(pattern));
    let mut reader = Opener::new(&key).receive_from(&sent[..]).unwrap();
    assert_eq!(reader.header().layout(), Layout::Session);
    let mut message = Vec::new();
    for len in LENGTHS {
        assert!(reader.receive(&mut message).unwrap() && message == pattern(len), "{len}");
    }
    for _ in 0..2 {
        assert!(!reader.receive(&mut message).unwrap() && reader.has_ended());
    }
    assert!(reader.into_inner().is_empty());
}

#[test]
fn a_message_costs_19_bytes_for_each_frame() {
    let key = NoRsa::default();
    let empty = sent(&key, &[]).len();
    for (len, frames) in [(0, 1), (1, 1), (64, 1), (16384, 1), (16385, 2), (32768, 2), (100_000, 7)] {
        assert_eq!(sent(&key, &[pattern(len)]).len(), empty + len + 19 * frames, "{len}");
    }
    assert_eq!(empty, header_len(&sent(&key, &[])) + 56 + 19);
}

#[test]
fn long_messages_are_written_and_read_piece_by_piece() {
    let key = NoRsa::default();
    let plaintext = pattern(3_000_000);
    let mut writer = Sealer::new(&key).send_to(Vec::new()).unwrap();
    let mut message = writer.message().unwrap();
    for piece in plaintext.chunks(77_777) {
        message.write_all(piece).unwrap();
    }
    message.finish().unwrap();
    writer.send(b"next").unwrap();
    let sent = writer.finish().unwrap();

    let mut reader = Opener::new(&key).receive_from(&sent[..]).unwrap();
    let mut read = Vec::new();
    reader.message().unwrap().unwrap().read_to_end(&mut read).unwrap();
    assert!(read == plaintext);
    assert!(reader.receive(&mut read).unwrap() && read == b"next");
    assert!(reader.message().unwrap().is_none());
}

#[test]
fn what_is_left_of_a_message_is_skipped() {
    let key = NoRsa::default();
    let sent = sent(&key, &[pattern(100_000), b"next".to_vec(), pattern(50_000), vec![], b"last".to_vec()]);
    let mut reader = Opener::new(&key).receive_from(&sent[..]).unwrap();
    let mut message = Vec::new();
    reader.message().unwrap().unwrap().read_exact(&mut [0; 20_000]).unwrap();
    assert!(reader.receive(&mut message).unwrap() && message == b"next");
    let _ = reader.message().unwrap().unwrap();
    let _ = reader.message().unwrap().unwrap();
    assert!(reader.receive(&mut message).unwrap() && message == b"last");
    assert!(!reader.receive(&mut message).unwrap());
}

#[test]
fn a_flush_passes_on_what_was_written_of_a_message() {
    let key = NoRsa::default();
    let mut writer = Sealer::new(&key).send_to(Vec::new()).unwrap();
    let start = writer.get_ref().len();
    let mut message = writer.message().unwrap();
    message.write_all(b"hel").unwrap();
    message.flush().unwrap();
    message.flush().unwrap();
    message.write_all(b"lo").unwrap();
    message.finish().unwrap();
    assert_eq!(writer.get_ref().len(), start + 2 * 19 + 5);
    let sent = writer.finish().unwrap();
    let mut message = Vec::new();
    assert!(Opener::new(&key).receive_from(&sent[..]).unwrap().receive(&mut message).unwrap());
    assert_eq!(message, b"hello");
}

#[test]
fn a_message_beyond_the_limit_is_refused_before_it_is_held() {
    let key = NoRsa::default();
    let sent = sent(&key, &[pattern(40_000), pattern(40_001)]);
    let opener = Opener::new(&key).limits(Limits::default().with_message_len(40_000));
    let mut reader = opener.receive_from(&sent[..]).unwrap();
    let mut message = Vec::new();
    assert!(reader.receive(&mut message).unwrap());
    for _ in 0..2 {
        let error = reader.receive(&mut message).unwrap_err();
        assert_eq!(limit_of(&open_error(&error)), (Limit::MessageLen, 40_000));
    }
    // Piece by piece there is no limit.
    let mut reader = opener.receive_from(&sent[..]).unwrap();
    for len in [40_000, 40_001] {
        let mut read = Vec::new();
        reader.message().unwrap().unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read.len(), len);
    }
}

#[test]
fn an_input_that_ends_anywhere_before_the_end_of_the_stream_is_truncated() {
    let key = NoRsa::default();
    let messages = [b"hello".to_vec(), vec![], pattern(20_000)];
    let sent = sent(&key, &messages);
    for len in (0..sent.len()).filter(|len| *len < 500 || *len > sent.len() - 100 || len % 977 == 0) {
        let mut reader = match Opener::new(&key).receive_from(&sent[..len]) {
            Ok(reader) => reader,
            Err(error) => {
                assert_eq!(open_error(&error), OpenError::Truncated);
                assert!(len < header_len(&sent) + 56);
                continue;
            }
        };
        let (received, error) = receive_all(&mut reader);
        assert_eq!(error, Some(OpenError::Truncated), "{len}");
        assert!(messages.starts_with(&received), "{len}");
    }
}

#[test]
fn every_changed_byte_ends_the_session_and_releases_nothing_from_there_on() {
    let key = NoRsa::default();
    let messages: Vec<_> = [1, 2, 3].map(|number| vec![number; 30]).to_vec();
    let sent = sent(&key, &messages);
    let start = header_len(&sent);
    for at in start..sent.len() {
        for bit in [0x01, 0x80] {
            let mut altered = sent.clone();
            altered[at] ^= bit;
            let mut reader = match Opener::new(&key).receive_from(&altered[..]) {
                Ok(reader) => reader,
                Err(error) => {
                    assert_eq!(open_error(&error), OpenError::WrongAssociatedData);
                    assert!(at < start + 56);
                    continue;
                }
            };
            let (received, error) = receive_all(&mut reader);
            let frame = (at - start - 56) / 49;
            // A frame that claims to be longer can also end with the input.
            let is_altered = error == Some(OpenError::FrameAltered { index: frame as u64 });
            assert!(is_altered || error == Some(OpenError::Truncated), "{at} {error:?}");
            assert_eq!(received, messages[..frame.min(3)], "{at}");
        }
    }
}

#[test]
fn a_message_that_was_not_finished_stops_the_writer() {
    let key = NoRsa::default();
    let mut writer = Sealer::new(&key).send_to(Vec::new()).unwrap();
    writer.message().unwrap().write_all(b"hel").unwrap();
    for error in [
        writer.send(b"x").unwrap_err(),
        writer.message().map(|_| ()).unwrap_err(),
        writer.try_finish().unwrap_err(),
        writer.finish().map(|_| ()).unwrap_err().into(),
    ] {
        assert_eq!(SealError::from_io(&error), Some(&SealError::UnfinishedMessage));
    }
}

#[test]
fn nothing_is_sent_after_the_end() {
    let key = NoRsa::default();
    let mut writer = Sealer::new(&key).send_to(Vec::new()).unwrap();
    writer.send(b"one").unwrap();
    writer.try_finish().unwrap();
    let len = writer.get_ref().len();
    for error in [writer.send(b"lost").unwrap_err(), writer.message().map(|_| ()).unwrap_err()] {
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    }
    writer.try_finish().unwrap();
    assert_eq!(writer.into_inner().len(), len);
}

#[test]
fn a_message_that_the_other_end_would_not_receive_is_not_sent() {
    let key = NoRsa::default();
    let limits = Limits::default().with_message_len(10);
    let mut writer = Sealer::new(&key).limits(limits).send_to(Vec::new()).unwrap();
    writer.send(&[0; 10]).unwrap();
    let len = writer.get_ref().len();
    let error = writer.send(&[0; 11]).unwrap_err();
    match SealError::from_io(&error) {
        Some(SealError::LimitExceeded(exceeded)) => assert_eq!((exceeded.limit, exceeded.max), (Limit::MessageLen, 10)),
        other => panic!("{other:?}"),
    }
    assert_eq!(writer.get_ref().len(), len);
    // The session goes on, and pieces have no limit.
    writer.message().unwrap().write_all(&[0; 11]).unwrap();
}

#[test]
fn after_an_error_and_at_the_end_nothing_is_left_of_the_last_message() {
    let key = NoRsa::default();
    let sent = sent(&key, &[b"hello".to_vec()]);
    for input in [&sent[..], &sent[..sent.len() - 1]] {
        let mut reader = Opener::new(&key).receive_from(input).unwrap();
        let mut message = Vec::new();
        assert!(reader.receive(&mut message).unwrap() && message == b"hello");
        assert!(!matches!(reader.receive(&mut message), Ok(true)));
        assert!(message.is_empty());
    }
}

#[test]
fn the_metadata_of_a_session_is_authentic() {
    let key = NoRsa::default();
    let sent = Sealer::new(&key).metadata(b"v1").send_to(Vec::new()).unwrap().finish().unwrap();
    assert_eq!(Opener::new(&key).receive_from(&sent[..]).unwrap().metadata(), Some(&b"v1"[..]));
}

#[test]
fn a_stream_cannot_end_within_a_message() {
    let (Ends { mut sealer, .. }, _) = connected(None);
    sealer.seal_in_place(Piece::More, &mut [0; 20]).unwrap();
    assert!(sealer.is_in_message());
    assert_eq!(sealer.append_message(b"x", &mut Vec::new()), Err(SealError::UnfinishedMessage));
    assert_eq!(sealer.finish(), Err(SealError::UnfinishedMessage));
}

#[test]
#[should_panic(expected = "only the last piece of a message may be empty")]
fn a_piece_that_is_not_the_last_is_not_empty() {
    let (Ends { mut sealer, .. }, _) = connected(None);
    let _ = sealer.seal_in_place(Piece::More, &mut [0; 19]);
}

#[test]
#[should_panic(expected = "a piece has at most 16384 bytes")]
fn a_piece_is_not_too_long() {
    let (Ends { mut sealer, .. }, _) = connected(None);
    let _ = sealer.seal_in_place(Piece::Last, &mut [0; 16385 + 19]);
}

#[test]
fn transport_messages_hold_whole_frames_and_nothing_after_the_end() {
    let (Ends { mut sealer, .. }, (mut opener, _)) = connected(None);
    let mut transport = Vec::new();
    sealer.append_message(&pattern(20_000), &mut transport).unwrap();
    sealer.append_message(b"", &mut transport).unwrap();
    let mut received = Vec::new();
    let mut rest = &mut transport[..];
    let mut messages = 0;
    while let Some(frame) = opener.open_next(&mut rest).unwrap() {
        match frame {
            Frame::Piece(piece) => received.extend_from_slice(piece),
            Frame::LastPiece(piece) => {
                received.extend_from_slice(piece);
                messages += 1;
            }
            Frame::End => unreachable!(),
        }
    }
    assert!(messages == 2 && received == pattern(20_000));
    let mut last = sealer.finish().unwrap();
    assert_eq!(opener.open_next(&mut &mut last[..]), Ok(Some(Frame::End)));
    assert!(opener.has_ended() && opener.finish().is_ok());
    assert_eq!(opener.open_next(&mut &mut [1, 0, 16][..]), Err(OpenError::FrameAltered { index: 4 }));
}

#[test]
fn an_end_with_something_behind_it_is_no_end() {
    let (Ends { sealer, .. }, (mut opener, reply)) = connected(None);
    let mut last = [&sealer.finish().unwrap()[..], b"x"].concat();
    assert_eq!(opener.open_next(&mut &mut last[..]), Err(OpenError::FrameAltered { index: 0 }));
    assert!(!opener.has_ended());
    assert_eq!(reply.unwrap().finish(), Err(SealError::SessionFailed));
}

#[test]
fn an_engine_is_told_that_the_input_has_ended() {
    let (_, (mut opener, reply)) = connected(None);
    assert_eq!(opener.finish(), Err(OpenError::Truncated));
    assert_eq!(opener.finish(), Err(OpenError::Truncated));
    assert_eq!(reply.unwrap().finish(), Err(SealError::SessionFailed));
}

#[test]
fn a_cut_transport_message_fails_the_session() {
    for cut in [1, 2, 3, 18, 23] {
        let (Ends { mut sealer, .. }, (mut opener, reply)) = connected(None);
        let mut transport = Vec::new();
        sealer.append_message(b"hello", &mut transport).unwrap();
        assert_eq!(opener.open_next(&mut &mut transport[..cut]), Err(OpenError::FrameAltered { index: 0 }), "{cut}");
        // Both directions end with the first failure.
        assert_eq!(reply.unwrap().append_message(b"x", &mut Vec::new()), Err(SealError::SessionFailed));
        assert_eq!(opener.open_next(&mut &mut transport[..]), Err(OpenError::FrameAltered { index: 0 }));
    }
}
