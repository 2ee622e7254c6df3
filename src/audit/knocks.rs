//! Takes the connections that hosts ask border elements for, gives those that no SIP came over to the rules, never more hosts than its bound.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::judge::{Judge, Matter};
use crate::call::Trace;
use crate::policy::{Party, Policy, Sbe, Terms};
use crate::rules::{KnockSubject, trace};
use crate::transport::Knock;

/// Undeclared hosts that are told apart; a scan or a flood of forged sources has more, which are told as one.
const STRANGERS: usize = 16;

/// Pairs of a declared host and a border element that are kept in mind: as many as networks of this size have.
const MOST: usize = 1024;

/// The registered ports of SIP (RFC 3261 §19.1.2).
const SIP: [u16; 2] = [5060, 5061];

/// A border element: its peer, and its place there.
type Element = (u16, usize);

/// Who asked whom for connections.
#[derive(Debug, Default)]
pub struct Knocks {
    /// By client and border element; whether the client is one itself.
    known: BTreeMap<(IpAddr, Element), (bool, Asked)>,
    strangers: usize,
    /// Of hosts beyond those.
    further: BTreeMap<Element, Asked>,
}

#[derive(Debug)]
struct Asked {
    knocks: u64,
    first: Trace,
}

impl Knocks {
    /// Takes the next, in the order of the capture.
    pub fn take(&mut self, knock: &Knock, policy: &Policy) {
        let (Knock { client, server, .. }, owner) = (knock, policy.party(knock.server.ip));
        let Some((element, sbe)) = element_at(policy, owner, server.ip) else { return };
        let from = policy.party(client.ip);
        if !is_sip_port(sbe, server.port, policy.terms(from, owner, None)) {
            return;
        }
        let key = (client.ip, element);
        if let Some((_, asked)) = self.known.get_mut(&key) {
            asked.knocks += 1;
            return;
        }
        let is_declared = policy.peer(from).is_some_and(|peer| peer.sbe_at(client.ip).is_some());
        let is_full = if is_declared { self.known.len() >= MOST } else { self.strangers >= STRANGERS };
        match (is_full, is_declared) {
            (false, _) => {
                self.strangers += usize::from(!is_declared);
                self.known.insert(key, (is_declared, Asked::first(knock)));
            }
            // Nothing is wrong with it.
            (true, true) => {}
            (true, false) => {
                self.further.entry(element).and_modify(|asked| asked.knocks += 1).or_insert_with(|| Asked::first(knock));
            }
        }
    }

    /// Judges what carried no SIP: where SIP passed, its messages are judged.
    pub(super) fn close(&mut self, judge: &mut Judge<'_>) {
        let policy = judge.policy;
        let sbe_of = |(peer, place): Element| policy.peers.get(usize::from(peer)).and_then(|peer| Some((peer, peer.sbe.get(place)?)));
        let traffic = judge.proceedings.traffic.keys();
        let spoke: BTreeSet<_> = traffic.filter_map(|&(from, to)| Some((from, element_at(policy, policy.party(to), to)?.0))).collect();
        for ((client, element), (is_declared, asked)) in std::mem::take(&mut self.known) {
            let Some((peer, sbe)) = sbe_of(element) else { continue };
            if spoke.contains(&(client, element)) {
                continue;
            }
            let direction = (policy.party(client), Party::Declared(element.0));
            let terms = policy.terms(direction.0, direction.1, None);
            let subject =
                KnockSubject { client: Some(client), is_declared, sbe, owner: &peer.id, knocks: asked.knocks, first: &asked.first, terms };
            asked.judge(&subject, direction, judge);
        }
        for (element, asked) in std::mem::take(&mut self.further) {
            let Some((peer, sbe)) = sbe_of(element) else { continue };
            let direction = (Party::Unknown, Party::Declared(element.0));
            let terms = policy.terms(direction.0, direction.1, None);
            let subject =
                KnockSubject { client: None, is_declared: false, sbe, owner: &peer.id, knocks: asked.knocks, first: &asked.first, terms };
            asked.judge(&subject, direction, judge);
        }
    }
}

impl Asked {
    fn first(knock: &Knock) -> Self {
        let asks = if knock.sctp { "INIT" } else { "SYN" };
        Self { knocks: 1, first: trace(knock.at, knock.client, knock.server, &format!("{asks} to {}", knock.server)) }
    }

    fn judge(&self, subject: &KnockSubject<'_>, direction: (Party, Party), judge: &mut Judge<'_>) {
        let text = match self.knocks {
            1 => self.first.text().into_owned(),
            more => format!("{}, the first of {more}", self.first.text()),
        };
        let first = Trace { line: text.as_bytes().into(), ..self.first.clone() };
        let subject = KnockSubject { first: &first, ..*subject };
        let matter = Matter::shown_by(&first, "connection", direction);
        judge.judge(&judge.docket.knocks, matter, |check| check(&subject));
    }
}

fn element_at(policy: &Policy, owner: Party, ip: IpAddr) -> Option<(Element, &Sbe)> {
    let Party::Declared(peer) = owner else { return None };
    let declared = policy.peer(owner)?;
    let sbe = declared.sbe_at(ip)?;
    let place = declared.sbe.iter().position(|own| std::ptr::eq(own, sbe))?;
    Some(((peer, place), sbe))
}

/// Whether SIP is declared, agreed or registered on a port of a border element.
fn is_sip_port(sbe: &Sbe, port: u16, terms: &Terms) -> bool {
    let agreed = terms.tls.ports.as_ref().is_some_and(|clause| clause.value.contains(&port));
    SIP.contains(&port) || agreed || sbe.ports.values().any(|ports| ports.contains(&port))
}
