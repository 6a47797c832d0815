//! What is in a private section (SPEC §4.4).

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use zeroize::Zeroizing;

use super::item::ITEM_OVERHEAD;
use super::reader::Reader;
use crate::error::{HeaderError, OpenError};
use crate::format::{
    CRITICAL, MAX_AUDIENCE, MAX_PRIVATE_ITEMS_LEN, MAX_SIGNATURE_LEN, PRIVATE_AUDIENCE, PRIVATE_METADATA,
    PRIVATE_PADDING, PRIVATE_SENDER,
};
use crate::key_id::KeyId;

/// The items of a private section that was opened. They are well-formed; whether the signature is
/// authentic is not known.
pub(crate) struct PrivateItems {
    bytes: Zeroizing<Vec<u8>>,
    metadata: Option<Range<usize>>,
    /// The whole item.
    sender: Option<Range<usize>>,
    audience: Option<Range<usize>>,
}

/// What a header says of its sender.
#[derive(Clone, Copy)]
pub(crate) struct SenderItem<'a> {
    pub(crate) algorithm: u16,
    pub(crate) key_id: KeyId,
    pub(crate) signature: &'a [u8],
}

impl PrivateItems {
    /// # Errors
    ///
    /// [`OpenError::MalformedPrivateSection`] and [`OpenError::UnknownPrivateItem`].
    pub(crate) fn parse(bytes: Zeroizing<Vec<u8>>) -> Result<Self, OpenError> {
        let mut items = Self { metadata: None, sender: None, audience: None, bytes };
        let mut reader = Reader::new(&items.bytes);
        let malformed = |_: HeaderError| OpenError::MalformedPrivateSection;
        let mut previous = 0;
        if reader.is_empty() {
            return Err(OpenError::MalformedPrivateSection);
        }
        while !reader.is_empty() {
            let start = reader.offset();
            let item_type = reader.item_type().map_err(malformed)?;
            let len = reader.item_len().map_err(malformed)?;
            let value_start = reader.offset();
            let value = reader.bytes(len).map_err(malformed)?;
            let range = value_start..reader.offset();
            let is_good = item_type > previous
                && match item_type {
                    PRIVATE_METADATA => {
                        items.metadata = Some(range);
                        !value.is_empty()
                    }
                    PRIVATE_SENDER => {
                        items.sender = Some(start..range.end);
                        (SENDER_OVERHEAD + 1..=SENDER_OVERHEAD + MAX_SIGNATURE_LEN).contains(&value.len())
                    }
                    PRIVATE_AUDIENCE => {
                        items.audience = Some(range);
                        is_audience(value)
                    }
                    PRIVATE_PADDING => value.iter().all(|byte| *byte == 0),
                    unknown if unknown & CRITICAL != 0 => return Err(OpenError::UnknownPrivateItem(unknown)),
                    _ => true,
                };
            if !is_good {
                return Err(OpenError::MalformedPrivateSection);
            }
            previous = item_type;
        }
        if items.sender.is_some() && items.audience.is_none() {
            return Err(OpenError::MalformedPrivateSection);
        }
        Ok(items)
    }

    pub(crate) fn metadata(&self) -> Option<&[u8]> {
        self.metadata.clone().map(|range| &self.bytes[range])
    }

    pub(crate) fn sender(&self) -> Option<SenderItem<'_>> {
        let value = &self.bytes[self.sender.clone()?][ITEM_OVERHEAD..];
        let (algorithm, rest) = value.split_first_chunk()?;
        let (key_id, signature) = rest.split_first_chunk()?;
        let algorithm = u16::from_be_bytes(*algorithm);
        Some(SenderItem { algorithm, key_id: KeyId::from_bytes(*key_id), signature })
    }

    /// The keys for which the sender has wrapped the content key, in ascending order.
    pub(crate) fn audience(&self) -> impl Iterator<Item = KeyId> {
        let bytes = self.audience.clone().map_or(&[][..], |range| &self.bytes[range]);
        bytes.as_chunks().0.iter().copied().map(KeyId::from_bytes)
    }

    /// The encoding of all items except the sender (SPEC §4.5).
    pub(crate) fn signed(&self) -> [&[u8]; 2] {
        let end = self.bytes.len();
        let sender = self.sender.clone().unwrap_or(end..end);
        [&self.bytes[..sender.start], &self.bytes[sender.end..]]
    }
}

