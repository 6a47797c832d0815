//! The bare AEAD, moving bytes as the adapters do.

use std::hint::black_box;
use std::io::{Read, Write};

use super::aead::Aead;
use super::{BATCH, CHUNK_LEN, SEALED_CHUNK_LEN, SMALL_CALL, Sink, TAG_LEN, Workload};

/// A key, and the plaintext sealed with it at the place where it has in an envelope.
pub(super) struct Floor {
    aead: Aead,
    sealed: Vec<u8>,
    /// Where the first chunk stands.
    start: usize,
}

impl Floor {
    pub(super) fn new(plaintext: &[u8], envelope: &[u8]) -> Self {
        let body_len = plaintext.len() + (plaintext.len() / CHUNK_LEN + 1) * TAG_LEN;
        let start = envelope.len() - body_len;
        let aead = Aead::new();
        let mut sealed = envelope.to_vec();
        seal_slice(&aead, 0, plaintext, &mut sealed[start..]);
        Self { aead, sealed, start }
    }
}

/// From slices to one buffer.
pub(super) fn seal_by_core(workload: &Workload) {
    let mut buffer = workload.buffer.borrow_mut();
    let (chunks, last) = workload.plaintext.as_chunks::<CHUNK_LEN>();
    for (index, chunk) in (0..).zip(chunks.iter().map(|chunk| &chunk[..]).chain([last])) {
        workload.floor.aead.seal(index, chunk, &mut buffer[..chunk.len() + TAG_LEN]);
        black_box(&buffer);
    }
}

/// From slices to one buffer.
pub(super) fn open_by_core(workload: &Workload) {
    let Floor { aead, sealed, start } = &workload.floor;
    let mut buffer = workload.buffer.borrow_mut();
    for (index, sealed) in (0..).zip(sealed[*start..].chunks(SEALED_CHUNK_LEN)) {
        aead.open(index, sealed, &mut buffer[..sealed.len() - TAG_LEN]);
        black_box(&buffer);
    }
}

/// From the caller's slice to a batch, and on to the sink.
pub(super) fn seal_by_writer(workload: &Workload) {
    write(&workload.floor.aead, &workload.plaintext);
}

fn write(aead: &Aead, plaintext: &[u8]) {
    let (chunks, last) = plaintext.as_chunks::<CHUNK_LEN>();
    let mut batch = vec![0; SEALED_CHUNK_LEN * chunks.len().clamp(1, BATCH)];
    let mut index = 0;
    for chunks in chunks.chunks(BATCH) {
        let mut written = 0;
        for (chunk, sealed) in chunks.iter().zip(batch.chunks_mut(SEALED_CHUNK_LEN)) {
            aead.seal(index, chunk, sealed);
            index += 1;
            written += sealed.len();
        }
        Sink.write_all(&batch[..written]).expect("the sink takes all");
    }
    let mut partial = Vec::with_capacity(CHUNK_LEN);
    partial.extend_from_slice(last);
    let sealed = &mut batch[..partial.len() + TAG_LEN];
    aead.seal(index, &partial, sealed);
    Sink.write_all(sealed).expect("the sink takes all");
}

/// From the caller's slices to a chunk, from there to another buffer, and on to the sink.
pub(super) fn seal_by_writer_in_small_calls(workload: &Workload) {
    let Workload { plaintext, floor: Floor { aead, .. }, .. } = workload;
    let mut partial = Vec::with_capacity(CHUNK_LEN);
    let mut sealed = vec![0; SEALED_CHUNK_LEN];
    let mut index = 0;
    for piece in plaintext.chunks(SMALL_CALL) {
        partial.extend_from_slice(piece);
        if partial.len() == CHUNK_LEN {
            aead.seal(index, &partial, &mut sealed);
            Sink.write_all(&sealed).expect("the sink takes all");
            partial.clear();
            index += 1;
        }
    }
    let sealed = &mut sealed[..partial.len() + TAG_LEN];
    aead.seal(index, &partial, sealed);
    Sink.write_all(sealed).expect("the sink takes all");
}

/// From the source to a window, and from there to the caller's buffer.
pub(super) fn seal_by_reader(workload: &Workload) {
    seal_windows(&workload.floor.aead, &workload.plaintext, &mut workload.buffer.borrow_mut());
}

