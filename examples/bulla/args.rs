//! The command line.

use std::path::{Path, PathBuf};

use bulla::keys::{KeyId, KeySize};
use clap::builder::{NonEmptyStringValueParser, PathBufValueParser, TypedValueParser};
use clap::{ArgGroup, Parser, Subcommand, ValueEnum};

/// Seals files to RSA public keys, and opens them again.
///
/// IN and OUT are files, or - for standard input and output. An OUT that is a regular file is replaced as a whole, and only
/// on success; its permissions stay. The exit status is 0 on success, 1 on failure with one line on standard error, and 2 on
/// wrong usage.
#[derive(Debug, Parser)]
#[command(name = "bulla", version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Keygen(KeygenArgs),
    Seal(SealArgs),
    Open(OpenArgs),
    Rewrap(RewrapArgs),
    Inspect(InspectArgs),
    Demo(DemoArgs),
}

/// Make a key pair
///
/// Writes the private key to OUT.pem (PKCS#8, unencrypted, readable by you alone) and the public key to OUT.pub.pem
/// (SubjectPublicKeyInfo). Where either exists, nothing is written.
#[derive(Debug, clap::Args)]
pub(crate) struct KeygenArgs {
    /// Length of the key in bits
    #[arg(long, value_enum, default_value_t = Bits::Rsa3072)]
    pub(crate) bits: Bits,

    /// File for the private key
    #[arg(value_name = "OUT.pem")]
    pub(crate) output: PathBuf,
}

/// Seal IN to one or more public keys
///
/// With --header the envelope is in two files, neither of which opens without the other. FILE is complete on the disk before OUT takes its name: what
/// OUT shows can be opened. Where both replace older ones, a crash in between can leave the new header beside the old body.
#[derive(Debug, clap::Args)]
pub(crate) struct SealArgs {
    /// Public key that can open the envelope, as PEM or DER; give it once for each recipient
    #[arg(short = 'r', long = "recipient", value_name = "PUB.pem", required = true)]
    pub(crate) recipients: Vec<PathBuf>,

    /// Leave the ids of the keys out of the envelope
    #[arg(long)]
    pub(crate) anonymous: bool,

    /// Text to put into the header: authenticated, but NOT encrypted
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) metadata: Option<String>,

    #[command(flatten)]
    pub(crate) aad: AadArgs,

    /// Write the header to this file, and the body alone to OUT
    #[arg(long, value_name = "FILE", value_parser = file())]
    pub(crate) header: Option<PathBuf>,

    /// Write the envelope as text, for mail and chat
    #[arg(long, conflicts_with = "header")]
    pub(crate) armor: bool,

    /// What to seal
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,

    /// The envelope
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,
}

/// Open the envelope IN, be it binary or text
///
/// On standard output authentic data are passed on as they verify: only exit status 0 tells that they are complete. A process
/// that is killed can leave a hidden file named .bulla-*.tmp beside OUT, which holds what was opened so far.
#[derive(Debug, clap::Args)]
pub(crate) struct OpenArgs {
    /// Private key to open with, as PEM or DER, not encrypted; can be given more than once
    #[arg(short = 'i', long = "identity", value_name = "KEY.pem", required = true)]
    pub(crate) identities: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) aad: AadArgs,

    /// Header that is kept apart; IN is then the body alone
    #[arg(long, value_name = "FILE", value_parser = file())]
    pub(crate) header: Option<PathBuf>,

    /// The envelope
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,

    /// What was sealed
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,
}

/// Change who can open the envelope IN, without touching what was sealed
///
/// Metadata and body stay as they are; the body is copied, not verified. So does the text given to --aad when sealing, which is
/// not needed here. IN can also be a header that is kept apart from its body; then OUT is one as well. IN and OUT may be the
/// same file: it is replaced once the new one is complete. Its other names (hard links), if it has any, keep the old one.
///
/// THIS DOES NOT REVOKE. Whoever could open the old envelope can open every copy of it that is left, and an old header that is
/// put back before the body is not noticed. To shut somebody out, seal anew.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("change").args(["added", "removed", "kept"]).required(true).multiple(true))]
#[command(group = ArgGroup::new("removal").args(["removed", "kept"]).multiple(true))]
pub(crate) struct RewrapArgs {
    /// Private key that opens the envelope, as PEM or DER, not encrypted; can be given more than once
    #[arg(short = 'i', long = "identity", value_name = "KEY.pem", required = true)]
    pub(crate) identities: Vec<PathBuf>,

