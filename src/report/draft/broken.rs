//! Takes the findings of the traffic against its own draft, gives a lower severity for each rule that it breaks, never one that nobody is told of.

use std::collections::BTreeMap;

use super::parties::Parties;
use super::sheet::{Sheet, counted};
use crate::audit::{Finding, FindingOutcome};
use crate::policy::{Severity, quoted};

/// What the rules are lowered to: just below what fails an audit.
const LOWERED: Severity = Severity::Medium;

/// Observations of one rule that are told; the rest is counted.
const TOLD: usize = 8;

/// A rule and the direction in which it is broken, where that is between two peers of the draft.
type Setting<'f> = (&'f str, Option<(&'f str, &'f str)>);

/// Writes `[[rule]]` entries; gives how many.
pub(super) fn write(sheet: &mut Sheet<'_>, parties: &Parties, findings: &[Finding]) -> usize {
    let mut rules: BTreeMap<Setting<'_>, Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|f| f.outcome == FindingOutcome::Violation && f.severity > LOWERED) {
        let is_peer = |id: &str| parties.sides().iter().any(|side| side.id == id);
        let between = (&*finding.from, &*finding.to);
        let direction = (between.0 != between.1 && is_peer(between.0) && is_peer(between.1)).then_some(between);
        rules.entry((finding.rule, direction)).or_default().push(finding);
    }
    if rules.is_empty() {
        return 0;
    }
    sheet.blank();
    sheet.comment(
        "What follows was not agreed, and is not right because it happens: this very traffic breaks these rules. They are lowered so",
    );
    sheet.comment(
        "that the draft can be used; the audit still reports each breach. Settle them with the other side, then delete the entries.",
    );
    for ((rule, direction), findings) in &rules {
        sheet.heading("[[rule]]");
        let title = findings.first().map_or("", |f| f.title);
        sheet.say("id", &quoted(rule), title);
        let worst = findings.iter().map(|f| f.severity).max().unwrap_or(LOWERED);
        sheet.say("severity", &quoted(LOWERED.name()), &format!("instead of {}", worst.name()));
        if let Some((from, to)) = direction {
            sheet.say("direction", &format!("[{}, {}]", quoted(from), quoted(to)), "");
        }
        sheet.say("reason", "\"seen in the traffic that the draft was learned from, not agreed\"", "");
        for finding in findings.iter().take(TOLD) {
            sheet.remark(&told(sheet, finding));
        }
        if let Some(rest) = findings.get(TOLD..).filter(|rest| !rest.is_empty()) {
            let breaches: u64 = rest.iter().map(|f| f.count).sum();
            sheet.remark(&format!("{} more, {}", counted(rest.len() as u64, "observation"), counted(breaches, "breach")));
        }
    }
    rules.len()
}

/// A breach, how often, and where first.
fn told(sheet: &Sheet<'_>, finding: &Finding) -> String {
    let frame = finding
        .exhibits
        .first()
        .filter(|e| e.frame > 0)
        .map(|exhibit| format!(", first in {}", sheet.frame_of(&exhibit.capture, exhibit.frame)));
    format!("{}{}: {} (agreed: {})", counted(finding.count, "breach"), frame.unwrap_or_default(), finding.observed, finding.agreed)
}
