//! An opener with a memory, whose verdicts must not depend on what it was asked before.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use bulla::error::UnwrapError;
use bulla::header::Record;
use bulla::keys::{ContentKey, KeyId};
use bulla::{CachingOpener, Header, Identity, Opener};

use super::case::{Case, Policy};
use super::judge::agree;
use super::limits;
use super::model::View;
use crate::fake::Carrier;

/// Opens one header or the other, again and again, with policies that change.
pub(super) fn check(case: &Case, headers: [&Header; 2], reached: &mut BTreeSet<&'static str>) {
    let keys = case.keys();
    let operations = AtomicUsize::new(0);
    let counted = keys.iter().map(|key| Counted { key, operations: &operations });
    let mut opener = Opener::with_identities(counted).limits(limits());
    let own = case.policies.first().filter(|_| case.is_strict);
    if let Some(policy) = own {
        opener = opener.senders(policy.senders());
    }
    let opener = CachingOpener::new(opener);
    let mut remembered: BTreeSet<&[u8]> = BTreeSet::new();
    for what in case.uses.iter().take(MAX_USES) {
        if what.forget {
            opener.forget();
            remembered.clear();
        }
        let header = headers[usize::from(!what.original)];
        let other = what.policy.and_then(|number| policy(case, number));
        operations.store(0, Ordering::Relaxed);
        let opened = match other {
            Some(policy) => opener.open_header_from(header, &policy.senders()),
            None => opener.open_header(header),
        };
        let view = View::open(header, &keys, usize::MAX, &[]);
        let verdict = view.clone().and_then(|view| view.judge(other.or(own), &keys));
        agree(&opened, &verdict);
        if let (Ok(opened), Ok(view), Ok(verdict)) = (&opened, &view, &verdict) {
            view.assert_told(opened, *verdict);
        }
        // What was accepted once costs nothing, whatever is demanded of it then.
        if remembered.contains(header.as_bytes()) {
            assert_eq!(operations.load(Ordering::Relaxed), 0);
            reached.insert("from memory");
        } else if opened.is_ok() {
            assert!(operations.load(Ordering::Relaxed) > 0);
            remembered.insert(header.as_bytes());
        }
    }
}

fn policy(case: &Case, number: u8) -> Option<&Policy> {
    case.policies.get(usize::from(number).checked_rem(case.policies.len())?)
}

/// Counts the private-key operations.
struct Counted<'a> {
    key: &'a Carrier,
    operations: &'a AtomicUsize,
}

impl Identity for Counted<'_> {
    fn may_open(&self, record: &Record<'_>) -> bool {
        Identity::may_open(self.key, record)
    }

    fn public_key_id(&self) -> Option<KeyId> {
        Identity::public_key_id(self.key)
    }

    fn unwrap_key(&self, record: &Record<'_>) -> Result<Option<ContentKey>, UnwrapError> {
        self.operations.fetch_add(1, Ordering::Relaxed);
        self.key.unwrap_key(record)
    }
}

/// More only makes the input larger.
const MAX_USES: usize = 8;
