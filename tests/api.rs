//! What the types promise to those who build on them.

#[path = "common/support.rs"]
mod support;

use std::any::type_name;
use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Debug;
use std::io::{self, Write};

#[cfg(feature = "armor")]
use bulla::armor::{ArmorReader, ArmorWriter};
use bulla::body::{BodyOpener, BodySealer, RangeOpener};
#[cfg(feature = "armor")]
use bulla::error::{ArmorError, ArmorErrorKind};
use bulla::error::{
    DerDamage, FinishError, HeaderError, HeaderErrorKind, JournalError, KeyError, KeyErrorKind, KeyFormat,
    KeyIdParseError, KeyPart, Limit, LimitExceeded, Lookalike, OpenError, PemDamage, RewrapError, SealError, SignError,
    UnwrapError, WrapError,
};
use bulla::header::{Layout, Record, Records, Suite, Version};
use bulla::keys::{ContentKey, KeyId, KeySize, SecretDer, SecretPem, WrappedKey};
use bulla::parts::{
    Joined, Journal, Manifest, PartSealer, PartWriter, PartsReader, PartsReaderAt, PartsSealer, SealedManifest,
    SealedPart,
};
use bulla::senders::{AnySigner, AnyVerifier, Prepared, SignatureAlgorithm, VerifiedSender};
#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
use bulla::senders::{Ed25519Signer, Ed25519Verifier};
#[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
use bulla::senders::{P256Signer, P256Verifier};
use bulla::sessions::{Answer, Challenge, Frame, FrameOpener, FrameSealer, Initiator, Piece};
use bulla::{
    CachingOpener, Candidate, Header, Identity, Label, Limits, MessageReader, MessageSealer, MessageWriter, OpenReader,
    OpenReaderAt, OpenWriter, OpenedHeader, Opener, ReadAt, Recipient, RemoteIdentity, RemoteSigner, RenewingSealer,
    Rewrapper, RsaIdentity, RsaRecipient, RsaSigner, RsaVerifier, SealReader, SealWriter, Sealer, Sealing, Search,
    Senders, SessionReader, SessionWriter, Signer, Verifier,
};
#[cfg(feature = "x509")]
use bulla::{Certificate, error::CertificateConcern};
use support::streams::Full;
use support::{NoRsa, RSA_2048};

type Unwrapped = Result<Option<ContentKey>, UnwrapError>;
type Signed = Result<Vec<u8>, SignError>;

