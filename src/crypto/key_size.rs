//! The sizes of RSA keys that are generated.

/// Lengths of the keys that [`RsaIdentity::generate`](crate::RsaIdentity::generate) and
/// [`RsaSigner::generate`](crate::RsaSigner::generate) make. The default is 3072 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySize {
    /// 2048 bits: 112-bit security (SP 800-57), the least that is admitted.
    Rsa2048,
    /// 3072 bits: 128-bit security (SP 800-57).
    #[default]
    Rsa3072,
    /// 4096 bits.
    Rsa4096,
}

impl KeySize {
    /// Length of the modulus in bits.
    #[must_use]
    pub const fn bits(self) -> usize {
        match self {
            Self::Rsa2048 => 2048,
            Self::Rsa3072 => 3072,
            Self::Rsa4096 => 4096,
        }
    }
}
