//! Takes the ladder of a call, gives it as text of a given width, never a line that is wider.

use std::io::{self, Write};

use jiff::tz::TimeZone;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::page::{Page, Paint, broken, clipped, elided, shortened};
use super::{Look, count};
use crate::policy::Severity;
use crate::report::escape::visible;
use crate::report::ladder::{Arrow, Bar, Broken, Ladder, Rung, What, delta, marks, repeats};

/// Time of day, a space, seconds since the line before, a space.
const GUTTER: usize = 12 + 1 + 7 + 2;

/// The least room between two lanes: enough for `INVITE` and its arrow.
const LEAST: usize = 14;

/// With less room, hosts that only send media have no lanes of their own.
const ROOMY: usize = 26;

/// What an m= line takes at least to be readable.
const WORDS: usize = 40;

/// Over the frame numbers.
const FRAME: &str = "frame";

/// Half of a heading stands before the first lane.
const MARGIN: usize = 2;

/// Writes the ladder; times are in `zone`.
///
/// # Errors
/// When `out` does not take it.
pub fn write(ladder: &Ladder, look: Look, zone: &TimeZone, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(look);
    head(ladder, zone, &mut page);
    let lanes = Lanes::of(ladder, page.width());
    lanes.heading(ladder, &mut page);
    let mut day = ladder.rungs.first().map(|rung| day_of(rung, zone)).unwrap_or_default();
    for rung in &ladder.rungs {
        let today = day_of(rung, zone);
        if today != day {
            page.line(Paint::Dim, &today);
            day = today;
        }
        lanes.rung(ladder, rung, zone, &mut page);
        out.write_all(page.take().as_bytes())?;
    }
    foot(ladder, &mut page);
    out.write_all(page.take().as_bytes())
}

fn day_of(rung: &Rung, zone: &TimeZone) -> String {
    rung.time.in_zone(zone).split(' ').next().unwrap_or_default().to_owned()
}

/// Which calls these are.
fn head(ladder: &Ladder, zone: &TimeZone, page: &mut Page) {
    for (n, leg) in ladder.legs.iter().enumerate() {
        let name = ladder.leg_name(n).map_or_else(|| "Call".to_owned(), |name| format!("Leg {name}"));
        let id = elided(&leg.call_id, page.width().saturating_sub(name.width() + 1)).into_owned();
        page.put(Paint::Strong, &name);
        page.line(Paint::Plain, &format!(" {id}"));
        if let Some(reason) = &leg.reason {
            page.paragraph(2, Paint::Dim, &format!("matched: {reason}"));
        }
        if !leg.summary.is_empty() {
            page.paragraph(2, Paint::Plain, &leg.summary);
        }
    }
    let day = ladder.rungs.first().map(|rung| day_of(rung, zone)).unwrap_or_default();
    let zone = zone.iana_name().unwrap_or("local time");
    let transport = ladder.transport.as_ref().map(|transport| format!(", over {transport}")).unwrap_or_default();
    page.line(Paint::Dim, &format!("{day} ({zone}){transport}"));
    page.end();
}

/// What is broken, and where; the captures, where there are several.
fn foot(ladder: &Ladder, page: &mut Page) {
    if !ladder.notes.is_empty() {
        page.end();
    }
    for note in &ladder.notes {
        let broken = &note.broken;
        mark(broken, page);
        let times = if note.times > 1 { format!(" ×{}", count(u64::from(note.times))) } else { String::new() };
        let finding = broken.finding.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
        page.line(Paint::Plain, &format!("{finding}{times}{}", if broken.waived { " (waived)" } else { "" }));
        let title = if broken.title.is_empty() { String::new() } else { format!("{}: ", broken.title) };
        page.paragraph(4, Paint::Plain, &format!("{title}{}; agreed: {}", broken.observed, broken.agreed));
    }
    if !ladder.captures.is_empty() {
        page.end();
    }
    for (n, path) in (1..).zip(&ladder.captures) {
        let path = shortened(path, page.width().saturating_sub(8)).into_owned();
        page.line(Paint::Dim, &format!("{n}/  {path}"));
    }
}

fn mark(broken: &Broken, page: &mut Page) {
    page.put(weight(broken.severity.0, broken.waived), &format!("{} {}", broken.severity.0.name(), broken.rule));
}

const fn weight(severity: Severity, waived: bool) -> Paint {
    if waived { Paint::Dim } else { Paint::Weight(severity) }
}

/// The lanes of a page: the column of each host.
struct Lanes {
    /// None where there is no room for all: then each line says from whom to whom.
    at: Vec<usize>,
    /// The hosts that have a lane of their own.
    own: Vec<usize>,
    gap: usize,
    /// Columns for the frame numbers at the end of a line.
    places: usize,
    width: usize,
}

