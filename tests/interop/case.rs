//! What both implementations seal and open, and how this one does it.

use std::fs;
use std::io::{self, Read};
use std::sync::LazyLock;

use bulla::error::{HeaderErrorKind, OpenError};
use bulla::parts::Joined;
use bulla::{Header, Label, Limits, OpenedHeader, Opener, RsaIdentity, RsaRecipient, Sealer, SessionReader};
use serde_json::Value;

use crate::python::key_file;
use crate::signing::{Demand, signer};

/// What kind of plaintext it is, and as what it is opened.
#[derive(Clone, PartialEq)]
pub(crate) enum Form {
    Single,
    /// With the label: a list of values, or one string that is the label itself.
    Labelled(Value),
    Parts,
    /// A session in one direction.
    Stream,
    /// A session whose responder has sent a challenge that the initiator did not know.
    Challenged,
    /// A session that the responder is to answer.
    Answered,
}

/// What both implementations seal.
#[derive(Clone)]
pub(crate) struct Plain {
    pub(crate) form: Form,
    /// Names of keys, and whether their records are anonymous.
    pub(crate) recipients: Vec<(&'static str, bool)>,
    pub(crate) metadata: Vec<u8>,
    pub(crate) private_metadata: Vec<u8>,
    /// The name of the key that signs.
    pub(crate) signer: Option<&'static str>,
    pub(crate) aad: Vec<u8>,
    /// The parts, the messages of a session, or the one plaintext.
    pub(crate) pieces: Vec<Vec<u8>>,
    /// Whether header and bodies are objects of their own.
    pub(crate) apart: bool,
}

/// What both implementations open, and what must come of it.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) form: Form,
    pub(crate) key: &'static str,
    pub(crate) metadata: Vec<u8>,
    pub(crate) private_metadata: Vec<u8>,
    /// The sender that is demanded, if one is.
    pub(crate) demand: Option<Demand>,
    pub(crate) aad: Vec<u8>,
    /// One file; or header and message; or header, parts and manifest.
    pub(crate) sealed: Vec<Vec<u8>>,
    /// What it holds, or the name of the error: `a or b` if SPEC.md leaves it open which.
    pub(crate) expected: Result<Vec<Vec<u8>>, &'static str>,
}

impl Plain {
    pub(crate) fn new(form: Form, pieces: Vec<Vec<u8>>) -> Self {
        let recipients = vec![("rsa2048", false)];
        let (metadata, private_metadata, aad) = (Vec::new(), Vec::new(), Vec::new());
        Self { form, recipients, metadata, private_metadata, signer: None, aad, pieces, apart: false }
    }

    pub(crate) fn case(&self, name: impl Into<String>, key: &'static str, sealed: Vec<Vec<u8>>) -> Case {
        let pieces = if self.form == Form::Parts { vec![self.pieces.concat()] } else { self.pieces.clone() };
        let (form, metadata, aad) = (self.form.clone(), self.metadata.clone(), self.aad.clone());
        let (name, private_metadata) = (name.into(), self.private_metadata.clone());
        Case { name, form, key, metadata, private_metadata, demand: None, aad, sealed, expected: Ok(pieces) }
    }

    pub(crate) fn sealer(&self) -> Sealer<'_> {
        let recipients = self.recipients.iter().map(|(name, anonymous)| {
            let key = recipient(name);
            if *anonymous { key.anonymous() } else { key }
        });
        let mut sealer = Sealer::with_recipients(recipients).unwrap().aad(&self.aad);
        if !self.private_metadata.is_empty() {
            sealer = sealer.private_metadata(&self.private_metadata);
        }
        if let Some(name) = self.signer {
            sealer = sealer.signer(signer(name));
        }
        if self.metadata.is_empty() { sealer } else { sealer.metadata(&self.metadata) }
    }

    pub(crate) fn sealed_by_rust(&self) -> Vec<Vec<u8>> {
        let sealer = self.sealer();
        match &self.form {
            Form::Single => vec![sealer.seal(&self.pieces[0]).unwrap()],
            Form::Labelled(value) => {
                let messages = sealer.start_messages().unwrap();
                let message = messages.seal(label(value), &self.pieces[0]).unwrap();
                joined_unless(self.apart, vec![messages.header().as_bytes().to_vec(), message])
            }
            Form::Parts => {
                let (mut parts, mut journal) = sealer.start_parts().unwrap();
                let mut objects = vec![Vec::new(); self.pieces.len()];
                for index in odd_order(self.pieces.len()) {
                    let part = parts.part(u64::try_from(index).unwrap()).unwrap();
                    let report;
                    (objects[index], report) = part.seal(&self.pieces[index]).unwrap();
                    journal.record(report).unwrap();
                }
                let manifest = parts.finish(&mut journal, u64::try_from(self.pieces.len()).unwrap()).unwrap();
                objects.insert(0, parts.header().as_bytes().to_vec());
                objects.push(if self.apart { manifest.as_bytes().to_vec() } else { manifest.file_end() });
                joined_unless(self.apart, objects)
            }
            Form::Stream | Form::Challenged | Form::Answered => {
                let mut writer = sealer.send_to(Vec::new()).unwrap();
                self.pieces.iter().for_each(|message| writer.send(message).unwrap());
                vec![writer.finish().unwrap()]
            }
        }
    }
}

