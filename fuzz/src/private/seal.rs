//! Sealing in every way, and what must have come of it.

use std::collections::BTreeSet;

use bulla::error::{SealError, SignError};
use bulla::keys::KeyId;
use bulla::senders::{Prepared, SignatureAlgorithm};
use bulla::{Header, Sealer, Signer};

use super::case::{Case, How, Sign};
use super::section::{self, Parts};
use super::{LABEL, PLAINTEXT, named_by};
use crate::fake::{Carrier, Pen};

/// Seals in the way that the case gives, and returns the header and what follows it.
pub(super) fn seal(case: &Case, challenge: Option<&[u8; 32]>) -> Result<(Header, Vec<u8>), SealError> {
    let mut sealer = Sealer::with_recipients(case.recipients()).unwrap();
    if !case.metadata.is_empty() {
        sealer = sealer.metadata(&case.metadata);
    }
    if let Some(len) = case.private {
        sealer = sealer.private_metadata(vec![PRIVATE; len.into()]);
    }
    let mut prepared = None;
    match case.signer {
        Some(Sign { who, how: How::AtOnce }) => sealer = sealer.signer(who.pen()),
        Some(Sign { who, how: How::Prepared }) => prepared = Some(who.pen()),
        Some(Sign { who, how: How::Wrongly(len) }) => sealer = sealer.signer(Scrawl(who.pen(), len.into())),
        None => {}
    }
    match (case.layout % 4, prepared) {
        (0, pen) => {
            let sealing = match pen {
                Some(pen) => sign(pen, || sealer.prepare(pen))?,
                None => sealer.start()?,
            };
            let header = sealing.header().clone();
            let envelope = sealing.seal(PLAINTEXT)?;
            Ok((header.clone(), envelope.strip_prefix(header.as_bytes()).unwrap().into()))
        }
        (1, pen) => {
            let initiator = match pen {
                Some(pen) => sign(pen, || sealer.prepare_session(challenge, pen))?,
                None => sealer.start_session(challenge)?,
            };
            let header = initiator.header().clone();
            Ok((header.clone(), initiator.first_bytes().strip_prefix(header.as_bytes()).unwrap().into()))
        }
        (2, pen) => {
            let messages = match pen {
                Some(pen) => sign(pen, || sealer.prepare_messages(pen))?,
                None => sealer.start_messages()?,
            };
            Ok((messages.header().clone(), messages.seal(LABEL, PLAINTEXT)?))
        }
        (_, pen) => {
            let (mut parts, mut journal) = match pen {
                Some(pen) => sign(pen, || sealer.prepare_parts(pen))?,
                None => sealer.start_parts()?,
            };
            let (part, report) = parts.part(0)?.seal(PLAINTEXT)?;
            journal.record(report)?;
            let manifest = parts.finish(&mut journal, 1)?;
            Ok((parts.header().clone(), [part, manifest.file_end()].concat()))
        }
    }
}

/// The two steps. What does not verify gets nowhere.
fn sign<T>(pen: Pen, prepare: impl Fn() -> Result<Prepared<T>, SealError>) -> Result<T, SealError> {
    assert!(matches!(prepare()?.sign(&[0; 64]), Err(SealError::Sign(_))));
    let prepared = prepare()?;
    let signature = pen.signature(prepared.message());
    prepared.sign(&signature)
}

/// What is refused when sealing, and why.
pub(super) fn check_refused(case: &Case, error: &SealError) -> &'static str {
    match error {
        SealError::EmptyPrivateMetadata => {
            assert_eq!(case.private, Some(0));
            "empty private metadata"
        }
        SealError::SignerIsRecipient(id) => {
            assert_eq!(case.signer.map(|signer| signer.who.pen().key_id), Some(*id));
            assert!(case.recipients().iter().any(|recipient| recipient.id() == *id));
            "signer is recipient"
        }
        SealError::PrivateSectionTooLong => {
            assert!(unpadded_len(case) > 65536);
            "private section too long"
        }
        SealError::Sign(_) => {
            let Some(Sign { how: How::Wrongly(len), .. }) = case.signer else { panic!("{error:?} for a good signer") };
            assert!(!(1..=1024).contains(&len));
            "no such signature"
        }
        other => panic!("{other:?} cannot happen here, or is new: name it"),
    }
}

/// What was sealed is what the case says.
pub(super) fn check_sealed(case: &Case, header: &Header, key: &[u8; 32], challenge: &[u8; 32]) {
    let parts = Parts::of(header.as_bytes());
    assert_eq!(usize::from(parts.layout), usize::from(case.layout % 4) + 1);
    assert_eq!(case.metadata, parts.field(1).unwrap_or_default());
    assert_eq!(header.has_private_section(), case.private.is_some() || case.signer.is_some());
    let Some(value) = parts.field(2) else { return };
    assert!(case.private != Some(0) && unpadded_len(case) <= 65536);
    let bytes = section::open(key, value).unwrap();
    // To a multiple of 256, if there is one for which an item of padding, of 6 bytes or more, has
    // room.
    assert!(bytes.len().is_multiple_of(256) || (bytes.len() == unpadded_len(case) && bytes.len() > 65536 - 6));
    let items = section::split_items(&bytes).unwrap();
    let item = |wanted| items.iter().find(|(item_type, _)| *item_type == wanted).map(|(_, value)| &value[..]);
    assert_eq!(item(1).map(<[u8]>::len), case.private.map(usize::from));
    assert!(item(1).is_none_or(|metadata| metadata.iter().all(|byte| *byte == PRIVATE)));
    let ids: BTreeSet<[u8; 32]> = case.recipients().iter().map(|recipient| *recipient.id().as_bytes()).collect();
    let audience = ids.into_iter().collect::<Vec<_>>().concat();
    assert_eq!(item(3), case.signer.map(|_| &audience[..]));
    match case.signer {
        Some(Sign { how: How::Wrongly(len), .. }) => assert_eq!(item(2).unwrap().len(), 34 + usize::from(len)),
        Some(Sign { who, .. }) => {
            let (named, signature) = item(2).unwrap().split_first_chunk().unwrap();
            assert_eq!(named_by(&who.pen()), *named);
            let challenge = if case.challenge { &challenge[..] } else { &[] };
            let message = section::to_sign(key, &parts, &items, named, challenge);
            assert_eq!(who.pen().signature(&message), signature);
        }
        None => assert_eq!(item(2), None),
    }
}

/// Length of the private items without padding.
fn unpadded_len(case: &Case) -> usize {
    let ids: BTreeSet<KeyId> = case.recipients().iter().map(Carrier::id).collect();
    let signed = |signer: Sign| {
        let signature_len = if let How::Wrongly(len) = signer.how { usize::from(len) } else { 64 };
        6 + 34 + signature_len + 6 + 32 * ids.len()
    };
    case.private.map_or(0, |len| 6 + usize::from(len)) + case.signer.map_or(0, signed)
}

/// Signs something else, with so many bytes.
struct Scrawl(Pen, usize);

impl Signer for Scrawl {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm
    }

    fn key_id(&self) -> KeyId {
        self.0.key_id
    }

    fn signature_len(&self) -> usize {
        self.1
    }

    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignError> {
        let mut signature = self.0.signature(b"something else");
        signature.resize(self.1, 0);
        Ok(signature)
    }
}

/// The bytes of private metadata.
const PRIVATE: u8 = 7;
