//! The object, damage to it, and what must come of opening and reading it then.

use bulla::body::body_len;
use bulla::error::{Limit, OpenError, SealError};
use bulla::parts::{Journal, PartsSealer, SealedPart};
use bulla::{Header, Opener, Sealer};

use super::case::{Attempt, Case, Damage};
use crate::fake::{Carrier, refusal_of};
use crate::io::{Sink, write_all};
use crate::model::Model;

/// One attempt at a part.
#[derive(Clone)]
pub(super) struct Part {
    plaintext: Vec<u8>,
    sealed: Vec<u8>,
    /// What was reported.
    len: usize,
    /// Which part it was sealed as.
    number: usize,
}

pub(super) struct Object {
    pub(super) header: Header,
    /// The attempts that the manifest names.
    pub(super) parts: Vec<Part>,
    entries: Vec<u8>,
    manifest: Vec<u8>,
    /// As it is in storage.
    pub(super) file: File,
    foreign: PartsSealer,
    same_aad: bool,
}

/// What storage holds.
#[derive(Clone)]
pub(super) struct File {
    header: Vec<u8>,
    pub(super) parts: Vec<Vec<u8>>,
    pub(super) manifest: Vec<u8>,
    trailer: Vec<u8>,
}

impl Object {
    /// Seals everything, or tells why there is no manifest.
    pub(super) fn new(case: &Case, sealer: &mut PartsSealer, mut journal: Journal) -> Result<Self, SealError> {
        let (mut stored, mut recorded) = (vec![None; case.count()], vec![None; case.count()]);
        for (number, (part, attempt)) in (0..).zip(case.all_attempts()) {
            let Some((sealed, report)) = seal(case, sealer, &journal, part, attempt, number) else { continue };
            let plaintext = attempt.plaintext(number);
            assert_eq!((report.index(), report.len()), (to_u64(part), to_u64(plaintext.len())));
            let len = attempt.lie.map_or(plaintext.len(), usize::from);
            let mut report = report.to_bytes();
            assert_eq!(&report[32..], &sealed[24..56]);
            let place = attempt.place(part, case.count());
            report[16..24].copy_from_slice(&to_u64(place).to_be_bytes());
            report[24..32].copy_from_slice(&to_u64(len).to_be_bytes());
            let of_attempt = Part { plaintext, sealed, len, number: part };
            if attempt.stored {
                stored[place] = Some(of_attempt.sealed.clone());
            }
            if attempt.recorded {
                record(&mut journal, SealedPart::from_bytes(&report), recorded[place].as_ref());
                if len > 0 {
                    recorded[place] = Some(of_attempt);
                }
            }
            assert_eq!(journal.part_count(), to_u64(recorded.iter().flatten().count()));
            // The manifest of what is there so far.
            let bytes = journal.to_bytes();
            let mut copy = Journal::from_bytes(&bytes).unwrap();
            assert!(copy == journal);
            let opened = Opener::new(Carrier::default()).aad(&case.aad).open_header(sealer.header()).unwrap();
            let finished = opened.resume_parts(&copy).unwrap().finish(&mut copy, count_of(&recorded)).map(|_| ());
            assert_eq!(finished, expected_manifest(&recorded));
            journal = Journal::from_bytes(&bytes).unwrap();
        }
        let manifest = sealer.finish(&mut journal, count_of(&recorded))?;
        let parts: Vec<Part> = recorded.into_iter().flatten().collect();
        check_journal(sealer, &journal);
        let key = Carrier::default();
        let entries = parts.iter().flat_map(|part| [&to_u64(part.len).to_be_bytes(), &part.sealed[24..56]].concat());
        let trailer = manifest.file_end().strip_prefix(manifest.as_bytes()).unwrap().to_vec();
        assert_eq!(trailer, to_u64(manifest.as_bytes().len()).to_be_bytes());
        Ok(Self {
            header: sealer.header().clone(),
            entries: entries.collect(),
            parts,
            manifest: manifest.as_bytes().to_vec(),
            file: File {
                header: sealer.header().as_bytes().to_vec(),
                parts: stored.into_iter().flatten().collect(),
                manifest: manifest.as_bytes().to_vec(),
                trailer,
            },
            foreign: Sealer::new(&key).start_parts().unwrap().0,
            same_aad: case.same_aad(),
        })
    }

    pub(super) fn damage(&self, damage: &[Damage]) -> File {
        let mut file = self.file.clone();
        damage.iter().take(MAX_DAMAGE).for_each(|damage| self.damage_once(&mut file, *damage));
        file
    }

