//! What must come of opening a header (SPEC §4.4, §4.5 and §6.2).

use bulla::error::{Limit, OpenError};
use bulla::header::Record;
use bulla::keys::KeyId;
use bulla::senders::VerifiedSender;
use bulla::{Header, Identity, OpenedHeader, Senders};

use super::case::{KEYS, Policy};
use super::section::{self, Items, Parts};
use crate::fake::Carrier;
use crate::header_tag::header_tag;

/// Why a header is refused: one of these, which is left open if several rules are broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Because(Vec<OpenError>),
    /// The private metadata is longer than the limit.
    TooLong,
}

/// What a header tells once it has opened.
#[derive(Clone)]
pub(super) struct View {
    key: [u8; 32],
    parts: Parts,
    items: Option<Items>,
    challenge: Vec<u8>,
}

/// The sender that was demanded: algorithm, key, and whether the audience is another one.
pub(super) type Verdict = (u16, KeyId, bool);

impl Refusal {
    fn of(error: OpenError) -> Self {
        Self::Because(vec![error])
    }

    pub(super) fn is(&self, error: &OpenError) -> bool {
        match (self, error) {
            (Self::TooLong, OpenError::LimitExceeded(exceeded)) => exceeded.limit == Limit::MetadataLen,
            (Self::TooLong, _) => false,
            (Self::Because(errors), error) => errors.contains(error),
        }
    }
}

impl View {
    /// Opens a header with these keys.
    pub(super) fn open(header: &Header, keys: &[Carrier], limit: usize, challenge: &[u8]) -> Result<Self, Refusal> {
        let key = content_key(header, keys).map_err(Refusal::of)?;
        let parts = Parts::of(header.as_bytes());
        let items = match parts.field(2) {
            Some(value) => {
                let items = section::open(&key, value).ok_or(Refusal::of(OpenError::MalformedPrivateSection))?;
                Some(section::read(&items).map_err(Refusal::Because)?)
            }
            None => None,
        };
        let view = Self { key, parts, items, challenge: challenge.into() };
        match view.private_metadata().is_some_and(|metadata| metadata.len() > limit) {
            true => Err(Refusal::TooLong),
            false => Ok(view),
        }
    }

    pub(super) fn private_metadata(&self) -> Option<&[u8]> {
        self.item(1)
    }

    /// Judges the sender.
    pub(super) fn judge(&self, policy: Option<&Policy>, keys: &[Carrier]) -> Result<Option<Verdict>, Refusal> {
        let Some(policy) = policy else { return Ok(None) };
        let sender = self.item(2).ok_or(Refusal::of(OpenError::NoSender))?;
        let (named, signature) = sender.split_first_chunk::<34>().unwrap();
        let algorithm = u16::from_be_bytes([named[0], named[1]]);
        let key_id = KeyId::from_bytes(*named.last_chunk().unwrap());
        let mut pens = policy.senders.iter().map(|who| who.pen());
        let pen = pens.find(|pen| pen.algorithm.code() == algorithm && pen.key_id == key_id);
        let pen = pen.ok_or(Refusal::of(OpenError::OtherSender))?;
        let items = self.items.as_ref().unwrap();
        let message = section::to_sign(&self.key, &self.parts, items, named, &self.challenge);
        if pen.signature(&message) != signature {
            return Err(Refusal::of(OpenError::SenderNotAuthentic));
        }
        let (audience, _) = self.item(3).unwrap().as_chunks::<32>();
        let is_readdressed = !keys.iter().any(|key| audience.contains(key.id().as_bytes()));
        // SPEC §5.6: padding has the type 7FFF.
        let keys = self.parts.records.iter().filter(|(record_type, _)| *record_type != 0x7FFF).count();
        let is_answered = self.parts.layout == 2 && keys == 1;
        if is_readdressed && (is_answered || !policy.accepts_readdressed) {
            return Err(Refusal::of(OpenError::NotInAudience));
        }
        if let Some(tolerated) = &policy.audience {
            let is_other = |id: &&[u8; 32]| !tolerated.iter().any(|number| [number % KEYS; 32] == **id);
            let others: Vec<_> = audience.iter().filter(is_other).map(|id| KeyId::from_bytes(*id)).collect();
            if !others.is_empty() {
                return Err(Refusal::Because(others.into_iter().map(OpenError::OtherAudience).collect()));
            }
        }
        if is_answered && audience.len() > 1 {
            let others = audience.iter().map(|id| OpenError::OtherAudience(KeyId::from_bytes(*id)));
            return Err(Refusal::Because(others.collect()));
        }
        Ok(Some((algorithm, key_id, is_readdressed)))
    }

    /// What an opened header tells is this, and the verdict.
    pub(super) fn assert_told(&self, opened: &OpenedHeader, verdict: Option<Verdict>) {
        assert_eq!(opened.sender().map(verdict_of), verdict);
        assert_eq!(opened.private_metadata(), self.private_metadata());
        assert_eq!(opened.metadata(), self.parts.field(1));
        let named = self.item(2).map(|sender| KeyId::from_bytes(*sender[2..].first_chunk().unwrap()));
        assert_eq!(opened.unverified_sender(), named);
    }

    pub(super) fn key(&self) -> &[u8; 32] {
        &self.key
    }

    fn item(&self, wanted: u16) -> Option<&[u8]> {
        self.items.as_ref()?.iter().find(|(item_type, _)| *item_type == wanted).map(|(_, value)| &value[..])
    }
}

impl Policy {
    pub(super) fn senders(&self) -> Senders {
        let mut senders = Senders::any_of(self.senders.iter().map(|who| who.pen()));
        if let Some(audience) = &self.audience {
            senders = senders.audience_within(audience.iter().map(|number| Carrier::named(number % KEYS).id()));
        }
        if self.accepts_readdressed { senders.accept_readdressed() } else { senders }
    }
}

fn verdict_of(sender: &VerifiedSender) -> Verdict {
    (sender.algorithm().code(), sender.key_id(), sender.is_readdressed())
}

fn content_key(header: &Header, keys: &[Carrier]) -> Result<[u8; 32], OpenError> {
    let (tagged, tag) = header.as_bytes().split_last_chunk::<32>().unwrap();
    let records: Vec<Record<'_>> = header.records().collect();
    let fitting = |record: &Record<'_>| keys.iter().filter(|key| Identity::may_open(*key, record)).count();
    if records.iter().map(fitting).sum::<usize>() == 0 {
        return Err(OpenError::NoMatchingRecord);
    }
    let unwrapped = records.iter().flat_map(|record| {
        let fitting = keys.iter().filter(|key| Identity::may_open(*key, record));
        fitting.filter_map(|key| key.unwrap_key(record).unwrap()).map(|key| *key.expose()).collect::<Vec<_>>()
    });
    let mut unwrapped = unwrapped.filter(|key| header_tag(key, tagged) == *tag);
    unwrapped.next().ok_or(OpenError::NotAuthentic)
}
