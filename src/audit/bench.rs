//! Takes what only the whole capture can decide, in order, gives it to the rules that ask for it, never sees a single message.

use std::collections::BTreeSet;

use super::docket::Docket;
use super::judge::{Judge, Matter, interval_seconds};
use super::proceedings::{Proceedings, TallyKey};
use super::waiving::Pending;
use super::wires::Steps;
use crate::base::{Origin, Time};
use crate::metrics::{LimitLoad, Tally};
use crate::policy::{Party, Policy, TrunkId};
use crate::rules::{CaptureSubject, IntervalSubject, LimitSubject, Observed, PairTraffic, PolicySubject, RepertoireSubject, WaiverUse};

impl<'p> Judge<'p> {
    /// A judge that goes on from what all parts came to.
    #[must_use]
    pub fn resume(policy: &'p Policy, docket: &'p Docket, proceedings: Proceedings) -> Self {
        let mut judge = Self::new(policy, docket);
        judge.proceedings = proceedings;
        judge
    }

    /// Takes breaches under waivers that cover only so many, in any order: the first of the capture are covered.
    pub fn hold(&mut self, pending: Vec<Pending>) {
        for breach in pending {
            if let Some(beyond) = self.proceedings.waiving.hold(self.policy, breach) {
                self.settle(beyond);
            }
        }
    }

    /// Enters what such waivers cover, when everything was judged.
    pub(super) fn release(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        self.hold(pending);
        for mut breach in self.proceedings.waiving.covered() {
            breach.key.waiver = Some(breach.waiver);
            self.settle(breach);
        }
    }

    fn settle(&mut self, breach: Pending) {
        let Pending { key, subject, origin, at, evidence, new_call, .. } = breach;
        self.note_breach(&key, subject, evidence.as_ref().and_then(|e| e.call_id.as_deref()), (origin, at));
        self.note_standing(&key);
        let number = self.proceedings.ledger.breach(key, subject, origin, at, || evidence);
        if new_call {
            self.proceedings.ledger.touch_call(number);
        }
    }

    /// Judges every direction over every interval, and over the whole capture.
    pub(super) fn intervals(&mut self, first: Time, steps: &Steps) {
        let tallies = std::mem::take(&mut self.proceedings.tallies);
        let mut sorted: Vec<(&TallyKey, &Tally)> = tallies.iter().collect();
        sorted.sort_by_key(|(key, _)| **key);
        for (&(from, to, trunk, start), tally) in sorted {
            self.interval((from, to), trunk, start, tally, start.unwrap_or(first).max(first), steps);
        }
        self.proceedings.tallies = tallies;
    }

    #[allow(clippy::too_many_arguments)]
    fn interval(&mut self, direction: (Party, Party), trunk: Option<TrunkId>, start: Option<Time>, tally: &Tally, at: Time, steps: &Steps) {
        let terms = self.policy.terms(direction.0, direction.1, trunk);
        let matter = Matter { anchor: tally.first, ..Self::wide("interval", Some(direction), trunk, at) };
        let subject = IntervalSubject { start, tally, terms };
        let length = i64::from(interval_seconds(terms)) * 1_000_000_000;
        self.judge(&self.docket.intervals, matter, |check| steps.soften(start, length, check(&subject)));
    }

    /// Judges what every party showed every other that it can.
    pub(super) fn repertoires(&mut self) {
        let repertoires = std::mem::take(&mut self.proceedings.repertoires);
        for ((from, to), repertoire) in &repertoires {
            let (terms, received) = (self.policy.terms(*from, *to, None), self.policy.terms(*to, *from, None));
            let anchor = repertoire.first_allow.or(repertoire.first);
            let at = anchor.map(|(_, at)| at).unwrap_or_default();
            let matter = Matter { anchor, ..Self::wide("interval", Some((*from, *to)), None, at) };
            let subject = RepertoireSubject { repertoire, terms, received };
            self.judge(&self.docket.repertoires, matter, |check| check(&subject));
        }
    }

    /// Judges an admission limit in one scope: how long was looked, and between whom there were sessions before.
    pub fn limit(&mut self, load: &LimitLoad, (seen, older): (i64, &BTreeSet<(Party, Party)>)) {
        let LimitLoad { limit, scope, peak, excursions, fates, blank, .. } = load;
        let (from, to) = load.direction;
        let terms = self.policy.terms(from, to, None);
        let is_older = older.contains(&(from, to)) || older.contains(&(to, from));
        let subject = LimitSubject { limit, scope, peak: *peak, excursions, fates: *fates, blank: *blank, terms, seen, is_older };
        let begun = load.excursions.first().map_or_else(Time::default, |e| e.start);
        let matter = Self::wide("limit", Some(load.direction), None, begun);
        self.judge(&self.docket.limits, matter, |check| check(&subject));
    }

    /// Judges what the capture holds of a pair.
    pub fn pair(&mut self, pair: &PairTraffic, anchor: Option<(Origin, Time)>, first: Option<Time>, last: Option<Time>) {
        let terms = self.policy.global();
        let subject = CaptureSubject { pairs: std::slice::from_ref(pair), policy: self.policy, terms, first, last };
        let at = anchor.map(|a| a.1).or(first).unwrap_or_default();
        let matter = Matter { anchor, ..Self::wide("capture", Some((pair.from, pair.to)), None, at) };
        self.judge(&self.docket.captures, matter, |check| check(&subject));
    }

    /// Judges the policy itself: last, when every waiver has done what it could.
    pub fn hygiene(&mut self, observed: &Observed<'_>, first: Option<Time>, last: Option<Time>) {
        let uses: Vec<WaiverUse<'_>> = (self.policy.waivers.iter().zip(self.proceedings.waiving.uses()))
            .map(|(waiver, u)| WaiverUse { waiver, waived: u.waived, refused: u.refused, last_refused: u.last_refused })
            .collect();
        let subject = PolicySubject { policy: self.policy, waivers: &uses, observed: Some(observed), first, last };
        let matter = Self::wide("policy", None, None, first.unwrap_or_default());
        self.judge(&self.docket.policies, matter, |check| check(&subject));
    }

    /// A matter that no message stands for.
    fn wide(subject: &'static str, direction: Option<(Party, Party)>, trunk: Option<TrunkId>, at: Time) -> Matter<'static> {
        let session = direction.unwrap_or((Party::Unknown, Party::Unknown));
        Matter { rule: 0, subject, direction, session, trunk, call: None, call_id: None, arrival: None, trace: None, anchor: None, at }
    }
}