    fn damage_once(&self, file: &mut File, damage: Damage) {
        let count = file.parts.len();
        let part = |number: u8| usize::from(number).checked_rem(count);
        match damage {
            Damage::Flip { at, mask } => {
                let total = file.bytes().len();
                let Some(mut at) = usize::try_from(at).unwrap().checked_rem(total) else { return };
                for piece in file.pieces() {
                    if let Some(byte) = piece.get_mut(at) {
                        *byte ^= mask;
                        return;
                    }
                    at -= piece.len();
                }
            }
            Damage::Cut { len } => {
                let mut left = usize::try_from(len).unwrap() % (file.bytes().len() + 1);
                for piece in file.pieces() {
                    piece.truncate(left);
                    left -= piece.len();
                }
            }
            Damage::Extend { len, byte } => file.trailer.resize(file.trailer.len() + usize::from(len), byte),
            Damage::SwapParts(one, other) => {
                if let (Some(one), Some(other)) = (part(one), part(other)) {
                    file.parts.swap(one, other);
                }
            }
            Damage::RepeatPart(number) => {
                if let Some(number) = part(number) {
                    file.parts.insert(number, file.parts[number].clone());
                }
            }
            Damage::DropPart(number) => {
                if let Some(number) = part(number) {
                    file.parts.remove(number);
                }
            }
            Damage::ForeignPart(number) => {
                if let Some(number) = part(number).filter(|number| *number < self.parts.len()) {
                    let plaintext = &self.parts[number].plaintext;
                    file.parts[number] = self.foreign.part(to_u64(number)).unwrap().seal(plaintext).unwrap().0;
                }
            }
            Damage::Trailer(len) => file.trailer = len.to_be_bytes().to_vec(),
            Damage::FlipManifest { at, mask } => {
                if let Some(at) = usize::from(at).checked_rem(file.manifest.len()) {
                    file.manifest[at] ^= mask;
                }
            }
        }
    }

    /// What opening a manifest must end with.
    pub(super) fn manifest_end(&self, manifest: &[u8], limit: Option<u8>) -> Result<(), Refused> {
        let head = manifest.get(..HEAD_LEN).ok_or(OpenError::Truncated)?;
        if !self.same_aad || *head != self.manifest[..HEAD_LEN] {
            return Err(OpenError::WrongAssociatedData.into());
        }
        check_limit(entries_len(manifest).ok_or(OpenError::Truncated)? / 40, limit)?;
        Ok(model(&self.header, &self.entries, &self.manifest, manifest).read(0, usize::MAX).1?)
    }

    /// What opening a file must end with: SPEC §5.7 and §6.4.
    pub(super) fn open(&self, file: &[u8], limit: Option<u8>) -> Result<Payload, Refused> {
        let header = self.header.as_bytes();
        let behind = file.strip_prefix(header).ok_or_else(|| refusal_of(header, file))?;
        let (behind, trailer) = behind.split_last_chunk::<8>().ok_or(OpenError::Truncated)?;
        let manifest_len = usize::try_from(u64::from_be_bytes(*trailer)).unwrap_or(usize::MAX);
        let at = behind.len().checked_sub(manifest_len).ok_or(OpenError::MalformedManifest)?;
        let (sealed, manifest) = behind.split_at(at);
        let len = entries_len(manifest).filter(|len| len.is_multiple_of(40));
        check_limit(len.ok_or(OpenError::MalformedManifest)? / 40, limit)?;
        self.manifest_end(manifest, limit)?;
        let mut rest = sealed;
        let mut parts = Vec::new();
        for (number, part) in self.parts.iter().enumerate() {
            let len = usize::try_from(body_len(to_u64(part.len)).unwrap()).unwrap();
            let given = rest.split_off(..len).ok_or(OpenError::MalformedManifest)?;
            parts.push((
                part.len,
                self.start(number, given).map(|()| model(&self.header, &part.plaintext, &part.sealed, given)),
            ));
        }
        if rest.is_empty() { Ok(Payload(parts)) } else { Err(OpenError::MalformedManifest.into()) }
    }

    /// The lengths of the parts, as they were reported.
    pub(super) fn lengths(&self) -> Vec<u64> {
        self.parts.iter().map(|part| to_u64(part.len)).collect()
    }

    /// Whether the chunks of what stands in the place of a part are reached.
    fn start(&self, number: usize, given: &[u8]) -> Result<(), OpenError> {
        let part = &self.parts[number];
        let sealed = &part.sealed;
        match given.get(..HEAD_LEN) {
            None => Err(OpenError::Truncated),
            Some(head) if head[24..] != sealed[24..HEAD_LEN] => Err(OpenError::ForeignPart { index: to_u64(number) }),
            Some(head) if head != &sealed[..HEAD_LEN] || part.number != number => Err(OpenError::WrongAssociatedData),
            Some(_) => Ok(()),
        }
    }

