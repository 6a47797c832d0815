#![doc = include_str!("../README.md")]
//!
//! # Reading the source
//!
//! Bottom up: `format` (its numbers), `wire` (bytes to [`Header`] and back), `schedule` (the keys), `chunk`
//! (the body), `recipient` (RSA), `envelope` (all of them together, still without I/O), `io` (adapters); `armor` (the text form)
//! stands beside them. A test holds every module to its layer.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::alloc_instead_of_core, clippy::std_instead_of_alloc, clippy::std_instead_of_core)]
#![warn(clippy::as_conversions, clippy::unwrap_used)]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(feature = "armor")]
mod armor;
mod buffer;
mod chunk;
mod crypto;
mod envelope;
mod error;
mod format;
#[cfg(feature = "std")]
mod io;
mod key_id;
mod limits;
mod recipient;
mod schedule;
mod secret;
mod simple;
#[cfg(test)]
mod spec_tests;
mod threads;
mod wire;

pub use rand_core;

#[cfg(feature = "armor")]
#[cfg_attr(docsrs, doc(cfg(feature = "armor")))]
pub use self::armor::{armor, dearmor, is_armored};
pub use self::chunk::{BodyOpener, BodySealer, RangeOpener, ciphertext_range, plaintext_len, sealed_len};
pub use self::crypto::KeySize;
pub use self::envelope::{OpenedHeader, Opener, Rewrapper, Sealer};
#[cfg(feature = "armor")]
#[cfg_attr(docsrs, doc(cfg(feature = "armor")))]
pub use self::error::{ArmorError, ArmorErrorKind};
pub use self::error::{
    HeaderError, HeaderErrorKind, KeyError, Lookalike, OpenError, RewrapError, SealError, UnwrapError, WrapError,
};
#[cfg(feature = "armor")]
#[cfg_attr(docsrs, doc(cfg(feature = "armor")))]
pub use self::io::{ArmorReader, ArmorWriter};
#[cfg(feature = "std")]
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
pub use self::io::{OpenReader, OpenReaderAt, ReadAt, SealReader, SealWriter};
pub use self::key_id::{KeyId, KeyIdParseError};
pub use self::limits::{Limit, LimitExceeded, Limits};
pub use self::recipient::{Identity, Recipient, RsaIdentity, RsaRecipient, WrappedKey};
pub use self::secret::{ContentKey, SecretDer, SecretPem};
pub use self::simple::{open, seal, seal_with_rng};
pub use self::wire::{Header, Record, Records};
