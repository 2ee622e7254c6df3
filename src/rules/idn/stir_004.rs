//! Takes a request with PASSporTs, gives whether they were made for this call, never whether their signatures hold.

use crate::policy::{Level, Severity};
use crate::rules::passports::Signed;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::value::{Telephone, Uri};
use crate::sip::{Address, HeaderName};
use crate::stir::{Form, Person};

pub(crate) static RULE: Rule = Rule {
    id: "IDN-STIR-004",
    name: "passport-of-another-call",
    title: "PASSporT does not match the call",
    severity: Severity::Critical,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 8224 §6.2, §8; RFC 8225 §5.2.1; RFC 8946 §4, §5",
    keys: &["identity.stir.identity_header"],
    what: "The `orig` of every PASSporT is the caller (P-Asserted-Identity, else From) and its `dest` the called party in To; where a call \
           was diverted, each `div` PASSporT goes on from a `dest` before it with the same `orig`, and the last one leads to the target. \
           Numbers are compared by their digits, URIs by user and host. A number in national form, or a hidden caller, cannot be compared.",
    why: "A PASSporT that was made for another call vouches for nobody: it was copied from one, or numbers were rewritten behind the \
           signer, and verification fails at the callee's.",
    confirm: "Filter `sip.Identity`, decode the payload from base64url, and compare `orig` with `sip.pai.user` or `sip.from.user` and \
           `dest` with `sip.to.user`.",
    fix: "sign after the last rewriting of numbers; sign diversions with a `div` PASSporT; find out where a copied PASSporT came from",
    check: Check::Message(Kind::INITIAL_REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    let agreed = subject.terms.identity.stir.identity_header.as_ref().is_some_and(|l| l.value != Level::Unspecified);
    if !agreed || !message.has(HeaderName::Identity) || !subject.is_initial_request() {
        return Verdict::NotApplicable;
    }
    // Who calls, who is called and what tells of a diversion may stand in what is missing.
    if subject.lacks_headers() {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let readable: Vec<&Signed> = subject
        .passports()
        .iter()
        .filter(|s| s.passport.form == Form::Full && s.passport.orig.is_some() && !s.passport.dest.is_empty())
        .collect();
    if readable.is_empty() {
        // What cannot be read is the matter of IDN-STIR-002; what the compact form claims is what the message says.
        return Verdict::Indeterminate(Reason::NoAuxInput);
    }
    let asserted = People::of(message.addresses_of(HeaderName::PAssertedIdentity));
    let caller = if asserted.is_empty() { People::of(message.addresses_of(HeaderName::From)) } else { asserted };
    let to = People::of(message.addresses_of(HeaderName::To));
    let target = People::of(message.target().into_iter());
    let mut unknown = false;
    let mut breaches = Vec::new();
    for signed in &readable {
        match signed.passport.orig.as_ref().map(|orig| caller.has(std::slice::from_ref(orig))) {
            Some(Some(false)) => breaches.push(of("orig that is not the caller", "orig is P-Asserted-Identity, else From").at(signed.at)),
            Some(None) => unknown = true,
            Some(Some(true)) | None => {}
        }
    }
    let (diverted, own): (Vec<&Signed>, Vec<&Signed>) = readable.iter().partition(|signed| signed.passport.is_diversion());
    if own.is_empty() {
        // The PASSporT before the first diversion is not there, or cannot be read: only where the last one leads can be told.
        let leads: Vec<Person> = diverted.iter().flat_map(|div| div.passport.dest.iter().cloned()).collect();
        match (target.has(&leads), diverted.as_slice()) {
            (Some(false), [.., last]) => breaches.push(astray(last)),
            (Some(true), [only]) => unknown |= to.has(only.passport.div.as_slice()) != Some(true),
            _ => unknown = true,
        }
    }
    for signed in own {
        let reached = follow(signed, &diverted, &mut breaches);
        let goal = if diverted.is_empty() { to.has(&reached) } else { either(target.has(&reached), to.has(&reached)) };
        match goal {
            Some(true) => {}
            Some(false) if diverted.is_empty() => {
                breaches.push(of("dest that is not the called party", "dest is To, or div tells of a diversion").at(signed.at))
            }
            Some(false) => breaches.push(astray(signed)),
            None => unknown = true,
        }
    }
    if breaches.is_empty() && unknown {
        return Verdict::Indeterminate(Reason::NoAuxInput);
    }
    subject.verdict(breaches)
}

/// Follows the diversions from where a PASSporT went first; gives where the last one leads.
fn follow(first: &Signed, diverted: &[&Signed], breaches: &mut Vec<Breach>) -> Vec<Person> {
    let mut reached = first.passport.dest.clone();
    let mut left: Vec<&&Signed> = diverted.iter().collect();
    loop {
        let next = left.iter().position(|div| div.passport.div.as_ref().is_some_and(|from| reached.contains(from)));
        // What lies before a `div-o` is in it (RFC 8946 §5).
        let Some(at) = next.or_else(|| left.iter().position(|div| div.passport.ppt.as_deref() == Some("div-o"))) else { break };
        reached.clone_from(&left.swap_remove(at).passport.dest);
    }
    breaches.extend(left.first().map(|div| of("div that follows no dest", "div is a dest of the PASSporT before").at(div.at)));
    let other = diverted.iter().find(|div| div.passport.orig != first.passport.orig);
    breaches.extend(other.map(|div| of("div with another orig", "orig stays the same").at(div.at)));
    reached
}

fn astray(signed: &Signed) -> Breach {
    of("div that does not lead to the target", "the last div leads to the Request-URI").at(signed.at)
}

fn of(observed: &'static str, agreed: &'static str) -> Breach {
    Breach::of_standard(observed, agreed).about("Identity")
}

const fn either(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// Those whom a header names.
struct People<'a> {
    known: Vec<Person>,
    /// As they were written.
    uris: Vec<Uri<'a>>,
    /// Whether one of them is written so that it may be anybody: a national number, or a caller who hides.
    unclear: bool,
}

impl<'a> People<'a> {
    fn of(addresses: impl Iterator<Item = Address<'a>>) -> Self {
        let mut people = Self { known: Vec::new(), uris: Vec::new(), unclear: false };
        for uri in addresses.filter_map(|address| address.uri) {
            people.unclear |= Person::is_local(&uri) || is_hidden(&uri);
            people.known.extend(Person::of(&uri));
            people.uris.push(uri);
        }
        people
    }

    fn is_empty(&self) -> bool {
        self.known.is_empty() && !self.unclear
    }

    /// Whether one of them is among these; `None` where that cannot be told.
    fn has(&self, others: &[Person]) -> Option<bool> {
        if others.iter().any(|other| self.known.contains(other)) {
            Some(true)
        } else {
            let may_be = || self.uris.iter().any(|uri| others.iter().any(|other| other.may_be(uri)));
            (!self.unclear && !self.known.is_empty() && !may_be()).then_some(false)
        }
    }
}

/// RFC 3323 §4.1.1.3; or a word such as `restricted` where `user=phone` promises a number.
fn is_hidden(uri: &Uri<'_>) -> bool {
    let promises = || uri.params.value(b"user").is_some_and(|user| user.eq_ignore_ascii_case(b"phone"));
    uri.host.eq_ignore_ascii_case(b"anonymous.invalid") || (promises() && Telephone::of(uri).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, observed};
    use crate::stir::example::{HEADER, PAYLOAD, identity};

    fn call(payload: &str) -> Scene {
        let scene = Scene::request("INVITE").add(&format!("Identity: {}", identity(HEADER, payload)));
        scene.agreed(|t| t.identity.stir.identity_header = agreed(Level::Required))
    }

    fn diverted(scene: Scene, from: &str, to: &str, orig: &str) -> Scene {
        let payload = format!(r#"{{"dest":{{"tn":["{to}"]}},"div":{{"tn":"{from}"}},"iat":1794650000,"orig":{{"tn":"{orig}"}}}}"#);
        scene.add(&format!("Identity: {}", identity(&HEADER.replace("shaken", "div"), &payload).replace("ppt=shaken", "ppt=div")))
    }

    #[test]
    fn a_passport_of_another_call_breaks_it() {
        let other = PAYLOAD.replace("4930123456", "4940999");
        assert_eq!(observed(&call(&other).judge(&RULE)), ["orig that is not the caller"]);
        assert_eq!(observed(&call(PAYLOAD).add("P-Asserted-Identity: <tel:+4930777>").judge(&RULE)), ["orig that is not the caller"]);
        let other = PAYLOAD.replace("442079460000", "33123456");
        assert_eq!(observed(&call(&other).judge(&RULE)), ["dest that is not the called party"]);
    }

    #[test]
    fn a_chain_of_diversions_that_breaks_off_breaks_it() {
        let to = || call(PAYLOAD).start("INVITE sip:+33123456@edge.bravo.example SIP/2.0");
        assert_eq!(diverted(to(), "442079460000", "33123456", "4930123456").judge(&RULE), Verdict::Pass);
        let twice = diverted(diverted(to(), "1555", "33123456", "4930123456"), "442079460000", "1555", "4930123456");
        assert_eq!(twice.judge(&RULE), Verdict::Pass, "in any order");
        assert_eq!(
            observed(&diverted(to(), "442079460000", "33999", "4930123456").set("To: <tel:+33123456>").judge(&RULE)),
            ["div that does not lead to the target"]
        );
        assert_eq!(observed(&diverted(to(), "1555", "33123456", "4930123456").judge(&RULE))[0], "div that follows no dest");
        assert_eq!(
            observed(&diverted(to(), "442079460000", "33123456", "4940").judge(&RULE)),
            ["orig that is not the caller", "div with another orig"]
        );
    }

    /// RFC 8946 §5: a `div-o` has the PASSporT before it in its `opt`.
    #[test]
    fn diversions_of_which_the_first_passport_is_not_there() {
        let alone = |ppt: &str, from: &str, to: &str, target: &str| {
            let payload = format!(
                r#"{{"dest":{{"tn":["{to}"]}},"div":{{"tn":"{from}"}},"iat":1794650000,"opt":"a.b.c","orig":{{"tn":"4930123456"}}}}"#
            );
            let identity = identity(&HEADER.replace("shaken", ppt), &payload).replace("ppt=shaken", &format!("ppt={ppt}"));
            let scene = Scene::request("INVITE").start(&format!("INVITE tel:+{target} SIP/2.0")).add(&format!("Identity: {identity}"));
            scene.agreed(|t| t.identity.stir.identity_header = agreed(Level::Required)).judge(&RULE)
        };
        for ppt in ["div", "div-o"] {
            assert_eq!(alone(ppt, "442079460000", "33123456", "33123456"), Verdict::Pass, "{ppt}");
            assert_eq!(alone(ppt, "1555", "33123456", "33123456"), Verdict::Indeterminate(Reason::NoAuxInput), "{ppt}: from elsewhere");
            assert_eq!(observed(&alone(ppt, "442079460000", "33123456", "33999999")), ["div that does not lead to the target"], "{ppt}");
        }
    }

    #[test]
    fn a_passport_of_this_call_keeps_it() {
        assert_eq!(call(PAYLOAD).judge(&RULE), Verdict::Pass);
        assert_eq!(call(PAYLOAD).set("To: <tel:+44-20-7946-0000>").judge(&RULE), Verdict::Pass);
        let hidden = call(PAYLOAD).set("From: <sip:anonymous@anonymous.invalid>;tag=1");
        assert_eq!(hidden.add("P-Asserted-Identity: <sip:+4930123456@x>").judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn what_cannot_be_compared_is_not_judged() {
        let hidden = call(PAYLOAD).set("From: <sip:anonymous@anonymous.invalid>;tag=1");
        assert_eq!(hidden.judge(&RULE), Verdict::Indeterminate(Reason::NoAuxInput));
        let withheld = call(PAYLOAD).set("From: <sip:restricted@alpha.example;user=phone>;tag=1");
        assert_eq!(withheld.judge(&RULE), Verdict::Indeterminate(Reason::NoAuxInput));
        for to in ["tel:02079460000", "sip:2079460000@bravo.example", "tel:2079460000;phone-context=+44"] {
            let open = call(PAYLOAD).set(&format!("To: <{to}>")).judge(&RULE);
            assert_eq!(open, Verdict::Indeterminate(Reason::NoAuxInput), "{to}: the signer knows the country (RFC 8224 §8.3)");
        }
        assert_eq!(call("{}").judge(&RULE), Verdict::Indeterminate(Reason::NoAuxInput));
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
        let cut = call(PAYLOAD).text().len() - 60;
        assert_eq!(call(PAYLOAD).cut_to(cut).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
