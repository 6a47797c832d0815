//! The tag of a header, computed without the library. The tests and the fuzz targets share this
//! file.

use sha2::{Digest, Sha512};

/// The tag of these header bytes under this content key: SPEC §4.1 and §4.2.
pub fn header_tag(key: &[u8; 32], header: &[u8]) -> [u8; 32] {
    let mac_key = hmac(key, b"bulla\0key\0\x01\x01\x00\x40header-mac\x01");
    *hmac(&mac_key, &Sha512::digest(header)).first_chunk().unwrap()
}

/// RFC 2104 with SHA-512 and a key of at most 128 bytes.
fn hmac(key: &[u8], data: &[u8]) -> [u8; 64] {
    let pad = |byte: u8| {
        let mut block = [byte; 128];
        block.iter_mut().zip(key).for_each(|(block, key)| *block ^= key);
        block
    };
    let inner = Sha512::new().chain_update(pad(0x36)).chain_update(data).finalize();
    Sha512::new().chain_update(pad(0x5C)).chain_update(inner).finalize().into()
}
