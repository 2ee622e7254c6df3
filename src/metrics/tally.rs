//! Takes sessions of one direction and interval, gives their counts and distributions, never a comparison (`standards.md` §8.3).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Distribution, Registration, RegistrationEnd};
use crate::base::{Origin, Time};
use crate::call::{ByeEnd, Outcome, Session, SessionEnd, Trace};
use crate::policy::{Accounting, CountUnit, MetricTerms, Performance, SrdClassification};
use crate::stir::Attest;

/// A ratio with what it was made of: shown beside each number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ratio {
    /// The numerator.
    pub numerator: u64,
    /// The denominator.
    pub denominator: u64,
}

impl Ratio {
    /// In percent; `None` where the denominator is 0.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn percent(self) -> Option<f64> {
        (self.denominator > 0).then(|| self.numerator as f64 * 100.0 / self.denominator as f64)
    }

    /// Adds that of another part.
    pub const fn merge(&mut self, other: Self) {
        self.numerator += other.numerator;
        self.denominator += other.denominator;
    }
}

/// Sessions that have something in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cluster {
    /// How many.
    pub count: u64,
    /// The INVITE of the first.
    pub first: Option<Arc<Trace>>,
}

impl Cluster {
    fn add(&mut self, invite: &Arc<Trace>) {
        self.merge(&Self { count: 1, first: Some(Arc::clone(invite)) });
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        let mine = self.first.take();
        self.first = [mine.as_ref(), other.first.as_ref()].into_iter().flatten().min_by_key(|trace| trace.origin).cloned();
    }
}

/// A plus, where there is one, and the first six digits of a number; `None` where it is shorter, or no number.
fn prefix(number: &str) -> Option<Box<str>> {
    let digits = number.trim_start_matches('+');
    let all = digits.len() > 6 && digits.bytes().all(|b| b.is_ascii_digit());
    all.then(|| number.get(..number.len() - digits.len() + 6)).flatten().map(Into::into)
}

/// Final codes that make a session request effective beside a 2xx (RFC 6076 §4.7); 487 is not among them.
const EFFECTIVE: [u16; 4] = [480, 486, 600, 603];

/// Final codes of an ineffective session attempt (RFC 6076 §4.8).
const INEFFECTIVE: [u16; 4] = [408, 500, 503, 504];

/// Counts and samples of session requests, mergeable. The helper fields are public for reports; ratios are methods.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Tally {
    /// Session requests (chains) with an outcome.
    pub attempts: u64,
    /// Session requests that the capture leaves open.
    pub censored: u64,
    /// Chains by outcome (never `Censored`).
    pub outcomes: BTreeMap<Outcome, u64>,
    /// INVITE transactions by outcome (never `Censored`).
    pub leg_outcomes: BTreeMap<Outcome, u64>,
    /// Successfully completed sessions (SCR numerator).
    pub completed: u64,
    /// Answered sessions whose end the capture does not hold: out of SCR.
    pub alive: u64,
    /// Chains that ended in 487 or 408 after a 180 or 183, by that code.
    pub ring_no_answer: BTreeMap<u16, u64>,
    pub srd_success: Distribution,
    pub srd_failed: Distribution,
    pub srd_per_dialog: Distribution,
    pub sdd: Distribution,
    pub sdd_failed: Distribution,
    pub sdt_success: Distribution,
    pub sdt_failed: Distribution,
    /// Answer to first BYE, completed or not (ALOC).
    pub conversation: Distribution,
    pub pgrd: Distribution,
    /// Answered sessions shorter than `short_call_s`.
    pub short_calls: u64,
    /// The first INVITE: where the evidence of a figure begins.
    pub first: Option<(Origin, Time)>,
    /// INVITEs by attestation of their PASSporT: C, B and A.
    pub attested: [u64; 3],
    /// Sessions that were answered at once and without ringing.
    pub instant_answers: Cluster,
    /// Answered sessions that were short, by the first six digits of the called number.
    pub short_by_prefix: BTreeMap<Box<str>, Cluster>,
    /// Registrations with an end.
    pub registrations: u64,
    /// The REGISTER transactions of those.
    pub register_transactions: u64,
    /// Registrations refused, or never answered.
    pub ineffective_registrations: u64,
    /// Registration request delay.
    pub rrd: Distribution,
    /// The time to the final response to an OPTIONS outside of dialogs, where that was agreed on.
    pub options: Distribution,
}

