//! How many threads work on a batch of chunks, and handing the work to them.

/// A number of threads, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Threads(usize);

impl Threads {
    /// The calling thread alone.
    pub(crate) const ONE: Self = Self(1);

    /// As many threads of the current `rayon` pool as there are, but at most `count`; all of them for 0.
    #[cfg(feature = "parallel")]
    pub(crate) fn new(count: usize) -> Self {
        let available = rayon::current_num_threads().max(1);
        Self(if count == 0 { available } else { count.min(available) })
    }

    /// Chunks that adapters collect before they are handed out: for one thread few enough to stay in the cache, for several
    /// enough to make waking them cheap beside the work.
    #[cfg(feature = "std")]
    pub(crate) fn batch(self) -> usize {
        if self == Self::ONE { 4 } else { self.0.saturating_mul(32) }
    }

    /// Does `work` on each pair of an input and an output, given its index, and returns the lowest index for which it gave
    /// `false`. All pairs before that one were worked on; those after it may have been or not.
    pub(crate) fn first_failure<I: Sync, O: Send>(
        self,
        inputs: &[I],
        outputs: &mut [O],
        work: impl Fn(usize, &I, &mut O) -> bool + Sync,
    ) -> Option<usize> {
        let part = |start: usize, inputs: &[I], outputs: &mut [O]| {
            let mut pairs = (start..).zip(inputs.iter().zip(outputs));
            pairs.find_map(|(index, (input, output))| (!work(index, input, output)).then_some(index))
        };

        #[cfg(feature = "parallel")]
        if self != Self::ONE && inputs.len() > 1 {
            use rayon::prelude::*;
            let len = inputs.len().div_ceil(self.0);
            let parts = inputs.par_chunks(len).zip(outputs.par_chunks_mut(len)).enumerate();
            return parts.filter_map(|(number, (inputs, outputs))| part(number * len, inputs, outputs)).min();
        }

        part(0, inputs, outputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_before_the_first_failure_is_worked_on() {
        for threads in counts() {
            for (len, failures, expected) in [
                (0, &[][..], None),
                (1, &[], None),
                (100, &[], None),
                (100, &[99, 37, 38], Some(37)),
                (100, &[0], Some(0)),
            ] {
                let inputs: alloc::vec::Vec<usize> = (0..len).collect();
                let mut outputs = alloc::vec![None; len];
                let failure = threads.first_failure(&inputs, &mut outputs, |index, input, output| {
                    *output = Some(index);
                    !failures.contains(input)
                });
                assert_eq!(failure, expected);
                let good = &outputs[..expected.unwrap_or(len)];
                assert!(good.iter().enumerate().all(|(index, output)| *output == Some(index)));
            }
        }
    }

    #[cfg(not(feature = "parallel"))]
    fn counts() -> [Threads; 1] {
        [Threads::ONE]
    }

    #[cfg(feature = "parallel")]
    fn counts() -> [Threads; 4] {
        [Threads::ONE, Threads(2), Threads(3), Threads(200)]
    }
}
