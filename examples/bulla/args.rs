//! The command line.

mod options;

use std::path::{Path, PathBuf};

use bulla::keys::{KeyId, KeySize};
use clap::builder::{NonEmptyStringValueParser, PathBufValueParser, TypedValueParser};
use clap::{ArgGroup, Parser, Subcommand, ValueEnum};

pub(crate) use self::options::{
    AadArgs, HeaderLimitArgs, IdentityArgs, LimitArgs, PassphraseArgs, PrivateArgs, SenderArgs,
};

/// Seals files to RSA public keys, and opens them again.
///
/// IN and OUT are files, or - for standard input and output. So is every other file that is read,
/// but only one can be standard input. OUT appears as a whole, and only on
/// success. If it exists already, nothing is done, unless --force is given; then a new file takes
/// its place, with the permissions of a new file. What is no regular file, or is the name of an
/// open one, such as /dev/stdout, is written to directly, as - is.
///
/// The exit status is 0 on success, 1 on failure with one line on standard error, and 2 on wrong
/// usage. Terms in that line, such as "truncated", "not authentic" and "limit exceeded", are those
/// of the specification, SPEC.md.
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
    Parts(PartsArgs),
    Send(SendArgs),
    Recv(RecvArgs),
    Demo(DemoArgs),
}

/// Make a key pair
///
/// Writes the private key to OUT.pem (PKCS#8, readable by you alone) and the public key to
/// OUT.pub.pem (SubjectPublicKeyInfo). If either file exists, or anything fails, there is no new
/// file. The private key is not encrypted, unless a passphrase is given.
///
/// A key opens envelopes or signs them, and never both. Others need the public key: to seal to you
/// (-r), or to know what you have sealed (--sender). They need it from you, and not from whoever
/// passes by.
#[derive(Debug, clap::Args)]
pub(crate) struct KeygenArgs {
    /// Make a key that signs, for --sign-with and --sender, in the place of one that opens
    #[arg(long, value_name = "ALGORITHM", value_enum, num_args = 0..=1, require_equals = true,
        default_missing_value = "rsa")]
    pub(crate) signing: Option<Signing>,

    /// Ask for a passphrase, and encrypt the private key with it (scrypt, AES-256-CBC)
    #[arg(long)]
    pub(crate) passphrase: bool,

    #[command(flatten)]
    pub(crate) passphrase_source: PassphraseArgs,

    /// Length of an RSA key in bits
    #[arg(long, value_enum, default_value_t = Bits::Rsa3072)]
    pub(crate) bits: Bits,

    /// File for the private key
    #[arg(value_name = "OUT.pem", group = "private_keys")]
    pub(crate) output: PathBuf,
}

/// Seal IN to one or more public keys
///
/// With --header, the envelope is split into two files; opening it needs both. The header is
/// complete on the disk before OUT gets its name, so a body that is there can be opened. If both
/// replace older files, a crash at that moment can leave the new header beside the old body.
#[derive(Debug, clap::Args)]
pub(crate) struct SealArgs {
    /// Public key that can open the envelope: PEM, DER, an ssh-rsa line or, if built with the
    /// feature x509, a certificate; in a file or, for -, on standard input; repeat for several
    /// recipients
    #[arg(short = 'r', long = "recipient", value_name = "PUB.pem", required = true)]
    pub(crate) recipients: Vec<PathBuf>,

    /// Take certificates that have expired, are not valid yet, or whose key usage does not include
    /// keyEncipherment. Who signed them is never checked
    #[arg(long)]
    pub(crate) any_certificate: bool,

    /// Leave the key ids out of the envelope
    #[arg(long)]
    pub(crate) anonymous: bool,

