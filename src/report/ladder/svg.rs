//! Takes the ladder of a call, gives it as one SVG that needs nothing else, never a colour that alone says something.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{Arrow, Bar, Ladder, Rung, What, delta, marks, repeats};
use crate::policy::Severity;
use crate::report::escape::visible;

/// Width of one character of the font, and the height of a line, in pixels.
const CHARACTER: f64 = 7.3;
const LINE: f64 = 16.0;

/// Room for the times before the first lane, between two lanes, and for the frame numbers behind the last.
const BEFORE: f64 = 270.0;
const GAP: f64 = 340.0;
const BEHIND: f64 = 220.0;
const MARGIN: f64 = 16.0;

const INK: &str = "#1b2430";
const QUIET: &str = "#55606c";
const LANE: &str = "#9aa4af";

/// The ladder as SVG; times are in `zone`.
#[must_use]
pub fn draw(ladder: &Ladder, zone: &TimeZone) -> String {
    let lanes = ladder.columns.len().max(1);
    #[allow(clippy::cast_precision_loss)] // A handful of columns.
    let width = BEFORE + (lanes - 1) as f64 * GAP + BEHIND;
    let mut drawing = Drawing { body: String::new(), y: MARGIN, width };
    drawing.head(ladder, zone);
    drawing.columns(ladder);
    let top = drawing.y;
    let mut day = String::new();
    for rung in &ladder.rungs {
        drawing.rung(ladder, rung, zone, &mut day);
    }
    let bottom = drawing.y;
    drawing.foot(ladder);
    let height = drawing.y + MARGIN;
    let mut lines = String::new();
    for n in 0..ladder.columns.len() {
        let x = lane(n);
        // Writing to a string cannot fail.
        _ = write!(lines, r#"<line x1="{x:.0}" y1="{top:.0}" x2="{x:.0}" y2="{bottom:.0}" stroke="{LANE}" stroke-width="1"/>"#);
    }
    let title = ladder.legs.first().map(|leg| escaped(&visible(&leg.call_id))).unwrap_or_default();
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}" role="img" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="12" fill="{INK}"><title>Call {title}</title><rect width="100%" height="100%" fill="#ffffff"/>{lines}{}</svg>
"##,
        drawing.body
    )
}

#[allow(clippy::cast_precision_loss)] // A handful of columns.
fn lane(n: usize) -> f64 {
    BEFORE + n as f64 * GAP
}

/// What is drawn so far, from the top.
struct Drawing {
    body: String,
    y: f64,
    width: f64,
}

/// How a text stands to its place.
#[derive(Clone, Copy)]
enum Anchor {
    Start,
    End,
}