#[test]
fn everything_can_move_to_another_thread() {
    fn check<T: Send + Sync + Unpin>() -> &'static str {
        name_of::<T>()
    }
    fn check_trait<T: Send + Sync + ?Sized>() -> &'static str {
        name_of::<T>()
    }
    let checked = vec![
        check::<Answer>(),
        check::<AnySigner>(),
        check::<AnyVerifier>(),
        check::<BodyOpener>(),
        check::<BodySealer>(),
        check::<CachingOpener<'_>>(),
        check::<Candidate<'_>>(),
        check::<Challenge>(),
        check::<ContentKey>(),
        check::<FinishError<Vec<u8>>>(),
        check::<Frame<'_>>(),
        check::<FrameOpener>(),
        check::<FrameSealer>(),
        check::<Header>(),
        check::<HeaderError>(),
        check::<HeaderErrorKind>(),
        check_trait::<dyn Identity>(),
        check::<Initiator>(),
        check::<Joined<Vec<u8>>>(),
        check::<Journal>(),
        check::<JournalError>(),
        check::<KeyError>(),
        check::<KeyErrorKind>(),
        check::<KeyFormat>(),
        check::<KeyPart>(),
        check::<PemDamage>(),
        check::<Prepared<Sealing>>(),
        check::<Senders>(),
        check::<VerifiedSender>(),
        check::<DerDamage>(),
        check::<KeyId>(),
        check::<KeyIdParseError>(),
        check::<KeySize>(),
        check::<Label>(),
        check::<Layout>(),
        check::<Limit>(),
        check::<LimitExceeded>(),
        check::<Limits>(),
        check::<Lookalike>(),
        check::<Manifest>(),
        check::<MessageReader<'_, io::Empty>>(),
        check::<MessageSealer>(),
        check::<MessageWriter<'_, Vec<u8>>>(),
        check::<OpenError>(),
        check::<OpenReader<io::Empty>>(),
        check::<OpenReaderAt<Vec<u8>>>(),
        check::<OpenWriter<'_, Vec<u8>>>(),
        check::<OpenedHeader>(),
        check::<Opener<'_>>(),
        check::<PartSealer>(),
        check::<PartWriter<Vec<u8>>>(),
        check::<PartsReader<Vec<u8>>>(),
        check::<PartsReaderAt<Vec<u8>>>(),
        check::<PartsSealer>(),
        check::<Piece>(),
        check::<RangeOpener>(),
        check_trait::<dyn ReadAt>(),
        check_trait::<dyn Recipient>(),
        check::<Record<'_>>(),
        check::<Records<'_>>(),
        check::<RemoteIdentity<fn(&[u8]) -> Unwrapped>>(),
        check::<RemoteSigner<RsaVerifier, fn(&[u8]) -> Signed>>(),
        check::<RenewingSealer<'_>>(),
        check::<RewrapError>(),
        check::<Rewrapper<'_>>(),
        check::<RsaIdentity>(),
        check::<RsaRecipient>(),
        check::<RsaSigner>(),
        check::<RsaVerifier>(),
        check::<SealError>(),
        check::<SealedManifest>(),
        check::<SealedPart>(),
        check::<SealReader<io::Empty>>(),
        check::<SealWriter<Vec<u8>>>(),
        check::<Sealer<'_>>(),
        check::<Sealing>(),
        check::<Search<'_>>(),
        check::<SecretDer>(),
        check::<SecretPem>(),
        check::<SessionReader<io::Empty>>(),
        check::<SessionWriter<Vec<u8>>>(),
        check::<SignError>(),
        check::<SignatureAlgorithm>(),
        check_trait::<dyn Signer>(),
        check::<Suite>(),
        check::<UnwrapError>(),
        check_trait::<dyn Verifier>(),
        check::<Version>(),
        check::<WrapError>(),
        check::<WrappedKey>(),
    ];
    #[cfg(feature = "armor")]
    let checked = [
        checked,
        vec![
            check::<ArmorError>(),
            check::<ArmorErrorKind>(),
            check::<ArmorReader<io::Empty>>(),
            check::<ArmorWriter<Vec<u8>>>(),
        ],
    ]
    .concat();
    #[cfg(feature = "x509")]
    let checked = [checked, vec![check::<Certificate>(), check::<CertificateConcern>()]].concat();
    #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
    let checked = [checked, vec![check::<P256Signer>(), check::<P256Verifier>()]].concat();
    #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
    let checked = [checked, vec![check::<Ed25519Signer>(), check::<Ed25519Verifier>()]].concat();
    assert_covers(checked, public_types());
}

#[test]
fn errors_are_errors_that_can_be_compared_cloned_and_sent() {
    fn check<T: Error + Clone + PartialEq + Send + Sync + 'static>() -> &'static str {
        name_of::<T>()
    }
    let checked = vec![
        check::<HeaderError>(),
        check::<JournalError>(),
        check::<KeyError>(),
        check::<KeyIdParseError>(),
        check::<LimitExceeded>(),
        check::<OpenError>(),
        check::<RewrapError>(),
        check::<SealError>(),
        check::<SignError>(),
        check::<UnwrapError>(),
        check::<WrapError>(),
    ];
    #[cfg(feature = "armor")]
    let checked = [checked, vec![check::<ArmorError>()]].concat();
    let mut errors = public_types();
    errors.retain(|name| name.ends_with("Error") || name.ends_with("Exceeded"));
    // It holds an error of the system and a stream: neither compared nor cloned.
    assert!(errors.remove("FinishError"));
    assert_covers(checked, errors);
}

#[test]
fn truncation_becomes_unexpected_eof_and_all_else_invalid_data() {
    for (error, kind) in [
        (OpenError::Truncated, io::ErrorKind::UnexpectedEof),
        (OpenError::NotAuthentic, io::ErrorKind::InvalidData),
        (OpenError::NoMatchingRecord, io::ErrorKind::InvalidData),
        (OpenError::WrongAssociatedData, io::ErrorKind::InvalidData),
        (OpenError::ChunkAltered { index: 3 }, io::ErrorKind::InvalidData),
        (OpenError::LastChunkAltered { index: 3 }, io::ErrorKind::InvalidData),
        (OpenError::Unwrap(UnwrapError::new("pulled")), io::ErrorKind::InvalidData),
    ] {
        let io_error = io::Error::from(error.clone());
        assert_eq!(io_error.kind(), kind);
        assert_eq!(io_error.downcast::<OpenError>().unwrap(), error);
    }
}

