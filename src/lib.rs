//! Seals files and streams to RSA public keys, and opens them again.
//!
//! A fresh AES-256 key is wrapped with RSA-OAEP for each recipient, and the plaintext is sealed in
//! authenticated chunks of 16 KiB. Streams of any length need constant memory. No byte is released
//! that did not verify. The [README](doc::readme) says what the crate is for, when to use something
//! else, and what the features bring; the format has a [specification](doc::spec).
//!
//! ```
//! use bulla::RsaIdentity;
//! use bulla::keys::KeySize;
//!
//! let identity = RsaIdentity::generate(KeySize::Rsa3072)?;
//! let sealed = bulla::seal(identity.recipient(), b"hello")?;
//! assert_eq!(bulla::open(&identity, &sealed)?, b"hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What to use for which job
//!
//! | You have, or want | Use | Example |
//! |---|---|---|
//! | a file, or another `Read` and `Write` | [`Sealer::wrap_output`], [`Opener::wrap_input`] | [seal](doc::examples#seal_filers), [open](doc::examples#open_filers) |
//! | a place that reads the envelope itself, such as the body of a request | [`Sealer::wrap_input`] | at [`SealReader`] |
//! | bytes in memory | [`seal()`], [`open()`]; [`Sealer::seal`], [`Opener::open`] with options | at [`seal()`] |
//! | a buffer that is used again | [`Sealer::seal_into`], [`Opener::open_into`]; in place: [`seal_in_place`](Sealer::seal_in_place), [`open_in_place`](Opener::open_in_place); a slice: [`Sealing::seal_to_slice`], [`OpenedHeader::open_to_slice`] | [in memory](doc::examples#in_memoryrs) |
//! | an upload, or another stream that pushes | [`Opener::wrap_output`] to open, [`Sealer::wrap_output`] to seal | [push](doc::examples#pushrs) |
//! | a file to be read anywhere | [`Opener::wrap_input_at`], also from several threads; or seek in an [`OpenReader`] | [random access](doc::examples#random_accessrs) |
//! | an object store that serves ranges | [`Header::split`], [`Header::envelope_range`], [`RangeOpener`](body::RangeOpener) | [object store](doc::examples#object_storers) |
//! | a key in a KMS, HSM, TPM or smart card | [`RemoteIdentity`] to open; to seal, its public key as an [`RsaRecipient`]; to sign, [`RemoteSigner`] | [KMS](doc::examples#kmsrs) |
//! | a key in a service that is asked asynchronously | [`Search`]; to sign, [`Sealer::prepare`] | [async KMS](doc::examples#async_kmsrs) |
//! | other asynchronous code | [see below](#asynchronous-code) | [push](doc::examples#pushrs) |
//! | the header apart from the body | [`Sealing::into_parts`], [`Opener::open_header`] | [detached](doc::examples#detachedrs) |
//! | public metadata, or data bound to the envelope | [`Sealer::metadata`], [`Sealer::aad`], [`OpenedHeader::aad`] | [metadata](doc::examples#metadatars) |
//! | a look at an envelope without a key | [`Header::split`] | at [`Header`] |
//! | to know who sealed, or who is at the other end of a connection | [`Sealer::signer`], [`Opener::senders`] | at [`Senders`], [mutual session](doc::examples#mutual_sessionrs) |
//! | metadata that only recipients can read | [`Sealer::private_metadata`], [`OpenedHeader::private_metadata`] | at [`Sealer::private_metadata`] |
//! | other recipients, key rotation | [`Rewrapper`] | [rewrap](doc::examples#rewraprs) |
//! | many messages that are stored or sent apart: a queue, the rows of a table | [`Sealer::start_messages`], [`OpenedHeader::message`]; without an end: [`RenewingSealer`], [`CachingOpener`] | [labelled](doc::examples#labelledrs) |
//! | a connection: messages both ways, in order, with an end | [`Sealer::connect`], [`Opener::accept`]; one way only: [`Sealer::send_to`], [`Opener::receive_from`]; without I/O: [`sessions`] | [session](doc::examples#sessionrs) |
//! | one object that many workers seal, in any order and resumably | [`Sealer::start_parts`], [`parts`], [`Opener::open_parts_at`] | [parts](doc::examples#partsrs), [page](doc::parts) |
//! | to move chunks and threads yourself | [`BodySealer`](body::BodySealer), [`BodyOpener`](body::BodyOpener) | at each type |
#![cfg_attr(
    feature = "armor",
    doc = "| an envelope as text | [`ArmorWriter`](armor::ArmorWriter), [`ArmorReader`](armor::ArmorReader) | at each type |"
)]
//! | a key file of any kind | [`RsaRecipient::from_key_file`], [`RsaIdentity::from_key_file`]; to sign, [`AnySigner`](senders::AnySigner), [`AnyVerifier`](senders::AnyVerifier) | |
//! | a certificate | `Certificate` (feature `x509`). Whether to trust it is for you to check | |
//! | a private key under a passphrase | `RsaIdentity::from_encrypted_key_file`, `to_encrypted_pem` (feature `encrypted-keys`). From PKCS#12, `openssl pkcs12 -in keys.p12 -nocerts` makes such a key | |
//!
//! Four things to get right:
//!
//! * Call `finish`, of [`SealWriter`], [`PartWriter`](parts::PartWriter), [`SessionWriter`] and
//!   [`MessageWriter`] alike. What was not finished does not open.
//! * A stream of plaintext is complete only when reading has returned 0, or [`OpenReader::finish`]
//!   or [`OpenWriter::finish`] has succeeded; a session only when [`SessionReader::receive`] has
//!   returned `false`. Do nothing before that which cannot be undone.
//! * Anyone can seal to a public key. If it matters who did, demand a sender:
//!   [`Opener::senders`].
//! * Do not tell strangers why an envelope did not open. The [specification](doc::spec) lists what
//!   they may know.
//!
//! # Cost
//!
//! Every envelope costs RSA operations, however small it is:
//!
//! | call | cost |
//! |---|---|
//! | [`Sealer::start`], [`wrap_output`](Sealer::wrap_output), [`wrap_input`](Sealer::wrap_input), [`seal`](Sealer::seal), [`seal_into`](Sealer::seal_into), [`seal_in_place`](Sealer::seal_in_place) | a public-key operation for each recipient |
//! | [`Sealer::start_messages`], [`start_parts`](Sealer::start_parts), [`start_session`](Sealer::start_session), [`connect`](Sealer::connect), [`send_to`](Sealer::send_to) | the same; nothing for messages and parts |
//! | [`Sealer::signer`] | for each header a signature, and its verification: with RSA, a private-key operation |
//! | [`Opener::senders`] | for each header a verification |
//! | [`Opener::accept`], [`open_session_header`](Opener::open_session_header) | as `open_header`, but never more than [`Limits::session_key_operations`] |
//! | [`Rewrapper::rewrap`] | a public-key operation for each recipient that is added |
//! | [`Opener::open_header`], [`receive_from`](Opener::receive_from), [`wrap_input`](Opener::wrap_input), [`wrap_input_at`](Opener::wrap_input_at), [`open_parts_at`](Opener::open_parts_at), [`open`](Opener::open), [`open_into`](Opener::open_into), [`open_in_place`](Opener::open_in_place), [`Rewrapper::copy`] | a private-key operation for each record that may be for one of the keys: one, as a rule, and never more than [`Limits::private_key_operations`] |
//! | writing to an [`OpenWriter`] | the same, in the call that completes the header |
//! | [`RsaIdentity::from_key_file`], [`from_pem`](RsaIdentity::from_pem), [`from_der`](RsaIdentity::from_der) | a public-key and a private-key operation, to try the key; the same for signers |
//! | [`RsaIdentity::generate`] | from a tenth of a second to several seconds |
//!
//! With that, the RSA operations of an envelope are done: calls on its [`Sealing`], its
//! [`OpenedHeader`], and their readers and writers cost only what the bytes cost. On one core of
//! the machine that the [README](doc::readme#speed) names, with RSA-3072:
//!
//! | | public-key operation | private-key operation | messages of 200 bytes opened |
//! |---|--:|--:|--:|
//! | default features | 0.15 ms | 5 ms | 180 per second |
//! | `aws-lc-rs` | 0.05 ms | 0.7 ms | 1,390 per second |
//!
//! So 100,000 small envelopes take ten minutes to open with the default features. Labelled messages
//! ([`Sealer::start_messages`]) and the messages of a session ([`Sealer::connect`]) share one
//! operation.
//!
//! # Asynchronous code
//!
//! Nothing here is `async`, and nothing but the adapters does I/O. To seal or open in an
//! asynchronous program, write what arrives to a [`SealWriter`] or [`OpenWriter`] over a `Vec<u8>`,
//! and after each write take what is there through `get_mut`. Nothing in that waits for I/O. What
//! takes time are the operations above, and up to 10 µs for each chunk. If that is too long for an
//! executor, use its threads for blocking work.
//!
//! An [`Identity`] that asks a device or service blocks until that answers. [`Search`] does not: it
//! gives out what is to be unwrapped, and takes the answer. So do a [`Signer`], which blocks, and
//! [`Sealer::prepare`], which does not.
//!
//! # Reading the source
//!
//! Bottom up; [one page](doc::architecture) says why:
//!
//! * `format` (the numbers of the specification), `num`, `limits`, `key_id`, `secret`, `threads`;
//! * `buffer`, [`error`];
//! * `wire` (bytes to [`Header`] and back), `text` (to the text form and back);
//! * `key_file` (keys from files), `crypto` (primitives from a backend);
//! * `schedule` (the keys), `chunk` (the body), `session` (streams of messages), `recipient` (RSA),
//!   `sender` (signatures);
//! * `envelope` (all of them together, still without I/O);
//! * `io` (adapters), `simple` ([`seal()`] and [`open()`]).
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::alloc_instead_of_core, clippy::std_instead_of_alloc, clippy::std_instead_of_core)]
#![warn(clippy::as_conversions, clippy::unwrap_used)]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod buffer;
mod chunk;
mod crypto;
#[cfg(all(doc, not(doctest)))]
pub mod doc;
mod envelope;
pub mod error;
mod format;
#[cfg(feature = "std")]
mod io;
mod key_file;
mod key_id;
mod limits;
#[cfg(doctest)]
mod misuse;
mod num;
mod recipient;
mod schedule;
mod secret;
mod sender;
mod session;
mod simple;
#[cfg(test)]
mod spec_tests;
#[cfg(feature = "armor")]
mod text;
mod threads;
mod wire;

