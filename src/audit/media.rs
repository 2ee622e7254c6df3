//! Takes streams and the calls that they belong to, gives them to the rules on media, never ties one to the other.

use std::net::IpAddr;

use smallvec::SmallVec;

use super::intake::count_named;
use super::judge::{Judge, Matter, interval_of};
use super::rating::rate;
use super::sides::Sides;
use super::{StreamRow, StreamSeries};
use crate::base::Time;
use crate::binding::{Announcement, CallMedia, Hop, Known, Side, Tied, TiedBeside, codec_name};
use crate::call::Trace;
use crate::metrics::{Cause, MediaRoute, Part, Quality, Ratio};
use crate::policy::{Party, Terms, TrunkId};
use crate::rules::{HandshakeSubject, MediaSubject, QualitySubject, StreamSubject};
use crate::sdp::Media;

impl<'p> Judge<'p> {
    /// Judges a stream of a capture that began at `start`, gives its row.
    pub fn stream(&mut self, tied: &Tied<'_>, start: Time, sides: &Sides) -> StreamRow {
        let stream = tied.stream;
        let (from, to) = self.ends(tied);
        let (session, trunk, terms) = match tied.call {
            Some((call, bound)) => self.session_of(call, bound.hop),
            None => ((from, to), None, self.policy.terms(from, to, None)),
        };
        let rated = rate(tied, terms);
        let (policy, docket) = (self.policy, self.docket);
        let subject =
            StreamSubject { stream, call: tied.call, until: tied.until, unseen: tied.unseen, start, policy, from, to, terms, rated };
        let exhibit = subject.exhibit("");
        let matter = Matter {
            rule: 0,
            subject: "stream",
            direction: Some((from, to)),
            session,
            trunk,
            call: tied.call.map(|(call, _)| call.number),
            call_id: tied.call.map(|(call, _)| &*call.call_id),
            arrival: None,
            trace: Some(&exhibit),
            anchor: Some((stream.first, stream.begun)),
            at: stream.begun,
        };
        self.judge(&docket.streams, matter, |check| check(&subject));
        if let Some(seen) = &mut self.proceedings.seen {
            seen.stream(&subject);
        }
        let row = self.row(tied, &subject, sides);
        if row.secure == Some(true) && stream.secure != Some(true) {
            self.proceedings.keyed += stream.packets + stream.reception.mirrored;
        }
        if tied.call.is_some() {
            self.measure(&subject, trunk);
            self.load(&subject, trunk, sides);
            self.keep_worst(tied, &row);
        } else {
            self.proceedings.strays += 1;
        }
        row
    }

    /// Keeps the row among the worst, if it is of them.
    fn keep_worst(&mut self, tied: &Tied<'_>, row: &StreamRow) {
        let worst = &mut self.proceedings.worst;
        let place = worst.partition_point(|held| held.badness() <= row.badness());
        if place < WORST && row.packets >= ENOUGH {
            worst.insert(place, StreamRow { series: Some(StreamSeries::of(tied)), ..row.clone() });
            worst.truncate(WORST);
        }
    }

    /// Judges what passed beside RTP between two endpoints of a call, gives the rows of it.
    pub fn beside(&mut self, tied: &TiedBeside<'_>, sides: &Sides) -> Vec<StreamRow> {
        let TiedBeside { companion, call, until } = *tied;
        let rows = self.beside_rows(companion, call, until, sides);
        let Some((media, bound)) = call else { return rows };
        let (session, trunk, terms) = self.session_of(media, bound.hop);
        let docket = self.docket;
        let party = |side| media.host(side, bound.hop).map_or(Party::Unknown, |host| self.policy.party(host.ip));
        let parties = [party(bound.side), party(bound.side.other())];
        let subject = HandshakeSubject { companion, call, until, policy: self.policy, parties, terms };
        let exhibit = subject.exhibit("");
        let matter = Matter {
            rule: 0,
            subject: "stream",
            direction: Some(session),
            session,
            trunk,
            call: Some(media.number),
            call_id: Some(&media.call_id),
            arrival: None,
            trace: Some(&exhibit),
            anchor: Some((companion.first, companion.begun)),
            at: companion.begun,
        };
        self.judge(&docket.handshakes, matter, |check| check(&subject));
        rows
    }