#[test]
fn the_cause_of_a_failing_device_can_be_found() {
    let cause = io::Error::new(io::ErrorKind::PermissionDenied, "access denied");
    let error = OpenError::Unwrap(UnwrapError::new(cause));
    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::PermissionDenied);
    assert_eq!(error.clone(), error);
    assert_ne!(UnwrapError::new("pulled"), UnwrapError::new("pulled"));
}

#[test]
fn messages_are_one_line_in_lower_case_without_a_period() {
    for message in [
        OpenError::NoMatchingRecord.to_string(),
        OpenError::NotAuthentic.to_string(),
        OpenError::WrongAssociatedData.to_string(),
        OpenError::Truncated.to_string(),
        OpenError::ChunkAltered { index: 3 }.to_string(),
        OpenError::LastChunkAltered { index: 4 }.to_string(),
        OpenError::Randomness.to_string(),
        OpenError::TooManyFailures.to_string(),
        OpenError::OtherLayout { layout: Layout::Single }.to_string(),
        OpenError::OtherLayout { layout: Layout::Labelled }.to_string(),
        OpenError::OtherLayout { layout: Layout::Session }.to_string(),
        OpenError::FrameAltered { index: 5 }.to_string(),
        SealError::SessionFailed.to_string(),
        SealError::StreamFull.to_string(),
        SealError::UnfinishedMessage.to_string(),
        SealError::SeveralRecipients.to_string(),
        SealError::EmptyPart.to_string(),
        SealError::MissingPart { index: 6 }.to_string(),
        SealError::SecondManifest.to_string(),
        SealError::OtherHeader.to_string(),
        OpenError::OtherLayout { layout: Layout::Parts }.to_string(),
        OpenError::MalformedManifest.to_string(),
        OpenError::MalformedPrivateSection.to_string(),
        OpenError::UnknownPrivateItem(0x8001).to_string(),
        OpenError::NoSender.to_string(),
        OpenError::OtherSender.to_string(),
        OpenError::SenderNotAuthentic.to_string(),
        OpenError::NotInAudience.to_string(),
        OpenError::OtherAudience(KeyId::from_bytes([0; 32])).to_string(),
        SealError::EmptyPrivateMetadata.to_string(),
        SealError::PrivateSectionTooLong.to_string(),
        SealError::UnnamedRecipient.to_string(),
        SealError::SignerIsRecipient(KeyId::from_bytes([0; 32])).to_string(),
        SealError::Sign(SignError::new("pulled")).to_string(),
        OpenError::ForeignPart { index: 7 }.to_string(),
        Journal::from_bytes(&[]).unwrap_err().to_string(),
        SealError::NoRecipients.to_string(),
        SealError::DuplicateRecipient(KeyId::from_bytes([0; 32])).to_string(),
        KeyError::from(KeyErrorKind::Empty).to_string(),
        Header::parse(b"", &Limits::default()).unwrap_err().to_string(),
    ] {
        assert!(!message.contains('\n') && !message.ends_with('.'), "{message}");
        let first = message.chars().next().unwrap();
        assert!(first.is_lowercase() || message.starts_with("RSA"), "{message}");
    }
}

