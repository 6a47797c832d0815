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

    /// Chunks that a caller's slice must have room for, so that readers work straight into it.
    #[cfg(feature = "std")]
    pub(crate) fn least_direct(self) -> usize {
        if self == Self::ONE { 1 } else { self.0.saturating_mul(PIECE) }
    }

    /// Does `work` on the items and returns the lowest failure that it reported. Items that come after one that failed may
    /// not have been asked for, or worked on, or both.
    ///
    /// Several threads work while `items` makes more of them, so that reading can overlap with the work on what was read.
    pub(crate) fn first_failure<T: Send>(
        self,
        items: impl IntoIterator<Item = T>,
        work: impl Fn(T) -> Option<u64> + Sync,
    ) -> Option<u64> {
        #[cfg(feature = "parallel")]
        if self != Self::ONE {
            return shared::first_failure(self.0 - 1, items, work);
        }
        items.into_iter().find_map(work)
    }
}

/// Chunks that are handed to a thread together: enough work to make the handing over cheap beside it.
pub(crate) const PIECE: usize = 4;

/// The calling thread and its helpers, which are jobs in the pool.
///
/// No helper ever waits for another or for the caller: one that finds nothing to do ends, and is called again when there is
/// more. The caller, which the pool borrows from, waits until it has run them all.
#[cfg(feature = "parallel")]
mod shared {
    use alloc::collections::VecDeque;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    pub(super) fn first_failure<T: Send>(
        max_helpers: usize,
        items: impl IntoIterator<Item = T>,
        work: impl Fn(T) -> Option<u64> + Sync,
    ) -> Option<u64> {
        let queue = Queue(Mutex::new(State { items: VecDeque::new(), helpers: 0, more: true, failure: None }));
        let (queue, work) = (&queue, &work);
        rayon::in_place_scope(|scope| {
            for item in items {
                let mut state = queue.lock();
                if state.failure.is_some() {
                    break;
                }
                state.items.push_back(item);
                // A single one is left to the calling thread.
                if state.items.len() > 1 && state.helpers < max_helpers {
                    state.helpers += 1;
                    scope.spawn(move |_| queue.work_off(work, true));
                }
            }
            queue.lock().more = false;
            queue.work_off(work, false);
            queue.await_helpers();
        });
        queue.lock().failure
    }

    const MAX_YIELDS: usize = 100;

    struct Queue<T>(Mutex<State<T>>);

    struct State<T> {
        /// In the order in which they came: when one fails, all before it have been taken.
        items: VecDeque<T>,
        helpers: usize,
        /// More items may come.
        more: bool,
        failure: Option<u64>,
    }

    impl<T> Queue<T> {
        fn work_off(&self, work: &(impl Fn(T) -> Option<u64> + Sync), helper: bool) {
            let mut yields = 0;
            loop {
                let mut state = self.lock();
                if let Some(item) = state.items.pop_front() {
                    drop(state);
                    yields = 0;
                    if let Some(failure) = work(item) {
                        let mut state = self.lock();
                        state.items.clear();
                        state.failure = Some(state.failure.map_or(failure, |other| other.min(failure)));
                    }
                } else if helper && state.more && yields < MAX_YIELDS {
                    drop(state);
                    yields += 1;
                    std::thread::yield_now();
                } else {
                    if helper {
                        state.helpers -= 1;
                    }
                    return;
                }
            }
        }

        /// Waits for a moment: helpers mostly end as soon as the calling thread does, and to sleep until they have takes
        /// longer than their work.
        fn await_helpers(&self) {
            for _ in 0..MAX_YIELDS {
                if self.lock().helpers == 0 {
                    return;
                }
                std::thread::yield_now();
            }
        }

        fn lock(&self) -> MutexGuard<'_, State<T>> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn every_item_before_the_first_failure_is_worked_on() {
        for threads in counts() {
            for (len, failures, expected) in [
                (0, &[][..], None),
                (1, &[], None),
                (100, &[], None),
                (100, &[99, 37, 38], Some(37)),
                (100, &[0], Some(0)),
            ] {
                let mut done = alloc::vec![false; len];
                let items = (0..).zip(&mut done);
                let failure = threads.first_failure(items, |(index, done)| {
                    *done = true;
                    failures.contains(&index).then_some(index)
                });
                assert_eq!(failure, expected);
                let good = expected.map_or(len, |index| usize::try_from(index).unwrap());
                assert!(done[..good].iter().all(|done| *done), "{threads:?}, {len}, {failures:?}");
            }
        }
    }

    #[cfg(feature = "parallel")]
    #[test]
    fn the_lowest_of_several_failures_counts_even_where_another_comes_later() {
        use std::sync::Barrier;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        pool.install(|| {
            let both_at_work = Barrier::new(2);
            let failure = Threads(2).first_failure(0..2, |index| {
                both_at_work.wait();
                // The higher one is reported last.
                std::thread::sleep(core::time::Duration::from_millis(index * 50));
                Some(index)
            });
            assert_eq!(failure, Some(0));
        });
    }

    #[test]
    fn items_are_not_asked_for_without_end_after_a_failure() {
        for threads in counts() {
            assert_eq!(threads.first_failure(0.., |index| (index == 1000).then_some(index)), Some(1000));
        }
    }

    fn counts() -> Vec<Threads> {
        if cfg!(feature = "parallel") { [1, 2, 3, 200].map(Threads).to_vec() } else { [Threads::ONE].to_vec() }
    }
}
