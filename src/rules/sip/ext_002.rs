//! Takes messages that form dialogs, and what a party showed over the capture, gives whether required extensions are to be seen, never whether they work.

use crate::policy::{Clause, Level, RfcGroup, Severity};
use crate::rules::repertoire::has_tag;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Repertoire, RepertoireSubject, Rule, Scope, Verdict};
use crate::sip::Method;

pub(crate) static RULE: Rule = Rule {
    id: "SIP-EXT-002",
    name: "required-extension-not-shown",
    title: "required extension or RFC group shows no evidence of support",
    severity: Severity::Low,
    tier: 3,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 A.1; RFC 5411",
    keys: &["sip.option_tags", "sip.rfc_group"],
    what: "Each required option tag stands in Supported or Require of every request that forms a dialog and of every 2xx to such an \
           INVITE. And of each required group of RFCs there is some evidence in what a peer sends: an option tag, a header, a method or an \
           attribute that one of its RFCs defines, once it has sent min_dialogs requests that form dialogs or 2xx to INVITE. RFCs that \
           leave no trace in a single message are left out.",
    why: "What a peer never shows, the other side's equipment does not use: ringing is sent unreliably, sessions are not refreshed, \
           diversions are lost. Missing evidence is no proof, so this is low.",
    confirm: "Filter `sip.Supported || sip.Require` with the address of the peer and look for the tag; for a group read `sip.Allow` and \
           the headers of its INVITEs.",
    fix: "enable the extension at the peer's border element, or lower its level in sip.option_tags or sip.rfc_group",
    check: Check::Several(&[Check::Message(Kind::ANY, message), Check::Repertoire(repertoire)]),
};

const fn is_wanted(level: Level) -> bool {
    matches!(level, Level::Required | Level::Recommended)
}

fn message(subject: &MessageSubject<'_>) -> Verdict {
    let wanted = || subject.terms.sip.option_tags.entries.iter().filter(|(_, level)| is_wanted(level.value));
    if wanted().next().is_none() || !forms_dialog(subject) {
        return Verdict::NotApplicable;
    }
    let missing: Vec<(&String, &Clause<Level>)> = wanted().filter(|(tag, _)| !has_tag(subject.message(), tag)).collect();
    if !missing.is_empty() && subject.lacks_headers() {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let breach = |(tag, level): (&String, &Clause<Level>)| {
        let breach = Breach::of_level(level, format!("{tag} in neither Supported nor Require"));
        breach.at(subject.message().start_span()).about("Supported")
    };
    Verdict::of(missing.into_iter().map(breach).collect())
}

/// A request that opens a dialog, or the 2xx that confirms one of an INVITE.
fn forms_dialog(subject: &MessageSubject<'_>) -> bool {
    match (subject.message().method(), subject.message().code()) {
        (Some(Method::Invite | Method::Subscribe), _) => subject.is_initial_request(),
        (None, Some(code)) => code / 100 == 2 && subject.place.method == Some(Method::Invite) && subject.place.answers_initial(),
        _ => false,
    }
}

fn repertoire(subject: &RepertoireSubject<'_>) -> Verdict {
    let groups = subject.terms.sip.rfc_groups.iter().filter(|group| is_wanted(group.level.value));
    groups.map(|group| of_group(group, subject.repertoire)).fold(Verdict::NotApplicable, |all, one| match (all, one) {
        (Verdict::Violation(mut all), Verdict::Violation(more)) => {
            all.extend(more);
            Verdict::Violation(all)
        }
        (Verdict::Violation(breaches), _) | (_, Verdict::Violation(breaches)) => Verdict::Violation(breaches),
        (Verdict::Pass, _) | (_, Verdict::Pass) => Verdict::Pass,
        (Verdict::NotApplicable, one) => one,
        (all, _) => all,
    })
}

fn of_group(group: &RfcGroup, repertoire: &Repertoire) -> Verdict {
    let shown: Vec<bool> = group.rfcs.iter().filter_map(|rfc| repertoire.shows(*rfc)).collect();
    if repertoire.dialogs == 0 {
        return Verdict::NotApplicable;
    }
    if shown.contains(&true) {
        return Verdict::Pass;
    }
    if shown.is_empty() {
        return Verdict::Indeterminate(Reason::NoAuxInput);
    }
    if repertoire.dialogs < u64::from(group.min_dialogs) {
        return Verdict::Indeterminate(Reason::SampleTooSmall);
    }
    let rfcs: Vec<_> = group.rfcs.iter().map(u32::to_string).collect();
    let breach = Breach::of_level(&group.level, format!("no evidence of {}", group.name));
    Verdict::breach(Breach { agreed: format!("{} (RFC {})", group.level.value.name(), rfcs.join(", ")).into(), ..breach })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Terms;
    use crate::rules::scene::{Scene, clause, levels, observed};

    fn with(scene: Scene) -> Scene {
        scene.agreed(|t| t.sip.option_tags = levels(&[("timer", Level::Required), ("100rel", Level::Supported)], None))
    }

    fn showed(messages: &[Scene], rfcs: &[u32], min_dialogs: u32) -> Verdict {
        let mut terms = Terms::default();
        terms.sip.rfc_groups =
            vec![RfcGroup { name: "call-diversion".into(), level: clause(Level::Required), rfcs: rfcs.to_vec(), min_dialogs }];
        let mut repertoire = Repertoire::default();
        messages.iter().for_each(|scene| scene.shows(&mut repertoire));
        super::repertoire(&RepertoireSubject { repertoire: &repertoire, terms: &terms, received: &Terms::default() })
    }

    #[test]
    fn a_dialog_without_a_required_tag_breaks_it() {
        let missing = ["timer in neither Supported nor Require"];
        assert_eq!(observed(&with(Scene::request("INVITE").add("Supported: 100rel")).judge(&RULE)), missing);
        assert_eq!(observed(&with(Scene::response(200, "INVITE")).judge(&RULE)), missing);
    }

    #[test]
    fn a_group_of_which_nothing_is_seen_breaks_it() {
        let calls = [Scene::request("INVITE"), Scene::response(200, "INVITE")];
        assert_eq!(observed(&showed(&calls, &[7044, 4458], 2)), ["no evidence of call-diversion"]);
    }

    #[test]
    fn a_tag_in_either_header_and_any_evidence_keep_it() {
        assert_eq!(with(Scene::request("INVITE").add("k: Timer")).judge(&RULE), Verdict::Pass);
        assert_eq!(with(Scene::response(200, "INVITE").add("Require: timer")).judge(&RULE), Verdict::Pass);
        let calls = [Scene::request("INVITE"), Scene::request("INVITE").add("History-Info: <sip:a@b>;index=1")];
        assert_eq!(showed(&calls, &[7044, 4458], 2), Verdict::Pass);
    }

    #[test]
    fn other_messages_few_dialogs_and_what_no_message_shows_are_not_judged() {
        assert_eq!(with(Scene::request("OPTIONS")).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(with(Scene::response(180, "INVITE")).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
        let cut = with(Scene::request("INVITE").add("X-More: something"));
        let end = cut.text().len() - 30;
        assert_eq!(cut.cut_to(end).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
        assert_eq!(showed(&[Scene::request("INVITE")], &[7044], 20), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(showed(&[Scene::request("INVITE")], &[6026], 1), Verdict::Indeterminate(Reason::NoAuxInput));
        assert_eq!(showed(&[Scene::request("OPTIONS")], &[7044], 0), Verdict::NotApplicable);
    }
}
