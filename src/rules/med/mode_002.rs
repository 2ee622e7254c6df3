//! Takes an answered offer, an INFO or a stream, gives whether DTMF is sent by the agreed method, never the digits.

use crate::call::Trace;
use crate::media::Weave;
use crate::policy::{Clause, Dtmf, Level, Severity};
use crate::rules::distinct::Distinct;
use crate::rules::sdp::oa_003::{accepted, common};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, OfferAnswerSubject, Rule, Scope, StreamSubject, Verdict};
use crate::sdp::{Codec, Description, Media};
use crate::sip::{HeaderName, Method};

use super::agreement::spelled;

pub(crate) static RULE: Rule = Rule {
    id: "MED-MODE-002",
    name: "dtmf-method-not-agreed",
    title: "DTMF method not as agreed",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Session,
    // Of an exchange, whoever sent the offer or answer that is the exhibit.
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1; RFC 4733 §2.3 to §2.5; RFC 6086",
    keys: &["media.dtmf.methods", "media.dtmf.events", "media.dtmf.level"],
    what: "Where RFC 4733 events are the agreed method, offer and answer of every accepted audio stream have telephone-event at the clock \
           rate of the selected codec, for all agreed events; where they are not, the answer has none. INFO with DTMF comes only where it \
           is an agreed method, and so do digits as tones in G.711 audio (40 ms of a pair of ITU-T Q.23 at least). Events on the wire keep \
           their time stamp, never become shorter, and end with a packet that says so.",
    why: "Digits that the other side does not expect are lost: voice mail, conference and bank menus do not react, though the call sounds \
           well.",
    confirm: "Filter `sdp.media_attr contains \"telephone-event\"` with the Call-ID of the finding; for INFO `sip.Method == \"INFO\" && \
           sip.Content-Type contains \"dtmf\"`.",
    fix: "configure the same DTMF method on the trunk profiles of both SBCs, with events 0-15 at the clock rate of each codec",
    check: Check::Several(&[Check::OfferAnswer(exchange), Check::Message(Kind::REQUEST, info), Check::Stream(stream)]),
};

/// The name of RFC 4733 among the methods of the policy.
const EVENTS: &str = "rfc4733";

fn exchange(subject: &OfferAnswerSubject<'_>) -> Verdict {
    let dtmf = &subject.terms.media.dtmf;
    let Some(methods) = dtmf.methods.as_ref() else { return Verdict::NotApplicable };
    let (agreed, level) = (methods.value.iter().any(|m| m == EVENTS), dtmf.level.as_ref());
    let wanted = agreed && level.is_none_or(|l| matches!(l.value, Level::Required | Level::Recommended));
    let exchange = &subject.exchange.exchange;
    let mut breaches = Distinct::default();
    let streams = accepted(exchange.offer.media(), exchange.answer.media()).filter(|(offered, _)| offered.kind == "audio");
    for (offered, answered) in streams {
        breaches.judge();
        // Of an offer that is cut it is not known whether there is more than events on the line.
        if !exchange.offer.is_whole(offered) {
            breaches.miss();
            continue;
        }
        let answer_is_whole = exchange.answer.is_whole(answered);
        if !answer_is_whole {
            breaches.miss();
        }
        let selected = common(offered, answered).next().filter(|_| answer_is_whole);
        if wanted {
            missing(&exchange.offer, offered, selected, dtmf, methods, &subject.exchange.offer, &mut breaches);
        }
        if wanted && answer_is_whole {
            missing(&exchange.answer, answered, selected, dtmf, methods, &subject.exchange.answer, &mut breaches);
        }
        if let Some(codec) = events(answered).next().filter(|_| !agreed) {
            let breach = Breach::of_clause(methods, spelled(codec), methods.value.join(", ")).about(spelled(codec));
            breaches.add(breach.seen_in(&subject.exchange.answer));
        }
    }
    if exchange.may_pair_more() {
        breaches.miss();
    }
    breaches.verdict()
}

/// What the telephone events of one side lack.
fn missing(
    sdp: &Description,
    media: &Media,
    selected: Option<&Codec>,
    dtmf: &Dtmf,
    methods: &Clause<Vec<String>>,
    trace: &Trace,
    breaches: &mut Distinct,
) {
    let breach = |observed: String| match &dtmf.level {
        Some(level) => Breach { agreed: format!("telephone-event {}", level.value.name()).into(), ..Breach::of_level(level, observed) },
        None => Breach::of_clause(methods, observed, methods.value.join(", ")),
    };
    if events(media).next().is_none() {
        breaches.add(breach("no telephone-event".into()).about("telephone-event").seen_in(trace));
        return;
    }
    // RFC 4733 §2.1: events share the clock of the audio stream that they stand in.
    let clock = selected.map_or(0, |codec| codec.clock);
    if clock > 0 && !events(media).any(|codec| codec.clock == clock) {
        let observed = format!("no telephone-event/{clock} beside {}", selected.map(spelled).unwrap_or_default());
        breaches.add(breach(observed).about("telephone-event").seen_in(trace));
    }
    let Some(clause) = &dtmf.events else { return };
    let understood = events(media).map(|codec| declared(sdp, codec)).reduce(|a, b| a.or(b)).unwrap_or_default();
    if !understood.holds(Events::of(clause.value.as_bytes())) {
        let breach = Breach::of_clause(clause, "fewer telephone events than agreed", clause.value.clone());
        breaches.add(breach.about("telephone-event").seen_in(trace));
    }
}

