//! Headers and their private sections, made and read without the library, from `SPEC.md` alone.

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
use bulla::error::OpenError;

use crate::header;
use crate::header_tag::header_tag;
use crate::schedule::{expand, sha512};

/// Fields, records or private items: type and value.
pub(super) type Items = Vec<(u16, Vec<u8>)>;

/// The parts of a header (SPEC §3).
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) layout: u8,
    pub(super) fields: Items,
    pub(super) records: Items,
    pub(super) tag: Vec<u8>,
}

impl Parts {
    /// Of a header that is well-formed.
    pub(super) fn of(header: &[u8]) -> Self {
        let len = |at: usize| usize::try_from(u32::from_be_bytes(*header[at..].first_chunk().unwrap())).unwrap();
        let (fields, rest) = header[20..].split_at(len(12));
        let (records, tag) = rest.split_at(len(16));
        let [fields, records] = [fields, records].map(|section| split_items(section).unwrap());
        Self { layout: header[10], fields, records, tag: tag.into() }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let [fields, records] = [&self.fields, &self.records]
            .map(|items| items.iter().map(|(item_type, value)| (*item_type, &value[..])).collect::<Vec<_>>());
        let mut header = header::encode(&fields, &records, &self.tag);
        header[10] = self.layout;
        header
    }

    /// Gives the header its tag under this content key.
    pub(super) fn sign_with(&mut self, key: &[u8; 32]) {
        let header = self.encode();
        self.tag = header_tag(key, &header[..header.len() - 32]).into();
    }

    pub(super) fn field(&self, field_type: u16) -> Option<&[u8]> {
        self.fields.iter().find(|(other, _)| *other == field_type).map(|(_, value)| &value[..])
    }

    pub(super) fn set_field(&mut self, field_type: u16, value: Option<Vec<u8>>) {
        set_item(&mut self.fields, field_type, value);
    }
}

/// Replaces, adds or removes an item.
pub(super) fn set_item(items: &mut Items, item_type: u16, value: Option<Vec<u8>>) {
    items.retain(|(other, _)| *other != item_type);
    items.extend(value.map(|value| (item_type, value)));
    items.sort();
}

/// Seals items, whatever they are (SPEC §4.4). `salt` takes the place of the right one.
pub(super) fn seal(key: &[u8; 32], items: &[u8], salt: Option<[u8; 24]>) -> Vec<u8> {
    let salt = salt.unwrap_or_else(|| synthetic_salt(key, items));
    let (cipher, nonce) = cipher(key, &salt);
    let mut sealed = vec![0; items.len()];
    let buffer = InOutBuf::new(items, &mut sealed[..]).unwrap();
    let tag = cipher.encrypt_inout_detached((&nonce).into(), &[], buffer).unwrap();
    [&salt[..], &sealed, &tag].concat()
}

/// The items, if the section opens and its salt is right.
pub(super) fn open(key: &[u8; 32], value: &[u8]) -> Option<Vec<u8>> {
    let (salt, sealed) = value.split_first_chunk()?;
    let (sealed, tag) = sealed.split_last_chunk::<16>()?;
    let (cipher, nonce) = cipher(key, salt);
    let mut items = sealed.to_vec();
    cipher.decrypt_inout_detached((&nonce).into(), &[], (&mut items[..]).into(), tag.into()).ok()?;
    (synthetic_salt(key, &items) == *salt).then_some(items)
}

/// The items, or every error that may be reported for them: which is left open if there are
/// several.
pub(super) fn read(bytes: &[u8]) -> Result<Items, Vec<OpenError>> {
    let malformed = || OpenError::MalformedPrivateSection;
    let (items, is_whole) = match split_items(bytes) {
        Ok(items) => (items, true),
        Err(items) => (items, false),
    };
    let has = |wanted| items.iter().any(|(item_type, _)| *item_type == wanted);
    let is_good = is_whole
        && !items.is_empty()
        && items.is_sorted_by(|(one, _), (next, _)| one < next)
        && items.iter().all(|(item_type, value)| match item_type {
            0 => false,
            1 => !value.is_empty(),
            2 => (35..=34 + 1024).contains(&value.len()),
            3 => {
                let ids: Vec<&[u8]> = value.chunks(32).collect();
                (1..=1024).contains(&ids.len()) && value.len() % 32 == 0 && ids.is_sorted_by(|one, next| one < next)
            }
            0x7FFF => value.iter().all(|byte| *byte == 0),
            _ => true,
        })
        && (!has(2) || has(3));
    let critical = items.iter().filter(|(item_type, _)| *item_type >= 0x8000);
    let mut errors: Vec<OpenError> = critical.map(|(item_type, _)| OpenError::UnknownPrivateItem(*item_type)).collect();
    if !is_good {
        errors.push(malformed());
    }
    if errors.is_empty() { Ok(items) } else { Err(errors) }
}

/// What a sender signs (SPEC §4.5). `challenge` is empty if there is none.
pub(super) fn to_sign(key: &[u8; 32], parts: &Parts, items: &Items, sender: &[u8; 34], challenge: &[u8]) -> Vec<u8> {
    let hash = |items: &Items, without: u16| {
        let others: Items = items.iter().filter(|(item_type, _)| *item_type != without).cloned().collect();
        sha512(&[&encode_items(&others)])
    };
    let commitment = expand(key, &[&info(b"sender", 64)[..], &hash(items, 2)].concat());
    let challenge = if parts.layout == 2 { challenge } else { &[] };
    let message = [
        b"bulla\0sender\0\x01\x01",
        &[parts.layout][..],
        sender,
        &hash(&parts.fields, 2),
        &sha512(&[challenge]),
        &commitment[..64],
    ]
    .concat();
    assert_eq!(message.len(), 242);
    message
}

pub(super) fn encode_items(items: &Items) -> Vec<u8> {
    let encode = |(item_type, value): &(u16, Vec<u8>)| {
        [&item_type.to_be_bytes()[..], &u32::try_from(value.len()).unwrap().to_be_bytes(), value].concat()
    };
    items.iter().flat_map(encode).collect()
}

/// The items of a section, or those before something that is none.
pub(super) fn split_items(mut section: &[u8]) -> Result<Items, Items> {
    let mut items = Items::new();
    while !section.is_empty() {
        let Some((head, rest)) = section.split_first_chunk::<6>() else { return Err(items) };
        let len = u32::from_be_bytes(*head.last_chunk().unwrap());
        let Some((value, rest)) = rest.split_at_checked(usize::try_from(len).unwrap()) else { return Err(items) };
        items.push((u16::from_be_bytes([head[0], head[1]]), value.into()));
        section = rest;
    }
    Ok(items)
}

fn synthetic_salt(key: &[u8; 32], items: &[u8]) -> [u8; 24] {
    let derived = expand(key, &[info(b"private-salt", 24), sha512(&[items])].concat());
    *derived.first_chunk().unwrap()
}

fn cipher(key: &[u8; 32], salt: &[u8; 24]) -> (Aes256Gcm, [u8; 12]) {
    let derived = expand(key, &[&info(b"private", 44)[..], salt].concat());
    (Aes256Gcm::new(derived[..32].try_into().unwrap()), *derived[32..].first_chunk().unwrap())
}

fn info(label: &[u8], len: u8) -> Vec<u8> {
    [b"bulla\0key\0\x01\x01\0", &[len][..], label].concat()
}
