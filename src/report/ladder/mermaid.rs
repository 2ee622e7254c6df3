//! Takes the ladder of a call, gives it as a sequence diagram of Mermaid, never text of the wire that Mermaid could take for syntax.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::{Ladder, Rung, What, marks, repeats};
use crate::report::escape::visible;

/// The ladder as a `sequenceDiagram`; times are in `zone`.
#[must_use]
pub fn draw(ladder: &Ladder, zone: &TimeZone) -> String {
    let mut out = String::from("sequenceDiagram\n");
    // Writing to a string cannot fail.
    for (n, column) in ladder.columns.iter().enumerate() {
        let party = if column.party.is_empty() { String::new() } else { format!("{}<br/>", plain(&column.party)) };
        _ = writeln!(out, "    participant c{n} as {party}{}", plain(&column.address));
    }
    if ladder.columns.is_empty() {
        out.push_str("    participant c0 as nobody\n");
    }
    for (n, leg) in ladder.legs.iter().enumerate() {
        if let (Some(name), Some(reason)) = (ladder.leg_name(n), &leg.reason) {
            _ = writeln!(out, "    Note over c0: leg {name} {}<br/>matched: {}", plain(&leg.call_id), plain(reason));
        }
    }
    ladder.rungs.iter().for_each(|rung| self::rung(ladder, rung, zone, &mut out));
    out
}

fn rung(ladder: &Ladder, rung: &Rung, zone: &TimeZone, out: &mut String) {
    let moment = rung.time.in_zone(zone);
    let clock = plain(moment.split(' ').nth(1).unwrap_or_default());
    let (from, to) = (rung.from, rung.to);
    let over = if from == to { format!("c{from}") } else { format!("c{},c{}", from.min(to), from.max(to)) };
    match &rung.what {
        What::Message(arrow) => {
            let shaft = if arrow.request { "->>" } else { "-->>" };
            let leg = ladder.leg_name(arrow.leg).map(|name| format!("{name} ")).unwrap_or_default();
            let sdp: String = arrow.sdp.iter().map(|line| format!("<br/>{}", plain(line))).collect();
            _ = writeln!(out, "    c{from}{shaft}c{to}: {clock} {leg}{}{}{sdp}", plain(&arrow.label), plain(&repeats(arrow)));
        }
        What::Media(bar) => {
            let ends = plain(&format!("{} → {}", bar.ends.0, bar.ends.1));
            let what = plain(&format!("{}, {:.1} s, {}", bar.codec, bar.seconds, bar.quality.join(", ")));
            _ = writeln!(out, "    Note over {over}: {clock} media {ends}<br/>{what}");
        }
        What::Breach => {}
    }
    for (_, _, text) in marks(rung) {
        _ = writeln!(out, "    Note over {over}: {}", plain(&text));
    }
}

/// Text in which nothing means anything to Mermaid or HTML: all but letters, digits and a few marks become its numbered entities.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            c if c.is_alphanumeric()
                || matches!(c, ' ' | '.' | ',' | '/' | '(' | ')' | '_' | '-' | ':' | '@' | '+' | '=' | '→' | '×' | '…' | '▲') =>
            {
                out.push(c)
            }
            c => _ = write!(out, "#{};", u32::from(c)),
        }
    }
    out
}
