//! Keys of elliptic curves in the shapes in which people have them, as far as this build has types
//! for them.
#![allow(dead_code, unreachable_pub, reason = "included by several test files, none of which uses all of it")]

/// Name of the file, its content, and the id of the key in it.
pub type Sample = (&'static str, Vec<u8>, String);

/// All files whose key this build can use.
pub fn all() -> Vec<Sample> {
    let mut all = Vec::new();
    if P256 {
        all.extend(p256());
    }
    if ED25519 {
        all.extend(ed25519());
    }
    all
}

/// The file of this name.
pub fn one(name: &str) -> Vec<u8> {
    let found = p256().into_iter().chain(ed25519()).find(|(other, ..)| *other == name);
    found.unwrap_or_else(|| panic!("no sample {name}")).1
}

/// The content of a file with a public key that no build takes.
pub fn refused(name: &str) -> Vec<u8> {
    let mut p256 = decode_pem(include_str!("../keys/p256.pub.pem"));
    let mut ed25519 = decode_pem(include_str!("../keys/ed25519.pub.pem"));
    match name {
        "p384.pem" => include_bytes!("../keys/p384.pub.pem").to_vec(),
        "ec-explicit.pub.pem" | "ec-compressed.pub.der" => one(name),
        "not-on-the-curve.der" => {
            *p256.last_mut().unwrap() ^= 1;
            p256
        }
        "small-order.der" => {
            ed25519[12..].fill(0);
            ed25519
        }
        other => panic!("no sample {other}"),
    }
}

/// The id of a key, as `openssl pkey -pubin -outform DER | sha256sum` has it.
pub const P256_KEY: &str = "594e2dea72f00ce57d14d88f77df373b8de4b3e2343ed555e22eeb7a5dc232fb";
pub const ED25519_KEY: &str = "f805126b5f872c51da5dcdc4e9f7dff03f74de867132c50dc75cb70c072ccf63";

fn p256() -> Vec<Sample> {
    let sec1 = decode_pem(include_str!("../keys/formats/ec-compressed.pem"));
    let explicit = decode_pem(include_str!("../keys/formats/ec-explicit.pem"));
    let explicit_public = decode_pem(include_str!("../keys/formats/ec-explicit.pub.pem"));
    let compressed_public = decode_pem(include_str!("../keys/formats/ec-compressed.pub.pem"));
    let of_test = [
        ("ec.pem", include_bytes!("../keys/p256.pem").to_vec()),
        ("ec.pub.pem", include_bytes!("../keys/p256.pub.pem").to_vec()),
        ("ec.der", decode_pem(include_str!("../keys/p256.pem"))),
        ("ec.pub.der", decode_pem(include_str!("../keys/p256.pub.pem"))),
        // The private key is read, since its public half follows from it.
        ("ec-compressed.pem", include_bytes!("../keys/formats/ec-compressed.pem").to_vec()),
        ("ec-compressed.der", sec1),
        ("ec-compressed.pub.pem", include_bytes!("../keys/formats/ec-compressed.pub.pem").to_vec()),
        ("ec-compressed.pub.der", compressed_public),
        ("ec-explicit.pem", include_bytes!("../keys/formats/ec-explicit.pem").to_vec()),
        ("ec-explicit.der", explicit),
        ("ec-explicit.pub.pem", include_bytes!("../keys/formats/ec-explicit.pub.pem").to_vec()),
        ("ec-explicit.pub.der", explicit_public),
    ];
    let of_openssh = [
        ("ecdsa.openssh", include_bytes!("../keys/formats/ecdsa.openssh").to_vec()),
        ("ecdsa.pub", include_bytes!("../keys/formats/ecdsa.pub").to_vec()),
    ];
    named(of_test, P256_KEY)
        .chain(named(of_openssh, "3ce80e8ac92333b189bf1ff93dfdaa85b95b756e4f2af36dd9a070622f4f0ead"))
        .collect()
}

fn ed25519() -> Vec<Sample> {
    let of_test = [
        ("ed25519.pem", include_bytes!("../keys/ed25519.pem").to_vec()),
        ("ed25519.pub.pem", include_bytes!("../keys/ed25519.pub.pem").to_vec()),
        ("ed25519.der", decode_pem(include_str!("../keys/ed25519.pem"))),
        ("ed25519.pub.der", decode_pem(include_str!("../keys/ed25519.pub.pem"))),
    ];
    let of_openssh = [
        ("ed25519.openssh", include_bytes!("../keys/formats/ed25519.openssh").to_vec()),
        ("encrypted-ed25519.openssh", include_bytes!("../keys/formats/ed25519-encrypted.openssh").to_vec()),
        ("ed25519.pub", include_bytes!("../keys/formats/ed25519.pub").to_vec()),
    ];
    let of_gnupg = [("openpgp-ed25519.asc", include_bytes!("../keys/formats/openpgp-ed25519.asc").to_vec())];
    let all = named(of_test, ED25519_KEY)
        .chain(named(of_openssh, "5b7eddd9ad11496f7d8a4abb1d3cbdb86023557e361f47fa7c0fac2947663bb4"));
    all.chain(named(of_gnupg, "9c43a0a7702a1ee50a0bcb44b33efb099a481bb0d5dbfda1c8aa3149d90ce93e")).collect()
}

fn named<const N: usize>(files: [(&'static str, Vec<u8>); N], id: &str) -> impl Iterator<Item = Sample> {
    files.into_iter().map(move |(name, file)| (name, file, id.to_string()))
}

/// What a PEM file encodes.
fn decode_pem(pem: &str) -> Vec<u8> {
    use base64ct::Encoding;
    let lines = pem.lines().skip_while(|line| !line.starts_with('-'));
    let text: String = lines.filter(|line| !line.starts_with('-')).collect();
    base64ct::Base64::decode_vec(&text).unwrap()
}

pub const P256: bool = cfg!(any(feature = "aws-lc-rs", feature = "p256"));
pub const ED25519: bool = cfg!(any(feature = "aws-lc-rs", feature = "ed25519"));
