//! What tells the messages of one header apart (SPEC §5.5).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::crypto::sha512;

/// The label of a message: what tells it from the other messages of its header (SPEC §5.5).
///
/// Use what you know when you open the message: the key of a row, a topic with an offset, a path.
/// The label is not stored, and a message opens under no other one. Bytes and text convert into a
/// label; for several values use [`of_values`](Self::of_values).
///
/// # Examples
///
/// ```
/// use bulla::Label;
///
/// let label = Label::of_values(["orders", "42"]);
/// // Values keep their borders.
/// assert_ne!(label, Label::of_values(["orders4", "2"]));
/// assert_ne!(label, Label::from("orders42"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label([u8; 64]);

impl Label {
    /// Creates a label from several values, each with its length before it (SPEC §5.5), so that no
    /// other values give the same label. Under one header, make all labels so, or none.
    ///
    /// # Panics
    ///
    /// If a value has 4 GiB or more.
    #[must_use]
    pub fn of_values<V: AsRef<[u8]>>(values: impl IntoIterator<Item = V>) -> Self {
        let mut label = Vec::new();
        for value in values {
            let value = value.as_ref();
            let len = u32::try_from(value.len()).expect("a value of a label is shorter than 4 GiB");
            label.extend_from_slice(&len.to_be_bytes());
            label.extend_from_slice(value);
        }
        Self::from(&label[..])
    }

    /// Returns the place of its message: SHA-512(label).
    pub(super) fn place(&self) -> &[u8; 64] {
        &self.0
    }
}

impl From<&[u8]> for Label {
    fn from(label: &[u8]) -> Self {
        Self(sha512(&[label]))
    }
}

impl<const N: usize> From<&[u8; N]> for Label {
    fn from(label: &[u8; N]) -> Self {
        Self::from(&label[..])
    }
}

impl From<&Vec<u8>> for Label {
    fn from(label: &Vec<u8>) -> Self {
        Self::from(&label[..])
    }
}

impl From<Vec<u8>> for Label {
    fn from(label: Vec<u8>) -> Self {
        Self::from(&label[..])
    }
}

impl From<&str> for Label {
    fn from(label: &str) -> Self {
        Self::from(label.as_bytes())
    }
}

impl From<&String> for Label {
    fn from(label: &String) -> Self {
        Self::from(label.as_bytes())
    }
}

impl From<String> for Label {
    fn from(label: String) -> Self {
        Self::from(label.as_bytes())
    }
}

/// Shows nothing: who knows the labels that are possible finds one from its digest.
impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Label")
    }
}
