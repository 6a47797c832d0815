//! Who sealed what is opened: whom the user demands, and what the user is told.

use std::io::{self, IsTerminal};

use bulla::keys::KeyId;
use bulla::senders::{AnyVerifier, VerifiedSender};
use bulla::{OpenedHeader, Opener, RsaIdentity, Senders, Verifier};

use crate::args::SenderArgs;
use crate::failure::{Failure, note};
use crate::file_id::FileId;
use crate::keys::{self, KeyFile};
use crate::text::hex;

/// The senders that are demanded, if any.
pub(crate) struct Demand<'a> {
    args: &'a SenderArgs,
    files: Vec<KeyFile<AnyVerifier>>,
}

impl<'a> Demand<'a> {
    /// Reads the public keys of the senders.
    pub(crate) fn read(args: &'a SenderArgs) -> Result<Self, Failure> {
        Ok(Self { args, files: args.senders.iter().map(|path| keys::sender(path)).collect::<Result<_, _>>()? })
    }

    /// The files of the keys.
    pub(crate) fn file_ids(&self) -> impl Iterator<Item = Option<FileId>> {
        self.files.iter().map(|file| file.file_id)
    }

    /// Has `opener` demand the senders. `identities` are the keys that it opens with.
    pub(crate) fn of<'o>(&self, opener: Opener<'o>, identities: &[KeyFile<RsaIdentity>]) -> Opener<'o> {
        if self.files.is_empty() {
            return opener;
        }
        let mut senders = Senders::any_of(self.files.iter().map(|file| file.key.clone()));
        if self.args.accept_readdressed {
            senders = senders.accept_readdressed();
        }
        if self.args.only_for_me {
            senders = senders.audience_within(identities.iter().map(|file| file.key.key_id()));
        }
        opener.senders(senders)
    }

    /// Takes note of what there is to tell of a header, which is then told once all has succeeded.
    pub(crate) fn look(&self, opened: &OpenedHeader) -> Findings {
        // A note that nobody asked for is for people alone: scripts have no use for it, and it
        // would fail those that expect silence.
        let wants_note = !self.args.any_sender && io::stderr().is_terminal();
        let sender = match opened.sender() {
            Some(sender) => Some(self.describe(sender)),
            None => wants_note.then(|| NOBODY_DEMANDED.into()),
        };
        let private = self.args.show_private.then(|| in_one_line(opened.private_metadata()));
        Findings { sender, private }
    }

    fn describe(&self, sender: &VerifiedSender) -> String {
        let id = sender.key_id();
        let line = format!("the sender is {id} ({})", self.name_of(id));
        match sender.is_readdressed() {
            true => line + ", but it was made for other keys: whoever passed it on can have replaced the content",
            false => line,
        }
    }

    /// The name of the file with this key.
    fn name_of(&self, id: KeyId) -> &str {
        self.files.iter().find(|file| file.key.key_id() == id).map_or("", |file| &file.name)
    }
}

/// What there is to tell of a header that has opened.
pub(crate) struct Findings {
    sender: Option<String>,
    private: Option<String>,
}

impl Findings {
    /// Tells it of `name`, on standard error.
    pub(crate) fn tell(&self, name: &str) {
        for line in [&self.sender, &self.private].into_iter().flatten() {
            note(name, line);
        }
    }
}

fn in_one_line(private_metadata: Option<&[u8]>) -> String {
    match private_metadata.map(|metadata| (metadata, str::from_utf8(metadata))) {
        None => "no private metadata".into(),
        Some((_, Ok(text))) => format!("private metadata \"{}\"", text.escape_debug()),
        Some((metadata, Err(_))) => format!("private metadata {} in hexadecimal", hex(metadata)),
    }
}

const NOBODY_DEMANDED: &str = "no sender was demanded, so anyone can have made this: --sender demands one, --any-sender \
                               says that it does not matter";
