//! Takes a message, gives whether it names the product and version that sent it, never which product is behind an address.

use crate::policy::{Level, Severity};
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::HeaderName;

pub(crate) static RULE: Rule = Rule {
    id: "PRV-TOPO-003",
    name: "software-disclosed",
    title: "software identification disclosed",
    severity: Severity::Info,
    tier: 2,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §20.25, §20.35, §20.41",
    keys: &["privacy.software_banner"],
    what: "Where it was agreed that software is not to be disclosed, neither User-Agent, Server, Organization nor the o= username and the \
           s= line of SDP match `banner_pattern`.",
    why: "A product with its version tells an attacker which known weaknesses to try.",
    confirm: "Filter `sip.User-Agent || sip.Server || sip.Organization` or `sdp.session_name` and read the value.",
    fix: "let the border element remove or replace these headers and the session name on its outside",
    check: Check::Message(Kind::ANY, check),
};

const HEADERS: [HeaderName; 3] = [HeaderName::UserAgent, HeaderName::Server, HeaderName::Organization];

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let (message, privacy) = (subject.message(), &subject.terms.privacy);
    let level = privacy.software_banner.as_ref().filter(|l| matches!(l.value, Level::Forbidden | Level::Discouraged));
    let (Some(level), Some(pattern)) = (level, &privacy.banner_pattern) else { return Verdict::NotApplicable };
    let mut breaches = Distinct::default();
    for id in HEADERS.into_iter().filter(|&id| message.has(id)) {
        for line in message.lines(id) {
            breaches.judge();
            if pattern.value.is_match(message.at(line.value)) {
                let breach = Breach::of_level(level, format!("{} names a product with its version", id.text()));
                breaches.add(breach.at(line.value).about(id.text()));
            }
        }
    }
    if subject.sdp.is_some() {
        let offset = subject.sdp_offset() as usize;
        let sdp = message.text().get(offset..).unwrap_or_default();
        // Session-level lines stand in front of the first media section (RFC 8866 §5).
        let session = sdp.split(|&b| b == b'\n').take_while(|line| !line.starts_with(b"m="));
        for line in session.filter(|line| line.starts_with(b"o=") || line.starts_with(b"s=")) {
            let (what, value) = match line {
                [b's', _, value @ ..] => ("SDP s= line", value),
                [_, _, value @ ..] => ("SDP o= username", value.split(|&b| b == b' ').next().unwrap_or_default()),
                _ => continue,
            };
            breaches.judge();
            if pattern.value.is_match(value.trim_ascii_end()) {
                let breach = Breach::of_level(level, format!("{what} names a product with its version"));
                breaches.add(match message.place_of(value.trim_ascii_end()) {
                    Some(at) => breach.at(at),
                    None => breach,
                });
            }
        }
    }
    match breaches.verdict() {
        Verdict::Pass | Verdict::NotApplicable if subject.lacks_headers() => Verdict::Indeterminate(Reason::Truncated),
        verdict => verdict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, clause, observed};
    use regex::bytes::Regex;

    fn judged(scene: Scene) -> Verdict {
        let scene = scene.agreed(|t| {
            t.privacy.software_banner = agreed(Level::Discouraged);
            t.privacy.banner_pattern = Some(clause(Regex::new("[A-Za-z]+[/ -]v?[0-9]+\\.[0-9]+").unwrap()));
        });
        scene.judge(&RULE)
    }

    fn session(name: &str) -> String {
        format!("v=0\no=FreeSWITCH 1 1 IN IP4 10.0.0.1\ns={name}\nc=IN IP4 10.0.0.1\nt=0 0\nm=audio 4000 RTP/AVP 0\n")
    }

    #[test]
    fn a_product_with_its_version_breaks_it() {
        let verdict = judged(Scene::response(200, "INVITE").add("Server: Asterisk PBX 18.10.0"));
        assert_eq!(observed(&verdict), ["Server names a product with its version"]);
        let verdict = judged(Scene::request("INVITE").sdp(&session("Asterisk/18.2")));
        assert_eq!(observed(&verdict), ["SDP s= line names a product with its version"]);
    }

    #[test]
    fn a_name_without_version_keeps_it() {
        assert_eq!(judged(Scene::request("INVITE").add("User-Agent: SBC").sdp(&session("-"))), Verdict::Pass);
    }

    #[test]
    fn no_banner_and_no_agreement_is_not_judged() {
        assert_eq!(judged(Scene::request("BYE")), Verdict::NotApplicable);
        assert_eq!(Scene::request("BYE").add("User-Agent: A/1.0").judge(&RULE), Verdict::NotApplicable);
    }
}
