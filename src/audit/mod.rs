//! Takes verdicts, gives findings with their evidence and coverage, never a page.

mod model;

pub use model::{
    Audit, CallMix, ClauseRef, CodecCount, Coverage, Delay, DelayMs, Exhibit, Finding, FindingOutcome, Intake, MetricRow, PolicyInfo,
    Quote, RuleCoverage, Series, Subject, Tool, Totals, TransportCounts, Verdict, WaiverNote,
};
