//! The bare AEAD of the backend with a nonce for each message.

use std::cell::RefCell;
use std::hint::black_box;
use std::io::{Read, Write};
use std::time::Duration;

use super::common::aead::Aead;
use super::common::sink::Sink;
use super::workload::{TAG_LEN, Workload, time};

/// A key, and what is sealed with it.
pub(crate) struct Floor {
    aead: Aead,
    index: RefCell<u64>,
    buffer: RefCell<Vec<u8>>,
    sealed: RefCell<Vec<u8>>,
}

impl Floor {
    pub(crate) fn new(message: &[u8]) -> Self {
        let buffer = RefCell::new(vec![7; message.len() + TAG_LEN]);
        Self { aead: Aead::new(), index: RefCell::default(), buffer, sealed: RefCell::default() }
    }

    /// Numbers for so many messages, none of them used before.
    fn take(&self, count: u64) -> u64 {
        self.index.replace_with(|index| *index + count)
    }

    /// Seals so many messages, one behind the other, and returns the first number.
    fn fill(&self, message: &[u8], count: u64) -> u64 {
        let first = self.take(count);
        let mut sealed = self.sealed.borrow_mut();
        sealed.resize((message.len() + TAG_LEN) * usize::try_from(count).expect("in memory"), 0);
        for (index, sealed) in (first..).zip(sealed.chunks_mut(message.len() + TAG_LEN)) {
            self.aead.seal(index, message, sealed);
        }
        first
    }
}

/// In one buffer.
pub(crate) fn seal_in_place(workload: &Workload, count: u64) -> Duration {
    let floor = &workload.floor;
    let first = floor.take(count);
    let buffer = &mut floor.buffer.borrow_mut()[..];
    time(count, |turn| {
        floor.aead.seal_in_place(first + turn, buffer);
        black_box(&buffer);
    })
}

/// From the caller's slice to a buffer, and on to the sink.
pub(crate) fn seal_and_pass_on(workload: &Workload, count: u64) -> Duration {
    let floor = &workload.floor;
    let first = floor.take(count);
    let buffer = &mut floor.buffer.borrow_mut()[..];
    time(count, |turn| {
        floor.aead.seal(first + turn, black_box(&workload.message), buffer);
        Sink.write_all(buffer).expect("the sink takes all");
    })
}

/// From the caller's slice to a new vector.
pub(crate) fn seal(workload: &Workload, count: u64) -> Duration {
    let floor = &workload.floor;
    let first = floor.take(count);
    time(count, |turn| {
        let mut sealed = vec![0; workload.message.len() + TAG_LEN];
        floor.aead.seal(first + turn, black_box(&workload.message), &mut sealed);
        black_box(sealed);
    })
}

/// Where they stand.
pub(crate) fn open_in_place(workload: &Workload, count: u64) -> Duration {
    let floor = &workload.floor;
    let first = floor.fill(&workload.message, count);
    let sealed = &mut floor.sealed.borrow_mut()[..];
    let mut rest = sealed.chunks_mut(workload.message.len() + TAG_LEN);
    time(count, |turn| {
        let sealed = rest.next().expect("as many as were sealed");
        floor.aead.open_in_place(first + turn, sealed);
        black_box(sealed);
    })
}

/// From the source to a buffer, and from there to the caller's memory.
pub(crate) fn read_and_open(workload: &Workload, count: u64) -> Duration {
    let floor = &workload.floor;
    let first = floor.fill(&workload.message, count);
    let sealed = floor.sealed.borrow();
    let mut source = &sealed[..];
    let buffer = &mut floor.buffer.borrow_mut()[..];
    let mut plaintext = vec![0; workload.message.len()];
    time(count, |turn| {
        source.read_exact(buffer).expect("as many as were sealed");
        floor.aead.open(first + turn, buffer, &mut plaintext);
        black_box(&plaintext);
    })
}

/// From a slice to the caller's memory.
pub(crate) fn open(workload: &Workload, count: u64) -> Duration {
    let floor = &workload.floor;
    let first = floor.fill(&workload.message, 1);
    let sealed = floor.sealed.borrow();
    let mut plaintext = vec![0; workload.message.len()];
    time(count, |_| {
        floor.aead.open(black_box(first), &sealed, &mut plaintext);
        black_box(&plaintext);
    })
}
