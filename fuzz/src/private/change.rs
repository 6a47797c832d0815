//! What is done to a header after it was sealed: by who may, by who has the content key, and by
//! outsiders.

use bulla::{Header, Opener, Rewrapper};

use super::case::{Case, Change, KEYS};
use super::seal::seal;
use super::section::{self, Parts, set_item};
use super::{limits, preamble};
use crate::fake::Carrier;

/// Does one change to a header. `None` if it was refused.
pub(super) fn change(case: &Case, change: &Change, header: &Header, key: &[u8; 32]) -> Option<Vec<u8>> {
    let mut parts = Parts::of(header.as_bytes());
    let mut items = parts.field(2).and_then(|value| section::open(key, value)).unwrap_or_default();
    let mut split = section::split_items(&items).unwrap_or_else(|items| items);
    let number = |number: &u8| usize::from(*number).checked_rem(split.len());
    match change {
        Change::Add(number, anonymous) => {
            let recipient = Carrier { number: number % KEYS, anonymous: *anonymous };
            return rewrap(header, &Rewrapper::new().add_recipient(recipient));
        }
        Change::Remove(number) => {
            let id = Carrier::named(number % KEYS).id();
            return rewrap(header, &Rewrapper::new().remove_recipient(id).keep_unidentified());
        }
        Change::KeepOnly(number) => {
            return rewrap(header, &Rewrapper::new().keep_only([Carrier::named(number % KEYS).id()]));
        }
        Change::Flip { at, mask } => {
            let mut bytes = header.as_bytes().to_vec();
            let at = usize::from(*at) % bytes.len();
            bytes[at] ^= mask;
            return Some(bytes);
        }
        Change::Items(bytes) => items = bytes.clone(),
        Change::SetItem { item_type, value } => {
            set_item(&mut split, *item_type, Some(value.clone()));
            items = section::encode_items(&split);
        }
        Change::DropItem(dropped) => {
            if let Some(dropped) = number(dropped) {
                split.remove(dropped);
            }
            items = section::encode_items(&split);
        }
        Change::FlipItem { number: flipped, at, mask } => {
            if let Some(flipped) = number(flipped)
                && let Some(at) = usize::from(*at).checked_rem(split[flipped].1.len())
            {
                split[flipped].1[at] ^= mask;
            }
            items = section::encode_items(&split);
        }
        Change::Audience(numbers) => {
            let ids: Vec<u8> = numbers.iter().flat_map(|number| [number % KEYS; 32]).collect();
            set_item(&mut split, 3, Some(ids));
            items = section::encode_items(&split);
        }
        Change::Metadata(metadata) => parts.set_field(1, Some(metadata.clone())),
        Change::Layout(layout) => parts.layout = layout % 4 + 1,
        Change::Field(field_type) => parts.set_field(*field_type, Some(b"field".into())),
        Change::Strip => parts.set_field(2, None),
        Change::Swap => {
            let (other, _) = seal(case, None).ok()?;
            parts.set_field(2, Parts::of(other.as_bytes()).field(2).map(<[u8]>::to_vec));
        }
        Change::FlipSection { at, mask } => {
            let mut value = parts.field(2).unwrap_or_default().to_vec();
            if let Some(at) = usize::from(*at).checked_rem(value.len()) {
                value[at] ^= mask;
            }
            parts.set_field(2, Some(value));
        }
        Change::Salt(salt) => parts.set_field(2, Some(section::seal(key, &items, Some([*salt; 24])))),
    }
    let is_of_items = matches!(
        change,
        Change::Items(_) | Change::SetItem { .. } | Change::DropItem(_) | Change::FlipItem { .. } | Change::Audience(_)
    );
    if is_of_items {
        parts.set_field(2, Some(section::seal(key, &items, None)));
    }
    if !case.is_outsider {
        parts.sign_with(key);
    }
    Some(parts.encode())
}

/// Changes recipients with the library, which keeps all that the sender has signed.
fn rewrap(header: &Header, rewrapper: &Rewrapper<'_>) -> Option<Vec<u8>> {
    let keys = (0..KEYS).map(|number| Carrier { number, anonymous: true });
    let opened = Opener::with_identities(keys).limits(limits()).open_header(header).ok()?;
    let changed = rewrapper.rewrap(&opened).ok()?;
    assert_eq!(preamble(changed.as_bytes()), preamble(header.as_bytes()));
    Some(changed.as_bytes().into())
}