impl Tally {
    /// Adds a session.
    pub fn add(&mut self, session: &Session, terms: &MetricTerms, performance: &Performance) {
        let invite = (session.invite.origin, session.invite.first);
        self.first = Some(self.first.map_or(invite, |first| first.min(invite)));
        for &leg in session.legs.iter().filter(|&&l| l != Outcome::Censored) {
            *self.leg_outcomes.entry(leg).or_default() += 1;
        }
        if session.outcome == Outcome::Censored {
            self.censored += 1;
            return;
        }
        self.attempts += 1;
        *self.outcomes.entry(session.outcome).or_default() += 1;
        if let Outcome::Failed(code @ (487 | 408)) = session.outcome
            && session.rang
        {
            *self.ring_no_answer.entry(code).or_default() += 1;
        }
        let sent = session.invite.first;
        self.request_delay(session, terms.srd_classification.as_ref().map(|c| c.value).unwrap_or_default());
        session.delay_per_dialog.iter().for_each(|&(_, delay)| self.srd_per_dialog.add(delay));
        if let Some(rang) = session.ringing {
            self.pgrd.add(rang.since(sent));
        }
        if let Some(answer) = session.answer.as_ref().filter(|_| session.outcome == Outcome::Success) {
            self.established(session, answer, performance.short_call_s.as_ref().map(|c| c.value));
        }
    }

    /// The session request delay (RFC 6076 §4.3). A 3xx that nobody followed and a timeout give no sample.
    fn request_delay(&mut self, session: &Session, classification: SrdClassification) {
        let Some((status, response)) = &session.first_status else { return };
        let success = match classification {
            SrdClassification::FirstResponse => *status < 300,
            SrdClassification::FinalOutcome => session.outcome == Outcome::Success,
        };
        let unsampled = match classification {
            SrdClassification::FirstResponse => (300..400).contains(status),
            SrdClassification::FinalOutcome => matches!(session.outcome, Outcome::Timeout | Outcome::Failed(300..400)),
        };
        if !unsampled {
            let series = if success { &mut self.srd_success } else { &mut self.srd_failed };
            series.add(response.last.since(session.invite.first));
        }
    }

    /// Disconnect delay, duration and completion of an answered session (RFC 6076 §4.4, §4.5, §4.9).
    fn established(&mut self, session: &Session, answer: &Trace, short_call_s: Option<f64>) {
        let Some(bye) = &session.bye else {
            // Over without BYE it was not completed; else nobody can tell yet. A BYE that passed unseen tells no times.
            self.alive += u64::from(session.end.is_none());
            self.completed += u64::from(session.ending == SessionEnd::Answered && session.acknowledged);
            return;
        };
        let lasted = |until: Time| until.since(answer.first);
        self.conversation.add(lasted(bye.request.last));
        let short = short_call_s.is_some_and(|s| bye.request.last.seconds_since(answer.first) < s);
        self.short_calls += u64::from(short);
        match bye.end {
            ByeEnd::Success(at) => self.sdd.add(at.since(bye.request.first)),
            ByeEnd::Failed(_, at) => self.sdd_failed.add(at.since(bye.request.first)),
            ByeEnd::TimedOut(_) | ByeEnd::Open => {}
        }
        match bye.end {
            // A 408 says that the BYE went unanswered further on: no completion (RFC 6076 §4.9).
            ByeEnd::TimedOut(at) | ByeEnd::Failed(408, at) => self.sdt_failed.add(lasted(at)),
            ByeEnd::Success(_) | ByeEnd::Failed(..) => {
                self.sdt_success.add(lasted(bye.request.last));
                self.completed += u64::from(session.acknowledged);
            }
            ByeEnd::Open => self.alive += 1,
        }
    }

