//! Takes breaches, gives them folded into findings with counts and first exhibits, never drops one.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use foldhash::fast::FixedState;
use indexmap::IndexMap;
use indexmap::map::Entry as Slot;

use super::Coverage;
use super::evidence::Evidence;
use crate::base::{Origin, Time};
use crate::policy::{Party, Provenance, Severity};
use crate::rules::{Kind, Reason, Rule};

/// How many exhibits a finding keeps (`standards.md` §1.5).
pub(super) const EXHIBITS: usize = 5;

/// Whom a finding blames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Blame {
    /// One party.
    Party(Party),
    /// Both.
    Both,
    /// The capture.
    Capture,
    /// The policy.
    Policy,
}

/// What makes two breaches the same finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Worst first, when keys are sorted in reverse.
    pub severity: Severity,
    /// Its place in the catalogue.
    pub rule: u16,
    /// The direction; `None` where a finding has none.
    pub direction: Option<(Party, Party)>,
    /// Who is at fault.
    pub blame: Blame,
    /// The waiver that covers it: index into the policy's.
    pub waiver: Option<u16>,
    /// The class of what was observed.
    pub observed: Cow<'static, str>,
    /// What was agreed.
    pub agreed: Cow<'static, str>,
    /// The clause.
    pub clause: Option<Arc<Provenance>>,
}

impl Key {
    /// Gives hosts the name of their side.
    pub(super) fn rename(&mut self, side: impl Fn(Party) -> Party) {
        self.direction = self.direction.map(|(from, to)| (side(from), side(to)));
        if let Blame::Party(party) = self.blame {
            self.blame = Blame::Party(side(party));
        }
    }
}

/// What tells nearly all findings apart; the long texts of the rest are compared and not hashed at each breach.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let clause = self.clause.as_ref().and_then(|clause| clause.line);
        (self.rule, self.severity, self.waiver, clause, self.direction, &self.observed).hash(state);
    }
}

/// The breaches of one finding.
#[derive(Clone, Debug)]
pub struct Entry {
    /// How many.
    pub count: u64,
    /// How many calls they touch.
    pub calls: u64,
    /// The first.
    pub first: Time,
    /// The last.
    pub last: Time,
    /// What kind of subject the first was.
    pub subject: &'static str,
    /// The first few, in the order of the capture.
    pub exhibits: Vec<Evidence>,
}

/// Everything that was judged: the five counts of each rule, and the findings.
#[derive(Debug)]
pub struct Ledger {
    /// What nearly all subjects come to, for each rule: counted for every few messages, so that it lies close together.
    usual: Vec<Usual>,
    /// The rest.
    rare: Vec<Rare>,
    /// How many messages of each kind were judged: rules that do not speak of a kind are not asked, and counted all at once.
    messages: [u64; Kind::ALL.len()],
    entries: IndexMap<Key, Entry, FixedState>,
}

/// How often a rule was kept, and how often it did not apply.
#[derive(Clone, Copy, Debug, Default)]
struct Usual {
    pass: u64,
    not_applicable: u64,
}

/// How often it was broken, waived, and could not be judged.
#[derive(Clone, Copy, Debug, Default)]
struct Rare {
    violation: u64,
    waived: u64,
    indeterminate: [u64; Reason::ALL.len()],
}

