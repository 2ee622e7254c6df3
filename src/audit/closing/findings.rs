//! Takes the entries of the ledger, gives findings as the report shows them, never drops one of a rule that is known.

use std::collections::BTreeMap;

use super::names::Names;
use crate::audit::evidence::Evidence;
use crate::audit::ledger::{Blame, Entry, Key};
use crate::audit::{CallMix, ClauseRef, Docket, Exhibit, Finding, FindingOutcome, Subject, WaiverNote};
use crate::capture::CaptureInfo;
use crate::policy::Party;

pub(super) fn finding(
    number: u32,
    key: Key,
    entry: Entry,
    docket: &Docket,
    names: &Names<'_>,
    captures: &[CaptureInfo],
    calls: &BTreeMap<(Party, Party), u64>,
) -> Option<Finding> {
    let policy = names.policy;
    let rule = docket.rule(key.rule)?;
    let waiver = key.waiver.and_then(|w| policy.waivers.get(usize::from(w)));
    let everyone = || "*".to_owned();
    let (from, to) = key.direction.map_or_else(|| (everyone(), everyone()), |(from, to)| (names.of(from), names.of(to)));
    let of = key.direction.and_then(|(from, to)| calls.get(&(from.min(to), from.max(to)))).copied().unwrap_or(0);
    Some(Finding {
        id: format!("F-{number:04}"),
        rule: rule.id,
        title: rule.title,
        severity: key.severity,
        outcome: if waiver.is_some() { FindingOutcome::Waived } else { FindingOutcome::Violation },
        from,
        to,
        offender: match key.blame {
            Blame::Party(party) => names.of(party),
            Blame::Both => "both".to_owned(),
            Blame::Capture => "capture".to_owned(),
            Blame::Policy => "policy".to_owned(),
        },
        subject: Subject { kind: entry.subject, call_id: entry.exhibits.first().and_then(|e| e.call_id.clone()).map(String::from) },
        count: entry.count,
        calls: CallMix { affected: entry.calls, of: of.max(entry.calls) },
        first_time: entry.first,
        last_time: entry.last,
        observed: key.observed.into_owned(),
        agreed: key.agreed.into_owned(),
        clause: key.clause.as_deref().map(|clause| ClauseRef {
            source: clause.source.to_string(),
            line: clause.line,
            path: clause.path.to_string(),
            text: policy.source_line(clause).map(|line| line.trim().to_owned()),
        }),
        reference: rule.reference,
        fix: rule.fix,
        waiver: waiver.map(|w| WaiverNote { id: w.id.clone(), reason: w.reason.clone(), ticket: w.ticket.clone(), expires: w.expires }),
        exhibits: entry.exhibits.into_iter().map(|e| exhibit(e, names, captures)).collect(),
    })
}

fn exhibit(evidence: Evidence, names: &Names<'_>, captures: &[CaptureInfo]) -> Exhibit {
    let capture = captures.get(evidence.origin.capture as usize).map(|c| c.path.display().to_string());
    let sender = evidence.source.map(|ip| names.of(names.sides.of(names.policy.party(ip))));
    Exhibit {
        capture: capture.unwrap_or_default(),
        frame: evidence.origin.frame,
        time: evidence.time,
        call_id: evidence.call_id.map(String::from),
        sender,
        excerpt: evidence.excerpt.into(),
        mark: evidence.mark,
    }
}