    /// Text to put into the header: authenticated, but NOT encrypted
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) metadata: Option<String>,

    #[command(flatten)]
    pub(crate) private: PrivateArgs,

    /// Store the name of IN, without its folder, or NAME, for "open --restore-name". Recipients
    /// alone can read it. The private metadata is then this text: the line "bulla file", a line
    /// "name: " with the name, an empty line, and TEXT
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true)]
    pub(crate) store_name: Option<Option<String>>,

    #[command(flatten)]
    pub(crate) aad: AadArgs,

    /// Write the header to FILE, and only the body to OUT
    #[arg(long, value_name = "FILE", value_parser = kept_file())]
    pub(crate) header: Option<PathBuf>,

    /// Write the envelope as text, for mail and chat
    #[arg(long, conflicts_with = "header")]
    pub(crate) armor: bool,

    /// Replace OUT by a new file if it exists, and the FILE of --header as well
    #[arg(long)]
    pub(crate) force: bool,

    /// The file to seal
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,

    /// The envelope to write
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,
}

/// Open the envelope IN, binary or text
///
/// On standard output, authentic data is passed on as it verifies: it is complete only if the exit
/// status is 0. If OUT is a file, you alone can read it. SIGINT, SIGTERM and SIGHUP leave nothing.
/// After SIGKILL a hidden file named .bulla-*.tmp can stay beside OUT, with what was opened so far,
/// for you alone as well.
#[derive(Debug, clap::Args)]
pub(crate) struct OpenArgs {
    #[command(flatten)]
    pub(crate) identities: IdentityArgs,

    #[command(flatten)]
    pub(crate) senders: SenderArgs,

    #[command(flatten)]
    pub(crate) aad: AadArgs,

    /// Read the header from FILE, and only the body from IN
    #[arg(long, value_name = "FILE")]
    pub(crate) header: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,

    /// Replace OUT by a new file if it exists
    #[arg(long)]
    pub(crate) force: bool,

    /// In the place of OUT: write to this folder, under the name that "seal --store-name" stored,
    /// and print the path. Refuses names with separators, ".." and all else that could leave the
    /// folder, hidden names, and names that Windows does not allow
    #[arg(long, value_name = "FOLDER")]
    pub(crate) restore_name: Option<PathBuf>,

    /// The envelope to open
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,

    /// The file to write
    #[arg(value_name = "OUT", required_unless_present = "restore_name", conflicts_with = "restore_name")]
    pub(crate) output: Option<PathBuf>,
}

/// Change who can open the envelope IN, without touching what was sealed
///
/// Metadata, associated data and body stay as they are. The body is copied, not verified, and --aad
/// is not needed. IN can also be a header without its body; then OUT is one, too.
///
/// IN and OUT can be the same file, without --force: it is replaced once the new one is complete.
/// The new one keeps owner, group, permissions and access list; where that is not possible, the old
/// one stays. Other hard links to it keep the old content.
///
/// The audience of a signed envelope stays the first one: a reader that demands the sender refuses
/// it for a recipient that was added.
///
/// THIS DOES NOT REVOKE. Whoever could open the old envelope can open every copy that is left.
/// Nobody notices if an old header is put back before the body. To shut somebody out, seal anew.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("change").args(["added", "removed", "kept"]).required(true).multiple(true))]
#[command(group = ArgGroup::new("removal").args(["removed", "kept"]).multiple(true))]
pub(crate) struct RewrapArgs {
    #[command(flatten)]
    pub(crate) identities: IdentityArgs,

    /// Add a recipient: a public key, as for seal; repeat for several
    #[arg(long = "add", value_name = "PUB.pem")]
    pub(crate) added: Vec<PathBuf>,

    /// Take certificates that have expired, are not valid yet, or whose key usage does not include
    /// keyEncipherment. Who signed them is never checked
    #[arg(long, requires = "added")]
    pub(crate) any_certificate: bool,

    /// Leave the ids of the added keys out of the envelope
    #[arg(long, requires = "added")]
    pub(crate) anonymous: bool,

    /// Remove the recipient with this key id: 64 hexadecimal digits, as "bulla inspect" shows them;
    /// repeat for several
    #[arg(long = "remove", value_name = "KEYID")]
    pub(crate) removed: Vec<KeyId>,

