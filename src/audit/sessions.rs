//! Takes calls that are over and tell which session they are of, in order, gives each two legs of one session to the rules that ask, never a guess.

use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use smallvec::SmallVec;

use super::hearing::Heard;
use super::judge::{Judge, Matter};
use crate::base::{Origin, Time, fingerprint, seconds};
use crate::binding::{Accord, CallMedia, Said, Side};
use crate::call::{Over, Standing, Trace};
use crate::policy::{Party, TrunkId};
use crate::rules::{LegSaid, LegsSubject};
use crate::sdp::SdpRole;
use crate::sip::value::Params;
use crate::sip::{HeaderName, Method};

/// How long after one leg of a session was forgotten others are waited for: they end with it, and each is kept for as long (RFC 3261 §17, 64·T1).
const WAIT: i64 = seconds(64);

/// How long whatever forwards an INVITE may keep it: Timer B (RFC 3261 §17.1.1.2).
const KEPT: i64 = seconds(32);

/// Legs of one session that are looked at: more is no session of two parties.
const MOST: usize = 16;

/// What the first INVITE of a call says of the session that it is of.
#[derive(Clone, Debug)]
pub(super) struct Tied {
    /// Hashes of its Session-ID (RFC 7989) and of its charging identifier (RFC 7315 §5.6).
    ties: SmallVec<[u64; 2]>,
    /// When it passed, and where.
    begun: Time,
    origin: Origin,
    /// Who sent it, and to whom.
    hosts: (IpAddr, IpAddr),
}

/// A call that is over, with what ties it to others.
#[derive(Clone, Debug)]
pub struct EndedLeg {
    tied: Box<Tied>,
    /// When it was forgotten.
    at: Time,
    call: u64,
    parties: (Party, Party),
    trunk: Option<TrunkId>,
    /// When the callee first spoke of media.
    replied: Option<Time>,
    said: LegSaid,
}

impl EndedLeg {
    const fn place(&self) -> (Time, Origin) {
        (self.tied.begun, self.tied.origin)
    }

    /// Whether this may be what became of another when it was forwarded: begun while that waited for its answer, and no second attempt at it.
    fn may_follow(&self, other: &Self) -> bool {
        let (own, before) = (self.tied.hosts, other.tied.hosts);
        let waited = self.tied.begun.since(other.tied.begun) <= KEPT && other.replied.is_none_or(|replied| self.tied.begun <= replied);
        waited && own.0 != before.0 && own.1 != before.1 && own.1 != before.0
    }
}

