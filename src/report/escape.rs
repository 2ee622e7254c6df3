//! Takes text of the wire, gives text that shows every character and drives nothing, never loses one.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character steers a terminal, reorders a line or hides in it.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}'
            | '\u{061c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// `text` with every control, direction override and invisible character written out: `\r`, `\x1b`, `\u{202e}`.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    // Most text is plain ASCII, and most of it is asked about.
    if text.bytes().fold(true, |plain, octet| plain & matches!(octet, b' '..=b'~')) || !text.chars().any(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        push_visible(&mut out, c);
    }
    Cow::Owned(out)
}

/// Appends one character as [`visible`] writes it.
pub(super) fn push_visible(out: &mut String, c: char) {
    match c {
        '\r' => out.push_str("\\r"),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        c if !is_unseen(c) => out.push(c),
        // Writing to a string cannot fail.
        c if u32::from(c) < 0x100 => _ = write!(out, "\\x{:02x}", u32::from(c)),
        c => _ = write!(out, "\\u{{{:x}}}", u32::from(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drives_a_terminal_becomes_text() {
        assert_eq!(visible("a\x1b[31mb\r\n\t\u{9b}2J"), "a\\x1b[31mb\\r\\n\\t\\x9b2J");
        assert_eq!(visible("abc\u{202e}def\u{2066}"), "abc\\u{202e}def\\u{2066}");
        assert_eq!(visible("zero\u{200b}width"), "zero\\u{200b}width");
    }

    #[test]
    fn ordinary_text_in_any_script_stays() {
        for text in ["", "REFER sip:a@b SIP/2.0", "Jürgen 東京 شركة", "C:\\path"] {
            assert!(matches!(visible(text), Cow::Borrowed(t) if t == text));
        }
    }
}
