//! Both ends of a session, and what one end sends. The tests of sessions share this file.
#![allow(dead_code, unreachable_pub, reason = "included by several test files, none of which uses all of it")]

use std::io::Read;

use bulla::error::{Limit, OpenError};
use bulla::sessions::{Answer, Challenge, FrameOpener, FrameSealer, Initiator};
use bulla::{Header, Limits, Opener, Sealer, SessionReader};

use crate::support::{NoRsa, open_error};

/// What [`Sealer::send_to`] makes of messages.
pub fn sent(key: &NoRsa, messages: &[Vec<u8>]) -> Vec<u8> {
    let mut writer = Sealer::new(key).send_to(Vec::new()).unwrap();
    messages.iter().for_each(|message| writer.send(message).unwrap());
    writer.finish().unwrap()
}

pub fn limit_of(error: &OpenError) -> (Limit, u64) {
    match error {
        OpenError::LimitExceeded(exceeded) => (exceeded.limit, exceeded.max),
        other => panic!("{other:?}"),
    }
}

pub fn header_len(sent: &[u8]) -> usize {
    Header::split(sent, &Limits::default()).unwrap().0.as_bytes().len()
}

pub fn receive_all<R: Read>(reader: &mut SessionReader<R>) -> (Vec<Vec<u8>>, Option<OpenError>) {
    let mut received = Vec::new();
    let mut message = Vec::new();
    loop {
        match reader.receive(&mut message) {
            Ok(true) => received.push(message.clone()),
            Ok(false) => return (received, None),
            Err(error) => {
                let error = open_error(&error);
                let again = reader.receive(&mut message).unwrap_err();
                assert_eq!(open_error(&again), error, "the error stays");
                return (received, Some(error));
            }
        }
    }
}

pub struct Ends {
    pub sealer: FrameSealer,
    pub answer: Option<Answer>,
}

/// Both ends of a session, without I/O.
pub fn connected(challenge: Option<Challenge>) -> (Ends, (FrameOpener, Option<FrameSealer>)) {
    let key = NoRsa::default();
    let session = Sealer::new(&key).start_session(challenge.as_ref().map(Challenge::as_bytes)).unwrap();
    let opened = Opener::new(&key).open_session_header(session.header(), challenge).unwrap();
    let server = opened.accept(head_of(&session)).unwrap();
    let (sealer, answer) = session.into_parts();
    (Ends { sealer, answer }, server)
}

pub fn head_of(session: &Initiator) -> &'static [u8; 56] {
    let head: [u8; 56] = *session.first_bytes().last_chunk().unwrap();
    Box::leak(Box::new(head))
}

/// An opener, and the frames of messages, each in one frame, and of the end.
pub fn frames_of(messages: &[Vec<u8>]) -> (FrameOpener, Vec<Vec<u8>>) {
    let (Ends { mut sealer, .. }, (opener, _)) = connected(None);
    let mut frames: Vec<_> = messages
        .iter()
        .map(|message| {
            let mut frame = Vec::new();
            sealer.append_message(message, &mut frame).unwrap();
            frame
        })
        .collect();
    frames.push(sealer.finish().unwrap().to_vec());
    (opener, frames)
}
