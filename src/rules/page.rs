//! Takes rules, gives their pages as Markdown, never a finding.

use std::fmt::{self, Display};

use super::{Check, Offender, Rule};

/// The families of the catalogue: what stands before the first hyphen of an id, and what it is about.
const FAMILIES: [(&str, &str); 16] = [
    ("CAP", "Sanity of the capture"),
    ("NET", "IP network connectivity"),
    ("SIG", "Signalling transport"),
    ("SIP", "Methods, headers, addressing and responses"),
    ("TXN", "Transactions"),
    ("DLG", "Dialogs"),
    ("SDP", "Offer and answer"),
    ("MED", "Codecs and media"),
    ("MSEC", "Media security"),
    ("IDN", "Identity and call authorization"),
    ("CAC", "Call admission control"),
    ("PRF", "Performance"),
    ("ACC", "Accounting"),
    ("PRV", "Privacy and topology"),
    ("IMP", "Presence and instant messaging"),
    ("POL", "Policy hygiene"),
];

/// A rule's page, displayed as Markdown under a heading of the third level.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a>(pub &'a Rule);

impl Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = self.0;
        writeln!(f, "### {}: {}\n", rule.id, rule.title)?;
        let (subject, blame) = (subjects(rule), blame(rule.offender));
        writeln!(f, "`{}` · {} · tier {} · judged by {subject} · laid at {blame}  ", rule.name, rule.severity.name(), rule.tier)?;
        writeln!(f, "Reference: {}  ", rule.reference)?;
        let keys: Vec<_> = rule.keys.iter().map(|key| format!("`{key}`")).collect();
        writeln!(f, "Policy: {}\n", if keys.is_empty() { "on by default, no key".to_owned() } else { keys.join(", ") })?;
        for (lead, text) in [("", rule.what), ("**Why it matters.** ", rule.why), ("**Confirm.** ", rule.confirm), ("**Do.** ", rule.fix)] {
            writeln!(f, "{lead}{}{}\n", uppercase(text), if text.ends_with('.') { "" } else { "." })?;
        }
        Ok(())
    }
}

/// The catalogue of rules that run, displayed as one Markdown page.
#[derive(Clone, Copy, Debug)]
pub struct Catalogue<'a> {
    /// The rules, in the order of the catalogue.
    pub rules: &'a [&'a Rule],
    /// Every id of the catalogue.
    pub known: &'a [&'a str],
}

impl Display for Catalogue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (running, known) = (self.rules.len(), self.known.len());
        writeln!(f, "# Rules\n")?;
        writeln!(
            f,
            "One rule, one file: its page, its check and its tests. This page is made from those files by a test, which fails and"
        )?;
        writeln!(f, "rewrites it when it is stale. {running} of the {known} rules of the catalogue run; a policy may name all of them.\n")?;
        writeln!(f, "| rule | name | severity | tier |\n| --- | --- | --- | --- |")?;
        for rule in self.rules {
            writeln!(f, "| [{}](#{}) | {} | {} | {} |", rule.id, anchor(rule), rule.name, rule.severity.name(), rule.tier)?;
        }
        for (family, title) in FAMILIES {
            let members: Vec<_> = self.rules.iter().filter(|r| r.id.split('-').next() == Some(family)).collect();
            if members.is_empty() {
                continue;
            }
            writeln!(f, "\n## {family}: {title}\n")?;
            members.iter().try_for_each(|rule| Page(rule).fmt(f))?;
        }
        Ok(())
    }
}

/// The anchor that Markdown renderers make of a page's heading.
fn anchor(rule: &Rule) -> String {
    let kept = format!("{} {}", rule.id, rule.title).to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn uppercase(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn subjects(rule: &Rule) -> String {
    rule.checks().iter().map(|&check| subject(check)).collect::<Vec<_>>().join(", ")
}

const fn subject(check: Check) -> &'static str {
    match check {
        Check::Message(..) => "message",
        Check::Transaction(_) => "transaction",
        Check::OfferAnswer(_) | Check::Sections(_) => "offer and answer",
        Check::Dialog(_) => "dialog",
        Check::Session(_) => "session",
        Check::Reuse(_) => "message and those of other calls",
        Check::Connection(_) => "TLS connection",
        Check::Certificate(_) => "certificate",
        Check::Reach(_) => "pair of border elements",
        Check::Knock(_) => "connections of a host without SIP",
        Check::Interval(_) => "interval and direction",
        Check::Limit(_) => "limit and scope",
        Check::Capture(_) | Check::Intake(_) => "capture",
        Check::Flow(_) => "flow",
        Check::Link(_) => "connections between two hosts",
        Check::Backoff(_) => "requests after a refusal for overload",
        Check::Ping(_) => "checks of a host by another",
        Check::Repertoire(_) => "what a party shows that it can",
        Check::Policy(_) => "policy",
        Check::Stream(_) => "stream",
        Check::Handshake(_) => "DTLS handshake",
        Check::Media(_) => "media of a call",
        Check::Legs(_) => "two legs of a session",
        Check::Quality(_) => "streams of an interval and direction",
        Check::Several(_) => "several",
    }
}

const fn blame(offender: Offender) -> &'static str {
    match offender {
        Offender::Sender => "the sender",
        Offender::Responder => "the side that answered or should have",
        Offender::Originating => "the originating side",
        Offender::Terminating => "the terminating side",
        Offender::Client => "the client of the connection",
        Offender::Server => "the server of the connection",
        Offender::Both => "both sides",
        Offender::Capture => "the capture",
        Offender::Policy => "the policy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{KNOWN, all};

    #[test]
    fn every_id_belongs_to_a_family() {
        for id in KNOWN {
            assert!(FAMILIES.iter().any(|(family, _)| id.split('-').next() == Some(family)), "{id}");
        }
    }

    #[test]
    fn the_catalogue_page_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules/README.md");
        let page = Catalogue { rules: all(), known: KNOWN }.to_string();
        if std::fs::read_to_string(path).ok().as_ref() != Some(&page) {
            std::fs::write(path, page).unwrap();
            panic!("src/rules/README.md was stale and has been rewritten: commit it");
        }
    }
}
