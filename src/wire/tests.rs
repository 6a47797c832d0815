//! Rules that the record types of this release cannot break.

use alloc::vec;
use alloc::vec::Vec;

use super::{Fields, Item, encode};
use crate::error::HeaderErrorKind;
use crate::format::Layout;
use crate::format::RECORD_RSA_OAEP_SHA256;
use crate::key_id::KeyId;
use crate::limits::Limits;

#[test]
fn records_of_two_classes_do_not_mix() {
    let record = |item_type, id| Item::wrapped_key(item_type, Some(KeyId::from_bytes([id; 32])), &[7; 256]);
    let encode = |mut records: Vec<Item>| encode(Layout::Single, Fields::default(), &mut records, &Limits::default());
    assert!(encode(vec![record(RECORD_RSA_OAEP_SHA256, 1), record(RECORD_RSA_OAEP_SHA256, 2)]).is_ok());
    assert!(encode(vec![record(POST_QUANTUM, 1), record(POST_QUANTUM, 2)]).is_ok());
    let mixed = encode(vec![record(RECORD_RSA_OAEP_SHA256, 1), record(POST_QUANTUM, 2)]);
    assert_eq!(mixed.unwrap_err().kind(), HeaderErrorKind::MixedClasses);
}

/// A record type that exists only in tests.
const POST_QUANTUM: u16 = 0xF001;