impl Case {
    pub(crate) fn is_right(&self, opened: &Result<Vec<Vec<u8>>, String>) -> bool {
        match (opened, &self.expected) {
            (Ok(opened), Ok(expected)) => opened == expected,
            (Err(name), Err(expected)) => expected.split(" or ").any(|expected| name == expected),
            _ => false,
        }
    }

    pub(crate) fn opened_by_rust(&self) -> Result<Vec<Vec<u8>>, String> {
        let mut opener = Opener::new(identity(self.key)).aad(&self.aad);
        if let Some(demand) = &self.demand {
            opener = opener.senders(demand.senders());
        }
        let opened = match &self.form {
            Form::Single => opener.open(&self.sealed[0]).map(|plaintext| vec![plaintext]),
            Form::Labelled(value) => self.open_message(&opener, value).map(|plaintext| vec![plaintext]),
            Form::Parts if self.sealed.len() > 1 => self.open_objects(&opener),
            Form::Parts => self.open_parts(&opener).map_err(|error| OpenError::from_io(&error).unwrap().clone()),
            Form::Stream => return self.received(opener.receive_from(&self.sealed[0][..])),
            Form::Challenged => {
                return self.received(opener.accept(&self.sealed[0][..], io::sink()).map(|(reader, _)| reader));
            }
            Form::Answered => {
                let session = opener.accept_unchallenged(&self.sealed[0][..], io::sink());
                return self.received(session.map(|(reader, _)| reader));
            }
        };
        let opened = opened.map_err(|error| name(&error))?;
        let header = Header::split(&self.sealed[0], &Limits::default()).unwrap().0;
        assert_eq!(header.unverified_metadata().unwrap_or_default(), self.metadata);
        self.assert_header(&opener.open_header(&header).unwrap());
        Ok(opened)
    }

    fn received<R: Read>(&self, reader: io::Result<SessionReader<R>>) -> Result<Vec<Vec<u8>>, String> {
        if let Ok(reader) = &reader {
            self.assert_header(reader.opened_header().unwrap());
        }
        received(reader)
    }

    fn assert_header(&self, header: &OpenedHeader) {
        assert_eq!(header.private_metadata().unwrap_or_default(), self.private_metadata);
        match &self.demand {
            Some(demand) => demand.assert_met(header),
            None => assert!(header.sender().is_none()),
        }
    }

    fn open_message(&self, opener: &Opener<'_>, value: &Value) -> Result<Vec<u8>, OpenError> {
        match &self.sealed[..] {
            [header, message] => {
                let header = Header::parse(header, &Limits::default())?;
                opener.open_header(&header)?.message(label(value)).open(message)
            }
            sealed => opener.clone().label(label(value)).open(&sealed[0]),
        }
    }

    fn open_objects(&self, opener: &Opener<'_>) -> Result<Vec<Vec<u8>>, OpenError> {
        let [header, parts @ .., manifest] = &self.sealed[..] else { panic!("header and manifest at least") };
        let header = Header::parse(header, &Limits::default())?;
        let manifest = opener.open_header(&header)?.open_manifest(manifest)?;
        assert_eq!(manifest.part_count(), parts.len() as u64);
        let open = |(index, part): (u64, &Vec<u8>)| manifest.part(index).unwrap().open(part);
        Ok(vec![(0..).zip(parts).map(open).collect::<Result<Vec<_>, _>>()?.concat()])
    }

