//! Takes findings, gives those that the page shows and what it says of each, never markup.

use std::collections::BTreeMap;

use super::commands;
use super::excerpt::{Excerpt, head};
use super::view::LONGEST;
use crate::audit::{Audit, Exhibit, Finding, FindingOutcome};
use crate::policy::Severity;
use crate::report::digest;
use crate::report::figures::count;

/// How many findings of each rule are shown before any rule gets more: a noisy one must not hide the others.
const EACH: usize = 32;

/// A finding as the page shows it.
pub(super) struct Found<'a> {
    pub(super) finding: &'a Finding,
    pub(super) severity: &'static str,
    pub(super) waived: bool,
    /// Those that it is between and about, by their number in [`Facets::peers`].
    pub(super) peers: String,
    pub(super) observed: String,
    pub(super) side: String,
    pub(super) seen: String,
    pub(super) agreed: String,
    pub(super) clause: Option<(String, String)>,
    pub(super) waiver: Option<String>,
    pub(super) filters: Vec<(String, String)>,
    pub(super) commands: Vec<(&'static str, String)>,
    pub(super) exhibits: Vec<Shown>,
    pub(super) unseen: u64,
}

/// An exhibit as the page shows it.
pub(super) struct Shown {
    pub(super) capture: String,
    pub(super) frame: u32,
    pub(super) time: String,
    pub(super) call_id: Option<String>,
    pub(super) sender: Option<String>,
    pub(super) excerpt: Excerpt,
}

/// What findings can be filtered by, with how many there are of each.
#[derive(Default)]
pub(super) struct Facets {
    pub(super) severities: Vec<(&'static str, String)>,
    pub(super) rules: Vec<(&'static str, &'static str, String)>,
    pub(super) peers: Vec<(String, String)>,
    pub(super) waived: String,
    names: Vec<String>,
}

impl Facets {
    /// Those of the findings that are shown.
    pub(super) fn of(findings: &[&Finding]) -> Self {
        let mut rules: BTreeMap<&'static str, (&'static str, u64)> = BTreeMap::new();
        let mut peers: BTreeMap<&str, u64> = BTreeMap::new();
        for finding in findings {
            rules.entry(finding.rule).or_insert((finding.title, 0)).1 += 1;
            parties(finding).into_iter().for_each(|peer| *peers.entry(peer).or_default() += 1);
        }
        let of_severity = |s: Severity| findings.iter().filter(|f| f.severity == s).count() as u64;
        let severities = Severity::ALL.iter().rev().map(|&s| (s.name(), of_severity(s)));
        Self {
            severities: severities.filter(|&(_, n)| n > 0).map(|(name, n)| (name, count(n))).collect(),
            rules: rules.into_iter().map(|(id, (title, n))| (id, title, count(n))).collect(),
            waived: count(findings.iter().filter(|f| f.outcome == FindingOutcome::Waived).count() as u64),
            names: peers.keys().map(|&peer| peer.to_owned()).collect(),
            peers: peers.into_iter().map(|(peer, n)| (head(peer, LONGEST), count(n))).collect(),
        }
    }

    fn numbers(&self, finding: &Finding) -> String {
        let numbers = parties(finding).into_iter().filter_map(|peer| self.names.iter().position(|name| name == peer));
        numbers.map(|n| n.to_string()).collect::<Vec<_>>().join(" ")
    }
}

/// Whom a finding names, each once.
fn parties(finding: &Finding) -> Vec<&str> {
    let mut parties: Vec<&str> = [&finding.from, &finding.to, &finding.offender].iter().map(|s| s.as_str()).collect();
    parties.retain(|party| !matches!(*party, "" | "*" | "both" | "capture" | "policy"));
    parties.sort_unstable();
    parties.dedup();
    parties
}

/// A rule of whose findings the page does not show all.
pub(super) struct Kept {
    pub(super) rule: &'static str,
    pub(super) title: &'static str,
    pub(super) shown: String,
    pub(super) all: String,
}

