//! Takes how far a run has come, shows it on standard error, never where that is no terminal.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

use crate::pipeline::Progress;

/// A progress bar that may be hidden.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar on standard error; hidden where it is no terminal or the user wants `quiet`.
    pub(super) fn new(quiet: bool) -> Self {
        let hidden = quiet || !std::io::stderr().is_terminal();
        Self(if hidden { ProgressBar::hidden() } else { ProgressBar::no_length() })
    }

    /// Shows `progress`.
    pub(super) fn show(&self, progress: Progress) {
        if self.0.is_hidden() {
            return;
        }
        match progress.total {
            Some(total) if self.0.length() != Some(total) => {
                self.0.set_length(total);
                self.style("{bar:24} {percent:>3} %  {decimal_bytes}/{decimal_total_bytes}  {decimal_bytes_per_sec}  {msg}  {eta} left");
            }
            None if progress.bytes == 0 => self.style("{spinner} {decimal_bytes}  {decimal_bytes_per_sec}  {msg}"),
            _ => {}
        }
        self.0.set_message(format!("{} frames", progress.frames));
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