impl Lanes {
    fn of(ladder: &Ladder, width: usize) -> Self {
        let places =
            ladder.rungs.iter().filter_map(|rung| rung.place).map(|place| ladder.place(place).len()).max().unwrap_or(0).max(FRAME.len());
        let (first, last) = (GUTTER + MARGIN, width.saturating_sub(places + 2 + MARGIN));
        let gap_of = |lanes: usize| last.saturating_sub(first) / lanes.saturating_sub(1).max(1);
        let mut own: Vec<usize> = (0..ladder.columns.len()).collect();
        // On a narrow page media begin and end at the agents that named their addresses, which the line below tells.
        let media_of = |n: usize| ladder.columns.get(n).and_then(|column| column.media_of);
        if gap_of(own.len()) < ROOMY {
            own.retain(|&n| media_of(n).is_none());
        }
        let gap = gap_of(own.len());
        let lane = |n: usize| {
            own.iter().position(|&m| m == n).or_else(|| own.iter().position(|&m| Some(m) == media_of(n))).map(|lane| first + lane * gap)
        };
        let at = if gap < LEAST { Vec::new() } else { (0..ladder.columns.len()).filter_map(lane).collect() };
        Self { at, own, gap, places, width }
    }

    /// Names and addresses over the lanes.
    fn heading(&self, ladder: &Ladder, page: &mut Page) {
        if self.at.is_empty() {
            for (n, column) in (1..).zip(&ladder.columns) {
                page.line(Paint::Strong, &clipped(&format!("{n:>4}  {} {}", column.party, column.address), self.width));
            }
            page.end();
            return;
        }
        for (line, paint) in [(true, Paint::Strong), (false, Paint::Dim)] {
            if line && self.own.iter().filter_map(|&n| ladder.columns.get(n)).all(|column| column.party.is_empty()) {
                continue;
            }
            let mut canvas = Canvas::new(self.width);
            for (column, at) in self.own.iter().filter_map(|&n| Some((ladder.columns.get(n)?, *self.at.get(n)?))) {
                let text = if line { &column.party } else { &column.address };
                let text = elided(text, self.gap.saturating_sub(1));
                let centred = at.saturating_sub(text.width() / 2);
                let end = self.width.saturating_sub(self.places + 1);
                canvas.put(centred.min(end.saturating_sub(text.width())).max(GUTTER), &text, paint);
            }
            if !line {
                canvas.put(self.width.saturating_sub(FRAME.len()), FRAME, Paint::Dim);
            }
            canvas.flush(page);
        }
    }

    fn rung(&self, ladder: &Ladder, rung: &Rung, zone: &TimeZone, page: &mut Page) {
        let mut canvas = self.line();
        let clock = rung.time.in_zone(zone).split(' ').nth(1).unwrap_or_default().to_owned();
        canvas.put(0, &clock, Paint::Plain);
        if let Some(seconds) = rung.delta {
            canvas.put(13, &format!("{:>7}", delta(seconds)), Paint::Dim);
        }
        if let Some(place) = rung.place {
            let place = ladder.place(place);
            canvas.put(self.width.saturating_sub(place.width()), &place, Paint::Dim);
        }
        let (paint, lines) = match &rung.what {
            What::Message(arrow) => {
                self.arrow(rung, &label(ladder, arrow), '─', paint_of(arrow), &mut canvas);
                (Paint::Dim, arrow.sdp.clone())
            }
            What::Media(bar) => {
                self.arrow(rung, &format!("{}, {:.1} s", bar.codec, bar.seconds), '═', Paint::Frame, &mut canvas);
                (Paint::Dim, media(bar))
            }
            What::Breach => (Paint::Plain, Vec::new()),
        };
        canvas.flush(page);
        let (start, room) = self.span(rung);
        for line in lines.iter().flat_map(|line| wrapped(line, room)) {
            let mut canvas = self.line();
            canvas.put(start, &format!("{line} "), paint);
            canvas.flush(page);
        }
        for (severity, waived, text) in marks(rung) {
            let mut canvas = self.line();
            // It may run over lanes: it is short and matters.
            let room = self.width.saturating_sub(start + 1);
            canvas.put(start, &format!("{} ", clipped(&text, room)), weight(severity, waived));
            canvas.flush(page);
        }
    }

    /// A line with nothing but the lanes.
    fn line(&self) -> Canvas {
        let mut canvas = Canvas::new(self.width);
        self.at.iter().for_each(|&at| canvas.put(at, "│", Paint::Dim));
        canvas
    }

