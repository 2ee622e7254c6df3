//! Takes the rows of a call and its legs, gives the ladder that text, SVG and Mermaid draw, never a word that is made visible already.

mod build;
pub mod mermaid;
mod parts;
pub mod svg;

pub(super) use parts::dialled;

use crate::audit::{BreachRow, CallRow, Finding, Leg, MessageRow, StreamRow};
use crate::base::Time;
use crate::policy::Severity;

/// What a ladder is made of.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// In the order of the capture.
    pub messages: Vec<MessageRow>,
    /// In any order, as the rest.
    pub streams: Vec<StreamRow>,
    /// The session requests.
    pub calls: Vec<CallRow>,
    /// Every breach.
    pub breaches: Vec<BreachRow>,
}

/// The ladder of a call.
#[derive(Clone, Debug, Default)]
pub struct Ladder {
    /// The call that was asked for, then its other legs.
    pub legs: Vec<LadderLeg>,
    /// The hosts, in order of appearance.
    pub columns: Vec<Column>,
    /// What happened, in order of time.
    pub rungs: Vec<Rung>,
    /// What is to be said below: breaches that no rung shows among them.
    pub notes: Vec<Note>,
    /// The paths of the captures, where there are several.
    pub captures: Vec<String>,
    /// What carried the messages, if one transport carried all.
    pub transport: Option<String>,
}

/// A leg of a ladder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LadderLeg {
    /// Its Call-ID.
    pub call_id: String,
    /// Why it is a leg of the call; `None` for the call itself.
    pub reason: Option<String>,
    /// Who called whom and what came of it, as far as that is known.
    pub summary: String,
}

/// A host of a ladder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// The party that it belongs to; empty where that is its address again.
    pub party: String,
    /// Its address; with the port where one host stands for several agents.
    pub address: String,
    /// Of a host that only sends and receives media: the agent that named it in SDP, where one did.
    pub media_of: Option<usize>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Rung {
    /// When it began.
    pub time: Time,
    /// Seconds since the rung before.
    pub delta: Option<f64>,
    /// Where in [`Ladder::columns`] it comes from and goes to.
    pub from: usize,
    /// The other end.
    pub to: usize,
    /// Capture (from 1, where there are several) and frame.
    pub place: Option<(u32, u32)>,
    /// What it is.
    pub what: What,
    /// What it breaks.
    pub broken: Vec<Broken>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A SIP message.
    Message(Arrow),
    /// A media stream.
    Media(Bar),
    /// A breach that no message shows.
    Breach,
}

/// A message of a ladder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrow {
    /// Which of [`Ladder::legs`] it is of.
    pub leg: usize,
    /// `INVITE 493012345`, `486 Busy Here`, `200 OK (BYE)`.
    pub label: String,
    /// Whether it is a request.
    pub request: bool,
    /// The status code.
    pub code: Option<u16>,
    /// What its SDP offers or answers: a line for each m= line.
    pub sdp: Vec<String>,
    /// How often it passed, and seconds from the first to the last time.
    pub times: u32,
    /// Seconds from the first to the last of them.
    pub lasted: f64,
    /// How often the tap saw a packet of it twice.
    pub mirrored: u32,
    /// Its transport, where not every message has the same.
    pub transport: Option<String>,
}

/// A media stream of a ladder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bar {
    /// Its codec.
    pub codec: String,
    /// Seconds.
    pub seconds: f64,
    /// `1,500 packets, loss 0.10 %, jitter 0.4 ms, MOS 4.37`, in parts.
    pub quality: Vec<String>,
    /// Source and destination with their ports.
    pub ends: (String, String),
}

/// A broken rule at a rung.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Broken {
    /// Its weight, the worst first.
    pub severity: std::cmp::Reverse<Severity>,
    /// The rule.
    pub rule: String,
    /// Whether a waiver covers it.
    pub waived: bool,
    /// The finding that it is part of.
    pub finding: Option<String>,
    /// What was observed.
    pub observed: String,
    /// What was agreed.
    pub agreed: String,
    /// That finding's title.
    pub title: String,
}

/// A line below the ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is about.
    pub broken: Broken,
    /// How often on this ladder.
    pub times: u32,
    /// Where it is shown; empty where no rung shows it.
    pub places: Vec<(u32, u32)>,
}

impl Ladder {
    /// Builds the ladder of a call and its other legs.
    #[must_use]
    pub fn of(call_id: &str, legs: &[Leg], rows: Rows, findings: &[Finding], captures: &[String]) -> Self {
        build::ladder(call_id, legs, rows, findings, captures)
    }

    /// The name of a leg, where there are several: `A`, `B` …
    #[must_use]
    pub fn leg_name(&self, leg: usize) -> Option<String> {
        if self.legs.len() < 2 {
            return None;
        }
        let letter = u8::try_from(leg % 26).ok().map_or('?', |n| char::from(b'A' + n));
        Some(if leg < 26 { letter.to_string() } else { format!("{letter}{}", leg / 26) })
    }

    /// A place as it is shown: the frame, behind the number of its capture where there are several.
    #[must_use]
    pub fn place(&self, (capture, frame): (u32, u32)) -> String {
        if self.captures.is_empty() { frame.to_string() } else { format!("{capture}/{frame}") }
    }
}

/// What a rung breaks, rule by rule: the weight, whether it is waived, and `high SIP-METHOD-001 F-0003, F-0004`.
pub(super) fn marks(rung: &Rung) -> Vec<(Severity, bool, String)> {
    let mut marks: Vec<(Severity, bool, String)> = Vec::new();
    for same in rung.broken.chunk_by(|a, b| (a.severity, &a.rule, a.waived) == (b.severity, &b.rule, b.waived)) {
        let Some(first) = same.first() else { continue };
        let findings: Vec<&str> = same.iter().filter_map(|broken| broken.finding.as_deref()).collect();
        let waived = if first.waived { " waived" } else { "" };
        let text = format!("▲ {} {} {}{waived}", first.severity.0.name(), first.rule, findings.join(", "));
        marks.push((first.severity.0, first.waived, text));
    }
    marks
}

/// Seconds since the rung before, in at most seven characters.
pub(super) fn delta(seconds: f64) -> String {
    let (sign, size) = (if seconds < 0.0 { "-" } else { "+" }, seconds.abs());
    let digits = match size {
        s if s < 99.9995 => 3,
        s if s < 9999.95 => 1,
        _ => 0,
    };
    format!("{sign}{size:.digits$}")
}

/// What stands behind the label of a message that passed more than once.
pub(super) fn repeats(arrow: &Arrow) -> String {
    let mut text = String::new();
    if arrow.times > 1 {
        text += &format!(" ×{}, last {} s", arrow.times, delta(arrow.lasted));
    }
    if arrow.mirrored > 0 {
        text += " (tapped twice)";
    }
    text
}
