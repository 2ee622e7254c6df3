//! Takes a breach, gives whether a waiver covers it, never counts how often (`standards.md` §6.5).

use std::sync::Arc;

use ipnet::IpNet;

use super::{Party, Provenance, Severity};
use crate::base::{Endpoint, Time};

/// `[[waiver]]`: what is tolerated for a time (`standards.md` §6.5). Every given condition must hold.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Waiver {
    pub id: String,
    /// Rule ids, or globs with `*`.
    pub rules: Vec<String>,
    pub direction: Option<(Party, Party)>,
    pub trunk_group: Option<String>,
    pub peer: Option<Party>,
    pub from_cidr: Option<IpNet>,
    pub to_cidr: Option<IpNet>,
    pub port: Option<u16>,
    pub method: Option<String>,
    pub status: Option<u16>,
    pub codec: Option<String>,
    pub header: Option<String>,
    pub caller: Option<String>,
    pub callee: Option<String>,
    pub time_from: Option<Time>,
    pub time_until: Option<Time>,
    pub reason: String,
    pub owner: Option<String>,
    pub ticket: Option<String>,
    pub granted: Option<Time>,
    pub expires: Time,
    pub max_findings: Option<u64>,
    pub from: Arc<Provenance>,
}

/// What is known of a breach; a condition on something that is not known does not hold.
#[derive(Clone, Copy, Debug)]
pub struct BreachFacts<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// The severity that the finding would have.
    pub severity: Severity,
    /// When it happened, in capture time.
    pub time: Time,
    /// The sender, as the rule's scope sees it.
    pub from: Party,
    /// The receiver.
    pub to: Party,
    /// Who is at fault, where one party is.
    pub offender: Option<Party>,
    /// Id of the trunk group of the session.
    pub trunk_group: Option<&'a str>,
    /// Where the message or stream came from.
    pub source: Option<Endpoint>,
    /// Where it went.
    pub destination: Option<Endpoint>,
    /// The method; of a response, that of its request.
    pub method: Option<&'a str>,
    /// The status code.
    pub status: Option<u16>,
    /// The codec that the breach is about: a name, or a name with its clock.
    pub codec: Option<&'a str>,
    /// The header that the breach is about.
    pub header: Option<&'a str>,
    /// The calling number.
    pub caller: Option<&'a str>,
    /// The called number.
    pub callee: Option<&'a str>,
}

/// What a waiver does about a breach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// It speaks of something else.
    No,
    /// The breach is waived.
    Waives,
    /// It would have waived the breach, and had expired by then.
    Expired,
    /// It would have waived the breach, and was granted only later.
    NotYetGranted,
}

impl Waiver {
    /// What this waiver does about a breach.
    #[must_use]
    pub fn covers(&self, breach: &BreachFacts<'_>) -> Cover {
        if !self.names(breach) || !self.matches(breach) {
            Cover::No
        } else if breach.time > self.expires {
            Cover::Expired
        } else if self.granted.is_some_and(|granted| breach.time < granted) {
            Cover::NotYetGranted
        } else {
            Cover::Waives
        }
    }

    /// Whether it names the rule: a critical breach is waived only by the id itself.
    fn names(&self, breach: &BreachFacts<'_>) -> bool {
        self.rules.iter().any(|rule| rule == breach.rule || (breach.severity < Severity::Critical && glob(rule, breach.rule)))
    }

    fn matches(&self, breach: &BreachFacts<'_>) -> bool {
        let at_fault = |peer| breach.offender.map_or(breach.from == peer || breach.to == peer, |offender| offender == peer);
        let inside = |net: &IpNet, end: Option<Endpoint>| end.is_some_and(|end| net.contains(&end.ip));
        let port = |port| [breach.source, breach.destination].into_iter().flatten().any(|end| end.port == port);
        let number = |pattern: &str, number: Option<&str>| number.is_some_and(|number| glob(pattern, number));
        self.direction.is_none_or(|direction| direction == (breach.from, breach.to))
            && self.trunk_group.as_deref().is_none_or(|group| breach.trunk_group == Some(group))
            && self.peer.is_none_or(at_fault)
            && self.from_cidr.as_ref().is_none_or(|net| inside(net, breach.source))
            && self.to_cidr.as_ref().is_none_or(|net| inside(net, breach.destination))
            && self.port.is_none_or(port)
            && self.method.as_deref().is_none_or(|method| breach.method == Some(method))
            && self.status.is_none_or(|status| breach.status == Some(status))
            && self.codec.as_deref().is_none_or(|codec| breach.codec.is_some_and(|seen| same_codec(codec, seen)))
            && self.header.as_deref().is_none_or(|header| breach.header.is_some_and(|seen| seen.eq_ignore_ascii_case(header)))
            && self.caller.as_deref().is_none_or(|pattern| number(pattern, breach.caller))
            && self.callee.as_deref().is_none_or(|pattern| number(pattern, breach.callee))
            && self.time_from.is_none_or(|from| breach.time >= from)
            && self.time_until.is_none_or(|until| breach.time <= until)
    }
}

/// Names are compared in any case; a waiver that gives no clock means every clock.
fn same_codec(given: &str, seen: &str) -> bool {
    let name = if given.contains('/') { seen } else { seen.split('/').next().unwrap_or(seen) };
    name.eq_ignore_ascii_case(given)
}

/// Whether `text` fits `pattern`, in which `*` stands for anything.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        // The leftmost place leaves the most for the parts to come.
        let Some(at) = text.find(part) else { return false };
        text = text.get(at + part.len()..).unwrap_or_default();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        let fits = [("PRF-*", "PRF-SER-001"), ("*", ""), ("*-001", "PRF-SER-001"), ("A*B*C", "AxBxBxC"), ("a", "a"), ("*a*", "bab")];
        let fails = [("PRF-*", "PRG-SER-001"), ("a*a", "a"), ("*-001", "PRF-SER-0012"), ("a", "ab"), ("A*B*C", "ACB"), ("", "a")];
        assert!(fits.iter().all(|(pattern, text)| glob(pattern, text)));
        assert!(!fails.iter().any(|(pattern, text)| glob(pattern, text)));
        let many = "*a".repeat(5_000);
        assert!(!glob(&many, &"a".repeat(4_999)) && glob(&many, &"a".repeat(5_000)), "no backtracking");
    }

    #[test]
    fn codecs() {
        assert!(same_codec("pcma", "PCMA/8000") && same_codec("PCMA/8000", "PCMA/8000") && !same_codec("PCMA/16000", "PCMA/8000"));
    }
}