    /// Remove all recipients but the one with this key id and those added; repeat to keep several
    #[arg(long = "keep-only", value_name = "KEYID")]
    pub(crate) kept: Vec<KeyId>,

    /// With --remove or --keep-only: keep records without a key id, although one may be for a
    /// removed key
    #[arg(long, requires = "removal")]
    pub(crate) keep_unidentified: bool,

    /// Write the envelope as text, for mail and chat; without this, OUT is binary even if IN is
    /// text
    #[arg(long)]
    pub(crate) armor: bool,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,

    /// Replace OUT by a new file if it exists
    #[arg(long)]
    pub(crate) force: bool,

    /// The envelope to change
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,

    /// The changed envelope
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,
}

/// Show the header of the envelope IN, without a key
///
/// IN can be binary or text, and it can be a header without its body. Lengths are those of the
/// binary form; if IN is text, the lengths of body and plaintext are not known.
///
/// Nothing shown here has been verified: anyone may have made it up.
///
/// --json prints one object with these keys, in any order:
///
///   version, suite, layout: numbers
///   header_len: length of the header in bytes
///   body_offset: offset in bytes at which the body starts in the envelope
///   body_len: length of the body in bytes (of a regular file, less the header), or null
///   truncated: true if no complete envelope has the length of the file; null if the length is
///     not known, or if there is no body at all, since IN may be a header without its body
///   metadata: the text, or null if there is none or it is not UTF-8
///   metadata_hex: the same in hexadecimal, or null if there is none
///   private_section: true if the header has a section that recipients alone can read
///   sender: always null: whether anybody has signed, and who, cannot be seen without a key.
///     Without a private section, nobody has
///   records: an array with one object for each record
///     type: a number
///     name: "rsa-oaep-sha256", "padding" or "unknown"
///     key_id: 64 hexadecimal digits, or null
///     wrapped_key_len: length in bytes, equal to that of the RSA modulus, or null
///   plaintext_len: length of the plaintext in bytes, or null if body_len is not that of a
///     complete envelope
///   verified: always false
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct InspectArgs {
    /// Print a JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) limits: HeaderLimitArgs,

    /// The envelope
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
}

/// Show the whole round with a new key pair: seal, inspect, open, compare
///
/// Prints sizes and throughput. Without FILE, the demo seals 256 MiB that it generates; plaintext
/// and envelope stay in memory, so that the figures are those of the cipher and not of the disk.
/// With FILE, it works in a temporary directory, which needs room for twice the length of FILE, and
/// the figures include reading and writing.
#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// A regular file to seal
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// Seal or open one large file in parts, with several processes
#[derive(Debug, clap::Args)]
pub(crate) struct PartsArgs {
    #[command(subcommand)]
    pub(crate) command: PartsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PartsCommand {
    Seal(PartsSealArgs),
    Open(PartsOpenArgs),
    #[command(hide = true)]
    Worker(PartsWorkerArgs),
}

/// Seal IN in parts
///
/// Until it is complete, the result is in OUT.partial, and OUT.journal says which parts are there.
/// If the work is interrupted, give the same command with -i in the place of -r: it goes on with
/// what is missing. Neither file holds a secret. But whoever can write to them can put others in
/// their place, and read what is then sealed: where that may happen, sign, and go on with --sender.
#[derive(Debug, clap::Args)]
pub(crate) struct PartsSealArgs {
    /// Recipient: a public key or a certificate, as for seal; repeat for several
    #[arg(short = 'r', long = "recipient", value_name = "PUB.pem", required_unless_present = "identities")]
    pub(crate) recipients: Vec<PathBuf>,

    /// Take certificates that seal would refuse
    #[arg(long, requires = "recipients")]
    pub(crate) any_certificate: bool,

