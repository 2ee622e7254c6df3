//! Takes a message, gives the hashes by which its copies and the state of its call are found, never its text.

use crate::sip::{Arrival, Method};

pub(super) use crate::base::{Plain, fingerprint as hash};

/// What a message is found by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    /// All its octets.
    pub(super) print: u64,
    /// Source, destination and transport.
    pub(super) flow: u32,
    /// The From tag; a message without one has the tag of nothing.
    pub(super) from: u64,
    /// The To tag.
    pub(super) to: Option<u64>,
    /// The CSeq number, 0 where it cannot be read.
    pub(super) cseq: u32,
    /// The transaction without its method.
    transaction: u64,
}

impl Marks {
    pub(super) fn of(arrival: &Arrival) -> Self {
        let (envelope, message) = (&arrival.envelope, &arrival.message);
        let cseq = message.cseq().map_or(0, |c| c.number);
        let from = hash(message.from_tag());
        let transaction = transaction(arrival, from, cseq);
        Self {
            print: message.fingerprint(),
            #[allow(clippy::cast_possible_truncation)] // half of a hash is a hash
            flow: hash((envelope.source, envelope.destination, envelope.transport)) as u32,
            from,
            to: message.to_tag().map(|tag| hash(Some(tag))),
            cseq,
            transaction,
        }
    }

    /// The From tag of a message without one.
    pub(super) fn nobody() -> u64 {
        hash(None::<&[u8]>)
    }

    /// The key of the transaction of this method (RFC 3261 §17.1.3): an ACK and a CANCEL find their INVITE with it.
    pub(super) fn key(&self, method: Method) -> u64 {
        hash((self.transaction, method))
    }

    /// The key of the same transaction where the capture cut its request before the CSeq.
    pub(super) fn cut_key(&self, arrival: &Arrival, method: Method) -> u64 {
        hash((transaction(arrival, self.from, 0), method))
    }
}

/// The transaction of a message without its method.
fn transaction(arrival: &Arrival, from: u64, cseq: u32) -> u64 {
    // RFC 3261 §8.1.1.7: without the cookie the branch need not be unique. The CSeq number keeps elements apart that use a branch again.
    match arrival.message.branch() {
        Some(branch) if branch.starts_with(b"z9hG4bK") && branch.len() > 7 => hash((branch, cseq)),
        // Cut before its branch it is like no other.
        None if arrival.lacks_headers() => hash((arrival.envelope.origin.serial, cseq)),
        branch => hash((branch, cseq, from, sent_by(arrival))),
    }
}

/// The sent-by of the topmost Via, for elements of RFC 2543 (RFC 3261 §17.2.3).
fn sent_by(arrival: &Arrival) -> Option<(u64, Option<u16>)> {
    let top = arrival.message.top_via()?;
    Some((hash(arrival.message.at(top.host).to_ascii_lowercase()), top.port))
}

/// The key of a dialog at one hop: the two tags in either order.
pub(super) fn dialog_key(one: u64, other: u64, hop: u8) -> u64 {
    hash((one.min(other), one.max(other), hop))
}
