//! One header, and the labelled messages under it.

use alloc::vec::Vec;
use core::fmt;

use rand_core::Rng;

use super::sealing::Sealing;
use crate::chunk::{BodySealer, Work};
use crate::crypto::SystemRng;
use crate::error::SealError;
use crate::format::SALT_LEN;
use crate::num::to_u64;
use crate::schedule::{AssociatedData, BodyKeys, Keyed, Label, Place};
use crate::wire::Header;

/// A new header of the layout `03`, and the messages that can be sealed under it.
///
/// Returned by [`Sealer::start_messages`](crate::Sealer::start_messages). The RSA operations are
/// done. Seal as many messages as you like, from any number of threads. Each is 72 bytes longer
/// than its plaintext, and 16 more for each 16 KiB. It can be opened without the others, by whoever
/// has the header, the key of a recipient, and the [`Label`] of the message.
///
/// Store or send the header once, and the messages by themselves; or seal with
/// [`start`](Self::start), which puts the header before the message.
///
/// # Examples
///
/// ```
/// use bulla::{Opener, Sealer};
///
/// # let identity = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
/// let messages = Sealer::new(identity.recipient()).start_messages()?;
/// let header = messages.header();
/// let first = messages.seal("orders/1", b"12 apples")?;
/// let second = messages.seal("orders/2", b"7 pears")?;
///
/// let opened = Opener::new(&identity).open_header(header)?;
/// assert_eq!(opened.message("orders/2").open(&second)?, b"7 pears");
/// assert_eq!(opened.message("orders/1").open(&first)?, b"12 apples");
/// // Under another label, a message does not open.
/// assert!(opened.message("orders/1").open(&second).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
///
/// A label keeps a message in its place. That a message is missing, or an older one is back under
/// the same label, is not noticed. Every recipient can make messages that the others accept.
///
/// A recipient who is removed from the header by a [`Rewrapper`](crate::Rewrapper) still has the
/// content key. So make a new `MessageSealer` then: under this one, the removed recipient reads
/// what is sealed later, too.
pub struct MessageSealer {
    keyed: Keyed,
    aad: AssociatedData,
    work: Work,
}

impl MessageSealer {
    pub(super) fn new(keyed: Keyed, aad: AssociatedData, work: Work) -> Self {
        Self { keyed, aad, work }
    }

    /// Returns the header, without which no message opens.
    #[must_use]
    pub fn header(&self) -> &Header {
        self.keyed.header()
    }

    /// Seals a message in memory. The header is not part of the result.
    ///
    /// # Errors
    ///
    /// [`SealError::LimitExceeded`] if the plaintext is too long, and [`SealError::Randomness`].
    pub fn seal(&self, label: impl Into<Label>, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        self.work.check_len(to_u64(plaintext.len()))?;
        self.message(label)?.seal(plaintext)
    }

    /// Returns the engine that seals one message, for streams and for buffers of the caller's. Its
    /// [`wrap_output`](BodySealer::wrap_output) makes a writer of it.
    ///
    /// # Errors
    ///
    /// [`SealError::Randomness`] if the operating system gave none for the salt.
    pub fn message(&self, label: impl Into<Label>) -> Result<BodySealer, SealError> {
        let mut rng = SystemRng::new();
        let mut salt = [0; SALT_LEN];
        rng.fill_bytes(&mut salt);
        rng.check()?;
        Ok(self.message_from(label.into(), &salt))
    }

    pub(crate) fn message_from(&self, label: Label, salt: &[u8; SALT_LEN]) -> BodySealer {
        let keys = BodyKeys::new(&self.keyed, &Place::Message(label), &self.aad);
        BodySealer::new(keys.input_key, keys.context(), salt, self.work)
    }

    /// Returns a [`Sealing`], which seals one message with the header before it.
    ///
    /// # Errors
    ///
    /// [`SealError::Randomness`] if the operating system gave none for the salt.
    pub fn start(&self, label: impl Into<Label>) -> Result<Sealing, SealError> {
        Ok(Sealing::new(self.header().clone(), self.message(label)?))
    }
}

impl fmt::Debug for MessageSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageSealer").field("header", self.header()).finish_non_exhaustive()
    }
}
