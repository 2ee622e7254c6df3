//! Takes an offer, its answer and a stream between both, gives a rule's verdict on the stream or on the media of the call, never anything outside tests.

use std::sync::Arc;

use hashbrown::HashMap;

use super::negotiation::session;
use super::scene::{endpoint, peer, provenance};
use super::{Check, HandshakeSubject, MediaSubject, Rule, StreamSubject, Verdict};
use crate::base::{Endpoint, Origin, Time};
pub(super) use crate::binding::made::ms;
use crate::binding::made::pcma;
use crate::binding::{Event, MediaCalls, Named, Said, Settled, Side, Table, TiedBeside};
use crate::call::{Session, Trace};
use crate::media::{Companion, Fax, Handshake, Stream};
use crate::metrics::Rated;
use crate::policy::{Dbe, Party, Peer, Policy, Role, Terms};
use crate::sdp::{Description, SdpRole};

/// Ten seconds of PCMA in packets of 20 ms, from the caller (media at 192.0.2.70:4000, signalling at 192.0.2.17) to the callee (198.51.100.70:5000,
/// signalling at 198.51.100.33), unless a test says otherwise: offered at 100 s, answered at 101 s, sent from 101.1 s, over at 112 s.
/// Nothing is agreed and no peers are declared until a test says so.
pub(super) struct Passage {
    said: Vec<Said>,
    agreed: Vec<(Origin, Origin)>,
    streams: Vec<Stream>,
    /// Fax of the caller: from when to when.
    fax: Option<(Time, Time)>,
    shaken: Vec<Handshake>,
    answered: Option<Time>,
    ended: Option<Time>,
    last: Time,
    start: Time,
    terms: Terms,
    policy: Policy,
    rated: Option<Rated>,
}

const CALLER: (&str, &str) = ("192.0.2.17:5060", "192.0.2.70:4000");
const CALLEE: (&str, &str) = ("198.51.100.33:5060", "198.51.100.70:5000");

impl Passage {
    /// Of media sections, each with the address of its side in the session part.
    pub(super) fn of(offer: &str, answer: &str) -> Self {
        let mut passage = Self {
            said: Vec::new(),
            agreed: Vec::new(),
            streams: Vec::new(),
            fax: None,
            shaken: Vec::new(),
            answered: Some(ms(101_000)),
            ended: Some(ms(112_000)),
            last: ms(112_100),
            start: Time(0),
            terms: Terms::default(),
            policy: Policy::baseline(),
            rated: None,
        };
        passage = passage.exchange(100_000, Side::Caller, offer, answer);
        passage.stream(Side::Caller, |_| ())
    }

    /// Of a stream that no SDP names.
    pub(super) fn stray() -> Self {
        let mut passage = Self::of("", "");
        passage.said.clear();
        passage.agreed.clear();
        passage
    }

    /// After one more exchange, offered by a side at so many milliseconds and answered a second later.
    pub(super) fn exchange(mut self, at: i64, by: Side, offer: &str, answer: &str) -> Self {
        let (first, second) = if at <= 100_000 { (0, 0) } else { (7, 7) };
        let offered = self.say(at, by, SdpRole::Offer, first, offer);
        let answered = self.say(at + 1_000, by.other(), SdpRole::Answer, second.max(7), answer);
        self.agreed.push((offered, answered));
        self
    }

    /// With a body of a side at so many milliseconds.
    fn say(&mut self, at: i64, side: Side, role: SdpRole, tag: u64, media: &str) -> Origin {
        let ((from, address), (to, _)) = if side == Side::Caller { (CALLER, CALLEE) } else { (CALLEE, CALLER) };
        let body = session(&endpoint(address).ip.to_string(), media);
        let origin = Origin { serial: at.unsigned_abs(), capture: 0, frame: 1 };
        let sdp = Arc::new(Description::parse(body.replace('\n', "\r\n").as_bytes()));
        self.said.push(Said { origin, at: ms(at), source: endpoint(from), destination: endpoint(to), side, tag, role, sdp });
        origin
    }

    /// With one more stream, sent by a side.
    pub(super) fn stream(mut self, side: Side, change: impl FnOnce(&mut Stream)) -> Self {
        let (from, to) = if side == Side::Caller { (CALLER, CALLEE) } else { (CALLEE, CALLER) };
        let mut stream = pcma(endpoint(from.1), endpoint(to.1), self.streams.len());
        change(&mut stream);
        self.streams.push(stream);
        self
    }

    /// With a change to its first stream.
    pub(super) fn with(mut self, change: impl FnOnce(&mut Stream)) -> Self {
        change(&mut self.streams[0]);
        self
    }

