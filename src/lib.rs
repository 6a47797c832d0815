#![doc = include_str!("../README.md")]
//!
//! # Reading the source
//!
//! Bottom up: `format` (its numbers), `wire` (bytes to [`Header`] and back), `schedule` (the keys),
//! `chunk` (the body), `recipient` (RSA), `envelope` (all of them together, still without I/O),
//! `io` (adapters); `armor` (the text form) stands beside them. A test holds every module to its
//! layer.
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
mod envelope;
pub mod error;
mod format;
#[cfg(feature = "std")]
mod io;
mod key_id;
mod limits;
mod num;
mod recipient;
mod schedule;
mod secret;
mod simple;
#[cfg(test)]
mod spec_tests;
#[cfg(feature = "armor")]
mod text;
mod threads;
mod wire;

pub use rand_core;

pub use self::envelope::{Candidate, OpenedHeader, Opener, Rewrapper, Sealer, Sealing, Search};
#[cfg(feature = "std")]
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
pub use self::io::{OpenReader, OpenReaderAt, OpenWriter, ReadAt, SealReader, SealWriter};
pub use self::limits::Limits;
pub use self::recipient::{Identity, Recipient, RemoteIdentity, RsaIdentity, RsaRecipient};
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

/// The engines that seal and open one body chunk by chunk, and arithmetic on its length, for
/// callers who move the bytes themselves.
pub mod body {
    pub use crate::chunk::{BodyOpener, BodySealer, RangeOpener, body_len, body_range, plaintext_len};
}

/// The text form of an envelope (SPEC §14).
#[cfg(feature = "armor")]
#[cfg_attr(docsrs, doc(cfg(feature = "armor")))]
pub mod armor {
    pub use crate::io::{ArmorReader, ArmorWriter};
    pub use crate::text::{decode, encode, is_armored};
}
