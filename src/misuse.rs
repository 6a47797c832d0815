//! What must not compile, by name. Only `cargo test --doc` sees this.

/// A label that is left out when a message is sealed.
///
/// ```compile_fail,E0061
/// # let pem = include_str!("../tests/keys/rsa2048.pem");
/// # let identity = bulla::RsaIdentity::from_pem(pem).unwrap();
/// let sealer = bulla::Sealer::new(identity.recipient());
/// let messages = sealer.start_messages().unwrap();
/// let message = messages.seal(b"hello");
/// ```
pub struct MessageWithoutLabel;

/// A second body under one header of a single body.
///
/// ```compile_fail,E0382
/// # let pem = include_str!("../tests/keys/rsa2048.pem");
/// # let identity = bulla::RsaIdentity::from_pem(pem).unwrap();
/// let sealer = bulla::Sealer::new(identity.recipient());
/// let sealing = sealer.start().unwrap();
/// let first = sealing.seal(b"hello");
/// let second = sealing.seal(b"hello");
/// ```
pub struct SecondBody;

/// A copy of what seals a body.
///
/// ```compile_fail,E0599
/// # let pem = include_str!("../tests/keys/rsa2048.pem");
/// # let identity = bulla::RsaIdentity::from_pem(pem).unwrap();
/// let sealer = bulla::Sealer::new(identity.recipient());
/// let messages = sealer.start_messages().unwrap();
/// let body = messages.message("label").unwrap();
/// let copy = body.clone();
/// ```
pub struct CopiedSealer;

/// Sealing under a header that was opened, whose recipients somebody else may have changed.
///
/// ```compile_fail,E0599
/// # let pem = include_str!("../tests/keys/rsa2048.pem");
/// # let identity = bulla::RsaIdentity::from_pem(pem).unwrap();
/// let sealer = bulla::Sealer::new(identity.recipient());
/// let messages = sealer.start_messages().unwrap();
/// let opener = bulla::Opener::new(&identity);
/// let opened = opener.open_header(messages.header()).unwrap();
/// let message = opened.message("label").seal(b"hello");
/// ```
pub struct SealingUnderAnOpenedHeader;

/// A second stream from the maker of a session.
///
/// ```compile_fail,E0382
/// # let pem = include_str!("../tests/keys/rsa2048.pem");
/// # let identity = bulla::RsaIdentity::from_pem(pem).unwrap();
/// let sealer = bulla::Sealer::new(identity.recipient());
/// let session = sealer.start_session(None).unwrap();
/// let first = session.into_parts();
/// let second = session.into_parts();
/// ```
pub struct SecondStream;

/// A copy of what seals a stream.
///
/// ```compile_fail,E0599
/// # let pem = include_str!("../tests/keys/rsa2048.pem");
/// # let identity = bulla::RsaIdentity::from_pem(pem).unwrap();
/// let sealer = bulla::Sealer::new(identity.recipient());
/// let (stream, _) = sealer.start_session(None).unwrap().into_parts();
/// let copy = stream.clone();
/// ```
pub struct CopiedStream;

/// A challenge that is used twice.
///
/// ```compile_fail,E0382
/// # let pem = include_str!("../tests/keys/rsa2048.pem");
/// # let identity = bulla::RsaIdentity::from_pem(pem).unwrap();
/// # let sealer = bulla::Sealer::new(identity.recipient());
/// # let session = sealer.start_session(None).unwrap();
/// let opener = bulla::Opener::new(&identity);
/// let challenge = bulla::sessions::Challenge::new().unwrap();
/// let first = opener.open_session_header(session.header(), Some(challenge));
/// let second = opener.open_session_header(session.header(), Some(challenge));
/// ```
pub struct ChallengeUsedTwice;

/// A copy of what seals parts, which could write a second manifest.
///
/// ```compile_fail,E0599
/// # let pem = include_str!("../tests/keys/rsa2048.pem");
/// # let identity = bulla::RsaIdentity::from_pem(pem).unwrap();
/// let sealer = bulla::Sealer::new(identity.recipient());
/// let (parts, journal) = sealer.start_parts().unwrap();
/// let copy = parts.clone();
/// ```
pub struct CopiedPartsSealer;

/// A copy of a journal, which would allow a second manifest.
///
/// ```compile_fail,E0599
/// # let pem = include_str!("../tests/keys/rsa2048.pem");
/// # let identity = bulla::RsaIdentity::from_pem(pem).unwrap();
/// let sealer = bulla::Sealer::new(identity.recipient());
/// let (parts, journal) = sealer.start_parts().unwrap();
/// let copy = journal.clone();
/// ```
pub struct CopiedJournal;

/// Two attempts at a part with one salt.
///
/// ```compile_fail,E0382
/// # let pem = include_str!("../tests/keys/rsa2048.pem");
/// # let identity = bulla::RsaIdentity::from_pem(pem).unwrap();
/// let sealer = bulla::Sealer::new(identity.recipient());
/// let (parts, journal) = sealer.start_parts().unwrap();
/// let part = parts.part(0).unwrap();
/// let first = part.seal(b"hello");
/// let second = part.seal(b"hullo");
/// ```
pub struct PartSealedTwice;
