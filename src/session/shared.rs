//! What the two directions of a session know of each other.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, Ordering};

/// Whether a session has failed: then neither direction goes on (SPEC §5.6).
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Arc<AtomicBool>);

impl Shared {
    pub(crate) fn fail(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_failed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
