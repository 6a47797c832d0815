//! Throughput of sealing and opening, beside a floor: the bare AEAD of the backend on chunks of the
//! same size, with the same copies between buffers of the same size, and for two threads two
//! independent ones.
//!
//! `cargo bench --bench throughput` prints Criterion's figures and then a table of ratios; with `--
//! ratios` that table alone. There each run takes turns with its floor, so that a machine whose
//! speed changes does so for both. A ratio of 1.00 means that header, key schedule and adapter cost
//! nothing. RSA is left out: see the bench `messages`.

#[path = "../common/aead.rs"]
#[allow(dead_code, reason = "other benches use the rest")]
mod aead;
mod floor;
#[path = "../common/keyless.rs"]
mod keyless;
#[path = "../common/ratio.rs"]
mod ratio;
#[path = "../common/sink.rs"]
mod sink;

use std::cell::RefCell;
use std::hint::black_box;
use std::io::{Read, Write};
use std::time::Duration;

use bulla::{Header, Limits, Opener, Sealer};
use criterion::{BenchmarkId, Criterion, Throughput};
use keyless::Keyless;
use sink::Sink;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(300))
        .sample_size(10)
        .configure_from_args();
    let arguments: Vec<String> = std::env::args().skip(1).collect();

    // Before anything else asks for it, and with as many threads on any machine.
    #[cfg(feature = "parallel")]
    rayon::ThreadPoolBuilder::new().num_threads(2).build_global().expect("nobody has used the pool yet");

    // After this, glibc keeps freed memory. Else a rule that depends on history would give it back:
    // buffers of the same size would be warm on one side and cold on the other.
    drop(black_box(vec![7_u8; 31 << 20]));

    let mut workloads: Vec<Workload> = SIZES.into_iter().map(Workload::new).collect();
    for direction in [Direction::Seal, Direction::Open] {
        let mut group = criterion.benchmark_group(direction.name());
        for pair in pairs().filter(|pair| pair.direction == direction) {
            for workload in &workloads {
                group.throughput(Throughput::Bytes(workload.plaintext.len().try_into().expect("a usize has 64 bits")));
                for (side, run) in [("", pair.run), (", floor", pair.floor)] {
                    let threads = if pair.threads == 1 { "" } else { ", 2 threads" };
                    let id = BenchmarkId::new(format!("{}{threads}{side}", pair.name), workload.label);
                    group.bench_function(id, |bencher| bencher.iter(|| run(workload)));
                }
            }
        }
        group.finish();
    }
    criterion.final_summary();

    // Neither with `--test` nor for a selection, unless it is this one, for which Criterion finds
    // nothing.
    if arguments == ["--bench"] || arguments.iter().any(|argument| argument == "ratios") {
        workloads.push(Workload::new(LARGEST));
        print_ratios(&workloads);
    }
}

/// Prints how fast each run is in relation to its floor.
fn print_ratios(workloads: &[Workload]) {
    println!("With {}, 1.00 being the bare AEAD moving the same bytes. Goals for writer, reader and", aead::Aead::NAME);
    println!(
        "used memory: {GOAL} at 64 MiB and more, for two threads of two that are independent; {GOAL_AT_1_MIB} at 1 MiB"
    );
    println!("with one thread. There two threads are to be no slower than one: compare the microseconds.\n");
    println!(
        "{:<4}  {:<20}  {:>7}  {:>7}  {:>5}  {:>6}  {:>10}  goal",
        "", "", "threads", "size", "ratio", "GB/s", "µs"
    );
    for pair in pairs() {
        for workload in workloads {
            let measured = ratio::compare(MIN_TIME, || (pair.run)(workload), || (pair.floor)(workload));
            let Workload { label, plaintext, .. } = workload;
            let len = f64::from(u32::try_from(plaintext.len()).expect("below 4 GiB"));
            let goal = match (pair.has_goal, plaintext.len() >> 20, pair.threads) {
                (true, 1, 1) => Some(GOAL_AT_1_MIB),
                (true, 64.., _) => Some(GOAL),
                _ => None,
            };
            let goal = match goal {
                None => "",
                Some(goal) if measured.ratio >= goal => "reached",
                Some(_) => "missed",
            };
            println!(
                "{:<4}  {:<20}  {:>7}  {label:>7}  {:>5.2}  {:>6.2}  {:>10.1}  {goal}",
                pair.direction.name(),
                pair.name,
                pair.threads,
                measured.ratio,
                len / measured.seconds / 1e9,
                measured.seconds * 1e6,
            );
        }
    }
}

/// Something to measure, and what it is measured against.
struct Pair {
    direction: Direction,
    name: &'static str,
    threads: usize,
    has_goal: bool,
    run: fn(&Workload),
    floor: fn(&Workload),
}

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

