//! The commands that make a file that can be read of one that cannot.

use super::purpose::Purpose;
use crate::error::{DerDamage, KeyError, KeyErrorKind, KeyFormat, PemDamage};

/// The half of a key that is needed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    Public,
    Private,
}

/// The key that is needed.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) half: Half,
    pub(super) purpose: Purpose,
}

/// Returns the error of this kind with the command that mends it.
pub(super) fn with_command(kind: KeyErrorKind, wanted: Wanted, is_der: bool) -> KeyError {
    let command = command(&kind, wanted, is_der);
    KeyError::new(kind, command)
}

/// Returns the command that mends `kind` if the key `wanted` is needed. `is_der` says
/// whether the file is DER and no text.
///
/// Of `openssl`, none has an option that is new in version 3, for the sake of LibreSSL. They were
/// run with OpenSSL 3 only.
fn command(kind: &KeyErrorKind, wanted: Wanted, is_der: bool) -> Option<&'static str> {
    match kind {
        KeyErrorKind::Format(format) => of_format(*format, wanted, is_der),
        KeyErrorKind::Pem(PemDamage::Quoted) => Some("sed 's/^[> ]*//' FILE > KEY.pem"),
        KeyErrorKind::Pem(PemDamage::Headers) => Some("sed '/^[A-Za-z0-9-]*: /d' FILE > KEY.pem"),
        KeyErrorKind::Der(damage) if is_mendable(*damage) => Some(encode_again(wanted.half, is_der)),
        KeyErrorKind::PrivateKey if is_der => Some("openssl pkey -inform DER -in FILE -pubout -out PUBLIC.pem"),
        KeyErrorKind::PrivateKey => Some("openssl pkey -in FILE -pubout -out PUBLIC.pem"),
        KeyErrorKind::ExplicitCurve => Some(match (wanted.half, is_der) {
            (Half::Public, false) => "openssl ec -pubin -in FILE -param_enc named_curve -pubout -out PUBLIC.pem",
            (Half::Public, true) => {
                "openssl ec -pubin -inform DER -in FILE -param_enc named_curve -pubout -out PUBLIC.pem"
            }
            (Half::Private, false) => "openssl ec -in FILE -param_enc named_curve -out KEY.pem",
            (Half::Private, true) => "openssl ec -inform DER -in FILE -param_enc named_curve -out KEY.pem",
        }),
        KeyErrorKind::PointForm if is_der => {
            Some("openssl ec -pubin -inform DER -in FILE -conv_form uncompressed -pubout -out PUBLIC.pem")
        }
        KeyErrorKind::PointForm => Some("openssl ec -pubin -in FILE -conv_form uncompressed -pubout -out PUBLIC.pem"),
        // Who can read encrypted keys should not be told to write one without encryption.
        #[cfg(not(feature = "encrypted-keys"))]
        KeyErrorKind::Encrypted if is_der => Some("openssl pkcs8 -inform DER -in FILE -out KEY.pem"),
        #[cfg(not(feature = "encrypted-keys"))]
        KeyErrorKind::Encrypted => Some("openssl pkey -in FILE -out KEY.pem"),
        #[cfg(feature = "encrypted-keys")]
        KeyErrorKind::UnsupportedEncryption(_) if is_der => {
            Some("openssl pkey -inform DER -in FILE -aes-256-cbc -out KEY.pem")
        }
        #[cfg(feature = "encrypted-keys")]
        KeyErrorKind::UnsupportedEncryption(_) => Some("openssl pkey -in FILE -aes-256-cbc -out KEY.pem"),
        _ => None,
    }
}

/// Returns whether OpenSSL reads a key that is damaged like this, and writes it as it must be. Of
/// unused bits it clears what it takes for them, and with that the last bit of the exponent.
pub(super) const fn is_mendable(damage: DerDamage) -> bool {
    matches!(
        damage,
        DerDamage::TrailingBytes { .. } | DerDamage::NotDer | DerDamage::Negative(_) | DerDamage::LeadingZeros(_)
    )
}

fn encode_again(wanted: Half, is_der: bool) -> &'static str {
    match (wanted, is_der) {
        (Half::Public, false) => "openssl pkey -pubin -in FILE -pubout -out PUBLIC.pem",
        (Half::Public, true) => "openssl pkey -pubin -inform DER -in FILE -pubout -out PUBLIC.pem",
        (Half::Private, false) => "openssl pkey -in FILE -out KEY.pem",
        (Half::Private, true) => "openssl pkey -inform DER -in FILE -out KEY.pem",
    }
}

