//! The bare AEAD, moving bytes as the adapters do.

use std::hint::black_box;
use std::io::{Read, Write};

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};

use super::{BATCH, CHUNK_LEN, SEALED_CHUNK_LEN, SMALL_CALL, Sink, TAG_LEN, Workload};

/// A key, and the payload sealed with it at the place where it has in an envelope.
pub(super) struct Floor {
    aead: Aes256Gcm,
    sealed: Vec<u8>,
    /// Where the first chunk stands.
    start: usize,
}

impl Floor {
    pub(super) fn new(plaintext: &[u8], envelope: &[u8]) -> Self {
        let sealed_len = plaintext.len() + (plaintext.len() / CHUNK_LEN + 1) * TAG_LEN;
        let mut floor = Self {
            aead: Aes256Gcm::new(&[7; 32].into()),
            sealed: envelope.to_vec(),
            start: envelope.len() - sealed_len,
        };
        floor.sealed = floor.seal_whole(plaintext);
        floor
    }

    fn seal_whole(&self, plaintext: &[u8]) -> Vec<u8> {
        let mut output = vec![0; self.sealed.len()];
        let sealed = output[self.start..].chunks_mut(SEALED_CHUNK_LEN);
        // What remains behind the full chunks is the last one, even nothing.
        let (chunks, last) = plaintext.as_chunks::<CHUNK_LEN>();
        let chunks = chunks.iter().map(|chunk| &chunk[..]).chain([last]);
        for ((index, chunk), sealed) in (0..).zip(chunks).zip(sealed) {
            self.seal(index, chunk, sealed);
        }
        output
    }

    fn seal(&self, index: u64, plaintext: &[u8], sealed: &mut [u8]) {
        let (ciphertext, tag) = sealed.split_at_mut(plaintext.len());
        let buffer = InOutBuf::new(plaintext, ciphertext).expect("split to equal lengths");
        tag.copy_from_slice(&self.aead.encrypt_inout_detached(&nonce(index), &[], buffer).expect("short enough"));
    }

    fn open(&self, index: u64, sealed: &[u8], plaintext: &mut [u8]) {
        let (ciphertext, tag) = sealed.split_at(plaintext.len());
        let buffer = InOutBuf::new(ciphertext, plaintext).expect("split to equal lengths");
        let tag = tag.try_into().expect("sealed is longer by a tag");
        self.aead.decrypt_inout_detached(&nonce(index), &[], buffer, tag).expect("sealed with the same key");
    }

    fn open_in_place(&self, index: u64, sealed: &mut [u8]) {
        let (ciphertext, tag) = sealed.split_last_chunk_mut::<TAG_LEN>().expect("a tag at the end");
        let tag = (&*tag).into();
        self.aead.decrypt_inout_detached(&nonce(index), &[], ciphertext.into(), tag).expect("sealed with the same key");
    }
}

/// From the caller's slice to a batch, and on to the sink.
pub(super) fn seal_by_writer(workload: &Workload) {
    let Workload { plaintext, floor, .. } = workload;
    let (chunks, last) = plaintext.as_chunks::<CHUNK_LEN>();
    let mut batch = vec![0; SEALED_CHUNK_LEN * chunks.len().clamp(1, BATCH)];
    let mut index = 0;
    for chunks in chunks.chunks(BATCH) {
        let mut written = 0;
        for (chunk, sealed) in chunks.iter().zip(batch.chunks_mut(SEALED_CHUNK_LEN)) {
            floor.seal(index, chunk, sealed);
            index += 1;
            written += sealed.len();
        }
        Sink.write_all(&batch[..written]).expect("the sink takes all");
    }
    let mut partial = Vec::with_capacity(CHUNK_LEN);
    partial.extend_from_slice(last);
    let sealed = &mut batch[..partial.len() + TAG_LEN];
    floor.seal(index, &partial, sealed);
    Sink.write_all(sealed).expect("the sink takes all");
}

