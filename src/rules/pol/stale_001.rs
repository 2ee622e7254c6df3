//! Takes what the policy declares and what the capture showed, gives what was declared and never seen, never a fault of a peer.

use std::sync::Arc;

use crate::base::Transport;
use crate::policy::{CodecTerm, Dbe, Level, ListKind, Party, Peer, Sbe, Severity, TrunkId};
use crate::rules::{Breach, Check, ListedUse, Observed, Offender, PolicySubject, Reason, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "POL-STALE-001",
    name: "declared-and-never-seen",
    title: "declared element never observed",
    severity: Severity::Info,
    tier: 2,
    scope: Scope::Global,
    offender: Offender::Policy,
    reference: "RFC 6271 Req #1 to #3",
    keys: &["report.report_unused", "performance.min_samples"],
    what: "Where report.report_unused is true: each declared SBE sent or received SIP (or TLS of SIP), each declared DBE media, each trunk \
           group a session request; each required audio or video codec was offered, each required transport carried SIP; and the list of \
           allowed TLS suites allowed a connection. What the capture cannot show (media elements without media, codecs without offers) is \
           left out. Each entry of a list that the policy file itself writes (methods, responses, option tags, headers, event and INFO \
           packages, body types, codecs, TLS suites and ports, SRTP suites by SDES, ways of digits but in-band and KPML, PASSporT \
           extensions and hosts of certificates, VLANs where the tap shows tags, domains, allowed callers, number ranges, prefixes of an \
           SBE, DBE or trunk group with several) was used, judged where at least performance.min_samples messages, sessions or connections \
           could have used it; what is listed to be forbidden need not be seen; more than twenty of one list are one finding. Waivers have \
           a rule of their own.",
    why: "An agreement grows old: elements are taken out of service, trunks are moved, and what is still declared is a door that nobody \
          watches. A list that allows nothing that is used is a list that was never tried.",
    confirm: "Filter `ip.addr == ADDRESS` with the addresses of the element; a capture of an hour shows less than one of a week.",
    fix: "ask the peer whether the element is still in service, and take it out of the policy if it is not",
    check: Check::Policy(check),
};

/// `performance.min_samples`, where the policy says nothing of it (`standards.md` §6.6).
const MIN_SAMPLES: u64 = 50;

fn check(subject: &PolicySubject<'_>) -> Verdict {
    let terms = subject.policy.global();
    let wanted = terms.report.report_unused.as_ref().is_some_and(|clause| clause.value);
    let Some(observed) = subject.observed.filter(|_| wanted) else { return Verdict::NotApplicable };
    if observed.hosts.is_empty() {
        return Verdict::Indeterminate(Reason::SampleTooSmall);
    }
    let mut breaches = Vec::new();
    for (peer, index) in subject.policy.peers.iter().zip(0_u16..) {
        breaches.extend(peer.sbe.iter().filter(|sbe| !is_met(sbe, observed)).map(unmet));
        if observed.tells_media {
            breaches.extend(
                peer.dbe.iter().filter(|dbe| !observed.elements.contains(&(Party::Declared(index), dbe.name.as_str()))).map(silent),
            );
        }
        if observed.has_sessions {
            breaches.extend(unused(peer, index, observed));
        }
    }
    let codecs = terms.media.audio.codecs.iter().chain(&terms.media.video.codecs).filter(|codec| codec.level.value == Level::Required);
    breaches.extend(codecs.filter(|codec| !observed.codecs.is_empty() && !is_offered(codec, observed)).map(|codec| {
        let breach = Breach::of_clause(&codec.level, format!("codec {} never offered", codec.name), "required");
        breach.about(codec.name.clone())
    }));
    let transports = terms.sip.transport.levels.iter().filter(|(_, level)| level.value == Level::Required);
    breaches.extend(
        transports
            .filter(|(transport, _)| !carried(**transport, observed))
            .map(|(transport, level)| Breach::of_clause(level, format!("transport {} never used", transport.token()), "required")),
    );
    if let Some(suites) = terms.tls.allowed_suites.as_ref().filter(|suites| !suites.value.is_empty() && !observed.suites.is_empty()) {
        let is_used = |name: &String| observed.suites.iter().any(|suite| suite.eq_ignore_ascii_case(name));
        if !suites.value.iter().any(is_used) {
            breaches.push(Breach::of_clause(suites, "the list of TLS suites allowed nothing", suites.value.join(", ")));
        }
    }
    let least = terms.performance.min_samples.as_ref().map_or(MIN_SAMPLES, |clause| u64::from(clause.value));
    for list in observed.listed.chunk_by(|a, b| (a.entry.kind, &a.entry.from.path) == (b.entry.kind, &b.entry.from.path)) {
        let unused: Vec<&ListedUse<'_>> = list.iter().filter(|listed| !listed.used && listed.occasions >= least).collect();
        let together = if unused.len() > TOLD { unused.len() } else { 1 };
        breaches.extend(unused.chunks(together).filter_map(|told| never(told, list.len())));
    }
    if breaches.is_empty() && observed.listed.iter().any(|listed| !listed.used) {
        return Verdict::Indeterminate(Reason::SampleTooSmall);
    }
    Verdict::of(breaches)
}

