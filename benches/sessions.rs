//! Messages of a session, labelled messages and envelopes, beside the bare AEAD of the backend with
//! a nonce for each message, which moves the same bytes between buffers of the same size.
//!
//! `cargo bench --bench sessions` prints Criterion's figures and then a table of ratios; with `--
//! ratios` that table alone. There each run takes turns with its floor. Headers are ready, so that
//! RSA counts for envelopes only. "Engine" is `FrameSealer` and `FrameOpener`, in place.
//! "Cobblestone" is the Cobblestone-256 of a labelled message: its label is digested already. "No
//! label" is that of a body whose context is shorter, because it has none: a part, or the single
//! body of a header.

mod common {
    pub(crate) mod aead;
    pub(crate) mod keyless;
    #[allow(dead_code, reason = "other benches use the rest")]
    pub(crate) mod ratio;
    pub(crate) mod sink;
}

use std::cell::RefCell;
use std::hint::black_box;
use std::io::{Cursor, Read, Write};
use std::mem;
use std::time::{Duration, Instant};

use bulla::parts::PartsSealer;
use bulla::sessions::{FrameOpener, FrameSealer, Piece};
use bulla::{Label, MessageSealer, OpenedHeader, Opener, RsaIdentity, Sealer, SessionReader, SessionWriter};
use common::aead::Aead;
use common::keyless::Keyless;
use common::ratio;
use common::sink::Sink;
use criterion::{BenchmarkId, Criterion, Throughput};

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(300))
        .sample_size(10)
        .configure_from_args();
    let arguments: Vec<String> = std::env::args().skip(1).collect();

    let workloads = SIZES.map(Workload::new);
    for direction in [Direction::Seal, Direction::Open] {
        let mut group = criterion.benchmark_group(direction.name());
        group.throughput(Throughput::Elements(1));
        for (name, run) in runs(direction) {
            for workload in &workloads {
                let id = BenchmarkId::new(name, workload.label());
                group.bench_function(id, |bencher| {
                    bencher.iter_custom(|count| {
                        // In turns, as below, so that what is prepared stays in the cache.
                        let turn = workload.count();
                        let turns = (0..count).step_by(usize::try_from(turn).expect("a few thousand"));
                        turns.map(|start| run(workload, turn.min(count - start))).sum()
                    });
                });
            }
        }
        group.finish();
    }
    criterion.final_summary();

    // Neither with `--test` nor for a selection, unless it is this one, for which Criterion finds
    // nothing.
    if arguments == ["--bench"] || arguments.iter().any(|argument| argument == "ratios") {
        print_ratios(&workloads);
    }
}

/// Prints how fast each run is in relation to its floor.
fn print_ratios(workloads: &[Workload]) {
    println!("With {}, 1.00 being the floor. Goals: a session at least", Aead::NAME);
    println!(
        "{GOAL_AT_1_KIB:.2} of the bare AEAD at 1 KiB and {GOAL_AT_16_KIB:.2} at 16 KiB; a labelled message of 1 KiB at"
    );
    println!("most {LABEL_GOAL:.2} times its Cobblestone-256.\n");
    println!("{:<4}  {:<10}  {:<11}  {:>6}  {:>6}  {:>10}  goal", "", "", "floor", "size", "ratio", "messages/s");
    for pair in PAIRS {
        for workload in workloads {
            let count = pair.count(workload);
            let goal = pair.goal(workload.message.len());
            let time = if goal.is_some() { GOAL_TIME } else { TIME };
            let run = || (pair.run)(workload, count);
            let measured = ratio::compare_timed(time, run, || (pair.floor)(workload, count));
            let goal = match goal {
                None => "",
                Some(goal) if measured.ratio >= goal => "reached",
                Some(_) => "missed",
            };
            println!(
                "{:<4}  {:<10}  {:<11}  {:>6}  {:>6.3}  {:>10.0}  {goal}",
                pair.direction.name(),
                pair.name,
                pair.floor_name,
                workload.label(),
                measured.ratio,
                f64::from(u32::try_from(count).expect("a few thousand")) / measured.seconds,
            );
        }
    }
}

/// Something to measure, and what it is measured against.
struct Pair {
    direction: Direction,
    name: &'static str,
    run: Run,
    floor_name: &'static str,
    floor: Run,
}

/// Seals or opens so many messages, and returns how long that took, without what prepares it.
type Run = fn(&Workload, u64) -> Duration;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Seal,
    Open,
}

impl Direction {
    fn name(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Open => "open",
        }
    }
}

