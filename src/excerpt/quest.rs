//! Takes an audit and the name of a finding or a call, gives the calls and places that are meant, never a frame.

use super::cut::Target;
use super::rows::Rows;
use crate::audit::{Audit, Exhibit, Finding};
use crate::base::{Error, Result};

/// A frame that evidence shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Index into the captures.
    pub(super) capture: u32,
    pub(super) frame: u32,
    /// Whether no call stands for it: a packet of media that no call named, a handshake.
    pub(super) alone: bool,
}

/// What an excerpt is to show.
#[derive(Clone, Debug, Default)]
pub(super) struct Quest<'a> {
    /// The calls, by Call-ID.
    pub(super) calls: Vec<String>,
    /// Frames that a finding shows.
    pub(super) places: Vec<Place>,
    /// The finding, all those of the rule, or those that show something of the call.
    pub(super) findings: Vec<&'a Finding>,
}

impl<'a> Quest<'a> {
    /// # Errors
    /// If there is no such finding, or it shows no packet.
    pub(super) fn of(target: &Target, audit: &'a Audit) -> Result<Self> {
        match target {
            Target::Finding(id) => Self::of_findings(find(id, audit)?, audit),
            Target::Call(id) => {
                let shows = |finding: &&Finding| finding.exhibits.iter().any(|e| e.call_id.as_ref() == Some(id));
                let findings = audit.findings.iter().filter(shows).collect();
                Ok(Self { calls: vec![id.clone()], places: Vec::new(), findings })
            }
        }
    }

    fn of_findings(findings: Vec<&'a Finding>, audit: &Audit) -> Result<Self> {
        let exhibits = || findings.iter().flat_map(|finding| &finding.exhibits);
        let mut calls: Vec<String> = exhibits().filter_map(|e| e.call_id.clone()).collect();
        calls.sort_unstable();
        calls.dedup();
        let shown = |e: &Exhibit| Some(Place { capture: capture_of(e, audit)?, frame: e.frame, alone: e.call_id.is_none() });
        let places: Vec<_> = exhibits().filter_map(shown).filter(|place| place.frame > 0).collect();
        if let Some(finding) = findings.first().filter(|_| calls.is_empty() && places.is_empty()) {
            let (id, rule, kind) = (&finding.id, finding.rule, finding.subject.kind);
            let why = format!("finding {id} ({rule}) is about {} and shows no packet of its own", about(kind));
            return Err(Error::Usage(format!("{why}: `speerlint calls` lists the calls, `--call-id` extracts one")));
        }
        Ok(Self { calls, places, findings })
    }
}

/// What kind of subject a finding has, as text.
fn about(kind: &str) -> &'static str {
    match kind {
        "interval" => "an interval of time",
        "limit" => "a limit over time",
        "policy" => "the policy",
        _ => "the whole capture",
    }
}

/// The index of the capture that an exhibit names.
pub(super) fn capture_of(exhibit: &Exhibit, audit: &Audit) -> Option<u32> {
    let at = audit.captures.iter().position(|capture| capture.path.to_string_lossy() == exhibit.capture)?;
    u32::try_from(at).ok()
}

/// The finding of this name, or all findings of the rule of this name.
fn find<'a>(id: &str, audit: &'a Audit) -> Result<Vec<&'a Finding>> {
    let findings = &audit.findings;
    if let Some(finding) = findings.iter().find(|finding| finding.id.eq_ignore_ascii_case(id)) {
        return Ok(vec![finding]);
    }
    let of_rule: Vec<&Finding> = findings.iter().filter(|finding| finding.rule.eq_ignore_ascii_case(id)).collect();
    if !of_rule.is_empty() {
        return Ok(of_rule);
    }
    let hint = match (findings.first(), findings.last()) {
        (Some(first), Some(last)) if first.id != last.id => format!("this audit has {} to {}", first.id, last.id),
        (Some(only), _) => format!("this audit has only {}", only.id),
        _ => "this audit has none".to_owned(),
    };
    Err(Error::Usage(format!("no finding {id}: {hint} (`speerlint audit` lists them; the same policy and captures give the same ids)")))
}

/// That no such call was found, with those that may be meant.
pub(super) fn no_call(id: &str, rows: &Rows) -> Error {
    let hint = match rows.like.as_slice() {
        [] => "`speerlint calls` lists them".to_owned(),
        like => format!("did you mean {}?", like.join(" or ")),
    };
    Error::Usage(format!("no message with Call-ID {id} in these captures; {hint}"))
}