/// So many unused entries of a list are told one by one; of more it is told how many, and which are the first.
const TOLD: usize = 20;
const NAMED: usize = 3;

/// Entries of a list that so much passed by.
fn never(unused: &[&ListedUse<'_>], all: usize) -> Option<Breach> {
    let ListedUse { entry, occasions, .. } = unused.first()?;
    let (what, among) = match entry.kind {
        ListKind::Method => ("method", "requests"),
        ListKind::Response => ("response", "responses"),
        ListKind::OptionTag => ("option tag", "messages with option tags"),
        ListKind::Header => ("header", "messages"),
        ListKind::EventPackage => ("event package", "messages with Event"),
        ListKind::InfoPackage => ("INFO package", "messages with Info-Package"),
        ListKind::BodyType => ("body type", "bodies"),
        ListKind::Codec => ("codec", "session requests"),
        ListKind::Suite => ("TLS suite", "connections"),
        ListKind::Domain => ("domain", "initial requests"),
        ListKind::Caller => ("allowed caller", "session requests"),
        ListKind::NumberRange => ("number range", "session requests"),
        ListKind::Address => ("address prefix", "messages"),
        ListKind::DigitMethod => ("way of digits", "descriptions of audio"),
        ListKind::SrtpSuite => ("SRTP suite", "descriptions with keys"),
        ListKind::PassportKind => ("PASSporT extension", "PASSporTs"),
        ListKind::CertificateHost => ("certificate host", "PASSporTs"),
        ListKind::Vlan => ("VLAN", "tagged messages"),
        ListKind::TlsPort => ("TLS port", "connections"),
        ListKind::CallerPrefix => ("trunk prefix of callers", "session requests"),
        ListKind::CalledPrefix => ("trunk prefix of callees", "session requests"),
        ListKind::MediaAddress => ("media prefix", "streams of calls"),
    };
    let named = unused.iter().take(NAMED).map(|listed| &*listed.entry.text).collect::<Vec<_>>().join(", ");
    let more = match unused.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more of {all}"),
    };
    let breach = Breach::of_standard(format!("{what} {named}{more} unused in {occasions} {among}"), "in use");
    Some(Breach { clause: Some(Arc::clone(&entry.from)), ..breach }.about(entry.text.to_string()))
}

fn is_met(sbe: &Sbe, observed: &Observed<'_>) -> bool {
    observed.hosts.iter().any(|host| sbe.addresses.iter().any(|net| net.contains(host)))
}

fn unmet(sbe: &Sbe) -> Breach {
    Breach { clause: Some(Arc::clone(&sbe.from)), ..Breach::of_standard(format!("border element {} never seen", sbe.name), "in service") }
}

fn silent(dbe: &Dbe) -> Breach {
    let breach = Breach::of_standard(format!("media border element {} never seen", dbe.name), "in service");
    Breach { clause: Some(Arc::clone(&dbe.from)), ..breach }
}

fn unused<'a>(peer: &'a Peer, index: u16, observed: &'a Observed<'_>) -> impl Iterator<Item = Breach> {
    peer.trunk_groups.iter().zip(0_u16..).filter(move |(_, group)| !observed.trunks.contains(&TrunkId { peer: index, group: *group })).map(
        |(group, _)| {
            let breach = Breach::of_standard(format!("trunk group {} never used", group.id), "in service");
            Breach { clause: Some(Arc::clone(&peer.from)), ..breach }
        },
    )
}

fn is_offered(codec: &CodecTerm, observed: &Observed<'_>) -> bool {
    observed.codecs.iter().any(|offered| {
        let mut parts = offered.split('/');
        let (name, clock) = (parts.next().unwrap_or_default(), parts.next().and_then(|hz| hz.parse().ok()));
        name.eq_ignore_ascii_case(&codec.name) && (codec.clock == 0 || clock.is_none_or(|hz: u32| hz == codec.clock))
    })
}

