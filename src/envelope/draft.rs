//! A header that is complete but for the signature of its sender.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::error::{SealError, SignError};
use crate::format::Layout;
use crate::key_id::KeyId;
use crate::limits::Limits;
use crate::schedule::{Keyed, NewKey, ToSign};
use crate::sender::Verifier;
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
    pub(super) algorithm: u16,
    pub(super) key_id: KeyId,
    pub(super) signature_len: usize,
    pub(super) message: ToSign,
}

impl Draft {
    pub(super) fn message(&self) -> Option<&[u8]> {
        self.sender.as_ref().map(|sender| &sender.message.as_bytes()[..])
    }

    /// Makes the header, with the signature if there is a sender.
    pub(super) fn finish(mut self, signature: &[u8]) -> Result<Keyed, SealError> {
        let sender = self.sender.as_ref();
        // The padding was made for this length.
        if sender.is_some_and(|sender| sender.signature_len != signature.len()) {
            return Err(SignError::new("a signature is not as long as its key says").into());
        }
        let sender = sender.map(|Unsigned { algorithm, key_id, .. }| SenderItem {
            algorithm: *algorithm,
            key_id: *key_id,
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

/// A header that waits for the signature of its sender, and what is to be sealed under it. For
/// signing keys in services that are asked asynchronously.
///
/// Returned by [`Sealer::prepare`](crate::Sealer::prepare) and its siblings. Have
/// [`message`](Self::message) signed, and give the signature to [`sign`](Self::sign).
///
/// # Examples
///
/// ```
/// use bulla::{Opener, RsaIdentity, RsaSigner, Sealer, Senders, Signer};
///
/// # let reader = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// # let signer = RsaSigner::from_pem(include_str!("../../tests/keys/rsa3072.pem"))?;
/// let sender = signer.verifier();
/// let prepared = Sealer::new(reader.recipient()).prepare(sender.clone())?;
/// // A service signs it, and the caller awaits the answer.
/// let signature = signer.sign(prepared.message())?;
/// let sealed = prepared.sign(&signature)?.seal(b"hello")?;
///
/// let opener = Opener::new(&reader).senders(Senders::new(sender));
/// assert_eq!(opener.open(&sealed)?, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is sealed before it is signed"]
pub struct Prepared<T> {
    draft: Draft,
    verifier: Arc<dyn Verifier>,
    then: Then<T>,
}

pub(super) type Then<T> = Box<dyn FnOnce(Keyed) -> T + Send + Sync>;

impl<T> Prepared<T> {
    pub(super) fn new(draft: Draft, verifier: Arc<dyn Verifier>, then: Then<T>) -> Self {
        Self { draft, verifier, then }
    }

    /// Returns what is to be signed: 242 bytes (SPEC §4.5). They are no secret.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        self.draft.message().unwrap_or_default()
    }

    /// Takes the signature, in the form that
    /// [`SignatureAlgorithm`](crate::senders::SignatureAlgorithm) describes.
    ///
    /// # Errors
    ///
    /// [`SealError::Sign`] if it is not that of the sender over [`message`](Self::message);
    /// [`SealError::Header`] if metadata or a record does not fit the format, and
    /// [`SealError::LimitExceeded`] if the header is too long: only now it is complete.
    pub fn sign(self, signature: &[u8]) -> Result<T, SealError> {
        if !self.verifier.verify(self.message(), signature) {
            return Err(SignError::new("the signature that was given does not verify").into());
        }
        Ok((self.then)(self.draft.finish(signature)?))
    }
}

impl<T> fmt::Debug for Prepared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").field("sender", &self.verifier.key_id()).finish_non_exhaustive()
    }
}