#[test]
fn debug_output_of_everything_holds_no_secret() {
    let key = NoRsa::default();
    let sealer = Sealer::new(&key).aad(b"quince");
    let (header, body_sealer) = sealer.start().unwrap().into_parts();
    let content_key = key.content_key();
    let opened = header.open(key.content_key()).unwrap().aad(b"quince");
    // What the inner streams show is theirs, so they are files, which show nothing of what they
    // hold.
    let file = || {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(header.as_bytes()).unwrap();
        file.write_all(body_sealer.head()).unwrap();
        io::Seek::rewind(&mut file).unwrap();
        file
    };
    let opener = Opener::new(&key).aad(b"quince");
    let mut writer = sealer.wrap_output(tempfile::tempfile().unwrap()).unwrap();
    writer.write_all(b"mirabelle").unwrap();
    let header_error = Header::parse(b"", &Limits::default()).unwrap_err();
    let id = KeyId::from_bytes([7; 32]);
    let too_long = Sealer::new(&key).limits(Limits::default().with_plaintext_len(0)).seal(b"x");
    let Err(SealError::LimitExceeded(limit_exceeded)) = too_long else { panic!("sealed too much") };

    let mut search = Search::new(&header, [&key], &Limits::default());
    let unfinished = sealer.wrap_output(Full::after(0)).unwrap().finish().err().unwrap();
    let mut opening = opener.wrap_output(tempfile::tempfile().unwrap());
    opening.write_all(header.as_bytes()).unwrap();
    let remote = RemoteIdentity::new(RSA_2048.recipient(), |_: &[u8]| Ok(None));

    let signer = RsaSigner::from_der(RSA_2048.to_der().expose()).unwrap();
    let prepared = sealer.clone().private_metadata(b"mirabelle").prepare(signer.verifier()).unwrap();
    let signed = sealer.clone().private_metadata(b"mirabelle").signer(&signer).start().unwrap().header().clone();
    let signed = opener.clone().senders(Senders::new(signer.verifier())).open_header(&signed).unwrap();
    let _ = show(&signed);

    let session = sealer.start_session(None).unwrap();
    let (frame_opener, frame_sealer) = {
        let opened = opener.open_header(session.header()).unwrap();
        opened.accept(session.first_bytes().last_chunk().unwrap()).unwrap()
    };
    let session_name = show(&session);
    let (_, answer) = session.into_parts();
    let mut session_writer = sealer.send_to(tempfile::tempfile().unwrap()).unwrap();
    session_writer.message().unwrap().write_all(b"mirabelle").unwrap();
    let mut sent = Vec::new();
    let mut to_vec = sealer.send_to(&mut sent).unwrap();
    to_vec.send(b"mirabelle").unwrap();
    drop(to_vec);
    let mut session_file = tempfile::tempfile().unwrap();
    session_file.write_all(&sent).unwrap();
    io::Seek::rewind(&mut session_file).unwrap();
    let mut session_reader = opener.receive_from(session_file).unwrap();
    let message_reader = show(&session_reader.message().unwrap().unwrap());
    let message_writer = {
        let mut other = sealer.send_to(tempfile::tempfile().unwrap()).unwrap();
        let mut message = other.message().unwrap();
        message.write_all(b"mirabelle").unwrap();
        show(&message)
    };

    let (mut parts, mut journal) = sealer.start_parts().unwrap();
    let (sealed_part, report) = parts.part(0).unwrap().seal(b"mirabelle").unwrap();
    journal.record(report).unwrap();
    let manifest = parts.finish(&mut journal, 1).unwrap();
    let mut object = tempfile::tempfile().unwrap();
    object.write_all(&[parts.header().as_bytes(), &sealed_part, &manifest.file_end()].concat()).unwrap();
    let parts_reader = opener.open_parts_at(object).unwrap();
    let mut part_writer = parts.part(1).unwrap().wrap_output(tempfile::tempfile().unwrap());
    part_writer.write_all(b"mirabelle").unwrap();

    let shown = vec![
        session_name,
        show(&Joined::new([file()]).unwrap()),
        show(&journal),
        show(&Journal::from_bytes(&[]).unwrap_err()),
        show(parts_reader.manifest()),
        show(&parts.part(2).unwrap()),
        show(&part_writer),
        show(&parts_reader.stream()),
        show(&parts_reader),
        show(&parts),
        show(&manifest),
        show(&report),
        message_reader,
        message_writer,
        show(&answer.unwrap()),
        show(&Challenge::new().unwrap()),
        show(&frame_opener),
        show(&frame_sealer.unwrap()),
        show(&Frame::LastPiece(&mut b"mirabelle".to_vec())),
        show(&Piece::Last),
        show(&session_reader),
        show(&session_writer),
        show(&opened.body_opener(body_sealer.head()).unwrap()),
        show(&body_sealer),
        show(&CachingOpener::new(opener.clone())),
        show(&Label::from("quince")),
        show(&sealer.start_messages().unwrap()),
        show(&RenewingSealer::new(sealer.clone())),
        show(&search.next_candidate().unwrap()),
        show(&search),
        show(&content_key),
        show(&unfinished),
        show(&header),
        show(&header.layout()),
        show(&header.suite()),
        show(&header.version()),
        show(&header_error.kind()),
        show(&header_error),
        show(&KeyError::from(KeyErrorKind::Empty)),
        show(&KeyErrorKind::Empty),
        show(&KeyFormat::Pkcs12),
        show(&KeyPart::Prime1),
        show(&PemDamage::NoEnd),
        show(&DerDamage::Structure),
        show(&id),
        show(&"".parse::<KeyId>().unwrap_err()),
        show(&KeySize::Rsa2048),
        show(&Limit::Records),
        show(&limit_exceeded),
        show(&Limits::default()),
        show(&Lookalike::Unknown),
        show(&OpenError::NotAuthentic),
        show(&opener.wrap_input(file()).unwrap()),
        show(&opener.wrap_input_at(file()).unwrap()),
        show(&opened),
        show(&opener),
        show(&opening),
        show(&remote),
        show(&sealer.start().unwrap()),
        show(&opened.range_opener(body_sealer.head()).unwrap()),
        show(&header.records().next().unwrap()),
        show(&header.records()),
        show(&RewrapError::NotARecipient(id)),
        show(&Rewrapper::new().add_recipient(&key)),
        show(&*RSA_2048),
        show(&RSA_2048.recipient()),
        show(&SealError::NoRecipients),
        show(&sealer.wrap_input(file()).unwrap()),
        show(&writer),
        show(&sealer),
        show(&RSA_2048.to_der()),
        show(&RSA_2048.to_pem()),
        show(&signer),
        show(&prepared),
        show(&Senders::new(signer.verifier())),
        show(signed.sender().unwrap()),
        show(&signer.verifier()),
        show(&AnySigner::Rsa(signer.clone())),
        show(&AnyVerifier::Rsa(signer.verifier())),
        show(&RemoteSigner::new(signer.verifier(), |message: &[u8]| signer.sign(message))),
        show(&SignatureAlgorithm::Ed25519),
        show(&SignError::new("pulled")),
        show(&UnwrapError::new("pulled")),
        show(&WrapError::new("pulled")),
        // Ciphertext, and as such no secret.
        show(&WrappedKey::rsa_oaep_sha256(vec![0xEE; 4])),
    ];
    #[cfg(feature = "armor")]
    let shown = {
        let error = bulla::armor::decode("").unwrap_err();
        let mut writer = ArmorWriter::new(tempfile::tempfile().unwrap());
        writer.write_all(b"mirabelle").unwrap();
        [shown, vec![show(&error), show(&error.kind()), show(&ArmorReader::new(file())), show(&writer)]].concat()
    };

    #[cfg(feature = "x509")]
    let shown = {
        let certificate = Certificate::from_file(include_str!("keys/rsa2048.cert.pem")).unwrap();
        [shown, vec![show(&certificate), show(&CertificateConcern::Expired)]].concat()
    };

    #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
    let shown = {
        let signer = P256Signer::generate().unwrap();
        [shown, vec![show(&signer.verifier()), show(&signer)]].concat()
    };
    #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
    let shown = {
        let signer = Ed25519Signer::generate().unwrap();
        [shown, vec![show(&signer.verifier()), show(&signer)]].concat()
    };

    let content_key: String = content_key.expose().iter().map(|byte| format!("{byte}, ")).collect();
    let plaintext: String = b"mirabelle".iter().map(|byte| format!("{byte}, ")).collect();
    for (name, texts) in &shown {
        for text in texts {
            assert!(text.len() < 1000, "{name}: {text}");
            for secret in ["mirabelle", "quince", "PRIVATE", &content_key[..20], &plaintext[..20]] {
                assert!(!text.contains(secret), "{name}: {text}");
            }
        }
    }
    let mut types = public_types();
    types.retain(|name| !["Identity", "ReadAt", "Recipient", "Signer", "Verifier"].contains(&&name[..]));
    assert_covers(shown.into_iter().map(|(name, _)| name).collect(), types);
}

