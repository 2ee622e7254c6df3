//! Takes what passed beside RTP in a call, gives the rows of its faxes and messages, never a verdict.

use serde::Serialize;

use super::StreamRow;
use super::judge::Judge;
use super::sides::Sides;
use crate::base::{Origin, Time};
use crate::binding::{Bound, CallMedia, Fit};
use crate::media::{Companion, Fax, Flow, Messages};
use crate::policy::Party;

/// UDPTL packets that no call named, without which they may be anything (MED-RTP-001, `rogue_min_packets`).
const BELIEVED: u64 = 50;

/// What passed beside RTP in a direction: faxes over UDPTL, or MSRP sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct BesideRow {
    pub from: String,
    pub to: String,
    /// `UDPTL` or `MSRP`.
    pub kind: &'static str,
    pub streams: u64,
    /// Packets of UDPTL, chunks of MSRP.
    pub packets: u64,
    pub octets: u64,
    /// Of UDPTL; and of these, those that redundancy brought back.
    pub lost: Option<u64>,
    pub recovered: Option<u64>,
    /// Of MSRP.
    pub failures: Option<u64>,
}

impl BesideRow {
    /// Adds a stream.
    pub(super) fn add(&mut self, other: &Self) {
        let sum = |a: Option<u64>, b: Option<u64>| if a.is_none() { b } else { Some(a.unwrap_or(0) + b.unwrap_or(0)) };
        self.streams += other.streams;
        self.packets += other.packets;
        self.octets += other.octets;
        self.lost = sum(self.lost, other.lost);
        self.recovered = sum(self.recovered, other.recovered);
        self.failures = sum(self.failures, other.failures);
    }
}

/// One direction of it.
struct Way {
    flow: Flow,
    bound: Option<Bound>,
}

impl Judge<'_> {
    /// The rows of what passed between two endpoints beside RTP; `bound` is the place of the first of them.
    pub(super) fn beside_rows(
        &mut self,
        companion: &Companion,
        call: Option<(&CallMedia, Bound)>,
        until: Time,
        sides: &Sides,
    ) -> Vec<StreamRow> {
        let Companion { a, b, .. } = *companion;
        let there = Way { flow: Flow { source: a, destination: b, ssrc: 0 }, bound: call.map(|(_, bound)| bound) };
        let back = Way { flow: Flow { source: b, destination: a, ssrc: 0 }, bound: there.bound.map(turned) };
        let ways = [(&there, &companion.fax_ab, &companion.messages_ab), (&back, &companion.fax_ba, &companion.messages_ba)];
        let mut rows = Vec::new();
        for (way, fax, messages) in ways {
            let call = call.map(|(call, _)| call).zip(way.bound);
            let fax = fax
                .as_ref()
                .filter(|fax| call.is_some() || fax.packets >= BELIEVED)
                .map(|fax| ((fax.first, fax.begun, fax.ended), of_fax(fax)));
            let messages = messages.as_ref().map(|own| ((own.first, own.begun, own.ended), of_messages(own)));
            for (span, row) in fax.into_iter().chain(messages) {
                rows.push(self.beside_row(row, call, way, span, until, sides));
            }
        }
        rows
    }

    fn beside_row(
        &mut self,
        row: StreamRow,
        call: Option<(&CallMedia, Bound)>,
        way: &Way,
        span: (Origin, Time, Time),
        until: Time,
        sides: &Sides,
    ) -> StreamRow {
        let parties = match call {
            Some((call, bound)) => {
                let party = |side| call.host(side, bound.hop).map_or(Party::Unknown, |host| self.policy.party(host.ip));
                (party(bound.side), party(bound.side.other()))
            }
            None => (self.policy.party(way.flow.source.ip), self.policy.party(way.flow.destination.ip)),
        };
        match call {
            Some(_) => {
                let StreamRow { kind, packets, payload_octets: octets, lost, recovered, failures, .. } = row;
                let one = BesideRow { kind, streams: 1, packets, octets, lost, recovered, failures, ..BesideRow::default() };
                self.proceedings.beside.entry((parties.0, parties.1, kind)).or_default().add(&one);
            }
            None => self.proceedings.strays += 1,
        }
        let name = |party: Party| self.policy.party_name(sides.of(party));
        let place = StreamRow::of(call, &way.flow, span, until, parties, &name);
        let StreamRow { kind, codec, packets, payload_octets, expected, lost, loss_pct, .. } = row;
        let StreamRow { duplicates, reordered, redundancy, recovered, failures, .. } = row;
        StreamRow {
            kind,
            codec,
            packets,
            payload_octets,
            expected,
            lost,
            loss_pct,
            duplicates,
            reordered,
            redundancy,
            recovered,
            failures,
            ..place
        }
    }
}

/// The place of the other direction.
fn turned(bound: Bound) -> Bound {
    let fit = match bound.fit {
        Fit::Source => Fit::Destination,
        Fit::Destination => Fit::Source,
        Fit::Both => Fit::Both,
    };
    Bound { side: bound.side.other(), fit, ..bound }
}

#[allow(clippy::cast_precision_loss)] // Packets as percent.
fn of_fax(fax: &Fax) -> StreamRow {
    StreamRow {
        kind: "UDPTL",
        codec: "t38".into(),
        packets: fax.packets,
        payload_octets: fax.octets,
        expected: Some(fax.expected),
        lost: Some(fax.lost),
        loss_pct: (fax.expected > 0).then(|| fax.lost as f64 * 100.0 / fax.expected as f64),
        duplicates: Some(fax.duplicates),
        reordered: Some(fax.reordered),
        redundancy: Some(fax.redundancy.into()),
        recovered: Some(fax.recovered),
        ..StreamRow::default()
    }
}

fn of_messages(messages: &Messages) -> StreamRow {
    StreamRow {
        kind: "MSRP",
        codec: "MSRP".into(),
        packets: messages.chunks,
        payload_octets: messages.octets,
        failures: Some(messages.failures),
        ..StreamRow::default()
    }
}