    /// Adds an INVITE that is attested so.
    pub fn attest(&mut self, attest: Attest, at: (Origin, Time)) {
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        if let Some(count) = self.attested.get_mut(attest as usize) {
            *count += 1;
        }
    }

    /// Adds what the answer of a session has of a false one (`standards.md` §7, ACC-ANS-001), where that was agreed.
    pub fn answer(&mut self, session: &Session, terms: &Accounting) {
        let (Some(answer), Some(_)) = (&session.answer, &terms.min_cluster) else { return };
        let since = |nanos: i64| u64::try_from(nanos).unwrap_or(0);
        let waited = since(answer.last.since(session.invite.first)) / 1_000_000;
        if !session.rang && terms.fas_ms.as_ref().is_some_and(|most| waited < u64::from(most.value)) {
            self.instant_answers.add(&session.invite);
        }
        let is_short = |most: f64| session.bye.as_ref().is_some_and(|bye| bye.request.last.seconds_since(answer.first) < most);
        if terms.short_call_s.as_ref().is_some_and(|most| is_short(most.value))
            && let Some(prefix) = session.callee.as_deref().and_then(prefix)
        {
            self.short_by_prefix.entry(prefix).or_default().add(&session.invite);
        }
    }

    /// Adds the time to the answer to an OPTIONS that was sent at.
    pub fn check(&mut self, delay: i64, sent: (Origin, Time)) {
        self.first = Some(self.first.map_or(sent, |first| first.min(sent)));
        self.options.add(delay);
    }

    /// Adds a registration; one without an end counts nowhere.
    pub fn register(&mut self, registration: &Registration) {
        match registration.end {
            RegistrationEnd::Open => return,
            RegistrationEnd::Registered(delay) => self.rrd.add(delay),
            RegistrationEnd::Ineffective => self.ineffective_registrations += 1,
            RegistrationEnd::Abandoned => {}
        }
        self.registrations += 1;
        self.register_transactions += registration.transactions;
    }

    /// Ineffective registration attempts (RFC 6076 §4.2).
    #[must_use]
    pub const fn ira(&self, unit: CountUnit) -> Ratio {
        let denominator = match unit {
            CountUnit::Chain => self.registrations,
            CountUnit::Transaction => self.register_transactions,
        };
        Ratio { numerator: self.ineffective_registrations, denominator }
    }

    /// Adds the counts of another part.
    pub fn merge(&mut self, other: &Self) {
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.attempts += other.attempts;
        self.censored += other.censored;
        self.completed += other.completed;
        self.alive += other.alive;
        self.short_calls += other.short_calls;
        add_counts(&mut self.outcomes, &other.outcomes);
        add_counts(&mut self.leg_outcomes, &other.leg_outcomes);
        add_counts(&mut self.ring_no_answer, &other.ring_no_answer);
        self.srd_success.merge(&other.srd_success);
        self.srd_failed.merge(&other.srd_failed);
        self.srd_per_dialog.merge(&other.srd_per_dialog);
        self.sdd.merge(&other.sdd);
        self.sdd_failed.merge(&other.sdd_failed);
        self.sdt_success.merge(&other.sdt_success);
        self.sdt_failed.merge(&other.sdt_failed);
        self.conversation.merge(&other.conversation);
        self.pgrd.merge(&other.pgrd);
        self.instant_answers.merge(&other.instant_answers);
        for (prefix, cluster) in &other.short_by_prefix {
            self.short_by_prefix.entry(prefix.clone()).or_default().merge(cluster);
        }
        self.attested.iter_mut().zip(other.attested).for_each(|(mine, theirs)| *mine += theirs);
        self.registrations += other.registrations;
        self.register_transactions += other.register_transactions;
        self.ineffective_registrations += other.ineffective_registrations;
        self.rrd.merge(&other.rrd);
        self.options.merge(&other.options);
    }

