//! Takes the audit, gives `report.html`: one page that needs nothing else, never one that fails without its script.

mod commands;
mod coverage;
mod excerpt;
mod findings;
mod incident;
mod loads;
mod matrix;
mod measures;
mod methods;
mod script;
mod tls;
mod view;

use std::fmt;

use askama::Template;
use askama::filters::{Escaper, Html};

use super::escape::visible;
use crate::audit::Audit;

/// The size that a page never exceeds.
const MOST_BYTES: usize = 5_000_000;
/// How many findings, directions, rules … a page shows at first; fewer where the page would be too large.
const SHOWN: usize = 512;

/// Escapes what stands between the tags: everything is made visible first, for a page too can be reordered by what the wire says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wire;

impl Escaper for Wire {
    fn write_escaped_str<W: fmt::Write>(&self, dest: W, text: &str) -> fmt::Result {
        Html.write_escaped_str(dest, &visible(text))
    }
}

/// The page.
#[must_use]
pub fn page(audit: &Audit) -> String {
    let mut shown = SHOWN;
    loop {
        // Writing to a string cannot fail; a page that could not be written would be empty, and a test looks for that.
        let page = view::Document::new(audit, shown).render().unwrap_or_default();
        if page.len() <= MOST_BYTES || shown == 1 {
            return page;
        }
        shown /= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_page_holds_its_parts_and_needs_nothing_else() {
        let page = page(&sample::full());
        for part in ["Verdict", "Act on first", "SIP-METHOD-001", "frame.number in {1482, 1519, 1602}", "748 / 1,032", "<mark>REFER</mark>"]
        {
            assert!(page.contains(part), "{part}");
        }
        assert_eq!(page.matches("<svg ").count(), 5);
        assert_eq!(page.matches("<script>").count(), 1);
        for outside in ["http://", "https://", " src=", "<script ", "@import", "url(h", "url(/", "url(\"", "url(d"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    /// WCAG 2.2 §1.4.3: 4.5 to 1 for text, on both grounds, light and dark; and of every severity's badge.
    #[test]
    fn colours_of_text_stand_out_from_their_ground() {
        let luminance = |hex: &str| {
            let part = |at: usize| {
                let c = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
                if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
        };
        let themes: Vec<&str> = include_str!("page.css").split(":root {").skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
        assert_eq!(themes.len(), 2);
        for theme in themes {
            let colour = |name: &str| luminance(&theme.split(&format!("--{name}: #")).nth(1).unwrap()[..6]);
            for (over, under) in ["text", "quiet", "link", "critical", "high", "medium", "low", "info", "good", "chart-text"]
                .iter()
                .flat_map(|over| [(*over, "paper"), (*over, "sheet")])
                .chain([("text", "mark")])
            {
                let (a, b) = (colour(over).max(colour(under)), colour(over).min(colour(under)));
                assert!((a + 0.05) / (b + 0.05) >= 4.5, "{over} on {under}: {:.2}", (a + 0.05) / (b + 0.05));
            }
        }
    }

    #[test]
    fn a_capture_without_sessions_still_makes_a_page() {
        let page = page(&sample::empty());
        assert!(page.contains("Inconclusive") && page.contains("built-in baseline") && page.trim_end().ends_with("</html>"));
    }

    #[test]
    fn the_wire_cannot_write_markup() {
        let page = page(&sample::hostile());
        assert!(
            page.matches("<script").count() == 1 && !page.contains("onload=\"") && !page.contains('\u{202e}') && !page.contains('\x1b')
        );
        assert!(page.contains("\\u{202e}&#60;script&#62;"));
    }

    #[test]
    fn ten_thousand_hostile_findings_stay_under_five_megabytes() {
        let mut audit = sample::hostile();
        audit.findings = std::iter::repeat_n(audit.findings[0].clone(), 10_000).collect();
        audit.metrics = std::iter::repeat_n(audit.metrics[0].clone(), 10_000).collect();
        audit.captures = std::iter::repeat_n(audit.captures[0].clone(), 10_000).collect();
        let page = page(&audit);
        assert!((100_000..=MOST_BYTES).contains(&page.len()), "{}", page.len());
        assert!(page.contains("findings are on this page") && page.contains("of 10,000"));
    }
}
