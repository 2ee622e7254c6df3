//! Takes a message of a session, gives whether its charging vector is what was agreed, never what the call costs.

use crate::base::Span;
use crate::call::Standing;
use crate::policy::{Clause, Level, Party, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Once, Reason, ReuseSubject, Rule, Scope, Verdict};
use crate::sip::value::Params;
use crate::sip::{HeaderName, Method};

pub(crate) static RULE: Rule = Rule {
    id: "ACC-PCV-001",
    name: "charging-vector-wrong",
    title: "P-Charging-Vector missing or wrong",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 7315 §4.6, §5.6; RFC 6271 App. A.1",
    keys: &["accounting.charging_vector", "accounting.ioi"],
    what: "Where it was agreed, an INVITE that opens a session and its 2xx carry P-Charging-Vector with an `icid-value`; `orig-ioi` is the \
           agreed identifier of the network that originates, `term-ioi` in responses that of the one that answers. The `icid-value` stays \
           the same in its session, and comes in no other session of the same direction, as far as ten minutes tell; an attempt at another \
           border element, once one failed or while it stays without response, is none.",
    why: "Records of both networks are matched by this identifier. Without it, or with one that is used twice, calls are billed twice or \
           not at all.",
    confirm: "Filter `sip.P-Charging-Vector` with the Call-ID of the finding; for one that comes twice filter its `icid-value`.",
    fix: "let the border element of the sender make or pass P-Charging-Vector with its own identifiers, one `icid-value` for each session",
    check: Check::Several(&[Check::Message(Kind::ANY, check), Check::Reuse(again)]),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let Some(level) = subject.terms.accounting.charging_vector.as_ref().filter(|l| l.value != Level::Unspecified) else {
        return Verdict::NotApplicable;
    };
    let message = subject.message();
    let Some(line) = message.header(HeaderName::PChargingVector) else { return absent(subject, level) };
    if matches!(level.value, Level::Forbidden | Level::Discouraged) {
        return Verdict::breach(Breach::of_level(level, "P-Charging-Vector").at(line.name).about("P-Charging-Vector"));
    }
    let value = message.value(line);
    let vector = Params(&value);
    let mut breaches = Vec::new();
    if vector.value(b"icid-value").is_none_or(<[u8]>::is_empty) {
        breaches.push(Breach::of_standard("P-Charging-Vector without icid-value", "icid-value (RFC 7315 §4.6)").at(line.value));
    } else if subject.recalled.charging_id_changed {
        breaches.push(Breach::of_standard("icid-value that changed within the session", "one icid-value for the session").at(line.value));
    }
    // What requests inside a dialog name depends on who sends them; the first of a session names who opens it.
    if opens_session(subject) {
        // It is the request that names who opens the session; a response may repeat it.
        if message.is_request() || vector.has(b"orig-ioi") {
            breaches.extend(identifier(subject, "orig-ioi", subject.session_from, level, vector, line.value));
        }
        if !message.is_request() {
            breaches.extend(identifier(subject, "term-ioi", subject.from, level, vector, line.value));
        }
    }
    subject.verdict(breaches.into_iter().map(|breach| breach.about("P-Charging-Vector")).collect())
}

/// Whether it is an INVITE that opens a session, or a 2xx to one.
fn opens_session(subject: &MessageSubject<'_>) -> bool {
    let (message, place) = (subject.message(), subject.place);
    match message.code() {
        None => message.method() == Some(Method::Invite) && place.standing == Standing::Initial,
        Some(code) => (200..300).contains(&code) && place.method == Some(Method::Invite) && place.answers_initial(),
    }
}

fn absent(subject: &MessageSubject<'_>, level: &Clause<Level>) -> Verdict {
    match level.value {
        Level::Forbidden | Level::Discouraged if subject.lacks_headers() => Verdict::Indeterminate(Reason::Truncated),
        Level::Forbidden | Level::Discouraged => Verdict::Pass,
        Level::Required | Level::Recommended if opens_session(subject) => {
            if subject.lacks_headers() {
                return Verdict::Indeterminate(Reason::Truncated);
            }
            let observed =
                if subject.message().is_request() { "INVITE without P-Charging-Vector" } else { "2xx without P-Charging-Vector" };
            Verdict::breach(Breach::of_level(level, observed).at(subject.message().start_span()).about("P-Charging-Vector"))
        }
        _ => Verdict::NotApplicable,
    }
}

/// What is wrong with the identifier of a network in the vector.
fn identifier(
    subject: &MessageSubject<'_>,
    name: &'static str,
    of: Party,
    level: &Clause<Level>,
    vector: Params<'_>,
    at: Span,
) -> Option<Breach> {
    let peer = subject.policy.peer(of)?;
    let agreed = subject.terms.accounting.ioi.get(&peer.id)?;
    match vector.value(name.as_bytes()) {
        Some(own) if own.eq_ignore_ascii_case(agreed.value.as_bytes()) => None,
        Some(_) => Some(Breach::of_clause(agreed, format!("{name} of another network"), agreed.value.clone()).at(at)),
        None => Some(Breach { level: Some(level.value), ..Breach::of_clause(agreed, format!("no {name}"), agreed.value.clone()) }.at(at))
            .filter(|_| matches!(level.value, Level::Required | Level::Recommended)),
    }
}

