//! What a sender costs: sealing and opening of signed headers, beside the same without a sender and
//! the bare operation with the signing key.
//!
//! `cargo bench --bench senders` prints Criterion's figures and then a table of ratios, where each
//! run takes turns with its floor. A ratio of 1.00 means that everything but the signature costs
//! nothing.

mod common {
    pub(crate) mod keyless;
    pub(crate) mod ratio;
}

use std::hint::black_box;
use std::time::Duration;

use bulla::{Opener, RsaSigner, RsaVerifier, Sealer, Senders, Signer, Verifier};
use common::keyless::Keyless;
use common::ratio;
use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(300))
        .sample_size(10)
        .configure_from_args();
    let arguments: Vec<String> = std::env::args().skip(1).collect();

    let keys = [
        Key::new("RSA-2048", include_str!("../tests/keys/rsa2048.pem")),
        Key::new("RSA-3072", include_str!("../tests/keys/rsa3072.pem")),
    ];
    for key in &keys {
        let mut group = criterion.benchmark_group(key.name);
        group.bench_function("bare signature", |bencher| bencher.iter(|| key.sign()));
        group.bench_function("bare verification", |bencher| bencher.iter(|| key.verify()));
        group.bench_function("seal signed", |bencher| bencher.iter(|| key.seal_signed()));
        group.bench_function("open with a sender", |bencher| bencher.iter(|| key.open_demanding()));
        group.finish();
    }
    criterion.final_summary();

    // Neither with `--test` nor for a selection.
    if arguments == ["--bench"] {
        println!("1 KiB to one recipient without RSA, 1.00 being the same without a sender and the bare operation.\n");
        println!("{:<8}  {:<20}  {:>5}  {:>8}", "", "", "ratio", "µs");
        for key in &keys {
            let seal = ratio::compare(TIME, || key.seal_signed(), || (key.seal(), key.sign()).1);
            let open = ratio::compare(TIME, || key.open_demanding(), || (key.open(), key.verify()).1);
            for (name, measured) in [("seal signed", seal), ("open with a sender", open)] {
                let (times, microseconds) = (1.0 / measured.ratio, measured.seconds * 1e6);
                println!("{:<8}  {name:<20}  {times:>5.2}  {microseconds:>8.1}", key.name);
            }
        }
    }
}

/// A signing key, and envelopes of 1 KiB with and without its signature.
struct Key {
    name: &'static str,
    signer: RsaSigner,
    verifier: RsaVerifier,
    sealer: Sealer<'static>,
    signing: Sealer<'static>,
    opener: Opener<'static>,
    demanding: Opener<'static>,
    message: [u8; 242],
    signature: Vec<u8>,
    signed: Vec<u8>,
    unsigned: Vec<u8>,
}

impl Key {
    fn new(name: &'static str, pem: &str) -> Self {
        let signer = RsaSigner::from_pem(pem).expect("a good key");
        let message = [7; 242];
        let (sealer, opener) = (Sealer::new(Keyless::new(1)), Opener::new(Keyless::new(1)));
        let signing = sealer.clone().signer(signer.clone());
        Self {
            name,
            message,
            signature: signer.sign(&message).expect("it has signed before"),
            unsigned: sealer.seal(&PLAINTEXT).expect("a good recipient"),
            signed: signing.seal(&PLAINTEXT).expect("a good recipient"),
            demanding: opener.clone().senders(Senders::new(signer.verifier())),
            verifier: signer.verifier(),
            signer,
            sealer,
            signing,
            opener,
        }
    }

    fn sign(&self) {
        black_box(self.signer.sign(black_box(&self.message))).expect("it has signed before");
    }

    fn verify(&self) {
        assert!(self.verifier.verify(black_box(&self.message), &self.signature));
    }

    fn seal(&self) {
        black_box(self.sealer.seal(&PLAINTEXT)).expect("a good recipient");
    }

    fn seal_signed(&self) {
        black_box(self.signing.seal(&PLAINTEXT)).expect("a good recipient");
    }

    fn open(&self) {
        black_box(self.opener.open(&self.unsigned)).expect("a good envelope");
    }

    fn open_demanding(&self) {
        black_box(self.demanding.open(&self.signed)).expect("a good envelope");
    }
}

const PLAINTEXT: [u8; 1024] = [7; 1024];
const TIME: Duration = Duration::from_secs(2);