fn of_format(format: KeyFormat, wanted: Wanted, is_der: bool) -> Option<&'static str> {
    Some(match (format, wanted.half) {
        (KeyFormat::Utf16, _) => "iconv -f UTF-16 -t UTF-8 FILE > KEY.pem",
        (KeyFormat::EscapedLineEnds | KeyFormat::JsonWithPem, _) => {
            r#"grep -o -e '-----BEGIN[^"]*-----' FILE | awk '{gsub(/\\n/,"\n")}1' > KEY.pem"#
        }
        (KeyFormat::KmsAnswer, Half::Public) => r#"sed -n 's/.*"PublicKey": *"\([^"]*\)".*/\1/p' FILE > PUBLIC.b64"#,
        (KeyFormat::Jwk, Half::Public) => {
            "node -p 'require(\"crypto\").createPublicKey({key:JSON.parse(require(\"fs\").readFileSync(0)),\
             format:\"jwk\"}).export({type:\"spki\",format:\"pem\"})' < FILE > PUBLIC.pem"
        }
        (KeyFormat::Jwk, Half::Private) => {
            "node -p 'require(\"crypto\").createPrivateKey({key:JSON.parse(require(\"fs\").readFileSync(0)),\
             format:\"jwk\"}).export({type:\"pkcs8\",format:\"pem\"})' < FILE > KEY.pem"
        }
        (KeyFormat::JwkSet, _) => {
            "node -p 'JSON.stringify(JSON.parse(require(\"fs\").readFileSync(0)).keys[0])' < FILE > KEY.jwk"
        }
        (KeyFormat::Xml, Half::Public) => {
            "pwsh -c '$r=[Security.Cryptography.RSA]::Create();$r.FromXmlString((Get-Content -Raw FILE));\
             $r.ExportSubjectPublicKeyInfoPem()' > PUBLIC.pem"
        }
        (KeyFormat::Xml, Half::Private) => {
            "pwsh -c '$r=[Security.Cryptography.RSA]::Create();$r.FromXmlString((Get-Content -Raw FILE));\
             $r.ExportPkcs8PrivateKeyPem()' > KEY.pem"
        }
        (KeyFormat::PemInBase64, _) => "base64 -d < FILE > KEY.pem",
        (KeyFormat::Hexadecimal, _) => "xxd -r -p FILE > KEY.der",
        (KeyFormat::Pkcs12, Half::Public) => {
            "openssl pkcs12 -in FILE -clcerts -nokeys | openssl x509 -noout -pubkey > PUBLIC.pem"
        }
        (KeyFormat::Pkcs12, Half::Private) => "openssl pkcs12 -in FILE -nocerts -nodes -out KEY.pem",
        (KeyFormat::JavaKeystore, _) => {
            "keytool -importkeystore -srckeystore FILE -destkeystore KEY.p12 -deststoretype PKCS12"
        }
        (KeyFormat::Putty, Half::Public) => "puttygen FILE -O public-openssh -o PUBLIC.pub",
        (KeyFormat::Putty, Half::Private) => "puttygen FILE -O private-openssh -o KEY.pem",
        (KeyFormat::Ssh2Public, Half::Public) => "ssh-keygen -i -f FILE > PUBLIC.pub",
        (KeyFormat::Ssh2Private, Half::Private) => "ssh-keygen -i -f FILE > KEY.pem",
        (KeyFormat::OpenSsh, Half::Public) => "ssh-keygen -y -f FILE > PUBLIC.pub",
        (KeyFormat::OpenSsh, Half::Private) => {
            "cp FILE KEY.pem && chmod 600 KEY.pem && ssh-keygen -p -N '' -m PEM -f KEY.pem"
        }
        (KeyFormat::SshSignatureAlgorithm, Half::Public) => "sed 's/rsa-sha2-[0-9]*/ssh-rsa/' FILE > PUBLIC.pub",
        // Of itself, gpg exports only keys for authentication. The last key that signs is taken, or
        // the last RSA key that encrypts.
        (KeyFormat::OpenPgp, Half::Public) if wanted.purpose != Purpose::Opening => {
            "gpg --import FILE && gpg --export-ssh-key $(gpg --show-keys --with-colons FILE | \
             awk -F: '$12~/s/{k=$5\"!\"}END{print k}') > PUBLIC.pub"
        }
        (KeyFormat::OpenPgp, Half::Public) => {
            "gpg --import FILE && gpg --export-ssh-key $(gpg --show-keys --with-colons FILE | \
             awk -F: '$4==1&&$12~/e/{k=$5\"!\"}END{print k}') > PUBLIC.pub"
        }
        (KeyFormat::Pkcs7, Half::Public) if is_der => {
            "openssl pkcs7 -inform DER -in FILE -print_certs -out CERTIFICATES.pem"
        }
        (KeyFormat::Pkcs7, Half::Public) => "openssl pkcs7 -in FILE -print_certs -out CERTIFICATES.pem",
        (KeyFormat::CertificateRequest, Half::Public) if is_der => {
            "openssl req -inform DER -in FILE -noout -pubkey > PUBLIC.pem"
        }
        (KeyFormat::CertificateRequest, Half::Public) => "openssl req -in FILE -noout -pubkey > PUBLIC.pem",
        (KeyFormat::Certificate, Half::Public) if is_der => {
            "openssl x509 -inform DER -in FILE -noout -pubkey > PUBLIC.pem"
        }
        (KeyFormat::Certificate, Half::Public) => "openssl x509 -in FILE -noout -pubkey > PUBLIC.pem",
        (KeyFormat::TrustedCertificate, Half::Public) => "openssl x509 -in FILE -noout -pubkey > PUBLIC.pem",
        (KeyFormat::MsPublicBlob, Half::Public) => "openssl rsa -pubin -inform MSBLOB -in FILE -pubout -out PUBLIC.pem",
        (KeyFormat::MsBlob, Half::Public) => "openssl rsa -inform MSBLOB -in FILE -pubout -out PUBLIC.pem",
        (KeyFormat::MsBlob, Half::Private) => "openssl rsa -inform MSBLOB -in FILE -out KEY.pem",
        (KeyFormat::Pvk, Half::Public) => "openssl rsa -inform PVK -in FILE -pubout -out PUBLIC.pem",
        (KeyFormat::Pvk, Half::Private) => "openssl rsa -inform PVK -in FILE -out KEY.pem",
        _ => return None,
    })
}