pub use rand_core;

#[cfg(feature = "std")]
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
pub use self::envelope::{CachingOpener, RenewingSealer};
pub use self::envelope::{Candidate, MessageSealer, OpenedHeader, Opener, Rewrapper, Sealer, Sealing, Search, Senders};
#[cfg(feature = "std")]
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
pub use self::io::{
    MessageReader, MessageWriter, OpenReader, OpenReaderAt, OpenWriter, ReadAt, SealReader, SealWriter, SessionReader,
    SessionWriter,
};
pub use self::limits::Limits;
#[cfg(feature = "x509")]
#[cfg_attr(docsrs, doc(cfg(feature = "x509")))]
pub use self::recipient::Certificate;
pub use self::recipient::{Identity, Recipient, RemoteIdentity, RsaIdentity, RsaRecipient};
pub use self::schedule::Label;
pub use self::sender::{RemoteSigner, RsaSigner, RsaVerifier, Signer, Verifier};
pub use self::simple::{open, seal};
pub use self::wire::Header;

/// What a [`Header`] says.
pub mod header {
    pub use crate::format::{Layout, Suite, Version};
    pub use crate::wire::{Record, Records};
}

/// Keys and their names.
pub mod keys {
    pub use crate::crypto::KeySize;
    pub use crate::key_id::KeyId;
    pub use crate::recipient::WrappedKey;
    pub use crate::secret::{ContentKey, SecretDer, SecretPem};
}

