//! What the runs need and do not make themselves.

use std::cell::RefCell;
use std::io::Cursor;
use std::time::{Duration, Instant};

use bulla::parts::PartsSealer;
use bulla::sessions::{FrameOpener, FrameSealer};
use bulla::{MessageSealer, OpenedHeader, Opener, RsaIdentity, Sealer, SessionReader, SessionWriter};

use super::common::keyless::Keyless;
use super::common::sink::Sink;
use super::floor::Floor;

/// One size of message, with everything that a run needs and does not make itself.
pub(crate) struct Workload {
    pub(crate) message: Vec<u8>,
    pub(crate) engine: RefCell<Engine>,
    pub(crate) session: RefCell<Session>,
    pub(crate) messages: MessageSealer,
    pub(crate) opened_messages: OpenedHeader,
    pub(crate) parts: PartsSealer,
    pub(crate) identity: RsaIdentity,
    pub(crate) labelled: Vec<u8>,
    /// A single body, and the header of it.
    pub(crate) single: Vec<u8>,
    pub(crate) opened_single: OpenedHeader,
    pub(crate) envelope: Vec<u8>,
    pub(crate) floor: Floor,
    /// The caller's memory, used again and again.
    pub(crate) plaintext: RefCell<Vec<u8>>,
}

pub(crate) struct Engine {
    pub(crate) sealer: FrameSealer,
    pub(crate) frame: Vec<u8>,
    /// Another one, and its other end.
    pub(crate) pair: (FrameSealer, FrameOpener),
    pub(crate) frames: Vec<u8>,
}

pub(crate) struct Session {
    pub(crate) sink: SessionWriter<Sink>,
    pub(crate) writer: SessionWriter<Vec<u8>>,
    pub(crate) reader: SessionReader<Cursor<Vec<u8>>>,
}

impl Workload {
    pub(crate) fn new(len: usize) -> Self {
        let message = vec![7; len];
        let key = Keyless::new(7);
        let (sealer, opener) = (Sealer::new(&key), Opener::new(&key));

        let start = || sealer.start_session(None).expect("a good recipient");
        let initiator = start();
        let header = opener.open_header(initiator.header()).expect("a good header");
        let (frame_sealer, _) = initiator.into_parts();
        let (frame_opener, _) = header.accept(frame_sealer.head()).expect("a good head");
        let engine = Engine {
            sealer: start().into_parts().0,
            frame: vec![7; FrameSealer::END_LEN + len],
            pair: (frame_sealer, frame_opener),
            frames: Vec::new(),
        };

        let sink = sealer.send_to(Sink).expect("a good recipient");
        let writer = sealer.send_to(Vec::new()).expect("a good recipient");
        let reader = opener.receive_from(Cursor::new(writer.get_ref().clone())).expect("a good header");

        let messages = sealer.start_messages().expect("a good recipient");
        let (header, body) = sealer.start().expect("a good recipient").into_parts();
        let identity = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa3072.pem")).expect("a good key");
        Self {
            engine: RefCell::new(engine),
            session: RefCell::new(Session { sink, writer, reader }),
            opened_messages: opener.open_header(messages.header()).expect("a good header"),
            labelled: messages.seal(LABEL, &message).expect("short enough"),
            messages,
            parts: sealer.start_parts().expect("a good recipient").0,
            single: body.seal(&message).expect("short enough"),
            opened_single: opener.open_header(&header).expect("a good header"),
            envelope: Sealer::new(identity.recipient()).seal(&message).expect("a good recipient"),
            identity,
            floor: Floor::new(&message),
            plaintext: RefCell::default(),
            message,
        }
    }

    /// How many messages stay in the cache.
    pub(crate) fn count(&self) -> u64 {
        (BATCH / to_u64(self.message.len())).min(MAX_COUNT)
    }

    pub(crate) fn label(&self) -> String {
        let len = self.message.len();
        if len < KIB { format!("{len} B") } else { format!("{} KiB", len >> 10) }
    }
}

pub(crate) fn time(count: u64, mut run: impl FnMut(u64)) -> Duration {
    let start = Instant::now();
    for turn in 0..count {
        run(turn);
    }
    start.elapsed()
}

pub(crate) fn to_u64(len: usize) -> u64 {
    len.try_into().expect("a usize has 64 bits")
}

pub(crate) const LABEL: &str = "orders/2026/0000042";

pub(crate) const KIB: usize = 1 << 10;
pub(crate) const PIECE: usize = FrameSealer::PIECE_LEN;
pub(crate) const TAG_LEN: usize = FrameSealer::TAG_LEN;

/// Bytes in one turn, of so many messages at most.
const BATCH: u64 = 512 << 10;
const MAX_COUNT: u64 = 4096;