const PAIRS: [Pair; 14] = [
    pair(Direction::Seal, "engine", seal_by_engine, "in place", floor::seal_in_place),
    pair(Direction::Seal, "session", seal_by_session, BARE, floor::seal_and_pass_on),
    pair(Direction::Seal, "no label", seal_part, BARE, floor::seal),
    pair(Direction::Seal, "labelled", seal_labelled, BARE, floor::seal),
    pair(Direction::Seal, "labelled", seal_labelled, COBBLESTONE, seal_digested),
    pair(Direction::Seal, "labelled", seal_labelled, NO_LABEL, seal_part),
    pair(Direction::Seal, "envelope", seal_envelope, BARE, floor::seal),
    pair(Direction::Open, "engine", open_by_engine, "in place", floor::open_in_place),
    pair(Direction::Open, "session", open_by_session, BARE, floor::read_and_open),
    pair(Direction::Open, "no label", open_single, BARE, floor::open),
    pair(Direction::Open, "labelled", open_labelled, BARE, floor::open),
    pair(Direction::Open, "labelled", open_labelled, COBBLESTONE, open_digested),
    pair(Direction::Open, "labelled", open_labelled, NO_LABEL, open_single),
    pair(Direction::Open, "envelope", open_envelope, BARE, floor::open),
];

const fn pair(direction: Direction, name: &'static str, run: Run, floor_name: &'static str, floor: Run) -> Pair {
    Pair { direction, name, run, floor_name, floor }
}

/// Every run once, and then the floors.
fn runs(direction: Direction) -> Vec<(&'static str, Run)> {
    let pairs = || PAIRS.iter().filter(|pair| pair.direction == direction);
    let bare = |pair: &&Pair| !matches!(pair.floor_name, COBBLESTONE | NO_LABEL);
    let runs = pairs().filter(bare).map(|pair| (pair.name, pair.run));
    let floors = pairs().filter(bare).filter_map(|pair| match pair.name {
        "engine" => Some(("engine, floor", pair.floor)),
        "session" => Some(("session, floor", pair.floor)),
        "labelled" => Some(("labelled, floor", pair.floor)),
        _ => None,
    });
    runs.chain(floors).collect()
}

impl Pair {
    /// How many messages to seal or open in one turn.
    fn count(&self, workload: &Workload) -> u64 {
        if self.name == "envelope" { 1 } else { workload.count() }
    }

    fn goal(&self, len: usize) -> Option<f64> {
        match (self.name, self.floor_name, len) {
            ("engine" | "session", _, KIB) => Some(GOAL_AT_1_KIB),
            ("engine" | "session", _, PIECE) => Some(GOAL_AT_16_KIB),
            ("labelled", COBBLESTONE | NO_LABEL, KIB) => Some(1.0 / LABEL_GOAL),
            _ => None,
        }
    }
}

/// One size of message, with everything that a run needs and does not make itself.
struct Workload {
    message: Vec<u8>,
    engine: RefCell<Engine>,
    session: RefCell<Session>,
    messages: MessageSealer,
    opened_messages: OpenedHeader,
    parts: PartsSealer,
    identity: RsaIdentity,
    labelled: Vec<u8>,
    /// A single body, and the header of it.
    single: Vec<u8>,
    opened_single: OpenedHeader,
    envelope: Vec<u8>,
    floor: floor::Floor,
    /// The caller's memory, used again and again.
    plaintext: RefCell<Vec<u8>>,
}

struct Engine {
    sealer: FrameSealer,
    frame: Vec<u8>,
    /// Another one, and its other end.
    pair: (FrameSealer, FrameOpener),
    frames: Vec<u8>,
}

struct Session {
    sink: SessionWriter<Sink>,
    writer: SessionWriter<Vec<u8>>,
    reader: SessionReader<Cursor<Vec<u8>>>,
}

impl Workload {
    fn new(len: usize) -> Self {
        let message = vec![7; len];
        let key = Keyless::new(7);
        let (sealer, opener) = (Sealer::new(&key), Opener::new(&key));

        let start = || sealer.start_session(None).expect("a good recipient");
        let initiator = start();
        let header = opener.open_header(initiator.header()).expect("a good header");
        let (frame_sealer, _) = initiator.into_parts();
        let (frame_opener, _) = header.accept(frame_sealer.head(), None).expect("a good head");
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
        let identity = RsaIdentity::from_pem(include_str!("../tests/keys/rsa3072.pem")).expect("a good key");
        Self {
            engine: RefCell::new(engine),
            session: RefCell::new(Session { sink, writer, reader }),
            opened_messages: opener.open_header(messages.header()).expect("a good header"),
            labelled: messages.seal(LABEL, &message).expect("short enough"),
            messages,
            parts: sealer.start_parts().expect("a good recipient"),
            single: body.seal(&message).expect("short enough"),
            opened_single: opener.open_header(&header).expect("a good header"),
            envelope: Sealer::new(identity.recipient()).seal(&message).expect("a good recipient"),
            identity,
            floor: floor::Floor::new(&message),
            plaintext: RefCell::default(),
            message,
        }
    }

