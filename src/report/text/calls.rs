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

/// What rows need room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallRoom {
    /// How many columns the longest name of a party is wide.
    pub party: usize,
    /// Whether any call carried more than voice.
    pub beside: bool,
}

/// The longest address of IPv4.
const ADDRESS: usize = 15;

/// The width of a number that stands whole.
const NUMBER: usize = 12;

/// The columns of a narrow page. What tells least goes first where names are long: fractions of a second, the column that is empty, the
/// middle of numbers.
fn narrow(room: CallRoom) -> Vec<Column> {
    let party = room.party.clamp(6, ADDRESS);
    let columns = |time, with, number| {
        let all = [
            ("TIME", time, false),
            ("FROM", party, false),
            ("CALLER", number, false),
            ("CALLEE", number, false),
            ("END", 4, false),
            ("SETUP", 5, true),
            ("LENGTH", 6, true),
            ("MOS", 4, true),
            // What it carried beside voice: "fax", "msrp", or both.
            ("WITH", 4, false),
            ("BREAKS", 0, false),
        ];
        all.into_iter().filter(|(name, ..)| with || *name != "WITH").collect::<Vec<Column>>()
    };
    // What is left for numbers, and six columns for how many rules are broken.
    let left = |time, with| 80_usize.saturating_sub(taken(&columns(time, with, 0)) + 6) / 2;
    let best = [(12, true), (8, true), (8, room.beside)].into_iter().find(|&(time, with)| left(time, with) >= NUMBER);
    let (time, with) = best.unwrap_or((8, room.beside));
    columns(time, with, left(time, with).min(NUMBER))
}

/// How many columns of the page they take, with the gaps between them.
fn taken(columns: &[Column]) -> usize {
    columns.iter().map(|(_, width, _)| width + 1).sum::<usize>().saturating_sub(1)
}

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

/// The same with two addresses of IPv4.
const ROOMY_ADDRESSES: [Column; 12] = [
    ("TIME", 8, false),
    ("FROM", ADDRESS, false),
    ("TO", ADDRESS, false),
    ("CALLER", 13, false),
    ("CALLEE", 13, false),
    ("END", 4, false),
    ("SETUP", 5, true),
    ("LENGTH", 6, true),
    ("CODEC", 8, false),
    ("LOSS%", 5, true),
    ("MOS", 4, true),
    ("BREAKS", 0, false),
];

/// Calls as lines of text.
pub struct CallLines<'a> {
    page: Page,
    columns: Vec<Column>,
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
    pub fn begin(look: Look, zone: TimeZone, room: CallRoom, out: &'a mut dyn Write) -> io::Result<Self> {
        let page = Page::new(look);
        let columns = match page.width() >= WIDE {
            true if room.party > 10 => ROOMY_ADDRESSES.to_vec(),
            true => ROOMY.to_vec(),
            false => narrow(room),
        };
        let names: Vec<String> = columns.iter().map(|(name, ..)| (*name).to_owned()).collect();
        let mut lines = Self { page, columns, out, zone, day: String::new() };
        lines.line(Paint::Strong, &names)?;
        Ok(lines)
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
        let left =
            self.page.width().saturating_sub(self.columns.iter().filter(|(_, width, _)| *width > 0).map(|(_, width, _)| width + 1).sum());
        // A number that is too long for its column loses digits behind its point first.
        let fitted = |value: Option<f64>, digits: usize, room: usize| {
            let mut all = (0..=digits).rev().map(|digits| real(value, digits));
            all.clone().find(|text| text.len() <= room).or_else(|| all.next_back()).unwrap_or_default()
        };
        let party = |value: &Option<String>| value.clone().unwrap_or_default();
        let cell = |name: &str, room: usize| match name {
            "TIME" => time.get(..room).unwrap_or(time).to_owned(),
            "FROM" => row.sender().into_owned(),
            "TO" => row.receiver().into_owned(),
            "CALLER" => party(&row.caller),
            "CALLEE" => party(&row.callee),
            "END" => end(row),
            "SETUP" => fitted(row.setup_s, 2, room),
            "LENGTH" => fitted(row.duration_s, 1, room),
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
                // How many there are is more than the end of a name.
                [first, more @ ..] => {
                    let more = format!(" +{}", more.len());
                    format!("{}{more}", clipped(first, left.saturating_sub(more.width())))
                }
            },
        };
        let cells: Vec<String> = self.columns.iter().map(|(name, width, _)| cell(name, *width)).collect();
        self.line(Paint::Plain, &cells)
    }

    fn line(&mut self, paint: Paint, cells: &[String]) -> io::Result<()> {
        let mut line = String::new();
        for (&(name, width, right), cell) in self.columns.iter().zip(cells) {
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
            let mut lines = CallLines::begin(Look { width, color: false }, TimeZone::UTC, CallRoom::default(), &mut out).unwrap();
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
    fn addresses_of_ipv4_stand_whole() {
        let row = CallRow {
            from: "203.0.113.200 (+3)".into(),
            to: "198.51.100.134".into(),
            caller: Some("+44205550123".into()),
            setup_s: Some(0.123),
            duration_s: Some(61.25),
            mos: Some(4.4),
            rules: vec!["SIP-METHOD-001".into(); 102],
            ..CallRow::default()
        };
        let shown = |width: usize| {
            let mut out = Vec::new();
            let mut lines =
                CallLines::begin(Look { width, color: false }, TimeZone::UTC, CallRoom { party: 18, beside: false }, &mut out).unwrap();
            lines.row(&row).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(text.lines().all(|line| line.width() <= width) && text.lines().next().unwrap().ends_with("BREAKS"), "{text}");
            text.lines().last().unwrap().to_owned()
        };
        let narrow = shown(80);
        assert!(narrow.starts_with("00:00:00 203.0.113.200 … +44205550123 ") && narrow.ends_with("  0.12   61.2 4.40 102"), "{narrow}");
        assert!(shown(120).starts_with("00:00:00 203.0.113.200 … 198.51.100.134  +44205550123 "));
    }

    #[test]
    fn a_narrow_page_gives_up_what_tells_least() {
        let shown = |party: usize, beside: bool| {
            narrow(CallRoom { party, beside }).iter().map(|(name, width, _)| format!("{name} {width}")).collect::<Vec<_>>().join(", ")
        };
        let rest = "END 4, SETUP 5, LENGTH 6, MOS 4";
        for (party, beside, columns) in [
            (5, false, format!("TIME 12, FROM 6, CALLER 12, CALLEE 12, {rest}, WITH 4, BREAKS 0")),
            (10, false, format!("TIME 8, FROM 10, CALLER 12, CALLEE 12, {rest}, WITH 4, BREAKS 0")),
            (39, false, format!("TIME 8, FROM 15, CALLER 12, CALLEE 12, {rest}, BREAKS 0")),
            (39, true, format!("TIME 8, FROM 15, CALLER 9, CALLEE 9, {rest}, WITH 4, BREAKS 0")),
        ] {
            assert_eq!(shown(party, beside), columns);
            assert!(taken(&narrow(CallRoom { party, beside })) <= 80 - "BREAKS".len());
        }
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
            let mut lines = CallLines::begin(Look { width, color: false }, TimeZone::UTC, CallRoom::default(), &mut out).unwrap();
            lines.row(&row).unwrap();
            lines.end(1, 3, None).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert_eq!(text.lines().count(), 4, "{text}");
            assert!(text.lines().all(|line| line.width() <= width) && !text.contains('\x1b') && !text.contains('\u{202e}'), "{text}");
            assert!(text.contains("503") && text.ends_with("1 of 3 calls\n"));
        }
    }
}
