//! Takes a message with SDP, gives whether the body can be read and has its mandatory lines, never what it agrees on.

use std::borrow::Cow;

use crate::policy::Severity;
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sdp::SdpFlawKind;

pub(crate) static RULE: Rule = Rule {
    id: "SDP-SYNTAX-001",
    name: "sdp-unreadable",
    title: "SDP cannot be read or lacks mandatory lines",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 8866 §5, §9",
    keys: &[],
    what: "A body of type application/sdp has the lines v=, o=, s= and t= at session level and in this order, every m= line can be read, \
           and every m= line that is not refused (port 0) has a connection address, its own or the session's. \
           Lines that end in LF alone are noted at info.",
    why: "A strict parser on the other side refuses the whole body with 400 or 488, and the call fails although its media would have \
           worked; a lenient one guesses where to send.",
    confirm: "Filter `sdp && _ws.malformed` or `sip.msg_body && !sdp.version`, open the Message Body and read its lines from the top.",
    fix: "correct the SDP that the sender's SBC or endpoint builds: v=, o=, s=, c=, t= before the first m=, each once",
    check: Check::Message(Kind::SDP, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let Some(sdp) = subject.sdp else { return Verdict::NotApplicable };
    if subject.arrival.envelope.cut {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let mut breaches = Distinct::default();
    breaches.judge();
    for flaw in sdp.flaws() {
        let (observed, agreed): (Cow<'static, str>, _) = match flaw.kind {
            SdpFlawKind::Missing(line) => (format!("no {}= line", char::from(line)).into(), "v=, o=, s=, t= are mandatory"),
            SdpFlawKind::Order(line) => (format!("{}= line too early", char::from(line)).into(), "v=, o=, s=, t= in this order"),
            SdpFlawKind::NoConnection => ("m= line without c=".into(), "an address at one of both levels"),
            SdpFlawKind::BadMedia => ("unreadable m= line".into(), "m=type port transport formats"),
            SdpFlawKind::BareLf => ("lines end in LF alone".into(), "CRLF"),
            SdpFlawKind::BadLine | SdpFlawKind::BadAttribute => continue,
        };
        let mut breach = Breach::of_standard(observed, agreed);
        if flaw.kind == SdpFlawKind::BareLf {
            breach = breach.rated(Severity::Info);
        }
        breaches.add(if flaw.at.is_empty() { breach } else { breach.at(flaw.at) });
    }
    breaches.verdict_in(subject)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, observed};

    const GOOD: &str = "v=0\no=- 1 1 IN IP4 192.0.2.70\ns=-\nc=IN IP4 192.0.2.70\nt=0 0\nm=audio 4000 RTP/AVP 8\nX-Junk\n";

    #[test]
    fn what_is_missing_or_unreadable_breaks_it() {
        let scene = Scene::request("INVITE")
            .sdp("o=- 1 1 IN IP4 192.0.2.70\nv=0\ns=-\nm=audio 4000 RTP/AVP 8\nm=audio 4002 RTP/AVP 8\nm=video x\n");
        let verdict = scene.judge(&RULE);
        assert_eq!(observed(&verdict), ["o= line too early", "no t= line", "m= line without c=", "unreadable m= line"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!(breaches[3].at.unwrap().of(scene.text().as_bytes()), b"video x");
    }

    #[test]
    fn bare_line_feeds_are_noted() {
        let verdict = Scene::request("INVITE").body("application/sdp", GOOD).judge(&RULE);
        let Verdict::Violation(breaches) = verdict else { panic!("{verdict:?}") };
        assert_eq!((breaches.len(), breaches[0].severity), (1, Some(Severity::Info)));
    }

    #[test]
    fn a_readable_body_keeps_it() {
        assert_eq!(Scene::request("INVITE").sdp(GOOD).judge(&RULE), Verdict::Pass);
        assert_eq!(Scene::request("INVITE").sdp(&GOOD.replace("m=audio 4000", "m=audio 0")).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn no_sdp_or_half_of_it_is_not_judged() {
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
        let cut = Scene::request("INVITE").sdp("v=0\no=- 1 1").came(|e| e.cut = true);
        assert_eq!(cut.judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }

    #[test]
    fn the_part_of_a_multipart_body_is_underlined() {
        let scene = Scene::request("INVITE").body(
            "multipart/mixed;boundary=b",
            "--b\r\nContent-Type: application/isup\r\n\r\nxx\r\n--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\no=-\r\ns=-\r\nt=0 0\r\nm=audio 1 RTP/AVP\r\n--b--\r\n",
        );
        let Verdict::Violation(breaches) = scene.judge(&RULE) else { panic!() };
        assert!(breaches.iter().all(|b| b.at.unwrap().of(scene.text().as_bytes()) == b"audio 1 RTP/AVP"));
    }
}