/// Keys that say who sealed (SPEC §4.5).
pub mod senders {
    pub use crate::envelope::{Prepared, VerifiedSender};
    pub use crate::format::SignatureAlgorithm;
    pub use crate::sender::{AnySigner, AnyVerifier};
    #[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "aws-lc-rs", feature = "ed25519"))))]
    pub use crate::sender::{Ed25519Signer, Ed25519Verifier};
    #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "aws-lc-rs", feature = "p256"))))]
    pub use crate::sender::{P256Signer, P256Verifier};
}

/// The engines that seal and open one body chunk by chunk, and arithmetic on its length, for
/// callers who move the bytes themselves.
pub mod body {
    pub use crate::chunk::{BodyOpener, BodySealer, RangeOpener, body_len, body_range, plaintext_len};
}

/// What seals an object in parts and puts it together (SPEC §5.7).
pub mod parts {
    pub use crate::envelope::{Journal, Manifest, PartSealer, PartsSealer, SealedManifest, SealedPart};
    #[cfg(feature = "std")]
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub use crate::io::{Joined, PartWriter, PartsReader, PartsReaderAt};
}

/// Both ends of a session without I/O, for callers who move the bytes themselves (SPEC §5.6).
pub mod sessions {
    pub use crate::envelope::{Answer, Initiator};
    pub use crate::session::{Challenge, Frame, FrameOpener, FrameSealer, Piece};
}

/// The text form of an envelope (SPEC §14).
#[cfg(feature = "armor")]
#[cfg_attr(docsrs, doc(cfg(feature = "armor")))]
pub mod armor {
    pub use crate::io::{ArmorReader, ArmorWriter};
    pub use crate::text::{decode, encode, is_armored};
}

/// Runs the examples in the page on parts.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../docs/parts.md")]
mod parts_page {}

/// Runs the example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
