//! Reads of 4 KiB at random places, beside a floor: opening one bare chunk for each, with the AEAD
//! of the backend.
//!
//! `cargo bench --bench random` prints ratios; run and floor take turns, at the same places. The
//! stricter floor opens each chunk where it stands in memory; the other one copies it first, as
//! reading from a file does, and is compared with the same from a file.

mod common {
    #[allow(dead_code, reason = "other benches use the rest")]
    pub(crate) mod aead;
    pub(crate) mod keyless;
    pub(crate) mod ratio;
}

use std::cell::RefCell;
use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::time::Duration;

use bulla::body::BodySealer;
use bulla::{OpenReaderAt, Opener, ReadAt, Sealer};
use common::aead::Aead;
use common::keyless::Keyless;
use common::ratio;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let test = arguments.iter().any(|argument| argument == "--test");
    if !test && arguments != ["--bench"] {
        // A selection of another bench.
        return;
    }
    let (len, time) = if test { (1 << 20, Duration::ZERO) } else { (256 << 20, Duration::from_secs(2)) };
    let key = Keyless::new(7);
    let plaintext = vec![7; len];
    let envelope = Sealer::new(&key).seal(&plaintext).expect("seals");
    let file = file_of(&envelope);
    let floor = Floor::new(&plaintext);
    let floor_file = file_of(&floor.sealed);
    drop(plaintext);

    println!("With {}, reads of 4 KiB at random places in {} MiB. Goal: {GOAL:.2}.\n", Aead::NAME, len >> 20);
    println!("{:<34}  {:>5}  {:>8}  goal", "", "ratio", "µs");
    let report = |name: &str, measured: ratio::Ratio| {
        let goal = if measured.ratio >= GOAL { "reached" } else { "missed" };
        println!("{name:<34}  {:>5.2}  {:>8.2}  {goal}", measured.ratio, measured.seconds * 1e6);
    };
    let opener = Opener::new(&key);
    let reader = opener.wrap_input_at(&envelope[..]).expect("a good envelope");
    report("memory, to opening in memory", compare(time, len, &reader, |at| floor.open(at)));
    let reader = opener.wrap_input_at(&file).expect("a good envelope");
    report("file, to reading and opening", compare(time, len, &reader, |at| floor.read_and_open(&floor_file, at)));
}

fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a place for temporary files");
    file.write_all(bytes).expect("room for them");
    file
}

fn compare(
    time: Duration,
    len: usize,
    reader: &OpenReaderAt<impl ReadAt>,
    mut floor: impl FnMut(usize),
) -> ratio::Ratio {
    let mut buffer = [0; READ_LEN];
    let mut places = Places { state: 1, count: len / READ_LEN };
    let mut floor_places = Places { ..places };
    ratio::compare(
        time,
        || {
            let offset = u64::try_from(places.draw()).expect("a usize has 64 bits");
            reader.read_exact_at(&mut buffer, offset).expect("a good envelope");
            black_box(&buffer);
        },
        || floor(floor_places.draw()),
    )
}

/// Multiples of 4 KiB, the same ones each time.
struct Places {
    state: u64,
    count: usize,
}

impl Places {
    fn draw(&mut self) -> usize {
        // Knuth's MMIX generator, of which the upper bits are the good ones.
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.state >> 33).expect("31 bits") % self.count * READ_LEN
    }
}

struct Floor {
    aead: Aead,
    sealed: Vec<u8>,
    buffers: RefCell<(Vec<u8>, Vec<u8>)>,
}

impl Floor {
    fn new(plaintext: &[u8]) -> Self {
        let aead = Aead::new();
        let mut sealed = vec![0; plaintext.len() / CHUNK_LEN * SEALED_CHUNK_LEN];
        let chunks = plaintext.chunks(CHUNK_LEN).zip(sealed.chunks_mut(SEALED_CHUNK_LEN));
        (0..).zip(chunks).for_each(|(index, (chunk, sealed))| aead.seal(index, chunk, sealed));
        Self { aead, sealed, buffers: RefCell::new((vec![0; SEALED_CHUNK_LEN], vec![0; CHUNK_LEN])) }
    }

    fn open(&self, place: usize) {
        let (_, plaintext) = &mut *self.buffers.borrow_mut();
        let index = place / CHUNK_LEN;
        self.aead.open(to_u64(index), self.chunk(index), plaintext);
        black_box(&plaintext);
    }

    fn read_and_open(&self, file: &File, place: usize) {
        let (sealed, plaintext) = &mut *self.buffers.borrow_mut();
        let index = place / CHUNK_LEN;
        let mut read = 0;
        while read < sealed.len() {
            read += file.read_at(&mut sealed[read..], to_u64(index * SEALED_CHUNK_LEN + read)).expect("readable");
        }
        self.aead.open(to_u64(index), sealed, plaintext);
        black_box(&plaintext);
    }

    fn chunk(&self, index: usize) -> &[u8] {
        &self.sealed[index * SEALED_CHUNK_LEN..(index + 1) * SEALED_CHUNK_LEN]
    }
}

fn to_u64(number: usize) -> u64 {
    u64::try_from(number).expect("a usize has 64 bits")
}

const CHUNK_LEN: usize = BodySealer::CHUNK_LEN;
const SEALED_CHUNK_LEN: usize = BodySealer::SEALED_CHUNK_LEN;
const READ_LEN: usize = 4 << 10;
const GOAL: f64 = 0.80;