fn events(media: &Media) -> impl Iterator<Item = &Codec> {
    media.codecs.iter().filter(|codec| codec.name.eq_ignore_ascii_case("telephone-event"))
}

/// The events that a format declares; 0 to 15 where it does not say (RFC 4733 §2.4.1).
fn declared(sdp: &Description, codec: &Codec) -> Events {
    let list = sdp.fmtp_parameter(codec, "events").unwrap_or_else(|| sdp.fmtp(codec));
    if list.trim_ascii().is_empty() { Events::of(b"0-15") } else { Events::of(list) }
}

/// A set of events, bit n for event n.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Events([u128; 2]);

impl Events {
    /// Reads a list such as `0-11,16`; what cannot be read adds nothing.
    fn of(list: &[u8]) -> Self {
        let mut set = Self::default();
        let number = |digits: &[u8]| std::str::from_utf8(digits.trim_ascii()).ok()?.parse::<u8>().ok();
        for part in list.split(|&b| b == b',') {
            let dash = part.iter().position(|&b| b == b'-');
            let (low, high) = match dash.and_then(|at| part.split_at_checked(at)) {
                Some((low, high)) => (number(low), high.get(1..).and_then(number)),
                None => (number(part), number(part)),
            };
            if let (Some(low), Some(high)) = (low, high) {
                (low..=high).for_each(|event| set.0[usize::from(event >> 7)] |= 1 << (event & 0x7f));
            }
        }
        set
    }

    fn or(self, other: Self) -> Self {
        Self([self.0[0] | other.0[0], self.0[1] | other.0[1]])
    }

    fn holds(self, other: Self) -> bool {
        self.or(other) == self
    }
}

/// INFO with a body that carries digits (`application/dtmf-relay`, `application/dtmf`).
fn info(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    let content_type = message.get(HeaderName::ContentType).unwrap_or_default();
    let is_dtmf = content_type.get(..16).is_some_and(|lead| lead.eq_ignore_ascii_case(b"application/dtmf"));
    let methods = subject.terms.media.dtmf.methods.as_ref().filter(|_| message.method() == Some(Method::Info) && is_dtmf);
    match methods {
        None => Verdict::NotApplicable,
        Some(methods) if methods.value.iter().any(|m| m == "sip-info") => Verdict::Pass,
        Some(methods) => Verdict::breach(Breach::of_clause(methods, "DTMF in INFO", methods.value.join(", "))),
    }
}

/// The telephone events of a stream.
fn stream(subject: &StreamSubject<'_>) -> Verdict {
    let digits = &subject.stream.digits;
    let inband = subject.terms.media.dtmf.methods.as_ref().filter(|methods| forbids_tones(methods) && is_audible(subject));
    if subject.call.is_none() || (digits.count == 0 && inband.is_none()) {
        return Verdict::NotApplicable;
    }
    let heard = inband.filter(|_| subject.stream.tones.keys > 0).map(|methods| {
        let exhibit = subject.exhibit(&format!("{} digits as tones, {} as events", subject.stream.tones.keys, digits.count));
        Breach::of_clause(methods, "DTMF as tones in the audio", methods.value.join(", ")).seen_in(&exhibit)
    });
    let faults = [
        (digits.drifting, "time stamp changes within an event", "one time stamp for all packets of an event (RFC 4733 §2.5.1.2)"),
        (digits.shrinking, "duration of an event decreases", "durations that grow (RFC 4733 §2.3.5)"),
        (digits.unended, "event without a packet with the E bit", "three packets with the E bit (RFC 4733 §2.5.1.4)"),
    ];
    let exhibit = |n: u64| subject.exhibit(&format!("{n} times in {} events", digits.count));
    let broken = faults.into_iter().filter(|(n, ..)| *n > 0);
    let faults = broken.map(|(n, observed, agreed)| Breach::of_standard(observed, agreed).seen_in(&exhibit(n)));
    Verdict::of(faults.chain(heard).collect())
}

/// Whether digits as tones are no agreed method.
pub(super) fn forbids_tones(methods: &Clause<Vec<String>>) -> bool {
    !methods.value.iter().any(|method| method == "inband")
}