impl Drawing {
    /// Writes a text with its base line at `y`, cut to `room` pixels.
    fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, room: f64, style: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::End => r#" text-anchor="end""#,
        };
        let text = escaped(&clipped(text, room));
        // Under the text white paper, so that no line runs through it.
        _ = write!(
            self.body,
            r##"<text x="{x:.1}" y="{y:.1}"{anchor} paint-order="stroke" stroke="#ffffff" stroke-width="4" {style}>{text}</text>"##
        );
    }

    /// Writes a text over as many lines as it takes.
    fn paragraph(&mut self, x: f64, style: &str, text: &str) {
        let room = self.width - x - MARGIN;
        for line in wrapped(text, room) {
            self.y += LINE;
            self.text((x, self.y), Anchor::Start, room, style, &line);
        }
    }

    fn head(&mut self, ladder: &Ladder, zone: &TimeZone) {
        for (n, leg) in ladder.legs.iter().enumerate() {
            let name = ladder.leg_name(n).map_or_else(|| "Call".to_owned(), |name| format!("Leg {name}"));
            self.paragraph(MARGIN, r#"font-weight="bold""#, &format!("{name} {}", leg.call_id));
            if let Some(reason) = &leg.reason {
                self.paragraph(MARGIN * 2.0, &format!(r#"fill="{QUIET}""#), &format!("matched: {reason}"));
            }
            if !leg.summary.is_empty() {
                self.paragraph(MARGIN * 2.0, "", &leg.summary);
            }
        }
        let zone = zone.iana_name().unwrap_or("local time");
        let transport = ladder.transport.as_ref().map(|transport| format!(", over {transport}")).unwrap_or_default();
        self.paragraph(MARGIN, &format!(r#"fill="{QUIET}""#), &format!("Times in {zone}{transport}"));
        self.y += LINE;
    }

    fn columns(&mut self, ladder: &Ladder) {
        let y = self.y;
        for (n, column) in ladder.columns.iter().enumerate() {
            let width = GAP - 40.0;
            _ = write!(
                self.body,
                r##"<rect x="{:.0}" y="{y:.0}" width="{width:.0}" height="40" fill="#eef1f4" stroke="{INK}" rx="3"/>"##,
                lane(n) - width / 2.0
            );
            let room = width - 10.0;
            self.text_on((lane(n), y + 17.0), room, r#"font-weight="bold""#, &column.party);
            self.text_on((lane(n), y + if column.party.is_empty() { 25.0 } else { 33.0 }), room, "", &column.address);
        }
        self.text((self.width - MARGIN, y + 33.0), Anchor::End, BEHIND, &format!(r#"fill="{QUIET}""#), "frame");
        self.y += 40.0;
    }

    /// Writes into a box.
    fn text_on(&mut self, (x, y): (f64, f64), room: f64, style: &str, text: &str) {
        let text = escaped(&clipped(text, room));
        _ = write!(self.body, r#"<text x="{x:.1}" y="{y:.1}" text-anchor="middle" {style}>{text}</text>"#);
    }

    fn rung(&mut self, ladder: &Ladder, rung: &Rung, zone: &TimeZone, day: &mut String) {
        let moment = rung.time.in_zone(zone);
        let (today, clock) = moment.split_once(' ').unwrap_or_default();
        let quiet = format!(r#"fill="{QUIET}""#);
        self.y += LINE * 0.75;
        if *day != today {
            today.clone_into(day);
            self.text((MARGIN, self.y + LINE), Anchor::Start, BEFORE, &quiet, today);
            self.y += LINE;
        }
        let y = self.y + LINE + 4.0;
        self.text((MARGIN, y), Anchor::Start, BEFORE, "", clock);
        if let Some(seconds) = rung.delta {
            self.text((MARGIN + 165.0, y), Anchor::End, BEFORE, &quiet, &delta(seconds));
        }
        if let Some(place) = rung.place {
            self.text((self.width - MARGIN, y), Anchor::End, BEHIND, &quiet, &ladder.place(place));
        }
        let lines = match &rung.what {
            What::Message(arrow) => {
                self.arrow(ladder, rung, arrow);
                arrow.sdp.clone()
            }
            What::Media(bar) => {
                self.bar(rung, bar);
                vec![format!("{} → {}", bar.ends.0, bar.ends.1), bar.quality.join(", ")]
            }
            What::Breach => Vec::new(),
        };
        let (x, room) = self.span(rung);
        // These lines are of a smaller font.
        for line in lines.iter().flat_map(|line| wrapped(line, room * 12.0 / 11.0)) {
            self.y += LINE - 1.0;
            self.text((x, self.y), Anchor::Start, room * 12.0 / 11.0, &format!(r#"font-size="11" {quiet}"#), &line);
        }
        for (severity, waived, text) in marks(rung) {
            self.y += LINE;
            self.mark((x, self.y), severity, waived, &text);
        }
        self.y += 4.0;
    }

    /// Where what belongs to a rung begins, and how wide it may be.
    fn span(&self, rung: &Rung) -> (f64, f64) {
        let (low, high) = (lane(rung.from.min(rung.to)), lane(rung.from.max(rung.to)));
        let room = if low < high { high - low } else { self.width - BEHIND / 2.0 - low };
        (low + 12.0, room - 24.0)
    }

    fn arrow(&mut self, ladder: &Ladder, rung: &Rung, arrow: &Arrow) {
        let leg = ladder.leg_name(arrow.leg).map(|name| format!("{name} ")).unwrap_or_default();
        let transport = arrow.transport.as_ref().map(|transport| format!(" [{transport}]")).unwrap_or_default();
        let label = format!("{leg}{}{transport}{}", arrow.label, repeats(arrow));
        let (x, room) = self.span(rung);
        let weight = if arrow.request || arrow.code.is_some_and(|code| code >= 300) { r#"font-weight="bold""# } else { "" };
        self.text((x, self.y + LINE - 2.0), Anchor::Start, room, weight, &label);
        self.y += LINE + 6.0;
        let dash = if arrow.request { "" } else { r#" stroke-dasharray="6 3""# };
        self.shaft(rung, &format!(r#"stroke="{INK}" stroke-width="1.5"{dash}"#));
    }

    /// A line from lane to lane with its head; into its own lane a loop.
    fn shaft(&mut self, rung: &Rung, style: &str) {
        let (from, to, y) = (lane(rung.from), lane(rung.to), self.y);
        if rung.from == rung.to {
            _ = write!(self.body, r#"<path d="M{from:.0} {y:.0} h30 v8 h-24" fill="none" {style}/>"#);
            _ = write!(self.body, r#"<path d="M{from:.0} {:.0} l9 -4 v8 z"/>"#, y + 8.0);
            self.y += 8.0;
            return;
        }
        _ = write!(self.body, r#"<line x1="{from:.0}" y1="{y:.0}" x2="{to:.0}" y2="{y:.0}" {style}/>"#);
        self.tip(to, y, from < to);
    }

    fn tip(&mut self, x: f64, y: f64, right: bool) {
        let back = if right { -10 } else { 10 };
        _ = write!(self.body, r#"<path d="M{x:.0} {y:.0} l{back} -4.5 v9 z"/>"#);
    }

    fn bar(&mut self, rung: &Rung, bar: &Bar) {
        let (low, high) = (lane(rung.from.min(rung.to)), lane(rung.from.max(rung.to)));
        let (y, right) = (self.y + 4.0, rung.from < rung.to);
        let width = if low < high { high - low } else { GAP / 2.0 };
        let (x, width) = (low + if right { 0.0 } else { 10.0 }, width - 10.0);
        _ = write!(
            self.body,
            r##"<rect x="{x:.0}" y="{y:.0}" width="{width:.0}" height="18" fill="#dbe7f1" stroke="{INK}" stroke-width="1"/>"##
        );
        if low < high {
            self.tip(lane(rung.to), y + 9.0, right);
        }
        self.text_on((x + width / 2.0, y + 13.0), width - 8.0, "", &format!("{}, {:.1} s", bar.codec, bar.seconds));
        self.y += 24.0;
    }

    /// A broken rule: its severity in words, so that it is read in print too.
    fn mark(&mut self, (x, y): (f64, f64), severity: Severity, waived: bool, text: &str) {
        let color = if waived { QUIET } else { color(severity) };
        let room = self.width - x - BEHIND / 3.0;
        self.text((x, y), Anchor::Start, room, &format!(r#"font-weight="bold" fill="{color}""#), text);
    }

    fn foot(&mut self, ladder: &Ladder) {
        self.y += LINE;
        for note in &ladder.notes {
            self.y += LINE;
            let broken = &note.broken;
            let finding = broken.finding.as_deref().unwrap_or_default();
            let waived = if broken.waived { " waived" } else { "" };
            let text = format!("{} {} {finding}{waived}", broken.severity.0.name(), broken.rule);
            self.mark((MARGIN, self.y), broken.severity.0, broken.waived, &text);
            let title = if note.broken.title.is_empty() { String::new() } else { format!("{}: ", note.broken.title) };
            let times = if note.times > 1 { format!(" (×{})", note.times) } else { String::new() };
            self.paragraph(MARGIN * 2.0, "", &format!("{title}{}; agreed: {}{times}", note.broken.observed, note.broken.agreed));
        }
        for (n, path) in (1..).zip(&ladder.captures) {
            self.paragraph(MARGIN, &format!(r#"fill="{QUIET}""#), &format!("{n}/  {path}"));
        }
    }
}

/// Dark enough on white for everybody (WCAG 2.1, 4.5 : 1).
const fn color(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "#8a1a72",
        Severity::High => "#a3200d",
        Severity::Medium => "#8a5300",
        Severity::Low => "#0b6068",
        Severity::Info => "#2b4c9b",
    }
}

/// As many characters as fit a width.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Widths of a page.
fn columns(room: f64) -> usize {
    (room / CHARACTER).max(4.0) as usize
}

fn clipped(text: &str, room: f64) -> String {
    let (text, most) = (visible(text), columns(room));
    if text.width() <= most {
        return text.into_owned();
    }
    let mut wide = 0;
    let fits = text.chars().take_while(|c| {
        wide += c.width().unwrap_or(0);
        wide < most
    });
    fits.chain(std::iter::once('…')).collect()
}

/// A text in lines that fit a width, broken at spaces, and inside longer words.
fn wrapped(text: &str, room: f64) -> Vec<String> {
    let most = columns(room);
    let mut lines = vec![String::new()];
    let mut push = |piece: &str| {
        if let Some(line) = lines.last_mut() {
            let gap = usize::from(!line.is_empty());
            if line.width() + gap + piece.width() <= most {
                line.push_str(if gap > 0 { " " } else { "" });
                line.push_str(piece);
                return;
            }
        }
        lines.push(piece.to_owned());
    };
    for word in visible(text).split(' ') {
        let mut rest = word;
        while rest.width() > most {
            let mut wide = 0;
            let cut = rest.char_indices().find(|(_, c)| {
                wide += c.width().unwrap_or(0);
                wide > most
            });
            let Some((head, tail)) = cut.and_then(|(at, _)| rest.split_at_checked(at)).filter(|(head, _)| !head.is_empty()) else { break };
            push(head);
            rest = tail;
        }
        push(rest);
    }
    lines.into_iter().filter(|line| !line.is_empty()).collect()
}

/// Text as XML holds it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // No characters of XML 1.0 (§2.2).
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
