//! Takes TLS connections in the order in which they were decided, gives whose certificate stands behind a message, never a verdict on it.

use std::collections::VecDeque;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use smallvec::SmallVec;

use super::Verdict;
use crate::base::{Endpoint, Origin};
use crate::certificate::Presented;
use crate::transport::Envelope;

/// So many later connections may be decided before one is forgotten: far more than any border element holds open.
const REMEMBERED: u64 = 1 << 16;

/// What the client of a connection showed; or the verdict where that cannot be told.
pub type ClientShown = Result<Arc<Presented>, Verdict>;

/// Who sent a message over a TLS connection.
#[derive(Clone, Copy, Debug)]
pub enum Behind<'a> {
    /// Its client, and what that showed.
    Client(&'a ClientShown),
    /// Its server.
    Server,
}

/// The clients of the TLS connections that are open.
///
/// What a message is told depends on the order of the capture alone: a connection counts from the frame that decided it until so many
/// others were decided, however the capture was cut into windows.
#[derive(Clone, Debug, Default)]
pub struct Certified {
    /// By client and server, in order; the number of each counts all connections.
    by_ends: HashMap<(Endpoint, Endpoint), SmallVec<[Decided; 1]>, FixedState>,
    /// Those of the newest window, in order: where each number begins.
    newest: Vec<Origin>,
    /// All, oldest first.
    order: VecDeque<(u64, Endpoint, Endpoint)>,
    /// How many were decided before the newest window.
    before: u64,
}

#[derive(Clone, Debug)]
struct Decided {
    number: u64,
    at: Origin,
    shown: ClientShown,
}

impl Certified {
    /// Begins a window: nothing before it is asked for any more but what is still open.
    pub fn advance(&mut self) {
        self.before += self.newest.len() as u64;
        self.newest.clear();
        while let Some(&(number, client, server)) =
            self.order.front().filter(|(number, ..)| self.before.saturating_sub(*number) > REMEMBERED)
        {
            self.order.pop_front();
            self.drop_before(client, server, number + 1);
        }
    }

    /// Learns of a connection.
    pub fn learn(&mut self, client: Endpoint, server: Endpoint, at: Origin, shown: ClientShown) {
        let number = self.before + self.newest.len() as u64;
        self.newest.push(at);
        self.order.push_back((number, client, server));
        self.by_ends.entry((client, server)).or_default().push(Decided { number, at, shown });
    }

    fn drop_before(&mut self, client: Endpoint, server: Endpoint, number: u64) {
        if let Some(known) = self.by_ends.get_mut(&(client, server)) {
            known.retain(|decided| decided.number >= number);
            if known.is_empty() {
                self.by_ends.remove(&(client, server));
            }
        }
    }

    /// What is known of the connection that carries a message.
    #[must_use]
    pub fn behind(&self, envelope: &Envelope) -> Option<Behind<'_>> {
        let (source, destination) = (envelope.source, envelope.destination);
        match self.last(source, destination, envelope.origin) {
            Some(shown) => Some(Behind::Client(shown)),
            None => self.last(destination, source, envelope.origin).map(|_| Behind::Server),
        }
    }

    /// What the client of the connection showed on which the server sent a message.
    #[must_use]
    pub fn client_before(&self, envelope: &Envelope) -> Option<&ClientShown> {
        self.last(envelope.destination, envelope.source, envelope.origin)
    }

    fn last(&self, client: Endpoint, server: Endpoint, before: Origin) -> Option<&ClientShown> {
        let known = self.by_ends.get(&(client, server))?;
        let decided = self.before + self.newest.partition_point(|at| *at < before) as u64;
        let last = known.iter().rev().find(|decided| decided.at < before)?;
        (decided.saturating_sub(last.number) <= REMEMBERED).then_some(&last.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::endpoint;

    fn at(frame: u32) -> Origin {
        Origin { serial: frame.into(), capture: 0, frame }
    }

    fn message(frame: u32) -> Envelope {
        Envelope {
            origin: at(frame),
            source: endpoint("192.0.2.17:40000"),
            destination: endpoint("198.51.100.33:5061"),
            ..Envelope::default()
        }
    }

    /// What is known at each frame, where the capture is cut before these.
    fn known(cuts: &[u32]) -> Vec<Option<Verdict>> {
        let mut certified = Certified::default();
        let (client, server) = (message(0).source, message(0).destination);
        let decided = [(4, Verdict::Pass), (9, Verdict::NotApplicable)];
        let mut seen = Vec::new();
        let mut windows: Vec<u32> = cuts.iter().copied().chain([0, 20]).collect();
        windows.sort_unstable();
        for window in windows.windows(2) {
            certified.advance();
            for (frame, verdict) in decided.iter().filter(|(frame, _)| (window[0]..window[1]).contains(frame)) {
                certified.learn(client, server, at(*frame), Err(verdict.clone()));
            }
            let told = |frame| match certified.behind(&message(frame)) {
                Some(Behind::Client(shown)) => Some(shown.clone().unwrap_err()),
                Some(Behind::Server) | None => None,
            };
            seen.extend((window[0]..window[1]).map(told));
        }
        seen
    }

    #[test]
    fn a_message_is_told_of_the_last_connection_before_it_wherever_the_capture_is_cut() {
        let whole = known(&[]);
        assert_eq!(
            (whole[4].clone(), whole[5].clone(), whole[9].clone(), whole[10].clone()),
            (None, Some(Verdict::Pass), Some(Verdict::Pass), Some(Verdict::NotApplicable))
        );
        for cuts in [&[5][..], &[4, 9], &[6, 7, 12], &[1, 2, 3, 4, 5, 9, 10]] {
            assert_eq!(known(cuts), whole, "{cuts:?}");
        }
    }

    #[test]
    fn what_the_server_sends_is_told_apart() {
        let mut certified = Certified::default();
        let (client, server) = (message(0).source, message(0).destination);
        certified.learn(client, server, at(4), Err(Verdict::Pass));
        let back = Envelope { source: server, destination: client, ..message(5) };
        assert!(matches!(certified.behind(&back), Some(Behind::Server)));
        assert_eq!(certified.client_before(&back).map(|shown| shown.clone().unwrap_err()), Some(Verdict::Pass));
        assert!(certified.client_before(&message(5)).is_none());
        assert!(certified.behind(&Envelope { origin: at(3), ..back }).is_none());
    }

    #[test]
    fn old_connections_are_forgotten() {
        let mut certified = Certified::default();
        let server = endpoint("198.51.100.33:5061");
        for n in 0..200_000_u32 {
            let client = Endpoint::new(std::net::IpAddr::from(n.to_be_bytes()), 1);
            if n % 1000 == 0 {
                certified.advance();
            }
            certified.learn(client, server, at(n + 1), Err(Verdict::Pass));
        }
        assert!(certified.by_ends.len() < 70_000 && certified.order.len() < 70_000);
        let old = Envelope { source: Endpoint::new(std::net::IpAddr::from(7_u32.to_be_bytes()), 1), ..message(200_001) };
        assert!(certified.behind(&old).is_none());
    }
}
