//! What a stream costs as it grows: time and heap. Source and sink hold nothing.
//!
//! `cargo bench --bench scaling` prints nanoseconds per byte, which must stay flat, and fails where
//! the heap or the number of allocations depends on the length.

mod common {
    pub(crate) mod keyless;
    pub(crate) mod sink;
}

use std::alloc::System;
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::time::Instant;

use bulla::{Opener, Sealer};
use common::keyless::Keyless;
use common::sink::Sink;
use peakmem_alloc::{PeakMemAlloc, PeakMemAllocTrait};
use stats_alloc::StatsAlloc;

static ALLOCATIONS: StatsAlloc<System> = StatsAlloc::system();

#[global_allocator]
static HEAP: PeakMemAlloc<&StatsAlloc<System>> = PeakMemAlloc::new(&ALLOCATIONS);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let sizes: &[u64] = if arguments.iter().any(|argument| argument == "--test") {
        &[1 << 20, 16 << 20]
    } else if arguments == ["--bench"] {
        &[16 << 20, 64 << 20, 256 << 20, 1 << 30, 4 << 30]
    } else {
        // A selection of another bench.
        return;
    };

    println!(
        "Goals: heap at most {MAX_HEAP} bytes, with several threads {HEAP_FOR_EACH} more for each, at any size; and with"
    );
    println!("one thread as many allocations at any size.\n");
    println!(
        "{:<21}  {:>7}  {:>8}  {:>7}  {:>9}  {:>11}",
        "", "threads", "size", "ns/byte", "heap peak", "allocations"
    );
    let key = Keyless::new(7);
    for (threads, sealer, opener) in with_threads(&key) {
        let max_heap = if threads == 1 { MAX_HEAP } else { MAX_HEAP + threads * HEAP_FOR_EACH };
        for (name, run) in RUNS {
            let mut allocations = Vec::new();
            for &size in sizes {
                let cost = run(&sealer, &opener, size);
                println!(
                    "{name:<21}  {threads:>7}  {:>4} MiB  {:>7.3}  {:>9}  {:>11}",
                    size >> 20,
                    cost.nanoseconds / exact(size),
                    cost.heap,
                    cost.allocations
                );
                assert!(cost.heap <= max_heap, "{name}: the heap grew to {} bytes", cost.heap);
                allocations.push(cost.allocations);
            }
            assert!(
                // The pool allocates for itself.
                threads > 1 || allocations.iter().all(|count| *count == allocations[0]),
                "{name}: allocations depend on the length: {allocations:?}"
            );
        }
    }
}

#[cfg(not(feature = "parallel"))]
fn with_threads(key: &Keyless) -> [(usize, Sealer<'_>, Opener<'_>); 1] {
    [(1, Sealer::new(key), Opener::new(key))]
}

#[cfg(feature = "parallel")]
fn with_threads(key: &Keyless) -> [(usize, Sealer<'_>, Opener<'_>); 2] {
    rayon::ThreadPoolBuilder::new().num_threads(2).build_global().expect("nobody has used the pool yet");
    [1, 2].map(|threads| (threads, Sealer::new(key).threads(threads), Opener::new(key).threads(threads)))
}

struct Cost {
    nanoseconds: f64,
    /// Bytes at the highest point.
    heap: usize,
    allocations: usize,
}

fn measure(run: impl FnOnce()) -> Cost {
    HEAP.reset_peak_memory();
    let before = ALLOCATIONS.stats();
    let start = Instant::now();
    run();
    let elapsed = start.elapsed();
    let after = ALLOCATIONS.stats();
    Cost {
        nanoseconds: elapsed.as_secs_f64() * 1e9,
        heap: HEAP.get_peak_memory(),
        allocations: after.allocations + after.reallocations - before.allocations - before.reallocations,
    }
}

type Run = fn(&Sealer<'_>, &Opener<'_>, u64) -> Cost;

const RUNS: [(&str, Run); 4] = [
    ("seal, writer", seal_by_writer),
    ("seal, reader", seal_by_reader),
    ("seal and open, reader", seal_and_open),
    ("the same, 8 KiB calls", seal_and_open_in_small_calls),
];

fn seal_by_writer(sealer: &Sealer<'_>, _: &Opener<'_>, size: u64) -> Cost {
    let buffer = vec![7; BUFFER_LEN];
    measure(|| {
        let mut writer = sealer.wrap_output(Sink).expect("a good recipient");
        let pieces = size / u64::try_from(buffer.len()).expect("a usize has 64 bits");
        (0..pieces).for_each(|_| writer.write_all(&buffer).expect("the sink takes all"));
        writer.finish().expect("the sink takes all");
    })
}

fn seal_by_reader(sealer: &Sealer<'_>, _: &Opener<'_>, size: u64) -> Cost {
    let mut buffer = vec![0; BUFFER_LEN];
    measure(|| {
        let source = io::repeat(7).take(size);
        read_all(sealer.wrap_input(source).expect("a good recipient"), &mut buffer);
    })
}

fn seal_and_open(sealer: &Sealer<'_>, opener: &Opener<'_>, size: u64) -> Cost {
    open_with(sealer, opener, size, BUFFER_LEN)
}

fn seal_and_open_in_small_calls(sealer: &Sealer<'_>, opener: &Opener<'_>, size: u64) -> Cost {
    open_with(sealer, opener, size, 8 << 10)
}

fn open_with(sealer: &Sealer<'_>, opener: &Opener<'_>, size: u64, buffer_len: usize) -> Cost {
    let mut buffer = vec![0; buffer_len];
    let mut sealing = sealer.wrap_input(io::repeat(7).take(size)).expect("a good recipient");
    // What sealing needs is on the heap before the measurement starts, and is no part of it.
    let mut start = vec![0; 512 << 10];
    sealing.read_exact(&mut start).expect("the source is longer");
    let envelope = start.as_slice().chain(sealing);
    measure(|| read_all(opener.wrap_input(envelope).expect("a good envelope"), &mut buffer))
}

fn read_all(mut reader: impl Read, buffer: &mut [u8]) {
    while reader.read(buffer).expect("a good input") > 0 {
        black_box(&buffer);
    }
}

fn exact(size: u64) -> f64 {
    f64::from(u32::try_from(size >> 10).expect("below 4 TiB")) * 1024.0
}

/// The caller's buffer.
const BUFFER_LEN: usize = 256 << 10;

/// Bytes of heap that a stream may take, whatever its length.
const MAX_HEAP: usize = 256 << 10;

/// The documented batch of each thread, 32 chunks, as plaintext and sealed.
const HEAP_FOR_EACH: usize = 32 * (16384 + 16400);
