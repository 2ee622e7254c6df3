//! Takes the catalogue and the policy, gives which rule looks at what, with which severity, never a verdict.

use super::evidence::Redaction;
use super::message_row::MessageWish;
use super::records::Records;
use super::usage::Roll;
use crate::metrics::Dimension;
use crate::policy::{Party, Policy, Severity};
use crate::rules::{self, Check, Kind, Rule, Scope};

/// A check with the place of its rule in the docket.
#[derive(Clone, Copy, Debug)]
pub struct Case<F> {
    /// Index into [`Docket::rules`].
    pub rule: u16,
    /// Whose terms apply.
    pub scope: Scope,
    /// The check.
    pub check: F,
}

/// The checks that are put to the same messages under the same terms.
#[derive(Debug)]
pub struct Questions {
    /// The kind of message that they speak of.
    pub kind: Kind,
    /// Whose terms apply.
    pub scope: Scope,
    /// The checks.
    pub cases: Vec<Case<rules::MessageCheck>>,
}

/// The rules of a run, sorted by what they look at.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Docket {
    pub rules: Vec<&'static Rule>,
    pub transactions: Vec<Case<rules::TransactionCheck>>,
    /// Each check, and whether it looks at m= sections one by one.
    pub exchanges: Vec<Case<(rules::OfferAnswerCheck, bool)>>,
    pub dialogs: Vec<Case<rules::DialogCheck>>,
    pub sessions: Vec<Case<rules::SessionCheck>>,
    pub reuses: Vec<Case<rules::ReuseCheck>>,
    pub connections: Vec<Case<rules::ConnectionCheck>>,
    pub certificates: Vec<Case<rules::CertificateCheck>>,
    pub reaches: Vec<Case<rules::ReachCheck>>,
    pub knocks: Vec<Case<rules::KnockCheck>>,
    pub intervals: Vec<Case<rules::IntervalCheck>>,
    pub limits: Vec<Case<rules::LimitCheck>>,
    pub streams: Vec<Case<rules::StreamCheck>>,
    pub handshakes: Vec<Case<rules::HandshakeCheck>>,
    pub legs: Vec<Case<rules::LegsCheck>>,
    pub media: Vec<Case<rules::MediaCheck>>,
    pub quality: Vec<Case<rules::QualityCheck>>,
    pub captures: Vec<Case<rules::CaptureCheck>>,
    pub intakes: Vec<Case<rules::IntakeCheck>>,
    pub flows: Vec<Case<rules::FlowCheck>>,
    pub links: Vec<Case<rules::LinkCheck>>,
    /// Rules on requests that follow a refusal for overload.
    pub backoffs: Vec<Case<rules::BackoffCheck>>,
    /// Rules on checks of hosts by each other.
    pub pings: Vec<Case<rules::PingCheck>>,
    /// Rules on what a party shows that it can.
    pub repertoires: Vec<Case<rules::RepertoireCheck>>,
    pub policies: Vec<Case<rules::PolicyCheck>>,
    pub messages: Vec<Questions>,
    /// The entries of lists of which the policy wants to know whether they are used.
    pub roll: Roll,
    /// How much of a number evidence shows.
    pub redaction: Redaction,
    /// Whether someone wants the rows of calls.
    pub wants_calls: bool,
    /// Of which messages someone wants the rows.
    pub messages_wanted: MessageWish,
    /// Whether someone wants the rows of breaches.
    pub wants_breaches: bool,
    /// By what session requests are broken down.
    pub breakdown: Vec<Dimension>,
    /// Whether each interval is broken down, too.
    pub breakdown_intervals: bool,
    /// Whether someone wants to know what was seen.
    pub wants_seen: bool,
    /// For each rule: whether it runs at all.
    enabled: Vec<bool>,
    /// For each rule: whether the policy says anything of it.
    configured: Vec<bool>,
    /// For each rule: the waivers that may cover it, as indices into the policy's.
    waivers: Vec<Vec<u16>>,
}

