//! Takes coverage and findings, gives the verdict on the whole, never looks at the traffic.

use crate::audit::{Docket, Finding, FindingOutcome, RuleCoverage, Verdict};
use crate::policy::Policy;
use crate::rules::Check;

/// Fail on a finding that counts; inconclusive where no rule about the traffic could say anything (`product.md`, exit status).
pub(super) fn verdict(policy: &Policy, docket: &Docket, rules: &[RuleCoverage], findings: &[Finding]) -> Verdict {
    let counts = |f: &Finding| f.outcome == FindingOutcome::Violation && f.severity >= policy.fail_on;
    if findings.iter().any(counts) {
        return Verdict::Fail;
    }
    let about_traffic = docket.rules.iter().zip(rules).filter(|(rule, _)| !matches!(rule.check, Check::Policy(_) | Check::Capture(_)));
    let looked = about_traffic.into_iter().any(|(_, r)| r.coverage.pass + r.coverage.violation + r.coverage.waived > 0);
    if looked { Verdict::Pass } else { Verdict::Inconclusive }
}
