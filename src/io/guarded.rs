//! A stream that stays failed once it has failed.

use std::io;

use super::poison::Poison;

/// An adapter and the record of its failure. A call borrows both, so they are two fields.
#[derive(Debug)]
pub(super) struct Guarded<T> {
    pub(super) core: T,
    pub(super) poison: Poison,
}

/// A source of bytes.
pub(super) trait Pull {
    /// Does what [`Read::read`](io::Read::read) does. `output` is never empty.
    fn pull(&mut self, output: &mut [u8]) -> io::Result<usize>;
}

impl<T> Guarded<T> {
    pub(super) fn new(core: T) -> Self {
        Self { core, poison: Poison::default() }
    }

    /// Makes a call, unless an earlier one failed for good. A panic counts as such a failure.
    pub(super) fn call<O>(&mut self, call: impl FnOnce(&mut T) -> io::Result<O>) -> io::Result<O> {
        self.poison.enter()?;
        let result = call(&mut self.core);
        self.poison.leave(result)
    }

    pub(super) fn read(&mut self, output: &mut [u8]) -> io::Result<usize>
    where
        T: Pull,
    {
        if output.is_empty() {
            return self.poison.check().map(|()| 0);
        }
        self.call(|core| core.pull(output))
    }
}