/// The name of a value's type, and its debug output on one line and on several.
fn show<T: Debug>(value: &T) -> (&'static str, [String; 2]) {
    (name_of::<T>(), [format!("{value:?}"), format!("{value:#?}")])
}

#[test]
fn clones_of_keys_are_the_same_key() {
    let (identity, recipient) = (RSA_2048.clone(), RSA_2048.recipient().clone());
    assert_eq!(identity.key_id(), recipient.key_id());
    assert_eq!(bulla::open(&identity, &bulla::seal(&recipient, b"hello").unwrap()).unwrap(), b"hello");
}

#[test]
fn public_types_are_found_wherever_they_are_exported() {
    let source = r#"
        mod hidden;
        pub use rand_core;
        // pub use self::hidden::Comment;
        pub use self::one::{One, a_function, nested::{Two, Three as Third}};
        use self::hidden::Private;
        #[cfg(test)]
        pub use self::hidden::ForTests;
        #[cfg(feature = "std")]
        #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
        pub mod inner {
            pub use crate::four::Four;
            pub mod innermost { pub use crate::five::Five; }
        }
        pub use self::six::Six;
    "#;
    assert_eq!(types_in(source), ["Five", "Four", "One", "Six", "Third", "Two"].map(String::from).into());
}

fn assert_covers(checked: Vec<&str>, expected: BTreeSet<String>) {
    assert!(!expected.is_empty());
    let checked: BTreeSet<String> = checked.into_iter().map(String::from).collect();
    let missing: Vec<_> = expected.difference(&checked).collect();
    let surplus: Vec<_> = checked.difference(&expected).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "not checked: {missing:?}; not public: {surplus:?}");
}

