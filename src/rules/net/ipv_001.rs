//! Takes a message, gives whether it and the media it names use an agreed IP version, never whether the address is the right one.

use std::net::IpAddr;

use crate::policy::Severity;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "NET-IPV-001",
    name: "ip-version-not-agreed",
    title: "IP version not agreed",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1; RFC 6406 §7",
    keys: &["connectivity.ip_versions"],
    what: "The IP version of each SIP packet, and that of every address in a c= line of its SDP, is one of those that the peers agreed \
          on.",
    why: "A border element that meets an IP version it has no route for drops the packet or answers into the void; with media the call \
          is set up and stays silent.",
    confirm: "Filter `sip && ipv6` (or `sip && ip.version == 4`) and look at the version column; for media \
          `sdp.connection_info.address_type == \"IP6\"`.",
    fix: "bind the sender's SBE and its media to the agreed IP version, or add the version to connectivity.ip_versions",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let Some(agreed) = &subject.terms.connectivity.ip_versions else { return Verdict::NotApplicable };
    let foreign = |ip: IpAddr| !agreed.value.contains(&version(ip));
    let source = subject.arrival.envelope.source.ip;
    let mut media = subject.sdp.iter().flat_map(|s| s.media()).filter(|m| m.is_active()).filter_map(|m| m.ip());
    let breach = |observed: String| {
        let versions: Vec<_> = agreed.value.iter().map(|v| format!("IPv{v}")).collect();
        Verdict::breach(Breach::of_clause(agreed, observed, versions.join(", ")))
    };
    if foreign(source) {
        breach(format!("SIP over IPv{}", version(source)))
    } else if let Some(ip) = media.find(|&ip| foreign(ip)) {
        breach(format!("media on IPv{}", version(ip)))
    } else if subject.lacks_sdp() {
        Verdict::Indeterminate(Reason::Truncated)
    } else {
        Verdict::Pass
    }
}

const fn version(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 4 } else { 6 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, endpoint, observed};

    const V6_MEDIA: &str = "v=0\no=- 1 1 IN IP4 192.0.2.70\ns=-\nc=IN IP6 2001:db8::7\nt=0 0\nm=audio 20000 RTP/AVP 8\n";

    fn only_v4() -> Scene {
        Scene::request("INVITE").agreed(|t| t.connectivity.ip_versions = agreed(vec![4]))
    }

    #[test]
    fn sip_or_media_on_another_version_breaks_it() {
        let sip = only_v4().came(|e| e.source = endpoint("[2001:db8::1]:5060")).judge(&RULE);
        assert_eq!(observed(&sip), ["SIP over IPv6"]);
        assert_eq!(observed(&only_v4().sdp(V6_MEDIA).judge(&RULE)), ["media on IPv6"]);
    }

    #[test]
    fn the_agreed_version_keeps_it() {
        assert_eq!(only_v4().judge(&RULE), Verdict::Pass);
        let both = only_v4().agreed(|t| t.connectivity.ip_versions = agreed(vec![4, 6])).sdp(V6_MEDIA);
        assert_eq!(both.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn nothing_agreed_nothing_judged() {
        assert_eq!(Scene::request("INVITE").sdp(V6_MEDIA).judge(&RULE), Verdict::NotApplicable);
    }
}
