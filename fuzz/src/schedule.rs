//! The derivations of keys, without the library (SPEC §4.1).

use sha2::{Digest, Sha512};

/// HKDF-Expand with SHA-512 (RFC 5869): 128 bytes, of which a caller takes what it needs.
pub(crate) fn expand(key: &[u8], info: &[u8]) -> Vec<u8> {
    let first = hmac(key, &[info, &[1]].concat());
    let second = hmac(key, &[&first, info, &[2]].concat());
    [first, second].concat()
}

pub(crate) fn sha512(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().fold(Sha512::new(), |digest, part| digest.chain_update(part)).finalize().to_vec()
}

/// HMAC-SHA-512 (RFC 2104) with a short key.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let pad = |byte: u8| {
        let mut pad = [byte; 128];
        pad.iter_mut().zip(key).for_each(|(pad, key)| *pad ^= key);
        pad
    };
    sha512(&[&pad(0x5C), &sha512(&[&pad(0x36), message])])
}
