//! Whole messages, beside the bare RSA-OAEP operations of the backend: one for each recipient to
//! seal, one to open.
//!
//! `cargo bench --bench messages` prints Criterion's figures and then a table of ratios, where each
//! run takes turns with its floor. A ratio of 1.00 means that everything but RSA costs nothing.

mod common {
    pub(crate) mod oaep;
    pub(crate) mod ratio;
}

use std::hint::black_box;
use std::time::Duration;

use bulla::{Opener, RsaIdentity, RsaRecipient, Sealer};
use common::oaep::{Oaep, Wrapped};
use common::ratio;
use criterion::{BenchmarkId, Criterion};

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(300))
        .sample_size(10)
        .configure_from_args();
    let arguments: Vec<String> = std::env::args().skip(1).collect();

    let keys = KEYS.map(Key::new);
    for key in &keys {
        let mut group = criterion.benchmark_group(key.name);
        group.bench_function("bare OAEP, encryption", |bencher| bencher.iter(|| key.oaep.wrap(&[7; 32])));
        group.bench_function("bare OAEP, decryption", |bencher| bencher.iter(|| key.oaep.unwrap(&key.wrapped)));
        for message in key.messages() {
            let label = message.label();
            group.bench_function(BenchmarkId::new("seal", &label), |bencher| bencher.iter(|| message.seal()));
            group.bench_function(BenchmarkId::new("open", &label), |bencher| bencher.iter(|| message.open()));
        }
        group.finish();
    }
    criterion.final_summary();

    // Neither with `--test` nor for a selection.
    if arguments == ["--bench"] {
        print_ratios(&keys);
    }
}

/// Prints how many times as long as the bare OAEP operations each run takes.
fn print_ratios(keys: &[Key]) {
    println!("With {}, 1.00 being the bare OAEP operations. Goals for 1 KiB and RSA-3072: sealing to", Oaep::NAME);
    println!("one recipient at most {SEAL_GOAL:.2}, opening at most {OPEN_GOAL:.2}.\n");
    println!("{:<4}  {:<8}  {:<24}  {:>5}  {:>10}  goal", "", "", "", "ratio", "µs");
    for key in keys {
        for message in key.messages() {
            let goals = key.name == "RSA-3072" && message.plaintext.len() == 1 << 10 && message.recipients.len() == 1;
            let time = if goals { GOAL_TIME } else { TIME };
            let seal_floor = || (0..message.recipients.len()).for_each(|_| drop(black_box(key.oaep.wrap(&[7; 32]))));
            let seal = ratio::compare(time, || message.seal(), seal_floor);
            let open = ratio::compare(time, || message.open(), || drop(black_box(key.oaep.unwrap(&key.wrapped))));
            for (direction, measured, goal) in [("seal", seal, SEAL_GOAL), ("open", open, OPEN_GOAL)] {
                let times = 1.0 / measured.ratio;
                let goal = match (goals, times <= goal) {
                    (false, _) => "",
                    (true, true) => "reached",
                    (true, false) => "missed",
                };
                let microseconds = measured.seconds * 1e6;
                let label = message.label();
                println!("{direction:<4}  {:<8}  {label:<24}  {times:>5.2}  {microseconds:>10.1}  {goal}", key.name);
            }
        }
    }
}

struct Key {
    name: &'static str,
    identity: RsaIdentity,
    oaep: Oaep,
    wrapped: Wrapped,
}

impl Key {
    fn new((name, pem): (&'static str, &str)) -> Self {
        let identity = RsaIdentity::from_pem(pem).expect("a good key");
        let oaep = Oaep::new(identity.to_der().expose(), identity.recipient().as_der());
        let wrapped = oaep.wrap(&[7; 32]);
        Self { name, identity, oaep, wrapped }
    }

    fn messages(&self) -> impl Iterator<Item = Message> {
        let lens = [1 << 10, 64 << 10];
        lens.into_iter().flat_map(|len| [1, 10, 100].map(|recipients| Message::new(&self.identity, recipients, len)))
    }
}

/// What is sealed, and to whom: one recipient by name, and the others without.
struct Message {
    identity: RsaIdentity,
    recipients: Vec<RsaRecipient>,
    plaintext: Vec<u8>,
    envelope: Vec<u8>,
}

impl Message {
    fn new(identity: &RsaIdentity, recipients: usize, len: usize) -> Self {
        let mut recipients = vec![identity.recipient().anonymous(); recipients];
        recipients[0] = identity.recipient();
        let plaintext = vec![7; len];
        let envelope = seal(&recipients, &plaintext);
        Self { identity: identity.clone(), recipients, plaintext, envelope }
    }

    fn label(&self) -> String {
        let recipients = self.recipients.len();
        format!("{} KiB, {recipients} recipient{}", self.plaintext.len() >> 10, if recipients == 1 { "" } else { "s" })
    }

    fn seal(&self) {
        black_box(seal(&self.recipients, &self.plaintext));
    }

    fn open(&self) {
        black_box(Opener::new(&self.identity).open(&self.envelope)).expect("a good envelope");
    }
}

fn seal(recipients: &[RsaRecipient], plaintext: &[u8]) -> Vec<u8> {
    let sealer = Sealer::with_recipients(recipients).expect("one recipient or more");
    sealer.seal(plaintext).expect("good recipients")
}

const KEYS: [(&str, &str); 3] = [
    ("RSA-2048", include_str!("../tests/keys/rsa2048.pem")),
    ("RSA-3072", include_str!("../tests/keys/rsa3072.pem")),
    ("RSA-4096", include_str!("../tests/keys/rsa4096.pem")),
];

/// How many times as long as the bare operation sealing and opening may take.
const SEAL_GOAL: f64 = 1.2;
const OPEN_GOAL: f64 = 1.05;

/// How long each ratio is measured, at least.
const TIME: Duration = Duration::from_millis(500);
const GOAL_TIME: Duration = Duration::from_secs(4);
