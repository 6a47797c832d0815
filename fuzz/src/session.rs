//! Sessions in both directions, damage to what one end sends, and receiving it in every way,
//! against an oracle that knows the layout.

mod case;
mod oracle;
mod streams;

use std::collections::BTreeSet;

use bulla::error::{OpenError, SealError};
use bulla::sessions::{Challenge, Frame, FrameOpener, FrameSealer, Piece};
use bulla::{Header, Limits, Opener, Sealer};

pub use self::case::{Case, Damage, How, Message, Receive, Stream};
use self::oracle::{Damaged, END, Flight, LAST, MORE};
use crate::fake::Carrier;
use crate::io::endless;

/// Everything that [`check`] can return.
pub const OUTCOMES: [&str; 14] = [
    "answer: frame altered",
    "answer: opened",
    "answer: truncated",
    "answer: wrong context",
    "frame altered",
    "header refused",
    "longer than the limit",
    "no answer",
    "no matching record",
    "not authentic",
    "opened",
    "other layout",
    "truncated",
    "wrong context",
];

/// Plays a session on the engine and over streams, and tells what came of it: nothing where `input`
/// stands for no case.
pub fn check(input: &[u8]) -> BTreeSet<&'static str> {
    let Ok(case) = Case::from_bytes(input) else { return BTreeSet::new() };
    let mut reached = BTreeSet::new();
    for way in [Way::Bytes, Way::Frames, Way::Transport] {
        check_engine(&case, way, &mut reached);
    }
    streams::check(&case, &mut reached);
    reached
}

/// How the engine gets what was sent.
#[derive(Clone, Copy)]
enum Way {
    /// With `payload_len` and `open_in_place`.
    Bytes,
    /// With `open_next`, and each frame in a transport message of its own.
    Frames,
    /// With `open_next`, and transport messages of any length.
    Transport,
}

fn check_engine(case: &Case, way: Way, reached: &mut BTreeSet<&'static str>) {
    let (alice, bob) = (Carrier::default(), Carrier::named(1));
    let sealer = Sealer::new(&alice).aad(&case.aad);
    let sealer = if case.several { sealer.recipient(&bob) } else { sealer };
    let challenge = case.challenge.then(|| Challenge::new().unwrap());
    let initiator = sealer.start_session(challenge.as_ref().map(Challenge::as_bytes)).unwrap();
    let header_len = initiator.header().as_bytes().len();
    let first_bytes = initiator.first_bytes();
    let (frames, answer) = initiator.into_parts();
    assert_eq!(answer.is_none(), case.several);
    let (sent, frames) = send(frames, first_bytes, &case.forth, &case.sizes);
    let flight = Flight::new(&sent, header_len, &case.forth);
    let damaged = match case.damage_back {
        true => flight.undamaged(),
        false => flight.damage(&case.damage, &foreign(&sealer, case)),
    };

    let opener = Opener::new(&alice).aad(case.other_aad.as_ref().unwrap_or(&case.aad));
    let bytes = damaged.bytes();
    let accepted = Header::split(&bytes, &Limits::default()).map_err(OpenError::from).and_then(|(header, body)| {
        let challenge = if case.other_challenge { Some(Challenge::new()?) } else { challenge };
        let opened = opener.open_session_header(&header, challenge)?;
        opened.accept(body.first_chunk().ok_or(OpenError::Truncated)?)
    });
    let start = flight.start_of(&damaged, case.same_context());
    assert_eq!(accepted.as_ref().map(|_| ()).map_err(Clone::clone), start);
    note("", &start, reached);
    let Ok((mut opener, reply)) = accepted else { return };
    assert_eq!(reply.is_none(), case.several);
    let end = receive(&mut opener, way, &flight, &damaged, case);
    note("", &end, reached);
    let (Some(answer), Some(mut reply)) = (answer, reply) else { return };
    if end.is_err() {
        let mut output = Vec::new();
        assert_eq!(reply.append_message(b"x", &mut output), Err(SealError::SessionFailed));
        assert_eq!(reply.seal_in_place(Piece::More, &mut [0; 20]), Err(SealError::SessionFailed));
        assert!(output.is_empty());
        assert_eq!(reply.finish(), Err(SealError::SessionFailed));
        return;
    }

    let head = reply.head().to_vec();
    let (sent, _) = send(reply, head, &case.back, &case.sizes);
    let back = Flight::new(&sent, 0, &case.back);
    let damaged = if case.damage_back { back.damage(&case.damage, &flight) } else { back.undamaged() };
    let start = back.start_of(&damaged, true);
    let end = match damaged.start.first_chunk().ok_or(OpenError::Truncated).and_then(|head| answer.open(head)) {
        Ok(mut opener) => {
            assert_eq!(start, Ok(()));
            let end = receive(&mut opener, way, &back, &damaged, case);
            if end.is_ok() {
                let behind = opener.payload_len(&[1, 0, 16]);
                assert_eq!(behind, Err(OpenError::FrameAltered { index: u64::try_from(back.frames.len()).unwrap() }));
            }
            end
        }
        Err(error) => {
            assert_eq!(start, Err(error.clone()));
            Err(error)
        }
    };
    note("answer: ", &end, reached);
    // A head that did not come was not seen by the engine.
    if let (true, Some(frames)) = (end.is_err() && start != Err(OpenError::Truncated), frames) {
        assert_eq!(frames.finish(), Err(SealError::SessionFailed));
    }
}