fn seal_windows(aead: &Aead, mut source: &[u8], buffer: &mut [u8]) {
    let mut window = vec![0; BATCH * CHUNK_LEN];
    let mut index = 0;
    loop {
        let len = source.read(&mut window).expect("a slice");
        let (chunks, last) = window[..len].as_chunks::<CHUNK_LEN>();
        let mut sealed = buffer.chunks_mut(SEALED_CHUNK_LEN);
        for (chunk, sealed) in chunks.iter().zip(&mut sealed) {
            aead.seal(index, chunk, sealed);
            index += 1;
        }
        if chunks.len() < BATCH {
            let sealed = sealed.next().expect("less than a batch");
            aead.seal(index, last, &mut sealed[..last.len() + TAG_LEN]);
            black_box(&buffer);
            return;
        }
        black_box(&buffer);
    }
}

/// From a slice to a vector.
pub(super) fn seal_whole(workload: &Workload) {
    let Floor { aead, sealed, start } = &workload.floor;
    let mut output = vec![0; sealed.len()];
    seal_slice(aead, 0, &workload.plaintext, &mut output[*start..]);
    black_box(output);
}

/// From a slice to memory that was used before.
pub(super) fn seal_into(workload: &Workload) {
    let Floor { aead, start, .. } = &workload.floor;
    let mut output = workload.output.borrow_mut();
    seal_slice(aead, 0, &workload.plaintext, &mut output[*start..]);
    black_box(&output);
}

/// From a slice to memory that was used before.
pub(super) fn open_into(workload: &Workload) {
    let Floor { aead, sealed, start } = &workload.floor;
    let mut output = workload.output.borrow_mut();
    open_slice(aead, 0, &sealed[*start..], &mut output[..workload.plaintext.len()]);
    black_box(&output);
}

/// What remains behind the full chunks is the last one, even nothing.
fn seal_slice(aead: &Aead, first: u64, plaintext: &[u8], sealed: &mut [u8]) {
    let (chunks, last) = plaintext.as_chunks::<CHUNK_LEN>();
    let chunks = chunks.iter().map(|chunk| &chunk[..]).chain([last]);
    for ((index, chunk), sealed) in (first..).zip(chunks).zip(sealed.chunks_mut(SEALED_CHUNK_LEN)) {
        aead.seal(index, chunk, sealed);
    }
}

/// From the source to a window, and from there to the caller's buffer.
pub(super) fn open_by_reader(workload: &Workload) {
    let Floor { aead, sealed, start } = &workload.floor;
    open_windows(aead, 0, &sealed[*start..], &mut workload.buffer.borrow_mut());
}

fn open_windows(aead: &Aead, first: u64, sealed: &[u8], buffer: &mut [u8]) {
    let mut place = 0;
    read_windows(first, sealed, |index, sealed| {
        aead.open(index, sealed, &mut buffer[place..place + sealed.len() - TAG_LEN]);
        place = (place + CHUNK_LEN) % (BATCH * CHUNK_LEN);
        black_box(&buffer);
    });
}

/// From the source to a window, opened there, and from there to the caller's buffer.
pub(super) fn open_by_reader_in_small_calls(workload: &Workload) {
    let Workload { floor: Floor { aead, sealed, start }, buffer, .. } = workload;
    let mut buffer = buffer.borrow_mut();
    read_windows(0, &sealed[*start..], |index, sealed| {
        aead.open_in_place(index, sealed);
        for piece in sealed[..sealed.len() - TAG_LEN].chunks(SMALL_CALL) {
            buffer[..piece.len()].copy_from_slice(piece);
            black_box(&buffer);
        }
    });
}

fn read_windows(first: u64, mut source: &[u8], mut open: impl FnMut(u64, &mut [u8])) {
    let mut window = vec![0; BATCH * SEALED_CHUNK_LEN];
    let mut index = first;
    loop {
        let len = source.read(&mut window).expect("a slice");
        for sealed in window[..len].chunks_mut(SEALED_CHUNK_LEN) {
            open(index, sealed);
            index += 1;
        }
        if len < window.len() {
            return;
        }
    }
}

/// From a slice to a vector.
pub(super) fn open_whole(workload: &Workload) {
    let Floor { aead, sealed, start } = &workload.floor;
    let mut plaintext = vec![0; workload.plaintext.len()];
    open_slice(aead, 0, &sealed[*start..], &mut plaintext);
    black_box(plaintext);
}