    fn open_parts(&self, opener: &Opener<'_>) -> io::Result<Vec<Vec<u8>>> {
        let mut payload = Vec::new();
        opener.open_parts_at(Joined::new([&self.sealed[0][..]])?)?.stream().read_to_end(&mut payload)?;
        Ok(vec![payload])
    }
}

pub(crate) fn received<R: Read>(reader: io::Result<SessionReader<R>>) -> Result<Vec<Vec<u8>>, String> {
    let messages = reader.and_then(|mut reader| receive_all(&mut reader));
    messages.map_err(|error| name(OpenError::from_io(&error).unwrap()))
}

pub(crate) fn receive_all<R: Read>(reader: &mut SessionReader<R>) -> io::Result<Vec<Vec<u8>>> {
    let (mut messages, mut message) = (Vec::new(), Vec::new());
    while reader.receive(&mut message)? {
        messages.push(message.clone());
    }
    Ok(messages)
}

/// The name of an error in SPEC §6.4, with the number that was met where one was.
fn name(error: &OpenError) -> String {
    let name = match error {
        OpenError::Header(error) => match error.kind() {
            HeaderErrorKind::NotAnEnvelope(_) => "not an envelope",
            HeaderErrorKind::UnsupportedVersion(version) => return format!("unsupported version {version:02x}"),
            HeaderErrorKind::UnsupportedSuite(suite) => return format!("unsupported suite {suite:02x}"),
            HeaderErrorKind::UnsupportedLayout(layout) => return format!("unsupported layout {layout:02x}"),
            HeaderErrorKind::UnknownCriticalField(_) | HeaderErrorKind::UnknownCriticalRecord(_) => {
                "unknown critical item"
            }
            _ => "malformed header",
        },
        OpenError::NoMatchingRecord => "nothing addressed",
        OpenError::NotAuthentic => "not authentic",
        OpenError::MalformedPrivateSection => "malformed private section",
        OpenError::UnknownPrivateItem(_) => "unknown critical item",
        OpenError::NoSender => "no sender",
        OpenError::OtherSender => "other sender",
        OpenError::SenderNotAuthentic => "sender not authentic",
        OpenError::NotInAudience => "not in the audience",
        OpenError::OtherAudience(_) => "other audience",
        OpenError::WrongAssociatedData => "wrong associated data",
        OpenError::OtherLayout { layout } => return format!("other layout {:02x}", layout.code()),
        OpenError::NoAnswer => "no answer",
        OpenError::Truncated => "truncated",
        OpenError::ChunkAltered { .. } => "chunk altered",
        OpenError::LastChunkAltered { .. } => "last chunk altered",
        OpenError::FrameAltered { .. } => "frame altered",
        OpenError::MalformedManifest => "malformed manifest",
        OpenError::ForeignPart { .. } => "foreign part",
        OpenError::LimitExceeded(_) => "limit exceeded",
        other => panic!("{other:?}"),
    };
    name.to_owned()
}

pub(crate) fn recipient(key: &str) -> RsaRecipient {
    RsaRecipient::from_pem(fs::read(key_file(&format!("{key}.pub.pem"))).unwrap()).unwrap()
}

pub(crate) fn identity(key: &str) -> &'static RsaIdentity {
    // Importing one tries it.
    static IDENTITIES: LazyLock<[RsaIdentity; 2]> = LazyLock::new(|| {
        ["rsa2048", "rsa3072"]
            .map(|key| RsaIdentity::from_pem(fs::read(key_file(&format!("{key}.pem"))).unwrap()).unwrap())
    });
    &IDENTITIES[usize::from(key == "rsa3072")]
}

fn label(value: &Value) -> Label {
    match value {
        Value::String(label) => Label::from(label.as_str()),
        values => Label::of_values(values.as_array().unwrap().iter().map(|value| value.as_str().unwrap())),
    }
}

fn joined_unless(apart: bool, objects: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    if apart { objects } else { vec![objects.concat()] }
}

/// The last one first, then from the first one on.
pub(crate) fn odd_order(count: usize) -> Vec<usize> {
    let mut order: Vec<_> = (0..count).collect();
    order.rotate_right(usize::from(count > 0));
    order
}