    /// What opening a part apart releases, in order, and how it ends.
    pub(super) fn part(&self, number: usize, given: &[u8]) -> (&[u8], Result<(), OpenError>) {
        let Part { plaintext, sealed, len, .. } = &self.parts[number];
        if let Err(error) = self.start(number, given) {
            return (&[], Err(error));
        }
        let (full, last) = given[HEAD_LEN..].as_chunks::<SEALED_CHUNK_LEN>();
        let (last_index, last_len) = (len / CHUNK_LEN, len % CHUNK_LEN);
        let (originals, original_last) = sealed[HEAD_LEN..].as_chunks::<SEALED_CHUNK_LEN>();
        let foreign = OpenError::ForeignPart { index: to_u64(number) };
        for (index, chunk) in full.iter().enumerate() {
            let error = match originals.get(index) {
                _ if index >= last_index => foreign.clone(),
                Some(original) if original == chunk => continue,
                _ => OpenError::ChunkAltered { index: to_u64(index) },
            };
            return (&plaintext[..index * CHUNK_LEN], Err(error));
        }
        let index = full.len();
        let end = match last.len().checked_sub(TAG_LEN) {
            None => Err(OpenError::Truncated),
            Some(_) if index < last_index => Err(OpenError::Truncated),
            Some(len) if index == last_index && len < last_len => Err(OpenError::Truncated),
            Some(len) if index > last_index || len > last_len => Err(foreign),
            Some(_) if index == originals.len() && last == original_last => Ok(()),
            Some(_) => Err(OpenError::LastChunkAltered { index: to_u64(index) }),
        };
        (if end.is_ok() { plaintext } else { &plaintext[..index * CHUNK_LEN] }, end)
    }
}

/// The plaintext of each part, as far as it can be read: with its length according to the manifest.
pub(super) struct Payload(pub(super) Vec<(usize, Result<Model, OpenError>)>);

impl Payload {
    pub(super) fn len(&self) -> u64 {
        self.0.iter().map(|(len, _)| to_u64(*len)).sum()
    }

    /// What a read of `len` bytes gives, and how it ends.
    pub(super) fn read(&self, position: u64, len: usize) -> (Vec<u8>, Result<(), OpenError>) {
        let mut seen = Vec::new();
        let mut start = 0;
        for (part_len, part) in &self.0 {
            let end = start + to_u64(*part_len);
            let at = position.saturating_add(to_u64(seen.len()));
            if seen.len() < len && (start..end).contains(&at) {
                let wanted = usize::try_from(end - at).unwrap().min(len - seen.len());
                let (piece, result) = match part {
                    // The last byte comes only if the empty chunk behind it verifies.
                    Ok(model) if at + to_u64(wanted) == end && part_len.is_multiple_of(CHUNK_LEN) => {
                        let whole = usize::from(model.end.is_ok());
                        let (piece, result) = model.read(at - start, wanted - 1 + whole);
                        (piece, result.and(model.end.clone().map(|_| ())))
                    }
                    Ok(model) => model.read(at - start, wanted),
                    Err(error) => (Vec::new(), Err(error.clone())),
                };
                seen.extend_from_slice(&piece);
                if result.is_err() {
                    return (seen, result);
                }
            }
            start = end;
        }
        // The end is reported only if the last part verifies to its end.
        let end = match self.0.last() {
            Some((_, Ok(model))) if seen.len() < len => model.end.clone().map(|_| ()),
            Some((_, Err(error))) if seen.len() < len => Err(error.clone()),
            _ => Ok(()),
        };
        (seen, end)
    }
}

/// The length of the plaintext in a manifest, unless there is none of this length.
fn entries_len(manifest: &[u8]) -> Option<usize> {
    let chunks_len = manifest.len().checked_sub(HEAD_LEN)?;
    let last_len = (chunks_len % SEALED_CHUNK_LEN).checked_sub(TAG_LEN)?;
    Some(chunks_len / SEALED_CHUNK_LEN * CHUNK_LEN + last_len)
}

impl File {
    fn pieces(&mut self) -> impl Iterator<Item = &mut Vec<u8>> {
        [&mut self.header].into_iter().chain(&mut self.parts).chain([&mut self.manifest, &mut self.trailer])
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        [&self.header[..], &self.parts.concat(), &self.manifest, &self.trailer].concat()
    }
}

