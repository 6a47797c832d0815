//! Options that several commands have.

use std::path::PathBuf;

use bulla::Limits;

/// Keys to open with.
#[derive(Debug, clap::Args)]
pub(crate) struct IdentityArgs {
    /// Private key to open with: PEM or DER, in a file or, for -, on standard input; repeat for
    /// several keys. If it is encrypted, the terminal asks for its passphrase
    #[arg(short = 'i', long = "identity", value_name = "KEY.pem", required = true)]
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

/// Where passphrases come from.
#[derive(Debug, clap::Args)]
pub(crate) struct PassphraseArgs {
    /// Read the passphrase from the only line of FILE, and do not ask
    #[arg(long, value_name = "FILE")]
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
