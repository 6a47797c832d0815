//! What key files can be instead, and how they can be damaged.

use core::fmt;

/// Kinds of files that are recognised, but not read as the key that is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFormat {
    /// DER where text is needed.
    Der,
    /// Text in UTF-16, as Windows PowerShell writes it.
    Utf16,
    /// PEM in one line, with `\n` written out, as in environment variables.
    EscapedLineEnds,
    /// JSON.
    Json,
    /// JSON with a PEM text in it, such as the key of a service account.
    JsonWithPem,
    /// The answer of AWS KMS to `GetPublicKey`, as JSON.
    KmsAnswer,
    /// A JSON Web Key (RFC 7517).
    Jwk,
    /// A set of JSON Web Keys.
    JwkSet,
    /// XML as .NET writes RSA keys.
    Xml,
    /// An HTML page.
    Html,
    /// PEM that was encoded in base64 once more.
    PemInBase64,
    /// DER in hexadecimal digits.
    Hexadecimal,
    /// PKCS#12 (RFC 7292): `.p12`, `.pfx`, and keystores of Java 9 and newer.
    Pkcs12,
    /// A Java keystore of type JKS or JCEKS.
    JavaKeystore,
    /// A key of PuTTY: `.ppk`.
    Putty,
    /// A public key of SSH2 (RFC 4716).
    Ssh2Public,
    /// A private key of ssh.com.
    Ssh2Private,
    /// A private key of OpenSSH.
    OpenSsh,
    /// A private key of SSH protocol 1.
    Ssh1,
    /// A certificate of OpenSSH.
    SshCertificate,
    /// An SSH line that starts with the name of a signature algorithm in place of a type of key.
    SshSignatureAlgorithm,
    /// A public key or certificate of OpenPGP.
    OpenPgp,
    /// PKCS#7 or CMS: a bundle of certificates.
    Pkcs7,
    /// A certificate request (PKCS#10, RFC 2986).
    CertificateRequest,
    /// A certificate revocation list.
    RevocationList,
    /// An X.509 certificate.
    Certificate,
    /// An X.509 certificate in OpenSSL's own form.
    TrustedCertificate,
    /// A private key of the Windows CryptoAPI (PRIVATEKEYBLOB).
    MsBlob,
    /// A public key of the Windows CryptoAPI (PUBLICKEYBLOB).
    MsPublicBlob,
    /// A private key of Microsoft's tools: `.pvk`.
    Pvk,
    /// A key that is wrapped by a TPM.
    Tpm,
    /// The URI of a key in a PKCS#11 token (RFC 7512).
    Pkcs11,
    /// An envelope of this format.
    Envelope,
}

impl fmt::Display for KeyFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Der => "DER where text is needed, which `from_der` and `from_key_file` read",
            Self::Utf16 => "text in UTF-16, as PowerShell writes it; ASCII or UTF-8 is needed",
            Self::EscapedLineEnds => "PEM whose line ends are written out as \\n",
            Self::Json => "JSON without a key that is recognised in it",
            Self::JsonWithPem => "PEM inside of JSON, which is not read",
            Self::KmsAnswer => "an answer of AWS KMS as JSON, which is not read",
            Self::Jwk => "a JSON Web Key (JWK), which is not read",
            Self::JwkSet => "a set of JSON Web Keys (JWKS), which is not read",
            Self::Xml => "an RSA key of .NET as XML, which is not read",
            Self::Html => "an HTML page and not a key",
            Self::PemInBase64 => "PEM that was encoded in base64 once more",
            Self::Hexadecimal => "DER in hexadecimal digits, which is not read",
            Self::Pkcs12 => "PKCS#12 (.p12, .pfx or a Java keystore), which is not read",
            Self::JavaKeystore => "a Java keystore, which is not read",
            Self::Putty => "a key of PuTTY, which is not read",
            Self::Ssh2Public => "a public key of SSH2 (RFC 4716), which is not read",
            Self::Ssh2Private => "a private key of ssh.com, which is not read",
            Self::OpenSsh => "a private key of OpenSSH, which is not read",
            Self::Ssh1 => "a key of SSH protocol 1, which is not read",
            Self::SshCertificate => "a certificate of OpenSSH: give the public key that it was made from",
            Self::SshSignatureAlgorithm => {
                "an SSH line that starts with the name of a signature algorithm instead of ssh-rsa"
            }
            Self::OpenPgp => "an OpenPGP key, which is not read",
            Self::Pkcs7 => "a PKCS#7 bundle, which holds certificates and no key by itself",
            Self::CertificateRequest => "a certificate request and not a key",
            Self::RevocationList => "a certificate revocation list and not a key",
            Self::Certificate => "an X.509 certificate and not a key by itself",
            Self::TrustedCertificate => "a certificate in OpenSSL's own form (TRUSTED CERTIFICATE), which is not read",
            Self::MsBlob => "a private key of the Windows CryptoAPI, which is not read",
            Self::MsPublicBlob => "a public key of the Windows CryptoAPI, which is not read",
            Self::Pvk => "a private key of Microsoft's tools (.pvk), which is not read",
            Self::Tpm => "a key that only a TPM can use: an identity that asks the TPM is needed",
            Self::Pkcs11 => "the URI of a key in a PKCS#11 token: an identity that asks the token is needed",
            Self::Envelope => "a Bulla envelope and not a key",
        })
    }
}