/// Seals an attempt. `None` if there is nothing to seal, which is refused.
fn seal(
    case: &Case,
    sealer: &PartsSealer,
    journal: &Journal,
    part: usize,
    attempt: Attempt,
    number: u8,
) -> Option<(Vec<u8>, SealedPart)> {
    let key = Carrier::default();
    let opened = Opener::new(&key).aad(&case.aad).open_header(sealer.header()).unwrap();
    let resumed = opened.resume_parts(journal).unwrap();
    let sealer = if attempt.resumed { &resumed } else { sealer };
    let (sealer, plaintext) = (sealer.part(to_u64(part)).unwrap(), attempt.plaintext(number));
    if !attempt.streamed {
        let sealed = sealer.seal(&plaintext);
        assert_eq!(sealed.is_err(), plaintext.is_empty());
        return sealed.map_err(|error| assert_eq!(error, SealError::EmptyPart)).ok();
    }
    let mut writer = sealer.wrap_output(Sink::new(&case.steps));
    write_all(&mut writer, &case.sizes, &plaintext, |_| Ok(())).unwrap();
    loop {
        match writer.finish() {
            Ok((sink, report)) => return Some((sink.taken, report)),
            Err(failed) => {
                let (error, failed) = failed.into_parts();
                if error.kind() == std::io::ErrorKind::WouldBlock {
                    writer = failed;
                    continue;
                }
                assert!(plaintext.is_empty() && SealError::from_io(&error) == Some(&SealError::EmptyPart));
                return None;
            }
        }
    }
}

/// Takes note of a part, whatever was noted before.
fn record(journal: &mut Journal, part: SealedPart, before: Option<&Part>) {
    if part.len() == 0 {
        assert_eq!(journal.replace(part), Err(SealError::EmptyPart));
        return;
    }
    let other = Err(SealError::OtherAttempt { index: part.index() });
    assert_eq!(journal.record(part), if before.is_some() { other } else { Ok(()) });
    journal.replace(part).unwrap();
    assert_eq!(journal.record(part), Ok(()));
    assert!(journal.contains(part.index()));
}

fn count_of(recorded: &[Option<Part>]) -> u64 {
    to_u64(recorded.iter().rposition(Option::is_some).map_or(0, |last| last + 1))
}

fn expected_manifest(recorded: &[Option<Part>]) -> Result<(), SealError> {
    let missing = (0..count_of(recorded)).zip(recorded).find(|(_, part)| part.is_none());
    missing.map_or(Ok(()), |(index, _)| Err(SealError::MissingPart { index }))
}

/// Once there is a manifest, there is none with other entries, nor one of another header.
fn check_journal(sealer: &mut PartsSealer, journal: &Journal) {
    let mut again = Journal::from_bytes(&journal.to_bytes()).unwrap();
    let count = again.part_count();
    assert!(sealer.finish(&mut again, count).is_ok() && again == *journal);
    let more = sealer.part(count).unwrap().seal(b"more").unwrap().1;
    assert_eq!(again.record(more), Err(SealError::SecondManifest));
    assert_eq!(sealer.finish(&mut again, count + 1).map(|_| ()), Err(SealError::MissingPart { index: count }));
    let key = Carrier::default();
    let (mut other, _) = Sealer::new(&key).start_parts().unwrap();
    assert_eq!(other.finish(&mut again, count).map(|_| ()), Err(SealError::OtherHeader));
    let opened = Opener::new(&key).open_header(other.header()).unwrap();
    assert_eq!(opened.resume_parts(journal).map(|_| ()), Err(SealError::OtherHeader));
}

/// Why something does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// There are more parts than this limit.
    Parts(u64),
    Other(OpenError),
}

impl From<OpenError> for Refused {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::LimitExceeded(exceeded) if exceeded.limit == Limit::Parts => Self::Parts(exceeded.max),
            other => Self::Other(other),
        }
    }
}

pub(super) fn check_limit(parts: usize, limit: Option<u8>) -> Result<(), Refused> {
    let max = limit.map_or(DEFAULT_PARTS, usize::from);
    if parts <= max { Ok(()) } else { Err(Refused::Parts(to_u64(max))) }
}

/// What can be read of `given`, which has the head of `sealed`.
fn model(header: &Header, plaintext: &[u8], sealed: &[u8], given: &[u8]) -> Model {
    let envelope = [header.as_bytes(), sealed].concat();
    Model::changed(plaintext.to_vec(), envelope, |chunks| *chunks = given[HEAD_LEN..].to_vec())
}

pub(super) fn to_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap()
}

const HEAD_LEN: usize = bulla::body::BodySealer::HEAD_LEN;
const CHUNK_LEN: usize = bulla::body::BodySealer::CHUNK_LEN;
const SEALED_CHUNK_LEN: usize = bulla::body::BodySealer::SEALED_CHUNK_LEN;
const TAG_LEN: usize = bulla::body::BodySealer::TAG_LEN;
const DEFAULT_PARTS: usize = 65_536;

/// More only makes the input larger.
const MAX_DAMAGE: usize = 8;
