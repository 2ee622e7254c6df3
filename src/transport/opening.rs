//! Takes the first segments of a TCP connection, gives that nothing came of it where nothing did, never what came of it else.

use super::SegmentPart;
use super::tls::{Attempt, Contact, Ending, Moment, Refusal, TlsEvent};
use crate::base::Endpoint;

/// How a connection begins.
#[derive(Default)]
pub(super) struct Opening {
    /// The first SYN, who sent it, and how many there were.
    syn: Option<(Moment, usize, u32)>,
    /// Whether more than SYNs came: whatever it is, it is a connection.
    more: bool,
}

impl Opening {
    /// Who asked for the connection, if that was seen.
    pub(super) fn client(&self) -> Option<usize> {
        self.syn.map(|(_, end, _)| end)
    }

    /// Takes a segment that `from` sent.
    pub(super) fn take(&mut self, part: &SegmentPart, from: usize, events: &mut Vec<TlsEvent>) {
        if self.more {
            return;
        }
        let at = Moment { origin: part.origin, time: part.time, clock: part.clock };
        match &mut self.syn {
            None if part.flags.syn && !part.flags.ack => self.syn = Some((at, from, 1)),
            Some((_, client, syns)) if *client == from && part.flags.syn && !part.flags.ack => *syns = syns.saturating_add(1),
            Some((first, client, syns)) if *client != from && part.flags.rst => {
                let (client, server) = (part.destination, part.source);
                let attempt = Attempt { client, server, first: *first, syns: *syns, refusal: Refusal::Reset(at) };
                events.push(TlsEvent::contact(Contact::Attempt(attempt)));
                self.more = true;
            }
            _ => self.more = true,
        }
    }

    /// Nothing more comes.
    pub(super) fn end(&mut self, ending: Ending, (a, b): (Endpoint, Endpoint), events: &mut Vec<TlsEvent>) {
        let (Some((first, end, syns)), false, Ending::Silent { until, .. }) = (self.syn, self.more, ending) else { return };
        let (client, server) = if end == 0 { (a, b) } else { (b, a) };
        self.more = true;
        let attempt = Attempt { client, server, first, syns, refusal: Refusal::Silence(until) };
        events.push(TlsEvent::contact(Contact::Attempt(attempt)));
    }
}