    /// Without its first stream.
    pub(super) fn silent(mut self) -> Self {
        self.streams.clear();
        self
    }

    /// With a fax that the caller sends over UDPTL between the same ports.
    pub(super) fn faxed(mut self, from: i64, to: i64) -> Self {
        self.fax = Some((ms(from), ms(to)));
        self
    }

    /// With a DTLS handshake between the two media addresses: begun by the callee at 101.1 s, DTLS 1.2, answered after 50 ms.
    pub(super) fn shaken(mut self, change: impl FnOnce(&mut Handshake)) -> Self {
        let (a, b) = (Self::end(Side::Caller), Self::end(Side::Callee));
        let mut handshake = Handshake {
            client: Some((b, Origin::default(), ms(101_100))),
            server: Some((a, Origin::default(), ms(101_150))),
            client_hellos: 1,
            version: Some(0xfefd),
            ..Handshake::default()
        };
        change(&mut handshake);
        self.shaken.push(handshake);
        self
    }

    /// Never answered.
    pub(super) fn unanswered(mut self) -> Self {
        self.answered = None;
        self
    }

    /// Over at so many milliseconds.
    pub(super) fn ended(mut self, at: i64) -> Self {
        (self.ended, self.last) = (Some(ms(at)), ms(at + 100));
        self
    }

    /// Not over when the capture ends.
    pub(super) fn open(mut self) -> Self {
        self.ended = None;
        self
    }

    /// In a capture that began at so many milliseconds.
    pub(super) fn since(mut self, at: i64) -> Self {
        self.start = ms(at);
        self
    }

    /// With an estimated quality.
    pub(super) fn rated(mut self, rated: Rated) -> Self {
        self.rated = Some(rated);
        self
    }

    /// What was agreed.
    pub(super) fn agreed(mut self, change: impl FnOnce(&mut Terms)) -> Self {
        change(&mut self.terms);
        self
    }

    /// With the peers alpha (the caller's) and bravo declared, each with a border element for media, changed as the test needs.
    pub(super) fn declared(mut self, change: impl FnOnce(&mut [Peer])) -> Self {
        let mut peers = vec![
            peer("alpha", "alpha.example", "sbc1.alpha.example", "192.0.2.16/29"),
            peer("bravo", "bravo.example", "edge.bravo.example", "198.51.100.32/28"),
        ];
        for (peer, prefix) in peers.iter_mut().zip(["192.0.2.64/28", "198.51.100.64/28"]) {
            peer.dbe.push(Dbe {
                name: format!("{}-dbe", peer.id),
                addresses: vec![prefix.parse().unwrap()],
                ports: Some((4_000, 5_999)),
                roles: vec![Role::Ingress, Role::Egress],
                from: provenance(),
            });
        }
        change(&mut peers);
        self.policy.peers = peers;
        self
    }

    /// A table and a call that heard all of it.
    fn table(&self) -> (Table, MediaCalls) {
        let (mut table, mut calls) = (Table::default(), MediaCalls::default());
        for said in &self.said {
            calls.say(1, b"passage@test", None, said.clone(), &Named::all(&said.sdp).0);
        }
        self.agreed.iter().for_each(|&(offer, answer)| calls.hear(1, Event::Agreed(offer, answer)));
        self.answered.iter().for_each(|&at| calls.hear(1, Event::Answered(at)));
        self.ended.iter().for_each(|&at| calls.hear(1, Event::Lives(at, false)));
        let trace = |at: Time| Arc::new(Trace { first: at, last: at, ..Trace::default() });
        let session = self.answered.map(|at| Session {
            answer: Some(trace(at)),
            acknowledged: true,
            end: self.ended,
            outcome: crate::call::Outcome::Success,
            ..Session::default()
        });
        session.map(Arc::new).iter().for_each(|session| calls.hear(1, Event::Session(session)));
        calls.hear(1, Event::Over(self.last));
        table.learn(&mut calls);
        self.streams.iter().for_each(|stream| table.end(stream.clone()));
        if let Some((begun, ended)) = self.fax {
            let fax_ab = Some(Fax { begun, ended, packets: 100, ..Fax::default() });
            table.end_beside(Companion {
                begun,
                ended,
                clock: ended,
                fax_ab,
                ..nothing_beside(Self::end(Side::Caller), Self::end(Side::Callee))
            });
        }
        for (n, handshake) in (0..).zip(&self.shaken) {
            let first = Origin { serial: n, ..Origin::default() };
            let handshake = handshake.clone();
            table.end_beside(Companion { dtls: 4, first, handshake, ..nothing_beside(Self::end(Side::Caller), Self::end(Side::Callee)) });
        }
        (table, calls)
    }

