//! Messages of a session, labelled messages and envelopes, beside the bare AEAD of the backend with
//! a nonce for each message, which moves the same bytes between buffers of the same size.
//!
//! `cargo bench --bench sessions` prints Criterion's figures and then a table of ratios; with `--
//! ratios` that table alone. There each run takes turns with its floor. Headers are ready, so that
//! RSA counts for envelopes only. "Engine" is `FrameSealer` and `FrameOpener`, in place.
//! "Cobblestone" is the Cobblestone-256 of a labelled message: its label is digested already. "No
//! label" is that of a body whose context is shorter, because it has none: a part, or the single
//! body of a header.

mod floor;
mod runs;
mod workload;

#[path = "../common"]
mod common {
    pub(crate) mod aead;
    pub(crate) mod keyless;
    #[allow(dead_code, reason = "other benches use the rest")]
    pub(crate) mod ratio;
    pub(crate) mod sink;
}

use std::time::Duration;

use common::aead::Aead;
use common::ratio;
use criterion::{BenchmarkId, Criterion, Throughput};
use runs::*;
use workload::{KIB, PIECE, Workload};

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

const BARE: &str = "bare AEAD";
const COBBLESTONE: &str = "Cobblestone";
const NO_LABEL: &str = "no label";

const SIZES: [usize; 3] = [64, KIB, PIECE];

/// How fast sessions are to be.
const GOAL_AT_1_KIB: f64 = 0.8;
const GOAL_AT_16_KIB: f64 = 0.95;

/// How many times as long as without its label a labelled message may take.
const LABEL_GOAL: f64 = 1.1;

/// How long each ratio is measured, at least.
const TIME: Duration = Duration::from_millis(500);
const GOAL_TIME: Duration = Duration::from_secs(2);
