//! A number of threads, and handing work to them.

/// A number of threads, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Threads(usize);

impl Threads {
    /// The calling thread alone.
    pub(crate) const ONE: Self = Self(1);

    /// As many threads of the current `rayon` pool as there are, but at most `count`; all for 0.
    #[cfg(feature = "parallel")]
    pub(crate) fn new(count: usize) -> Self {
        let available = rayon::current_num_threads().max(1);
        Self(if count == 0 { available } else { count.min(available) })
    }

    #[cfg(feature = "std")]
    pub(crate) fn count(self) -> usize {
        self.0
    }

    /// Runs `work` on every item and returns the failure with the lowest index. After a failure,
    /// later items may or may not run; all earlier ones do.
    ///
    /// Several threads work while `items` makes more of them, so that reading overlaps with the
    /// work on what was read.
    pub(crate) fn try_each<T: Send, E: Send>(
        self,
        items: impl IntoIterator<Item = T>,
        work: impl Fn(T) -> Result<(), (u64, E)> + Sync,
    ) -> Result<(), (u64, E)> {
        #[cfg(feature = "parallel")]
        if self != Self::ONE {
            return shared::try_each(self.0 - 1, items, work);
        }
        items.into_iter().try_for_each(work)
    }
}

/// The calling thread and its helpers, which are jobs in the pool.
///
/// No helper ever waits for another or for the caller: one that finds nothing to do ends, and is
/// called again when there is more. The caller, which the pool borrows from, waits until it has
/// run them all.
#[cfg(feature = "parallel")]
mod shared {
    use core::array;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    pub(super) fn try_each<T: Send, E: Send>(
        max_helpers: usize,
        items: impl IntoIterator<Item = T>,
        work: impl Fn(T) -> Result<(), (u64, E)> + Sync,
    ) -> Result<(), (u64, E)> {
        let queue = Queue(Mutex::new(State { items: Ring::new(), helpers: 0, more: true, failure: None }));
        let (shared, work) = (&queue, &work);
        rayon::in_place_scope(|scope| {
            for item in items {
                let mut state = shared.lock();
                if state.failure.is_some() {
                    break;
                }
                let surplus = state.items.push(item);
                // A single one is left to the calling thread.
                if state.items.len > 1 && state.helpers < max_helpers {
                    state.helpers += 1;
                    scope.spawn(move |_| shared.work_off(work, true));
                }
                drop(state);
                // The helpers are far behind: take the oldest item off their hands.
                if let Some(item) = surplus {
                    shared.work_on(work, item);
                }
            }
            shared.lock().more = false;
            shared.work_off(work, false);
            shared.await_helpers();
        });
        queue.0.into_inner().unwrap_or_else(PoisonError::into_inner).failure.map_or(Ok(()), Err)
    }

    /// How often a thread yields before it stops waiting (`benches/README.md`).
    const MAX_YIELDS: usize = 100;

    struct Queue<T, E>(Mutex<State<T, E>>);

    struct State<T, E> {
        /// In the order in which they came: when one fails, all before it have been taken.
        items: Ring<T>,
        helpers: usize,
        /// More items may come.
        more: bool,
        failure: Option<(u64, E)>,
    }

    impl<T, E> Queue<T, E> {
        fn work_off(&self, work: &(impl Fn(T) -> Result<(), (u64, E)> + Sync), helper: bool) {
            let mut yields = 0;
            loop {
                let mut state = self.lock();
                if let Some(item) = state.items.pop() {
                    drop(state);
                    yields = 0;
                    self.work_on(work, item);
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

        fn work_on(&self, work: &(impl Fn(T) -> Result<(), (u64, E)> + Sync), item: T) {
            if let Err(failure) = work(item) {
                let mut state = self.lock();
                state.items = Ring::new();
                if state.failure.as_ref().is_none_or(|(index, _)| failure.0 < *index) {
                    state.failure = Some(failure);
                }
            }
        }

        /// Waits for a moment: helpers mostly end as soon as the calling thread does, and to sleep
        /// until they have takes longer than their work.
        fn await_helpers(&self) {
            for _ in 0..MAX_YIELDS {
                if self.lock().helpers == 0 {
                    return;
                }
                std::thread::yield_now();
            }
        }

        fn lock(&self) -> MutexGuard<'_, State<T, E>> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    /// A queue that never allocates.
    struct Ring<T> {
        slots: [Option<T>; SLOTS],
        first: usize,
        len: usize,
    }

    impl<T> Ring<T> {
        fn new() -> Self {
            Self { slots: array::from_fn(|_| None), first: 0, len: 0 }
        }

        /// Returns the oldest item if there is no room.
        fn push(&mut self, item: T) -> Option<T> {
            let surplus = if self.len == SLOTS { self.pop() } else { None };
            self.slots[(self.first + self.len) % SLOTS] = Some(item);
            self.len += 1;
            surplus
        }

        fn pop(&mut self) -> Option<T> {
            let item = self.slots[self.first].take()?;
            self.first = (self.first + 1) % SLOTS;
            self.len -= 1;
            Some(item)
        }
    }

    /// As many pieces as two threads have in a batch.
    const SLOTS: usize = 32;
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn every_item_before_the_first_failure_is_worked_on() {
        for threads in counts() {
            for (len, failures, expected) in [
                (0, &[][..], Ok(())),
                (1, &[], Ok(())),
                (100, &[], Ok(())),
                (100, &[99, 37, 38], Err((37, "37"))),
                (100, &[0], Err((0, "0"))),
            ] {
                let mut done = alloc::vec![false; len];
                let items = (0..).zip(&mut done);
                let result = threads.try_each(items, |(index, done)| {
                    *done = true;
                    let name = match index {
                        0 => "0",
                        37 => "37",
                        _ => "another",
                    };
                    if failures.contains(&index) { Err((index, name)) } else { Ok(()) }
                });
                assert_eq!(result, expected);
                let good = expected.map_or_else(|(index, _)| usize::try_from(index).unwrap(), |()| len);
                assert!(done[..good].iter().all(|done| *done), "{threads:?}, {len}, {failures:?}");
            }
        }
    }

    #[cfg(feature = "parallel")]
    #[test]
    fn the_lowest_of_several_failures_counts_even_if_another_comes_later() {
        use std::sync::Barrier;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        pool.install(|| {
            let both_at_work = Barrier::new(2);
            let result = Threads(2).try_each(0..2, |index| {
                both_at_work.wait();
                // The higher one is reported last.
                std::thread::sleep(core::time::Duration::from_millis(index * 50));
                Err((index, index))
            });
            assert_eq!(result, Err((0, 0)));
        });
    }

    #[test]
    fn items_are_not_asked_for_without_end_after_a_failure() {
        for threads in counts() {
            let fail = |index| if index == 1000 { Err((index, ())) } else { Ok(()) };
            assert_eq!(threads.try_each(0.., fail), Err((1000, ())));
        }
    }

    fn counts() -> Vec<Threads> {
        if cfg!(feature = "parallel") { [1, 2, 3, 200].map(Threads).to_vec() } else { [Threads::ONE].to_vec() }
    }
}
