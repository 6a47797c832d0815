//! Options that several commands have.

use std::path::PathBuf;

use bulla::Limits;
use clap::builder::NonEmptyStringValueParser;

/// Keys to open with.
#[derive(Debug, clap::Args)]
pub(crate) struct IdentityArgs {
    /// Private key to open with: PEM or DER, in a file or, for -, on standard input; repeat for
    /// several keys. If it is encrypted, the terminal asks for its passphrase
    #[arg(short = 'i', long = "identity", value_name = "KEY.pem", required = true, group = "private_keys")]
    pub(crate) identities: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

impl IdentityArgs {
    /// The files that are read.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.identities.iter().chain(&self.passphrase.passphrase_file)
    }
}

/// What only recipients can read.
#[derive(Debug, clap::Args)]
pub(crate) struct PrivateArgs {
    /// Sign with this private key: whoever demands its public key with --sender knows that you made
    /// the envelope, and for whom. The key must not be that of a recipient: "keygen --signing"
    /// makes one for this. Recipients alone see who signed, and all recipients, anonymous ones too
    #[arg(long = "sign-with", value_name = "KEY.pem", group = "private_keys")]
    pub(crate) signer: Option<PathBuf>,

    /// Text to put into the header, encrypted: recipients alone can read it, with "open
    /// --show-private"
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) private_metadata: Option<String>,

    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

impl PrivateArgs {
    /// The files that are read.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.signer.iter().chain(&self.passphrase.passphrase_file)
    }
}

/// Who may have sealed.
///
/// A script that demands nobody is not told so: the note would be an answer to nobody, and a line
/// more on standard error makes some of them fail.
#[derive(Debug, clap::Args)]
pub(crate) struct SenderArgs {
    /// Open only what the holder of this public key has signed, for one of the keys of -i; repeat
    /// to accept any of several. Without this, anyone can have made what opens, and a note on
    /// standard error says so, if that is a terminal. With it, a line on standard error says who it
    /// was
    #[arg(long = "sender", value_name = "PUB.pem")]
    pub(crate) senders: Vec<PathBuf>,

    /// With --sender: open also what the sender made for others, and somebody has passed on.
    /// Whoever that was can have replaced the content
    #[arg(long, requires = "senders")]
    pub(crate) accept_readdressed: bool,

    /// With --sender: refuse what the sender made for other keys as well as those of -i. Otherwise
    /// their holders can have replaced the content
    #[arg(long, requires = "senders", conflicts_with = "accept_readdressed")]
    pub(crate) only_for_me: bool,

    /// Say nothing of the sender: it does not matter who has sealed
    #[arg(long, conflicts_with = "senders")]
    pub(crate) any_sender: bool,

    /// Show the private metadata on standard error, in one line, once everything has opened
    #[arg(long)]
    pub(crate) show_private: bool,
}

/// Where passphrases come from.
#[derive(Debug, clap::Args)]
pub(crate) struct PassphraseArgs {
    /// Read the passphrase of a private key from the only line of FILE, and do not ask
    // Without a private key it would be ignored, and seem to protect what is sealed.
    #[arg(long, value_name = "FILE", requires = "private_keys")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// Associated data.
#[derive(Debug, clap::Args)]
pub(crate) struct AadArgs {
    /// Associated data: text that is not stored, and without which the envelope does not open
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) aad: String,

    /// Associated data from a file: all of its bytes, a final line end included; at most 16 MiB
    #[arg(long, value_name = "FILE", conflicts_with = "aad")]
    pub(crate) aad_file: Option<PathBuf>,
}

/// How much work an envelope may cause.
#[derive(Debug, clap::Args)]
pub(crate) struct LimitArgs {
    #[command(flatten)]
    pub(crate) header: HeaderLimitArgs,

    /// Largest number of RSA private-key operations. A record that names a given key costs one, an
    /// anonymous record costs one for each given key of its length
    // The default is enough for all that `seal` can make, with one key. A service would not allow
    // this much, but here the user can stop the program.
    #[arg(long, value_name = "N", default_value_t = Limits::default().records())]
    pub(crate) max_key_operations: u32,
}

impl LimitArgs {
    pub(crate) fn limits(&self) -> Limits {
        let operations = self.max_key_operations;
        self.header.limits().with_private_key_operations(operations).with_session_key_operations(operations)
    }
}

/// How long a header may be.
#[derive(Debug, clap::Args)]
pub(crate) struct HeaderLimitArgs {
    /// Longest header to accept, metadata included, in bytes; the format allows 5242932
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().header_len())]
    pub(crate) max_header: u32,
}

impl HeaderLimitArgs {
    pub(crate) fn limits(&self) -> Limits {
        // Metadata is part of the header. An option of its own would bound the same memory again.
        Limits::default().with_header_len(self.max_header).with_metadata_len(self.max_header)
    }
}
