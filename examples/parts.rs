//! Seals one object in parts on several threads, in any order, and reads it at any position.

use std::error::Error;
use std::thread;

use bulla::keys::KeySize;
use bulla::parts::{Joined, Journal};
use bulla::{Opener, RsaIdentity, Sealer};

fn main() -> Result<(), Box<dyn Error>> {
    let identity = RsaIdentity::generate(KeySize::Rsa3072)?;
    let (mut parts, journal) = Sealer::new(identity.recipient()).start_parts()?;
    let payload: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();

    // Each worker seals one part. In their place could be processes on other machines.
    let count = u64::try_from(payload.chunks(1 << 20).len())?;
    let sealed = thread::scope(|scope| {
        let parts = &parts;
        let seal = move |(index, part)| parts.part(index)?.seal(part);
        let pieces = (0..).zip(payload.chunks(1 << 20));
        let work = pieces.map(|piece| scope.spawn(move || seal(piece)));
        let workers: Vec<_> = work.collect();
        let sealed = workers.into_iter().map(|worker| worker.join().unwrap());
        sealed.collect::<Result<Vec<_>, _>>()
    })?;

    // Kept on a disk, the journal lets another process go on after a crash.
    let mut journal = Journal::from_bytes(&journal.to_bytes())?;
    sealed.iter().try_for_each(|(_, report)| journal.record(*report))?;
    let manifest = parts.finish(&mut journal, count)?;

    // Objects of their own, in the place of one file.
    let mut objects = vec![parts.header().as_bytes().to_vec()];
    objects.extend(sealed.into_iter().map(|(part, _)| part));
    objects.push(manifest.file_end());
    let reader = Opener::new(&identity).open_parts_at(Joined::new(objects)?)?;
    let mut piece = [0; 40_000];
    reader.read_exact_at(&mut piece, 1_040_000)?;
    assert_eq!(piece[..], payload[1_040_000..1_080_000]);
    Ok(())
}
