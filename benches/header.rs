//! Headers, without RSA: encoding them as part of starting an envelope, parsing them, and changing
//! their recipients.

mod common {
    pub(crate) mod keyless;
}

use std::time::Duration;

use bulla::{Header, Limits, Opener, Rewrapper, Sealer};
use common::keyless::Keyless;
use criterion::{BenchmarkId, Criterion, Throughput};

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(1000))
        .sample_size(20)
        .configure_from_args();

    let mut group = criterion.benchmark_group("header");
    for count in [1, 10, 100] {
        let recipients: Vec<Keyless> = (0..count).map(Keyless::new).collect();
        let sealer = Sealer::with_recipients(&recipients).expect("one recipient or more");
        let (header, _) = sealer.start().expect("good recipients").into_parts();
        let encoded = header.as_bytes();

        group.throughput(Throughput::Bytes(encoded.len().try_into().expect("a usize has 64 bits")));
        let label = format!("{count} recipient{}", if count == 1 { "" } else { "s" });
        // With the content key drawn, the header tagged, and the keys of the body derived.
        group.bench_function(BenchmarkId::new("encode", &label), |bencher| bencher.iter(|| sealer.start()));
        group.bench_function(BenchmarkId::new("parse", &label), |bencher| {
            bencher.iter(|| Header::parse(encoded, &Limits::default()));
        });
    }
    group.finish();

    // Reads the header of a file, opens it, adds a recipient and writes it again: the body is
    // not looked at.
    let mut group = criterion.benchmark_group("rewrap");
    let (alice, bob) = (Keyless::new(1), Keyless::new(2));
    for (len, label) in [(0, "no body"), (64 << 20, "body of 64 MiB")] {
        let envelope = Sealer::new(&alice).seal(&vec![7; len]).expect("a good recipient");
        let opener = Opener::new(&alice);
        let changes = Rewrapper::new().add_recipient(&bob);
        group.bench_function(label, |bencher| {
            bencher.iter(|| {
                let header = Header::read_from(&mut &envelope[..], &Limits::default()).expect("a good envelope");
                changes.rewrap(&opener.open_header(&header).expect("a good envelope"))
            });
        });
    }
    group.finish();
    criterion.final_summary();
}