    /// Where text that belongs to a rung begins, and how wide it may be.
    fn span(&self, rung: &Rung) -> (usize, usize) {
        let lane = |n: usize| self.at.get(n).copied();
        let end = self.width.saturating_sub(self.places + 2);
        let (start, room) = match (lane(rung.from), lane(rung.to)) {
            (Some(from), Some(to)) if from != to => (from.min(to) + 3, from.abs_diff(to).saturating_sub(4)),
            (Some(at), _) => (at + 3, end.saturating_sub(at + 3)),
            _ => (GUTTER + 2, end.saturating_sub(GUTTER + 2)),
        };
        // In a narrow gap nothing could be read: then it runs over the lanes.
        let room = room.max(WORDS).min(end.saturating_sub(GUTTER + 2));
        (start.min(end.saturating_sub(room)), room)
    }

    /// An arrow with its label in it.
    fn arrow(&self, rung: &Rung, label: &str, shaft: char, paint: Paint, canvas: &mut Canvas) {
        let end = self.width.saturating_sub(self.places + 1);
        let (Some(&from), Some(&to)) = (self.at.get(rung.from), self.at.get(rung.to)) else {
            let ends = format!("{} {shaft}▶ {}  {label}", rung.from + 1, rung.to + 1);
            canvas.put(GUTTER, &clipped(&ends, end.saturating_sub(GUTTER)), paint);
            return;
        };
        if from == to {
            let text = format!("{shaft}↺ {label}");
            canvas.put(from + 1, &clipped(&text, end.saturating_sub(from + 1)), paint);
            return;
        }
        let (low, high) = (from.min(to), from.max(to));
        let room = high - low - 1;
        canvas.put(low + 1, &shaft.to_string().repeat(room), paint);
        if from < to {
            canvas.put(high - 1, "▶", paint)
        } else {
            canvas.put(low + 1, "◀", paint)
        }
        let label = format!(" {} ", clipped(label, room.saturating_sub(5)));
        canvas.put(low + 3, &label, if matches!(paint, Paint::Frame) { Paint::Strong } else { paint });
    }
}

fn label(ladder: &Ladder, arrow: &Arrow) -> String {
    let leg = ladder.leg_name(arrow.leg).map(|name| format!("{name} ")).unwrap_or_default();
    let transport = arrow.transport.as_ref().map(|transport| format!(" [{transport}]")).unwrap_or_default();
    format!("{leg}{}{transport}{}", arrow.label, repeats(arrow))
}

fn paint_of(arrow: &Arrow) -> Paint {
    match arrow.code {
        None if arrow.request => Paint::Strong,
        Some(200..=299) => Paint::Good,
        Some(300..) => Paint::Weight(Severity::High),
        _ => Paint::Plain,
    }
}

fn media(bar: &Bar) -> Vec<String> {
    vec![format!("{} → {}", bar.ends.0, bar.ends.1), bar.quality.join(", ")]
}

/// A text in at most two lines; what does not fit is left out with `…`.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let text = visible(text);
    let mut lines: Vec<String> = broken(&text, room).into_iter().take(3).map(str::to_owned).collect();
    if lines.len() > 2 {
        lines.truncate(2);
        if let Some(last) = lines.last_mut() {
            *last = clipped(&format!("{last} {}", "…".repeat(2)), room).replace("……", "…");
        }
    }
    lines
}

/// One line in the making: characters with their paint, where they stand.
struct Canvas {
    /// `None`: the second half of a wide character.
    cells: Vec<Option<(char, Paint)>>,
}

impl Canvas {
    fn new(width: usize) -> Self {
        Self { cells: vec![Some((' ', Paint::Plain)); width] }
    }

    /// Writes over what stands there; what runs over the end is lost.
    fn put(&mut self, at: usize, text: &str, paint: Paint) {
        let mut at = at;
        for c in visible(text).chars() {
            let width = c.width().unwrap_or(0);
            if width == 0 || at + width > self.cells.len() {
                continue;
            }
            for (n, cell) in self.cells.iter_mut().skip(at).take(width).enumerate() {
                *cell = (n == 0).then_some((c, paint));
            }
            at += width;
        }
    }

    fn flush(self, page: &mut Page) {
        let end = self.cells.iter().rposition(|cell| cell.is_none_or(|(c, _)| c != ' ')).map_or(0, |n| n + 1);
        let mut run = String::new();
        let mut with = Paint::Plain;
        for (c, paint) in self.cells.into_iter().take(end).flatten() {
            if paint != with && !run.is_empty() {
                page.put(with, &run);
                run.clear();
            }
            with = paint;
            run.push(c);
        }
        page.put(with, &run);
        page.end();
    }
}