    /// Public key that shall be able to open it as well; can be given more than once
    #[arg(long = "add", value_name = "PUB.pem")]
    pub(crate) added: Vec<PathBuf>,

    /// Leave the ids of the added keys out of the envelope
    #[arg(long, requires = "added")]
    pub(crate) anonymous: bool,

    /// Drop what is sealed to the key with this id: 64 hexadecimal digits, as "bulla inspect" shows them; can be given more
    /// than once
    #[arg(long = "remove", value_name = "KEYID")]
    pub(crate) removed: Vec<KeyId>,

    /// Drop everything but what is sealed to the key with this id, to other ids given so, and to added keys
    #[arg(long = "keep-only", value_name = "KEYID")]
    pub(crate) kept: Vec<KeyId>,

    /// With --remove or --keep-only: keep what tells no key id, although it may be for a key that is to be dropped
    #[arg(long, requires = "removal")]
    pub(crate) keep_unidentified: bool,

    /// Write the envelope as text, for mail and chat; otherwise it is binary, whatever it was before
    #[arg(long)]
    pub(crate) armor: bool,

    /// The envelope
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,

    /// The changed envelope
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,
}

/// Show the header of the envelope IN, without a key
///
/// IN can also be a header that is kept apart from its body. It may be binary or text; the lengths below are those of the
/// binary form, and those of the text form are not known.
///
/// Nothing that is shown has been verified: anyone may have made it up.
///
/// --json prints one object with these keys, in any order:
///
///   version, suite, layout: numbers
///   header_len: length of the header in bytes
///   body_offset: offset in bytes at which the body starts in the envelope
///   body_len: length of the body in bytes, that of a regular file less the header; or null
///   truncated: true where no complete envelope has the length of the file; null where that is not known, or where there is
///     no body at all, since the header may be kept apart from it
///   metadata: the text; null where there is none or it is not UTF-8
///   metadata_hex: the same in hexadecimal; null where there is none
///   records: an array of objects, one for each record
///     type: a number
///     name: "rsa-oaep-sha256", "padding" or "unknown"
///     key_id: 64 hexadecimal digits, or null
///     wrapped_key_len: length in bytes, that of the RSA modulus; or null
///   plaintext_len: length in bytes of what was sealed, where body_len is that of a complete envelope; or null
///   verified: false, always
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct InspectArgs {
    /// Print a JSON object
    #[arg(long)]
    pub(crate) json: bool,

    /// The envelope
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
}

/// Show the whole round with a new key pair: seal, inspect, open, compare
///
/// Prints sizes and throughput. Without FILE, the demo seals 256 MiB that it generates; plaintext and envelope stay in memory, so
/// that the figures are those of the cipher and not of the disk. With FILE, it works in a temporary directory, which needs room
/// for twice the length of FILE, and the figures include reading and writing.
#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// A regular file to seal
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// Associated data.
#[derive(Debug, clap::Args)]
pub(crate) struct AadArgs {
    /// Associated data: text that is not stored, and without which the envelope does not open
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) aad: String,

    /// Associated data from a file: all of its bytes, a final line end included; at most 16 MiB
    #[arg(long, value_name = "FILE", conflicts_with = "aad", value_parser = file())]
    pub(crate) aad_file: Option<PathBuf>,
}

/// Whether a path stands for standard input or output.
pub(crate) fn is_standard_stream(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Refuses `-`: the two standard streams are for IN and OUT.
fn file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        if is_standard_stream(&path) { Err("only IN and OUT can be standard streams: name a file") } else { Ok(path) }
    })
}

/// Lengths of keys that can be made.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Bits {
    #[value(name = "2048")]
    Rsa2048,
    #[value(name = "3072")]
    Rsa3072,
    #[value(name = "4096")]
    Rsa4096,
}

impl From<Bits> for KeySize {
    fn from(bits: Bits) -> Self {
        match bits {
            Bits::Rsa2048 => Self::Rsa2048,
            Bits::Rsa3072 => Self::Rsa3072,
            Bits::Rsa4096 => Self::Rsa4096,
        }
    }
}
