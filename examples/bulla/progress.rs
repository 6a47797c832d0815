//! A progress bar for work that takes long.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::input::Input;
use crate::output::Output;

/// Shows progress on standard error if that is a terminal. Clears the line when dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// When to show the bar. `None` if never, or if it is already shown.
    show_at: Option<Instant>,
}

impl Progress {
    /// Shows nothing if the terminal itself is read or written, so that the bar does not get in
    /// between.
    pub(crate) fn new(label: &'static str, input: &Input, output: &Output) -> Self {
        let wanted = io::stderr().is_terminal() && !input.is_terminal() && !output.is_terminal();
        // Hidden at first, but it counts from the start. Otherwise its first update would look like
        // a jump, and show a wrong speed.
        let bar = ProgressBar::with_draw_target(input.len(), ProgressDrawTarget::hidden());
        let template = if input.len().is_some() { WITH_TOTAL } else { WITHOUT_TOTAL };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(label);
        Self { bar, show_at: wanted.then(|| Instant::now() + DELAY) }
    }

    /// Says that the work has got to `position`, in bytes.
    pub(crate) fn set(&mut self, position: u64) {
        self.bar.set_position(position);
        if self.show_at.is_some_and(|show_at| Instant::now() >= show_at) {
            self.show_at = None;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

const DELAY: Duration = Duration::from_millis(700);

const WITH_TOTAL: &str =
    "{msg} [{wide_bar}] {percent}% {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}";
const WITHOUT_TOTAL: &str = "{msg} {decimal_bytes} {decimal_bytes_per_sec}";