impl fmt::Debug for PrivateItems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateItems").finish_non_exhaustive()
    }
}

fn is_audience(value: &[u8]) -> bool {
    let (ids, rest) = value.as_chunks::<32>();
    rest.is_empty() && (1..=MAX_AUDIENCE).contains(&ids.len()) && ids.is_sorted_by(|one, next| one < next)
}

/// The items of a private section before they are signed.
pub(crate) struct PrivateDraft {
    /// What stands before the sender.
    before: Zeroizing<Vec<u8>>,
    /// What stands behind it: audience and padding.
    after: Zeroizing<Vec<u8>>,
}

/// Private items would be longer than 64 KiB.
#[derive(Debug)]
pub(crate) struct PrivateTooLong;

impl PrivateDraft {
    /// `audience` is that of a sender, in ascending order, with the length of the signature that is
    /// to come.
    pub(crate) fn new(metadata: Option<&[u8]>, audience: Option<(&[KeyId], usize)>) -> Result<Self, PrivateTooLong> {
        let metadata_len = metadata.map_or(0, |metadata| ITEM_OVERHEAD + metadata.len());
        let mut before = Zeroizing::new(Vec::with_capacity(metadata_len));
        if let Some(metadata) = metadata {
            push_item(&mut before, PRIVATE_METADATA, metadata)?;
        }
        let mut after = Zeroizing::new(Vec::new());
        let mut sender_len = 0;
        if let Some((audience, signature_len)) = audience {
            let ids: Vec<u8> = audience.iter().flat_map(KeyId::as_bytes).copied().collect();
            push_item(&mut after, PRIVATE_AUDIENCE, &ids)?;
            sender_len = ITEM_OVERHEAD + SENDER_OVERHEAD + signature_len;
        }
        let len = before.len() + sender_len + after.len();
        if !len.is_multiple_of(PADDED) {
            // An item of padding cannot be shorter than its own overhead.
            let padded = (len + ITEM_OVERHEAD).next_multiple_of(PADDED);
            if padded <= MAX_PRIVATE_ITEMS_LEN {
                push_item(&mut after, PRIVATE_PADDING, &alloc::vec![0; padded - len - ITEM_OVERHEAD])?;
            }
        }
        if before.len() + sender_len + after.len() > MAX_PRIVATE_ITEMS_LEN {
            return Err(PrivateTooLong);
        }
        Ok(Self { before, after })
    }

    /// The encoding of all items except the sender (SPEC §4.5).
    pub(crate) fn signed(&self) -> [&[u8]; 2] {
        [&self.before, &self.after]
    }

    /// The items, with a sender or without one.
    pub(crate) fn finish(self, sender: Option<SenderItem<'_>>) -> Result<Zeroizing<Vec<u8>>, PrivateTooLong> {
        let sender_len = sender.map_or(0, |sender| ITEM_OVERHEAD + SENDER_OVERHEAD + sender.signature.len());
        let len = self.before.len() + sender_len + self.after.len();
        // Never reallocated, so that no copy is left behind.
        let mut items = Zeroizing::new(Vec::with_capacity(len));
        items.extend_from_slice(&self.before);
        if let Some(SenderItem { algorithm, key_id, signature }) = sender {
            let value = Zeroizing::new([&algorithm.to_be_bytes()[..], key_id.as_bytes(), signature].concat());
            push_item(&mut items, PRIVATE_SENDER, &value)?;
        }
        items.extend_from_slice(&self.after);
        if len > MAX_PRIVATE_ITEMS_LEN { Err(PrivateTooLong) } else { Ok(items) }
    }
}

fn push_item(items: &mut Vec<u8>, item_type: u16, value: &[u8]) -> Result<(), PrivateTooLong> {
    let len = u32::try_from(value.len()).map_err(|_| PrivateTooLong)?;
    items.extend_from_slice(&item_type.to_be_bytes());
    items.extend_from_slice(&len.to_be_bytes());
    items.extend_from_slice(value);
    Ok(())
}

/// Length in bytes of what precedes the signature in a sender.
const SENDER_OVERHEAD: usize = 2 + 32;

/// Writers fill the items to a multiple of so many bytes (SPEC §4.4).
const PADDED: usize = 256;