fn pairs() -> impl Iterator<Item = Pair> {
    let pair = |direction, name, threads, run: fn(&Workload), floor: fn(&Workload)| {
        let has_goal = matches!(name, "writer" | "reader" | "into used memory");
        Pair { direction, name, threads, has_goal, run, floor }
    };
    let one = [
        pair(Direction::Seal, "core", 1, seal_by_core, floor::seal_by_core),
        pair(Direction::Seal, "writer", 1, seal_by_writer, floor::seal_by_writer),
        pair(Direction::Seal, "reader", 1, seal_by_reader, floor::seal_by_reader),
        pair(Direction::Seal, "one-shot", 1, seal_whole, floor::seal_whole),
        pair(Direction::Seal, "into used memory", 1, seal_into, floor::seal_into),
        pair(
            Direction::Seal,
            "writer, 8 KiB calls",
            1,
            seal_by_writer_in_small_calls,
            floor::seal_by_writer_in_small_calls,
        ),
        pair(Direction::Open, "core", 1, open_by_core, floor::open_by_core),
        pair(Direction::Open, "reader", 1, open_by_reader, floor::open_by_reader),
        pair(Direction::Open, "one-shot", 1, open_whole, floor::open_whole),
        pair(Direction::Open, "into used memory", 1, open_into, floor::open_into),
        pair(
            Direction::Open,
            "reader, 8 KiB calls",
            1,
            open_by_reader_in_small_calls,
            floor::open_by_reader_in_small_calls,
        ),
    ];
    #[cfg(not(feature = "parallel"))]
    let two = [];
    #[cfg(feature = "parallel")]
    let two = [
        pair(Direction::Seal, "writer", 2, two_threads::seal_by_writer, floor::two_threads::seal_by_writer),
        pair(Direction::Seal, "reader", 2, two_threads::seal_by_reader, floor::two_threads::seal_by_reader),
        pair(Direction::Seal, "one-shot", 2, two_threads::seal_whole, floor::two_threads::seal_whole),
        pair(Direction::Seal, "into used memory", 2, two_threads::seal_into, floor::two_threads::seal_into),
        pair(Direction::Open, "reader", 2, two_threads::open_by_reader, floor::two_threads::open_by_reader),
        pair(Direction::Open, "one-shot", 2, two_threads::open_whole, floor::two_threads::open_whole),
        pair(Direction::Open, "into used memory", 2, two_threads::open_into, floor::two_threads::open_into),
    ];
    one.into_iter().chain(two)
}

/// One size of plaintext, with everything that a run needs and does not make itself.
struct Workload {
    label: &'static str,
    plaintext: Vec<u8>,
    key: Keyless,
    envelope: Vec<u8>,
    floor: floor::Floor,
    /// The caller's buffer, used again and again.
    buffer: RefCell<Vec<u8>>,
    /// The caller's memory for a whole envelope, used again and again.
    output: RefCell<Vec<u8>>,
}

impl Workload {
    fn new((len, label): (usize, &'static str)) -> Self {
        let plaintext = vec![7; len];
        let key = Keyless::new(7);
        let envelope = Sealer::new(&key).seal(&plaintext).expect("seals");
        let floor = floor::Floor::new(&plaintext, &envelope);
        let buffer = RefCell::new(vec![0; BATCH_FOR_TWO * SEALED_CHUNK_LEN]);
        let output = RefCell::new(envelope.clone());
        Self { label, plaintext, key, envelope, floor, buffer, output }
    }

    fn sealer(&self) -> Sealer<'_> {
        Sealer::new(&self.key)
    }

    fn opener(&self) -> Opener<'_> {
        Opener::new(&self.key)
    }
}

/// Without I/O, each chunk to the same buffer.
fn seal_by_core(workload: &Workload) {
    let (_, mut body_sealer) = workload.sealer().start().expect("a good recipient").into_parts();
    let mut buffer = workload.buffer.borrow_mut();
    let (chunks, last) = workload.plaintext.as_chunks();
    for chunk in chunks {
        let sealed = buffer.first_chunk_mut().expect("room for a chunk");
        body_sealer.seal_chunk(chunk, sealed).expect("within the limits");
        black_box(sealed);
    }
    body_sealer.seal_last(last, &mut buffer[..last.len() + TAG_LEN]).expect("within the limits");
    black_box(&buffer);
}

/// Without I/O, each chunk to the same buffer.
fn open_by_core(workload: &Workload) {
    let (header, body) = Header::split(&workload.envelope, &Limits::default()).expect("a good envelope");
    let (prefix, sealed) = body.split_first_chunk().expect("a good envelope");
    let opened = workload.opener().open_header(&header).expect("a good envelope");
    let mut body_opener = opened.body_opener(prefix).expect("a good envelope");
    let mut buffer = workload.buffer.borrow_mut();
    let (chunks, last) = sealed.as_chunks();
    for sealed in chunks {
        let chunk = buffer.first_chunk_mut().expect("room for a chunk");
        body_opener.open_chunk(sealed, chunk).expect("a good envelope");
        black_box(chunk);
    }
    body_opener.open_last(last, &mut buffer[..last.len() - TAG_LEN]).expect("a good envelope");
    black_box(&buffer);
}

