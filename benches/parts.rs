//! Parts that two workers seal, beside two single bodies in two threads: as many bytes in each.
//!
//! `cargo bench --bench parts` prints ratios; run and floor take turns. Nothing but the parts is
//! measured: the header is there before, and the manifest is made behind them. RSA is left out.

mod common {
    pub(crate) mod keyless;
    pub(crate) mod ratio;
    pub(crate) mod sink;
}

use std::hint::black_box;
use std::io::Write;
use std::thread;
use std::time::Duration;

use bulla::Sealer;
use bulla::parts::PartsSealer;
use common::keyless::Keyless;
use common::ratio;
use common::sink::Sink;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let test = arguments.iter().any(|argument| argument == "--test");
    if !test && arguments != ["--bench"] {
        // A selection of another bench.
        return;
    }
    let (len, time) = if test { (2 << 20, Duration::ZERO) } else { (64 << 20, Duration::from_secs(4)) };

    // After this, glibc keeps freed memory. Else buffers could be warm on one side and cold on the
    // other.
    drop(black_box(vec![7_u8; 31 << 20]));

    let key = Keyless::new(7);
    let sealer = Sealer::new(&key);
    let (parts, _) = sealer.start_parts().expect("a good recipient");
    let plaintext = vec![7; len];
    println!("Two workers, {} MiB each. 1.00 is two single bodies. Goal: {GOAL:.2}.\n", len >> 20);
    println!("{:<9}  {:>8}  {:>5}  {:>6}  goal", "", "part", "ratio", "GB/s");
    for (name, seal_part, seal_single) in [
        ("writer", seal_part_by_writer as SealPart, seal_single_by_writer as SealSingle),
        ("in memory", seal_part_in_memory, seal_single_in_memory),
    ] {
        for part_len in PART_LENS.into_iter().filter(|part_len| *part_len <= len) {
            let run = || {
                in_two_threads(|worker| {
                    for (index, part) in (0..).zip(plaintext.chunks(part_len)) {
                        seal_part(&parts, 2 * index + worker, part);
                    }
                });
            };
            // In memory, no vector is longer than that of a part.
            let floor = || in_two_threads(|_| seal_single(&sealer, &plaintext, part_len));
            let measured = ratio::compare(time, run, floor);
            let len = f64::from(u32::try_from(2 * len).expect("below 4 GiB"));
            let goal = if measured.ratio >= GOAL { "reached" } else { "missed" };
            let speed = len / measured.seconds / 1e9;
            println!("{name:<9}  {:>4} MiB  {:>5.3}  {speed:>6.2}  {goal}", part_len >> 20, measured.ratio);
        }
    }
}

type SealPart = fn(&PartsSealer, u64, &[u8]);
type SealSingle = fn(&Sealer<'_>, &[u8], usize);

fn seal_part_by_writer(parts: &PartsSealer, index: u64, part: &[u8]) {
    let mut writer = parts.part(index).expect("a small number").wrap_output(Sink);
    writer.write_all(part).expect("the sink takes all");
    black_box(writer.finish().expect("the sink takes all"));
}

fn seal_single_by_writer(sealer: &Sealer<'_>, plaintext: &[u8], piece_len: usize) {
    let mut writer = sealer.wrap_output(Sink).expect("a good recipient");
    plaintext.chunks(piece_len).for_each(|piece| writer.write_all(piece).expect("the sink takes all"));
    black_box(writer.finish().expect("the sink takes all"));
}

fn seal_part_in_memory(parts: &PartsSealer, index: u64, part: &[u8]) {
    black_box(parts.part(index).expect("a small number").seal(part).expect("short enough"));
}

fn seal_single_in_memory(sealer: &Sealer<'_>, plaintext: &[u8], piece_len: usize) {
    for piece in plaintext.chunks(piece_len) {
        black_box(sealer.seal(piece).expect("short enough"));
    }
}

fn in_two_threads(work: impl Fn(u64) + Sync) {
    thread::scope(|scope| {
        scope.spawn(|| work(0));
        work(1);
    });
}

const PART_LENS: [usize; 3] = [1 << 20, 8 << 20, 32 << 20];

/// How fast parts are to be.
const GOAL: f64 = 0.95;
