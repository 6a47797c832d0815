//! `bulla keygen`: makes two new files, or none.

use std::io;
use std::path::Path;

use bulla::error::KeyError;
use bulla::keys::KeyId;
#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
use bulla::senders::Ed25519Signer;
#[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
use bulla::senders::P256Signer;
use bulla::{RsaIdentity, RsaSigner};
use zeroize::Zeroizing;

use crate::args::{KeygenArgs, Signing, is_standard_stream};
use crate::failure::Failure;
use crate::keys::public_path;
use crate::passphrase::{self, Passphrase};
use crate::permissions::Content;
use crate::replacement::{Replacement, put_in_place};
use crate::standard;
use crate::text::Printable;

pub(crate) fn run(args: &KeygenArgs) -> Result<(), Failure> {
    let private = &args.output;
    let public = public_path(private);
    if is_standard_stream(private) {
        return Err(Failure::new("standard output", "keygen writes two files: name the one for the private key"));
    }
    if private.to_string_lossy().ends_with(".pub.pem") {
        return Err(Failure::new(
            private.display(),
            "ends in .pub.pem, which is for public keys: choose another name for the private key",
        ));
    }
    // Said before the work, as everything that can be known by then.
    let is_encrypted = args.passphrase || args.passphrase_source.passphrase_file.is_some();
    passphrase::check_built(is_encrypted)?;
    let pair = NewPair::begin(private, &public)?;
    standard::output()?;
    let ask = || passphrase::of_new_key(&args.passphrase_source, &private.display().to_string());
    let passphrase = is_encrypted.then(ask).transpose()?;
    let fail = |error: KeyError| Failure::new("keygen", error);
    let keys = generate(args, passphrase.as_ref()).map_err(fail)?;
    let pair = pair.write(&keys.private_pem, &keys.public_pem)?;

    // First the report, so that nothing has to be taken back if it fails.
    standard::print(&format!(
        "private key  {}\npublic key   {}\nkey id       {}\npurpose      {}\n",
        Printable(&private.to_string_lossy()),
        Printable(&public.to_string_lossy()),
        keys.key_id,
        if args.signing.is_some() { "to sign envelopes with" } else { "to open envelopes with" }
    ))?;
    put_in_place(pair)
}

/// A new pair, as it is written.
struct NewKeys {
    private_pem: Zeroizing<String>,
    public_pem: String,
    key_id: KeyId,
}

fn generate(args: &KeygenArgs, passphrase: Option<&Passphrase>) -> Result<NewKeys, KeyError> {
    match args.signing {
        None => RsaIdentity::generate(args.bits.into())?.written(passphrase),
        Some(Signing::Rsa) => RsaSigner::generate(args.bits.into())?.written(passphrase),
        #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
        Some(Signing::P256) => P256Signer::generate()?.written(passphrase),
        #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
        Some(Signing::Ed25519) => Ed25519Signer::generate()?.written(passphrase),
    }
}

/// A private key that can be written to a file, with its public half.
trait Written {
    fn written(&self, passphrase: Option<&Passphrase>) -> Result<NewKeys, KeyError>;
}

macro_rules! written {
    ($($(#[$feature:meta])? $key:ty, $public:ident;)*) => {$(
        $(#[$feature])?
        impl Written for $key {
            fn written(&self, passphrase: Option<&Passphrase>) -> Result<NewKeys, KeyError> {
                let private_pem = match passphrase {
                    #[cfg(feature = "encrypted-keys")]
                    Some(passphrase) => Zeroizing::new(self.to_encrypted_pem(passphrase)?),
                    // Without the feature there is none.
                    _ => Zeroizing::new(self.to_pem().expose().to_owned()),
                };
                Ok(NewKeys { private_pem, public_pem: self.$public().to_pem(), key_id: self.key_id() })
            }
        }
    )*};
}

written! {
    RsaIdentity, recipient;
    RsaSigner, verifier;
    #[cfg(any(feature = "aws-lc-rs", feature = "p256"))] P256Signer, verifier;
    #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))] Ed25519Signer, verifier;
}

/// Two future files. If one of them cannot be had, neither remains.
pub(crate) struct NewPair {
    private: Replacement,
    public: Replacement,
}

impl NewPair {
    pub(crate) fn begin(private: &Path, public: &Path) -> Result<Self, Failure> {
        let begin = |path: &Path, content| {
            let name = path.display().to_string();
            match path.symlink_metadata() {
                Ok(_) => Err(Failure::new(name, "already exists; keys are never overwritten")),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Replacement::new(&name, path.into(), content),
                Err(error) => Err(Failure::io(name, &error)),
            }
        };
        Ok(Self { private: begin(private, Content::Secret)?, public: begin(public, Content::Public)? })
    }

    /// Writes both keys, and returns them to be [put in place](put_in_place).
    pub(crate) fn write(mut self, private: &str, public: &str) -> Result<Vec<Replacement>, Failure> {
        self.private.write(private)?;
        self.public.write(public)?;
        // The private key first: otherwise, if the power fails in between, there is a public key
        // whose private half is lost.
        Ok(vec![self.private, self.public])
    }
}
