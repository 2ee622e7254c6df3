//! Takes a line of evidence with its mark, gives the part to quote and where to underline it, never more than fits.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::audit::Quote;
use crate::report::escape::push_visible;

/// What is quoted, and the columns to underline.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Quoted {
    pub(super) text: String,
    /// Column and width of the underline.
    pub(super) mark: Option<(usize, usize)>,
}

/// How much is shown before a mark that lies far behind.
const CONTEXT: usize = 16;

/// The part of `excerpt` that holds `mark`, in at most `width` columns; what is left out shows as `…`.
pub(super) fn quote(excerpt: &str, mark: Option<Quote>, width: usize) -> Quoted {
    let mark = mark.filter(|m| excerpt.chars().nth(m.start).is_some());
    // A piece for each character: as it shows, and how wide. Beyond what could ever be shown nothing is looked at.
    let reach = mark.map_or(0, |m| m.start).saturating_add(width + 1);
    let mut pieces: Vec<(String, usize)> = Vec::new();
    let skip = mark.map_or(0, |m| m.start.saturating_sub(width));
    for c in excerpt.chars().skip(skip).take(reach - skip) {
        let mut piece = String::new();
        push_visible(&mut piece, c);
        let columns = if piece.chars().count() == 1 { c.width().unwrap_or(0) } else { piece.width() };
        pieces.push((piece, columns));
    }
    let marked = mark.map(|m| (m.start - skip, m.len.max(1)));
    let columns = |range: &[(String, usize)]| range.iter().map(|p| p.1).sum::<usize>();
    let more_after = excerpt.chars().nth(skip + pieces.len()).is_some();

    let mut first = 0;
    if let Some((start, len)) = marked {
        let end = pieces.len().min(start.saturating_add(len));
        let needed = columns(pieces.get(..end).unwrap_or_default());
        if needed > width.saturating_sub(1) {
            first = start;
            let mut room = CONTEXT.min(width / 4);
            while first > 0 && pieces.get(first - 1).is_some_and(|p| p.1 <= room) {
                room -= pieces.get(first - 1).map_or(0, |p| p.1);
                first -= 1;
            }
        }
    }
    let cut_before = first > 0 || skip > 0;
    let mut text = String::from(if cut_before { "…" } else { "" });
    let mut used = usize::from(cut_before);
    let mut underline: Option<(usize, usize)> = None;
    let remaining = pieces.get(first..).unwrap_or_default();
    let all_fits = !more_after && used + columns(remaining) <= width;
    for (i, (piece, wide)) in remaining.iter().enumerate() {
        if !all_fits && used + wide > width.saturating_sub(1) {
            text.push('…');
            break;
        }
        if marked.is_some_and(|(start, len)| (start..start.saturating_add(len)).contains(&(i + first))) {
            let (_, underlined) = underline.get_or_insert((used, 0));
            *underlined += wide;
        }
        text += piece;
        used += wide;
    }
    Quoted { text, mark: underline.filter(|u| u.1 > 0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(excerpt: &str, start: usize, len: usize, width: usize) -> String {
        let q = quote(excerpt, Some(Quote { start, len }), width);
        let (at, wide) = q.mark.unwrap_or_default();
        format!("{}\n{}{}", q.text, " ".repeat(at), "^".repeat(wide))
    }

    #[test]
    fn carets_stand_under_the_mark() {
        assert_eq!(quoted("REFER sip:a SIP/2.0", 0, 5, 60), "REFER sip:a SIP/2.0\n^^^^^");
        assert_eq!(quoted("From: 東京 <sip:a>", 6, 2, 60), "From: 東京 <sip:a>\n      ^^^^");
    }

    #[test]
    fn escapes_move_the_carets() {
        assert_eq!(quoted("a\x1b[b", 3, 1, 60), "a\\x1b[b\n      ^");
        assert_eq!(quoted("ab\r", 2, 1, 60), "ab\\r\n  ^^");
    }

    #[test]
    fn a_long_line_is_shown_around_its_mark() {
        let line = format!("{}MARK{}", "x".repeat(500), "y".repeat(500));
        let shown = quoted(&line, 500, 4, 40);
        assert_eq!(shown, format!("…{}MARK{}…\n{}^^^^", "x".repeat(10), "y".repeat(24), " ".repeat(11)));
        let unmarked = quote(&line, None, 40);
        assert_eq!((unmarked.text, unmarked.mark), (format!("{}…", "x".repeat(39)), None));
    }

    #[test]
    fn a_mark_outside_the_line_underlines_nothing() {
        assert_eq!(quote("short", Some(Quote { start: 90, len: 4 }), 40), Quoted { text: "short".into(), mark: None });
    }
}
