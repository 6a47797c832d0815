//! What cannot be reached in a test from outside: the last frames of a stream.

use alloc::vec::Vec;

use super::*;
use crate::envelope::{Opener, Sealer};
use crate::error::{OpenError, SealError};
use crate::format::MAX_FRAMES;
use crate::recipient::RsaIdentity;

#[test]
fn the_last_frame_that_is_possible_can_only_end_the_stream() {
    let (mut sealer, mut opener) = ends();
    sealer.skip_to(MAX_FRAMES - 2);
    opener.skip_to(MAX_FRAMES - 2);
    let mut frames = Vec::new();
    sealer.append_message(b"last", &mut frames).unwrap();
    assert_eq!(sealer.append_message(b"x", &mut frames), Err(SealError::StreamFull));
    frames.extend_from_slice(&sealer.finish().unwrap());
    let mut rest = &mut frames[..];
    assert!(matches!(opener.open_next(&mut rest), Ok(Some(Frame::LastPiece(_)))));
    assert_eq!(opener.open_next(&mut rest), Ok(Some(Frame::End)));
}

#[test]
fn a_reader_refuses_any_other_last_frame_before_it_opens_it() {
    let (_, mut opener) = ends();
    opener.skip_to(MAX_FRAMES - 1);
    let altered = OpenError::FrameAltered { index: MAX_FRAMES - 1 };
    assert_eq!(opener.payload_len(&[1, 0, 16]), Err(altered));
    let (_, mut opener) = ends();
    opener.skip_to(MAX_FRAMES - 1);
    assert_eq!(opener.payload_len(&[2, 0, 16]), Ok(16));
}

#[test]
fn a_message_of_several_pieces_that_does_not_fit_leaves_nothing_in_the_clear() {
    let (mut sealer, _) = ends();
    sealer.skip_to(MAX_FRAMES - 2);
    let mut frames = Vec::new();
    assert_eq!(sealer.append_message(&[7; 20_000], &mut frames), Err(SealError::StreamFull));
    assert_eq!(frames.len(), 3 + 16384 + 16);
    assert!(!frames.windows(8).any(|window| window == [7; 8]));
    assert_eq!(sealer.finish(), Err(SealError::UnfinishedMessage));
}

fn ends() -> (FrameSealer, FrameOpener) {
    let identity = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem")).unwrap();
    let session = Sealer::new(identity.recipient()).start_session(None).unwrap();
    let opened = Opener::new(&identity).open_header(session.header()).unwrap();
    let (sealer, _) = session.into_parts();
    let (opener, _) = opened.accept(sealer.head()).unwrap();
    (sealer, opener)
}