    /// Go on with an interrupted run: the private key of one of the recipients
    #[arg(short = 'i', long = "identity", value_name = "KEY.pem", group = "private_keys",
        conflicts_with_all = ["recipients", "signer", "private_metadata"])]
    pub(crate) identities: Vec<PathBuf>,

    /// With -i: go on only under a header that the holder of this public key has signed, as the
    /// first run did if it was given --sign-with
    #[arg(long = "sender", value_name = "PUB.pem", requires = "identities")]
    pub(crate) senders: Vec<PathBuf>,

    // Of the first run: the header stays.
    #[command(flatten)]
    pub(crate) private: PrivateArgs,

    /// Number of processes
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) workers: u16,

    /// Length of a part in bytes
    #[arg(long = "part-size", value_name = "BYTES", default_value_t = 64 << 20, conflicts_with = "identities",
        value_parser = clap::value_parser!(u64).range(1..=1 << 40))]
    pub(crate) part_len: u64,

    /// The file to seal
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,

    /// Where the result goes
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,
}

/// Open IN, which "parts seal" has made
#[derive(Debug, clap::Args)]
pub(crate) struct PartsOpenArgs {
    #[command(flatten)]
    pub(crate) identities: IdentityArgs,

    #[command(flatten)]
    pub(crate) senders: SenderArgs,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,

    /// Replace OUT by a new file if it exists
    #[arg(long)]
    pub(crate) force: bool,

    /// The file to open
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,

    /// Where the plaintext goes
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,
}

/// Seal the parts that standard input names. For "parts seal" alone.
#[derive(Debug, clap::Args)]
pub(crate) struct PartsWorkerArgs {
    pub(crate) input: PathBuf,
    pub(crate) output: PathBuf,
    pub(crate) run: u64,
}

/// Send IN through a session
///
/// With --connect, to "bulla recv --listen" over TCP: the exit status is 0 only if the holder of
/// the key has confirmed that everything arrived. Otherwise to OUT, for any number of recipients.
#[derive(Debug, clap::Args)]
pub(crate) struct SendArgs {
    /// Recipient: a public key or a certificate, as for seal; with --connect, exactly one
    #[arg(short = 'r', long = "recipient", value_name = "PUB.pem", required = true)]
    pub(crate) recipients: Vec<PathBuf>,

    /// Take certificates that seal would refuse
    #[arg(long)]
    pub(crate) any_certificate: bool,

    #[command(flatten)]
    pub(crate) private: PrivateArgs,

    /// Host and port to connect to
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "output")]
    pub(crate) connect: Option<String>,

    /// Replace OUT by a new file if it exists
    #[arg(long)]
    pub(crate) force: bool,

    /// What to send
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,

    /// Where the session goes
    #[arg(value_name = "OUT", required_unless_present = "connect")]
    pub(crate) output: Option<PathBuf>,
}

/// Receive what "bulla send" has sent
///
/// With --listen, waits for one connection. On standard output, messages are passed on as they
/// come: they are complete only if the exit status is 0.
#[derive(Debug, clap::Args)]
pub(crate) struct RecvArgs {
    #[command(flatten)]
    pub(crate) identities: IdentityArgs,

    #[command(flatten)]
    pub(crate) senders: SenderArgs,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,

    /// Address and port to wait at, in the place of IN
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,

    /// Replace OUT by a new file if it exists
    #[arg(long)]
    pub(crate) force: bool,

    /// The session, unless --listen is given, and where the plaintext goes
    #[arg(value_names = ["[IN]", "OUT"], num_args = 1..=2, required = true)]
    pub(crate) files: Vec<PathBuf>,
}

/// Returns whether a path stands for standard input or output.
pub(crate) fn is_standard_stream(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Refuses `-` for what nobody could read again.
fn kept_file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        if is_standard_stream(&path) { Err("the header has to be kept: name a file") } else { Ok(path) }
    })
}

/// Algorithms of signing keys that can be made.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Signing {
    /// RSASSA-PSS with SHA-256
    Rsa,
    /// ECDSA with P-256 and SHA-256
    #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
    P256,
    /// Ed25519
    #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
    Ed25519,
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