    fn party(&self, signalling: &str, media: Endpoint) -> Party {
        let ip = endpoint(signalling).ip;
        let owner = |p: &Peer| p.sbe_at(ip).is_some() || p.dbe_at(media.ip).is_some();
        let at = self.policy.peers.iter().position(owner);
        at.map_or(Party::Host(ip), |i| Party::Declared(u16::try_from(i).unwrap()))
    }

    /// What `rule` says of its last stream.
    pub(super) fn judge(&self, rule: &Rule) -> Verdict {
        let found = rule.checks().iter().find_map(|check| if let Check::Stream(check) = check { Some(check) } else { None });
        let check = found.unwrap_or_else(|| panic!("{} looks at no stream", rule.id));
        let mut verdict = Verdict::NotApplicable;
        let last = self.streams.last().map(|stream| stream.flow);
        let (mut table, mut calls) = self.table();
        table.settle(&mut [&mut calls], Time(i64::MAX), |settled| {
            let Settled::Stream(tied) = settled else { return };
            if Some(tied.stream.flow) != last {
                return;
            }
            let caller = tied.call.map_or(tied.stream.flow.source.ip == endpoint(CALLER.1).ip, |(_, bound)| bound.side == Side::Caller);
            let (from, to) = if caller { (CALLER.0, CALLEE.0) } else { (CALLEE.0, CALLER.0) };
            verdict = check(&StreamSubject {
                stream: tied.stream,
                call: tied.call,
                until: tied.until,
                unseen: tied.unseen,
                start: self.start,
                policy: &self.policy,
                from: self.party(from, tied.stream.flow.source),
                to: self.party(to, tied.stream.flow.destination),
                terms: &self.terms,
                rated: self.rated,
            });
        });
        verdict
    }

    /// The media address of a side.
    pub(super) fn end(side: Side) -> Endpoint {
        endpoint(if side == Side::Caller { CALLER.1 } else { CALLEE.1 })
    }

    /// What `rule` says of a DTLS handshake, which is as [`Self::shaken`] says.
    pub(super) fn judge_handshake(self, rule: &Rule, change: impl FnOnce(&mut Handshake)) -> Verdict {
        self.shaken(change).judge_beside(rule)
    }

    /// What `rule` says of the fax, or of the last handshake.
    pub(super) fn judge_beside(&self, rule: &Rule) -> Verdict {
        let found = rule.checks().iter().find_map(|check| if let Check::Handshake(check) = check { Some(check) } else { None });
        let check = found.unwrap_or_else(|| panic!("{} looks at nothing beside RTP", rule.id));
        let (mut table, mut calls) = self.table();
        let mut verdict = Verdict::NotApplicable;
        table.settle(&mut [&mut calls], Time(i64::MAX), |settled| {
            if let Settled::Beside(tied) = settled {
                verdict = check(&self.beside(tied));
            }
        });
        verdict
    }

    fn beside<'a>(&'a self, tied: &TiedBeside<'a>) -> HandshakeSubject<'a> {
        let TiedBeside { companion, call, until } = *tied;
        let parties = [self.party(CALLER.0, companion.a), self.party(CALLEE.0, companion.b)];
        HandshakeSubject { companion, call, until, policy: &self.policy, parties, terms: &self.terms }
    }

    /// What `rule` says of the media of the call.
    pub(super) fn judge_call(&self, rule: &Rule) -> Verdict {
        let found = rule.checks().iter().find_map(|check| if let Check::Media(check) = check { Some(check) } else { None });
        let check = found.unwrap_or_else(|| panic!("{} looks at no media of calls", rule.id));
        let (mut table, mut calls) = self.table();
        table.settle(&mut [&mut calls], Time(i64::MAX), |_| ());
        let mut verdict = Verdict::NotApplicable;
        calls.close(Time(i64::MAX), &HashMap::new(), table.pairs(), |call, known| {
            let end = self.ended.is_none().then_some(self.last);
            verdict = check(&MediaSubject { call: &call, known: *known, end, policy: &self.policy, terms: &self.terms });
        });
        verdict
    }
}

/// Nothing that passed beside RTP, for nine seconds.
fn nothing_beside(a: Endpoint, b: Endpoint) -> Companion {
    Companion {
        a,
        b,
        first: Origin::default(),
        begun: ms(101_100),
        ended: ms(110_000),
        clock: ms(110_000),
        stun: 0,
        binding_requests: 0,
        binding_responses: 0,
        turn: 0,
        zrtp: 0,
        dtls: 0,
        handshake: Handshake::default(),
        fax_ab: None,
        fax_ba: None,
        session: None,
        messages_ab: None,
        messages_ba: None,
    }
}