    /// How many messages stay in the cache.
    fn count(&self) -> u64 {
        (BATCH / to_u64(self.message.len())).min(MAX_COUNT)
    }

    fn label(&self) -> String {
        let len = self.message.len();
        if len < KIB { format!("{len} B") } else { format!("{} KiB", len >> 10) }
    }
}

fn seal_by_engine(workload: &Workload, count: u64) -> Duration {
    let Engine { sealer, frame, .. } = &mut *workload.engine.borrow_mut();
    time(count, |_| {
        sealer.seal_in_place(Piece::Last, frame).expect("not so many frames");
        black_box(&frame);
    })
}

fn open_by_engine(workload: &Workload, count: u64) -> Duration {
    let Engine { pair: (sealer, opener), frames, .. } = &mut *workload.engine.borrow_mut();
    frames.clear();
    for _ in 0..count {
        sealer.append_message(&workload.message, frames).expect("not so many frames");
    }
    let mut rest = &mut frames[..];
    time(count, |_| {
        black_box(opener.open_next(&mut rest).expect("a good frame"));
    })
}

fn seal_by_session(workload: &Workload, count: u64) -> Duration {
    let writer = &mut workload.session.borrow_mut().sink;
    time(count, |_| writer.send(black_box(&workload.message)).expect("the sink takes all"))
}

fn open_by_session(workload: &Workload, count: u64) -> Duration {
    let Session { writer, reader, .. } = &mut *workload.session.borrow_mut();
    writer.get_mut().clear();
    for _ in 0..count {
        writer.send(&workload.message).expect("a vector takes all");
    }
    mem::swap(reader.get_mut().get_mut(), writer.get_mut());
    reader.get_mut().set_position(0);
    let mut plaintext = workload.plaintext.borrow_mut();
    time(count, |_| {
        assert!(reader.receive(&mut plaintext).expect("a good frame"), "as many as were sent");
        black_box(&plaintext);
    })
}

fn seal_labelled(workload: &Workload, count: u64) -> Duration {
    time(count, |_| {
        black_box(workload.messages.seal(black_box(LABEL), &workload.message).expect("short enough"));
    })
}

fn open_labelled(workload: &Workload, count: u64) -> Duration {
    let plaintext = &mut workload.plaintext.borrow_mut();
    time(count, |_| {
        let message = workload.opened_messages.message(black_box(LABEL));
        message.open_into(&workload.labelled, plaintext).expect("a good message");
        black_box(&plaintext);
    })
}

fn seal_digested(workload: &Workload, count: u64) -> Duration {
    let label = Label::from(LABEL);
    time(count, |_| {
        black_box(workload.messages.seal(black_box(label), &workload.message).expect("short enough"));
    })
}

fn open_digested(workload: &Workload, count: u64) -> Duration {
    let (label, plaintext) = (Label::from(LABEL), &mut workload.plaintext.borrow_mut());
    time(count, |_| {
        let message = workload.opened_messages.message(black_box(label));
        message.open_into(&workload.labelled, plaintext).expect("a good message");
        black_box(&plaintext);
    })
}

fn seal_part(workload: &Workload, count: u64) -> Duration {
    time(count, |_| {
        let part = workload.parts.part(0).expect("a small number");
        black_box(part.seal(&workload.message).expect("short enough"));
    })
}

fn open_single(workload: &Workload, count: u64) -> Duration {
    let plaintext = &mut workload.plaintext.borrow_mut();
    time(count, |_| {
        workload.opened_single.open_into(&workload.single, plaintext).expect("a good body");
        black_box(&plaintext);
    })
}

fn seal_envelope(workload: &Workload, count: u64) -> Duration {
    let sealer = Sealer::new(workload.identity.recipient());
    time(count, |_| {
        black_box(sealer.seal(&workload.message).expect("a good recipient"));
    })
}

fn open_envelope(workload: &Workload, count: u64) -> Duration {
    let plaintext = &mut workload.plaintext.borrow_mut();
    let opener = Opener::new(&workload.identity);
    time(count, |_| {
        opener.open_into(&workload.envelope, plaintext).expect("a good envelope");
        black_box(&plaintext);
    })
}

mod floor {
    use super::*;

    /// A key, and what is sealed with it.
    pub(super) struct Floor {
        aead: Aead,
        index: RefCell<u64>,
        buffer: RefCell<Vec<u8>>,
        sealed: RefCell<Vec<u8>>,
    }

    impl Floor {
        pub(super) fn new(message: &[u8]) -> Self {
            let buffer = RefCell::new(vec![7; message.len() + TAG_LEN]);
            Self { aead: Aead::new(), index: RefCell::default(), buffer, sealed: RefCell::default() }
        }

