//! Changing the recipients of an envelope while copying it.

use std::io::{self, Read, Write};

use crate::envelope::{Opener, Rewrapper};
use crate::error::{OpenError, RewrapError};
use crate::wire::Header;

impl Rewrapper<'_> {
    /// Copies the envelope in `input` to `output` with the recipients changed, and returns the
    /// number of bytes written. `opener` opens the header.
    ///
    /// Does not verify the body: a body that is cut or altered is copied as it is. Writes nothing
    /// unless the header could be changed. Does not flush `output`.
    ///
    /// # Errors
    ///
    /// [`RewrapError`] inside a [`std::io::Error`] if the recipients cannot be changed
    /// ([`RewrapError::from_io`] gets it out), or any error of `input` or `output`. The output is
    /// then incomplete. `WouldBlock` is final.
    ///
    /// # Examples
    ///
    /// ```
    /// use bulla::{Opener, Rewrapper};
    ///
    /// # let alice = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa2048.pem"))?;
    /// # let bob = bulla::RsaIdentity::from_pem(include_str!("../../tests/keys/rsa3072.pem"))?;
    /// # let old = bulla::seal(&alice.recipient(), b"hello")?;
    /// let mut new = Vec::new();
    /// Rewrapper::new()
    ///     .add_recipient(bob.recipient())
    ///     .copy(&old[..], &mut new, &Opener::new(&alice))?;
    /// assert_eq!(bulla::open(&bob, &new)?, b"hello");
    /// assert_eq!(bulla::open(&alice, &new)?, b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn copy<R: Read, W: Write>(&self, mut input: R, mut output: W, opener: &Opener<'_>) -> io::Result<u64> {
        let header =
            Header::read_from(&mut input, opener.limits_in_use()).map_err(|error| {
                match OpenError::from_io(&error) {
                    Some(error) => RewrapError::Open(error.clone()).into(),
                    None => error,
                }
            })?;
        let opened = opener.open_header(&header).map_err(RewrapError::Open)?;
        let changed = self.rewrap(&opened)?;
        output.write_all(changed.as_bytes())?;
        Ok(changed.body_offset() + io::copy(&mut input, &mut output)?)
    }
}
