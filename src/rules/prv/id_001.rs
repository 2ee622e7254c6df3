//! Takes a message, gives whether it discloses what its caller or the agreement keeps back, never who the caller is.

use super::privacy::{asks, is_anonymous};
use crate::policy::{Level, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sip::HeaderName;
use crate::stir::{Form, Person};

pub(crate) static RULE: Rule = Rule {
    id: "PRV-ID-001",
    name: "identity-disclosed-despite-privacy",
    title: "identity or location disclosed",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3323 §4, §5; RFC 3325 §7, §9.3; RFC 5379; RFC 7315; RFC 8224 §11",
    keys: &["privacy.enforce_privacy_id", "privacy.location_headers", "identity.trust"],
    what: "Towards a peer that the agreement puts outside the trust domain (identity.trust = false), a message with Privacy: id carries no \
           P-Asserted-Identity, P-Preferred-Identity or Remote-Party-ID, and no Identity whose `orig` names a caller that From does not, \
           unless calls are to be signed (identity.stir.identity_header); one with `user` or `header` besides no Call-Info, and with \
           `user` its From names nobody. Inside the trust domain the identity passes, and the receiver withholds it. \
           P-Access-Network-Info, Geolocation and P-Visited-Network-ID pass only where they are agreed.",
    why: "A caller who asked for privacy has a right to it, by law in most countries, and it was broken the moment that the message \
          crossed the border. Where a user is (cell, access line) is personal data of its own.",
    confirm: "Filter `sip.Privacy contains \"id\" && sip.P-Asserted-Identity`, or `sip.P-Access-Network-Info || sip.Geolocation`.",
    fix: "let the sending border element act as privacy service towards this peer and strip location headers",
    check: Check::Message(Kind::ANY, check),
};

const ASSERTED: [HeaderName; 3] = [HeaderName::PAssertedIdentity, HeaderName::PPreferredIdentity, HeaderName::RemotePartyId];
const LOCATION: [HeaderName; 3] = [HeaderName::PAccessNetworkInfo, HeaderName::Geolocation, HeaderName::PVisitedNetworkId];

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let (message, privacy) = (subject.message(), &subject.terms.privacy);
    let mut breaches = Vec::new();
    let mut judged = false;
    if let Some(level) = privacy.location_headers.as_ref().filter(|l| matches!(l.value, Level::Forbidden | Level::Discouraged)) {
        judged = true;
        for id in LOCATION.into_iter().filter(|&id| message.has(id)) {
            let breach = Breach::of_level(level, id.text()).about(id.text());
            breaches.push(breach.at(message.header(id).map_or(message.start_span(), |line| line.value)));
        }
    }
    let enforced = privacy.enforce_privacy_id.as_ref().filter(|l| matches!(l.value, Level::Required | Level::Recommended));
    // Without a word on trust nobody knows what privacy asks of this border.
    let trust = subject.terms.identity.trust.as_ref().map(|trust| trust.value);
    let enforced = enforced.filter(|_| trust.is_some());
    if let Some(level) = enforced.filter(|_| message.has(HeaderName::Privacy)) {
        judged = true;
        if trust == Some(false) {
            let mut disclosed = |id: HeaderName, asked: &str| {
                let agreed = format!("privacy {} towards an untrusted peer", level.value.name());
                let breach = Breach { agreed: agreed.into(), ..Breach::of_level(level, format!("{} despite Privacy: {asked}", id.text())) };
                breaches.push(breach.at(message.header(id).map_or(message.start_span(), |line| line.value)).about(id.text()));
            };
            if asks(message, &[b"id"]) {
                ASSERTED.into_iter().filter(|&id| message.has(id)).for_each(|id| disclosed(id, "id"));
                if names_caller(subject) {
                    disclosed(HeaderName::Identity, "id");
                }
            }
            if asks(message, &[b"user", b"header"]) && message.has(HeaderName::CallInfo) {
                disclosed(HeaderName::CallInfo, "user or header");
            }
            if asks(message, &[b"user"]) && message.is_request() && is_anonymous(message) == Some(false) {
                disclosed(HeaderName::From, "user");
            }
        }
    }
    // That somebody asks for privacy may stand in what is missing.
    judged |= enforced.is_some() && subject.lacks_headers();
    if judged { subject.verdict(breaches) } else { Verdict::NotApplicable }
}