/// A session of the same kind and with the same messages, but another one.
fn foreign(sealer: &Sealer<'_>, case: &Case) -> Flight {
    let initiator = sealer.start_session(None).unwrap();
    let header_len = initiator.header().as_bytes().len();
    let first_bytes = initiator.first_bytes();
    let (sent, _) = send(initiator.into_parts().0, first_bytes, &case.forth, &case.sizes);
    Flight::new(&sent, header_len, &case.forth)
}

/// Sends with the engine, and returns it if the stream has not ended.
fn send(mut sealer: FrameSealer, start: Vec<u8>, stream: &Stream, sizes: &[u16]) -> (Vec<u8>, Option<FrameSealer>) {
    let mut sent = start;
    for (message, how) in stream.plan() {
        if how == How::Whole {
            sealer.append_message(&message, &mut sent).unwrap();
            continue;
        }
        let mut rest = &message[..];
        for size in endless(sizes) {
            let is_last = rest.len() <= size.min(FrameSealer::PIECE_LEN);
            let (piece, more) = rest.split_at(rest.len().min(size).min(FrameSealer::PIECE_LEN));
            rest = more;
            let kind = if is_last && how == How::Pieces { Piece::Last } else { Piece::More };
            if kind == Piece::Last || !piece.is_empty() {
                let mut frame = [&[0; FrameSealer::FRAME_HEADER_LEN][..], piece, &[0; FrameSealer::TAG_LEN]].concat();
                sealer.seal_in_place(kind, &mut frame).unwrap();
                sent.extend_from_slice(&frame);
            }
            assert_eq!(sealer.is_in_message(), rest.len() < message.len() && kind == Piece::More);
            if is_last {
                break;
            }
        }
    }
    if stream.is_unfinished() {
        let len = sent.len();
        assert_eq!(sealer.append_message(b"x", &mut sent), Err(SealError::UnfinishedMessage));
        assert_eq!((sent.len(), sealer.finish()), (len, Err(SealError::UnfinishedMessage)));
        return (sent, None);
    }
    if stream.ends {
        sent.extend_from_slice(&sealer.finish().unwrap());
        return (sent, None);
    }
    (sent, Some(sealer))
}