/// Whether tones in a stream can be heard: it is G.711 under its static number, and no cipher hides it.
fn is_audible(subject: &StreamSubject<'_>) -> bool {
    let stream = subject.stream;
    matches!(stream.main, 0 | 8) && stream.texture.and_then(|texture| texture.weave()) != Some(Weave::Even)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::negotiation::{Negotiation, exhibits};
    use crate::rules::passage::Passage;
    use crate::rules::scene::{Scene, agreed, observed};

    const EVENTS_8000: &str = "m=audio 4000 RTP/AVP 8 101\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-16\n";

    fn judge(offer: &str, answer: &str, methods: &[&str]) -> Verdict {
        let methods = methods.iter().map(|m| (*m).to_owned()).collect();
        let dtmf = Dtmf { methods: agreed(methods), events: agreed("0-15".into()), level: agreed(Level::Required) };
        Negotiation::of(offer, answer).agreed(|t| t.media.dtmf = dtmf).judge(&RULE)
    }

    #[test]
    fn an_answer_without_events_breaks_it() {
        let verdict = judge(EVENTS_8000, "m=audio 5000 RTP/AVP 8\n", &["rfc4733"]);
        assert_eq!((observed(&verdict), exhibits(&verdict)), (vec!["no telephone-event"], vec!["SIP/2.0"]));
    }

    #[test]
    fn another_clock_or_fewer_events_break_it() {
        let wide = "m=audio 4000 RTP/AVP 96 101\na=rtpmap:96 AMR-WB/16000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-9\n";
        let verdict = judge(wide, wide, &["rfc4733"]);
        let of_one = ["no telephone-event/16000 beside AMR-WB/16000", "fewer telephone events than agreed"];
        assert_eq!(observed(&verdict), [of_one, of_one].concat());
    }

    #[test]
    fn events_that_were_not_agreed_break_it() {
        assert_eq!(observed(&judge(EVENTS_8000, EVENTS_8000, &["inband"])), ["telephone-event/8000"]);
    }

    #[test]
    fn dtmf_in_info_is_judged_by_the_message() {
        let relay = |method: &str| {
            let scene = Scene::request("INFO").body("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n");
            scene.agreed(|t| t.media.dtmf.methods = agreed(vec![method.into()])).judge(&RULE)
        };
        assert_eq!(observed(&relay("rfc4733")), ["DTMF in INFO"]);
        assert_eq!(relay("sip-info"), Verdict::Pass);
    }

    #[test]
    fn faults_of_events_on_the_wire_break_it() {
        let events = |change: fn(&mut crate::media::Digits)| {
            Passage::of(EVENTS_8000, EVENTS_8000).with(|s| {
                s.digits.count = 4;
                change(&mut s.digits);
            })
        };
        let verdict = events(|d| (d.drifting, d.unended) = (1, 2)).judge(&RULE);
        assert_eq!(observed(&verdict), ["time stamp changes within an event", "event without a packet with the E bit"]);
        assert_eq!(events(|_| ()).judge(&RULE), Verdict::Pass);
        assert_eq!(events(|d| d.count = 0).judge(&RULE), Verdict::NotApplicable);
    }

    #[test]
    fn tones_in_the_audio_break_it_where_they_are_not_agreed() {
        let heard = |keys, method: &str| {
            let passage = Passage::of(EVENTS_8000, EVENTS_8000).with(|s| s.tones.keys = keys);
            passage.agreed(|t| t.media.dtmf.methods = agreed(vec![method.into()])).judge(&RULE)
        };
        assert_eq!(observed(&heard(2, "rfc4733")), ["DTMF as tones in the audio"]);
        assert_eq!([heard(0, "rfc4733"), heard(2, "inband")], [Verdict::Pass, Verdict::NotApplicable]);
    }

    #[test]
    fn agreed_events_keep_it() {
        assert_eq!(judge(EVENTS_8000, EVENTS_8000, &["rfc4733"]), Verdict::Pass);
        // RFC 4733 §2.4.1: without a list, events 0 to 15.
        let bare = "m=audio 5000 RTP/AVP 8 101\na=rtpmap:101 telephone-event/8000\n";
        assert_eq!(judge(EVENTS_8000, bare, &["rfc4733", "sip-info"]), Verdict::Pass);
    }

    #[test]
    fn without_methods_nothing_is_judged() {
        assert_eq!(Negotiation::of(EVENTS_8000, EVENTS_8000).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(judge("m=image 4 udptl t38\n", "m=image 4 udptl t38\n", &["rfc4733"]), Verdict::NotApplicable);
        assert_eq!(Scene::request("INFO").judge(&RULE), Verdict::NotApplicable);
    }

    #[test]
    fn lists_of_events_are_read() {
        assert!(Events::of(b"0-15,66").holds(Events::of(b"0-9,10,11")));
        assert!(!Events::of(b"0-9,x,-3,7-,300").holds(Events::of(b"10")));
        assert_eq!(Events::of(b"15-0"), Events::default());
    }
}
