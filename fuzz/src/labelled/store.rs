//! The store, what is done to it, and what must come of opening a message then.

use std::collections::BTreeMap;

use bulla::error::OpenError;
use bulla::{MessageSealer, SealReader, SealWriter};

use super::case::{Case, Change, LABELS, MAX_MESSAGES, Message, label};
use crate::io::{Sink, Source, loop_reads, write_all};
use crate::model::Model;

/// Messages by the number of the label under which they are looked for.
pub(super) struct Store(pub(super) BTreeMap<u8, Stored>);

#[derive(Clone)]
pub(super) struct Stored {
    /// The number of the label under which it was sealed.
    label: u8,
    foreign: bool,
    plaintext: Vec<u8>,
    /// As it was sealed.
    original: Vec<u8>,
    pub(super) bytes: Vec<u8>,
}

impl Store {
    pub(super) fn new(case: &Case, sealer: &MessageSealer, foreign: &MessageSealer) -> Self {
        let mut store = BTreeMap::new();
        for (number, message) in (0..).zip(case.messages.iter().take(MAX_MESSAGES)) {
            let plaintext = message.plaintext(number);
            let sealer = if message.foreign { foreign } else { sealer };
            let original = seal(case, sealer, message, &plaintext);
            assert_eq!(Some(to_u64(original.len())), bulla::body::body_len(to_u64(plaintext.len())));
            let (label, foreign) = (message.label % LABELS, message.foreign);
            store.insert(label, Stored { label, foreign, plaintext, bytes: original.clone(), original });
        }
        let mut store = Self(store);
        case.changes.iter().take(MAX_CHANGES).for_each(|change| store.change(*change));
        store
    }

    fn slot(&self, number: u8) -> Option<u8> {
        self.0.keys().nth(usize::from(number).checked_rem(self.0.len())?).copied()
    }

    fn change(&mut self, change: Change) {
        let slot = match change {
            Change::Swap(slot, _) | Change::Copy { from: slot, .. } => slot,
            Change::Flip { slot, .. } | Change::Cut { slot, .. } | Change::Extend { slot, .. } => slot,
            Change::SwapChunks { slot, .. } | Change::Splice { slot, .. } => slot,
        };
        let Some(slot) = self.slot(slot) else { return };
        let mut stored = self.0[&slot].clone();
        let bytes = &mut stored.bytes;
        let head = HEAD_LEN.min(bytes.len());
        match change {
            Change::Swap(_, other) => {
                let other = self.slot(other).unwrap();
                let moved = self.0.insert(other, stored).unwrap();
                self.0.insert(slot, moved);
                return;
            }
            Change::Copy { to, .. } => {
                self.0.insert(to % LABELS, stored);
                return;
            }
            Change::Flip { at, mask, .. } => {
                if let Some(at) = usize::try_from(at).unwrap().checked_rem(bytes.len()) {
                    bytes[at] ^= mask;
                }
            }
            Change::Cut { len, .. } => bytes.truncate(usize::from(len) % (bytes.len() + 1)),
            Change::Extend { len, byte, .. } => bytes.resize(bytes.len() + usize::from(len), byte),
            Change::SwapChunks { one, other, .. } => {
                let (chunks, _) = bytes[head..].as_chunks_mut::<SEALED_CHUNK_LEN>();
                let [one, other] = [one, other].map(|number| usize::from(number).checked_rem(chunks.len()));
                if let (Some(one), Some(other)) = (one, other) {
                    chunks.swap(one, other);
                }
            }
            Change::Splice { from, chunk, .. } => {
                let from = &self.0[&self.slot(from).unwrap()].bytes;
                let (theirs, _) = from[HEAD_LEN.min(from.len())..].as_chunks::<SEALED_CHUNK_LEN>();
                let (ours, _) = bytes[head..].as_chunks_mut::<SEALED_CHUNK_LEN>();
                if let Some(chunk) = usize::from(chunk).checked_rem(ours.len().min(theirs.len())) {
                    ours[chunk] = theirs[chunk];
                }
            }
        }
        self.0.insert(slot, stored);
    }
}

impl Stored {
    /// Whether the chunks are reached when this is looked for under label `slot`.
    pub(super) fn start(&self, slot: u8, same_aad: bool) -> Result<(), OpenError> {
        match self.bytes.get(..HEAD_LEN) {
            None => Err(OpenError::Truncated),
            Some(head) if head == &self.original[..HEAD_LEN] && self.label == slot && !self.foreign && same_aad => {
                Ok(())
            }
            Some(_) => Err(OpenError::WrongAssociatedData),
        }
    }

    /// What can be read of it then, or of `bytes`, what is left of it.
    pub(super) fn model(&self, header: &[u8], bytes: &[u8]) -> Model {
        let envelope = [header, &self.original].concat();
        Model::changed(self.plaintext.clone(), envelope, |chunks| *chunks = bytes[HEAD_LEN..].to_vec())
    }
}

fn seal(case: &Case, sealer: &MessageSealer, message: &Message, plaintext: &[u8]) -> Vec<u8> {
    let label = label(message.label % LABELS);
    match message.way % 4 {
        0 => sealer.seal(label, plaintext).unwrap(),
        1 => {
            let mut writer: SealWriter<_> = sealer.message(label).unwrap().wrap_output(Sink::new(&case.steps));
            write_all(&mut writer, &case.sizes, plaintext, SealWriter::try_finish).unwrap();
            writer.get_ref().taken.clone()
        }
        2 => {
            let source = Source::new(plaintext, &case.steps);
            let mut reader: SealReader<_> = sealer.message(label).unwrap().wrap_input(source);
            let mut sealed = Vec::new();
            let read = |output: &mut [u8]| std::io::Read::read(&mut reader, output);
            loop_reads(&case.sizes, read, |bytes| sealed.extend_from_slice(bytes)).unwrap();
            sealed
        }
        _ => {
            let envelope = sealer.start(label).unwrap().seal(plaintext).unwrap();
            envelope.strip_prefix(sealer.header().as_bytes()).unwrap().to_vec()
        }
    }
}

fn to_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap()
}

const HEAD_LEN: usize = bulla::body::BodySealer::HEAD_LEN;
const SEALED_CHUNK_LEN: usize = bulla::body::BodySealer::SEALED_CHUNK_LEN;

/// More only makes the input larger.
const MAX_CHANGES: usize = 8;
