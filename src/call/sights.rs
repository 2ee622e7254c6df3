//! Takes the messages of a transaction as they pass, gives which of them passed before, never keeps their octets.

use smallvec::SmallVec;

use super::Repeat;
use super::marks::Marks;
use crate::base::Time;
use crate::transport::Envelope;

/// How many different messages are remembered: a sender repeats its last one, and a hostile one may send any number.
const REMEMBERED: usize = 8;

/// One message, by its hash, at its last transmission.
#[derive(Clone, Copy, Debug)]
struct Sight {
    print: u64,
    flow: u32,
    ip_id: u32,
    at: Time,
}

/// The last different messages of a transaction.
#[derive(Clone, Debug, Default)]
pub(super) struct Sights(SmallVec<[Sight; 3]>);

impl Sights {
    /// Notes a message, and tells whether it passed before.
    pub(super) fn note(&mut self, marks: &Marks, envelope: &Envelope, mirror_window: i64) -> Repeat {
        let now = Sight { print: marks.print, flow: marks.flow, ip_id: envelope.ip_id, at: envelope.first };
        let Some(before) = self.0.iter_mut().rev().find(|s| s.print == now.print) else {
            if self.0.len() == REMEMBERED {
                self.0.remove(0);
            }
            self.0.push(now);
            return Repeat::First;
        };
        let close = now.at.since(before.at).saturating_abs() <= mirror_window;
        // The same octets between other addresses are the same message before and behind an address translator.
        let translated = before.flow != now.flow;
        // A HEP agent reports no identification, and a stream has repetitions only where it is captured twice.
        let copied = envelope.via_hep || !envelope.transport.is_reliable() && (before.ip_id == now.ip_id || before.ip_id == 0);
        if close && (translated || copied) {
            return Repeat::Mirror;
        }
        *before = now;
        Repeat::Retransmission
    }
}