/// Whether a PASSporT tells who calls where From does not, though nobody asked for one (RFC 8225 §5.2.1, RFC 8224 §11).
fn names_caller(subject: &MessageSubject<'_>) -> bool {
    let message = subject.message();
    let signed = subject.terms.identity.stir.identity_header.as_ref();
    if !message.has(HeaderName::Identity) || signed.is_some_and(|l| matches!(l.value, Level::Required | Level::Recommended)) {
        return false;
    }
    let shown = message.addresses_of(HeaderName::From).next().and_then(|from| Person::of(from.uri.as_ref()?));
    let names = |orig: &Person| match (orig, &shown) {
        // In national form it is the end of the global one, behind zeros.
        (Person::Number(number), Some(Person::Number(shown))) => !number.ends_with(shown.trim_start_matches('0')),
        (Person::Number(number), _) => number.bytes().any(|b| b.is_ascii_digit()),
        (Person::Uri(uri), shown) => !uri.contains("anonymous") && shown.as_ref() != Some(orig),
    };
    let full = subject.passports().iter().filter(|signed| signed.passport.form == Form::Full);
    full.filter_map(|signed| signed.passport.orig.as_ref()).any(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Reason;
    use crate::rules::scene::{Scene, agreed, observed};
    use crate::stir::example::{HEADER, PAYLOAD, identity};

    fn judged(scene: Scene, trust: bool) -> Verdict {
        let scene = scene.agreed(|t| {
            t.privacy.enforce_privacy_id = agreed(Level::Required);
            t.identity.trust = agreed(trust);
        });
        scene.judge(&RULE)
    }

    fn hidden(privacy: &str) -> Scene {
        Scene::request("INVITE").add(&format!("Privacy: {privacy}")).add("P-Asserted-Identity: <tel:+4930123456>")
    }

    #[test]
    fn an_identity_sent_to_an_untrusted_peer_breaks_it() {
        assert_eq!(observed(&judged(hidden("critical;ID"), false)), ["P-Asserted-Identity despite Privacy: id"]);
        let user = Scene::request("INVITE").add("Privacy: user").add("Call-Info: <http://a.example/me.png>;purpose=icon");
        let expected = ["Call-Info despite Privacy: user or header", "From despite Privacy: user"];
        assert_eq!(observed(&judged(user, false)), expected);
    }

    #[test]
    fn a_passport_that_names_a_hidden_caller_breaks_it() {
        let signed = |from: &str| {
            let identity = identity(HEADER, PAYLOAD);
            Scene::request("INVITE").set(&format!("From: <{from}>;tag=a1")).add("Privacy: id").add(&format!("Identity: {identity}"))
        };
        let hidden = "sip:anonymous@anonymous.invalid";
        assert_eq!(observed(&judged(signed(hidden), false)), ["Identity despite Privacy: id"]);
        assert_eq!(judged(signed(hidden), true), Verdict::Pass);
        let agreed = signed(hidden).agreed(|t| t.identity.stir.identity_header = agreed(Level::Required));
        assert_eq!(judged(agreed, false), Verdict::Pass, "calls are to be signed");
        for shown in ["sip:+4930123456@alpha.example", "sip:030123456@alpha.example"] {
            assert_eq!(judged(signed(shown), false), Verdict::Pass, "{shown}");
        }
        assert_eq!(observed(&judged(signed("tel:+4930999999"), false)), ["Identity despite Privacy: id"]);
        let compact = Scene::request("INVITE").add("Privacy: id").add("Identity: ..AAAA;info=<https://x/a>");
        assert_eq!(judged(compact, false), Verdict::Pass, "it names nobody");
    }

    #[test]
    fn a_location_that_is_not_agreed_breaks_it() {
        let scene = Scene::request("INVITE").add("P-Access-Network-Info: 3GPP-E-UTRAN-FDD; utran-cell-id-3gpp=234150999999999");
        let scene = scene.agreed(|t| t.privacy.location_headers = agreed(Level::Forbidden));
        assert_eq!(observed(&scene.judge(&RULE)), ["P-Access-Network-Info"]);
    }

    #[test]
    fn trust_and_other_kinds_of_privacy_keep_it() {
        assert_eq!(judged(hidden("id"), true), Verdict::Pass);
        assert_eq!(judged(hidden("none"), false), Verdict::Pass);
        let withheld = Scene::request("INVITE").add("Privacy: id;user").set("From: <sip:anonymous@anonymous.invalid>;tag=a1");
        assert_eq!(judged(withheld, false), Verdict::Pass);
    }

    #[test]
    fn who_asks_for_nothing_is_not_judged_and_a_cut_message_cannot_be() {
        assert_eq!(judged(Scene::request("INVITE").add("P-Asserted-Identity: <tel:+4930123456>"), false), Verdict::NotApplicable);
        let untold = hidden("id").agreed(|t| t.privacy.enforce_privacy_id = agreed(Level::Required));
        assert_eq!(untold.judge(&RULE), Verdict::NotApplicable, "nothing was agreed on trust");
        let cut = Scene::request("INVITE").agreed(|t| t.privacy.location_headers = agreed(Level::Forbidden)).cut_to(120);
        assert_eq!(cut.judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
