//! A file for every shape in which people have keys, and for every reason to refuse one. The tests
//! and the fuzz targets share this file.
#![allow(dead_code, unreachable_pub, reason = "included by several test files, none of which uses all of it")]

use base64ct::{Base64, Base64UrlUnpadded, Encoding};

/// Name of the file, and its content.
pub type Sample = (String, Vec<u8>);

/// All files.
pub fn all() -> Vec<Sample> {
    [of_the_test_key(), of_others()].concat()
}

/// The key of `tests/keys/rsa2048.pem` in every shape, and whatever is no key.
pub fn of_the_test_key() -> Vec<Sample> {
    [texts(), foreign(), damaged_texts(), structures(), damaged_structures()].concat()
}

/// The file of this name.
pub fn one(name: &str) -> Vec<u8> {
    let found = all().into_iter().find(|(other, _)| other == name);
    found.unwrap_or_else(|| panic!("no sample {name}")).1
}

/// `der` in PEM form.
pub fn pem(label: &str, der: &[u8]) -> String {
    let text = Base64::encode_string(der);
    let mut lines = vec![format!("-----BEGIN {label}-----")];
    lines.extend(text.as_bytes().chunks(64).map(|line| String::from_utf8(line.to_vec()).unwrap()));
    lines.push(format!("-----END {label}-----\n"));
    lines.join("\n")
}

/// A structure of DER.
pub fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let len = u16::try_from(content.len()).unwrap().to_be_bytes();
    let header = match content.len() {
        0..0x80 => vec![tag, len[1]],
        0x80..0x100 => vec![tag, 0x81, len[1]],
        _ => vec![tag, 0x82, len[0], len[1]],
    };
    [header, content].concat()
}

/// A DER integer from bytes without leading zeros.
pub fn uint(bytes: &[u8]) -> Vec<u8> {
    if bytes[0] < 0x80 { der(0x02, &[bytes]) } else { der(0x02, &[&[0], bytes]) }
}

/// The numbers of a PKCS#1 RSAPrivateKey after its version, without leading zeros.
pub fn numbers(pkcs1: &[u8]) -> Vec<&[u8]> {
    let mut rest = &pkcs1[4 + 3..];
    let mut numbers = Vec::new();
    while !rest.is_empty() {
        let (len, header) = match rest[1] {
            0x81 => (rest[2].into(), 3),
            0x82 => (u16::from_be_bytes([rest[2], rest[3]]).into(), 4),
            short => (usize::from(short), 2),
        };
        let number = &rest[header..header + len];
        numbers.push(number.strip_prefix(&[0]).unwrap_or(number));
        rest = &rest[header + len..];
    }
    numbers
}

/// What a PEM file encodes.
pub fn decode_pem(pem: &str) -> Vec<u8> {
    let lines = pem.lines().skip_while(|line| !line.starts_with('-'));
    let text: String = lines.filter(|line| !line.starts_with('-')).collect();
    Base64::decode_vec(&text).unwrap()
}

