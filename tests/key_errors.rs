//! What is said of every kind of file that is not read as the key that is needed.

#[path = "common/key_samples.rs"]
mod key_samples;
#[path = "common/signing_samples.rs"]
mod signing_samples;
#[path = "common/variants.rs"]
mod variants;

use std::collections::BTreeSet;

#[cfg(feature = "x509")]
use bulla::Certificate;
use bulla::error::KeyError;
use bulla::senders::AnyVerifier;
use bulla::{RsaIdentity, RsaRecipient};

/// What the file is read as.
#[derive(Clone, Copy, Debug)]
enum As {
    Public,
    Private,
    /// A public key in text.
    Text,
    /// A public key to verify with.
    Verifier,
    /// The same, of an elliptic curve.
    #[cfg(any(feature = "aws-lc-rs", all(feature = "p256", feature = "ed25519")))]
    CurveVerifier,
    /// A private key under another passphrase than that of the tests.
    #[cfg(feature = "encrypted-keys")]
    UnderAnotherPassphrase,
    /// A private key whose passphrase must cost next to nothing.
    #[cfg(feature = "encrypted-keys")]
    UnderACheapPassphrase,
    #[cfg(feature = "x509")]
    Certificate,
}

/// What is read, the name of the file, and what is said of it.
const REFUSALS: &[(As, &str, &str)] = &[
    (As::Public, "nothing.txt", "empty: a key is needed here"),
    (As::Private, "text.txt", "no key found: neither PEM nor DER, nor a line of OpenSSH"),
    (As::Text, "spki.der", "DER where text is needed, which `from_der` and `from_key_file` read"),
    (As::Public, "utf16.pem", "text in UTF-16, as PowerShell writes it; ASCII or UTF-8 is needed"),
    (As::Private, "escaped.env", "PEM whose line ends are written out as \\n"),
    (As::Public, "other.json", "JSON without a key that is recognised in it"),
    (As::Private, "with-pem.json", "PEM inside of JSON, which is not read"),
    (As::Public, "kms.json", "an answer of AWS KMS as JSON, which is not read"),
    (As::Private, "private.jwk", "a JSON Web Key (JWK), which is not read"),
    (As::Public, "public.jwks", "a set of JSON Web Keys (JWKS), which is not read"),
    (As::Private, "private.xml", "an RSA key of .NET as XML, which is not read"),
    (As::Public, "error-page.html", "an HTML page and not a key"),
    (As::Private, "base64-of-pem.txt", "PEM that was encoded in base64 once more"),
    (As::Public, "hexadecimal.txt", "DER in hexadecimal digits, which is not read"),
    (As::Private, "pkcs12.p12", "PKCS#12 (.p12, .pfx or a Java keystore), which is not read"),
    (As::Private, "keystore.jks", "a Java keystore, which is not read"),
    (As::Private, "putty.ppk", "a key of PuTTY, which is not read"),
    (As::Public, "ssh2.pub", "a public key of SSH2 (RFC 4716), which is not read"),
    (As::Private, "ssh2.private", "a private key of ssh.com, which is not read"),
    (As::Private, "openssh.private", "a private key of OpenSSH, which is not read"),
    (As::Private, "ssh1.private", "a key of SSH protocol 1, which is not read"),
    (As::Public, "openssh.cert.pub", "a certificate of OpenSSH: give the public key that it was made from"),
    (As::Public, "sha2.pub", "an SSH line that starts with the name of a signature algorithm instead of ssh-rsa"),
    (As::Public, "openpgp.asc", "an OpenPGP key, which is not read"),
    (As::Public, "pkcs7.der", "a PKCS#7 bundle, which holds certificates and no key by itself"),
    (As::Public, "request.der", "a certificate request and not a key"),
    (As::Public, "list.der", "a certificate revocation list and not a key"),
    (As::Public, "certificate.pem", "an X.509 certificate and not a key by itself"),
    (As::Public, "trusted.pem", "a certificate in OpenSSL's own form (TRUSTED CERTIFICATE), which is not read"),
    (As::Private, "private.blob", "a private key of the Windows CryptoAPI, which is not read"),
    (As::Public, "public.blob", "a public key of the Windows CryptoAPI, which is not read"),
    (As::Private, "key.pvk", "a private key of Microsoft's tools (.pvk), which is not read"),
    (As::Private, "tpm.pem", "a key that only a TPM can use: an identity that asks the TPM is needed"),
    (As::Private, "pkcs11.txt", "the URI of a key in a PKCS#11 token: an identity that asks the token is needed"),
    (As::Private, "envelope.bulla", "a Bulla envelope and not a key"),
    (As::Public, "no-end.pem", "damaged PEM: the END line is missing, copy the whole key"),
    (As::Public, "no-begin.pem", "damaged PEM: the BEGIN line is missing, copy the whole key"),
    (As::Public, "label-mismatch.pem", "damaged PEM: the labels after BEGIN and END differ"),
    (As::Public, "four-dashes.pem", "damaged PEM: BEGIN and END need exactly five hyphens (-) on both sides"),
    (As::Public, "quoted.pem", "damaged PEM: the lines start with the quoting marks of a mail"),
    (As::Private, "headers.pem", "damaged PEM: header lines in the block"),
    (As::Public, "character.pem", "damaged PEM: the character '*' (U+002A) in line 2"),
    (As::Public, "cut.pem", "damaged PEM: characters of the base64 text are missing or were changed"),
    (As::Private, "label.pem", "not a label that is read: a PEM block labelled \"ANY PRIVATE KEY\""),
    (As::Private, "bag.pem", "the key that is needed is not among these: 2 \"CERTIFICATE\""),
    (As::Public, "two.pem", "several keys, give one per file; there are: 2 \"PUBLIC KEY\""),
    (As::Public, "two.pub", "several keys, give one per file; there are: 2 \"ssh-rsa\""),
    (As::Public, "cut.pub", "damaged line of OpenSSH, copy the whole line"),
    (As::Public, "empty-sequence.pem", "malformed DER: not the structure of a key"),
    (As::Public, "truncated.der", "truncated DER: 94 bytes of the key are missing"),
    (As::Public, "truncated-by-one.der", "truncated DER: 1 byte of the key is missing"),
    (As::Public, "truncated-inside.der", "truncated DER: a part of the key is missing"),
    (As::Public, "trailing-byte.der", "malformed DER: 1 byte follows the key"),
    (As::Public, "trailing-bytes.der", "malformed DER: 512 bytes follow the key"),
    (As::Public, "long-length.der", "not DER, but BER: a length is not encoded in the one way of DER"),
    (As::Public, "unused-bits.der", "malformed DER: the public key does not end at a byte"),
    (As::Private, "version-2.der", "malformed DER: unknown version of the structure of a key"),
    (As::Public, "negative.der", "malformed DER: the modulus n is negative, its leading zero byte is missing"),
    (As::Public, "leading-zeros.der", "malformed DER: the public exponent e has superfluous leading zero bytes"),
    (As::Private, "without-primes.der", "the key is incomplete: the prime p is missing"),
    (As::Public, "surplus-part.der", "malformed DER: 1 part more than a key has"),
    (As::Public, "surplus-parts.der", "malformed DER: 2 parts more than a key has"),
    (As::Private, "other-public-key.der", "the public key in the file does not belong to the private key"),
    (As::Public, "pkcs8.pem", "this is a private key, a public key is needed here"),
    (As::Private, "spki.pem", "this is a public key, a private key is needed here"),
    // Damaged DER, but first of all another thing.
    (As::Public, "private-negative.der", "this is a private key, a public key is needed here"),
    (As::Private, "long-length.der", "this is a public key, a private key is needed here"),
    (As::Public, "indefinite-length.p12", "PKCS#12 (.p12, .pfx or a Java keystore), which is not read"),
    (As::Public, "indefinite-length.p7", "a PKCS#7 bundle, which holds certificates and no key by itself"),
    (As::Public, "certificate-and-a-line-end.der", "an X.509 certificate and not a key by itself"),
    (As::Private, "public.jwk", "this is a public key, a private key is needed here"),
    (As::Private, "public.xml", "this is a public key, a private key is needed here"),
    (As::Private, "encrypted.pem", "the private key is encrypted with a passphrase"),
    (As::Private, "elliptic-curve.pem", "not an RSA key: its algorithm is elliptic curve (EC) (1.2.840.10045.2.1)"),
    (
        As::Private,
        "pss.der",
        "the key is restricted to RSASSA-PSS (1.2.840.113549.1.1.10): it is a signing key and opens nothing",
    ),
    (
        As::Verifier,
        "pss-of-sha1.der",
        "the key is restricted to RSASSA-PSS with other parameters than SHA-256 and a salt of 32 bytes",
    ),
    (
        As::Verifier,
        "oaep-of-sha1.der",
        "the key is restricted to RSA-OAEP (1.2.840.113549.1.1.7): it opens envelopes and signs nothing",
    ),
    (As::Verifier, "dsa.der", "not a key to sign with: its algorithm is DSA (1.2.840.10040.4.1)"),
    #[cfg(any(feature = "aws-lc-rs", all(feature = "p256", feature = "ed25519")))]
    (As::CurveVerifier, "p384.pem", "not a P-256 key: its elliptic curve is P-384 (1.3.132.0.34)"),
    #[cfg(any(feature = "aws-lc-rs", all(feature = "p256", feature = "ed25519")))]
    (As::CurveVerifier, "ec-explicit.pub.pem", "the elliptic curve is given by its parameters, and its name is needed"),
    #[cfg(any(feature = "aws-lc-rs", all(feature = "p256", feature = "ed25519")))]
    (As::CurveVerifier, "ec-compressed.pub.der", "the point of the elliptic curve is compressed, which is not read"),
    #[cfg(any(feature = "aws-lc-rs", all(feature = "p256", feature = "ed25519")))]
    (As::CurveVerifier, "not-on-the-curve.der", "the public key is not a point of its curve"),
    #[cfg(any(feature = "aws-lc-rs", all(feature = "p256", feature = "ed25519")))]
    (As::CurveVerifier, "small-order.der", "the public key is a point of small order: it proves nothing"),
    (
        As::Public,
        "oaep-of-sha1.der",
        "the key is restricted to RSA-OAEP with other parameters than SHA-256 and an empty label",
    ),
    (As::Private, "1024-bits.der", "RSA key of 1024 bits, at least 2048 are needed"),
    (As::Public, "8200-bits.der", "RSA key of 8200 bits, at most 8192 are supported"),
    (As::Public, "even-modulus.der", "not an RSA key: its modulus is even"),
    (As::Private, "exponent-3.der", "RSA public exponent is 3: it must be odd and at least 65537"),
    (As::Public, "exponent-of-34-bits.der", "RSA public exponent of 34 bits, at most 33 are supported"),
    (
        As::Private,
        "multi-prime.der",
        "RSA private key with more than two primes, which is not supported (the public key does not show this)",
    ),
    (
        As::Private,
        "short-prime.der",
        "a prime of the private key has 2 bits, less than a quarter of the modulus (the public key does not show this)",
    ),
    (
        As::Private,
        "inconsistent.der",
        "the numbers of the private key contradict each other: the CRT coefficient qInv does not fit the others",
    ),
    (As::Private, "composite.der", "the key does not work: it is refused, or it failed when it was tried"),
    #[cfg(feature = "encrypted-keys")]
    (
        As::Private,
        "encrypted-sha1.der",
        "the private key is encrypted in a way that is not supported: PBKDF2 with SHA-1 (1.2.840.113549.2.7)",
    ),
    #[cfg(feature = "encrypted-keys")]
    (As::UnderAnotherPassphrase, "encrypted.der", "the passphrase is wrong, or the encrypted key is damaged"),
    #[cfg(feature = "encrypted-keys")]
    (
        As::UnderACheapPassphrase,
        "encrypted-java.pem",
        "limit exceeded: deriving the key from the passphrase needs more iterations than the limit of 9999",
    ),
    #[cfg(feature = "x509")]
    (
        As::Certificate,
        "unrelated-certificates.pem",
        "2 certificates issued none of the others: give the one whose key is meant",
    ),
    #[cfg(feature = "x509")]
    (As::Certificate, "many-certificates.pem", "more than 100 certificates: give the one whose key is meant"),
    #[cfg(feature = "x509")]
    (As::Certificate, "spki.pem", "no certificate found"),
];

