//! What the fuzzer's bytes stand for.

use arbitrary::{Arbitrary, Unstructured};
use bulla::keys::KeyId;
use bulla::senders::SignatureAlgorithm;

use crate::fake::{Carrier, Pen};

/// A header that is made, changed, and judged. Numbers are taken modulo what there is.
#[derive(Arbitrary, Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    pub layout: u8,
    /// Public metadata.
    pub metadata: Vec<u8>,
    /// Length of the private metadata.
    pub private: Option<u16>,
    /// Keys, and whether they are anonymous.
    pub recipients: Vec<(u8, bool)>,
    pub signer: Option<Sign>,
    /// Whether the initiator of a session answers a challenge.
    pub challenge: bool,
    /// How the responder opens it.
    pub respond: Respond,
    /// Done to the header, one after the other.
    pub changes: Vec<Change>,
    /// Whether who makes the changes does not know the content key.
    pub is_outsider: bool,
    /// The keys of the reader.
    pub keys: Vec<u8>,
    /// On the length of the private metadata.
    pub limit: Option<u16>,
    pub policies: Vec<Policy>,
    /// Whether the opener with a memory demands the first policy by itself.
    pub is_strict: bool,
    /// What the opener with a memory is asked for.
    pub uses: Vec<Use>,
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sign {
    pub who: Who,
    pub how: How,
}

/// A number of a signing key, and one of an algorithm.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who {
    pub number: u8,
    pub algorithm: u8,
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    AtOnce,
    /// In two steps.
    Prepared,
    /// Signs something else, with so many bytes.
    Wrongly(u16),
}

#[derive(Arbitrary, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Respond {
    /// With the challenge that was sent, if any.
    #[default]
    Rightly,
    ToAnotherChallenge,
    WithoutChallenge,
}

#[derive(Arbitrary, Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Add(u8, bool),
    Remove(u8),
    KeepOnly(u8),
    /// Takes these private items in place of all.
    Items(Vec<u8>),
    /// Sets the value of a private item, or adds one.
    SetItem {
        item_type: u16,
        value: Vec<u8>,
    },
    DropItem(u8),
    FlipItem {
        number: u8,
        at: u16,
        mask: u8,
    },
    /// Makes this the audience.
    Audience(Vec<u8>),
    Metadata(Vec<u8>),
    Layout(u8),
    Field(u16),
    /// Leaves the private section out.
    Strip,
    /// Takes the private section of another header.
    Swap,
    FlipSection {
        at: u16,
        mask: u8,
    },
    /// Seals the items with another salt.
    Salt(u8),
    /// Changes a byte of the header, as everybody can.
    Flip {
        at: u16,
        mask: u8,
    },
}

/// What a reader demands.
#[derive(Arbitrary, Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    pub senders: Vec<Who>,
    pub audience: Option<Vec<u8>>,
    pub accepts_readdressed: bool,
}

/// Opens a header.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// Whether it is the one before the changes.
    pub original: bool,
    /// Demands a policy in place of the opener's own.
    pub policy: Option<u8>,
    /// Whether everything is forgotten before.
    pub forget: bool,
}

impl Case {
    /// The case that the fuzzer's bytes stand for.
    pub fn from_bytes(input: &[u8]) -> arbitrary::Result<Self> {
        Self::arbitrary(&mut Unstructured::new(input))
    }

    /// The recipients: at least one, and none twice, but for named and anonymous.
    pub(super) fn recipients(&self) -> Vec<Carrier> {
        let mut recipients: Vec<Carrier> = Vec::new();
        for (number, anonymous) in self.recipients.iter().take(MAX_RECIPIENTS) {
            let recipient = Carrier { number: number % KEYS, anonymous: *anonymous };
            // What they make of a content key is always the same, and no record may be there twice.
            let is_same = |other: &Carrier| other.anonymous == *anonymous && other.id() == recipient.id();
            if !recipients.iter().any(is_same) {
                recipients.push(recipient);
            }
        }
        if recipients.is_empty() {
            recipients.push(Carrier::default());
        }
        recipients
    }

    /// The keys of the reader, which also open anonymous records.
    pub(super) fn keys(&self) -> Vec<Carrier> {
        let keys = self.keys.iter().take(MAX_RECIPIENTS);
        keys.map(|number| Carrier { number: number % KEYS, anonymous: true }).collect()
    }
}

impl Who {
    pub(super) fn pen(self) -> Pen {
        let algorithms =
            [SignatureAlgorithm::RsaPssSha256, SignatureAlgorithm::EcdsaP256Sha256, SignatureAlgorithm::Ed25519];
        // One of the keys is also that of a recipient.
        let byte = [0x80, 0x81, 0x82, 0][usize::from(self.number % 4)];
        Pen { key_id: KeyId::from_bytes([byte; 32]), algorithm: algorithms[usize::from(self.algorithm % 3)] }
    }
}

/// Numbers of keys.
pub(super) const KEYS: u8 = 4;

/// More only makes the input larger.
const MAX_RECIPIENTS: usize = 6;