/// Key files that are read, and other texts with the keys in them.
fn texts() -> Vec<Sample> {
    let Parts { pkcs8, spki, pkcs1, pkcs1_public, .. } = Parts::new();
    let public = pem("PUBLIC KEY", &spki);
    let private = pem("PRIVATE KEY", &pkcs8);
    let utf16 = [0xFEFF].into_iter().chain(public.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let hexadecimal: String = spki.iter().map(|byte| format!("{byte:02x}")).collect();
    named([
        ("pkcs8.pem", private.clone().into()),
        ("spki.pem", public.clone().into()),
        ("pkcs1.pem", pem("RSA PRIVATE KEY", &pkcs1).into()),
        ("pkcs1-public.pem", pem("RSA PUBLIC KEY", &pkcs1_public).into()),
        ("certificate.pem", include_bytes!("../keys/rsa2048.cert.pem").into()),
        ("base64.txt", Base64::encode_string(&spki).into()),
        ("ssh.pub", ssh("ssh-rsa").into()),
        ("utf16.pem", utf16),
        ("escaped.env", format!("KEY=\"{}\"\n", private.replace('\n', "\\n")).into()),
        ("with-pem.json", format!("{{\"a\": {{\"key\": \"{}\"}}}}\n", private.replace('\n', "\\n")).into()),
        ("base64-of-pem.txt", Base64::encode_string(private.as_bytes()).into()),
        ("hexadecimal.txt", hexadecimal.into()),
        (
            "kms.json",
            format!("{{\n    \"KeyId\": \"x\",\n    \"PublicKey\": \"{}\"\n}}\n", Base64::encode_string(&spki)).into(),
        ),
    ])
}

/// The key as other tools write it.
fn foreign() -> Vec<Sample> {
    let Parts { pkcs1, .. } = Parts::new();
    let numbers = numbers(&pkcs1);
    let fields = |names: &[&str], write: &dyn Fn(&str, &[u8]) -> String, separator: &str| {
        let fields: Vec<_> = names.iter().zip(&numbers).map(|(name, number)| write(name, number)).collect();
        fields.join(separator)
    };
    let jwk = |names: &[&str]| {
        let field = |name: &str, number: &[u8]| format!("\"{name}\":\"{}\"", Base64UrlUnpadded::encode_string(number));
        format!("{{\"kty\":\"RSA\",{}}}", fields(names, &field, ","))
    };
    let xml = |names: &[&str]| {
        let field = |name: &str, number: &[u8]| format!("<{name}>{}</{name}>", Base64::encode_string(number));
        // .NET writes d after the other numbers; it reads them in any order.
        format!("<RSAKeyValue>{}</RSAKeyValue>", fields(names, &field, ""))
    };
    let public_jwk = jwk(&["n", "e"]);
    named([
        ("public.jwk", public_jwk.clone().into()),
        ("private.jwk", jwk(&["n", "e", "d", "p", "q", "dp", "dq", "qi"]).into()),
        ("public.jwks", format!("{{\"keys\":[{public_jwk}]}}\n").into()),
        ("public.xml", xml(&["Modulus", "Exponent"]).into()),
        ("private.xml", xml(&["Modulus", "Exponent", "D", "P", "Q", "DP", "DQ", "InverseQ"]).into()),
        ("pkcs12.p12", include_bytes!("../keys/formats/pkcs12.p12").into()),
        ("keystore.jks", include_bytes!("../keys/formats/keystore.jks").into()),
        ("putty.ppk", include_bytes!("../keys/formats/putty.ppk").into()),
        ("ssh2.pub", include_bytes!("../keys/formats/ssh2.pub").into()),
        ("ssh2.private", include_bytes!("../keys/formats/ssh2.private").into()),
        ("openssh.private", include_bytes!("../keys/formats/openssh.private").into()),
        ("openssh.cert.pub", include_bytes!("../keys/formats/openssh.cert.pub").into()),
        ("sha2.pub", ssh("rsa-sha2-512").into()),
        ("ssh1.private", include_bytes!("../keys/formats/ssh1.private").into()),
        ("openpgp.asc", include_bytes!("../keys/formats/openpgp.asc").into()),
        ("pkcs7.der", include_bytes!("../keys/formats/pkcs7.der").into()),
        ("pkcs7.pem", pem("PKCS7", include_bytes!("../keys/formats/pkcs7.der")).into()),
        ("request.pem", pem("CERTIFICATE REQUEST", include_bytes!("../keys/formats/request.der")).into()),
        ("request.der", include_bytes!("../keys/formats/request.der").into()),
        ("certificate-and-a-line-end.der", [&include_bytes!("../keys/formats/certificate.der")[..], b"\n"].concat()),
        (
            "indefinite-length.p12",
            [&[0x30, 0x80], &include_bytes!("../keys/formats/pkcs12.p12")[4..], &[0, 0]].concat(),
        ),
        ("indefinite-length.p7", [&[0x30, 0x80], &include_bytes!("../keys/formats/pkcs7.der")[4..], &[0, 0]].concat()),
        ("list.der", include_bytes!("../keys/formats/list.der").into()),
        ("certificate.der", include_bytes!("../keys/formats/certificate.der").into()),
        ("trusted.pem", include_bytes!("../keys/formats/trusted.pem").into()),
        ("private.blob", include_bytes!("../keys/formats/private.blob").into()),
        ("public.blob", include_bytes!("../keys/formats/public.blob").into()),
        ("key.pvk", include_bytes!("../keys/formats/key.pvk").into()),
        // The names of the structure, and bytes in place of what only a TPM can read.
        ("tpm.pem", pem("TSS2 PRIVATE KEY", &der(0x30, &[&der(0x06, &[TPM_KEY]), &der(0x04, &[&[0x55; 32]])])).into()),
        ("pkcs11.txt", b"pkcs11:token=test;object=key;type=private\n".into()),
        ("error-page.html", b"<!DOCTYPE html>\n<title>404 Not Found</title>\n".into()),
        ("other.json", b"{\"error\": \"not found\"}\n".into()),
        ("envelope.bulla", b"\x89BUL\r\n\x1A\n\x01\x01\x01\0".into()),
    ])
}

/// PEM and lines of OpenSSH that went through the wrong hands.
fn damaged_texts() -> Vec<Sample> {
    let Parts { pkcs8, spki, .. } = Parts::new();
    let public = pem("PUBLIC KEY", &spki);
    let private = pem("PRIVATE KEY", &pkcs8);
    let lines: Vec<_> = public.lines().collect();
    let ssh = ssh("ssh-rsa");
    named([
        ("no-end.pem", lines[..lines.len() - 1].join("\n").into()),
        ("no-begin.pem", lines[1..].join("\n").into()),
        ("label-mismatch.pem", public.replace("END PUBLIC", "END PRIVATE").into()),
        ("four-dashes.pem", public.replace("-----", "----").into()),
        ("quoted.pem", lines.join("\n> ").into()),
        ("headers.pem", private.replacen('\n', "\nComment: of the HSM\n\n", 1).into()),
        ("character.pem", public.replacen("\nMII", "\nMI*", 1).into()),
        ("cut.pem", public.replacen("\nMII", "\nMI", 1).into()),
        ("label.pem", pem("ANY PRIVATE KEY", &pkcs8).into()),
        ("two.pem", public.repeat(2).into()),
        ("two.pub", ssh.repeat(2).into()),
        ("bag.pem", include_str!("../keys/rsa2048.cert.pem").repeat(2).into()),
        ("cut.pub", ssh[..ssh.len() - 60].into()),
        ("encrypted.pem", include_bytes!("../keys/encrypted2048.pem").into()),
        ("encrypted.pkcs1.pem", include_bytes!("../keys/encrypted2048.pkcs1.pem").into()),
        ("encrypted-java.pem", include_bytes!("../keys/encrypted2048.java.pem").into()),
        ("encrypted-scrypt.pem", include_bytes!("../keys/encrypted2048.scrypt.pem").into()),
        ("encrypted-sha1.pem", include_bytes!("../keys/encrypted2048.sha1.pem").into()),
        ("encrypted-des3.pem", include_bytes!("../keys/encrypted2048.des3.pem").into()),
        ("encrypted-pbes1.pem", include_bytes!("../keys/encrypted2048.pbes1.pem").into()),
        ("nothing.txt", b"\n".into()),
        ("text.txt", b"hello\n".into()),
    ])
}

/// The structures of a key in DER.
fn structures() -> Vec<Sample> {
    let Parts { pkcs8, spki, pkcs1, pkcs1_public, .. } = Parts::new();
    let both = der(0x81, &[&[0], &pkcs1_public]);
    named([
        ("pkcs8.der", pkcs8.clone()),
        ("spki.der", spki),
        ("pkcs1.der", pkcs1),
        ("pkcs1-public.der", pkcs1_public),
        ("encrypted.der", decode_pem(include_str!("../keys/encrypted2048.pem"))),
        ("encrypted-sha1.der", decode_pem(include_str!("../keys/encrypted2048.sha1.pem"))),
        ("with-public-key.der", der(0x30, &[&[2, 1, 1], &pkcs8[7..], &both])),
        ("oaep-without-parameters.der", oaep(&[])),
    ])
}

/// Structures that are not those of DER, or not those of a key.
fn damaged_structures() -> Vec<Sample> {
    let Parts { pkcs8, spki, pkcs1, pkcs1_public, modulus } = Parts::new();
    let public = |parts: &[&[u8]]| der(0x30, parts);
    let trailing = |der: &[u8]| [der, b"\n"].concat();
    let (n, e) = (uint(&modulus), uint(&[1, 0, 1]));
    let spki_of = |key: &[u8]| der(0x30, &[&algorithm(RSA), &der(0x03, &[&[0], key])]);
    let bits = der(0x03, &[&[1], &pkcs1_public]);
    let other = der(0x81, &[&[0], &public(&[&uint(&modulus), &uint(&[3])])]);
    named([
        ("empty-sequence.pem", pem("PUBLIC KEY", &[0x30, 0]).into()),
        ("trailing-byte.der", trailing(&spki)),
        ("trailing-byte.pem", pem("PUBLIC KEY", &trailing(&spki)).into()),
        ("private-trailing-byte.der", trailing(&pkcs8)),
        ("private-trailing-byte.pem", pem("PRIVATE KEY", &trailing(&pkcs8)).into()),
        ("trailing-bytes.der", [&spki[..], &[0; 512]].concat()),
        ("truncated.der", spki[..200].to_vec()),
        ("truncated-by-one.der", spki[..spki.len() - 1].to_vec()),
        ("truncated-inside.der", der(0x30, &[&n, &[2, 3, 1, 0]])),
        ("long-length.der", [&[0x30, 0x83, 0], &spki[2..]].concat()),
        ("private-long-length.der", [&[0x30, 0x83, 0], &pkcs8[2..]].concat()),
        ("unused-bits.der", der(0x30, &[&algorithm(RSA), &bits])),
        ("version-2.der", der(0x30, &[&[2, 1, 2], &pkcs8[7..]])),
        ("negative.der", public(&[&der(0x02, &[&modulus]), &e])),
        ("private-negative.der", der(0x30, &[&[2, 1, 0], &der(0x02, &[&modulus]), &pkcs1[4 + 3 + 261..]])),
        (
            "private-leading-zeros.der",
            der(0x30, &[&[2, 1, 0], &n, &der(0x02, &[&[0, 1, 0, 1]]), &pkcs1[4 + 3 + 266..]]),
        ),
        ("leading-zeros.der", public(&[&n, &der(0x02, &[&[0, 1, 0, 1]])])),
        ("without-primes.der", der(0x30, &[&pkcs1[4..7], &n, &e, &n])),
        ("surplus-part.der", spki_of(&public(&[&n, &e, &[5, 0]]))),
        ("surplus-parts.der", spki_of(&public(&[&n, &e, &[5, 0], &[5, 0]]))),
        ("other-public-key.der", der(0x30, &[&[2, 1, 1], &pkcs8[7..], &other])),
    ])
}

/// Other keys: those that are none for RSA-OAEP, or that break the policy of SPEC §3.4, or are just
/// within it; and certificates among which the one that is meant is not found.
fn of_others() -> Vec<Sample> {
    let Parts { pkcs1, modulus, .. } = Parts::new();
    let public = |modulus: &[u8], exponent: &[u8]| der(0x30, &[&uint(modulus), &uint(exponent)]);
    let inconsistent = [&pkcs1[..pkcs1.len() - 1], &[pkcs1[pkcs1.len() - 1] ^ 1]].concat();
    let short_prime = {
        let numbers: [&[u8]; 9] = [&[0], &modulus, &[1, 0, 1], &[1], &[3], &modulus, &[1], &[1], &[1]];
        der(0x30, &[&numbers.map(uint).concat()])
    };
    let certificate = include_str!("../keys/rsa2048.cert.pem");
    let another = pem("CERTIFICATE", include_bytes!("../keys/formats/certificate.der"));
    named([
        ("elliptic-curve.pem", include_bytes!("../keys/ec256.pem").into()),
        ("elliptic-curve.der", decode_pem(include_str!("../keys/ec256.pub.pem"))),
        ("pss.der", decode_pem(include_str!("../keys/pss2048.pem"))),
        ("pss-of-sha1.der", marked(RSASSA_PSS, &[&der(0x30, &[])])),
        ("oaep-of-sha1.der", oaep(&[&der(0x30, &[])])),
        ("dsa.der", marked(DSA, &[])),
        ("1024-bits.der", decode_pem(include_str!("../keys/rsa1024.pem"))),
        ("2047-bits.der", public(&[&[0x7F], &modulus[1..]].concat(), &[1, 0, 1])),
        ("8192-bits.der", public(&modulus.repeat(4), &[1, 0, 1])),
        ("8200-bits.der", public(&[&modulus.repeat(4)[..], &[1]].concat(), &[1, 0, 1])),
        ("even-modulus.der", public(&[&modulus[..255], &[0xFE]].concat(), &[1, 0, 1])),
        ("exponent-3.der", decode_pem(include_str!("../keys/exponent3.pem"))),
        ("exponent-65535.der", public(&modulus, &[0xFF, 0xFF])),
        ("exponent-of-33-bits.der", public(&modulus, &[1, 0, 0, 0, 1])),
        ("exponent-of-34-bits.der", public(&modulus, &[2, 0, 0, 0, 1])),
        ("multi-prime.der", decode_pem(include_str!("../keys/multiprime2048.pem"))),
        ("inconsistent.der", inconsistent),
        ("short-prime.der", short_prime),
        ("unequal-primes.der", decode_pem(include_str!("../keys/unequal2049.pem"))),
        ("composite.der", decode_pem(include_str!("../keys/composite2048.pem"))),
        ("unrelated-certificates.pem", [certificate, &another].concat().into()),
        ("many-certificates.pem", pem("CERTIFICATE", &[0x30, 0]).repeat(101).into()),
    ])
}

/// The test key, and what is in it.
struct Parts {
    pkcs8: Vec<u8>,
    spki: Vec<u8>,
    pkcs1: Vec<u8>,
    pkcs1_public: Vec<u8>,
    modulus: Vec<u8>,
}

impl Parts {
    fn new() -> Self {
        let pkcs8 = decode_pem(include_str!("../keys/rsa2048.pem"));
        let spki = decode_pem(include_str!("../keys/rsa2048.pub.pem"));
        // What surrounds a PKCS#1 key of 2048 bits in PKCS#8 and in SubjectPublicKeyInfo has a
        // fixed length.
        let pkcs1 = pkcs8[26..].to_vec();
        let pkcs1_public = spki[24..].to_vec();
        let modulus = pkcs1_public[9..265].to_vec();
        Self { pkcs8, spki, pkcs1, pkcs1_public, modulus }
    }
}

/// A line of OpenSSH (RFC 4253 §6.6) that starts with `key_type`.
fn ssh(key_type: &str) -> String {
    let string = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat();
    let modulus = Parts::new().modulus;
    let blob = [string(b"ssh-rsa"), string(&[1, 0, 1]), string(&[&[0], &modulus[..]].concat())].concat();
    format!("{key_type} {} me@here\n", Base64::encode_string(&blob))
}

/// A public key that is marked `id-RSAES-OAEP`.
fn oaep(parameters: &[&[u8]]) -> Vec<u8> {
    marked(RSAES_OAEP, parameters)
}

/// A public key that is marked with this object identifier.
fn marked(oid: &[u8], parameters: &[&[u8]]) -> Vec<u8> {
    let algorithm = der(0x30, &[&der(0x06, &[oid]), &parameters.concat()]);
    der(0x30, &[&algorithm, &der(0x03, &[&[0], &Parts::new().pkcs1_public])])
}

fn algorithm(oid: &[u8]) -> Vec<u8> {
    der(0x30, &[&der(0x06, &[oid]), &[5, 0]])
}

fn named<const N: usize>(samples: [(&str, Vec<u8>); N]) -> Vec<Sample> {
    samples.into_iter().map(|(name, bytes)| (name.into(), bytes)).collect()
}

const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
const RSAES_OAEP: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x07];
const RSASSA_PSS: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A];
const DSA: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x38, 0x04, 0x01];
const TPM_KEY: &[u8] = &[0x67, 0x81, 0x05, 0x0A, 0x01, 0x03];
