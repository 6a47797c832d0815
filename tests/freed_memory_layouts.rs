//! What sessions, labelled messages and parts leave in freed memory: nothing of the content key,
//! and nothing of a message. `freed_memory.rs` says how it is watched.
#![allow(unsafe_code, reason = "an allocator cannot be written without")]

#[path = "common/freed.rs"]
mod freed;

use std::collections::BTreeSet;
use std::io::{self, Read, Write};

use bulla::error::{OpenError, UnwrapError, WrapError};
use bulla::header::Record;
use bulla::keys::{ContentKey, KeyId, WrappedKey};
use bulla::parts::{Joined, PartsSealer};
use bulla::rand_core::CryptoRng;
use bulla::sessions::{Frame, FrameSealer};
use bulla::{CachingOpener, Header, Identity, Limits, Opener, Recipient, Sealer, SessionReader};
use freed::{PLAINTEXT, found, freed_by, plaintext};

#[test]
fn sending_leaves_nothing_of_a_message() {
    let mut sent = Vec::new();
    assert_nothing_left(&mut sent, |sent| {
        let mut writer = Sealer::new(Masked).send_to(Vec::new()).unwrap();
        writer.send(&PLAINTEXT).unwrap();
        let mut message = writer.message().unwrap();
        for piece in PLAINTEXT.chunks(999) {
            message.write_all(piece).unwrap();
        }
        message.finish().unwrap();
        // What was written of a message that is given up, too.
        writer.message().unwrap().write_all(&PLAINTEXT[..5000]).unwrap();
        *sent = writer.into_inner();
    });
}

