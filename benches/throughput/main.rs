//! Throughput of sealing and opening, beside a floor: the bare AEAD of the backend on chunks of the same size, with the same
//! copies between buffers of the same size.
//!
//! `cargo bench` prints Criterion's figures and then a table of ratios. There each run takes turns with its floor, so that a
//! machine whose speed changes does so for both. A ratio of 1.00 means that header, key schedule and adapter cost nothing.
//! RSA is left out, except in the group `message`: there the floor is the bare OAEP operation.

mod floor;

use std::cell::RefCell;
use std::convert::Infallible;
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use bulla::rand_core::{CryptoRng, TryCryptoRng, TryRng};
use bulla::{
    ContentKey, Decryptor, Encryptor, Identity, KeyId, Recipient, Record, RsaIdentity, UnwrapError, WrapError,
    WrappedKey,
};
use criterion::{BenchmarkId, Criterion, Throughput};
use rsa::pkcs8::DecodePrivateKey;
use rsa::{Oaep, RsaPrivateKey};
use sha2::Sha256;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(1000))
        .sample_size(20)
        .configure_from_args();
    let arguments: Vec<String> = std::env::args().skip(1).collect();

    // After this, glibc keeps freed memory instead of giving it back by a rule that depends on history: else buffers of
    // the same size would be warm on one side and cold on the other.
    drop(black_box(vec![7_u8; 31 << 20]));

    let workloads = SIZES.map(Workload::new);
    for direction in [Direction::Seal, Direction::Open] {
        let mut group = criterion.benchmark_group(direction.name());
        for pair in PAIRS.iter().filter(|pair| pair.direction == direction) {
            for workload in &workloads {
                group.throughput(Throughput::Bytes(workload.plaintext.len().try_into().expect("a usize has 64 bits")));
                for (side, run) in [("", pair.run), (", floor", pair.floor)] {
                    let id = BenchmarkId::new(format!("{}{side}", pair.name), workload.label);
                    group.bench_function(id, |bencher| bencher.iter(|| run(workload)));
                }
            }
        }
        group.finish();
    }
    bench_messages(&mut criterion);
    criterion.final_summary();

    // Neither with `--test` nor for a selection.
    if arguments == ["--bench"] {
        print_ratios(&workloads);
    }
}

/// Whole messages of 1 KiB to RSA-3072, beside what RSA alone takes.
fn bench_messages(criterion: &mut Criterion) {
    let pem = include_str!("../../tests/keys/rsa3072.pem");
    let identity = RsaIdentity::from_pem(pem).expect("a good key");
    let recipient = identity.recipient();
    let envelope = bulla::seal(&recipient, &[7; 1024]).expect("seals");

    let block = &pem[pem.find("-----BEGIN").expect("a PEM block")..];
    let key = RsaPrivateKey::from_pkcs8_pem(block).expect("a good key");
    let public_key = key.to_public_key();
    let wrapped = public_key.encrypt(&mut Constant, Oaep::<Sha256>::new(), &[7; 32]).expect("encrypts");

    let mut group = criterion.benchmark_group("message");
    group.bench_function("seal to RSA-3072", |bencher| bencher.iter(|| bulla::seal(&recipient, &[7; 1024])));
    group.bench_function("seal to RSA-3072, floor", |bencher| {
        bencher.iter(|| public_key.encrypt(&mut Constant, Oaep::<Sha256>::new(), &[7; 32]));
    });
    group.bench_function("open with RSA-3072", |bencher| bencher.iter(|| bulla::open(&identity, &envelope)));
    // Blinded, as the library does it.
    group.bench_function("open with RSA-3072, floor", |bencher| {
        bencher.iter(|| key.decrypt(Oaep::<Sha256>::new(), &wrapped));
    });
    group.finish();
}