/// Receives with the engine. Returns how that ended.
fn receive(
    opener: &mut FrameOpener,
    way: Way,
    flight: &Flight,
    damaged: &Damaged,
    case: &Case,
) -> Result<(), OpenError> {
    let bytes = damaged.frames.concat();
    let (expected, messages) = match way {
        Way::Bytes => (flight.expected(damaged), vec![]),
        Way::Frames => {
            let messages: Vec<&[u8]> = damaged.frames.iter().map(|frame| &frame[..]).collect();
            (flight.expected_of_transport(&messages), messages)
        }
        Way::Transport => {
            let messages = cut(&bytes, &case.sizes);
            (flight.expected_of_transport(&messages), messages)
        }
    };
    let mut opened = Vec::new();
    let mut end = Ok(());
    if let Way::Bytes = way {
        end = open_bytes(opener, &bytes, &mut opened);
    }
    for message in messages {
        let mut message = message.to_vec();
        let mut rest = &mut message[..];
        end = loop {
            match opener.open_next(&mut rest) {
                Ok(Some(frame)) => opened.push(kept(&frame)),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        if end.is_err() {
            break;
        }
    }
    let end = end.and_then(|()| opener.finish());
    assert_eq!((opened.len(), &end), (expected.good, &expected.end));
    assert!(opened == flight.pieces[..opened.len()]);
    assert_eq!(opener.has_ended(), opened.last().is_some_and(|(kind, _)| *kind == END));
    if let Err(error) = &end {
        let first = flight.frames.first().cloned().unwrap_or_default();
        let mut again = first.clone();
        assert_eq!(opener.open_next(&mut &mut again[..]).err().as_ref(), Some(error));
        assert_eq!(again, first);
        assert_eq!(opener.payload_len(&[1, 0, 16]).err().as_ref(), Some(error));
        assert_eq!(opener.open_in_place(&[1, 0, 16], &mut [0; 16]).err().as_ref(), Some(error));
        assert_eq!(opener.finish().err().as_ref(), Some(error));
    }
    end
}

/// As somebody does it who reads bytes.
fn open_bytes(opener: &mut FrameOpener, bytes: &[u8], opened: &mut Vec<(u8, Vec<u8>)>) -> Result<(), OpenError> {
    let mut rest = bytes;
    while let Some((header, behind)) = rest.split_first_chunk() {
        let len = opener.payload_len(header)?;
        let Some(payload) = behind.get(..len) else { break };
        let mut opening = payload.to_vec();
        match opener.open_in_place(header, &mut opening) {
            Ok(frame) => opened.push(kept(&frame)),
            Err(error) => {
                // Unchanged or wiped: that it differs and is no plaintext cannot be told here.
                assert!(opening == payload || opening.iter().rev().skip(16).all(|byte| *byte == 0));
                return Err(error);
            }
        }
        rest = &behind[len..];
        if opener.has_ended() {
            break;
        }
    }
    Ok(())
}

fn kept(frame: &Frame<'_>) -> (u8, Vec<u8>) {
    match frame {
        Frame::Piece(piece) => (MORE, piece.to_vec()),
        Frame::LastPiece(piece) => (LAST, piece.to_vec()),
        Frame::End => (END, Vec::new()),
    }
}

/// Cuts into pieces of these sizes, some of them empty.
fn cut<'a>(bytes: &'a [u8], sizes: &[u16]) -> Vec<&'a [u8]> {
    let mut rest = bytes;
    let mut pieces = Vec::new();
    for size in endless(sizes) {
        let (piece, behind) = rest.split_at(size.min(rest.len()));
        pieces.push(piece);
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    pieces
}

fn note(prefix: &str, end: &Result<(), OpenError>, reached: &mut BTreeSet<&'static str>) {
    let outcome = match end {
        Ok(()) => "opened",
        Err(OpenError::Header(_)) => "header refused",
        Err(OpenError::NoMatchingRecord) => "no matching record",
        Err(OpenError::NotAuthentic) => "not authentic",
        Err(OpenError::OtherLayout { .. }) => "other layout",
        Err(OpenError::WrongAssociatedData) => "wrong context",
        Err(OpenError::Truncated) => "truncated",
        Err(OpenError::FrameAltered { .. }) => "frame altered",
        Err(OpenError::LimitExceeded(_)) => "longer than the limit",
        Err(OpenError::NoAnswer) => "no answer",
        Err(other) => panic!("{other:?} cannot happen here, or is new: name it"),
    };
    let name = OUTCOMES.iter().find(|name| name.strip_prefix(prefix) == Some(outcome));
    reached.insert(name.expect("another outcome than those that are listed"));
}