impl Judge<'_> {
    /// Notes what the first INVITE of a call says of its session, where somebody asks what became of it on the way.
    pub(super) fn note_ties(&mut self, heard: &Heard<'_, '_>) {
        let (message, place) = (&heard.arrival.message, heard.place);
        if !self.ties_legs || place.standing != Standing::Initial || place.method != Some(Method::Invite) {
            return;
        }
        let mut ties = SmallVec::new();
        let whole = |id| message.header(id).filter(|line| !heard.arrival.is_half(line.value)).map(|line| message.value(line));
        if let Some(value) = whole(HeaderName::SessionId) {
            let local = value.split(|&b| b == b';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
            let is_one = local.len() == 32 && local.iter().all(u8::is_ascii_hexdigit) && local.iter().any(|&b| b != b'0');
            ties.extend(is_one.then(|| fingerprint(("session", local))));
        }
        if let Some(value) = whole(HeaderName::PChargingVector) {
            let identifier = Params(&value).value(b"icid-value").filter(|identifier| !identifier.is_empty());
            ties.extend(identifier.map(|identifier| fingerprint(("charging", identifier))));
        }
        if !ties.is_empty() {
            let envelope = &heard.arrival.envelope;
            let hosts = (envelope.source.ip, envelope.destination.ip);
            let tied = Tied { ties, begun: envelope.clock, origin: envelope.origin, hosts };
            self.known(place.call).tied.get_or_insert_with(|| tied.into());
        }
    }

    /// Notes a call that is over, before it is forgotten, with what it said of media.
    pub fn note_leg(&mut self, call: u64, over: &Over, media: Option<&CallMedia>) {
        let Some(tied) = self.live.get(&call).and_then(|known| known.tied.clone()) else { return };
        let (Some(media), trunk) = (media, self.trunk_of(call)) else { return };
        let Some(offer) = media.said.iter().find(|said| said.role == SdpRole::Offer) else { return };
        let replied = media.said.iter().find(|said| said.side == Side::Callee).map(|said| said.at);
        // Of several branches it is not known which one the other leg tells of.
        let branches: HashSet<_> = media.said.iter().map(|said| said.tag).filter(|tag| *tag != 0).collect();
        let of_first = |accord: &&Accord| media.said.get(accord.offer).is_some_and(|said| said.origin == offer.origin);
        let first = media.accords.first().filter(of_first).filter(|_| branches.len() <= 1);
        let answer = first.and_then(|accord| media.said.get(accord.answer)).cloned();
        let parties = (self.policy.party(tied.hosts.0), self.policy.party(tied.hosts.1));
        let said = LegSaid { call_id: media.call_id.clone(), offer: offer.clone(), answer };
        self.legs.push(EndedLeg { tied, at: over.at, call, parties, trunk, replied, said });
    }

    /// Judges two legs of a session by what was agreed for the one that passes between two peers.
    fn legs(&mut self, before: &EndedLeg, behind: &EndedLeg) {
        let is_between = |leg: &&EndedLeg| leg.parties.0 != leg.parties.1 && ![leg.parties.0, leg.parties.1].contains(&Party::Unknown);
        let leg = [before, behind].into_iter().find(is_between).unwrap_or(before);
        let terms = self.policy.terms(leg.parties.0, leg.parties.1, leg.trunk);
        let subject = LegsSubject { before: &before.said, behind: &behind.said, terms };
        let Said { origin, at, source, destination, .. } = leg.said.offer;
        let trace = Trace { origin, first: at, last: at, source, destination, ..Trace::default() };
        let matter = Matter {
            rule: 0,
            subject: "session",
            direction: Some(leg.parties),
            session: leg.parties,
            trunk: leg.trunk,
            call: Some(leg.call),
            call_id: Some(&leg.said.call_id),
            arrival: None,
            trace: Some(&trace),
            anchor: Some((origin, at)),
            at,
        };
        self.judge(&self.docket.legs, matter, |check| check(&subject));
    }
}

/// The leg of which another is the continuation: the last before it that reached the host from which that came, else the last that may be.
fn parent<'a>(before: &'a [EndedLeg], leg: &EndedLeg) -> Option<&'a EndedLeg> {
    let all = || before.iter().rev().filter(|other| leg.may_follow(other));
    all().find(|other| other.tied.hosts.1 == leg.tied.hosts.0).or_else(|| all().next())
}

/// The sessions of which legs are over and others may still end.
#[derive(Debug, Default)]
pub struct Sessions {
    /// By what ties their legs.
    open: HashMap<u64, Vec<EndedLeg>, FixedState>,
    /// When each of them is due.
    due: BTreeSet<(Time, u64)>,
}

impl Sessions {
    /// Takes the legs that ended in a window, which follow those of the windows before; judges the sessions that no other leg can follow. Those
    /// that the end of the capture at `clock` cut short are over then.
    pub fn settle(&mut self, mut legs: Vec<EndedLeg>, clock: Time, bench: &mut Judge<'_>) {
        legs.iter_mut().for_each(|leg| leg.at = leg.at.min(clock));
        legs.sort_by_key(|leg| (leg.at, leg.place()));
        for leg in legs {
            self.close(leg.at, bench);
            for &tie in &leg.tied.ties {
                let session = self.open.entry(tie).or_insert_with(|| {
                    self.due.insert((leg.at.plus(WAIT), tie));
                    Vec::new()
                });
                if session.len() < MOST {
                    session.push(leg.clone());
                }
            }
        }
    }

    /// Judges the sessions that no leg can follow that ends at `clock`; all of them at the end of time.
    pub fn close(&mut self, clock: Time, bench: &mut Judge<'_>) {
        while let Some((_, tie)) = self.due.first().copied().filter(|(due, _)| *due < clock) {
            self.due.pop_first();
            let mut legs = self.open.remove(&tie).unwrap_or_default();
            legs.sort_by_key(EndedLeg::place);
            for (n, behind) in legs.iter().enumerate() {
                let Some(before) = parent(legs.get(..n).unwrap_or_default(), behind) else { continue };
                // Two identifiers may tie the same legs: the first of them that both have tells.
                if before.tied.ties.iter().find(|tie| behind.tied.ties.contains(tie)) == Some(&tie) {
                    bench.legs(before, behind);
                }
            }
        }
    }
}
