//! A progress bar for work that takes long enough to wonder.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::input::Input;
use crate::output::Output;

/// Shows how far work got on standard error, where that is a terminal, and clears the line when
/// dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// When to begin showing; `None` for never, or no more.
    show_at: Option<Instant>,
}

impl Progress {
    /// Where the terminal itself is read or written, nothing is shown between.
    pub(crate) fn new(label: &'static str, input: &Input, output: &Output) -> Self {
        let wanted = io::stderr().is_terminal() && !input.is_terminal() && !output.is_terminal();
        // Hidden at first, but counting from the start: otherwise it would show the speed of its
        // first jump.
        let bar = ProgressBar::with_draw_target(input.len(), ProgressDrawTarget::hidden());
        let template = if input.len().is_some() { WITH_TOTAL } else { WITHOUT_TOTAL };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(label);
        Self { bar, show_at: wanted.then(|| Instant::now() + DELAY) }
    }

    /// The work has got to `position`, in bytes.
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
