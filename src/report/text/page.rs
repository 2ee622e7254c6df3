//! Takes pieces of text, gives lines of a page, never a piece that is not made visible first.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::Look;
use crate::policy::Severity;
use crate::report::escape::visible;

/// How a piece looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    Plain,
    Strong,
    Dim,
    /// Gutters and arrows.
    Frame,
    Good,
    Weight(Severity),
}

impl Paint {
    /// The SGR parameters.
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Strong => Some("1"),
            Self::Dim => Some("2"),
            Self::Frame => Some("1;34"),
            Self::Good => Some("1;32"),
            Self::Weight(Severity::Critical) => Some("1;35"),
            Self::Weight(Severity::High) => Some("1;31"),
            Self::Weight(Severity::Medium) => Some("1;33"),
            Self::Weight(Severity::Low) => Some("36"),
            Self::Weight(Severity::Info) => Some("34"),
        }
    }
}

/// A page in the making.
pub(super) struct Page {
    look: Look,
    text: String,
}

impl Page {
    pub(super) fn new(look: Look) -> Self {
        Self { look: Look { width: look.width.max(20), ..look }, text: String::new() }
    }

    /// What was written since the last time.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    pub(super) const fn width(&self) -> usize {
        self.look.width
    }

    /// Writes a piece into the current line.
    pub(super) fn put(&mut self, paint: Paint, text: &str) {
        match paint.code().filter(|_| self.look.color && !text.is_empty()) {
            Some(code) => self.text += &format!("\x1b[{code}m{}\x1b[0m", visible(text)),
            None => self.text += &visible(text),
        }
    }

    /// Ends the line.
    pub(super) fn end(&mut self) {
        self.text.push('\n');
    }

    /// Writes a whole line.
    pub(super) fn line(&mut self, paint: Paint, text: &str) {
        self.put(paint, text);
        self.end();
    }

    /// Writes lines `indent` columns in, broken between words where the page ends.
    pub(super) fn paragraph(&mut self, indent: usize, paint: Paint, text: &str) {
        for line in broken(&visible(text), self.width().saturating_sub(indent)) {
            self.put(Paint::Plain, &" ".repeat(indent));
            self.line(paint, line);
        }
    }

    /// Writes labels and what belongs to them, hanging `indent` columns in.
    pub(super) fn labelled(&mut self, labels: &[(Paint, &str)], indent: usize, text: &str) {
        let text = visible(text);
        let used: usize = labels.iter().map(|(_, label)| label.width()).sum();
        labels.iter().for_each(|(paint, label)| self.put(*paint, label));
        let mut gap = indent.saturating_sub(used);
        for line in broken(&text, self.width().saturating_sub(indent)) {
            self.put(Paint::Plain, &" ".repeat(gap));
            self.line(Paint::Plain, line);
            gap = indent;
        }
    }
}

/// `text` without its middle where it is wider than `width` columns; made visible first.
pub(super) fn elided(text: &str, width: usize) -> Cow<'_, str> {
    let text = visible(text);
    if text.width() <= width {
        return text;
    }
    let room = width.saturating_sub(1);
    let head = prefix(&text, room.div_ceil(2));
    let mut tail = text.len();
    let mut columns = room - head.width().min(room);
    for (i, c) in text.char_indices().rev() {
        let wide = c.width().unwrap_or(0);
        if wide > columns || i < head.len() {
            break;
        }
        columns -= wide;
        tail = i;
    }
    Cow::Owned(format!("{head}…{}", text.get(tail..).unwrap_or_default()))
}

/// A path without its beginning where it is wider than `width` columns: the file's name says most; made visible first.
pub(super) fn shortened(path: &str, width: usize) -> Cow<'_, str> {
    let path = visible(path);
    if path.width() <= width {
        return path;
    }
    let mut columns = width.saturating_sub(1);
    let mut start = path.len();
    for (i, c) in path.char_indices().rev() {
        let wide = c.width().unwrap_or(0);
        if wide > columns {
            break;
        }
        columns -= wide;
        start = i;
    }
    let tail = path.get(start..).unwrap_or_default();
    let folder = tail.find('/').filter(|&i| i + 1 < tail.len()).and_then(|i| tail.get(i..));
    Cow::Owned(format!("…{}", folder.unwrap_or(tail)))
}

/// `text` cut at its end where it is wider than `width` columns; made visible first.
pub(super) fn clipped(text: &str, width: usize) -> Cow<'_, str> {
    let text = visible(text);
    if text.width() <= width { text } else { Cow::Owned(format!("{}…", prefix(&text, width.saturating_sub(1)))) }
}

/// The longest beginning of `text` that fits `width` columns.
fn prefix(text: &str, width: usize) -> &str {
    let mut columns = 0;
    for (i, c) in text.char_indices() {
        columns += c.width().unwrap_or(0);
        if columns > width {
            return text.get(..i).unwrap_or_default();
        }
    }
    text
}

/// `text` in lines of at most `width` columns: broken at spaces, and inside words that are wider.
pub(super) fn broken(text: &str, width: usize) -> Vec<&str> {
    let width = width.max(8);
    let mut lines = Vec::new();
    let mut rest = text.trim_end_matches(' ');
    loop {
        let fits = prefix(rest, width);
        if fits.len() == rest.len() {
            lines.push(rest);
            return lines;
        }
        let ends_word = rest.get(fits.len()..).is_some_and(|r| r.starts_with(' '));
        let cut = if ends_word { fits.len() } else { fits.rfind(' ').filter(|&i| i > 0).unwrap_or(fits.len()) };
        let (line, next) = rest.split_at(cut);
        lines.push(line.trim_end_matches(' '));
        rest = next.trim_start_matches(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_lose_nothing() {
        assert_eq!(broken("one two three four", 9), ["one two", "three", "four"]);
        assert_eq!(broken("aaaaaaaaaaaaaaaaaaaa b", 8), ["aaaaaaaa", "aaaaaaaa", "aaaa b"]);
        assert_eq!(broken("", 8), [""]);
        assert_eq!(broken("東京東京東京", 8), ["東京東京", "東京"]);
    }

    #[test]
    fn the_middle_is_left_out() {
        assert_eq!(elided("3c26700d8a7b4c19@198.51.100.34", 20), "3c26700d8a…51.100.34");
        assert_eq!(elided("short", 20), "short");
        assert_eq!(clipped("abcdefghij", 5), "abcd…");
        assert_eq!(shortened("captures/2026/trunk.pcap", 20), "…/2026/trunk.pcap");
        assert_eq!(shortened("captures/2026/trunk.pcap", 8), "…nk.pcap");
        assert!(elided("東京東京東京東京", 7).width() <= 7);
    }
}