    /// Adds a stream to what its direction came to.
    fn measure(&mut self, subject: &StreamSubject<'_>, trunk: Option<TrunkId>) {
        let (stream, from, to) = (subject.stream, subject.from, subject.to);
        let performance = &subject.terms.performance;
        let mut quality = Quality::default();
        quality.add(stream, subject.rated, stream.reports.round_trip());
        // A share is that of streams which could be judged by themselves.
        let of = |is_bad: Option<bool>| is_bad.map_or_else(Ratio::default, |bad| Ratio { numerator: bad.into(), denominator: 1 });
        let most = performance.loss.value.as_ref().filter(|_| stream.reception.expected >= ENOUGH);
        quality.lossy = of(most.zip(stream.loss_percent()).map(|(most, loss)| loss > most.value));
        let least = performance.mos.value.as_ref().filter(|_| stream.packets >= ENOUGH);
        quality.poor = of(least.zip(subject.rated).map(|(least, rated)| rated.mos() < least.value));
        let interval = interval_of(self.policy.terms(from, to, None), stream.begun);
        let proceedings = &mut self.proceedings;
        proceedings.quality.entry((from, to, None, Some(interval))).or_default().merge(&quality);
        if trunk.is_some() {
            let interval = interval_of(subject.terms, stream.begun);
            proceedings.quality.entry((from, to, trunk, Some(interval))).or_default().merge(&quality);
        }
        let codec = codec_name(subject.codec(), stream.main);
        count_named(&mut proceedings.codecs.entry((from, to)).or_default().sent, &codec);
        let heard = proceedings.heard.entry((from, to)).or_default();
        let name = if heard.len() < CODECS || heard.contains_key(&codec) { codec.chars().take(64).collect() } else { "(other)".to_owned() };
        heard.entry(name).or_default().merge(&quality);
    }

    /// Adds what a stream took second by second to what limits on bandwidth speak of.
    fn load(&mut self, subject: &StreamSubject<'_>, trunk: Option<TrunkId>, sides: &Sides) {
        let Some((call, _)) = subject.call else { return };
        let stream = subject.stream;
        self.proceedings.usage.stream(&self.docket.roll, [stream.flow.source.ip, stream.flow.destination.ip]);
        let route =
            MediaRoute { from: sides.of(subject.from), to: sides.of(subject.to), trunk, destination: Some(stream.flow.destination.ip) };
        let cause = || Cause { trace: subject.exhibit(""), call_id: (*call.call_id).into() };
        self.proceedings.bandwidth.measured(self.policy, &route, || stream.pace.seconds(), &cause);
        let element = |party: Party, ip: IpAddr| {
            let declared = self.policy.peer(party).and_then(|peer| peer.dbe_at(ip));
            Part::Element(party, declared.map_or_else(|| ip.to_string().into(), |dbe| dbe.name.as_str().into()))
        };
        let mut parts = vec![Part::All, Part::Direction(route.from, route.to)];
        parts.extend(trunk.map(|trunk| Part::Trunk(route.from, route.to, trunk)));
        parts.extend([element(route.from, stream.flow.source.ip), element(route.to, stream.flow.destination.ip)]);
        let codec = codec_name(subject.codec(), stream.main);
        let pace: Vec<(Time, u64)> = stream.pace.seconds().collect();
        self.proceedings.carriage.add(&parts, &codec, stream.packets, pace.iter().copied());
    }