    /// Session establishment ratio (RFC 6076 §4.6): answered of all that were not redirected.
    #[must_use]
    pub fn ser(&self, unit: CountUnit) -> Ratio {
        self.of_seizures(unit, |outcome| outcome == Outcome::Success)
    }

    /// Session establishment effectiveness ratio (RFC 6076 §4.7): what the called user decided counts as effective.
    #[must_use]
    pub fn seer(&self, unit: CountUnit) -> Ratio {
        self.of_seizures(unit, |outcome| match outcome {
            Outcome::Success => true,
            Outcome::Failed(code) => EFFECTIVE.contains(&code),
            Outcome::Timeout | Outcome::Censored => false,
        })
    }

    /// Ineffective session attempts (RFC 6076 §4.8); an unanswered INVITE counts as the code given.
    #[must_use]
    pub fn isa(&self, unit: CountUnit, timeout_counts_as: u16) -> Ratio {
        let numerator = self.count(unit, |outcome| match outcome {
            Outcome::Failed(code) => INEFFECTIVE.contains(&code),
            Outcome::Timeout => INEFFECTIVE.contains(&timeout_counts_as),
            Outcome::Success | Outcome::Censored => false,
        });
        Ratio { numerator, denominator: self.count(unit, |_| true) }
    }

    /// Session completion ratio (RFC 6076 §4.9): sessions that still live are out of it.
    #[must_use]
    pub fn scr(&self, unit: CountUnit) -> Ratio {
        Ratio { numerator: self.completed, denominator: self.count(unit, |_| true).saturating_sub(self.alive) }
    }

    /// Answer-seizure ratio (ITU-T E.411).
    #[must_use]
    pub fn asr(&self, unit: CountUnit) -> Ratio {
        self.ser(unit)
    }

    /// Network effectiveness ratio (ITU-T E.425): answered, or one of `codes`, or, where asked for, 487 or 408 after ringing.
    #[must_use]
    pub fn ner(&self, unit: CountUnit, codes: &[u16], ring_no_answer: bool) -> Ratio {
        let listed = self.of_seizures(unit, |outcome| match outcome {
            Outcome::Success => true,
            Outcome::Failed(code) => codes.contains(&code),
            Outcome::Timeout | Outcome::Censored => false,
        });
        let unlisted = self.ring_no_answer.iter().filter(|(code, _)| ring_no_answer && !codes.contains(code));
        Ratio { numerator: listed.numerator + unlisted.map(|(_, n)| n).sum::<u64>(), ..listed }
    }

    /// Those for which `counts` holds, of all that did not end in a redirection.
    fn of_seizures(&self, unit: CountUnit, counts: impl Fn(Outcome) -> bool) -> Ratio {
        let redirected = |outcome| matches!(outcome, Outcome::Failed(300..400));
        Ratio { numerator: self.count(unit, counts), denominator: self.count(unit, |o| !redirected(o)) }
    }

    fn count(&self, unit: CountUnit, counts: impl Fn(Outcome) -> bool) -> u64 {
        let outcomes = match unit {
            CountUnit::Chain => &self.outcomes,
            CountUnit::Transaction => &self.leg_outcomes,
        };
        outcomes.iter().filter(|&(&outcome, _)| counts(outcome)).map(|(_, n)| n).sum()
    }
}

fn add_counts<K: Ord + Copy>(mine: &mut BTreeMap<K, u64>, theirs: &BTreeMap<K, u64>) {
    for (&key, n) in theirs {
        *mine.entry(key).or_default() += n;
    }
}
