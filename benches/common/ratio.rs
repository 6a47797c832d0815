//! Two ways to do the same, taking turns, so that a machine whose speed changes does so for both.

use std::time::{Duration, Instant};

/// Medians over pairs of one run after the other.
pub(crate) struct Ratio {
    /// How many times as fast as the floor the run is.
    pub(crate) ratio: f64,
    /// Seconds that the run takes.
    pub(crate) seconds: f64,
}

/// Takes pairs until `time` is over, and at least nine.
pub(crate) fn compare(time: Duration, mut run: impl FnMut(), mut floor: impl FnMut()) -> Ratio {
    run();
    // Long enough for the clock, and for what other processes do to spread.
    let once = average(&mut floor, 1).max(Duration::from_nanos(1));
    let repetitions = u32::try_from(SAMPLE.as_nanos() / once.as_nanos()).unwrap_or(u32::MAX).max(1);

    compare_timed(time, || average(&mut run, repetitions), || average(&mut floor, repetitions))
}

/// The same, where each side says how long it took: for work that takes preparation.
pub(crate) fn compare_timed(
    time: Duration,
    mut run: impl FnMut() -> Duration,
    mut floor: impl FnMut() -> Duration,
) -> Ratio {
    let mut ratios = Vec::new();
    let mut seconds = Vec::new();
    let start = Instant::now();
    while ratios.len() < MIN_PAIRS || start.elapsed() < time {
        let (run, floor) = if ratios.len() % 2 == 0 {
            let run = run();
            (run, floor())
        } else {
            let floor = floor();
            (run(), floor)
        };
        ratios.push(floor.as_secs_f64() / run.as_secs_f64());
        seconds.push(run.as_secs_f64());
    }
    Ratio { ratio: median(ratios), seconds: median(seconds) }
}

fn average(run: &mut impl FnMut(), repetitions: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..repetitions {
        run();
    }
    start.elapsed() / repetitions
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

const SAMPLE: Duration = Duration::from_millis(4);
const MIN_PAIRS: usize = 9;
