//! Takes nothing, gives the columns of the table of findings, never a row of it.

use super::super::digest;
use super::{Column, Table};
use crate::audit::{Finding, FindingOutcome};

type C = Column<Finding>;

/// The table of findings.
#[must_use]
pub fn findings() -> Table<Finding> {
    Table {
        name: "findings",
        version: 1,
        row: "a clause that was broken by one party towards another: a finding of `report.json`",
        order: "worst first, as in the report",
        columns: [what(), terms()].into_iter().flatten().collect(),
    }
}

fn what() -> Vec<C> {
    vec![
        C::text("id", "its name in this report: `F-0001`", |r| (&r.id).into()),
        C::text("rule", "rule of the catalogue", |r| r.rule.into()).few(),
        C::text("title", "title of the rule", |r| r.title.into()).few(),
        C::text("severity", "`info`, `low`, `medium`, `high` or `critical`", |r| r.severity.name().into()).few(),
        C::text("outcome", "`violation` or `waived`", |r| {
            match r.outcome {
                FindingOutcome::Violation => "violation",
                FindingOutcome::Waived => "waived",
            }
            .into()
        })
        .few(),
        C::text("from", "direction: from this peer or inferred side; empty where there is none", |r| (&r.from).into()).few(),
        C::text("to", "direction: to this peer or inferred side", |r| (&r.to).into()).few(),
        C::text("offender", "party at fault; `capture` or `policy` where no peer is", |r| (&r.offender).into()).few(),
        C::text("subject", "what the first breach is of: `message`, `transaction`, `dialog`, `session`, `stream` and others", |r| {
            r.subject.kind.into()
        })
        .few(),
        C::maybe_text("call_id", "Call-ID of the first breach, where it has one", |r| r.subject.call_id.as_deref().map(Into::into)),
        C::whole("count", "breaches", |r| r.count),
        C::whole("calls_affected", "calls that it touches", |r| r.calls.affected),
        C::whole("calls_total", "calls between the two parties", |r| r.calls.of),
        C::time("first_time", "first breach", |r| r.first_time),
        C::time("last_time", "last breach", |r| r.last_time),
    ]
}

fn terms() -> Vec<C> {
    vec![
        C::text("observed", "what was seen", |r| (&r.observed).into()),
        C::text("agreed", "what was agreed", |r| (&r.agreed).into()),
        C::maybe_text("clause", "where that stands: file, line and key of the policy", |r| {
            let clause = r.clause.as_ref()?;
            Some(match clause.line {
                Some(line) => format!("{}:{line} {}", clause.source, clause.path).into(),
                None => format!("{} {}", clause.source, clause.path).into(),
            })
        }),
        C::text("reference", "the standard behind the rule", |r| r.reference.into()).few(),
        C::maybe_text("waiver", "the waiver that covers it", |r| digest::waiver(r).map(Into::into)),
        C::text("wireshark", "display filter for the frames of its exhibits, by capture", |r| {
            let filters: Vec<String> =
                digest::filters(&r.exhibits).iter().map(|(capture, filter)| format!("{capture}: {filter}")).collect();
            filters.join("; ").into()
        }),
        C::text("fix", "what to do", |r| r.fix.into()).few(),
    ]
}