/// From the caller's slices to a chunk, from there to another buffer, and on to the sink.
pub(super) fn seal_by_writer_in_small_calls(workload: &Workload) {
    let Workload { plaintext, floor, .. } = workload;
    let mut partial = Vec::with_capacity(CHUNK_LEN);
    let mut sealed = vec![0; SEALED_CHUNK_LEN];
    let mut index = 0;
    for piece in plaintext.chunks(SMALL_CALL) {
        partial.extend_from_slice(piece);
        if partial.len() == CHUNK_LEN {
            floor.seal(index, &partial, &mut sealed);
            Sink.write_all(&sealed).expect("the sink takes all");
            partial.clear();
            index += 1;
        }
    }
    let sealed = &mut sealed[..partial.len() + TAG_LEN];
    floor.seal(index, &partial, sealed);
    Sink.write_all(sealed).expect("the sink takes all");
}

/// From the source to a window, and from there to the caller's buffer.
pub(super) fn seal_by_reader(workload: &Workload) {
    let Workload { plaintext, floor, buffer, .. } = workload;
    let mut buffer = buffer.borrow_mut();
    let mut source = &plaintext[..];
    let mut window = vec![0; BATCH * CHUNK_LEN];
    let mut index = 0;
    loop {
        let len = source.read(&mut window).expect("a slice");
        let (chunks, last) = window[..len].as_chunks::<CHUNK_LEN>();
        let mut sealed = buffer.chunks_mut(SEALED_CHUNK_LEN);
        for (chunk, sealed) in chunks.iter().zip(&mut sealed) {
            floor.seal(index, chunk, sealed);
            index += 1;
        }
        if chunks.len() < BATCH {
            let sealed = sealed.next().expect("less than a batch");
            floor.seal(index, last, &mut sealed[..last.len() + TAG_LEN]);
            black_box(&buffer);
            return;
        }
        black_box(&buffer);
    }
}

/// From a slice to a vector.
pub(super) fn seal_whole(workload: &Workload) {
    black_box(workload.floor.seal_whole(&workload.plaintext));
}

/// From the source to a window, and from there to the caller's buffer.
pub(super) fn open_by_reader(workload: &Workload) {
    let Workload { floor, buffer, .. } = workload;
    let mut buffer = buffer.borrow_mut();
    read_windows(floor, |index, sealed| {
        let place = usize::try_from(index).expect("a small number") % BATCH * CHUNK_LEN;
        floor.open(index, sealed, &mut buffer[place..place + sealed.len() - TAG_LEN]);
        black_box(&buffer);
    });
}

/// From the source to a window, opened there, and from there to the caller's buffer.
pub(super) fn open_by_reader_in_small_calls(workload: &Workload) {
    let Workload { floor, buffer, .. } = workload;
    let mut buffer = buffer.borrow_mut();
    read_windows(floor, |index, sealed| {
        floor.open_in_place(index, sealed);
        for piece in sealed[..sealed.len() - TAG_LEN].chunks(SMALL_CALL) {
            buffer[..piece.len()].copy_from_slice(piece);
            black_box(&buffer);
        }
    });
}

fn read_windows(floor: &Floor, mut open: impl FnMut(u64, &mut [u8])) {
    let mut source = &floor.sealed[floor.start..];
    let mut window = vec![0; BATCH * SEALED_CHUNK_LEN];
    let mut index = 0;
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
    let Floor { sealed, start, .. } = &workload.floor;
    let mut plaintext = vec![0; workload.plaintext.len()];
    let (chunks, last) = plaintext.as_chunks_mut::<CHUNK_LEN>();
    let chunks = chunks.iter_mut().map(|chunk| &mut chunk[..]).chain([last]);
    for ((index, chunk), sealed) in (0..).zip(chunks).zip(sealed[*start..].chunks(SEALED_CHUNK_LEN)) {
        workload.floor.open(index, sealed, chunk);
    }
    black_box(plaintext);
}

fn nonce(index: u64) -> aes_gcm::Nonce<aes_gcm::aead::consts::U12> {
    let mut nonce = [7; 12];
    for (byte, counter) in nonce[4..].iter_mut().zip(index.to_be_bytes()) {
        *byte ^= counter;
    }
    nonce.into()
}
