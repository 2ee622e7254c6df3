//! Takes the audit, gives a text for a terminal, never a control character of the wire.

mod calls;
mod capacity;
mod catalogue;
mod comparison;
mod coverage;
mod finding;
mod incident;
mod ladder;
mod page;
mod quote;
mod summary;

use std::io::{self, Write};

pub use calls::{CallLines, CallRoom};
pub use capacity::write as write_capacity;
pub use catalogue::{write_catalogue, write_rule};
pub use comparison::write as write_comparison;
pub use ladder::write as write_ladder;
use page::{Page, Paint};

use crate::audit::Audit;
use crate::report::digest;
use crate::report::figures::count;

/// How many findings a text prints; it says how many more there are.
const SHOWN: usize = 50;

/// What the text is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Columns of a line.
    pub width: usize,
    /// Whether to colour.
    pub color: bool,
}

/// Writes the audit: the summary, the findings, the coverage in brief.
///
/// # Errors
/// When `out` does not take it.
pub fn write(audit: &Audit, look: Look, mut out: impl Write) -> io::Result<()> {
    let mut page = Page::new(look);
    summary::write(&mut page, audit);
    out.write_all(page.take().as_bytes())?;
    let one_day = digest::span(audit).is_none_or(|(first, last)| first.to_string().get(..10) == last.to_string().get(..10));
    for finding in audit.findings.iter().take(SHOWN) {
        page.end();
        finding::write(&mut page, finding, one_day);
        out.write_all(page.take().as_bytes())?;
    }
    if let Some(more) = audit.findings.len().checked_sub(SHOWN).filter(|&n| n > 0) {
        page.end();
        page.paragraph(
            0,
            Paint::Strong,
            &format!("{} more findings are not shown here: --format json and --out DIR hold them all.", count(more as u64)),
        );
    }
    coverage::write(&mut page, audit);
    out.write_all(page.take().as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;
    use crate::report::sample;

    fn text(audit: &Audit, width: usize, color: bool) -> String {
        let mut out = Vec::new();
        write(audit, Look { width, color }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn at_80_columns() {
        insta::assert_snapshot!(text(&sample::full(), 80, false));
    }

    #[test]
    fn at_120_columns() {
        insta::assert_snapshot!(text(&sample::full(), 120, false));
    }

    #[test]
    fn of_nothing() {
        insta::assert_snapshot!(text(&sample::empty(), 80, false));
    }

    #[test]
    fn a_hostile_wire_cannot_drive_the_terminal() {
        for width in [20, 80, 200] {
            let plain = text(&sample::hostile(), width, false);
            assert!(plain.chars().all(|c| c == '\n' || escape_free(c)), "a raw control character at {width} columns");
            let coloured = text(&sample::hostile(), width, true);
            let codes: Vec<_> = coloured.split('\x1b').skip(1).filter_map(|s| s.split_once('m')).map(|(code, _)| code).collect();
            assert!(codes.iter().all(|c| c.starts_with('[') && c[1..].chars().all(|d| d.is_ascii_digit() || d == ';')));
            assert!(!coloured.contains('\u{202e}') && !coloured.contains('\u{9b}') && !coloured.contains('\x07'));
        }
    }

    fn escape_free(c: char) -> bool {
        !c.is_control() && c != '\u{202e}'
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        for audit in [sample::full(), sample::hostile(), sample::empty()] {
            for width in [80, 100, 120] {
                let text = text(&audit, width, false);
                let widest = text.lines().max_by_key(|l| l.width()).unwrap();
                assert!(widest.width() <= width, "{} > {width}: {widest}", widest.width());
            }
        }
    }

    #[test]
    fn addresses_as_parties_are_shown_whole() {
        let mut audit = sample::full();
        (audit.metrics[0].from, audit.metrics[0].to) = ("192.168.100.101".into(), "192.168.200.202".into());
        let text = text(&audit, 80, false);
        assert!(text.contains("\n192.168.100.101 ") && text.contains("\n→ 192.168.200.202"), "{text}");
    }

    #[test]
    fn what_is_not_shown_is_said() {
        let mut audit = sample::full();
        audit.findings = vec![audit.findings[0].clone(); SHOWN + 7];
        assert!(text(&audit, 80, false).contains("7 more findings are not shown here"));
    }
}
