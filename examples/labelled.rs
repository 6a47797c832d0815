//! Seals the rows of a table under one RSA operation, and opens single ones.

use std::collections::HashMap;
use std::error::Error;

use bulla::keys::KeySize;
use bulla::{CachingOpener, Header, Label, Limits, Opener};
use bulla::{RenewingSealer, RsaIdentity, Sealer};

fn main() -> Result<(), Box<dyn Error>> {
    let identity = RsaIdentity::generate(KeySize::Rsa3072)?;
    let sealer = RenewingSealer::new(Sealer::new(identity.recipient())).max_messages(1_000);

    // The headers are kept once. Each row knows the number of its header.
    let mut headers: Vec<Vec<u8>> = Vec::new();
    let mut rows = HashMap::new();
    for number in 0..3_000_u32 {
        let label = Label::of_values([b"customers".as_slice(), &number.to_be_bytes()]);
        let (header, message) = sealer.seal(label, format!("customer {number}").as_bytes())?;
        if headers.last().is_none_or(|last| last != header.as_bytes()) {
            headers.push(header.as_bytes().to_vec());
        }
        rows.insert(number, (headers.len() - 1, message));
    }
    assert_eq!(headers.len(), 3);

    let opener = CachingOpener::new(Opener::new(identity));
    for number in [2_999, 7, 1_500, 8] {
        let (header, message) = &rows[&number];
        let header = Header::parse(&headers[*header], &Limits::default())?;
        let label = Label::of_values([b"customers".as_slice(), &number.to_be_bytes()]);
        let row = opener.open_header(&header)?.message(label).open(message)?;
        println!("{}", String::from_utf8(row)?);
    }
    Ok(())
}