#[test]
fn every_kind_of_error_has_a_file_and_its_text_is_true_of_that_file() {
    let mut named = BTreeSet::new();
    for &(wanted, name, expected) in REFUSALS {
        let error = read(wanted, name).expect_err(name);
        assert_eq!(error.kind().to_string(), expected, "{name}");
        let command = error.command().map_or(String::new(), |command| format!("; to mend it, run: {command}"));
        assert_eq!(error.to_string(), [expected, &command].concat(), "{name}");
        named.insert(variants::name_of(&format!("{:?}", error.kind())));
    }
    let mut all = variants::all();
    // Of the operating system, and of what is written: of no file.
    assert!(all.remove("KeyErrorKind::Randomness") && all.remove("KeyErrorKind::EmptyPassphrase"));
    if cfg!(not(feature = "encrypted-keys")) {
        let of_encrypted = ["UnsupportedEncryption", "WrongPassphrase", "LimitExceeded"];
        all.retain(|name| !of_encrypted.iter().any(|other| name.ends_with(other)));
    }
    if cfg!(not(feature = "x509")) {
        all.retain(|name| !name.ends_with("Certificates") && !name.ends_with("NoCertificate"));
    }
    if !signing_samples::P256 || !signing_samples::ED25519 {
        let of_curves = ["OtherCurve", "ExplicitCurve", "PointForm", "InvalidPoint", "SmallOrder"];
        all.retain(|name| !of_curves.iter().any(|other| name.ends_with(other)));
    }
    assert_eq!(named, all);
}

