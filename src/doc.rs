//! The papers of the project and its examples, as pages. There is no code in here.
//!
//! Links between the papers are relative, which holds in the repository. In here the definitions
//! that stand before a text come first and win.

/// What the crate is for, what the features bring, and how fast it is.
///
/// [ARCHITECTURE.md]: crate::doc::architecture
/// [SECURITY.md]: crate::doc::security
/// [SPEC.md]: crate::doc::spec
/// [docs/parts.md]: crate::doc::parts
/// [crate documentation]: crate
#[doc = include_str!("../README.md")]
pub mod readme {}

/// The format of an envelope, complete: what to write another implementation from.
#[doc = include_str!("../SPEC.md")]
#[allow(rustdoc::bare_urls, rustdoc::invalid_rust_codeblocks, reason = "written for readers of plain text")]
pub mod spec {}

/// The threat model, and what is not promised.
#[doc = include_str!("../SECURITY.md")]
pub mod security {}

/// How the source is built, and how to add to it.
///
/// [SPEC.md]: crate::doc::spec
#[doc = include_str!("../ARCHITECTURE.md")]
pub mod architecture {}

/// Large objects in parts, sealed by many workers.
///
/// [labelled messages]: crate::MessageSealer
/// [`Sealer::wrap_output`]: crate::Sealer::wrap_output
/// [`Sealer::start_parts`]: crate::Sealer::start_parts
/// [`OpenedHeader`]: crate::OpenedHeader
/// [`OpenedHeader::resume_parts`]: crate::OpenedHeader::resume_parts
/// [`SealedPart::to_bytes`]: crate::parts::SealedPart::to_bytes
/// [`SealedPart::commitment`]: crate::parts::SealedPart::commitment
/// [`Rewrapper`]: crate::Rewrapper
/// [`ReadAt`]: crate::ReadAt
/// [`Manifest::part_at`]: crate::parts::Manifest::part_at
/// [`Manifest::sealed_range`]: crate::parts::Manifest::sealed_range
/// [`Manifest::part`]: crate::parts::Manifest::part
/// [`RangeOpener`]: crate::body::RangeOpener
/// [`body::body_len`]: crate::body::body_len
/// [`body::plaintext_len`]: crate::body::plaintext_len
#[doc = include_str!("../docs/parts.md")]
pub mod parts {}

/// What changed, release by release.
#[doc = include_str!("../CHANGELOG.md")]
pub mod changelog {}

/// Short programs, each for one job. They run without arguments: `cargo run --example kms`.
///
/// # seal_file.rs
///
/// ```
#[doc = include_str!("../examples/seal_file.rs")]
/// ```
///
/// # open_file.rs
///
/// ```
#[doc = include_str!("../examples/open_file.rs")]
/// ```
///
/// # in_memory.rs
///
/// ```
#[doc = include_str!("../examples/in_memory.rs")]
/// ```
///
/// # labelled.rs
///
/// ```
#[doc = include_str!("../examples/labelled.rs")]
/// ```
///
/// # session.rs
///
/// ```
#[doc = include_str!("../examples/session.rs")]
/// ```
///
/// # mutual_session.rs
///
/// ```
#[doc = include_str!("../examples/mutual_session.rs")]
/// ```
///
/// # parts.rs
///
/// ```
#[doc = include_str!("../examples/parts.rs")]
/// ```
///
/// # push.rs
///
/// ```
#[doc = include_str!("../examples/push.rs")]
/// ```
///
/// # random_access.rs
///
/// ```
#[doc = include_str!("../examples/random_access.rs")]
/// ```
///
/// # object_store.rs
///
/// ```
#[doc = include_str!("../examples/object_store.rs")]
/// ```
///
/// # kms.rs
///
/// ```
#[doc = include_str!("../examples/kms.rs")]
/// ```
///
/// # async_kms.rs
///
/// ```
#[doc = include_str!("../examples/async_kms.rs")]
/// ```
///
/// # detached.rs
///
/// ```
#[doc = include_str!("../examples/detached.rs")]
/// ```
///
/// # metadata.rs
///
/// ```
#[doc = include_str!("../examples/metadata.rs")]
/// ```
///
/// # rewrap.rs
///
/// ```
#[doc = include_str!("../examples/rewrap.rs")]
/// ```
pub mod examples {}