/// The name of a type, without its path and its arguments.
fn name_of<T: ?Sized>() -> &'static str {
    let name = type_name::<T>().split('<').next().unwrap();
    name.rsplit("::").next().unwrap()
}

/// The types and traits that the library exports with the features that are on.
fn public_types() -> BTreeSet<String> {
    types_in(include_str!("../src/lib.rs"))
}

/// Those that `source` re-exports, its inline modules included. `lib.rs` defines none itself.
fn types_in(source: &str) -> BTreeSet<String> {
    let code: Vec<_> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut types = BTreeSet::new();
    let mut enabled = true;
    let mut rest = code.trim_start();
    while !rest.is_empty() {
        let item;
        (item, rest) = split_item(rest);
        if item.starts_with('#') {
            enabled &= is_enabled(item);
            continue;
        }
        if !enabled {
            enabled = true;
        } else if let Some(tree) = item.strip_prefix("pub use ") {
            types.extend(exported(tree));
        } else if let Some(module) = item.strip_prefix("pub mod ") {
            // Either a block, or a file of its own that only re-exports, too.
            let block = module.split_once('{').and_then(|(_, block)| block.strip_suffix('}'));
            let file =
                |module: &str| std::fs::read_to_string(format!("src/{}.rs", module.trim_end_matches(';'))).unwrap();
            types.extend(types_in(&block.map_or_else(|| file(module), String::from)));
        } else {
            assert!(!item.starts_with("pub "), "lib.rs only re-exports: {item}");
        }
    }
    types
}

/// The first attribute or item, and what follows it.
fn split_item(code: &str) -> (&str, &str) {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => depth -= 1,
            _ => {}
        }
        let rest = &code[at + c.len_utf8()..];
        let ends = match c {
            ';' => true,
            ']' => code.starts_with('#'),
            '}' => !rest.starts_with(';'),
            _ => false,
        };
        if depth == 0 && ends {
            return (&code[..=at], rest.trim_start());
        }
    }
    panic!("an item without an end: {code}")
}

/// Whether an attribute leaves its item there. An unknown one does: then what it hides is reported
/// as not checked.
fn is_enabled(attribute: &str) -> bool {
    match attribute {
        r#"#[cfg(feature = "armor")]"# => cfg!(feature = "armor"),
        r#"#[cfg(feature = "x509")]"# => cfg!(feature = "x509"),
        r#"#[cfg(feature = "std")]"# => cfg!(feature = "std"),
        r#"#[cfg(any(feature = "aws-lc-rs", feature = "p256"))]"# => cfg!(any(feature = "aws-lc-rs", feature = "p256")),
        r#"#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]"# => {
            cfg!(any(feature = "aws-lc-rs", feature = "ed25519"))
        }
        "#[cfg(test)]" => false,
        _ => true,
    }
}

/// The types among the leaves of the tree of a `use`.
fn exported(tree: &str) -> impl Iterator<Item = String> {
    assert!(!tree.contains('*'), "a glob hides what it exports: {tree}");
    let leaves =
        tree.split([',', '{', '}', ';']).map(|leaf| leaf.trim().rsplit([':', ' ', '\n']).next().unwrap_or_default());
    leaves.filter(|name| name.starts_with(|c: char| c.is_uppercase())).map(Into::into)
}