impl Ledger {
    /// An empty ledger over these rules.
    #[must_use]
    pub fn new(rules: &[&'static Rule]) -> Self {
        let entries = IndexMap::with_hasher(FixedState::default());
        let (usual, rare) = (vec![Usual::default(); rules.len()], vec![Rare::default(); rules.len()]);
        Self { usual, rare, messages: Default::default(), entries }
    }

    /// Counts a message for the rules that do not speak of its kind.
    pub fn message(&mut self, kind: Kind) {
        if let Some(n) = self.messages.get_mut(kind.index()) {
            *n += 1;
        }
    }

    /// Counts so many passes.
    pub fn pass(&mut self, rule: u16, subjects: u64) {
        if let Some(c) = self.usual.get_mut(usize::from(rule)) {
            c.pass += subjects;
        }
    }

    /// Counts so many subjects that the rule does not speak of.
    pub fn not_applicable(&mut self, rule: u16, subjects: u64) {
        if let Some(c) = self.usual.get_mut(usize::from(rule)) {
            c.not_applicable += subjects;
        }
    }

    /// Counts a subject that could not be judged.
    pub fn indeterminate(&mut self, rule: u16, reason: Reason) {
        if let Some(n) = self.rare.get_mut(usize::from(rule)).and_then(|c| c.indeterminate.get_mut(reason as usize)) {
            *n += 1;
        }
    }

    /// Enters a breach that stands at `origin` and `time`. `evidence` is asked for only while the finding wants
    /// exhibits; there is none where no frame shows the breach. Gives the
    /// number of the finding in this ledger, for [`Ledger::touch_call`].
    pub fn breach(
        &mut self,
        key: Key,
        subject: &'static str,
        origin: Origin,
        time: Time,
        evidence: impl FnOnce() -> Option<Evidence>,
    ) -> usize {
        if let Some(c) = self.rare.get_mut(usize::from(key.rule)) {
            if key.waiver.is_some() { c.waived += 1 } else { c.violation += 1 }
        }
        let slot = self.entries.entry(key);
        let number = slot.index();
        let entry = slot.or_insert_with(|| Entry { count: 0, calls: 0, first: time, last: time, subject, exhibits: Vec::new() });
        entry.count += 1;
        entry.first = entry.first.min(time);
        entry.last = entry.last.max(time);
        // Which exhibits are the first must not depend on the order in which timers find breaches.
        if entry.exhibits.len() < EXHIBITS || entry.exhibits.last().is_some_and(|kept| origin <= kept.origin) {
            entry.exhibits.extend(evidence());
            keep_first(&mut entry.exhibits);
        }
        number
    }

    /// Counts a call for the finding with this number.
    pub fn touch_call(&mut self, number: usize) {
        if let Some((_, entry)) = self.entries.get_index_mut(number) {
            entry.calls += 1;
        }
    }

    /// Adds another part of the capture.
    pub fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.usual.iter_mut().zip(&other.usual) {
            mine.pass += theirs.pass;
            mine.not_applicable += theirs.not_applicable;
        }
        for (mine, theirs) in self.rare.iter_mut().zip(&other.rare) {
            mine.merge(theirs);
        }
        for (mine, theirs) in self.messages.iter_mut().zip(other.messages) {
            *mine += theirs;
        }
        for (key, theirs) in other.entries {
            self.absorb(key, theirs);
        }
    }

    fn absorb(&mut self, key: Key, theirs: Entry) {
        match self.entries.entry(key) {
            Slot::Vacant(slot) => {
                slot.insert(theirs);
            }
            Slot::Occupied(mut slot) => {
                let mine = slot.get_mut();
                mine.count += theirs.count;
                mine.calls += theirs.calls;
                mine.first = mine.first.min(theirs.first);
                mine.last = mine.last.max(theirs.last);
                mine.exhibits.extend(theirs.exhibits);
                keep_first(&mut mine.exhibits);
            }
        }
    }

    /// Gives hosts the name of their side, and folds what becomes the same.
    pub fn rename(&mut self, side: impl Fn(Party) -> Party) {
        for (mut key, entry) in std::mem::take(&mut self.entries) {
            key.rename(&side);
            self.absorb(key, entry);
        }
    }

    /// The five counts of a rule that is asked about messages of the kind `spoken_of`.
    #[must_use]
    pub fn coverage(&self, rule: usize, spoken_of: Kind) -> Coverage {
        let passed_over: u64 = Kind::ALL.iter().zip(self.messages).filter(|(kind, _)| !kind.is(spoken_of)).map(|(_, n)| n).sum();
        let usual = self.usual.get(rule).copied().unwrap_or_default();
        let rare = self.rare.get(rule).copied().unwrap_or_default();
        let indeterminate = Reason::ALL.into_iter().zip(rare.indeterminate).filter(|&(_, n)| n > 0).collect();
        Coverage {
            pass: usual.pass,
            violation: rare.violation,
            waived: rare.waived,
            not_applicable: usual.not_applicable + passed_over,
            indeterminate,
        }
    }

    /// The findings, worst first, then by rule, direction and class: the order of the report.
    #[must_use]
    pub fn into_sorted(self) -> Vec<(Key, Entry)> {
        let mut all: Vec<_> = self.entries.into_iter().collect();
        all.sort_by(|(a, _), (b, _)| {
            (a.waiver.is_some(), std::cmp::Reverse(a.severity), a).cmp(&(b.waiver.is_some(), std::cmp::Reverse(b.severity), b))
        });
        all
    }
}

fn keep_first(exhibits: &mut Vec<Evidence>) {
    if exhibits.len() > 1 {
        exhibits.sort_by(|a, b| (a.origin, a.time, &a.excerpt).cmp(&(b.origin, b.time, &b.excerpt)));
        exhibits.truncate(EXHIBITS);
    }
}

impl Rare {
    fn merge(&mut self, other: &Self) {
        self.violation += other.violation;
        self.waived += other.waived;
        for (mine, theirs) in self.indeterminate.iter_mut().zip(&other.indeterminate) {
            *mine += theirs;
        }
    }
}
