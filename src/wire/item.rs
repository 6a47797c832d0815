//! A field or record to write.

use alloc::vec::Vec;

use crate::format::KEY_ID_LEN;
use crate::key_id::KeyId;

/// A field or record to write.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Item {
    pub(crate) item_type: u16,
    pub(crate) value: Vec<u8>,
}

impl Item {
    /// Makes a record that holds the content key: length of the key id, key id, wrapped key (SPEC
    /// §3.4).
    pub(crate) fn wrapped_key(record_type: u16, key_id: Option<KeyId>, wrapped_key: &[u8]) -> Self {
        let mut value = Vec::with_capacity(1 + usize::from(KEY_ID_LEN) + wrapped_key.len());
        match key_id {
            Some(id) => {
                value.push(KEY_ID_LEN);
                value.extend_from_slice(id.as_bytes());
            }
            None => value.push(0),
        }
        value.extend_from_slice(wrapped_key);
        Self { item_type: record_type, value }
    }
}

/// Length in bytes of type and length, which precede the value of a field, record or private item.
pub(super) const ITEM_OVERHEAD: usize = 6;