fn read(wanted: As, name: &str) -> Result<(), KeyError> {
    #[cfg(any(feature = "aws-lc-rs", all(feature = "p256", feature = "ed25519")))]
    if let As::CurveVerifier = wanted {
        return AnyVerifier::from_key_file(signing_samples::refused(name)).map(drop);
    }
    let file = key_samples::one(name);
    match wanted {
        #[cfg(any(feature = "aws-lc-rs", all(feature = "p256", feature = "ed25519")))]
        As::CurveVerifier => unreachable!("returned above"),
        As::Public => RsaRecipient::from_key_file(file).map(drop),
        As::Private => RsaIdentity::from_key_file(file).map(drop),
        As::Text => RsaRecipient::from_pem(file).map(drop),
        As::Verifier => AnyVerifier::from_key_file(file).map(drop),
        #[cfg(feature = "encrypted-keys")]
        As::UnderAnotherPassphrase => {
            RsaIdentity::from_encrypted_key_file(file, "another", &bulla::Limits::default()).map(drop)
        }
        #[cfg(feature = "encrypted-keys")]
        As::UnderACheapPassphrase => {
            let limits = bulla::Limits::default().with_kdf_iterations(9_999);
            RsaIdentity::from_encrypted_key_file(file, "test", &limits).map(drop)
        }
        #[cfg(feature = "x509")]
        As::Certificate => Certificate::from_file(file).map(drop),
    }
}
