//! Takes a request inside a dialog with its answer, gives whether the dialog was there, never what the request wanted.

use crate::call::{Ending, Standing};
use crate::policy::Severity;
use crate::rules::{Breach, Check, Offender, Reason, Rule, Scope, TransactionSubject, Verdict};
use crate::sip::Method;

pub(crate) static RULE: Rule = Rule {
    id: "DLG-STATE-001",
    name: "dialog-unknown-or-ended",
    title: "in-dialog request for an unknown or ended dialog",
    severity: Severity::Medium,
    tier: 2,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §12.2.2, §15.1.2; RFC 5057; RFC 5407 §3",
    keys: &[],
    what: "No request is sent in a dialog that a BYE ended, but for SUBSCRIBE and NOTIFY of a subscription that outlives the call, and \
           none inside a dialog is answered 481. Two BYEs that cross are no breach, nor is a request that crosses a BYE or the failure of \
           the INVITE, or a NOTIFY after the call that the subscriber no longer wants. Where the tap saw the dialog stand and the answer \
           is 481, the side that forgot it is at fault. A dialog that may be older than the capture is not judged, but for a 481.",
    why: "The two sides disagree whether there is a call: one bills on, or somebody sends requests into calls that are not theirs.",
    confirm: "Filter `sip.Status-Code == 481`, or the call by its `sip.Call-ID`: the request follows the 200 to a BYE.",
    fix: "compare the logs of both sides for the moment when one lost the dialog (restart, failover, a BYE that went astray)",
    check: Check::Transaction(check),
};

fn check(subject: &TransactionSubject<'_>) -> Verdict {
    let transaction = subject.transaction;
    if !transaction.in_dialog {
        return Verdict::NotApplicable;
    }
    let name = transaction.method.map_or("request", Method::name);
    let breach = |observed: String, agreed: &'static str| Breach::of_standard(observed, agreed).seen_in(&transaction.request);
    // A BYE ends the call; a subscription in the same dialog lives on (RFC 5057 §4.1).
    let subscribes = matches!(transaction.method, Some(Method::Subscribe | Method::Notify));
    if transaction.hung_up && !subscribes {
        return Verdict::breach(breach(format!("{name} in a dialog that a BYE ended"), "no request after BYE"));
    }
    match (&transaction.ending, transaction.standing) {
        (Ending::Final { code: 481, .. }, _) if transaction.crossed => Verdict::Pass,
        // Who no longer wants to be notified says so by a 481 (RFC 6665 §4.1.3).
        (Ending::Final { code: 481, .. }, _) if transaction.hung_up => Verdict::Pass,
        // A forked SUBSCRIBE makes NOTIFYs in dialogs that nobody asked for (RFC 6665 §4.4.1).
        (Ending::Final { code: 481, .. }, Standing::Unknown) if transaction.method == Some(Method::Notify) => {
            Verdict::Indeterminate(Reason::Boundary)
        }
        (Ending::Final { code: 481, .. }, Standing::InDialog) => {
            let breach = breach(format!("481 to {name} in a dialog that stands"), "the dialog that both sides made");
            Verdict::breach(breach.by(Offender::Responder))
        }
        (Ending::Final { code: 481, .. }, _) => Verdict::breach(breach(format!("{name} answered 481"), "a dialog that the receiver knows")),
        (_, Standing::Unknown) => Verdict::Indeterminate(Reason::Boundary),
        // It ended otherwise than by BYE: a time that ran out at the tap proves nothing.
        (_, Standing::Ended) => Verdict::NotApplicable,
        (_, Standing::InDialog | Standing::Initial) => Verdict::Pass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Transaction;
    use crate::policy::Terms;
    use crate::rules::scene::observed;

    fn judge(code: u16, standing: Standing, change: impl FnOnce(&mut Transaction)) -> Verdict {
        let ending = Ending::Final { code, response: Default::default() };
        let mut transaction = Transaction { method: Some(Method::Info), in_dialog: true, standing, ending, ..Transaction::default() };
        change(&mut transaction);
        check(&TransactionSubject { transaction: &transaction, terms: &Terms::default() })
    }

    #[test]
    fn requests_after_bye_and_481_break_it() {
        assert_eq!(observed(&judge(200, Standing::Ended, |t| t.hung_up = true)), ["INFO in a dialog that a BYE ended"]);
        assert_eq!(observed(&judge(481, Standing::Unknown, |_| {})), ["INFO answered 481"]);
        let Verdict::Violation(forgotten) = judge(481, Standing::InDialog, |_| {}) else { panic!() };
        assert_eq!(forgotten[0].offender, Some(Offender::Responder));
    }

    #[test]
    fn requests_in_a_dialog_that_stands_keep_it_and_so_do_crossing_byes() {
        assert_eq!(judge(200, Standing::InDialog, |_| {}), Verdict::Pass);
        assert_eq!(judge(481, Standing::InDialog, |t| (t.method, t.crossed) = (Some(Method::Bye), true)), Verdict::Pass);
    }

    #[test]
    fn an_older_dialog_cannot_be_judged_and_initial_requests_are_not() {
        let outlived = judge(200, Standing::Ended, |t| (t.method, t.hung_up) = (Some(Method::Notify), true));
        assert_eq!(outlived, Verdict::NotApplicable);
        let notify = |standing, hung_up| judge(481, standing, |t| (t.method, t.hung_up) = (Some(Method::Notify), hung_up));
        assert_eq!(notify(Standing::Ended, true), Verdict::Pass, "the subscriber ends what outlived the call");
        assert_eq!(notify(Standing::Unknown, false), Verdict::Indeterminate(Reason::Boundary), "perhaps of a fork");
        assert_eq!(judge(200, Standing::Unknown, |_| {}), Verdict::Indeterminate(Reason::Boundary));
        assert_eq!(judge(481, Standing::Initial, |t| t.in_dialog = false), Verdict::NotApplicable);
    }
}
