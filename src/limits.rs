//! Finite limits on everything that a hostile input could make large.

use core::fmt;

/// Upper bounds for sealing and opening, and for reading encrypted keys.
///
/// An envelope or a key file that exceeds a limit is refused with [`LimitExceeded`], before any
/// work or allocation in proportion to the number in question. The default limits admit what the
/// library writes by default, with one exception: more than 16 anonymous recipients with keys of
/// one size, or 2 in a session over a connection, may need more
/// [private-key operations](Self::with_private_key_operations) to open.
/// Raising a limit lets a hostile input cost more. The maxima of the *format* (SPEC §2) always hold
/// as well.
///
/// # Examples
///
/// ```
/// use bulla::Limits;
///
/// let limits = Limits::default().with_plaintext_len(10 << 20).with_records(4);
/// assert_eq!(limits.plaintext_len(), 10 << 20);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    header_len: u32,
    records: u32,
    metadata_len: u32,
    private_key_operations: u32,
    plaintext_len: u64,
    kdf_iterations: u64,
    kdf_memory: u64,
    message_len: u32,
    session_key_operations: u32,
    parts: u32,
}

impl Limits {
    /// Sets the longest header, in bytes. Default: 1 MiB, which has room for 1024 recipients with
    /// RSA-4096 keys.
    #[must_use]
    pub const fn with_header_len(mut self, bytes: u32) -> Self {
        self.header_len = bytes;
        self
    }

    /// Sets the largest number of records in a header. Default: 1024, which is also the format's
    /// maximum.
    #[must_use]
    pub const fn with_records(mut self, count: u32) -> Self {
        self.records = count;
        self
    }

    /// Sets the longest metadata, public and private each, in bytes. Default: 64 KiB.
    #[must_use]
    pub const fn with_metadata_len(mut self, bytes: u32) -> Self {
        self.metadata_len = bytes;
        self
    }

    /// Sets the largest number of private-key operations to spend on one envelope. Default: 16.
    ///
    /// A record that names the key of an identity costs one operation. An anonymous record costs
    /// one for each identity that it may be for.
    ///
    /// The time of an operation grows with the size of the key. A hostile header costs a reader
    /// with an RSA-8192 key about 1.25 s at the default limit (measured with the backend
    /// `rustcrypto`).
    #[must_use]
    pub const fn with_private_key_operations(mut self, count: u32) -> Self {
        self.private_key_operations = count;
        self
    }

    /// Sets the longest plaintext, in bytes. Default: the format's maximum of 4 PiB − 1, because
    /// streams need constant memory.
    ///
    /// A stream releases the chunks within the limit before it fails. Sessions have no such limit.
    #[must_use]
    pub const fn with_plaintext_len(mut self, bytes: u64) -> Self {
        self.plaintext_len = bytes;
        self
    }

    /// Sets the largest number of iterations of the key derivation function of an encrypted private
    /// key: of PBKDF2 (RFC 8018), or N·r·p for scrypt (RFC 7914). Default: 10,000,000.
    ///
    /// It applies to the functions `from_encrypted_key_file` alone (feature `encrypted-keys`).
    #[must_use]
    pub const fn with_kdf_iterations(mut self, count: u64) -> Self {
        self.kdf_iterations = count;
        self
    }

    /// Sets the largest memory of the key derivation function of an encrypted private key, in
    /// bytes: for scrypt (RFC 7914), 128·r·N or, if that is more, 128·r·p. Default: 256 MiB.
    ///
    /// It applies to the functions `from_encrypted_key_file` alone (feature `encrypted-keys`).
    #[must_use]
    pub const fn with_kdf_memory(mut self, bytes: u64) -> Self {
        self.kdf_memory = bytes;
        self
    }

    /// Sets the longest message of a session that is sent or received whole, in bytes. Default: 1
    /// MiB. Messages that are written or read piece by piece have no limit.
    #[must_use]
    pub const fn with_message_len(mut self, bytes: u32) -> Self {
        self.message_len = bytes;
        self
    }

    /// Sets the largest number of private-key operations to spend on a session that somebody begins
    /// over a connection. Default: 2, because strangers can connect.
    ///
    /// There it takes the place of [`private_key_operations`](Self::private_key_operations).
    #[must_use]
    pub const fn with_session_key_operations(mut self, count: u32) -> Self {
        self.session_key_operations = count;
        self
    }

    /// Sets the largest number of parts of an object, also for those who seal them. Default:
    /// 65,536; the format's maximum is 1,048,576. A manifest has 40 bytes for each. Opening one
    /// takes up to 136 bytes of memory for each part, of which 56 are kept.
    #[must_use]
    pub const fn with_parts(mut self, count: u32) -> Self {
        self.parts = count;
        self
    }

    /// Returns the longest header, in bytes.
    #[must_use]
    pub const fn header_len(&self) -> u32 {
        self.header_len
    }

    /// Returns the largest number of records in a header.
    #[must_use]
    pub const fn records(&self) -> u32 {
        self.records
    }

    /// Returns the longest metadata, public and private each, in bytes.
    #[must_use]
    pub const fn metadata_len(&self) -> u32 {
        self.metadata_len
    }

    /// Returns the largest number of private-key operations to spend on one envelope.
    #[must_use]
    pub const fn private_key_operations(&self) -> u32 {
        self.private_key_operations
    }

