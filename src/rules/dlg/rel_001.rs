//! Takes provisional responses that ask to be acknowledged, gives whether they are numbered and acknowledged, never what they carry.

use crate::call::{Ending, Reliables};
use crate::policy::{Level, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, TransactionSubject, Verdict};
use crate::sip::value::{elements, number};
use crate::sip::{HeaderName, Message, Method};

pub(crate) static RULE: Rule = Rule {
    id: "DLG-REL-001",
    name: "reliable-provisional-broken",
    title: "reliable provisional response rules violated",
    severity: Severity::Medium,
    tier: 2,
    scope: Scope::Session,
    offender: Offender::Both,
    reference: "RFC 3262 §3, §4, §7.1, §7.2",
    keys: &["sip.option_tags"],
    what: "A 1xx to an INVITE with Require: 100rel has an RSeq between 1 and 2^31 - 1, one more than that of the reliable response before \
           it in the same early dialog; a 100 has none. Within 64 times T1 a PRACK names it, unless the INVITE fails meanwhile. And where \
           the policy requires 100rel, a 1xx with SDP is sent reliably.",
    why: "Early media and preconditions rest on SDP in provisional responses. Sent unreliably it gets lost, and the caller hears nothing; \
          a response that nobody acknowledges is repeated until the called side gives the call up.",
    confirm: "Filter `sip.Call-ID == \"…\"` and read Require and RSeq of the 1xx beside RAck of the PRACK.",
    fix: "let the called side number its reliable responses one by one, and the calling side answer each with a PRACK, or take 100rel out \
           of Supported",
    check: Check::Several(&[Check::Message(Kind::RESPONSE, message), Check::Transaction(transaction)]),
};

/// The greatest RSeq (RFC 3262 §7.1).
const GREATEST: u64 = (1 << 31) - 1;