/// At most `shown` findings in their order: of each rule the first ones, then what room is left for; and the rules of which some are left out.
pub(super) fn choose(findings: &[Finding], shown: usize) -> (Vec<&Finding>, Vec<Kept>) {
    let mut of_rule: BTreeMap<&str, (&'static str, &'static str, usize, usize)> = BTreeMap::new();
    let mut ranked: Vec<(bool, usize)> = Vec::with_capacity(findings.len());
    for (place, finding) in findings.iter().enumerate() {
        let rule = of_rule.entry(finding.rule).or_insert((finding.rule, finding.title, 0, 0));
        rule.2 += 1;
        ranked.push((rule.2 > EACH, place));
    }
    ranked.sort_unstable();
    ranked.truncate(shown);
    let mut places: Vec<usize> = ranked.into_iter().map(|(_, place)| place).collect();
    places.sort_unstable();
    let chosen: Vec<&Finding> = places.into_iter().filter_map(|place| findings.get(place)).collect();
    for finding in &chosen {
        if let Some(rule) = of_rule.get_mut(finding.rule) {
            rule.3 += 1;
        }
    }
    let number = |n: usize| count(n as u64);
    let cut = of_rule.into_values().filter(|&(.., all, shown)| shown < all);
    (chosen, cut.map(|(rule, title, all, shown)| Kept { rule, title, shown: number(shown), all: number(all) }).collect())
}

/// What the page says of a finding.
pub(super) fn found<'a>(finding: &'a Finding, audit: &Audit, facets: &Facets) -> Found<'a> {
    let direction = head(&digest::direction(&finding.from, &finding.to), LONGEST);
    let side = [direction, digest::extent(finding)].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(", ");
    let clause = finding.clause.as_ref().map(|c| {
        let line = c.line.map(|l| format!(":{l}")).unwrap_or_default();
        (head(&format!("{}{line}", c.source), LONGEST), head(c.text.as_deref().unwrap_or(&c.path), LONGEST))
    });
    Found {
        finding,
        severity: finding.severity.name(),
        waived: finding.outcome == FindingOutcome::Waived,
        peers: facets.numbers(finding),
        observed: head(&finding.observed, LONGEST),
        side,
        seen: digest::seen(finding),
        agreed: head(&digest::agreed(finding), LONGEST),
        clause,
        waiver: digest::waiver(finding).map(|w| head(&w, LONGEST)),
        filters: digest::filters(&finding.exhibits).into_iter().map(|(capture, filter)| (head(capture, LONGEST), filter)).collect(),
        commands: commands::of(finding, audit),
        exhibits: finding.exhibits.iter().map(exhibit).collect(),
        unseen: finding.count.saturating_sub(finding.exhibits.len() as u64),
    }
}

fn exhibit(exhibit: &Exhibit) -> Shown {
    Shown {
        capture: head(&exhibit.capture, LONGEST),
        frame: exhibit.frame,
        time: exhibit.time.to_string(),
        call_id: exhibit.call_id.as_ref().map(|c| head(c, 160)),
        sender: exhibit.sender.as_ref().map(|s| head(s, 120)),
        excerpt: Excerpt::new(&exhibit.excerpt, exhibit.mark),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_noisy_rule_does_not_hide_the_others() {
        let audit = sample::full();
        let mut findings = vec![audit.findings[0].clone(); 1_000];
        findings.push(audit.findings[2].clone());
        let (chosen, kept) = choose(&findings, 100);
        assert_eq!(chosen.len(), 100);
        assert_eq!(chosen.last().unwrap().rule, "SIP-HDR-001");
        assert_eq!(kept.iter().map(|k| (k.rule, &*k.shown, &*k.all)).collect::<Vec<_>>(), [("SIP-METHOD-001", "99", "1,000")]);
        assert!(choose(&audit.findings, 100).1.is_empty());
    }

    #[test]
    fn facets_count_what_is_shown() {
        let audit = sample::full();
        let facets = Facets::of(&audit.findings.iter().collect::<Vec<_>>());
        assert_eq!(facets.severities, [("high", "2".to_owned()), ("medium", "2".to_owned())]);
        assert_eq!(facets.peers, [("alpha".to_owned(), "4".to_owned()), ("bravo".to_owned(), "4".to_owned())]);
        assert_eq!((facets.waived.as_str(), facets.rules.len()), ("1", 4));
        assert_eq!(found(&audit.findings[0], &audit, &facets).peers, "0 1");
    }
}