/// How a PEM text is damaged (RFC 7468, whose lax grammar is what is read).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PemDamage {
    /// The line with END is missing.
    NoEnd,
    /// The line with BEGIN is missing.
    NoBegin,
    /// The labels after BEGIN and END differ.
    LabelMismatch,
    /// There are not exactly five hyphens on both sides of BEGIN or END.
    Dashes,
    /// The lines start with the quoting marks of a mail program.
    Quoted,
    /// There are header lines in the block, as in RFC 1421.
    Headers,
    /// There is a character in the block that base64 does not have.
    Character {
        /// The character. `U+FFFD` if it is not UTF-8.
        character: char,
        /// Number of the line in the file, from 1.
        line: usize,
    },
    /// Characters of the base64 text are missing or were changed.
    Base64,
}

impl fmt::Display for PemDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEnd => f.write_str("the END line is missing, copy the whole key"),
            Self::NoBegin => f.write_str("the BEGIN line is missing, copy the whole key"),
            Self::LabelMismatch => f.write_str("the labels after BEGIN and END differ"),
            Self::Dashes => f.write_str("BEGIN and END need exactly five hyphens (-) on both sides"),
            Self::Quoted => f.write_str("the lines start with the quoting marks of a mail"),
            Self::Headers => f.write_str("header lines in the block"),
            Self::Character { character, line } => {
                write!(f, "the character {character:?} (U+{:04X}) in line {line}", u32::from(*character))
            }
            Self::Base64 => f.write_str("characters of the base64 text are missing or were changed"),
        }
    }
}

/// How the DER encoding of a key is damaged (X.690).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DerDamage {
    /// The structure is not that of a key.
    Structure,
    /// It ends before its end.
    Truncated {
        /// Number of bytes that are missing, if that can be told.
        missing: Option<usize>,
    },
    /// Bytes follow the key.
    TrailingBytes {
        /// Number of bytes.
        count: usize,
    },
    /// A length is encoded in a form that BER allows and DER does not.
    NotDer,
    /// The BIT STRING that holds the public key does not end at a byte.
    UnusedBits,
    /// The version of the structure is unknown.
    Version,
    /// A number is negative.
    Negative(KeyPart),
    /// A number has more leading zero bytes than DER allows.
    LeadingZeros(KeyPart),
    /// A number is missing.
    Missing(KeyPart),
    /// There are more parts than a key has.
    SurplusParts {
        /// Number of parts.
        count: usize,
    },
    /// The file also holds a public key, which does not belong to the private key.
    OtherPublicKey,
}

impl fmt::Display for DerDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Structure => f.write_str("malformed DER: not the structure of a key"),
            Self::Truncated { missing: Some(1) } => f.write_str("truncated DER: 1 byte of the key is missing"),
            Self::Truncated { missing: Some(count) } => {
                write!(f, "truncated DER: {count} bytes of the key are missing")
            }
            Self::Truncated { missing: None } => f.write_str("truncated DER: a part of the key is missing"),
            Self::TrailingBytes { count: 1 } => f.write_str("malformed DER: 1 byte follows the key"),
            Self::TrailingBytes { count } => write!(f, "malformed DER: {count} bytes follow the key"),
            Self::NotDer => f.write_str("not DER, but BER: a length is not encoded in the one way of DER"),
            Self::UnusedBits => f.write_str("malformed DER: the public key does not end at a byte"),
            Self::Version => f.write_str("malformed DER: unknown version of the structure of a key"),
            Self::Negative(part) => write!(f, "malformed DER: {part} is negative, its leading zero byte is missing"),
            Self::LeadingZeros(part) => write!(f, "malformed DER: {part} has superfluous leading zero bytes"),
            Self::Missing(part) => write!(f, "the key is incomplete: {part} is missing"),
            Self::SurplusParts { count: 1 } => f.write_str("malformed DER: 1 part more than a key has"),
            Self::SurplusParts { count } => write!(f, "malformed DER: {count} parts more than a key has"),
            Self::OtherPublicKey => f.write_str("the public key in the file does not belong to the private key"),
        }
    }
}

/// The numbers of an RSA key (RFC 8017 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPart {
    /// The modulus n.
    Modulus,
    /// The public exponent e.
    PublicExponent,
    /// The private exponent d.
    PrivateExponent,
    /// The first prime p.
    Prime1,
    /// The second prime q.
    Prime2,
    /// The first CRT exponent dP = d mod (p − 1).
    Exponent1,
    /// The second CRT exponent dQ = d mod (q − 1).
    Exponent2,
    /// The CRT coefficient qInv, for which q · qInv mod p = 1.
    Coefficient,
}

impl fmt::Display for KeyPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Modulus => "the modulus n",
            Self::PublicExponent => "the public exponent e",
            Self::PrivateExponent => "the private exponent d",
            Self::Prime1 => "the prime p",
            Self::Prime2 => "the prime q",
            Self::Exponent1 => "the CRT exponent dP",
            Self::Exponent2 => "the CRT exponent dQ",
            Self::Coefficient => "the CRT coefficient qInv",
        })
    }
}
