//! Reads a range of a sealed object in a store, with two requests.

use std::error::Error;
use std::ops::Range;

use bulla::body::{BodyOpener, RangeOpener};
use bulla::error::OpenError;
use bulla::keys::KeySize;
use bulla::{Header, Limits, Opener, RsaIdentity};

/// Stands for a store that serves ranges, and less if the object ends before.
struct Store(Vec<u8>);

impl Store {
    fn len(&self) -> Result<u64, Box<dyn Error>> {
        Ok(u64::try_from(self.0.len())?)
    }

    fn get(&self, range: Range<u64>) -> Result<&[u8], Box<dyn Error>> {
        let (start, end) = (usize::try_from(range.start)?, usize::try_from(range.end)?);
        self.0.get(start..end.min(self.0.len())).ok_or("416 Range Not Satisfiable".into())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let identity = RsaIdentity::generate(KeySize::Rsa3072)?;
    let store = Store(bulla::seal(identity.recipient(), &[7; 1_000_000])?);

    // 16 KiB hold the header for some 30 recipients. If it is longer, this fails with
    // `Truncated`: `Header::len_from_prefix` says how much to fetch.
    let (header, body) = Header::split(store.get(0..16 << 10)?, &Limits::default())?;
    let head = body.first_chunk::<{ BodyOpener::HEAD_LEN }>().ok_or(OpenError::Truncated)?;
    let opener = Opener::new(identity).open_header(&header)?.range_opener(head)?;

    let wanted = 500_000..500_100;
    let fetch = header.envelope_range(wanted.clone()).ok_or("nothing is wanted")?;
    // Authentic, and shorter than asked for only at the verified end of the plaintext.
    assert_eq!(opener.open_range(wanted, store.get(fetch)?)?, [7; 100]);

    // The length of the object is a claim. Its last chunk verifies it.
    let body_len = store.len()? - header.body_offset();
    let last = header.body_offset() + RangeOpener::last_chunk_offset(body_len)?;
    assert_eq!(opener.verify_len(body_len, store.get(last..store.len()?)?)?, 1_000_000);
    Ok(())
}