        /// Numbers for so many messages, none of them used before.
        fn take(&self, count: u64) -> u64 {
            self.index.replace_with(|index| *index + count)
        }

        /// Seals so many messages, one behind the other, and returns the first number.
        fn fill(&self, message: &[u8], count: u64) -> u64 {
            let first = self.take(count);
            let mut sealed = self.sealed.borrow_mut();
            sealed.resize((message.len() + TAG_LEN) * usize::try_from(count).expect("in memory"), 0);
            for (index, sealed) in (first..).zip(sealed.chunks_mut(message.len() + TAG_LEN)) {
                self.aead.seal(index, message, sealed);
            }
            first
        }
    }

    /// In one buffer.
    pub(super) fn seal_in_place(workload: &Workload, count: u64) -> Duration {
        let floor = &workload.floor;
        let first = floor.take(count);
        let buffer = &mut floor.buffer.borrow_mut()[..];
        time(count, |turn| {
            floor.aead.seal_in_place(first + turn, buffer);
            black_box(&buffer);
        })
    }

    /// From the caller's slice to a buffer, and on to the sink.
    pub(super) fn seal_and_pass_on(workload: &Workload, count: u64) -> Duration {
        let floor = &workload.floor;
        let first = floor.take(count);
        let buffer = &mut floor.buffer.borrow_mut()[..];
        time(count, |turn| {
            floor.aead.seal(first + turn, black_box(&workload.message), buffer);
            Sink.write_all(buffer).expect("the sink takes all");
        })
    }

    /// From the caller's slice to a new vector.
    pub(super) fn seal(workload: &Workload, count: u64) -> Duration {
        let floor = &workload.floor;
        let first = floor.take(count);
        time(count, |turn| {
            let mut sealed = vec![0; workload.message.len() + TAG_LEN];
            floor.aead.seal(first + turn, black_box(&workload.message), &mut sealed);
            black_box(sealed);
        })
    }

    /// Where they stand.
    pub(super) fn open_in_place(workload: &Workload, count: u64) -> Duration {
        let floor = &workload.floor;
        let first = floor.fill(&workload.message, count);
        let sealed = &mut floor.sealed.borrow_mut()[..];
        let mut rest = sealed.chunks_mut(workload.message.len() + TAG_LEN);
        time(count, |turn| {
            let sealed = rest.next().expect("as many as were sealed");
            floor.aead.open_in_place(first + turn, sealed);
            black_box(sealed);
        })
    }

    /// From the source to a buffer, and from there to the caller's memory.
    pub(super) fn read_and_open(workload: &Workload, count: u64) -> Duration {
        let floor = &workload.floor;
        let first = floor.fill(&workload.message, count);
        let sealed = floor.sealed.borrow();
        let mut source = &sealed[..];
        let buffer = &mut floor.buffer.borrow_mut()[..];
        let mut plaintext = vec![0; workload.message.len()];
        time(count, |turn| {
            source.read_exact(buffer).expect("as many as were sealed");
            floor.aead.open(first + turn, buffer, &mut plaintext);
            black_box(&plaintext);
        })
    }

    /// From a slice to the caller's memory.
    pub(super) fn open(workload: &Workload, count: u64) -> Duration {
        let floor = &workload.floor;
        let first = floor.fill(&workload.message, 1);
        let sealed = floor.sealed.borrow();
        let mut plaintext = vec![0; workload.message.len()];
        time(count, |_| {
            floor.aead.open(black_box(first), &sealed, &mut plaintext);
            black_box(&plaintext);
        })
    }
}

fn time(count: u64, mut run: impl FnMut(u64)) -> Duration {
    let start = Instant::now();
    for turn in 0..count {
        run(turn);
    }
    start.elapsed()
}

fn to_u64(len: usize) -> u64 {
    len.try_into().expect("a usize has 64 bits")
}

const LABEL: &str = "orders/2026/0000042";

const BARE: &str = "bare AEAD";
const COBBLESTONE: &str = "Cobblestone";
const NO_LABEL: &str = "no label";

const SIZES: [usize; 3] = [64, KIB, PIECE];
const KIB: usize = 1 << 10;
const PIECE: usize = FrameSealer::PIECE_LEN;
const TAG_LEN: usize = FrameSealer::TAG_LEN;

/// How fast sessions are to be.
const GOAL_AT_1_KIB: f64 = 0.8;
const GOAL_AT_16_KIB: f64 = 0.95;

/// How many times as long as without its label a labelled message may take.
const LABEL_GOAL: f64 = 1.1;

/// Bytes in one turn, of so many messages at most.
const BATCH: u64 = 512 << 10;
const MAX_COUNT: u64 = 4096;

/// How long each ratio is measured, at least.
const TIME: Duration = Duration::from_millis(500);
const GOAL_TIME: Duration = Duration::from_secs(2);