fn message(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    let (Some(code @ 100..200), Some(Method::Invite)) = (message.code(), subject.place.method) else { return Verdict::NotApplicable };
    let sequence = message.get(HeaderName::RSeq);
    if code == 100 {
        let line = message.lines(HeaderName::RSeq).next();
        return line.map_or(Verdict::NotApplicable, |line| {
            Verdict::breach(Breach::of_standard("100 with RSeq", "no RSeq in a 100").at(line.value).by(Offender::Sender))
        });
    }
    let is_reliable = requires(message);
    if !is_reliable && subject.lacks_headers() {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    if is_reliable {
        let whole = sequence.as_deref().and_then(|value| number(value.trim_ascii())).is_some_and(|n| (1..=GREATEST).contains(&n));
        let is_half = message.header(HeaderName::RSeq).map_or_else(|| subject.lacks_headers(), |line| subject.is_half(line.value));
        return match (whole, sequence.is_some()) {
            _ if is_half => Verdict::Indeterminate(Reason::Truncated),
            (true, _) => Verdict::Pass,
            (false, seen) => {
                let observed = if seen { "reliable 1xx with an RSeq out of range" } else { "reliable 1xx without RSeq" };
                let breach = Breach::of_standard(observed, "an RSeq between 1 and 2147483647");
                Verdict::breach(breach.at(message.start_span()).by(Offender::Sender).about("RSeq"))
            }
        };
    }
    let required = subject.terms.sip.option_tags.get("100rel").filter(|level| matches!(level.value, Level::Required | Level::Recommended));
    match required.filter(|_| subject.sdp.is_some()) {
        Some(level) => {
            let breach = Breach { agreed: "reliably (100rel)".into(), ..Breach::of_level(level, "SDP in an unreliable 1xx") };
            Verdict::breach(breach.at(message.start_span()).by(Offender::Sender))
        }
        None => Verdict::NotApplicable,
    }
}

fn requires(message: &Message) -> bool {
    let mut tags = message.lines(HeaderName::Require).flat_map(|line| elements(message.at(line.value)));
    tags.any(|tag| tag.eq_ignore_ascii_case(b"100rel"))
}

fn transaction(subject: &TransactionSubject<'_>) -> Verdict {
    let transaction = subject.transaction;
    let Some(Reliables { followed, unfollowed, covered }) = transaction.reliables.as_deref() else { return Verdict::NotApplicable };
    let mut breaches: Vec<Breach> = Vec::new();
    for reliable in followed {
        let expected = reliable.before.map(|before| before.saturating_add(1));
        if expected.is_some_and(|expected| expected != reliable.number) && !transaction.out_of_sight {
            let breach = Breach::of_standard("RSeq is not one more than the last", "one more for each reliable response");
            breaches.push(breach.seen_in(&reliable.response).by(Offender::Responder).about("RSeq"));
        }
    }
    // Whoever learns that the call failed need not acknowledge what led there.
    let failed = matches!(transaction.ending, Ending::Final { code: 300.., .. });
    let mut unknown = (*unfollowed > 0).then_some(Reason::Truncated);
    for reliable in followed.iter().filter(|reliable| !reliable.acknowledged && !failed) {
        match (covered, transaction.out_of_sight) {
            (true, false) => {
                let agreed = format!("a PRACK within {} s (64·T1)", subject.terms.sip.timers.t1() * 64 / 1_000_000_000);
                let breach = Breach::of_standard("no PRACK for a reliable 1xx", agreed);
                breaches.push(breach.seen_in(&reliable.response).by(Offender::Sender));
            }
            (false, _) => unknown = Some(Reason::Boundary),
            (true, true) => unknown = Some(Reason::Truncated),
        }
    }
    match unknown.filter(|_| breaches.is_empty()) {
        Some(reason) => Verdict::Indeterminate(reason),
        None => Verdict::of(breaches),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Reliable, Transaction};
    use crate::policy::Terms;
    use crate::rules::scene::{Scene, levels, observed};

    const SDP: &str = "v=0\no=- 1 1 IN IP4 10.0.0.1\ns=-\nc=IN IP4 10.0.0.1\nt=0 0\nm=audio 4000 RTP/AVP 0\n";

    fn over(followed: &[(u32, Option<u32>, bool)], code: u16, covered: bool) -> Verdict {
        let reliable = |&(number, before, acknowledged): &_| Reliable { number, before, acknowledged, ..Reliable::default() };
        let reliables = Reliables { followed: followed.iter().map(reliable).collect(), unfollowed: 0, covered };
        let ending = Ending::Final { code, response: Default::default() };
        let own = Transaction { reliables: Some(reliables.into()), ending, ..Transaction::default() };
        transaction(&TransactionSubject { transaction: &own, terms: &Terms::default() })
    }

    fn ringing(header: &str) -> Scene {
        Scene::response(180, "INVITE").add(header)
    }

    #[test]
    fn a_number_that_is_missing_or_out_of_range_breaks_it() {
        assert_eq!(observed(&ringing("Require: 100rel").judge(&RULE)), ["reliable 1xx without RSeq"]);
        let number = |rseq: &str| ringing("Require: precondition, 100rel").add(&format!("RSeq: {rseq}")).judge(&RULE);
        assert_eq!([number("0"), number("2147483648")].map(|v| observed(&v).len()), [1, 1]);
        assert_eq!([number("1"), number("2147483647")], [Verdict::Pass, Verdict::Pass]);
        let trying = Scene::response(100, "INVITE").add("RSeq: 1").judge(&RULE);
        assert_eq!(observed(&trying), ["100 with RSeq"]);
    }

    #[test]
    fn early_media_is_sent_as_agreed() {
        let judge = |scene: Scene| scene.sdp(SDP).agreed(|t| t.sip.option_tags = levels(&[("100rel", Level::Required)], None)).judge(&RULE);
        assert_eq!(observed(&judge(Scene::response(183, "INVITE"))), ["SDP in an unreliable 1xx"]);
        assert_eq!(judge(Scene::response(183, "INVITE").add("Require: 100rel").add("RSeq: 9")), Verdict::Pass);
        assert_eq!(Scene::response(183, "INVITE").sdp(SDP).judge(&RULE), Verdict::NotApplicable);
    }

    #[test]
    fn numbers_that_jump_and_responses_that_nobody_acknowledges_break_it() {
        assert_eq!(observed(&over(&[(7, None, true), (9, Some(7), true)], 200, true)), ["RSeq is not one more than the last"]);
        assert_eq!(observed(&over(&[(7, None, false)], 200, true)), ["no PRACK for a reliable 1xx"]);
    }

    #[test]
    fn whoever_counts_and_acknowledges_keeps_it() {
        assert_eq!(over(&[(7, None, true), (8, Some(7), true)], 200, true), Verdict::Pass);
        assert_eq!(over(&[(7, None, false)], 486, true), Verdict::Pass, "the call failed meanwhile");
    }

    #[test]
    fn what_the_capture_leaves_open_cannot_be_judged() {
        assert_eq!(over(&[(7, None, false)], 200, false), Verdict::Indeterminate(Reason::Boundary));
        assert_eq!(ringing("X: y").judge(&RULE), Verdict::NotApplicable);
        let plain = transaction(&TransactionSubject { transaction: &Transaction::default(), terms: &Terms::default() });
        assert_eq!(plain, Verdict::NotApplicable);
    }
}