fn carried(transport: Transport, observed: &Observed<'_>) -> bool {
    observed.transports.contains(&transport)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::rules::scene;

    const DECLARED: &str = r#"
        schema = 1
        [policy]
        id = "made"
        [report]
        report_unused = true
        [sip.transport.levels]
        tls = "required"
        [security.tls]
        allowed_suites = ["TLS_AES_256_GCM_SHA384"]
        [[media.audio.codec]]
        name = "PCMA"
        clock = 8000
        level = "required"
        [[peer]]
        id = "alpha"
          [[peer.sbe]]
          name = "fra"
          addresses = ["192.0.2.16/29"]
          [[peer.sbe]]
          name = "muc"
          addresses = ["192.0.2.24/29"]
          [[peer.dbe]]
          name = "media"
          addresses = ["192.0.2.64/26"]
          [[peer.trunk_group]]
          id = "retail"
          match = { tgrp = "retail" }
    "#;

    fn judge(text: &str, observed: &Observed<'_>) -> Verdict {
        let path = std::path::Path::new("policy.toml");
        let policy = Policy::parse(path, text, crate::rules::KNOWN, crate::policy::Style::Plain).unwrap();
        check(&PolicySubject { policy: &policy, waivers: &[], observed: Some(observed), first: None, last: None })
    }

    fn all() -> Observed<'static> {
        Observed {
            hosts: vec!["192.0.2.17".parse().unwrap(), "192.0.2.25".parse().unwrap()],
            elements: [(Party::Declared(0), "media")].into(),
            tells_media: true,
            trunks: [TrunkId { peer: 0, group: 0 }].into(),
            has_sessions: true,
            codecs: ["pcma/8000".to_owned()].into(),
            transports: vec![Transport::Tls],
            suites: vec!["TLS_AES_256_GCM_SHA384".to_owned()],
            listed: Vec::new(),
        }
    }

    #[test]
    fn what_never_shows_is_told() {
        let mut less = all();
        less.hosts.pop();
        (less.elements, less.trunks) = Default::default();
        less.codecs = ["PCMA/16000".to_owned(), "PCMU/8000".to_owned()].into();
        less.transports = vec![Transport::Udp];
        less.suites = vec!["TLS_RSA_WITH_AES_128_CBC_SHA".to_owned()];
        let expected = [
            "border element muc never seen",
            "media border element media never seen",
            "trunk group retail never used",
            "codec PCMA never offered",
            "transport TLS never used",
            "the list of TLS suites allowed nothing",
        ];
        assert_eq!(scene::observed(&judge(DECLARED, &less)), expected);
    }

    #[test]
    fn what_shows_keeps_it() {
        assert_eq!(judge(DECLARED, &all()), Verdict::Pass);
    }

    #[test]
    fn an_entry_that_much_passed_by_is_told() {
        let from = Arc::new(crate::policy::Provenance { source: "policy.toml".into(), line: Some(9), path: "sip.methods.REFER".into() });
        let entry = crate::policy::Listed { kind: ListKind::Method, text: "REFER".into(), from };
        let judged = |used, occasions| {
            let mut observed = all();
            observed.listed = vec![ListedUse { entry: &entry, used, occasions }];
            judge(DECLARED, &observed)
        };
        assert_eq!(scene::observed(&judged(false, 50)), ["method REFER unused in 50 requests"]);
        assert_eq!(judged(false, 49), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(judged(true, 50), Verdict::Pass);
    }

    #[test]
    fn many_unused_entries_of_a_list_are_one_finding() {
        let from = |path: &str| Arc::new(crate::policy::Provenance { source: "policy.toml".into(), line: Some(9), path: path.into() });
        let range = |n: u32, path| crate::policy::Listed { kind: ListKind::NumberRange, text: format!("+49{n}").into(), from: from(path) };
        let ranges: Vec<_> = (0..30).map(|n| range(n, "peer.alpha")).chain((0..20).map(|n| range(n, "peer.bravo"))).collect();
        let mut observed = all();
        observed.listed = ranges.iter().enumerate().map(|(n, entry)| ListedUse { entry, used: n == 1, occasions: 50 }).collect();
        let told = judge(DECLARED, &observed);
        let told = scene::observed(&told);
        assert_eq!(told.len(), 21);
        assert_eq!(told[0], "number range +490, +492, +493 and 26 more of 30 unused in 50 session requests");
        assert_eq!(told[1], "number range +490 unused in 50 session requests");
    }

    #[test]
    fn what_the_capture_cannot_show_is_not_judged() {
        let mut signalling = all();
        (signalling.elements, signalling.tells_media) = (Default::default(), false);
        (signalling.trunks, signalling.has_sessions) = (Default::default(), false);
        (signalling.codecs, signalling.suites) = Default::default();
        assert_eq!(judge(DECLARED, &signalling), Verdict::Pass);
        assert_eq!(judge(DECLARED, &Observed::default()), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(judge(&DECLARED.replace("report_unused = true", ""), &all()), Verdict::NotApplicable);
    }
}
