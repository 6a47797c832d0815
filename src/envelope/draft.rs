//! A header that is complete but for the signature of its sender.

use alloc::vec::Vec;

use crate::error::{SealError, SignError};
use crate::format::{Layout, SignatureAlgorithm};
use crate::key_id::KeyId;
use crate::limits::Limits;
use crate::schedule::{Keyed, NewKey, ToSign};
use crate::wire::{Fields, Item, PrivateDraft, PrivateTooLong, SenderItem, encode};

/// A header to which at most a signature is missing.
pub(super) struct Draft {
    pub(super) layout: Layout,
    pub(super) key: NewKey,
    pub(super) metadata: Option<Vec<u8>>,
    pub(super) records: Vec<Item>,
    pub(super) private: Option<PrivateDraft>,
    pub(super) sender: Option<Unsigned>,
    pub(super) limits: Limits,
}

/// What a sender is to sign, and as whom.
pub(super) struct Unsigned {
    pub(super) name: SenderName,
    pub(super) message: ToSign,
}

/// What a header says of its sender, and how long the signature is going to be.
#[derive(Clone, Copy)]
pub(super) struct SenderName {
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) key_id: KeyId,
    pub(super) signature_len: usize,
}

impl Draft {
    pub(super) fn message(&self) -> Option<&[u8]> {
        self.sender.as_ref().map(|sender| &sender.message.as_bytes()[..])
    }

    /// Makes the header, with the signature if there is a sender.
    pub(super) fn finish(mut self, signature: &[u8]) -> Result<Keyed, SealError> {
        let name = self.sender.map(|sender| sender.name);
        // The padding was made for this length.
        if name.is_some_and(|name| name.signature_len != signature.len()) {
            return Err(SignError::new("a signature is not as long as its key says").into());
        }
        let sender = name.map(|SenderName { algorithm, key_id, .. }| SenderItem {
            algorithm: algorithm.code(),
            key_id,
            signature,
        });
        let private = match self.private {
            Some(private) => Some(self.key.seal_private(&private.finish(sender)?)),
            None => None,
        };
        let fields = Fields { metadata: self.metadata.as_deref(), private: private.as_deref() };
        let header = encode(self.layout, fields, &mut self.records, &self.limits)?;
        Ok(self.key.seal(header))
    }
}

impl From<PrivateTooLong> for SealError {
    fn from(_: PrivateTooLong) -> Self {
        Self::PrivateSectionTooLong
    }
}
