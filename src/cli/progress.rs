//! Takes how far a run has come, gives a bar on standard error, never where that is no terminal.

use std::io::IsTerminal as _;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use crate::pipeline::Progress;

const OF_UNKNOWN_SIZE: &str = "{spinner} {decimal_bytes}  {decimal_bytes_per_sec}  {msg}";
const OF_KNOWN_SIZE: &str = "{bar:24} {percent:>3} %  {decimal_bytes}/{decimal_total_bytes}  {decimal_bytes_per_sec}  {msg}  {eta} left";

/// A progress bar that may be hidden.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar on standard error; hidden where it is no terminal or the user wants `quiet`.
    pub(super) fn new(quiet: bool) -> Self {
        let hidden = quiet || !std::io::stderr().is_terminal();
        let bar = Self(if hidden { ProgressBar::hidden() } else { ProgressBar::no_length() });
        bar.style(OF_UNKNOWN_SIZE);
        bar
    }

    /// Shows `progress`.
    pub(super) fn show(&self, progress: Progress) {
        if let Some(total) = progress.total
            && self.0.length() != Some(total)
        {
            self.0.set_length(total);
            self.style(OF_KNOWN_SIZE);
        }
        self.0.set_message(format!("{} frames", HumanCount(progress.frames)));
        self.0.set_position(progress.bytes);
    }

    fn style(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.0.set_style(style);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
