//! Takes a line of evidence with its mark, gives what stands before, under and behind the mark, never more than a few lines.

use crate::audit::Quote;

/// The most characters of each part.
const BEFORE: usize = 120;
const MARKED: usize = 160;
const AFTER: usize = 240;

/// The three parts of a quoted line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) before: String,
    pub(super) marked: String,
    pub(super) after: String,
}

impl Excerpt {
    pub(super) fn new(text: &str, mark: Option<Quote>) -> Self {
        let Some(mark) = mark else { return Self { before: head(text, BEFORE + AFTER), ..Self::default() } };
        let place = |chars: usize| text.char_indices().nth(chars).map_or(text.len(), |(i, _)| i);
        let (start, end) = (place(mark.start), place(mark.start.saturating_add(mark.len)));
        let before = text.get(..start).unwrap_or_default();
        let cut = before.char_indices().rev().nth(BEFORE).map_or(0, |(i, c)| i + c.len_utf8());
        let dots = if cut > 0 { "…" } else { "" };
        Self {
            before: format!("{dots}{}", before.get(cut..).unwrap_or_default()),
            marked: head(text.get(start..end).unwrap_or_default(), MARKED),
            after: head(text.get(end..).unwrap_or_default(), AFTER),
        }
    }
}

/// The beginning of a text; `…` where it goes on.
pub(super) fn head(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_cut_out_by_characters() {
        let parts = Excerpt::new("From: 東京 <sip:a>", Some(Quote { start: 6, len: 2 }));
        assert_eq!(parts, Excerpt { before: "From: ".into(), marked: "東京".into(), after: " <sip:a>".into() });
    }

    #[test]
    fn long_lines_are_shown_around_the_mark() {
        let text = format!("{}MARK{}", "x".repeat(9000), "y".repeat(9000));
        let parts = Excerpt::new(&text, Some(Quote { start: 9000, len: 4 }));
        assert_eq!(parts.before, format!("…{}", "x".repeat(BEFORE)));
        assert_eq!(parts.marked, "MARK");
        assert_eq!(parts.after, format!("{}…", "y".repeat(AFTER)));
        assert_eq!(Excerpt::new("short", Some(Quote { start: 90, len: 9 })).before, "short");
    }
}
