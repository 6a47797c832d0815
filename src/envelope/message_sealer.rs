//! One header, and the labelled messages under it.

use alloc::vec::Vec;
use core::fmt;

use super::salt::draw_salt;
use super::sealing::Sealing;
use crate::chunk::{BodySealer, Work};
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
        let salt = draw_salt()?;
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

#[cfg(test)]
mod tests {
    use rand_core::{Infallible, TryCryptoRng, TryRng};

    use crate::envelope::{Opener, Sealer};
    use crate::error::OpenError;
    use crate::recipient::RsaIdentity;
    use crate::secret::ContentKey;

    #[test]
    fn the_single_body_under_the_same_content_key_is_no_message_and_the_other_way_round() {
        // What only a holder of the content key can do: a header of each layout under one key.
        let identity = RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem")).unwrap();
        let sealer = Sealer::new(identity.recipient());
        let key = || ContentKey::from_bytes([7; 32]);
        let messages = sealer.start_messages_from(key(), &mut Sevens).unwrap();
        let (header, body) = sealer.start_with_rng(&mut Sevens).unwrap().into_parts();
        let (single, message) = (body.seal(b"hello").unwrap(), messages.seal("", b"hello").unwrap());
        let opener = Opener::new(&identity);
        let (of_single, of_messages) =
            (opener.open_header(&header).unwrap(), opener.open_header(messages.header()).unwrap());
        assert_eq!(of_single.keyed().key().expose(), of_messages.keyed().key().expose());
        assert_eq!(of_messages.message("").open(&single), Err(OpenError::WrongAssociatedData));
        assert_eq!(of_single.open(&message), Err(OpenError::WrongAssociatedData));
    }

    struct Sevens;

    impl TryRng for Sevens {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            Ok(0x0707_0707)
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            Ok(0x0707_0707_0707_0707)
        }

        fn try_fill_bytes(&mut self, output: &mut [u8]) -> Result<(), Infallible> {
            output.fill(7);
            Ok(())
        }
    }

    impl TryCryptoRng for Sevens {}
}