fn again(subject: &ReuseSubject<'_>) -> Verdict {
    let level = subject.terms.accounting.charging_vector.as_ref();
    let Some(level) = level.filter(|l| subject.kind == Once::ChargingId && !matches!(l.value, Level::Unspecified | Level::Forbidden))
    else {
        return Verdict::NotApplicable;
    };
    match subject.before {
        None => return Verdict::Pass,
        // What became of that is not known yet.
        Some(before) if before.may_go_on => return Verdict::Indeterminate(Reason::OneWay),
        Some(_) => {}
    }
    let breach = Breach::of_clause(level, "icid-value of another session", "one icid-value for each session");
    Verdict::breach(breach.about("P-Charging-Vector").seen_in(&subject.exhibit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::call::Trace;
    use crate::policy::Terms;
    use crate::rules::Before;
    use crate::rules::scene::{Scene, agreed, clause, observed};

    fn with(scene: Scene, vector: &str) -> Scene {
        let scene = if vector.is_empty() { scene } else { scene.add(&format!("P-Charging-Vector: {vector}")) };
        scene
            .agreed(|t| {
                t.accounting.charging_vector = agreed(Level::Required);
                t.accounting.ioi =
                    [("alpha".to_owned(), clause("alpha.example".to_owned())), ("bravo".to_owned(), clause("bravo.example".to_owned()))]
                        .into();
            })
            .declared(|_| {})
    }

    #[test]
    fn missing_and_foreign_identifiers_break_it() {
        let request = |vector| with(Scene::request("INVITE"), vector).judge(&RULE);
        assert_eq!(observed(&request("")), ["INVITE without P-Charging-Vector"]);
        assert_eq!(observed(&request("orig-ioi=alpha.example")), ["P-Charging-Vector without icid-value"]);
        assert_eq!(observed(&request("icid-value=1;orig-ioi=\"other.example\"")), ["orig-ioi of another network"]);
        assert_eq!(observed(&request("icid-value=1")), ["no orig-ioi"]);
        let response = |vector| with(Scene::response(200, "INVITE"), vector).judge(&RULE);
        assert_eq!(observed(&response("")), ["2xx without P-Charging-Vector"]);
        assert_eq!(observed(&response("icid-value=1;orig-ioi=alpha.example;term-ioi=alpha.example")), ["term-ioi of another network"]);
        assert_eq!(observed(&response("icid-value=1;orig-ioi=alpha.example")), ["no term-ioi"]);
        assert_eq!(observed(&response("icid-value=1;orig-ioi=x;term-ioi=bravo.example")), ["orig-ioi of another network"]);
    }

    #[test]
    fn an_identifier_that_changes_or_comes_twice_breaks_it() {
        let mut scene = with(Scene::request("INVITE"), "icid-value=1;orig-ioi=alpha.example");
        scene.recalled.charging_id_changed = true;
        assert_eq!(observed(&scene.judge(&RULE)), ["icid-value that changed within the session"]);
        let mut terms = Terms::default();
        terms.accounting.charging_vector = agreed(Level::Required);
        let trace = Trace::default();
        let judged = |before| again(&ReuseSubject { kind: Once::ChargingId, trace: &trace, before, copies: 1, terms: &terms });
        assert_eq!(observed(&judged(Some(Before { call_id: "a@x", at: Time(0), may_go_on: false }))), ["icid-value of another session"]);
        assert_eq!(judged(None), Verdict::Pass);
    }

    #[test]
    fn a_vector_that_crosses_against_the_agreement_breaks_it() {
        let forbidden = with(Scene::request("BYE"), "icid-value=1").agreed(|t| t.accounting.charging_vector = agreed(Level::Forbidden));
        assert_eq!(observed(&forbidden.judge(&RULE)), ["P-Charging-Vector"]);
    }

    #[test]
    fn the_agreed_vector_keeps_it() {
        let vector = "icid-value=\"AyretyU0dm+6O2IrT5tAFrbHLso=023551024\";orig-ioi=alpha.example";
        assert_eq!(with(Scene::request("INVITE"), vector).judge(&RULE), Verdict::Pass);
        for answered in [&format!("{vector};term-ioi=Bravo.example"), "icid-value=1;term-ioi=bravo.example"] {
            assert_eq!(with(Scene::response(200, "INVITE"), answered).judge(&RULE), Verdict::Pass, "{answered}");
        }
    }

    #[test]
    fn other_messages_are_not_judged_and_cut_ones_cannot_be() {
        assert_eq!(with(Scene::request("BYE"), "").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(with(Scene::response(180, "INVITE"), "").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(with(Scene::request("INVITE"), "").cut_to(100).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
