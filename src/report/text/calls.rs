//! Takes the rows of calls, gives one line each under one heading, never one wider than the page.

use std::io::{self, Write};

use jiff::tz::TimeZone;
use unicode_width::UnicodeWidthStr as _;

use super::Look;
use super::page::{Page, Paint, clipped, elided};
use crate::audit::CallRow;
use crate::report::figures::counted;

/// From this width on the codec and the loss have columns too, and the rules their names.
const WIDE: usize = 110;

/// A column: its name, its width (0: what is left), and whether numbers stand to the right in it.
type Column = (&'static str, usize, bool);

/// 74 columns and what is left for how many rules are broken.
const NARROW: [Column; 10] = [
    ("TIME", 12, false),
    ("FROM", 6, false),
    ("CALLER", 12, false),
    ("CALLEE", 12, false),
    ("END", 4, false),
    ("SETUP", 5, true),
    ("LENGTH", 6, true),
    ("MOS", 4, true),
    // What it carried beside voice: "fax", "msrp", or both.
    ("WITH", 4, false),
    ("BREAKS", 0, false),
];

const ROOMY: [Column; 12] = [
    ("TIME", 12, false),
    ("FROM", 10, false),
    ("TO", 10, false),
    ("CALLER", 15, false),
    ("CALLEE", 15, false),
    ("END", 4, false),
    ("SETUP", 6, true),
    ("LENGTH", 7, true),
    ("CODEC", 9, false),
    ("LOSS%", 5, true),
    ("MOS", 4, true),
    ("BREAKS", 0, false),
];

/// Calls as lines of text.
pub struct CallLines<'a> {
    page: Page,
    out: &'a mut dyn Write,
    zone: TimeZone,
    /// The day of the line before.
    day: String,
}

impl<'a> CallLines<'a> {
    /// Writes the heading; times will be in `zone`.
    ///
    /// # Errors
    /// When `out` does not take it.
    pub fn begin(look: Look, zone: TimeZone, out: &'a mut dyn Write) -> io::Result<Self> {
        let mut lines = Self { page: Page::new(look), out, zone, day: String::new() };
        let names: Vec<String> = lines.columns().iter().map(|(name, ..)| (*name).to_owned()).collect();
        lines.line(Paint::Strong, &names)?;
        Ok(lines)
    }

    fn columns(&self) -> &'static [Column] {
        if self.page.width() >= WIDE { &ROOMY } else { &NARROW }
    }

    /// Writes a call; before it its day, where that is another than that of the call before.
    ///
    /// # Errors
    /// When the output does not take it.
    pub fn row(&mut self, row: &CallRow) -> io::Result<()> {
        let moment = row.begun.in_zone(&self.zone);
        let (day, time) = moment.split_once(' ').unwrap_or_default();
        if day != self.day {
            self.day = day.to_owned();
            self.page.line(Paint::Dim, day);
        }
        let real = |value: Option<f64>, digits: usize| value.map(|v| format!("{v:.digits$}")).unwrap_or_default();
        let narrow = self.page.width() < WIDE;
        // A number that is too long for its column loses digits behind its point first.
        let fitted = |value: Option<f64>, digits: usize, room: usize| {
            let mut all = (0..=digits).rev().map(|digits| real(value, digits));
            all.clone().find(|text| !narrow || text.len() <= room).or_else(|| all.next_back()).unwrap_or_default()
        };
        let party = |value: &Option<String>| value.clone().unwrap_or_default();
        let cell = |name: &str| match name {
            "TIME" => time.to_owned(),
            "FROM" => row.from.clone(),
            "TO" => row.to.clone(),
            "CALLER" => party(&row.caller),
            "CALLEE" => party(&row.callee),
            "END" => end(row),
            "SETUP" => fitted(row.setup_s, 2, 5),
            "LENGTH" => fitted(row.duration_s, 1, 6),
            "CODEC" => {
                let codec = row.codec.as_deref().map(|codec| codec.split('/').next().unwrap_or(codec));
                codec.into_iter().chain(row.beside.as_deref().into_iter().flat_map(|all| all.split(' '))).collect::<Vec<_>>().join("+")
            }
            "LOSS%" => real(row.loss_pct, 2),
            "MOS" => real(row.mos, 2),
            "WITH" => match row.beside.as_deref() {
                Some(one) if !one.contains(' ') => one.to_owned(),
                Some(_) => "both".to_owned(),
                None => String::new(),
            },
            _ => match row.rules.as_slice() {
                [] => String::new(),
                // There is no room for a name on a narrow page: how many.
                all if narrow => all.len().to_string(),
                [rule] => rule.to_string(),
                all => format!("{} +{}", all.first().map(AsRef::as_ref).unwrap_or_default(), all.len() - 1),
            },
        };
        let cells: Vec<String> = self.columns().iter().map(|(name, ..)| cell(name)).collect();
        self.line(Paint::Plain, &cells)
    }

    fn line(&mut self, paint: Paint, cells: &[String]) -> io::Result<()> {
        let mut line = String::new();
        for (&(name, width, right), cell) in self.columns().iter().zip(cells) {
            let room = if width > 0 { width } else { self.page.width().saturating_sub(line.width()) };
            let shown = if name == "CALLER" || name == "CALLEE" { elided(cell, room) } else { clipped(cell, room) };
            let gap = " ".repeat(room.saturating_sub(shown.width()));
            let (lead, tail) = if right { (gap.as_str(), "") } else { ("", gap.as_str()) };
            line += &format!("{lead}{shown}{tail} ");
        }
        self.page.line(paint, line.trim_end());
        self.out.write_all(self.page.take().as_bytes())
    }

    /// Writes how many of how many calls were shown, and what may help where there was none.
    ///
    /// # Errors
    /// When the output does not take it.
    pub fn end(mut self, shown: u64, all: u64, hint: Option<&str>) -> io::Result<()> {
        let text = if shown == all { counted(all, "call") } else { format!("{shown} of {}", counted(all, "call")) };
        self.page.line(Paint::Dim, &text);
        if let Some(hint) = hint {
            self.page.paragraph(0, Paint::Plain, hint);
        }
        self.out.write_all(self.page.take().as_bytes())
    }
}