    /// Adds what a call announced, until it ended or `end` at the latest, to what limits on bandwidth speak of.
    pub fn announce(&mut self, call: &CallMedia, end: Time, sides: &Sides) {
        for Announcement { said, span, bits, .. } in call.announcements(end) {
            let party = |ip| sides.of(self.policy.party(ip));
            let destination = said.sdp.media().iter().find_map(Media::ip);
            let route = MediaRoute { from: party(said.destination.ip), to: party(said.source.ip), trunk: call.trunk, destination };
            let line = format!("SDP of {}: {} bit/s", said.source, bits.unwrap_or_default());
            let (origin, at) = (said.origin, said.at);
            let trace =
                || Trace { origin, first: at, last: at, source: said.source, destination: said.destination, line: line.as_bytes().into() };
            let cause = || Cause { trace: trace(), call_id: (*call.call_id).into() };
            self.proceedings.bandwidth.signalled(self.policy, &route, span, bits, &cause);
        }
    }

    /// Judges the media of a call that is over; `end` is that of the capture where it came first. Gives the rules that its media breaks.
    pub fn media(&mut self, call: &CallMedia, known: &Known<'_>, end: Option<Time>) -> SmallVec<[u16; 4]> {
        let Some(first) = call.said.first() else { return SmallVec::new() };
        let (session, trunk, terms) = self.session_of(call, first.hop());
        let (policy, docket) = (self.policy, self.docket);
        let subject = MediaSubject { call, known: *known, end, policy, terms };
        let trace = Trace {
            origin: first.origin,
            first: first.at,
            last: first.at,
            source: first.source,
            destination: first.destination,
            ..Trace::default()
        };
        let matter = Matter {
            rule: 0,
            subject: "session",
            direction: Some(session),
            session,
            trunk,
            call: Some(call.number),
            call_id: Some(&call.call_id),
            arrival: None,
            trace: Some(&trace),
            anchor: Some((first.origin, first.at)),
            at: first.at,
        };
        self.judge(&docket.media, matter, |check| check(&subject));
        self.forget(call.number)
    }

    /// Judges the streams of every direction over every interval, and over the whole capture.
    pub fn qualities(&mut self, first: Time) {
        let qualities = std::mem::take(&mut self.proceedings.quality);
        for (&(from, to, trunk, start), quality) in &qualities {
            let terms = self.policy.terms(from, to, trunk);
            let matter = Matter {
                rule: 0,
                subject: "interval",
                direction: Some((from, to)),
                session: (from, to),
                trunk,
                call: None,
                call_id: None,
                arrival: None,
                trace: None,
                anchor: quality.first,
                at: start.unwrap_or(first).max(first),
            };
            let subject = QualitySubject { start, quality, terms };
            self.judge(&self.docket.quality, matter, |check| check(&subject));
        }
        self.proceedings.quality = qualities;
    }

    /// Who sends a stream and who receives it: the sides of its call, else whoever owns its addresses.
    pub fn ends(&self, tied: &Tied<'_>) -> (Party, Party) {
        let flow = &tied.stream.flow;
        let Some((call, bound)) = tied.call else { return (self.policy.party(flow.source.ip), self.policy.party(flow.destination.ip)) };
        let party = |side| call.host(side, bound.hop).map_or(Party::Unknown, |host| self.policy.party(host.ip));
        (party(bound.side), party(bound.side.other()))
    }

    /// The direction of a call at a hop, its trunk group and its terms.
    fn session_of(&self, call: &CallMedia, hop: Hop) -> ((Party, Party), Option<TrunkId>, &'p Terms) {
        let party = |side| call.host(side, hop).map_or(Party::Unknown, |host| self.policy.party(host.ip));
        let (from, to) = (party(Side::Caller), party(Side::Callee));
        ((from, to), call.trunk, self.policy.terms(from, to, call.trunk))
    }
}

/// The worst streams that reports show, and the packets without which a stream is none of them.
const WORST: usize = 10;
const ENOUGH: u64 = 50;

/// Codecs of a direction that are told apart.
const CODECS: usize = 64;
