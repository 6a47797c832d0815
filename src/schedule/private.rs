//! The private section (SPEC §4.4).

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::derive::Prk;
use super::keyed::{Keyed, NewKey};
use crate::crypto::{Aead, constant_time_eq, sha512};
use crate::error::OpenError;
use crate::format::{SALT_LEN, TAG_LEN};
use crate::secret::Secret;
use crate::wire::PrivateItems;

impl NewKey {
    /// Seals the items of a private section.
    pub(crate) fn seal_private(&self, items: &[u8]) -> Vec<u8> {
        let salt = synthetic_salt(self.prk(), items);
        let mut value = vec![0; SALT_LEN + items.len() + TAG_LEN];
        let (head, sealed) = value.split_at_mut(SALT_LEN);
        head.copy_from_slice(&salt);
        let (aead, nonce) = cipher(self.prk(), &salt);
        aead.seal(nonce.expose(), &[], items, sealed);
        value
    }
}

impl Keyed {
    /// Opens the private section, if there is one.
    ///
    /// # Errors
    ///
    /// [`OpenError::MalformedPrivateSection`] and [`OpenError::UnknownPrivateItem`].
    pub(crate) fn open_private(&self) -> Result<Option<PrivateItems>, OpenError> {
        let Some(value) = self.header().private_section() else { return Ok(None) };
        let (salt, sealed) = value.split_first_chunk().ok_or(OpenError::MalformedPrivateSection)?;
        let len = sealed.len().checked_sub(TAG_LEN).ok_or(OpenError::MalformedPrivateSection)?;
        let mut items = Zeroizing::new(vec![0; len]);
        let (aead, nonce) = cipher(self.prk(), salt);
        let opened = aead.open(nonce.expose(), &[], sealed, &mut items);
        opened.map_err(|_| OpenError::MalformedPrivateSection)?;
        if !constant_time_eq(&synthetic_salt(self.prk(), &items), salt) {
            return Err(OpenError::MalformedPrivateSection);
        }
        PrivateItems::parse(items).map(Some)
    }
}

/// s: equal for equal items alone, so that no key and nonce meets a second plaintext.
fn synthetic_salt(prk: &Prk, items: &[u8]) -> [u8; SALT_LEN] {
    *prk.derive_bound(b"private-salt", &sha512(&[items])).expose()
}

fn cipher(prk: &Prk, salt: &[u8; SALT_LEN]) -> (Aead, Secret<12>) {
    let derived: Secret<44> = prk.derive_bound(b"private", salt);
    let (key, nonce_bytes) = derived.expose().split_first_chunk().expect("32 of 44 bytes");
    let mut nonce = Secret::zero();
    nonce.expose_mut().copy_from_slice(nonce_bytes);
    (Aead::new(key), nonce)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Layout;
    use crate::limits::Limits;
    use crate::secret::ContentKey;
    use crate::wire::{Fields, Item, encode};

    #[test]
    fn what_a_holder_of_the_content_key_makes_wrongly_is_refused() {
        let metadata = |value: &[u8]| item(1, value);
        let sender = |len: usize| item(2, &[&[0, 1], &[7; 32][..], &vec![9; len]].concat());
        let audience = |ids: &[u8]| item(3, &ids.iter().flat_map(|id| [*id; 32]).collect::<Vec<_>>());
        let padding = |len: usize| item(0x7FFF, &vec![0; len]);
        let many: Vec<u8> = (0..1025_u16).flat_map(|id| [&[0; 30][..], &id.to_be_bytes()].concat()).collect();
        let malformed = Err(OpenError::MalformedPrivateSection);
        for (items, verdict) in [
            (metadata(b"m"), Ok(())),
            (padding(0), Ok(())),
            ([sender(1), audience(&[1])].concat(), Ok(())),
            ([sender(1024), audience(&[1, 2]), padding(5)].concat(), Ok(())),
            ([metadata(b"m"), audience(&[1]), item(0x7000, b""), padding(1)].concat(), Ok(())),
            (item(3, &many[..1024 * 32]), Ok(())),
            (metadata(b""), malformed.clone()),
            // Not in order, and twice.
            ([audience(&[1]), metadata(b"m")].concat(), malformed.clone()),
            ([metadata(b"m"), metadata(b"m")].concat(), malformed.clone()),
            (item(0, b"m"), malformed.clone()),
            // A sender for nobody, and signatures of no length.
            (sender(64), malformed.clone()),
            ([sender(0), audience(&[1])].concat(), malformed.clone()),
            ([sender(1025), audience(&[1])].concat(), malformed.clone()),
            ([item(2, &[0; 33]), audience(&[1])].concat(), malformed.clone()),
            // Audiences.
            (audience(&[]), malformed.clone()),
            (audience(&[2, 1]), malformed.clone()),
            (audience(&[1, 1]), malformed.clone()),
            (item(3, &[1; 31]), malformed.clone()),
            (item(3, &many), malformed.clone()),
            // Padding that says something.
            (item(0x7FFF, &[0, 0, 1]), malformed.clone()),
            // Items that do not fill the section.
            ([metadata(b"m"), vec![0]].concat(), malformed.clone()),
            ([metadata(b"m"), vec![0; 5]].concat(), malformed.clone()),
            (metadata(b"m")[..6].to_vec(), malformed.clone()),
            (item(0x8001, b""), Err(OpenError::UnknownPrivateItem(0x8001))),
        ] {
            let key = NewKey::new(ContentKey::from_bytes([5; 32]));
            let value = key.seal_private(&items);
            assert_eq!(with_section(key, &value).open_private().map(|_| ()), verdict, "{items:?}");
        }
    }

    #[test]
    fn another_salt_than_that_of_the_items_is_refused() {
        let key = NewKey::new(ContentKey::from_bytes([5; 32]));
        let items = item(1, b"metadata");
        let salt = [3; SALT_LEN];
        let (aead, nonce) = cipher(key.prk(), &salt);
        let mut value = [&salt[..], &vec![0; items.len() + TAG_LEN]].concat();
        aead.seal(nonce.expose(), &[], &items, &mut value[SALT_LEN..]);
        let opened = with_section(key, &value).open_private().map(|_| ());
        assert_eq!(opened, Err(OpenError::MalformedPrivateSection));
    }

    #[test]
    fn a_section_that_does_not_open_is_refused() {
        let other = NewKey::new(ContentKey::from_bytes([6; 32])).seal_private(&item(1, b"m"));
        let key = NewKey::new(ContentKey::from_bytes([5; 32]));
        let opened = with_section(key, &other).open_private().map(|_| ());
        assert_eq!(opened, Err(OpenError::MalformedPrivateSection));
    }

    fn item(item_type: u16, value: &[u8]) -> Vec<u8> {
        let len = u32::try_from(value.len()).unwrap();
        [&item_type.to_be_bytes()[..], &len.to_be_bytes(), value].concat()
    }

    /// A header with this value in its field `0002`, which verifies under the key.
    fn with_section(key: NewKey, value: &[u8]) -> Keyed {
        let mut records = [Item::wrapped_key(1, None, &[7; 256])];
        let fields = Fields { private: Some(value), ..Fields::default() };
        key.seal(encode(Layout::Single, fields, &mut records, &Limits::default()).unwrap())
    }
}