impl Docket {
    /// Sorts the catalogue for a policy.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        let mut docket = Self {
            rules: rules::all().to_vec(),
            messages: Vec::new(),
            transactions: Vec::new(),
            exchanges: Vec::new(),
            dialogs: Vec::new(),
            sessions: Vec::new(),
            reuses: Vec::new(),
            connections: Vec::new(),
            certificates: Vec::new(),
            reaches: Vec::new(),
            knocks: Vec::new(),
            intervals: Vec::new(),
            limits: Vec::new(),
            streams: Vec::new(),
            handshakes: Vec::new(),
            media: Vec::new(),
            legs: Vec::new(),
            quality: Vec::new(),
            captures: Vec::new(),
            intakes: Vec::new(),
            flows: Vec::new(),
            links: Vec::new(),
            backoffs: Vec::new(),
            pings: Vec::new(),
            repertoires: Vec::new(),
            policies: Vec::new(),
            roll: Roll::of(policy),
            redaction: Redaction::of(policy.global().capture.redact_numbers.as_ref().map(|c| c.value.as_str())),
            wants_calls: false,
            messages_wanted: MessageWish::None,
            wants_breaches: false,
            breakdown: Vec::new(),
            breakdown_intervals: false,
            wants_seen: false,
            enabled: Vec::new(),
            configured: Vec::new(),
            waivers: Vec::new(),
        };
        for (rule, &entry) in (0u16..).zip(rules::all()) {
            let enabled = !policy.rules.iter().any(|setting| setting.id == entry.id && !setting.enabled && setting.direction.is_none());
            if enabled {
                entry.checks().iter().for_each(|&check| docket.enter(rule, entry, check));
            }
            docket.enabled.push(enabled);
            docket.configured.push(policy.rules.iter().any(|setting| setting.id == entry.id));
            let covering = (0u16..)
                .zip(&policy.waivers)
                .filter(|(_, waiver)| waiver.rules.iter().any(|r| r.contains('*') || r == entry.id))
                .map(|(i, _)| i);
            docket.waivers.push(covering.collect());
        }
        docket
    }

    /// Learns which rows are wanted.
    pub fn wish(&mut self, records: &dyn Records) {
        self.wants_calls = records.wants_calls();
        self.messages_wanted = records.wants_messages();
        self.wants_breaches = records.wants_breaches();
        self.wants_seen = records.wants_seen();
    }

    /// Learns by what session requests are to be broken down (each once, in the order of reports), and whether by interval, too.
    pub fn break_down(&mut self, by: &[Dimension], intervals: bool) {
        self.breakdown_intervals = intervals;
        self.breakdown = Dimension::ALL.into_iter().filter(|dimension| by.contains(dimension)).collect();
    }

    fn enter(&mut self, rule: u16, entry: &'static Rule, check: Check) {
        fn case<F>(rule: u16, entry: &Rule, check: F) -> Case<F> {
            Case { rule, scope: entry.scope, check }
        }
        match check {
            Check::Message(kind, check) => {
                let (scope, case) = (entry.scope, case(rule, entry, check));
                match self.messages.iter_mut().find(|questions| (questions.kind, questions.scope) == (kind, scope)) {
                    Some(questions) => questions.cases.push(case),
                    None => self.messages.push(Questions { kind, scope, cases: vec![case] }),
                }
            }
            Check::Transaction(check) => self.transactions.push(case(rule, entry, check)),
            Check::OfferAnswer(check) => self.exchanges.push(case(rule, entry, (check, false))),
            Check::Sections(check) => self.exchanges.push(case(rule, entry, (check, true))),
            Check::Dialog(check) => self.dialogs.push(case(rule, entry, check)),
            Check::Session(check) => self.sessions.push(case(rule, entry, check)),
            Check::Reuse(check) => self.reuses.push(case(rule, entry, check)),
            Check::Connection(check) => self.connections.push(case(rule, entry, check)),
            Check::Certificate(check) => self.certificates.push(case(rule, entry, check)),
            Check::Reach(check) => self.reaches.push(case(rule, entry, check)),
            Check::Knock(check) => self.knocks.push(case(rule, entry, check)),
            Check::Interval(check) => self.intervals.push(case(rule, entry, check)),
            Check::Limit(check) => self.limits.push(case(rule, entry, check)),
            Check::Stream(check) => self.streams.push(case(rule, entry, check)),
            Check::Handshake(check) => self.handshakes.push(case(rule, entry, check)),
            Check::Media(check) => self.media.push(case(rule, entry, check)),
            Check::Legs(check) => self.legs.push(case(rule, entry, check)),
            Check::Quality(check) => self.quality.push(case(rule, entry, check)),
            Check::Capture(check) => self.captures.push(case(rule, entry, check)),
            Check::Intake(check) => self.intakes.push(case(rule, entry, check)),
            Check::Flow(check) => self.flows.push(case(rule, entry, check)),
            Check::Link(check) => self.links.push(case(rule, entry, check)),
            Check::Backoff(check) => self.backoffs.push(case(rule, entry, check)),
            Check::Ping(check) => self.pings.push(case(rule, entry, check)),
            Check::Repertoire(check) => self.repertoires.push(case(rule, entry, check)),
            Check::Policy(check) => self.policies.push(case(rule, entry, check)),
            // A rule of several kinds gives each check by itself.
            Check::Several(_) => {}
        }
    }

    /// The kind of message that a rule is asked about; every kind where it is not asked about messages at all.
    #[must_use]
    pub fn speaks_of(&self, rule: usize) -> Kind {
        let checks = self.rules.get(rule).filter(|_| self.is_enabled(rule)).map_or(&[][..], |rule| rule.checks());
        let of_messages = checks.iter().find_map(|check| if let Check::Message(kind, _) = check { Some(*kind) } else { None });
        of_messages.unwrap_or(Kind::ANY)
    }

    /// The rule with this index.
    #[must_use]
    pub fn rule(&self, rule: u16) -> Option<&'static Rule> {
        self.rules.get(usize::from(rule)).copied()
    }

    /// Whether a rule runs; the policy may switch it off for everyone.
    #[must_use]
    pub fn is_enabled(&self, rule: usize) -> bool {
        self.enabled.get(rule).copied().unwrap_or(false)
    }

    /// The severity of a breach in a direction, `own` where it has one beside its rule's; `None` where the policy switches the rule off.
    #[must_use]
    pub fn severity(&self, rule: u16, policy: &Policy, (from, to): (Party, Party), own: Option<Severity>) -> Option<Severity> {
        let entry = self.rule(rule)?;
        if self.configured.get(usize::from(rule)).copied().unwrap_or(false) {
            policy.severity(entry.id, (entry.severity, own), from, to)
        } else {
            Some(own.unwrap_or(entry.severity))
        }
    }

    /// The waivers that name a rule.
    #[must_use]
    pub fn waivers(&self, rule: u16) -> &[u16] {
        self.waivers.get(usize::from(rule)).map(Vec::as_slice).unwrap_or_default()
    }
}