    /// Returns the longest plaintext, in bytes.
    #[must_use]
    pub const fn plaintext_len(&self) -> u64 {
        self.plaintext_len
    }

    /// Returns the largest number of iterations of a key derivation function.
    #[must_use]
    pub const fn kdf_iterations(&self) -> u64 {
        self.kdf_iterations
    }

    /// Returns the largest memory of a key derivation function, in bytes.
    #[must_use]
    pub const fn kdf_memory(&self) -> u64 {
        self.kdf_memory
    }

    /// Returns the longest message of a session that is sent or received whole, in bytes.
    #[must_use]
    pub const fn message_len(&self) -> u32 {
        self.message_len
    }

    /// Returns the largest number of private-key operations to spend on a session.
    #[must_use]
    pub const fn session_key_operations(&self) -> u32 {
        self.session_key_operations
    }

    /// Returns the largest number of parts of an object.
    #[must_use]
    pub const fn parts(&self) -> u32 {
        self.parts
    }

    /// Compares `value` with the limit that `limit` names.
    pub(crate) fn check(&self, limit: Limit, value: u64) -> Result<(), LimitExceeded> {
        let max = match limit {
            Limit::HeaderLen => self.header_len.into(),
            Limit::Records => self.records.into(),
            Limit::MetadataLen => self.metadata_len.into(),
            Limit::PrivateKeyOperations => self.private_key_operations.into(),
            Limit::SessionKeyOperations => self.session_key_operations.into(),
            Limit::PlaintextLen => self.plaintext_len,
            Limit::KdfIterations => self.kdf_iterations,
            Limit::KdfMemory => self.kdf_memory,
            Limit::MessageLen => self.message_len.into(),
            Limit::Parts => self.parts.into(),
        };
        if value > max {
            return Err(LimitExceeded { limit, max });
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_len: 1 << 20,
            records: 1024,
            metadata_len: 64 << 10,
            private_key_operations: 16,
            plaintext_len: (1 << 52) - 1,
            kdf_iterations: 10_000_000,
            kdf_memory: 256 << 20,
            message_len: 1 << 20,
            session_key_operations: 2,
            parts: 65_536,
        }
    }
}

/// Names one of the [`Limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::header_len`], in bytes.
    HeaderLen,
    /// [`Limits::records`].
    Records,
    /// [`Limits::metadata_len`], in bytes.
    MetadataLen,
    /// [`Limits::private_key_operations`].
    PrivateKeyOperations,
    /// [`Limits::session_key_operations`].
    SessionKeyOperations,
    /// [`Limits::plaintext_len`], in bytes.
    PlaintextLen,
    /// [`Limits::kdf_iterations`].
    KdfIterations,
    /// [`Limits::kdf_memory`], in bytes.
    KdfMemory,
    /// [`Limits::message_len`], in bytes.
    MessageLen,
    /// [`Limits::parts`].
    Parts,
}

/// A limit was exceeded. A retry with higher [`Limits`] can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitExceeded {
    /// The limit that was exceeded.
    pub limit: Limit,
    /// Value of the limit, in its unit.
    pub max: u64,
}

impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let max = self.max;
        match self.limit {
            Limit::HeaderLen => write!(f, "the header is longer than the limit of {max} bytes"),
            Limit::Records => write!(f, "the header has more records than the limit of {max}"),
            Limit::MetadataLen => write!(f, "the metadata is longer than the limit of {max} bytes"),
            Limit::PrivateKeyOperations => {
                write!(f, "opening needs more private-key operations than the limit of {max}")
            }
            Limit::SessionKeyOperations => {
                write!(f, "opening the session needs more private-key operations than the limit of {max}")
            }
            Limit::PlaintextLen => write!(f, "the plaintext is longer than the limit of {max} bytes"),
            Limit::KdfIterations => {
                write!(f, "deriving the key from the passphrase needs more iterations than the limit of {max}")
            }
            Limit::KdfMemory => {
                write!(f, "deriving the key from the passphrase needs more memory than the limit of {max} bytes")
            }
            Limit::Parts => write!(f, "the object has more parts than the limit of {max}"),
            Limit::MessageLen => write!(f, "the message is longer than the limit of {max} bytes"),
        }
    }
}

impl core::error::Error for LimitExceeded {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_admits_its_value_and_refuses_one_more() {
        let limits = Limits::default()
            .with_header_len(1)
            .with_records(2)
            .with_metadata_len(3)
            .with_private_key_operations(4)
            .with_plaintext_len(5)
            .with_kdf_iterations(6)
            .with_kdf_memory(7)
            .with_message_len(8)
            .with_parts(9)
            .with_session_key_operations(10);
        for (limit, max) in [
            (Limit::HeaderLen, 1),
            (Limit::Records, 2),
            (Limit::MetadataLen, 3),
            (Limit::PrivateKeyOperations, 4),
            (Limit::PlaintextLen, 5),
            (Limit::KdfIterations, 6),
            (Limit::KdfMemory, 7),
            (Limit::MessageLen, 8),
            (Limit::Parts, 9),
            (Limit::SessionKeyOperations, 10),
        ] {
            assert_eq!(limits.check(limit, max), Ok(()));
            assert_eq!(limits.check(limit, max + 1), Err(LimitExceeded { limit, max }));
        }
    }
}
