//! Measures libraries in this process on behalf of the program `run`, and draws its chart.
//!
//! `bulla-peers serve BYTES` prints one name on each line, and then an empty line. For each line
//! `seal INDEX` or `open INDEX` that it reads, it prints how many seconds that took. `bulla-peers
//! chart FILE` draws a chart from a table with the columns name, GB/s of sealing and GB/s of
//! opening, separated by tabs. `bulla-peers records` prints a table of its own, with AWS-LC only:
//! see `records`.

mod chart;
mod peers;
#[cfg(feature = "aws-lc-rs")]
mod records;

use std::error::Error;
use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::time::Instant;

use peers::Peer;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", len] => serve(len.parse()?),
        ["chart", path] => chart::draw(path, io::stdin().lock()),
        #[cfg(feature = "aws-lc-rs")]
        ["records"] => {
            records::print();
            Ok(())
        }
        _ => Err("usage: bulla-peers serve BYTES | chart FILE | records".into()),
    }
}

fn serve(len: usize) -> Result<(), Box<dyn Error>> {
    let peers = peers::all();
    for peer in &peers {
        println!("{}", peer.name());
    }
    println!();

    let plaintext: Vec<u8> = (0..=250).cycle().take(len).collect();
    let mut envelopes = vec![Vec::new(); peers.len()];
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (direction, index) = line.split_once(' ').ok_or("a direction and an index")?;
        let index: usize = index.parse()?;
        let peer = peers.get(index).ok_or("no such peer")?;
        let seconds = match direction {
            "seal" => seal(&**peer, &plaintext),
            "open" => open(&**peer, &plaintext, &mut envelopes[index]),
            _ => return Err("neither seal nor open".into()),
        };
        println!("{seconds}");
        io::stdout().flush()?;
    }
    Ok(())
}

fn seal(peer: &dyn Peer, plaintext: &[u8]) -> f64 {
    let mut output = 0;
    let start = Instant::now();
    peer.seal(plaintext, &mut Sink(&mut output));
    let seconds = start.elapsed().as_secs_f64();
    assert!(output > plaintext.len(), "{} wrote too little", peer.name());
    seconds
}

fn open(peer: &dyn Peer, plaintext: &[u8], envelope: &mut Vec<u8>) -> f64 {
    if envelope.is_empty() {
        envelope.reserve(plaintext.len() + plaintext.len() / 512 + 4096);
        peer.seal(plaintext, envelope);
        // Not measured: check that opening returns what was sealed.
        let mut rest = plaintext;
        peer.open(envelope, &mut |piece| {
            rest = rest.strip_prefix(piece).expect("the plaintext that was sealed");
        });
        assert!(rest.is_empty(), "{} lost something", peer.name());
    }
    let mut opened = 0;
    let start = Instant::now();
    peer.open(envelope, &mut |piece| opened += black_box(piece).len());
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(opened, plaintext.len());
    seconds
}

/// Counts bytes and keeps none.
struct Sink<'a>(&'a mut usize);

impl Write for Sink<'_> {
    fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        *self.0 += black_box(input).len();
        Ok(input.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