#[test]
fn receiving_leaves_nothing_of_a_message() {
    let mut writer = Sealer::new(Masked).send_to(Vec::new()).unwrap();
    (0..3).for_each(|_| writer.send(&PLAINTEXT).unwrap());
    let mut sent = writer.finish().unwrap();
    let (mut whole, mut pieces) = (Vec::new(), vec![0; PLAINTEXT.len()]);
    assert_nothing_left(&mut sent, |sent| {
        let mut reader = Opener::new(Masked).receive_from(&sent[..]).unwrap();
        assert!(reader.receive(&mut whole).unwrap());
        let mut message = reader.message().unwrap().unwrap();
        pieces.chunks_mut(777).for_each(|piece| message.read_exact(piece).unwrap());
        // Given up in the midst of a piece.
        reader.message().unwrap().unwrap().read_exact(&mut [0; 10]).unwrap();
    });
    assert!(whole == *PLAINTEXT && pieces == *PLAINTEXT);

    // The beginning of a message whose end does not verify, is too long, or has not come yet.
    let frames = Header::split(&sent, &Limits::default()).unwrap().0.as_bytes().len() + 56;
    let mut altered = sent.clone();
    altered[frames + 2 * 16_403 + 100] ^= 1;
    let limits = Limits::default().with_message_len(20_000);
    let mut received = Vec::new();
    assert_nothing_left(&mut altered, |altered| {
        let mut reader = Opener::new(Masked).receive_from(&altered[..]).unwrap();
        assert!(reader.receive(&mut received).is_err());
    });
    assert_nothing_left(&mut sent, |sent| {
        let mut reader = Opener::new(Masked).limits(limits).receive_from(&sent[..]).unwrap();
        assert!(reader.receive(&mut received).is_err());
        let mut reader: SessionReader<_> =
            Opener::new(Masked).receive_from(sent[..frames + 40_000].chain(Blocks)).unwrap();
        assert_eq!(reader.receive(&mut received).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    });
}

#[test]
fn the_engine_of_a_session_leaves_nothing_of_a_message() {
    let mut sent = Vec::new();
    assert_nothing_left(&mut sent, |sent| {
        let session = Sealer::new(Masked).start_session(None).unwrap();
        *sent = session.first_bytes();
        let opened = Opener::new(Masked).open_header(session.header()).unwrap();
        let (mut sealer, answer) = session.into_parts();
        let (mut opener, reply) = opened.accept(sealer.head()).unwrap();
        // The vectors grow with each frame.
        let mut frames = Vec::new();
        sealer.append_message(&PLAINTEXT, &mut frames).unwrap();
        let mut frames_back = Vec::new();
        let mut reply: FrameSealer = reply.unwrap();
        reply.append_message(&PLAINTEXT, &mut frames_back).unwrap();
        assert!(answer.unwrap().open(reply.head()).is_ok());
        sent.extend_from_slice(&frames);
        // What is opened in place is the caller's: a frame that does not verify is wiped or as it
        // was.
        *frames.last_mut().unwrap() ^= 1;
        let mut rest = &mut frames[2 * 16_403..];
        assert!(opener.open_next(&mut rest).is_err());
        let mut one = Vec::new();
        sealer.append_message(b"one", &mut one).unwrap();
        assert!(!matches!(opener.open_next(&mut &mut one[..]), Ok(Some(Frame::LastPiece(_)))));
    });
}

#[test]
fn labelled_messages_leave_nothing() {
    let mut sealed = Vec::new();
    assert_nothing_left(&mut sealed, |sealed| {
        let messages = Sealer::new(Masked).start_messages().unwrap();
        assert!(messages.seal("a", &PLAINTEXT).is_ok());
        let mut writer = messages.message("a").unwrap().wrap_output(Vec::new());
        PLAINTEXT.chunks(999).for_each(|piece| writer.write_all(piece).unwrap());
        writer.finish().unwrap();
        *sealed = messages.start("a").unwrap().seal(&PLAINTEXT).unwrap();
    });
    let (mut whole, mut output) = (Vec::new(), vec![0; PLAINTEXT.len()]);
    assert_nothing_left(&mut sealed, |sealed| {
        let caching = CachingOpener::new(Opener::new(Masked)).max_headers(1);
        whole = caching.open("a", sealed).unwrap();
        assert_eq!(caching.open("b", sealed), Err(OpenError::WrongAssociatedData));
        // Another header takes the place of the first in the memory.
        let other = Sealer::new(Masked).start_messages().unwrap();
        caching.open_header(other.header()).unwrap();
        caching.forget();
        let (header, message) = Header::split(sealed, &Limits::default()).unwrap();
        let opened = Opener::new(Masked).open_header(&header).unwrap().message("a");
        opened.open_to_slice(message, &mut output).unwrap();
        opened.clone().wrap_input(message).read_exact(&mut output).unwrap();
        opened.wrap_input_at(message, 0).unwrap().read_exact_at(&mut output[..20_000], 5000).unwrap();
    });
    assert!(whole == *PLAINTEXT);
    *sealed.last_mut().unwrap() ^= 1;
    assert_nothing_left(&mut sealed, |sealed| {
        assert!(matches!(Opener::new(Masked).label("a").open(sealed), Err(OpenError::LastChunkAltered { .. })));
    });
}

#[test]
fn parts_leave_nothing() {
    let mut objects = Vec::new();
    assert_nothing_left(&mut objects, |objects| {
        let (mut parts, mut journal): (PartsSealer, _) = Sealer::new(Masked).start_parts().unwrap();
        let (sealed, report) = parts.part(0).unwrap().seal(&PLAINTEXT).unwrap();
        journal.record(report).unwrap();
        let opened = Opener::new(Masked).open_header(parts.header()).unwrap();
        let mut writer = opened.resume_parts(&journal).unwrap().part(1).unwrap().wrap_output(Vec::new());
        PLAINTEXT.chunks(999).for_each(|piece| writer.write_all(piece).unwrap());
        let (written, report) = writer.finish().unwrap();
        journal.record(report).unwrap();
        let file_end = parts.finish(&mut journal, 2).unwrap().file_end();
        *objects = vec![parts.header().as_bytes().to_vec(), sealed, written, file_end];
    });
    let mut output = vec![0; PLAINTEXT.len()];
    assert_nothing_left(&mut objects, |objects| {
        let joined = Joined::new(objects.iter().map(|object| &object[..])).unwrap();
        let reader = Opener::new(Masked).open_parts_at(joined).unwrap();
        reader.stream().read_exact(&mut output).unwrap();
        reader.read_exact_at(&mut output[..100], 60_000).unwrap();
        let part = reader.manifest().part(1).unwrap();
        part.open_to_slice(&objects[2], &mut output).unwrap();
    });
    assert!(output == *PLAINTEXT);
}

/// A recipient without RSA whose record holds the content key in another form, so that it is not
/// found in the header.
#[derive(Clone, Copy)]
struct Masked;

impl Recipient for Masked {
    fn key_id(&self) -> Option<KeyId> {
        Some(KeyId::from_bytes([1; 32]))
    }

    fn wrap_key(&self, key: &ContentKey, _: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
        let mut wrapped = vec![MASK; 256];
        wrapped.iter_mut().zip(key.expose()).for_each(|(wrapped, key)| *wrapped ^= key);
        Ok(WrappedKey::rsa_oaep_sha256(wrapped))
    }
}

impl Identity for Masked {
    fn may_open(&self, record: &Record<'_>) -> bool {
        record.wrapped_key().is_some()
    }

    fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
        let wrapped = record.wrapped_key().and_then(|wrapped| wrapped.first_chunk::<32>());
        Ok(wrapped.map(|wrapped| ContentKey::from_bytes(wrapped.map(|byte| byte ^ MASK))))
    }
}

const MASK: u8 = 0xA5;

/// An input that says that there may be more.
struct Blocks;

impl Read for Blocks {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

/// The content key in the header with which `kept` begins, computed without the library.
trait Kept {
    fn content_key(&self) -> Vec<u8>;
}

impl Kept for Vec<u8> {
    fn content_key(&self) -> Vec<u8> {
        let (header, _) = Header::split(self, &Limits::default()).unwrap();
        let record = header.records().next().unwrap();
        let key: Vec<u8> = record.wrapped_key().unwrap()[..32].iter().map(|byte| byte ^ MASK).collect();
        header.open(ContentKey::from_slice(&key).unwrap()).expect("the content key");
        key
    }
}

impl Kept for Vec<Vec<u8>> {
    fn content_key(&self) -> Vec<u8> {
        self[0].content_key()
    }
}

/// Runs `action` on what is kept, and searches what it freed.
fn assert_nothing_left<K: Kept>(kept: &mut K, action: impl FnOnce(&mut K)) {
    let freed = freed_by(|| action(kept));
    let secrets = [plaintext(), vec![("content key", kept.content_key())]];
    assert_eq!(found(&freed, &secrets), BTreeSet::new());
}
