//! Takes a named text, gives its lines by number and by offset, never what they mean.

use std::sync::Arc;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// Longer lines are shown in part: a policy on one line of megabytes must not fill the screen for each mistake.
const SHOWN: usize = 240;

/// A policy file or a built-in fragment.
#[derive(Debug)]
pub(super) struct Source {
    /// As it stands in [`super::Provenance::source`].
    pub(super) name: Arc<str>,
    /// The text, control characters replaced: it is shown on terminals.
    text: String,
    /// The offset of each line.
    lines: Vec<usize>,
}

impl Source {
    pub(super) fn new(name: &str, text: &str) -> Self {
        let is_odd = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n');
        // Every character keeps its length, so that offsets hold.
        let text =
            text.chars().flat_map(|c| std::iter::repeat_n(if is_odd(c) { '?' } else { c }, if is_odd(c) { c.len_utf8() } else { 1 }));
        let text: String = text.collect();
        let lines = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1)).collect();
        Self { name: name.into(), text, lines }
    }

    /// The line that holds `offset`, from 1.
    pub(super) fn line_of(&self, offset: usize) -> u32 {
        u32::try_from(self.lines.partition_point(|&start| start <= offset).max(1)).unwrap_or(u32::MAX)
    }

    /// The text of a line, from 1, without its end.
    pub(super) fn line(&self, number: u32) -> Option<&str> {
        let (start, end) = self.bounds(usize::try_from(number).ok()?)?;
        self.text.get(start..end)
    }

    /// Where a text stands first, from the start of a line on.
    pub(super) fn find(&self, line: u32, text: &str) -> Option<(usize, usize)> {
        let (start, _) = self.bounds(usize::try_from(line).ok()?)?;
        let at = start + self.text.get(start..)?.find(text)?;
        Some((at, at + text.len()))
    }

    /// `start..end` on one line and inside the text: what a caret can stand under. Behind the end of a line that is its last character.
    pub(super) fn on_one_line(&self, start: usize, end: usize) -> (usize, usize) {
        let start = self.boundary(start.min(self.text.len()));
        let (first, last) = self.bounds(self.line_of(start) as usize).unwrap_or_default();
        let start = if start < last { start.max(first) } else { self.boundary(last.saturating_sub(1).max(first)) };
        (start, self.boundary(end.clamp(start, last.min(start + SHOWN / 2))))
    }

    /// Where line `number` starts and ends, the line break left out.
    fn bounds(&self, number: usize) -> Option<(usize, usize)> {
        let start = *self.lines.get(number.checked_sub(1)?)?;
        let next = self.lines.get(number).map_or(self.text.len(), |next| next.saturating_sub(1));
        let text = self.text.get(start..next)?;
        Some((start, start + text.trim_end_matches('\r').len()))
    }

    /// The start of the character at `offset`.
    fn boundary(&self, offset: usize) -> usize {
        (0..=offset).rev().find(|&at| self.text.is_char_boundary(at)).unwrap_or(0)
    }
}

/// The implementation of the `miette` crate counts lines from the start of the text for each label; this one knows them.
impl SourceCode for Source {
    fn read_span<'a>(&'a self, span: &SourceSpan, before: usize, after: usize) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = self.on_one_line(span.offset(), span.offset().saturating_add(span.len()));
        let line = self.line_of(start) as usize;
        let (first, last) = self.bounds(line).ok_or(MietteError::OutOfBounds)?;
        let short = |number: usize| self.bounds(number).filter(|(start, end)| end - start <= SHOWN);
        let (from, to, top) = if before == 0 {
            (start, end, line)
        } else if last - first > SHOWN {
            (self.boundary(start.saturating_sub(SHOWN / 4).max(first)), self.boundary((end + SHOWN / 4).min(last)), line)
        } else {
            let above = (line.saturating_sub(before)..line).filter_map(|n| Some((n, short(n)?.0))).next();
            let below = (line + 1..=line + after).map_while(|n| Some(short(n)?.1)).last();
            (above.map_or(first, |(_, start)| start), below.unwrap_or(last), above.map_or(line, |(n, _)| n))
        };
        let data = self.text.as_bytes().get(from..to).ok_or(MietteError::OutOfBounds)?;
        let top_start = self.bounds(top).map_or(from, |(start, _)| start);
        let column = self.text.get(top_start..from).map_or(0, |text| text.chars().count());
        let span = SourceSpan::new(from.into(), to - from);
        let count = memchr::memchr_iter(b'\n', data).count();
        let contents = MietteSpanContents::new_named(self.name.to_string(), data, span, top.saturating_sub(1), column, count);
        Ok(Box::new(contents))
    }
}
