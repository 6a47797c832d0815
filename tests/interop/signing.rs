//! The keys that sign, and what a reader demands of a sender.

use std::fs;
use std::sync::LazyLock;

use bulla::keys::KeyId;
use bulla::senders::{AnySigner, AnyVerifier};
use bulla::{OpenedHeader, Senders, Verifier};

use crate::case::recipient;
use crate::python::{key_file, words};

/// A key that signs, of one of the algorithms in SPEC §4.5.
pub(crate) struct SigningKey {
    pub(crate) name: &'static str,
    /// Whether this implementation has the algorithm. Python has all of them.
    pub(crate) in_rust: bool,
    /// A recipient with another key: no key is both for signing and in the audience.
    pub(crate) recipient: &'static str,
}

pub(crate) const SIGNING_KEYS: [SigningKey; 4] = [
    SigningKey { name: "rsa2048", in_rust: true, recipient: "rsa3072" },
    SigningKey { name: "rsa3072", in_rust: true, recipient: "rsa2048" },
    SigningKey { name: "ec256", in_rust: cfg!(any(feature = "aws-lc-rs", feature = "p256")), recipient: "rsa2048" },
    SigningKey {
        name: "ed25519",
        in_rust: cfg!(any(feature = "aws-lc-rs", feature = "ed25519")),
        recipient: "rsa2048",
    },
];

/// What a reader demands, by the names of keys, and what it is told then.
#[derive(Clone, Default)]
pub(crate) struct Demand {
    pub(crate) senders: Vec<&'static str>,
    pub(crate) audience_within: Option<Vec<&'static str>>,
    pub(crate) accept_readdressed: bool,
    pub(crate) is_readdressed: bool,
}

impl Demand {
    pub(crate) fn of(sender: &'static str) -> Self {
        Self { senders: vec![sender], ..Self::default() }
    }

    pub(crate) fn within(mut self, keys: &[&'static str]) -> Self {
        self.audience_within = Some(keys.to_vec());
        self
    }

    /// Accepts what is re-addressed, and expects that or its opposite.
    pub(crate) fn readdressed(mut self, is_readdressed: bool) -> Self {
        (self.accept_readdressed, self.is_readdressed) = (true, is_readdressed);
        self
    }

    /// Whether this implementation has the algorithms of all of these senders.
    pub(crate) fn in_rust(&self) -> bool {
        let missing = |name| SIGNING_KEYS.iter().any(|key| key.name == name && !key.in_rust);
        !self.senders.iter().any(|name| missing(*name))
    }

    pub(crate) fn senders(&self) -> Senders {
        let mut senders = Senders::any_of(self.senders.iter().map(|name| verifier(name)));
        if let Some(keys) = &self.audience_within {
            senders = senders.audience_within(keys.iter().map(|key| recipient(key).key_id()));
        }
        if self.accept_readdressed { senders.accept_readdressed() } else { senders }
    }

    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        for name in &self.senders {
            arguments.extend(words(["--sender", &key_file(&format!("{name}.pub.pem"))]));
        }
        for key in self.audience_within.iter().flatten() {
            arguments.extend(words(["--audience-within", &recipient(key).key_id().to_string()]));
        }
        arguments.extend(self.accept_readdressed.then(|| "--accept-readdressed".to_owned()));
        arguments.extend(self.is_readdressed.then(|| "--expect-readdressed".to_owned()));
        arguments
    }

    /// The header names one of these senders, as verified, and says whether it is re-addressed.
    pub(crate) fn assert_met(&self, header: &OpenedHeader) {
        let sender = header.sender().unwrap();
        let ids: Vec<KeyId> = self.senders.iter().map(|name| verifier(name).key_id()).collect();
        assert!(ids.contains(&sender.key_id()));
        assert_eq!(sender.is_readdressed(), self.is_readdressed);
    }
}

pub(crate) fn signer(name: &str) -> AnySigner {
    // Importing a key tries it.
    static SIGNERS: LazyLock<Vec<(&str, AnySigner)>> = LazyLock::new(|| {
        let read = |name| AnySigner::from_key_file(fs::read(key_file(&format!("{name}.pem"))).unwrap()).unwrap();
        let names = SIGNING_KEYS.iter().filter(|key| key.in_rust).map(|key| key.name).chain(["rsa4096"]);
        names.map(|name| (name, read(name))).collect()
    });
    SIGNERS.iter().find(|(known, _)| *known == name).unwrap().1.clone()
}

pub(crate) fn verifier(name: &str) -> AnyVerifier {
    AnyVerifier::from_key_file(fs::read(key_file(&format!("{name}.pub.pem"))).unwrap()).unwrap()
}
