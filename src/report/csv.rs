//! Takes the findings, gives `findings.csv`, never a cell that a spreadsheet would run.

use std::borrow::Cow;
use std::io::{self, Write};

use super::digest;
use super::escape::visible;
use crate::audit::{Audit, Finding, FindingOutcome};

const HEAD: [&str; 22] = [
    "id",
    "rule",
    "title",
    "severity",
    "outcome",
    "from",
    "to",
    "offender",
    "subject",
    "call_id",
    "count",
    "calls_affected",
    "calls_total",
    "first_time",
    "last_time",
    "observed",
    "agreed",
    "clause",
    "reference",
    "waiver",
    "wireshark",
    "fix",
];

/// Writes one line a finding under one line of names. Text that a spreadsheet could take for a formula gets an apostrophe in front.
///
/// # Errors
/// When `out` does not take it.
pub fn write(audit: &Audit, out: impl Write) -> io::Result<()> {
    let mut csv = ::csv::Writer::from_writer(out);
    csv.write_record(HEAD)?;
    for finding in &audit.findings {
        csv.write_record(row(finding).iter().map(|cell| safe(cell).into_owned()))?;
    }
    csv.flush()
}

fn row(finding: &Finding) -> [String; HEAD.len()] {
    let outcome = match finding.outcome {
        FindingOutcome::Violation => "violation",
        FindingOutcome::Waived => "waived",
    };
    let clause = finding.clause.as_ref().map(|c| match c.line {
        Some(line) => format!("{}:{line} {}", c.source, c.path),
        None => format!("{} {}", c.source, c.path),
    });
    let filters: Vec<String> = digest::filters(&finding.exhibits).iter().map(|(capture, filter)| format!("{capture}: {filter}")).collect();
    [
        finding.id.clone(),
        finding.rule.into(),
        finding.title.into(),
        finding.severity.name().into(),
        outcome.into(),
        finding.from.clone(),
        finding.to.clone(),
        finding.offender.clone(),
        finding.subject.kind.into(),
        finding.subject.call_id.clone().unwrap_or_default(),
        finding.count.to_string(),
        finding.calls.affected.to_string(),
        finding.calls.of.to_string(),
        finding.first_time.to_string(),
        finding.last_time.to_string(),
        finding.observed.clone(),
        finding.agreed.clone(),
        clause.unwrap_or_default(),
        finding.reference.into(),
        digest::waiver(finding).unwrap_or_default(),
        filters.join("; "),
        finding.fix.into(),
    ]
}

/// A cell that shows as text everywhere: controls written out, and no formula (what OWASP lists, and the full-width forms).
pub(super) fn safe(cell: &str) -> Cow<'_, str> {
    let cell = visible(cell);
    if cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) { Cow::Owned(format!("'{cell}")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn cells(audit: &Audit) -> Vec<Vec<String>> {
        let mut out = Vec::new();
        write(audit, &mut out).unwrap();
        let mut reader = ::csv::Reader::from_reader(out.as_slice());
        reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn one_line_a_finding() {
        let rows = cells(&sample::full());
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[0][..4], ["F-0001", "SIP-METHOD-001", "method not permitted", "high"]);
        assert_eq!(rows[0][20], "bravo-2026-11-14.pcapng: frame.number in {1482, 1519, 1602}");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for cell in cells(&sample::hostile()).concat() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
            assert!(!cell.chars().any(char::is_control));
        }
    }
}