/// The final code; without one, in four letters why.
fn end(row: &CallRow) -> String {
    match (row.code, row.outcome.as_ref()) {
        (Some(code), _) => code.to_string(),
        (None, "timeout") => "none".to_owned(),
        (None, "censored") => "open".to_owned(),
        (None, other) => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fax_and_messages_stand_beside_the_codec() {
        let row = |width: usize, codec: Option<&str>, beside: Option<&'static str>| {
            let mut out = Vec::new();
            let mut lines = CallLines::begin(Look { width, color: false }, TimeZone::UTC, &mut out).unwrap();
            let row = CallRow { codec: codec.map(Into::into), beside: beside.map(Into::into), mos: Some(4.369), ..CallRow::default() };
            lines.row(&CallRow { setup_s: Some(123.456), duration_s: Some(86_400.5), rules: vec!["X-001".into(); 12], ..row }).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(text.lines().all(|line| line.width() <= width), "{text}");
            text
        };
        assert!(row(120, Some("PCMA/8000"), Some("fax")).contains(" PCMA+fax"));
        assert!(row(120, None, Some("msrp")).contains(" msrp"));
        // The last line of 80 columns: after MOS what is beside it, then how many rules are broken.
        let ends = |beside, end: &str| row(80, Some("PCMA/8000"), beside).lines().last().unwrap().ends_with(end);
        assert!(ends(Some("fax"), "123.5  86400 4.37 fax  12") && ends(Some("msrp"), " 4.37 msrp 12"));
        assert!(ends(Some("fax msrp"), " 4.37 both 12") && ends(None, " 4.37      12"));
    }

    #[test]
    fn a_hostile_call_stays_on_one_line_of_any_page() {
        let row = CallRow {
            caller: Some("\x1b[2J\u{202e}x".repeat(2000)),
            callee: Some("東京".repeat(40)),
            from: "a\nb".into(),
            outcome: "failed".into(),
            code: Some(503),
            rules: vec!["SIP-METHOD-001".into(), "MED-RTP-001".into()],
            ..CallRow::default()
        };
        for width in [80, 120] {
            let mut out = Vec::new();
            let mut lines = CallLines::begin(Look { width, color: false }, TimeZone::UTC, &mut out).unwrap();
            lines.row(&row).unwrap();
            lines.end(1, 3, None).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert_eq!(text.lines().count(), 4, "{text}");
            assert!(text.lines().all(|line| line.width() <= width) && !text.contains('\x1b') && !text.contains('\u{202e}'), "{text}");
            assert!(text.contains("503") && text.ends_with("1 of 3 calls\n"));
        }
    }
}
