//! What the sealing commands put into the private section of a header: who signs it, and text.

use bulla::senders::AnySigner;
use bulla::{RsaRecipient, Sealer, Signer};

use crate::args::PrivateArgs;
use crate::failure::Failure;
use crate::file_id::FileId;
use crate::keys::{self, KeyFile};
use crate::stored_name::StoredName;

/// The private section of a header to be made.
pub(crate) struct Private {
    signer: Option<KeyFile<AnySigner>>,
    metadata: Option<String>,
}

impl Private {
    /// Reads the key to sign with. Refuses that of a recipient (SPEC §4.5).
    pub(crate) fn read(args: &PrivateArgs, recipients: &[KeyFile<RsaRecipient>]) -> Result<Self, Failure> {
        let signer = args.signer.as_deref().map(|path| keys::signer(path, &args.passphrase)).transpose()?;
        if let Some(signer) = &signer
            && let Some(twin) = recipients.iter().find(|recipient| recipient.key.key_id() == signer.key.key_id())
        {
            let reason = format_args!("the key of {} as well, {SIGNS_OR_OPENS}", twin.name);
            return Err(Failure::new(&signer.name, reason));
        }
        Ok(Self { signer, metadata: args.private_metadata.clone() })
    }

    /// Stores the name of a file beside the text.
    pub(crate) fn store(self, name: &StoredName) -> Self {
        Self { metadata: Some(name.to_metadata(self.metadata.as_deref())), ..self }
    }

    /// The file of the signing key.
    pub(crate) fn file_id(&self) -> Option<FileId> {
        self.signer.as_ref()?.file_id
    }

    /// Has everything sealed with this.
    pub(crate) fn add_to<'a>(&'a self, mut sealer: Sealer<'a>) -> Sealer<'a> {
        if let Some(signer) = &self.signer {
            sealer = sealer.signer(&signer.key);
        }
        match &self.metadata {
            Some(metadata) => sealer.private_metadata(metadata.as_bytes()),
            None => sealer,
        }
    }
}

/// Why a key of a recipient does not sign, and what to do.
pub(crate) const SIGNS_OR_OPENS: &str =
    "and a key signs or opens, never both: \"bulla keygen --signing\" makes one that signs";