fn seal_by_writer(workload: &Workload) {
    write_in(workload, &workload.sealer(), workload.plaintext.len());
}

fn seal_by_writer_in_small_calls(workload: &Workload) {
    write_in(workload, &workload.sealer(), SMALL_CALL);
}

fn write_in(workload: &Workload, sealer: &Sealer<'_>, size: usize) {
    let mut writer = sealer.wrap_output(Sink).expect("a good recipient");
    for piece in workload.plaintext.chunks(size.max(1)) {
        writer.write_all(piece).expect("the sink takes all");
    }
    writer.finish().expect("the sink takes all");
}

fn seal_by_reader(workload: &Workload) {
    let reader = workload.sealer().wrap_input(&workload.plaintext[..]).expect("a good recipient");
    read_in(workload, reader, BATCH * SEALED_CHUNK_LEN);
}

fn seal_whole(workload: &Workload) {
    black_box(workload.sealer().seal(&workload.plaintext)).expect("a good recipient");
}

fn seal_into(workload: &Workload) {
    let mut output = workload.output.borrow_mut();
    workload.sealer().seal_into(&workload.plaintext, &mut output).expect("a good recipient");
    black_box(&output);
}

fn open_into(workload: &Workload) {
    let mut output = workload.output.borrow_mut();
    workload.opener().open_into(&workload.envelope, &mut output).expect("a good envelope");
    black_box(&output);
}

fn open_by_reader(workload: &Workload) {
    let reader = workload.opener().wrap_input(&workload.envelope[..]).expect("a good envelope");
    read_in(workload, reader, BATCH * CHUNK_LEN);
}

fn open_by_reader_in_small_calls(workload: &Workload) {
    let reader = workload.opener().wrap_input(&workload.envelope[..]).expect("a good envelope");
    read_in(workload, reader, SMALL_CALL);
}

fn open_whole(workload: &Workload) {
    black_box(workload.opener().open(&workload.envelope)).expect("a good envelope");
}

fn read_in(workload: &Workload, mut reader: impl Read, size: usize) {
    let mut buffer = workload.buffer.borrow_mut();
    while reader.read(&mut buffer[..size]).expect("a good input") > 0 {
        black_box(&buffer);
    }
}

#[cfg(feature = "parallel")]
mod two_threads {
    use super::*;

    pub(super) fn seal_by_writer(workload: &Workload) {
        write_in(workload, &workload.sealer().threads(2), workload.plaintext.len());
    }

    pub(super) fn seal_by_reader(workload: &Workload) {
        let reader = workload.sealer().threads(2).wrap_input(&workload.plaintext[..]).expect("a good recipient");
        read_in(workload, reader, BATCH_FOR_TWO * SEALED_CHUNK_LEN);
    }

    pub(super) fn seal_whole(workload: &Workload) {
        black_box(workload.sealer().threads(2).seal(&workload.plaintext)).expect("a good recipient");
    }

    pub(super) fn seal_into(workload: &Workload) {
        let mut output = workload.output.borrow_mut();
        workload.sealer().threads(2).seal_into(&workload.plaintext, &mut output).expect("a good recipient");
        black_box(&output);
    }

    pub(super) fn open_into(workload: &Workload) {
        let mut output = workload.output.borrow_mut();
        workload.opener().threads(2).open_into(&workload.envelope, &mut output).expect("a good envelope");
        black_box(&output);
    }

    pub(super) fn open_by_reader(workload: &Workload) {
        let reader = workload.opener().threads(2).wrap_input(&workload.envelope[..]).expect("a good envelope");
        read_in(workload, reader, BATCH_FOR_TWO * CHUNK_LEN);
    }

    pub(super) fn open_whole(workload: &Workload) {
        black_box(workload.opener().threads(2).open(&workload.envelope)).expect("a good envelope");
    }
}

const SIZES: [(usize, &str); 5] =
    [(0, "0"), (1 << 10, "1 KiB"), (16 << 10, "16 KiB"), (1 << 20, "1 MiB"), (64 << 20, "64 MiB")];

/// In the table of ratios only: too slow for Criterion.
const LARGEST: (usize, &str) = (256 << 20, "256 MiB");

const GOAL: f64 = 0.95;
const GOAL_AT_1_MIB: f64 = 0.93;

const CHUNK_LEN: usize = bulla::body::BodySealer::CHUNK_LEN;
const SEALED_CHUNK_LEN: usize = bulla::body::BodySealer::SEALED_CHUNK_LEN;
const TAG_LEN: usize = bulla::body::BodySealer::TAG_LEN;

/// Chunks that the adapters work on at a time, with one thread and with two.
const BATCH: usize = 4;
const BATCH_FOR_TWO: usize = 64;

/// What `std::io::copy` reads and writes.
const SMALL_CALL: usize = 8 << 10;

/// For the table of ratios: how long each of them is measured, at least.
const MIN_TIME: Duration = Duration::from_millis(700);