/// Prints how fast each run is in relation to its floor: the median over pairs of one after the other.
fn print_ratios(workloads: &[Workload]) {
    for pair in PAIRS {
        for workload in workloads {
            let time = |run: fn(&Workload), repetitions: u32| {
                let start = Instant::now();
                for _ in 0..repetitions {
                    run(workload);
                }
                start.elapsed() / repetitions
            };
            // Long enough for the clock, and for what other processes do to spread.
            let once = time(pair.floor, 1).max(Duration::from_nanos(1));
            let repetitions = u32::try_from(SAMPLE.as_nanos() / once.as_nanos()).unwrap_or(u32::MAX).max(1);

            let mut ratios = Vec::new();
            let mut times = Vec::new();
            let start = Instant::now();
            while ratios.len() < MIN_SAMPLES || start.elapsed() < MIN_TIME {
                let (run, floor) = if ratios.len() % 2 == 0 {
                    let run = time(pair.run, repetitions);
                    (run, time(pair.floor, repetitions))
                } else {
                    let floor = time(pair.floor, repetitions);
                    (time(pair.run, repetitions), floor)
                };
                ratios.push(floor.as_secs_f64() / run.as_secs_f64());
                times.push(run.as_secs_f64());
            }
            let (ratio, time) = (median(ratios), median(times));
            let Workload { label, plaintext, .. } = workload;
            let speed = f64::from(u32::try_from(plaintext.len()).expect("below 4 GiB")) / time / 1e6;
            println!("{}/floor {label} {}: {ratio:.2} ({speed:.0} MB/s)", pair.name, pair.direction.name());
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Something to measure, and what it is measured against.
struct Pair {
    name: &'static str,
    direction: Direction,
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

const PAIRS: &[Pair] = &[
    Pair { name: "writer", direction: Direction::Seal, run: seal_by_writer, floor: floor::seal_by_writer },
    Pair { name: "reader", direction: Direction::Seal, run: seal_by_reader, floor: floor::seal_by_reader },
    Pair { name: "whole", direction: Direction::Seal, run: seal_whole, floor: floor::seal_whole },
    Pair {
        name: "writer in 8 KiB calls",
        direction: Direction::Seal,
        run: seal_by_writer_in_small_calls,
        floor: floor::seal_by_writer_in_small_calls,
    },
    Pair { name: "reader", direction: Direction::Open, run: open_by_reader, floor: floor::open_by_reader },
    Pair { name: "whole", direction: Direction::Open, run: open_whole, floor: floor::open_whole },
    Pair {
        name: "reader in 8 KiB calls",
        direction: Direction::Open,
        run: open_by_reader_in_small_calls,
        floor: floor::open_by_reader_in_small_calls,
    },
];

/// One size of payload, with everything that a run needs and does not make itself.
struct Workload {
    label: &'static str,
    plaintext: Vec<u8>,
    envelope: Vec<u8>,
    floor: floor::Floor,
    /// The caller's buffer, used again and again.
    buffer: RefCell<Vec<u8>>,
}

impl Workload {
    fn new((len, label): (usize, &'static str)) -> Self {
        let plaintext = vec![7; len];
        let envelope = Encryptor::new(&Open).encrypt(&plaintext).expect("seals");
        let floor = floor::Floor::new(&plaintext, &envelope);
        Self { label, plaintext, envelope, floor, buffer: RefCell::new(vec![0; BATCH * SEALED_CHUNK_LEN]) }
    }
}

fn seal_by_writer(workload: &Workload) {
    write_in(workload, workload.plaintext.len());
}

fn seal_by_writer_in_small_calls(workload: &Workload) {
    write_in(workload, SMALL_CALL);
}

fn write_in(workload: &Workload, size: usize) {
    let mut writer = Encryptor::new(&Open).wrap_output(Sink).expect("a good recipient");
    for piece in workload.plaintext.chunks(size) {
        writer.write_all(piece).expect("the sink takes all");
    }
    writer.finish().expect("the sink takes all");
}

fn seal_by_reader(workload: &Workload) {
    let reader = Encryptor::new(&Open).wrap_input(&workload.plaintext[..]).expect("a good recipient");
    read_in(workload, reader, BATCH * SEALED_CHUNK_LEN);
}

fn seal_whole(workload: &Workload) {
    black_box(Encryptor::new(&Open).encrypt(&workload.plaintext)).expect("a good recipient");
}

fn open_by_reader(workload: &Workload) {
    let reader = Decryptor::new(&Open).wrap_input(&workload.envelope[..]).expect("a good envelope");
    read_in(workload, reader, BATCH * CHUNK_LEN);
}

fn open_by_reader_in_small_calls(workload: &Workload) {
    let reader = Decryptor::new(&Open).wrap_input(&workload.envelope[..]).expect("a good envelope");
    read_in(workload, reader, SMALL_CALL);
}

fn open_whole(workload: &Workload) {
    black_box(Decryptor::new(&Open).decrypt(&workload.envelope)).expect("a good envelope");
}

fn read_in(workload: &Workload, mut reader: impl Read, size: usize) {
    let mut buffer = workload.buffer.borrow_mut();
    while reader.read(&mut buffer[..size]).expect("a good input") > 0 {
        black_box(&buffer);
    }
}

/// Takes everything and keeps nothing.
struct Sink;

impl Write for Sink {
    fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        Ok(black_box(input).len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Recipient and identity without RSA: the content key stands in the record for all to see.
struct Open;

impl Recipient for Open {
    fn key_id(&self) -> Option<KeyId> {
        Some(KeyId::from_bytes([7; 32]))
    }

    fn wrap_key(&self, key: &ContentKey, _: &mut dyn CryptoRng) -> Result<WrappedKey, WrapError> {
        Ok(WrappedKey::rsa_oaep_sha256(key.expose().repeat(8)))
    }
}

impl Identity for Open {
    fn holds(&self, _: &KeyId) -> bool {
        true
    }

    fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
        let key = record.wrapped_key().and_then(|wrapped| wrapped.first_chunk());
        Ok(key.map(|key| ContentKey::from_bytes(*key)))
    }
}

/// A generator that costs nothing.
struct Constant;

impl TryRng for Constant {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(7)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(7)
    }

    fn try_fill_bytes(&mut self, output: &mut [u8]) -> Result<(), Infallible> {
        output.fill(7);
        Ok(())
    }
}

impl TryCryptoRng for Constant {}

const SIZES: [(usize, &str); 4] = [(1 << 10, "1 KiB"), (16 << 10, "16 KiB"), (1 << 20, "1 MiB"), (64 << 20, "64 MiB")];

const CHUNK_LEN: usize = bulla::Sealer::CHUNK_LEN;
const SEALED_CHUNK_LEN: usize = bulla::Sealer::SEALED_CHUNK_LEN;
const TAG_LEN: usize = bulla::Sealer::TAG_LEN;

/// Chunks that the adapters work on at a time.
const BATCH: usize = 8;

/// What `std::io::copy` reads and writes.
const SMALL_CALL: usize = 8 << 10;

/// For the table of ratios: the least that one sample takes, and how many pairs are taken.
const SAMPLE: Duration = Duration::from_millis(4);
const MIN_SAMPLES: usize = 21;
const MIN_TIME: Duration = Duration::from_millis(1500);
