//! Manifests that verify and break a rule: what only a holder of the content key can make. Sealed
//! by a second implementation, written from `SPEC.md` alone.

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
use bulla::Header;
use bulla::keys::ContentKey;

use super::Hostile;
use crate::schedule::{expand, sha512};

impl Hostile {
    /// The plaintext.
    pub(super) fn entries(&self) -> Vec<u8> {
        let entries = self.entries.iter().take(MAX_ENTRIES);
        let mut bytes: Vec<u8> =
            entries.flat_map(|(len, byte)| [&len.to_be_bytes()[..], &[*byte; 32]].concat()).collect();
        bytes.extend(vec![1; usize::from(self.extra)]);
        bytes
    }

    /// The lengths of the parts, or `None` where a rule is broken (SPEC §5.7).
    pub(super) fn lengths(&self) -> Option<Vec<u64>> {
        let entries = self.entries();
        if !entries.len().is_multiple_of(40) {
            return None;
        }
        let lengths: Vec<u64> =
            entries.chunks(40).map(|entry| u64::from_be_bytes(*entry.first_chunk().unwrap())).collect();
        let total: u128 = lengths.iter().map(|len| u128::from(*len)).sum();
        (lengths.iter().all(|len| *len > 0) && total < 1 << 52).then_some(lengths)
    }
}

/// Seals a manifest (SPEC §4.1, §4.3 and §5).
pub(super) fn seal(header: &Header, key: &ContentKey, aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let header = header.as_bytes();
    let fields_len = usize::try_from(u32::from_be_bytes(*header[12..].first_chunk().unwrap())).unwrap();
    let preamble = sha512(&[&header[..16], &header[20..20 + fields_len]]);
    let context = [b"bulla\0body\0\x05", &preamble[..], &sha512(&[aad])].concat();
    let salt = [7; 24];

    let body_key = expand(key.expose(), &[b"bulla\0key\0", &header[8..10], &[0, 32], b"body"].concat());
    let info = [b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0", &salt[..], &context].concat();
    let derived = expand(&body_key[..32], &info);
    let (key, nonce, commitment) = (&derived[..32], &derived[32..44], &derived[44..76]);

    let cipher = Aes256Gcm::new(key.try_into().unwrap());
    let mut body = [&salt[..], commitment].concat();
    for index in 0..=plaintext.len() / 16384 {
        let piece = &plaintext[index * 16384..plaintext.len().min((index + 1) * 16384)];
        let mut nonce: [u8; 12] = nonce.try_into().unwrap();
        for (byte, counter) in nonce[4..].iter_mut().zip(u64::try_from(index).unwrap().to_be_bytes()) {
            *byte ^= counter;
        }
        let mut sealed = vec![0; piece.len()];
        let buffer = InOutBuf::new(piece, &mut sealed[..]).unwrap();
        let tag = cipher.encrypt_inout_detached((&nonce).into(), &[], buffer).unwrap();
        body.extend_from_slice(&sealed);
        body.extend_from_slice(&tag);
    }
    body
}

const MAX_ENTRIES: usize = 600;