fn open_slice(aead: &Aead, first: u64, sealed: &[u8], plaintext: &mut [u8]) {
    let (chunks, last) = plaintext.as_chunks_mut::<CHUNK_LEN>();
    let chunks = chunks.iter_mut().map(|chunk| &mut chunk[..]).chain([last]);
    for ((index, chunk), sealed) in (first..).zip(chunks).zip(sealed.chunks(SEALED_CHUNK_LEN)) {
        aead.open(index, sealed, chunk);
    }
}

/// The same by two independent threads, each with half of the chunks and with buffers of its own.
#[cfg(feature = "parallel")]
pub(super) mod two_threads {
    use super::*;

    pub(in super::super) fn seal_by_writer(workload: &Workload) {
        let aead = &workload.floor.aead;
        let (left, right) = workload.plaintext.split_at(middle(workload) * CHUNK_LEN);
        rayon::join(|| write(aead, left), || write(aead, right));
    }

    pub(in super::super) fn seal_by_reader(workload: &Workload) {
        let aead = &workload.floor.aead;
        let (left, right) = workload.plaintext.split_at(middle(workload) * CHUNK_LEN);
        with_buffers(workload, |left_buffer, right_buffer| {
            rayon::join(|| seal_windows(aead, left, left_buffer), || seal_windows(aead, right, right_buffer));
        });
    }

    pub(in super::super) fn seal_whole(workload: &Workload) {
        let Floor { aead, sealed, start } = &workload.floor;
        let mut output = vec![0; sealed.len()];
        let middle = middle(workload);
        let (left, right) = workload.plaintext.split_at(middle * CHUNK_LEN);
        let (left_output, right_output) = output[*start..].split_at_mut(middle * SEALED_CHUNK_LEN);
        rayon::join(|| seal_slice(aead, 0, left, left_output), || seal_slice(aead, index(middle), right, right_output));
        black_box(output);
    }

    pub(in super::super) fn seal_into(workload: &Workload) {
        let Floor { aead, start, .. } = &workload.floor;
        let mut output = workload.output.borrow_mut();
        let middle = middle(workload);
        let (left, right) = workload.plaintext.split_at(middle * CHUNK_LEN);
        let (left_output, right_output) = output[*start..].split_at_mut(middle * SEALED_CHUNK_LEN);
        rayon::join(|| seal_slice(aead, 0, left, left_output), || seal_slice(aead, index(middle), right, right_output));
        black_box(&output);
    }

    pub(in super::super) fn open_into(workload: &Workload) {
        let Floor { aead, sealed, start } = &workload.floor;
        let mut output = workload.output.borrow_mut();
        let middle = middle(workload);
        let (left, right) = sealed[*start..].split_at(middle * SEALED_CHUNK_LEN);
        let (left_output, right_output) = output[..workload.plaintext.len()].split_at_mut(middle * CHUNK_LEN);
        rayon::join(|| open_slice(aead, 0, left, left_output), || open_slice(aead, index(middle), right, right_output));
        black_box(&output);
    }

    pub(in super::super) fn open_by_reader(workload: &Workload) {
        let Floor { aead, sealed, start } = &workload.floor;
        let middle = middle(workload);
        let (left, right) = sealed[*start..].split_at(middle * SEALED_CHUNK_LEN);
        with_buffers(workload, |left_buffer, right_buffer| {
            rayon::join(
                || open_windows(aead, 0, left, left_buffer),
                || open_windows(aead, index(middle), right, right_buffer),
            );
        });
    }

    pub(in super::super) fn open_whole(workload: &Workload) {
        let Floor { aead, sealed, start } = &workload.floor;
        let mut plaintext = vec![0; workload.plaintext.len()];
        let middle = middle(workload);
        let (left, right) = sealed[*start..].split_at(middle * SEALED_CHUNK_LEN);
        let (left_output, right_output) = plaintext.split_at_mut(middle * CHUNK_LEN);
        rayon::join(|| open_slice(aead, 0, left, left_output), || open_slice(aead, index(middle), right, right_output));
        black_box(plaintext);
    }

    /// The number of chunks that one of the two works on.
    fn middle(workload: &Workload) -> usize {
        workload.plaintext.len() / CHUNK_LEN / 2
    }

    fn with_buffers(workload: &Workload, run: impl FnOnce(&mut [u8], &mut [u8])) {
        let mut buffer = workload.buffer.borrow_mut();
        let (left, right) = buffer.split_at_mut(BATCH * SEALED_CHUNK_LEN);
        run(left, right);
    }

    fn index(chunk: usize) -> u64 {
        chunk.try_into().expect("a usize has 64 bits")
    }
}
