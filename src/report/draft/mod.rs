//! Takes the audit of a capture and what was seen in it, gives a draft policy with its sources as comments, never an agreement.

mod broken;
mod carriers;
mod directions;
mod media;
mod names;
mod network;
mod parties;
mod sheet;
mod signalling;

use crate::audit::{Audit, DISTINCT, Finding, Seen};
use crate::report::figures::count;
use parties::Parties;
use sheet::{Sheet, counted};

/// A draft policy.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The policy, as TOML.
    pub text: String,
    /// The peers that it declares.
    pub peers: usize,
    /// Lines that hold what was seen and looks wrong, commented out.
    pub doubts: usize,
    /// Rules whose severity it lowers, since the traffic breaks them.
    pub lowered: usize,
}

/// Whether the traffic is of more carriers than two: only an audit that has the peers of a draft measures between them.
#[must_use]
pub fn has_many_peers(seen: &Seen) -> bool {
    carriers::of(seen).len() > 2
}

/// Writes the draft. `broken`: the findings of an audit of the same capture with the draft that this gives for none.
#[must_use]
pub fn draft(audit: &Audit, seen: &Seen, broken: &[Finding]) -> Draft {
    let mut sheet = Sheet::new(audit);
    let parties = Parties::of(audit, seen);
    head(&mut sheet, audit, &parties);
    parties.write(&mut sheet, seen);
    network::write(&mut sheet, seen);
    signalling::write(&mut sheet, seen);
    media::write(&mut sheet, seen);
    signalling::write_rest(&mut sheet, seen);
    directions::write(&mut sheet, audit, &parties);
    let lowered = broken::write(&mut sheet, &parties, broken);
    let doubts = sheet.asides;
    Draft { text: sheet.end(), peers: parties.sides().len(), doubts, lowered }
}

fn head(sheet: &mut Sheet<'_>, audit: &Audit, parties: &Parties) {
    let intake = &audit.intake;
    sheet.comment(&format!("A draft policy, learned from traffic by speerlint {}.", audit.tool.version));
    sheet.comment("");
    sheet.comment("It says what was seen, not what was agreed: read every line, change what is wrong, and agree on the rest.");
    sheet.comment(
        "Behind each value stands how often it was seen and where first. What was seen and looks wrong is commented out, with the",
    );
    sheet.comment("reason. Retransmissions and mirrored copies are not counted.");
    sheet.comment("");
    sheet.comment("Read:");
    for (n, capture) in audit.captures.iter().enumerate() {
        let span = match (capture.first_time, capture.last_time) {
            (Some(first), Some(last)) => format!(", {first} to {last}"),
            _ => String::new(),
        };
        let cut = if capture.truncated { ", ends in the middle of a record" } else { "" };
        sheet.comment(&format!("  {}: {}{span}{cut}", sheet.file(n), counted(capture.frames, "frame")));
        if let Some(hash) = &capture.sha256 {
            sheet.comment(&format!("    SHA-256 {hash}"));
        }
    }
    sheet.comment(&format!(
        "  together {} in {}, {}",
        counted(intake.sip_messages, "SIP message"),
        counted(audit.totals.call_ids, "Call-ID"),
        counted(audit.totals.streams, "media stream")
    ));
    if intake.sip_messages == 0 {
        sheet.comment("  no SIP message could be read: what is below comes from TLS handshakes alone; a key log (--keylog) opens them");
    }
    sheet.comment("");
    sheet.comment(&format!(
        "Limits and thresholds stand {} % above the greatest that was seen, ratios {} points below the least.",
        directions::MARGIN_PCT,
        directions::MARGIN_POINTS
    ));
    sheet.comment(&format!(
        "Of each kind of name the first {} in each part of the capture are told apart; where there were more, it is said.",
        count(DISTINCT as u64)
    ));
    sheet.blank();
    sheet.line("schema = 1".to_owned(), "");
    sheet.heading("[policy]");
    sheet.say("id", "\"draft\"", "");
    sheet.say("title", "\"Draft from traffic, not agreed\"", "");
    sheet.say("revision", "0", "");
    sheet.say("extends", "[\"speermint-baseline\"]", "what the lines below do not say");
    let pair = |(a, b): (&str, &str)| format!("[{}, {}]", crate::policy::quoted(a), crate::policy::quoted(b));
    let pairs: Vec<_> = parties.pairs().into_iter().map(pair).collect();
    if !pairs.is_empty() {
        sheet.say("pairs", &format!("[{}]", pairs.join(", ")), "");
    }
    sheet.say("fail_on", "\"high\"", "");
}
